// From a tree to the model: which elements there are, and of which types.
// Source: IAM User Guide, "Grammar of the IAM JSON policy language".

package document

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/problem"
	"capaboot/internal/spell"
)

// Read reads one policy document, in JSON or YAML. file stands for it in
// messages. The error is [problem.List].
func Read(file string, text []byte) (*Document, error) {
	root, err := parse(file, text)
	if err != nil {
		return nil, err
	}
	d := &decoder{file: file}
	document := d.document(root)
	return document, d.problems.Err()
}

// decoder collects what is wrong while it reads.
type decoder struct {
	file     string
	problems problem.List
	// when are the conditions of the template on which all that is read now
	// depends: those of the resource.
	when []string
	// statements counts those of the file, with the copies that the branches
	// of Fn::If make.
	statements int
}

// maxStatements is how many statements a file may have: no document of a size
// that IAM takes has a tenth of them.
const maxStatements = 100_000

// maxProblems is how many problems one error names, in the order in which they
// were found.
const maxProblems = 20

func (d *decoder) at(line, column int, format string, args ...any) {
	// Both branches of an Fn::If have the same problem elsewhere.
	p := problem.Problem{File: d.file, Line: line, Column: column, Message: fmt.Sprintf(format, args...)}
	if len(d.problems) < maxProblems && !slices.Contains(d.problems, p) {
		d.problems = append(d.problems, p)
	}
}

func (d *decoder) on(n *node, format string, args ...any) { d.at(n.line, n.column, format, args...) }

// clip shortens a text from the file for a message.
func clip(text string) string {
	const most = 60
	if r := []rune(text[:min(len(text), 4*most)]); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

var (
	documentElements  = []string{"Version", "Id", "Statement"}
	statementElements = []string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
	principalKinds    = []string{"AWS", "Service", "Federated", "CanonicalUser"}
	versions          = []string{"2012-10-17", "2008-10-17"}
	effects           = []string{string(Allow), string(Deny)}
)

// document reads a policy document. It returns one also when it is wrong.
func (d *decoder) document(n *node) *Document {
	doc := &Document{Line: n.line, Column: n.column, Size: n.characters()}
	if n.kind != mappingNode {
		d.on(n, "a policy document must be a mapping with Version and Statement, not %s", n.sort())
		return doc
	}
	if name, _, ok := n.intrinsic(); ok {
		d.on(n, "a policy document that %s makes cannot be read: write it out", name)
		return doc
	}
	found := false
	for _, f := range n.fields {
		switch f.key {
		case "Version":
			doc.Version = d.oneOf("Version", f.value, versions)
		case "Id":
			doc.ID = d.text("Id", f.value)
		case "Statement":
			found = true
			d.statementsOf(doc, f.value)
		default:
			d.at(f.line, f.column, "unknown element %q of a policy document%s", clip(f.key), spell.Allowed(f.key, documentElements))
		}
	}
	if !found {
		d.on(n, "a policy document needs Statement")
	}
	return doc
}

func (d *decoder) statementsOf(doc *Document, n *node) {
	items := []*node{n}
	if n.kind == listNode {
		items = n.items
	}
	for i, item := range items {
		d.branches(doc, i, item, d.when)
	}
}

// branch is one of the two results of an Fn::If, with the condition of the
// template that it depends on.
type branch struct {
	n         *node
	condition string
}

// branches reads one statement. One that has an Fn::If is read once for each
// of its branches.
func (d *decoder) branches(doc *Document, index int, n *node, when []string) {
	if d.statements++; d.statements > maxStatements {
		if d.statements == maxStatements+1 {
			d.on(n, "more than %d statements, which no policy has", maxStatements)
		}
		return
	}
	if n.isNoValue() {
		return
	}
	if condition, yes, no, ok := n.choice(); ok {
		for _, branch := range []branch{{yes, condition}, {no, "!" + condition}} {
			if next, possible := and(when, branch.condition); possible {
				// An Fn::If can stand in the place of the whole list.
				for _, item := range branch.n.orItems() {
					d.branches(doc, index, item, next)
				}
			}
		}
		return
	}
	if n.kind != mappingNode {
		d.on(n, "a statement must be a mapping with Effect, Action and so on, not %s", n.describe())
		return
	}
	if len(when)-len(d.when) < maxChoices {
		if condition, yes, no, ok := n.split(); ok {
			for _, branch := range []branch{{yes, condition}, {no, "!" + condition}} {
				if next, possible := and(when, branch.condition); possible {
					d.branches(doc, index, branch.n, next)
				}
			}
			return
		}
	}
	s := d.statement(n)
	s.Index, s.When = index, when
	if s.neverApplies() {
		doc.Inert = append(doc.Inert, s)
		return
	}
	doc.Statements = append(doc.Statements, s)
}

// maxChoices is how many conditions of the template one statement may depend
// on by itself: each doubles it. What is left over stays as opaque text.
const maxChoices = 8

// split finds the first Fn::If in a part of a statement, and returns the part
// as it is with each of the branches. One in the argument of another function,
// such as Fn::Join, is left alone.
func (n *node) split() (condition string, yes, no *node, ok bool) {
	if condition, yes, no, ok = n.choice(); ok {
		return condition, yes, no, true
	}
	if _, _, intrinsic := n.intrinsic(); intrinsic {
		return "", nil, nil, false
	}
	with := func(n node, i int, value *node) *node {
		if n.kind == mappingNode {
			n.fields = slices.Clone(n.fields)
			n.fields[i].value = value
			return &n
		}
		entries := []*node{value}
		if _, _, _, whole := n.items[i].choice(); whole {
			entries = value.orItems()
		}
		n.items = slices.Replace(slices.Clone(n.items), i, i+1, entries...)
		return &n
	}
	for i, f := range n.fields {
		if condition, yes, no, ok = f.value.split(); ok {
			return condition, with(*n, i, yes), with(*n, i, no), true
		}
	}
	for i, item := range n.items {
		if condition, yes, no, ok = item.split(); ok {
			return condition, with(*n, i, yes), with(*n, i, no), true
		}
	}
	return "", nil, nil, false
}

// choice returns the parts of an Fn::If.
func (n *node) choice() (condition string, yes, no *node, ok bool) {
	name, argument, ok := n.intrinsic()
	if !ok || name != "If" || argument.kind != listNode || len(argument.items) != 3 || argument.items[0].kind != textNode {
		return "", nil, nil, false
	}
	return argument.items[0].value, argument.items[1], argument.items[2], true
}

// and adds a condition of the template to others. It reports false when they
// cannot hold together.
func and(when []string, condition string) ([]string, bool) {
	opposite := "!" + condition
	if rest, ok := strings.CutPrefix(condition, "!"); ok {
		opposite = rest
	}
	switch {
	case slices.Contains(when, opposite):
		return nil, false
	case slices.Contains(when, condition):
		return when, true
	}
	next := append(slices.Clone(when), condition)
	slices.Sort(next)
	return next, true
}

func (d *decoder) statement(n *node) Statement {
	s := Statement{Line: n.line, Column: n.column}
	for _, f := range n.fields {
		if f.value.isNoValue() {
			continue
		}
		switch f.key {
		case "Sid":
			s.Sid = d.text("Sid", f.value)
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
		default:
			d.at(f.line, f.column, "unknown element %q of a statement%s", clip(f.key), spell.Allowed(f.key, statementElements))
		}
	}
	present := func(key string) bool { v := n.get(key); return v != nil && !v.isNoValue() }
	if !present("Effect") {
		d.on(n, "a statement needs Effect: Allow or Deny")
	}
	for _, pair := range [][2]string{{"Action", "NotAction"}, {"Resource", "NotResource"}, {"Principal", "NotPrincipal"}} {
		if present(pair[0]) && present(pair[1]) {
			d.on(n, "a statement has either %s or %s, not both", pair[0], pair[1])
		}
	}
	if !present("Action") && !present("NotAction") {
		d.on(n, "a statement needs Action or NotAction")
	}
	// An identity policy names resources, a trust policy principals, other
	// policies of resources both.
	if !present("Resource") && !present("NotResource") && !present("Principal") && !present("NotPrincipal") {
		d.on(n, "a statement needs Resource or NotResource; in a trust policy Principal")
	}
	s.withoutExceptions()
	return s
}

// withoutExceptions writes a Not... element that leaves nothing out as what it
// is: everything.
func (s *Statement) withoutExceptions() {
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
func (d *decoder) text(what string, n *node) string {
	name, argument, ok := n.intrinsic()
	switch {
	case ok && argument != nil:
		text := n.opaque()
		if len(text) > maxValue {
			d.on(n, "%s: the text that %s makes is longer than %d bytes, which no policy may have", what, name, maxValue)
		}
		return text
	case n.kind != textNode:
		d.on(n, "%s must be a string, not %s", what, n.describe())
	case len(n.value) > maxValue:
		d.on(n, "%s has a text of %d bytes; a whole policy may have %d at most", what, len(n.value), maxValue)
	default:
		return literal(n.value)
	}
	return ""
}

func (d *decoder) oneOf(what string, n *node, allowed []string) string {
	value := d.text(what, n)
	if _, _, ok := n.intrinsic(); !ok && n.kind != textNode || slices.Contains(allowed, value) {
		return value
	}
	// An intrinsic is refused too: what a statement is for must be known. Only
	// Fn::If is, by its branches.
	d.on(n, "%s must be %s, not %s", what, strings.Join(allowed, " or "), n.describe())
	return value
}

// list reads a string or a list of strings.
func (d *decoder) list(what string, n *node) []string {
	if n.kind != listNode {
		if _, _, ok := n.intrinsic(); !ok && n.kind != textNode {
			d.on(n, "%s must be a string or a list of strings, not %s", what, n.describe())
			return nil
		}
		return []string{d.text(what, n)}
	}
	values := make([]string, 0, len(n.items))
	for _, item := range n.items {
		if !item.isNoValue() {
			values = append(values, d.text("an entry of "+what, item))
		}
	}
	return values
}

func (d *decoder) principals(what string, n *node) []Principal {
	if _, _, ok := n.intrinsic(); n.kind != mappingNode || ok {
		if n.kind == textNode && n.value == "*" {
			return []Principal{{"AWS", "*"}}
		}
		d.on(n, `%s must be "*" or a mapping of %s to identifiers, not %s`, what, strings.Join(principalKinds, ", "), n.describe())
		return nil
	}
	all := []Principal{}
	for _, f := range n.fields {
		if f.value.isNoValue() {
			continue
		}
		for _, id := range d.list(what+"."+f.key, f.value) {
			all = append(all, Principal{f.key, id})
		}
	}
	return all
}

func (d *decoder) conditions(n *node) []Condition {
	if _, _, ok := n.intrinsic(); n.kind != mappingNode || ok {
		d.on(n, "Condition must be a mapping of operators to keys, not %s", n.describe())
		return nil
	}
	var all []Condition
	for _, operator := range n.fields {
		if !knownOperator(operator.key) {
			d.at(operator.line, operator.column, "unknown condition operator %q%s", clip(operator.key), spell.Allowed(operator.key, operators))
			continue
		}
		// What is not there does not narrow anything.
		keys := operator.value
		if keys.isNoValue() {
			continue
		}
		if _, _, ok := keys.intrinsic(); keys.kind != mappingNode || ok {
			d.on(keys, "Condition.%s must be a mapping of condition keys to values, not %s", operator.key, keys.describe())
			continue
		}
		for _, key := range keys.fields {
			if key.value.isNoValue() {
				continue
			}
			c := Condition{Operator: operator.key, Key: literal(key.key), Line: key.line, Column: key.column}
			values := []*node{key.value}
			if key.value.kind == listNode {
				values = key.value.items
			}
			for _, value := range values {
				_, _, intrinsic := value.intrinsic()
				switch {
				case value.isNoValue():
				case value.kind == numberNode || value.kind == boolNode:
					// IAM takes these with and without quotes.
					c.Values = append(c.Values, value.value)
				case value.kind == textNode || intrinsic:
					c.Values = append(c.Values, d.text("Condition."+operator.key+"."+clip(key.key), value))
				default:
					d.on(value, "Condition.%s.%s must be a string, number, boolean or a list of them, not %s", operator.key, clip(key.key), value.describe())
				}
			}
			all = append(all, c)
		}
	}
	return all
}
