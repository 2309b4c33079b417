// Tests of the hints about a management cluster.

package cli

import (
	"strings"
	"testing"

	"capaboot/controller"
)

// TestHintsInAPod: in a pod, the hints name the fields of the pod, not the kubeconfig
// of a laptop.
func TestHintsInAPod(t *testing.T) {
	const folder = "/var/run/secrets/kubernetes.io/serviceaccount"
	for _, test := range []struct {
		err            error
		want, unwanted string
	}{
		{&controller.Unauthorized{TokenFolder: folder}, "check serviceAccountName of the pod, and the projected volume with the token", "kubeconfig"},
		{&controller.Unauthorized{User: "ann"}, "aws eks update-kubeconfig", "serviceAccountName"},
		{&controller.NoKubeconfig{InPod: true}, "automountServiceAccountToken of the pod", "KUBECONFIG"},
		{&controller.NoKubeconfig{}, "name a file with --kubeconfig, or set KUBECONFIG", "serviceAccountName"},
		{&controller.BadPodToken{Folder: folder}, "check serviceAccountName and automountServiceAccountToken of the pod", "kubeconfig"},
		{&controller.BadPodToken{Folder: folder, Denied: true}, "securityContext.fsGroup", "kubeconfig"},
		{&controller.BadKubeconfig{Denied: true, InPod: true}, "read the file: set securityContext.fsGroup of the pod, or change defaultMode of the volume; or choose another file with --kubeconfig", "owner"},
		{&controller.BadKubeconfig{Denied: true}, "read the file: change its owner or its mode; or choose another file with --kubeconfig", "fsGroup"},
		{&controller.BadKubeconfig{BadToken: true}, "write the token of the user on one line", "another context"},
		{&controller.BadKubeconfig{AuthProvider: "gcp"}, "install gke-gcloud-auth-plugin", "another context"},
		{&controller.BadKubeconfig{AuthProvider: "oidc"}, "use an exec plugin (exec instead of auth-provider in the kubeconfig); for EKS, this command writes one: aws eks update-kubeconfig --name CLUSTER", "gke"},
		{&controller.BadKubeconfig{InPod: true}, "choose another file with --kubeconfig", "fsGroup"},
		{&controller.Unreachable{InPod: true, TLS: true}, "KUBERNETES_SERVICE_HOST", "kubeconfig"},
		{&controller.Unreachable{Proxy: "127.0.0.1:3128"}, "check whether the proxy is correct (proxy-url in the kubeconfig, HTTPS_PROXY, NO_PROXY)", "kubectl"},
		{&controller.Unreachable{}, "kubectl version", "KUBERNETES_SERVICE_HOST"},
	} {
		hint := (clusterOptions{}).hint(test.err)
		if !strings.Contains(hint, test.want) || strings.Contains(hint, test.unwanted) {
			t.Errorf("%#v: %s", test.err, hint)
		}
	}
}
