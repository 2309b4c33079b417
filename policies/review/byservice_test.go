// Tests the comparison of long lists of action patterns.

package review

import (
	"slices"
	"testing"

	"capaboot/policies/document"
)

func TestPatternsByService(t *testing.T) {
	t.Parallel()
	patterns := groupByService([]string{"ec2:Describe*", "*", "s3:Get*", "e?2:Run*", "EC2:RunInstances", "${a}:x", "elasticloadbalancing:*"})
	for pattern, want := range map[string][]string{
		"ec2:RunInstances":  {"ec2:Describe*", "*", "e?2:Run*", "EC2:RunInstances", "${a}:x"},
		"S3:*":              {"*", "s3:Get*", "e?2:Run*", "${a}:x"},
		"sqs:SendMessage":   {"*", "e?2:Run*", "${a}:x"},
		"ec*:RunInstances":  patterns.patterns,
		"*":                 patterns.patterns,
		"${b}:RunInstances": patterns.patterns,
	} {
		if got := patterns.of(pattern); !slices.Equal(got, want) {
			t.Errorf("%s is compared with %q, want %q", pattern, got, want)
		}
	}
}

// Without groups by service, the comparison of AWS's largest policy with itself
// exceeds the limit of the work for a review.
func TestBoundaryOfManyActions(t *testing.T) {
	t.Parallel()
	set, err := document.ReadSet("t.yaml", []byte(`Resources:
  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, PermissionsBoundary: 'arn:aws:iam::aws:policy/ReadOnlyAccess', ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Review(set, Options{}); err != nil {
		t.Error(err)
	}
}
