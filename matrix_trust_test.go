// Tests that the four policy commands agree about groups and their members, and
// about who may assume a role.

package main

import (
	"slices"
	"testing"

	"capaboot/internal/race"
	"capaboot/policies/diff"
	"capaboot/policies/document"
	"capaboot/policies/explain"
	"capaboot/policies/review"
	"capaboot/policies/simulate"
)

// checkGroupMembers simulates a request of each member for each Allow of a
// group. simulate must not deny the request without a reason in the input, and
// explain must list the statement for the group.
func (m *matrix) checkGroupMembers() {
	for _, group := range m.set.Principals {
		for _, user := range m.set.Principals {
			if group.Kind != document.GroupKind || !slices.Contains(user.Groups, group.Name) {
				continue
			}
			for _, p := range group.Policies {
				for i := range p.Document.Statements {
					s := &p.Document.Statements[i]
					action, resource, ok := sampleRequest(user, s)
					if s.Effect != document.Allow || !ok {
						continue
					}
					m.memberRequests++
					o := m.simulateRequest(m.set, user, action, resource)
					grants, _ := m.explainedGrants(group, action) // explain lists the statement once, for the group
					if o.Decision == simulate.ImplicitDeny && !o.Unknown && len(o.Conditional) == 0 && user.Boundary == "" && !m.hasFinding(s, neverMatchesRules...) {
						m.Errorf("the group %s allows %s on %s, and simulate says %s of its member %s", group.Name, action, resource, o.Decision, user.Name)
					}
					if !slices.ContainsFunc(grants, func(g explain.Grant) bool { return g.Policy == p.Name && g.Line == s.Line }) {
						m.Errorf("%s of the group %s: explain does not name it", s.Label(), group.Name)
					}
				}
			}
		}
	}
}

// checkTrustPolicies simulates assuming each role, and compares the result with
// explain, review and diff.
func (m *matrix) checkTrustPolicies() {
	for i, role := range m.set.Principals {
		if role.Trust == nil {
			continue
		}
		for j := range role.Trust.Statements {
			s := &role.Trust.Statements[j]
			action := assumeAction(s)
			if s.Effect != document.Allow || action == "" {
				continue
			}
			for _, p := range s.Principals {
				o := m.simulateAssume(role, action, p)
				grants := m.trustGrants(role, action, s)
				hasNote := o.Unknown || len(o.Conditional) > 0 || len(o.Notes) > 0
				switch {
				case len(grants) == 0:
					m.Errorf("%s of the trust policy of %s: explain does not name it for %s", s.Label(), role.Name, action)
				case o.Decision == simulate.ImplicitDeny && !hasNote && !grants[0].Refused && !m.hasFinding(s, append(neverMatchesRules, "refused-principal", "refused-action")...):
					m.Errorf("%s of the trust policy of %s names %s, but simulate says %s for %s without a note", s.Label(), role.Name, p, o.Decision, action)
				case o.Decision == simulate.Allowed && grants[0].Refused && len(o.Statements) == 1:
					m.Errorf("%s of the trust policy of %s: simulate allows %s, but explain reports that IAM refuses it", s.Label(), role.Name, action)
				case grants[0].Refused && !m.hasFinding(s, "refused-element", "refused-action", "invalid-action"):
					m.Errorf("%s of the trust policy of %s: explain reports that IAM refuses it, but review does not", s.Label(), role.Name)
				}
			}
			less, holder, doc := *m.set, *role, *role.Trust
			doc.Statements = slices.Delete(slices.Clone(doc.Statements), j, j+1)
			holder.Trust, less.Principals = &doc, slices.Clone(m.set.Principals)
			less.Principals[i] = &holder
			if len(role.Trust.Statements) == 1 && diff.Compare(m.set, &less).Empty() {
				m.Errorf("without %s no principal may assume %s, but diff reports no difference", s.Label(), role.Name)
			}
		}
	}
}

// assumeAction returns an action that assumes a role and that the statement of a
// trust policy matches; "" when there is none.
func assumeAction(s *document.Statement) string {
	for _, action := range []string{"sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"} {
		for _, pattern := range s.Actions {
			if matches, refused := document.MatchAction(pattern, action); matches && !refused {
				return action
			}
		}
	}
	return ""
}

// simulateAssume simulates that a principal assumes a role.
func (m *matrix) simulateAssume(role *document.Holder, action string, p document.Principal) simulate.Outcome {
	m.Helper()
	var s simulate.Simulation
	s.SetHolder(role, m.set)
	s.SetCaller(p)
	if _, err := s.AddAction(action); err != nil {
		m.Fatal(err)
	}
	outcomes, err := s.Run()
	if err != nil || len(outcomes) != 1 {
		m.Fatal(outcomes, err)
	}
	m.assumeRequests++
	return outcomes[0]
}

// trustGrants returns what explain reports about a statement of a trust policy.
func (m *matrix) trustGrants(role *document.Holder, action string, s *document.Statement) (all []explain.Grant) {
	m.Helper()
	answer, err := m.explainer.Explain(action)
	if err != nil {
		m.Fatal(err)
	}
	for _, a := range answer.Actions {
		for _, g := range a.Grants {
			if g.Trust && g.Name == role.Name && g.Line == s.Line && g.Statement == s.Label() {
				all = append(all, g)
			}
		}
	}
	return all
}

// extraTrustInputs are small inputs with groups and trust policies.
var extraTrustInputs = map[string]string{
	"a group and its member": "Resources:\n  G: {Type: AWS::IAM::Group, Properties: {GroupName: g, Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::a/*'}]}}]}}\n" +
		"  U: {Type: AWS::IAM::User, Properties: {UserName: u, Groups: [!Ref G]}}\n",
	"a member that is added": "Resources:\n  G: {Type: AWS::IAM::Group, Properties: {GroupName: g, Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'sqs:SendMessage', Resource: '*'}]}}]}}\n" +
		"  U: {Type: AWS::IAM::User, Properties: {UserName: u}}\n  A: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: !Ref G, Users: [!Ref U]}}\n",
	"a role for an account":                trustTemplate(`Principal: {AWS: '111122223333'}, Action: 'sts:AssumeRole'`),
	"a role for a condition":               trustTemplate(`Principal: {AWS: '*'}, Action: 'sts:*', Condition: {StringEquals: {'aws:PrincipalOrgID': o-1234567890}}`),
	"a role for an unknown account":        trustTemplate(`Principal: {AWS: !ImportValue Other}, Action: 'sts:AssumeRole'`),
	"a trust policy with a resource":       trustTemplate(`Principal: {AWS: '111122223333'}, Action: 'sts:AssumeRole', Resource: '*'`),
	"a trust policy with NotPrincipal":     trustTemplate(`NotPrincipal: {AWS: '111122223333'}, Action: 'sts:AssumeRole'`),
	"a bucket with NotPrincipal":           `{"Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}]}`,
	"a role for an identity provider":      trustTemplate(`Principal: {Federated: 'arn:aws:iam::111122223333:oidc-provider/example.com'}, Action: 'sts:AssumeRoleWithWebIdentity', Condition: {StringEquals: {'example.com:sub': 'a'}}`),
	"a role for a wildcard in the service": trustTemplate(`Principal: {AWS: '111122223333'}, Action: 's?s:AssumeRole'`),
}

// trustTemplate returns a template with a role whose trust policy has this
// statement.
func trustTemplate(statement string) string {
	return "Resources:\n  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, " + statement + "}]}}}\n"
}

// For NotPrincipal in a trust policy, review has a finding, and simulate allows
// no principal to assume the role.
func TestNotPrincipalInATrustPolicy(t *testing.T) {
	race.Skip(t, "every analysis is one goroutine")
	t.Parallel()
	set, err := document.ReadSet("t", []byte(extraTrustInputs["a trust policy with NotPrincipal"]))
	if err != nil {
		t.Fatal(err)
	}
	m := &matrix{T: t, set: set}
	o := m.simulateAssume(set.Principals[0], "sts:AssumeRole", document.Principal{Kind: "AWS", ID: "444455556666"})
	if o.Decision != simulate.ImplicitDeny || !o.Unknown || len(o.Notes) == 0 {
		t.Errorf("simulate says %+v", o)
	}
	report, err := review.Review(set, review.Options{})
	if err != nil || !slices.ContainsFunc(report.Findings, func(f review.Finding) bool { return f.Rule == "refused-element" }) {
		t.Errorf("review does not say that IAM refuses it: %v", err)
	}
}
