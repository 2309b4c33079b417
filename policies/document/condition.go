// Evaluation of template conditions, as far as parameters and mappings
// determine them.
//
// Source: CloudFormation Template Reference, "Condition functions".

package document

import (
	"slices"
)

// verdict says whether a template condition holds if all entries of conditions
// do; see [Statement.When].
type verdict struct {
	conditions []string
	truth      truth
}

type truth uint8

const (
	fails truth = iota
	undecided
	holds
)

// evaluate evaluates a condition of the template. It returns one verdict if the result
// is the same for all values of parameters and other conditions. Otherwise it returns
// several verdicts, each with the conditions under which it applies.
func (r *resolver) evaluate(name string) []verdict {
	if found, ok := r.verdicts[name]; ok {
		return found
	}
	unknown := []verdict{{truth: undecided}}
	definition := r.conditions.get(name)
	if definition == nil {
		return unknown
	}
	r.verdicts[name] = unknown // for a condition that depends on itself
	found := mergeVerdicts(r.condition(definition))
	r.verdicts[name] = found
	return found
}

// conditionFunction is [node.intrinsic] that also accepts a reference to a
// condition: {"Condition": "IsProd"}.
func (n *node) conditionFunction() (name string, argument *node, ok bool) {
	name, argument, ok = n.intrinsic()
	if !ok && n.kind == mappingNode && len(n.fields) == 1 && n.fields[0].key == "Condition" {
		return "Condition", n.fields[0].value, true
	}
	return name, argument, ok
}

func (r *resolver) condition(n *node) []verdict {
	unknown := []verdict{{truth: undecided}}
	name, argument, ok := n.conditionFunction()
	if !ok || !r.spend(1) {
		return unknown
	}
	switch {
	case name == "Condition" && argument.kind == textNode:
		return r.evaluate(argument.value)
	case name == "Equals" && argument.kind == listNode && len(argument.items) == 2:
		return r.equals(argument.items[0], argument.items[1])
	case name == "Not" && argument.kind == listNode && len(argument.items) == 1:
		all := slices.Clone(r.condition(argument.items[0]))
		for i := range all {
			all[i].truth = holds - all[i].truth
		}
		return all
	case (name == "And" || name == "Or") && argument.kind == listNode && len(argument.items) > 0:
		all := r.condition(argument.items[0])
		for _, item := range argument.items[1:] {
			all = mergeVerdicts(r.andOr(all, r.condition(item), name == "And"))
		}
		return all
	}
	return unknown
}

// andOr combines the verdicts of two conditions with And or, if isAnd is false,
// with Or. If there would be too many verdicts, the result is undecided.
func (r *resolver) andOr(a, b []verdict, isAnd bool) []verdict {
	var all []verdict
	for _, x := range a {
		for _, y := range b {
			conditions, consistent := addConditions(x.conditions, y.conditions...)
			if !consistent {
				continue
			}
			v := verdict{conditions, max(x.truth, y.truth)}
			if isAnd {
				v.truth = min(x.truth, y.truth)
			}
			all = append(all, v)
		}
	}
	if len(all) > maxOutcomes || !r.spend(len(all)) {
		return []verdict{{truth: undecided}}
	}
	return all
}

func (r *resolver) equals(a, b *node) []verdict {
	r.comparisons++
	r.selections++
	defer func() { r.comparisons, r.selections = r.comparisons-1, r.selections-1 }()
	combinations, ok := r.combine([][]outcome{r.outcomes(a), r.outcomes(b)})
	if !ok {
		return []verdict{{truth: undecided}}
	}
	var all []verdict
	for _, c := range combinations {
		v := verdict{conditions: c.conditions, truth: fails}
		x, y := c.nodes[0], c.nodes[1]
		switch {
		case x.argumentText(false) == y.argumentText(false):
			v.truth = holds
		case !x.isKnown() || !y.isKnown():
			v.truth = undecided
		}
		all = append(all, v)
	}
	return all
}

// mergeVerdicts merges verdicts that differ only in the value of one parameter.
// If all results are equal, it returns a single verdict without conditions.
func mergeVerdicts(all []verdict) []verdict {
	isEqual := len(all) > 0
	for _, v := range all {
		isEqual = isEqual && v.truth == all[0].truth
	}
	if isEqual {
		return []verdict{{truth: all[0].truth}}
	}
	var out []verdict
	for _, v := range all {
		joined := false
		for i := range out {
			if conditions, ok := disjunction(out[i].conditions, v.conditions); ok && out[i].truth == v.truth {
				out[i].conditions, joined = conditions, true
				break
			}
		}
		if !joined {
			out = append(out, v)
		}
	}
	return out
}

// disjunction combines two lists of conditions with Or. It returns false unless
// each list consists of one entry with values of the same parameter.
func disjunction(a, b []string) ([]string, bool) {
	if len(a) != 1 || len(b) != 1 {
		return nil, false
	}
	name, x, okX := ParameterValues(a[0])
	other, y, okY := ParameterValues(b[0])
	if !okX || !okY || name != other {
		return nil, false
	}
	return []string{valueCondition(name, append(slices.Clone(x), y...)...)}, true
}
