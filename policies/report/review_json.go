// A review as JSON. docs/schemas has the schema.

package report

import (
	"capaboot/internal/shortlist"
	"capaboot/policies/review"
)

type reviewJSON struct {
	// Version is the version of this format.
	Version int    `json:"version"`
	Of      string `json:"of"`
	// Release is the release of CAPA that the policies were compared with.
	Release string `json:"release"`
	// Rules has the IDs of the rules that were applied.
	Rules []string `json:"rules"`
	// Counts has the number of findings of each severity, including those that
	// --severity hides. Hidden is the number of hidden findings.
	Counts     map[string]int            `json:"counts"`
	Hidden     int                       `json:"hidden"`
	Findings   []findingJSON             `json:"findings"`
	Principals []review.PrincipalSummary `json:"principals"`
	Suppressed []suppressedJSON          `json:"suppressed"`
	Notes      []string                  `json:"notes"`
}

type findingJSON struct {
	Rule       string          `json:"rule"`
	Severity   review.Severity `json:"severity"`
	Principals []string        `json:"principals,omitempty"`
	Trusted    []string        `json:"trusted,omitempty"`
	Policy     string          `json:"policy"`
	Statement  string          `json:"statement"`
	Actions    []string        `json:"actions"`
	// ExceptActions means that the finding is about every action except Actions.
	ExceptActions bool     `json:"exceptActions,omitempty"`
	Resources     []string `json:"resources"`
	Limits        []string `json:"limits,omitempty"`
	Message       string   `json:"message"`
	When          []string `json:"when,omitempty"`
	// HeldWhen has the template conditions that not all principals share; see
	// [review.HeldWhen].
	HeldWhen  []heldWhenJSON `json:"heldWhen,omitempty"`
	Remedy    string         `json:"remedy"`
	Reference string         `json:"reference"`
	placeJSON
	Path []stepJSON `json:"path,omitempty"`
}

type heldWhenJSON struct {
	Principal string   `json:"principal,omitempty"`
	When      []string `json:"when"`
}

type suppressedJSON struct {
	findingJSON
	Reason  string `json:"reason"`
	Expires string `json:"expires,omitempty"` // the last day on which the suppression applies, YYYY-MM-DD
}

type stepJSON struct {
	Principal  string   `json:"principal,omitempty"`
	Policy     string   `json:"policy"`
	Statement  string   `json:"statement"`
	Action     string   `json:"action"`
	Resources  []string `json:"resources"`
	Conditions []string `json:"conditions,omitempty"`
	placeJSON
}

type placeJSON struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

func (v *Review) json() reviewJSON {
	j := reviewJSON{Version: 1, Of: v.Of, Release: v.Release, Rules: v.Rules, Counts: v.Counts, Hidden: v.Hidden, Principals: v.Principals, Notes: v.Notes,
		Findings: make([]findingJSON, len(v.Findings)), Suppressed: make([]suppressedJSON, len(v.Suppressed))}
	for i, f := range v.Findings {
		j.Findings[i] = newFindingJSON(f)
	}
	for i, s := range v.Suppressed {
		j.Suppressed[i] = suppressedJSON{newFindingJSON(s.Finding), s.Reason, s.Expires}
	}
	return j
}

// exceptActions reports whether a finding is about every action except those in
// f.Actions, and its message does not name all of f.Actions; see
// [review.Finding.NotAction].
func exceptActions(f review.Finding) bool { return f.NotAction && !containsAll(f.Message, f.Actions) }

func newFindingJSON(f review.Finding) findingJSON {
	j := findingJSON{Rule: f.Rule, Severity: f.Severity, Principals: f.Principals, Trusted: f.Trusted, Policy: f.Policy, Statement: f.Statement, Actions: f.Actions, ExceptActions: exceptActions(f), Resources: f.Resources, Limits: f.Limits,
		Message: Sentence(f.Message), When: f.When, Remedy: f.Remedy, Reference: f.Reference, placeJSON: placeJSON(f.Location)}
	j.HeldWhen = heldWhen(f)
	for _, step := range f.Path {
		j.Path = append(j.Path, stepJSON{step.Principal, step.Policy, step.Statement, stepActions(step), step.Resources, step.Conditions, placeJSON(step.Location)})
	}
	return j
}

// stepActions lists the first actions of a step, separated by commas, and counts the
// others.
func stepActions(step review.PathStep) string {
	p := review.Phrase{Names: step.Actions, Texts: step.Actions}
	return shortlist.Few(p.Texts, shownCount(p), func(name string) string { return name })
}

func heldWhen(f review.Finding) []heldWhenJSON {
	var all []heldWhenJSON
	for _, h := range f.HeldWhen {
		all = append(all, heldWhenJSON(h))
	}
	return all
}
