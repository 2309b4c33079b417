// The rule about empty lists, which make a statement never apply or a condition
// limit nothing.

package review

import (
	"slices"

	"capaboot/policies/document"
)

func emptyRules() []Rule {
	return []Rule{{ID: "empty-list", Severity: Low, Reference: userGuide + "access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-suggestion-empty-array-action",
		Risk: "an element of the statement is empty, so the statement or the condition has no effect", Remedy: "add values to the empty element, or remove the statement", policy: checkEmptyLists}}
}

func checkEmptyLists(r *run, p *policy) {
	if p.aws {
		return
	}
	verb := map[document.Effect]string{document.Allow: "allows", document.Deny: "denies"}
	for i := range p.doc.Inert {
		s := &statement{Statement: &p.doc.Inert[i], policy: p}
		r.reportStatement(s, Finding{Severity: ineffectiveSeverity(s, 0), Actions: s.patterns(), Message: sentencef("%s %s empty, so the statement %s nothing", nameList(s.EmptyElements()), forCount(s.EmptyElements(), "is", "are"), verb[s.Effect])})
	}
	for _, s := range p.statements {
		if slices.Contains(s.Blank, "Condition") {
			r.reportStatement(s, Finding{Actions: s.patterns(), Message: PlainSentence("Condition is empty, so the statement applies without a condition"), Remedy: "add a condition, or remove Condition"})
		}
		for _, c := range s.Conditions {
			if len(c.Values) > 0 {
				continue
			}
			f := Finding{Severity: ineffectiveSeverity(s, 0), Actions: s.patterns(), Message: sentencef("%s has no value for %s, so the condition never holds and the statement %s nothing", c.Operator, c.Key, verb[s.Effect])}
			if outcomeWithoutKey(c) != outcomeFails {
				f.Severity = Medium
				f.Message = sentencef("%s has no value for %s, so the condition limits little or nothing", c.Operator, c.Key)
			}
			r.reportStatement(s, f)
		}
	}
}
