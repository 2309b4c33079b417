// Tests of the requests to AWS STS, and of --verify.

package cli

import (
	"net/http"
	"strings"
	"testing"

	"capaboot/internal/awsdouble"
)

func TestRequestsToSTS(t *testing.T) {
	t.Parallel()
	chain := "[profile a]\nrole_arn = " + roleARN + "\nsource_profile = user\n[profile b]\nrole_arn = " + roleARN + "2\nsource_profile = a\n" +
		"external_id = x:1\nduration_seconds = 900\nrole_session_name = me\n"
	d := newMachine(t, "[user]\n"+userKeys, chain)
	d.encoded(t, "--profile", "b")
	calls := d.Calls()
	if len(calls) != 2 || calls[0].Signer != userID || calls[1].Signer != d.Given[0].ID {
		t.Fatalf("calls %+v", calls)
	}
	for name, want := range map[string]string{"RoleArn": roleARN + "2", "ExternalId": "x:1", "DurationSeconds": "900", "RoleSessionName": "me", "SerialNumber": ""} {
		if got := calls[1].Form.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := calls[0].Form.Get("RoleSessionName"); !strings.HasPrefix(got, "capaboot-") {
		t.Errorf("RoleSessionName is %q", got)
	}

	d = newMachine(t, "[default]\n"+userKeys, "")
	d.MFA = "123456"
	d.encoded(t, "--role-arn", roleARN, "--external-id", "id", "--duration", "45m", "--mfa-serial", mfaDevice, "--mfa-code", "123456", "--role-session-name", "job-7")
	d.encoded(t, "--session", "--duration", "36h")
	calls = d.Calls()
	for i, want := range []map[string]string{
		{"RoleArn": roleARN, "ExternalId": "id", "DurationSeconds": "2700", "SerialNumber": mfaDevice, "TokenCode": "123456", "RoleSessionName": "job-7"},
		{"DurationSeconds": "129600", "SerialNumber": "", "TokenCode": ""},
	} {
		for name, want := range want {
			if got := calls[i].Form.Get(name); got != want {
				t.Errorf("%s of %s is %q, want %q", name, calls[i].Name, got, want)
			}
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	d := newMachine(t, "[default]\n"+userKeys, "")
	_, _, stderr := d.encoded(t, "--verify")
	wantText(t, stderr, "capaboot: the credentials are those of account 123456789012, arn:aws:iam::123456789012:user/ann\n")

	d.ARN = "arn:aws:iam::123456789012:root"
	stdout, stderr, code := d.encode("--verify")
	if code != exitFailed || stdout != "" {
		t.Errorf("keys of the root user: exit code %d, stdout %q", code, stdout)
	}
	wantText(t, stderr, "the access keys of the account's root user", "pass --allow-root")
	d.encoded(t, "--verify", "--allow-root")

	d.ARN = "nobody"
	if _, stderr, code = d.encode("--verify"); code != exitFailed || !strings.Contains(stderr, "has no valid account ID or no valid ARN") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	d.write(t, ".aws/credentials", strings.ReplaceAll("[default]\n"+userKeys, userID, "AKIAUNKNOWN"))
	stdout, stderr, code = d.encode("--verify")
	if code != exitFailed || stdout != "" {
		t.Errorf("unknown keys: exit code %d, stdout %q", code, stdout)
	}
	wantText(t, stderr, "InvalidClientTokenId", "AWS does not know the access key ID")
	// Without --verify no request is sent.
	before := len(d.Calls())
	d.encoded(t)
	if len(d.Calls()) != before {
		t.Error("a request was sent without --verify")
	}
}

func TestInspectVerifies(t *testing.T) {
	t.Parallel()
	d := newMachine(t, "[default]\n"+userKeys, "")
	blob, _, _ := d.encode()
	inspect := func(args ...string) (string, string, int) {
		d.environment["AWS_B64ENCODED_CREDENTIALS"] = strings.TrimSpace(blob)
		return run(t, d.environment, nil, append([]string{"bootstrap", "credentials", "inspect", "--verify"}, args...)...)
	}
	stdout, stderr, code := inspect()
	if code != exitDone {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	wantText(t, stdout, "account:          123456789012\n", "identity:         arn:aws:iam::123456789012:user/ann\n", "usable by CAPA:   yes\n")
	d.ARN = "arn:aws:iam::123456789012:root"
	stdout, _, _ = inspect("-o", "json")
	wantText(t, stdout, `"root-user"`, `"arn": "arn:aws:iam::123456789012:root"`)

	// AWS says whether temporary keys are valid, but not until when.
	encoded := blob
	blob, _, _ = d.encode("--role-arn", "arn:aws:iam::123456789012:role/capa")
	stdout, _, _ = inspect()
	wantText(t, stdout, "usable by CAPA:   yes, until the keys expire\n", "note: profile \"default\" has temporary keys but no expiry, so it is unknown how long the keys remain valid\n")
	blob = encoded

	d.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		awsdouble.Refuse(w, http.StatusForbidden, "InvalidClientTokenId", "FALSESECRET")
		return true
	}
	stdout, stderr, code = inspect()
	if code != exitFailed || strings.Contains(stdout+stderr, "FALSESECRET") {
		t.Errorf("exit code %d, %s %s", code, stdout, stderr)
	}
	wantText(t, stdout, "usable by CAPA:   no\n", "AWS does not know the access key ID")

	// AWS neither accepted nor rejected the credentials: the command fails and
	// prints no result.
	d.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		http.Error(w, "FALSESECRET", http.StatusNotFound)
		return true
	}
	stdout, stderr, code = inspect()
	if code != exitFailed || stdout != "" || strings.Contains(stderr, "FALSESECRET") {
		t.Errorf("exit code %d, %s %s", code, stdout, stderr)
	}
	// The error names where the credentials were found.
	wantText(t, stderr, "error: verifying the credentials from AWS_B64ENCODED_CREDENTIALS: AWS STS")
	file := d.write(t, "encoded", blob)
	_, stderr, _ = inspect(file)
	wantText(t, stderr, "error: verifying the credentials from "+file+": AWS STS")
	_, stderr, _ = run(t, d.environment, strings.NewReader(blob), "bootstrap", "credentials", "inspect", "--verify", "-")
	wantText(t, stderr, "error: verifying the credentials from standard input: AWS STS")
}
