// The unknown parts of a text: a parameter without a value, an import, a
// dynamic reference, a reference to a resource outside of the template.

package document

import (
	"slices"
	"strings"
)

// Unknown returns the parts of a text that are known only at deployment and may
// have any value, in their notation in the text: "${Ref:X}". It does not return
// pseudo parameters, policy variables, or references that identify a resource
// of the template.
func (s *Set) Unknown(text string) []string {
	var all []string
	s.replaceParts(text, func(part string, unknown bool) string {
		if unknown && !slices.Contains(all, part) {
			all = append(all, part)
		}
		return part
	})
	return all
}

// WithWildcards returns a text with each unknown part replaced by "*". If any
// part is unknown, adjacent stars in the whole text become one.
func (s *Set) WithWildcards(text string) string {
	widest := s.replaceParts(text, func(part string, unknown bool) string {
		if unknown {
			return "*"
		}
		return part
	})
	for widest != text && strings.Contains(widest, "**") {
		widest = strings.ReplaceAll(widest, "**", "*")
	}
	return widest
}

// replaceParts returns a text with each of its opaque parts replaced.
func (s *Set) replaceParts(text string, replace func(part string, unknown bool) string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "${")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		text = after
		end := 0
		if isOpaque(after) {
			end = ClosingBrace("${" + after)
		}
		if end == 0 {
			b.WriteString("${")
			continue
		}
		inner := after[:end-3]
		b.WriteString(replace("${"+inner+"}", s.isUnknown(inner)))
		text = after[end-2:]
	}
}

// isOpaque reports whether the text after "${" is the beginning of an opaque
// text.
func isOpaque(after string) bool {
	const longest = 32
	name, _, found := strings.Cut(after[:min(len(after), longest)], ":")
	return strings.HasPrefix(after, "AWS::") || found && slices.Contains(opaqueNames.Get(), name)
}

// isUnknown reports whether the value of an opaque text, given without its
// braces, is unknown.
func (s *Set) isUnknown(inner string) bool {
	name, argument, _ := strings.Cut(inner, ":")
	switch name {
	case "AWS":
		return false
	case "Ref":
		return !s.knownIDs[argument]
	case "GetAtt":
		id, attribute, _ := strings.Cut(argument, ".")
		// The value of a Systems Manager parameter and the outputs of a nested
		// stack may be anything.
		return !s.knownIDs[id] || attribute == "Value" || strings.HasPrefix(attribute, "Outputs.")
	case "Select", "Split", "Join", "Sub", "Base64", "Cidr", "GetAZs", "Length", "ToJsonString":
		// The results of these functions depend only on their arguments.
		return len(s.Unknown(argument)) > 0
	}
	return true
}

// identifiesResource reports whether a reference to a resource of this type
// identifies that resource. A reference to a custom resource, a module, a
// nested stack or a type that is not of AWS does not: it can have any value.
func identifiesResource(t string) bool {
	return strings.HasPrefix(t, "AWS::") && !strings.HasSuffix(t, "::MODULE") &&
		!slices.Contains([]string{"AWS::CloudFormation::CustomResource", "AWS::CloudFormation::Stack", "AWS::Serverless::Application"}, t)
}

// GroupsElsewhere returns those groups of a user that the file of the user does
// not create. The policies of a group in another file are not added to the
// user.
func (s *Set) GroupsElsewhere(h *Holder) []string {
	var all []string
	for _, name := range h.Groups {
		if !slices.ContainsFunc(s.Principals, func(g *Holder) bool {
			return g.Kind == GroupKind && g.Name == name && g.File == h.File && !g.IsElsewhere()
		}) {
			all = append(all, name)
		}
	}
	return all
}

// IsElsewhere reports whether the holder is a role, user or group that the
// template does not create. Only the policies that the template attaches to it
// are known; the trust policy of a role is not.
func (h *Holder) IsElsewhere() bool { return h.Kind != PolicyKind && h.LogicalID == "" }
