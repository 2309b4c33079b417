// Tests of the policy trust commands that send requests to AWS.
// testdata/script/policy-trust.txtar tests the others.

package cli

import (
	"bytes"
	"strings"
	"testing"

	"capaboot/credentials"
)

// TestTheProviderAccountComesFromTheCredentials checks that, without --account,
// GitHub's OIDC provider is in the account of the credentials, and that no
// request is sent when another flag is invalid.
func TestTheProviderAccountComesFromTheCredentials(t *testing.T) {
	t.Parallel()
	trust := func(d *machine, args ...string) (stdout, stderr string, code int) {
		var out, stderrBuffer bytes.Buffer
		code = Run(t.Context(), Process{
			Args: append([]string{"capaboot", "policy", "trust", "github", "--repository", "octo-org/octo-repo"}, args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &stderrBuffer,
			Environment: credentials.Environment{Home: d.home, Lookup: func(name string) (string, bool) { value, ok := d.environment[name]; return value, ok }},
		})
		return out.String(), stderrBuffer.String(), code
	}
	d := newMachine(t, "[default]\naws_access_key_id = "+userID+"\naws_secret_access_key = "+userSecret+"\n", "")
	if _, stderr, code := trust(d); code != exitUsage || !strings.Contains(stderr, "missing --branch, --tag or --environment") || len(d.Calls()) != 0 {
		t.Errorf("without a branch: exit code %d, %d calls: %s", code, len(d.Calls()), stderr)
	}
	stdout, stderr, code := trust(d, "--branch", "main")
	if code != exitDone || !strings.Contains(stdout, "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com") || !strings.Contains(stderr, "the statement trusts the OIDC provider of account 123456789012") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	wantNoSecret(t, d, stderr)
	d.Change(func() { d.ARN = "arn:aws-us-gov:iam::123456789012:user/ann" })
	if _, stderr, code := trust(d, "--branch", "main"); code != exitUsage || !strings.Contains(stderr, "missing --oidc-provider: the credentials are for partition aws-us-gov") {
		t.Errorf("another partition: exit code %d: %s", code, stderr)
	}
}
