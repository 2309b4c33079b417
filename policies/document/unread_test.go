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
