// Decoding a tree into the model: the elements of a policy document and their
// types. Source: IAM User Guide, "Grammar of the IAM JSON policy language".

package document

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/nearword"
	"capaboot/internal/problem"
)

// Read reads one policy document, in JSON or YAML. file is its name in
// messages. The error is a [problem.List].
func Read(file string, text []byte) (*Document, error) {
	root, err := parse(file, text)
	if err != nil {
		return nil, err
	}
	d := &decoder{file: file}
	document := d.document(root)
	return document, d.problems.Err()
}

// decoder decodes a tree and collects the problems that it finds.
type decoder struct {
	file     string
	problems problem.List
	// template is true for a template, where an intrinsic function can replace
	// any value.
	template bool
	// trust is true while a trust policy is decoded.
	trust bool
	// defaultedParameters lists the parameters whose defaults determined what
	// was read; see recordDefaultsOf.
	defaultedParameters []string
	// templateConditions has the conditions of the resource that is being read and,
	// within an Fn::If, those of the branch. Everything that is read there depends on
	// these conditions.
	templateConditions []string
	// unknownConditions has the IAM conditions of the current statement that
	// are known only at deployment, as opaque texts. Each may always hold or
	// never hold.
	unknownConditions []string
	// variants counts the variants of the current statement.
	variants int
	// statements counts the statements of the file, and the copies that the
	// branches of Fn::If produce. A statement with branches counts in addition
	// to its copies.
	statements int
}

// maxStatements limits the statements of a file; more are a problem. No
// document that IAM accepts has even a tenth as many.
const maxStatements = 100_000

// maxProblems limits the problems in one error. The first ones found are kept.
const maxProblems = 20

// problemAt records a problem at a position in the file.
func (d *decoder) problemAt(line, column int, format string, args ...any) {
	// Record a problem only once: it is found again for each branch of an
	// Fn::If elsewhere in the statement.
	p := problem.Problem{File: d.file, Line: line, Column: column, Message: fmt.Sprintf(format, args...)}
	if len(d.problems) < maxProblems && !slices.Contains(d.problems, p) {
		d.problems = append(d.problems, p)
	}
}

func (d *decoder) problemOn(n *node, format string, args ...any) {
	d.problemAt(n.line, n.column, format, args...)
}

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

// document reads a policy document. It returns a document even if it finds
// problems.
func (d *decoder) document(n *node) *Document {
	d.recordDefaultsOf(n)
	doc := &Document{Line: n.line, Column: n.column, Size: n.characters()}
	if d.template {
		d.templateDocument(doc, n)
	} else {
		d.elements(doc, n)
	}
	return doc
}

// templateDocument reads a document in a template. It may be a choice of
// several documents, a string of JSON, or known only at deployment.
func (d *decoder) templateDocument(doc *Document, n *node) {
	if choices, ok := n.choice(); ok {
		outer := d.templateConditions
		for _, b := range choices {
			if next, consistent := addConditions(outer, b.conditions...); consistent {
				d.templateConditions = next
				d.templateDocument(doc, b.n)
			}
		}
		d.templateConditions = outer
		return
	}
	if n.isNoValue() {
		return
	}
	root, err := d.documentNode(n)
	switch {
	case err != nil:
		d.problemOn(n, "invalid policy document in a string: %s", withoutPosition(err))
	case root == nil:
		doc.Statements = append(doc.Statements, d.unknownStatement(n, 0, d.templateConditions))
	default:
		d.elements(doc, root)
	}
}

func (d *decoder) elements(doc *Document, n *node) {
	if n.kind != mappingNode {
		d.problemOn(n, "a policy document: want a mapping with Version and Statement, got %s", n.describeKind())
		return
	}
	if _, _, ok := n.intrinsic(); ok {
		d.problemOn(n, "a policy document cannot be an intrinsic function here: write the document itself")
		return
	}
	found := false
	for _, f := range n.fields {
		switch {
		case f.key == "Version":
			doc.Version = d.oneOf("Version", f.value, versions)
		case f.key == "Id":
			doc.ID = d.text("Id", f.value)
		case f.key == "Statement":
			found = true
			d.statementsOf(doc, f.value)
		case d.template && strings.HasPrefix(f.key, "Fn::"):
			// What the function adds to the document is known only at
			// deployment.
			found = true
			part := &node{kind: mappingNode, line: f.line, column: f.column, fields: []field{f}}
			doc.Statements = append(doc.Statements, d.unknownStatement(part, len(doc.Statements), d.templateConditions))
		default:
			d.problemAt(f.line, f.column, "unknown element %q of a policy document%s", clip(f.key), nearword.Allowed(f.key, documentElements))
		}
	}
	if !found {
		d.problemOn(n, "missing Statement in the policy document")
	}
}

// withoutPosition returns the message of an error without its position, which
// is relative to the string that contains the document.
func withoutPosition(err error) string {
	if p, ok := errors.AsType[problem.Problem](err); ok {
		return p.Message
	}
	return err.Error()
}

func (d *decoder) statementsOf(doc *Document, n *node) {
	items := []*node{n}
	if n.kind == listNode {
		items = n.items
	}
	doc.Statements = slices.Grow(doc.Statements, len(items))
	for i, item := range items {
		d.variants = 0
		d.readStatement(doc, i, item, d.templateConditions)
	}
}

// branch is one possible value of an Fn::If or of a parameter, with the
// conditions for it; see [Statement.When].
type branch struct {
	n          *node
	conditions []string
}

// readStatement reads one statement into doc. It reads a statement that
// contains an Fn::If once for each branch.
func (d *decoder) readStatement(doc *Document, index int, n *node, conditions []string) {
	if d.statements++; d.statements > maxStatements {
		if d.statements == maxStatements+1 {
			d.problemOn(n, "more than %d statements, the limit for a file", maxStatements)
		}
		return
	}
	if n.isNoValue() {
		return
	}
	if choices, ok := n.choice(); ok {
		for _, b := range choices {
			if next, consistent := addConditions(conditions, b.conditions...); consistent {
				// An Fn::If can replace the whole list.
				for _, item := range b.n.itemsOrSelf() {
					d.readStatement(doc, index, item, next)
				}
			}
		}
		return
	}
	if n.kind != mappingNode {
		d.problemOn(n, "a statement: want a mapping with Effect, Action and so on, got %s", n.describe())
		return
	}
	if _, _, ok := n.intrinsic(); ok && d.template {
		doc.Statements = append(doc.Statements, d.unknownStatement(n, index, conditions))
		return
	}
	if d.variants < maxVariants {
		if choices, ok := n.expandChoices(); ok {
			for _, b := range choices {
				if next, consistent := addConditions(conditions, b.conditions...); consistent {
					d.readStatement(doc, index, b.n, next)
				}
			}
			return
		}
	}
	d.variants++
	d.unknownConditions = nil
	s := d.statement(n)
	conditions, _ = addConditions(conditions, d.unknownConditions...)
	s.Index, s.When, s.DefaultedParameters = index, conditions, n.allDefaultedParameters()
	if s.Effect == unknownEffect {
		s.Effect, s.MayDeny = Allow, true // Allow is the worst case
	}
	if s.neverApplies() {
		doc.Inert = append(doc.Inert, s)
		return
	}
	if s.MayDeny {
		if s.When, _ = addConditions(conditions, n.get("Effect").opaque()); s.When == nil {
			return
		}
	}
	doc.Statements = append(doc.Statements, s)
}

// maxVariants limits the variants of a statement: each template condition
// doubles them. Any further Fn::If stays as opaque text.
const maxVariants = 256

// unknownEffect marks a statement whose effect is known only at deployment.
const unknownEffect Effect = "unknown"

// unknownStatement returns a statement in place of statements that are known
// only at deployment. Its action or, in a trust policy, its principal is
// unknown, so it may allow anything: the worst case.
func (d *decoder) unknownStatement(n *node, index int, conditions []string) Statement {
	text := n.opaque()
	s := Statement{Index: index, Effect: Allow, MayDeny: true, Actions: []string{text}, When: conditions, Line: n.line, Column: n.column}
	if d.trust {
		s.Actions, s.Principals = []string{"sts:AssumeRole"}, []Principal{{"AWS", text}}
	} else {
		s.Resources = []string{"*"}
	}
	return s
}

// expandChoices finds the first node inside n that has several possible values (see
// choice), and returns a copy of n for each of them. It ignores such a node in
// the argument of a function, such as Fn::Join.
func (n *node) expandChoices() ([]branch, bool) {
	if choices, ok := n.choice(); ok {
		return choices, true
	}
	if _, _, intrinsic := n.intrinsic(); intrinsic {
		return nil, false
	}
	replaced := func(n node, i int, value *node) *node {
		if n.kind == mappingNode {
			n.fields = slices.Clone(n.fields)
			n.fields[i].value = value
			return &n
		}
		entries := []*node{value}
		if _, isChoice := n.items[i].choice(); isChoice {
			entries = value.itemsOrSelf()
		}
		n.items = slices.Replace(slices.Clone(n.items), i, i+1, entries...)
		return &n
	}
	expand := func(i int, choices []branch) []branch {
		all := make([]branch, len(choices))
		for j, c := range choices {
			all[j] = branch{replaced(*n, i, c.n), c.conditions}
		}
		return all
	}
	for i, f := range n.fields {
		if choices, ok := f.value.expandChoices(); ok {
			return expand(i, choices), true
		}
	}
	for i, item := range n.items {
		if choices, ok := item.expandChoices(); ok {
			return expand(i, choices), true
		}
	}
	return nil, false
}

// choice returns the possible values of a node that is an Fn::If, or an
// intrinsic that was resolved to several values. It returns false for any other
// node.
func (n *node) choice() ([]branch, bool) {
	if n != nil && n.branches() != nil {
		return n.branches(), true
	}
	name, argument, ok := n.intrinsic()
	if !ok || name != "If" || argument.kind != listNode || len(argument.items) != 3 || argument.items[0].kind != textNode {
		return nil, false
	}
	condition := argument.items[0].value
	return []branch{{argument.items[1], []string{condition}}, {argument.items[2], []string{"!" + condition}}}, true
}
