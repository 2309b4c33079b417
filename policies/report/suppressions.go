// Writes a suppression file for the findings of a review, in which the user
// fills in the reasons.

package report

import "capaboot/policies/suppress"

// Suppressions returns a suppression file for the shown findings, and the
// number of findings that it would suppress. Several findings can share an
// entry. Findings about suppressions have no entry. See [suppress.Format].
func (v *Review) Suppressions() (text []byte, findings int, err error) {
	var all []suppress.Suggestion
	for i := range v.Findings {
		f := &v.Findings[i]
		if entry, ok := f.Suggest(); ok {
			all = append(all, suppress.Suggestion{Entry: entry, Severity: f.Severity.String(), Statement: f.Statement, Message: Sentence(f.Message)})
		}
	}
	text, err = suppress.Format(inputText(v.Of), all)
	return text, len(all), err
}
