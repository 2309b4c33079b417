// Tests that output never contains hidden or misleading characters from text
// that others may have written: documents, templates, configurations, messages
// of CloudFormation, profiles and file names.

package cli

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"capaboot/internal/cfndouble"
	"capaboot/internal/escape"
	"capaboot/internal/escape/escapetest"
	"capaboot/internal/race"
)

// hiddenCharacters has a hidden character of every kind that XML allows, and text that
// Markdown turns into markup, links and mentions.
const hiddenCharacters = "x\u202e\u2066\u200f\u061c\u200b\u3164\ufeff\u009b\U000e0001\ufe0f</details>@team #1 GH-2 https://x.example www.x.example [y](z) |`q`"

// hiddenAndControlCharacters also has C0 controls, which JSON and YAML can have
// as escapes.
const hiddenAndControlCharacters = hiddenCharacters + "\x00\x1b[31m\x7f\r\n\t# b"

// checkOutput fails the test when the output has a hidden character, cannot be
// parsed in its format, or does not contain want as a value.
func checkOutput(t *testing.T, name, format, text, want string) {
	t.Helper()
	if text == "" {
		t.Errorf("%s prints nothing", name)
	}
	if !utf8.ValidString(text) {
		t.Errorf("%s is not UTF-8: %q", name, text)
	}
	for _, r := range text {
		if r != '\n' && escape.Hidden(r) {
			t.Errorf("%s has %U: %q", name, r, text)
			break
		}
	}
	var value any
	switch format {
	case "json", "sarif":
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	case "yaml":
		if err := yaml.Load([]byte(text), &value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	case "markdown":
		escapetest.CheckMarkdown(t, text)
		for _, magic := range []string{"#1", "GH-2", "[y]"} {
			if strings.Contains(strings.Join(escapetest.WithoutCode(text), ""), magic) {
				t.Errorf("%s has %q: %s", name, magic, text)
			}
		}
		return
	default:
		return
	}
	if want != "" && !hasString(value, want) {
		t.Errorf("%s has no value with %q:\n%s", name, want, text)
	}
}

// hasString reports whether a key or string in a decoded value contains the
// text.
func hasString(value any, text string) bool {
	switch v := value.(type) {
	case string:
		return strings.Contains(v, text)
	case []any:
		for _, item := range v {
			if hasString(item, text) {
				return true
			}
		}
	case map[string]any:
		for key, item := range v {
			if strings.Contains(key, text) || hasString(item, text) {
				return true
			}
		}
	}
	return false
}

// checkTalk fails the test when stderr has a hidden character, or a line that
// does not begin with the program's name.
func checkTalk(t *testing.T, name, stderr string) {
	t.Helper()
	if stderr != "" {
		checkOutput(t, name+": stderr", "text", stderr, "")
	}
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "capaboot: ") {
			t.Errorf("%s: a line on stderr does not begin with the program's name: %q", name, line)
		}
	}
}

func quoteJSON(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}

func TestHostileDocuments(t *testing.T) {
	race.Skip(t, "one goroutine works at a time")
	h := quoteJSON(hiddenAndControlCharacters)
	statement := `{"Sid": ` + h + `, "Effect": "Allow", "Action": ["iam:PassRole", "iam:*", "ec2:RunInstances", ` + h + `], "Resource": ["*", ` + h + `],
		"Condition": {"StringLike": {` + h + `: [` + h + `]}}}`
	document := `{"Version": "2012-10-17", "Statement": [` + statement + `]}`
	trust := `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ` + h + `}}]}`
	template := `{"Resources": {` + h + `: {"Type": "AWS::IAM::Role", "Properties": {"RoleName": ` + h + `, "AssumeRolePolicyDocument": ` + trust + `,
		"ManagedPolicyArns": [` + h + `], "PermissionsBoundary": ` + h + `, "Policies": [{"PolicyName": ` + h + `, "PolicyDocument": ` + document + `}]}},
		"Other": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": ` + h + `, "PolicyDocument": ` + trust + `}}}}`
	folder := t.TempDir()
	path := map[string]string{}
	for name, text := range map[string]string{"a.json": document, "b.json": template, hiddenCharacters[:strings.IndexByte(hiddenCharacters, '<')] + ".json": document} {
		path[name] = filepath.Join(folder, name)
		if err := os.WriteFile(path[name], []byte(text), 0o600); err != nil {
			t.Skipf("the file system does not accept the name: %v", err)
		}
	}
	all := []string{"text", "json", "markdown"}
	for _, test := range []struct {
		formats  []string
		args     []string
		isQuoted bool // the JSON output contains the hostile text
	}{
		{append(all, "sarif"), []string{"policy", "review", path["a.json"]}, true},
		{append(all, "sarif"), []string{"policy", "review", path["b.json"]}, true},
		{append(all, "sarif"), []string{"policy", "review", folder}, true},
		{all, []string{"policy", "diff", path["a.json"], path["b.json"]}, true},
		{all, []string{"policy", "diff", "release:v2.8.4", folder}, true},
		{all[:2], []string{"policy", "explain", "iam:PassRole", "--policy", path["b.json"]}, true},
		{all[:2], []string{"policy", "explain", "iam", "--policy", folder}, true},
		{all[:2], []string{"policy", "simulate", "--policy", path["a.json"], "--action", "iam:PassRole", "--resource", "arn:aws:iam::123456789012:role/" + hiddenCharacters}, false},
		{all[:2], []string{"policy", "simulate", "--policy", path["b.json"], "--role", hiddenAndControlCharacters, "--action", "iam:PassRole"}, false},
	} {
		for _, format := range test.formats {
			stdout, stderr, code := run(t, nil, nil, append(test.args, "-o", format)...)
			if code != 0 {
				t.Errorf("%q: exit code %d: %s", test.args, code, stderr)
				continue
			}
			want := ""
			if test.isQuoted {
				want = hiddenAndControlCharacters
			}
			checkOutput(t, strings.Join(test.args[:2], " ")+" -o "+format, format, stdout, want)
			checkTalk(t, strings.Join(test.args[:2], " "), stderr)
		}
	}
}

// Errors quote arguments, and escape their hidden characters.
func TestHostileArguments(t *testing.T) {
	bad := "\xff\xfe" + hiddenAndControlCharacters
	for _, args := range [][]string{
		{bad}, {"policy", bad}, {"version", "-o", bad}, {"version", "--" + bad}, {"policy", "review", bad}, {"policy", "explain", bad}, {"policy", "diff", bad, bad},
		{"policy", "simulate", "--policy", bad, "--action", bad}, {"policy", "simulate", "--role", bad, "--action", "iam:PassRole"},
		{"bootstrap", "iam", "print-config", "--config", bad}, {"bootstrap", "iam", "plan", "--offline", "--tag", bad}, {"bootstrap", "iam", "print-policy", "--document", bad},
		{"bootstrap", "credentials", "encode-as-profile", "--profile", bad}, {"bootstrap", "credentials", "inspect", bad},
	} {
		stdout, stderr, code := run(t, nil, nil, args...)
		if code == 0 || stdout != "" || stderr == "" {
			t.Errorf("%q: exit code %d, stdout %q", args, code, stdout)
		}
		checkTalk(t, strings.Join(args, " "), stderr)
	}
}

// Loading a configuration rejects most hidden characters. It accepts the hidden
// characters that IAM allows: C1 controls in statements, and separators and
// fillers in tags.
func TestHostileConfiguration(t *testing.T) {
	c := newCloud(t)
	const want = "x\u0085\u009b\u00a0\u00ad</details>@team #1 GH-2 https://x.example [y](z) |`q`"
	config := c.config(t, `  stackTags: {"a\u3164\u2028b": "c\u3164\u2029@team"}
  nodes:
    tags: {"a\u3164\u2028b": "c\u3164\u2029@team"}
    extraStatements:
    - {Sid: a, Effect: Allow, Action: ['s3:GetObject'], Resource: ["arn:aws:s3:::x\u0085\u009b\u00a0\u00ad"], Condition: {StringEquals: {aws:PrincipalOrgID: "`+strings.NewReplacer("\u0085", `\u0085`, "\u009b", `\u009b`).Replace(want)+`"}}}
`)
	for _, test := range []struct {
		format string
		args   []string
	}{
		{"yaml", []string{"print-config"}}, {"json", []string{"print-config"}},
		{"yaml", []string{"print-cloudformation-template"}}, {"json", []string{"print-cloudformation-template"}},
		{"text", []string{"plan", "--offline"}}, {"json", []string{"plan", "--offline"}}, {"markdown", []string{"plan", "--offline"}},
	} {
		stdout, stderr, code := run(t, nil, nil, append(append([]string{"bootstrap", "iam"}, test.args...), config, "-o", test.format)...)
		if code != 0 {
			t.Errorf("%s: exit code %d: %s", test.args[0], code, stderr)
			continue
		}
		checkOutput(t, test.args[0]+" -o "+test.format, test.format, stdout, want)
		if test.args[0] != "print-config" && test.format == "json" {
			checkOutput(t, test.args[0], test.format, stdout, "c\u3164\u2029@team")
		}
		checkTalk(t, test.args[0], stderr)
	}
}

// Hostile text in the deployed stack, and in the messages of CloudFormation,
// must reach no output unescaped.
func TestHostileStack(t *testing.T) {
	t.Parallel()
	h := quoteJSON(hiddenCharacters)
	template := `{"Resources": {` + h + `: {"Type": "AWS::IAM::Role", "Properties": {"RoleName": ` + h + `, "Path": ` + h + `, "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Sid": ` + h + `, "Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"AWS": [` + h + `]}}]}}}}}`
	c := newCloud(t)
	c.Put(stackName, "UPDATE_COMPLETE", template, nil)
	for _, format := range []string{"text", "json", "markdown"} {
		stdout, stderr := c.do(t, 0, "plan", "-o", format)
		checkOutput(t, "plan -o "+format, format, stdout, hiddenCharacters)
		checkTalk(t, "plan", stderr)
	}
	_, stderr := c.do(t, 1, "deploy") // the deployment removes a role, so it asks for confirmation
	checkTalk(t, "deploy", stderr)
	c.Fail(cfndouble.PhaseDelete, hiddenCharacters, hiddenCharacters)
	_, stderr = c.do(t, 1, "delete", "--yes")
	checkTalk(t, "a deletion that fails", stderr)
	c.Heal(hiddenCharacters)
	stdout, stderr := c.do(t, 0, "delete", "--yes", "--retain", hiddenCharacters, "-o", "json")
	checkOutput(t, "delete -o json", "json", stdout, hiddenCharacters)
	checkTalk(t, "delete", stderr)

	c.Fail(cfndouble.PhaseCreate, "AWSIAMRoleNodes", hiddenCharacters)
	_, stderr = c.do(t, 1, "deploy")
	checkTalk(t, "a creation that fails", stderr)
}

func TestHostileProfiles(t *testing.T) {
	folder := t.TempDir()
	name := "p\u202e\u2066\u200f\u200b\u3164\u0085\u009b\U000e0001\x1b[31m\x7f\xff"
	text := "[" + name + "]\naws_access_key_id = AKIAFALSEKEYEXAMPLE0\naws_secret_access_key = FALSESECRETOFTHETEST\nregion = eu-west-1\n"
	if err := os.WriteFile(filepath.Join(folder, "credentials"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	config := "[profile other\u202e]\nsource_profile = " + name + "\nrole_arn = arn:aws:iam::123456789012:role/\u202ex\nregion = eu\u202e-1\n[profile loop\u200b]\nsource_profile = loop\u200b\nrole_arn = x\n"
	if err := os.WriteFile(filepath.Join(folder, "config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	environment := map[string]string{"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(folder, "credentials"), "AWS_CONFIG_FILE": filepath.Join(folder, "config")}
	for _, test := range []struct {
		format string
		args   []string
	}{
		{"text", []string{"list-profiles"}}, {"json", []string{"list-profiles"}},
		{"json", []string{"encode-as-profile", "--profile", name}}, {"text", []string{"encode-as-profile", "--profile", name, "--min-ttl", "1h"}},
		{"text", []string{"encode-as-profile", "--profile", "other\u202e"}}, {"text", []string{"encode-as-profile", "--profile", "loop\u200b"}},
	} {
		args := append([]string{"bootstrap", "credentials"}, test.args...)
		if test.args[0] == "list-profiles" || test.format == "json" {
			args = append(args, "-o", test.format)
		}
		stdout, stderr, code := run(t, environment, nil, args...)
		if stdout != "" {
			checkOutput(t, strings.Join(test.args[:1], " "), test.format, stdout, "")
		}
		if stdout == "" && code == 0 {
			t.Errorf("%q prints nothing", args)
		}
		checkTalk(t, strings.Join(test.args[:1], " "), stderr)
	}
	blob := base64.StdEncoding.EncodeToString([]byte(text))
	for _, format := range []string{"text", "json"} {
		stdout, stderr, _ := run(t, map[string]string{"AWS_B64ENCODED_CREDENTIALS": blob}, nil, "bootstrap", "credentials", "inspect", "-o", format)
		checkOutput(t, "inspect -o "+format, format, stdout, "")
		checkTalk(t, "inspect", stderr)
	}
}

// Every line on stderr begins with the name that the program is called by.
func TestHostileProgramName(t *testing.T) {
	var out, stderr strings.Builder
	code := Run(t.Context(), Process{Args: []string{"/x/capa\u202e\x1b[31m", "nope"}, Stdout: &out, Stderr: &stderr})
	if code != exitUsage || !strings.HasPrefix(stderr.String(), `capa\u202e\u001b[31m: error: `) {
		t.Errorf("exit code %d, stderr %q", code, stderr.String())
	}
}
