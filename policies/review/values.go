// Rules about values of conditions: values that no request has, regions that
// AWS does not have, and addresses that aws:SourceIp never has. The rule about
// regions also checks the ARNs of resources.
//
// Sources: IAM User Guide, "IAM JSON policy elements: Condition operators" and
// "AWS global condition context keys".

package review

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

func valueRules() []Rule {
	const (
		keysPage      = userGuide + "reference_policies_condition-keys.html"
		operatorsPage = userGuide + "reference_policies_elements_condition_operators.html"
	)
	return []Rule{
		{ID: "value-of-other-type", Severity: Medium, Reference: operatorsPage,
			Risk:   "the operator cannot compare this value, so the value matches no request",
			Remedy: "write a value of the operator's type", policy: checkValuesOfOtherType},
		{ID: "value-shape", Severity: Medium, Reference: keysPage,
			Risk:   "the condition key never has a value of this form, so the value matches no request",
			Remedy: "write the value in the format of the condition key", policy: checkValuesOfOtherShape},
		{ID: "unknown-region", Severity: Medium, Reference: keysPage + "#condition-keys-requestedregion",
			Risk:   "AWS has no region with this name, so the value matches no request",
			Remedy: "write the name of an AWS region, such as eu-west-1", policy: checkRegions},
		{ID: "private-source-ip", Severity: Medium, Reference: keysPage + "#condition-keys-sourceip",
			Risk:   "aws:SourceIp is a public address, so a private address matches no request",
			Remedy: "use aws:VpcSourceIp for requests through a VPC endpoint, or name the public addresses", policy: checkPrivateAddresses},
	}
}

type comparison struct {
	document.Condition
	op document.Operator
}

func (c comparison) isNegated() bool { return strings.Contains(c.op.Name, "Not") }

func (c comparison) supportsWildcards() bool {
	return strings.HasSuffix(c.op.Name, "Like") || strings.HasPrefix(c.op.Name, "Arn")
}

// valueProblem says what is wrong with a value that matches no request. It returns ""
// for any other value.
type valueProblem func(c comparison, value string) string

// describeWork is the work of describing a value. The description can suggest
// the most similar region.
const describeWork = 1500

// checkValues reports the values that match no request.
func checkValues(r *run, p *policy, problem valueProblem) {
	if p.aws {
		return
	}
	for _, s := range p.statements {
		for _, condition := range s.Conditions {
			op, ok := document.ParseOperator(condition.Operator)
			if !ok {
				continue
			}
			c := comparison{condition, op}
			var flagged, texts []string
			for _, value := range c.Values {
				// A value with an unknown part or a policy variable may match a
				// request, so it is not reported.
				if hasUnknownPart(value) {
					continue
				}
				description := problem(c, value)
				if description != "" {
					r.spend(describeWork)
					flagged, texts = append(flagged, value), append(texts, fmt.Sprintf("%q (%s)", value, description))
				}
			}
			if len(flagged) > 0 {
				r.reportStatement(s, c.unmatchedFinding(s, flagged, texts))
			}
		}
	}
}

func (c comparison) unmatchedFinding(s *statement, flagged, texts []string) Finding {
	f := Finding{Actions: s.patterns()}
	all := len(flagged) == len(c.Values)
	consequence := forCount(flagged, "so this value matches no request", "so these values match no request")
	uncertain := slices.ContainsFunc(c.Unclear(authz.Multivalued), func(u document.Unclear) bool { return u.Kind == document.NegatedType })
	switch {
	case !all:
		f.Severity = ineffectiveSeverity(s, Low)
		if c.isNegated() && s.Effect == document.Deny {
			f.Severity = Low
		}
	case uncertain && s.Effect == document.Deny:
		f.Severity, consequence = Medium, "so it is uncertain whether anything is denied"
	case uncertain:
		f.Severity, consequence = High, "so the condition may always hold, and limit nothing"
	case c.isNegated() && s.Effect == document.Deny:
		f.Severity, consequence = Medium, "so the condition always holds, and the statement denies more than it seems to"
	case c.isNegated():
		f.Severity, consequence = High, "so the condition always holds, and limits nothing"
	default:
		f.Severity, consequence = ineffectiveSeverity(s, Medium), "so the condition never holds"
		if c.op.IfExists || c.op.Set == "ForAllValues" {
			consequence = "so the condition holds only for requests without the key"
		}
	}
	f.Message = sentencef("%s compares %s with %s, %s", c.Operator, c.Key, annotatedNames(flagged, texts), consequence)
	return f
}

func checkValuesOfOtherType(r *run, p *policy) { checkValues(r, p, typeProblem) }

func typeProblem(c comparison, value string) string {
	_, number := document.ParseNumber(value)
	_, date := document.ParseDate(value)
	_, block := document.ParseAddressBlock(value)
	name := c.op.Name
	switch {
	case strings.HasPrefix(name, "Numeric") && !number:
		return "not a number"
	case strings.HasPrefix(name, "Date") && !date:
		return "not a date such as 2026-01-31T12:00:00Z"
	case (name == "Bool" || name == "Null") && !document.IsBoolean(value):
		return "neither true nor false"
	case strings.HasSuffix(name, "IpAddress") && !block:
		return "not an address or a block of addresses such as 203.0.113.0/24"
	case strings.HasPrefix(name, "Binary") && !document.IsBinary(value):
		return "not base64"
	case strings.HasPrefix(name, "Arn") && !mayBeARN(value):
		return "not an ARN with six parts"
	case strings.HasPrefix(name, "String") && isBooleanKey(c.Key) && !c.matches(value, "true") && !c.matches(value, "false"):
		return "neither true nor false, the only values of the key"
	}
	return ""
}

// matches reports whether a value of the condition matches a text; the operator
// must compare texts.
func (c comparison) matches(value, text string) bool {
	switch {
	case c.supportsWildcards():
		return document.Match(value, text, false)
	case strings.HasSuffix(c.op.Name, "IgnoreCase"):
		return strings.EqualFold(value, text)
	}
	return value == text
}

// mayBeARN reports whether a value of an ARN operator can match an ARN. ARN
// operators compare part by part.
func mayBeARN(value string) bool {
	a := arn.ParsePattern(value)
	return strings.Trim(value, "*") == "" && value != "" || a.Parts == 6 && document.Match(a.Prefix, "arn", false) && a.Resource != ""
}

func isBooleanKey(key string) bool {
	types := keyTypes(key)
	return len(types) > 0 && types[0] == authz.Bool
}

// keyTypes returns the types of a condition key; none for an unknown key.
func keyTypes(key string) []authz.KeyType {
	if g, ok := authz.Global(key); ok {
		return []authz.KeyType{g.Type, g.OtherType}
	}
	if k, ok := authz.Key(key); ok {
		return []authz.KeyType{k.Type}
	}
	return nil
}

func checkValuesOfOtherShape(r *run, p *policy) { checkValues(r, p, shapeProblem) }

func shapeProblem(c comparison, value string) string {
	if host, claim, ok := claimOf(c.Key); ok && claim == "sub" && strings.HasPrefix(c.op.Name, "String") {
		if strings.HasSuffix(c.op.Name, "IgnoreCase") {
			value = strings.ToLower(value)
		}
		return neverSubject(host, value, c.supportsWildcards())
	}
	expected, ok := authz.ShapeOf(c.Key)
	if !strings.HasPrefix(c.op.Name, "String") && (expected.Name != "kms-key" || !strings.HasPrefix(c.op.Name, "Arn")) || isProviderKey(c.Key) {
		return ""
	}
	if types := keyTypes(c.Key); !ok && len(types) > 0 && types[0] == authz.ARN {
		expected, ok = authz.ARNShape(), true
	}
	if !ok || expected.Name == authz.RegionShape {
		return ""
	}
	if strings.HasSuffix(c.op.Name, "IgnoreCase") {
		value = strings.ToLower(value)
	}
	if c.supportsWildcards() && strings.ContainsAny(value, "*?") {
		pattern := expected.Prefix + "*"
		if expected.Name == "account" {
			pattern = "????????????"
		}
		if document.Intersects(value, pattern, false) && (expected.Name != "account" || strings.Trim(value, "0123456789*?") == "") {
			return ""
		}
	} else if expected.Matches(value) {
		return ""
	}
	return "not " + expected.Description
}

// regionText says what is wrong with a region, as a phrase for parentheses.
func regionText(region string) string {
	return strings.TrimPrefix(arn.CheckRegion(region).String(), "is ")
}

// matchesNoRegion reports whether the key of a condition is a region, and the
// value matches no known region.
func matchesNoRegion(c comparison, value string) bool {
	shape, _ := authz.ShapeOf(c.Key)
	return strings.HasPrefix(c.op.Name, "String") && shape.Name == authz.RegionShape &&
		!slices.ContainsFunc(arn.Regions(), func(region string) bool { return c.matches(value, region) })
}

func regionProblem(c comparison, value string) string {
	if !matchesNoRegion(c, value) {
		return ""
	}
	if strings.ContainsAny(value, "*?") && c.supportsWildcards() {
		return "matches no known region"
	}
	return regionText(value)
}

// checkRegions checks condition values and the ARNs of resources.
func checkRegions(r *run, p *policy) {
	checkValues(r, p, regionProblem)
	if p.aws {
		return
	}
	for _, s := range p.statements {
		var flagged, texts []string
		for _, resource := range slices.Concat(s.Resources, s.NotResources) {
			a := arn.ParsePattern(resource)
			if a.Prefix != "arn" || a.Parts < 5 || a.Region == "" || strings.ContainsAny(a.Region, "*?$") || slices.Contains(arn.Regions(), a.Region) {
				continue
			}
			flagged, texts = append(flagged, resource), append(texts, fmt.Sprintf("%s (%s)", resource, regionText(a.Region)))
		}
		if len(flagged) > 0 {
			r.reportStatement(s, Finding{Severity: ineffectiveSeverity(s, 0), Actions: s.patterns(), Resources: flagged, Message: sentencef("AWS has no known region with this name, so the ARN matches no resource: %s", annotatedNames(flagged, texts))})
		}
	}
}

func checkPrivateAddresses(r *run, p *policy) { checkValues(r, p, addressProblem) }

func addressProblem(c comparison, value string) string {
	if block, ok := document.ParseAddressBlock(value); ok && strings.EqualFold(c.Key, "aws:SourceIp") && strings.HasSuffix(c.op.Name, "IpAddress") && isPrivate(block) {
		return "a private address"
	}
	return ""
}

// isPrivate reports whether a block has only addresses of private networks, of
// carriers' shared networks, or of the host or link itself.
//
// Sources: RFC 1918 and RFC 4193 for private networks; RFC 6598 for the
// addresses that carriers share; RFC 6890 for the others.
func isPrivate(block netip.Prefix) bool {
	for _, network := range []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("100.64.0.0/10")} {
		if network.Contains(block.Addr()) && network.Bits() <= block.Bits() {
			return true
		}
	}
	return false
}
