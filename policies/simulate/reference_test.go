// A reference evaluator, written only from AWS's documentation, against which
// the evaluator is tested. The two share no code except the type Decision; the
// reference is simple and slow. Where the documentation leaves a result open,
// the sentence that does so is quoted or summarized below.

package simulate

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// A request and its policies, before they are parsed.
type (
	refStatement struct {
		Effect       string                         `json:"Effect"`
		Principal    map[string][]string            `json:"Principal,omitempty"`
		NotPrincipal map[string][]string            `json:"NotPrincipal,omitempty"`
		Action       []string                       `json:"Action,omitempty"`
		NotAction    []string                       `json:"NotAction,omitempty"`
		Resource     []string                       `json:"Resource,omitempty"`
		NotResource  []string                       `json:"NotResource,omitempty"`
		Condition    map[string]map[string][]string `json:"Condition,omitempty"`
	}
	refPolicy struct {
		Version   string         `json:"Version"`
		Statement []refStatement `json:"Statement"`
	}
	refRequest struct {
		action, resource, principal string
		context                     map[string][]string // keys in lower case
	}
	refCase struct {
		identity, boundary, resourcePolicy *refPolicy
		boundaryUnknown                    bool // a boundary exists, but its content is unknown
		identityUnknown                    bool // the content of one identity policy is unknown
		refRequest
	}
)

// The sentences of AWS's documentation that leave a result open. A statement
// whose result is open does not apply if it is an Allow, and applies if it is a
// Deny; if this can change the decision, the decision is unknown and has a
// note.
//
//   - IAM JSON policy elements, Action: the value is "a service namespace as an
//     action prefix" and a name; the effect of a policy that IAM refuses is not
//     documented.
//   - Identify AWS resources with ARNs: "an identity-based policy" completes short
//     ARNs; resource policies are not mentioned.
//   - Identify AWS resources with ARNs: "*" as the last character of a segment
//     "can expand to match beyond the colon boundaries", but an incomplete ARN is
//     completed: the two rules contradict each other.
//   - Single-valued vs. multivalued context keys: multivalued keys "require a
//     condition set operator"; which value counts without one is not documented.
//   - Condition operators: IfExists makes a missing key "evaluate the condition
//     element as true", for "any condition operator name except the Null
//     condition"; but ForAnyValue "returns false" if the key does not exist.
//   - Condition operators: each compares values of its type; the result of a
//     negated operator for a value of another type is not documented.
//   - Variables and tags: variables are for the Resource element, and for string
//     and ARN operators; their effect in other operators is not documented.
//   - Single-valued vs. multivalued context keys: "you can't use a multivalued
//     context key as a policy variable"; the result of a negated comparison with
//     such a variable is not documented.
//   - ARN condition operators: "each of the six colon-delimited components of the
//     ARN is checked separately"; what "*" alone matches is not documented.
//   - AWS JSON policy elements, Principal and Resource: which policies may and must
//     have them; the effect of a policy that IAM refuses for them is not documented.
//   - NotPrincipal: using it "with "Effect":"Allow" is not supported", and "you cannot
//     use the NotPrincipal element in ... an IAM role trust policy".
//   - Principal, "Role session principals": a statement may name one session, but
//     the request of a role does not say which session it belongs to.
//   - NotPrincipal: "you must also specify the account ARN", and for a role "list
//     the role session name of every user"; otherwise it "might" deny the
//     principal.

// tri is a three-valued result.
type tri int

const (
	isFalse     tri = iota
	isUncertain     // AWS does not document the result, or an input is unknown
	isTrue
)

func triOf(b bool) tri {
	if b {
		return isTrue
	}
	return isFalse
}

// refGlob matches "*" with any text and "?" with any single character.
func refGlob(pattern, text string) bool {
	if pattern == "" {
		return text == ""
	}
	if pattern[0] == '*' {
		for i := range text {
			if refGlob(pattern[1:], text[i:]) {
				return true
			}
		}
		return refGlob(pattern[1:], "")
	}
	if text == "" {
		return false
	}
	if pattern[0] == '?' {
		_, size := utf8.DecodeRuneInString(text)
		return refGlob(pattern[1:], text[size:])
	}
	return pattern[0] == text[0] && refGlob(pattern[1:], text[1:])
}

// Wildcards in the values of variables and in the request are replaced by these
// characters, and so match literally.
const (
	escapedStar     = '\ue000'
	escapedQuestion = '\ue001'
)

var refEscapes = strings.NewReplacer("*", string(escapedStar), "?", string(escapedQuestion))

func refEscape(s string) string { return refEscapes.Replace(s) }

var refVariable = regexp.MustCompile(`\$\{([^}]*)\}`)

// refFill replaces variables by their values. ok is false if a variable has
// several values, or has neither a value nor a default.
func (r *refRequest) refFill(text, version string) (filled string, ok bool) {
	if version != "2012-10-17" {
		return text, true
	}
	ok = true
	filled = refVariable.ReplaceAllStringFunc(text, func(v string) string {
		name := v[2 : len(v)-1]
		if name == "*" || name == "?" || name == "$" {
			return refEscape(name)
		}
		key, rest, hasDefault := strings.Cut(name, ",")
		if values := r.context[strings.ToLower(strings.TrimSpace(key))]; len(values) == 1 {
			return refEscape(values[0])
		} else if len(values) == 0 && hasDefault {
			return refEscape(strings.Trim(strings.TrimSpace(rest), "'"))
		}
		ok = false
		return ""
	})
	return filled, ok
}

func (r *refRequest) refAction(s *refStatement) tri {
	matchAny := func(patterns []string) tri {
		result := isFalse
		for _, p := range patterns {
			service, _, colon := strings.Cut(p, ":")
			ok := p == "*" || p == "*:*" || colon && !strings.ContainsAny(service, "*?")
			_, name, _ := strings.Cut(r.action, ":")
			match := refGlob(strings.ToLower(p), strings.ToLower(r.action)) || !colon && refGlob(strings.ToLower(p), strings.ToLower(name))
			switch {
			case match && ok:
				return isTrue
			case match:
				result = isUncertain
			}
		}
		return result
	}
	if len(s.NotAction) > 0 {
		found := matchAny(s.NotAction)
		if found == isUncertain && s.Effect == "Allow" {
			return isFalse // IAM refuses the policy, so it allows nothing
		}
		return isTrue - found
	}
	found := matchAny(s.Action)
	if found == isUncertain && s.Effect == "Allow" {
		return isFalse
	}
	return found
}

func (r *refRequest) refResource(s *refStatement, version string, inResourcePolicy bool) tri {
	several := false // a variable has several values: see the list above
	matchAny := func(patterns []string) tri {
		result := isFalse
		for _, p := range patterns {
			filled, ok := r.refFill(p, version)
			if !ok {
				several = several || r.hasSeveralValues(p)
				continue
			}
			text := refEscape(r.resource)
			parts := strings.Split(filled, ":")
			found := triOf(refGlob(filled, text))
			if parts[0] == "arn" && len(parts) > 1 && len(parts) < 6 {
				unextended := found
				for len(parts) < 6 {
					parts = append(parts, "*")
				}
				switch found = triOf(refGlob(strings.Join(parts, ":"), text)); {
				case found == isFalse && unextended == isTrue:
					found = isUncertain // see the list above: "*" in a short ARN
				case found == isTrue && inResourcePolicy && unextended == isFalse:
					found = isUncertain // see the list above: a short ARN in a resource policy
				}
			}
			result = max(result, found)
		}
		return result
	}
	switch {
	case len(s.NotResource) > 0:
		found := matchAny(s.NotResource)
		if found == isFalse && several {
			found = isUncertain
		}
		return isTrue - found
	case len(s.Resource) > 0:
		return matchAny(s.Resource)
	}
	return isTrue
}

// refKind returns the kind of a principal, as in the element Principal.
func refKind(principal string) string {
	switch {
	case strings.Contains(principal, "-provider/") || principal == "cognito-identity.amazonaws.com":
		return "Federated"
	case strings.HasPrefix(principal, "arn:") || principal == "":
		return "AWS"
	}
	return "Service"
}

// refAssumes reports whether the trust policy must allow an action. Sources:
// IAM User Guide, "Pass session tags in AWS STS" and "Monitor and control
// actions taken with assumed roles".
func refAssumes(action string) bool {
	service, name, _ := strings.Cut(strings.ToLower(action), ":")
	return service == "sts" && (strings.HasPrefix(name, "assumerole") || name == "tagsession" || name == "setsourceidentity")
}

// refExempt reports whether an action needs no permission. AWS STS API
// Reference, GetCallerIdentity: "No permissions are required to perform this
// operation", and a policy that denies it has no effect; GetSessionToken: "No
// permissions are required for users".
func refExempt(action string) bool {
	return strings.EqualFold(action, "sts:GetCallerIdentity") || strings.EqualFold(action, "sts:GetSessionToken")
}

func refAccount(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 5 {
		return parts[4]
	}
	return ""
}

// refVerdict combines the statements of all policies.
type refVerdict struct {
	*refCase
	denied tri
	// Whether the policies allow the request: the identity policies, the
	// boundary, and the resource policy by the level of refPrincipal.
	identity, boundary tri
	byResource         [4]tri
}

// refEvaluate returns the decision, and whether it rests on an open result.
func refEvaluate(c *refCase) (decision Decision, dependsOnOpen bool) {
	if refExempt(c.action) {
		return Allowed, false
	}
	v := &refVerdict{refCase: c, denied: isFalse}
	if c.identityUnknown {
		v.identity = isUncertain
	}
	if c.boundaryUnknown {
		v.boundary = isUncertain
	}
	count := func(allowed *tri) func(s *refStatement, applies tri) {
		return func(s *refStatement, applies tri) {
			if s.Effect == "Deny" {
				v.denied = max(v.denied, applies)
			} else {
				*allowed = max(*allowed, applies)
			}
		}
	}
	v.eachStatement(c.identity, count(&v.identity))
	v.eachStatement(c.boundary, count(&v.boundary))
	v.eachStatement(c.resourcePolicy, v.addResourceStatement)
	best := v.allows(isUncertain) && v.denied < isTrue
	switch {
	case v.denied >= isUncertain:
		decision = ExplicitDeny
	case v.allows(isTrue):
		decision = Allowed
	default:
		decision = ImplicitDeny
	}
	return decision, decision != Allowed && best || decision == Allowed && c.identityUnknown
}

// refMisplaced reports whether a statement has elements that IAM does not
// accept in its kind of policy, or no principal in a resource policy. An
// identity policy names no principal; a trust policy names neither a resource
// nor NotPrincipal.
func (v *refVerdict) refMisplaced(s *refStatement, inResourcePolicy bool) bool {
	principal := len(s.Principal)+len(s.NotPrincipal) > 0
	trust := inResourcePolicy && refAssumes(v.action)
	return principal != inResourcePolicy || trust && len(s.Resource)+len(s.NotResource)+len(s.NotPrincipal) > 0
}

func (v *refVerdict) eachStatement(p *refPolicy, visit func(s *refStatement, applies tri)) {
	if p == nil {
		return
	}
	r := &v.refRequest
	for i := range p.Statement {
		s := &p.Statement[i]
		applies := min(r.refAction(s), r.refResource(s, p.Version, p == v.resourcePolicy), r.refConditions(s, p.Version))
		if v.refMisplaced(s, p == v.resourcePolicy) {
			applies = min(applies, isUncertain)
		}
		visit(s, applies)
	}
}

// addResourceStatement counts a statement of the resource policy.
func (v *refVerdict) addResourceStatement(s *refStatement, applies tri) {
	r := &v.refRequest
	level, open := r.refPrincipal(s.Principal)
	if s.Effect == "Allow" && len(s.NotPrincipal) == 0 {
		v.byResource[level] = max(v.byResource[level], applies)
		v.byResource[open] = max(v.byResource[open], min(applies, isUncertain))
		return
	}
	who := max(triOf(level > 0), min(triOf(open > 0), isUncertain))
	switch {
	case len(s.Principal)+len(s.NotPrincipal) == 0:
		who = isUncertain
	case len(s.NotPrincipal) == 0:
	case (v.refCase.boundary != nil || v.boundaryUnknown) && s.Effect == "Deny" && refKind(r.principal) == "AWS":
		who = isTrue // "will always deny any IAM principal that has a permissions boundary policy attached"
	default:
		who = r.refNotPrincipal(s.NotPrincipal)
	}
	if s.Effect == "Deny" {
		v.denied = max(v.denied, min(applies, who))
	} else {
		v.byResource[3] = max(v.byResource[3], min(applies, who, isUncertain)) // "is not supported"
	}
}

// allows reports whether the policies allow the request, apart from denials. It
// counts what holds with at least the given certainty.
func (v *refVerdict) allows(least tri) bool {
	r := &v.refRequest
	bounded := v.refCase.boundary == nil && !v.boundaryUnknown || v.boundary >= least
	own := v.identity >= least && bounded
	if v.resourcePolicy == nil {
		return own
	}
	toAccount, toRole, toCaller := v.byResource[1] >= least, v.byResource[2] >= least, v.byResource[3] >= least
	some := toAccount || toRole || toCaller
	if v.refCase.identity == nil {
		// A service or an identity provider has no policies of its own, and
		// those of other callers may be missing. Then the resource policy
		// decides alone.
		return some
	}
	if owner := v.refOwner(); owner != "" && owner != refAccount(r.principal) {
		return own && some // both accounts must allow it
	}
	switch {
	case toCaller:
		return true // "not limited by an implicit deny in an identity-based policy or permissions boundary"
	case toRole:
		return bounded // "limited by an implicit deny in a permissions boundary"
	}
	if service, _, _ := strings.Cut(strings.ToLower(r.action), ":"); service == "kms" || refAssumes(r.action) {
		return own && some // the key policy or trust policy must allow it
	}
	return own
}

// refOwner returns the account of the resource, or "" if it is unknown. The ARN
// of a bucket does not contain it, but the key aws:ResourceAccount may.
func (r *refRequest) refOwner() string {
	if owner := refAccount(r.resource); owner != "" {
		return owner
	}
	if values := r.context["aws:resourceaccount"]; len(values) == 1 {
		return values[0]
	}
	return ""
}
