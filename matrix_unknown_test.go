// Tests that the four policy commands agree about unknown parts and about
// resource policies. Each command must name each unknown part.

package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"capaboot/internal/race"
	"capaboot/policies/authz"
	"capaboot/policies/catalog"
	"capaboot/policies/diff"
	"capaboot/policies/document"
	"capaboot/policies/explain"
	"capaboot/policies/review"
	"capaboot/policies/simulate"
)

// contains reports whether an answer contains the text anywhere in its JSON.
func (m *matrix) contains(answer any, text string) bool {
	m.Helper()
	all, err := json.Marshal(answer)
	if err != nil {
		m.Fatal(err)
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		m.Fatal(err)
	}
	return strings.Contains(string(all), strings.Trim(string(quoted), `"`))
}

// wantNamed checks that every command names an unknown part.
func (m *matrix) wantNamed(at, part string, answers map[string]any) {
	m.Helper()
	for command, answer := range answers {
		if !m.contains(answer, part) {
			m.Errorf("%s: %s does not name %s, which is unknown", at, command, part)
		}
	}
	m.unknownParts++
}

// checkUnknownParts checks that all commands name the parts of a set that cannot
// be read, and the parts of statements that are known only at deployment.
func (m *matrix) checkUnknownParts() {
	findings := func(rules ...string) (all []any) {
		for _, f := range m.report.Findings {
			if slices.Contains(rules, f.Rule) {
				all = append(all, f.Policy, f.Message)
			}
		}
		return all
	}
	var caller *document.Holder
	if i := slices.IndexFunc(m.set.Principals, func(h *document.Holder) bool { return makesRequests(h) && h.ResourceType == "" }); i >= 0 {
		caller = m.set.Principals[i]
	}
	answer, err := m.explainer.Explain("s3:GetObject")
	if err != nil {
		m.Fatal(err)
	}
	for i, u := range m.set.Unread {
		reduced := *m.set
		reduced.Unread = slices.Delete(slices.Clone(m.set.Unread), i, i+1)
		if !u.Grants {
			continue
		}
		answers := map[string]any{"review": findings("unknown-grant"), "explain": answer.Notes, "diff": diff.Compare(m.set, &reduced)}
		if caller != nil {
			answers["simulate"] = m.simulateRequest(m.set, caller, "s3:GetObject", "arn:aws:s3:::bucket/key").Notes
		}
		m.wantNamed("the parts that were not read", u.Name(), answers)
	}
	for i, h := range m.set.Principals {
		for j, p := range h.Policies {
			for k := range p.Document.Statements {
				s := &p.Document.Statements[k]
				action, resource, ok := sampleRequest(h, s)
				if s.Effect != document.Allow || !ok || !makesRequests(h) || h.IsResourcePolicy(p.Document) || m.hasFinding(s, neverMatchesRules...) {
					continue
				}
				for _, part := range m.set.Unknown(strings.Join(slices.Concat(s.Actions, s.Resources), " ")) {
					grants, notes := m.explainedGrants(h, action)
					m.wantNamed(fmt.Sprintf("%s of %s", s.Label(), p.Name), part, map[string]any{"review": findings("unknown-grant"), "explain": []any{grants, notes},
						"diff": diff.Compare(m.set, withoutStatement(m.set, i, j, k)), "simulate": m.simulateRequest(m.set, h, action, resource).Notes})
				}
			}
		}
	}
}

// checkResourcePolicies simulates a request of each named principal for each
// Allow in a resource policy. explain must list the Allow. simulate must not
// deny the request without a note, or allow it without saying that the caller's
// own policies are not evaluated.
func (m *matrix) checkResourcePolicies() {
	for _, h := range m.set.Principals {
		for _, p := range h.Policies {
			for i := range p.Document.Statements {
				s := &p.Document.Statements[i]
				action, resource, ok := sampleRequest(h, s)
				if !h.IsResourcePolicy(p.Document) || s.Effect != document.Allow || !ok {
					continue
				}
				for _, principal := range s.Principals {
					o := m.simulateRequest(m.set, h, action, resource, principal)
					grants, _ := m.explainedGrants(h, action)
					at := fmt.Sprintf("%s of %s, %s on %s by %s", s.Label(), p.Name, action, resource, principal)
					switch hasNote := o.Unknown || len(o.Conditional) > 0 || len(o.Notes) > 0; {
					case len(grants) == 0:
						m.Errorf("%s: explain does not name it", at)
					case o.Decision == simulate.ImplicitDeny && !hasNote && !grants[0].Refused && !m.hasFinding(s, append(neverMatchesRules, "refused-principal")...):
						m.Errorf("%s: simulate says %s without a note: %s", at, o.Decision, o.Reason)
					case o.Decision == simulate.Allowed && principal.Kind == "AWS" && len(o.Notes) == 0:
						m.Errorf("%s: simulate allows it without a note that the caller's own policies are not evaluated", at)
					}
				}
			}
		}
	}
}

// extraUnknownInputs are small inputs with unknown parts, and with resource
// policies.
var extraUnknownInputs = map[string]string{
	"an action and a resource of parameters": roleTemplate(`{Effect: Allow, Action: ['s3:GetObject', !Ref What], Resource: !Sub 'arn:aws:s3:::${Where}/*'}`, `What: {Type: String}, Where: {Type: String}`),
	"an attribute of another resource":       roleTemplate(`{Effect: Allow, Action: 'sqs:SendMessage', Resource: !GetAtt Own.Queue}`, ``) + "  Own: {Type: Custom::Own, Properties: {ServiceToken: 'arn:aws:lambda:us-east-1:111122223333:function:f'}}\n",
	"two patterns that may be equal":         roleTemplate(`{Effect: Allow, Action: 's3:GetObject', Resource: !Sub 'arn:aws:s3:::${A}/*'}, {Effect: Deny, Action: 's3:GetObject', Resource: !Sub 'arn:aws:s3:::${B}/*'}`, `A: {Type: String}, B: {Type: String}`),
	"a loop":                                 "Transform: AWS::LanguageExtensions\nResources:\n  'Fn::ForEach::P': [N, !Ref Names, {'P${N}': {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}}}}]\nParameters: {Names: {Type: CommaDelimitedList}}\n",
	"a secret for an account":                "Resources:\n  S: {Type: AWS::SecretsManager::ResourcePolicy, Properties: {SecretId: s, ResourcePolicy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: 'arn:aws:iam::111122223333:root'}, Action: 'secretsmanager:GetSecretValue', Resource: '*'}]}}}\n",
	"a function for a service":               "Resources:\n  L: {Type: AWS::Lambda::Permission, Properties: {FunctionName: 'arn:aws:lambda:us-east-1:111122223333:function:f', Action: 'lambda:InvokeFunction', Principal: s3.amazonaws.com, SourceAccount: '111122223333'}}\n",
	"a topic for a parameter":                "Parameters: {Who: {Type: String}}\nResources:\n  T: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: ['arn:aws:sns:us-east-1:111122223333:t'], PolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: !Ref Who}, Action: 'sns:Publish', Resource: 'arn:aws:sns:us-east-1:111122223333:t'}]}}}\n",
	"a bucket with a denial of a parameter":  "Parameters: {Where: {Type: String}}\nResources:\n  B: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: b, PolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: '111122223333'}, Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*'}, {Effect: Deny, Principal: '*', Action: 's3:GetObject', Resource: !Ref Where}]}}}\n",
}

// Values that are known only at deployment count as equal when they have the
// same name, and as possibly different otherwise.
func TestUnknownValuesCompareByName(t *testing.T) {
	race.Skip(t, "every analysis is one goroutine")
	t.Parallel()
	policy := func(resource string) *document.Set {
		set, err := document.ReadSet("t.yaml", []byte(roleTemplate(`{Effect: Allow, Action: 's3:GetObject', Resource: !Sub '`+resource+`'}`, `Bucket: {Type: String}, Other: {Type: String}`)))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"arn:aws:s3:::${Bucket}/*", "arn:aws:s3:::${Bucket}/*", true},
		{"arn:aws:s3:::${Bucket}/*", "arn:aws:s3:::${Other}/*", false},
		{"arn:aws:s3:::x-${Bucket}*", "arn:aws:s3:::x-${Other}*", false},
		{"${Bucket}", "${Other}", false},
	} {
		a, b := policy(test.a), policy(test.b)
		if got := diff.Compare(a, b).Empty(); got != test.same {
			t.Errorf("%s and %s: diff reports no difference: %t", test.a, test.b, got)
		}
		read := func(s *document.Set) string { return s.Principals[0].Policies[0].Document.Statements[0].Resources[0] }
		if got := document.CoversResource(read(a), read(b)); got != test.same {
			t.Errorf("%s covers %s: %t", read(a), read(b), got)
		}
		if !document.IntersectsResource(read(a), read(b)) {
			t.Errorf("%s and %s may be the same", read(a), read(b))
		}
	}
}

// unclearStatements has one statement for each kind of question that AWS's
// documentation leaves open, with a request to which it applies.
var unclearStatements = map[document.UnclearKind]struct {
	statement string             // without Effect
	context   string             // a condition key of the request, KEY=VALUE,VALUE; "" for none
	by        document.Principal // the caller, for a resource policy
}{
	document.AnyIfExists:         {statement: `"Action":"s3:PutObject","Resource":"*","Condition":{"ForAnyValue:StringLikeIfExists":{"s3:RequestObjectTagKeys":"x*"}}`},
	document.SeveralValues:       {`"Action":"ec2:CreateTags","Resource":"*","Condition":{"StringNotEquals":{"aws:TagKeys":"x"}}`, "aws:TagKeys=x,y", document.Principal{}},
	document.TakesNoVariable:     {`"Action":"s3:PutObject","Resource":"*","Condition":{"NumericLessThan":{"s3:TlsVersion":"${aws:username}"}}`, "s3:TlsVersion=1", document.Principal{}},
	document.AnyARN:              {`"Action":"s3:PutObject","Resource":"*","Condition":{"ArnEquals":{"aws:PrincipalArn":"*"}}`, "aws:PrincipalArn=arn:aws:iam::111122223333:role/r", document.Principal{}},
	document.NegatedType:         {`"Action":"s3:PutObject","Resource":"*","Condition":{"DateNotEquals":{"aws:CurrentTime":"soon"}}`, "aws:CurrentTime=2026-01-01T00:00:00Z", document.Principal{}},
	document.WildcardOrParts:     {statement: `"Action":"s3:PutObject","Resource":"arn:aws:s3*:bucket/key"`},
	document.ShortInResource:     {`"Principal":{"AWS":"111122223333"},"Action":"s3:PutObject","Resource":"arn:aws:s3::"`, "", document.Principal{Kind: "AWS", ID: "111122223333"}},
	document.AllowNotPrincipal:   {`"NotPrincipal":{"AWS":"111122223333"},"Action":"s3:PutObject","Resource":"*"`, "", document.Principal{Kind: "AWS", ID: "arn:aws:iam::444455556666:user/u"}},
	document.NotPrincipalAccount: {`"NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/u"},"Action":"s3:PutObject","Resource":"*"`, "", document.Principal{Kind: "AWS", ID: "arn:aws:iam::111122223333:user/u"}},
}

// All four commands report in the same words what AWS's documentation leaves
// open.
func TestTheFourCommandsReportUnclearStatements(t *testing.T) {
	race.Skip(t, "every analysis is one goroutine")
	t.Parallel()
	catalogue, err := catalog.LoadStories()
	if err != nil {
		t.Fatal(err)
	}
	for kind := range document.NotPrincipalAccount + 1 {
		test := unclearStatements[kind]
		effect := document.Allow
		if kind == document.NotPrincipalAccount {
			effect = document.Deny
		}
		text := `{"Version":"2012-10-17","Statement":[{"Effect":"` + string(effect) + `",` + test.statement + `}]}`
		t.Run(text, func(t *testing.T) {
			m := &matrix{T: t, name: "p.json", text: []byte(text)}
			m.set = m.read()
			h := m.set.Principals[0]
			s := &h.Policies[0].Document.Statements[0]
			unclear := s.Unclear(h.IsResourcePolicy(h.Policies[0].Document), authz.Multivalued)
			if len(unclear) != 1 || unclear[0].Kind != kind {
				t.Fatalf("the unclear parts of the statement are %v", unclear)
			}
			if m.explainer, err = explain.New(m.set, catalogue); err != nil {
				t.Fatal(err)
			}
			if m.report, err = review.Review(m.set, review.Options{}); err != nil {
				t.Fatal(err)
			}
			action, resource := s.Actions[0], "arn:aws:s3:::bucket/key"
			grants, _ := m.explainedGrants(h, action)
			messages := m.messagesAbout(s)
			if kind == document.TakesNoVariable && m.hasFinding(s, "refused-variable") {
				messages = append(messages, unclear[0].String()) // review has its own message here, because IAM refuses the variable
			}
			var sim simulate.Simulation
			if key, values, ok := strings.Cut(test.context, "="); ok {
				for value := range strings.SplitSeq(values, ",") {
					sim.AddContext(key, value)
				}
			}
			answers := map[string]any{"review": messages, "explain": grants, "diff": diff.Compare(m.set, withoutStatement(m.set, 0, 0, 0)),
				"simulate": m.runSimulation(&sim, m.set, h, action, resource, test.by).Notes}
			m.wantNamed(string(effect), unclear[0].String(), answers)
		})
	}
}

func (m *matrix) messagesAbout(s *document.Statement) (all []string) {
	for _, f := range m.report.Findings {
		if f.Line == s.Line && f.Column == s.Column {
			all = append(all, fmt.Sprint(f.Message))
		}
	}
	return all
}
