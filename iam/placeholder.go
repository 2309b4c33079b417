// Placeholders that a file still contains. They stay unchanged, because neither
// capaboot nor CloudFormation substitutes anything in a statement.

package iam

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/arn"
)

// A placeholder is ${...} in any text. In an ARN it can also be $NAME, {{...}}
// or <...>, the forms that documentation and template engines use.
var (
	bracedPlaceholder = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`\$\{[^{}]*\}`) }}
	arnPlaceholder    = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
		return regexp.MustCompile(`\$\{[^{}]*\}|\{\{[^{}]*\}\}|<[A-Za-z][^<>]*>|\$[A-Za-z_][A-Za-z0-9_]*`)
	}}
	// variableName matches a shell variable, optionally with a default, or a
	// resource and its attribute as in Fn::Sub.
	variableName = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
		return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*($|:?[-=+?])|^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z]+)+$`)
	}}
)

// isSubstituted reports whether ${...} with this content counts as a policy
// variable or special character, which IAM itself substitutes. It returns false
// for an empty content, a shell variable, a pseudo parameter of CloudFormation,
// and an attribute in Fn::Sub. Source: IAM User Guide, "IAM policy elements:
// Variables and tags".
func isSubstituted(expression string) bool {
	return expression != "" && !strings.Contains(expression, "::") && !variableName.Get().MatchString(expression)
}

// placeholders returns the placeholders in a text, without duplicates.
func placeholders(text string) []string {
	if !strings.ContainsAny(text, "$<{") {
		return nil
	}
	pattern := bracedPlaceholder.Get()
	if strings.HasPrefix(text, "arn:") {
		pattern = arnPlaceholder.Get()
	}
	var found []string
	for _, p := range pattern.FindAllString(text, -1) {
		expression, isBraced := strings.CutPrefix(p, "${")
		if isBraced && isSubstituted(strings.TrimSuffix(expression, "}")) || slices.Contains(found, p) {
			continue
		}
		found = append(found, p)
	}
	return found
}

func describePlaceholder(p string) string {
	problem := "a placeholder, and placeholders are not substituted: write the value"
	switch {
	case strings.Contains(p, "::"):
		problem = "a pseudo parameter of CloudFormation, and pseudo parameters are not substituted: write the value"
	case strings.HasPrefix(p, "$"):
		problem = "a variable, and variables are not substituted: write the value, or run the file through envsubst first"
	}
	return fmt.Sprintf("%q is %s", clip(p), problem)
}

// fillPlaceholders replaces each placeholder in a text with a plausible value. The
// name of a placeholder may suggest a partition, a region or a domain; a placeholder
// without such a name becomes the text other.
func fillPlaceholders(text, partition, other string) string {
	for _, p := range placeholders(text) {
		name := strings.ToLower(p)
		value := other
		switch {
		case strings.Contains(name, "partition"):
			value = partition
		case strings.Contains(name, "region"):
			value = "us-east-1"
		case strings.Contains(name, "suffix"):
			value = arn.Domain(arn.DefaultPartition)
		}
		text = strings.ReplaceAll(text, p, value)
	}
	return text
}

// checkValue checks a text that can contain placeholders, and returns true if
// it contains any. It warns of each placeholder. It does not report a problem
// that disappears when plausible values replace the placeholders.
func (r *report) checkValue(at position, name, text, partition string, problem func(string) string) bool {
	found := placeholders(text)
	for _, p := range found {
		r.warnAt(at, "%s: %s", name, describePlaceholder(p))
	}
	description := problem(text)
	if len(found) > 0 && (description == "" || problem(fillPlaceholders(text, partition, "123456789012")) == "" || problem(fillPlaceholders(text, partition, "example")) == "") {
		return true
	}
	if description != "" {
		r.addAt(at, "%s: %s", name, description)
	}
	return len(found) > 0
}
