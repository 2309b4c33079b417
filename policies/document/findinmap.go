// Resolving Fn::FindInMap.
//
// Sources: CloudFormation Template Reference, "Fn::FindInMap" and
// "Fn::FindInMap enhancements".

package document

import "slices"

// findInMap returns the outcomes of an Fn::FindInMap. If the name of the
// mapping has one value, a key that is a Ref to an unknown value may be any key
// at its level of the mapping, or no key if the function has a DefaultValue.
// Any other unknown key, and a Ref to a secret parameter, stays in the
// function.
func (r *resolver) findInMap(n *node, arguments []*node) []outcome {
	keys := arguments[:3]
	lists := [][]outcome{r.selectors(keys[0])}
	lookUp := func(nodes []*node) *node {
		table := r.mappings
		for _, key := range nodes {
			if table == nil || !key.isScalar() || !r.spend(len(table.fields)/fieldsPerStep) {
				return nil
			}
			table = table.get(key.value)
		}
		return table
	}
	for i, key := range keys[1:] {
		var outcomes []outcome
		for _, o := range r.selectors(key) {
			function, argument, ok := o.n.intrinsic()
			if !ok || function != "Ref" || argument.kind != textNode || len(lists[0]) != 1 || r.isSecret(argument.value) {
				outcomes = append(outcomes, o)
				continue
			}
			for _, name := range r.keysOf(lookUp([]*node{lists[0][0].n}), i) {
				if conditions, consistent := addConditions(o.conditions, valueCondition(argument.value, name)); consistent {
					outcomes = append(outcomes, outcome{conditions, textAt(key, name)})
				}
			}
			if len(arguments) == 4 {
				if conditions, consistent := addConditions(o.conditions, reference(argument.value)); consistent {
					outcomes = append(outcomes, outcome{conditions, textAt(key, otherKey)})
				}
			}
		}
		lists = append(lists, outcomes)
	}
	combinations, ok := r.combine(lists)
	if !ok {
		return nil
	}
	isKnown := func(c combination) bool {
		return !slices.ContainsFunc(c.nodes, func(key *node) bool { return !key.isScalar() })
	}
	if !slices.ContainsFunc(combinations, isKnown) {
		return nil
	}
	var all []outcome
	for _, c := range combinations {
		value := lookUp(c.nodes)
		if !isKnown(c) {
			value = withArgument(n, &node{kind: listNode, line: n.line, column: n.column, items: slices.Concat(c.nodes, arguments[3:])})
		} else if value == nil && len(arguments) == 4 {
			value = arguments[3].get("DefaultValue")
		}
		if value == nil {
			// A key that the mapping does not have leads to no outcome: if it
			// comes from a parameter, CloudFormation refuses the deployment; if
			// it is a literal, the template is wrong.
			continue
		}
		copied := *value
		copied.line, copied.column = n.line, n.column
		found := []outcome{{n: &copied}}
		if isKnown(c) {
			found = r.outcomes(&copied)
		}
		for _, o := range found {
			if conditions, consistent := addConditions(c.conditions, o.conditions...); consistent {
				all = append(all, outcome{conditions, o.n})
			}
		}
	}
	return all
}

// selectors returns the outcomes of a node that is the name of a mapping, or a
// key in one. The default of a parameter is not used there; see
// [Options.Parameters].
func (r *resolver) selectors(n *node) []outcome {
	r.selections++
	defer func() { r.selections-- }()
	return r.outcomes(n)
}

// otherKey stands for every value of a parameter that is not a key of the
// mapping. CloudFormation accepts no mapping with this key.
const otherKey = ""

// fieldsPerStep is the number of fields of a mapping that are searched in one
// step of work.
const fieldsPerStep = 16

// keysOf returns the distinct keys of a mapping at its first or second level.
// If there are more than [maxOutcomes], it returns only maxOutcomes+1 of them.
func (r *resolver) keysOf(table *node, level int) []string {
	if table == nil {
		return nil
	}
	at := mappingLevel{table, level}
	all, known := r.keys[at]
	if known {
		return all
	}
	seen := map[string]bool{}
	var add func(n *node, level int)
	add = func(n *node, level int) {
		for _, f := range n.fields {
			switch {
			case len(all) > maxOutcomes:
				return
			case level > 0 && f.value != nil:
				add(f.value, level-1)
			case level == 0 && !seen[f.key]:
				seen[f.key] = true
				all = append(all, f.key)
			}
		}
	}
	add(table, level)
	r.keys[at] = all
	return all
}

// mappingLevel is the key under which keysOf caches the keys of a mapping at
// one level.
type mappingLevel struct {
	table *node
	level int
}
