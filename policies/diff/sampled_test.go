// Tests of the comparison against an independent evaluator: random policies,
// and every request of a small world.

package diff

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"capaboot/policies/document"
)

// request is one request of the small world.
type request struct{ action, resource, key string }

// world has texts that wildcards of the random policies can and cannot tell
// apart; the key is absent in some requests.
func world() []request {
	var all []request
	for _, action := range []string{"a:x", "a:xy", "a:y", "a:z", "b:x", "b:z"} {
		for _, resource := range []string{"r1", "r2", "r12", "q"} {
			for _, key := range []string{"", "k1", "k2", "k3"} {
				all = append(all, request{action, resource, key})
			}
		}
	}
	return all
}

// simpleMatch is what a wildcard is, tried in every way.
func simpleMatch(pattern, text string) bool {
	if pattern == "" {
		return text == ""
	}
	if pattern[0] == '*' {
		return simpleMatch(pattern[1:], text) || text != "" && simpleMatch(pattern, text[1:])
	}
	return text != "" && (pattern[0] == '?' || pattern[0] == text[0]) && simpleMatch(pattern[1:], text[1:])
}

func anyMatch(patterns []string, text string) bool {
	for _, p := range patterns {
		if simpleMatch(p, text) {
			return true
		}
	}
	return false
}

// matches reports whether a statement is about a request.
func matches(s document.Statement, r request) bool {
	if len(s.Actions) > 0 && !anyMatch(s.Actions, r.action) || len(s.NotActions) > 0 && anyMatch(s.NotActions, r.action) {
		return false
	}
	if len(s.Resources) > 0 && !anyMatch(s.Resources, r.resource) || len(s.NotResources) > 0 && anyMatch(s.NotResources, r.resource) {
		return false
	}
	for _, c := range s.Conditions {
		equal := false
		for _, v := range c.Values {
			equal = equal || v == r.key
		}
		var holds bool
		switch c.Operator {
		case "StringEquals":
			holds = r.key != "" && equal
		case "StringEqualsIfExists":
			holds = r.key == "" || equal
		case "StringNotEquals":
			holds = r.key == "" || !equal
		case "Null":
			holds = (r.key == "") == (c.Values[0] == "true")
		default:
			panic(c.Operator)
		}
		if !holds {
			return false
		}
	}
	return true
}

func decided(doc *document.Document, r request) bool {
	allowed := false
	for _, s := range doc.Statements {
		if matches(s, r) {
			if s.Effect == document.Deny {
				return false
			}
			allowed = true
		}
	}
	return allowed
}

// allowed is IAM's decision for a holder: its policies within its boundary.
func allowed(h *document.Holder, r request) bool {
	union := &document.Document{}
	for _, p := range h.Policies {
		union.Statements = append(union.Statements, p.Document.Statements...)
	}
	return decided(union, r) && (h.BoundaryPolicy == nil || decided(h.BoundaryPolicy, r))
}

type generator struct{ *rand.Rand }

func (g generator) some(texts ...string) []string {
	list := []string{texts[g.IntN(len(texts))]}
	for g.IntN(3) == 0 {
		list = append(list, texts[g.IntN(len(texts))])
	}
	return list
}

func (g generator) document(denials bool) *document.Document {
	d := &document.Document{Version: "2012-10-17"}
	for i := range 1 + g.IntN(3) {
		s := document.Statement{Index: i, Effect: document.Allow}
		if denials && g.IntN(3) == 0 {
			s.Effect = document.Deny
		}
		actions := g.some("a:x", "a:xy", "a:y", "a:*", "a:x*", "*", "b:x", "a:?", "*:x")
		if g.IntN(5) == 0 {
			s.NotActions = actions
		} else {
			s.Actions = actions
		}
		resources := g.some("r1", "r2", "r*", "*", "r?", "q")
		if g.IntN(5) == 0 {
			s.NotResources = resources
		} else {
			s.Resources = resources
		}
		for g.IntN(3) == 0 {
			c := document.Condition{Key: "Key", Operator: []string{"StringEquals", "StringEqualsIfExists", "StringNotEquals", "Null"}[g.IntN(4)]}
			if c.Values = g.some("k1", "k2"); c.Operator == "Null" {
				c.Values = g.some("true", "false")[:1]
			}
			s.Conditions = append(s.Conditions, c)
		}
		d.Statements = append(d.Statements, s)
	}
	return d
}

func (g generator) holder(denials bool) *document.Holder {
	h := &document.Holder{Kind: document.RoleKind, Name: "r"}
	for i := range 1 + g.IntN(2) {
		h.Policies = append(h.Policies, document.Policy{Name: fmt.Sprint("p", i), Document: g.document(denials)})
	}
	if denials && g.IntN(4) == 0 {
		h.Boundary, h.BoundaryPolicy = fmt.Sprint("b", g.IntN(2)), g.document(true)
	}
	return h
}

// changed makes a second holder by small changes of the first, so that many
// pairs are nearly the same.
func (g generator) changed(h *document.Holder, denials bool) *document.Holder {
	if g.IntN(6) == 0 {
		return g.holder(denials)
	}
	c := *h
	c.Policies = nil
	for _, p := range h.Policies {
		d := *p.Document
		d.Statements = append([]document.Statement(nil), d.Statements...)
		g.Shuffle(len(d.Statements), func(i, j int) { d.Statements[i], d.Statements[j] = d.Statements[j], d.Statements[i] })
		i := g.IntN(len(d.Statements))
		switch other := g.document(denials).Statements[0]; g.IntN(6) {
		case 0:
			d.Statements = append(d.Statements, other)
		case 1:
			d.Statements[i] = other
		case 2:
			d.Statements[i].Conditions = other.Conditions
		case 3:
			d.Statements[i].Resources, d.Statements[i].NotResources = other.Resources, other.NotResources
		case 4:
			d.Statements[i].Actions, d.Statements[i].NotActions = other.Actions, other.NotActions
		}
		c.Policies = append(c.Policies, document.Policy{Name: p.Name, Document: &d})
	}
	if g.IntN(6) == 0 {
		c.Boundary, c.BoundaryPolicy = "", nil
	}
	return &c
}

// about reports whether a grant speaks of a request; one without effect speaks
// of all.
func (g Grant) about(r request) bool {
	if g.Effect == "" {
		return true
	}
	s := document.Statement{NotActions: g.NotActions, Resources: g.Resources, NotResources: g.NotResources}
	for _, a := range g.Actions {
		s.Actions = append(s.Actions, a.Action)
	}
	for _, c := range g.Conditions {
		s.Conditions = append(s.Conditions, document.Condition{Operator: c.Operator, Key: c.Key, Values: c.Values})
	}
	return matches(s, r)
}

func describe(h *document.Holder) string {
	var b strings.Builder
	for _, p := range h.Policies {
		for _, s := range p.Document.Statements {
			fmt.Fprintf(&b, "%s: %s %v !%v on %v !%v if %v\n", p.Name, s.Effect, s.Actions, s.NotActions, s.Resources, s.NotResources, s.Conditions)
		}
	}
	if h.BoundaryPolicy != nil {
		for _, s := range h.BoundaryPolicy.Statements {
			fmt.Fprintf(&b, "boundary %s: %s %v !%v on %v !%v if %v\n", h.Boundary, s.Effect, s.Actions, s.NotActions, s.Resources, s.NotResources, s.Conditions)
		}
	}
	return b.String()
}

// TestNoDecisionChangesWithoutAnEntry is the promise of the package: when a
// request is decided in another way, there is an entry about that request, on
// the right side.
func TestNoDecisionChangesWithoutAnEntry(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(5, 7))}
	requests := world()
	decisions, quiet := 0, 0
	for range 4000 {
		before := g.holder(true)
		after := g.changed(before, true)
		result := Compare(&document.Set{Principals: []*document.Holder{before}}, &document.Set{Principals: []*document.Holder{after}})
		if result.Empty() {
			quiet++
			result.Principals = []Principal{{}}
		}
		for _, r := range requests {
			was, is := allowed(before, r), allowed(after, r)
			entries, side := result.Principals[0].Gained, "gained"
			if was && !is {
				entries, side = result.Principals[0].Lost, "lost"
			}
			if was == is {
				continue
			}
			decisions++
			found := false
			for _, e := range entries {
				found = found || e.about(r)
			}
			if !found {
				t.Fatalf("%v is %s without an entry\nbefore\n%safter\n%sresult\n%s", r, side, describe(before), describe(after), outline(result))
			}
		}
	}
	if decisions < 1000 || quiet < 100 {
		t.Errorf("%d decisions changed and %d pairs did not: the samples test too little", decisions, quiet)
	}
}

// TestEveryGrantIsReal: without denials, and for statements that nothing else
// can make up together, every grant gained is one that some request shows.
func TestEveryGrantIsReal(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(11, 13))}
	requests := world()
	grants := 0
	for range 3000 {
		// One statement each: a union of several cannot cover.
		one := func() *document.Holder {
			h := g.holder(false)
			h.Policies = h.Policies[:1]
			d := h.Policies[0].Document
			d.Statements = d.Statements[:1]
			s := &d.Statements[0]
			s.Actions, s.NotActions = append(s.Actions, s.NotActions...)[:1], nil
			s.Resources, s.NotResources = append(s.Resources, s.NotResources...)[:1], nil
			if len(s.Conditions) > 1 {
				s.Conditions = s.Conditions[:1]
			}
			return h
		}
		before, after := one(), one()
		// Between different operators the comparison does not decide.
		if a, b := before.Policies[0].Document.Statements[0].Conditions, after.Policies[0].Document.Statements[0].Conditions; len(a) > 0 && len(b) > 0 && a[0].Operator != b[0].Operator {
			continue
		}
		result := Compare(&document.Set{Principals: []*document.Holder{before}}, &document.Set{Principals: []*document.Holder{after}})
		for _, p := range result.Principals {
			for _, e := range p.Gained {
				grants++
				real := false
				for _, r := range requests {
					real = real || e.about(r) && allowed(after, r) && !allowed(before, r)
				}
				if !real {
					t.Fatalf("%s is gained, and no request shows it\nbefore\n%safter\n%s", grantLine(e), describe(before), describe(after))
				}
			}
		}
	}
	if grants < 1000 {
		t.Errorf("only %d grants were tested", grants)
	}
}
