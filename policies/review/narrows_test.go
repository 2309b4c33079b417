// Tests which conditions limit an Allow of an identity policy.

package review

import (
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/document"
)

// A condition that almost every request of the holder meets, or whose value the
// holder chooses, does not limit an Allow. Otherwise it would hide the findings
// about the Allow.
func TestConditionsThatLimit(t *testing.T) {
	t.Parallel()
	for condition, limits := range map[string]bool{
		`StringEquals: {"aws:RequestedRegion": eu-west-1}`:                          true,
		`Bool: {"aws:MultiFactorAuthPresent": "true"}`:                              true,
		`IpAddress: {"aws:SourceIp": 203.0.113.0/24}`:                               true,
		`IpAddress: {"aws:VpcSourceIp": "fc00::/7"}`:                                true,
		`IpAddress: {"aws:SourceIp": "fc00::/0"}`:                                   false,
		`StringEquals: {"aws:ResourceTag/team": a}`:                                 true,
		`Bool: {"aws:ViaAWSService": "true"}`:                                       true,
		`DateLessThan: {"aws:CurrentTime": "2040-01-01T00:00:00Z"}`:                 true,
		`StringNotEquals: {"aws:ResourceAccount": "${aws:PrincipalAccount}"}`:       true,
		`NumericLessThan: {"aws:MultiFactorAuthAge": "3600"}`:                       true,
		`Bool: {"aws:MultiFactorAuthPresent": "false"}`:                             false,
		`DateLessThan: {"aws:CurrentTime": "2099-01-01T00:00:00Z"}`:                 false,
		`NumericLessThanEquals: {"aws:EpochTime": "4070908800"}`:                    false,
		`NumericLessThanEquals: {"aws:EpochTime": "1800000000"}`:                    true,
		`DateLessThan: {"aws:CurrentTime": "${End}"}`:                               true,
		`StringEqualsIfExists: {"aws:RequestedRegion": eu-west-1}`:                  true,
		`StringLikeIfExists: {"ec2:InstanceType": t3.*}`:                            false,
		`StringEquals: {"aws:PrincipalAccount": "111122223333"}`:                    false,
		`ArnLike: {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}`:                false,
		`StringEquals: {"AWS:principalorgid": o-a1b2c3d4e5}`:                        false,
		`ForAnyValue:StringLike: {"aws:PrincipalOrgPaths": o-a1b2c3d4e5/r-ab12/*}`:  false,
		`StringEquals: {"aws:PrincipalType": AssumedRole}`:                          false,
		`StringEquals: {"aws:ResourceAccount": "${aws:PrincipalAccount}"}`:          false,
		`StringEquals: {"s3:ResourceAccount": "111122223333"}`:                      false,
		`StringEquals: {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}`:              false,
		`Bool: {"aws:ViaAWSService": "false"}`:                                      false,
		`Bool: {"aws:PrincipalIsAWSService": "false"}`:                              false,
		`DateGreaterThan: {"aws:CurrentTime": "2020-01-01T00:00:00Z"}`:              false,
		`DateGreaterThanEquals: {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}`:     false,
		`NumericGreaterThan: {"aws:EpochTime": "0"}`:                                false,
		`NumericGreaterThanEquals: {"s3:TlsVersion": "1.2"}`:                        false,
		`IpAddress: {"aws:SourceIp": [0.0.0.0/1, 128.0.0.0/1]}`:                     false,
		`IpAddress: {"aws:SourceIp": "2000::/3"}`:                                   false,
		`StringLike: {"aws:UserAgent": console*}`:                                   false,
		`StringEquals: {"aws:Referer": x}`:                                          false,
		`Bool: {"aws:SecureTransport": "true"}`:                                     false,
		`StringLike: {"aws:RequestedRegion": "*"}`:                                  false,
		`StringLike: {"aws:PrincipalTag/team": "*"}`:                                false,
		`StringEquals: {"aws:PrincipalTag/team": "*"}`:                              true, // the text *: see the rule literal-wildcard
		`StringEquals: {"aws:PrincipalTag/team": ""}`:                               true,
		`StringLike: {"aws:PrincipalTag/team": ""}`:                                 true,
		`Bool: {"aws:SecureTransport": "true"}, Null: {"aws:ResourceTag/a": false}`: true,
	} {
		set, err := document.ReadSet("p.yaml", fmt.Appendf(nil, `{Version: "2012-10-17", Statement: {Effect: Allow, Action: "s3:PutObject", Resource: "*", Condition: {%s}}}`, condition))
		if err != nil {
			t.Fatalf("%s: %v", condition, err)
		}
		report, err := Review(set, Options{Rules: []string{"any-resource"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(report.Findings) == 0; got != limits {
			t.Errorf("%s limits the Allow: %t, want %t", condition, got, limits)
		}
	}
}

// A finding about an Allow with conditions says why the conditions do not limit
// the Allow.
func TestWhyConditionsDoNotLimit(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]string{
		``: "allowed on every resource, with no limiting condition (Write): ec2:RunInstances",
		`"StringLikeIfExists": {"ec2:InstanceType": "t3.*"}`:                         "allowed on every resource (Write): ec2:RunInstances; the condition limits too little: StringLikeIfExists ec2:InstanceType = t3.* (also holds if the request lacks the key)",
		`"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}`:                     "(also holds if the request lacks the key; a request has the key only if the request has tags)",
		`"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}`:                     "(also holds if the request lacks the key; a request has the key only if the credentials are temporary and do not come from federation)",
		`"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": ["team"]}`:              "(may also hold if the request lacks the key; a request has the key only if the request has tags)",
		`"StringEquals": {"aws:PrincipalAccount": "111122223333"}`:                   "(has the same result in every request of the holder)",
		`"StringLike": {"aws:UserAgent": "console*"}`:                                "(the caller chooses the value)",
		`"Null": {"ec2:InstanceType": "false"}`:                                      "(only requires the key)",
		`"Bool": {"aws:SecureTransport": "true"}, "StringLike": {"aws:userid": "*"}`: "; the conditions limit too little: Bool aws:SecureTransport = true (almost every request meets the condition) and StringLike aws:userid = * (almost every request meets the condition)",
	} {
		found := reviewRules(t, []string{"any-resource"}, fmt.Sprintf(`{"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*", "Condition": {%s}}`, condition))
		if len(found) != 1 || !strings.HasSuffix(WriteSentence(found[0].Message), want) {
			t.Errorf("%s: %+v, want %s", condition, found, want)
		}
	}
}

// The default of a parameter in a condition decides whether the condition
// limits the Allow.
func TestDefaultInConditionThatLimits(t *testing.T) {
	for value, limits := range map[string]bool{"*": false, "team-*": true} {
		set, err := document.ReadSet("t.yaml", fmt.Appendf(nil, `
Parameters: {Team: {Type: String, Default: %q}}
Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement: {Effect: Allow, Action: "s3:PutObject", Resource: "*", Condition: {StringLike: {"aws:PrincipalTag/team": !Ref Team}}}
`, value))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{"any-resource"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(report.Findings) == 0; got != limits {
			t.Errorf("%s limits the Allow: %t, want %t", value, got, limits)
		}
	}
}
