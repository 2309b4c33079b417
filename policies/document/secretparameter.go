// Which parameters have values that must never be shown: those with NoEcho, and those
// whose value is a secret or a part of one, whether or not they have NoEcho. The
// resolver does not use their values, except to compare them in a condition, so no
// value becomes a part of a set.

package document

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// isSecret reports whether the value of a parameter must not be shown. All code that
// shows a value of a parameter calls this function.
func (r *resolver) isSecret(name string) bool {
	if p := r.parameters[name]; p != nil && p.noEcho {
		return true
	}
	return r.secretParameters[name]
}

// parameterUses collects how a template uses its parameters.
type parameterUses struct {
	*resolver
	secrets map[string]bool // the value is a secret of secretProperties, or a part of it
	// maybeSecrets has the parameters to which a property, a variable or an output with the
	// name of a secret refers. The value can also be the name of the secret.
	maybeSecrets map[string]bool
	names        map[string]bool // the value is a name, an ARN or a part of one
	// everyField means that a field counts even if its name is not that of a secret.
	everyField bool
}

// findSecretParameters records the parameters whose values are secret. resources has the
// resources of the template; root is an empty mapping if the file has only resources.
func (r *resolver) findSecretParameters(root, resources *node) {
	isGiven := func(name string) bool { return !IsPseudo(name) }
	if len(r.parameters) == 0 && !slices.ContainsFunc(slices.Collect(maps.Keys(r.options.Parameters)), isGiven) {
		return
	}
	u := &parameterUses{resolver: r, secrets: map[string]bool{}, maybeSecrets: map[string]bool{}, names: map[string]bool{}}
	for _, f := range resources.fields {
		u.walk(f.value, "") // the logical ID is not the name of a property
		t := f.value.get("Type")
		for _, p := range secretProperties {
			if t == nil || p.resourceType != t.value {
				continue
			}
			for _, value := range p.values(f.value) {
				u.addText(u.secrets, value)
			}
		}
	}
	for _, section := range []*node{root.get("Outputs"), root.get("Globals")} {
		u.walk(section, "")
	}
	r.secretParameters = u.secrets
	for name := range u.maybeSecrets {
		if !u.names[name] && r.canBeSecret(name) {
			r.secretParameters[name] = true
		}
	}
	for name := range r.parameters {
		if isPasswordParameter(name) && r.canBeSecret(name) {
			r.secretParameters[name] = true
		}
	}
}

// canBeSecret reports whether the value of a parameter can be a secret. It cannot if the
// known values are ARNs, references or the states of a switch.
func (r *resolver) canBeSecret(name string) bool {
	values := []string{r.options.Parameters[name]}
	if p := r.parameters[name]; p != nil {
		values = append(values, p.allowedValues...)
		if p.defaultValue != nil {
			values = append(values, *p.defaultValue)
		}
	}
	values = slices.DeleteFunc(values, func(value string) bool { return value == "" })
	return len(values) == 0 || slices.ContainsFunc(values, func(value string) bool {
		isName := strings.HasPrefix(value, "arn:") || strings.HasPrefix(value, "{{resolve:")
		return !isName && !slices.Contains([]string{"true", "false", "yes", "no", "on", "off", "enabled", "disabled"}, strings.ToLower(value))
	})
}

// walk reads the uses of parameters in a part of a template. key is the name of the
// property around it.
func (u *parameterUses) walk(n *node, key string) {
	if n == nil || !u.spend(1) {
		return
	}
	if _, argument, isFunction := n.intrinsic(); isFunction {
		u.addNames(u.partsOf(n), isNameProperty(key))
		u.walk(argument, key)
		return
	}
	for _, item := range n.items {
		u.walk(item, key)
	}
	// A variable can be a mapping with the fields Name and Value, or similar ones.
	variable, source := cmp.Or(n.get("Name"), n.get("Key"), n.get("OptionName"), n.get("ParameterKey")), n.get("Type")
	isValue := source == nil || source.value != "SECRETS_MANAGER" && source.value != "PARAMETER_STORE"
	for _, f := range n.fields {
		isSecretVariable := (f.key == "Value" || f.key == "ParameterValue") && variable.isScalar() && isValue && isSecretProperty(variable.value)
		if isSecretVariable || isSecretProperty(f.key) {
			u.addText(u.maybeSecrets, f.value)
		}
		u.walk(f.value, f.key)
	}
}

// addNames records the parameters that are a part of a name: in a dynamic reference, in
// an ARN or, if all is true, anywhere in the text.
func (u *parameterUses) addNames(parts []*node, all bool) {
	before := ""
	for _, part := range parts {
		name, argument, isFunction := part.intrinsic()
		switch {
		case !isFunction:
			before += part.value
		case name == "Ref" && (all || strings.HasPrefix(before, "arn:")):
			u.names[argument.value] = true
		case name == resolveName && joinedParts(argument) != nil:
			u.addNames(joinedParts(argument), true)
		}
	}
}

// addText records the parameters whose values are a part of a text. A field of the text
// that has no secret, such as the name of the user, is left out unless everyField is
// true.
func (u *parameterUses) addText(to map[string]bool, n *node) {
	for _, f := range u.fieldsOf(n) {
		if f.secrecy == isPlainName {
			continue
		}
		for _, part := range f.value {
			u.addValue(to, part)
		}
	}
}

// fieldsOf returns the fields of a text or a mapping. A text without fields, or every
// text if everyField is true, is one field without a name.
func (u *parameterUses) fieldsOf(n *node) []textField {
	parts := u.partsOf(n)
	if fields, ok := textFields(parts); ok && !u.everyField {
		return fields
	}
	if n.kind == listNode {
		return []textField{{value: parts}}
	}
	fields := u.mappingFields(n, textField{}) // a function or a text results in one field
	if u.everyField {
		for i := range fields {
			fields[i].secrecy = unclearSecrecy
		}
	}
	return fields
}

// addValue records the parameters whose values are a part of the value of a node. What
// only selects the value, such as the key of a mapping, is left out.
func (u *parameterUses) addValue(to map[string]bool, n *node) {
	name, argument, isFunction := n.intrinsic()
	if !isFunction {
		for _, item := range n.items {
			u.addText(to, item)
		}
		return
	}
	isList := argument.kind == listNode
	switch name {
	case "Ref":
		if argument.kind == textNode && !IsPseudo(argument.value) {
			to[argument.value] = true
		}
	case resolveName, "FindInMap", "ImportValue", "GetStackOutput", "GetAtt", "GetAZs", "Cidr":
	case "If":
		if isList && len(argument.items) == 3 {
			u.addText(to, argument.items[1])
			u.addText(to, argument.items[2])
		}
	case "Select", "Split", "Join":
		if isList && len(argument.items) == 2 {
			u.addText(to, argument.items[1])
		}
	default:
		u.addText(to, argument)
	}
}
