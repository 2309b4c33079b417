// Tests of the check before a change of the Secret with --rollout, and of the hint
// about a denied request.

package cli

import (
	"strings"
	"testing"

	"capaboot/internal/kubedouble"
)

// TestRestartIsCheckedBeforeTheChange: if it is known that the restart will fail, the
// Secret is not changed.
func TestRestartIsCheckedBeforeTheChange(t *testing.T) {
	t.Parallel()
	denied := func(verb string) func(*managementCluster) {
		return func(m *managementCluster) {
			m.Fail(kubedouble.Fault{Verb: verb, Plural: "deployments", Kind: kubedouble.Forbidden})
		}
	}
	for _, test := range []struct {
		name    string
		change  func(*managementCluster)
		changed bool // whether the Secret is changed
		want    []string
	}{
		{"allowed", func(*managementCluster) {}, true, nil},
		{"the Deployment cannot be read", denied("get"), false, []string{"error: the controllers cannot be restarted, so nothing was changed: not allowed to get Deployment capa-controller-manager",
			"hint: if RBAC denies this access, grant", "hint: to change the Secret without a restart, leave --rollout out"}},
		{"the Deployment does not exist", func(m *managementCluster) { m.Delete(kubedouble.DeploymentPath) }, false, []string{"so nothing was changed: Deployment capa-controller-manager in namespace capa-system does not exist"}},
		{"the Deployment is paused", func(m *managementCluster) {
			m.Change(kubedouble.DeploymentPath, func(o kubedouble.Object) { o["spec"].(kubedouble.Object)["paused"] = true })
		}, false, []string{"so nothing was changed: Deployment", "kubectl rollout resume -n capa-system deployment/capa-controller-manager"}},
		{"a change of the Deployment is not allowed", func(m *managementCluster) { m.Review = kubedouble.Object{"allowed": false} }, false, []string{
			"so nothing was changed: not allowed to patch Deployment capa-controller-manager in namespace capa-system: a SelfSubjectAccessReview says that the access is denied", "hint: if RBAC denies this access, grant"}},
		{"the rules were not all evaluated", func(m *managementCluster) {
			m.Review = kubedouble.Object{"allowed": false, "evaluationError": "webhook timed out"}
		}, true, []string{"warning: it is unknown whether the controllers can be restarted after the change: SelfSubjectAccessReview: webhook timed out"}},
		{"the review is not allowed", func(m *managementCluster) { m.Fail(kubedouble.Fault{Verb: "post", Kind: kubedouble.Forbidden}) }, true, []string{
			"warning: it is unknown whether the controllers can be restarted after the change: not allowed to create selfsubjectaccessreviews.authorization.k8s.io"}},
	} {
		for _, command := range []string{"update-credentials", "zero-credentials"} {
			t.Run(command+", "+test.name, func(t *testing.T) {
				t.Parallel()
				m := newManagementCluster(t, "")
				m.Install(kubedouble.Installed{Profile: secretProfile})
				test.change(m)
				m.setBlob(profileOf(otherUser))
				code := map[bool]int{true: exitDone, false: exitFailed}[test.changed]
				_, stderr := m.do(code, command, "--yes", "--rollout")
				wantText(t, strings.Join(strings.Fields(stderr), " "), test.want...)
				if changed := m.secretText() != secretProfile; changed != test.changed {
					t.Errorf("the Secret was changed: %v\n%s", changed, stderr)
				}
				if test.want == nil && strings.Contains(stderr, "unknown whether the controllers can be restarted") {
					t.Errorf("a warning about the restart:\n%s", stderr)
				}
			})
		}
	}
}

// TestRuleOfADeniedRequest: the hint has every verb that the command needs for
// the object, not only the verb of the denied request.
func TestRuleOfADeniedRequest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ command, plural, verbs string }{
		{"update-credentials", "secrets", "get, patch"},
		{"update-credentials", "deployments", "get"},
		{"update-credentials --rollout", "deployments", "get, patch"},
		{"zero-credentials --yes", "secrets", "get, patch"},
		{"zero-credentials --yes --rollout", "deployments", "get, patch"},
		{"rollout-controller", "deployments", "get, patch"},
		{"print-credentials", "secrets", "get"},
		{"status", "deployments", "get"},
	} {
		m := newManagementCluster(t, "")
		m.Install(kubedouble.Installed{Profile: secretProfile})
		m.setBlob(profileOf(otherUser))
		m.Fail(kubedouble.Fault{Verb: "get", Plural: test.plural, Kind: kubedouble.Forbidden})
		_, stderr, _ := m.run(strings.Fields(test.command)...)
		joined := strings.Join(strings.Fields(stderr), " ")
		if !strings.Contains(joined, "resources: ["+test.plural+"], resourceNames: [capa-") || !strings.Contains(joined, "verbs: ["+test.verbs+"]}") {
			t.Errorf("%s, without %s:\n%s", test.command, test.plural, stderr)
		}
	}
}
