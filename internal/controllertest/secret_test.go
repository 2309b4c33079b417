// Tests of the commands that read and write the Secret, against a real API
// server.

package controllertest

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestPrintCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stdout, _ := w.do(0, "print-credentials")
	w.want(stdout, "access key ID:  ****PLE0", "written:", "usable by CAPA:   yes")
	w.do(0, "print-credentials", "-o", "json")

	// The secret key is printed only with --show-secrets, or when the command
	// is called as clusterawsadm.
	shown, stderr, code := w.run("print-credentials", "--show-secrets")
	if code != 0 || shown != profile || !strings.Contains(stderr, "warning: anyone who can read this output can use these credentials") || strings.Contains(stderr, secretKey) {
		t.Errorf("exit code %d, stderr %s", code, stderr)
	}
	w.program = "clusterawsadm"
	if shown, stderr, code = w.run("print-credentials"); code != 0 || shown != profile+"\n" || strings.Contains(stderr, secretKey) {
		t.Errorf("as clusterawsadm: exit code %d, stderr %s", code, stderr)
	}
	w.program = "capaboot"

	w.change("secrets", secretName, object{"data": object{"credentials": "Cg=="}})
	stdout, _ = w.do(1, "print-credentials")
	w.want(stdout, "credentials:      none; zeroed")
	w.change("secrets", secretName, object{"data": object{"credentials": nil, "other": encoded(profile)}})
	stdout, _ = w.do(1, "print-credentials", "-o", "json")
	w.want(stdout, `"state": "key-absent"`)
	w.Do(t, http.MethodDelete, w.path("secrets", secretName), nil)
	_, stderr = w.do(1, "print-credentials")
	w.want(stderr, "error: Secret "+secretName+" in namespace "+w.namespace+" does not exist")
}

func TestUpdateCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.environment[credentialsVariable] = encoded(otherProfile)
	_, stderr := w.do(0, "update-credentials", "--yes")
	if w.secretValue() != otherProfile {
		t.Error("the Secret does not have the new credentials")
	}
	w.want(stderr, "before: access key ****PLE0", "after:  access key ****PLE1", "restart the controllers, which still use the old credentials: capaboot controller rollout-controller")
	written := w.get("secrets", secretName)["metadata"].(object)["resourceVersion"]
	w.do(0, "update-credentials", "--yes", "-o", "json")
	if unchanged := w.get("secrets", secretName)["metadata"].(object)["resourceVersion"]; unchanged != written {
		t.Errorf("the same credentials write the Secret again: %v, %v", written, unchanged)
	}

	// A profile without a secret access key is not written.
	w.environment[credentialsVariable] = encoded("[default]\naws_access_key_id = " + otherID + "\n")
	w.do(1, "update-credentials", "--yes")
	if w.secretValue() != otherProfile {
		t.Error("credentials that cannot be used were written")
	}

	// With --rollout, the command also restarts the controllers, so the pods are
	// newer than the Secret.
	w.environment[credentialsVariable] = encoded(profile)
	w.onChange(func() { w.rollOut(true, runningSince(afterCreation())) })
	_, stderr = w.do(0, "update-credentials", "--yes", "--rollout")
	w.want(stderr, "Deployment capa-controller-manager: restart completed in ")
	if got, text := w.runStatus(0); w.secretValue() != profile || got.RollOut || got.Works != "yes" || !strings.Contains(text, ", by capaboot\n") {
		t.Errorf("got %s", text)
	}
}

// TestConcurrentUpdates checks that concurrent updates either succeed or report
// a conflict, and that the last value is that of an update that succeeded.
func TestConcurrentUpdates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const writers = 8
	profiles := make([]string, writers)
	codes := make([]int, writers)
	var all sync.WaitGroup
	for i := range writers {
		profiles[i] = strings.Replace(otherProfile, otherID, otherID[:19]+string(rune('2'+i)), 1)
		all.Go(func() {
			worker := *w
			worker.environment = map[string]string{credentialsVariable: encoded(profiles[i])}
			var stderr string
			_, stderr, codes[i] = worker.run("update-credentials", "--yes")
			w.wantNoSecret(nil, stderr)
			if codes[i] != 0 && !strings.Contains(stderr, "was changed by another client at the same time") {
				t.Errorf("writer %d: exit code %d, %s", i, codes[i], stderr)
			}
		})
	}
	all.Wait()
	won := slices.Index(profiles, w.secretValue())
	if won < 0 || codes[won] != 0 {
		t.Errorf("the Secret has the credentials of writer %d; exit codes %v", won, codes)
	}
}

func TestZeroCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, stderr := w.do(1, "zero-credentials")
	if w.secretValue() != profile || !strings.Contains(stderr, "not confirmed: nothing was changed") {
		t.Errorf("not confirmed, without another source: %s", stderr)
	}
	w.rollOut(true, runningSince(time.Now().Add(-time.Hour)), irsa...)
	_, stderr = w.do(1, "zero-credentials")
	w.want(stderr, "until the pods are restarted; after that, something else, because the service account has no role now", "not confirmed: nothing was changed")
	w.change("serviceaccounts", deployment, object{"metadata": object{"annotations": object{"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/capa"}}})
	_, stderr = w.do(0, "zero-credentials")
	w.want(stderr, "the controllers will use: IAM roles for service accounts, role arn:aws:iam::123456789012:role/capa", "after:  zeroed")
	if w.secretValue() != "\n" {
		t.Errorf("the Secret has %q", w.secretValue())
	}
	if got, _ := w.runStatus(0); got.Source != "web-identity" || got.Works != "yes" {
		t.Errorf("got %+v", got)
	}
	w.program = "clusterawsadm"
	w.change("secrets", secretName, object{"data": object{"credentials": encoded(profile)}})
	if _, stderr = w.do(0, "zero-credentials"); w.secretValue() != "\n" {
		t.Errorf("as clusterawsadm: %q, %s", w.secretValue(), stderr)
	}
}

// TestImmutableSecret checks the error for a Secret that the API server does
// not allow to change.
func TestImmutableSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change("secrets", secretName, object{"immutable": true})
	w.environment[credentialsVariable] = encoded(otherProfile)
	for _, command := range []string{"update-credentials", "zero-credentials"} {
		_, stderr := w.do(1, command, "--yes")
		w.want(stderr, "is immutable: Kubernetes does not allow changes of its data", "hint: delete the Secret (kubectl ")
	}
	if w.secretValue() != profile {
		t.Errorf("the Secret has %q", w.secretValue())
	}
}

// TestDeniedAtEachVerb checks that a command names the permission that its user
// lacks, and changes nothing.
func TestDeniedAtEachVerb(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rollOut(true, runningSince(afterCreation()), irsa...)
	w.environment[credentialsVariable] = encoded(otherProfile)
	restartedAt := w.annotations()["kubectl.kubernetes.io/restartedAt"]
	for i, test := range []struct {
		allowed []string
		args    []string
		want    string
	}{
		{nil, []string{"print-credentials"}, "not allowed to get Secret " + secretName},
		{nil, []string{"update-credentials", "--yes"}, "not allowed to get Secret " + secretName},
		{[]string{"get /secrets"}, []string{"update-credentials", "--yes"}, "not allowed to patch Secret " + secretName},
		{[]string{"get /secrets"}, []string{"zero-credentials", "--yes"}, "not allowed to patch Secret " + secretName},
		{nil, []string{"rollout-controller"}, "not allowed to get Deployment " + deployment},
		{[]string{"get apps/deployments"}, []string{"rollout-controller"}, "not allowed to patch Deployment " + deployment},
		{nil, []string{"status"}, "not allowed to get Deployment " + deployment},
	} {
		user := strings.Join(test.args[:1], "") + string(rune('a'+i)) + w.namespace
		w.Allow(t, w.namespace, user, test.allowed...)
		w.kubeconfig = w.Kubeconfig(t, user)
		_, stderr := w.do(1, test.args...)
		w.want(stderr, "capaboot: error: "+test.want, "capaboot: hint: if RBAC denies this access, grant this rule in a Role in namespace "+w.namespace)
	}
	if w.secretValue() != profile || w.annotations()["kubectl.kubernetes.io/restartedAt"] != restartedAt {
		t.Error("something was changed")
	}
}

// TestOtherNamespace checks that the errors about a missing installation suggest
// --namespace if another namespace has one.
func TestOtherNamespace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := newWorld(t)
	other.Do(t, http.MethodDelete, other.path("deployments", deployment), nil)
	other.Do(t, http.MethodDelete, other.path("secrets", secretName), nil)
	for _, args := range [][]string{{"print-credentials"}, {"rollout-controller"}, {"status"}} {
		_, stderr := other.do(1, args...)
		other.want(stderr, "does not exist", "is in another namespace: pass --namespace ")
	}
	if w.secretValue() != profile {
		t.Error("the other namespace was changed")
	}
}

// TestOperator checks that the commands recognize the Cluster API Operator by
// the owner of the objects, and by its field manager.
func TestOperator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rollOut(true, runningSince(afterCreation()))
	w.environment[credentialsVariable] = encoded(otherProfile)
	if got, text := w.runStatus(0); len(got.Problems) > 0 {
		t.Errorf("got %+v\n%s", got, text)
	}
	w.Do(t, http.MethodPatch, w.path("secrets", secretName)+"?fieldManager=capi-operator", object{"data": object{"credentials": encoded(profile + "# again\n")}})
	_, stderr := w.do(1, "update-credentials")
	w.want(stderr, "Cluster API Operator manages the Secret (it wrote the credentials, as field manager capi-operator) and will overwrite the change; change AWS_B64ENCODED_CREDENTIALS in the Secret")

	owned := object{"metadata": object{"ownerReferences": []any{object{"apiVersion": "operator.cluster.x-k8s.io/v1alpha2", "kind": "InfrastructureProvider", "name": "aws", "uid": "f94a5b43-e7e6-4def-9540-c3d8c178083f"}}}}
	for plural, name := range map[string]string{"secrets": secretName, "deployments": deployment, "serviceaccounts": deployment} {
		w.change(plural, name, owned)
	}
	got, text := w.runStatus(0)
	if !slices.Contains(got.codes(), "managed-by-operator") || got.Works == "no" {
		t.Errorf("got %+v", got)
	}
	w.want(strings.Join(strings.Fields(text), " "), "note: Cluster API Operator, InfrastructureProvider aws manages the Secret, the Deployment and the service account (its owner) and overwrites changes by other tools",
		"fix: change AWS_B64ENCODED_CREDENTIALS in the Secret that spec.configSecret of the InfrastructureProvider names; to see the name of the Secret: kubectl get infrastructureproviders.operator.cluster.x-k8s.io -n "+w.namespace)
	_, stderr = w.do(1, "update-credentials")
	w.want(stderr, "Cluster API Operator, InfrastructureProvider aws manages the Secret (its owner)", "not confirmed: nothing was changed")
	stdout, _ := w.do(0, "print-credentials")
	w.want(stdout, "managed by:     Cluster API Operator, InfrastructureProvider aws (its owner)\n", "generated from: AWS_B64ENCODED_CREDENTIALS in the Secret that spec.configSecret")
	if w.secretValue() != profile+"# again\n" {
		t.Error("the Secret was changed")
	}
	w.do(0, "update-credentials", "--yes")
}
