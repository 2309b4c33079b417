// Tests of the permissions that a move needs in the cluster.

package cli

import (
	"testing"

	"capaboot/internal/conform"
	"capaboot/internal/eksdouble"
	"capaboot/internal/kubedouble"
)

// TestMoveWithoutPermission: the move does not begin if one of its later steps would be
// denied. A plan is still possible.
func TestMoveWithoutPermission(t *testing.T) {
	t.Parallel()
	const denied = "not allowed to patch Deployment capa-controller-manager in namespace capa-system: a SelfSubjectAccessReview says that the access is denied"
	m := newMoveSetup(t, eksdouble.TrustPodIdentity)
	m.kube.Review, m.kube.Reviewed = kubedouble.Object{"allowed": false}, "deployments"
	args := []string{"use-pod-identity", "--cluster-name", "management"}
	stdout, stderr := m.do(exitFailed, append(args, "--yes", "-o", "json")...)
	conform.CheckRun(t, []string{"controller", "use-pod-identity", "-o", "json"}, stdout)
	wantText(t, stdout, `"result": "blocked"`, `"state": "blocked"`)
	wantText(t, stderr, "error: "+denied, "hint: if RBAC denies this access, grant this rule in a Role in namespace capa-system: {apiGroups: [apps], resources: [deployments], resourceNames: [capa-controller-manager], verbs: [get, patch]}")
	if m.zeroed() || len(m.aws.AssociatedRoles()) > 0 {
		t.Error("something was changed")
	}
	stdout, stderr = m.do(exitDone, append(args, "--plan")...)
	wantText(t, stdout, "to do    restart the controllers\n")
	wantText(t, stderr, "warning: you cannot make this move: "+denied)
}
