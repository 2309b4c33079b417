// From a tree to the model: which elements there are, and of which types.
// Source: IAM User Guide, "Grammar of the IAM JSON policy language".

package document

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/nearword"
	"capaboot/internal/problem"
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
	// template: what is read is of a template, so that a function may be in the
	// place of anything.
	template bool
	// trust: the document says who may assume a role.
	trust bool
	// dropped are the parameters whose defaults decided that a part is not there.
	dropped []string
	// when are the conditions of the template on which all that is read now
	// depends: those of the resource.
	when []string
	// open are conditions of the statement that is read, as opaque texts, of which
	// nothing is known: they may always hold or never.
	open []string
	// variants counts those of the statement that is read.
	variants int
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
	if d.template {
		d.ofTemplate(doc, n)
	} else {
		d.elements(doc, n)
	}
	return doc
}

// ofTemplate reads a document of a template: it may be one of several, a text of
// JSON, or nothing that is known before deployment.
func (d *decoder) ofTemplate(doc *Document, n *node) {
	if choices, ok := n.choice(); ok {
		outer := d.when
		for _, b := range choices {
			if next, possible := and(outer, b.when...); possible {
				d.when = next
				d.ofTemplate(doc, b.n)
			}
		}
		d.when = outer
		return
	}
	if n.isNoValue() {
		d.dropped = append(d.dropped, n.rests()...)
		return
	}
	written, err := d.written(n)
	switch {
	case err != nil:
		d.on(n, "a policy document that is a string must be JSON: %s", withoutPlace(err))
	case written == nil:
		doc.Statements = append(doc.Statements, d.unknownStatement(n, 0, d.when))
	default:
		d.elements(doc, written)
	}
}

// elements reads the elements of a document.
func (d *decoder) elements(doc *Document, n *node) {
	if n.kind != mappingNode {
		d.on(n, "a policy document must be a mapping with Version and Statement, not %s", n.sort())
		return
	}
	if _, _, ok := n.intrinsic(); ok {
		d.on(n, "a policy document cannot be an intrinsic function here: write it out")
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
			// What it adds to the document is known at deployment only.
			found = true
			part := &node{kind: mappingNode, line: f.line, column: f.column, fields: []field{f}}
			doc.Statements = append(doc.Statements, d.unknownStatement(part, len(doc.Statements), d.when))
		default:
			d.at(f.line, f.column, "unknown element %q of a policy document%s", clip(f.key), nearword.Allowed(f.key, documentElements))
		}
	}
	if !found {
		d.on(n, "a policy document needs Statement")
	}
}

// withoutPlace is what an error says, without where: the place is that of the
// text in which it is.
func withoutPlace(err error) string {
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
		d.branches(doc, i, item, d.when)
	}
}

// branch is one of the results of an Fn::If, or of a parameter, with the
// conditions that it depends on; see [Statement.When].
type branch struct {
	n    *node
	when []string
}

// branches reads one statement. One that has an Fn::If is read once for each
// of its branches.
func (d *decoder) branches(doc *Document, index int, n *node, when []string) {
	if d.statements++; d.statements > maxStatements {
		if d.statements == maxStatements+1 {
			d.on(n, "more than %d statements, the limit for a policy", maxStatements)
		}
		return
	}
	if n.isNoValue() {
		d.dropped = append(d.dropped, n.rests()...)
		return
	}
	if choices, ok := n.choice(); ok {
		for _, branch := range choices {
			if next, possible := and(when, branch.when...); possible {
				// An Fn::If can be in place of the whole list.
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
	if _, _, ok := n.intrinsic(); ok && d.template {
		doc.Statements = append(doc.Statements, d.unknownStatement(n, index, when))
		return
	}
	if d.variants < maxVariants {
		if choices, ok := n.split(); ok {
			for _, branch := range choices {
				if next, possible := and(when, branch.when...); possible {
					d.branches(doc, index, branch.n, next)
				}
			}
			return
		}
	}
	d.variants++
	d.open = nil
	s := d.statement(n)
	when, _ = and(when, d.open...)
	s.Index, s.When, s.Rests = index, when, n.allRests()
	if s.neverApplies() {
		doc.Inert = append(doc.Inert, s)
		return
	}
	if s.Effect == unknownEffect {
		s.Effect = Allow // the worst that it can be
		if s.When, _ = and(when, n.get("Effect").opaque()); s.When == nil {
			return
		}
	}
	doc.Statements = append(doc.Statements, s)
}

// maxVariants is how many forms a statement may have by the conditions and the
// parameters of its template: each condition doubles them. What is left over stays
// as opaque text.
const maxVariants = 256

// unknownEffect is that of a statement whose effect is known at deployment only.
const unknownEffect Effect = "unknown"

// unknownStatement stands for statements that are known at deployment only.
func (d *decoder) unknownStatement(n *node, index int, when []string) Statement {
	text := n.opaque()
	s := Statement{Index: index, Effect: Allow, Actions: []string{text}, When: when, Line: n.line, Column: n.column}
	if d.trust {
		s.Actions, s.Principals = []string{"sts:AssumeRole"}, []Principal{{"AWS", text}}
	} else {
		s.Resources = []string{"*"}
	}
	return s
}

// split finds the first Fn::If in a part of a statement, and returns the part
// as it is with each of the branches. One in the argument of another function,
// such as Fn::Join, is left alone.
func (n *node) split() ([]branch, bool) {
	if choices, ok := n.choice(); ok {
		return choices, true
	}
	if _, _, intrinsic := n.intrinsic(); intrinsic {
		return nil, false
	}
	with := func(n node, i int, value *node) *node {
		if n.kind == mappingNode {
			n.fields = slices.Clone(n.fields)
			n.fields[i].value = value
			return &n
		}
		entries := []*node{value}
		if _, whole := n.items[i].choice(); whole {
			entries = value.orItems()
		}
		n.items = slices.Replace(slices.Clone(n.items), i, i+1, entries...)
		return &n
	}
	each := func(i int, choices []branch) []branch {
		all := make([]branch, len(choices))
		for j, c := range choices {
			all[j] = branch{with(*n, i, c.n), c.when}
		}
		return all
	}
	for i, f := range n.fields {
		if choices, ok := f.value.split(); ok {
			return each(i, choices), true
		}
	}
	for i, item := range n.items {
		if choices, ok := item.split(); ok {
			return each(i, choices), true
		}
	}
	return nil, false
}

// choice returns what an Fn::If, or an intrinsic that was resolved to one of
// several, may be.
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
