// Descriptions of needs; see [Need].

package simulate

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"capaboot/internal/lazy"
	"capaboot/policies/document"
)

// phrases has four phrases for each operator: the comparison holds, with one
// value or with several, and it fails, with one value or with several.
var phrases = lazy.Value[map[string][4]string]{Make: func() map[string][4]string {
	return map[string][4]string{
		"StringEquals":             {"is", "is one of", "is not", "is none of"},
		"StringEqualsIgnoreCase":   {"is, ignoring case,", "is, ignoring case, one of", "is not, ignoring case,", "is, ignoring case, none of"},
		"StringLike":               {"matches", "matches one of", "does not match", "matches none of"},
		"ArnEquals":                {"matches", "matches one of", "does not match", "matches none of"},
		"ArnLike":                  {"matches", "matches one of", "does not match", "matches none of"},
		"Bool":                     {"is", "is one of", "is not", "is none of"},
		"BinaryEquals":             {"is", "is one of", "is not", "is none of"},
		"IpAddress":                {"is in", "is in one of", "is not in", "is in none of"},
		"NumericEquals":            {"is", "is one of", "is not", "is none of"},
		"NumericLessThan":          {"is less than", "is less than at least one of", "is at least", "is at least each of"},
		"NumericLessThanEquals":    {"is at most", "is less than or equal to one of", "is more than", "is more than each of"},
		"NumericGreaterThan":       {"is more than", "is more than at least one of", "is at most", "is at most each of"},
		"NumericGreaterThanEquals": {"is at least", "is greater than or equal to one of", "is less than", "is less than each of"},
		"DateEquals":               {"is", "is one of", "is not", "is none of"},
		"DateLessThan":             {"is before", "is before one of", "is at or after", "is at or after each of"},
		"DateLessThanEquals":       {"is at or before", "is at or before one of", "is after", "is after each of"},
		"DateGreaterThan":          {"is after", "is after one of", "is at or before", "is at or before each of"},
		"DateGreaterThanEquals":    {"is at or after", "is at or after one of", "is before", "is before each of"},
	}
}}

// maxShownValues limits the values that a description lists.
const maxShownValues = 5

func (n Need) describe() string {
	text := n.describeOne()
	if len(n.Or) > 0 {
		text = "either " + text
	}
	for _, o := range n.Or {
		text += " or " + o.describeOne()
	}
	return text
}

func (n Need) describeOne() string {
	if n.Operator == "Resource" {
		patterns := joinFirst(n.Values)
		switch several := len(n.Values) > 1; {
		case n.Not && several:
			return "none of " + patterns + " matches the resource"
		case n.Not:
			return patterns + " does not match the resource"
		case several:
			patterns = "one of " + patterns
		}
		return patterns + " matches the resource"
	}
	op, ok := document.ParseOperator(n.Operator)
	if !ok {
		return n.Operator + " of " + n.Key + " holds"
	}
	if op.Name == "Null" {
		present := len(n.Values) == 1 && strings.EqualFold(n.Values[0], "false")
		if present != n.Not {
			return n.Key + " is in the request"
		}
		return n.Key + " is not in the request"
	}
	name := strings.Replace(op.Name, "Not", "", 1)
	fails := (name != op.Name) != n.Not
	subject := n.Key
	switch {
	case op.Set == "ForAllValues" && n.Not:
		subject, fails = "some value of "+n.Key, !(name != op.Name)
	case op.Set == "ForAllValues":
		subject = "every value of " + n.Key
	case op.Set == "ForAnyValue" && n.Not:
		subject, fails = "every value of "+n.Key, !(name != op.Name)
	case op.Set == "ForAnyValue":
		subject = "some value of " + n.Key
	case op.IfExists && n.Not && fails && !(name == "Bool" && len(n.Values) == 1):
		subject = n.Key + " is in the request, and"
	}
	values := n.Values
	if name == "Bool" && fails && len(values) == 1 {
		if other, ok := oppositeBool.Get()[strings.ToLower(values[0])]; ok {
			values, fails = []string{other}, false
		}
	}
	phrase := phrases.Get()[name][0]
	switch {
	case fails && len(values) > 1:
		phrase = phrases.Get()[name][3]
	case fails:
		phrase = phrases.Get()[name][2]
	case len(values) > 1:
		phrase = phrases.Get()[name][1]
	}
	return subject + " " + phrase + " " + joinFirst(values)
}

var oppositeBool = lazy.Value[map[string]string]{Make: func() map[string]string { return map[string]string{"true": "false", "false": "true"} }}

// joinFirst joins the first values, and counts the others.
func joinFirst(values []string) string {
	shown := values
	if len(shown) > maxShownValues {
		shown = shown[:maxShownValues]
	}
	// A list in which one value could be read as a word has quotes around every
	// value.
	quoted := slices.ContainsFunc(shown, isWord)
	text := make([]string, len(shown))
	for i, v := range shown {
		text[i] = v
		if quoted || strings.TrimSpace(v) != v {
			text[i] = fmt.Sprintf("%q", v)
		}
	}
	all := strings.Join(text, ", ")
	if more := len(values) - len(shown); more > 0 {
		all += fmt.Sprintf(" and %d more", more)
	}
	return all
}

// isWord reports whether a value could be read as a word of the sentence: it is
// empty, or has only letters. The values of booleans are clear without quotes.
func isWord(value string) bool {
	if _, ok := oppositeBool.Get()[value]; ok {
		return false
	}
	return !strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsLetter(r) })
}
