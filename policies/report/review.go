// The report of a review, in every format.

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
	// Release is the release of CAPA that the policies were compared with.
	Release string
	// Rules has the IDs of the rules that were applied.
	Rules []string
	// Counts has the number of findings of each severity, including those that
	// --severity hides. Hidden is the number of hidden findings.
	Counts     map[string]int
	Hidden     int
	Findings   []review.Finding
	Principals []review.PrincipalSummary
	Suppressed []review.Suppressed
	Notes      []string
	// Unpinned has the lines of the suppressions in [review.Report.Unpinned].
	Unpinned []int
	// SecretParameters has the template parameters whose values must not be shown.
	SecretParameters []string

	metadata About
	minimum  review.Severity // the severity set by HideBelow
}

// About has what a report says in addition to the result of the review.
type About struct {
	// Of names what was reviewed, and Release the release of CAPA.
	Of, Release string
	// Rules has the rules that were applied. AllRules means that no rule was left
	// out.
	Rules    []review.Rule
	AllRules bool
	// HasSuppressions means that a suppression file was given.
	HasSuppressions bool
	// Streams has the names in [review.Location] that are not files, such as
	// "standard input".
	Streams map[string]bool
	// Folder is the folder that URIs in SARIF are relative to, "" if it is
	// unknown. Version is the version of the program.
	Folder, Version string
}

// ReviewOf reviews a subject. It takes the release, settings and partition from
// the subject, and adds notes about what was not read.
func ReviewOf(subject *source.Subject, options review.Options, metadata About) (*Review, error) {
	options.Release, options.Settings, options.Partition = subject.Release, subject.Settings, subject.Partition
	found := subject.Found()
	reviewed, err := review.Review(found.Set, options)
	if err != nil {
		return nil, err
	}
	metadata.Of, metadata.Release, metadata.Streams = subject.Name, subject.Release.String(), subject.Streams
	metadata.AllRules, metadata.HasSuppressions = len(options.Rules) == 0, options.Suppressions != nil
	v := NewReview(reviewed, metadata)
	v.Notes = append(append(v.Notes, UnreadNotes(found.Set)...), AssumedNotes(found)...)
	v.SecretParameters = found.Set.SecretParameters
	return v, nil
}

// NewReview returns the report of a review.
func NewReview(report *review.Report, metadata About) *Review {
	v := &Review{Of: metadata.Of, Release: metadata.Release, Rules: []string{}, Counts: map[string]int{}, metadata: metadata, Findings: report.Findings,
		Principals: emptyIfNil(report.Principals), Suppressed: report.Suppressed, Notes: []string{}}
	for _, e := range report.Unpinned {
		v.Unpinned = append(v.Unpinned, e.Line)
	}
	slices.Sort(v.Unpinned)
	for _, note := range report.Notes {
		v.Notes = append(v.Notes, Sentence(note))
	}
	for _, rule := range metadata.Rules {
		v.Rules = append(v.Rules, rule.ID)
	}
	for _, severity := range review.Severities() {
		v.Counts[severity.String()] = 0
	}
	for _, f := range v.Findings {
		v.Counts[f.Severity.String()]++
		for i := range f.Path {
			f.Path[i].Resources = emptyIfNil(f.Path[i].Resources)
		}
	}
	for _, p := range v.Principals {
		for i := range p.AssumedBy {
			p.AssumedBy[i].Principals, p.AssumedBy[i].Actions = emptyIfNil(p.AssumedBy[i].Principals), emptyIfNil(p.AssumedBy[i].Actions)
		}
	}
	return v
}

// emptyIfNil returns an empty list instead of nil, so that JSON has [] instead of
// null.
func emptyIfNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// HideBelow removes the findings below a severity from the report.
func (v *Review) HideBelow(minimum review.Severity) {
	before := len(v.Findings)
	v.minimum = minimum
	v.Findings = slices.DeleteFunc(v.Findings, func(f review.Finding) bool { return f.Severity < minimum })
	v.Hidden = before - len(v.Findings)
}

// Format writes the report as "text", "json", "markdown" or "sarif". Colours
// apply to text only.
func (v *Review) Format(output string, colours bool) ([]byte, error) {
	switch output {
	case "json":
		return render.JSON(v.json())
	case "markdown":
		return []byte(v.Markdown()), nil
	case "sarif":
		return render.JSON(v.sarif())
	}
	return v.formatText(colours), nil
}
