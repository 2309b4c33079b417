// Tests that Roles in docs/management-cluster.md allow the requests of their
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

	"capaboot/internal/eksdouble"
	"capaboot/internal/kubedouble"
)

// role is a Role or a ClusterRole.
type role struct {
	Kind  string
	Rules []struct {
		APIGroups     []string `yaml:"apiGroups"`
		Resources     []string `yaml:"resources"`
		ResourceNames []string `yaml:"resourceNames"`
		Verbs         []string `yaml:"verbs"`
	}
}

// rules returns a line for each verb and resource, such as "get secrets/name" or
// "list pods".
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

// documentedRoles returns the Roles and ClusterRoles on the page by their names
// without "capaboot-".
func documentedRoles(t *testing.T) map[string]role {
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

// requested returns the requests as lines, like [role.rules]. With clusterWide,
// it returns the requests without a namespace; otherwise, the requests in a
// namespace. It omits SelfSubjectAccessReviews, which every user may create.
func requested(requests []kubedouble.Request, clusterWide bool) []string {
	var lines []string
	for _, request := range requests {
		if request.Verb == "post" {
			continue
		}
		line := request.Verb + " " + request.Plural
		if request.Name != "" {
			line += "/" + request.Name
		}
		if clusterWide == (request.Namespace == "") {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func wantRequests(t *testing.T, name string, roles map[string]role, requests []string) {
	t.Helper()
	granted := slices.Sorted(slices.Values(roles[name].rules()))
	if !slices.Equal(requests, granted) {
		t.Errorf("the requests for the Role %s in docs/management-cluster.md are\n%s\nbut it allows\n%s", name, strings.Join(requests, "\n"), cmp.Or(strings.Join(granted, "\n"), "nothing"))
	}
}

func TestRolesInTheDocs(t *testing.T) {
	roles := documentedRoles(t)
	for _, command := range []string{"print-credentials", "update-credentials", "zero-credentials"} {
		m := newManagementCluster(t, "")
		m.Install(kubedouble.Installed{Profile: secretProfile, Inject: func() map[string]string {
			return map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"}
		}})
		m.setBlob(profileOf(otherUser))
		m.do(0, command)
		wantRequests(t, command, roles, requested(m.Requests(), false))
	}
}

// TestRolesOfMoves checks the Roles and the ClusterRole of use-pod-identity and
// use-irsa. The cluster makes the commands send every request that they can
// need: its agent is not an add-on, EKS Auto Mode does not manage one of its
// nodes, and one of its pods is not ready.
func TestRolesOfMoves(t *testing.T) {
	t.Parallel()
	roles := documentedRoles(t)
	for command, trust := range map[string]string{"use-pod-identity": eksdouble.TrustPodIdentity, "use-irsa": eksdouble.TrustIRSA} {
		m := newMoveSetup(t, trust)
		m.aws.Fail(eksdouble.Fault{Operation: "DescribeAddon", Kind: eksdouble.Missing})
		m.kube.Put(agentDaemonSet)
		m.aws.ChangeCluster("management", func(o eksdouble.Object) { o["computeConfig"] = eksdouble.Object{"enabled": true} })
		m.kube.Put(`{"apiVersion":"v1","kind":"Node","metadata":{"name":"node-1"}}`)
		pod := kubedouble.Path("pods", "capa-system", "capa-controller-manager-1-a")
		m.kube.Change(pod, func(o kubedouble.Object) {
			o["status"].(kubedouble.Object)["conditions"] = []any{kubedouble.Object{"type": "Ready", "status": "False"}}
		})
		m.do(0, command, "--cluster-name", "management", "--yes")
		wantRequests(t, command, roles, requested(m.kube.Requests(), false))
		if clusterWide := requested(m.kube.Requests(), true); command == "use-pod-identity" {
			wantRequests(t, command+"-cluster", roles, clusterWide)
		} else if len(clusterWide) > 0 {
			t.Errorf("%s needs a ClusterRole: %q", command, clusterWide)
		}
	}
}

// agentDaemonSet is a ready EKS Pod Identity agent of the Helm chart.
const agentDaemonSet = `{"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"namespace":"kube-system","name":"eks-pod-identity-agent","labels":{"app":"eks-pod-identity-agent"}},
	"spec":{"template":{"spec":{"containers":[{"name":"eks-pod-identity-agent","image":"602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/eks-pod-identity-agent:v0.1.36","args":["--cluster-name","management"]}]}}},
	"status":{"observedGeneration":1,"desiredNumberScheduled":2,"numberReady":2}}`
