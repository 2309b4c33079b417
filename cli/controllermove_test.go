// End-to-end tests of use-pod-identity and use-irsa.

package cli

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"capaboot/credentials"
	"capaboot/internal/conform"
	"capaboot/internal/eksdouble"
	"capaboot/internal/kubedouble"
)

// moveSetup is a management cluster on EKS whose controllers use static keys, with
// its AWS account.
type moveSetup struct {
	*testing.T
	kube       *kubedouble.Server
	aws        *eksdouble.Double
	kubeconfig string
}

func newMoveSetup(t *testing.T, trust string) *moveSetup {
	t.Helper()
	m := &moveSetup{t, kubedouble.New(t), eksdouble.New(t), ""}
	m.aws.SetUpManagementCluster(m.kube, secretProfile, trust)
	m.kubeconfig = m.kube.Kubeconfig(t)
	return m
}

// do runs "controller ARGS" without a terminal, and checks the exit code and that
// the output shows no secret. stderr has single spaces instead of line breaks.
func (m *moveSetup) do(want int, args ...string) (stdout, stderr string) {
	m.Helper()
	environment := m.aws.Environment()
	environment["KUBECONFIG"] = m.kubeconfig
	stdout, stderr, code := run(m.T, environment, strings.NewReader(""), append([]string{"controller"}, args...)...)
	if code != want {
		m.Errorf("%v: exit code %d, want %d\n%s%s", args, code, want, stdout, stderr)
	}
	for _, secret := range []string{"FALSESECRET", eksdouble.Keys.Secret, kubedouble.Token} {
		if strings.Contains(stdout+stderr, secret) {
			m.Errorf("%v shows a secret:\n%s%s", args, stdout, stderr)
		}
	}
	return stdout, strings.Join(strings.Fields(stderr), " ")
}

func (m *moveSetup) zeroed() bool {
	return m.kube.Object(kubedouble.SecretPath)["data"].(kubedouble.Object)["credentials"] == "Cg=="
}

func TestUsePodIdentity(t *testing.T) {
	t.Parallel()
	m := newMoveSetup(t, eksdouble.TrustPodIdentity)
	stdout, _ := m.do(0, "use-pod-identity", "--cluster-name", "management", "--plan")
	wantText(t, stdout, "cluster:          arn:aws:eks:eu-west-1:111122223333:cluster/management\n", "already  the role trusts the service account through EKS Pod Identity\n",
		"to do    associate the service account with the role\n", "to do    remove the credentials from the Secret\n", "to do    restart the controllers\n")
	stdout, _ = m.do(0, "use-pod-identity", "-n", "management", "-r", "eu-west-1", "--plan", "-o", "json")
	wantText(t, stdout, `"result": "planned"`)
	// kubectl users pass -n for the namespace.
	_, stderr := m.do(1, "use-pod-identity", "-n", "capa-system")
	wantText(t, stderr, `EKS has no cluster "capa-system"`, "; -n means --cluster-name here: pass the namespace with --namespace")
	// Without a terminal the command cannot ask for confirmation.
	_, stderr = m.do(1, "use-pod-identity", "--cluster-name", "management")
	wantText(t, stderr, "to do associate the service account with the role", "error: not confirmed: nothing was changed", "--yes")
	if m.zeroed() || len(m.aws.AssociatedRoles()) > 0 {
		t.Fatal("something was changed")
	}
	stdout, stderr = m.do(0, "use-pod-identity", "--cluster-name", "management", "--yes")
	wantText(t, stdout, "done     associate the service account with the role\n", "done     the controllers run with credentials of EKS Pod Identity\n", "credentials of EKS Pod Identity\n")
	// The command asks no question, so it does not show the plan.
	if strings.Contains(stderr, "already the role exists") || strings.Contains(stderr, "to do") {
		t.Errorf("the plan is shown although the command asks no question:\n%s", stderr)
	}
	wantText(t, stderr, "warning: the controllers will be restarted", "waiting 5s for the change to reach every part of EKS", "works until it is deleted or deactivated in IAM")
	if !m.zeroed() || len(m.aws.AssociatedRoles()) != 1 {
		t.Error("the Secret is not zeroed, or there is not one association")
	}
	stdout, _ = m.do(0, "status", "--cluster-name", "management")
	wantText(t, stdout, "Pod Identity", eksdouble.RoleARN)
	// The associations of an EKS cluster are not reported when the kubeconfig
	// is for another cluster.
	m.aws.PutCluster("other", "https://ABC.gr7.eu-west-1.eks.amazonaws.com", eksdouble.Issuer)
	m.aws.PutAssociation("other", "capa-system", "capa-controller-manager", eksdouble.RoleARN)
	stdout, _ = m.do(0, "status", "--cluster-name", "other")
	wantText(t, stdout, "can work:     unknown", "unknown: associations: the kubeconfig uses the server "+m.kube.URL, "check whether the kubeconfig is")
}

// Without usable AWS credentials, status reports the state of the cluster, and
// why the association is unknown.
func TestStatusWithoutCredentials(t *testing.T) {
	t.Parallel()
	m := newMoveSetup(t, eksdouble.TrustPodIdentity)
	m.do(0, "use-pod-identity", "--cluster-name", "management", "--yes")
	for _, test := range []struct {
		name, unknown, warning, hint string
		change                       func(map[string]string)
	}{
		{"none", "no AWS credentials", "no AWS credentials; these sources were tried: ", "hint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
			func(e map[string]string) { delete(e, "AWS_ACCESS_KEY_ID"); delete(e, "AWS_SECRET_ACCESS_KEY") }},
		{"an access key ID alone", "AWS_ACCESS_KEY_ID is set in the environment, but AWS_SECRET_ACCESS_KEY is not", "AWS_ACCESS_KEY_ID is set", "hint: set AWS_SECRET_ACCESS_KEY",
			func(e map[string]string) { delete(e, "AWS_SECRET_ACCESS_KEY") }},
		{"refused", "verifying the credentials from the environment: AWS STS", "verifying the credentials", "hint: ", func(e map[string]string) { e["AWS_ACCESS_KEY_ID"] = "AKIAFALSEKEYEXAMPLE9" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			environment := m.aws.Environment()
			environment["KUBECONFIG"] = m.kubeconfig
			test.change(environment)
			stdout, stderr, code := run(t, environment, strings.NewReader(""), "controller", "status", "--cluster-name", "management")
			if code != 0 {
				t.Errorf("exit code %d", code)
			}
			wantText(t, strings.Join(strings.Fields(stdout), " "), "credentials: EKS Pod Identity ", "can work: unknown", "note: the pods use EKS Pod Identity; capaboot could not read the role and the association",
				"unknown: associations: "+test.unknown)
			wantText(t, strings.Join(strings.Fields(strings.ReplaceAll(stderr, "capaboot: warning:", "")), " "), "the EKS Pod Identity association could not be read: "+test.warning, test.hint)
			if test.name == "refused" {
				return // do not repeat the request: its retries take seconds
			}
			stdout, _, code = run(t, environment, strings.NewReader(""), "controller", "status", "--cluster-name", "management", "-o", "json")
			conform.CheckRun(t, []string{"controller", "status", "-o", "json"}, stdout)
			wantText(t, stdout, `"works": "unknown"`, `"code": "association-unread"`, `"associations: `)
			if code != 0 {
				t.Errorf("JSON: exit code %d", code)
			}
		})
	}
	m.do(2, "status", "--cluster-name", "management", "--region", "nowhere!")
}

// An agent that is not an add-on is enough, and the plan names its DaemonSet. If
// neither the add-on nor the DaemonSets can be read, the plan says that it is
// unknown whether there is an agent.
func TestAgentWithoutAddon(t *testing.T) {
	t.Parallel()
	m := newMoveSetup(t, eksdouble.TrustPodIdentity)
	m.aws.Fail(eksdouble.Fault{Operation: "DescribeAddon", Kind: eksdouble.Missing})
	m.kube.Put(agentDaemonSet)
	stdout, _ := m.do(0, "use-pod-identity", "--cluster-name", "management", "--plan")
	wantText(t, stdout, "already  the cluster has the EKS Pod Identity agent: DaemonSet eks-pod-identity-agent in namespace kube-system, 2 of 2 pods ready\n")
	m.aws.RemoveFaults()
	m.aws.Fail(eksdouble.Fault{Operation: "DescribeAddon", Kind: eksdouble.Denied})
	m.kube.Fail(kubedouble.Fault{Verb: "list", Plural: "daemonsets", Kind: kubedouble.Forbidden})
	stdout, stderr := m.do(0, "use-pod-identity", "--cluster-name", "management", "--plan")
	wantText(t, stdout, "unknown  the cluster has the EKS Pod Identity agent\n")
	wantText(t, stderr, "warning: it is unknown whether cluster management has the EKS Pod Identity agent, which gives pods their credentials: describing the add-on eks-pod-identity-agent: ", "not allowed to list daemonsets")
	m.do(1, "use-pod-identity", "--cluster-name", "management") // nothing is changed without a confirmation
	if m.zeroed() {
		t.Error("the Secret was zeroed")
	}
}

func TestUseIRSA(t *testing.T) {
	t.Parallel()
	m := newMoveSetup(t, eksdouble.TrustIRSA)
	stdout, _ := m.do(0, "use-irsa", "--cluster-name", "management", "--yes", "-o", "json")
	conform.CheckRun(t, []string{"controller", "use-irsa", "-o", "json"}, stdout)
	wantText(t, stdout, `"result": "moved"`, `"source": "web-identity"`, `"providerARN": "`+eksdouble.Provider+`"`)
	if !m.zeroed() {
		t.Error("the Secret is not zeroed")
	}
}

// Every problem that blocks a move has a hint with its fix, and nothing is
// changed.
func TestBlockedMoves(t *testing.T) {
	for _, test := range []struct {
		name, command, trust string
		set                  func(*moveSetup)
		args                 []string
		want                 []string
	}{
		{"a role of an old template", "use-pod-identity", eksdouble.TrustEC2, nil, nil,
			[]string{"error: role " + eksdouble.RoleARN + " does not trust EKS Pod Identity", "hint: deploy the template of CAPA v2.12.1 or newer", "policy trust pod-identity --cluster management"}},
		{"a role for EKS Pod Identity only", "use-irsa", eksdouble.TrustPodIdentity, nil, nil, []string{"does not trust the OIDC provider of the cluster", "policy trust irsa --oidc-provider " + eksdouble.Provider}},
		{"no provider", "use-irsa", eksdouble.TrustIRSA, func(m *moveSetup) { m.aws.RemoveProvider(eksdouble.Provider) }, nil,
			[]string{"IAM has no OIDC provider for cluster management", "aws iam create-open-id-connect-provider --url https://" + eksdouble.Issuer + " --client-id-list sts.amazonaws.com --region eu-west-1"}},
		{"no agent", "use-pod-identity", eksdouble.TrustPodIdentity, func(m *moveSetup) {
			m.aws.Fail(eksdouble.Fault{Operation: "DescribeAddon", Kind: eksdouble.Missing})
		}, nil, []string{"hint: install the add-on, and wait until its status is ACTIVE: aws eks create-addon --cluster-name management --addon-name eks-pod-identity-agent --region eu-west-1"}},
		{"an agent without a ready pod", "use-pod-identity", eksdouble.TrustPodIdentity, func(m *moveSetup) {
			m.aws.Fail(eksdouble.Fault{Operation: "DescribeAddon", Kind: eksdouble.Missing})
			m.kube.Put(strings.Replace(agentDaemonSet, `"numberReady":2`, `"numberReady":0`, 1))
		}, nil, []string{"the agent does not run: DaemonSet eks-pod-identity-agent in namespace kube-system, 0 of 2 pods ready",
			"hint: find out why the pods of the DaemonSet do not run: kubectl describe daemonset -n kube-system eks-pod-identity-agent; kubectl logs -n kube-system daemonset/eks-pod-identity-agent"}},
		{"no add-on, and DaemonSets that may not be listed", "use-pod-identity", eksdouble.TrustPodIdentity, func(m *moveSetup) {
			m.aws.Fail(eksdouble.Fault{Operation: "DescribeAddon", Kind: eksdouble.Missing})
			m.kube.Fail(kubedouble.Fault{Verb: "list", Plural: "daemonsets", Kind: kubedouble.Forbidden})
		}, nil, []string{"it is unknown whether the agent was installed in another way", "aws eks create-addon",
			"; or, if a DaemonSet runs the agent, let the command list DaemonSets (if RBAC denies this access, grant this rule in a ClusterRole: {apiGroups: [apps], resources: [daemonsets], verbs: [list]}"}},
		{"an add-on that may not be read, and no agent", "use-pod-identity", eksdouble.TrustPodIdentity, func(m *moveSetup) {
			m.aws.Fail(eksdouble.Fault{Operation: "DescribeAddon", Kind: eksdouble.Denied})
		}, nil, []string{"it is unknown whether cluster management has the add-on eks-pod-identity-agent", "no DaemonSet runs the agent", "hint: attach the policy that the command needs (to print the policy: capaboot bootstrap iam print-operator-policy --for use-pod-identity), or install the add-on"}},
		{"no such role", "use-pod-identity", eksdouble.TrustPodIdentity, nil, []string{"--role-name", "other"}, []string{"IAM has no role other", "--role-name"}},
		{"no such cluster", "use-pod-identity", eksdouble.TrustPodIdentity, func(m *moveSetup) {
			m.aws.Fail(eksdouble.Fault{Operation: "DescribeCluster", Kind: eksdouble.Missing})
		}, nil, []string{`EKS has no cluster "management"`, "aws eks list-clusters --region eu-west-1"}},
		{"denied", "use-pod-identity", eksdouble.TrustPodIdentity, func(m *moveSetup) {
			m.aws.Fail(eksdouble.Fault{Operation: "ListPodIdentityAssociations", Kind: eksdouble.Denied})
		}, nil, []string{"AccessDeniedException", "print-operator-policy --for use-pod-identity"}},
		{"an association that blocks IRSA", "use-irsa", eksdouble.TrustIRSA, func(m *moveSetup) {
			m.aws.PutAssociation(eksdouble.Cluster, "capa-system", "capa-controller-manager", eksdouble.RoleARN)
		}, nil, []string{"aws eks delete-pod-identity-association --cluster-name management --association-id a-"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMoveSetup(t, test.trust)
			if test.set != nil {
				test.set(m)
			}
			_, stderr := m.do(1, append([]string{test.command, "--cluster-name", "management", "--yes"}, test.args...)...)
			wantText(t, stderr, test.want...)
			if m.zeroed() {
				t.Error("the Secret was zeroed")
			}
		})
	}
}

func TestMoveFlags(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "error: missing --cluster-name: want the name of the EKS cluster in which the controllers run capaboot: hint: list the clusters: aws eks list-clusters"},
		{[]string{"--cluster-name", "a b"}, "error: invalid value for --cluster-name: want at most 100 letters"},
		{[]string{"--cluster-name", "x", "--role-name", eksdouble.RoleARN}, "error: invalid value for --role-name: want the name of a role, not a path or an ARN"},
		{[]string{"--cluster-name", "x", "--service-account", "A"}, "error: invalid value for --service-account"},
		{[]string{"--cluster-name", "x", "--namespace", "A"}, "error: invalid value for --namespace"},
	} {
		m := newMoveSetup(t, eksdouble.TrustPodIdentity)
		_, stderr := m.do(2, append([]string{"use-pod-identity"}, test.args...)...)
		wantText(t, stderr, test.want)
		if len(m.aws.Requests())+len(m.kube.Requests()) > 0 {
			t.Errorf("%v: a request was sent", test.args)
		}
	}
}

// A move that stops reports which steps are done and how to undo them. Running
// the command again continues the move.
func TestMoveThatStops(t *testing.T) {
	t.Parallel()
	m := newMoveSetup(t, eksdouble.TrustPodIdentity)
	m.kube.Fail(kubedouble.Fault{Verb: "patch", Plural: "deployments", Kind: kubedouble.Forbidden})
	stdout, stderr := m.do(1, "use-pod-identity", "--cluster-name", "management", "--yes", "-o", "json")
	conform.CheckRun(t, []string{"controller", "use-pod-identity", "-o", "json"}, stdout)
	wantText(t, stdout, `"result": "stopped"`, `"state": "failed"`, `"state": "open"`)
	wantText(t, stderr, "association: done in this run", "secret: done in this run", "running: not begun",
		"to undo: put credentials into the Secret again: capaboot controller update-credentials --rollout", "to undo: aws eks delete-pod-identity-association --cluster-name management --association-id a-00000000000000001 --region eu-west-1",
		"error: restart the controllers:", "run the same command again")
	m.kube.RemoveFaults()
	stdout, _ = m.do(0, "use-pod-identity", "--cluster-name", "management", "--yes")
	wantText(t, stdout, "already  the service account is associated with the role\n", "already  the Secret has no credentials\n", "done     restart the controllers\n")
}

// Text from the cluster is quoted in commands, because people copy them into a
// shell.
func TestUndoCommandQuotesTextFromTheCluster(t *testing.T) {
	t.Parallel()
	m := newMoveSetup(t, eksdouble.TrustIRSA)
	m.kube.Change(kubedouble.ServiceAccountPath, func(o kubedouble.Object) {
		o["metadata"].(kubedouble.Object)["annotations"] = kubedouble.Object{"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/x; touch /tmp/y"}
	})
	m.kube.Fail(kubedouble.Fault{Verb: "patch", Plural: "deployments", Kind: kubedouble.Forbidden})
	_, stderr := m.do(1, "use-irsa", "--cluster-name", "management", "--yes")
	wantText(t, stderr, "to undo: kubectl annotate serviceaccount -n capa-system capa-controller-manager 'eks.amazonaws.com/role-arn=arn:aws:iam::1:role/x; touch /tmp/y' --overwrite")
}

// A move whose new pods crash shows the termination message of the container in
// every format, without anything that looks like a secret. The result is
// "stopped".
func TestMoveToCrashingPods(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		m := newMoveSetup(t, eksdouble.TrustPodIdentity)
		m.kube.Before(func(s *kubedouble.Server, r kubedouble.Request) {
			pod := kubedouble.Path("pods", "capa-system", "capa-controller-manager-2-a")
			if r.Path != kubedouble.DeploymentPath || r.Method != "GET" || s.Object(pod) == nil {
				return
			}
			s.Change(pod, func(o kubedouble.Object) {
				status := o["status"].(kubedouble.Object)
				status["conditions"] = []any{kubedouble.Object{"type": "Ready", "status": "False"}}
				status["containerStatuses"] = []any{kubedouble.Object{"name": "manager", "state": kubedouble.Object{"waiting": kubedouble.Object{"reason": "CrashLoopBackOff"}},
					"lastState": kubedouble.Object{"terminated": kubedouble.Object{"exitCode": 1, "message": "cannot sign in with aws_secret_access_key=FALSESECRETwJalrXUtnFEMIK7MDENGbPxRfiCY9"}}}}
			})
			s.Change(kubedouble.DeploymentPath, func(o kubedouble.Object) {
				status := o["status"].(kubedouble.Object)
				status["availableReplicas"] = 0
				status["conditions"] = []any{kubedouble.Object{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}}
			})
		})
		stdout, stderr := m.do(1, "use-pod-identity", "--cluster-name", "management", "--yes", "-o", format)
		wantText(t, stderr, "CrashLoopBackOff, exit code 1: cannot sign in with", "to undo: put credentials into the Secret again",
			"hint: read the log of the container: kubectl logs --previous -n capa-system capa-controller-manager-2-a -c manager")
		if format == "json" {
			wantText(t, stdout, `"result": "stopped"`, "cannot sign in with")
		}
	}
}

// Under the name clusterawsadm, use-pod-identity sends the requests of
// clusterawsadm, and does not ask for confirmation.
func TestCompatibleUsePodIdentity(t *testing.T) {
	m := newMoveSetup(t, eksdouble.TrustPodIdentity)
	for _, want := range []struct{ result, last string }{{"created", "CreatePodIdentityAssociation"}, {"unchanged", "DescribePodIdentityAssociation"}, {"updated", "UpdatePodIdentityAssociation"}} {
		if want.result == "updated" {
			m.aws.ChangeAssociations(func(o eksdouble.Object) { o["roleArn"] = eksdouble.RoleARN + "2" })
		}
		m.aws.ForgetRequests()
		var out, stderrBuffer bytes.Buffer
		code := Run(t.Context(), Process{Args: []string{"clusterawsadm", "controller", "use-pod-identity", "-n", "management", "-r", "eu-west-1"}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &stderrBuffer,
			Environment: credentials.Environment{Lookup: func(name string) (string, bool) { value, ok := m.aws.Environment()[name]; return value, ok }, Home: t.TempDir()}})
		stdout, stderr := out.String(), strings.Join(strings.Fields(stderrBuffer.String()), " ")
		if code != 0 || !strings.HasSuffix(stdout, ": "+want.result+"\n") {
			t.Errorf("%s: exit code %d\n%s%s", want.result, code, stdout, stderr)
		}
		wantText(t, stderr, "warning: the controllers use the credentials in their Secret until the Secret is zeroed")
		all := m.aws.Requests()
		if all[len(all)-1].Operation != want.last {
			t.Errorf("%s: %v", want.result, all)
		}
	}
	if len(m.kube.Requests()) > 0 || m.zeroed() {
		t.Errorf("requests to the cluster: %v", m.kube.Requests())
	}
}

// "policy trust irsa --cluster" finds the OIDC provider of the cluster through
// EKS.
func TestTrustOfACluster(t *testing.T) {
	m := newMoveSetup(t, eksdouble.TrustPodIdentity)
	trust := func(args ...string) (string, string, int) {
		return run(t, m.aws.Environment(), strings.NewReader(""), append([]string{"policy", "trust", "irsa"}, args...)...)
	}
	byName, _, _ := trust("--cluster", "management")
	if byARN, _, code := trust("--oidc-provider", eksdouble.Provider); code != 0 || byName != byARN {
		t.Errorf("by the name of the cluster:\n%s\nby the provider:\n%s", byName, byARN)
	}
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 2, "missing --oidc-provider or --cluster"},
		{[]string{"--cluster", "x", "--oidc-provider", eksdouble.Provider}, 2, "--cluster and --oidc-provider cannot be combined"},
		{[]string{"--cluster", "a b"}, 2, "invalid value for --cluster: want at most 100 letters"},
		{[]string{"--cluster", "other"}, 1, `EKS has no cluster "other" in this account and region`},
	} {
		if stdout, stderr, code := trust(test.args...); code != test.code || !strings.Contains(stderr, test.want) || stdout != "" {
			t.Errorf("%v: exit code %d, %s%s", test.args, code, stdout, stderr)
		}
	}
}

// TestMoveToAnotherAccount: the credentials in the Secret may be for another account than
// the role, and the controllers then lose the access to that account.
func TestMoveToAnotherAccount(t *testing.T) {
	t.Parallel()
	roleIn := func(account string) string {
		return "[default]\nrole_arn = arn:aws:iam::" + account + ":role/capa\nsource_profile = keys\n" + strings.Replace(secretProfile, "default", "keys", 1)
	}
	const unknown = "it is unknown whether the credentials in the Secret are for account 111122223333, the account of the role"
	for _, test := range []struct{ name, profile, want string }{
		{"keys", secretProfile, unknown},
		{"a role of another account", roleIn("444455556666"), "the controllers would use another account: 111122223333, the account of the role, instead of 444455556666"},
		{"a role of the same account", roleIn("111122223333"), ""},
		{"zeroed", "\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMoveSetup(t, eksdouble.TrustPodIdentity)
			m.kube.Change(kubedouble.SecretPath, func(secret kubedouble.Object) {
				secret["data"] = kubedouble.Object{"credentials": base64.StdEncoding.EncodeToString([]byte(test.profile))}
			})
			for _, args := range [][]string{{"--plan"}, {"--yes"}} {
				_, stderr := m.do(0, append([]string{"use-pod-identity", "--cluster-name", "management"}, args...)...)
				stderr = strings.ReplaceAll(stderr, "capaboot: warning: ", "")
				if got := strings.Contains(stderr, "another account") || strings.Contains(stderr, "are for account"); got != (test.want != "") || !strings.Contains(stderr, test.want) {
					t.Errorf("%v: %s", args, stderr)
				}
				if got := strings.Contains(stderr, "controller print-credentials --verify"); got != (test.want == unknown) {
					t.Errorf("%v: a hint %v: %s", args, got, stderr)
				}
			}
		})
	}
}
