// Notes about what templates leave open (groups, parts that were not read, and
// parameters with assumed values), and the texts of statements.

package explain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

func templateNotes(set *document.Set) (notes []string) {
	for _, h := range set.Principals {
		notes = append(notes, sameNameNotes(h)...)
		for _, group := range set.GroupsElsewhere(h) {
			notes = append(notes, fmt.Sprintf("%s %s is a member of the group %s, whose policies are unknown", h.Kind, h.Name, group))
		}
	}
	for _, u := range set.Unread {
		switch {
		case u.Grants:
			reason := ""
			if len(u.Problems) > 0 {
				reason = ", because its policy has a mistake (" + u.Problems[0].Message + ")"
			}
			notes = append(notes, fmt.Sprintf("%s was not read%s: it may add or change what is granted", u.Name(), reason))
		case u.Limits:
			notes = append(notes, fmt.Sprintf("%s is not evaluated: it may limit what is granted", u.Name()))
		}
	}
	return notes
}

// Limits for finding out which parameters matter: the templates are read again for each
// parameter. Beyond one of these limits, every parameter with a default counts.
const (
	maxTriedParameters = 8
	maxTriedBytes      = 128 << 10
)

// assumedNotes returns notes on the assumed parameters that matter for an answer: a
// template condition of a grant uses the parameter, or the answer may differ without the
// default of the parameter.
func (e *Explainer) assumedNotes(asked string, answer Answer) []string {
	var assumed []document.AssumedParameter
	triesEach := len(e.set.Defaulted()) <= maxTriedParameters && e.set.Bytes <= maxTriedBytes
	for _, a := range e.set.AssumedParameters {
		isDefaulted := slices.Contains(e.set.Defaulted(), a.Name)
		if e.usesParameter(answer, a.Name) || isDefaulted && (!triesEach || e.differsWithout(a.Name, asked, answer)) {
			assumed = append(assumed, a)
		}
	}
	return document.AssumedNotes(assumed)
}

// usesParameter reports whether a template condition of a grant may depend on a
// parameter.
func (e *Explainer) usesParameter(answer Answer, parameter string) bool {
	return slices.ContainsFunc(answer.Actions, func(a Action) bool {
		return slices.ContainsFunc(a.Grants, func(g Grant) bool {
			return slices.ContainsFunc(g.When, func(condition string) bool { return e.set.DependsOn(condition, parameter) })
		})
	})
}

// differsWithout reports whether an answer differs, or may differ, if the value of a
// parameter is known only at deployment.
func (e *Explainer) differsWithout(parameter, asked string, answer Answer) bool {
	other, known := e.without[parameter]
	if !known {
		if set, err := e.set.WithoutDefaults([]string{parameter}); err == nil {
			if other, err = New(set, e.catalogue); err != nil {
				other = nil
			}
		}
		if other != nil {
			other.SetRelease(e.release, e.settings)
		}
		if e.without == nil {
			e.without = map[string]*Explainer{}
		}
		e.without[parameter] = other
	}
	if other == nil {
		return true
	}
	found, err := other.answer(asked)
	if err != nil {
		return true
	}
	one, errOne := json.Marshal(answer.Actions)
	two, errTwo := json.Marshal(found.Actions)
	return errOne != nil || errTwo != nil || !bytes.Equal(one, two) || !slices.Equal(answer.Notes, found.Notes)
}

// noteUnknownActions adds a note for each statement with actions that are known
// only at deployment, because a search for an action does not find the
// statement.
func (e *Explainer) noteUnknownActions(p heldPolicy) {
	name := "policy " + p.name
	switch {
	case p.isTrustPolicy():
		name = fmt.Sprintf("the trust policy of %s %s", p.place.Holder.Kind, p.place.Holder.Name)
	case p.place.Boundary:
		name = "the permissions boundary " + p.name
	}
	for i := range p.doc.Statements {
		s := &p.doc.Statements[i]
		if unknown := slices.IndexFunc(s.Actions, func(a string) bool { return strings.Contains(a, "${") }); unknown >= 0 {
			e.notes = append(e.notes, fmt.Sprintf("%s of %s also has actions that are known only at deployment: %s", s.Label(), name, s.Actions[unknown]))
		}
	}
}

// unknownParts returns the parts of a statement that are known only at deployment.
func (e *Explainer) unknownParts(s *document.Statement) []string {
	texts := slices.Concat(s.Actions, s.NotActions, s.Resources, s.NotResources, s.When)
	for _, p := range slices.Concat(s.Principals, s.NotPrincipals) {
		texts = append(texts, p.ID)
	}
	for _, c := range s.Conditions {
		texts = append(append(texts, c.Key), c.Values...)
	}
	var all []string
	for _, text := range texts {
		for _, part := range e.set.Unknown(text) {
			if !slices.Contains(all, part) {
				all = append(all, part)
			}
		}
	}
	return all
}

// statementTexts has the texts of a statement, which are the same for every
// action.
type statementTexts struct {
	principals, notPrincipals, conditions, unknown, unclear []string
	// size is the approximate length of the texts in bytes. Each byte costs one
	// unit, because the texts are written and compared for every action of the
	// statement.
	size int
}

// textsOf returns the texts of a statement, and caches them.
func (e *Explainer) textsOf(s *document.Statement, isResourcePolicy bool) *statementTexts {
	if known := e.texts[s]; known != nil {
		return known
	}
	t := &statementTexts{unknown: e.unknownParts(s)}
	for _, p := range s.Principals {
		t.principals = append(t.principals, p.String())
	}
	for _, p := range s.NotPrincipals {
		t.notPrincipals = append(t.notPrincipals, p.String())
	}
	for _, c := range s.Conditions {
		t.conditions = append(t.conditions, c.String())
	}
	e.meter.Spend(4 * (len(s.Resources) + len(s.NotResources)))
	for _, u := range s.Unclear(isResourcePolicy, authz.Multivalued) {
		t.unclear = append(t.unclear, u.String())
	}
	t.size = sizeOf(s.NotActions, s.Resources, s.NotResources, s.When, t.principals, t.notPrincipals, t.conditions, t.unknown, t.unclear)
	e.meter.Spend(t.size)
	e.texts[s] = t
	return t
}

// sizeOf returns approximately how many bytes the texts of the lists need in a report.
func sizeOf(lists ...[]string) (size int) {
	for _, list := range lists {
		for _, text := range list {
			size += 16 + len(text)
		}
	}
	return size
}

// sameNameNotes returns a note for each name that several inline policies of a role, user
// or group have, if they can exist together: see [document.InlineOfOneName].
func sameNameNotes(h *document.Holder) (notes []string) {
	for _, indexes := range document.InlineOfOneName(h.Policies, func([]string) bool { return true }) {
		notes = append(notes, fmt.Sprintf("%s %s has several inline policies with the name %s: the last one that is written replaces the others, and only its statements have an effect", h.Kind, h.Name, h.Policies[indexes[0]].Name))
	}
	return notes
}
