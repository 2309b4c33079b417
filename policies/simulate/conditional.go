// Conditional answers: which further condition keys would make a denied request
// allowed.

package simulate

import (
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// Conditional is a statement that would allow the request if all that it needs
// holds.
type Conditional struct {
	Statement
	Needs []Need `json:"needs"`
}

// Need is what must hold of a key that the request does not have.
type Need struct {
	Key      string   `json:"key"`
	Operator string   `json:"operator"`
	Values   []string `json:"values"`
	// Not: the comparison must fail.
	Not bool `json:"not,omitempty"`
	// Text says it in words: "iam:PassedToService is ec2.amazonaws.com", with what
	// Or has.
	Text string `json:"text"`
	// Of is the statement that needs it. A Deny needs it so as not to apply.
	Of string `json:"of"`
	// Or are others of which one is enough.
	Or []Need `json:"or,omitempty"`

	variables bool
}

// maxConditional is how many answers there are at most, and maxAlternatives of how
// many statements of a part they are made.
const (
	maxConditional  = 10
	maxAlternatives = 16
)

// clause is a part of a statement that depends on keys which the request does not
// have: a condition, or resources with variables.
type clause struct {
	now       truth
	of        string
	condition *document.Condition
	variables bool
	resources []string
	inverted  bool // it is NotResource
	keys      []string
}

// need is what must hold of the clause, or must not.
func (c *clause) need(holds bool) Need {
	n := Need{Of: c.of, Not: !holds, variables: c.variables}
	if c.condition == nil {
		n.Key, n.Operator, n.Values, n.Not = strings.Join(c.keys, ", "), "Resource", c.resources, holds == c.inverted
	} else {
		n.Key, n.Operator, n.Values = c.condition.Key, c.condition.Operator, c.condition.Values
	}
	n.Text = n.words()
	return n
}

// lacks reports whether the clause is about the key of a need.
func (c *clause) lacks(needs []Need) bool {
	return slices.ContainsFunc(c.keys, func(key string) bool {
		return slices.ContainsFunc(needs, func(n Need) bool { return n.concerns(key) })
	})
}

func (n *Need) concerns(key string) bool {
	return strings.EqualFold(n.Key, key) || slices.ContainsFunc(n.Or, func(o Need) bool { return o.concerns(key) })
}

// conditional returns what would allow the request: of each part that must allow it
// a statement that does or would, and that no Deny applies. With best, what is unknown counts as the best for the caller.
func (e *evaluation) conditional(p Policies, all []judged, best bool) []Conditional {
	applies := func(j *judged) bool { return j.now == yes || best && j.now == maybe }
	// would are the statements that may begin to allow, by part; nil stands for
	// what allows already.
	would := map[string][]*judged{partIdentity: {nil}, partBoundary: {nil}, partResource: {nil}}
	has, first := map[string]bool{}, (*judged)(nil)
	granted := noGrant
	for i := range all {
		switch j := &all[i]; {
		case j.Effect == document.Deny:
			if (j.now == yes || j.now == maybe && !best) && len(j.open) == 0 {
				return []Conditional{} // whatever the keys are
			}
		case applies(j):
			has[j.part], granted = true, max(granted, j.gives(best))
			if first == nil {
				first = j
			}
		case len(j.open) > 0 && (j.fixed == yes || best) && len(would[j.part]) <= maxAlternatives:
			would[j.part] = append(would[j.part], j)
		}
	}
	if best {
		p.UnknownBoundary = false
	}
	found := []Conditional{}
	var done [][]*judged
	for _, picked := range choices(would) {
		if slices.ContainsFunc(done, func(other []*judged) bool { return within(other, picked) }) {
			continue // less is enough
		}
		identity, boundary, resource := picked[0], picked[1], picked[2]
		grants := granted
		if resource != nil {
			grants = max(grants, resource.gives(best))
		}
		byIdentity := has[partIdentity] || identity != nil || best && len(p.Unknown) > 0
		if e.refusal(p, grants, byIdentity, has[partBoundary] || boundary != nil || best && p.Boundary == nil) != "" {
			continue
		}
		var needs []Need
		of := first
		for _, j := range []*judged{boundary, resource, identity} {
			if j != nil {
				of, needs = j, append(needs, j.needs()...)
			}
		}
		needs, ok := e.settle(avoiding(all, needs, best))
		if !ok || len(needs) == 0 || e.hopeless(needs) {
			continue
		}
		done = append(done, picked)
		if of == nil { // an unknown policy allows it
			continue
		}
		if !best {
			e.noteUnclear(needs)
		}
		if found = append(found, Conditional{of.Statement, needs}); len(found) == maxConditional {
			e.note("it is allowed under more conditions than are listed")
			break
		}
	}
	return found
}

// noteUnclear says what AWS's documentation leaves open about needs. With
// ForAnyValue:…IfExists, the result for the request itself is not certain.
func (e *evaluation) noteUnclear(needs []Need) {
	for _, n := range needs {
		c := document.Condition{Operator: n.Operator, Key: n.Key, Values: n.Values}
		for _, u := range c.Unclear(authz.Multivalued) {
			if u.Kind != document.AnyIfExists {
				e.note("%s: %s", n.Of, u)
			}
		}
		e.noteUnclear(n.Or)
	}
}

// choices are all ways to pick a statement of each part, those with the fewest
// first.
func choices(would map[string][]*judged) [][]*judged {
	var all [][]*judged
	for _, i := range would[partIdentity] {
		for _, b := range would[partBoundary] {
			for _, r := range would[partResource] {
				all = append(all, []*judged{i, b, r})
			}
		}
	}
	count := func(picked []*judged) (n int) {
		for _, j := range picked {
			if j != nil {
				n++
			}
		}
		return n
	}
	slices.SortStableFunc(all, func(a, b []*judged) int { return count(a) - count(b) })
	return all
}

// within reports whether a choice picks nothing that the other one does not.
func within(fewer, more []*judged) bool {
	for i, j := range fewer {
		if j != nil && j != more[i] {
			return false
		}
	}
	return true
}

// needs is what an Allow needs to apply. A clause that holds because the request
// lacks the key counts if another one needs the key.
func (j *judged) needs() []Need {
	var needs []Need
	for i := range j.open {
		if j.open[i].now != yes {
			needs = append(needs, j.open[i].need(true))
		}
	}
	for i := range j.open {
		if j.open[i].now == yes && j.open[i].lacks(needs) {
			needs = append(needs, j.open[i].need(true))
		}
	}
	return needs
}

// avoiding adds what keeps every Deny from applying: one of its clauses must not
// hold. Those that do not apply as it is count if the needs are about their keys.
func avoiding(all []judged, needs []Need, best bool) []Need {
	given := slices.Clone(needs)
	for i := range all {
		j := &all[i]
		if j.Effect != document.Deny || len(j.open) == 0 || j.fixed == no || best && j.fixed == maybe {
			continue
		}
		applies := j.now == yes || j.now == maybe && !best
		if !applies && !slices.ContainsFunc(j.open, func(c clause) bool { return c.lacks(given) }) {
			continue
		}
		var ways []Need
		for k := range j.open {
			ways = append(ways, j.open[k].need(false))
		}
		n := ways[0]
		n.Or = ways[1:]
		n.Text = n.words()
		needs = append(needs, n)
	}
	return needs
}

// settle leaves out what other needs of the same key make plain, and reports false
// if they cannot all hold. It decides where one of them lists the values that the
// key can have; otherwise all are kept.
func (e *evaluation) settle(needs []Need) ([]Need, bool) {
	kept := slices.Clone(needs)
	for i := range kept {
		n := &kept[i]
		if len(n.Or) > 0 || !n.lists() {
			continue
		}
		values := slices.DeleteFunc(slices.Clone(n.Values), func(v string) bool {
			return slices.ContainsFunc(kept, func(o Need) bool { return !e.met(o, n.Key, v) })
		})
		if len(values) == 0 {
			return nil, false
		}
		key := n.Key
		n.Values = values
		n.Text = n.words()
		var rest []Need
		for k, o := range kept {
			if k == i || !o.plainWith(e, key, values) {
				rest = append(rest, o)
			}
		}
		if len(rest) < len(kept) {
			return e.settle(rest)
		}
	}
	return kept, true
}

// lists reports whether a need says every value that its key may have.
func (n *Need) lists() bool {
	op, ok := document.ParseOperator(n.Operator)
	if !ok || n.Not || op.Set != "" || slices.ContainsFunc(n.Values, func(v string) bool { return strings.Contains(v, "${") }) {
		return false
	}
	switch op.Name {
	case "StringEquals", "Bool", "NumericEquals":
		return true
	case "StringLike", "ArnLike", "ArnEquals":
		return !slices.ContainsFunc(n.Values, func(v string) bool { return strings.ContainsAny(v, "*?") })
	}
	return false
}

// plainWith reports whether a need is met by each of some values of a key.
func (n *Need) plainWith(e *evaluation, key string, values []string) bool {
	return n.concerns(key) && !slices.ContainsFunc(values, func(v string) bool { return !e.certain(*n, key, v) })
}

// met reports whether a need may be met when a key has a value.
func (e *evaluation) met(n Need, key, value string) bool { return e.holdsWith(n, key, value) != no }

// certain reports whether a need is met for certain when a key has a value.
func (e *evaluation) certain(n Need, key, value string) bool {
	return e.holdsWith(n, key, value) == yes
}

func (e *evaluation) holdsWith(n Need, key, value string) truth {
	result := no
	for _, o := range n.Or {
		result = max(result, e.holdsWith(o, key, value))
	}
	if !strings.EqualFold(n.Key, key) || n.Operator == "Resource" {
		return max(result, maybe)
	}
	trial := &evaluation{Request: e.Request, notes: map[string]bool{}, missing: map[string]bool{}, work: maxWork}
	trial.Context = map[string][]string{}
	for k, v := range e.Context {
		trial.Context[k] = v
	}
	trial.Context[strings.ToLower(key)] = []string{value}
	holds := trial.condition(document.Condition{Operator: n.Operator, Key: n.Key, Values: n.Values}, n.variables)
	if len(trial.missing) > 0 {
		return max(result, maybe)
	}
	if n.Not {
		holds = not(holds)
	}
	return max(result, holds)
}
