// Decides whether template conditions that the parameters leave undecided can all be
// true at once. For example, IsProd and its negation cannot.

package document

import (
	"slices"
	"strings"
)

// Limits of [Set.Possible]. Beyond them, conditions count as possible.
const (
	maxComparisons    = 8   // all combinations of their results are tried
	maxConditionParts = 200 // of all definitions together
)

// Possible reports whether template conditions can hold together, as far as
// their definitions show. A condition that several templates of the set define
// in different ways, and comparisons of different operands, count as
// independent.
func (s *Set) Possible(when []string) bool {
	t := &truthTable{definitions: s.conditions, named: map[string]int{}}
	var all []formula
	for _, condition := range when {
		if _, _, ok := ParameterValues(condition); ok {
			continue
		}
		name, isNegated := strings.CutPrefix(condition, "!")
		holds := t.reference(name)
		all = append(all, func(v *assignment) bool { return holds(v) != isNegated })
	}
	if t.parts > maxConditionParts || len(t.comparisons) > maxComparisons {
		return true
	}
	v := &assignment{named: make([]bool, len(t.formulas))}
	for v.comparisons = range uint(1) << len(t.comparisons) {
		if !t.isConsistent(v.comparisons, when) {
			continue
		}
		for i, f := range t.formulas {
			v.named[i] = f(v)
		}
		if !slices.ContainsFunc(all, func(f formula) bool { return !f(v) }) {
			return true
		}
	}
	return false
}

// TemplatesWithConditions returns how many templates of the set have conditions.
// Conditions of several templates can have the same name.
func (s *Set) TemplatesWithConditions() int { return s.withConditions }

// assignment is one combination of the results of the comparisons, and whether
// each condition holds with these results.
type assignment struct {
	comparisons uint   // a bit for each comparison that holds
	named       []bool // by the index in [truthTable.named]
}

// formula is a condition, as a function of the results of the comparisons.
type formula func(*assignment) bool

// comparison is a comparison, or another part of a condition, whose result is
// unknown.
type comparison struct {
	text           string
	operand        string // what is compared with a literal, or ""
	parameter      string // the name, if the operand is a parameter
	literal, label string // label is the literal as in [Statement.When]
}

// truthTable has the conditions as formulas.
type truthTable struct {
	definitions map[string]*node
	comparisons []comparison
	formulas    []formula // each refers to earlier ones only
	named       map[string]int
	parts       int
}

// reference returns the formula of a condition by its name.
func (t *truthTable) reference(name string) formula {
	i, ok := t.named[name]
	if !ok {
		definition := t.definitions[name]
		if definition == nil {
			return t.addComparison(comparison{text: "Condition:" + name})
		}
		t.named[name] = -1 // for a condition that depends on itself
		f := t.condition(definition)
		i, t.formulas = len(t.formulas), append(t.formulas, f)
		t.named[name] = i
	}
	if i < 0 {
		return t.addComparison(comparison{text: "Condition:" + name})
	}
	return func(v *assignment) bool { return v.named[i] }
}

// addComparison adds a comparison, unless the table has it, and returns its
// formula.
func (t *truthTable) addComparison(c comparison) formula {
	i := slices.IndexFunc(t.comparisons, func(known comparison) bool { return known.text == c.text })
	if i < 0 {
		i, t.comparisons = len(t.comparisons), append(t.comparisons, c)
	}
	return func(v *assignment) bool { return v.comparisons>>i&1 == 1 }
}

func (t *truthTable) condition(n *node) formula {
	name, argument, ok := n.conditionFunction()
	if t.parts++; !ok || t.parts > maxConditionParts {
		return t.addComparison(comparison{text: n.argumentText(false)})
	}
	switch {
	case name == "Condition" && argument.kind == textNode:
		return t.reference(argument.value)
	case name == "Equals" && argument.kind == listNode && len(argument.items) == 2:
		return t.equals(argument.items[0], argument.items[1])
	case name == "Not" && argument.kind == listNode && len(argument.items) == 1:
		f := t.condition(argument.items[0])
		return func(v *assignment) bool { return !f(v) }
	case (name == "And" || name == "Or") && argument.kind == listNode && len(argument.items) > 0:
		var all []formula
		for _, item := range argument.items {
			all = append(all, t.condition(item))
		}
		isAnd := name == "And"
		return func(v *assignment) bool {
			return slices.ContainsFunc(all, func(f formula) bool { return f(v) != isAnd }) != isAnd
		}
	}
	return t.addComparison(comparison{text: n.argumentText(false)})
}

func (t *truthTable) equals(a, b *node) formula {
	isLiteral := func(n *node) bool { return n.kind != mappingNode && n.kind != listNode }
	if isLiteral(a) {
		a, b = b, a
	}
	x, y := a.argumentText(false), b.argumentText(false)
	switch {
	case x == y:
		return func(*assignment) bool { return true }
	case isLiteral(a):
		return func(*assignment) bool { return false }
	case !isLiteral(b):
		return t.addComparison(comparison{text: min(x, y) + "=" + max(x, y)})
	}
	c := comparison{text: x + "=" + y, operand: x, literal: y, label: ValueLabel(b.value)}
	if name, argument, ok := a.intrinsic(); ok && name == "Ref" {
		c.parameter = argument.value
	}
	return t.addComparison(c)
}

// isConsistent reports whether comparisons can have these results together. A value
// equals at most one literal. A parameter has one of the values that the template
// conditions in when list for it.
func (t *truthTable) isConsistent(results uint, when []string) bool {
	for i, c := range t.comparisons {
		isEqual := results>>i&1 == 1
		if c.operand == "" {
			continue
		}
		for j, other := range t.comparisons[:i] {
			if isEqual && results>>j&1 == 1 && other.operand == c.operand {
				return false
			}
		}
		for _, condition := range when {
			name, values, ok := ParameterValues(condition)
			if !ok || name != c.parameter {
				continue
			}
			isListed := slices.Contains(values, c.label)
			if isEqual && !isListed || !isEqual && isListed && len(values) == 1 {
				return false
			}
		}
	}
	return true
}
