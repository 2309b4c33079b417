// Definitions in a template: the parameters, mappings, conditions and resources
// that determine the values of references and conditions.

package document

import (
	"maps"
	"slices"
	"strings"
)

// otherLimits are the properties of a parameter that limit its value, besides
// AllowedValues. Source: CloudFormation User Guide, "CloudFormation template
// Parameters syntax".
var otherLimits = []string{"AllowedPattern", "MinLength", "MaxLength", "MinValue", "MaxValue"}

// definitions returns the definitions that determine the references and conditions of a
// template, as text. For a parameter, the text has the type and what limits the value,
// including the template's rules; [Set.Defaults] has the default. For a mapping or a
// condition, the text is the whole definition. For a resource, the text is what the
// value of a reference depends on. The keys are "Ref:X", "GetAtt:X" and "FindInMap:X",
// as in opaque texts, and "Condition:X". The key "Rules:X" has the rules that may limit
// parameter X, or "" if there are none.
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
		for _, name := range slices.Concat([]string{"Type", "AllowedValues"}, otherLimits) {
			if value := n.get(name); value != nil {
				b.WriteString(name + "=" + expression(value) + "|")
			}
		}
		return b.String()
	})
	rules := rulesText(root)
	for name := range maps.Clone(found) {
		parameter := strings.TrimPrefix(name, "Ref:")
		found["Rules:"+parameter] = ""
		if isInRules(parameter, rules) {
			found["Rules:"+parameter] = rules
		}
		found[name] += "${Rules:" + parameter + "}"
	}
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

// rulesText returns the rules of a template as text, or "". A deployment whose values
// break a rule fails. Source: CloudFormation User Guide, "CloudFormation template Rules
// syntax".
func rulesText(root *node) string {
	if rules := root.get("Rules"); rules != nil {
		return rules.argumentText(false)
	}
	return ""
}

// isInRules reports whether rules may limit the value of a parameter.
// Fn::ValueOf can name any parameter, and Fn::RefAll can name any parameter
// type.
func isInRules(parameter, rules string) bool {
	return strings.Contains(rules, reference(parameter)) || strings.Contains(rules, "ValueOf") || strings.Contains(rules, "RefAll")
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
