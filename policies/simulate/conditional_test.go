// Tests of conditional results, and of expectations.

package simulate

import (
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestConditional(t *testing.T) {
	const pass = `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}`
	const all = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	deny := func(condition string) string {
		return `{"Effect":"Deny","Action":"*","Resource":"*","Condition":` + condition + `}`
	}
	allow := func(condition string) string {
		return `{"Effect":"Allow","Action":"*","Resource":"*","Condition":` + condition + `}`
	}
	for _, test := range []struct {
		name, policy, context string
		decision              Decision
		want                  []string
	}{
		{"a missing key", pass, "", ImplicitDeny, []string{"iam:PassedToService is ec2.amazonaws.com"}},
		{"the key is present", pass, "iam:PassedToService=eks.amazonaws.com", ImplicitDeny, nil},
		{"nothing allows it", strings.Replace(pass, "iam:PassRole", "iam:GetRole", 1), "", ImplicitDeny, nil},
		{"denied whatever the key is", pass + `,{"Effect":"Deny","Action":"iam:*","Resource":"*"}`, "", ExplicitDeny, nil},
		{"another action is denied", pass + `,{"Effect":"Deny","Action":"ec2:*","Resource":"*"}`, "", ImplicitDeny, []string{"iam:PassedToService is ec2.amazonaws.com"}},
		{"several values", allow(`{"StringLike":{"aws:PrincipalTag/team":["a*","b"]}}`), "", ImplicitDeny, []string{`aws:PrincipalTag/team matches one of "a*", "b"`}},
		{"several keys", allow(`{"Bool":{"aws:SecureTransport":"true"},"NumericLessThan":{"aws:MultiFactorAuthAge":"300"}}`), "", ImplicitDeny,
			[]string{"aws:SecureTransport is true + aws:MultiFactorAuthAge is less than 300"}},
		{"one of two keys is present", allow(`{"Bool":{"aws:SecureTransport":"true"},"NumericLessThan":{"aws:MultiFactorAuthAge":"300"}}`), "aws:SecureTransport=true", ImplicitDeny,
			[]string{"aws:MultiFactorAuthAge is less than 300"}},
		{"two statements", pass + `,` + allow(`{"IpAddress":{"aws:SourceIp":["192.0.2.0/24","198.51.100.1"]}}`), "", ImplicitDeny,
			[]string{"iam:PassedToService is ec2.amazonaws.com", "aws:SourceIp is in one of 192.0.2.0/24, 198.51.100.1"}},
		{"Null", allow(`{"Null":{"aws:SourceVpce":"false"}}`), "", ImplicitDeny, []string{"aws:SourceVpce is in the request"}},
		{"Null for a key that is present", allow(`{"Null":{"aws:SourceVpce":"true"}}`), "aws:SourceVpce=vpce-1", ImplicitDeny, nil},
		{"a date", allow(`{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}`), "", ImplicitDeny, []string{"aws:CurrentTime is after 2026-01-01T00:00:00Z"}},
		{"every value", allow(`{"ForAllValues:StringEquals":{"aws:TagKeys":["a"]},"Null":{"aws:TagKeys":"false"}}`), "", ImplicitDeny,
			[]string{`aws:TagKeys is in the request + every value of aws:TagKeys is "a"`}},
		{"some value", allow(`{"ForAnyValue:StringLike":{"aws:TagKeys":["a*"]}}`), "", ImplicitDeny, []string{"some value of aws:TagKeys matches a*"}},
		{"a variable in Resource", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:iam::*:role/${aws:username}"}`, "", ImplicitDeny,
			[]string{"arn:aws:iam::*:role/${aws:username} matches the resource"}},
		{"a variable in NotResource", `{"Effect":"Allow","Action":"*","NotResource":"arn:aws:iam::*:role/${aws:username, 'r'}"}`, "", ImplicitDeny,
			[]string{"arn:aws:iam::*:role/${aws:username, 'r'} does not match the resource"}},
		{"a variable in Resource that cannot match", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}"}`, "", ImplicitDeny, nil},
		{"a variable in a condition", allow(`{"StringEquals":{"aws:ResourceTag/owner":"${aws:username}"}}`), "aws:ResourceTag/owner=ann", ImplicitDeny,
			[]string{"aws:ResourceTag/owner is ${aws:username}"}},
		{"a Deny that must not apply", all + `,` + deny(`{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-west-2"]}}`), "", ExplicitDeny,
			[]string{"aws:RequestedRegion is one of eu-west-1, eu-west-2"}},
		{"a Deny with IfExists", all + `,` + deny(`{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`), "", ExplicitDeny, []string{"aws:MultiFactorAuthPresent is true"}},
		{"a Deny with IfExists and values", all + `,` + deny(`{"StringEqualsIfExists":{"aws:SourceVpce":["a","b"]}}`), "", ExplicitDeny,
			[]string{`aws:SourceVpce is in the request, and is none of "a", "b"`}},
		{"a Deny with two conditions", all + `,` + deny(`{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"},"BoolIfExists":{"aws:ViaAWSService":"false"}}`), "", ExplicitDeny,
			[]string{"either aws:SourceIp is in 192.0.2.0/24 or aws:ViaAWSService is true"}},
		{"a Deny with one condition that holds", all + `,` + deny(`{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"},"StringEquals":{"aws:username":"ann"}}`), "aws:username=ann", ExplicitDeny,
			[]string{"aws:SourceIp is in 192.0.2.0/24"}},
		{"a Deny on ForAllValues", all + `,` + deny(`{"ForAllValues:StringEquals":{"aws:TagKeys":"a"}}`), "", ExplicitDeny, []string{`some value of aws:TagKeys is not "a"`}},
		{"the same key in a Deny", allow(`{"StringEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"]}}`) + `,` + deny(`{"StringNotEqualsIfExists":{"aws:RequestedRegion":"eu-west-1"}}`), "", ExplicitDeny,
			[]string{"aws:RequestedRegion is eu-west-1"}},
		{"the same key in a Deny that does not apply yet", allow(`{"StringEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"]}}`) + `,` + deny(`{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}`), "", ImplicitDeny,
			[]string{"aws:RequestedRegion is eu-west-1"}},
		{"a contradiction", allow(`{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}`) + `,` + deny(`{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}`), "", ImplicitDeny, nil},
		{"a contradiction in a statement", allow(`{"StringEquals":{"aws:RequestedRegion":"us-east-1"},"StringLike":{"aws:RequestedRegion":"eu-*"}}`), "", ImplicitDeny, nil},
		{"absent and present", allow(`{"StringEquals":{"aws:RequestedRegion":"us-east-1"},"Null":{"aws:RequestedRegion":"true"}}`), "", ImplicitDeny, nil},
		{"a range and a Deny", allow(`{"StringLike":{"aws:RequestedRegion":"eu-*"}}`) + `,` + deny(`{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}`), "", ImplicitDeny,
			[]string{"aws:RequestedRegion matches eu-* + aws:RequestedRegion is not eu-west-1"}},
		{"allowed without more keys", all, "", Allowed, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := Request{Action: "iam:PassRole", Resource: "arn:aws:iam::111122223333:role/r", Context: map[string][]string{}}
			if key, value, ok := strings.Cut(test.context, "="); ok {
				request.Context[strings.ToLower(key)] = []string{value}
			}
			r := Evaluate(Policies{Identity: []document.Policy{*readPolicy(t, "p", "["+test.policy+"]")}}, request)
			var got []string
			for _, c := range r.Conditional {
				var needs []string
				for _, n := range c.Needs {
					needs = append(needs, n.Text)
				}
				got = append(got, strings.Join(needs, " + "))
				if c.Effect != document.Allow {
					t.Errorf("by a %s", c.Effect)
				}
			}
			if r.Decision != test.decision || strings.Join(got, "\n") != strings.Join(test.want, "\n") || r.Unknown {
				t.Errorf("%s, unknown %t, if\n%s\nwant %s, if\n%s", r.Decision, r.Unknown, strings.Join(got, "\n"), test.decision, strings.Join(test.want, "\n"))
			}
			o := outcomeOf(request, r)
			if o.Meets(ExpectAllowed) != (r.Decision == Allowed) || o.Meets(ExpectDenied) != (r.Decision != Allowed && test.want == nil) {
				t.Errorf("meets ExpectAllowed: %t, meets ExpectDenied: %t", o.Meets(ExpectAllowed), o.Meets(ExpectDenied))
			}
		})
	}
}

// The permissions boundary and the resource policy must allow the request too.
// If the resource policy names the user, the boundary does not have to allow
// the request.
func TestConditionalWithBoundaryAndResourcePolicy(t *testing.T) {
	const all = `[{"Effect":"Allow","Action":"*","Resource":"*"}]`
	const region = `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}]`
	const vpc = `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}}]`
	const trust = `[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ann"},"Action":"*","Condition":{"StringEquals":{"sts:ExternalId":"x"}}}]`
	for _, test := range []struct {
		name, identity, boundary, resource string
		want                               string
	}{
		{"the boundary", all, region, "", "aws:RequestedRegion is eu-west-1"},
		{"the identity policy and the boundary", vpc, region, "", "aws:RequestedRegion is eu-west-1 + aws:SourceVpc is vpc-1"},
		{"the boundary allows nothing", vpc, `[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]`, "", ""},
		{"the trust policy", all, "", trust, `sts:ExternalId is "x"`},
		{"a trust policy that names the user, whatever the boundary", all, region, trust, `sts:ExternalId is "x"`},
		{"the trust policy and the boundary", all, region, strings.Replace(trust, "user/ann", "root", 1), `aws:RequestedRegion is eu-west-1 + sts:ExternalId is "x"`},
		{"the trust policy names another user", all, "", strings.Replace(trust, "user/ann", "user/bob", 1), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := Policies{Identity: []document.Policy{*readPolicy(t, "p", test.identity)}}
			if test.boundary != "" {
				p.Boundary = readPolicy(t, "b", test.boundary)
			}
			if test.resource != "" {
				p.Resource = readPolicy(t, "t", test.resource)
			}
			r := Evaluate(p, Request{Action: "sts:AssumeRole", Resource: "arn:aws:iam::111122223333:role/r", Principal: document.Principal{Kind: "AWS", ID: "arn:aws:iam::111122223333:user/ann"}})
			got := ""
			for _, c := range r.Conditional {
				var needs []string
				for _, n := range c.Needs {
					needs = append(needs, n.Text)
				}
				got += strings.Join(needs, " + ")
			}
			if got != test.want || r.Decision != ImplicitDeny {
				t.Errorf("%s, if %q, want %q", r.Decision, got, test.want)
			}
		})
	}
}

// An unknown outcome counts neither as allowed nor as denied, and its note says
// what is unknown.
func TestUnknownMeetsNoExpectation(t *testing.T) {
	const all = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	for _, test := range []struct {
		name, policy string
		context      map[string][]string
		decision     Decision
		unknown      bool
		note         string
	}{
		{"contradicting rules", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringEqualsIfExists":{"aws:TagKeys":"a"}}}`, nil, ImplicitDeny, true, "that IfExists returns true and that ForAnyValue returns false"},
		{"contradicting rules in a Deny", all + `,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringEqualsIfExists":{"aws:TagKeys":"a"}}}`, nil, ExplicitDeny, true, "that IfExists returns true and that ForAnyValue returns false"},
		{"a variable for Bool", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"${aws:PrincipalTag/tls}"}}}`, map[string][]string{"aws:securetransport": {"true"}}, ImplicitDeny, true, "Bool does not support policy variables, but the condition has the value ${aws:PrincipalTag/tls}"},
		{"a variable for a date", all + `,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"${aws:PrincipalTag/until}"}}}`, map[string][]string{"aws:currenttime": {"2026-01-01"}}, ExplicitDeny, true, "DateLessThan does not support policy variables"},
		{"a variable for Null", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Null":{"aws:username":"${aws:PrincipalTag/x}"}}}`, nil, ImplicitDeny, true, "Null does not support policy variables"},
		{"an action that IAM refuses", `{"Effect":"Allow","Action":["s?:GetObject","GetObject"," s3:GetObject"],"Resource":"*"}`, nil, ImplicitDeny, false, `IAM refuses the action "s?:GetObject" of Statement[0], so the action allows nothing`},
		{"NotAction that IAM refuses", `{"Effect":"Allow","NotAction":"*:GetObject","Resource":"*"}`, nil, ImplicitDeny, false, `IAM refuses the action "*:GetObject"`},
		{"a Deny that IAM refuses", all + `,{"Effect":"Deny","Action":"s3*:*","Resource":"*"}`, nil, ExplicitDeny, true, `IAM refuses the action "s3*:*"`},
		{"a Deny that IAM refuses, for another action", all + `,{"Effect":"Deny","Action":"ec2*:*","Resource":"*"}`, nil, Allowed, false, ""},
		{"a short ARN with a wildcard", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3*:b/k"}`, nil, ImplicitDeny, true, "(arn:aws:s3*:b/k)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := Evaluate(Policies{Identity: []document.Policy{*readPolicy(t, "p", "["+test.policy+"]")}}, Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Context: test.context})
			if r.Decision != test.decision || r.Unknown != test.unknown || !strings.Contains(strings.Join(r.Notes, "\n"), test.note) {
				t.Errorf("%s, unknown %t, notes %q", r.Decision, r.Unknown, r.Notes)
			}
			o := outcomeOf(Request{}, r)
			if test.unknown && (o.Meets(ExpectAllowed) || o.Meets(ExpectDenied)) {
				t.Error("unknown, but meets an expectation")
			}
		})
	}
	known := Evaluate(Policies{Identity: []document.Policy{*readPolicy(t, "p", "["+all+"]")}, UnknownIdentity: []string{"arn:aws:iam::111122223333:policy/x"}}, Request{Action: "s3:GetObject", Resource: "*"})
	if o := outcomeOf(Request{}, known); known.Decision != Allowed || o.Meets(ExpectAllowed) {
		t.Error("an unknown policy may deny the request")
	}
	unknown := Evaluate(Policies{UnknownIdentity: []string{"arn:aws:iam::111122223333:policy/x"}}, Request{Action: "s3:GetObject", Resource: "*"})
	if o := outcomeOf(Request{}, unknown); unknown.Decision != ImplicitDeny || o.Meets(ExpectDenied) {
		t.Error("an unknown policy may allow the request")
	}
	bounded := Evaluate(Policies{Identity: []document.Policy{*readPolicy(t, "p", "["+all+"]")}, UnknownBoundary: true}, Request{Action: "s3:GetObject", Resource: "*"})
	if o := outcomeOf(Request{}, bounded); bounded.Decision != ImplicitDeny || o.Meets(ExpectDenied) {
		t.Error("an unknown boundary may allow the request")
	}
}

// The list of conditional results is limited. A note says so only if a result
// is missing from the list.
func TestLimitOfConditionals(t *testing.T) {
	for _, n := range []int{maxConditionals, maxConditionals + 1} {
		var statements []string
		for i := range n {
			statements = append(statements, fmt.Sprintf(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-%d"}}}`, i))
		}
		r := Evaluate(Policies{Identity: []document.Policy{*readPolicy(t, "p", "["+strings.Join(statements, ",")+"]")}}, Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"})
		if noted := len(r.Notes) > 0; len(r.Conditional) != maxConditionals || noted != (n > maxConditionals) || r.Unknown {
			t.Errorf("%d statements: %d conditional results, unknown %t, notes %q", n, len(r.Conditional), r.Unknown, r.Notes)
		}
	}
}

// In the caller's policies, ARNs with fewer than six parts are completed.
func TestShortARNs(t *testing.T) {
	const user, queue = "arn:aws:iam::111122223333:user/bob", "arn:aws:sqs:us-east-1:111122223333:q"
	for _, test := range []struct {
		pattern, resource string
		want              bool
	}{
		{"arn:aws:iam", user, true},
		{"arn:aws:iam::111122223333", user, true},
		{"arn:aws:iam::444455556666", user, false},
		{"arn:aws:iam:", user, true},
		{"arn:aws:sqs:us-east-1", queue, true},
		{"arn:aws:sqs:eu-west-1", queue, false},
		{"arn:aws:sqs::", queue, false},
		{"arn:aws", queue, true},
		{"arn:aws-cn", queue, false},
		{"arn:*", queue, true},
		{"arn:*:sqs", queue, true},
		{"arn:aws:s?x", queue, false},
		{"arn:aws:sq?", queue, true},
		{"arn:aws:sqs:${aws:RequestedRegion}", queue, true},
		{"arn", queue, false},
		{"sqs", queue, false},
		{"", queue, false},
		{"arn:aws:sqs", "*", false},
	} {
		for _, not := range []bool{false, true} {
			element := "Resource"
			if not {
				element = "NotResource"
			}
			p := Policies{Identity: []document.Policy{*readPolicy(t, "p", `[{"Effect":"Allow","Action":"*",`+`"`+element+`":"`+test.pattern+`"}]`)}}
			request := Request{Action: "x:Y", Resource: test.resource, Context: map[string][]string{"aws:requestedregion": {"us-east-1"}}}
			if got := Evaluate(p, request).Decision == Allowed; got != (test.want != not) {
				t.Errorf("%s %q, %s: %t", element, test.pattern, test.resource, got)
			}
			p.Identity[0] = *readPolicy(t, "p", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*",`+`"`+element+`":"`+test.pattern+`"}]`)
			if got := Evaluate(p, request).Decision == ExplicitDeny; got != (test.want != not) {
				t.Errorf("Deny %s %q, %s: %t", element, test.pattern, test.resource, got)
			}
		}
	}
	// In a resource policy the result is unknown.
	p := Policies{Resource: readPolicy(t, "q", `[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"arn:aws:sqs"}]`), ResourceAlone: true}
	if r := Evaluate(p, Request{Action: "sqs:SendMessage", Resource: queue, Principal: document.Principal{Kind: "AWS", ID: user}}); r.Decision != ImplicitDeny || !r.Unknown || len(r.Notes) == 0 {
		t.Errorf("in a resource policy: %+v", r)
	}
}

// A denied request may be allowed under the condition of any statement, not
// only of the first ones.
func TestConditionalOfLateStatement(t *testing.T) {
	t.Parallel()
	var statements []document.Statement
	for i := range 40 {
		statements = append(statements, document.Statement{Index: i, Effect: document.Allow, Actions: []string{"s3:*"}, Resources: []string{"*"},
			Conditions: []document.Condition{{Operator: "StringEquals", Key: "aws:RequestedRegion", Values: []string{fmt.Sprint("region-", i)}}}})
	}
	statements = append(statements, document.Statement{Index: 40, Effect: document.Deny, Actions: []string{"*"}, Resources: []string{"*"},
		Conditions: []document.Condition{{Operator: "StringNotEquals", Key: "aws:RequestedRegion", Values: []string{"region-39"}}}})
	policy := document.Policy{Name: "p", Document: &document.Document{Version: "2012-10-17", Statements: statements}}
	request := Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}
	if r := Evaluate(Policies{Identity: []document.Policy{policy}}, request); len(r.Conditional) != 1 || r.Unknown {
		t.Errorf("%d conditional results, unknown: %t, notes: %q", len(r.Conditional), r.Unknown, r.Notes)
	}
	// With a boundary of 1,600 statements, there are too many combinations to
	// examine: the request must not count as denied for certain.
	more := *policy.Document
	more.Statements = nil
	for i := range 40 {
		for j := range 40 {
			s := statements[i]
			s.Conditions = append([]document.Condition{{Operator: "StringEquals", Key: "aws:PrincipalOrgID", Values: []string{fmt.Sprint(j)}}}, s.Conditions...)
			more.Statements = append(more.Statements, s)
		}
	}
	boundary := document.Policy{Name: "boundary", Document: &more}
	if r := Evaluate(Policies{Identity: []document.Policy{policy}, Boundary: &boundary}, request); len(r.Conditional) == 0 && !r.Unknown {
		t.Errorf("no conditional result, and not unknown")
	}
}
