// Tests of denials that do not apply without a key, and of conditions that limit
// nothing or never hold.

package review

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

func countFindings(t *testing.T, rule, statements string) int {
	t.Helper()
	set, err := document.ReadSet("p.yaml", []byte("Conditions: {X: !Equals [!Ref P, x]}\nParameters: {P: {Type: String}}\nResources:\n"+roleYAML("R", trustYAML("{Service: ec2.amazonaws.com}"), statements)))
	if err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
	report, err := Review(set, Options{Rules: []string{rule}})
	if err != nil {
		t.Fatal(err)
	}
	return len(report.Findings)
}

// A Deny that does not apply to requests without the key is reported, unless
// other statements deny at least the same for these requests.
func TestDenialWithoutKey(t *testing.T) {
	t.Parallel()
	deny := func(operator, action, resource, other string) string {
		return "{Effect: Deny, Action: [" + action + "], Resource: " + resource + ", Condition: {" + operator + ": {'aws:MultiFactorAuthPresent': 'false'}" + other + "}}"
	}
	for name, test := range map[string]struct {
		other string
		want  int
	}{
		"the same":               {deny("BoolIfExists", "iam:*, s3:*", "'*'", ""), 0},
		"more":                   {deny("BoolIfExists", "'*'", "'*'", ""), 0},
		"in two statements":      {deny("BoolIfExists", "iam:*", "'*'", "") + ", " + deny("BoolIfExists", "s3:*", "'*'", ""), 0},
		"other actions":          {deny("BoolIfExists", "s3:*", "'*'", ""), 1},
		"other resources":        {deny("BoolIfExists", "iam:*, s3:*", "'arn:aws:s3:::x'", ""), 1},
		"under a condition":      {deny("BoolIfExists", "iam:*, s3:*", "'*'", ", StringEquals: {'aws:RequestedRegion': eu-west-1}"), 1},
		"in some stacks":         {"!If [X, " + deny("BoolIfExists", "iam:*, s3:*", "'*'", "") + ", !Ref AWS::NoValue]", 1},
		"all actions except":     {"{Effect: Deny, NotAction: ['sts:*'], Resource: '*', Condition: {BoolIfExists: {'aws:MultiFactorAuthPresent': 'false'}}}", 0},
		"all actions except iam": {"{Effect: Deny, NotAction: ['iam:Get*'], Resource: '*', Condition: {BoolIfExists: {'aws:MultiFactorAuthPresent': 'false'}}}", 1},
	} {
		if got := countFindings(t, "denial-without-key", deny("Bool", "iam:*, s3:*", "'*'", "")+", "+test.other); got != test.want {
			t.Errorf("%s: %d findings, want %d", name, got, test.want)
		}
	}
}

// A Deny for requests with old MFA or an old version of TLS is deliberate if
// another statement denies the requests without MFA or TLS.
func TestDenialsOfWeakProtections(t *testing.T) {
	t.Parallel()
	const (
		oldMFA = "{Effect: Deny, Action: 'iam:*', Resource: '*', Condition: {Bool: {'aws:MultiFactorAuthPresent': 'true'}, NumericGreaterThan: {'aws:MultiFactorAuthAge': '3600'}}}"
		noMFA  = "{Effect: Deny, Action: '*', Resource: '*', Condition: {BoolIfExists: {'aws:MultiFactorAuthPresent': 'false'}}}"
		oldTLS = "{Effect: Deny, Action: 's3:*', Resource: '*', Condition: {Bool: {'aws:SecureTransport': 'true'}, NumericLessThan: {'s3:TlsVersion': '1.2'}}}"
		noTLS  = "{Effect: Deny, Action: 's3:*', Resource: '*', Condition: {Bool: {'aws:SecureTransport': 'false'}}}"
	)
	for _, test := range []struct {
		rule, statements string
		want             int
	}{
		{"inverted-condition", oldMFA, 1},
		{"inverted-condition", oldMFA + ", " + noMFA, 0},
		{"inverted-condition", oldTLS, 1},
		{"inverted-condition", oldTLS + ", " + noTLS, 0},
		{"inverted-condition", strings.Replace(oldTLS, "s3:*", "*", 1) + ", " + noTLS, 1},
		{"denial-without-key", oldMFA, 1},
		{"denial-without-key", oldMFA + ", " + noMFA, 0},
		{"denial-without-key", oldMFA + ", " + strings.Replace(noMFA, "BoolIfExists", "Bool", 1), 2},
	} {
		if got := countFindings(t, test.rule, test.statements); got != test.want {
			t.Errorf("%s: %s: %d findings, want %d", test.rule, test.statements, got, test.want)
		}
	}
}

// any-resource must report an Allow whose condition almost every request meets,
// because that condition limits nothing. It must not report an Allow whose
// condition limits the requests.
func TestConditionsThatLimitNothing(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]int{
		"Bool: {'aws:SecureTransport': 'true'}":           1,
		"IpAddress: {'aws:SourceIp': '0.0.0.0/0'}":        1,
		"IpAddress: {'aws:SourceIp': [10.0.0.0/8, ::/0]}": 1,
		"IpAddress: {'aws:SourceIp': 10.0.0.0/8}":         0,
		"StringLike: {'aws:RequestedRegion': '?*'}":       1,
		"StringLike: {'aws:RequestedRegion': 'eu-*'}":     0,
	} {
		if got := countFindings(t, "any-resource", "{Effect: Allow, Action: ec2:TerminateInstances, Resource: '*', Condition: {"+condition+"}}"); got != want {
			t.Errorf("%s: %d findings, want %d", condition, got, want)
		}
	}
}

// If one condition of a statement never holds, no finding says that another
// condition always holds.
func TestConditionThatNeverHolds(t *testing.T) {
	t.Parallel()
	for _, effect := range []string{"Allow", "Deny"} {
		set, err := document.ReadSet("p.json", []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"`+effect+`","Action":"ec2:DescribeInstances","Resource":"*","Condition":{
			"StringEquals":{"ec2:InstanceType":"t3.micro"},"StringNotEquals":{"ec2:InstanceType":"t3.large"}}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{})
		if err != nil {
			t.Fatal(err)
		}
		neverHolds := false
		for _, f := range report.Findings {
			neverHolds = neverHolds || f.Rule == "condition-never-holds"
			if f.Rule == "condition-always-holds" {
				t.Errorf("%s: %v", effect, f.Message)
			}
		}
		if !neverHolds {
			t.Errorf("%s: no finding that the condition never holds", effect)
		}
	}
}
