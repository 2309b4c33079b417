// Tests how a Deny limits an Allow.

package review

import (
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestDenyInTheSamePolicy(t *testing.T) {
	t.Parallel()
	const (
		parameters = "Parameters: {Name: {Type: String}, Other: {Type: String}}\n"
		bucket     = "!Sub 'arn:aws:s3:::${Name}/*'"
	)
	for _, test := range []struct {
		name, allow, deny string
		want              string // the exposure and escalation rules that must still report a finding
	}{
		{"the same pattern of a parameter", `Action: 's3:GetObject', Resource: ` + bucket, `Action: 's3:Get*', Resource: ` + bucket, ""},
		{"the pattern of another parameter", `Action: 's3:GetObject', Resource: ` + bucket, `Action: 's3:Get*', Resource: !Sub 'arn:aws:s3:::${Other}/*'`, "reads-everything"},
		{"one of two", `Action: 's3:GetObject', Resource: [` + bucket + `, !Sub 'arn:aws:s3:::${Other}/*']`, `Action: 's3:*', Resource: ` + bucket, "reads-everything"},
		{"both of two", `Action: 's3:GetObject', Resource: [` + bucket + `, !Sub 'arn:aws:s3:::${Other}/*']`, `Action: 's3:*', Resource: [!Sub 'arn:aws:s3:::${Other}/*', ` + bucket + `]`, ""},
		{"another action", `Action: 's3:GetObject', Resource: ` + bucket, `Action: 's3:PutObject', Resource: ` + bucket, "reads-everything"},
		{"under a condition", `Action: 's3:GetObject', Resource: ` + bucket, `Action: 's3:*', Resource: ` + bucket + `, Condition: {Bool: {aws:SecureTransport: 'false'}}`, "reads-everything"},
		{"unknown actions", `Action: 's3:GetObject', Resource: ` + bucket, `Action: !Ref Other, Resource: ` + bucket, "reads-everything"},
		{"all but unknown actions", `Action: 's3:GetObject', Resource: ` + bucket, `NotAction: !Ref Other, Resource: ` + bucket, "reads-everything"},
		{"all but another action", `Action: 's3:GetObject', Resource: ` + bucket, `NotAction: 's3:PutObject', Resource: ` + bucket, ""},
		{"everything", `Action: ['s3:GetObject', 's3:PutObject'], Resource: '*'`, `Action: 's3:*', Resource: 'arn:aws:s3:::*'`, "any-resource reads-everything"}, // access points are not denied
		{"every type", `Action: ['sqs:ReceiveMessage', 'sqs:DeleteQueue'], Resource: '*'`, `Action: 'sqs:*', Resource: 'arn:*:sqs:*:*:*'`, ""},
		{"one service of two", `Action: ['sqs:DeleteQueue', 'sns:DeleteTopic'], Resource: '*'`, `Action: 'sqs:*', Resource: '*'`, "any-resource"},
		{"all resources but those of another service", `Action: ['iam:PutRolePolicy', 'secretsmanager:GetSecretValue'], Resource: '*'`, `Action: '*', NotResource: 'arn:aws:s3:::*'`, ""},
		{"all resources but some", `Action: 'secretsmanager:GetSecretValue', Resource: '*'`, `Action: '*', NotResource: 'arn:aws:secretsmanager:*:*:secret:app/*'`, "secrets-of-others"},
		{"a secret", `Action: 'secretsmanager:GetSecretValue', Resource: !Ref Name`, `Action: 'secretsmanager:*', Resource: !Ref Name`, ""},
		{"an escalation route", `Action: 'iam:PutRolePolicy', Resource: !Ref Name`, `Action: 'iam:*', Resource: !Ref Name`, ""},
		{"an escalation route, denied for another parameter", `Action: 'iam:PutRolePolicy', Resource: !Ref Name`, `Action: 'iam:*', Resource: !Ref Other`, "any-resource escalation-put-policy"},
	} {
		t.Run(test.name, func(t *testing.T) {
			set, err := document.ReadSet("t.yaml", []byte(parameters+"Resources: {P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, "+
				test.allow+"}, {Effect: Deny, "+test.deny+"}]}}}}\n"))
			if err != nil {
				t.Fatal(err)
			}
			report, err := Review(set, Options{Rules: []string{Exposure, Escalation}})
			if err != nil {
				t.Fatal(err)
			}
			var rules []string
			for _, f := range report.Findings {
				if f.Rule != "unknown-grant" {
					rules = append(rules, f.Rule)
				}
			}
			slices.Sort(rules)
			if got := strings.Join(slices.Compact(rules), " "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A Deny in another policy does not count, because that policy can be detached.
func TestDenyInAnotherPolicy(t *testing.T) {
	t.Parallel()
	set, err := document.ReadSet("t.yaml", []byte(`
Resources:
  A: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'sqs:DeleteQueue', Resource: '*'}]}}}
  B: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Deny, Action: 'sqs:DeleteQueue', Resource: '*'}]}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	report, err := Review(set, Options{Rules: []string{"any-resource"}})
	if err != nil || len(report.Findings) != 1 {
		t.Error(report, err)
	}
}
