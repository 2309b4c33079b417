// Tests of the commands that change the controllers' Secret: what they say about
// the accounts, about expired credentials, and about results that cannot be
// written.

package cli

import (
	"strings"
	"testing"

	"capaboot/internal/awsdouble"
)

// TestUpdateCredentialsWithUnknownAccount: only the same whole access key shows that
// the account stays the same. Access keys of different accounts can have the same
// last characters.
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

// TestUpdateCredentialsWithExpiredKeys: --force writes expired keys, unless --min-ttl
// is set. No text has a negative time.
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
