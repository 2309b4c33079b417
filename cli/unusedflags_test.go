// Tests of flags that have no effect on a run.

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnusedFlags checks that a flag without effect causes a warning, that a flag
// with an effect does not, and that an invalid value is an error in both cases.
func TestUnusedFlags(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	document := file("a.json", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/k"}]}`)
	other := file("b.json", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/k"}]}`)
	config := file("iam.yaml", "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\nspec: {}\n")
	template := file("t.yaml", "Parameters: {Bucket: {Type: String}}\nResources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Version: \"2012-10-17\"\n        Statement: [{Effect: Allow, Action: \"s3:GetObject\", Resource: !Ref Bucket}]\n")
	const provider = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E"
	for _, test := range []struct {
		args   string
		code   int
		unused string // the flags of the warning, "" for none
		text   string // part of stderr
	}{
		{"policy diff A.file B.file", 0, "", ""},
		{"policy diff A.file B.file --capa-version 2.9 --config C.file --raised-quotas --region eu-west-1 --profile p", 0, "--config, --capa-version, --raised-quotas, --profile and --region have", ""},
		{"policy diff A.file B.file --exit-code --capa-version 2.9", exitUnexpected, "--capa-version has", ""},
		{"policy diff A.file B.file --config MISSING", exitUsage, "", "loading configuration: MISSING: no such file"},
		{"policy diff A.file B.file --config -", 0, "--config has", ""},
		{"policy review --list-rules --config MISSING", exitUsage, "", "loading configuration: MISSING: no such file"},
		{"policy review --list-rules --config .", exitUsage, "", "loading configuration: .: want a file, got a directory"},
		{"policy diff A.file B.file --capa-version INVALID", exitUsage, "", `invalid value for --capa-version: "INVALID"`},
		{"policy diff A.file B.file --region e_", exitUsage, "", "want the name of a region"},
		{"policy diff A.file B.file --mfa-code 12", exitUsage, "", "invalid value for --mfa-code"},
		{"policy diff release:v2.8 release:v2.9 --config C.file --raised-quotas", 0, "", ""},
		{"policy diff release:v2.8 release:v2.9 --capa-version 2.9", 0, "--capa-version has", ""},
		{"policy diff A.file --capa-version 2.9 --config C.file --raised-quotas", 0, "", ""},
		{"policy diff A.file C.file --capa-version 2.9 --raised-quotas", 0, "", ""},
		{"policy diff A.file C.file --config C.file", 0, "--config has", ""},
		{"policy review A.file --capa-version 2.9 --raised-quotas", 0, "", ""},
		{"policy review release:v2.9 --capa-version 2.13", 0, "--capa-version has", ""},
		{"policy review release:v2.9 A.file --capa-version 2.13", 0, "", ""},
		{"policy review C.file --capa-version 2.13", 0, "", ""},
		{"policy review A.file --config C.file", 0, "--config has", ""},
		{"policy review --config C.file --capa-version 2.9 --raised-quotas", 0, "", ""},
		{"policy review --region eu-west-1", 0, "--region has", ""},
		{"policy review --list-rules --rule exposure", 0, "", ""},
		{"policy review --list-rules --config C.file --severity low --fail-on low", 0, "--fail-on and --severity have", "--config has no effect"},
		{"policy review --list-rules --severity lo", exitUsage, "", "--severity"},
		{"policy review --list-rules A.file B.file", 0, "", "--list-rules reviews nothing, and does not read "},
		{"policy explain ec2:RunInstances --policy A.file --capa-version 2.9", 0, "", ""},
		{"policy explain ec2:RunInstances --policy A.file --config C.file", 0, "--config has", ""},
		{"policy simulate --policy A.file --action s3:GetObject --config C.file --capa-version 2.9", 0, "--config and --capa-version have", ""},
		{"policy simulate --policy A.file --action s3:GetObject --parameter Bucket=x", exitUsage, "", `no template has the parameter "Bucket"`},
		{"policy simulate --policy A.file --action s3:GetObject --parameter AWS::AccountId=123456789012", 0, "", ""},
		{"policy simulate --policy T.file --action s3:GetObject --parameter Bucket=*", 0, "", ""},
		{"policy simulate --role nodes --action s3:GetObject --config C.file --capa-version 2.9", 0, "", ""},
		{"policy trust irsa --oidc-provider " + provider + " --region eu-west-1", 0, "--region has", ""},
		{"bootstrap iam plan --offline --region eu-west-1 --tag a=b", 0, "", ""},
		{"bootstrap iam plan --offline --profile p --import-existing --role-arn arn:aws:iam::123456789012:role/r", 0, "--role-arn and --import-existing have", ""},
		{"bootstrap iam print-operator-policy --account 123456789012 --region eu-west-1", 0, "", ""},
		{"bootstrap iam print-operator-policy --account 123456789012 --mfa-code 123456", 0, "--mfa-code has", ""},
	} {
		t.Run(test.args, func(t *testing.T) {
			args := strings.Fields(strings.NewReplacer("A.file", document, "B.file", other, "C.file", config, "T.file", template).Replace(test.args))
			_, stderr, code := run(t, map[string]string{}, nil, args...)
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if got := strings.Contains(stderr, " no effect with these arguments"); got != (test.unused != "" || strings.Contains(test.text, "no effect")) {
				t.Errorf("warns: %t\n%s", got, stderr)
			}
			if test.unused != "" && !strings.Contains(stderr, "capaboot: warning: "+test.unused+" no effect with these arguments\n") {
				t.Errorf("no warning of %s in\n%s", test.unused, stderr)
			}
			if !strings.Contains(stderr, test.text) {
				t.Errorf("no %q in\n%s", test.text, stderr)
			}
		})
	}
}
