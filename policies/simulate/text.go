// Texts of policies: wildcards, policy variables, and what a template leaves
// open.

package simulate

import (
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/document"
)

// Wildcards that come out of a variable, or that a request has, are plain
// characters. These stand for them; they are no characters of any script.
const (
	plainStar     = '\uFDD0'
	plainQuestion = '\uFDD1'
)

var plain = lazy.Value[*strings.Replacer]{Make: func() *strings.Replacer {
	return strings.NewReplacer("*", string(plainStar), "?", string(plainQuestion))
}}

// matches compares a text of a policy, with its variables, with a text of the
// request. Without wildcards the two must be the same.
func (e *evaluation) matches(pattern, text string, variables, wildcards bool) truth {
	pattern, certain, ok := e.resolve(pattern, variables, wildcards)
	if !ok {
		return no
	}
	if !e.afford(pattern, text) {
		return maybe
	}
	if !document.Match(pattern, plain.Get().Replace(text), false) {
		return no
	}
	if !certain {
		return maybe
	}
	return yes
}

// maxWork bounds the comparisons of patterns with both wildcards: the only ones
// that may take the product of two lengths. IAM's size limits allow a
// thousandth.
const maxWork = 1 << 28

// afford takes the work of a comparison off what is left.
func (e *evaluation) afford(pattern, text string) bool {
	if strings.Contains(pattern, "?") && strings.Contains(pattern, "*") {
		e.work -= len(pattern) * (len(text) + 1)
		e.meter.Spend(len(pattern) * (len(text) + 1) / 64)
	}
	if e.work < 0 {
		e.note("the patterns with ? are too long to compare")
	}
	return e.work >= 0
}

// maxVariable is how far the end of a policy variable is looked for, and
// maxIntrinsic that of an intrinsic's name, which keeps reading linear: no
// condition key, default value or name is as long.
const (
	maxVariable  = 4 << 10
	maxIntrinsic = 32
)

// maxResolved bounds a text with its variables filled in.
const maxResolved = 1 << 20

// resolve returns a pattern in which the variables have their values. certain
// is false if a part is unknown, for which "*" then stands. ok is false if a
// variable has no value: nothing matches then, and what is negated holds.
//
// Source: IAM User Guide, "IAM policy elements: Variables and tags", "Policy
// variables with no value".
func (e *evaluation) resolve(text string, variables, wildcards bool) (pattern string, certain, ok bool) {
	keep := func(s string) string {
		if wildcards {
			return s
		}
		return plain.Get().Replace(s)
	}
	if !strings.Contains(text, "${") {
		return keep(text), true, true
	}
	var b strings.Builder
	certain = true
	for {
		before, after, found := strings.Cut(text, "${")
		b.WriteString(keep(before))
		if b.Len() > maxResolved+len(before) {
			e.note("a text with its policy variables filled in is too long to compare")
			return "*", false, true
		}
		if !found {
			return b.String(), certain, true
		}
		if isIntrinsic(after) {
			end := closing(after)
			if value, known := e.parameter(after[:end]); known {
				b.WriteString(plain.Get().Replace(value))
			} else {
				certain = false
				b.WriteString("*")
			}
			text = after[min(end+1, len(after)):]
			continue
		}
		// The document writes "${!" for a "${" that only looks like an intrinsic.
		after = strings.TrimPrefix(after, "!")
		name, _, closed := strings.Cut(after[:min(len(after), maxVariable)], "}")
		if !variables || !closed {
			b.WriteString(plain.Get().Replace("${"))
			text = after
			continue
		}
		value, there := e.variable(name)
		if !there {
			return "", true, false
		}
		b.WriteString(plain.Get().Replace(value))
		text = after[len(name)+1:]
	}
}

// variable returns the value of a policy variable: a key of the request with
// one value, its default, or one of the three characters that can be written
// so.
func (e *evaluation) variable(text string) (string, bool) {
	switch text {
	case "*", "?", "$":
		return text, true
	}
	name, rest, hasDefault := strings.Cut(text, ",")
	key := strings.ToLower(strings.TrimSpace(name))
	if values := e.Context[key]; len(values) == 1 {
		return values[0], true
	} else if len(values) > 1 {
		e.note("the variable ${%s} has several values in the request, and matches nothing", text)
		e.unresolved = true
		return "", false
	}
	e.missing[strings.TrimSpace(name)] = true
	rest = strings.TrimSpace(rest)
	if n := len(rest); hasDefault && n >= 2 && rest[0] == '\'' && rest[n-1] == '\'' {
		return rest[1 : n-1], true
	}
	return "", false
}

// isIntrinsic reports whether what follows "${" is an intrinsic function or
// pseudo parameter of a template, as package document writes it.
func isIntrinsic(after string) bool {
	if strings.HasPrefix(after, "AWS::") {
		return true
	}
	name, _, found := strings.Cut(after[:min(len(after), maxIntrinsic)], ":")
	return found && slices.Contains(document.Intrinsics(), name)
}

// closing returns where the brace of "${" that is before the text is
// closed, or its length.
func closing(text string) int {
	if end := document.ClosingBrace("${" + text); end > 0 {
		return end - len("${}")
	}
	return len(text)
}

// intrinsics returns the intrinsic functions in a text.
func intrinsics(text string) []string {
	var all []string
	for {
		_, after, found := strings.Cut(text, "${")
		if !found {
			return all
		}
		if isIntrinsic(after) {
			end := closing(after)
			all = append(all, "${"+after[:end]+"}")
			text = after[end:]
			continue
		}
		text = after
	}
}
