// Tests the rule about other accounts that can use a resource, and which texts are
// refused as ARNs.

package review

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestResourceAccounts(t *testing.T) {
	t.Parallel()
	const canonical = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
	for principal, want := range map[string]string{
		`AWS: "arn:aws:iam::111122223333:role/x"`:                   "low these principals of another account can use the resource: arn:aws:iam::111122223333:role/x",
		`AWS: "111122223333"`:                                       "medium all principals of another account can use the resource, if their own policies allow it: 111122223333, with no condition; the account of the resource is unknown, so the review assumes the worst case; pass your account with --parameter AWS::AccountId=ID",
		`AWS: !Sub "${AWS::AccountId}"`:                             "",
		`CanonicalUser: ` + canonical:                               "low these canonical user IDs can use the resource: " + canonical,
		`CanonicalUser: !GetAtt Identity.S3CanonicalUserId`:         "",
		`AWS: ["111122223333"], CanonicalUser: [` + canonical + `]`: "low these canonical user IDs can use the resource: " + canonical,
	} {
		set, err := document.ReadSet("t.yaml", fmt.Appendf(nil, `
Resources:
  P:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: b
      PolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {%s}, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*"}}
`, principal))
		if err != nil {
			t.Fatalf("%s: %v", principal, err)
		}
		report, err := Review(set, Options{Rules: []string{"resource-account"}})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, f := range report.Findings {
			all = append(all, f.Severity.String()+" "+WriteSentence(f.Message))
		}
		if got := strings.Join(all, "; "); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", principal, got, want)
		}
	}
}

// The default of a policy variable may follow a space.
func TestSpacesInARNs(t *testing.T) {
	for text, want := range map[string]string{
		"arn:aws:s3:::b/${aws:PrincipalTag/team, 'all'}/*": "",
		"arn:aws:s3:::b/ ${aws:username}":                  "it contains white space",
		"arn:aws:s3:::b/${aws:username x":                  "it contains white space",
	} {
		if got := arnProblem(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// A pseudo parameter at the end of an ARN does not contain the missing parts,
// unless its value has colons.
func TestShortARNsOfTemplates(t *testing.T) {
	const short = "it has fewer than six parts separated by colons"
	for text, want := range map[string]string{
		"arn:${AWS::Partition}:iam::${AWS::AccountId}":                        short,
		"arn:aws:sqs:${AWS::Region}":                                          short,
		"arn:${AWS::Partition}":                                               short,
		"arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:${AWS::StackName}":      "",
		"arn:aws:sqs:${AWS::Region}-*":                                        "",
		"arn:aws:sqs:${Ref:Rest}":                                             "",
		"arn:aws:iam::${aws:PrincipalAccount}":                                "",
		"${AWS::StackId}":                                                     "",
		"arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::StackId}": "",
	} {
		if got := arnProblem(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// The principal "*" under a condition on another account counts as that
// account.
func TestAnyoneOfAnotherAccount(t *testing.T) {
	t.Parallel()
	const (
		own = "111122223333"
		use = "medium resource-account: all principals of another account can use the resource, if their own policies allow it: 444455556666, under "
	)
	queue := func(condition string) string {
		return "{Type: AWS::SQS::QueuePolicy, Properties: {Queues: [q], PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: '*', Action: 'sqs:SendMessage', Resource: '*', Condition: {" + condition + "}}]}}}"
	}
	role := "{Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: '*'}, Action: 'sts:AssumeRole', Condition: {StringEquals: {'aws:PrincipalAccount': '444455556666'}}}]}}}"
	key := "{Type: AWS::KMS::Key, Properties: {KeyPolicy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}, Action: 'kms:*', Resource: '*'}, {Effect: Allow, Principal: '*', Action: 'kms:Decrypt', Resource: '*', Condition: {StringEquals: {'kms:CallerAccount': '444455556666'}}}]}}}"
	const other = "StringEquals: {'aws:PrincipalAccount': '444455556666'}"
	const named = "ArnEquals: {'aws:PrincipalArn': 'arn:aws:iam::444455556666:role/a'}"
	for _, test := range []struct{ resource, account, want string }{
		{queue(other), own, use},
		{queue(other), "", "low trust-anyone: "},
		{queue(other), "444455556666", "low trust-anyone: "},
		{queue("ArnLike: {'aws:PrincipalArn': 'arn:aws:iam::444455556666:role/*'}"), own, use},
		{queue("StringEquals: {'aws:PrincipalAccount': ['444455556666', '111122223333']}"), own, "low trust-anyone: "},
		{queue("StringEqualsIfExists: {'aws:PrincipalArn': 'arn:aws:iam::444455556666:role/*'}"), own, "critical trust-anyone: "},
		{key, "", use},
		{queue(named), own, "low resource-account: these principals of another account can use the resource: arn:aws:iam::444455556666:role/a, under "},
		{queue(named), "444455556666", ""},
		{strings.Replace(role, other, named, 1), own, "medium trust-external-id: no condition requires an external ID, so if the other account belongs to a vendor"},
		{strings.Replace(role, other, named, 1), "", "medium trust-external-id: no condition requires an external ID, so if the other account belongs to a vendor"},
		{strings.Replace(role, other, named, 1), "444455556666", ""},
		{strings.Replace(role, other, "ArnLike: {'aws:PrincipalArn': ['arn:aws:iam::111122223333:role/*', 'arn:aws:iam::444455556666:role/a']}", 1), own, "medium trust-anyone: "},
		{strings.Replace(role, other, "ArnLike: {'aws:PrincipalArn': ['arn:aws:iam::111122223333:role/b', 'arn:aws:iam::444455556666:role/a*']}", 1), own, "medium trust-external-id: no condition requires an external ID, so if the other account belongs to a vendor"},
		{strings.Replace(role, other, named+", StringLike: {'aws:PrincipalOrgID': o-a1b2c3d4e5}", 1), own, ""},
		{role, own, "high trust-external-id: no condition requires an external ID, so if the other account belongs to a vendor"},
		{role, "444455556666", "medium trust-anyone: "},
	} {
		set, err := document.ReadSet("t.yaml", []byte("Resources: {X: "+test.resource+"}"))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{"trust-anyone", "resource-account", "trust-external-id"}, Account: test.account})
		if err != nil {
			t.Fatal(err)
		}
		if test.want == "" && len(report.Findings) == 0 {
			continue
		}
		if len(report.Findings) != 1 {
			t.Errorf("%s in %s: %d findings, want one", test.resource, test.account, len(report.Findings))
			continue
		}
		f := report.Findings[0]
		if got := f.Severity.String() + " " + f.Rule + ": " + WriteSentence(f.Message); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s in %s: %q, want %q", test.resource, test.account, got, test.want)
		}
	}
}

// A document with the principal * can be the policy of a VPC endpoint. Such a policy
// grants nothing.
func TestPolicyOfEndpoint(t *testing.T) {
	t.Parallel()
	const statement = `{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}`
	for text, want := range map[string]bool{
		`{"Version": "2012-10-17", "Statement": [` + statement + `]}`: true,
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "s3:*", "Resource": "*"}]}`:                        false,
		`{"Resources": {"P": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": "b", "PolicyDocument": {"Version": "2012-10-17", "Statement": [` + statement + `]}}}}}`:           false,
		`{"Resources": {"P": {"Type": "AWS::Backup::BackupVault", "Properties": {"AccessPolicy": {"Version": "2012-10-17", "Statement": [` + statement + `]}, "BackupVaultName": "v"}}}}`: false,
	} {
		set, err := document.ReadSet("t.json", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{"trust-anyone"}})
		if err != nil {
			t.Fatal(err)
		}
		got := slices.ContainsFunc(report.Notes, func(note Sentence) bool {
			return strings.Contains(WriteSentence(note), "if t is the policy of a VPC endpoint, the finding does not apply")
		})
		if got != want {
			t.Errorf("%s: %t, want %t", text, got, want)
		}
	}
}
