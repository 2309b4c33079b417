// Tests of policy documents in strings.

package document

import (
	"strings"
	"testing"
)

// While reading a document in a string, package document puts markStart and
// markEnd around unknown parts. If the text of the template contains these
// characters, they must not count as an unknown part, and must not shorten the
// text.
func TestMarksInDocuments(t *testing.T) {
	const template = `
Parameters:
  Bucket: {Type: String}
Resources:
  Policy:
    Type: AWS::Logs::ResourcePolicy
    Properties:
      PolicyName: logs
      PolicyDocument: !Sub '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "es.amazonaws.com"}, "Action": "logs:PutLogEvents", "Resource": "MARKarn:aws:logs:::${Bucket}-tail"}]}'
`
	for _, mark := range []string{"", markStart, markEnd, markStart + markEnd, markEnd + markStart} {
		set, err := ReadSet("template.yaml", []byte(strings.ReplaceAll(template, "MARK", mark)))
		if err != nil {
			t.Fatal(err)
		}
		resource := set.Principals[0].Policies[0].Document.Statements[0].Resources[0]
		if !strings.Contains(resource, "Bucket") || !strings.HasSuffix(resource, "-tail") || !strings.Contains(resource, "arn:aws:logs:::") {
			t.Errorf("mark %q: the resource is %q", mark, resource)
		}
	}
}

// An unknown part of a condition key is written like every opaque text:
// ${Ref:Name}. Literal text of the template that looks like such a part is
// escaped: ${!Ref:Name}.
func TestUnknownConditionKeys(t *testing.T) {
	for key, want := range map[string]string{
		"aws:ResourceTag/${Name}":       "aws:ResourceTag/${Ref:Name}",
		"aws:ResourceTag/${!Name}":      "aws:ResourceTag/${Name}",
		"aws:ResourceTag/${!Ref:Name}":  "aws:ResourceTag/${!Ref:Name}",
		"aws:ResourceTag/${Name.Value}": "aws:ResourceTag/${GetAtt:Name.Value}",
	} {
		set, err := ReadSet("t.yaml", []byte(`
Parameters: {Name: {Type: String}}
Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: !Sub '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*","Condition":{"StringEquals":{"`+key+`":"x"}}}]}'
`))
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		if got := set.Principals[0].Policies[0].Document.Statements[0].Conditions[0].Key; got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}
