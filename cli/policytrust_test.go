// Tests of policy trust where it asks AWS; testdata/script/policy-trust.txtar has the rest.

package cli

import (
	"bytes"
	"strings"
	"testing"

	"capaboot/credentials"
)

// TestTheProviderOfTheCallersAccount: without --account, GitHub's OIDC provider is that of
// the account that the credentials belong to; AWS is asked when nothing else is wrong.
func TestTheProviderOfTheCallersAccount(t *testing.T) {
	t.Parallel()
	trust := func(d *desk, args ...string) (stdout, stderr string, code int) {
		var out, talk bytes.Buffer
		code = Run(t.Context(), Process{
			Args: append([]string{"capaboot", "policy", "trust", "github", "--repository", "octo-org/octo-repo"}, args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &talk,
			Environment: credentials.Environment{Home: d.home, Lookup: func(name string) (string, bool) { value, ok := d.environment[name]; return value, ok }},
		})
		return out.String(), talk.String(), code
	}
	d := newDesk(t, "[default]\naws_access_key_id = "+userID+"\naws_secret_access_key = "+userSecret+"\n", "")
	if _, stderr, code := trust(d); code != exitUsage || !strings.Contains(stderr, "--branch is missing") || len(d.Calls()) != 0 {
		t.Errorf("without a branch: exit code %d, %d calls: %s", code, len(d.Calls()), stderr)
	}
	stdout, stderr, code := trust(d, "--branch", "main")
	if code != exitDone || !strings.Contains(stdout, "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com") || !strings.Contains(stderr, "for the OIDC provider of account 123456789012") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	wantNoSecret(t, d, stderr)
	d.Change(func() { d.ARN = "arn:aws-us-gov:iam::123456789012:user/ann" })
	if _, stderr, code := trust(d, "--branch", "main"); code != exitUsage || !strings.Contains(stderr, "missing --oidc-provider: the credentials are of the partition aws-us-gov") {
		t.Errorf("another partition: exit code %d: %s", code, stderr)
	}
}
