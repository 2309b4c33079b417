// Tests of the status report and its findings.

package controllerview

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"capaboot/controller"
	"capaboot/credentials"
	"capaboot/internal/terminal"
)

// podStart is when the container of the test pod starts, an hour after the Secret
// was written.
var podStart = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

const role = "arn:aws:iam::123456789012:role/capa"

// Variables that EKS adds to pods, in JSON.
const (
	irsa        = `,{"name":"AWS_ROLE_ARN","value":"` + role + `"},{"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/token"}`
	podIdentity = `,{"name":"AWS_CONTAINER_CREDENTIALS_FULL_URI","value":"http://169.254.170.23/v1/credentials"}`
)

// installation returns CAPA with credentials in its Secret and one ready pod.
// variables are additional variables of the pod, in JSON.
func installation(t *testing.T, variables string) *controller.Installation {
	t.Helper()
	spec := `{"serviceAccountName":"capa-controller-manager","nodeName":"n1","containers":[{"name":"manager","image":"example.com/capa:v1","env":[{"name":"AWS_SHARED_CREDENTIALS_FILE","value":"/home/.aws/credentials"}` +
		variables + `],"volumeMounts":[{"name":"credentials","mountPath":"/home/.aws"}]}],"volumes":[{"name":"credentials","secret":{"secretName":"capa-manager-bootstrap-credentials"}}]}`
	i := &controller.Installation{Namespace: "capa-system", NewestReplicaSet: "r-1", Nodes: map[string]controller.Node{}, Secret: &controller.Secret{}, ServiceAccount: &controller.ServiceAccount{}}
	decode := func(text string, destination any) {
		if err := json.Unmarshal([]byte(text), destination); err != nil {
			t.Fatal(err)
		}
	}
	decode(`{"metadata":{"name":"capa-controller-manager"},"spec":{"replicas":1,"template":{"spec":`+spec+`}},"status":{"updatedReplicas":1,"availableReplicas":1}}`, &i.Deployment)
	i.Secret.Metadata.CreationTimestamp = podStart.Add(-time.Hour)
	i.Secret.Data = controller.Data{controller.SecretKey: []byte("[default]\naws_access_key_id = AKIAFALSEKEYEXAMPLE0\naws_secret_access_key = FALSESECRETwJalrXUtnFEMIK7MDENGbPxRfiCY0\nregion = eu-west-1\n")}
	decode(podJSON("capa-1-a", "r-1", spec, "True"), addPod(i))
	return i
}

func podJSON(name, set, spec, ready string) string {
	return fmt.Sprintf(`{"metadata":{"name":%q,"ownerReferences":[{"uid":%q}]},"spec":%s,"status":{"phase":"Running","conditions":[{"type":"Ready","status":%q}],
	"containerStatuses":[{"name":"manager","restartCount":3,"state":{"running":{"startedAt":%q}}}]}}`, name, set, spec, ready, podStart.Format(time.RFC3339))
}

func addPod(i *controller.Installation) *controller.Pod {
	i.Pods = append(i.Pods, controller.Pod{})
	return &i.Pods[len(i.Pods)-1]
}

func zero(i *controller.Installation) {
	i.Secret.Data[controller.SecretKey] = []byte("\n")
}

// temporary puts temporary keys into the Secret, and more lines of the profile.
func temporary(i *controller.Installation, lines string) {
	i.Secret.Data[controller.SecretKey] = []byte("[default]\naws_access_key_id = ASIAFALSEKEYEXAMPLE0\naws_secret_access_key = FALSESECRETwJalrXUtnFEMIK7MDENGbPxRfiCY0\naws_session_token = " +
		strings.Repeat("FALSETOKEN", 20) + "\nregion = eu-west-1\n" + lines)
}

func moveToFargate(i *controller.Installation) {
	node := controller.Node{}
	node.Spec.ProviderID = "aws:///eu-west-1a/0a1b2c3d4e-0a1b2c3d/fargate-ip-10-0-0-1.eu-west-1.compute.internal"
	i.Nodes["n1"] = node
}

func TestStatusFindings(t *testing.T) {
	annotate := func(i *controller.Installation) {
		i.ServiceAccount.Metadata.Annotations = map[string]string{controller.RoleAnnotation: role}
	}
	associate := func(i *controller.Installation) {
		i.AssociationsRead, i.Associations = true, []controller.Association{{ID: "a-1", RoleARN: role}}
	}
	for _, test := range []struct {
		name, variables string
		change          func(*controller.Installation)
		works, source   string
		rollOut         bool
		codes           []string
	}{
		{"the Secret", "", nil, "yes", "secret", false, nil},
		{"temporary keys without an expiry", "", func(i *controller.Installation) { temporary(i, "") }, "yes", "secret", false, []string{"unknown-expiry"}},
		{"temporary keys with an expiry", "", func(i *controller.Installation) { temporary(i, "aws_expiration = 2999-01-24T13:01:27Z\n") }, "yes", "secret", false, nil},
		{"an association that the pods use", podIdentity, func(i *controller.Installation) { zero(i); associate(i) }, "yes", "pod-identity", false, nil},
		{"an association, and pods without it", "", associate, "unknown", "secret", true, []string{"association-not-injected"}},
		{"no association", podIdentity, func(i *controller.Installation) { zero(i); i.AssociationsRead = true }, "no", "pod-identity", false, []string{"association-missing"}},
		{"associations that were not read", podIdentity, zero, "unknown", "pod-identity", false, []string{"association-not-asked"}},
		{"associations that could not be read", podIdentity, func(i *controller.Installation) {
			zero(i)
			i.Unread = append(i.Unread, controller.Unread{Part: controller.PartAssociations, Err: errors.New("no AWS credentials")})
		}, "unknown", "pod-identity", false, []string{"association-unread"}},
		{"a role that the pods have", irsa, func(i *controller.Installation) { zero(i); annotate(i) }, "yes", "web-identity", false, nil},
		{"a role that only the pods have", irsa, func(i *controller.Installation) {
			zero(i)
			i.Deployment.Spec.Template.Spec.Containers[0].Env = nil
		}, "yes", "web-identity", false, []string{"web-identity-removed"}},
		{"a role that only the pods have, with a service account that cannot be read", irsa, func(i *controller.Installation) {
			zero(i)
			i.Deployment.Spec.Template.Spec.Containers[0].Env = nil
			i.ServiceAccount = nil
			i.Unread = append(i.Unread, controller.Unread{Part: controller.PartServiceAccount, Err: &controller.Forbidden{Verb: "get", Resource: controller.ServiceAccounts}})
		}, "yes", "web-identity", false, nil},
		{"a role other than the role of the pods", irsa, func(i *controller.Installation) {
			zero(i)
			i.ServiceAccount.Metadata.Annotations = map[string]string{controller.RoleAnnotation: role + "2"}
		}, "unknown", "web-identity", true, []string{"web-identity-not-injected"}},
		{"keys in variables", `,{"name":"AWS_ACCESS_KEY_ID","value":"AKIAFALSEKEYEXAMPLE0"},{"name":"AWS_SECRET_ACCESS_KEY","value":"FALSE"}`, nil, "unknown", "variables", false, []string{"variables"}},
		{"another profile", `,{"name":"AWS_PROFILE","value":"prod"}`, nil, "unknown", "secret", false, []string{"variables"}},
		{"a file that no variable names", "", func(i *controller.Installation) {
			i.Deployment.Spec.Template.Spec.Containers[0].Env, i.Pods[0].Spec.Containers[0].Env = nil, nil
		}, "unknown", "secret", false, []string{"variables"}},
		{"another profile in AWS_DEFAULT_PROFILE", `,{"name":"AWS_DEFAULT_PROFILE","value":"prod"}`, nil, "unknown", "secret", false, []string{"variables"}},
		{"a profile, with a zeroed Secret", podIdentity + `,{"name":"AWS_PROFILE","value":"prod"}`, func(i *controller.Installation) { zero(i); associate(i) }, "unknown", "pod-identity", false, []string{"variables"}},
		{"a web identity without a role", `,{"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/token"}`, nil, "no", "web-identity", false, []string{"web-identity-incomplete"}},
		{"a web identity with a role whose ARN is not in the pod", `,{"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/token"},{"name":"AWS_ROLE_ARN","valueFrom":{}}`, zero, "unknown", "web-identity", false, []string{"variables"}},
		{"a config file", `,{"name":"AWS_CONFIG_FILE","value":"/config"}`, nil, "unknown", "secret", false, []string{"variables"}},
		{"a config file next to a web identity, which takes precedence", `,{"name":"AWS_CONFIG_FILE","value":"/config"},{"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/token"},{"name":"AWS_ROLE_ARN","value":"` + role + `"}`, func(i *controller.Installation) {
			zero(i)
			annotate(i)
		}, "yes", "web-identity", false, nil},
		{"an empty list of pods, though pods are available", "", func(i *controller.Installation) { i.Pods = nil }, "unknown", "unknown", false, nil},
		{"a new pod that crashes next to an old one", "", func(i *controller.Installation) {
			i.Pods[0].Metadata.OwnerReferences = []controller.OwnerReference{{UID: "r-0"}}
			i.Troubles = []controller.Trouble{{Kind: controller.TroubleCrash, Pod: "capa-2-a", Container: "manager", Reason: "CrashLoopBackOff"}}
		}, "unknown", "unknown", false, []string{"new-pods-not-running", "old-pods"}},
		{"a new pod that is starting", "", func(i *controller.Installation) {
			i.Troubles = []controller.Trouble{{Kind: controller.TroubleReady, Pod: "capa-2-a", Reason: "NotReady"}}
		}, "yes", "secret", false, nil},
		{"another endpoint", `,{"name":"AWS_CONTAINER_CREDENTIALS_FULL_URI","value":"http://localhost/"}`, zero, "unknown", "container", false, []string{"container-endpoint"}},
		{"variables of other objects", "", func(i *controller.Installation) {
			i.Deployment.Spec.Template.Spec.Containers[0].EnvFrom = []controller.EnvFrom{{}}
		}, "unknown", "secret", false, []string{"variables"}},
		{"kube2iam", "", func(i *controller.Installation) {
			zero(i)
			i.Deployment.Spec.Template.Metadata.Annotations = map[string]string{"iam.amazonaws.com/role": "capa"}
		}, "unknown", "instance-profile", false, []string{"intercepted-role"}},
		{"instance metadata disabled", `,{"name":"AWS_EC2_METADATA_DISABLED","value":"true"}`, zero, "no", "none", false, []string{"no-source"}},
		{"an EC2 instance", "", func(i *controller.Installation) {
			zero(i)
			node := controller.Node{}
			node.Spec.ProviderID = "aws:///eu-west-1a/i-1"
			i.Nodes["n1"] = node
		}, "unknown", "instance-profile", false, []string{"instance-profile"}},
		{"Fargate", "", func(i *controller.Installation) { zero(i); moveToFargate(i) }, "no", "instance-profile", false, []string{"no-source"}},
		{"Pod Identity on Fargate", podIdentity, func(i *controller.Installation) { zero(i); associate(i); moveToFargate(i) }, "no", "pod-identity", false, []string{"pod-identity-on-fargate"}},
		{"the Secret was written after the pod started", "", func(i *controller.Installation) { i.Secret.Metadata.CreationTimestamp = podStart.Add(time.Minute) }, "unknown", "secret", true, []string{"older-than-secret"}},
		{"the Secret was written in the second in which the pod started", "", func(i *controller.Installation) { i.Secret.Metadata.CreationTimestamp = podStart }, "unknown", "secret", true, []string{"older-than-secret"}},
		{"the container restarted a minute after the Secret was written", "", func(i *controller.Installation) {
			i.Secret.Metadata.CreationTimestamp = podStart.Add(-time.Minute)
			i.Pods[0].Metadata.CreationTimestamp = podStart.Add(-time.Hour)
		}, "unknown", "secret", true, []string{"older-than-secret"}},
		{"the container restarted an hour after the Secret was written", "", func(i *controller.Installation) {
			i.Pods[0].Metadata.CreationTimestamp = podStart.Add(-2 * time.Hour)
		}, "yes", "secret", false, nil},
		{"the pod was created in the second in which the Secret was written", "", func(i *controller.Installation) {
			i.Secret.Metadata.CreationTimestamp = podStart.Add(-time.Second)
			i.Pods[0].Metadata.CreationTimestamp = podStart.Add(-time.Second)
		}, "yes", "secret", false, nil},
		{"the Secret was zeroed after the pod started", podIdentity, func(i *controller.Installation) {
			zero(i)
			associate(i)
			i.Secret.Metadata.CreationTimestamp = podStart.Add(time.Minute)
		}, "unknown", "pod-identity", true, []string{"older-than-secret"}},
		{"keys that expire soon", "", func(i *controller.Installation) {
			temporary(i, "aws_expiration = "+time.Now().Add(time.Minute).UTC().Format(time.RFC3339)+"\n")
		}, "yes", "secret", false, []string{"expires-soon"}},
		{"keys of another profile that have expired", "", func(i *controller.Installation) {
			keys := i.Secret.Data[controller.SecretKey]
			temporary(i, "aws_expiration = 2020-01-01T00:00:00Z\n")
			i.Secret.Data[controller.SecretKey] = append(keys, strings.Replace(string(i.Secret.Data[controller.SecretKey]), "default", "other", 1)...)
		}, "yes", "secret", false, nil},
		{"paused", "", func(i *controller.Installation) { i.Deployment.Spec.Paused = true }, "yes", "secret", false, []string{"paused"}},
		{"an old pod", "", func(i *controller.Installation) {
			old := addPod(i)
			*old = i.Pods[0]
			old.Metadata.Name, old.Metadata.OwnerReferences = "capa-0-a", []controller.OwnerReference{{UID: "r-0"}}
		}, "yes", "secret", false, []string{"old-pods"}},
		{"a Secret that is not mounted", "", func(i *controller.Installation) {
			i.Deployment.Spec.Template.Spec.Volumes, i.Pods[0].Spec.Volumes = nil, nil
		}, "no", "instance-profile", false, []string{"no-source"}},
		{"the key of another Secret", podIdentity, func(i *controller.Installation) {
			associate(i)
			i.Deployment.Spec.Template.Spec.Volumes[0].Secret.SecretName, i.Pods[0].Spec.Volumes[0].Secret.SecretName = "other", "other"
		}, "unknown", "file", false, []string{"credentials-file"}},
		{"another path of the key", "", func(i *controller.Installation) {
			items := []controller.KeyToPath{{Key: "credentials", Path: "aws"}}
			i.Deployment.Spec.Template.Spec.Volumes[0].Secret.Items, i.Pods[0].Spec.Volumes[0].Secret.Items = items, items
		}, "no", "instance-profile", false, []string{"no-source"}},
		{"the Cluster API Operator", "", func(i *controller.Installation) {
			i.Deployment.Metadata.OwnerReferences = []controller.OwnerReference{{APIVersion: "operator.cluster.x-k8s.io/v1alpha2", Kind: "InfrastructureProvider", Name: "aws"}}
		}, "yes", "secret", false, []string{"managed-by-operator"}},
		{"the Cluster API Operator and Flux", "", func(i *controller.Installation) {
			i.Secret.Metadata.OwnerReferences = []controller.OwnerReference{{APIVersion: "operator.cluster.x-k8s.io/v1alpha2", Kind: "InfrastructureProvider", Name: "aws"}}
			i.ServiceAccount.Metadata.Labels = map[string]string{"kustomize.toolkit.fluxcd.io/name": "capi"}
		}, "yes", "secret", false, []string{"managed-by-operator", "managed"}},
		{"a Secret that does not exist", "", func(i *controller.Installation) {
			i.Secret = nil
			i.Deployment.Metadata.Labels = map[string]string{"app.kubernetes.io/managed-by": "Helm"}
		}, "no", "instance-profile", false, []string{"secret-absent", "no-source", "managed"}},
		{"pods that cannot be read", "", func(i *controller.Installation) {
			i.Pods, i.NewestReplicaSet = nil, ""
			i.Unread = append(i.Unread, controller.Unread{Part: controller.PartPods, Err: &controller.Forbidden{Verb: "list", Resource: controller.Pods}})
		}, "unknown", "unknown", false, nil},
		{"a pod that is being deleted", "", func(i *controller.Installation) { i.Pods[0].Metadata.DeletionTimestamp = &podStart }, "no", "unknown", false, []string{"not-running"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := installation(t, test.variables)
			if test.change != nil {
				test.change(i)
			}
			got := NewStatus(&controller.Cluster{Server: "https://cluster.test"}, i, credentials.Environment{})
			var codes []string
			for _, problem := range got.Problems {
				codes = append(codes, problem.Code)
				if problem.Message == "" || problem.Remedy == "" || problem.Fatal != (got.Works == "no") && !strings.HasPrefix(problem.Code, "managed") {
					t.Errorf("%+v", problem)
				}
			}
			if got.Works != test.works || string(got.Source) != test.source || got.RollOut != test.rollOut || !slices.Equal(codes, test.codes) {
				t.Errorf("works %s, source %s, roll out %t, problems %q", got.Works, got.Source, got.RollOut, codes)
			}
			if contradicts := len(i.Pods) == 0 && i.IsKnown(controller.PartPods) && got.Deployment.Available > 0; contradicts != slices.ContainsFunc(got.Unknown, func(text string) bool { return strings.Contains(text, "lists no pods") }) {
				t.Errorf("unknown: %q", got.Unknown)
			}
			if problem := got.Problem(); (problem != "") != (test.works == "no") {
				t.Errorf("problem %q", problem)
			}
			for _, width := range []int{80, 50} {
				text := terminal.Fit(got.Report(podStart.Add(2*time.Hour), width), width)
				for line := range strings.Lines(text) {
					if n := len([]rune(strings.TrimRight(line, "\n"))); n > width && strings.Contains(strings.TrimSpace(line), " ") && !strings.Contains(line, "arn:") {
						t.Errorf("a line of %d columns for %d: %q", n, width, line)
					}
				}
				if strings.Contains(text, "FALSESECRET") || strings.Contains(text, "AKIAFALSEKEYEXAMPLE0") {
					t.Errorf("a secret in:\n%s", text)
				}
			}
		})
	}
}

// Writing credentials to a Secret that the pods do not mount does not help.
func TestStatusWithoutMount(t *testing.T) {
	for name, mounts := range map[string]bool{"not mounted": false, "mounted, but zeroed": true} {
		i := installation(t, "")
		if mounts {
			i.Secret.Data[controller.SecretKey] = []byte("\n")
		} else {
			i.Deployment.Spec.Template.Spec.Volumes, i.Pods[0].Spec.Volumes = nil, nil
		}
		got := NewStatus(&controller.Cluster{Server: "https://cluster.test"}, i, credentials.Environment{})
		if len(got.Problems) != 1 || got.Problems[0].Code != noSource || strings.Contains(got.Problems[0].Remedy, "update-credentials") != mounts || strings.HasPrefix(got.Problems[0].Remedy, "mount the Secret") == mounts {
			t.Errorf("%s: %+v", name, got.Problems)
		}
	}
}

// A Deployment without pods has no logs to read, so the remedy must not be to
// read them.
func TestStatusWithoutPods(t *testing.T) {
	remedy := func(change func(*controller.Installation)) string {
		i := installation(t, "")
		i.Deployment.Status.AvailableReplicas = 0
		change(i)
		got := NewStatus(&controller.Cluster{Server: "https://cluster.test"}, i, credentials.Environment{})
		if len(got.Problems) == 0 || got.Problems[0].Code != "not-running" || got.Works != "no" {
			t.Fatalf("works %s, problems %+v", got.Works, got.Problems)
		}
		return got.Problems[0].Remedy
	}
	if text := remedy(func(i *controller.Installation) { i.Pods = nil }); strings.Contains(text, "logs") || !strings.Contains(text, "kubectl describe deployment,replicaset -n ") {
		t.Error(text)
	}
	if text := remedy(func(i *controller.Installation) { i.Pods[0].Metadata.DeletionTimestamp = &podStart }); !strings.Contains(text, "kubectl logs") {
		t.Error(text)
	}
}

func TestEveryFindingIsExplained(t *testing.T) {
	page := read(t, "../../docs/management-cluster.md")
	for _, rule := range rules {
		if !strings.Contains(page, "`"+rule.code+"`") {
			t.Errorf("docs/management-cluster.md does not explain %s", rule.code)
		}
	}
}

func TestStatusReport(t *testing.T) {
	i := installation(t, podIdentity)
	zero(i)
	i.AssociationsRead, i.Associations = true, []controller.Association{{ID: "a-1", RoleARN: role}}
	got := NewStatus(&controller.Cluster{}, i, credentials.Environment{})
	const want = `credentials:  EKS Pod Identity, role arn:aws:iam::123456789012:role/capa
created:      2026-01-02T11:00:00Z, 3 hours ago
controllers:  1 of 1 available
image:        example.com/capa:v1
can work:     yes, according to the cluster; capaboot did not check AWS

SOURCE, IN THE SDK'S ORDER  STATE
variables of the pod        not set
web identity (IRSA)         the service account has no role
the Secret                  zeroed
EKS Pod Identity            used: arn:aws:iam::123456789012:role/capa
a container endpoint        not set
instance profile            not reached

POD       READY  SINCE        RESTARTS  USES
capa-1-a  yes    2 hours ago  3         EKS Pod Identity
`
	if text := got.Report(podStart.Add(2*time.Hour), 80); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRemediesOfUnusableCredentials: every remedy for expired credentials replaces
// them and restarts the controllers; a restart alone would load expired ones.
func TestRemediesOfUnusableCredentials(t *testing.T) {
	i := installation(t, "")
	temporary(i, "x_security_token_expires = 2020-01-01T00:00:00Z\n")
	i.Secret.Metadata.CreationTimestamp = podStart.Add(time.Minute)
	got := NewStatus(&controller.Cluster{Server: "https://cluster.test"}, i, credentials.Environment{})
	if len(got.Problems) != 2 || !got.RollOut {
		t.Errorf("roll out %v, %+v", got.RollOut, got.Problems)
	}
	for _, problem := range got.Problems {
		if !strings.HasSuffix(problem.Remedy, ": capaboot controller update-credentials --rollout") {
			t.Errorf("%s: %s", problem.Code, problem.Remedy)
		}
	}
}
