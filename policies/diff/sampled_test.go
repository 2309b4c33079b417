// Compares random policies, and checks the results against an independent
// evaluator for every request of a small set.

package diff

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

type generator struct{ *rand.Rand }

func (g generator) pick(texts ...string) []string {
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
		actions := g.pick("a:x", "a:xy", "a:y", "a:*", "a:x*", "*", "b:x", "a:?", "*:x")
		if g.IntN(5) == 0 {
			s.NotActions = actions
		} else {
			s.Actions = actions
		}
		resources := g.pick("r1", "r2", "r*", "*", "r?", "q")
		if g.IntN(5) == 0 {
			s.NotResources = resources
		} else {
			s.Resources = resources
		}
		for g.IntN(2) == 0 {
			s.Conditions = append(s.Conditions, g.condition())
		}
		d.Statements = append(d.Statements, s)
	}
	return d
}

func (g generator) condition() document.Condition {
	pick := func(texts ...string) string { return texts[g.IntN(len(texts))] }
	exists := pick("", "", "IfExists")
	switch g.IntN(6) {
	case 0:
		return document.Condition{Key: pick("Key", "many"), Operator: "Null", Values: []string{pick("true", "false")}}
	case 1, 2:
		return document.Condition{Key: pick("many", "Many"), Operator: pick("ForAllValues:", "ForAnyValue:") +
			pick("StringEquals", "StringNotEquals", "StringLike", "StringNotLike") + exists, Values: g.pick("m1", "m2", "m*", "m?")}
	case 3:
		if pick("", "x") == "" {
			return document.Condition{Key: "number", Operator: "Bool" + exists, Values: g.pick("true", "True", "false")}
		}
		return document.Condition{Key: "number", Operator: "NumericLessThan" + exists, Values: g.pick("5", "15")}
	}
	return document.Condition{Key: pick("Key", "KEY"), Operator: pick("StringEquals", "StringNotEquals", "StringLike", "StringNotLike",
		"StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase") + exists, Values: g.pick("k1", "K1", "k2", "k*", "k?", "*")}
}

// changeCondition returns a condition with other values or another operator.
func (g generator) changeCondition(c document.Condition) document.Condition {
	var other document.Condition
	for other.Key == "" || !strings.EqualFold(other.Key, c.Key) || (other.Operator == "Null") != (c.Operator == "Null") ||
		(other.Operator == "NumericLessThan") != (c.Operator == "NumericLessThan") {
		other = g.condition()
	}
	switch g.IntN(3) {
	case 0:
		other.Values = c.Values
	case 1:
		other.Operator = c.Operator
	case 2:
		other.Operator, other.Values = c.Operator, append(slices.Clone(c.Values), other.Values...)
	}
	return other
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

// changeHolder returns, in most cases, a slightly changed copy of a holder, so
// that many pairs are almost equal.
func (g generator) changeHolder(h *document.Holder, denials bool) *document.Holder {
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
		switch other := g.document(denials).Statements[0]; g.IntN(10) {
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
		case 5, 6, 7, 8:
			if n := len(d.Statements[i].Conditions); n > 0 {
				d.Statements[i].Conditions = slices.Clone(d.Statements[i].Conditions)
				c := &d.Statements[i].Conditions[g.IntN(n)]
				*c = g.changeCondition(*c)
			}
		}
		c.Policies = append(c.Policies, document.Policy{Name: p.Name, Document: &d})
	}
	if g.IntN(6) == 0 {
		c.Boundary, c.BoundaryPolicy = "", nil
	}
	return &c
}

// concerns reports whether a grant applies to a request. A grant without an
// effect applies to all requests.
func (g Grant) concerns(r request) bool {
	if g.Effect == "" {
		return true
	}
	s := document.Statement{NotActions: g.NotActions, Resources: g.Resources, NotResources: g.NotResources,
		Principals: principalsOf(g.Principals), NotPrincipals: principalsOf(g.NotPrincipals)}
	for _, a := range g.Actions {
		s.Actions = append(s.Actions, a.Action)
	}
	for _, c := range g.Conditions {
		s.Conditions = append(s.Conditions, document.Condition{Operator: c.Operator, Key: c.Key, Values: c.Values})
	}
	return statementMatches(s, r)
}

func principalsOf(texts []string) (all []document.Principal) {
	for _, text := range texts {
		kind, id, _ := strings.Cut(text, " ")
		all = append(all, document.Principal{Kind: kind, ID: id})
	}
	return all
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

// TestEveryChangedDecisionIsReported checks the guarantee of the package: if
// the decision about a request changes, the result has a grant for that
// request, gained if the request is now allowed, and lost if it is now denied.
func TestEveryChangedDecisionIsReported(t *testing.T) {
	t.Parallel()
	g := generator{rand.New(rand.NewPCG(5, 7))}
	requests := allRequests()
	decisions, unchanged := 0, 0
	for range 4000 {
		before := g.holder(true)
		after := g.changeHolder(before, true)
		result := Compare(&document.Set{Principals: []*document.Holder{before}}, &document.Set{Principals: []*document.Holder{after}})
		if result.Empty() {
			unchanged++
			result.Principals = []Principal{{}}
		}
		for range 150 {
			r := requests[g.IntN(len(requests))]
			was, is := isAllowed(before, r), isAllowed(after, r)
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
				found = found || e.concerns(r)
			}
			if !found {
				t.Fatalf("%v is %s without an entry\nbefore\n%safter\n%sresult\n%s", r, side, describe(before), describe(after), formatResult(result))
			}
		}
	}
	if decisions < 1000 || unchanged < 100 {
		t.Errorf("%d changed decisions and %d equal pairs are too few", decisions, unchanged)
	}
}

// TestEveryGrantIsReal checks that for every gained grant the decision about
// some request changes. Each holder has a single statement.
func TestEveryGrantIsReal(t *testing.T) {
	t.Parallel()
	g := generator{rand.New(rand.NewPCG(11, 13))}
	requests := allRequests()
	grants := 0
	for range 3000 {
		// Leave one statement, because several statements could together cover one
		// statement of the other side.
		one := func() *document.Holder {
			h := g.holder(false)
			h.Policies = h.Policies[:1]
			d := h.Policies[0].Document
			d.Statements = d.Statements[:1]
			s := &d.Statements[0]
			s.Actions, s.NotActions = append(s.Actions, s.NotActions...)[:1], nil
			s.Resources, s.NotResources = append(s.Resources, s.NotResources...)[:1], nil
			// At most one condition, which the requests can distinguish.
			if len(s.Conditions) > 0 {
				s.Conditions = []document.Condition{{Key: "Key", Operator: []string{"StringEquals", "StringEqualsIfExists", "StringNotEquals"}[g.IntN(3)], Values: g.pick("k1", "k2")}}
			}
			return h
		}
		before, after := one(), one()
		// Skip different operators, because the comparison cannot compare them.
		if a, b := before.Policies[0].Document.Statements[0].Conditions, after.Policies[0].Document.Statements[0].Conditions; len(a) > 0 && len(b) > 0 && a[0].Operator != b[0].Operator {
			continue
		}
		result := Compare(&document.Set{Principals: []*document.Holder{before}}, &document.Set{Principals: []*document.Holder{after}})
		for _, p := range result.Principals {
			for _, e := range p.Gained {
				if slices.ContainsFunc(e.Actions, func(a Action) bool { return a.Action == "*:x" }) {
					if !strings.HasPrefix(e.Note, "IAM refuses") {
						t.Fatalf("%s without a note", grantLine(e))
					}
					continue // reported with a note that it allows nothing
				}
				grants++
				real := false
				for _, r := range requests {
					real = real || e.concerns(r) && isAllowed(after, r) && !isAllowed(before, r)
				}
				if !real {
					t.Fatalf("%s is gained, but no decision changes\nbefore\n%safter\n%s", grantLine(e), describe(before), describe(after))
				}
			}
		}
	}
	if grants < 1000 {
		t.Errorf("only %d grants were tested", grants)
	}
}

// TestEveryChangedTrustDecisionIsReported checks for trust policies what
// TestEveryChangedDecisionIsReported checks for identity policies.
func TestEveryChangedTrustDecisionIsReported(t *testing.T) {
	t.Parallel()
	g := generator{rand.New(rand.NewPCG(17, 19))}
	principals := []string{"AWS 1", "AWS 2", "Service s", "Federated f"}
	trust := func() *document.Document {
		d := &document.Document{}
		for range 1 + g.IntN(3) {
			s := document.Statement{Effect: document.Allow, Actions: g.pick("a:x", "a:*", "a:y")}
			if g.IntN(3) == 0 {
				s.Effect = document.Deny
			}
			principals := principalsOf(g.pick("AWS 1", "AWS 2", "AWS *", "Service s", "Federated f"))
			if g.IntN(4) == 0 {
				s.NotPrincipals = principals
			} else {
				s.Principals = principals
			}
			if g.IntN(3) == 0 {
				s.Conditions = []document.Condition{g.condition()}
			}
			d.Statements = append(d.Statements, s)
		}
		return d
	}
	requests := allRequests()
	decisions, unchanged := 0, 0
	for range 3000 {
		before, after := &document.Holder{Kind: document.RoleKind, Name: "r", Trust: trust()}, &document.Holder{Kind: document.RoleKind, Name: "r"}
		changed := *before.Trust
		changed.Statements = slices.Clone(changed.Statements)
		switch other := trust().Statements; g.IntN(3) {
		case 0:
			changed.Statements[0] = other[0]
		case 1:
			changed.Statements = append(changed.Statements[1:], other[0], changed.Statements[0])
		case 2:
			changed.Statements[0].Principals, changed.Statements[0].NotPrincipals = other[0].Principals, other[0].NotPrincipals
		}
		after.Trust = &changed
		result := Compare(&document.Set{Principals: []*document.Holder{before}}, &document.Set{Principals: []*document.Holder{after}})
		if result.Empty() {
			unchanged++
			result.Principals = []Principal{{}}
		}
		for range 100 {
			r := requests[g.IntN(len(requests))]
			r.principal = principals[g.IntN(len(principals))]
			was, is := isAllowedBy(before.Trust, r), isAllowedBy(after.Trust, r)
			entries := result.Principals[0].Gained
			if was && !is {
				entries = result.Principals[0].Lost
			}
			if was == is {
				continue
			}
			decisions++
			if !slices.ContainsFunc(entries, func(e Grant) bool { return e.concerns(r) }) {
				t.Fatalf("%v: from %v to %v without an entry\nbefore\n%+v\nafter\n%+v\nresult\n%s", r, was, is, before.Trust.Statements, after.Trust.Statements, formatResult(result))
			}
		}
	}
	if decisions < 1000 || unchanged < 100 {
		t.Errorf("%d changed decisions and %d equal pairs are too few", decisions, unchanged)
	}
}
