// Intrinsic functions whose values follow from the template: they are replaced
// before anything is read, so that whoever looks at a set sees what is deployed.
//
// A parameter may be one of several values, and so may all that is made of it: an
// intrinsic has outcomes, each with the values and conditions that it needs. One
// that has several becomes a node with branches, as an Fn::If is, and the
// statement in which it stands is read once for each. What is unknown stays
// the intrinsic that it is.
//
// Source: CloudFormation Template Reference, "Intrinsic function reference".

package document

import (
	"slices"
	"strings"
)

// Bounds. A template of 1 MB has a thirtieth of the work; functions in each
// other multiply it.
const (
	maxOutcomes = 64
	maxResolved = 1_500_000
)

// resolver knows what a template has besides its resources.
type resolver struct {
	d          *decoder
	options    Options
	parameters map[string]*parameter
	mappings   *node
	conditions *node
	resources  *node
	undefined  map[string]bool      // parameters that are given and referred to, but not there
	verdicts   map[string][]verdict // by the names of conditions
	keys       map[keyed][]string   // see keysOf
	// secrets counts the conditions that are looked at now: those may compare
	// values that no output may have.
	secrets int
	work    int
}

// outcome is one thing that a node may be.
type outcome struct {
	when []string
	n    *node
}

func newResolver(d *decoder, root *node, options Options) *resolver {
	r := &resolver{d: d, options: options, parameters: map[string]*parameter{}, mappings: root.get("Mappings"),
		conditions: root.get("Conditions"), resources: root.get("Resources"), undefined: map[string]bool{}, verdicts: map[string][]verdict{}, keys: map[keyed][]string{}, work: maxResolved}
	r.readParameters(root)
	return r
}

func (r *resolver) afford(work int) bool {
	r.work -= work
	return r.work >= 0
}

// resolve returns a node with its intrinsic functions replaced, as far as their
// values follow from the template.
func (r *resolver) resolve(n *node) *node {
	resolved := one(n, r.value(n))
	if r.work < 0 {
		r.d.on(n, "the intrinsic functions of the template take more than %d steps to follow: write values out", maxResolved)
		r.work = maxResolved
	}
	return resolved
}

// one makes a node of all that it may be.
func one(n *node, outcomes []outcome) *node {
	if len(outcomes) == 1 && len(outcomes[0].when) == 0 {
		return outcomes[0].n
	}
	choice := *n
	branches := make([]branch, len(outcomes))
	for i, o := range outcomes {
		branches[i] = branch{o.n, o.when}
	}
	choice.setBranches(branches)
	return &choice
}

func textAt(at *node, value string) *node {
	return &node{kind: textNode, value: value, line: at.line, column: at.column}
}

func (n *node) isScalar() bool {
	return n != nil && (n.kind == textNode || n.kind == numberNode || n.kind == boolNode)
}

// isKnown reports whether a node has no intrinsic function.
func (n *node) isKnown() bool {
	return !n.has(func(part *node) bool { _, _, ok := part.intrinsic(); return ok })
}

// value returns all that a node may be, one at least.
func (r *resolver) value(n *node) []outcome {
	same := []outcome{{n: n}}
	if n == nil || !r.afford(1) {
		return same
	}
	if name, argument, ok := n.intrinsic(); ok {
		if n.isNoValue() {
			return same
		}
		if found := r.function(n, name, argument); len(found) > 0 && len(found) <= maxOutcomes {
			return found
		}
		return same
	}
	switch n.kind {
	case textNode:
		if strings.Contains(n.value, "{{resolve:") {
			return []outcome{{n: r.concat(n, []*node{n})}}
		}
	case listNode:
		return []outcome{{n: r.list(n)}}
	case mappingNode:
		copied := *n
		copied.fields = slices.Clone(n.fields)
		for i, f := range n.fields {
			copied.fields[i].value = one(f.value, r.value(f.value))
		}
		return []outcome{{n: &copied}}
	}
	return same
}

// list resolves the entries of a list. A function that makes a list in it makes
// entries of it.
func (r *resolver) list(n *node) *node {
	copied := *n
	copied.items = make([]*node, 0, len(n.items))
	for _, item := range n.items {
		resolved := one(item, r.value(item))
		if _, _, function := item.intrinsic(); function && resolved.kind == listNode && resolved.branches() == nil {
			copied.setRests(slices.Concat(copied.rests(), resolved.rests()))
			copied.items = append(copied.items, resolved.items...)
			continue
		}
		copied.items = append(copied.items, resolved)
	}
	return &copied
}

// function returns what an intrinsic may be, nothing when that is unknown.
func (r *resolver) function(n *node, name string, argument *node) []outcome {
	switch {
	case name == "Ref" && argument.kind == textNode:
		return r.refer(n, argument.value, r.secrets > 0)
	case name == "If" && argument.kind == listNode && len(argument.items) == 3 && argument.items[0].kind == textNode:
		return r.branches(argument.items[0].value, argument.items[1], argument.items[2])
	case name == "Sub" && argument.kind == textNode:
		return r.substitute(n, argument.value, nil)
	case name == "Sub" && argument.kind == listNode && len(argument.items) == 2 && argument.items[0].kind == textNode && argument.items[1].kind == mappingNode:
		return r.substitute(n, argument.items[0].value, argument.items[1])
	case name == "FindInMap" && argument.kind == listNode && len(argument.items) >= 3:
		return r.find(n, argument.items)
	case name == "ToJsonString":
		return nil // see decoder.document
	case name == "Transform", name == "GetAtt":
		return nil
	case slices.Contains([]string{"Join", "Select", "Split"}, name) && argument.kind == listNode && len(argument.items) == 2:
		return r.each(argument.items, func(parts []*node) *node {
			switch name {
			case "Join":
				return r.join(n, parts[0], parts[1])
			case "Select":
				return selected(n, parts[0], parts[1])
			}
			return split(n, parts[0], parts[1])
		})
	}
	// Of the others the argument alone can be resolved: what they are of.
	return r.each([]*node{argument}, func(parts []*node) *node { return call(n, parts[0]) })
}

// call is an intrinsic with another argument.
func call(n *node, argument *node) *node {
	copied := *n
	copied.fields = slices.Clone(n.fields)
	copied.fields[0].value = argument
	return &copied
}

// named makes an intrinsic.
func named(at *node, name string, argument *node) *node {
	return &node{kind: mappingNode, line: at.line, column: at.column, fields: []field{{name, argument, at.line, at.column}}}
}

// branches is an Fn::If: the branch that its condition decides, or both.
func (r *resolver) branches(condition string, yes, no *node) []outcome {
	var all []outcome
	add := func(v verdict, n *node, conditions ...string) {
		for _, o := range r.value(n) {
			if when, possible := and(v.when, append(conditions, o.when...)...); possible {
				value := *o.n
				value.setRests(slices.Concat(value.rests(), v.rests))
				all = append(all, outcome{when, &value})
			}
		}
	}
	for _, v := range r.judge(condition) {
		if v.truth != fails {
			if v.truth == unsure {
				add(v, yes, condition)
			} else {
				add(v, yes)
			}
		}
		if v.truth != holds {
			if v.truth == unsure {
				add(v, no, "!"+condition)
			} else {
				add(v, no)
			}
		}
	}
	return all
}

// combination is one outcome of several nodes together.
type combination struct {
	when  []string
	nodes []*node
}

// combine returns what several nodes may be together; false when that is too
// much.
func (r *resolver) combine(lists [][]outcome) ([]combination, bool) {
	all := []combination{{}}
	for _, outcomes := range lists {
		if len(outcomes) == 1 {
			// The usual case takes no copies: a text may have thousands of parts.
			if all = addTo(all, outcomes[0]); !r.afford(len(all)) {
				return nil, false
			}
			continue
		}
		var next []combination
		for _, c := range all {
			for _, o := range outcomes {
				if when, possible := and(c.when, o.when...); possible {
					next = append(next, combination{when, append(slices.Clip(c.nodes), o.n)})
				}
			}
			if len(next) > maxOutcomes || !r.afford(len(next)) {
				return nil, false
			}
		}
		all = next
	}
	return all, true
}

// addTo adds an outcome to the combinations that it can be together with.
func addTo(all []combination, o outcome) []combination {
	next := all[:0]
	for _, c := range all {
		if when, possible := and(c.when, o.when...); possible {
			next = append(next, combination{when, append(c.nodes, o.n)})
		}
	}
	return next
}

// each makes something of all that some nodes may be together. Lists among them
// are taken apart, so that their entries are single values.
func (r *resolver) each(parts []*node, make func([]*node) *node) []outcome {
	lists := [][]outcome{}
	for _, part := range parts {
		lists = append(lists, r.flat(part))
	}
	combinations, ok := r.combine(lists)
	if !ok {
		return nil
	}
	var all []outcome
	for _, c := range combinations {
		made := make(c.nodes)
		if made == nil {
			return nil
		}
		rests := slices.Clone(made.rests())
		for _, part := range c.nodes {
			rests = append(rests, part.allRests()...)
		}
		slices.Sort(rests)
		made.setRests(slices.Compact(rests))
		all = append(all, outcome{c.when, made})
	}
	return all
}

// flat is value for an argument: a list of what may be several things is several
// lists.
func (r *resolver) flat(n *node) []outcome {
	if _, _, function := n.intrinsic(); function || n.kind != listNode {
		return r.value(n)
	}
	var lists [][]outcome
	for _, item := range n.items {
		lists = append(lists, r.flat(item))
	}
	combinations, ok := r.combine(lists)
	if !ok {
		return []outcome{{n: n}}
	}
	var all []outcome
	for _, c := range combinations {
		copied := *n
		copied.items = nil
		for i, item := range c.nodes {
			if _, _, function := n.items[i].intrinsic(); function && item.kind == listNode {
				copied.items = append(copied.items, item.items...)
				copied.setRests(slices.Concat(copied.rests(), item.rests()))
			} else if !item.isNoValue() {
				copied.items = append(copied.items, item)
			}
		}
		all = append(all, outcome{c.when, &copied})
	}
	return all
}

// isSecret reports whether a parameter is one whose value is not shown.
func (r *resolver) isSecret(name string) bool {
	p := r.parameters[name]
	return p != nil && p.secret
}

// find is an Fn::FindInMap. A key that is unknown is one of those that the
// mapping has.
func (r *resolver) find(n *node, arguments []*node) []outcome {
	keys := arguments[:3]
	lists := [][]outcome{r.value(keys[0])}
	table := func(nodes []*node) *node {
		at := r.mappings
		for _, key := range nodes {
			if at == nil || !key.isScalar() || !r.afford(len(at.fields)/fieldsAStep) {
				return nil
			}
			at = at.get(key.value)
		}
		return at
	}
	for i, key := range keys[1:] {
		var outcomes []outcome
		for _, o := range r.value(key) {
			function, argument, ok := o.n.intrinsic()
			if !ok || function != "Ref" || argument.kind != textNode || len(lists[0]) != 1 || r.isSecret(argument.value) {
				outcomes = append(outcomes, o)
				continue
			}
			for _, name := range r.keysOf(table([]*node{lists[0][0].n}), i) {
				if when, possible := and(o.when, with(argument.value, name)); possible {
					outcomes = append(outcomes, outcome{when, textAt(key, name)})
				}
			}
		}
		lists = append(lists, outcomes)
	}
	combinations, ok := r.combine(lists)
	if !ok {
		return nil
	}
	var all []outcome
	for _, c := range combinations {
		value := table(c.nodes)
		if value == nil && len(arguments) == 4 {
			value = arguments[3].get("DefaultValue")
		}
		if value == nil {
			// CloudFormation refuses the value of a parameter that the mapping does
			// not have. A key that is written out is a mistake.
			continue
		}
		copied := *value
		copied.line, copied.column = n.line, n.column
		for _, part := range c.nodes {
			copied.setRests(slices.Concat(copied.rests(), part.allRests()))
		}
		for _, o := range r.value(&copied) {
			if when, possible := and(c.when, o.when...); possible {
				all = append(all, outcome{when, o.n})
			}
		}
	}
	return all
}

// fieldsAStep is how many fields of a mapping are looked at in a step of work.
const fieldsAStep = 16

// keysOf are the keys of a mapping at its first or its second level, each once;
// when there are more than [maxOutcomes], some of them.
func (r *resolver) keysOf(table *node, level int) []string {
	if table == nil {
		return nil
	}
	of := keyed{table, level}
	all, known := r.keys[of]
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
	r.keys[of] = all
	return all
}

// keyed is a mapping and a level of it.
type keyed struct {
	table *node
	level int
}
