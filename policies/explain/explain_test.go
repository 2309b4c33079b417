// Tests of explained actions that are granted, denied, unknown or not
// mentioned, in a set with every kind of statement.

package explain_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/explain"
)

const template = `
Resources:
  AWSIAMManagedPolicyControllers:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: controllers
      Roles: [!Ref Role, !Ref Other]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Sid: Look, Effect: Allow, Action: ["ec2:Describe*", "ec2:RunInstances"], Resource: "*"}
          - {Effect: Allow, Action: ["iam:GetRole", "nosuch:Action"], Resource: "arn:aws:s3:::b"}
          - {Effect: Deny, Action: "ec2:DescribeVpcs", Resource: "*", Condition: {Bool: {"aws:SecureTransport": "false"}}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: one
      PermissionsBoundary: arn:aws:iam::123456789012:policy/edge
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy", "arn:aws:iam::123456789012:policy/elsewhere"]
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]
  Other:
    Type: AWS::IAM::Role
    Properties:
      RoleName: two
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]
      Policies:
        - PolicyName: rest
          PolicyDocument:
            Statement: [{Effect: Allow, NotAction: ["ec2:*", "s3:*"], Resource: "*"}]
`

func newExplainer(t *testing.T, text string) *explain.Explainer {
	t.Helper()
	set, err := document.ReadSet("template.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return explainSet(t, set)
}

func explainSet(t *testing.T, set *document.Set) *explain.Explainer {
	t.Helper()
	catalogue, err := catalog.LoadStories()
	if err != nil {
		t.Fatal(err)
	}
	e, err := explain.New(set, catalogue)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func grantTexts(a explain.Action) string {
	var all []string
	for _, g := range a.Grants {
		text := fmt.Sprintf("%s %s %s %s", g.Effect, g.Name, g.Policy, g.Statement)
		if g.Useless {
			text += " useless"
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

// AWS does not support NotPrincipal in an Allow: such a grant is marked as
// unsupported. In a Deny it is supported.
func TestNotPrincipal(t *testing.T) {
	e := newExplainer(t, `
Resources:
  B:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: b
      PolicyDocument:
        Statement:
          - {Effect: Allow, NotPrincipal: {AWS: "arn:aws:iam::111111111111:root"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*"}
          - {Effect: Deny, NotPrincipal: {AWS: "arn:aws:iam::111111111111:root"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*"}
          - {Effect: Allow, Principal: {AWS: "arn:aws:iam::111111111111:root"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*"}
`)
	answer, err := e.Explain("s3:GetObject")
	if err != nil || len(answer.Actions) != 1 || len(answer.Actions[0].Grants) != 3 {
		t.Fatalf("got %+v, %v", answer, err)
	}
	for _, g := range answer.Actions[0].Grants {
		if want := g.Statement == "Statement[0]"; g.Unsupported != want {
			t.Errorf("%s: unsupported %t, want %t", g.Statement, g.Unsupported, want)
		}
	}
}

func TestGrants(t *testing.T) {
	e := newExplainer(t, template)
	for _, test := range []struct{ pattern, want string }{
		{"ec2:RunInstances", "Allow one controllers Statement[0] (Look); Allow two controllers Statement[0] (Look)"},
		{"EC2:runinstances", "Allow one controllers Statement[0] (Look); Allow two controllers Statement[0] (Look)"},
		{"ec2:DescribeVpcs", "Allow one controllers Statement[0] (Look); Allow one AmazonEKSClusterPolicy Statement[0] (AmazonEKSClusterPolicy); " +
			"Allow two controllers Statement[0] (Look); Deny one controllers Statement[2]; Deny two controllers Statement[2]"},
		{"iam:GetRole", "Allow one controllers Statement[1] useless; Allow two rest Statement[0]; Allow two controllers Statement[1] useless"},
		{"sts:AssumeRole", "Allow one trust policy Statement[0]; Allow two trust policy Statement[0]; Allow two rest Statement[0]"},
		{"s3:PutObject", ""},
		{"nosuch:Action", "Allow one controllers Statement[1]; Allow two rest Statement[0]; Allow two controllers Statement[1]"},
	} {
		answer, err := e.Explain(test.pattern)
		if err != nil {
			t.Errorf("%s: %v", test.pattern, err)
			continue
		}
		if len(answer.Actions) != 1 || !strings.EqualFold(answer.Actions[0].Action, test.pattern) {
			t.Errorf("%s: got actions %+v", test.pattern, answer.Actions)
			continue
		}
		got := strings.Split(grantTexts(answer.Actions[0]), "; ")
		want := strings.Split(test.want, "; ")
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %s\nwant %s", test.pattern, got, want)
		}
	}
}

func TestFacts(t *testing.T) {
	answer, err := newExplainer(t, template).Explain("ec2:RunInstances")
	if err != nil {
		t.Fatal(err)
	}
	a := answer.Actions[0]
	if a.AccessLevel != "Write" || !slices.Contains(a.DependentActions, "iam:PassRole") || !slices.Contains(a.CalledFrom, "ec2") || a.Description == "" {
		t.Errorf("facts: %+v", a)
	}
	if i := slices.IndexFunc(a.ResourceTypes, func(r explain.ResourceType) bool { return r.Name == "subnet" }); i < 0 || !a.ResourceTypes[i].Required ||
		!slices.Contains(a.ResourceTypes[i].ConditionKeys, "ec2:Vpc") || !strings.HasSuffix(a.ResourceTypes[i].ARNs[0], ":subnet/${SubnetId}") {
		t.Errorf("resource types: %+v", a.ResourceTypes)
	}
	if g := a.Grants[0]; g.Since != "v1.0.0" || g.Why == "" || g.Line == 0 || g.File != "template.yaml" {
		t.Errorf("the grant: %+v", g)
	}
	if len(answer.Notes) != 2 || !strings.Contains(strings.Join(answer.Notes, "\n"), "policy/elsewhere") || !strings.Contains(strings.Join(answer.Notes, "\n"), "policy/edge") {
		t.Errorf("notes: %q", answer.Notes)
	}
}

// TestWouldGrant checks that an action that only another configuration grants
// has an offer, and that an action that no configuration grants has none.
func TestWouldGrant(t *testing.T) {
	e := newExplainer(t, `Resources: {}`)
	answer, err := e.Explain("s3:PutBucketPolicy")
	if err != nil {
		t.Fatal(err)
	}
	a := answer.Actions[0]
	if a.Granted() || len(a.WouldGrant) == 0 || a.WouldGrant[0].Policy != "controllers" || !slices.Contains(a.WouldGrant[0].When, "s3Buckets.enable") || a.WouldGrant[0].Since == "" {
		t.Errorf("wouldGrant: %+v", a.WouldGrant)
	}
	answer, err = e.Explain("ec2:CopyImage")
	if err != nil || len(answer.Actions[0].WouldGrant) != 0 {
		t.Errorf("nothing grants ec2:CopyImage: %+v, %v", answer.Actions, err)
	}
}

func TestWildcardsAndServices(t *testing.T) {
	e := newExplainer(t, template)
	for _, pattern := range []string{"ec2:*", "ec2", "EC2"} {
		answer, err := e.Explain(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range answer.Actions {
			if !strings.HasPrefix(a.Action, "ec2:") || len(a.Grants)+len(a.WouldGrant) == 0 {
				t.Errorf("%s: %s %s", pattern, a.Action, grantTexts(a))
			}
		}
		if !slices.Contains(answer.NotGranted, "ec2:CopyImage") || len(answer.Actions) < 100 {
			t.Errorf("%s: %d actions, not granted %v", pattern, len(answer.Actions), answer.NotGranted)
		}
	}
	answer, err := e.Explain("RunInstances")
	if err != nil || len(answer.Actions) != 1 || answer.Actions[0].Action != "ec2:RunInstances" {
		t.Errorf("an action of any service: %+v, %v", answer.Actions, err)
	}
}

// An explained service includes what another configuration would grant.
func TestWouldGrantForService(t *testing.T) {
	answer, err := newExplainer(t, `Resources: {}`).Explain("sqs")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(answer.Actions, func(a explain.Action) bool { return a.Action == "sqs:ReceiveMessage" })
	if i < 0 || answer.Actions[i].Granted() || len(answer.Actions[i].WouldGrant) == 0 || !slices.Contains(answer.Actions[i].WouldGrant[0].When, "eventBridge.enable") {
		t.Errorf("sqs:ReceiveMessage: %+v", answer.Actions)
	}
	if !slices.Contains(answer.NotGranted, "sqs:ListQueues") || slices.Contains(answer.NotGranted, "sqs:ReceiveMessage") {
		t.Errorf("notGranted: %v", answer.NotGranted)
	}
}

func TestUnknownNames(t *testing.T) {
	e := newExplainer(t, template)
	for pattern, want := range map[string]string{"ec2:RunInstancs": "ec2:RunInstances", "ecc2": "ec2", "ec2.RunInstances": "ec2:RunInstances", "ec2/runinstance": "ec2:RunInstances", "CreateUsr": "iam:CreateUser", "zzzzzzzzzz:Q": "", "ec2:Nothing*": "", "ec2:": "ec2", "": ""} {
		_, err := e.Explain(pattern)
		var unknown *explain.UnknownName
		if !errors.As(err, &unknown) || (want != "" || pattern == "") && unknown.Near != want {
			t.Errorf("%q: %v", pattern, err)
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	e := newExplainer(t, "Statement: ["+strings.Repeat(`{Effect: Allow, Action: "*", Resource: "*"}, `, 40)+"]")
	if _, err := e.Explain("*"); err == nil || !strings.Contains(err.Error(), "more than 100000 statements are about the actions of *: name fewer actions") {
		t.Errorf("every action in 40 statements: %v", err)
	}
	if a, err := e.Explain("s3:GetObject"); err != nil || len(a.Actions[0].Grants) != 40 {
		t.Errorf("one action in 40 statements: %v", err)
	}
}

// An action that is known only at deployment may be any action, so a note
// mentions it.
func TestUnknownActionsAreNoted(t *testing.T) {
	set, err := document.ReadSet("t.json", []byte(`{"Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": "p",
		"PolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": {"Ref": "Actions"}, "Resource": "*"}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	e := explainSet(t, set)
	answer, err := e.Explain("iam:CreateUser")
	if err != nil || len(answer.Notes) != 1 || !strings.Contains(answer.Notes[0], "Statement[0] of policy p also has actions that are known only at deployment: ${Ref:Actions}") {
		t.Errorf("notes %q, %v", answer.Notes, err)
	}
}

// Explain marks the statements that IAM refuses or that have no effect, and the
// actions that no policy decides or that another policy must allow too.
func TestStatementsWithoutEffect(t *testing.T) {
	doc, err := document.Read("p", []byte(`{"Version": "2012-10-17", "Statement": [
		{"Sid": "Short", "Effect": "Allow", "Action": ["iam:CreateAccessKey", "kms:Decrypt", "sts:AssumeRole"], "Resource": ["arn:aws:iam", "arn:aws:kms"]},
		{"Sid": "Refused", "Effect": "Allow", "Action": ["*:GetObject", " s3:GetObject"], "Resource": "*"},
		{"Sid": "NotRefused", "Effect": "Deny", "Action": "s?:GetObject", "Resource": "*"},
		{"Sid": "Exempt", "Effect": "Deny", "Action": "sts:GetCallerIdentity", "Resource": "*"},
		{"Sid": "Reserved", "Effect": "Allow", "Action": "iam:SetDefaultPolicyVersion", "Resource": "arn:aws:iam::aws:policy/*"},
		{"Sid": "Principal", "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"},
		{"Sid": "Principals", "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	set := &document.Set{Principals: []*document.Holder{{Kind: document.UserKind, Name: "p", Policies: []document.Policy{{Name: "p", Document: doc}}}}}
	e := explainSet(t, set)
	for _, test := range []struct{ action, want string }{
		{"iam:CreateAccessKey", "Allow Short"},
		{"kms:Decrypt", "Allow Short; also key"},
		{"sts:AssumeRole", "Allow Short; also role"},
		{"s3:GetObject", "Allow Refused refused; Deny NotRefused refused"},
		{"sqs:SendMessage", "Allow Principal refused; Deny Principals refused"},
		{"sts:GetCallerIdentity", "Deny Exempt; exempt"},
		{"iam:SetDefaultPolicyVersion", "Allow Reserved useless"},
	} {
		answer, err := e.Explain(test.action)
		if err != nil || len(answer.Actions) != 1 {
			t.Fatal(test.action, err, answer)
		}
		a := answer.Actions[0]
		var got []string
		for _, g := range a.Grants {
			text := string(g.Effect) + " " + strings.TrimSuffix(g.Statement[strings.Index(g.Statement, "(")+1:], ")")
			if g.Refused {
				text += " refused"
			}
			if g.Useless {
				text += " useless"
			}
			got = append(got, text)
		}
		if a.Exempt != "" {
			got = append(got, "exempt")
		}
		if a.Also != "" {
			got = append(got, "also "+a.Also)
		}
		if text := strings.Join(got, "; "); text != test.want {
			t.Errorf("%s: %s, want %s", test.action, text, test.want)
		}
		if granted := strings.HasPrefix(test.want, "Allow") && !strings.Contains(test.want, "refused"); a.Granted() != granted {
			t.Errorf("%s: granted: %v", test.action, a.Granted())
		}
		if a.Exempt != "" && len(a.WouldGrant) > 0 {
			t.Errorf("%s would be granted", test.action)
		}
	}
}
