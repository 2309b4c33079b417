// Package conform checks in tests that the -o json output of a command follows
// its schema in docs/schemas. Only tests import it.
package conform

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemas has the schemas of each command. Of the rows of a command, the first one
// applies whose flag or argument (the field with) is present or empty.
var schemas = []struct{ command, with, schema string }{
	{"version", "--licenses", "licenses"}, {"version", "", "version"},
	{"encode-as-profile", "", "credentials-encode"}, {"inspect", "", "credentials-inspect"}, {"list-profiles", "", "credentials-list-profiles"},
	{"print-config", "", "awsiamconfiguration"}, {"print-cloudformation-template", "", "cloudformation-template"},
	{"print-operator-policy", "", "operator-policy"},
	{"plan-cloudformation-stack", "", "stack-plan"}, {"plan", "", "stack-plan"},
	{"create-cloudformation-stack", "", "stack-deploy"}, {"update-cloudformation-stack", "", "stack-deploy"}, {"deploy", "", "stack-deploy"},
	{"check", "", "stack-check"},
	{"verify-cloudformation-stack", "", "stack-verify"}, {"verify", "", "stack-verify"},
	{"delete-cloudformation-stack", "", "stack-delete"}, {"delete", "", "stack-delete"},
	{"print-credentials", "", "controller-credentials"},
	{"rollout-controller", "", "controller-rollout"}, {"status", "", "controller-status"}, {"update-credentials", "", "controller-change"}, {"zero-credentials", "", "controller-change"},
	{"review", "--list-rules", "policy-rules"}, {"review", "", "policy-review"}, {"diff", "", "policy-diff"}, {"simulate", "", "policy-simulate"},
	{"use-pod-identity", "", "controller-move"}, {"use-irsa", "", "controller-move"},
	{"trust", "", "policy-trust"}, {"print-identity", "", "credentials-identity"},
	{"explain", "-", "policy-denials"}, {"explain", "--denied", "policy-denials"}, {"explain", "", "policy-explain"},
}

// Schema returns the name of the schema for the output of a run, or "" for a
// run that does not print JSON. It returns an error if the command has no
// schema. args are the arguments of the program.
func Schema(args []string) (name string, err error) {
	format := ""
	for i, arg := range args {
		value, attached := strings.CutPrefix(arg, "--output=")
		short, isShort := strings.CutPrefix(arg, "-o")
		switch {
		case arg == "--" || arg == "--help" || arg == "-h" || arg == "help":
			return "", nil
		case (arg == "-o" || arg == "--output") && i+1 < len(args):
			format = args[i+1]
		case attached:
			format = value
		case isShort && !strings.HasPrefix(arg, "--"):
			format = strings.TrimPrefix(short, "=")
		}
	}
	if format != "json" {
		return "", nil
	}
	for _, arg := range args {
		for _, row := range schemas {
			if row.command != arg {
				continue
			}
			if row.with == "" || slices.ContainsFunc(args, func(arg string) bool { return arg == row.with || strings.HasPrefix(arg, row.with+"=") }) {
				return row.schema, nil
			}
		}
	}
	return "", fmt.Errorf("no schema for %q: see internal/conform", args)
}

var compiledSchemas sync.Map // functions that return the schema or an error, by name

// Folder returns the directory of the schemas.
func Folder() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "docs", "schemas")
}

// Check returns why a text does not follow a schema, or nil. The schema is
// given by its name without the extension, or by its path relative to [Folder],
// which ends in .json.
func Check(schema, text string) error {
	once, _ := compiledSchemas.LoadOrStore(schema, sync.OnceValues(func() (*jsonschema.Schema, error) {
		compiler := jsonschema.NewCompiler()
		compiler.AssertFormat()
		compiler.AssertContent()
		file := schema
		if filepath.Ext(file) != ".json" {
			file += ".schema.json"
		}
		return compiler.Compile(filepath.Join(Folder(), file))
	}))
	s, err := once.(func() (*jsonschema.Schema, error))()
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(value)
}

// CheckRun checks the output of a run if it is JSON. args are the arguments of the
// program.
func CheckRun(t testing.TB, args []string, stdout string) {
	t.Helper()
	schema, err := Schema(args)
	if err == nil && schema != "" && stdout != "" {
		err = Check(schema, stdout)
	}
	if err != nil && stdout != "" {
		t.Errorf("%q: %v in\n%s", args, err, stdout)
	}
}

// Read checks a text against a schema, and parses it.
func Read(t testing.TB, schema, text string, into any) {
	t.Helper()
	if err := Check(schema, text); err != nil {
		t.Errorf("%s: %v in\n%s", schema, err, text)
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
}
