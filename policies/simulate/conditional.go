// Conditional results: the additional condition keys with which a denied
// request would be allowed.

package simulate

import (
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// Conditional is a statement that would allow the request if all of its needs
// were met.
type Conditional struct {
	Statement
	Needs []Need `json:"needs"`
	// When has the values of template parameters for which this holds ("Stage is
	// prod"), or "" if it holds for all values that the template allows.
	When string `json:"when,omitempty"`
}

// sameConditionals reports whether two lists have the same conditional results
// in the same order.
func sameConditionals(a, b []Conditional) bool { return slices.EqualFunc(a, b, Conditional.equal) }

func (c Conditional) equal(other Conditional) bool {
	return c.Statement == other.Statement && c.When == other.When && c.hasNeedsOf(other)
}

// hasNeedsOf reports whether two conditional results have the same needs, which
// may come from different statements.
func (c Conditional) hasNeedsOf(other Conditional) bool {
	return slices.EqualFunc(c.Needs, other.Needs, Need.equal)
}

func (n Need) equal(other Need) bool {
	return n.Key == other.Key && n.Operator == other.Operator && n.Not == other.Not && slices.Equal(n.Values, other.Values) && slices.EqualFunc(n.Or, other.Or, Need.equal)
}

// Need is a comparison that must hold, or fail, for a key that the request does
// not have.
type Need struct {
	// Key is a condition key, and Operator compares it with Values. If Operator
	// is "Resource", Values are patterns, one of which must match the resource,
	// and Key lists the keys of the variables in them.
	Key      string   `json:"key"`
	Operator string   `json:"operator"`
	Values   []string `json:"values"`
	// Not means that the comparison must fail.
	Not bool `json:"not,omitempty"`
	// Text describes the need and its alternatives in Or: "iam:PassedToService
	// is ec2.amazonaws.com".
	Text string `json:"text"`
	// Of is the statement that has the comparison. The need of a Deny keeps the
	// Deny from applying.
	Of string `json:"of"`
	// Or has alternatives: it is enough to meet this need or one of them.
	Or []Need `json:"or,omitempty"`

	variables bool // the policy has policy variables: its version is 2012-10-17
}

// maxConditionals limits the conditional results; a note says if there are more.
// Each result comes from a combination of statements, at most one of each part.
// maxPicks limits the combinations; see limitPicks.
const (
	maxConditionals = 10
	maxPicks        = 5000
)

// clause is a part of a statement that depends on keys that the request does
// not have: a condition, or resources with variables.
type clause struct {
	holds         truth
	label         string // names the statement and its policy
	condition     *document.Condition
	variables     bool
	resources     []string // if condition is nil
	isNotResource bool     // the resources are those of NotResource
	keys          []string
}

// need returns what is needed for the clause to hold or, if holds is false, for
// it to fail.
func (c *clause) need(holds bool) Need {
	n := Need{Of: c.label, Not: !holds, variables: c.variables}
	if c.condition == nil {
		n.Key, n.Operator, n.Values, n.Not = strings.Join(c.keys, ", "), "Resource", c.resources, holds == c.isNotResource
	} else {
		n.Key, n.Operator, n.Values = c.condition.Key, c.condition.Operator, c.condition.Values
	}
	n.Text = n.describe()
	return n
}

// sharesKey reports whether the clause depends on the key of one of the needs.
func (c *clause) sharesKey(needs []Need) bool {
	return slices.ContainsFunc(c.keys, func(key string) bool {
		return slices.ContainsFunc(needs, func(n Need) bool { return n.mentions(key) })
	})
}

func (n *Need) mentions(key string) bool {
	return strings.EqualFold(n.Key, key) || slices.ContainsFunc(n.Or, func(o Need) bool { return o.mentions(key) })
}

// conditionalAllows returns the conditions under which the request would be
// allowed. It tries combinations of statements, at most one of each part, that
// would allow the request with more keys. The conditions of a combination also
// keep every Deny from applying. If best is true, unknowns count in favor of the
// caller.
func (e *evaluation) conditionalAllows(p Policies, all []statementResult, best bool) []Conditional {
	applies := func(j *statementResult) bool { return j.applies == yes || best && j.applies == maybe }
	// candidates has the statements of each part that would allow the request
	// with more keys. nil stands for no statement: the part allows the request
	// without more keys, or need not allow it.
	candidates := map[string][]*statementResult{partIdentity: {nil}, partBoundary: {nil}, partResource: {nil}}
	has, first := map[string]bool{}, (*statementResult)(nil)
	granted := noGrant
	for i := range all {
		switch j := &all[i]; {
		case j.Effect == document.Deny:
			if (j.applies == yes || j.applies == maybe && !best) && len(j.openClauses) == 0 {
				return []Conditional{} // no key changes this
			}
		case applies(j):
			has[j.part], granted = true, max(granted, j.granted(best))
			if first == nil {
				first = j
			}
		case len(j.openClauses) > 0 && (j.fixedResult == yes || best):
			candidates[j.part] = append(candidates[j.part], j)
		}
	}
	if best {
		p.UnknownBoundary = false
	}
	limited := limitPicks(candidates)
	found := []Conditional{}
	var done [][]*statementResult
	for _, picked := range combinations(candidates) {
		e.meter.Spend(1 + len(all)/16)
		if slices.ContainsFunc(done, func(other []*statementResult) bool { return isSubset(other, picked) }) {
			continue // a smaller choice is enough
		}
		identity, boundary, resource := picked[0], picked[1], picked[2]
		grants := granted
		if resource != nil {
			grants = max(grants, resource.granted(best))
		}
		byIdentity := has[partIdentity] || identity != nil || best && len(p.UnknownIdentity) > 0
		if e.refusal(p, grants, byIdentity, has[partBoundary] || boundary != nil || best && p.Boundary == nil) != "" {
			continue
		}
		var needs []Need
		decisive := first
		for _, j := range []*statementResult{boundary, resource, identity} {
			if j != nil {
				decisive, needs = j, append(needs, j.needs()...)
			}
		}
		needs, ok := e.simplify(addDenyNeeds(all, needs, best))
		if !ok || len(needs) == 0 || e.anyImpossible(needs) {
			continue
		}
		done = append(done, picked)
		if decisive == nil { // only a policy with unknown content allows the request
			continue
		}
		if len(found) == maxConditionals {
			e.note("the list of conditions is not complete: other conditions would also allow the request")
			break
		}
		if !best {
			e.noteUnclear(needs)
		}
		found = append(found, Conditional{Statement: decisive.Statement, Needs: needs})
	}
	if limited && len(found) == 0 {
		e.note("too many statements would allow the request under a condition: not all of them were examined")
		e.unexamined = true
	}
	return found
}

// limitPicks removes statements from the parts that have the most, so that
// there are at most [maxPicks] combinations. It reports whether it removed any.
func limitPicks(candidates map[string][]*statementResult) (limited bool) {
	for {
		picks, longest := 1, partIdentity
		for _, part := range []string{partIdentity, partBoundary, partResource} {
			if picks *= len(candidates[part]); len(candidates[part]) > len(candidates[longest]) {
				longest = part
			}
		}
		if picks <= maxPicks {
			return limited
		}
		candidates[longest], limited = candidates[longest][:len(candidates[longest])*maxPicks/(maxPicks+1)], true
	}
}

// noteUnclear adds a note for each need whose effect AWS's documentation leaves
// open. It skips ForAnyValue:…IfExists, which already has a note from the
// evaluation of the request.
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

// combinations returns every way to pick at most one candidate per part. The
// combinations with the fewest statements are first; nil stands for no statement.
func combinations(candidates map[string][]*statementResult) [][]*statementResult {
	var all [][]*statementResult
	for _, i := range candidates[partIdentity] {
		for _, b := range candidates[partBoundary] {
			for _, r := range candidates[partResource] {
				all = append(all, []*statementResult{i, b, r})
			}
		}
	}
	count := func(picked []*statementResult) (n int) {
		for _, j := range picked {
			if j != nil {
				n++
			}
		}
		return n
	}
	slices.SortStableFunc(all, func(a, b []*statementResult) int { return count(a) - count(b) })
	return all
}

// isSubset reports whether a choice of statements (fewer) is part of another choice
// (more).
func isSubset(fewer, more []*statementResult) bool {
	for i, j := range fewer {
		if j != nil && j != more[i] {
			return false
		}
	}
	return true
}

// needs returns what an Allow needs to apply. A clause that holds only because
// a key is missing is included if another clause needs that key.
func (j *statementResult) needs() []Need {
	var needs []Need
	for i := range j.openClauses {
		if j.openClauses[i].holds != yes {
			needs = append(needs, j.openClauses[i].need(true))
		}
	}
	for i := range j.openClauses {
		if j.openClauses[i].holds == yes && j.openClauses[i].sharesKey(needs) {
			needs = append(needs, j.openClauses[i].need(true))
		}
	}
	return needs
}

// addDenyNeeds adds the needs that keep every Deny from applying: one clause of
// each Deny must fail. A Deny that does not apply yet is included if the needs
// mention its keys.
func addDenyNeeds(all []statementResult, needs []Need, best bool) []Need {
	given := slices.Clone(needs)
	for i := range all {
		j := &all[i]
		if j.Effect != document.Deny || len(j.openClauses) == 0 || j.fixedResult == no || best && j.fixedResult == maybe {
			continue
		}
		applies := j.applies == yes || j.applies == maybe && !best
		if !applies && !slices.ContainsFunc(j.openClauses, func(c clause) bool { return c.sharesKey(given) }) {
			continue
		}
		var alternatives []Need
		for k := range j.openClauses {
			alternatives = append(alternatives, j.openClauses[k].need(false))
		}
		n := alternatives[0]
		n.Or = alternatives[1:]
		n.Text = n.describe()
		needs = append(needs, n)
	}
	return needs
}

// simplify looks only at needs that list the values of their key, such as those of
// StringEquals. It removes the listed values that other needs rule out, and then
// the needs that the list implies. It returns false if no value of a list is left.
func (e *evaluation) simplify(needs []Need) ([]Need, bool) {
	kept := slices.Clone(needs)
	for i := range kept {
		n := &kept[i]
		if len(n.Or) > 0 || !n.listsValues() {
			continue
		}
		values := slices.DeleteFunc(slices.Clone(n.Values), func(v string) bool {
			return slices.ContainsFunc(kept, func(o Need) bool { return !e.mayHold(o, n.Key, v) })
		})
		if len(values) == 0 {
			return nil, false
		}
		key := n.Key
		n.Values = values
		n.Text = n.describe()
		var rest []Need
		for k, o := range kept {
			if k == i || !o.impliedBy(e, key, values) {
				rest = append(rest, o)
			}
		}
		if len(rest) < len(kept) {
			return e.simplify(rest)
		}
	}
	return kept, true
}

// listsValues reports whether a need lists every value that its key may have.
func (n *Need) listsValues() bool {
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

// impliedBy reports whether each of the values of a key meets the need.
func (n *Need) impliedBy(e *evaluation, key string, values []string) bool {
	return n.mentions(key) && !slices.ContainsFunc(values, func(v string) bool { return !e.mustHold(*n, key, v) })
}

func (e *evaluation) mayHold(n Need, key, value string) bool { return e.holdsWith(n, key, value) != no }

func (e *evaluation) mustHold(n Need, key, value string) bool {
	return e.holdsWith(n, key, value) == yes
}

// holdsWith reports whether a need is met if the request has one value of a
// key. The other keys that the request lacks may have any value.
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
	holds := trial.evaluateCondition(document.Condition{Operator: n.Operator, Key: n.Key, Values: n.Values}, n.variables)
	if len(trial.missing) > 0 {
		return max(result, maybe)
	}
	if n.Not {
		holds = not(holds)
	}
	return max(result, holds)
}
