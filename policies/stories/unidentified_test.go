// Tests of policies that may or may not be CAPA's.

package stories_test

import (
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/stories"
)

// A policy that cannot be identified has CAPA's stories only for the resources
// that CAPA uses, and a resource policy has none.
func TestUnidentifiedPolicies(t *testing.T) {
	for name, test := range map[string]struct {
		statement string
		want      bool
	}{
		"CAPA's buckets":      {`"Action":"s3:PutObject","Resource":"arn:aws:s3:::cluster-api-provider-aws-x/*"`, true},
		"everything":          {`"Action":"ec2:RunInstances","Resource":"*"`, true},
		"another secret":      {`"Action":"secretsmanager:DeleteSecret","Resource":"arn:aws:secretsmanager:*:*:secret:db-*"`, false},
		"CAPA's secrets":      {`"Action":"secretsmanager:DeleteSecret","Resource":"arn:aws:secretsmanager:*:*:secret:aws.cluster.x-k8s.io/*"`, false},
		"a bucket policy":     {`"Principal":{"AWS":"111122223333"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::cluster-api-provider-aws-x/*"`, false},
		"excluded principals": {`"NotPrincipal":{"AWS":"111122223333"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::cluster-api-provider-aws-x/*"`, false},
	} {
		set, err := document.ReadSet("p.json", fmt.Appendf(nil, `{"Version":"2012-10-17","Statement":{"Effect":"Allow",%s}}`, test.statement))
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := stories.Load()
		if err != nil {
			t.Fatal(err)
		}
		h := set.Principals[0]
		statement := &h.Policies[0].Document.Statements[0]
		story := loaded.FinderFor(set).Find(document.Place{Holder: h, Policy: &h.Policies[0], Statement: statement}, statement.Actions[0])
		if got := story.Why != ""; got != test.want {
			t.Errorf("%s: %+v", name, story)
		}
	}
}

func TestIsForeign(t *testing.T) {
	const own = "  Own: {Type: AWS::IAM::Role, Properties: {RoleName: own, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}\n"
	for name, test := range map[string]struct {
		text string
		want bool
	}{
		"a role of another template": {"Resources:\n" + own, true},
		"a role added to CAPA's":     {"Resources:\n" + own + strings.Replace(own, "Own:", "AWSIAMRoleNodes:", 1), false},
		"a policy document":          {`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}}`, false},
	} {
		set, err := document.ReadSet("p.yaml", []byte(test.text))
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := stories.Load()
		if err != nil {
			t.Fatal(err)
		}
		if got := loaded.FinderFor(set).IsForeign(set.Principals[0]); got != test.want {
			t.Errorf("%s: IsForeign is %v", name, got)
		}
	}
}
