// Tests of flags that check their own value, in every command that has them,
// and of flags whose value may be a secret.

package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// forEachCommandWith calls check with the full name of every command that has
// the flag, as a list of words.
func forEachCommandWith(flag string, check func(words []string)) {
	var visit func(words []string, commands []*cli.Command)
	visit = func(words []string, commands []*cli.Command) {
		for _, command := range commands {
			words := append(slices.Clone(words), command.Name)
			if len(command.Subcommands) == 0 && hasFlag(command, flag) {
				check(words)
			}
			visit(words, command.Subcommands)
		}
	}
	visit(nil, (&runner{}).app("capaboot").Commands)
}

func hasFlag(command *cli.Command, name string) bool {
	return slices.ContainsFunc(command.Flags, func(flag cli.Flag) bool { return slices.Contains(flag.Names(), name) })
}

func TestInvalidFlagValues(t *testing.T) {
	for _, test := range []struct {
		flag, value, want string
	}{
		{"config", "", "error: missing value for --config: pass a value, or leave the flag out\n"},
		{"capa-version", "", "error: missing value for --capa-version: pass a value, or leave the flag out\n"},
		{"account", "", "error: missing value for --account: pass a value, or leave the flag out\n"},
		{"account", "12", "error: invalid value \"12\" for --account: want 12 digits\n"},
		{"for", "upgrade", "error: invalid value for --for: unknown command \"upgrade\"; allowed: plan, check, deploy, verify, delete, controller, use-pod-identity, use-irsa\n"},
		{"skip", "nothing", "error: invalid value for --skip: unknown check \"nothing\"; allowed: identity, stack, names, attached-policies, groups, replacements, permissions, policy-versions, quotas, trust-principals\n"},
		{"document", "", "error: missing value for --document: pass a value, or leave the flag out\n"},
		{"profile", "", "error: missing value for --profile: pass a value, or leave the flag out\n"},
		{"kubeconfig", "", "error: missing value for --kubeconfig: pass a value, or leave the flag out\n"},
		{"kubeconfig-context", "", "error: missing value for --kubeconfig-context: pass a value, or leave the flag out\n"},
		{"mfa-code", "", "error: missing value for --mfa-code: pass a value, or leave the flag out\n"},
		{"mfa-serial", "", "error: missing value for --mfa-serial: pass a value, or leave the flag out\n"},
		{"role-arn", "", "error: missing value for --role-arn: pass a value, or leave the flag out\n"},
		{"role-arn", "arn:aws:iam::123456789012:user/x", "error: invalid value for --role-arn: want the ARN of a role, such as arn:aws:iam::123456789012:role/name\n"},
		{"role-session-name", "", "error: missing value for --role-session-name: pass a value, or leave the flag out\n"},
		{"external-id", "", "error: missing value for --external-id: pass a value, or leave the flag out\n"},
		{"output-file", "", "error: missing value for --output-file: pass a value, or leave the flag out\n"},
		{"timeout", "soon", "error: invalid value for --timeout: want a duration such as 45m or 2h\n"},
		{"timeout", "-1m", "error: invalid value for --timeout: want a duration of more than zero, such as 45m or 2h\n"},
		{"duration", "1", "error: invalid value for --duration: want a duration such as 45m or 2h, did you mean \"1m\" or \"1h\"?\n"},
		{"timeout", "5min", "error: invalid value for --timeout: want a duration such as 45m or 2h, did you mean \"5m\"?\n"},
		{"timeout", "3600", "error: invalid value for --timeout: want a duration such as 45m or 2h, did you mean \"3600s\"?\n"},
		{"timeout", "2 hours", "error: invalid value for --timeout: want a duration such as 45m or 2h, did you mean \"2h\"?\n"},
		{"timeout", "1week", "error: invalid value for --timeout: want a duration such as 45m or 2h, did you mean \"168h\"?\n"},
		{"duration", "0s", "error: invalid value for --duration: want a duration of more than zero, such as 45m or 2h\n"},
		{"min-ttl", "-5m", "error: invalid value for --min-ttl: want a duration of more than zero, such as 45m or 2h\n"},
		{"verify", "x", "error: invalid value for --verify: want true or false; no value means true\n"},
		{"v", "high", "error: invalid value for -v: want a number\n"},
	} {
		commands := 0
		check := func(words []string) {
			commands++
			_, stderr, code := run(t, nil, strings.NewReader(""), append(words, "--"+test.flag+"="+test.value)...)
			if message, hint, _ := strings.Cut(stderr, "capaboot: hint: "); code != exitUsage || message != "capaboot: "+test.want || hint == "" {
				t.Errorf("%v --%s=%s: exit code %d, stderr %q, want %q", words, test.flag, test.value, code, stderr, test.want)
			}
		}
		forEachCommandWith(test.flag, check)
		if commands == 0 { // a global flag
			check([]string{"version"})
		}
	}
}

// A warning about a flag that is given more than once shows no value that may
// be a secret.
func TestRepeatedFlagsShowNoSecret(t *testing.T) {
	secret := strings.Repeat("Ab3/", 10)
	_, stderr, code := run(t, nil, nil, "version", "-o", secret, "-o", "short")
	if code != exitDone || strings.Contains(stderr, secret) || !strings.HasPrefix(stderr, `capaboot: warning: -o "(40 characters, not shown`) {
		t.Errorf("a possible secret: exit code %d, %s", code, stderr)
	}
	for _, flag := range []string{"--mfa-code", "--external-id"} {
		_, stderr, _ := run(t, nil, nil, "bootstrap", "credentials", "encode-as-profile", flag, "FALSESECRET", flag+"=x", "--role-arn", "x")
		if strings.Contains(stderr, "FALSESECRET") || !strings.Contains(stderr, "capaboot: warning: a value of "+flag+" is ignored") {
			t.Errorf("%s: %s", flag, stderr)
		}
	}
}
