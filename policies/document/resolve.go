// Intrinsic functions whose values follow from the template. They are replaced
// before anything else is read, so that a set shows what is deployed.
//
// A parameter may have several values, and so may everything that uses it: an
// intrinsic has outcomes, each with the parameter values and conditions that
// lead to it. An intrinsic with several outcomes becomes a node with branches,
// like an Fn::If, and its statement is read once for each branch. An intrinsic
// whose value is unknown stays as it is.
//
// Source: CloudFormation Template Reference, "Intrinsic function reference".

package document

import (
	"slices"
	"strings"
)

// maxOutcomes limits the outcomes of one node, and maxSteps the steps for a
// whole template. With more outcomes, the value of the node counts as unknown;
// more steps are a problem of the template. A template of 1 MB without nested
// functions needs one thirtieth of these steps; nested functions multiply them.
const (
	maxOutcomes = 64
	maxSteps    = 1_500_000
)

// resolver resolves intrinsic functions using the sections of a template.
type resolver struct {
	d                   *decoder
	options             Options
	parameters          map[string]*parameter
	mappings            *node
	conditions          *node
	resources           *node
	allResources        *node                     // the resources, even if the file has only resources
	secretParameters    map[string]bool           // see isSecret
	undefinedParameters map[string]bool           // parameters that have a given value and a reference, but no definition
	verdicts            map[string][]verdict      // by the name of the condition
	keys                map[mappingLevel][]string // see keysOf
	// comparisons counts the nested Fn::Equals that are being evaluated: only
	// they may use the values of secret parameters.
	comparisons int
	// selections counts the nested Fn::Equals, and the names and keys of Fn::FindInMap,
	// that are being evaluated. They select a branch, so the defaults of parameters are
	// not used there; see [Options.Parameters]. undecidedDefaults has the parameters
	// whose defaults were not used.
	selections        int
	undecidedDefaults []string
	branches          branchDefaults
	inTokenProvider   bool // see tokenProviderARN
	work              int  // the steps that are left
}

// outcome is one possible value of a node.
type outcome struct {
	conditions []string
	n          *node
}

// newResolver returns a resolver for a template. root is the template, or an empty
// mapping if the file has only resources.
func newResolver(d *decoder, root, resources *node, options Options) *resolver {
	r := &resolver{d: d, options: options, parameters: map[string]*parameter{}, mappings: root.get("Mappings"),
		conditions: root.get("Conditions"), resources: root.get("Resources"), allResources: resources, undefinedParameters: map[string]bool{}, verdicts: map[string][]verdict{}, keys: map[mappingLevel][]string{}, branches: newBranchDefaults(), work: maxSteps}
	r.readParameters(root)
	r.findSecretParameters(root, resources)
	r.checkGivenValues()
	return r
}

// spend uses some of the steps that are left, and reports whether there were
// enough.
func (r *resolver) spend(work int) bool {
	r.work -= work
	return r.work >= 0
}

// resolve returns a node with its intrinsic functions replaced, as far as their
// values follow from the template.
func (r *resolver) resolve(n *node) *node {
	resolved := choiceOf(n, r.outcomes(n))
	if r.work < 0 {
		r.d.problemOn(n, "the intrinsic functions of the template take more than %d steps to resolve: replace some of the functions with their values", maxSteps)
		r.work = maxSteps
	}
	return resolved
}

// choiceOf returns a single node that represents all outcomes of a node.
func choiceOf(n *node, outcomes []outcome) *node {
	if len(outcomes) == 1 && len(outcomes[0].conditions) == 0 {
		return outcomes[0].n
	}
	choice := *n
	branches := make([]branch, len(outcomes))
	for i, o := range outcomes {
		branches[i] = branch{o.n, o.conditions}
	}
	choice.setBranches(branches)
	return &choice
}

func textAt(position *node, value string) *node {
	return &node{kind: textNode, value: value, line: position.line, column: position.column}
}

func (n *node) isScalar() bool {
	return n != nil && (n.kind == textNode || n.kind == numberNode || n.kind == boolNode)
}

// isKnown reports whether a node contains no intrinsic function.
func (n *node) isKnown() bool {
	return !n.anyNode(func(part *node) bool { _, _, ok := part.intrinsic(); return ok })
}

// outcomes returns the possible values of a node; there is at least one.
func (r *resolver) outcomes(n *node) []outcome {
	unchanged := []outcome{{n: n}}
	if n == nil || !r.spend(1) {
		return unchanged
	}
	if name, argument, ok := n.intrinsic(); ok {
		if n.isNoValue() {
			return unchanged
		}
		if found := r.call(n, name, argument); len(found) > 0 && len(found) <= maxOutcomes {
			return found
		}
		return unchanged
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
			copied.fields[i].value = choiceOf(f.value, r.outcomes(f.value))
		}
		return []outcome{{n: &copied}}
	}
	return unchanged
}

// list resolves the entries of a list. If a function in the list returns
// another list, the entries of that list take the place of the function.
func (r *resolver) list(n *node) *node {
	copied := *n
	copied.items = make([]*node, 0, len(n.items))
	for _, item := range n.items {
		resolved := choiceOf(item, r.outcomes(item))
		if _, _, function := item.intrinsic(); function && resolved.kind == listNode && resolved.branches() == nil {
			copied.setDefaultedParameters(slices.Concat(copied.defaultedParameters(), resolved.defaultedParameters()))
			copied.items = append(copied.items, resolved.items...)
			continue
		}
		copied.items = append(copied.items, resolved)
	}
	return &copied
}

// call returns the outcomes of an intrinsic function, in which unknown
// arguments stay as they are. It returns nil if the call must stay as it is.
func (r *resolver) call(n *node, name string, argument *node) []outcome {
	switch {
	case name == "Ref" && argument.kind == textNode:
		if found := r.tokenProviderARN(n); found != nil {
			return found
		}
		return r.ref(n, argument.value, r.comparisons > 0)
	case name == "If" && argument.kind == listNode && len(argument.items) == 3 && argument.items[0].kind == textNode:
		return r.ifOutcomes(argument.items[0].value, argument.items[1], argument.items[2])
	case name == "Sub" && argument.kind == textNode:
		return r.substitute(n, argument.value, nil)
	case name == "Sub" && argument.kind == listNode && len(argument.items) == 2 && argument.items[0].kind == textNode && argument.items[1].kind == mappingNode:
		return r.substitute(n, argument.items[0].value, argument.items[1])
	case name == "FindInMap" && argument.kind == listNode && len(argument.items) >= 3:
		return r.findInMap(n, argument.items)
	case name == "ToJsonString":
		return nil // see decoder.documentNode
	case name == "GetAtt":
		return r.tokenProviderARN(n)
	case name == "Transform":
		return nil
	case slices.Contains([]string{"Join", "Select", "Split"}, name) && argument.kind == listNode && len(argument.items) == 2:
		return r.apply(argument.items, func(parts []*node) *node {
			switch name {
			case "Join":
				return r.join(n, parts[0], parts[1])
			case "Select":
				return selectItem(n, parts[0], parts[1])
			}
			return splitText(n, parts[0], parts[1])
		})
	}
	// For the other functions, only the argument can be resolved.
	return r.apply([]*node{argument}, func(parts []*node) *node { return withArgument(n, parts[0]) })
}

func withArgument(n *node, argument *node) *node {
	copied := *n
	copied.fields = slices.Clone(n.fields)
	copied.fields[0].value = argument
	return &copied
}

// mapping returns a mapping with one field, such as an intrinsic.
func mapping(position *node, name string, argument *node) *node {
	return &node{kind: mappingNode, line: position.line, column: position.column, fields: []field{{key: name, value: argument, line: position.line, column: position.column}}}
}

// ifOutcomes returns the outcomes of the branch that the condition of an Fn::If
// selects, or of both branches if the condition is undecided.
func (r *resolver) ifOutcomes(condition string, ifTrue, ifFalse *node) []outcome {
	var all []outcome
	add := func(v verdict, n *node, conditions ...string) {
		var outcomes []outcome
		r.inBranch(conditions, func() { outcomes = r.outcomes(n) })
		for _, o := range outcomes {
			if when, consistent := addConditions(v.conditions, append(conditions, o.conditions...)...); consistent {
				all = append(all, outcome{when, o.n})
			}
		}
	}
	for _, v := range r.evaluate(condition) {
		if v.truth != fails {
			if v.truth == undecided {
				add(v, ifTrue, condition)
			} else {
				add(v, ifTrue)
			}
		}
		if v.truth != holds {
			if v.truth == undecided {
				add(v, ifFalse, "!"+condition)
			} else {
				add(v, ifFalse)
			}
		}
	}
	return all
}

// combination has one value for each of several nodes, and the conditions under
// which they have these values.
type combination struct {
	conditions []string
	nodes      []*node
}

// combine returns the possible combinations of the outcomes of several nodes;
// false if there are too many, or if no steps are left.
func (r *resolver) combine(lists [][]outcome) ([]combination, bool) {
	all := []combination{{}}
	for _, outcomes := range lists {
		if len(outcomes) == 1 {
			// The common case makes no copies: a text may have thousands of
			// parts.
			if all = addOutcome(all, outcomes[0]); !r.spend(len(all)) {
				return nil, false
			}
			continue
		}
		var next []combination
		for _, c := range all {
			for _, o := range outcomes {
				if conditions, consistent := addConditions(c.conditions, o.conditions...); consistent {
					next = append(next, combination{conditions, append(slices.Clip(c.nodes), o.n)})
				}
			}
			if len(next) > maxOutcomes || !r.spend(len(next)) {
				return nil, false
			}
		}
		all = next
	}
	return all, true
}

// addOutcome adds an outcome to each combination, and drops the combinations
// whose conditions contradict it.
func addOutcome(all []combination, o outcome) []combination {
	next := all[:0]
	for _, c := range all {
		if conditions, consistent := addConditions(c.conditions, o.conditions...); consistent {
			next = append(next, combination{conditions, append(c.nodes, o.n)})
		}
	}
	return next
}

// apply calls f with every combination of values that the arguments can have,
// and returns the results as outcomes. In each call, the entries of a list
// argument have single values, unless the list has too many combinations of
// them. apply returns nil if f returns nil or if there are too many
// combinations.
func (r *resolver) apply(parts []*node, f func([]*node) *node) []outcome {
	lists := [][]outcome{}
	for _, part := range parts {
		lists = append(lists, r.argumentOutcomes(part))
	}
	combinations, ok := r.combine(lists)
	if !ok {
		return nil
	}
	var all []outcome
	for _, c := range combinations {
		result := f(c.nodes)
		if result == nil {
			return nil
		}
		defaulted := slices.Clone(result.defaultedParameters())
		for _, part := range c.nodes {
			defaulted = append(defaulted, part.allDefaultedParameters()...)
		}
		slices.Sort(defaulted)
		result.setDefaultedParameters(slices.Compact(defaulted))
		all = append(all, outcome{c.conditions, result})
	}
	return all
}

// argumentOutcomes is [resolver.outcomes] for an argument. A list whose entries
// have several possible values results in several lists; if there are too many,
// the list stays as it is.
func (r *resolver) argumentOutcomes(n *node) []outcome {
	if _, _, function := n.intrinsic(); function || n.kind != listNode {
		return r.outcomes(n)
	}
	var lists [][]outcome
	for _, item := range n.items {
		lists = append(lists, r.argumentOutcomes(item))
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
				copied.setDefaultedParameters(slices.Concat(copied.defaultedParameters(), item.defaultedParameters()))
			} else if !item.isNoValue() {
				copied.items = append(copied.items, item)
			}
		}
		all = append(all, outcome{c.conditions, &copied})
	}
	return all
}
