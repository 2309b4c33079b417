// Tests of interrupted commands, of building only the named commands, and of
// whole command lines.

package commandline

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// Interruptible returns when its context ends, even if the action ignores that.
func TestInterruptible(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	app := &cli.App{Action: Interruptible(func(*cli.Context) error { cancel(); select {} })}
	if err := app.RunContext(ctx, []string{"x"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	want := errors.New("done")
	app.Action = Interruptible(func(*cli.Context) error { return want })
	if err := app.RunContext(t.Context(), []string{"x"}); err != want {
		t.Error(err)
	}
}

// buildPicked returns testApp with only the command that the first word names,
// or with all its commands if there is no such command.
func buildPicked(words ...string) *cli.App {
	app := testApp()
	var makers []Maker
	for _, command := range app.Commands {
		makers = append(makers, Maker{command.Name, func([]string) *cli.Command { return command }})
	}
	app.Commands = Pick(words, makers)
	return app
}

func TestPick(t *testing.T) {
	for _, test := range []struct {
		words string
		want  int
	}{{"version", 1}, {"bootstrap iam", 1}, {"", 3}, {"plan", 3}, {"-v 3 version", 3}, {"policy -- x", 3}} {
		if app := buildPicked(firstWords(append([]string{"capaboot"}, strings.Fields(test.words)...))...); len(app.Commands) != test.want {
			t.Errorf("%s: %d commands, want %d", test.words, len(app.Commands), test.want)
		}
	}
}

func TestRun(t *testing.T) {
	for _, test := range []struct {
		name, args, err, hint string
		warnings              int
	}{
		{"done", "version", "", "", 0},
		{"a flag twice", "version -o json -o yaml", "", "", 1},
		{"an unknown command", "verison", `unknown command "verison" for "capaboot"; allowed: bootstrap, policy, version, which`, `did you mean "capaboot version"?`, 0},
		{"a command of a group", "plan", `unknown command "plan" for "capaboot"; allowed: bootstrap, policy, version, which`, `did you mean "capaboot bootstrap iam plan"?`, 0},
		{"a synonym of a command", "rollout", `unknown command "rollout" for "capaboot"; allowed: bootstrap, policy, version, which`, `did you mean "capaboot bootstrap iam deploy"?`, 0},
		{"a command of another tool", "ami", `"ami" is a command of clusterawsadm, not of capaboot`, "get that", 0},
		{"an unknown word", "xyzzyxyzzy", `unknown command "xyzzyxyzzy" for "capaboot"; allowed: bootstrap, policy, version, which`, "to list the commands: capaboot --help", 0},
		{"an invalid value of a switch", "bootstrap iam deploy --yes=x", "invalid value for --yes: want true or false; no value means true", "", 0},
		{"help", "help", "", "", 0},
		{"help of a command", "help bootstrap iam plan", "", "", 0},
		{"help of a command, after a flag", "-v 3 help plan", "", "", 0},
		{"help of a command, after a flag with an attached value", "-v3 help plan", "", "", 0},
		{"help of a command, after two flags", "-v 3 help -v 3 plan", "", "", 0},
		{"help of a command, before a flag", "help plan -v=3", "", "", 0},
		{"help of a command, with a flag of another value", "-v 3 help -v high plan", "invalid value for -v: want a number", "", 1},
		{"help, with a flag without its value", "help plan -v", "missing value for -v: want a value", "to print the version: capaboot --version", 0},
		{"help of a command, with a flag of the command", "help bootstrap iam plan -v 3", "", "", 0},
		{"help after a command and a flag", "bootstrap -v 3 iam plan help", "", "", 0},
		{"help in a group", "bootstrap help iam", "", "", 0},
		{"help of an unknown command", "help bootstrp", `unknown command "bootstrp" for "capaboot"; allowed: bootstrap, policy, version, which`, `did you mean "capaboot bootstrap --help"?`, 0},
		{"help of a command of a group", "help plan", "", "", 0},
		{"help of a command, named by its alias", "help iam plan-it", "", "", 0},
		{"help of a command in another group", "policy help plan", "", "", 0},
		{"help of a misspelled command of a group", "help dpeloy", `unknown command "dpeloy" for "capaboot"; allowed: bootstrap, policy, version, which`, `did you mean "capaboot bootstrap iam deploy --help"?`, 0},
		{"a flag for help after a command of a group", "plan -h", `unknown command "plan" for "capaboot"; allowed: bootstrap, policy, version, which`, `did you mean "capaboot bootstrap iam plan --help"?`, 0},
		{"the version as a flag", "--version", "", "", 0},
		{"help of help", "help help", "", "", 0},
		{"help after a command", "bootstrap iam plan help", "", "", 0},
		{"help after a command, with a flag", "bootstrap iam plan -v 3 help -v 3", "", "", 0},
		{"help after a command, with another argument", "version help x", `unexpected argument "help": capaboot version takes no arguments`, `did you mean "--help"?`, 0},
		{"help, misspelled", "helpp", `unknown command "helpp" for "capaboot"; allowed: bootstrap, policy, version, which`, `did you mean "capaboot --help"?`, 0},
		{"a whole command in quotes", "capaboot·bootstrap·iam", `unknown command "capaboot bootstrap iam" for "capaboot"`, "write the words without quotes: capaboot bootstrap iam", 0},
		{"another dash", "version —output json", `argument "—output" for "capaboot version" begins with a dash that is not a hyphen`, `flags begin with hyphens: did you mean "--output"?`, 0},
		{"another dash and a letter", "version –o=x", `argument "–o" for "capaboot version" begins with a dash that is not a hyphen`, `flags begin with hyphens: did you mean "-o"?`, 0},
		{"a synonym of a flag", "bootstrap iam plan --where x", `unknown flag "--where" for "capaboot bootstrap iam plan", did you mean "--region"?`, "to list the flags: capaboot bootstrap iam plan --help", 0},
		{"an argument of a command, named by its alias", "bootstrap iam plan x", `unexpected argument "x": capaboot bootstrap iam plan takes no arguments`, "if the argument is a profile, write --profile x; to list the flags: capaboot bootstrap iam plan --help", 0},
		{"an argument of a command, named in full", "bootstrap iam plan-it x", `unexpected argument "x": capaboot bootstrap iam plan-it takes no arguments`, "if the argument is a profile, write --profile x; to list the flags: capaboot bootstrap iam plan-it --help", 0},
		{"help, with an argument", "version x --help", "", "", 0},
		{"a synonym of a flag of another command", "version --where x", `unknown flag "--where" for "capaboot version"`, "to list the flags: capaboot version --help", 0},
		{"a flag with one dash", "version -output json", `unknown flag "-output" for "capaboot version", did you mean "--output"?`, "to list the flags: capaboot version --help", 0},
		{"the version with one dash", "-version", "", "", 0},
		{"a flag without dashes", "version output=json", `unexpected argument "output=json": capaboot version takes no arguments`, `did you mean "--output"?`, 0},
		{"a value without its flag", "version JSON", `unexpected argument "JSON": capaboot version takes no arguments`, `did you mean "--output json"?`, 0},
		{"the version, misspelled", "--versio", `unknown flag "--versio" for "capaboot", did you mean "--version"?`, "to list the flags: capaboot --help", 0},
		{"the version as -V", "-V", `unknown flag "-V" for "capaboot", did you mean "--version"?`, "", 0},
		{"the version of a command", "version -V", `unknown flag "-V" for "capaboot version"`, "to list the flags: capaboot version --help", 0},
		{"the log level without a value", "-v", "missing value for -v: want a value", "to print the version: capaboot --version", 0},
		{"an unknown flag", "version --outptu=json", `unknown flag "--outptu" for "capaboot version", did you mean "--output"?`, "to list the flags: capaboot version --help", 0},
		{"a missing value", "version -o", "missing value for -o; allowed: text, json, yaml", "", 0},
		{"an empty value", "bootstrap iam plan --region=", "missing value for --region: pass a value, or leave the flag out", "", 0},
		{"an empty value of a flag that takes one", "bootstrap iam plan --zone=", "", "", 1},
		{"another value", "version -o xml", `invalid value "xml" for --output; allowed: text, json, yaml`, "", 0},
		{"an unexpected argument", "version x", `unexpected argument "x": capaboot version takes no arguments`, "to list the flags: capaboot version --help", 0},
		{"a value without a space", "version --outputJSON", `unknown flag "--output..." for "capaboot version"`, "put a space or = between --output and its value", 0},
		{"a secret without a space", "version --outputwJalrFALSESECRET/K7M", `unknown flag "--output..." for "capaboot version"`, "put a space or = between --output and its value", 0},
		{"a value of the wrong type", "version -v high", "invalid value for -v: want a number", "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			warnings := 0
			_, err := Run(t.Context(), buildPicked, append([]string{"capaboot"}, strings.Split(strings.ReplaceAll(strings.Join(strings.Fields(test.args), "\n"), "·", " "), "\n")...),
				func([]byte) error { return nil }, func(string) { warnings++ })
			if test.err == "" && err != nil || test.err != "" && (err == nil || err.Error() != test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if usageError, ok := errors.AsType[*Error](err); ok != (err != nil) || ok && usageError.Hint() != test.hint {
				t.Errorf("got %#v, want the hint %q", err, test.hint)
			}
			if warnings != test.warnings {
				t.Errorf("%d warnings, want %d", warnings, test.warnings)
			}
		})
	}
}

// Run returns the error from writing help.
func TestHelpThatCannotBeWritten(t *testing.T) {
	full := errors.New("full")
	_, err := Run(t.Context(), buildPicked, []string{"capaboot", "version", "--help"}, func([]byte) error { return full }, func(string) {})
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}
