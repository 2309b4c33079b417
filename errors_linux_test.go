// Tests docs/errors.md, which has the most likely errors with the real output of
// the program. go test . -run TestErrorsPage -update rewrites the page.

package main

import (
	"encoding/base64"
	"errors"
	"flag"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"capaboot/internal/cfndouble"
	"capaboot/internal/race"
)

var update = flag.Bool("update", false, "rewrite docs/errors.md")

// errorCase is one error of the page.
type errorCase struct {
	when           string            // the heading, a clause after "When"
	files          map[string]string // by path in the folder of the command; ~/ is the home folder
	variables      []string          // environment variables
	command        string
	prepareAccount func(*cfndouble.Double) // prepares the account; nil for a command that sends no request to AWS
	showStdout     bool                    // show stdout too
	hideFiles      bool                    // do not show the files, which are long or contain keys
}

const (
	fakeKeys        = "aws_access_key_id = AKIAFALSEKEYEXAMPLE0\naws_secret_access_key = FALSESECRETOFTHETESTFALSESECRETOFTHETEST\n"
	oneRoleTemplate = `{Resources: {AWSIAMRoleNodes: {Type: AWS::IAM::Role, Properties: {RoleName: nodes.cluster-api-provider-aws.sigs.k8s.io, AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: []}}}}}`
)

func configFile(spec string) map[string]string {
	return map[string]string{"iam.yaml": configurationHeader + spec}
}

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// errorSections are the sections of the page with their errors, the most likely
// first.
var errorSections = []struct {
	title string
	cases []errorCase
}{
	{"Credentials", []errorCase{
		{when: "no source has credentials", command: "capaboot bootstrap credentials encode-as-profile"},
		{when: "the profile does not exist", hideFiles: true, files: map[string]string{"~/.aws/credentials": "[prod]\n" + fakeKeys + "[staging]\n" + fakeKeys},
			command: "capaboot bootstrap credentials encode-as-profile --profile prd"},
		{when: "the region is an availability zone", hideFiles: true, files: map[string]string{"~/.aws/credentials": "[default]\n" + fakeKeys},
			command: "capaboot bootstrap credentials encode-as-profile --region eu-west-1a"},
		{when: "the keys of the profile have expired", hideFiles: true,
			files:   map[string]string{"~/.aws/credentials": "[default]\naws_access_key_id = ASIAFALSEKEYEXAMPLE0\naws_secret_access_key = FALSESECRETOFTHETESTFALSESECRETOFTHETEST\naws_session_token = FALSETOKEN\nx_security_token_expires = 2026-01-31T08:00:00Z\nregion = eu-west-1\n"},
			command: "capaboot bootstrap credentials encode-as-profile"},
		{when: "temporary keys lack their session token", variables: []string{"AWS_ACCESS_KEY_ID=ASIAFALSEKEYEXAMPLE0", "AWS_SECRET_ACCESS_KEY=FALSESECRETOFTHETESTFALSESECRETOFTHETEST", "AWS_REGION=eu-west-1"},
			command: "capaboot bootstrap credentials encode-as-profile"},
		{when: "one half of a key pair is missing", variables: []string{"AWS_ACCESS_KEY_ID=AKIAFALSEKEYEXAMPLE0", "AWS_REGION=eu-west-1"}, command: "capaboot bootstrap credentials encode-as-profile"},
		{when: "the role of a profile needs an MFA code, in a script",
			files:   map[string]string{"~/.aws/config": "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = keys\nmfa_serial = arn:aws:iam::123456789012:mfa/ann\nregion = eu-west-1\n", "~/.aws/credentials": "[keys]\n" + fakeKeys},
			command: "capaboot bootstrap credentials encode-as-profile --profile dev", hideFiles: true},
		{when: "you have not signed in with SSO", hideFiles: true,
			files:   map[string]string{"~/.aws/config": "[profile dev]\nsso_session = acme\nsso_account_id = 123456789012\nsso_role_name = Admin\nregion = eu-west-1\n[sso-session acme]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\n"},
			command: "capaboot bootstrap credentials encode-as-profile --profile dev"},
		{when: "the value has a variable that was not replaced", variables: []string{"AWS_B64ENCODED_CREDENTIALS=${AWS_B64ENCODED_CREDENTIALS}"}, command: "capaboot bootstrap credentials inspect", showStdout: true},
		{when: "the credentials were encoded twice", variables: []string{"AWS_B64ENCODED_CREDENTIALS=" + base64Of(base64Of("[default]\n"+fakeKeys+"region = eu-west-1\n"))}, command: "capaboot bootstrap credentials inspect", showStdout: true},
	}},
	{"The configuration", []errorCase{
		{when: "a field is misspelt", files: configFile("spec:\n  node:\n    disable: true\n"), command: "capaboot bootstrap iam plan --config iam.yaml --offline"},
		{when: "a value is not allowed", files: configFile("spec:\n  secureSecretBackends: [ssm]\n"), command: "capaboot bootstrap iam print-cloudformation-template --config iam.yaml"},
		{when: "a value has the wrong type", files: configFile("spec:\n  eks:\n    disable: \"no\"\n"), command: "capaboot bootstrap iam print-cloudformation-template --config iam.yaml"},
		{when: "the file is not valid YAML", files: configFile("spec:\n\tnamePrefix: acme-\n"), command: "capaboot bootstrap iam print-cloudformation-template --config iam.yaml"},
		{when: "apiVersion and kind are missing", files: map[string]string{"iam.yaml": "spec:\n  namePrefix: acme-\n"}, command: "capaboot bootstrap iam print-cloudformation-template --config iam.yaml"},
		{when: "a key appears twice", files: configFile("spec:\n  namePrefix: acme-\n  namePrefix: corp-\n"), command: "capaboot bootstrap iam print-cloudformation-template --config iam.yaml"},
		{when: "the file does not exist", command: "capaboot bootstrap iam print-cloudformation-template --config iam.yml", files: configFile("spec: {}\n"), hideFiles: true},
	}},
	{"The command line", []errorCase{
		{when: "a command is misspelt", command: "capaboot bootstrap iam print-template"},
		{when: "a flag is misspelt", command: "capaboot policy review --fail-one high"},
		{when: "the release of CAPA does not exist", command: "capaboot policy explain ec2:RunInstances --capa-version v2.99"},
		{when: "a release has no \"release:\" before it", command: "capaboot policy diff v2.8.4 v2.11.1"},
		{when: "an action is misspelt", command: "capaboot policy explain ec2:RunInstance"},
		{when: "the request has no principal", command: "capaboot policy simulate --action ec2:RunInstances"},
		{when: "a file is not a valid policy", files: map[string]string{"policy.json": "{\"Version\": \"2012-10-17\", \"Statement\": [}\n"}, command: "capaboot policy review policy.json"},
	}},
	{"The stack", []errorCase{
		{when: "you lack a permission", prepareAccount: func(d *cfndouble.Double) {
			d.Break(cfndouble.Fault{Operation: "DescribeStacks", Kind: cfndouble.Refused, Status: 403, Code: "AccessDenied",
				Message: "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: cloudformation:DescribeStacks on resource: arn:aws:cloudformation:eu-west-1:123456789012:stack/" + stackName + "/* because no identity-based policy allows the cloudformation:DescribeStacks action"})
		}, command: "capaboot bootstrap iam plan"},
		{when: "a name is already used outside the stack", prepareAccount: func(d *cfndouble.Double) {
			d.EarlyValidation = true
			d.AddResource("AWS::IAM::Role", "nodes.cluster-api-provider-aws.sigs.k8s.io")
		}, command: "capaboot bootstrap iam deploy --yes"},
		{when: "a service control policy forbids a resource", prepareAccount: func(d *cfndouble.Double) {
			d.Fail(cfndouble.PhaseCreate, "AWSIAMManagedPolicyControllers", "Resource handler returned message: \"User: arn:aws:iam::123456789012:user/ann is not authorized to perform: iam:CreatePolicy on resource: policy controllers.cluster-api-provider-aws.sigs.k8s.io with an explicit deny in a service control policy (Service: Iam, Status Code: 403)\"")
		}, command: "capaboot bootstrap iam deploy --yes"},
		{when: "another operation is changing the stack", prepareAccount: func(d *cfndouble.Double) {
			d.Put(stackName, "UPDATE_IN_PROGRESS", oneRoleTemplate, nil)
		}, command: "capaboot bootstrap iam deploy --yes --timeout 1s"},
		{when: "deleting needs a confirmation, in a script", prepareAccount: func(d *cfndouble.Double) {
			d.Put(stackName, "CREATE_COMPLETE", oneRoleTemplate, nil)
		}, command: "capaboot bootstrap iam delete"},
		{when: "the stack is protected against deletion", prepareAccount: func(d *cfndouble.Double) {
			d.Put(stackName, "CREATE_COMPLETE", oneRoleTemplate, nil)
			d.SetProtection(stackName, true)
		}, command: "capaboot bootstrap iam delete --yes"},
		{when: "the keys are not valid", prepareAccount: func(d *cfndouble.Double) {
			d.Break(cfndouble.Fault{Kind: cfndouble.Refused, Status: 403, Code: "InvalidClientTokenId", Message: "The security token included in the request is invalid."})
		}, command: "capaboot bootstrap iam plan"},
	}},
}

func TestErrorsPage(t *testing.T) {
	race.Skip(t, "each command is another process")
	t.Parallel()
	var page strings.Builder
	page.WriteString(`# Most common errors

For everyone who got an error: what causes it, and what to do. Every error says what failed, where and why. A line with
"hint:" says what to do next. A test runs each command on this page and compares its output.

`)
	for _, part := range errorSections {
		page.WriteString("## " + part.title + "\n\n")
		for _, c := range part.cases {
			page.WriteString(c.markdown(t))
		}
	}
	got := strings.TrimSuffix(page.String(), "\n")
	const path = "docs/errors.md"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs from what the program prints (go test . -run TestErrorsPage -update rewrites it):\n%s", path, firstDifference(string(want), got))
	}
}

// markdown runs the command of an error, and returns its section of the page.
func (c errorCase) markdown(t *testing.T) string {
	t.Helper()
	home, folder := t.TempDir(), t.TempDir()
	var section strings.Builder
	section.WriteString("### When " + c.when + "\n\n")
	for path, text := range c.files {
		full := filepath.Join(folder, path)
		if rest, ok := strings.CutPrefix(path, "~/"); ok {
			full = filepath.Join(home, rest)
		}
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environment := append([]string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true", "HTTPS_PROXY=http://127.0.0.1:9", "GOCOVERDIR=" + os.Getenv("GOCOVERDIR"),
	}, c.variables...)
	if c.prepareAccount != nil {
		double := cfndouble.New()
		double.Duration, double.ChangeSetTime = 0, 0
		c.prepareAccount(double)
		server := httptest.NewServer(double)
		defer server.Close()
		environment = append(environment, "AWS_ENDPOINT_URL="+server.URL, "AWS_REGION="+double.Region, "AWS_ACCESS_KEY_ID=AKIAFALSEKEYEXAMPLE0", "AWS_SECRET_ACCESS_KEY=FALSESECRETOFTHETESTFALSESECRETOFTHETEST")
	}
	words := strings.Fields(c.command)
	command := exec.CommandContext(t.Context(), words[0], words[1:]...)
	command.Dir, command.Env = folder, environment
	var stderr strings.Builder
	command.Stderr = &stderr
	if c.showStdout {
		command.Stdout = &stderr
	}
	err := command.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Errorf("%s: %v, want an exit code other than 0", c.command, err)
	}
	text := strings.NewReplacer(home, "/home/ann", " (at the endpoint of AWS_ENDPOINT_URL)", "").Replace(stderr.String())
	shown := c.errorLines(text)
	if strings.Contains(text, "FALSESECRET") || strings.Contains(shown, "127.0.0.1") || strings.Contains(shown, folder) {
		t.Errorf("%s prints a secret, or an address or path of this machine:\n%s", c.command, text)
	}
	section.WriteString("```console\n")
	if !c.hideFiles {
		for path, text := range c.files {
			section.WriteString("$ cat " + path + "\n" + text)
		}
	}
	section.WriteString("$ " + c.command + "\n" + shown + "```\n\n")
	return section.String()
}

// errorLines returns the output from the error on, without the plan and the
// progress before the error. If showStdout is set, it returns the whole output.
func (c errorCase) errorLines(text string) string {
	if c.showStdout {
		return text
	}
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		if strings.Contains(line, ": error: ") || strings.Contains(line, ": not confirmed") {
			if i > 0 {
				return "...\n" + strings.Join(lines[i:], "")
			}
			break
		}
	}
	return text
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range g {
		if i >= len(w) || w[i] != g[i] {
			wantLine := "(the end)"
			if i < len(w) {
				wantLine = w[i]
			}
			return "- " + wantLine + "\n+ " + g[i]
		}
	}
	return "- " + strings.Join(w[len(g):], "\n- ")
}
