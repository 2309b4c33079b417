// Package review finds what a security reviewer would object to in IAM policy
// documents: mistakes, grants that are too wide, grants that lead to more, who
// can assume a role or use a resource, and what does not fit CAPA.
//
// It reads what is written there. It cannot see service control policies, the
// policies of resources elsewhere, or roles that are not in the set; a report
// without findings does not say that nothing can go wrong.
package review

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"capaboot/internal/meter"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/suppress"
)

// Options says what to look for.
type Options struct {
	// Rules are the IDs of rules, or names of groups, to report; empty for all.
	Rules []string
	// Suppressions are findings that somebody has accepted; nil for none.
	Suppressions *suppress.List
	// Today decides which suppressions have expired. Zero: none has.
	Today time.Time
	// Partition is the one that the policies are for ("aws-cn"), or "".
	Partition string
	// RaisedQuotas compares with the most that AWS grants on request.
	RaisedQuotas bool

	// Release is that of CAPA whose controllers use the role; zero for the
	// one whose calls are known, [catalog.APICallsOf].
	Release catalog.Release
	// Settings are the configuration's, for features that are off; nil when
	// there is no configuration.
	Settings *catalog.Settings
	// Controllers is the name or the logical ID of the principal that CAPA's
	// controllers run as; empty for the role that CAPA's templates make.
	Controllers string
}

// Report is what a review found.
type Report struct {
	Principals []PrincipalSummary
	// Findings are sorted, the worst first.
	Findings []Finding
	// Suppressed are those that a suppression takes away.
	Suppressed []Suppressed
	// Notes say what the review could not look at.
	Notes []Sentence
}

// Finding is one thing that a rule objects to. The same thing in forty actions
// of a statement is one finding.
type Finding struct {
	Rule     string
	Severity Severity
	// Principals are the names of those that it is about.
	Principals []string
	Policy     string
	// Trust: the policy is the trust policy of a role.
	Trust bool
	// Statement is "Statement[2]", counted from 0, with the Sid if there is
	// one; empty when no single statement is meant.
	Statement string
	Sid       string
	Actions   []string
	Resources []string
	// Message says what the risk is here, Remedy what to do; one sentence each.
	Message   Sentence
	Remedy    string
	Reference string // the AWS page it depends on
	Location
	// Path are all statements that make an escalation path, in order.
	Path []PathStep
}

// Location is a place in a file; Line and Column count from 1, and are 0 when
// the file as a whole is meant.
type Location struct {
	File   string
	Line   int
	Column int
}

// PathStep is one grant of an escalation path.
type PathStep struct {
	// Principal is whose policy it is ("role deploy"), in a path over several.
	Principal  string
	Policy     string
	Statement  string
	Actions    []string
	Resources  []string
	Conditions []string
	Location
}

// Review reviews all principals of a set. The error is about the options: a
// rule that does not exist would otherwise look like a review without findings;
// or a [meter.TooMuch], about a set that would take too long.
func Review(set *document.Set, options Options) (*Report, error) {
	chosen, err := Choose(options.Rules)
	if err != nil {
		return nil, err
	}
	return review(set, options, chosen, meter.New(meter.LimitFor(set.Bytes, set.Largest)))
}

// review is the analysis; the error is a [meter.TooMuch].
func review(set *document.Set, options Options, chosen []Rule, m *meter.Meter) (report *Report, err error) {
	defer meter.Catch(&err)
	// What is known at deployment only is no one's mistake, and the worst that
	// it can be for whoever asks what may happen.
	asWritten := newRun(set, options, m)
	atWorst := asWritten
	if worst, written := widened(set); worst != set {
		atWorst = newRun(worst, options, m)
		atWorst.written = written
		atWorst.limitNotes = asWritten.limitNotes
	}
	for i := range chosen {
		if chosen[i].readsAsWritten() {
			asWritten.apply(&chosen[i])
		} else {
			atWorst.apply(&chosen[i])
		}
	}
	report = &Report{Principals: asWritten.summaries(), Notes: asWritten.notes()}
	findings := asWritten.findings
	if atWorst != asWritten {
		findings = slices.Concat(findings, atWorst.findings)
		// The numbers count the resources that the findings count. Actions that are
		// unknown are not counted, which a note says.
		for i, s := range atWorst.subjects {
			if !asWritten.hasUnknownActions(asWritten.subjects[i]) {
				report.Principals[i].Grants = atWorst.grants(s)
			}
		}
	}
	report.Findings = merge(findings)
	if options.Suppressions != nil {
		report.suppress(options, chosen)
	}
	sortFindings(report.Findings)
	return report, nil
}

// Worst returns the highest severity of the findings, and zero for none.
func (r *Report) Worst() Severity {
	worst := Severity(0)
	for _, f := range r.Findings {
		worst = max(worst, f.Severity)
	}
	return worst
}

// merge makes one finding of those that differ only in the principal: of one
// policy that several have. Inline policies of the same name are not one.
func merge(findings []Finding) []Finding {
	merged := make([]Finding, 0, len(findings))
	named := make([]map[string]bool, 0, len(findings)) // of merged, their principals
	seen := make(map[string]int, len(findings))
	for _, f := range findings {
		key := strings.Join([]string{f.Rule, f.Policy, f.Statement, f.File, strings.Join(f.Actions, " "), strings.Join(f.Resources, " "), f.Message.key(),
			f.Severity.String(), fmt.Sprint(f.Line, f.Column)}, "\x00")
		for _, step := range f.Path {
			key += "\x00" + step.Policy + "\x00" + step.Statement + "\x00" + step.File
		}
		if i, ok := seen[key]; ok {
			for _, name := range f.Principals {
				if !named[i][name] {
					named[i][name] = true
					merged[i].Principals = append(merged[i].Principals, name)
				}
			}
			continue
		}
		seen[key] = len(merged)
		f.Principals = slices.Clone(f.Principals)
		names := make(map[string]bool, len(f.Principals))
		for _, name := range f.Principals {
			names[name] = true
		}
		named = append(named, names)
		merged = append(merged, f)
	}
	return merged
}
