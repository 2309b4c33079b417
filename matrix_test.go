// Tests that the four policy commands do not contradict each other: every policy
// document and template of the test data, and small inputs of the kinds that are
// hard to answer, goes through review, diff, simulate and explain.

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
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
	sameErrors(t)
	inputs := matrixInputs(t)
	asked, trusted, grouped, unknown := 0, 0, 0, 0
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
				t.Errorf("diff says that it differs from itself: %+v", result.Principals)
			}
			m.statements()
			m.findings()
			m.unknowns()
			m.unknownParts()
			m.resourcePolicies()
			m.members()
			m.trusts()
			asked, trusted, grouped, unknown = asked+m.asked, trusted+m.trusted, grouped+m.grouped, unknown+m.unknown
		})
	}
	// Without this test, no one would notice when nothing is read from the inputs.
	if asked < 1000 || trusted < 100 || grouped < 2 || unknown < 10 {
		t.Errorf("only %d requests were asked, %d to assume roles, %d of members of groups; %d parts are unknown", asked, trusted, grouped, unknown)
	}
}

// sameErrors holds the two ways to read a file against each other: simulate reads
// the policies of the caller by itself.
func sameErrors(t *testing.T) {
	reader := source.Reader{Configuration: func(string, []byte) (*source.Generated, error) { return nil, nil }}
	for _, path := range testFiles(t) {
		_, all := reader.Read(t.Context(), path)
		_, _, alone := reader.Policies(t.Context(), path)
		if _, has := errors.AsType[*source.HasPrincipals](alone); !has && (all == nil) != (alone == nil) {
			t.Errorf("%s: review, diff and explain: %v; simulate: %v", path, all, alone)
		}
	}
}

// testFiles are the paths of all JSON and YAML below the testdata folders.
func testFiles(t *testing.T) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(filepath.ToSlash(path), "testdata/") && slices.Contains([]string{".json", ".yaml", ".yml"}, filepath.Ext(path)) {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// matrixInputs are the texts of the policy documents and templates, by name.
func matrixInputs(t *testing.T) map[string]string {
	inputs := map[string]string{}
	for _, path := range testFiles(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := document.ReadSet("", text); err == nil {
			inputs[filepath.ToSlash(path)] = string(text)
		}
	}
	if len(inputs) < 100 {
		t.Fatalf("only %d inputs below testdata", len(inputs))
	}
	for _, own := range []map[string]string{ownInputs, ownTrusts, ownUnknowns} {
		for name, text := range own {
			inputs["own/"+name] = text
		}
	}
	return inputs
}

// matrix is one input, and what the commands say of it.
type matrix struct {
	*testing.T
	name      string
	text      []byte
	set       *document.Set
	report    *review.Report
	explainer *explain.Explainer
	asked     int
	trusted   int // to assume roles
	grouped   int // of members of groups
	unknown   int // parts that all commands name
}

func (m *matrix) read() *document.Set {
	m.Helper()
	set, err := document.ReadSet(m.name, m.text)
	if err != nil {
		m.Fatal(err)
	}
	return set
}

// simulated is the answer to one request of a holder, or of another principal for a
// resource with a policy.
func (m *matrix) simulated(set *document.Set, h *document.Holder, action, resource string, by ...document.Principal) simulate.Outcome {
	m.Helper()
	return m.outcome(&simulate.Simulation{}, set, h, action, resource, by...)
}

func (m *matrix) outcome(s *simulate.Simulation, set *document.Set, h *document.Holder, action, resource string, by ...document.Principal) simulate.Outcome {
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
	m.asked++
	return outcomes[0]
}

// explained are the statements about an action that a holder has.
func (m *matrix) explained(h *document.Holder, action string) (all []explain.Grant, notes []string) {
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

// canAsk reports whether simulate knows requests of a holder.
func canAsk(h *document.Holder) bool { return h.Kind != document.GroupKind }

// statements asks simulate for what each Allow is about, and holds explain and
// diff against the answer.
func (m *matrix) statements() {
	for i, h := range m.set.Principals {
		if !canAsk(h) {
			continue
		}
		for j, p := range h.Policies {
			for k := range p.Document.Statements {
				s := &p.Document.Statements[k]
				action, resource, ok := sample(h, s)
				if s.Effect != document.Allow || !ok {
					continue
				}
				at := fmt.Sprintf("%s %s, %s of %s, %s on %s", h.Kind, h.Name, s.Label(), p.Name, action, resource)
				o := m.simulated(m.set, h, action, resource)
				m.explainedToo(at, h, p.Name, s, o)
				less := without(m.set, i, j, k)
				without := m.simulated(less, less.Principals[i], action, resource)
				same := o.Decision == without.Decision && o.Unknown == without.Unknown && len(o.Conditional) == len(without.Conditional)
				if !same && diff.Compare(m.set, less).Empty() {
					m.Errorf("%s: simulate says %s, and without the statement %s; diff says the same", at, o.Decision, without.Decision)
				}
			}
		}
	}
}

// without is a set that lacks one statement of a policy of a principal; the rest
// is shared with the whole.
func without(set *document.Set, principal, policy, statement int) *document.Set {
	less, holder := *set, *set.Principals[principal]
	doc := *holder.Policies[policy].Document
	doc.Statements = slices.Delete(slices.Clone(doc.Statements), statement, statement+1)
	holder.Policies = slices.Clone(holder.Policies)
	holder.Policies[policy].Document = &doc
	less.Principals = slices.Clone(less.Principals)
	less.Principals[principal] = &holder
	return &less
}

// explainedToo compares an answer of simulate with that of explain.
func (m *matrix) explainedToo(at string, h *document.Holder, policy string, s *document.Statement, o simulate.Outcome) {
	m.Helper()
	grants, _ := m.explained(h, o.Action)
	has := func(is func(explain.Grant) bool) bool { return slices.ContainsFunc(grants, is) }
	allows := func(g explain.Grant) bool { return g.Effect == document.Allow && !g.Boundary && !g.Refused }
	_, exempt := authz.NeedsNoPermission(o.Action)
	this := slices.IndexFunc(grants, func(g explain.Grant) bool {
		return g.Effect == document.Allow && !g.Boundary && g.Policy == policy && g.Statement == s.Label() && g.Line == s.Line
	})
	switch {
	case exempt:
		if o.Decision != simulate.Allowed {
			m.Errorf("%s: it needs no permission, and simulate says %s", at, o.Decision)
		}
	case (o.Decision == simulate.Allowed || len(o.Conditional) > 0) && !has(allows):
		m.Errorf("%s: simulate says %s (conditional: %d), and explain names no statement that allows it", at, o.Decision, len(o.Conditional))
	case this < 0:
		m.Errorf("%s: explain does not name the statement", at)
	case o.Decision == simulate.ExplicitDeny && !has(func(g explain.Grant) bool { return g.Effect == document.Deny }):
		m.Errorf("%s: simulate says explicitDeny, and explain names no statement that denies it", at)
	case o.Decision == simulate.ImplicitDeny && !o.Unknown && len(o.Conditional) == 0 && h.Boundary == "" && !grants[this].Useless && !m.says(s, neverHolds...) &&
		!slices.Contains(o.Notes, "the resource policies in the input belong to other resources"):
		m.Errorf("%s: explain says allowed, and simulate %s without a word: %s", at, o.Decision, o.Reason)
	}
	if this >= 0 && len(s.NotPrincipals) > 0 && !grants[this].Unsupported && !grants[this].Refused {
		m.Errorf("%s: AWS does not support NotPrincipal in an Allow, and explain does not say that", at)
	}
	if len(s.NotPrincipals) > 0 && !m.says(s, "not-principal", "refused-element") {
		m.Errorf("%s: AWS does not support NotPrincipal in an Allow, and review does not say that", at)
	}
	if o.Unknown && this >= 0 && len(grants[this].Unknown)+len(grants[this].When) == 0 && !grants[this].Refused && len(m.set.Unknown(strings.Join(s.Resources, " "))) > 0 {
		m.Errorf("%s: simulate does not know it, and explain does not say that", at)
	}
}

// neverHolds are the rules of review that say why an Allow allows nothing.
var neverHolds = []string{"value-of-other-type", "condition-never-holds", "conditions-contradict", "private-source-ip", "refused-variable", "refused-element", "unknown-condition-key", "unknown-region", "value-shape", "operator-of-other-type", "variables-without-version", "wrong-partition", "literal-wildcard", "trust-never", "user-policy"}

// says reports whether review has a finding of some rules about a statement.
func (m *matrix) says(s *document.Statement, rules ...string) bool {
	return slices.ContainsFunc(m.report.Findings, func(f review.Finding) bool {
		return f.Line == s.Line && f.Column == s.Column && slices.Contains(rules, f.Rule)
	})
}

// findings asks simulate for what review warns of: it must not be denied without
// a word.
func (m *matrix) findings() {
	for _, f := range m.report.Findings {
		if f.Trust || !strings.HasPrefix(f.Rule, "escalation-") && !slices.Contains([]string{"full-access", "any-resource", "service-wildcard", "secrets-of-others", "reads-everything"}, f.Rule) {
			continue
		}
		for _, h := range m.set.Principals {
			if !canAsk(h) || len(f.Principals) > 0 && !slices.Contains(f.Principals, h.Name) || len(f.Principals) == 0 && h.Name != f.Policy || h.Of != "" {
				continue
			}
			steps := f.Path
			if len(steps) == 0 {
				steps = []review.PathStep{{Actions: f.Actions, Resources: f.Resources}}
			}
			for _, step := range steps {
				asks := m.asks(h, step)
				if asks == nil || asks.Boundary != "" {
					continue
				}
				action, resource, ok := sample(asks, &document.Statement{Actions: step.Actions, Resources: step.Resources})
				if !ok {
					continue
				}
				if o := m.simulated(m.set, asks, action, resource); o.Decision == simulate.ImplicitDeny && !o.Unknown && len(o.Conditional)+len(o.Notes) == 0 {
					m.Errorf("%s of %s: simulate says %s of %s on %s without a word", f.Rule, asks.Name, o.Decision, action, resource)
				}
			}
		}
	}
}

// asks is who takes a step: another than the first principal in a chain of roles, nil
// when it is no one who can ask.
func (m *matrix) asks(first *document.Holder, step review.PathStep) *document.Holder {
	if step.Principal == "" {
		return first
	}
	for _, h := range m.set.Principals {
		if canAsk(h) && step.Principal == string(h.Kind)+" "+h.Name {
			return h
		}
	}
	return nil
}

// unknowns holds the others against what review says it does not know.
func (m *matrix) unknowns() {
	for _, f := range m.report.Findings {
		if f.Rule != "unknown-grant" || f.Statement != "" {
			continue
		}
		answer, err := m.explainer.Explain("s3:GetObject")
		if err != nil {
			m.Fatal(err)
		}
		if len(answer.Notes) == 0 {
			m.Errorf("review does not know what %s grants (%v), and explain has no note", f.Policy, f.Message)
		}
		for _, h := range m.set.Principals {
			if !canAsk(h) || len(f.Principals) > 0 && !slices.Contains(f.Principals, h.Name) || h.Of != "" {
				continue
			}
			if o := m.simulated(m.set, h, "s3:GetObject", "arn:aws:s3:::bucket/key"); len(o.Notes) == 0 {
				m.Errorf("review does not know what %s grants %s, and simulate has no note", f.Policy, h.Name)
			}
		}
	}
	changed := func(what string, change func(*document.Set)) {
		set := m.read()
		change(set)
		if diff.Compare(m.set, set).Empty() {
			m.Errorf("diff says the same, and %s is another one", what)
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

// sample is a request that a statement is about: the first action that it matches,
// on the first of its resources that the action works on.
func sample(h *document.Holder, s *document.Statement) (action, resource string, ok bool) {
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
		if one := concrete(strings.ReplaceAll(pattern, "${aws:username}", h.Name), found); one != "" {
			return found.String(), one, true
		}
	}
	return "", "", false
}

// concrete is an ARN that a pattern matches and the action works on, "" if the
// action does not work on what it matches.
func concrete(pattern string, action *authz.Action) string {
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
