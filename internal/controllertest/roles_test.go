// Tests that the Roles in the documentation allow what the commands request.

package controllertest

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

// documentedRoles returns the rules of the Roles and ClusterRoles in
// docs/management-cluster.md, by name without "capaboot-".
func documentedRoles(t *testing.T) map[string][]any {
	t.Helper()
	page, err := os.ReadFile("../../docs/management-cluster.md")
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string][]any{}
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		var role struct {
			Kind     string
			Metadata struct{ Name string }
			Rules    []any
		}
		if err := yaml.Unmarshal([]byte(block[1]), &role); err != nil {
			t.Fatal(err)
		}
		roles[strings.TrimPrefix(role.Metadata.Name, "capaboot-")] = role.Rules
	}
	return roles
}

// TestDocumentedRoles checks that the Roles in docs/management-cluster.md allow
// all requests of the commands that they are for.
func TestDocumentedRoles(t *testing.T) {
	t.Parallel()
	roles := documentedRoles(t)
	for _, test := range []struct {
		name  string
		roles string // names in docs/management-cluster.md
		ready bool   // new pods become ready
		code  int
		args  []string
	}{
		{"print", "print-credentials", true, 0, []string{"print-credentials"}},
		{"update", "update-credentials", true, 0, []string{"update-credentials", "--yes"}},
		{"update and roll out", "update-credentials rollout-controller", true, 0, []string{"update-credentials", "--yes", "--rollout"}},
		{"zero", "zero-credentials", true, 0, []string{"zero-credentials", "--yes"}},
		{"roll out", "rollout-controller", true, 0, []string{"rollout-controller"}},
		{"roll out, and fail", "rollout-controller", false, 1, []string{"rollout-controller"}},
		{"status", "status", true, 0, []string{"status"}},
		{"status of pods that do not run", "status", false, 1, []string{"status"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.environment[credentialsVariable] = encoded(otherProfile)
			react := func() {
				if test.ready {
					w.rollOut(true, runningSince(afterCreation()))
					return
				}
				w.rollOut(false, object{"phase": "Pending", "startTime": time.Now().UTC().Format(time.RFC3339)})
				w.setStatus("deployments", deployment, object{"conditions": []any{object{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}}})
			}
			if last := test.args[len(test.args)-1]; last == "--rollout" || last == "rollout-controller" {
				w.onChange(react)
			} else {
				react()
			}
			user := "of-" + w.namespace
			var rules []any
			for name := range strings.FieldsSeq(test.roles) {
				if roles[name] == nil {
					t.Fatalf("docs/management-cluster.md has no Role for %s", name)
				}
				rules = append(rules, roles[name]...)
			}
			w.CreateRole(t, w.namespace, user, rules)
			w.kubeconfig = w.Kubeconfig(t, user)
			stdout, stderr := w.do(test.code, test.args...)
			if strings.Contains(stdout+stderr, "not allowed") || strings.Contains(stdout+stderr, "forbidden") {
				t.Errorf("denied:\n%s%s", stdout, stderr)
			}
		})
	}
}

// TestRolloutWithoutPermission: with --rollout, the Secret is not changed if the user
// is not allowed to change the Deployment.
func TestRolloutWithoutPermission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.environment[credentialsVariable] = encoded(otherProfile)
	user := "of-" + w.namespace
	w.CreateRole(t, w.namespace, user, documentedRoles(t)["update-credentials"])
	w.kubeconfig = w.Kubeconfig(t, user)
	_, stderr := w.do(1, "update-credentials", "--yes", "--rollout")
	w.want(strings.Join(strings.Fields(stderr), " "), "the controllers cannot be restarted, so nothing was changed: not allowed to patch Deployment "+deployment)
	if w.secretValue() != profile {
		t.Error("the Secret was changed")
	}
	_, stderr = w.do(0, "update-credentials", "--yes")
	if w.secretValue() != otherProfile || strings.Contains(stderr, "cannot be restarted") {
		t.Errorf("without --rollout, the Secret was not changed, or there is an error:\n%s", stderr)
	}
}
