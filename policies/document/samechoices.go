// Compares the allowed values of a parameter in two templates, as far as they make a
// difference to the templates' conditions.

package document

import (
	"slices"
	"strings"
)

// freeValues are the values that a parameter can have: the listed ones or, if list is
// empty, any value.
type freeValues struct{ list []string }

// freeValuesOf returns the values of the parameters of type String that only
// AllowedValues limits: the definition has none of the otherLimits, and no rule of the
// template may limit the value.
func (r *resolver) freeValuesOf(root *node) map[string]freeValues {
	all, rules := map[string]freeValues{}, rulesText(root)
	for name, p := range r.parameters {
		definition := root.get("Parameters").get(name)
		isLimited := slices.ContainsFunc(otherLimits, func(key string) bool { return definition.get(key) != nil }) || isInRules(name, rules)
		if t := definition.get("Type"); t != nil && t.value == "String" && !isLimited {
			all[name] = freeValues{p.allowedValues}
		}
	}
	return all
}

// SameChoices reports whether a change of the allowed values of a parameter makes no
// difference to a condition. All of these must be true: the condition compares the
// parameter only with literals; each literal is allowed in both templates or in neither;
// and both templates or neither allow a value that is not one of the literals.
func (s *Set) SameChoices(other *Set, condition, parameter string) bool {
	before, ok := s.freeValues[parameter]
	after, okAfter := other.freeValues[parameter]
	if _, isSimple := s.conditions[condition].literalsOf(parameter); !ok || !okAfter || !isSimple {
		return false
	}
	// A condition that depends on the given condition can compare the parameter with
	// other literals, so the literals of all conditions count.
	var literals []string
	for _, set := range []*Set{s, other} {
		for _, definition := range set.conditions {
			found, _ := definition.literalsOf(parameter)
			literals = append(literals, found...)
		}
	}
	for _, literal := range literals {
		if before.allows(literal) != after.allows(literal) {
			return false
		}
	}
	return before.allowsOthers(literals) == after.allowsOthers(literals)
}

func (v freeValues) allows(value string) bool {
	return len(v.list) == 0 || slices.Contains(v.list, value)
}

// allowsOthers reports whether v allows a value that is not in list.
func (v freeValues) allowsOthers(list []string) bool {
	return len(v.list) == 0 || slices.ContainsFunc(v.list, func(value string) bool { return !slices.Contains(list, value) })
}

// literalsOf returns the literals with which the definition of a condition compares a
// parameter. isSimple is false if it also uses the parameter in another way.
func (n *node) literalsOf(parameter string) (literals []string, isSimple bool) {
	if n == nil {
		return nil, false
	}
	name, argument, ok := n.conditionFunction()
	if !ok || argument.kind != listNode || name == "Condition" {
		return nil, !strings.Contains(n.argumentText(false), "${Ref:"+parameter)
	}
	isSimple = true
	if name == "Equals" && len(argument.items) == 2 {
		for i, item := range argument.items {
			function, reference, isFunction := item.intrinsic()
			other := argument.items[1-i]
			if isFunction && function == "Ref" && reference.value == parameter && other.isScalar() {
				return []string{other.value}, true
			}
			isSimple = isSimple && !strings.Contains(item.argumentText(false), "${Ref:"+parameter)
		}
		return nil, isSimple
	}
	for _, item := range argument.items {
		found, simple := item.literalsOf(parameter)
		literals, isSimple = append(literals, found...), isSimple && simple
	}
	return literals, isSimple
}
