// Goals: the configurations to deploy, and their templates.

package chaos_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"capaboot/cli"
	"capaboot/credentials"
)

const stackName = "cluster-api-provider-aws-sigs-k8s-io"

// goal is a wanted state of the stack.
type goal struct {
	name     string
	flags    []string // command-line flags that select it
	template string
	tags     map[string]string
}

// specifications are the configurations. A change from any of them to any
// other adds, changes, removes or replaces a resource, or changes tags.
var specifications = []struct {
	name, spec string
	tags       map[string]string
}{
	{"default", "", nil},
	{"one policy fewer", "  controlPlane:\n    disableCloudProviderPolicy: true\n", nil},
	{"tags of roles", "  nodes:\n    tags: {team: a}\n  controlPlane:\n    tags: {team: b}\n", nil},
	{"other names", "  nameSuffix: .other.example.com\n", nil},
	{"one more policy", "  controlPlane:\n    enableCSIPolicy: true\n", nil},
	{"a user", "  bootstrapUser:\n    enable: true\n", nil},
	{"tags of the stack", "  stackTags: {env: prod}\n", map[string]string{"env": "prod"}},
}

// writeConfigurations writes the configurations to files and generates their
// templates.
func writeConfigurations(t *testing.T) []goal {
	t.Helper()
	folder := t.TempDir()
	var goals []goal
	for _, s := range specifications {
		g := goal{name: s.name, tags: s.tags}
		if s.spec != "" {
			path := filepath.Join(folder, "config-"+s.name+".yaml")
			text := "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\nspec:\n" + s.spec
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			g.flags = []string{"--config", path}
		}
		var stdout, stderr bytes.Buffer
		code := cli.Run(t.Context(), cli.Process{
			Args: append([]string{"capaboot", "bootstrap", "iam", "print-cloudformation-template", "-o", "json"}, g.flags...), Stdout: &stdout, Stderr: &stderr,
			Environment: credentials.Environment{},
		})
		if code != 0 {
			t.Fatalf("the template of %q: exit code %d\n%s", s.name, code, stderr.String())
		}
		g.template = stdout.String()
		goals = append(goals, g)
	}
	return goals
}
