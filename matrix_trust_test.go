// The four policy commands on what is not a statement of a role or user itself: the
// groups that a user is in, and who may assume a role.

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

// members asks simulate for each Allow of a group as a member of it: what
// explain lists under the group, simulate allows the member.
func (m *matrix) members() {
	for _, group := range m.set.Principals {
		for _, user := range m.set.Principals {
			if group.Kind != document.GroupKind || !slices.Contains(user.Groups, group.Name) {
				continue
			}
			for _, p := range group.Policies {
				for i := range p.Document.Statements {
					s := &p.Document.Statements[i]
					action, resource, ok := sample(user, s)
					if s.Effect != document.Allow || !ok {
						continue
					}
					m.grouped++
					o := m.simulated(m.set, user, action, resource)
					grants, _ := m.explained(group, action) // it names the group, once
					if o.Decision == simulate.ImplicitDeny && !o.Unknown && len(o.Conditional) == 0 && user.Boundary == "" && !m.says(s, neverHolds...) {
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

// trusts asks simulate who may assume each role, and holds explain, review and diff
// against the answer.
func (m *matrix) trusts() {
	for i, role := range m.set.Principals {
		if role.Trust == nil {
			continue
		}
		for j := range role.Trust.Statements {
			s := &role.Trust.Statements[j]
			action := assuming(s)
			if s.Effect != document.Allow || action == "" {
				continue
			}
			for _, p := range s.Principals {
				o := m.assumed(role, action, p)
				named := m.trustGrants(role, action, s)
				words := o.Unknown || len(o.Conditional) > 0 || len(o.Notes) > 0
				switch {
				case len(named) == 0:
					m.Errorf("%s of the trust policy of %s: explain does not name it for %s", s.Label(), role.Name, action)
				case o.Decision == simulate.ImplicitDeny && !words && !named[0].Refused && !m.says(s, append(neverHolds, "refused-principal", "refused-action")...):
					m.Errorf("%s of the trust policy of %s lets in %s, and simulate says %s of %s without a word", s.Label(), role.Name, p, o.Decision, action)
				case o.Decision == simulate.Allowed && named[0].Refused && len(o.Statements) == 1:
					m.Errorf("%s of the trust policy of %s: simulate allows %s, and explain says that IAM refuses it", s.Label(), role.Name, action)
				case named[0].Refused && !m.says(s, "refused-element", "refused-action", "invalid-action"):
					m.Errorf("%s of the trust policy of %s: explain says that IAM refuses it, and review does not", s.Label(), role.Name)
				}
			}
			less, holder, doc := *m.set, *role, *role.Trust
			doc.Statements = slices.Delete(slices.Clone(doc.Statements), j, j+1)
			holder.Trust, less.Principals = &doc, slices.Clone(m.set.Principals)
			less.Principals[i] = &holder
			if len(role.Trust.Statements) == 1 && diff.Compare(m.set, &less).Empty() {
				m.Errorf("without %s no one may assume %s, and diff says the same", s.Label(), role.Name)
			}
		}
	}
}

// assuming is the first action that a statement of a trust policy names, "" if it
// names none that assumes a role.
func assuming(s *document.Statement) string {
	for _, action := range []string{"sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"} {
		for _, pattern := range s.Actions {
			if matches, refused := document.MatchAction(pattern, action); matches && !refused {
				return action
			}
		}
	}
	return ""
}

// assumed is the answer of simulate to who wants to assume a role.
func (m *matrix) assumed(role *document.Holder, action string, p document.Principal) simulate.Outcome {
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
	m.trusted++
	return outcomes[0]
}

// trustGrants are what explain says of a statement of a trust policy.
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

// ownTrusts are small inputs about groups and trust policies.
var ownTrusts = map[string]string{
	"a group and its member": "Resources:\n  G: {Type: AWS::IAM::Group, Properties: {GroupName: g, Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::a/*'}]}}]}}\n" +
		"  U: {Type: AWS::IAM::User, Properties: {UserName: u, Groups: [!Ref G]}}\n",
	"a member that is added": "Resources:\n  G: {Type: AWS::IAM::Group, Properties: {GroupName: g, Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'sqs:SendMessage', Resource: '*'}]}}]}}\n" +
		"  U: {Type: AWS::IAM::User, Properties: {UserName: u}}\n  A: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: !Ref G, Users: [!Ref U]}}\n",
	"a role for an account":                trusting(`Principal: {AWS: '111122223333'}, Action: 'sts:AssumeRole'`),
	"a role for a condition":               trusting(`Principal: {AWS: '*'}, Action: 'sts:*', Condition: {StringEquals: {'aws:PrincipalOrgID': o-1234567890}}`),
	"a role for an unknown account":        trusting(`Principal: {AWS: !ImportValue Other}, Action: 'sts:AssumeRole'`),
	"a trust policy with a resource":       trusting(`Principal: {AWS: '111122223333'}, Action: 'sts:AssumeRole', Resource: '*'`),
	"a trust policy with all but one":      trusting(`NotPrincipal: {AWS: '111122223333'}, Action: 'sts:AssumeRole'`),
	"a bucket for all but one":             `{"Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}]}`,
	"a role for an identity provider":      trusting(`Principal: {Federated: 'arn:aws:iam::111122223333:oidc-provider/example.com'}, Action: 'sts:AssumeRoleWithWebIdentity', Condition: {StringEquals: {'example.com:sub': 'a'}}`),
	"a role for a wildcard in the service": trusting(`Principal: {AWS: '111122223333'}, Action: 's?s:AssumeRole'`),
}

// trusting is a template of a role with a statement of its trust policy.
func trusting(statement string) string {
	return "Resources:\n  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, " + statement + "}]}}}\n"
}

// A NotPrincipal that a role's trust policy has is a finding of review, and for
// no one does simulate allow it.
func TestAllButOneInATrustPolicy(t *testing.T) {
	race.Skip(t, "every analysis is one goroutine")
	t.Parallel()
	set, err := document.ReadSet("t", []byte(ownTrusts["a trust policy with all but one"]))
	if err != nil {
		t.Fatal(err)
	}
	m := &matrix{T: t, set: set}
	o := m.assumed(set.Principals[0], "sts:AssumeRole", document.Principal{Kind: "AWS", ID: "444455556666"})
	if o.Decision != simulate.ImplicitDeny || !o.Unknown || len(o.Notes) == 0 {
		t.Errorf("simulate says %+v", o)
	}
	report, err := review.Review(set, review.Options{})
	if err != nil || !slices.ContainsFunc(report.Findings, func(f review.Finding) bool { return f.Rule == "refused-element" }) {
		t.Errorf("review does not say that IAM refuses it: %v", err)
	}
}
