// Tests of "policy explain": the errors about arguments that it does not accept,
// and a denied request that the deployed stack allows.

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExplainArguments(t *testing.T) {
	const message = "User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized to perform: ec2:AllocateHosts on resource: *"
	file := filepath.Join(t.TempDir(), "denied.txt")
	if err := os.WriteFile(file, []byte(message), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		args  []string
		stdin string
		code  int
		error string
		hint  string
	}{
		{"a message", []string{message}, "", 2, "error: the arguments are a text, not actions or services", "quote it after --denied"},
		{"a message without quotes", strings.Fields(message), "", 2, "error: the arguments are a text, not actions or services", "quote it after --denied"},
		{"a file", []string{file}, "", 2, "is a file, not an action or service", "capaboot policy explain - <FILE"},
		{"a file after --denied", []string{"--denied", file}, "", 3, "the text has no denied AWS request", "capaboot policy explain - <FILE"},
		{"a release", []string{"v2.9"}, "", 2, `error: "v2.9" is a release, not an action or service`, "name a release with --policy release:v2.9"},
		{"a release with its prefix", []string{"release:v2.9"}, "", 2, `error: "release:v2.9" is a release, not an action or service`, "name a release with --policy release:v2.9"},
		{"the deployed stack", []string{"ec2:RunInstances", "deployed"}, "", 2, `error: "deployed" is the deployed stack, not an action or service`, "use --deployed"},
		{"expired credentials", []string{"--denied", "Error: ExpiredToken: the token is expired"}, "", 3, "the text has no denied AWS request", "controller update-credentials --rollout"},
		{"an unknown action", []string{"ec2:RunInstance"}, "", 2, `did you mean "ec2:RunInstances"?`, "name an action (ec2:RunInstances)"},
		{"a compressed log", []string{"-"}, "\x1f\x8b\x08\x00", 2, "error: standard input is compressed with gzip", "zcat <FILE | capaboot policy explain -"},
		{"a flag of simulate", []string{"ec2:RunInstances", "--role", "r"}, "", 2, `unknown flag "--role"`, `did you mean "capaboot policy simulate"?`},
		{"nothing on stdin", []string{"-"}, "\n", 3, "the text has no denied AWS request", "standard input is empty"},
		{"a text without an action", []string{"-"}, "AccessDenied", 3, "the text has no denied AWS request", `usually after "not authorized to perform:"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, stderr, code := run(t, nil, strings.NewReader(test.stdin), append([]string{"policy", "explain"}, test.args...)...)
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			wantText(t, stderr, test.error, test.hint)
			if n := strings.Count(stderr, "hint: "); n != 1 {
				t.Errorf("%d hints, want one:\n%s", n, stderr)
			}
		})
	}
}

// TestDeniedRequestThatTheDeployedStackAllows: the stack is not out of date,
// because the input is the stack itself.
func TestDeniedRequestThatTheDeployedStackAllows(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy", "--yes")
	const denial = "User: arn:aws:sts::123456789012:assumed-role/controllers.cluster-api-provider-aws.sigs.k8s.io/1 is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:eu-west-1:123456789012:instance/*"
	for _, test := range []struct{ because, want, unwanted string }{
		{"", "If AWS denies the request again, the denial comes from a kind of policy that the error does not name", "out of date"},
		{" because no identity-based policy allows the ec2:RunInstances action", "Make the request again: the stack may have changed after the denial", "kind of policy that"},
	} {
		stdout, _ := c.run(t, 0, "policy", "explain", "--deployed", "--denied", denial+test.because)
		text := strings.Join(strings.Fields(stdout), " ")
		wantText(t, text, "The deployed stack allows the request of role controllers.cluster-api-provider-aws.sigs.k8s.io, so the stack needs no update.", test.want)
		if strings.Contains(text, test.unwanted) || strings.Contains(text, "out of date") {
			t.Errorf("%s", stdout)
		}
		stdout, _ = c.run(t, 0, "policy", "explain", "--deployed", "-o", "json", "--denied", denial+test.because)
		if !strings.Contains(stdout, `"retry"`) || strings.Contains(stdout, `"update-stack"`) {
			t.Errorf("%s", stdout)
		}
	}
}
