// Tests of the conditions that limit what a grant gains.

package review

import (
	"testing"

	"capaboot/policies/document"
)

// A condition with IfExists limits an Allow only if every request has its key.
func TestLimitsRequestsWithIfExists(t *testing.T) {
	for _, test := range []struct {
		operator, key, value string
		want                 bool
	}{
		{"StringEqualsIfExists", "iam:PassedToService", "ec2.amazonaws.com", true},
		{"stringequalsifexists", "iam:passedtoservice", "ec2.amazonaws.com", true},
		{"StringLikeIfExists", "iam:AWSServiceName", "ec2*.amazonaws.com", true},
		{"StringLikeIfExists", "iam:PassedToService", "*", false},
		{"StringEqualsIfExists", "iam:ResourceTag/team", "a", false},
		{"StringEquals", "iam:ResourceTag/team", "a", true},
	} {
		if got := limitsRequests(document.Condition{Operator: test.operator, Key: test.key, Values: []string{test.value}}); got != test.want {
			t.Errorf("%s of %s with %s: %t, want %t", test.operator, test.key, test.value, got, test.want)
		}
	}
}
