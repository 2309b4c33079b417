// A second evaluator, written from AWS's documentation alone, to compare the first
// with. It shares no code with it: not how it matches, completes ARNs or compares.
// It is as plain as it can be, and slow.
//
// Where the documentation leaves an outcome open, it says so with the sentence that
// does, below.

package simulate

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// What a request and its policies are, before anybody reads them.
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
		identity, boundary, trust *refPolicy
		boundaryUnknown           bool // there is a boundary, and no one knows what it allows
		unknown                   bool // so is one of the identity policies
		refRequest
	}
)

// These are the sentences of AWS's documentation that leave an outcome open. An
// outcome that depends on one is not an Allow, and is a Deny, with a note.
//
//   - IAM JSON policy elements, Action: the value is "a service namespace as an
//     action prefix" and a name; what a policy that IAM refuses would do is not
//     said.
//   - Identify AWS resources with ARNs: completing ARNs is reported of "an identity-
//     based policy", not of the policy of a resource.
//   - Identify AWS resources with ARNs: "*" as the last character of a segment
//     "can expand to match beyond the colon boundaries", and an incomplete ARN is
//     completed: two readings.
//   - Single-valued vs. multivalued context keys: multivalued keys "require a
//     condition set operator"; without one it is not said which value counts.
//   - Condition operators: IfExists makes a missing key "evaluate the condition
//     element as true", of "any condition operator name except the Null
//     condition"; ForAnyValue: "returns false" if the key does not exist.
//   - Condition operators: each is for values of its type; what a negated one says
//     of a value of another type is not said.
//   - Variables and tags: variables are for the Resource element, and string and
//     ARN operators; what others do with one is not said.
//   - Single-valued vs. multivalued context keys: "you can't use a multivalued
//     context key as a policy variable"; what a negated comparison with one says
//     is not said.
//   - ARN condition operators: "each of the six colon-delimited components of the
//     ARN is checked separately"; what "*" alone matches is not said.
//   - AWS JSON policy elements, Principal and Resource: which policies have them, and
//     must; what one that IAM refuses for them would do is not said.
//   - NotPrincipal: using it "with "Effect":"Allow" is not supported", and "you cannot
//     use the NotPrincipal element in ... an IAM role trust policy".
//   - Principal, "Role session principals": a statement may name one session; which
//     session of its role asks, a request of a role does not say.
//   - NotPrincipal: "you must also specify the account ARN"; else it "might" deny
//     the principal.

// tri is an outcome: false, open or true.
type tri int

const (
	isFalse tri = iota
	isOpen
	isTrue
)

func triOf(b bool) tri {
	if b {
		return isTrue
	}
	return isFalse
}

// refGlob: "*" is any text, "?" any character.
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

// escaped characters of a variable's value are no wildcards.
const (
	escapedStar     = '\ue000'
	escapedQuestion = '\ue001'
)

var refEscapes = strings.NewReplacer("*", string(escapedStar), "?", string(escapedQuestion))

func refEscape(s string) string { return refEscapes.Replace(s) }

var refVariable = regexp.MustCompile(`\$\{([^}]*)\}`)

// refFill puts the values of variables in; ok is false if one has none.
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
	in := func(patterns []string) tri {
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
				result = isOpen
			}
		}
		return result
	}
	if len(s.NotAction) > 0 {
		found := in(s.NotAction)
		if found == isOpen && s.Effect == "Allow" {
			return isFalse // IAM refuses the policy, which then allows nothing
		}
		return isTrue - found
	}
	found := in(s.Action)
	if found == isOpen && s.Effect == "Allow" {
		return isFalse
	}
	return found
}

func (r *refRequest) refResource(s *refStatement, version string, ofResource bool) tri {
	several := false // a variable of a key with several values: see open
	in := func(patterns []string) tri {
		result := isFalse
		for _, p := range patterns {
			filled, ok := r.refFill(p, version)
			if !ok {
				several = several || r.severalIn(p)
				continue
			}
			text := refEscape(r.resource)
			parts := strings.Split(filled, ":")
			found := triOf(refGlob(filled, text))
			if parts[0] == "arn" && len(parts) > 1 && len(parts) < 6 {
				asItIs := found
				for len(parts) < 6 {
					parts = append(parts, "*")
				}
				switch found = triOf(refGlob(strings.Join(parts, ":"), text)); {
				case found == isFalse && asItIs == isTrue:
					found = isOpen // star
				case found == isTrue && ofResource && asItIs == isFalse:
					found = isOpen // short
				}
			}
			result = max(result, found)
		}
		return result
	}
	switch {
	case len(s.NotResource) > 0:
		found := in(s.NotResource)
		if found == isFalse && several {
			found = isOpen
		}
		return isTrue - found
	case len(s.Resource) > 0:
		return in(s.Resource)
	}
	return isTrue
}

// refKind is the kind of a principal, as the element Principal calls it.
func refKind(principal string) string {
	switch {
	case strings.Contains(principal, "-provider/") || principal == "cognito-identity.amazonaws.com":
		return "Federated"
	case strings.HasPrefix(principal, "arn:") || principal == "":
		return "AWS"
	}
	return "Service"
}

// refPrincipal: the most that a list of principals says of the caller: nothing, its
// account, its role, or itself. open is the most that it may say.
func (r *refRequest) refPrincipal(listed map[string][]string) (level, open int) {
	kind := refKind(r.principal)
	for ofKind, ids := range listed {
		for _, id := range ids {
			of := 0
			switch {
			case ofKind == "AWS" && id == "*":
				of = 3
			case ofKind != kind:
			case kind != "AWS":
				if id == r.principal {
					of = 3
				}
			case id == refAccount(r.principal) || id == "arn:aws:iam::"+refAccount(r.principal)+":root":
				of = 1
			case id == r.principal:
				if of = 3; strings.Contains(id, ":role/") {
					of = 2
				}
			case refIsSession(r.principal, id):
				of = 2
			case refIsSession(id, r.principal):
				open = 3
			}
			level = max(level, of)
		}
	}
	return level, max(level, open)
}

// refIsSession: arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION is a session of the
// role arn:aws:iam::ACCOUNT:role/PATH/NAME.
func refIsSession(session, role string) bool {
	parts := strings.Split(session, "/")
	return strings.Contains(session, ":assumed-role/") && strings.Contains(role, ":role/") &&
		refAccount(role) == refAccount(session) && role[strings.LastIndex(role, "/")+1:] == parts[1]
}

// refAssumes: IAM User Guide, "Pass session tags in AWS STS" and "Monitor and control
// actions taken with assumed roles": the trust policy must allow these too.
func refAssumes(action string) bool {
	service, name, _ := strings.Cut(strings.ToLower(action), ":")
	return service == "sts" && (strings.HasPrefix(name, "assumerole") || name == "tagsession" || name == "setsourceidentity")
}

// refExempt: AWS STS API Reference, GetCallerIdentity: "No permissions are required
// to perform this operation", and a policy that denies it changes nothing;
// GetSessionToken: "No permissions are required for users".
func refExempt(action string) bool {
	return strings.EqualFold(action, "sts:GetCallerIdentity") || strings.EqualFold(action, "sts:GetSessionToken")
}

func refAccount(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 5 {
		return parts[4]
	}
	return ""
}

// refWhole: the account itself, or everybody, is in the list.
func refWhole(listed map[string][]string) bool {
	for _, id := range listed["AWS"] {
		if id == "*" || !strings.Contains(id, ":") || strings.HasSuffix(id, ":root") {
			return true
		}
	}
	return false
}

// refVerdict is what the policies say of a request so far.
type refVerdict struct {
	*refCase
	denied tri
	// what allows: by identity, by boundary, and by the resource to the account, the
	// role, the caller.
	identity, boundary tri
	byResource         [4]tri
}

// refEvaluate is the decision, and whether it depends on what is open.
func refEvaluate(c *refCase) (decision Decision, isOpenAt bool) {
	if refExempt(c.action) {
		return Allowed, false
	}
	v := &refVerdict{refCase: c, denied: isFalse}
	if c.unknown {
		v.identity = isOpen
	}
	if c.boundaryUnknown {
		v.boundary = isOpen
	}
	take := func(allowed *tri) func(s *refStatement, applies tri) {
		return func(s *refStatement, applies tri) {
			if s.Effect == "Deny" {
				v.denied = max(v.denied, applies)
			} else {
				*allowed = max(*allowed, applies)
			}
		}
	}
	v.each(c.identity, take(&v.identity))
	v.each(c.boundary, take(&v.boundary))
	v.each(c.trust, v.ofResource)
	best := v.allows(isOpen) && v.denied < isTrue
	switch {
	case v.denied >= isOpen:
		decision = ExplicitDeny
	case v.allows(isTrue):
		decision = Allowed
	default:
		decision = ImplicitDeny
	}
	return decision, decision != Allowed && best || decision == Allowed && c.unknown
}

// refMisplaced: the policy of a resource names principals, and an identity policy
// does not; a trust policy is of one role, and names neither a resource nor
// NotPrincipal.
func (v *refVerdict) refMisplaced(s *refStatement, ofResource bool) bool {
	principal := len(s.Principal)+len(s.NotPrincipal) > 0
	trust := ofResource && refAssumes(v.action)
	return principal != ofResource || trust && len(s.Resource)+len(s.NotResource)+len(s.NotPrincipal) > 0
}

func (v *refVerdict) each(p *refPolicy, visit func(s *refStatement, applies tri)) {
	if p == nil {
		return
	}
	r := &v.refRequest
	for i := range p.Statement {
		s := &p.Statement[i]
		applies := min(r.refAction(s), r.refResource(s, p.Version, p == v.trust), r.refConditions(s, p.Version))
		if v.refMisplaced(s, p == v.trust) {
			applies = min(applies, isOpen)
		}
		visit(s, applies)
	}
}

// ofResource takes a statement of the resource's policy.
func (v *refVerdict) ofResource(s *refStatement, applies tri) {
	r := &v.refRequest
	level, open := r.refPrincipal(s.Principal)
	if s.Effect == "Allow" && len(s.NotPrincipal) == 0 {
		v.byResource[level] = max(v.byResource[level], applies)
		v.byResource[open] = max(v.byResource[open], min(applies, isOpen))
		return
	}
	who := max(triOf(level > 0), min(triOf(open > 0), isOpen))
	switch excepted, may := r.refPrincipal(s.NotPrincipal); {
	case len(s.Principal)+len(s.NotPrincipal) == 0:
		who = isOpen
	case len(s.NotPrincipal) == 0:
	case (v.refCase.boundary != nil || v.boundaryUnknown) && s.Effect == "Deny" && refKind(r.principal) == "AWS":
		who = isTrue // "will always deny any IAM principal that has a permissions boundary policy attached"
	case excepted > 0 && refKind(r.principal) == "AWS" && !refWhole(s.NotPrincipal), excepted == 0 && may > 0:
		who = isOpen
	default:
		who = triOf(excepted == 0)
	}
	if s.Effect == "Deny" {
		v.denied = max(v.denied, min(applies, who))
	} else {
		v.byResource[3] = max(v.byResource[3], min(applies, who, isOpen)) // "is not supported"
	}
}

// allows says whether the policies allow it, where nothing denies it, if what is
// at least this certain holds.
func (v *refVerdict) allows(least tri) bool {
	r := &v.refRequest
	bounded := v.refCase.boundary == nil && !v.boundaryUnknown || v.boundary >= least
	own := v.identity >= least && bounded
	if v.trust == nil {
		return own
	}
	toAccount, toRole, toCaller := v.byResource[1] >= least, v.byResource[2] >= least, v.byResource[3] >= least
	some := toAccount || toRole || toCaller
	if v.refCase.identity == nil {
		// A service or an identity provider has no policies of its own. Those of others
		// are then not there to see: the answer is for the resource's policy alone.
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
		return own && some // the key's policy, and the trust policy, must allow it
	}
	return own
}

// refOwner is the account of the resource, "" if the request does not say it: the ARN
// of a bucket does not, and the key aws:ResourceAccount may.
func (r *refRequest) refOwner() string {
	if owner := refAccount(r.resource); owner != "" {
		return owner
	}
	if values := r.context["aws:resourceaccount"]; len(values) == 1 {
		return values[0]
	}
	return ""
}
