// Tests of what identifies a part that is not read.

package document

import (
	"strings"
	"testing"
)

// A part that is not read changes with each definition that it refers to: here,
// with the bucket's name and with the template of the nested stack.
func TestUnreadPartChangesWithItsReferences(t *testing.T) {
	const template = `
Parameters: {P: {Type: String, Default: a}}
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: NAME}}
  Nested: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: URL}}
  Part: {Type: Custom::Grant, Properties: {Value: REFERENCE}}
`
	content := func(reference, name, url string) string {
		t.Helper()
		set, err := ReadSet("t.yaml", []byte(strings.NewReplacer("REFERENCE", reference, "NAME", name, "URL", url).Replace(template)))
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range set.Unread {
			if u.LogicalID == "Part" {
				return u.Content
			}
		}
		t.Fatal("the part is not in Unread")
		return ""
	}
	for reference, depends := range map[string][2]bool{
		"!Ref Bucket":                         {true, false},
		"!GetAtt Bucket.Arn":                  {true, false},
		`{"Fn::GetAtt": [Bucket, Arn]}`:       {true, false},
		`!Sub "${Bucket.Arn}/*"`:              {true, false},
		"!GetAtt Nested.Outputs.Role":         {false, true},
		`!Sub "${Nested.Outputs.Role}"`:       {false, true},
		`!Join ["", [!GetAtt Bucket.Arn, x]]`: {true, false},
		"!Ref P":                              {false, false},
	} {
		before := content(reference, "a", "https://example.com/a")
		if got := content(reference, "b", "https://example.com/a") != before; got != depends[0] {
			t.Errorf("%s: the name of the bucket changes the content: %t", reference, got)
		}
		if got := content(reference, "a", "https://example.com/b") != before; got != depends[1] {
			t.Errorf("%s: the template of the nested stack changes the content: %t", reference, got)
		}
	}
}

// The order of keys and the notation of a function have no meaning for
// CloudFormation, so they do not change a part that is not read.
func TestUnreadPartDoesNotChangeWithItsNotation(t *testing.T) {
	content := func(template string) string {
		t.Helper()
		set, err := ReadSet("t.yaml", []byte(template))
		if err != nil || len(set.Unread) != 1 {
			t.Fatalf("%v, %v: %s", set, err, template)
		}
		return set.Unread[0].Content
	}
	for a, b := range map[string]string{
		"Resources: {X: {Type: Custom::T, Properties: {A: {B: 1, C: !Ref Y}, D: 2}}, Y: {Type: AWS::S3::Bucket, Properties: {E: 1, F: 2}}}":                                  "Resources: {Y: {Properties: {F: 2, E: 1}, Type: AWS::S3::Bucket}, X: {Properties: {D: '2', A: {C: {Ref: Y}, B: 1}}, Type: Custom::T}}",
		"Resources: {X: {Type: Custom::T, Properties: {A: !Ref P}}}\nParameters: {P: {Type: String, Default: x}}":                                                            "Resources: {X: {Type: Custom::T, Properties: {A: !Ref P}}}\nParameters: {P: {Default: x, Type: String}}",
		"Transform: {Name: AWS::Include, Parameters: {Location: a, Other: b}}\nResources: {Y: {Type: AWS::S3::Bucket}}":                                                      "Transform: {Parameters: {Other: b, Location: a}, Name: AWS::Include}\nResources: {Y: {Type: AWS::S3::Bucket}}",
		"Transform: Macro\nResources: {Y: {Type: AWS::S3::Bucket, Properties: {A: 1, B: 2}}}":                                                                                "Resources: {Y: {Properties: {B: 2, A: 1}, Type: AWS::S3::Bucket}}\nTransform: Macro",
		"Resources: {X: {Type: Custom::T, Properties: {A: !If [C, a, b]}}}\nConditions: {C: !Equals [!FindInMap [M, k, v], x]}\nMappings: {M: {k: {v: x, w: y}, l: {v: x}}}": "Resources: {X: {Type: Custom::T, Properties: {A: !If [C, a, b]}}}\nConditions: {C: {'Fn::Equals': [{'Fn::FindInMap': [M, k, v]}, x]}}\nMappings: {M: {l: {v: x}, k: {w: y, v: x}}}",
	} {
		if content(a) != content(b) {
			t.Errorf("another content: %s\n%s", a, b)
		}
	}
	if content("Resources: {X: {Type: Custom::T, Properties: {A: [1, 2]}}}") == content("Resources: {X: {Type: Custom::T, Properties: {A: [2, 1]}}}") {
		t.Error("the order of a list does not change the content")
	}
}
