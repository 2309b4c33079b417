// Tests of condition keys that a template builds with Fn::Sub from a value that is
// known only at deployment.

package simulate

import (
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestKeysKnownAtDeployment(t *testing.T) {
	t.Parallel()
	const tag = "aws:ResourceTag/kubernetes.io/cluster/"
	const allow = `{"Effect":"Allow","Action":"ec2:DeleteVolume","Resource":"*"CONDITION}`
	const allowAll = `{"Effect":"Allow","Action":"*","Resource":"*"},`
	for _, test := range []struct {
		statements, operator, key, tagOfRequest, cluster string
		want                                             string
	}{
		{allow, "StringEquals", tag + "${Name}", tag + "prod", "", "unknown"},
		{allow, "StringEquals", tag + "${Name}", tag + "prod", "prod", "allowed"},
		{allow, "StringEquals", tag + "${Name}", tag + "prod", "test", "implicitDeny"},
		{allow, "StringEquals", tag + "${Name}", "aws:ResourceTag/other", "", "implicitDeny"},
		{allow, "StringEquals", "AWS:RESOURCETAG/kubernetes.io/cluster/${Name}", tag + "prod", "", "unknown"},
		{allow, "StringNotEquals", tag + "${Name}", "aws:ResourceTag/other", "", "allowed"},
		{allow, "StringEquals", tag + "${AWS::AccountId}", tag + "111122223333", "", "allowed"},
		{allow, "StringEquals", tag + "${AWS::AccountId}", tag + "444455556666", "", "implicitDeny"},
		{allowAll + strings.Replace(allow, "Allow", "Deny", 1), "StringEquals", tag + "${Name}", tag + "prod", "", "unknown"},
		{allowAll + strings.Replace(allow, "Allow", "Deny", 1), "StringEquals", tag + "${Name}", tag + "prod", "prod", "explicitDeny"},
		{allowAll + strings.Replace(allow, "Allow", "Deny", 1), "StringEquals", tag + "${Name}", "aws:ResourceTag/other", "", "allowed"},
	} {
		statements := strings.Replace(test.statements, "CONDITION", fmt.Sprintf(`,"Condition":{%q:{%q:"owned"}}`, test.operator, test.key), 1)
		options := document.Options{Parameters: map[string]string{}}
		if test.cluster != "" {
			options.Parameters["Name"] = test.cluster
		}
		set, err := document.ReadSetWith("t.yaml", []byte(`
Parameters: {Name: {Type: String}}
Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: !Sub '{"Version":"2012-10-17","Statement":[`+statements+`]}'
`), options)
		if err != nil {
			t.Fatal(err)
		}
		var s Simulation
		if err := s.AddPolicy(set.Principals[0].Policies[0]); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AddAction("ec2:DeleteVolume"); err != nil {
			t.Fatal(err)
		}
		if err := s.AddResource("arn:aws:ec2:eu-west-1:111122223333:volume/v"); err != nil {
			t.Fatal(err)
		}
		s.AddContext(test.tagOfRequest, "owned")
		outcomes, err := s.Run()
		if err != nil {
			t.Fatal(err)
		}
		got := string(outcomes[0].Decision)
		if outcomes[0].Unknown {
			got = "unknown"
		}
		if got != test.want {
			t.Errorf("%s %s of %s, request with %s, Name %q: %s, want %s", test.statements, test.operator, test.key, test.tagOfRequest, test.cluster, got, test.want)
		}
	}
}
