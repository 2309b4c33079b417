// Tests that package early and package cli write the same output.

package early_test

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"capaboot/cli"
	"capaboot/credentials"
	"capaboot/iam"
	"capaboot/internal/buildinfo"
	"capaboot/internal/early"
	"capaboot/internal/render"
	"capaboot/policies/catalog"
)

const (
	keyID       = "AKIAIOSFODNN7EXAMPLE"
	temporaryID = "ASIAIOSFODNN7EXAMPLE"
	secret      = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	token       = "IQoJb3JpZ2luX2VjEXAMPLEtoken0123456789abcdefghijklmnopqrstuvwxyz/+FALSE=="
)

var (
	encodeArgs   = []string{"/usr/bin/capaboot", "bootstrap", "credentials", "encode-as-profile"}
	templateArgs = []string{"capaboot", "bootstrap", "iam", "print-cloudformation-template"}
)

// commands are the commands that run early.
var commands = []func([]string, early.Lookup) (early.Output, bool){early.Version, early.Encode, early.Template}

var update = flag.Bool("update", false, "rewrite template.generated.yaml")

// keys returns variables with long-lived keys and a region. Each change is
// NAME=VALUE.
func keys(changes ...string) map[string]string {
	all := map[string]string{"AWS_ACCESS_KEY_ID": keyID, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "eu-west-1"}
	for _, change := range changes {
		name, value, _ := strings.Cut(change, "=")
		all[name] = value
	}
	return all
}

func TestEarlyOutput(t *testing.T) {
	temporaryKeys := []string{"AWS_ACCESS_KEY_ID=" + temporaryID, "AWS_SESSION_TOKEN=" + token}
	for name, test := range map[string]struct {
		args      []string
		variables map[string]string
		early     bool
	}{
		"long-lived keys":             {encodeArgs, keys(), true},
		"temporary keys":              {encodeArgs, keys(temporaryKeys...), true},
		"the second region variable":  {encodeArgs, keys("AWS_REGION=", "AWS_DEFAULT_REGION=us-gov-west-1"), true},
		"the third region variable":   {encodeArgs, keys("AWS_REGION=", "DEFAULT_AWS_REGION=cn-north-1"), true},
		"clusterawsadm":               {append([]string{"clusterawsadm"}, encodeArgs[1:]...), keys(), true},
		"unrelated variables":         {encodeArgs, keys("AWS_PAGER=less", "HOME=/nowhere", "GITHUB_ACTION=x"), true},
		"a plugin":                    {append([]string{"kubectl-capa"}, encodeArgs[1:]...), keys(), false},
		"a flag":                      {append(slices.Clone(encodeArgs), "-o", "rawSharedConfig"), keys(), false},
		"help":                        {append(slices.Clone(encodeArgs), "--help"), keys(), false},
		"no region":                   {encodeArgs, keys("AWS_REGION="), false},
		"an unknown region":           {encodeArgs, keys("AWS_REGION=eu-west-9"), false},
		"a profile too":               {encodeArgs, keys("AWS_PROFILE=dev"), false},
		"GitHub Actions":              {encodeArgs, keys("GITHUB_ACTIONS=true"), false},
		"half of a pair":              {encodeArgs, keys("AWS_SECRET_ACCESS_KEY="), false},
		"swapped keys":                {encodeArgs, keys("AWS_ACCESS_KEY_ID="+secret, "AWS_SECRET_ACCESS_KEY="+keyID), false},
		"a short secret":              {encodeArgs, keys("AWS_SECRET_ACCESS_KEY=short"), true},
		"a placeholder":               {encodeArgs, keys("AWS_SECRET_ACCESS_KEY=" + strings.Repeat("x", 40)), true},
		"temporary keys, no token":    {encodeArgs, keys("AWS_ACCESS_KEY_ID=" + temporaryID), false},
		"long-lived keys, token":      {encodeArgs, keys("AWS_SESSION_TOKEN=" + token), true},
		"a token with its name":       {encodeArgs, keys("AWS_ACCESS_KEY_ID="+temporaryID, "AWS_SESSION_TOKEN=SessionToken"+token), true},
		"expired":                     {encodeArgs, keys(append(temporaryKeys, "AWS_CREDENTIAL_EXPIRATION=2001-01-01T00:00:00Z")...), false},
		"expired, of another tool":    {encodeArgs, keys(append(temporaryKeys, "AWSUME_EXPIRATION=2001-01-01T00:00:00")...), false},
		"the default template":        {templateArgs, nil, true},
		"a configuration":             {append(slices.Clone(templateArgs), "--config", "../../testdata/configurations/everything.yaml"), nil, false},
		"another release":             {templateArgs, map[string]string{"CAPABOOT_CAPA_VERSION": "v2.9.1"}, false},
		"a template as JSON":          {append(slices.Clone(templateArgs), "-o", "json"), nil, false},
		"version of an unknown build": {[]string{"capaboot", "version"}, nil, false},
		"nothing":                     {[]string{"capaboot"}, nil, false},
		"no name":                     {nil, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			if ran := compare(t, test.args, test.variables); ran != test.early {
				t.Errorf("it runs early: %v, want %v", ran, test.early)
			}
		})
	}
}

// TestDefaultTemplate compares the embedded template with the generated one; -update
// rewrites the file.
func TestDefaultTemplate(t *testing.T) {
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	template, err := iam.Generate(iam.Default(), catalogue, catalogue.Newest())
	if err != nil {
		t.Fatal(err)
	}
	want, err := render.YAML(template.Tree())
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("template.generated.yaml", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, _ := early.Template(templateArgs, func(string) (string, bool) { return "", false })
	if got.Stdout != string(want) {
		t.Error("template.generated.yaml is not the default template: run make generate")
	}
}

// compare runs a command line with package cli and, if possible, with package
// early, and fails if the outputs differ. ran is true if package early ran it.
func compare(t *testing.T, args []string, variables map[string]string) (ran bool) {
	t.Helper()
	lookup := func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
	for _, run := range commands {
		got, ok := run(args, lookup)
		if !ok {
			continue
		}
		if ran {
			t.Fatal("two commands run early")
		}
		ran = true
		var stdout, stderr bytes.Buffer
		code := cli.Run(t.Context(), cli.Process{
			Args: args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
			Environment: credentials.Environment{Lookup: lookup}, Build: buildinfo.Linked(),
		})
		if want := (early.Output{Stdout: stdout.String(), Stderr: stderr.String()}); code != 0 || got != want {
			t.Errorf("early: %q\ncli, exit code %d: %q", got, code, want)
		}
	}
	return ran
}

// TestVariables checks that an early run reads every variable that package cli
// reads for a command line that can run early.
func TestVariables(t *testing.T) {
	for _, args := range [][]string{encodeArgs, templateArgs} {
		for _, variables := range []map[string]string{
			keys(), keys("AWS_REGION=", "DEFAULT_AWS_REGION=eu-west-1"), keys("AWS_ACCESS_KEY_ID="+temporaryID, "AWS_SESSION_TOKEN="+token),
		} {
			var byCLI, early []string
			record := func(names *[]string) func(string) (string, bool) {
				return func(name string) (string, bool) {
					*names = append(*names, name)
					value, ok := variables[name]
					return value, ok
				}
			}
			code := cli.Run(t.Context(), cli.Process{
				Args: args, Stdin: strings.NewReader(""), Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer),
				Environment: credentials.Environment{Lookup: record(&byCLI)},
			})
			if code != 0 || len(byCLI) == 0 {
				t.Fatalf("%s: exit code %d, reads %d variables", args, code, len(byCLI))
			}
			for _, run := range commands {
				run(args, record(&early))
			}
			for _, name := range byCLI {
				if !slices.Contains(early, name) {
					t.Errorf("%s: package cli reads %s, an early run does not", args, name)
				}
			}
		}
	}
}

// FuzzEncode checks that package cli writes the same output, warnings included, for
// all values that are encoded early.
func FuzzEncode(f *testing.F) {
	f.Add(keyID, secret, "", "eu-west-1")
	f.Add(temporaryID, secret, token, "us-east-1")
	f.Add(temporaryID, secret, "sessionTOKEN"+token, "us-east-1")
	f.Add("AKIA"+strings.Repeat("A", 28), strings.Repeat("xX0", 13)+"x", "", "us-east-1")
	f.Fuzz(func(t *testing.T, id, secret, token, region string) {
		compare(t, encodeArgs, map[string]string{"AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token, "AWS_REGION": region})
	})
}
