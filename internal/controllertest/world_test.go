// An installation of the controllers, and helpers to run commands and to change
// objects.

package controllertest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"capaboot/cli"
	"capaboot/credentials"
	"capaboot/internal/conform"
	"capaboot/internal/kubernetes"
)

// The credentials and names of the tests. world.do checks that no output
// contains the keys.
const (
	keyID               = "AKIAFALSEKEYEXAMPLE0"
	secretKey           = "FALSESECRETwJalrXUtnFEMIK7MDENGbPxRfiCY0"
	otherID             = "AKIAFALSEKEYEXAMPLE1"
	otherKey            = "FALSESECRETtheOtherOneK7MDENGbPxRfiCYzz0"
	profile             = "[default]\naws_access_key_id = " + keyID + "\naws_secret_access_key = " + secretKey + "\nregion = eu-west-1\n"
	otherProfile        = "[default]\naws_access_key_id = " + otherID + "\naws_secret_access_key = " + otherKey + "\nregion = eu-west-1\n"
	secretName          = "capa-manager-bootstrap-credentials"
	deployment          = "capa-controller-manager"
	credentialsVariable = "AWS_B64ENCODED_CREDENTIALS"
)

// maxDuration is how long a command may take before it is interrupted.
const maxDuration = 20 * time.Second

type object = map[string]any

// world is a namespace of the real API server with CAPA's controllers, and a
// user with a kubeconfig.
type world struct {
	*kubernetes.Server
	t           *testing.T
	namespace   string
	kubeconfig  string
	program     string            // the name by which the commands are called
	ctx         context.Context   // of the commands
	environment map[string]string // of the commands
}

// newWorld creates a namespace with the Secret, the service account and the
// Deployment of CAPA's manifest. The pods do not exist yet.
func newWorld(t *testing.T) *world {
	s := kubernetes.Start(t)
	w := &world{Server: s, t: t, namespace: s.CreateNamespace(t), kubeconfig: s.Kubeconfig(t, ""), program: "capaboot", ctx: t.Context(), environment: map[string]string{"AWS_EC2_METADATA_DISABLED": "true"}}
	labels := object{"cluster.x-k8s.io/provider": "infrastructure-aws", "control-plane": deployment}
	w.create("secrets", object{"metadata": object{"name": secretName, "labels": labels}, "data": object{"credentials": encoded(profile)}})
	w.create("serviceaccounts", object{"metadata": object{"name": deployment, "labels": labels}})
	w.create("deployments", object{"metadata": object{"name": deployment, "labels": labels}, "spec": object{
		"replicas": 1, "selector": object{"matchLabels": object{"control-plane": deployment}},
		"template": object{"metadata": object{"labels": labels}, "spec": podSpec()},
	}})
	return w
}

// podSpec returns the pod spec of CAPA's manifest:
// config/default/manager_credentials_patch.yaml.
func podSpec() object {
	return object{
		"serviceAccountName": deployment,
		"containers": []any{object{
			"name": "manager", "image": "registry.k8s.io/cluster-api-aws/cluster-api-aws-controller:v2.12.1",
			"env":          []any{object{"name": "AWS_SHARED_CREDENTIALS_FILE", "value": "/home/.aws/credentials"}},
			"volumeMounts": []any{object{"name": "credentials", "mountPath": "/home/.aws"}},
		}},
		"volumes": []any{object{"name": "credentials", "secret": object{"secretName": secretName}}},
	}
}

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// path returns the path of an object in the namespace, or of all objects if
// name is "".
func (w *world) path(plural, name string) string {
	group := "/api/v1"
	if plural == "deployments" || plural == "replicasets" || plural == "daemonsets" {
		group = "/apis/apps/v1"
	}
	return strings.TrimSuffix(group+"/namespaces/"+w.namespace+"/"+plural+"/"+name, "/")
}

func (w *world) create(plural string, o object) object {
	w.t.Helper()
	return w.Do(w.t, http.MethodPost, w.path(plural, ""), o)
}

func (w *world) get(plural, name string) object {
	w.t.Helper()
	return w.Do(w.t, http.MethodGet, w.path(plural, name), nil)
}

// change applies a merge patch to an object, as another client would.
func (w *world) change(plural, name string, o object) object {
	w.t.Helper()
	return w.Do(w.t, http.MethodPatch, w.path(plural, name), o)
}

// setStatus changes the status of an object, as the Kubernetes controllers do.
func (w *world) setStatus(plural, name string, status object) {
	w.t.Helper()
	w.Do(w.t, http.MethodPatch, w.path(plural, name)+"/status", object{"status": status})
}

// secretValue returns the value of the key "credentials" in the Secret.
func (w *world) secretValue() string {
	w.t.Helper()
	var secret struct{ Data map[string][]byte }
	text, err := json.Marshal(w.get("secrets", secretName))
	if err == nil {
		err = json.Unmarshal(text, &secret)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return string(secret.Data["credentials"])
}

// do runs "controller ARGS", and checks the exit code. It passes --v=10, and
// checks that the output shows no secrets nevertheless.
func (w *world) do(code int, args ...string) (stdout, stderr string) {
	w.t.Helper()
	stdout, stderr, got := w.run(args...)
	if got != code {
		w.t.Errorf("%v: exit code %d, want %d; stdout:\n%s\nstderr:\n%s", args, got, code, stdout, stderr)
	}
	w.wantNoSecret(args, stdout+stderr)
	return stdout, stderr
}

// run is like do, but returns the exit code, and does not check the output for
// secrets.
func (w *world) run(args ...string) (stdout, stderr string, code int) {
	w.t.Helper()
	args = append([]string{"/usr/bin/" + w.program, "controller"}, append(args, "--kubeconfig", w.kubeconfig, "--namespace", w.namespace, "--v=10")...)
	var out, stderrBuffer bytes.Buffer
	ctx, cancel := context.WithTimeout(w.ctx, maxDuration)
	defer cancel()
	code = cli.Run(ctx, cli.Process{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &stderrBuffer,
		Environment: credentials.Environment{
			Lookup: func(name string) (string, bool) { value, ok := w.environment[name]; return value, ok },
			Home:   w.t.TempDir(),
		},
	})
	conform.CheckRun(w.t, args, out.String())
	return out.String(), stderrBuffer.String(), code
}

// wantNoSecret checks that an output contains no secret, not even in base64 or
// in part, and no whole access key ID.
func (w *world) wantNoSecret(args []string, output string) {
	w.t.Helper()
	for _, secret := range []string{secretKey, otherKey, kubernetes.AdminToken} {
		for _, form := range []string{secret, encoded(secret)[:24], secret[11:27]} {
			if strings.Contains(output, form) {
				w.t.Errorf("%v shows the secret %s:\n%s", args, secret, output)
			}
		}
	}
	for _, shown := range []string{keyID, otherID, encoded(profile), encoded(otherProfile)} {
		if strings.Contains(output, shown) {
			w.t.Errorf("%v shows %s:\n%s", args, shown, output)
		}
	}
}

// want checks that a text contains each part.
func (w *world) want(text string, parts ...string) {
	w.t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			w.t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}

// rollOut does what the Kubernetes controllers do after a change of the
// Deployment: it creates a ReplicaSet, replaces the pods with one that has the
// status and additional variables, and updates the replica counts. ready says
// whether the pod counts as available. It returns the name of the pod.
func (w *world) rollOut(ready bool, status object, variables ...any) string {
	w.t.Helper()
	d := w.get("deployments", deployment)
	meta, spec := d["metadata"].(object), d["spec"].(object)
	generation := fmt.Sprint(meta["generation"])
	name := "capa-controller-manager-" + generation
	// A changed annotation increments the generation of a Deployment.
	meta = w.change("deployments", deployment, object{"metadata": object{"annotations": object{"deployment.kubernetes.io/revision": generation}}})["metadata"].(object)
	set := w.create("replicasets", object{
		"metadata": object{"name": name, "labels": meta["labels"], "annotations": object{"deployment.kubernetes.io/revision": generation}, "ownerReferences": owner("apps/v1", "Deployment", meta)},
		"spec":     object{"replicas": 1, "selector": spec["selector"], "template": spec["template"]},
	})
	w.setStatus("replicasets", name, object{"replicas": 1})
	w.Do(w.t, http.MethodDelete, w.path("pods", ""), nil)
	w.createPod(name+"-a", set["metadata"].(object), status, variables...)
	available := map[bool]int{true: 1, false: 0}[ready]
	w.setStatus("deployments", deployment, object{"observedGeneration": meta["generation"], "replicas": 1, "updatedReplicas": 1, "readyReplicas": available, "availableReplicas": available})
	return name + "-a"
}

// createPod creates a pod of a ReplicaSet from the template of the Deployment, with the
// variables that webhooks would add.
func (w *world) createPod(name string, set, status object, variables ...any) {
	w.t.Helper()
	spec := w.get("deployments", deployment)["spec"].(object)["template"].(object)["spec"].(object)
	manager := spec["containers"].([]any)[0].(object)
	manager["env"] = append(manager["env"].([]any), variables...)
	w.create("pods", object{
		"metadata": object{"name": name, "labels": object{"control-plane": deployment}, "ownerReferences": owner("apps/v1", "ReplicaSet", set)}, "spec": spec,
	})
	w.setStatus("pods", name, status)
}

// owner returns the owner references of an object whose controller has this
// kind and metadata.
func owner(version, kind string, meta object) []any {
	return []any{object{"apiVersion": version, "kind": kind, "name": meta["name"], "uid": meta["uid"], "controller": true}}
}

// runningSince returns the status of a pod that has been ready since a time.
func runningSince(since time.Time) object {
	at := since.UTC().Format(time.RFC3339)
	return object{"phase": "Running", "startTime": at, "conditions": []any{object{"type": "Ready", "status": "True"}}, "containerStatuses": []any{object{
		"name": "manager", "image": "x", "imageID": "x", "ready": true, "restartCount": 0, "started": true, "state": object{"running": object{"startedAt": at}},
	}}}
}

// waiting returns the status of a pod whose container is waiting for a reason.
func waiting(reason, message string) object {
	return object{"phase": "Pending", "containerStatuses": []any{object{
		"name": "manager", "image": "x", "imageID": "", "ready": false, "restartCount": 0, "state": object{"waiting": object{"reason": reason, "message": message}},
	}}}
}
