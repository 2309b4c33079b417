// Conditions, ARNs and trust policies without the effect that they seem to
// have: dates in the past, conditions about TLS or MFA with the opposite value,
// denials with a set operator, wildcards in condition keys, names of secrets
// without their suffix, and trust in EKS Pod Identity without sts:TagSession.
//
// Sources: IAM User Guide, "AWS global condition context keys"; AWS Secrets
// Manager API Reference, CreateSecret: the ARN has the name of the secret and
// six random characters.

package review

import (
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/arn"
	"capaboot/policies/document"
)

func invertedRules() []Rule {
	return []Rule{{ID: "inverted-condition", Severity: Medium, Reference: userGuide + "reference_policies_condition-keys.html#condition-keys-securetransport",
		Risk:   "the condition is inverted: the statement denies requests that have a protection, or allows requests that lack the protection",
		Remedy: `write "false" in a Deny, and "true" in an Allow`, policy: eachCondition(checkInvertedConditions)}}
}

// protections lists the keys that say whether a request is protected, each with
// a name for the requests in which the key is false. An Allow may be meant for
// requests without MFA, such as those that set MFA up, so for MFA only a Deny
// is reported, with a lower severity.
var protections = []struct {
	key, unprotected string
	// unlessAbsent names these requests if requests without the key are denied.
	unlessAbsent string
	severity     Severity
	onlyDeny     bool
	reference    string // "" means that of the rule
}{
	{"aws:SecureTransport", "requests without TLS", "requests without TLS", Medium, false, ""},
	{mfaKey, "requests without MFA", "requests whose temporary credentials were issued without MFA", Low, true, mfaPage},
}

func checkInvertedConditions(r *run, s *statement, c comparison) (Finding, bool) {
	isBool := c.op.Name == "Bool" || strings.HasPrefix(c.op.Name, "StringEquals")
	for _, protection := range protections {
		if !strings.EqualFold(c.Key, protection.key) || !isBool || c.op.Set != "" || len(c.Values) != 1 {
			continue
		}
		switch value := c.Values[0]; {
		case s.Effect == document.Deny && isTrue(value) && len(s.Conditions) > 1 && r.deniesWhereFalse(s, c.Key):
			// Another statement denies the unprotected requests, so this one is meant
			// for the protected requests.
		case s.Effect == document.Deny && isTrue(value):
			unprotected := protection.unprotected
			if c.op.IfExists {
				unprotected = protection.unlessAbsent
			}
			return Finding{Severity: protection.severity, Message: sentencef("%s with %s true does not deny %s", c.Operator, c.Key, PlainSentence(unprotected)), Reference: protection.reference}, true
		case s.allows() && isFalse(value) && !protection.onlyDeny:
			return Finding{Severity: protection.severity, Message: sentencef("%s with %s false allows only %s", c.Operator, c.Key, PlainSentence(protection.unprotected))}, true
		}
	}
	return Finding{}, false
}

// deniesWhereFalse reports whether another Deny of the policy applies to everything in
// the scope of d if the key is false.
func (r *run) deniesWhereFalse(d *statement, key string) bool {
	r.spend(d.policy.weight() * max(1, len(d.Actions)))
	return slices.ContainsFunc(d.policy.statements, func(s *statement) bool {
		return s.Effect == document.Deny && len(s.Conditions) == 1 && strings.EqualFold(s.Conditions[0].Key, key) && requiresFalse(s.Conditions[0]) && s.coversScope(d, d.Actions)
	})
}

// requiresFalse reports whether a condition on a Bool key requires that the key, if it
// is present, is false.
func requiresFalse(c document.Condition) bool {
	op, ok := document.ParseOperator(c.Operator)
	return ok && (op.Name == "Bool" || strings.HasPrefix(op.Name, "StringEquals")) && len(c.Values) > 0 && !slices.ContainsFunc(c.Values, func(v string) bool { return !isFalse(v) })
}

var timeKeys = []string{"aws:CurrentTime", "aws:EpochTime"}

// checkPastDates finds conditions that no request can meet any more, because
// their dates are in the past.
func checkPastDates(r *run, p *policy) {
	if p.aws || r.options.Today.IsZero() {
		return
	}
	now := float64(r.options.Today.Unix())
	for _, s := range p.statements {
		for _, condition := range s.Conditions {
			op, ok := document.ParseOperator(condition.Operator)
			c := comparison{condition, op}
			if !ok || op.Set != "" || len(c.Values) == 0 || !slices.ContainsFunc(timeKeys, func(key string) bool { return strings.EqualFold(key, c.Key) }) {
				continue
			}
			spans, known := c.spans()
			if !known || slices.ContainsFunc(spans, func(one span) bool { return one.high >= now }) {
				continue
			}
			effect, severity := "allows", Low
			if s.Effect == document.Deny {
				effect, severity = "denies", Medium
			}
			r.reportStatement(s, Finding{Severity: severity, Actions: s.patterns(),
				Message: sentencef("%s on %s has a date in the past (%s), so the statement %s nothing now", c.Operator, c.Key, nameList(c.Values), PlainSentence(effect)),
				Remedy:  "remove the statement, or write a later date"})
		}
	}
}

// secretSuffix matches the end of the ARN of a secret.
var secretSuffix = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`-[A-Za-z0-9]{6}$`) }}

func checkSecretNames(r *run, p *policy) {
	if p.aws {
		return
	}
	for _, s := range p.statements {
		var flagged []string
		for _, resource := range slices.Concat(s.Resources, s.NotResources) {
			a := arn.ParsePattern(resource)
			name, ok := strings.CutPrefix(a.Resource, "secret:")
			if a.Parts == 6 && a.Service == "secretsmanager" && ok && !strings.ContainsAny(name, "*?$") && !secretSuffix.Get().MatchString(name) {
				flagged = append(flagged, resource)
			}
		}
		if len(flagged) > 0 {
			r.reportStatement(s, Finding{Severity: ineffectiveSeverity(s, Medium), Actions: s.patterns(), Resources: flagged,
				Message:   sentencef("the ARN of a secret ends in a hyphen and six characters, so no secret has %s: %s", forCount(flagged, "this ARN", "one of these ARNs"), nameList(flagged)),
				Remedy:    "write -?????? after the name",
				Reference: "https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html"})
		}
	}
}

// checkDenialsOfAllValues finds a Deny with ForAllValues. A request evades such
// a Deny by adding a value that the condition does not list.
func checkDenialsOfAllValues(s *statement, c comparison) (Finding, bool) {
	if s.Effect != document.Deny || c.op.Set != "ForAllValues" || c.isNegated() || c.op.Name == "Null" || !mayHaveSeveralValues(c.Key) ||
		slices.ContainsFunc(c.Values, func(value string) bool { return hasUnknownPart(value) || c.supportsWildcards() && isAnything(value) }) {
		return Finding{}, false
	}
	return Finding{Severity: Medium, Message: sentencef("%s with %s denies a request only if all values in the request match %s, so a request with one more value is not denied", c.Operator, c.Key, orList(c.Values)),
		Remedy: "to deny requests that have any of the values, replace \"ForAllValues:\" with \"ForAnyValue:\""}, true
}

// checkPodIdentityTagSession finds trust in EKS Pod Identity without
// sts:TagSession. sts:TagSession and sts:AssumeRole can be in different
// statements.
//
// Source: Amazon EKS User Guide, "Create IAM role with trust policy required by
// EKS Pod Identity"; EKS API Reference, PodIdentityAssociation:
// disableSessionTags.
func checkPodIdentityTagSession(r *run, p *policy) {
	if p.aws || !p.isTrust() {
		return
	}
	const tagSession = "sts:TagSession"
	isPodIdentity := func(principal document.Principal) bool {
		name, ok := serviceOf(principal.ID)
		return principal.Kind == "Service" && ok && name == podIdentityService
	}
	var first *statement
	for _, s := range p.statements {
		if !s.allows() || !slices.ContainsFunc(s.Principals, func(principal document.Principal) bool {
			return principal.ID == "*" || isPodIdentity(principal)
		}) {
			continue
		}
		matches := func(pattern string) bool { return hasUnknownPart(pattern) || matchesAction(pattern, tagSession) }
		if slices.ContainsFunc(s.Actions, matches) || len(s.NotActions) > 0 && !slices.ContainsFunc(s.NotActions, matches) {
			return
		}
		if first == nil && slices.ContainsFunc(s.Principals, isPodIdentity) && slices.Contains(s.assumeActions(), assumeRole) {
			first = s
		}
	}
	if first != nil {
		r.reportStatement(first, Finding{Actions: []string{tagSession}, Reference: "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html",
			Message: sentencef("the trust policy does not allow %s, but EKS Pod Identity adds session tags when it assumes the role: pods get no credentials unless their association disables session tags", nameList([]string{tagSession})),
			Remedy:  "allow sts:TagSession too"})
	}
}

// isBucketOfAnyAccount reports whether a service acts for a bucket that any
// account may own: the ARN of a bucket has no account, and another account can
// create a bucket with the name of a deleted one.
//
// Source: Lambda API Reference, "AddPermission", SourceAccount: "It is possible
// for an Amazon S3 bucket to be deleted by its owner and recreated by another
// account."
func (e *entry) isBucketOfAnyAccount() bool {
	name, ok := serviceOf(e.principal.ID)
	if !ok || name != "s3" {
		return false
	}
	limited := false
	for _, c := range e.requirements {
		switch kind := keyKind(c.Key); {
		case e.boundOf(c) < boundOrganization:
		case kind != "principal":
			return false // an account or an organization
		default:
			limited = true
			if slices.ContainsFunc(c.Values, func(value string) bool { return hasUnknownPart(value) || arn.ParsePattern(value).Account != "" }) {
				return false
			}
		}
	}
	return limited && !e.limitedToExceptions
}

// keyHasWildcard reports whether a condition key has a wildcard. IAM has no such
// keys, because the key of a tag cannot have these characters either.
func keyHasWildcard(key string) bool {
	return strings.ContainsAny(stripVariables(key), "*?") && !isProviderKey(key)
}

func wildcardKeyFinding(s *statement, c document.Condition) Finding {
	outcome, severity := "so the statement never applies", ineffectiveSeverity(s, 0)
	if outcomeWithoutKey(c) != outcomeFails {
		outcome, severity = "so the condition limits nothing", High
		if s.Effect == document.Deny {
			outcome, severity = "so the statement denies more than it seems to", Medium
		}
	}
	remedy := "write the whole key"
	if tag, ok := resourceTag(c.Key); ok && tag != "" {
		remedy = "write the whole key of the tag, with one condition for each tag"
	}
	return Finding{Severity: severity, Actions: s.patterns(), Message: sentencef("IAM does not expand wildcards in a condition key, and no request has the key %s, %s", c.Key, PlainSentence(outcome)), Remedy: remedy}
}
