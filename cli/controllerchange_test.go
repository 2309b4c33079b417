// Tests of the commands that change the controllers' Secret: what they say about
// the accounts, about expired credentials, and about results that cannot be
// written.

package cli

import (
	"bytes"
	"strings"
	"testing"

	"capaboot/credentials"
	"capaboot/internal/awsdouble"
	"capaboot/internal/conform"
	"capaboot/internal/eksdouble"
	"capaboot/internal/kubedouble"
)

// TestUpdateCredentialsWithUnknownAccount: the account counts as unchanged only
// if the whole access key is unchanged. Access keys of different accounts can
// have the same last characters.
func TestUpdateCredentialsWithUnknownAccount(t *testing.T) {
	const unknown = "it is unknown whether the new credentials are for the same account"
	similar := awsdouble.Keys{ID: "AKIAOTHERKEY" + userID[len(userID)-8:], Secret: "wKalrFALSESECRET/K7MDENG+bPxRfiCYEXAMPL6"}
	role := "[default]\nrole_arn = arn:aws:iam::999988887777:role/x\nsource_profile = keys\n[keys]\naws_access_key_id = " + userID + "\naws_secret_access_key = " + userSecret + "\n"
	for _, test := range []struct {
		name, before, after string
		arguments           []string
		want                bool
	}{
		{"the same last characters", secretProfile, profileOf(similar), nil, true},
		{"the old key is refused", profileOf(similar), secretProfile, []string{"--verify"}, true},
		{"the same key", secretProfile, secretProfile, nil, false},
		{"the same key in another region", secretProfile, strings.Replace(secretProfile, "eu-west-1", "eu-west-2", 1), nil, false},
		{"the same key, but through a role in another account", role, secretProfile, nil, true},
		{"no key before", "[other]\n", secretProfile, nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newManagementCluster(t, test.before)
			m.setBlob(test.after)
			_, stderr := m.do(0, append([]string{"update-credentials"}, test.arguments...)...)
			joined := strings.Join(strings.Fields(stderr), " ")
			if got := strings.Contains(joined, unknown); got != test.want {
				t.Errorf("got the line %v, want %v:\n%s", got, test.want, stderr)
			}
			if got := strings.Contains(joined, unknown+"; to ask AWS, use --verify"); got != (test.want && test.arguments == nil) {
				t.Errorf("the line names --verify: %v\n%s", got, stderr)
			}
			m.wantSecret(test.after)
		})
	}
}

// TestUpdateCredentialsOverUnreadableOnes: a value of the Secret that cannot be read is
// not reported as one without an access key.
func TestUpdateCredentialsOverUnreadableOnes(t *testing.T) {
	for value, want := range map[string]string{
		secretProfile + secretProfile: "before: no access key could be read (line 5 of the profile: this section already begins on line 1), account unknown",
		"[other]\n":                   "before: no access key could be read (the credentials have no [default] profile",
		"[default]\nx = 1\n":          "before: no access key, account unknown",
	} {
		m := newManagementCluster(t, value)
		m.setBlob(secretProfile)
		stdout, stderr := m.do(0, "update-credentials", "-o", "json")
		conform.CheckRun(t, []string{"controller", "update-credentials", "-o", "json"}, stdout)
		wantText(t, strings.Join(strings.Fields(stderr), " "), want)
	}
}

// TestUpdateCredentialsWithExpiredKeys: --force writes expired keys, unless
// --min-ttl is set. No message has a negative time.
func TestUpdateCredentialsWithExpiredKeys(t *testing.T) {
	const expired = "[default]\naws_access_key_id = ASIAFALSEKEYEXAMPLE1\naws_secret_access_key = FALSESECRET1\naws_session_token = FALSETOKEN\nx_security_token_expires = 2020-01-01T00:00:00Z\nregion = eu-west-1\n"
	m := newManagementCluster(t, secretProfile)
	m.setBlob(expired)
	for _, test := range []struct {
		arguments []string
		code      int
		want      []string
		secret    string
	}{
		{nil, 1, []string{"error: the new credentials: the keys of profile \"default\" expired at 2020-01-01T00:00:00Z", "hint: to write the credentials anyway, pass --force"}, secretProfile},
		{[]string{"--force", "--min-ttl", "45m"}, 1, []string{"error: the credentials expired at 2020-01-01T00:00:00Z\n", "hint: get new credentials, or leave --min-ttl out"}, secretProfile},
		{[]string{"--force"}, 0, []string{"warning: the new credentials: the keys of profile \"default\" expired at 2020-01-01T00:00:00Z", "after:  temporary access key ****PLE1, expired 2020-01-01T00:00:00Z"}, expired},
	} {
		_, stderr := m.do(test.code, append([]string{"update-credentials"}, test.arguments...)...)
		wantText(t, stderr, test.want...)
		for _, unwanted := range []string{"in -", "less than", "they expire"} {
			if strings.Contains(stderr, unwanted) {
				t.Errorf("%v: %q in\n%s", test.arguments, unwanted, stderr)
			}
		}
		m.wantSecret(test.secret)
	}
}

// runToFullDisk runs a command with a stdout that cannot be written, and
// returns stderr with single spaces instead of line breaks.
func runToFullDisk(t *testing.T, called string, environment map[string]string, args ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	code := Run(t.Context(), Process{Args: append([]string{called}, args...), Stdin: strings.NewReader(""), Stdout: fullDisk{}, Stderr: &stderr,
		Environment: credentials.Environment{Lookup: func(name string) (string, bool) { value, ok := environment[name]; return value, ok }, Home: t.TempDir()}})
	if code != exitFailed {
		t.Errorf("%v: exit code %d, want %d", args, code, exitFailed)
	}
	return strings.Join(strings.Fields(stderr.String()), " ")
}

// TestChangesWhoseResultCannotBeWritten: if the result of a change cannot be written,
// stderr says that the change was made, and how to check it.
func TestChangesWhoseResultCannotBeWritten(t *testing.T) {
	t.Parallel()
	const failed, made = "error: writing the result: no space left on device", "hint: the change was made; to check it: "
	newCluster := func() *managementCluster {
		m := newManagementCluster(t, "")
		m.Install(kubedouble.Installed{Profile: secretProfile})
		m.setBlob(profileOf(otherUser))
		return m
	}
	for _, test := range []struct {
		called string
		args   []string
		want   []string
	}{
		{"capaboot", []string{"update-credentials"}, []string{"Secret capa-manager-bootstrap-credentials in namespace capa-system: updated", made + "capaboot controller print-credentials"}},
		{"capaboot", []string{"update-credentials", "--rollout", "-o", "json"}, []string{"Secret capa-manager-bootstrap-credentials in namespace capa-system: updated", "Deployment capa-controller-manager: restart completed", made}},
		{"capaboot", []string{"zero-credentials", "--yes"}, []string{"capa-system: zeroed", made}},
		{"clusterawsadm", []string{"zero-credentials"}, []string{"clusterawsadm: Secret capa-manager-bootstrap-credentials in namespace capa-system: zeroed", made + "clusterawsadm controller print-credentials"}},
		{"capaboot", []string{"rollout-controller", "-o", "json"}, []string{"Deployment capa-controller-manager: restart complete", made + "capaboot controller status"}},
	} {
		stderr := runToFullDisk(t, test.called, newCluster().environment, append([]string{"controller"}, test.args...)...)
		wantText(t, stderr, append(test.want, failed)...)
	}

	// If the restart fails too, both errors are printed.
	m := newCluster()
	m.Fail(kubedouble.Fault{Verb: "patch", Plural: "deployments", Kind: kubedouble.Forbidden})
	stderr := runToFullDisk(t, "capaboot", m.environment, "controller", "update-credentials", "--rollout", "-o", "json")
	wantText(t, stderr, "capa-system: updated", "error: not allowed to patch Deployment", failed)

	// If the update changes nothing, the error does not say that a change was made.
	m = newCluster()
	m.setBlob(secretProfile)
	stderr = runToFullDisk(t, "capaboot", m.environment, "controller", "update-credentials")
	if wantText(t, stderr, failed); strings.Contains(stderr, "the change was made") {
		t.Errorf("nothing was changed, but stderr is\n%s", stderr)
	}

	for _, called := range []string{"capaboot", "clusterawsadm"} {
		s := newMoveSetup(t, eksdouble.TrustPodIdentity)
		environment := s.aws.Environment()
		environment["KUBECONFIG"] = s.kubeconfig
		stderr = runToFullDisk(t, called, environment, "controller", "use-pod-identity", "--cluster-name", "management", "--yes")
		wantText(t, stderr, failed, made+called+" controller status --cluster-name management", map[string]string{"capaboot": "capaboot: the move is complete", "clusterawsadm": ": created"}[called])
		stderr = runToFullDisk(t, called, environment, "controller", "use-pod-identity", "--cluster-name", "management", "--yes")
		if wantText(t, stderr, failed); strings.Contains(stderr, "the change was made") {
			t.Errorf("nothing was changed, but stderr is\n%s", stderr)
		}
	}

	c := newCloud(t)
	for _, step := range []struct{ command, want string }{{"deploy", "stack " + stackName + " is created, after"}, {"delete", "stack " + stackName + " is deleted, after"}} {
		stderr = runToFullDisk(t, "capaboot", c.environment, "bootstrap", "iam", step.command, "--yes", "-o", "json")
		wantText(t, stderr, step.want, failed)
	}
}
