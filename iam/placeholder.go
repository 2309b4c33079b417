// Placeholders that were left in a file: they stay as they are written, since
// neither this program nor the template substitutes anything in a statement.

package iam

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/arn"
)

// Placeholders have ${...} in any text, and in an ARN also the other forms that
// documentation and template engines have: $NAME, {{...}} and <...>.
var (
	braced  = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`\$\{[^{}]*\}`) }}
	inAnARN = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
		return regexp.MustCompile(`\$\{[^{}]*\}|\{\{[^{}]*\}\}|<[A-Za-z][^<>]*>|\$[A-Za-z_][A-Za-z0-9_]*`)
	}}
	// A variable of a shell, with a default perhaps, or a resource and its attribute
	// as Fn::Sub takes them.
	variable = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
		return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*($|:?[-=+?])|^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z]+)+$`)
	}}
)

// isSubstituted reports whether IAM itself substitutes what is in ${...}: a
// policy variable, which has a prefix and a colon, or one of the special
// characters. Source: IAM User Guide, "IAM policy elements: Variables and tags".
func isSubstituted(inside string) bool {
	return inside != "" && !strings.Contains(inside, "::") && !variable.Get().MatchString(inside)
}

// placeholders returns those of a text, each once.
func placeholders(text string) []string {
	if !strings.ContainsAny(text, "$<{") {
		return nil
	}
	pattern := braced.Get()
	if strings.HasPrefix(text, "arn:") {
		pattern = inAnARN.Get()
	}
	var found []string
	for _, p := range pattern.FindAllString(text, -1) {
		inside, isBraced := strings.CutPrefix(p, "${")
		if isBraced && isSubstituted(strings.TrimSuffix(inside, "}")) || slices.Contains(found, p) {
			continue
		}
		found = append(found, p)
	}
	return found
}

// placeholderText says what becomes of a placeholder.
func placeholderText(p string) string {
	why := "placeholders are not substituted here: write the value"
	switch {
	case strings.Contains(p, "::"):
		why = "a pseudo parameter of CloudFormation is not substituted in it; write the value"
	case strings.HasPrefix(p, "$"):
		why = "variables are not substituted; write the value, or run the file through envsubst before"
	}
	return fmt.Sprintf("%q stays as it is written: %s", clip(p), why)
}

// filled returns a text with values in place of its placeholders: those that
// their names tell, and else the one given.
func filled(text, partition, other string) string {
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

// value checks a text that may have placeholders: of those it warns, and what is
// wrong besides is reported. It returns whether there are any.
func (r *report) value(at position, name, text, partition string, problem func(string) string) bool {
	found := placeholders(text)
	for _, p := range found {
		r.warnAt(at, "%s: %s", name, placeholderText(p))
	}
	what := problem(text)
	if len(found) > 0 && (what == "" || problem(filled(text, partition, "123456789012")) == "" || problem(filled(text, partition, "example")) == "") {
		return true
	}
	if what != "" {
		r.at(at, "%s: %s", name, what)
	}
	return len(found) > 0
}
