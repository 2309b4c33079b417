// A verification as SARIF 2.1.0, for code scanning.

package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"capaboot/iam/verify"
	"capaboot/internal/escape"
)

// verifyHelpURI is AWS's page about drift, the helpUri of every kind of
// difference.
const verifyHelpURI = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html"

func sarifRuleOfKind(row verifyKind) sarifRule {
	risk, fix := sarifText(row.risk), sarifText(row.fix)
	return sarifRule{
		ID: string(row.kind), ShortDescription: sarifMessage{clipDescription(risk)}, FullDescription: sarifMessage{clipDescription(risk + " " + fix)},
		Help:    sarifHelp{Text: risk + " " + fix, Markdown: "**Risk.** " + escape.Markdown(risk) + "\n\n**Fix.** " + escape.Markdown(fix)},
		HelpURI: verifyHelpURI, DefaultConfiguration: sarifLevel{row.level},
		Properties: map[string]any{
			"tags":              []string{"security", "aws-iam", "drift"},
			"security-severity": map[string]string{"error": "8.0", "warning": "5.5", "note": "3.0"}[row.level],
			"problem.severity":  problemSeverity(row.level),
		},
	}
}

// sarif returns a result for each difference, up to maxResults. The location of
// every result is the first line of the configuration, because no line corresponds
// to a change in the account. Failed reads mark the run as unsuccessful.
func (v Verification) sarif() sarifLog {
	index := map[string]int{}
	rules := []sarifRule{}
	for i, row := range verifyKinds {
		index[string(row.kind)] = i
		rules = append(rules, sarifRuleOfKind(row))
	}
	invocation := sarifInvocation{ExecutionSuccessful: len(v.NotRead) == 0}
	for _, u := range v.NotRead {
		invocation.Notifications = append(invocation.Notifications, sarifNotification{"error", sarifMessage{sarifText("not read: " + failedReadText(u))}})
	}
	if note := v.statusNote(); note != "" {
		invocation.Notifications = append(invocation.Notifications, sarifNotification{"note", sarifMessage{sarifText(note)}})
	}
	run := sarifRun{
		Tool:               sarifTool{sarifDriver{Name: "capaboot", Version: v.source.Version, Rules: rules}},
		OriginalURIBaseIDs: map[string]sarifArtifactLocation{sourceRoot: {Description: &sarifMessage{"the folder that the command ran in"}}},
		ColumnKind:         "unicodeCodePoints", Results: []sarifResult{},
	}
	// Without the stack, the remedies for a resource do not work: there is nothing
	// to revert, to import into or to deploy from.
	isMissing := slices.ContainsFunc(v.Differences, func(d verify.Difference) bool { return d.Kind == verify.StackMissing })
	seen := map[string]int{}
	for _, d := range v.Differences {
		if len(run.Results) == maxResults {
			invocation.Notifications = append(invocation.Notifications, sarifNotification{"warning",
				sarifMessage{fmt.Sprintf("%s left out: code scanning accepts at most %d results.", Count(len(v.Differences)-maxResults, "difference"), maxResults)}})
			break
		}
		row, name := verifyKindOf(d.Kind), cmp.Or(d.LogicalID, d.Name)
		fix := row.fix
		if isMissing {
			fix = verifyKindOf(verify.StackMissing).fix
		}
		hash := sha256.New()
		for _, part := range []string{v.Account, v.Stack, string(d.Kind), d.LogicalID, d.Name, d.What} {
			fmt.Fprintf(hash, "%d %s\n", len(part), part)
		}
		identity := hex.EncodeToString(hash.Sum(nil)[:16])
		if seen[identity]++; seen[identity] > 1 {
			identity += fmt.Sprintf(":%d", seen[identity])
		}
		run.Results = append(run.Results, sarifResult{
			RuleID: string(d.Kind), RuleIndex: index[string(d.Kind)], Level: row.level,
			Message: sarifMessage{sarifText(resourceTitle(d.Type, d.Name, d.LogicalID)+": "+differenceText(d)) + " " + sarifText(fix)},
			Locations: []sarifLocation{{
				PhysicalLocation: &sarifPhysicalLocation{ArtifactLocation: fileArtifact(v.source.Folder, cmp.Or(v.source.File, "the-default-configuration")), Region: &sarifRegion{1, 1, 1, 2}},
				LogicalLocations: []sarifLogicalLocation{{Name: escape.Text(name), FullyQualifiedName: escape.Text(v.Stack + "/" + name), Kind: "resource"}},
			}},
			PartialFingerprints: map[string]string{fingerprintName: identity, lineHashName: identity},
			Properties:          map[string]any{"account": v.Account, "region": v.Region, "type": d.Type, "name": d.Name, "what": d.What},
		})
	}
	run.Invocations = []sarifInvocation{invocation}
	return sarifLog{sarifSchema, "2.1.0", []sarifRun{run}}
}
