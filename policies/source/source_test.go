// Tests of inputs by name: which function reads them, which errors are about
// the named input, which files of a folder are read, and that a configuration
// is never read as a policy document.

package source_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/catalog"
	"capaboot/policies/source"
)

const document = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}`

// template is the generated and the deployed template in these tests.
var template = map[string]any{"Resources": map[string]any{"R": map[string]any{"Type": "AWS::IAM::Role", "Properties": map[string]any{
	"RoleName": "r", "AssumeRolePolicyDocument": map[string]any{"Statement": map[string]any{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}}}}}

var errInjected = errors.New("injected")

// newReader accepts release versions such as "v2.8.4", and as a configuration a
// text that begins with "generate"; for "generate nothing", Configuration
// returns errInjected. Warnings and notes are appended to warnings.
func newReader(warnings *[]string) *source.Reader {
	return &source.Reader{
		Stdin: strings.NewReader(document),
		Release: func(_ context.Context, name string) (*source.Generated, error) {
			var release catalog.Release
			if release.UnmarshalText([]byte(name)) != nil {
				return nil, errInjected
			}
			return &source.Generated{Template: template, Release: release, Partition: "aws"}, nil
		},
		Configuration: func(_ string, text []byte) (*source.Generated, error) {
			switch {
			case strings.HasPrefix(string(text), "generate nothing"):
				return nil, errInjected
			case strings.HasPrefix(string(text), "generate"):
				return &source.Generated{Template: template, Partition: "aws-cn"}, nil
			}
			return nil, nil
		},
		Deployed: func(context.Context) (*source.Stack, error) {
			return &source.Stack{Template: template, Generated: source.Generated{Partition: "aws-us-gov"}}, nil
		},
		Warn: func(text string) { *warnings = append(*warnings, text) },
		Note: func(text string) {
			if warnings != nil {
				*warnings = append(*warnings, text)
			}
		},
	}
}

// writeFolder creates a folder with files, given as alternating names and
// texts.
func writeFolder(t *testing.T, files ...string) string {
	t.Helper()
	folder := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(folder, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestRead(t *testing.T) {
	folder := writeFolder(t, "d.json", document, "c.yaml", "generate", "n.yaml", "generate nothing")
	for _, test := range []struct {
		name, partition, release string
		noFile                   bool
		line                     int // of the first principal
	}{
		{name: "release:v2.8.4", partition: "aws", release: "v2.8.4", noFile: true},
		{name: "deployed", partition: "aws-us-gov", noFile: true, line: 1},
		{name: "-", line: 1},
		{name: "arn:aws:iam::aws:policy/ReadOnlyAccess", noFile: true, line: 1},
		{name: filepath.Join(folder, "d.json"), line: 1},
		{name: filepath.Join(folder, "c.yaml"), partition: "aws-cn"},
	} {
		found, err := newReader(nil).Read(t.Context(), test.name)
		if err != nil || found.Empty() {
			t.Errorf("%s: %v, %+v", test.name, err, found)
			continue
		}
		partition := ""
		if found.Generated != nil {
			partition = found.Generated.Partition
		}
		p := found.Set.Principals[0]
		if strings.HasPrefix(test.name, "arn:") && !p.Policies[0].AWS {
			t.Errorf("%s: not marked as an AWS managed policy", test.name)
		}
		if partition != test.partition || found.NoFile != test.noFile || p.Line != test.line || test.release != "" && p.Release != test.release {
			t.Errorf("%s: partition %q, no file %t, line %d, release %q, want %+v", test.name, partition, found.NoFile, p.Line, p.Release, test)
		}
	}
}

func TestReadErrors(t *testing.T) {
	folder := writeFolder(t, "bad.json", "[1]", "n.yaml", "generate nothing", "none/x.txt", "x", "mixed/bad.json", "{", "mixed/c.yaml", "generate nothing")
	for name, test := range map[string]struct {
		aboutInput bool // the error is about the named input
		want       string
	}{
		"":                                      {true, "the name of the file is empty"},
		"release:":                              {false, "injected"},
		"arn:aws:iam::aws:policy/ReadOnlyAcces": {true, "arn:aws:iam::aws:policy/ReadOnlyAcces is not among AWS's managed policies as of "},
		"arn:aws:iam::aws:policy/NoPolicyHasThisNameAtAll12345": {true, "arn:aws:iam::aws:policy/NoPolicyHasThisNameAtAll12345 is not among AWS's managed policies as of "},
		"arn:aws:iam::111122223333:policy/x":                    {true, "is a policy of an account"},
		"arn:aws:iam::111122223333:role/x":                      {true, "is not the ARN of an AWS managed policy"},
		filepath.Join(folder, "nope.json"):                      {true, "nope.json: no such file"},
		filepath.Join(folder, "bad.json"):                       {true, "bad.json:1:1: "},
		filepath.Join(folder, "n.yaml"):                         {false, "injected"},
		filepath.Join(folder, "none"):                           {true, "no policy documents in this folder"},
		filepath.Join(folder, "mixed"):                          {true, "bad.json:1:2: "},
	} {
		_, err := newReader(nil).Read(t.Context(), name)
		if aboutInput := errors.As(err, new(*source.Error)); err == nil || aboutInput != test.aboutInput || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got %v (about the named input: %t), want %+v", name, err, aboutInput, test)
		}
	}
}

func TestMissingNamesAreCorrected(t *testing.T) {
	for name, want := range map[string]string{
		"v2.8.4": "release:v2.8.4", "Release:v2.8.4": "release:v2.8.4", "relase:2.8": "release:2.8", "release=v2.8.4": "release:v2.8.4", "releases/V2.8.4": "release:v2.8.4",
		"deployd": "deployed", "deploy": "deployed", "DEPLOYED": "deployed", "stdin": "-", "main": "release:main", "ReadOnlyAccess": "arn:aws:iam::aws:policy/ReadOnlyAccess", "AmazonEBSCSIDriverPolicy": "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy", "Latest": "release:main",
		"v2.8.4..v2.11.1": "release:v2.8.4 release:v2.11.1", "release:v2.8.4...deployed": "release:v2.8.4 deployed", "main..deployed": "release:main deployed", "a..b": "", "main..feature": "",
		"iam.yaml": "", "../x": "", "a/../b": "", "release:x/v2": "", "nothing": "", "deployd.json": "",
	} {
		r := newReader(nil)
		_, err := r.Read(t.Context(), name)
		got := ""
		if missing, ok := errors.AsType[*source.MissingError](err); ok {
			got = missing.Meant
		}
		if got != want || err == nil {
			t.Errorf("%s: %q, want %q (%v)", name, got, want, err)
		}
	}
	r := newReader(nil)
	r.CommandLine = []string{"x diff", "Release:v2.8.4", "v2.9"}
	_, err := r.Read(t.Context(), "Release:v2.8.4")
	if missing, ok := errors.AsType[*source.MissingError](err); !ok || missing.Meant != "x diff release:v2.8.4 release:v2.9" {
		t.Errorf("%v", err)
	}
}

func TestReadFolder(t *testing.T) {
	folder := writeFolder(t, "a.json", document, "sub/B.YAML", document, "c.yaml", "generate", ".hidden/d.json", "{", "e.txt", "{")
	if err := os.Symlink(filepath.Join(folder, "sub"), filepath.Join(folder, "link")); err != nil {
		t.Skipf("no links here: %v", err)
	}
	var warnings []string
	found, err := newReader(&warnings).Read(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Set.Principals) != 3 || found.Generated != nil || found.NoFile {
		t.Errorf("%d principals, %+v", len(found.Set.Principals), found)
	}
	if len(warnings) != 2 || !strings.HasSuffix(warnings[0], "link: a link to a folder is not followed; if that folder has policies, name that folder too") ||
		!strings.HasSuffix(warnings[1], ": 1 file and 1 hidden folder not read, because of their names: "+filepath.Join(folder, ".hidden")+string(filepath.Separator)+", "+filepath.Join(folder, "e.txt")+"; to read such a file, pass its path instead of the folder") {
		t.Errorf("warnings %q", warnings)
	}
}

// TestFoldersWithOtherFiles: a folder can have suppression files, and files
// that are clearly no policies. They are skipped and listed. Such a file is an
// error if the user names the file itself. A file that can be a policy with a
// mistake is always an error.
func TestFoldersWithOtherFiles(t *testing.T) {
	for name, test := range map[string]struct {
		text                        string
		isSkipped, isForSuppressing bool
	}{
		"list.yaml":         {"- rule: any-resource\n  reason: r\n", true, true},
		"mapping.yaml":      {"version: 1\nsuppressions:\n- rule: any-resource\n  reason: r\n", true, true},
		"none.yaml":         {"version: 1\nsuppressions: []\n", true, true},
		"empty.yaml":        {"# none yet\n[]\n", true, true},
		"emptylist.json":    {"[\n]", true, true},
		"quoted.yaml":       {"'suppressions': []\n", true, true},
		"none.json":         {`{"version": 1, "suppressions": []}`, true, true},
		"inner.json":        {`{"Metadata": {` + "\n\"suppressions\": " + `[{"rule": "x", "reason": "y"}]}, "Resources": {"R": {"Type": "AWS::IAM::Role"}}}`, false, false},
		"inner.yaml":        {"Metadata:\n  suppressions: [{rule: x, reason: y}]\nResources: {R: {Type: 'AWS::IAM::Role'}}\n", false, false},
		"values.yaml":       {"image: {tag: 1}\nresources: {limits: {cpu: 1}}\ntolerations:\n- {effect: NoSchedule}\n", true, false},
		"package.json":      {`{"name": "x", "version": "1.0.0", "scripts": {"build": "npm run lint"}}`, true, false},
		"manifests.yaml":    {"---\napiVersion: v1\nkind: ConfigMap\n---\napiVersion: v1\nkind: Service\nspec: {}\n", true, false},
		"list.json":         {`["a", {"b": 1}]`, true, false},
		"empty.json":        {"", false, false},
		"braces.json":       {"{}", false, false},
		"text.yaml":         {"just text", false, false},
		"cut.json":          {`{"Version": "2012-`, false, false},
		"helm.yaml":         {"a: {{ .Values.x }}\nb: {{- if x }}\n", false, false},
		"statment.json":     {`{"Statment": [{"Effct": "Allow", "Actions": "s3:*"}]}`, false, false},
		"resourcs.yaml":     {"Resourcs:\n  R: {Type: 'AWS::IAM::Role'}\n", false, false},
		"nested.yaml":       {"policy: {x: [{Effect: Allow, Do: 's3:*'}]}\n", false, false},
		"string.yaml":       {`policy: "{\"Rules\": [{\"Effect\": \"Allow\"}]}"` + "\n", false, false},
		"actions.json":      {`{"permissions": ["s3:GetObject"]}`, false, false},
		"attached.yaml":     {"role: {policies: ['arn:aws:iam::aws:policy/AdministratorAccess']}\n", false, false},
		"role.yaml":         {"serviceAccount: {role: 'arn:aws:iam::111122223333:role/x'}\n", true, false},
		"many.yaml":         {strings.Repeat("a: 1\n---\n", 2000), false, false},
		"kind.yaml":         {"apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: Configuration\n", false, false},
		"withoutkind.yaml":  {"spec: {nodes: {disable: true}}\n", false, false},
		"generate.yaml":     {"generate nothing", false, false},
		"two-policies.yaml": {document + "\n---\n" + document, false, false},
	} {
		folder := writeFolder(t, "a.json", document, name, test.text)
		found, err := newReader(nil).Read(t.Context(), folder)
		if !test.isSkipped {
			if err == nil {
				t.Errorf("%s: no error", name)
			}
			continue
		}
		if err != nil || len(found.Set.Principals) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if skipped := found.Set.Skipped; len(skipped) != 1 || filepath.Base(skipped[0].File) != name || skipped[0].Suppressions != test.isForSuppressing {
			t.Errorf("%s: skipped %+v", name, skipped)
		}
		if _, err := newReader(nil).Read(t.Context(), filepath.Join(folder, name)); err == nil {
			t.Errorf("%s: no error when it is named", name)
		}
	}

	// The suppression file of the run is skipped, whatever it contains.
	folder := writeFolder(t, "a.json", document, "s.yaml", "# none\n[]\n")
	reader := newReader(nil)
	reader.Suppressions = filepath.Join(folder, ".", "s.yaml")
	if found, err := reader.Read(t.Context(), folder); err != nil || len(found.Set.Skipped) != 1 || !found.Set.Skipped[0].Suppressions {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := newReader(nil).Read(t.Context(), writeFolder(t, "values.yaml", "a: 1")); err == nil || !strings.Contains(err.Error(), "no file in this folder is a policy, template or configuration") {
		t.Errorf("a folder without policies: %v", err)
	}
}

func TestReadDocument(t *testing.T) {
	folder := writeFolder(t, "d.json", document, "c.yaml", "generate", "n.yaml", "generate nothing", "bad.json", "[1]",
		"t.json", `{"R": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": `+document+`}}}`)
	for name, want := range map[string]string{
		"c.yaml": "is not a policy document: it has roles or users", "n.yaml": "is not a policy document: it has roles or users",
		"t.json": "is a template, not a policy document", "bad.json": ":1:1: a policy document: want a mapping",
	} {
		_, err := newReader(nil).ReadDocument(t.Context(), filepath.Join(folder, name))
		if hasPrincipals := errors.As(err, new(*source.UnexpectedPrincipals)); err == nil || !strings.Contains(err.Error(), name+want) && !strings.Contains(err.Error(), name+" "+want) || hasPrincipals != strings.Contains(want, "roles or users") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	policy, err := newReader(nil).ReadDocument(t.Context(), filepath.Join(folder, "d.json"))
	if err != nil || len(policy.Document.Statements) != 1 {
		t.Errorf("got %+v, %v", policy, err)
	}
}

func TestFromText(t *testing.T) {
	empty, err := source.FromText("t", "")
	if err != nil || !empty.Empty() {
		t.Errorf("nothing is %+v, %v", empty, err)
	}
	for resource, isEmpty := range map[string]bool{"{Type: AWS::Lambda::Function, Properties: {Role: r}}": false, "{Type: AWS::SQS::Queue}": true, "{Type: AWS::SecretsManager::Secret, Properties: {SecretString: x}}": false} {
		if found, err := source.FromText("t", "Resources: {X: "+resource+"}"); err != nil || found.Empty() != isEmpty {
			t.Errorf("%s: got %+v, %v", resource, found, err)
		}
	}
	if _, err := source.FromText("t", "{"); err == nil || !strings.HasPrefix(err.Error(), "t:1:2: ") {
		t.Errorf("got %v", err)
	}
	found, err := source.FromText("t", document)
	if err != nil {
		t.Fatal(err)
	}
	all, err := source.FromText("t", `Resources:
  X: {Type: AWS::Lambda::Function, Properties: {Role: r}}
  B: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: `+document+`}}
  U: {Type: AWS::IAM::User, Properties: {PermissionsBoundary: !Ref B, LoginProfile: {Password: x}}}`)
	if err != nil {
		t.Fatal(err)
	}
	all.SetFile("x")
	if set := all.Set; set.CredentialSources[0].File != "x" || set.Unread[0].File != "x" || set.Secrets[0].File != "x" || set.Boundaries[0].File != "x" {
		t.Errorf("got %+v", set)
	}
	found.SetFile("x")
	if merged := source.Merge(found, empty); len(merged.Set.Principals) != 1 || merged.Set.Principals[0].File != "x" {
		t.Errorf("got %+v", merged.Set)
	}
}

// The policy of one input can be the permissions boundary in another input.
func TestMergeLinksBoundaries(t *testing.T) {
	read := func(resource string) *source.Found {
		found, err := source.FromText("t", "Resources: {X: "+resource+"}")
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	merged := source.Merge(read("{Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: limit, PolicyDocument: "+document+"}}"),
		read("{Type: AWS::IAM::User, Properties: {PermissionsBoundary: !Sub 'arn:aws:iam::${AWS::AccountId}:policy/limit'}}"))
	if got := merged.Set.Principals[1].BoundaryName; got != "limit" {
		t.Errorf("the boundary is %q", got)
	}
}

// Several files have the same size limit as a folder. The file that exceeds it
// is an error.
func TestSizeLimitOfCommand(t *testing.T) {
	long := strings.Replace(document, "{", "{"+strings.Repeat(" ", 3<<20), 1)
	folder := writeFolder(t, "0.json", long, "1.json", long, "2.json", long, "3.json", long, "4.json", long, "5.json", long)
	if _, err := newReader(nil).Read(t.Context(), folder); err == nil || !strings.Contains(err.Error(), "has more than 16 MiB of documents") {
		t.Errorf("a folder of 18 MiB: got %v", err)
	}
	reader := newReader(nil)
	for i := range 6 {
		_, err := reader.Read(t.Context(), filepath.Join(folder, fmt.Sprint(i, ".json")))
		if i < 5 && err != nil || i == 5 && (err == nil || !strings.Contains(err.Error(), "5.json and the files before it have more than 16 MiB")) {
			t.Errorf("file %d of 3 MiB: got %v", i, err)
		}
	}
}

// The policies of a folder are those of its documents; other files are skipped.
func TestPolicyPaths(t *testing.T) {
	folder := writeFolder(t, "p.json", document, "other.yaml", "a: 1", "s.yaml", "- rule: any-resource\n  reason: x\n")
	paths, skipped, err := newReader(nil).PolicyPaths(t.Context(), folder)
	if want := []string{filepath.Join(folder, "p.json")}; err != nil || !slices.Equal(paths, want) || len(skipped.Set.Skipped) != 2 {
		t.Errorf("got %v, %+v, %v, want %v", paths, skipped, err, want)
	}
	if paths, skipped, err := newReader(nil).PolicyPaths(t.Context(), filepath.Join(folder, "other.yaml")); err != nil || len(paths) != 1 || len(skipped.Set.Skipped) != 0 {
		t.Errorf("a file: got %v, %+v, %v", paths, skipped, err)
	}
	if _, _, err := newReader(nil).PolicyPaths(t.Context(), writeFolder(t, "other.yaml", "a: 1")); err == nil || !strings.Contains(err.Error(), "no file in this folder is a policy") {
		t.Errorf("a folder without policies: got %v", err)
	}
}

// Templates of SAM name AWS managed policies without their paths.
func TestPathsOfAWSManagedPolicies(t *testing.T) {
	const template = "Transform: AWS::Serverless-2016-10-31\nResources:\n  F: {Type: AWS::Serverless::Function, Properties: {Policies: AWSLambdaVPCAccessExecutionRole}}\n"
	file := filepath.Join(writeFolder(t, "a.yaml", template), "a.yaml")
	read, err := newReader(new([]string)).Read(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := source.FromText("a.yaml", template)
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range []*source.Found{read, text} {
		if got := found.Set.Principals[0].Attached; !slices.Contains(got, "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole") {
			t.Errorf("attached: %q", got)
		}
	}
}

// For a name of a Git revision, the hint says how to read the file.
func TestRevisionsOfGit(t *testing.T) {
	const compare = "to compare two Git revisions, write the file of the older one to a file: git show REVISION:FILE > old.yaml, and pass old.yaml and FILE"
	for _, test := range []struct {
		name  string
		words []string // the command line
		want  string
	}{
		{"HEAD:t.yaml", []string{"x diff", "HEAD:t.yaml", "t.yaml"}, "to read a file of a Git revision: git show HEAD:t.yaml | x diff - t.yaml"},
		{"HEAD~1:a/b.json", []string{"x diff", "HEAD~1:a/b.json", "HEAD:a/b.json"}, "to read a file of a Git revision, write it to a file: git show HEAD~1:a/b.json > old.yaml, and pass old.yaml"},
		{"HEAD:t.yaml", []string{"x diff", "HEAD:t.yaml", "-"}, "to read a file of a Git revision, write it to a file: git show HEAD:t.yaml > old.yaml, and pass old.yaml"},
		{"https://example.com/t.yaml", nil, "URLs are not read: download the file, and pass its name: curl --fail --output FILE https://example.com/t.yaml"},
		{"https://example.com/t.yaml?X-Amz-Signature=a&b", nil, "URLs are not read: download the file, and pass its name: curl --fail --output FILE URL"},
		{"s3://b/t.yaml", nil, "URLs are not read: download the file, and pass its name: aws s3 cp s3://b/t.yaml FILE"},
		{"HEAD:t.yaml", nil, "to read a file of a Git revision, write it to a file: git show HEAD:t.yaml > old.yaml, and pass old.yaml"},
		{"main..feature", nil, compare},
		{"v1.0.0...feature", nil, compare},
		{"C:t.yaml", nil, ""},
		{"HEAD:t", nil, ""},
		{"HEAD:$(x).yaml", nil, ""},
		{"t.yaml", nil, ""},
	} {
		r := newReader(nil)
		r.CommandLine = test.words
		_, err := r.Read(t.Context(), test.name)
		got := ""
		if hint, ok := errors.AsType[interface {
			error
			Hint() string
		}](err); ok {
			got = hint.Hint()
		}
		if err == nil || got != test.want {
			t.Errorf("%s: got %v, hint %q, want %q", test.name, err, got, test.want)
		}
	}
}
