// Resolving the texts of policies: wildcards, policy variables, and the
// placeholders of templates.

package simulate

import (
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/document"
)

// Wildcards that come from a variable or from the request are plain characters.
// These noncharacters of Unicode replace them.
const (
	plainStar     = '\uFDD0'
	plainQuestion = '\uFDD1'
)

var escapeWildcards = lazy.Value[*strings.Replacer]{Make: func() *strings.Replacer {
	return strings.NewReplacer("*", string(plainStar), "?", string(plainQuestion))
}}

// matchText compares a text of a policy with a text of the request. If
// wildcards is false, the two must be equal.
func (e *evaluation) matchText(pattern, text string, variables, wildcards bool) truth {
	if hasIntrinsic(text) {
		return e.matchOpen(pattern, text, resolving{variables: variables, wildcards: wildcards}, false)
	}
	pattern, certain, ok := e.resolve(pattern, variables, wildcards)
	if !ok {
		return no
	}
	if !e.canAfford(pattern, text) {
		return maybe
	}
	if !document.Match(pattern, escapeWildcards.Get().Replace(text), false) {
		return no
	}
	if !certain {
		return maybe
	}
	return yes
}

// maxWork is the budget for comparing patterns that have both "*" and "?", because
// only these comparisons may take time proportional to the product of two lengths.
// When the budget is used up, comparisons have an unknown result. Policies within
// IAM's size limits need at most a thousandth of the budget.
const maxWork = 1 << 28

// canAfford subtracts the cost of a comparison from the budget, and reports
// whether the budget is sufficient.
func (e *evaluation) canAfford(pattern, text string) bool {
	if strings.Contains(pattern, "?") && strings.Contains(pattern, "*") {
		e.work -= len(pattern) * (len(text) + 1)
		e.meter.Spend(len(pattern) * (len(text) + 1) / 64)
	}
	if e.work < 0 {
		e.note(`the patterns with "?" are too long to compare`)
	}
	return e.work >= 0
}

// maxVariableLength limits the length of a policy variable in bytes, and
// maxIntrinsicName the length of an intrinsic's name, so that reading stays
// linear. Anything longer is plain text. No condition key, default value or
// name is that long.
const (
	maxVariableLength = 4 << 10
	maxIntrinsicName  = 32
)

// maxResolvedLength limits the length in bytes of a text with its variables
// resolved. A longer text is unknown.
const maxResolvedLength = 1 << 20

// resolve returns a pattern with its variables replaced by their values.
// certain is false if a part is unknown and was replaced by "*". ok is false if
// a variable has no value or several values: then nothing matches. A negated
// comparison then holds for a variable without a value, and is unknown for one
// with several.
//
// Source: IAM User Guide, "IAM policy elements: Variables and tags", "Policy
// variables with no value".
func (e *evaluation) resolve(text string, variables, wildcards bool) (pattern string, certain, ok bool) {
	return e.resolveWith(text, resolving{variables: variables, wildcards: wildcards})
}

// resolving says how a text is resolved.
type resolving struct {
	// variables means that the text may have policy variables, and wildcards
	// that its "*" and "?" are wildcards.
	variables, wildcards bool
	// keepUnknown means that unknown parts stay as they are instead of becoming
	// wildcards. Two texts that have the same unknown part are then equal.
	keepUnknown bool
	// nested means that the text is the value of a part of another text.
	nested bool
}

// forValue returns how the value of a variable or placeholder in the text is resolved.
func (how resolving) forValue() resolving {
	return resolving{keepUnknown: how.keepUnknown, nested: true}
}

func (e *evaluation) resolveWith(text string, how resolving) (pattern string, certain, ok bool) {
	keep := func(s string) string {
		if how.wildcards {
			return s
		}
		return escapeWildcards.Get().Replace(s)
	}
	if !strings.Contains(text, "${") {
		return keep(text), true, true
	}
	var b strings.Builder
	certain = true
	for {
		before, after, found := strings.Cut(text, "${")
		b.WriteString(keep(before))
		if b.Len() > maxResolvedLength+len(before) {
			e.note("a text is too long to compare after its policy variables are resolved")
			return "*", false, true
		}
		if !found {
			return b.String(), certain, true
		}
		if isIntrinsic(after) {
			end := closingBrace(after)
			value, known := e.intrinsic(after[:end], how)
			certain = certain && known
			b.WriteString(value)
			text = after[min(end+1, len(after)):]
			continue
		}
		// Package document writes "${!" for a "${" that only looks like an
		// intrinsic, so the "!" is removed.
		after = strings.TrimPrefix(after, "!")
		name, _, closed := strings.Cut(after[:min(len(after), maxVariableLength)], "}")
		if !how.variables || !closed {
			b.WriteString(escapeWildcards.Get().Replace("${"))
			text = after
			continue
		}
		value, present := e.variable(name)
		if !present {
			return "", true, false
		}
		if hasIntrinsic(value) {
			inner := intrinsics(value)
			value, known, _ := e.resolveWith(value, how.forValue())
			if certain = certain && known; !known {
				e.unknownBecause("%s", strings.Join(inner, ", "))
			}
			b.WriteString(value)
		} else {
			b.WriteString(escapeWildcards.Get().Replace(value))
		}
		text = after[len(name)+1:]
	}
}

// variable returns the value of a policy variable: the single value of a key of
// the request, the default of the variable, or one of the three characters that
// can be written as a variable. It returns false if the variable has no value,
// or if the key has several values.
func (e *evaluation) variable(text string) (string, bool) {
	switch text {
	case "*", "?", "$":
		return text, true
	}
	name, rest, hasDefault := strings.Cut(text, ",")
	key := strings.ToLower(strings.TrimSpace(name))
	if values, _ := e.contextValues(key); len(values) == 1 {
		return values[0], true
	} else if len(values) > 1 {
		e.note("the variable ${%s} has several values in the request, and matches nothing", text)
		e.incomparable = true
		return "", false
	}
	e.missing[strings.TrimSpace(name)] = true
	rest = strings.TrimSpace(rest)
	if n := len(rest); hasDefault && n >= 2 && rest[0] == '\'' && rest[n-1] == '\'' {
		return rest[1 : n-1], true
	}
	return "", false
}

// isIntrinsic reports whether the text after "${" is an intrinsic function or
// pseudo parameter of a template, in the notation of package document.
func isIntrinsic(after string) bool {
	if strings.HasPrefix(after, "AWS::") {
		return true
	}
	name, _, found := strings.Cut(after[:min(len(after), maxIntrinsicName)], ":")
	return found && slices.Contains(document.Intrinsics(), name)
}

// closingBrace returns the index of the brace that closes the "${" directly
// before the text, or the length of the text.
func closingBrace(text string) int {
	if end := document.ClosingBrace("${" + text); end > 0 {
		return end - len("${}")
	}
	return len(text)
}

// intrinsics returns the intrinsic functions and pseudo parameters in a text.
func intrinsics(text string) []string {
	var all []string
	for {
		_, after, found := strings.Cut(text, "${")
		if !found {
			return all
		}
		if isIntrinsic(after) {
			end := closingBrace(after)
			all = append(all, "${"+after[:end]+"}")
			text = after[end:]
			continue
		}
		text = after
	}
}
