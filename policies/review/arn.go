// ARNs: their form, and the partition that they are of.

package review

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"capaboot/policies/document"
)

// arnProblem says what is wrong with the form of a resource, or nothing. Parts
// that are not known yet are right.
//
// Source: IAM User Guide, "IAM JSON policy elements: Resource" and "IAM
// identifiers".
func arnProblem(text string) string {
	if wide(text) {
		return ""
	}
	if strings.ContainsAny(text, " \t\r\n") {
		return "it has white space"
	}
	parts := splitARN(text)
	switch {
	case !strings.HasPrefix(text, "arn:"):
		return `it does not begin with "arn:"`
	case len(parts) < 6 && !strings.ContainsAny(parts[len(parts)-1], "*$"):
		return "it has fewer than six parts between colons"
	case len(parts) > 1 && parts[1] == "":
		return "it has no partition"
	case len(parts) > 2 && parts[2] == "":
		return "it has no service"
	case len(parts) < 6:
		return ""
	case parts[5] == "":
		return "it has no resource"
	}
	if account := parts[4]; account != "" && strings.Trim(account, "0123456789") == "" && len(account) != 12 {
		return fmt.Sprintf("its account %s has %d digits, not 12", account, len(account))
	}
	return ""
}

// splitARN cuts an ARN into its six parts. Colons within ${...} do not count.
func splitARN(text string) []string {
	parts := make([]string, 0, 6)
	depth, start := 0, 0
	for i := 0; i < len(text) && len(parts) < 5; i++ {
		switch {
		case text[i] == '{' && i > 0 && (text[i-1] == '$' || depth > 0):
			depth++
		case text[i] == '}' && depth > 0:
			depth--
		case text[i] == ':' && depth == 0:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

func invalidARNs(r *run, p *policy) {
	if p.aws {
		return
	}
	for _, s := range p.statements {
		var bad, texts []string
		for _, resource := range slices.Concat(s.Resources, s.NotResources) {
			if problem := arnProblem(resource); problem != "" {
				bad, texts = append(bad, resource), append(texts, fmt.Sprintf("%s (%s)", resource, problem))
			}
		}
		for _, principal := range slices.Concat(s.Principals, s.NotPrincipals) {
			if problem := principalProblem(principal); problem != "" {
				bad, texts = append(bad, principal.ID), append(texts, fmt.Sprintf("%s (%s)", principal.ID, problem))
			}
		}
		if len(bad) > 0 {
			r.on(s, Finding{Severity: undone(s, 0), Resources: bad, Message: "no valid ARN, so IAM refuses it or it matches nothing: " + list(texts)})
		}
	}
}

// principalProblem says what is wrong with the form of an AWS principal. Old
// ones that are gone show as their unique ID (AIDA..., AROA...).
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal".
func principalProblem(p document.Principal) string {
	switch {
	case p.Kind != "AWS" || p.ID == "*" || opaque(p.ID) || strings.HasPrefix(p.ID, "AIDA") || strings.HasPrefix(p.ID, "AROA"):
		return ""
	case strings.Trim(p.ID, "0123456789") == "":
		if len(p.ID) != 12 {
			return fmt.Sprintf("an account has 12 digits, not %d", len(p.ID))
		}
		return ""
	case strings.ContainsAny(p.ID, "*?"):
		return "a principal takes no wildcard within a name"
	}
	return arnProblem(p.ID)
}

// partitions are the AWS partitions, and what the names of their regions begin
// with, the longest first. Source: botocore 1.43.11, data/partitions.json.
var partitions = []struct {
	name    string
	regions []string
}{
	{"aws-us-gov", []string{"us-gov-"}},
	{"aws-iso", []string{"us-iso-"}},
	{"aws-iso-b", []string{"us-isob-"}},
	{"aws-iso-e", []string{"eu-isoe-"}},
	{"aws-iso-f", []string{"us-isof-"}},
	{"aws-eusc", []string{"eusc-"}},
	{"aws-cn", []string{"cn-"}},
	{"aws", []string{"us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-"}},
}

func partitionOfRegion(region string) string {
	for _, p := range partitions {
		for _, beginning := range p.regions {
			if strings.HasPrefix(region, beginning) {
				return p.name
			}
		}
	}
	return ""
}

// partitionProblem says why an ARN is of the wrong partition, or nothing.
func partitionProblem(arn, wanted string) string {
	parts := splitARN(arn)
	if len(parts) < 4 || parts[0] != "arn" || strings.ContainsAny(parts[1], "*?$") {
		return ""
	}
	partition, region := parts[1], parts[3]
	if !slices.ContainsFunc(partitions, func(p struct {
		name    string
		regions []string
	}) bool {
		return p.name == partition
	}) {
		return fmt.Sprintf("AWS has no partition %q", partition)
	}
	if of := partitionOfRegion(region); of != "" && of != partition && !strings.ContainsAny(region[:min(len(region), 7)], "*?$") {
		return fmt.Sprintf("region %s is in the partition %s", region, of)
	}
	if wanted != "" && wanted != partition {
		return fmt.Sprintf("the policies are for the partition %s", wanted)
	}
	return ""
}

func wrongPartitions(r *run, p *policy) {
	if p.aws {
		return
	}
	for _, s := range p.statements {
		var bad, texts []string
		for _, resource := range slices.Concat(s.Resources, s.NotResources, ids(s.Principals), ids(s.NotPrincipals)) {
			if problem := partitionProblem(resource, r.options.Partition); problem != "" {
				bad, texts = append(bad, resource), append(texts, fmt.Sprintf("%s (%s)", resource, problem))
			}
		}
		if len(bad) > 0 {
			r.on(s, Finding{Severity: undone(s, 0), Resources: bad, Message: "of another partition, so it matches no resource here: " + list(texts)})
		}
	}
}

func ids(principals []document.Principal) []string {
	var all []string
	for _, p := range principals {
		all = append(all, p.ID)
	}
	return all
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
