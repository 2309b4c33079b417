// Tests of requests that AWS refuses regardless of policies.

package simulate_test

import (
	"strings"
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

// A request that AWS refuses is denied for certain, whatever the policies say and
// whatever is unknown about them.
func TestRequestsThatAWSRefuses(t *testing.T) {
	const (
		managed, own = "arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::111122223333:policy/p"
		linked       = "arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
		alias        = "arn:aws:kms:eu-west-1:111122223333:alias/aws/ebs"
		allow        = `{"Effect":"Allow","Action":"*","Resource":"*"}`
		refused      = "AWS refuses the request regardless of policies: only AWS can change AWS managed policies"
		apart        = "apart from that, the policies allow the request"
		unless       = "unless AWS defined the role otherwise, only the service of a service-linked role can assume the role"
	)
	trust := func(principal string) string {
		return `{"Effect":"Allow","Principal":{` + principal + `},"Action":"sts:AssumeRole"}`
	}
	for name, tt := range map[string]struct {
		statements, action, resource, caller string
		want                                 string // the decision, and whether it is certain
		reason, note                         string
	}{
		"the policies allow it":     {allow, "iam:CreatePolicyVersion", managed, "", "implicitDeny certain", refused, apart},
		"an own policy":             {allow, "iam:CreatePolicyVersion", own, "", "allowed certain", "", ""},
		"another action":            {allow, "iam:GetPolicy", managed, "", "allowed certain", "", ""},
		"the policies deny it":      {allow + `,{"Effect":"Deny","Action":"iam:*","Resource":"*"}`, "iam:CreatePolicyVersion", managed, "", "explicitDeny certain", "", refused},
		"nothing allows it":         {`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, "iam:CreatePolicyVersion", managed, "", "implicitDeny certain", "no statement allows the request", refused},
		"allowed under a condition": {`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}}`, "iam:DeletePolicy", managed, "", "implicitDeny certain", refused, ""},
		"denied for some callers":   {allow + `,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalType":"User"}}}`, "iam:DeletePolicy", managed, "", "implicitDeny certain", refused, ""},
		"an unknown Deny":           {allow + `,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringEqualsIfExists":{"aws:TagKeys":"a"}}}`, "iam:DeletePolicy", managed, "", "implicitDeny certain", refused, ""},
		"a service-linked role":     {allow, "iam:PutRolePermissionsBoundary", linked, "", "implicitDeny certain", "AWS refuses the request regardless of policies: only the service", apart},
		"deleting it":               {allow, "iam:DeleteServiceLinkedRole", linked, "", "allowed certain", "", ""},
		"an alias of AWS":           {allow, "kms:DeleteAlias", alias, "", "implicitDeny certain", "AWS refuses the request regardless of policies: only AWS can change aliases", apart},

		"assuming it":                     {allow, "sts:AssumeRole", linked, "", "allowed unknown", "", unless},
		"... if a Deny is unknown":        {allow + `,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalType":"User"}}}`, "sts:AssumeRole", linked, "", "allowed unknown", "", unless},
		"... as its service":              {trust(`"Service":"autoscaling.amazonaws.com"`), "sts:AssumeRole", linked, "autoscaling.amazonaws.com", "allowed certain", "", ""},
		"... as any trusted service":      {trust(`"Service":"autoscaling.amazonaws.com"`), "sts:AssumeRole", linked, "", "allowed certain", "", ""},
		"... as another service":          {trust(`"Service":"ec2.amazonaws.com"`), "sts:AssumeRole", linked, "ec2.amazonaws.com", "allowed unknown", "", unless},
		"... as a trusted user":           {trust(`"AWS":"arn:aws:iam::111122223333:user/u"`), "sts:AssumeRole", linked, "arn:aws:iam::111122223333:user/u", "allowed unknown", "", unless},
		"... as a user without trust":     {trust(`"Service":"autoscaling.amazonaws.com"`), "sts:AssumeRole", linked, "arn:aws:iam::111122223333:user/u", "implicitDeny certain", "", unless},
		"assuming a role in another path": {trust(`"AWS":"arn:aws:iam::111122223333:user/u"`), "sts:AssumeRole", "arn:aws:iam::111122223333:role/aws-service-rolex", "arn:aws:iam::111122223333:user/u", "allowed certain", "", ""},
	} {
		doc, err := document.Read("p.json", []byte(`{"Version":"2012-10-17","Statement":[`+tt.statements+`]}`))
		if err != nil {
			t.Fatal(err)
		}
		s := simulate.Simulation{ChecksExistence: true}
		if err := s.AddPolicy(document.Policy{Name: "p.json", Document: doc}); err != nil {
			t.Fatal(err)
		}
		if tt.caller != "" {
			p, _ := simulate.ParsePrincipal(tt.caller)
			s.SetCaller(p)
		}
		o := run(t, &s, tt.action, tt.resource)
		got := string(o.Decision) + map[bool]string{true: " unknown", false: " certain"}[o.Unknown || len(o.Conditional) > 0]
		notes := strings.Join(o.Notes, "\n")
		if got != tt.want || !strings.HasPrefix(o.Reason, tt.reason) || !strings.Contains(notes, tt.note) {
			t.Errorf("%s: %s (%s), want %s (%s); notes %q", name, got, o.Reason, tt.want, tt.reason, o.Notes)
		}
		if tt.note == "" && (strings.Contains(notes, "AWS refuses") || strings.Contains(notes, apart) || strings.Contains(notes, unless)) {
			t.Errorf("%s: notes %q", name, o.Notes)
		}
		if strings.HasPrefix(o.Reason, "AWS refuses") && len(o.Statements)+len(o.MissingContextKeys) > 0 {
			t.Errorf("%s: statements %v, keys %q", name, o.Statements, o.MissingContextKeys)
		}
		if o.Meets(simulate.ExpectAllowed) != (tt.want == "allowed certain") || o.Meets(simulate.ExpectDenied) != strings.HasSuffix(tt.want, "Deny certain") {
			t.Errorf("%s: meets allowed %v, denied %v", name, o.Meets(simulate.ExpectAllowed), o.Meets(simulate.ExpectDenied))
		}
	}
}

// A request that AWS refuses is denied for certain, whatever is unknown about
// the template and its policies.
func TestRefusedRequestsOfATemplate(t *testing.T) {
	const template = `
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      PermissionsBoundary: arn:aws:iam::111122223333:policy/unknown
      ManagedPolicyArns: ['arn:aws:iam::111122223333:policy/other']
` + trustPolicyYAML + `      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: {Effect: Allow, Action: 'iam:*', Resource: '*'}}}]
  Nested: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: x}}
`
	set, err := document.ReadSet("t.yaml", []byte(template))
	if err != nil {
		t.Fatal(err)
	}
	for resource, isRefused := range map[string]bool{"arn:aws:iam::aws:policy/AdministratorAccess": true, "arn:aws:iam::111122223333:policy/p": false} {
		h, err := simulate.FindHolder(set, "t.yaml", simulate.Role, "R")
		if err != nil {
			t.Fatal(err)
		}
		var s simulate.Simulation
		s.SetHolder(h, set)
		if o := run(t, &s, "iam:CreatePolicyVersion", resource); o.Meets(simulate.ExpectDenied) != isRefused || len(o.Notes) > 0 == isRefused {
			t.Errorf("%s: %s, unknown %v, %q", resource, o.Decision, o.Unknown, o.Notes)
		}
	}
}
