// Tests of the notes about templates.

package explain_test

import (
	"strings"
	"testing"
)

// A note names only the parameters that matter for the action.
func TestParametersThatMatter(t *testing.T) {
	t.Parallel()
	e := newExplainer(t, `Parameters:
  Bucket: {Type: String, Default: b}
  What: {Type: String, Default: 'sqs:*'}
  Env: {Type: String, Default: dev}
  Other: {Type: String, Default: o}
Conditions: {IsProd: !Equals [!Ref Env, prod]}
Resources:
  U:
    Type: AWS::IAM::User
    Properties:
      Policies:
      - PolicyName: p
        PolicyDocument:
          Statement:
          - {Effect: Allow, Action: 's3:GetObject', Resource: !Sub 'arn:aws:s3:::${Bucket}/*'}
          - {Effect: Allow, Action: 's3:PutObject', Resource: !Sub 'arn:aws:s3:::${Other}/*'}
          - {Effect: Allow, Action: 'sns:Publish', Resource: !If [IsProd, '*', 'arn:aws:sns:eu-west-1:111122223333:t']}
          - {Effect: Allow, Action: !Ref What, Resource: '*'}
`)
	for action, want := range map[string]string{"s3:GetObject": "Bucket What", "s3:PutObject": "Other What", "sns:Publish": "Env What", "sqs:SendMessage": "What"} {
		answer, err := e.Explain(action)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, note := range answer.Notes {
			if name, isParameter := strings.CutPrefix(note, "parameter "); isParameter {
				name, _, _ = strings.Cut(name, " ")
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: parameters %q, want %s: %q", action, got, want, answer.Notes)
		}
	}
}
