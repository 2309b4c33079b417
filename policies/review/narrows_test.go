// Tests which conditions limit an Allow of an identity policy.

package review

import (
	"fmt"
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
