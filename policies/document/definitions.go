// Definitions of a template: what its references and conditions rest on.

package document

import "strings"

// definitions returns what decides the value of a reference or a condition of
// a template, as text: of a parameter its type, default and allowed values, of
// a mapping and a condition all. The names are those of opaque texts: "Ref:X",
// "FindInMap:X", and "Condition:X".
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
		for _, name := range []string{"Type", "Default", "AllowedValues"} {
			if value := n.get(name); value != nil {
				b.WriteString(name + "=" + whole(value) + "|")
			}
		}
		return b.String()
	})
	each("Mappings", "FindInMap:", whole)
	each("Conditions", "Condition:", whole)
	return found
}
