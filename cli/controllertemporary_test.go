// Tests of controller update-credentials with temporary keys, and of its result when
// the restart fails.

package cli

import (
	"strings"
	"testing"
	"time"

	"capaboot/controller"
	"capaboot/internal/awsdouble"
	"capaboot/internal/controllerview"
	"capaboot/internal/deadline"
	"capaboot/internal/kubedouble"
)

// TestChangeWithFailedRestart: the state of the restart depends on the error.
func TestChangeWithFailedRestart(t *testing.T) {
	for want, err := range map[string]error{
		controllerview.RolloutFailed:     errorWithHint{&controller.RolloutFailed{Reason: "ProgressDeadlineExceeded"}, "hint"},
		controllerview.RolloutUnfinished: &controller.RolloutEnded{Err: &deadline.Ended{}},
		controllerview.NotRestarted:      &controller.NotFound{},
	} {
		var c controllerview.Change
		if c.SetRolloutError(err); c.Rollout != want || c.Problem == "" {
			t.Errorf("%T: %+v", err, c)
		}
	}
}

// TestUpdateCredentialsWithTemporaryKeys: there is a warning about temporary
// keys, whether the time of their expiry is known or not. There is no warning
// when temporary keys with a known expiry replace temporary keys.
func TestUpdateCredentialsWithTemporaryKeys(t *testing.T) {
	const temporary = "[default]\naws_access_key_id = ASIAFALSEKEYEXAMPLE1\naws_secret_access_key = FALSESECRET1\naws_session_token = FALSETOKEN\nregion = eu-west-1\n"
	m := newManagementCluster(t, secretProfile)
	m.setBlob(temporary)
	stdout, stderr := m.do(0, "update-credentials", "-o", "json")
	joined := strings.Join(strings.Fields(stderr), " ")
	wantText(t, joined, "after: temporary access key ****PLE1, expires at an unknown time, account unknown",
		"warning: the new keys are temporary: they expire at an unknown time, and the controllers then cannot call AWS; before that, replace these keys in the Secret, and restart the controllers",
		"hint: give the controllers a role, whose credentials are renewed: on EKS, capaboot controller use-pod-identity or use-irsa")
	if strings.Contains(stdout, "expires") {
		t.Errorf("stdout: %s", stdout)
	}
	if strings.Contains(joined, "may have expired") {
		t.Errorf("two warnings about the expiry:\n%s", stderr)
	}

	expires := time.Now().Add(time.Hour).UTC().Truncate(time.Second).Format(time.RFC3339)
	delete(m.environment, "AWS_B64ENCODED_CREDENTIALS")
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "ASIAFALSEKEYEXAMPLE2", "AWS_SECRET_ACCESS_KEY": "FALSESECRET2", "AWS_SESSION_TOKEN": "FALSETOKEN2", "AWS_CREDENTIAL_EXPIRATION": expires} {
		m.environment[name] = value
	}
	stdout, stderr = m.do(0, "update-credentials", "-o", "json")
	wantText(t, stdout, `"expires": "`+expires+`"`)
	joined = strings.Join(strings.Fields(stderr), " ")
	wantText(t, joined, "temporary access key ****PLE2, expires "+expires, "capaboot: the new keys expire at "+expires+", in 59m", "s; before that, replace these keys in the Secret, and restart the controllers")
	if strings.Contains(joined, "the new keys are temporary") || strings.Contains(joined, "use-pod-identity") {
		t.Errorf("a warning about a rotation:\n%s", stderr)
	}
	m.Install(kubedouble.Installed{Profile: secretProfile}) // long-lived keys
	_, stderr = m.do(0, "update-credentials", "--yes")
	wantText(t, strings.Join(strings.Fields(stderr), " "), "warning: the new keys are temporary: they expire at "+expires+", in 59m", "hint: give the controllers a role")

	m.setBlob(secretProfile)
	if _, stderr = m.do(0, "update-credentials"); strings.Contains(stderr, "the new keys are temporary") {
		t.Errorf("a warning about long-lived keys:\n%s", stderr)
	}

	// After AWS has accepted the keys, the warning does not say that they may have
	// expired.
	accepted := awsdouble.Keys{ID: "ASIAFALSEKEYEXAMPLE3", Secret: "xKalrFALSESECRET/K7MDENG+bPxRfiCYEXAMPL3", Token: strings.Repeat("FALSETOKEN3", 20)}
	m.AddUser(accepted, otherARN)
	m.setBlob(profileOf(accepted) + "aws_session_token = " + accepted.Token + "\n")
	_, stderr = m.do(0, "update-credentials", "--verify", "--yes")
	joined = strings.Join(strings.Fields(stderr), " ")
	wantText(t, joined, "warning: the new keys are temporary: they are valid now, but expire at an unknown time, and the controllers then cannot call AWS; before that")
	if strings.Contains(joined, "may have expired") {
		t.Errorf("the warning contradicts the check:\n%s", stderr)
	}
}
