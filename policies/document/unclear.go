// What AWS's documentation leaves open about a statement: it has two readings, or
// none. Every command says it in these words.
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

// Unclear is one thing that the documentation leaves open. Operator and About say of
// what, where a Kind needs it.
type Unclear struct {
	Kind            UnclearKind
	Operator, About string
}

// UnclearKind is what the documentation leaves open.
type UnclearKind uint8

// The kinds.
const (
	AnyIfExists         UnclearKind = iota // ForAnyValue with IfExists, without the key
	SeveralValues                          // several values without ForAllValues or ForAnyValue
	TakesNoVariable                        // a variable for an operator that takes none
	AnyARN                                 // "*" in the place of an ARN
	NegatedType                            // a negated operator, and a value that is not of its type
	WildcardOrParts                        // a short ARN, whose wildcards may stand for the parts
	ShortInResource                        // a short ARN in the policy of a resource
	AllowNotPrincipal                      // NotPrincipal in an Allow
	NotPrincipalAccount                    // NotPrincipal that lists a principal, and not its account
)

// String says it with the readings.
func (u Unclear) String() string {
	switch u.Kind {
	case AnyIfExists:
		return u.Operator + " of " + u.About + ", if the request does not have it: AWS documents that IfExists holds then, and that ForAnyValue does not"
	case SeveralValues:
		return u.About + " is compared without ForAllValues or ForAnyValue: if a request has several values of it, AWS does not document which of them counts"
	case TakesNoVariable:
		return u.Operator + " takes no policy variable, and is compared with " + u.About
	case AnyARN:
		return "* is not an ARN of six parts: AWS does not document what ArnLike matches with it"
	case NegatedType:
		return "AWS does not document what a negated operator says of a value that is not of its type"
	case WildcardOrParts:
		return u.About + " may be completed with *, or its * may stand for the parts that are missing"
	case ShortInResource:
		return u.About + " has fewer than six parts, and AWS does not say that it completes it in the policy of a resource"
	case AllowNotPrincipal:
		return "AWS does not support NotPrincipal in an Allow"
	}
	return "NotPrincipal does not list the account of the caller as well, and AWS then may deny the principal with its account"
}

// Unclear returns what the documentation leaves open about a statement, whatever the
// request, each once. several reports whether a request can have several values of
// a condition key.
func (s *Statement) Unclear(ofResource bool, several func(key string) bool) []Unclear {
	var all unclears
	add := all.add
	if s.Effect == Allow && len(s.NotPrincipals) > 0 {
		add(Unclear{Kind: AllowNotPrincipal})
	} else if LacksAccount(s.NotPrincipals) {
		add(Unclear{Kind: NotPrincipalAccount})
	}
	s.unclearARNs(ofResource, add)
	for _, c := range s.Conditions {
		for _, u := range c.Unclear(several) {
			add(u)
		}
	}
	return all
}

// LacksAccount reports whether NotPrincipal lists principals of AWS, and no account.
func LacksAccount(list []Principal) bool {
	some := false
	for _, p := range list {
		if p.Kind != "AWS" {
			continue
		}
		if p.ID == "*" || p.IsAccount() {
			return false
		}
		some = true
	}
	return some
}

// IsAccount reports whether a principal stands for a whole account.
func (p Principal) IsAccount() bool {
	return p.Kind == "AWS" && (arn.IsAccount(p.ID) || p.ID == "${AWS::AccountId}" || strings.HasSuffix(p.ID, ":root"))
}

type unclears []Unclear

func (all *unclears) add(u Unclear) {
	if !slices.Contains(*all, u) {
		*all = append(*all, u)
	}
}

// Unclear is [Statement.Unclear] of a condition.
func (c *Condition) Unclear(several func(key string) bool) []Unclear {
	op, ok := ParseOperator(c.Operator)
	if !ok {
		return nil
	}
	var all unclears
	add := all.add
	if op.Set == "ForAnyValue" && op.IfExists {
		add(Unclear{AnyIfExists, c.Operator, c.Key})
	}
	if op.Set == "" && op.Name != "Null" && several(c.Key) {
		add(Unclear{Kind: SeveralValues, About: c.Key})
	}
	for _, value := range c.Values {
		variable := strings.Contains(value, "${")
		switch {
		case strings.HasPrefix(op.Name, "Arn") && IsAnyARN(value):
			add(Unclear{Kind: AnyARN})
		case hasOpaque(value) || op.text() && variable:
		case variable:
			add(Unclear{TakesNoVariable, op.Name, value})
		case strings.Contains(op.Name, "Not") && !op.compares(value):
			add(Unclear{Kind: NegatedType})
		}
	}
	return all
}

// IsAnyARN reports whether a value has "*" alone in place of an ARN.
func IsAnyARN(value string) bool { return value != "" && strings.Trim(value, "*") == "" }

// text reports whether an operator compares texts or ARNs, in which policy variables
// can stand.
func (o Operator) text() bool {
	return strings.HasPrefix(o.Name, "String") || strings.HasPrefix(o.Name, "Arn")
}

// compares reports whether a value is of the type of an operator.
func (o Operator) compares(value string) (ok bool) {
	switch name := o.Name; {
	case strings.HasPrefix(name, "Numeric"):
		_, ok = ParseNumber(value)
	case strings.HasPrefix(name, "Date"):
		_, ok = ParseDate(value)
	case strings.HasSuffix(name, "IpAddress"):
		_, ok = ParseBlock(value)
	case strings.HasPrefix(name, "Arn"):
		return arn.ParsePattern(value).Parts == 6
	default:
		return true
	}
	return ok
}

// unclearARNs adds the ARNs with fewer than six parts that can be completed in two
// ways, or may not be completed.
func (s *Statement) unclearARNs(ofResource bool, add func(Unclear)) {
	var spanning, short []string
	for _, p := range slices.Concat(s.Resources, s.NotResources) {
		a := arn.ParsePattern(p)
		spans := spanner{arn.Extend(p), maxSpans}
		switch {
		case a.Prefix != "arn" || a.Parts < 2 || a.Parts == 6 || hasOpaque(strings.ReplaceAll(p, "${AWS::", "")): // a pseudo parameter has no colon
		case spans.parts(p, 0, 6-a.Parts):
			spanning = append(spanning, p)
		case ofResource && !Covers(p, arn.Extend(p), false):
			short = append(short, p)
		}
	}
	few := func(kind UnclearKind, list []string) {
		if slices.Sort(list); len(list) > 0 {
			list = slices.Compact(list)
			add(Unclear{Kind: kind, About: shortlist.Few(list, shortlist.Shown(len(list), mostShort), func(p string) string { return p })})
		}
	}
	few(WildcardOrParts, spanning)
	few(ShortInResource, short)
}

// mostShort is how many ARNs are named, and maxSpans how many ways are tried for one,
// fewer if it is long.
const (
	mostShort = 3
	maxSpans  = 32
)

// spanner tries what the wildcards of a short ARN may stand for.
type spanner struct {
	extended string
	left     int
}

// parts reports whether the wildcards match an ARN of six parts, by standing for
// colons, that the short one does not match when it is extended. When there are too
// many ways it says yes.
func (s *spanner) parts(p string, from, missing int) bool {
	if missing == 0 {
		s.left -= 1 + len(p)*len(p)/1024
		return s.left < 0 || !Covers(s.extended, p, false)
	}
	for i := from; i < len(p); i++ {
		switch p[i] {
		case '*':
			if s.parts(p[:i]+"*:"+p[i:], i+2, missing-1) {
				return true
			}
		case '?':
			if s.parts(p[:i]+":"+p[i+1:], i+1, missing-1) {
				return true
			}
		}
	}
	return false
}

// hasOpaque reports whether a text has a part that is known at deployment only.
func hasOpaque(text string) bool {
	for {
		_, after, found := strings.Cut(text, "${")
		if !found || isOpaque(after) {
			return found
		}
		text = after
	}
}
