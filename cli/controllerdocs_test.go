// Tests that the Roles in docs/management-cluster.md allow the requests of the
// commands to the cluster, and nothing else.

package cli

import (
	"cmp"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"capaboot/internal/kubedouble"
)

type role struct {
	Kind  string
	Rules []struct {
		APIGroups     []string `yaml:"apiGroups"`
		Resources     []string `yaml:"resources"`
		ResourceNames []string `yaml:"resourceNames"`
		Verbs         []string `yaml:"verbs"`
	}
}

// rules returns the rules as lines: "get secrets/name", "list pods".
func (r role) rules() (all []string) {
	for _, rule := range r.Rules {
		for _, verb := range rule.Verbs {
			for _, resource := range rule.Resources {
				if len(rule.ResourceNames) == 0 {
					all = append(all, verb+" "+resource)
				}
				for _, name := range rule.ResourceNames {
					all = append(all, verb+" "+resource+"/"+name)
				}
			}
		}
	}
	return all
}

// rolesInTheDocs returns the Roles on the page by command.
func rolesInTheDocs(t *testing.T) map[string]role {
	t.Helper()
	page, err := os.ReadFile("../docs/management-cluster.md")
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]role{}
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		var r struct {
			role     `yaml:",inline"`
			Metadata struct{ Name string }
		}
		if err := yaml.Unmarshal([]byte(block[1]), &r); err != nil {
			t.Fatal(err)
		}
		roles[strings.TrimPrefix(r.Metadata.Name, "capaboot-")] = r.role
	}
	return roles
}

func TestRolesInTheDocs(t *testing.T) {
	roles := rolesInTheDocs(t)
	for _, command := range []string{"print-credentials", "update-credentials", "zero-credentials"} {
		m := newManagementCluster(t, "")
		m.Install(kubedouble.Installed{Profile: secretProfile, Inject: func() map[string]string {
			return map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"}
		}})
		m.setBlob(profileOf(otherUser))
		m.do(0, command)
		var requested []string
		for _, request := range m.Requests() {
			line := request.Verb + " " + request.Plural
			if request.Name != "" {
				line += "/" + request.Name
			}
			requested = append(requested, line)
		}
		slices.Sort(requested)
		granted := slices.Sorted(slices.Values(roles[command].rules()))
		if requested = slices.Compact(requested); !slices.Equal(requested, granted) {
			t.Errorf("%s sends the requests\n%s\nbut its Role in docs/management-cluster.md allows\n%s", command, strings.Join(requested, "\n"), cmp.Or(strings.Join(granted, "\n"), "nothing"))
		}
	}
}
