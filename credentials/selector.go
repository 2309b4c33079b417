package credentials

// This file parses a label selector in the syntax of "kubectl -l". Source:
// Kubernetes documentation, "Labels and Selectors".

import (
	"strings"

	"capaboot/credentials/accesskey"
)

// namespaceSelector returns allowedNamespaces with a label selector.
func namespaceSelector(text string) (object, error) {
	labels, expressions := object{}, []any{}
	for _, requirement := range splitRequirements(text) {
		key, operator, values, ok := parseRequirement(requirement)
		if !ok || !isLabelKey(key) {
			return nil, failf("write requirements such as env=prod, env!=prod, tier in (a,b), tier notin (a,b), key or !key, separated by commas",
				"invalid label selector %s", quote(requirement))
		}
		for _, value := range values {
			if !isLabelValue(value) {
				return nil, failf("", "invalid label value %s: want at most 63 letters, digits, hyphens, underscores and dots, with a letter or digit at both ends", quote(value))
			}
		}
		if operator == "=" {
			if first, repeated := labels[key]; repeated && first != any(values[0]) {
				return nil, failf("to match either of two values, write KEY in (A,B)", "the label %s cannot have two values", quote(key))
			}
			labels[key] = values[0]
			continue
		}
		expression := object{"key": key, "operator": operator}
		if values != nil {
			list := make([]any, len(values))
			for i, value := range values {
				list[i] = value
			}
			expression["values"] = list
		}
		expressions = append(expressions, expression)
	}
	result := object{}
	if len(labels) > 0 {
		result["matchLabels"] = labels
	}
	if len(expressions) > 0 {
		result["matchExpressions"] = expressions
	}
	return object{"selector": result}, nil
}

// splitRequirements splits at the commas outside of parentheses.
func splitRequirements(text string) []string {
	var parts []string
	depth, start := 0, 0
	for i, r := range text {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, strings.TrimSpace(text[start:i]))
				start = i + 1
			}
		}
	}
	return append(parts, strings.TrimSpace(text[start:]))
}

// parseRequirement parses one requirement. The operator is one of
// matchExpressions, or "=".
func parseRequirement(text string) (key, operator string, values []string, ok bool) {
	if key, ok := strings.CutPrefix(text, "!"); ok {
		return strings.TrimSpace(key), "DoesNotExist", nil, true
	}
	for _, comparison := range []struct{ sign, operator string }{{"!=", "NotIn"}, {"==", "="}, {"=", "="}} {
		if key, value, found := strings.Cut(text, comparison.sign); found {
			return strings.TrimSpace(key), comparison.operator, []string{strings.TrimSpace(value)}, true
		}
	}
	head, rest, found := strings.Cut(text, "(")
	if !found {
		return text, "Exists", nil, true
	}
	list, end, found := strings.Cut(rest, ")")
	words := strings.Fields(head)
	if !found || strings.TrimSpace(end) != "" || len(words) != 2 {
		return "", "", nil, false
	}
	for value := range strings.SplitSeq(list, ",") {
		values = append(values, strings.TrimSpace(value))
	}
	switch words[1] {
	case "in":
		return words[0], "In", values, true
	case "notin":
		return words[0], "NotIn", values, true
	}
	return "", "", nil, false
}

// isLabelKey reports whether text is a label key: a name, optionally with a
// domain and a slash before it.
func isLabelKey(text string) bool {
	if domain, name, ok := strings.Cut(text, "/"); ok {
		return isSubdomain(domain) && isLabelValue(name) && name != ""
	}
	return isLabelValue(text) && text != ""
}

func isLabelValue(text string) bool {
	if text == "" {
		return true
	}
	for i := range len(text) {
		if !accesskey.IsLetterOrDigit(text[i]) && (strings.IndexByte("-_.", text[i]) < 0 || i == 0 || i == len(text)-1) {
			return false
		}
	}
	return len(text) <= 63
}
