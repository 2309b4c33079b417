// Package review finds what a security reviewer would object to in IAM policy
// documents: mistakes, grants that are too wide, grants that lead to further
// permissions, principals that can assume a role or use a resource, and
// permissions that do not fit CAPA.
//
// It evaluates only the documents that it is given. It does not evaluate
// service control policies, session policies, or the resource policies and
// roles that are not among these documents, so a report without findings does
// not prove that nothing can go wrong.
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

// Options selects the rules, and has the facts that they compare policies with.
type Options struct {
	// Rules are the IDs or groups of the rules to report; empty for all.
	Rules []string
	// Suppressions are the accepted findings; nil for none.
	Suppressions *suppress.List
	// Today decides which suppressions have expired, and which conditions require
	// a date in the past. If it is zero, no suppression expires, and no condition
	// is checked for past dates.
	Today time.Time
	// Partition is the AWS partition of the policies ("aws-cn"), or "" if it is
	// unknown.
	Partition string
	// Account is the account of the policies, or "" if it is unknown. The
	// accounts that [run.ownAccounts] finds count too.
	Account string
	// RaisedQuotas makes the quota rule compare with the highest quotas that
	// AWS grants on request, instead of the default quotas.
	RaisedQuotas bool

	// Release is the release of CAPA whose calls the fit rules compare with the
	// permissions of the controllers; zero for [catalog.FeaturesRelease].
	Release catalog.Release
	// Settings has the settings of a configuration, which decide which features
	// are on; nil if there is no configuration.
	Settings *catalog.Settings
	// Controllers is the name or the logical ID of the principal that CAPA's
	// controllers run as; if empty, it is the role that CAPA's templates
	// create, or else the holders of that role's policy.
	Controllers string
}

// Report is the result of a review.
type Report struct {
	Principals []PrincipalSummary
	// Findings are sorted by severity, the most severe first.
	Findings []Finding
	// Suppressed are the findings that a suppression hides.
	Suppressed []Suppressed
	// Unpinned are suppressions of exactly one finding. Each hides a finding
	// without comparing all of its limits and trusted principals.
	Unpinned []suppress.Entry
	// Notes say what was not evaluated or was assumed, and which resources use
	// the roles.
	Notes []Sentence
}

// Finding is one objection of a rule. The same objection to forty actions of a
// statement is one finding.
type Finding struct {
	Rule     string
	Severity Severity
	// Principals are the names of the principals that the finding is about.
	Principals []string
	// Trusted are the principals that the trust policy or the resource policy
	// allows, as far as the finding is about them: "AWS arn:aws:iam::1:root".
	Trusted []string
	// Limits are the conditions and exceptions of the statement; the resources,
	// exceptions and conditions of the other statements of a path; and the Deny
	// statements that deny a part. For a secret, they are the property and how
	// the secret becomes visible. See [Finding.AllLimits].
	Limits []string
	Policy string
	// NotPolicy means that Policy names something else: "group admins",
	// "AWS::S3::Bucket B".
	NotPolicy bool
	// Trust reports whether the policy is the trust policy of a role.
	Trust bool
	// Unread reports whether the content of the policy is unknown. If so, the
	// severity says nothing about what the policy grants.
	Unread bool
	// Statement is "Statement[2]", counted from 0, with the Sid if there is
	// one; empty if the finding is not about a single statement.
	Statement string
	Sid       string
	// Actions are the actions that the finding is about: the patterns of the
	// policy or, in rules that look for certain actions, the names of these
	// actions. Resources are usually resources of the statement; some rules
	// about principals list the principals here. Both can be empty.
	Actions   []string
	Resources []string
	// NotAction means that Actions is the NotAction of the statement. If the
	// message names these actions, the finding is about them, and otherwise about
	// all other actions.
	NotAction bool
	// Message is the risk in this case, and Remedy the fix; one sentence each.
	Message Sentence
	// When has the template conditions under which a stack has the problem; see
	// [document.Statement.When]. HeldWhen has the conditions that not all
	// principals share.
	When        []string
	HeldWhen    []HeldWhen
	earlierWhen []string // see [Finding.earlierLimits]
	Remedy      string
	Reference   string // the AWS page that the rule is based on
	Location
	// Path has the statements of an escalation path, in order.
	Path []PathStep
}

// Location is a position in a file. Line and Column count from 1, and are 0 for
// the file as a whole.
type Location struct {
	File   string
	Line   int
	Column int
}

// PathStep is a part of an escalation path: actions that one statement allows on
// the same resources and under the same conditions.
type PathStep struct {
	// Principal is the principal that has the policy ("role deploy") if the
	// path leads through several principals, and otherwise empty.
	Principal string
	// Policy is the policy with the statement. Trust reports whether it is a trust
	// policy.
	Policy     string
	Trust      bool
	Statement  string
	Actions    []string
	Resources  []string
	Conditions []string
	sid        string   // of the statement; "" for none
	limits     []string // see [stepLimits]
	boundary   []string // the limits of the statement of the permissions boundary
	when       []string // the template conditions of the statement
	Location
}

// Review reviews all principals of a set. The error is an [*UnknownRule] or an
// [*UnknownControllers] for a name that does not exist, or a [meter.TooMuch]
// for a set that would take too long. An unknown name is an error because an
// empty report would look like a review without findings.
func Review(set *document.Set, options Options) (*Report, error) {
	chosen, err := Choose(options.Rules)
	if err != nil {
		return nil, err
	}
	return reviewWith(set, options, chosen, meter.New(meter.LimitFor(set.Bytes, set.Largest)))
}

// reviewWith is like Review, but with the chosen rules and a meter; the error
// is a [meter.TooMuch] or an [*UnknownControllers].
func reviewWith(set *document.Set, options Options, chosen []Rule, m *meter.Meter) (report *Report, err error) {
	defer meter.Catch(&err)
	// A value that is known only at deployment is not reported as a mistake.
	// The risk rules assume its worst case.
	asWritten := newRun(set, options, m)
	if err := asWritten.checkControllers(); err != nil {
		return nil, err
	}
	atWorst := asWritten
	if worst, originals := widenSet(set); worst != set {
		atWorst = newRun(worst, options, m)
		atWorst.originals = originals
		atWorst.ruleNotes = asWritten.ruleNotes
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
		// The summary counts the worst case too, except for a principal with
		// actions that are known only at deployment: there it counts the text as
		// written, without these actions, and a note says so.
		for i, s := range atWorst.subjects {
			if !asWritten.hasActionsKnownOnlyAtDeployment(asWritten.subjects[i]) {
				report.Principals[i].Grants = atWorst.serviceGrants(s)
			}
		}
	}
	report.Findings = mergeFindings(findings, set.ValuesOf)
	if options.Suppressions != nil {
		report.suppress(options, chosen)
	}
	sortFindings(report.Findings)
	return report, nil
}

// Worst returns the highest severity of the findings, or zero if there are
// none.
func (r *Report) Worst() Severity {
	worst := Severity(0)
	for _, f := range r.Findings {
		worst = max(worst, f.Severity)
	}
	return worst
}

// mergeFindings combines findings that differ only in the principal, such as
// those about one policy of several principals. The result has the trusted
// principals and limits of all. When has the template conditions that all
// share, and HeldWhen the others. Inline policies with the same name remain
// separate. valuesOf is [document.Set.ValuesOf].
func mergeFindings(findings []Finding, valuesOf func(parameter string) []string) []Finding {
	merged := make([]Finding, 0, len(findings))
	conditionsOf := make([][]HeldWhen, 0, len(findings))
	principalsOf := make([]map[string]bool, 0, len(findings)) // the principals of each merged finding
	seen := make(map[string]int, len(findings))
	for _, f := range findings {
		key := strings.Join([]string{f.Rule, f.Policy, f.Statement, f.File, strings.Join(f.Actions, " "), strings.Join(f.Resources, " "), f.Message.key(),
			f.Severity.String(), fmt.Sprint(f.Line, f.Column)}, "\x00")
		for _, step := range f.Path {
			key += "\x00" + step.Policy + "\x00" + step.Statement + "\x00" + step.File
		}
		if i, ok := seen[key]; ok {
			merged[i].Trusted = unique(append(merged[i].Trusted, f.Trusted...))
			merged[i].Limits = unique(append(merged[i].Limits, f.Limits...))
			conditionsOf[i] = append(conditionsOf[i], f.allConditions()...)
			merged[i].earlierWhen = slices.DeleteFunc(merged[i].earlierWhen, func(condition string) bool { return !slices.Contains(f.When, condition) })
			for _, name := range f.Principals {
				if !principalsOf[i][name] {
					principalsOf[i][name] = true
					merged[i].Principals = append(merged[i].Principals, name)
				}
			}
			continue
		}
		seen[key] = len(merged)
		conditionsOf = append(conditionsOf, f.allConditions())
		f.Principals, f.earlierWhen = slices.Clone(f.Principals), slices.Clone(f.When)
		f.Trusted, f.Limits = slices.Clone(f.Trusted), slices.Clone(f.Limits)
		names := make(map[string]bool, len(f.Principals))
		for _, name := range f.Principals {
			names[name] = true
		}
		principalsOf = append(principalsOf, names)
		merged = append(merged, f)
	}
	for i := range merged {
		merged[i].separateConditions(conditionsOf[i], valuesOf)
	}
	return merged
}
