// Tests that the policy commands review, diff, simulate and explain agree on
// all policy documents and templates in the test data, and on small difficult
// inputs.

package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"capaboot/internal/race"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/catalog"
	"capaboot/policies/diff"
	"capaboot/policies/document"
	"capaboot/policies/explain"
	"capaboot/policies/review"
	"capaboot/policies/simulate"
	"capaboot/policies/source"
)

func TestTheFourCommandsAgree(t *testing.T) {
	race.Skip(t, "every analysis is one goroutine")
	t.Parallel()
	catalogue, err := catalog.LoadStories()
	if err != nil {
		t.Fatal(err)
	}
	checkSameErrors(t)
	inputs := matrixInputs(t)
	requests, assumeRequests, memberRequests, unknownParts := 0, 0, 0, 0
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		t.Run(name, func(t *testing.T) {
			m := &matrix{T: t, name: name, text: []byte(inputs[name])}
			m.set = m.read()
			if m.explainer, err = explain.New(m.set, catalogue); err != nil {
				t.Fatal(err)
			}
			if m.report, err = review.Review(m.set, review.Options{}); err != nil {
				t.Fatal(err)
			}
			if result := diff.Compare(m.set, m.read()); !result.Empty() {
				t.Errorf("diff reports that the input differs from itself: %+v", result.Principals)
			}
			m.checkStatements()
			m.checkFindings()
			m.checkUnknownGrants()
			m.checkUnknownParts()
			m.checkResourcePolicies()
			m.checkGroupMembers()
			m.checkTrustPolicies()
			requests, assumeRequests = requests+m.requests, assumeRequests+m.assumeRequests
			memberRequests, unknownParts = memberRequests+m.memberRequests, unknownParts+m.unknownParts
		})
	}
	// Fail when too few inputs were read for the test to mean anything.
	if requests < 1000 || assumeRequests < 100 || memberRequests < 2 || unknownParts < 10 {
		t.Errorf("only %d requests were simulated, %d to assume roles, %d of group members; %d parts are unknown", requests, assumeRequests, memberRequests, unknownParts)
	}
}

// checkSameErrors checks that simulate, which reads policies differently, fails
// for the same files as the other commands. It ignores files for which simulate
// needs --role or --user.
func checkSameErrors(t *testing.T) {
	reader := source.Reader{Configuration: func(string, []byte) (*source.Generated, error) { return nil, nil }}
	for _, path := range testFiles(t) {
		_, all := reader.Read(t.Context(), path)
		_, _, alone := reader.ReadPolicies(t.Context(), path)
		if _, has := errors.AsType[*source.UnexpectedPrincipals](alone); !has && (all == nil) != (alone == nil) {
			t.Errorf("%s: review, diff and explain: %v; simulate: %v", path, all, alone)
		}
	}
}

// matrix is one input, with the results of the commands.
type matrix struct {
	*testing.T
	name           string
	text           []byte
	set            *document.Set
	report         *review.Report
	explainer      *explain.Explainer
	requests       int // simulated requests, except those to assume a role
	assumeRequests int // simulated requests to assume a role
	memberRequests int // simulated requests of members of groups
	unknownParts   int // unknown parts that every command must name
}

// read returns the input as a new set.
func (m *matrix) read() *document.Set {
	m.Helper()
	set, err := document.ReadSet(m.name, m.text)
	if err != nil {
		m.Fatal(err)
	}
	return set
}

// simulateRequest simulates one request of the holder h. If by names a principal,
// that principal makes the request, and h has the policy of the resource.
func (m *matrix) simulateRequest(set *document.Set, h *document.Holder, action, resource string, by ...document.Principal) simulate.Outcome {
	m.Helper()
	return m.runSimulation(&simulate.Simulation{}, set, h, action, resource, by...)
}

// runSimulation is like simulateRequest, but for a simulation that may already
// have condition keys.
func (m *matrix) runSimulation(s *simulate.Simulation, set *document.Set, h *document.Holder, action, resource string, by ...document.Principal) simulate.Outcome {
	m.Helper()
	if h.Kind == document.PolicyKind || len(by) > 0 {
		alone := *set
		alone.Principals = []*document.Holder{h}
		if err := s.AddPolicies(&alone); err != nil {
			m.Fatal(err)
		}
	} else {
		s.SetHolder(h, set)
	}
	for _, principal := range by {
		if principal.Kind != "" {
			s.SetCaller(principal)
		}
	}
	if _, err := s.AddAction(action); err != nil {
		m.Fatal(err)
	}
	if err := s.AddResource(resource); err != nil {
		m.Fatal(err)
	}
	outcomes, err := s.Run()
	if err != nil || len(outcomes) != 1 {
		m.Fatal(outcomes, err)
	}
	m.requests++
	return outcomes[0]
}

// explainedGrants returns the statements about an action that explain lists for
// a holder, without those of a trust policy. It also returns the notes of the
// answer.
func (m *matrix) explainedGrants(h *document.Holder, action string) (all []explain.Grant, notes []string) {
	m.Helper()
	answer, err := m.explainer.Explain(action)
	if err != nil {
		m.Fatal(err)
	}
	for _, a := range answer.Actions {
		for _, g := range a.Grants {
			if g.Name == h.Name && g.Kind == h.Kind && !g.Trust {
				all = append(all, g)
			}
		}
	}
	return all, answer.Notes
}

// makesRequests reports whether a holder can be the caller of a request.
func makesRequests(h *document.Holder) bool { return h.Kind != document.GroupKind }

// checkStatements simulates a request for each Allow, and compares the result
// with explain and diff.
func (m *matrix) checkStatements() {
	for i, h := range m.set.Principals {
		if !makesRequests(h) {
			continue
		}
		for j, p := range h.Policies {
			for k := range p.Document.Statements {
				s := &p.Document.Statements[k]
				action, resource, ok := sampleRequest(h, s)
				if s.Effect != document.Allow || !ok {
					continue
				}
				at := fmt.Sprintf("%s %s, %s of %s, %s on %s", h.Kind, h.Name, s.Label(), p.Name, action, resource)
				o := m.simulateRequest(m.set, h, action, resource)
				m.compareWithExplain(at, h, p.Name, s, o)
				reduced := withoutStatement(m.set, i, j, k)
				outcomeWithout := m.simulateRequest(reduced, reduced.Principals[i], action, resource)
				same := o.Decision == outcomeWithout.Decision && o.Unknown == outcomeWithout.Unknown && len(o.Conditional) == len(outcomeWithout.Conditional)
				if !same && !slices.Contains(redundantStatements, m.Name()+" "+s.Label()) && diff.Compare(m.set, reduced).Empty() {
					m.Errorf("%s: simulate says %s, and without the statement %s; diff reports no difference", at, o.Decision, outcomeWithout.Decision)
				}
			}
		}
	}
}

// redundantStatements have a condition that implies the condition of another
// statement. simulate lists both conditions as alternatives, so without the
// statement one alternative is missing, although every request is decided as before.
var redundantStatements = []string{
	"TestTheFourCommandsAgree/policies/review/testdata/any-resource/good.json Statement[2]",
	"TestTheFourCommandsAgree/policies/review/testdata/for-all-values-allow/good.json Statement[5]",
	"TestTheFourCommandsAgree/policies/review/testdata/unclear-value/bad.json Statement[2]",
	"TestTheFourCommandsAgree/policies/review/testdata/unclear-value/good.json Statement[6]",
}

// withoutStatement returns a copy of a set without one statement of a principal's
// policy. The rest is shared with the original.
func withoutStatement(set *document.Set, principal, policy, statement int) *document.Set {
	reduced, holder := *set, *set.Principals[principal]
	doc := *holder.Policies[policy].Document
	doc.Statements = slices.Delete(slices.Clone(doc.Statements), statement, statement+1)
	holder.Policies = slices.Clone(holder.Policies)
	holder.Policies[policy].Document = &doc
	reduced.Principals = slices.Clone(reduced.Principals)
	reduced.Principals[principal] = &holder
	return &reduced
}

// compareWithExplain compares the result of a simulation with that of explain.
func (m *matrix) compareWithExplain(at string, h *document.Holder, policy string, s *document.Statement, o simulate.Outcome) {
	m.Helper()
	grants, notes := m.explainedGrants(h, o.Action)
	allowsNothing := s.Label() + " of policy " + policy + " allows nothing to " + string(h.Kind) + " " + h.Name
	saysSo := slices.ContainsFunc(notes, func(note string) bool { return strings.HasPrefix(note, allowsNothing) })
	has := func(is func(explain.Grant) bool) bool { return slices.ContainsFunc(grants, is) }
	allows := func(g explain.Grant) bool { return g.Effect == document.Allow && !g.Boundary && !g.Refused }
	_, exempt := authz.NeedsNoPermission(o.Action)
	index := slices.IndexFunc(grants, func(g explain.Grant) bool {
		return g.Effect == document.Allow && !g.Boundary && g.Policy == policy && g.Statement == s.Label() && g.Line == s.Line
	})
	switch {
	case exempt:
		if o.Decision != simulate.Allowed {
			m.Errorf("%s: it needs no permission, but simulate says %s", at, o.Decision)
		}
	case (o.Decision == simulate.Allowed || len(o.Conditional) > 0) && !has(allows):
		m.Errorf("%s: simulate says %s (conditional: %d), but explain lists no statement that allows it", at, o.Decision, len(o.Conditional))
	case index < 0:
		m.Errorf("%s: explain does not name the statement", at)
	case o.Decision == simulate.ExplicitDeny && !mayDeny(h) && !has(func(g explain.Grant) bool { return g.Effect == document.Deny }):
		m.Errorf("%s: simulate says explicitDeny, but explain lists no statement that denies it", at)
	case o.Decision == simulate.ImplicitDeny && !o.Unknown && len(o.Conditional) == 0 && h.Boundary == "" && !grants[index].Useless && !saysSo && !m.hasFinding(s, neverMatchesRules...) &&
		!slices.ContainsFunc(o.Notes, func(note string) bool {
			return note == "the resource policies in the input belong to other resources" || strings.HasPrefix(note, "aws:RequestedRegion is assumed")
		}):
		m.Errorf("%s: explain says allowed, but simulate says %s without a note: %s", at, o.Decision, o.Reason)
	}
	if index >= 0 && len(s.NotPrincipals) > 0 && !grants[index].Unsupported && !grants[index].Refused {
		m.Errorf("%s: AWS does not support NotPrincipal in an Allow, but explain does not report that", at)
	}
	if len(s.NotPrincipals) > 0 && !m.hasFinding(s, "not-principal", "refused-element") {
		m.Errorf("%s: AWS does not support NotPrincipal in an Allow, but review does not report that", at)
	}
	if o.Unknown && index >= 0 && len(grants[index].UnknownParts)+len(grants[index].When) == 0 && !grants[index].Refused && len(m.set.Unknown(strings.Join(s.Resources, " "))) > 0 {
		m.Errorf("%s: it is unknown to simulate, but explain does not report that", at)
	}
}

// mayDeny reports whether a policy of a holder has a statement whose effect is
// unknown. explain counts such a statement as an Allow, simulate also as a Deny.
func mayDeny(h *document.Holder) bool {
	return slices.ContainsFunc(h.Policies, func(p document.Policy) bool {
		return slices.ContainsFunc(p.Document.Statements, func(s document.Statement) bool { return s.MayDeny })
	})
}

// neverMatchesRules are the review rules that report why an Allow allows
// nothing.
var neverMatchesRules = []string{"value-of-other-type", "condition-never-holds", "conditions-contradict", "private-source-ip", "refused-variable", "refused-element", "unknown-condition-key", "unknown-region", "value-shape", "operator-of-other-type", "variables-without-version", "wrong-partition", "literal-wildcard", "trust-never", "user-policy"}

// hasFinding reports whether review has a finding of one of the rules about a
// statement.
func (m *matrix) hasFinding(s *document.Statement, rules ...string) bool {
	return slices.ContainsFunc(m.report.Findings, func(f review.Finding) bool {
		return f.Line == s.Line && f.Column == s.Column && slices.Contains(rules, f.Rule)
	})
}

// checkFindings simulates the requests that review warns about. simulate must
// not deny any of them without a note, a condition or an unknown outcome.
func (m *matrix) checkFindings() {
	for _, f := range m.report.Findings {
		if f.Trust || !strings.HasPrefix(f.Rule, "escalation-") && !slices.Contains([]string{"full-access", "any-resource", "service-wildcard", "secrets-of-others", "reads-everything"}, f.Rule) {
			continue
		}
		for _, h := range m.set.Principals {
			if !makesRequests(h) || len(f.Principals) > 0 && !slices.Contains(f.Principals, h.Name) || len(f.Principals) == 0 && h.Name != f.Policy || h.ResourceType != "" {
				continue
			}
			steps := f.Path
			if len(steps) == 0 {
				steps = []review.PathStep{{Actions: f.Actions, Resources: f.Resources}}
			}
			for _, step := range steps {
				holder := m.holderOfStep(h, step)
				if holder == nil || holder.Boundary != "" {
					continue
				}
				action, resource, ok := sampleRequest(holder, &document.Statement{Actions: step.Actions, Resources: step.Resources})
				if !ok {
					continue
				}
				if o := m.simulateRequest(m.set, holder, action, resource); o.Decision == simulate.ImplicitDeny && !o.Unknown && len(o.Conditional)+len(o.Notes) == 0 {
					m.Errorf("%s of %s: simulate says %s for %s on %s without a note", f.Rule, holder.Name, o.Decision, action, resource)
				}
			}
		}
	}
}

// holderOfStep returns the principal that takes a step; in a chain of roles, it
// can differ from first. It returns nil for a principal that makes no requests.
func (m *matrix) holderOfStep(first *document.Holder, step review.PathStep) *document.Holder {
	if step.Principal == "" {
		return first
	}
	for _, h := range m.set.Principals {
		if makesRequests(h) && step.Principal == string(h.Kind)+" "+h.Name {
			return h
		}
	}
	return nil
}

// checkUnknownGrants checks that explain and simulate add a note where review
// reports an unknown grant, and that diff reports a change in each part that is not
// read.
func (m *matrix) checkUnknownGrants() {
	for _, f := range m.report.Findings {
		if f.Rule != "unknown-grant" || f.Statement != "" {
			continue
		}
		answer, err := m.explainer.Explain("s3:GetObject")
		if err != nil {
			m.Fatal(err)
		}
		if len(answer.Notes) == 0 {
			m.Errorf("review reports that the grants of %s are unknown (%v), but explain has no note", f.Policy, f.Message)
		}
		for _, h := range m.set.Principals {
			if !makesRequests(h) || len(f.Principals) > 0 && !slices.Contains(f.Principals, h.Name) || h.ResourceType != "" {
				continue
			}
			if o := m.simulateRequest(m.set, h, "s3:GetObject", "arn:aws:s3:::bucket/key"); len(o.Notes) == 0 {
				m.Errorf("review reports that the grants of %s to %s are unknown, but simulate has no note", f.Policy, h.Name)
			}
		}
	}
	changed := func(name string, change func(*document.Set)) {
		set := m.read()
		change(set)
		if diff.Compare(m.set, set).Empty() {
			m.Errorf("%s has changed, but diff reports no difference", name)
		}
	}
	for i, u := range m.set.Unread {
		changed(u.Name(), func(s *document.Set) { s.Unread[i].Content += "x" })
	}
	for i, h := range m.set.Principals {
		for j, name := range h.Attached {
			changed(name, func(s *document.Set) { s.Principals[i].Attached[j] = "arn:aws:iam::111122223333:policy/other" })
		}
		if len(m.set.GroupsElsewhere(h)) > 0 {
			changed("a group", func(s *document.Set) { s.Principals[i].Groups = nil })
		}
	}
}

// sampleRequest returns a request for a statement: the first action that it
// matches, on the first of its resources that the action supports. ok is false
// when there is no such request.
func sampleRequest(h *document.Holder, s *document.Statement) (action, resource string, ok bool) {
	var found *authz.Action
	for _, pattern := range s.Actions {
		if matches := authz.Find(pattern); len(matches) > 0 && found == nil && !strings.Contains(pattern, "${") {
			if _, refused := document.MatchAction(pattern, matches[0].String()); !refused {
				found = matches[0]
			}
		}
	}
	if len(s.NotActions) > 0 {
		for _, name := range []string{"ec2:RunInstances", "s3:GetObject", "iam:PutRolePolicy", "sqs:SendMessage", "kms:Decrypt"} {
			excluded := func(pattern string) bool {
				matches, _ := document.MatchAction(pattern, name)
				return matches || strings.Contains(pattern, "${")
			}
			if a, known := authz.Lookup(name); known && found == nil && !slices.ContainsFunc(s.NotActions, excluded) {
				found = a
			}
		}
	}
	if found == nil || len(s.Resources) == 0 {
		return "", "", false
	}
	for _, pattern := range s.Resources {
		if h.Kind == document.RoleKind && document.NeedUserName([]string{pattern}) && !document.NeedUserName(s.Resources) {
			continue // the resource of no request of a role
		}
		if one := matchingARN(strings.ReplaceAll(pattern, "${aws:username}", h.Name), found); one != "" {
			return found.String(), one, true
		}
	}
	return "", "", false
}

// matchingARN returns a resource that the pattern matches and the action
// supports; "" when there is none.
func matchingARN(pattern string, action *authz.Action) string {
	if pattern == "*" {
		if len(action.Resources) == 0 {
			return "*"
		}
		pattern = action.Resources[0].Type.ARNPatterns[0]
	} else if !action.Allows(pattern) {
		return ""
	}
	fields := arn.ParsePattern(arn.Complete(pattern)).Fields()
	for i, value := range map[int]string{1: "aws", 3: "us-east-1", 4: "111122223333"} {
		if fields[i] == "*" || strings.Contains(fields[i], "${") {
			fields[i] = value
		}
	}
	text := strings.Join(fields[:], ":")
	for name, value := range map[string]string{"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "111122223333"} {
		text = strings.ReplaceAll(text, "${"+name+"}", value)
	}
	var b strings.Builder
	for depth, i := 0, 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "${"):
			if depth++; depth == 1 {
				b.WriteByte('x')
			}
			i++
		case text[i] == '}' && depth > 0:
			depth--
		case depth > 0:
		case text[i] == '*' || text[i] == '?':
			b.WriteByte('x')
		default:
			b.WriteByte(text[i])
		}
	}
	if _, ok := arn.Parse(b.String()); !ok {
		return ""
	}
	return b.String()
}
