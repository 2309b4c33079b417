// Rules about the form and the partition of ARNs.

package review

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

func arnRules() []Rule {
	return []Rule{
		{ID: "invalid-arn", Severity: Medium, Reference: userGuide + "reference_identifiers.html",
			Risk:   "the ARN is not valid, so either IAM refuses the policy or the ARN matches nothing",
			Remedy: "write the ARN in the form arn:partition:service:region:account:resource", policy: bothChecks(checkInvalidARNs, checkSecretNames)},
	}
}

// arnProblem says what is wrong with the form of an ARN in Resource, NotResource or
// Principal, or returns "" if it is correct. A part that is known only at
// deployment counts as correct.
//
// Source: IAM User Guide, "IAM JSON policy elements: Resource" and "IAM
// identifiers".
func arnProblem(text string) string {
	if mayBeAnything(text) {
		return ""
	}
	// A variable may have spaces, as before its default: "${aws:username, 'x'}".
	if strings.ContainsAny(stripVariables(text), " \t\r\n") {
		return "it contains white space"
	}
	a := arn.ParsePattern(text)
	switch {
	case !strings.HasPrefix(text, "arn:"):
		return `it does not begin with "arn:"`
	case a.Parts < 6 && !mayContainParts(a.Fields()[a.Parts-1]):
		return "it has fewer than six parts separated by colons"
	case a.Partition == "": // the pattern has at least two parts here
		return "it has no partition"
	case a.Parts > 2 && a.Service == "":
		return "it has no service"
	case a.Parts < 6:
		return ""
	case a.Resource == "":
		return "it has no resource"
	}
	if strings.Trim(a.Account, "0123456789") == "" && a.Account != "" && len(a.Account) != 12 {
		return fmt.Sprintf("its account %s has %d digits, not 12", a.Account, len(a.Account))
	}
	return ""
}

// mayContainParts reports whether the last part of an ARN may stand for the
// missing parts too: it has a "*", a variable, or a value that is only known at
// deployment, other than a pseudo parameter whose value has no colon.
func mayContainParts(last string) bool {
	for _, name := range []string{"AWS::AccountId", "AWS::Partition", "AWS::Region", "AWS::StackName", "AWS::URLSuffix"} {
		last = strings.ReplaceAll(last, "${"+name+"}", "")
	}
	return strings.ContainsAny(last, "*$")
}

func checkInvalidARNs(r *run, p *policy) {
	if p.aws {
		return
	}
	for _, s := range p.statements {
		var invalid, texts, incomplete, completed []string
		for _, resource := range slices.Concat(s.Resources, s.NotResources) {
			problem := arnProblem(resource)
			switch full := arn.Complete(resource); {
			case problem == "":
			case full != resource && arnProblem(full) == "":
				incomplete, completed = append(incomplete, resource), append(completed, fmt.Sprintf("%s (%s)", resource, full))
			default:
				invalid, texts = append(invalid, resource), append(texts, fmt.Sprintf("%s (%s)", resource, problem))
			}
		}
		if len(incomplete) > 0 {
			r.reportStatement(s, Finding{Resources: incomplete, Message: sentencef("an ARN has six parts, and IAM assumes * for the missing parts: %s", annotatedNames(incomplete, completed))})
		}
		if len(invalid) > 0 {
			r.reportStatement(s, Finding{Severity: ineffectiveSeverity(s, 0), Resources: invalid, Message: sentencef("%s: %s", forCount(invalid, "not a valid ARN, so either IAM refuses the policy or the ARN matches nothing", "not valid ARNs, so either IAM refuses the policy or these ARNs match nothing"), annotatedNames(invalid, texts))})
		}
	}
}

// partitionProblem says what is wrong with the partition of an ARN: AWS does
// not have it, it does not contain the ARN's region, or it is not the wanted
// partition ("" accepts any). It returns "" if nothing is wrong, if the text is
// not an ARN, or if the partition contains a wildcard or a variable.
func partitionProblem(text, wanted string) string {
	a := arn.ParsePattern(text)
	if a.Parts < 4 || a.Prefix != "arn" || strings.ContainsAny(a.Partition, "*?$") {
		return ""
	}
	if problem := a.PartitionProblem(); problem != "" {
		return problem
	}
	if wanted != "" && wanted != a.Partition {
		return fmt.Sprintf("the policies are for the partition %s", wanted)
	}
	return ""
}

func checkWrongPartitions(r *run, p *policy) {
	if p.aws {
		return
	}
	for _, s := range p.statements {
		var flagged, texts []string
		for _, resource := range slices.Concat(s.Resources, s.NotResources, principalIDs(s.Principals), principalIDs(s.NotPrincipals)) {
			if problem := partitionProblem(resource, r.options.Partition); problem != "" {
				flagged, texts = append(flagged, resource), append(texts, fmt.Sprintf("%s (%s)", resource, problem))
			}
		}
		if len(flagged) > 0 {
			r.reportStatement(s, Finding{Severity: ineffectiveSeverity(s, 0), Resources: flagged, Message: sentencef("ARNs that are not in the partition of the policies match nothing: %s", annotatedNames(flagged, texts))})
		}
	}
}

func principalIDs(principals []document.Principal) []string {
	var all []string
	for _, p := range principals {
		all = append(all, p.ID)
	}
	return all
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
