// What of a text is unknown: a parameter without a value, an import, a dynamic
// reference, what no resource of the file gives.

package document

import (
	"slices"
	"strings"
)

// Unknown returns the parts of a text that are known at deployment only and may
// be anything, as they stand there: "${Ref:X}". Pseudo parameters are none of
// them, nor are policy variables, and references to a resource of the template,
// which stand for that resource.
func (s *Set) Unknown(text string) []string {
	var all []string
	s.parts(text, func(part string, unknown bool) string {
		if unknown && !slices.Contains(all, part) {
			all = append(all, part)
		}
		return part
	})
	return all
}

// Widest returns a text with "*" for what may be anything, once where it stands
// next to another one.
func (s *Set) Widest(text string) string {
	widest := s.parts(text, func(part string, unknown bool) string {
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

// parts returns a text with each of its opaque parts replaced.
func (s *Set) parts(text string, replace func(part string, unknown bool) string) string {
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
			end = Closing("${" + after)
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

// isOpaque reports whether what follows "${" is an opaque text.
func isOpaque(after string) bool {
	const longest = 32
	name, _, found := strings.Cut(after[:min(len(after), longest)], ":")
	return strings.HasPrefix(after, "AWS::") || found && slices.Contains(opaqueNames.Get(), name)
}

// isUnknown says it of what is in an opaque text.
func (s *Set) isUnknown(inner string) bool {
	name, argument, _ := strings.Cut(inner, ":")
	switch name {
	case "AWS":
		return false
	case "Ref":
		return !s.known[argument]
	case "GetAtt":
		id, attribute, _ := strings.Cut(argument, ".")
		// The value of a parameter, the outputs of a stack: others decide them.
		return !s.known[id] || attribute == "Value" || strings.HasPrefix(attribute, "Outputs.")
	case "Select", "Split", "Join", "Sub", "Base64", "Cidr", "GetAZs", "Length", "ToJsonString":
		// What they make depends only on their arguments.
		return len(s.Unknown(argument)) > 0
	}
	return true
}

// isMade reports whether a reference to a resource of a type stands for that
// resource. A custom resource gives what its code likes.
func isMade(t string) bool {
	return strings.HasPrefix(t, "AWS::") && !strings.HasSuffix(t, "::MODULE") &&
		!slices.Contains([]string{"AWS::CloudFormation::CustomResource", "AWS::CloudFormation::Stack", "AWS::Serverless::Application"}, t)
}

// GroupsElsewhere returns the groups of a user that the set does not have.
func (s *Set) GroupsElsewhere(h *Holder) []string {
	var all []string
	for _, name := range h.Groups {
		if !slices.ContainsFunc(s.Principals, func(g *Holder) bool { return g.Kind == GroupKind && g.Name == name }) {
			all = append(all, name)
		}
	}
	return all
}
