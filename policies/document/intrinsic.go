// Intrinsic functions of CloudFormation, as readable text.
//
// Only CloudFormation knows the values of the functions that resolve.go does
// not resolve. These functions are kept as opaque texts in the syntax of
// Fn::Sub: ${AWS::Partition} for a pseudo parameter, ${Ref:Name} and
// ${GetAtt:Name.Arn} for references however they are written, ${ImportValue:…}
// and so on for other functions. Two texts are equal only if their values are.
// A literal text in the file never looks like an opaque text.

package document

import (
	"slices"
	"strings"

	"capaboot/internal/lazy"
)

// intrinsicNames are the intrinsic functions in their short form. Source:
// CloudFormation Template Reference, "Intrinsic function reference".
var intrinsicNames = []string{"And", "Base64", "Cidr", "Condition", "Contains", "EachMemberEquals", "EachMemberIn", "Equals",
	"FindInMap", "ForEach", "GetAZs", "GetAtt", "GetStackOutput", "If", "ImportValue", "Join", "Length", "Not", "Or", "Ref",
	"RefAll", "Select", "Split", "Sub", "ToJsonString", "Transform", "ValueOf", "ValueOfAll"}

// resolveName is the name that this package gives to a dynamic reference
// ({{resolve:ssm:/a}}), which is resolved at deployment like a function but has
// no short form.
const resolveName = "Resolve"

var opaqueNames = lazy.Value[[]string]{Make: func() []string { return append(slices.Clone(intrinsicNames), resolveName) }}

// Intrinsics returns the names of the intrinsic functions and the name of
// dynamic references, as they appear before the colon of an opaque text
// (${Ref:X}). Callers must not modify the result.
func Intrinsics() []string { return opaqueNames.Get() }

// intrinsicOfTag returns the long form of a YAML tag: "Fn::Sub" for "!Sub". It
// returns false for a tag that is not an intrinsic function.
func intrinsicOfTag(tag string) (string, bool) {
	name := strings.TrimPrefix(tag, "!")
	if !slices.Contains(intrinsicNames, name) {
		return "", false
	}
	if name == "Ref" || name == "Condition" {
		return name, true
	}
	return "Fn::" + name, true
}

// intrinsic returns the short name and the argument of an intrinsic function.
// ok is false for any other node.
func (n *node) intrinsic() (name string, argument *node, ok bool) {
	if n == nil || n.kind != mappingNode || len(n.fields) != 1 {
		return "", nil, false
	}
	key := n.fields[0].key
	if key == "Ref" {
		return key, n.fields[0].value, true
	}
	name, ok = strings.CutPrefix(key, "Fn::")
	return name, n.fields[0].value, ok
}

// isNoValue reports whether a node is {"Ref": "AWS::NoValue"}, which removes
// the property or entry.
func (n *node) isNoValue() bool {
	name, argument, ok := n.intrinsic()
	return ok && name == "Ref" && argument.kind == textNode && argument.value == "AWS::NoValue"
}

// literal returns a text from the file. Anything in it that would look like an
// opaque text is escaped as in Fn::Sub: ${!Ref:X}.
func literal(text string) string {
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
		b.WriteString("${")
		name, _, _ := strings.Cut(after, ":")
		if name == "AWS" && strings.HasPrefix(after, "AWS::") || strings.HasPrefix(name, "!") || slices.Contains(opaqueNames.Get(), name) {
			b.WriteString("!")
		}
		text = after
	}
}

// reference returns the opaque text for a name in the notation of Ref,
// Fn::GetAtt or Fn::Sub.
func reference(name string) string {
	switch {
	case strings.HasPrefix(name, "AWS::"):
		return "${" + name + "}"
	case strings.Contains(name, "."):
		return "${GetAtt:" + escape(name) + "}"
	default:
		return "${Ref:" + escape(name) + "}"
	}
}

// escape escapes the characters that separate or end arguments in an opaque
// text.
func escape(text string) string { return escaper.Get().Replace(text) }

var escaper = lazy.Value[*strings.Replacer]{Make: func() *strings.Replacer {
	return strings.NewReplacer(`\`, `\\`, `|`, `\|`, `{`, `\{`, `}`, `\}`, `[`, `\[`, `]`, `\]`)
}}

// opaque returns a scalar or an intrinsic as text. A scalar that is not a
// string keeps its notation in the file.
func (n *node) opaque() string {
	name, argument, ok := n.intrinsic()
	if !ok {
		return literal(n.value)
	}
	switch {
	case name == "Ref" && argument.kind == textNode:
		return reference(argument.value)
	case name == "GetAtt":
		if argument.kind == textNode {
			return reference(argument.value)
		}
		if argument.kind == listNode && len(argument.items) == 2 && argument.items[0].kind == textNode && argument.items[1].kind == textNode {
			return reference(argument.items[0].value + "." + argument.items[1].value)
		}
	case name == "Sub":
		if argument.kind == textNode {
			return substitute(argument.value, nil)
		}
		if argument.kind == listNode && len(argument.items) == 2 && argument.items[0].kind == textNode && argument.items[1].kind == mappingNode {
			return substitute(argument.items[0].value, argument.items[1])
		}
	case name == "Join":
		if text, ok := join(argument); ok {
			return text
		}
	}
	return "${" + escape(name) + ":" + argument.argumentText(true) + "}"
}

// maxOpaqueLength is the length in bytes above which the rest of an Fn::Sub or
// Fn::Join is left out, so that a few nested functions cannot produce
// gigabytes. It is twice the limit for a string, so a text that was cut off is
// always refused later.
const maxOpaqueLength = 2 * maxStringLength

// join returns the text of an Fn::Join whose parts are listed in the template.
func join(argument *node) (string, bool) {
	if argument.kind != listNode || len(argument.items) != 2 || argument.items[0].kind != textNode || argument.items[1].kind != listNode {
		return "", false
	}
	var parts []string
	separator, length := literal(argument.items[0].value), 0
	for _, item := range argument.items[1].items {
		if item.isNoValue() {
			continue
		}
		if length > maxOpaqueLength {
			break
		}
		if _, _, ok := item.intrinsic(); !ok && (item.kind == listNode || item.kind == mappingNode) {
			return "", false
		}
		if len(parts) > 0 {
			parts = append(parts, separator)
			length += len(separator)
		}
		parts = append(parts, item.opaque())
		length += len(parts[len(parts)-1])
	}
	// A "$" and a "{" from different parts must not form an opaque text.
	text := strings.Join(parts, "")
	openings := 0
	for _, part := range parts {
		openings += strings.Count(part, "${")
	}
	return text, openings == strings.Count(text, "${")
}

// substitute returns the text of an Fn::Sub. variables has the variables that
// this Fn::Sub defines, or is nil.
func substitute(text string, variables *node) string {
	var b strings.Builder
	values := map[string]string{} // caches the texts of variables
	for {
		before, after, found := strings.Cut(text, "${")
		b.WriteString(before)
		name, rest, closed := strings.Cut(after, "}")
		if b.Len() > maxOpaqueLength {
			return b.String()
		}
		if !found || !closed {
			b.WriteString(text[len(before):])
			return b.String()
		}
		text = rest
		if escaped, ok := strings.CutPrefix(name, "!"); ok {
			b.WriteString(literal("${" + escaped + "}"))
		} else if value := variables.get(name); value != nil {
			content, known := values[name]
			if !known {
				content = value.opaque()
				values[name] = content
			}
			b.WriteString(content)
		} else {
			b.WriteString(reference(strings.TrimSpace(name)))
		}
	}
}

// argumentText returns a node as text. Nodes with different values have
// different texts; a string and a number or boolean in the same notation have
// the same text, and so have mappings with the same fields in another order. If
// top is true, a list has no brackets around it.
func (n *node) argumentText(top bool) string {
	if _, _, ok := n.intrinsic(); ok {
		return n.opaque()
	}
	var parts []string
	switch n.kind {
	case listNode:
		for _, item := range n.items {
			parts = append(parts, item.argumentText(false))
		}
		text := strings.Join(parts, "|")
		if top {
			return text
		}
		return "[" + text + "]"
	case mappingNode:
		for _, f := range n.fields {
			parts = append(parts, escape(f.key)+"="+f.value.argumentText(false))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, "|") + "}"
	default:
		return escape(n.value)
	}
}

// FreezeVariables returns a text in which policy variables (${aws:username})
// are literal characters, as in a document whose version is not 2012-10-17.
// Intrinsics stay as they are. The result is for comparing, not for reading.
// Source: IAM User Guide, "IAM JSON policy elements: Version".
func FreezeVariables(text string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	parts := strings.Split(text, "${")
	var b strings.Builder
	b.WriteString(parts[0])
	for _, part := range parts[1:] {
		name, _, _ := strings.Cut(part, ":")
		if strings.HasPrefix(part, "AWS::") || slices.Contains(opaqueNames.Get(), name) {
			b.WriteString("${")
		} else {
			b.WriteString("$\x00{")
		}
		b.WriteString(part)
	}
	return b.String()
}

// identifyingAttributes are the attributes of a resource that identify it as Ref does.
// Source: CloudFormation Template Reference, the return values of each type.
var identifyingAttributes = []string{".Arn", ".PolicyArn", ".QueueUrl", ".TopicArn"}

// refTarget returns the logical ID in this template that an entry refers to, or
// "".
func (n *node) refTarget() string {
	name, argument, ok := n.intrinsic()
	switch {
	case !ok:
		return ""
	case name == "Ref" && argument.kind == textNode:
		return argument.value
	case name == "GetAtt":
		text := n.opaque()
		text, _ = strings.CutPrefix(text, "${GetAtt:")
		for _, attribute := range identifyingAttributes {
			if id, found := strings.CutSuffix(text, attribute+"}"); found {
				return id
			}
		}
	case name == "Sub" && argument.kind == textNode:
		if id, found := strings.CutPrefix(argument.value, "${"); found && strings.HasSuffix(id, "}") && strings.Count(id, "}") == 1 {
			id = strings.TrimSuffix(id, "}")
			for _, attribute := range identifyingAttributes {
				id = strings.TrimSuffix(id, attribute)
			}
			return id
		}
	}
	return ""
}
