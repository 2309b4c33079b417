// Tests of the order of flags and arguments, and of flags that are given more
// than once: the last value counts, and a warning says that the others are
// ignored. The warning does not show a value that may be a secret.

package commandline

import (
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// testApp returns an application with groups of commands, and with flags of
// every kind.
func testApp() *cli.App {
	var text, other string
	var list []string
	var flagValue bool
	command := func(name, alias string, flags ...cli.Flag) *cli.Command {
		return &cli.Command{Name: name, Aliases: []string{alias}, Flags: flags, Action: func(*cli.Context) error { return nil }}
	}
	code := SecretFlag(&text, "mfa-code", "a code")
	app := &cli.App{
		Name:  "capaboot",
		Flags: []cli.Flag{&cli.IntFlag{Name: "v"}},
		Commands: []*cli.Command{
			Group("bootstrap", "a group", "",
				Group("credentials", "another", "", command("encode-as-profile", "encode", SecretFlag(&text, "external-id", "an ID"))),
				Group("iam", "another", "",
					command("print-policy", "print", TextFlag(&text, "config", "a file"), TextFlag(&other, "document", "an ID"), FormatFlag(&other, "resource", "document")),
					command("plan-it", "plan", TextFlag(&text, "profile", "a name"), TextFlag(&other, "region", "a name"), code, &cli.StringFlag{Name: "zone"}),
					command("deploy-it", "deploy", SwitchFlag(&flagValue, "yes", "without asking", "y"), ListFlag(&list, "tag", "a tag")),
				),
			),
			Group("policy", "a group", "", command("explain", "why", ListFlag(&list, "policy", "a file"))),
			command("version", "which", FormatFlag(&text, "text", "json", "yaml")),
		},
	}
	Prepare(app, Words{Flags: map[string]string{"--region": "where"}, Commands: map[string]string{"bootstrap iam deploy": "rollout"}, OtherTool: map[string]string{"ami": "get that"}, Help: func(root *Command, words []string) []byte { return []byte(root.Name() + strings.Join(words, " ")) }})
	return app
}

func TestArrange(t *testing.T) {
	app := testApp()
	policy := []string{"bootstrap", "iam", "print-policy"}
	for _, test := range []struct {
		name string
		args []string
		want []string // without the program's name
	}{
		{"in order", append(policy, "--document", "x"), append(policy, "--document", "x")},
		{"a global flag after the command", append(policy, "-v", "3"), append([]string{"-v", "3"}, policy...)},
		{"a global flag between commands", []string{"bootstrap", "--v=3", "iam", "print-policy"}, append([]string{"--v=3"}, policy...)},
		{"a flag before its command", []string{"-o", "document", "bootstrap", "--config=x", "iam", "print-policy"}, append(policy, "-o", "document", "--config=x")},
		{"a flag after an argument", append(policy, "x", "--document", "y"), append(policy, "--document", "y", "--", "x")},
		{"a short flag with its value attached", append(policy, "-odocument"), append(policy, "-o=document")},
		{"an argument that looks like a flag", append(policy, "--", "--document"), append(policy, "--", "--document")},
		{"a value that looks like a flag", append(policy, "--document", "-o"), append(policy, "--document", "-o")},
		{"a dash as a value", append(policy, "--config", "-"), append(policy, "--config", "-")},
		{"an argument with the name of a command", append(policy, "bootstrap"), append(policy, "--", "bootstrap")},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := arrange(app, append([]string{"capaboot"}, test.args...))
			if err != nil {
				t.Fatal(err)
			}
			if want := append([]string{"capaboot"}, test.want...); !slices.Equal(got.args, want) || got.warnings != nil {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestRepeatedFlags(t *testing.T) {
	app := testApp()
	const counts = " is given more than once, and the last one counts"
	for _, test := range []struct {
		name string
		args string
		want string // without the program's name
		says []string
	}{
		{"another value", "bootstrap iam plan --region eu-west-1 --region=eu-north-1", "bootstrap iam plan --region=eu-north-1",
			[]string{`--region "eu-west-1" is ignored: --region` + counts}},
		{"three values", "bootstrap iam plan --region a --region b --region c", "bootstrap iam plan --region c",
			[]string{`--region "a" is ignored: --region` + counts, `--region "b" is ignored: --region` + counts}},
		{"the same value", "bootstrap iam plan --region a --region=a", "bootstrap iam plan --region=a", nil},
		{"the last value, and another one", "bootstrap iam plan --region a --region b --region a", "bootstrap iam plan --region a",
			[]string{`--region "b" is ignored: --region` + counts}},
		{"two names of one flag", "version -ojson --output yaml", "version --output yaml", []string{`-o "json" is ignored: --output` + counts}},
		{"a flag before its command", "--region a bootstrap iam plan --region b", "bootstrap iam plan --region b",
			[]string{`--region "a" is ignored: --region` + counts}},
		{"a global flag", "-v 1 version -v=2", "-v=2 version", []string{`-v "1" is ignored: -v` + counts}},
		{"a switch", "bootstrap iam deploy --yes -y=false", "bootstrap iam deploy -y=false", []string{"--yes is ignored: --yes" + counts}},
		{"a switch, off and on", "bootstrap iam deploy --yes=false --yes", "bootstrap iam deploy --yes", []string{`--yes "false" is ignored: --yes` + counts}},
		{"a switch twice", "bootstrap iam deploy --yes -y --yes=true", "bootstrap iam deploy --yes=true", nil},
		{"a list", "bootstrap iam deploy --tag a=b --tag c=d", "bootstrap iam deploy --tag a=b --tag c=d", nil},
		{"a list in the policy commands", "policy explain --policy a --policy b x", "policy explain --policy a --policy b -- x", nil},
		{"different flags", "bootstrap iam plan --region a --profile b", "bootstrap iam plan --region a --profile b", nil},
		{"an empty value, then a value", "bootstrap iam plan --region= --region a", "bootstrap iam plan --region a", []string{`--region "" is ignored: --region` + counts}},
		{"a code", "bootstrap iam plan --mfa-code 123456 --mfa-code 654321", "bootstrap iam plan --mfa-code 654321",
			[]string{"a value of --mfa-code is ignored: --mfa-code" + counts}},
		{"an external ID", "bootstrap credentials encode-as-profile --external-id=x --external-id y", "bootstrap credentials encode-as-profile --external-id y",
			[]string{"a value of --external-id is ignored: --external-id" + counts}},
		{"after --", "version -o json -- -o yaml", "version -o json -- -o yaml", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := arrange(app, append([]string{"capaboot"}, strings.Fields(test.args)...))
			if err != nil {
				t.Fatal(err)
			}
			if want := append([]string{"capaboot"}, strings.Fields(test.want)...); !slices.Equal(got.args, want) {
				t.Errorf("got %q, want %q", got.args, want)
			}
			if !slices.Equal(got.warnings, test.says) {
				t.Errorf("ignored %q, want %q", got.warnings, test.says)
			}
		})
	}
}
