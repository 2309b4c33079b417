// Definitions of a template: what its references and conditions rest on.

package document

import "strings"

// definitions returns what decides the value of a reference or a condition of
// a template, as text: of a parameter its type, default and allowed values, of
// a mapping and a condition all. The names are those of opaque texts: "Ref:X",
// "GetAtt:X", "FindInMap:X", and "Condition:X".
func definitions(root *node) map[string]string {
	found := map[string]string{}
	each := func(section, prefix string, text func(*node) string) {
		if all := root.get(section); all != nil && all.kind == mappingNode {
			for _, f := range all.fields {
				found[prefix+f.key] = text(f.value)
			}
		}
	}
	whole := func(n *node) string { return n.arguments(false) }
	each("Parameters", "Ref:", func(n *node) string {
		var b strings.Builder
		// What may be given is part of it: whoever deploys the one template may not be
		// allowed what the other allows.
		for _, name := range []string{"Type", "Default", "AllowedValues", "AllowedPattern"} {
			if value := n.get(name); value != nil {
				b.WriteString(name + "=" + whole(value) + "|")
			}
		}
		return b.String()
	})
	each("Mappings", "FindInMap:", whole)
	each("Conditions", "Condition:", whole)
	// The value of a custom resource or a nested stack depends on its whole definition;
	// that of another reference, on its name.
	each("Resources", "Ref:", func(n *node) string {
		if t := n.get("Type"); t != nil && isMade(t.value) {
			return t.value + n.givenNames()
		}
		return whole(n)
	})
	for name, text := range found {
		if id, ok := strings.CutPrefix(name, "Ref:"); ok && root.get("Resources").get(id) != nil {
			found["GetAtt:"+id] = text
		}
	}
	return found
}

// givenNames are the names that a resource of another service than IAM is given.
func (n *node) givenNames() string {
	if strings.HasPrefix(n.get("Type").value, "AWS::IAM::") {
		return "" // those are compared themselves
	}
	text := ""
	if properties := n.get("Properties"); properties != nil {
		for _, f := range properties.fields {
			if strings.HasSuffix(f.key, "Name") {
				text += "|" + f.key + "=" + f.value.arguments(false)
			}
		}
	}
	return text
}
