// Statements that AWS's documentation leaves unclear: it allows two
// interpretations of them, or does not mention them. All commands use these
// texts.
//
// Sources: IAM User Guide, "IAM JSON policy elements: Condition operators",
// "Single-valued vs. multivalued context keys", "AWS JSON policy elements:
// NotPrincipal", "Identify AWS resources with Amazon Resource Names (ARNs)".

package document

import (
	"slices"
	"strings"

	"capaboot/internal/shortlist"
	"capaboot/policies/arn"
)

// Unclear is one question that the documentation leaves open. Operator and
// About name its subject, for the kinds that need one.
type Unclear struct {
	Kind            UnclearKind
	Operator, About string
}

// UnclearKind says which question is open.
type UnclearKind uint8

// The kinds of open questions.
const (
	AnyIfExists         UnclearKind = iota // ForAnyValue with IfExists, if the key is absent
	SeveralValues                          // a key with several values, without ForAllValues or ForAnyValue
	TakesNoVariable                        // a variable in the value of an operator that supports none
	AnyARN                                 // "*" in the place of an ARN
	NegatedType                            // a negated operator with a value of the wrong type
	WildcardOrParts                        // a short ARN, whose wildcards may match the missing parts
	ShortInResource                        // a short ARN in a resource policy
	AllowNotPrincipal                      // NotPrincipal in an Allow
	NotPrincipalAccount                    // NotPrincipal that lists a principal but not its account
)

// String describes the open question and the possible interpretations.
func (u Unclear) String() string {
	switch u.Kind {
	case AnyIfExists:
		return "if the request lacks " + u.About + ", the result of " + u.Operator + " is unclear, because AWS documents both that IfExists returns true and that ForAnyValue returns false"
	case SeveralValues:
		return u.About + " is compared without ForAllValues or ForAnyValue, and AWS does not document which value counts if a request has several values"
	case TakesNoVariable:
		return u.Operator + " does not support policy variables, but the condition has the value " + u.About
	case AnyARN:
		return `AWS does not document what ArnLike matches with "*", which is not an ARN with six parts`
	case NegatedType:
		return "AWS does not document the result of a negated operator for a value of the wrong type"
	case WildcardOrParts:
		return "AWS does not document whether parts that are missing in an ARN count as \"*\" or are matched by the wildcards of the ARN (" + u.About + ")"
	case ShortInResource:
		return "AWS does not document whether parts that are missing in an ARN of a resource policy count as \"*\" (" + u.About + ")"
	case AllowNotPrincipal:
		return "AWS does not support NotPrincipal in an Allow"
	}
	return "NotPrincipal lists a principal but not the account of that principal, so AWS may deny the principal because of the account"
}

// Unclear returns the distinct open questions about a statement, independent of
// the request. isMultivalued reports whether a request can have several values
// of a condition key.
func (s *Statement) Unclear(isResourcePolicy bool, isMultivalued func(key string) bool) []Unclear {
	var all unclearList
	add := all.add
	if s.Effect == Allow && len(s.NotPrincipals) > 0 {
		add(Unclear{Kind: AllowNotPrincipal})
	} else if LacksAccount(s.NotPrincipals) {
		add(Unclear{Kind: NotPrincipalAccount})
	}
	s.unclearARNs(isResourcePolicy, add)
	for _, c := range s.Conditions {
		for _, u := range c.Unclear(isMultivalued) {
			add(u)
		}
	}
	return all
}

// LacksAccount reports whether the entries of a NotPrincipal include an AWS
// principal without its account. It returns false if the entries include "*".
// An account that is known only at deployment counts as equal to any other.
func LacksAccount(list []Principal) bool {
	var accounts []string
	for _, p := range list {
		switch {
		case p.Kind != "AWS":
		case p.ID == "*":
			return false
		case p.IsAccount():
			accounts = append(accounts, accountOf(p.ID))
		}
	}
	return slices.ContainsFunc(list, func(p Principal) bool {
		if p.Kind != "AWS" || p.IsAccount() {
			return false
		}
		own := accountOf(p.ID)
		return !slices.ContainsFunc(accounts, func(account string) bool {
			return account == own || !arn.IsAccount(account) || !arn.IsAccount(own)
		})
	})
}

// accountOf returns the account in the ARN of a principal, as it is written, or
// the ID itself if it is not an ARN.
func accountOf(id string) string {
	if a, _ := arn.Parse(id); a.Parts == 6 {
		return a.Account
	}
	return id
}

// IsAccount reports whether a principal is a whole account.
func (p Principal) IsAccount() bool {
	return p.Kind == "AWS" && (arn.IsAccount(p.ID) || p.ID == "${AWS::AccountId}" || strings.HasSuffix(p.ID, ":root"))
}

type unclearList []Unclear

func (all *unclearList) add(u Unclear) {
	if !slices.Contains(*all, u) {
		*all = append(*all, u)
	}
}

// Unclear is [Statement.Unclear] for a condition.
func (c *Condition) Unclear(isMultivalued func(key string) bool) []Unclear {
	op, ok := ParseOperator(c.Operator)
	if !ok {
		return nil
	}
	var all unclearList
	add := all.add
	if op.Set == "ForAnyValue" && op.IfExists {
		add(Unclear{AnyIfExists, c.Operator, c.Key})
	}
	if op.Set == "" && op.Name != "Null" && isMultivalued(c.Key) {
		add(Unclear{Kind: SeveralValues, About: c.Key})
	}
	for _, value := range c.Values {
		variable := strings.Contains(value, "${")
		switch {
		case strings.HasPrefix(op.Name, "Arn") && IsAnyARN(value):
			add(Unclear{Kind: AnyARN})
		case hasOpaque(value) || op.comparesText() && variable:
		case variable:
			add(Unclear{TakesNoVariable, op.Name, value})
		case strings.Contains(op.Name, "Not") && !op.accepts(value):
			add(Unclear{Kind: NegatedType})
		}
	}
	return all
}

// IsAnyARN reports whether a value has one or more stars and nothing else, in
// place of an ARN.
func IsAnyARN(value string) bool { return value != "" && strings.Trim(value, "*") == "" }

// comparesText reports whether an operator compares strings or ARNs, which can
// contain policy variables.
func (o Operator) comparesText() bool {
	return strings.HasPrefix(o.Name, "String") || strings.HasPrefix(o.Name, "Arn")
}

// accepts reports whether a value has the type that an operator compares, if
// the type is a number, a date, an address or an ARN. For any other type, it
// returns true.
func (o Operator) accepts(value string) (ok bool) {
	switch name := o.Name; {
	case strings.HasPrefix(name, "Numeric"):
		_, ok = ParseNumber(value)
	case strings.HasPrefix(name, "Date"):
		_, ok = ParseDate(value)
	case strings.HasSuffix(name, "IpAddress"):
		_, ok = ParseAddressBlock(value)
	case strings.HasPrefix(name, "Arn"):
		return arn.ParsePattern(value).Parts == 6
	default:
		return true
	}
	return ok
}

// unclearARNs adds the ARNs with fewer than six parts that IAM might complete
// in two ways, or might not complete at all.
func (s *Statement) unclearARNs(isResourcePolicy bool, add func(Unclear)) {
	var spanning, incomplete []string
	for _, p := range slices.Concat(s.Resources, s.NotResources) {
		a := arn.ParsePattern(p)
		spans := spanner{arn.Extend(p), maxInterpretations}
		switch {
		case a.Prefix != "arn" || a.Parts < 2 || a.Parts == 6 || hasOpaque(strings.ReplaceAll(p, "${AWS::", "")): // the partition, region and account have no colon
		case spans.spans(p, 0, 6-a.Parts):
			spanning = append(spanning, p)
		case isResourcePolicy && !Covers(p, arn.Extend(p), false):
			incomplete = append(incomplete, p)
		}
	}
	report := func(kind UnclearKind, list []string) {
		if slices.Sort(list); len(list) > 0 {
			list = slices.Compact(list)
			add(Unclear{Kind: kind, About: shortlist.Few(list, shortlist.Shown(len(list), maxShownARNs), func(p string) string { return p })})
		}
	}
	report(WildcardOrParts, spanning)
	report(ShortInResource, incomplete)
}

// maxShownARNs is the limit of [shortlist.Shown] for the ARNs in a text.
// maxInterpretations limits the interpretations that are checked for one ARN; fewer
// are checked for a long ARN.
const (
	maxShownARNs       = 3
	maxInterpretations = 32
)

// spanner checks whether the wildcards of a short ARN may match colons.
type spanner struct {
	completed string // the ARN with a "*" for each missing part
	remaining int    // how many more interpretations may be checked
}

// spans reports whether the wildcards of a pattern may match colons, so that it
// matches an ARN with six parts that the completed pattern does not. If there
// are too many interpretations, it returns true.
func (s *spanner) spans(p string, from, missing int) bool {
	if missing == 0 {
		s.remaining -= 1 + len(p)*len(p)/1024
		return s.remaining < 0 || !Covers(s.completed, p, false)
	}
	for i := from; i < len(p); i++ {
		switch p[i] {
		case '*':
			if s.spans(p[:i]+"*:"+p[i:], i+2, missing-1) {
				return true
			}
		case '?':
			if s.spans(p[:i]+":"+p[i+1:], i+1, missing-1) {
				return true
			}
		}
	}
	return false
}

// hasOpaque reports whether a text has a part that is known only at deployment.
func hasOpaque(text string) bool {
	for {
		_, after, found := strings.Cut(text, "${")
		if !found || isOpaque(after) {
			return found
		}
		text = after
	}
}
