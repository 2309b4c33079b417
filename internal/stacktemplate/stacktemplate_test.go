// Tests of parsing templates, including syntax that only JSON or only YAML has.

package stacktemplate

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, path := range map[string]any{
		`{"Resources": {"A": {"Type": "AWS::IAM::Role", "Properties": {"Path": "/a/"}}}}`:                   "/a/",
		"{\n\t\"Resources\": {\"A\": {\"Type\": \"AWS::IAM::Role\", \"Properties\": {\"Path\": \"/a/\"}}}}": "/a/",
		`{"Resources": {"A": {"Type": "AWS::IAM::Role", "Properties": {"Path": "\/\ud83d\ude00"}}}}`:        "/😀",
		`{"Resources": {"A": {"Type": "AWS::IAM::Role", "Properties": {"Path": "1", "Path": "2"}}}}`:        "2",
		"Resources:\n  A:\n    Type: AWS::IAM::Role\n    Properties:\n      Path: /a/\n":                    "/a/",
		"Resources: {A: {Type: AWS::IAM::Role, Properties: {Path: !Sub '/${A}/'}}}":                         map[string]any{"Fn::Sub": "/${A}/"},
		"Resources: {A: {Type: AWS::IAM::Role, Properties: {Path: !Ref B}}}":                                map[string]any{"Ref": "B"},
		"Resources: {A: {Type: AWS::IAM::Role, Properties: {Path: !GetAtt B.Arn.X}}}":                       map[string]any{"Fn::GetAtt": []any{"B", "Arn.X"}},
		"Resources: {A: {Type: AWS::IAM::Role, Properties: {Path: !Join ['', [a, !Ref B]]}}}":               map[string]any{"Fn::Join": []any{"", []any{"a", map[string]any{"Ref": "B"}}}},
		"Resources: {A: {Type: AWS::IAM::Role, Properties: {Path: 2012-10-17}}}":                            "2012-10-17",
		"Resources:\n  A:\n    Type: AWS::IAM::Role\n":                                                      nil,
	} {
		parsed, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		one := parsed.Values()["A"]
		if diff := cmp.Diff(path, one.Properties["Path"]); diff != "" || one.Type != "AWS::IAM::Role" {
			t.Errorf("%s: %+v, %s", text, one, diff)
		}
	}
	for _, text := range []string{"", "{", "a: b", "[]", "null", `{"Resources": {}}`, `{"Resources": {"A": 1}}`, `{"Resources": {}} {}`} {
		if parsed, err := Parse(text); err == nil || !strings.HasPrefix(err.Error(), "reading the template: ") {
			t.Errorf("%q is read as %+v, %v", text, parsed, err)
		}
	}
}

// TestString checks that a template keeps its values when it is written.
func TestString(t *testing.T) {
	t.Parallel()
	const text = `{"Resources": {"A": {"Type": "T", "Properties": {"Texts": ["yes", "1", "null", "2012-10-17", "a: b", "\u0007", "\ud83d\ude00", ""], "Numbers": [1, -2.5, 1e3, 12345678901234567890], "Others": [true, null, {}, []]}}}}`
	before, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	Set(before.Resources["A"], "DeletionPolicy", "Retain")
	Set(Mapping(before.Resources["A"], "Metadata"), "Key", "true")
	written, err := before.String()
	if err != nil {
		t.Fatal(err)
	}
	after, err := Parse(written)
	if err != nil {
		t.Fatalf("%v in:\n%s", err, written)
	}
	if diff := cmp.Diff(before.Values(), after.Values()); diff != "" {
		t.Errorf("-before +after:\n%s\n%s", diff, written)
	}
	if a := after.Resources["A"]; Text(a, "DeletionPolicy") != "Retain" || Text(Value(a, "Metadata"), "Key") != "true" {
		t.Errorf("the edits are lost:\n%s", written)
	}
}
