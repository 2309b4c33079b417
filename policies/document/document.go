// Package document reads IAM policy documents, and the principals and policies
// of CloudFormation templates, into one model with positions.
//
// It is strict: it returns an error with a position for unknown elements, duplicate
// keys, values of the wrong type, and anything else that does not have the form of a
// policy. A policy that has this form is read even if IAM refuses it, for example
// because of its Sid; package review reports such policies. The model is complete: it
// includes everything that a statement contains.
package document

import (
	"fmt"
	"strings"
)

// Document is a parsed policy document.
type Document struct {
	// Version is "2012-10-17", "2008-10-17" or "". IAM treats "" as the older
	// version, which has no policy variables.
	Version    string
	ID         string
	Statements []Statement
	// Inert has the statements that never apply because their Action, Resource
	// or Principal is empty. They allow and deny nothing.
	Inert []Statement
	// Size is the length of the document as IAM counts it: in characters of
	// JSON, without white space. If the document has intrinsic functions, it is
	// an estimate.
	Size int
	// Line and Column are the position in the file, from 1. Documents that
	// [SetOf] reads have no positions; theirs are 0.
	Line   int
	Column int
}

// Statement is a statement of a policy document. The list of an element that
// the statement does not have is nil. Every other list has at least one entry,
// except in the statements of [Document.Inert].
type Statement struct {
	// Index is the position in the document, counted from 0. The statements
	// that the branches of an Fn::If or the values of a parameter produce have
	// the same index.
	Index  int
	Sid    string
	Effect Effect
	// MayDeny is true for an Allow that may be a Deny instead: its effect is
	// known only at deployment.
	MayDeny bool

	Principals    []Principal
	NotPrincipals []Principal
	Actions       []string
	NotActions    []string
	Resources     []string
	NotResources  []string
	Conditions    []Condition
	// Blank lists the elements that are present but have no content: an empty
	// Sid, a Condition without an operator.
	Blank []string

	// When has the template conditions (not IAM conditions) under which the
	// statement exists in this form. All of them must hold. "UseEKS" is a
	// condition, "!UseEKS" its negation, and "Stage=dev|test" lists values of a
	// parameter; see [ParameterValues]. An opaque text such as "${Ref:X}" is an IAM
	// condition, an Effect or the key of a mapping that is known only at
	// deployment.
	When []string
	// DefaultedParameters lists the template parameters whose defaults the
	// statement depends on, sorted.
	DefaultedParameters []string

	Line   int
	Column int
}

// Effect says whether a statement allows or denies.
type Effect string

// The effects. Source: IAM User Guide, "IAM JSON policy elements: Effect"; the
// value is case-sensitive.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Principal is an entry of a statement's Principal or NotPrincipal. Kind is one
// of [PrincipalKinds], or [UnknownKind], or a kind in the file that IAM does
// not have, which matches no caller. "Principal": "*" is read as AWS with the
// ID "*", which is equivalent. Source: IAM User Guide, "AWS JSON policy
// elements: Principal", "All principals".
type Principal struct {
	Kind string
	ID   string
}

// String returns the principal in its usual notation: "Service
// ec2.amazonaws.com".
func (p Principal) String() string { return p.Kind + " " + p.ID }

// UnknownKind is the kind of a principal that is entirely unknown before
// deployment: it may be anyone. Its ID is an opaque text.
const UnknownKind = "principal"

// PrincipalKinds returns the kinds of principals in IAM. Callers must not
// modify the result.
func PrincipalKinds() []string { return principalKinds }

// EmptyElements returns which of Action, Resource and Principal are present but
// empty. A statement with an empty element never applies.
//
// Source: IAM User Guide, "IAM policy validation check reference", the
// suggestions on empty arrays: IAM accepts them, and they do not affect the
// policy.
func (s *Statement) EmptyElements() []string {
	var empty []string
	add := func(name string, present bool, length int) {
		if present && length == 0 {
			empty = append(empty, name)
		}
	}
	add("Action", s.Actions != nil, len(s.Actions))
	add("Resource", s.Resources != nil, len(s.Resources))
	add("Principal", s.Principals != nil, len(s.Principals))
	return empty
}

func (s *Statement) neverApplies() bool { return len(s.EmptyElements()) > 0 }

// Condition is one operator and one key of a Condition element. Values has what
// the operator compares with the values of Key in the request; numbers and
// booleans have their notation in the file. All conditions of a statement must
// hold.
type Condition struct {
	Operator string
	Key      string
	Values   []string
	// Mixed is true if the values have several JSON types, such as "1" and 1.
	Mixed  bool
	Line   int
	Column int
}

// String returns the condition on one line: `StringEquals aws:RequestedRegion =
// a, b`.
func (c Condition) String() string {
	return c.Operator + " " + c.Key + " = " + strings.Join(c.Values, ", ")
}

// Label returns the name of the statement within its document: "Statement[2]",
// counted from 0, with the Sid if it has one.
func (s *Statement) Label() string {
	text := fmt.Sprintf("Statement[%d]", s.Index)
	if s.Sid != "" {
		text += " (" + s.Sid + ")"
	}
	return text
}
