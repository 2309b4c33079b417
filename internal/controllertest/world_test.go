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

// The credentials of the tests, which no output may show.
const (
	keyID      = "AKIAFALSEKEYEXAMPLE0"
	secretKey  = "FALSESECRETwJalrXUtnFEMIK7MDENGbPxRfiCY0"
	otherID    = "AKIAFALSEKEYEXAMPLE1"
	otherKey   = "FALSESECRETtheOtherOneK7MDENGbPxRfiCYzz0"
	profile    = "[default]\naws_access_key_id = " + keyID + "\naws_secret_access_key = " + secretKey + "\nregion = eu-west-1\n"
	other      = "[default]\naws_access_key_id = " + otherID + "\naws_secret_access_key = " + otherKey + "\nregion = eu-west-1\n"
	secretName = "capa-manager-bootstrap-credentials"
	deployment = "capa-controller-manager"
	variable   = "AWS_B64ENCODED_CREDENTIALS"
)

// patience is how long a command may take, which is interrupted then.
const patience = 20 * time.Second

type object = map[string]any

// world is a namespace of the real API server with CAPA's controllers, and a person
// with a kubeconfig.
type world struct {
	*kubernetes.Server
	t           *testing.T
	namespace   string
	kubeconfig  string
	called      string
	ctx         context.Context // of the commands
	environment map[string]string
}

// newWorld has what the manifest of CAPA has: a Secret, a service account, and a
// Deployment, none of whose pods exists.
func newWorld(t *testing.T) *world {
	s := kubernetes.Start(t)
	w := &world{Server: s, t: t, namespace: s.Namespace(t), kubeconfig: s.Kubeconfig(t, ""), called: "capaboot", ctx: t.Context(), environment: map[string]string{"AWS_EC2_METADATA_DISABLED": "true"}}
	labels := object{"cluster.x-k8s.io/provider": "infrastructure-aws", "control-plane": deployment}
	w.create("secrets", object{"metadata": object{"name": secretName, "labels": labels}, "data": object{"credentials": encoded(profile)}})
	w.create("serviceaccounts", object{"metadata": object{"name": deployment, "labels": labels}})
	w.create("deployments", object{"metadata": object{"name": deployment, "labels": labels}, "spec": object{
		"replicas": 1, "selector": object{"matchLabels": object{"control-plane": deployment}},
		"template": object{"metadata": object{"labels": labels}, "spec": podSpec()},
	}})
	return w
}

// podSpec is that of CAPA's manifest: config/default/manager_credentials_patch.yaml.
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

// path is the path of an object of the namespace, of all of them for "".
func (w *world) path(plural, name string) string {
	group := "/api/v1"
	if plural == "deployments" || plural == "replicasets" {
		group = "/apis/apps/v1"
	}
	return strings.TrimSuffix(group+"/namespaces/"+w.namespace+"/"+plural+"/"+name, "/")
}

func (w *world) create(plural string, o object) object {
	w.t.Helper()
	return w.Write(w.t, http.MethodPost, w.path(plural, ""), o)
}

func (w *world) get(plural, name string) object {
	w.t.Helper()
	return w.Write(w.t, http.MethodGet, w.path(plural, name), nil)
}

// change makes a merge patch, as somebody else would.
func (w *world) change(plural, name string, o object) object {
	w.t.Helper()
	return w.Write(w.t, http.MethodPatch, w.path(plural, name), o)
}

// setStatus changes the status of an object, as the controllers of Kubernetes do.
func (w *world) setStatus(plural, name string, status object) {
	w.t.Helper()
	w.Write(w.t, http.MethodPatch, w.path(plural, name)+"/status", object{"status": status})
}

// held is what the Secret has as credentials.
func (w *world) held() string {
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

// do runs "controller ARGS" and checks the exit code. It says nothing that is
// secret, whatever -v is.
func (w *world) do(code int, args ...string) (stdout, stderr string) {
	w.t.Helper()
	stdout, stderr, got := w.run(args...)
	if got != code {
		w.t.Errorf("%v: exit code %d, want %d; stdout:\n%s\nstderr:\n%s", args, got, code, stdout, stderr)
	}
	w.wantNoSecret(args, stdout+stderr)
	return stdout, stderr
}

func (w *world) run(args ...string) (stdout, stderr string, code int) {
	w.t.Helper()
	args = append([]string{"/usr/bin/" + w.called, "controller"}, append(args, "--kubeconfig", w.kubeconfig, "--namespace", w.namespace, "--v=10")...)
	var out, talk bytes.Buffer
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	code = cli.Run(ctx, cli.Process{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &talk,
		Environment: credentials.Environment{
			Lookup: func(name string) (string, bool) { value, ok := w.environment[name]; return value, ok },
			Home:   w.t.TempDir(),
		},
	})
	conform.Run(w.t, args, out.String())
	return out.String(), talk.String(), code
}

// wantNoSecret: an output has no part of a secret, in no form.
func (w *world) wantNoSecret(args []string, output string) {
	w.t.Helper()
	for _, secret := range []string{secretKey, otherKey, kubernetes.AdminToken} {
		for _, form := range []string{secret, encoded(secret)[:24], secret[11:27]} {
			if strings.Contains(output, form) {
				w.t.Errorf("%v shows the secret %s:\n%s", args, secret, output)
			}
		}
	}
	for _, whole := range []string{keyID, otherID, encoded(profile), encoded(other)} {
		if strings.Contains(output, whole) {
			w.t.Errorf("%v shows %s:\n%s", args, whole, output)
		}
	}
}

func (w *world) want(text string, parts ...string) {
	w.t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			w.t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}

// rollOut does what the controllers of Kubernetes do for the Deployment as it is:
// a ReplicaSet, a pod with a status and more variables in place of the pods that there
// were, and the numbers. ready says whether the pod is. It returns the pod's name.
func (w *world) rollOut(ready bool, status object, variables ...any) string {
	w.t.Helper()
	d := w.get("deployments", deployment)
	meta, spec := d["metadata"].(object), d["spec"].(object)
	generation := fmt.Sprint(meta["generation"])
	name := "capa-controller-manager-" + generation
	// The annotation makes another generation of it.
	meta = w.change("deployments", deployment, object{"metadata": object{"annotations": object{"deployment.kubernetes.io/revision": generation}}})["metadata"].(object)
	set := w.create("replicasets", object{
		"metadata": object{"name": name, "labels": meta["labels"], "annotations": object{"deployment.kubernetes.io/revision": generation}, "ownerReferences": owner("apps/v1", "Deployment", meta)},
		"spec":     object{"replicas": 1, "selector": spec["selector"], "template": spec["template"]},
	})
	w.setStatus("replicasets", name, object{"replicas": 1})
	w.Write(w.t, http.MethodDelete, w.path("pods", ""), nil)
	w.pod(name+"-a", set["metadata"].(object), status, variables...)
	available := map[bool]int{true: 1, false: 0}[ready]
	w.setStatus("deployments", deployment, object{"observedGeneration": meta["generation"], "replicas": 1, "updatedReplicas": 1, "readyReplicas": available, "availableReplicas": available})
	return name + "-a"
}

// pod creates a pod of a ReplicaSet, with the variables that webhooks would add.
func (w *world) pod(name string, set, status object, variables ...any) {
	w.t.Helper()
	spec := podSpec()
	manager := spec["containers"].([]any)[0].(object)
	manager["env"] = append(manager["env"].([]any), variables...)
	w.create("pods", object{
		"metadata": object{"name": name, "labels": object{"control-plane": deployment}, "ownerReferences": owner("apps/v1", "ReplicaSet", set)}, "spec": spec,
	})
	w.setStatus("pods", name, status)
}

func owner(version, kind string, meta object) []any {
	return []any{object{"apiVersion": version, "kind": kind, "name": meta["name"], "uid": meta["uid"], "controller": true}}
}

// runs is the status of a pod that is ready since a time.
func runs(since time.Time) object {
	at := since.UTC().Format(time.RFC3339)
	return object{"phase": "Running", "startTime": at, "conditions": []any{object{"type": "Ready", "status": "True"}}, "containerStatuses": []any{object{
		"name": "manager", "image": "x", "imageID": "x", "ready": true, "restartCount": 0, "started": true, "state": object{"running": object{"startedAt": at}},
	}}}
}

// waits is the status of a pod whose container waits for a reason.
func waits(reason, message string) object {
	return object{"phase": "Pending", "containerStatuses": []any{object{
		"name": "manager", "image": "x", "imageID": "", "ready": false, "restartCount": 0, "state": object{"waiting": object{"reason": reason, "message": message}},
	}}}
}
