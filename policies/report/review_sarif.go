// A review as SARIF 2.1.0, for code scanning.

package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"capaboot/internal/escape"
	"capaboot/internal/lazy"
	"capaboot/policies/review"
)

// sarifLevels maps severities to SARIF's levels, and securitySeverities to the
// numbers from which GitHub derives its own severities: critical above 9.0,
// high from 7.0, medium from 4.0, low above 0. Source: GitHub, "SARIF support
// for code scanning", reportingDescriptor object.
var (
	sarifLevels = lazy.Value[map[review.Severity]string]{Make: func() map[review.Severity]string {
		return map[review.Severity]string{
			review.Critical: "error", review.High: "error", review.Medium: "warning", review.Low: "note", review.Info: "note",
		}
	}}
	securitySeverities = lazy.Value[map[review.Severity]string]{Make: func() map[review.Severity]string {
		return map[review.Severity]string{
			review.Critical: "9.5", review.High: "8.0", review.Medium: "5.5", review.Low: "3.0", review.Info: "1.0",
		}
	}}
)

// sarif returns the review as a log with one run. The URIs of files in
// [About.Folder] are relative to it.
func (v *Review) sarif() sarifLog {
	worst := map[string]review.Severity{}
	for _, f := range v.Findings {
		worst[f.Rule] = max(worst[f.Rule], f.Severity)
	}
	for _, s := range v.Suppressed {
		worst[s.Finding.Rule] = max(worst[s.Finding.Rule], s.Finding.Severity)
	}
	index := map[string]int{}
	rules := []sarifRule{}
	for i, rule := range v.metadata.Rules {
		index[rule.ID] = i
		rules = append(rules, sarifRuleOf(rule, cmp.Or(worst[rule.ID], rule.Severity)))
	}
	run := sarifRun{
		Tool:               sarifTool{sarifDriver{Name: "capaboot", Version: v.metadata.Version, Rules: rules}},
		OriginalURIBaseIDs: map[string]sarifArtifactLocation{sourceRoot: {Description: &sarifMessage{"the folder that the review ran in"}}},
		ColumnKind:         "unicodeCodePoints", Results: []sarifResult{},
		Invocations: []sarifInvocation{{ExecutionSuccessful: true}},
	}
	for _, note := range v.Notes {
		run.Invocations[0].Notifications = append(run.Invocations[0].Notifications, sarifNotification{"note", sarifMessage{sarifText(note)}})
	}
	if v.Hidden > 0 {
		run.Invocations[0].Notifications = append(run.Invocations[0].Notifications,
			sarifNotification{"note", sarifMessage{fmt.Sprintf("%s below %s not shown.", Count(v.Hidden, "finding"), v.minimum)}})
	}
	omitted := 0
	seen := map[string]int{}
	numbered := func(identity string) string {
		seen[identity]++
		if n := seen[identity]; n > 1 {
			return fmt.Sprintf("%s:%d", identity, n)
		}
		return identity
	}
	add := func(f review.Finding, suppressions *[]sarifSuppression) {
		if len(run.Results) == maxResults {
			omitted++
			return
		}
		i, ok := index[f.Rule]
		if !ok { // the rules about suppressions need not be among the applied rules
			i = len(run.Tool.Driver.Rules)
			index[f.Rule] = i
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(ruleOf(f), f.Severity))
		}
		result := v.sarifResult(f)
		result.RuleIndex, result.Suppressions = i, suppressions
		first, second := fingerprints(v.metadata.Folder, f)
		second = numbered(second)
		result.PartialFingerprints = map[string]string{fingerprintName: numbered(first), secondFingerprintName: second, lineHashName: second}
		run.Results = append(run.Results, result)
	}
	for _, f := range v.Findings {
		var noSuppressions *[]sarifSuppression
		if v.metadata.HasSuppressions {
			noSuppressions = &[]sarifSuppression{}
		}
		add(f, noSuppressions)
	}
	for _, s := range v.Suppressed {
		suppression := sarifSuppression{Kind: "external", Status: "accepted", Justification: s.Reason}
		if s.Expires != "" {
			suppression.Properties = map[string]any{"expires": s.Expires}
		}
		add(s.Finding, &[]sarifSuppression{suppression})
	}
	if omitted > 0 {
		run.Invocations[0].Notifications = append(run.Invocations[0].Notifications, sarifNotification{"warning",
			sarifMessage{fmt.Sprintf("%s left out: code scanning accepts at most %d results.", Count(omitted, "finding"), maxResults)}})
	}
	return sarifLog{sarifSchema, "2.1.0", []sarifRun{run}}
}

// ruleOf returns the rule of a finding, or a new rule with the texts of the
// finding.
func ruleOf(f review.Finding) review.Rule {
	for _, rule := range review.Rules() {
		if rule.ID == f.Rule {
			return rule
		}
	}
	return review.Rule{ID: f.Rule, Severity: f.Severity, Risk: Sentence(f.Message), Remedy: f.Remedy, Reference: f.Reference}
}

// sarifRuleOf describes a rule. worst is the severity of the rule's worst
// finding, or the rule's usual severity if it has no findings. GitHub takes the
// severity of an alert from the rule, not from the result (GitHub Docs, "SARIF
// support for code scanning", reportingDescriptor object). The message of each
// result names the severity of that result.
func sarifRuleOf(rule review.Rule, worst review.Severity) sarifRule {
	risk, remedy := sarifText(rule.Risk), sarifText(rule.Remedy)
	return sarifRule{
		ID: rule.ID, ShortDescription: sarifMessage{clipDescription(risk)}, FullDescription: sarifMessage{clipDescription(risk + " " + remedy)},
		Help: sarifHelp{Text: risk + " " + remedy + " See " + rule.Reference + ".",
			Markdown: "**Risk.** " + escape.Markdown(risk) + "\n\n**Fix.** " + escape.Markdown(remedy) + "\n\n[AWS documentation](" + rule.Reference + ")"},
		HelpURI: rule.Reference, DefaultConfiguration: sarifLevel{sarifLevels.Get()[rule.Severity]},
		Properties: map[string]any{
			"tags":              []string{"security", "aws-iam", rule.Group},
			"security-severity": securitySeverities.Get()[worst],
			"precision":         precision(rule.Group),
			"problem.severity":  problemSeverity(sarifLevels.Get()[worst]),
		},
	}
}

// problemSeverity returns GitHub's name for a level of SARIF. Source: GitHub Docs,
// "SARIF support for code scanning", reportingDescriptor object.
func problemSeverity(level string) string {
	if level == "note" {
		return "recommendation"
	}
	return level
}

// precision returns how often findings of a rule are real problems; GitHub
// lists severe and precise results first. Findings about hygiene or about what
// CAPA needs are less precise, because they depend on what the user wants.
func precision(group string) string {
	if group == review.Hygiene || group == review.Fit {
		return "medium"
	}
	return "high"
}

func (v *Review) sarifResult(f review.Finding) sarifResult {
	result := sarifResult{RuleID: f.Rule, Level: sarifLevels.Get()[f.Severity], Message: sarifMessage{sarifText(Sentence(f.Message)) + " " + sarifText(f.Remedy) + " Severity: " + f.Severity.String() + "."},
		Locations: []sarifLocation{v.sarifLocation(f.Location, f.Policy, f.Statement, f.Principals)},
		Properties: map[string]any{"severity": f.Severity.String(), "policy": f.Policy, "statement": f.Statement,
			"principals": emptyIfNil(f.Principals), "actions": emptyIfNil(f.Actions), "resources": emptyIfNil(f.Resources), "reference": f.Reference}}
	for name, texts := range map[string][]string{"when": f.When, "trusted": f.Trusted, "limits": f.Limits} {
		if len(texts) > 0 {
			result.Properties[name] = texts
		}
	}
	if len(f.HeldWhen) > 0 {
		result.Properties["heldWhen"] = heldWhen(f)
	}
	if exceptActions(f) {
		result.Properties["exceptActions"] = true
	}
	var flow sarifThreadFlow
	for i, step := range f.Path[:min(len(f.Path), maxLocations)] {
		location := v.sarifLocation(step.Location, step.Policy, step.Statement, nil)
		id := i + 1
		location.ID, location.Message = &id, &sarifMessage{fmt.Sprintf("Step %d: %s", i+1, stepText(step))}
		result.RelatedLocations = append(result.RelatedLocations, location)
		flow.Locations = append(flow.Locations, sarifThreadFlowLocation{location})
	}
	if len(flow.Locations) > 1 {
		result.CodeFlows = []sarifCodeFlow{{[]sarifThreadFlow{flow}}}
	}
	return result
}

// sarifLocation returns the position of a finding in its file, with the
// statement as the logical location. GitHub rejects results without a file and
// a region. Input that is not a file is therefore given by its name, and a
// missing line number becomes 1.
func (v *Review) sarifLocation(at review.Location, policy, statement string, principals []string) sarifLocation {
	line, column := max(at.Line, 1), max(at.Column, 1)
	location := sarifLocation{PhysicalLocation: &sarifPhysicalLocation{ArtifactLocation: v.inputArtifact(at.File), Region: &sarifRegion{line, column, line, column + 1}}}
	owner := cmp.Or(policy, strings.Join(principals, ", "))
	name, full := cmp.Or(statement, owner), strings.Trim(owner+"/"+statement, "/")
	if v.metadata.Streams[at.File] {
		full = strings.Trim(at.File+"/"+full, "/")
	}
	if name != "" {
		location.LogicalLocations = []sarifLogicalLocation{{Name: name, FullyQualifiedName: full, Kind: "object"}}
	}
	return location
}

// inputArtifact returns the URI of a file, or the name of an input that is not a
// file: standard input, a release, the default configuration.
func (v *Review) inputArtifact(file string) sarifArtifactLocation {
	if file != "" && !v.metadata.Streams[file] {
		return fileArtifact(v.metadata.Folder, file)
	}
	name := strings.NewReplacer("/", "-", " ", "-", ":", "-").Replace(escape.Text(cmp.Or(file, v.Of, "review")))
	return sarifArtifactLocation{URI: (&url.URL{Path: name}).String(), URIBaseID: sourceRoot}
}

// fileArtifact returns the URI of a file, relative if it is in the folder.
func fileArtifact(folder, path string) sarifArtifactLocation {
	relative := filepath.Clean(path)
	if folder != "" && filepath.IsAbs(path) {
		if found, err := filepath.Rel(folder, path); err == nil && filepath.IsLocal(found) {
			relative = found
		}
	}
	if filepath.IsLocal(relative) {
		return sarifArtifactLocation{URI: (&url.URL{Path: filepath.ToSlash(relative)}).String(), URIBaseID: sourceRoot}
	}
	if !filepath.IsAbs(relative) {
		relative = filepath.Join(folder, relative)
	}
	slashed := filepath.ToSlash(relative)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // a Windows path: C:/x
	}
	return sarifArtifactLocation{URI: (&url.URL{Scheme: "file", Path: slashed}).String()}
}

// fingerprints returns two hashes that identify a finding even when its lines move.
// A statement with a Sid is identified by the Sid. The second hash also covers the
// resources, the trusted principals and the limits.
func fingerprints(folder string, f review.Finding) (first, second string) {
	statement := f.Statement
	if f.Sid != "" {
		statement = "(" + f.Sid + ")"
	}
	list := func(texts []string) string { return strings.Join(slices.Sorted(slices.Values(texts)), "\x00") }
	hash := sha256.New()
	write := func(parts ...string) string {
		for _, part := range parts {
			fmt.Fprintf(hash, "%d %s\n", len(part), part)
		}
		return hex.EncodeToString(hash.Sum(nil)[:16])
	}
	first = write(f.Rule, fileArtifact(folder, f.File).URI, f.Policy, statement, strings.Join(f.Principals, "\x00"), list(f.Actions))
	return first, write(list(f.Resources), list(f.Trusted), list(f.AllLimits()))
}

// clipDescription shortens a description to the limit of code scanning.
func clipDescription(text string) string {
	if all := []rune(text); len(all) > maxDescription {
		return string(all[:maxDescription-1]) + "…"
	}
	return text
}

// sarifText formats a phrase as a sentence for a SARIF message. It separates
// "](", which would start a link (SARIF 2.1.0, 3.11.6 "Messages with embedded
// links").
func sarifText(text string) string {
	return strings.ReplaceAll(escape.Text(toSentence(text)), "](", "] (")
}
