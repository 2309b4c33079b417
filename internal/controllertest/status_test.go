// Tests of controller status against a real API server.

package controllertest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// The variables that EKS adds to pods, for IRSA and for EKS Pod Identity.
var (
	irsa = []any{
		object{"name": "AWS_ROLE_ARN", "value": "arn:aws:iam::123456789012:role/capa"},
		object{"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"},
	}
	podIdentity = []any{object{"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"}}
)

// status has the fields of "status -o json" that the tests check.
type status struct {
	Works, Source, RoleARN string
	RollOut                bool
	Secret                 struct {
		State   string
		Read    bool
		Details *struct{ Written, Created *time.Time }
	}
	Pods     []struct{ Name, Source string }
	Problems []struct {
		Code  string
		Fatal bool
	}
	Unknown []string
}

func (s status) codes() (codes []string) {
	for _, problem := range s.Problems {
		codes = append(codes, problem.Code)
	}
	return codes
}

// runStatus runs the command with JSON output and with text output, and returns
// both.
func (w *world) runStatus(code int) (status, string) {
	w.t.Helper()
	stdout, stderr := w.do(code, "status", "-o", "json")
	var got status
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		w.t.Fatalf("%v in %s, stderr %s", err, stdout, stderr)
	}
	if failed := strings.Contains(stderr, "capaboot: error: CAPA's controllers cannot work"); failed != (code == 1) {
		w.t.Errorf("stderr:\n%s", stderr)
	}
	text, _ := w.do(code, "status")
	for line := range strings.Lines(text) {
		if len([]rune(strings.TrimRight(line, "\n"))) > 80 && strings.Contains(strings.TrimSpace(line), " ") && !strings.Contains(line, "arn:") {
			w.t.Errorf("a line has more than 80 columns: %q", line)
		}
	}
	return got, text
}

// zeroPatch is a patch that replaces the credentials in the Secret with a line
// break.
var zeroPatch = object{"data": object{"credentials": "Cg=="}}

// createNode creates a node with a provider ID, and returns its name.
func (w *world) createNode(providerID string) string {
	w.t.Helper()
	name := "node-of-" + w.namespace
	w.Do(w.t, http.MethodPost, "/api/v1/nodes", object{"metadata": object{"name": name}, "spec": object{"providerID": providerID}})
	return name
}

// bind schedules a pod on a node.
func (w *world) bind(pod, node string) {
	w.t.Helper()
	w.Do(w.t, http.MethodPost, w.path("pods", pod)+"/binding", object{
		"apiVersion": "v1", "kind": "Binding", "metadata": object{"name": pod}, "target": object{"kind": "Node", "name": node},
	})
}

// afterCreation returns a time after the creation of all objects of the test.
func afterCreation() time.Time { return time.Now().Add(time.Hour) }

func TestStatus(t *testing.T) {
	t.Parallel()
	const expired = "[default]\naws_access_key_id = ASIAFALSEKEYEXAMPLE0\naws_secret_access_key = " + secretKey + "\naws_session_token = FALSETOKENFALSETOKENFALSETOKENFALSETOKENFALSETOKENFALSETOKENFALSETOKENFALSETOKENFALSETOKENFALSETOKEN\nx_security_token_expires = 2020-01-01T00:00:00Z\nregion = eu-west-1\n"
	for _, test := range []struct {
		name    string
		setUp   func(w *world)
		code    int
		works   string
		source  string
		rollOut bool
		codes   []string
		text    []string
	}{
		{"the Secret", func(w *world) { w.rollOut(true, runningSince(afterCreation())) }, 0, "yes", "secret", false, nil,
			[]string{"credentials:  the Secret\n", "used: ****PLE0, long-lived access key\n", "controllers:  1 of 1 available", "can work:     yes, according to the cluster; capaboot did not check AWS\n"}},
		{"the Secret is newer than the pods", func(w *world) { w.rollOut(true, runningSince(time.Now().Add(-time.Hour))) }, 0, "unknown", "secret", true, []string{"older-than-secret"},
			[]string{"note: these pods started before the Secret was written (", "\n  fix: restart the controllers: capaboot controller rollout-controller"}},
		{"the Secret has expired credentials", func(w *world) {
			w.change("secrets", secretName, object{"data": object{"credentials": encoded(expired)}})
			w.rollOut(true, runningSince(afterCreation()))
		}, 1, "no", "secret", false, []string{"secret-unusable"}, []string{"expires:      2020-01-01T00:00:00Z, ", "can work:     no\n"}},
		{"no Secret", func(w *world) {
			w.Do(w.t, http.MethodDelete, w.path("secrets", secretName), nil)
			w.rollOut(false, waiting("ContainerCreating", ""))
		}, 1, "no", "instance-profile", false, []string{"not-running", "secret-absent", "no-source"}, []string{"does not exist"}},
		{"zeroed, on an unknown node", func(w *world) {
			w.change("secrets", secretName, zeroPatch)
			w.rollOut(true, runningSince(afterCreation()))
		}, 1, "no", "instance-profile", false, []string{"no-source"}, []string{"zeroed", "is unknown"}},
		{"zeroed, on a node outside EC2", func(w *world) {
			w.change("secrets", secretName, zeroPatch)
			w.bind(w.rollOut(true, runningSince(afterCreation())), w.createNode("kind://docker/mgmt/worker"))
		}, 1, "no", "instance-profile", false, []string{"no-source"}, []string{"credentials:  none known\n", "instance profile            tried last: not checked\n", "is not an EC2 instance"}},
		{"zeroed, on an EC2 instance", func(w *world) {
			w.change("secrets", secretName, zeroPatch)
			w.bind(w.rollOut(true, runningSince(afterCreation())), w.createNode("aws:///eu-west-1a/i-0123456789abcdef0"))
		}, 0, "unknown", "instance-profile", false, []string{"instance-profile"}, []string{"credentials:  instance profile\n", "can work:     unknown\n"}},
		{"IRSA", func(w *world) {
			w.change("secrets", secretName, zeroPatch)
			w.change("serviceaccounts", deployment, object{"metadata": object{"annotations": object{"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/capa"}}})
			w.rollOut(true, runningSince(afterCreation()), irsa...)
		}, 0, "yes", "web-identity", false, nil, []string{"credentials:  web identity (IRSA), role arn:aws:iam::123456789012:role/capa\n"}},
		{"IRSA takes precedence over the Secret", func(w *world) {
			w.change("serviceaccounts", deployment, object{"metadata": object{"annotations": object{"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/capa"}}})
			w.rollOut(true, runningSince(afterCreation()), irsa...)
		}, 0, "yes", "web-identity", false, []string{"secret-not-needed"}, nil},
		{"an annotation newer than the pods", func(w *world) {
			w.rollOut(true, runningSince(afterCreation()))
			w.change("serviceaccounts", deployment, object{"metadata": object{"annotations": object{"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/capa"}}})
		}, 0, "unknown", "secret", true, []string{"web-identity-not-injected"}, nil},
		{"Pod Identity", func(w *world) {
			w.change("secrets", secretName, zeroPatch)
			w.rollOut(true, runningSince(afterCreation()), podIdentity...)
		}, 0, "unknown", "pod-identity", false, []string{"association-not-asked"}, []string{"credentials:  EKS Pod Identity\n", "used: the role was not looked up"}},
		{"the Secret takes precedence over Pod Identity", func(w *world) { w.rollOut(true, runningSince(afterCreation()), podIdentity...) }, 0, "yes", "secret", false, []string{"secret-first"}, nil},
		{"a projected volume, with another path and subPath", func(w *world) {
			w.mountSecret(object{"name": "credentials", "mountPath": "/home/.aws/credentials", "subPath": "keys/aws"},
				object{"name": "credentials", "projected": object{"sources": []any{object{"secret": object{"name": secretName, "items": []any{object{"key": "credentials", "path": "keys/aws"}}}}}}})
			w.rollOut(true, runningSince(afterCreation()))
		}, 0, "yes", "secret", false, nil, []string{"credentials:  the Secret\n", "used: ****PLE0, long-lived access key"}},
		{"the key under a path where the SDK does not look", func(w *world) {
			w.mountSecret(object{"name": "credentials", "mountPath": "/home/.aws"},
				object{"name": "credentials", "secret": object{"secretName": secretName, "items": []any{object{"key": "credentials", "path": "aws"}}}})
			w.rollOut(true, runningSince(afterCreation()))
		}, 1, "no", "instance-profile", false, []string{"no-source"}, []string{"not mounted where the SDK looks"}},
		{"the key of another Secret", func(w *world) {
			w.mountSecret(object{"name": "credentials", "mountPath": "/home/.aws"}, object{"name": "credentials", "secret": object{"secretName": "other"}})
			w.rollOut(true, runningSince(afterCreation()), podIdentity...)
		}, 0, "unknown", "file", false, []string{"credentials-file"}, []string{"another credentials file\n  state: not checked; used if the file has a profile\n",
			"note: the credentials file of the pods, /home/.aws/credentials, is key\n  credentials of Secret other; capaboot did not read this file"}},
		{"pods that are not ready", func(w *world) { w.rollOut(false, waiting("CrashLoopBackOff", "back-off 40s")) }, 1, "no", "secret", false, []string{"not-running"},
			[]string{"problem: no pod of the controllers is ready: pod capa-controller-manager-1-a,\n  container manager: CrashLoopBackOff: back-off 40s\n"}},
		{"no pods", func(*world) {}, 1, "no", "unknown", false, []string{"not-running"}, nil},
		{"scaled to 0", func(w *world) { w.change("deployments", deployment, object{"spec": object{"replicas": 0}}) }, 1, "no", "unknown", false, []string{"scaled-to-zero"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.setUp(w)
			got, text := w.runStatus(test.code)
			if got.Works != test.works || got.Source != test.source || got.RollOut != test.rollOut || !slices.Equal(got.codes(), test.codes) {
				t.Errorf("got %+v\n%s", got, text)
			}
			w.want(text, test.text...)
		})
	}
}

// mountSecret replaces the mount and the volume of the credentials in the
// Deployment.
func (w *world) mountSecret(mount, volume object) {
	w.t.Helper()
	spec := podSpec()
	spec["containers"].([]any)[0].(object)["volumeMounts"] = []any{mount}
	spec["volumes"] = []any{volume}
	w.change("deployments", deployment, object{"spec": object{"template": object{"spec": spec}}})
}

// TestStatusWithoutPermissions checks that unreadable parts are reported, and
// that the error names the rule to grant when the command cannot continue.
func TestStatusWithoutPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rollOut(true, runningSince(afterCreation()))
	rules := []string{"get apps/deployments", "get /secrets", "get /serviceaccounts", "list /pods", "list apps/replicasets", "list /events"}
	for i, rule := range rules {
		user := fmt.Sprintf("without-%d-in-%s", i, w.namespace)
		w.Allow(t, w.namespace, user, slices.Concat(rules[:i], rules[i+1:])...)
		w.kubeconfig = w.Kubeconfig(t, user)
		if rule == "get apps/deployments" {
			_, stderr := w.do(1, "status")
			w.want(stderr, "capaboot: error: not allowed to get Deployment", "capaboot: hint: if RBAC denies this access, grant this rule in a Role in namespace "+w.namespace+": {apiGroups: [apps], resources: [deployments]")
			continue
		}
		stdout, _ := w.do(0, "status", "-o", "json")
		var got status
		if err := json.Unmarshal([]byte(stdout), &got); err != nil {
			t.Fatal(err)
		}
		// The events of a ready pod are not read.
		unknown := strings.Join(got.Unknown, "\n")
		if rule != "list /events" && !strings.Contains(unknown, "not allowed to") {
			t.Errorf("without %s: %s", rule, stdout)
		}
		if wantYes := rule == "list /events" || rule == "get /serviceaccounts"; got.Works == "yes" != wantYes {
			t.Errorf("without %s: works: %s, problems %v, unknown %q", rule, got.Works, got.codes(), got.Unknown)
		}
	}
	// With all rules, everything can be read.
	w.Allow(t, w.namespace, "reader-of-"+w.namespace, append(rules, "get /nodes")...)
	w.kubeconfig = w.Kubeconfig(t, "reader-of-"+w.namespace)
	if got, _ := w.runStatus(0); got.Works != "yes" || len(got.Unknown) != 0 {
		t.Errorf("got %+v", got)
	}
}
