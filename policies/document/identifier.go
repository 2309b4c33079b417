// Values that are not visible in a template, and are not secret either.

package document

import (
	"slices"
	"strings"
)

// identifies reports whether the value of a node only identifies something that AWS
// knows, such as a resource, its address or an availability zone.
func (e *exposureReader) identifies(n *node) bool {
	name, argument, isFunction := n.intrinsic()
	isPair := isFunction && argument.kind == listNode && len(argument.items) == 2
	all := func(parts []*node) bool {
		return !slices.ContainsFunc(parts, func(part *node) bool {
			return !part.isNoValue() && len(e.ofPart(part)) == 0 && !e.identifies(part)
		})
	}
	switch {
	case !isFunction:
		return n.isScalar() || n.kind == listNode && all(n.items)
	case name == "Ref" && argument.kind == textNode:
		return e.knownIDs[argument.value]
	case name == "GetAtt":
		id, attribute := argument.attribute()
		return e.knownIDs[id] && !isSecretProperty(attribute) && attribute != "Value" && attribute != "Data"
	case name == "GetAZs", name == "Cidr":
		return true
	case name == "If" && argument.kind == listNode && len(argument.items) == 3:
		return all(argument.items[1:])
	case n.partsOfText() != nil:
		return all(e.partsOf(n))
	case isPair && (name == "Join" || name == "Select" || name == "Split"):
		return e.identifies(argument.items[1])
	case name == "Base64":
		return e.identifies(argument)
	}
	return false
}

// attribute returns the logical ID and the name of the attribute in the argument of an
// Fn::GetAtt; "" if they are not texts.
func (n *node) attribute() (id, attribute string) {
	switch {
	case n.kind == textNode:
		id, attribute, _ = strings.Cut(n.value, ".")
	case n.kind == listNode && len(n.items) == 2 && n.items[0].isScalar() && n.items[1].isScalar():
		id, attribute = n.items[0].value, n.items[1].value
	}
	return id, attribute
}
