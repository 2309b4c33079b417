// Tests that Schema finds the schema of a run, and that the rows match the
// files in docs/schemas.

package conform

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func TestSchemaOfRun(t *testing.T) {
	for args, want := range map[string]string{
		"version -o json": "version", "version -ojson": "version", "version -o=json --licenses": "licenses", "--output json version": "version",
		"version": "", "version -o json -o yaml": "", "version -o json --help": "", "policy diff --output=json a b": "policy-diff",
		"policy explain -o json -": "policy-denials", "policy explain -o json --denied=x": "policy-denials", "policy explain -o json s3": "policy-explain",
		"bootstrap iam deploy --detach -o json": "stack-deploy", "deploy -o json": "stack-deploy",
	} {
		if got, err := Schema(strings.Fields(args)); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", args, got, err, want)
		}
	}
	if _, err := Schema([]string{"nope", "-o", "json"}); err == nil {
		t.Error("a command without a schema")
	}
}

// TestSchemasAndRows checks that every row has a schema file, that every schema
// file has a row, and that no schema accepts everything. A schema must say that it
// is of version 1, unless its format is that of clusterawsadm or CloudFormation.
func TestSchemasAndRows(t *testing.T) {
	rows := map[string]bool{}
	for _, row := range schemas {
		rows[row.schema] = true
		if err := Check(row.schema, `{"nope": 1}`); err == nil || strings.Contains(err.Error(), "no such file") {
			t.Errorf("%s: %v", row.schema, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(Folder(), "*.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".schema.json")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !rows[name] {
			t.Errorf("no command prints what %s describes", file)
		}
		if name != "awsiamconfiguration" && name != "cloudformation-template" && !strings.Contains(string(text), "Within version 1, fields may be added") {
			t.Errorf("%s does not say its version", file)
		}
	}
}

// TestSchemasAreSelfContained: every schema can be used without the others. The
// schemas of a plan and of "policy diff" have the same $defs.
func TestSchemasAreSelfContained(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(Folder(), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	definitions := map[string]any{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, reference := range regexp.MustCompile(`"\$ref":\s*"([^"]*)"`).FindAllSubmatch(text, -1) {
			if !strings.HasPrefix(string(reference[1]), "#") {
				t.Errorf("%s refers to %s", filepath.Base(file), reference[1])
			}
		}
		var schema map[string]any
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Fatal(err)
		}
		definitions[strings.TrimSuffix(filepath.Base(file), ".schema.json")] = schema["$defs"]
	}
	if definitions["policy-diff"] == nil || !reflect.DeepEqual(definitions["policy-diff"], definitions["stack-plan"]) {
		t.Error("the $defs of policy-diff.schema.json and stack-plan.schema.json differ")
	}
}
