// What a review says, for people and programs.

package report

import (
	"slices"

	"capaboot/internal/render"
	"capaboot/policies/review"
	"capaboot/policies/source"
)

// Review is the result of "policy review".
type Review struct {
	Of string
	// Release is the one of CAPA whose controllers the fit is for.
	Release string
	// Rules are those that were looked for.
	Rules []string
	// Counts are by severity, with those that --severity hides; Hidden is how
	// many these are.
	Counts     map[string]int
	Hidden     int
	Findings   []review.Finding
	Principals []review.PrincipalSummary
	Suppressed []review.Suppressed
	Notes      []string

	about About
	least review.Severity // see Hide
}

// About is what a report says besides what the review found.
type About struct {
	// Of names what was reviewed, and Release the release of CAPA.
	Of, Release string
	// Rules are those that were looked for. AllRules: there are no others.
	Rules    []review.Rule
	AllRules bool
	// Accepts: there is a suppression file.
	Accepts bool
	// Streams are the names of what is not a file, as File has them.
	Streams map[string]bool
	// Folder is the one that addresses in SARIF are relative to, "" if it is unknown, and Version that of the program.
	Folder, Version string
}

// ReviewOf reviews a subject. What it was generated for is added to the options, and
// what is known of it to what the report says besides.
func ReviewOf(subject *source.Subject, options review.Options, about About) (*Review, error) {
	options.Release, options.Settings, options.Partition = subject.Release, subject.Settings, subject.Partition
	found := subject.Found()
	reviewed, err := review.Review(found.Set, options)
	if err != nil {
		return nil, err
	}
	about.Of, about.Release, about.Streams = subject.Name, subject.Release.String(), subject.Streams
	about.AllRules, about.Accepts = len(options.Rules) == 0, options.Suppressions != nil
	v := NewReview(reviewed, about)
	v.Notes = append(v.Notes, Unread(found.Set)...)
	return v, nil
}

// NewReview makes the report of what a review found.
func NewReview(report *review.Report, about About) *Review {
	v := &Review{Of: about.Of, Release: about.Release, Rules: []string{}, Counts: map[string]int{}, about: about, Findings: report.Findings,
		Principals: notNil(report.Principals), Suppressed: report.Suppressed, Notes: []string{}}
	for _, note := range report.Notes {
		v.Notes = append(v.Notes, Sentence(note))
	}
	for _, rule := range about.Rules {
		v.Rules = append(v.Rules, rule.ID)
	}
	for _, severity := range review.Severities() {
		v.Counts[severity.String()] = 0
	}
	for _, f := range v.Findings {
		v.Counts[f.Severity.String()]++
		for i := range f.Path {
			f.Path[i].Resources = notNil(f.Path[i].Resources)
		}
	}
	for _, p := range v.Principals {
		for i := range p.AssumedBy {
			p.AssumedBy[i].Principals, p.AssumedBy[i].Actions = notNil(p.AssumedBy[i].Principals), notNil(p.AssumedBy[i].Actions)
		}
	}
	return v
}

// notNil makes a list that is empty of one that is absent, for JSON.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Worst is the highest severity of what is left.
func (v *Review) Worst() review.Severity {
	return (&review.Report{Findings: v.Findings}).Worst()
}

// Hide takes findings below a severity out of what is shown.
func (v *Review) Hide(least review.Severity) {
	before := len(v.Findings)
	v.least = least
	v.Findings = slices.DeleteFunc(v.Findings, func(f review.Finding) bool { return f.Severity < least })
	v.Hidden = before - len(v.Findings)
}

// Format writes the report as "text", "json", "markdown" or "sarif". Colours are
// for text on a terminal.
func (v *Review) Format(output string, colours bool) ([]byte, error) {
	switch output {
	case "json":
		return render.JSON(v.json())
	case "markdown":
		return []byte(v.Markdown()), nil
	case "sarif":
		return render.JSON(v.sarif())
	}
	return v.text(colours), nil
}
