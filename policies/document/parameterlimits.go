// What the limits of a parameter exclude: a parameter with an AllowedPattern for account
// IDs cannot be "*".

package document

import (
	"regexp"
	"strconv"
	"strings"
)

// maxPattern is the maximum length of an AllowedPattern that is evaluated. Longer ones
// count as matching everything.
const maxPattern = 1000

// starExcluded returns, for each parameter of a template, whether its limits exclude
// the value "*".
func starExcluded(root *node) map[string]bool {
	section := root.get("Parameters")
	if section == nil || section.kind != mappingNode {
		return nil
	}
	all := map[string]bool{}
	for _, f := range section.fields {
		all[f.key] = excludesStar(f.value)
	}
	return all
}

// excludesStar reports whether the limits of a parameter certainly exclude the value
// "*". CloudFormation compares the pattern with the whole value.
//
// Source: CloudFormation User Guide, "CloudFormation template Parameters syntax",
// AllowedPattern, MinLength and the types String and Number.
func excludesStar(parameter *node) bool {
	switch t := parameter.get("Type"); {
	case !t.isScalar():
		return false
	case t.value == "Number":
		return true
	case t.value != "String": // a list, a parameter of Systems Manager, or a type of AWS
		return false
	}
	if n := parameter.get("MinLength"); n.isScalar() {
		if length, err := strconv.Atoi(n.value); err == nil && length > 1 {
			return true
		}
	}
	pattern := parameter.get("AllowedPattern")
	if !pattern.isScalar() || len(pattern.value) > maxPattern || hasJavaClass(pattern.value) {
		return false
	}
	compiled, err := regexp.Compile("^(?:" + pattern.value + ")$")
	return err == nil && !compiled.MatchString("*")
}

// hasJavaClass reports whether a pattern may have a class that Java and Go read in
// different ways: in Java, a class can contain other classes, and "&&" intersects them.
//
// Source: Java API, java.util.regex.Pattern, "Character classes".
func hasJavaClass(pattern string) bool {
	inClass := false
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\':
			if i++; i < len(pattern) && pattern[i] == 'Q' {
				return true // in Java, \Q quotes brackets too
			}
		case c == '[' && inClass, c == '&' && inClass && strings.HasPrefix(pattern[i:], "&&"):
			return true
		case c == '[':
			inClass = true
		case c == ']':
			inClass = false
		}
	}
	return false
}

// MayBeAnyone reports whether the ID of a principal of the kind AWS is "*", or is known
// only at deployment and may be "*".
func (s *Set) MayBeAnyone(id string) bool {
	if s.WithWildcards(id) != "*" {
		return false
	}
	name, isReference := strings.CutPrefix(id, "${Ref:")
	name, isWhole := strings.CutSuffix(name, "}")
	return !isReference || !isWhole || !s.starExcluded[name]
}
