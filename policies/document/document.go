// Package document reads any IAM policy document, and the principals and
// policies of any CloudFormation template, into one model with positions.
//
// It is strict: what IAM would refuse, or would take for something else than
// it looks like, is an error that says where it stands. What it takes, it
// takes completely: nothing of a statement is left out of the model.
package document

import (
	"fmt"
	"strings"
)

// Document is one policy document.
type Document struct {
	// Version is "2012-10-17", "2008-10-17" or "" (which IAM takes for the
	// older one, that has no policy variables).
	Version    string
	ID         string
	Statements []Statement
	// Inert are the statements that never apply, because a list of theirs is
	// empty. They allow and deny nothing.
	Inert []Statement
	// Size is the document's length as IAM counts it: in characters of JSON,
	// without white space. With intrinsic functions it is an estimate.
	Size   int
	Line   int
	Column int
}

// Statement is one statement. A list that is absent is nil, and one that is
// there has at least one entry; see [Document.Inert] for the others.
type Statement struct {
	// Index is its place in the document, from 0. Statements that come from
	// the two branches of one Fn::If share it.
	Index  int
	Sid    string
	Effect Effect

	Principals    []Principal
	NotPrincipals []Principal
	Actions       []string
	NotActions    []string
	Resources     []string
	NotResources  []string
	Conditions    []Condition
	// Blank are the elements that are there and say nothing: a Sid without a
	// letter, a Condition without an operator.
	Blank []string

	// When names the conditions of the template (not of IAM) that decide
	// whether the statement exists: "UseEKS", or "!UseEKS" for the other
	// branch of an Fn::If; and the values of parameters with which it is as it
	// is: "Stage=dev", "Stage=dev|test", see [IsValue]. They all must hold.
	When []string
	// Rests are the parameters of the template whose defaults the statement rests
	// on, sorted.
	Rests []string

	Line   int
	Column int
}

// Effect is what a statement does.
type Effect string

// The effects that IAM has. Source: IAM User Guide, "IAM JSON policy elements:
// Effect"; the value is case-sensitive.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Principal is one principal of a statement. Kind is one of [PrincipalKinds], or
// [UnknownKind]; another one is of no one. "Principal": "*" is read as AWS with the ID "*",
// which is the same. Source: IAM User Guide, "AWS JSON policy elements: Principal",
// "All principals".
type Principal struct {
	Kind string
	ID   string
}

// String returns the principal as people write it: "Service ec2.amazonaws.com".
func (p Principal) String() string { return p.Kind + " " + p.ID }

// UnknownKind is the kind of a principal of which even that is known at deployment
// only: it may be anyone. Its ID is an opaque text.
const UnknownKind = "principal"

// PrincipalKinds returns the kinds of principals that IAM has. Callers must not
// change them.
func PrincipalKinds() []string { return principalKinds }

// EmptyElements are the elements of a statement that are empty lists, so that it
// never applies.
//
// Source: IAM User Guide, "IAM policy validation check reference", the
// suggestions on empty arrays: IAM takes them, and they do not affect the policy.
func (s *Statement) EmptyElements() []string {
	var empty []string
	add := func(name string, there bool, length int) {
		if there && length == 0 {
			empty = append(empty, name)
		}
	}
	add("Action", s.Actions != nil, len(s.Actions))
	add("Resource", s.Resources != nil, len(s.Resources))
	add("Principal", s.Principals != nil, len(s.Principals))
	return empty
}

func (s *Statement) neverApplies() bool { return len(s.EmptyElements()) > 0 }

// Condition is one line of a Condition element: it holds when the value of Key
// in the request compares, by Operator, with one of the Values. All conditions
// of a statement must hold.
type Condition struct {
	Operator string
	Key      string
	Values   []string
	// Mixed says that the values are of several types of JSON: "1" and 1.
	Mixed  bool
	Line   int
	Column int
}

// String returns the condition on one line: `StringEquals aws:RequestedRegion
// = a, b`.
func (c Condition) String() string {
	return c.Operator + " " + c.Key + " = " + strings.Join(c.Values, ", ")
}

// Label names the statement as its document has it: "Statement[2]", counted
// from 0, with the Sid if there is one.
func (s *Statement) Label() string {
	text := fmt.Sprintf("Statement[%d]", s.Index)
	if s.Sid != "" {
		text += " (" + s.Sid + ")"
	}
	return text
}
