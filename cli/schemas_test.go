// Tests the schemas of docs/schemas: they name every field that there is, and "policy diff" follows its own.

package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestSchemasNameEveryField(t *testing.T) {
	for name, value := range map[string]any{"policy-review": reviewed{}, "policy-diff": comparison{}} {
		text, err := os.ReadFile("../docs/schemas/" + name + ".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		var decoded any
		if err := json.Unmarshal(text, &decoded); err != nil {
			t.Fatal(err)
		}
		described, written := map[string]bool{}, map[string]bool{}
		propertyNames(decoded, described)
		fieldNames(reflect.TypeOf(value), written)
		if name == "policy-review" { // counts is a map
			for _, word := range []string{"critical", "high", "medium", "low", "info"} {
				written[word] = true
			}
		}
		for field := range written {
			if !described[field] {
				t.Errorf("%s has no field %s", name, field)
			}
		}
		for field := range described {
			if !written[field] {
				t.Errorf("%s describes %s, which nothing writes", name, field)
			}
		}
	}
}

// propertyNames collects the names under "properties" of a schema.
func propertyNames(schema any, names map[string]bool) {
	switch schema := schema.(type) {
	case []any:
		for _, part := range schema {
			propertyNames(part, names)
		}
	case map[string]any:
		for key, part := range schema {
			if properties, ok := part.(map[string]any); ok && key == "properties" {
				for name, property := range properties {
					names[name] = true
					propertyNames(property, names)
				}
				continue
			}
			propertyNames(part, names)
		}
	}
}

// fieldNames collects the names that a type's fields have in JSON.
func fieldNames(of reflect.Type, names map[string]bool) {
	switch of.Kind() {
	case reflect.Slice, reflect.Pointer:
		fieldNames(of.Elem(), names)
	case reflect.Struct:
		for i := range of.NumField() {
			field := of.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if !field.IsExported() || name == "-" {
				continue
			}
			if name != "" {
				names[name] = true
			}
			fieldNames(field.Type, names)
		}
	}
}

func TestDiffFollowsItsSchema(t *testing.T) {
	compiled := schema(t, "../docs/schemas/policy-diff.schema.json")
	elsewhere := filepath.Join(t.TempDir(), "other.yaml")
	if err := os.WriteFile(elsewhere, []byte(otherTemplate), 0o600); err != nil {
		t.Fatal(err)
	}
	template := "testdata/review/template.yaml"
	for _, sides := range [][]string{{"release:v2.0.0", "release:v2.11.1"}, {template, template}, {template, elsewhere}, {elsewhere, template}, {template, "release:v2.11.1"}} {
		var out, talk bytes.Buffer
		code := Run(t.Context(), Process{Args: slices.Concat([]string{"capaboot", "policy", "diff", "-o", "json"}, sides), Stdout: &out, Stderr: &talk})
		if code != exitDone {
			t.Fatalf("%v: exit code %d, %s", sides, code, talk.String())
		}
		validate(t, strings.Join(sides, " "), compiled, out.String())
	}
}

// otherTemplate is the one of the review with changes of every kind.
const otherTemplate = `Resources:
  Uploader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: renamed
      PermissionsBoundary: arn:aws:iam::123456789012:policy/boundary
      AssumeRolePolicyDocument:
        Statement: {Effect: Allow, NotPrincipal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}
      Policies:
        - PolicyName: other
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Effect: Deny, NotAction: "s3:Get*", NotResource: "arn:aws:s3:::logs/*"}
              - {Effect: Allow, Action: "s3:*", Resource: "*", Condition: {StringEquals: {"aws:RequestedRegion": [a, b]}}}
`
