// Statements: decoding their elements into lists of texts, principals and
// conditions.

package document

import (
	"slices"
	"strings"

	"capaboot/internal/nearword"
)

func (d *decoder) statement(n *node) Statement {
	s := Statement{Line: n.line, Column: n.column}
	for _, f := range n.fields {
		if f.value.isNoValue() {
			continue
		}
		switch f.key {
		case "Sid":
			s.Sid = d.text("Sid", f.value)
			if f.value.kind == textNode && s.Sid == "" {
				s.Blank = append(s.Blank, "Sid")
			}
		case "Effect":
			s.Effect = Effect(d.oneOf("Effect", f.value, effects))
		case "Principal":
			s.Principals = d.principals("Principal", f.value)
		case "NotPrincipal":
			s.NotPrincipals = d.principals("NotPrincipal", f.value)
		case "Action":
			s.Actions = d.list("Action", f.value)
		case "NotAction":
			s.NotActions = d.list("NotAction", f.value)
		case "Resource":
			s.Resources = d.list("Resource", f.value)
		case "NotResource":
			s.NotResources = d.list("NotResource", f.value)
		case "Condition":
			s.Conditions = d.conditions(f.value)
			if f.value.kind == mappingNode && len(f.value.fields) == 0 {
				s.Blank = append(s.Blank, "Condition")
			}
		default:
			if d.template && strings.HasPrefix(f.key, "Fn::") {
				s.Actions = append(s.Actions, (&node{kind: mappingNode, fields: []field{f}}).opaque())
				continue
			}
			d.problemAt(f.line, f.column, "unknown element %q of a statement%s", clip(f.key), nearword.Allowed(f.key, statementElements))
		}
	}
	present := func(key string) bool { v := n.get(key); return v != nil && !v.isNoValue() }
	if !present("Effect") {
		d.problemOn(n, "missing Effect in the statement: want Allow or Deny")
	}
	for _, pair := range [][2]string{{"Action", "NotAction"}, {"Resource", "NotResource"}, {"Principal", "NotPrincipal"}} {
		if present(pair[0]) && present(pair[1]) {
			d.problemOn(n, "a statement cannot have both %s and %s: keep one of the two", pair[0], pair[1])
		}
	}
	if !present("Action") && !present("NotAction") {
		d.problemOn(n, "missing Action or NotAction in the statement")
	}
	// An identity policy names resources, a trust policy principals, and other
	// resource policies both.
	if !present("Resource") && !present("NotResource") && !present("Principal") && !present("NotPrincipal") {
		d.problemOn(n, "missing Resource or NotResource in the statement (in a trust policy: Principal)")
	}
	s.replaceEmptyNegations()
	return s
}

// replaceEmptyNegations replaces an empty Not... element, which excludes
// nothing, with an element that matches everything.
func (s *Statement) replaceEmptyNegations() {
	if s.NotActions != nil && len(s.NotActions) == 0 {
		s.Actions, s.NotActions = []string{"*"}, nil
	}
	if s.NotResources != nil && len(s.NotResources) == 0 {
		s.Resources, s.NotResources = []string{"*"}, nil
	}
	if s.NotPrincipals != nil && len(s.NotPrincipals) == 0 {
		s.Principals, s.NotPrincipals = []Principal{{"AWS", "*"}}, nil
	}
}

// text reads a string or an intrinsic.
func (d *decoder) text(element string, n *node) string {
	_, argument, ok := n.intrinsic()
	switch {
	case ok && argument != nil:
		text := n.opaque()
		if len(text) > maxStringLength {
			d.problemOn(n, "%s: with its intrinsic functions resolved, the text is longer than %d bytes, the limit for a string in a policy", element, maxStringLength)
		}
		return text
	case n.kind != textNode:
		d.problemOn(n, "%s: want a string, got %s", element, n.describe())
	case len(n.value) > maxStringLength:
		d.problemOn(n, "%s has %d bytes; the limit for a string in a policy is %d", element, len(n.value), maxStringLength)
	default:
		return literal(n.value)
	}
	return ""
}

// oneOf reads a string that must be one of the allowed values. In a template,
// an intrinsic counts as the worst case.
func (d *decoder) oneOf(element string, n *node, allowed []string) string {
	value := d.text(element, n)
	_, _, intrinsic := n.intrinsic()
	switch {
	case !intrinsic && n.kind != textNode || slices.Contains(allowed, value):
		return value
	case intrinsic && d.template && element == "Effect":
		return string(unknownEffect)
	case intrinsic && d.template:
		return "2012-10-17" // with policy variables: the worst case
	}
	// Outside of a template, Version and Effect must be literal strings.
	d.problemOn(n, "%s: want %s, got %s", element, strings.Join(allowed, " or "), n.describe())
	return value
}

// list reads a string or a list of strings.
func (d *decoder) list(element string, n *node) []string {
	if n.kind != listNode {
		if _, _, ok := n.intrinsic(); !ok && n.kind != textNode {
			d.problemOn(n, "%s: want a string or a list of strings, got %s", element, n.describe())
			return nil
		}
		return []string{d.text(element, n)}
	}
	values := make([]string, 0, len(n.items))
	for _, item := range n.items {
		if !item.isNoValue() {
			values = append(values, d.text("an entry of "+element, item))
		}
	}
	return values
}

func (d *decoder) principals(element string, n *node) []Principal {
	if _, _, ok := n.intrinsic(); n.kind != mappingNode || ok {
		switch {
		case n.kind == textNode && n.value == "*":
			return []Principal{{"AWS", "*"}}
		case ok && d.template:
			return []Principal{{UnknownKind, d.text(element, n)}}
		}
		d.problemOn(n, `%s: want "*", or a mapping whose keys are %s, got %s`, element, strings.Join(principalKinds, " or "), n.describe())
		return nil
	}
	all := []Principal{}
	for _, f := range n.fields {
		if f.value.isNoValue() {
			continue
		}
		if d.template && strings.HasPrefix(f.key, "Fn::") {
			all = append(all, Principal{UnknownKind, (&node{kind: mappingNode, fields: []field{f}}).opaque()})
			continue
		}
		for _, id := range d.list(element+"."+f.key, f.value) {
			all = append(all, Principal{f.key, id})
		}
	}
	return all
}

func (d *decoder) conditions(n *node) []Condition {
	_, _, ok := n.intrinsic()
	switch {
	case ok && d.template:
		d.unknownConditions = append(d.unknownConditions, d.text("Condition", n))
		return nil
	case ok || n.kind != mappingNode:
		d.problemOn(n, "Condition: want a mapping of operators to keys, got %s", n.describe())
		return nil
	}
	var all []Condition
	for _, operator := range n.fields {
		if d.template && strings.HasPrefix(operator.key, "Fn::") {
			d.unknownConditions = append(d.unknownConditions, d.text("Condition", &node{kind: mappingNode, line: operator.line, column: operator.column, fields: []field{operator}}))
			continue
		}
		if !knownOperator(operator.key) {
			d.problemAt(operator.line, operator.column, "unknown condition operator %q%s", clip(operator.key), nearword.Allowed(operator.key, operators))
			continue
		}
		// An operator or key that AWS::NoValue removes does not restrict
		// anything.
		keys := operator.value
		if keys.isNoValue() {
			continue
		}
		_, _, ok := keys.intrinsic()
		switch {
		case ok && d.template:
			d.unknownConditions = append(d.unknownConditions, d.text("Condition."+operator.key, keys))
			continue
		case ok || keys.kind != mappingNode:
			d.problemOn(keys, "Condition.%s: want a mapping of condition keys to values, got %s", operator.key, keys.describe())
			continue
		}
		for _, key := range keys.fields {
			if key.value.isNoValue() {
				continue
			}
			c := Condition{Operator: operator.key, Key: key.text(), Line: key.line, Column: key.column}
			values := []*node{key.value}
			if key.value.kind == listNode {
				values = key.value.items
			}
			var kinds []nodeKind
			for _, value := range values {
				_, _, intrinsic := value.intrinsic()
				if !value.isNoValue() && !intrinsic {
					kinds = append(kinds, value.kind)
				}
				switch {
				case value.isNoValue():
				case value.kind == numberNode || value.kind == boolNode:
					// IAM accepts numbers and booleans with and without quotes.
					c.Values = append(c.Values, value.value)
				case value.kind == textNode || intrinsic:
					c.Values = append(c.Values, d.text("Condition."+operator.key+"."+clip(key.key), value))
				default:
					d.problemOn(value, "Condition.%s.%s: want a string, number, boolean or a list of them, got %s", operator.key, clip(key.key), value.describe())
				}
			}
			slices.Sort(kinds)
			c.Mixed = len(slices.Compact(kinds)) > 1
			all = append(all, c)
		}
	}
	return all
}
