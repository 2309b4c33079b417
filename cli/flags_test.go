// Tests of flags that say themselves what is wrong with their value, in every
// command that has them, and of those that may have a secret.

package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// commandsWith calls do for every command that has a flag, with the words that
// name it.
func commandsWith(flag string, do func(words []string)) {
	var visit func(words []string, commands []*cli.Command)
	visit = func(words []string, commands []*cli.Command) {
		for _, command := range commands {
			words := append(slices.Clone(words), command.Name)
			if len(command.Subcommands) == 0 && hasFlag(command, flag) {
				do(words)
			}
			visit(words, command.Subcommands)
		}
	}
	visit(nil, (&runner{}).app("capaboot").Commands)
}

func hasFlag(command *cli.Command, name string) bool {
	return slices.ContainsFunc(command.Flags, func(flag cli.Flag) bool { return slices.Contains(flag.Names(), name) })
}

func TestWrongValues(t *testing.T) {
	for _, test := range []struct {
		flag, value, want string
		commands          int
	}{
		{"config", "", "error: --config is empty: give it a value, or leave it out\n", 13},
		{"capa-version", "", "error: --capa-version is empty: give it a value, or leave it out\n", 13},
		{"account", "", "error: --account is empty: give it a value, or leave it out\n", 3},
		{"account", "12", "error: invalid account \"12\": want 12 digits\n", 3},
		{"for", "upgrade", "error: --for: unknown command \"upgrade\", allowed: plan, check, deploy, verify, delete\n", 1},
		{"skip", "nothing", "error: --skip: unknown check \"nothing\", allowed: identity, stack, names, attached-policies, replacements, permissions, policy-versions, quotas, trust-principals\n", 1},
		{"document", "", "error: --document is empty: give it a value, or leave it out\n", 1},
		{"profile", "", "error: --profile is empty: give it a value, or leave it out\n", 12},
		{"mfa-code", "", "error: --mfa-code is empty: give it a value, or leave it out\n", 12},
		{"mfa-serial", "", "error: --mfa-serial is empty: give it a value, or leave it out\n", 2},
		{"role-arn", "", "error: --role-arn is empty: give it a value, or leave it out\n", 8},
		{"role-arn", "arn:aws:iam::123456789012:user/x", "error: --role-arn is not the ARN of a role, such as arn:aws:iam::123456789012:role/name\n", 8},
		{"role-session-name", "", "error: --role-session-name is empty: give it a value, or leave it out\n", 3},
		{"external-id", "", "error: --external-id is empty: give it a value, or leave it out\n", 4},
		{"output-file", "", "error: --output-file is empty: give it a value, or leave it out\n", 1},
		{"timeout", "soon", "error: invalid value for --timeout: want a duration such as 45m or 2h\n", 7},
		{"timeout", "-1m", "error: invalid value for --timeout: want a duration of more than zero, such as 45m or 2h\n", 7},
		{"duration", "1", "error: invalid value for --duration: want a duration such as 45m or 2h: write the unit too, 1m or 1h\n", 3},
		{"timeout", "5min", "error: invalid value for --timeout: want a duration such as 45m or 2h, did you mean \"5m\"?\n", 7},
		{"timeout", "3600", "error: invalid value for --timeout: want a duration such as 45m or 2h, did you mean \"3600s\"?\n", 7},
		{"timeout", "2 hours", "error: invalid value for --timeout: want a duration such as 45m or 2h, did you mean \"2h\"?\n", 7},
		{"timeout", "1week", "error: invalid value for --timeout: want a duration such as 45m or 2h, did you mean \"168h\"?\n", 7},
		{"duration", "0s", "error: invalid value for --duration: want a duration of more than zero, such as 45m or 2h\n", 3},
		{"min-ttl", "-5m", "error: invalid value for --min-ttl: want a duration of more than zero, such as 45m or 2h\n", 2},
		{"verify", "x", "error: invalid value for --verify: want true or false, or no value, which is true\n", 4},
		{"v", "high", "error: invalid value for -v: want a number\n", 0},
	} {
		commands := 0
		check := func(words []string) {
			commands++
			_, stderr, code := run(t, nil, strings.NewReader(""), append(words, "--"+test.flag+"="+test.value)...)
			if code != exitUsage || stderr != "capaboot: "+test.want {
				t.Errorf("%v --%s=%s: exit code %d, stderr %q, want %q", words, test.flag, test.value, code, stderr, test.want)
			}
		}
		commandsWith(test.flag, check)
		if commands != test.commands {
			t.Errorf("%d commands have --%s, want %d", commands, test.flag, test.commands)
		}
		if commands == 0 { // it is one that all have
			check([]string{"version"})
		}
	}
}

// The values of flags that are given more than once may be secrets.
func TestRepeatedFlagsShowNoSecret(t *testing.T) {
	secret := strings.Repeat("Ab3/", 10)
	_, stderr, code := run(t, nil, nil, "version", "-o", secret, "-o", "short")
	if code != exitDone || strings.Contains(stderr, secret) || !strings.HasPrefix(stderr, `capaboot: warning: -o "(40 characters, not shown`) {
		t.Errorf("what may be a secret: exit code %d, %s", code, stderr)
	}
	for _, flag := range []string{"--mfa-code", "--external-id"} {
		_, stderr, _ := run(t, nil, nil, "bootstrap", "credentials", "encode-as-profile", flag, "FALSESECRET", flag+"=x", "--role-arn", "x")
		if strings.Contains(stderr, "FALSESECRET") || !strings.Contains(stderr, "capaboot: warning: a value of "+flag+" is ignored") {
			t.Errorf("%s: %s", flag, stderr)
		}
	}
}
