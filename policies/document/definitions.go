// Definitions in a template: the parameters, mappings, conditions and resources
// that determine the values of references and conditions.

package document

import "strings"

// definitions returns the definitions that determine the references and
// conditions of a template, as text. For a parameter, the text has the type,
// the allowed values and the pattern; [Set.Defaults] has the default. For a
// mapping or a condition, the text is the whole definition; for a resource, it
// is what the value of a reference depends on. The keys are "Ref:X", "GetAtt:X"
// and "FindInMap:X", as in opaque texts, and "Condition:X".
func definitions(root *node) map[string]string {
	found := map[string]string{}
	add := func(section, prefix string, text func(*node) string) {
		if all := root.get(section); all != nil && all.kind == mappingNode {
			for _, f := range all.fields {
				found[prefix+f.key] = text(f.value)
			}
		}
	}
	expression := func(n *node) string { return n.argumentText(false) }
	add("Parameters", "Ref:", func(n *node) string {
		var b strings.Builder
		// The allowed values are included: two templates that differ in them
		// can differ in what a deployment may grant.
		for _, name := range []string{"Type", "AllowedValues", "AllowedPattern"} {
			if value := n.get(name); value != nil {
				b.WriteString(name + "=" + expression(value) + "|")
			}
		}
		return b.String()
	})
	add("Mappings", "FindInMap:", expression)
	add("Conditions", "Condition:", expression)
	// The value of a custom resource or a nested stack depends on its whole
	// definition; the value of another resource, on its type and name.
	add("Resources", "Ref:", func(n *node) string {
		if t := n.get("Type"); t != nil && identifiesResource(t.value) {
			return t.value + n.givenNames()
		}
		return expression(n)
	})
	for name, text := range found {
		if id, ok := strings.CutPrefix(name, "Ref:"); ok && root.get("Resources").get(id) != nil {
			found["GetAtt:"+id] = text
		}
	}
	return found
}

// givenNames returns the name properties of a resource. For an IAM resource it
// returns "".
func (n *node) givenNames() string {
	if strings.HasPrefix(n.get("Type").value, "AWS::IAM::") {
		return "" // the analyses compare the names of IAM resources
	}
	text := ""
	if properties := n.get("Properties"); properties != nil {
		for _, f := range properties.fields {
			if strings.HasSuffix(f.key, "Name") {
				text += "|" + f.key + "=" + f.value.argumentText(false)
			}
		}
	}
	return text
}
