// Rules about unclear elements: they work, but a reader may misunderstand them.
//
// Source: IAM User Guide, "IAM policy validation check reference", the general
// warnings, the suggestions, and two errors about values of conditions.

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

func unclearRules() []Rule {
	const (
		operatorsPage = userGuide + "reference_policies_elements_condition_operators.html"
		principalPage = userGuide + "reference_policies_elements_principal.html"
	)
	return []Rule{
		{ID: "unclear-value", Severity: Low, Reference: operatorsPage,
			Risk:   "the condition does not compare what it seems to compare",
			Remedy: "write each value once, in the format of the operator", policy: eachCondition(checkUnclearValues)},
		{ID: "wildcard-value", Severity: Info, Reference: operatorsPage + "#Conditions_Null",
			Risk:   "the value matches everything, so the condition only tests whether the request has the key",
			Remedy: `use Null, or remove the condition`, policy: eachCondition(checkWildcardValues)},
		{ID: "unclear-evaluation", Severity: Low, Reference: userGuide + "reference_policies_evaluation-logic.html",
			Risk:   "AWS's documentation does not say when the statement applies, so an Allow may allow more, and a Deny may deny less, than it seems to",
			Remedy: "rewrite the part that the finding names, so that its result does not depend on behaviour that AWS does not document", policy: checkUnclearEvaluations},
		{ID: "principal-by-id", Severity: Low, Reference: principalPage,
			Risk:   "the principal is an internal ID, which AWS shows for a deleted principal",
			Remedy: "name the role or the user by its ARN", policy: checkPrincipalsByID},
		{ID: "redundant-principal", Severity: Low, Reference: principalPage + "#principal-role-session",
			Risk:   "the statement lists a role and a session of this role, so the session already has access through the role",
			Remedy: "remove the session from the statement; if only the session is meant, remove the role from the statement instead", policy: checkRedundantPrincipals},
	}
}

func optionalElementRules() []Rule {
	return []Rule{
		{ID: "missing-version", Severity: Low, Reference: userGuide + "reference_policies_elements_version.html",
			Risk:   "without Version, the policy uses the policy language of 2008, which has no policy variables",
			Remedy: `write "Version": "2012-10-17"`, policy: checkMissingVersions},
		{ID: "unclear-sid", Severity: Info, Reference: userGuide + "reference_policies_elements_sid.html",
			Risk:   "the Sid does not identify the statement",
			Remedy: "give each statement a different Sid or no Sid", policy: checkUnclearSids},
	}
}

func checkUnclearValues(_ *run, _ *statement, c comparison) (Finding, bool) {
	var flagged, texts []string
	add := func(value, text string) { flagged, texts = append(flagged, value), append(texts, value+" ("+text+")") }
	for _, value := range c.Values {
		if hasUnknownPart(value) {
			continue
		}
		block, err := netip.ParsePrefix(strings.TrimSpace(value))
		switch {
		case strings.HasPrefix(c.op.Name, "Date") && !strings.EqualFold(c.Key, "aws:EpochTime") && value != "" && strings.Trim(value, "0123456789") == "":
			add(value, "the number can mean seconds or a year: write a date such as 2026-01-31")
		case strings.HasSuffix(c.op.Name, "IpAddress") && err == nil && block != block.Masked():
			add(value, "the bits after the mask have no effect: write "+block.Masked().String())
		}
	}
	if len(flagged) > 0 {
		return Finding{Message: sentencef("%s compares %s with %s", c.Operator, c.Key, annotatedNames(flagged, texts))}, true
	}
	switch {
	case c.Mixed:
		return Finding{Message: sentencef("%s compares %s with values of several JSON types, but AWS expects one type: %s", c.Operator, c.Key, nameList(c.Values))}, true
	case c.op.Name == "Bool" && len(c.Values) > 1 && !slices.ContainsFunc(c.Values, func(v string) bool { return !strings.EqualFold(v, c.Values[0]) }):
		return Finding{Message: sentencef("%s compares %s with the same value more than once", c.Operator, c.Key)}, true
	case c.comparesOrder() && len(c.Values) > 1 && !slices.ContainsFunc(c.Values, hasUnknownPart):
		return Finding{Remedy: "keep only the intended value",
			Message: sentencef("%s compares %s with several values and holds if one comparison holds, so only the %s value has an effect: %s", c.Operator, c.Key, c.decisiveValue(), nameList(c.Values))}, true
	}
	return Finding{}, false
}

// decisiveValue says which value decides if an operator such as NumericLessThan has
// several values.
func (c comparison) decisiveValue() string {
	words := []string{"smallest", "largest"}
	if strings.HasPrefix(c.op.Name, "Date") {
		words = []string{"earliest", "latest"}
	}
	return words[boolToInt(strings.Contains(c.op.Name, "LessThan"))]
}

func (c comparison) comparesOrder() bool {
	return strings.Contains(c.op.Name, "LessThan") || strings.Contains(c.op.Name, "GreaterThan")
}

// checkWildcardValues finds values that match every value of the key. It leaves
// ARN operators to unclear-evaluation.
func checkWildcardValues(_ *run, s *statement, c comparison) (Finding, bool) {
	if !c.supportsWildcards() || outcomeWithoutKey(c.Condition) == outcomeUnclear || strings.HasPrefix(c.op.Name, "Arn") || !slices.ContainsFunc(c.Values, func(v string) bool { return v != "" && strings.Trim(v, "*") == "" }) {
		return Finding{}, false
	}
	outcomeIfMissing := outcomeWithoutKey(c.Condition)
	severity := Low
	if s.allows() {
		severity = Medium
	}
	switch {
	case !c.isNegated() && outcomeIfMissing == outcomeHolds:
		return Finding{Severity: severity, Message: sentencef("%s always holds for %s, so the condition limits nothing", c.Operator, c.Key)}, true
	case !c.isNegated():
		return Finding{Message: sentencef(`every value of %s matches, so the condition means the same as Null with "false"`, c.Key), Remedy: remedyForAnyTag(c.Key)}, true
	case outcomeIfMissing == outcomeHolds:
		return Finding{Message: sentencef(`no value of %s matches, so the condition means the same as Null with "true"`, c.Key)}, true
	}
	return Finding{Severity: ineffectiveSeverity(s, Medium), Message: sentencef("%s never holds for %s, so the statement never applies", c.Operator, c.Key)}, true
}

// remedyForAnyTag returns the remedy for a session tag of EKS Pod Identity that may
// have any value, or "" for another key.
func remedyForAnyTag(key string) string {
	if strings.EqualFold(key, podNamespaceKey) || strings.EqualFold(key, podServiceAccountKey) {
		return "name the namespace or the service account"
	}
	return ""
}

// checkUnclearEvaluations finds unclear evaluations, except those that
// missing-set-operator and refused-variable report.
func checkUnclearEvaluations(r *run, p *policy) {
	if p.aws {
		return
	}
	for _, s := range p.statements {
		r.spend(4*(len(s.Resources)+len(s.NotResources)) + len(s.Conditions))
		for _, u := range s.Unclear(p.kind != identityPolicy, authz.Multivalued) {
			if u.Kind != document.SeveralValues && u.Kind != document.TakesNoVariable {
				r.reportStatement(s, Finding{Actions: s.patterns(), Message: sentencef("it is uncertain when the statement applies: %s", u.String())})
			}
		}
	}
}

func checkPrincipalsByID(r *run, p *policy) {
	if p.aws || p.kind == identityPolicy {
		return
	}
	for _, s := range p.statements {
		var flagged []string
		for _, principal := range slices.Concat(s.Principals, s.NotPrincipals) {
			if principal.Kind == "AWS" && isUniqueID(principal.ID) {
				flagged = append(flagged, principal.ID)
			}
		}
		if len(flagged) > 0 {
			r.reportStatement(s, Finding{Actions: s.patterns(), Resources: flagged,
				Message: sentencef("the principal %s is an internal ID, which AWS shows after a role or user is deleted; a new role or user with the same name does not match this ID", nameList(flagged))})
		}
	}
}

// checkRedundantPrincipals finds role sessions whose role is also listed as a
// principal.
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal", "Role session
// principals": the session's ARN has the name of the role, without its path. "Policy
// evaluation logic": in an Allow of a resource policy that is not a trust policy, the
// session is not redundant, because no permissions boundary or session policy limits
// what the policy allows to the session itself.
func checkRedundantPrincipals(r *run, p *policy) {
	if p.aws || p.kind == identityPolicy {
		return
	}
	for _, s := range p.statements {
		if s.allows() && p.kind != trustPolicy {
			continue
		}
		roles := map[string]bool{}
		for _, principal := range s.Principals {
			if a := arn.ParsePattern(principal.ID); a.Service == "iam" && a.Kind() == "role" {
				roles[a.Account+" "+a.Resource[strings.LastIndex(a.Resource, "/")+1:]] = true
			}
		}
		var flagged []string
		for _, principal := range s.Principals {
			a := arn.ParsePattern(principal.ID)
			role, _, _ := strings.Cut(strings.TrimPrefix(a.Resource, "assumed-role/"), "/")
			if a.Service == "sts" && a.Kind() == "assumed-role" && roles[a.Account+" "+role] {
				flagged = append(flagged, principal.ID)
			}
		}
		if len(flagged) > 0 {
			r.reportStatement(s, Finding{Actions: s.patterns(), Resources: flagged, Message: sentencef("the statement also lists the %s of %s, so %s the same access", forCount(flagged, "role", "roles"), nameList(flagged), forCount(flagged, "this session already has", "these sessions already have"))})
		}
	}
}

func checkMissingVersions(r *run, p *policy) {
	// A document that is known only at deployment is not reported, because it may
	// have a version.
	if p.aws || p.doc.Version != "" || len(p.statements) > 0 && !slices.ContainsFunc(p.statements, func(s *statement) bool { return !s.MayDeny }) {
		return
	}
	r.report(Finding{Policy: p.name, Trust: p.isRoleTrust(), Principals: p.holderNames(), Location: Location{p.file, p.doc.Line, p.doc.Column}})
}

// checkUnclearSids finds unclear Sids that AWS accepts; refused-sid reports those
// that it refuses.
func checkUnclearSids(r *run, p *policy) {
	if p.aws {
		return
	}
	sidIsValidated := p.kind == identityPolicy || p.isTrust()
	seen := map[string]*statement{}
	for _, s := range p.statements {
		if slices.Contains(s.Blank, "Sid") {
			r.reportStatement(s, Finding{Message: PlainSentence("the Sid is empty")})
		}
		if s.Sid == "" || hasUnknownPart(s.Sid) || sidIsValidated {
			continue
		}
		if first := seen[s.Sid]; first == nil {
			seen[s.Sid] = s
		} else if first.Index != s.Index && !document.Exclusive(first.Statement, s.Statement) {
			r.reportStatement(s, Finding{Message: sentencef("the Sid %q also appears in %s", s.Sid, fmt.Sprintf("Statement[%d]", first.Index))})
		}
	}
}
