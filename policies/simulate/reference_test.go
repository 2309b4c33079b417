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
		refRequest
	}
)

// These are the sentences of AWS's documentation that leave an outcome open. An
// outcome that rests on one is no Allow, and is a Deny, with a note.
//
//   - IAM JSON policy elements, Action: the value is "a service namespace as an
//     action prefix" and a name; what a policy that IAM refuses would do is not
//     said.
//   - Identify AWS resources with ARNs: completing ARNs is said of "an identity-
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
	p, s := []rune(pattern), []rune(text)
	can := make([][]bool, len(p)+1)
	for i := range can {
		can[i] = make([]bool, len(s)+1)
	}
	can[len(p)][len(s)] = true
	for i := len(p) - 1; i >= 0; i-- {
		for j := len(s); j >= 0; j-- {
			switch {
			case p[i] == '*':
				can[i][j] = can[i+1][j] || j < len(s) && can[i][j+1]
			case j < len(s):
				can[i][j] = (p[i] == '?' || p[i] == s[j]) && can[i+1][j+1]
			}
		}
	}
	return can[0][0]
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

// refPrincipal: the most that a list of principals says of who asks: nothing, its
// account, its role, or itself.
func (r *refRequest) refPrincipal(listed map[string][]string) (level int) {
	for kind, ids := range listed {
		for _, id := range ids {
			of := 0
			isService := !strings.HasPrefix(r.principal, "arn:")
			switch {
			case kind == "AWS" && id == "*":
				of = 3
			case kind == "Service":
				if isService && id == r.principal {
					of = 3
				}
			case isService:
			case id == refAccount(r.principal) || id == "arn:aws:iam::"+refAccount(r.principal)+":root":
				of = 1
			case id == r.principal:
				of = 3
			case strings.Contains(id, ":role/"):
				// arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION is a session of the role.
				p := strings.Split(r.principal, "/")
				if strings.Contains(r.principal, ":assumed-role/") && refAccount(id) == refAccount(r.principal) && id[strings.LastIndex(id, "/")+1:] == p[1] {
					of = 2
				}
			}
			level = max(level, of)
		}
	}
	return level
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

// refEvaluate is the decision, and whether it rests on what is open.
func refEvaluate(c *refCase) (decision Decision, isOpenAt bool) {
	v := &refVerdict{refCase: c, denied: isFalse}
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
	return decision, decision != Allowed && best
}

func (v *refVerdict) each(p *refPolicy, visit func(s *refStatement, applies tri)) {
	if p == nil {
		return
	}
	r := &v.refRequest
	for i := range p.Statement {
		s := &p.Statement[i]
		visit(s, min(r.refAction(s), r.refResource(s, p.Version, p == v.trust), r.refConditions(s, p.Version)))
	}
}

// ofResource takes a statement of the resource's policy.
func (v *refVerdict) ofResource(s *refStatement, applies tri) {
	r := &v.refRequest
	level := r.refPrincipal(s.Principal)
	who := triOf(level > 0)
	if len(s.NotPrincipal) > 0 {
		listed := r.refPrincipal(s.NotPrincipal) > 0
		who, level = triOf(!listed), 3
		switch {
		case v.refCase.boundary != nil && s.Effect == "Deny" && strings.HasPrefix(r.principal, "arn:"):
			who = isTrue // "will always deny any IAM principal that has a permissions boundary policy attached"
		case listed && strings.HasPrefix(r.principal, "arn:") && !refWhole(s.NotPrincipal):
			who = isOpen
		}
	}
	if applies = min(applies, who); s.Effect == "Deny" {
		v.denied = max(v.denied, applies)
	} else {
		v.byResource[level] = max(v.byResource[level], applies)
	}
}

// allows says whether the policies allow it, where nothing denies it, if what is
// at least this certain holds.
func (v *refVerdict) allows(least tri) bool {
	r := &v.refRequest
	bounded := v.refCase.boundary == nil || v.boundary >= least
	own := v.identity >= least && bounded
	if v.trust == nil {
		return own
	}
	toAccount, toRole, toCaller := v.byResource[1] >= least, v.byResource[2] >= least, v.byResource[3] >= least
	some := toAccount || toRole || toCaller
	if !strings.HasPrefix(r.principal, "arn:") {
		return some // a service has no policies of its own
	}
	if refAccount(r.principal) != refAccount(r.resource) {
		return own && some // both accounts must allow it
	}
	switch {
	case toCaller:
		return true // "not limited by an implicit deny in an identity-based policy or permissions boundary"
	case toRole:
		return bounded // "limited by an implicit deny in a permissions boundary"
	}
	service, name, _ := strings.Cut(strings.ToLower(r.action), ":")
	if service == "kms" || service == "sts" && strings.HasPrefix(name, "assumerole") {
		return own && some // the key's policy, and the trust policy, must allow it
	}
	return own
}
