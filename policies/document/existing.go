// The resources of a template that can exist: those whose condition can hold, and whose
// properties can be read.

package document

import (
	"slices"
	"strings"
)

// existingResources returns the resources that can exist, with their intrinsic
// functions resolved, and the type of each resource. It leaves out the
// resources that cannot be read, and records them as unread or as problems.
func (r *templateReader) existingResources(n *node) (fields []field, types []string) {
	for _, f := range n.fields {
		if t := f.value.get("Type"); t != nil && t.kind == textNode {
			r.knownIDs[f.key] = identifiesResource(t.value)
		}
	}
	for _, f := range n.fields {
		if t := f.value.get("Type"); t != nil {
			r.addServerlessIDs(f, t.value)
		}
	}
	for _, f := range n.fields {
		if strings.HasPrefix(f.key, "Fn::ForEach::") {
			r.addUnreadForEach(f)
			continue
		}
		if strings.HasPrefix(f.key, "Fn::") {
			r.addUnread(f.key, "", true, f.line, f.column, f.value)
			continue
		}
		if f.value.kind != mappingNode {
			r.problemAt(f.line, f.column, "resource %s: want a mapping with Type and Properties, got %s", clip(f.key), f.value.describe())
			continue
		}
		t := f.value.get("Type")
		if t == nil || t.kind != textNode {
			r.problemAt(f.line, f.column, "missing Type of resource %s", clip(f.key))
			continue
		}
		unresolved := f
		r.inBranch(r.conditionOf(f.value), func() { f.value = r.resolve(f.value) })
		if !r.resolveCondition(&f) {
			r.addAbsent(f, t.value)
			continue
		}
		r.readSecrets(unresolved, t.value)
		r.addNestedTransforms(f)
		if strings.HasPrefix(t.value, "AWS::IAM::") && !r.canReadProperties(f) {
			continue
		}
		r.checkProperties(f, t)
		fields, types = append(fields, f), append(types, t.value)
	}
	return fields, types
}

// principalOf returns the kind of the principals of a resource type, and the
// property for their names. ok is false for any other type.
func principalOf(resourceType string) (kind Kind, nameProperty string, ok bool) {
	switch resourceType {
	case "AWS::IAM::Role":
		return RoleKind, "RoleName", true
	case "AWS::IAM::User":
		return UserKind, "UserName", true
	case "AWS::IAM::Group":
		return GroupKind, "GroupName", true
	}
	return "", "", false
}

// addAbsent records a principal whose condition is false.
func (r *templateReader) addAbsent(f field, resourceType string) {
	kind, nameProperty, ok := principalOf(resourceType)
	if !ok {
		return
	}
	p := AbsentPrincipal{Kind: kind, Name: f.key, LogicalID: f.key, When: f.value.get("Condition").value}
	if name := f.value.at("Properties " + nameProperty); name != nil && name.kind == textNode {
		p.Name = name.value
	}
	r.absent = append(r.absent, p)
}

// resolveCondition evaluates the condition of a resource as far as the template
// determines it, and removes or replaces the condition accordingly. It returns
// false if the resource cannot exist.
func (r *templateReader) resolveCondition(f *field) bool {
	condition := f.value.get("Condition")
	if condition == nil || condition.kind != textNode {
		return true
	}
	var conditions [][]string
	for _, v := range r.evaluate(condition.value) {
		switch v.truth {
		case undecided:
			return true // the condition stays
		case holds:
			conditions = append(conditions, v.conditions)
		}
	}
	if len(conditions) == 0 {
		return false
	}
	copied := *f.value
	copied.fields = slices.Clone(copied.fields)
	i := slices.IndexFunc(copied.fields, func(x field) bool { return x.key == "Condition" })
	switch {
	case len(conditions) == 1 && len(conditions[0]) == 0:
		copied.fields = slices.Delete(copied.fields, i, i+1)
	case len(conditions) == 1 && len(conditions[0]) == 1:
		copied.fields[i].value = textAt(condition, conditions[0][0])
	}
	f.value = &copied
	return true
}

// canReadProperties reports whether the properties of a resource can be read.
// If a function replaces them, it could result in any policy, so the resource
// is added as unread; addNestedTransforms does this for Fn::Transform and
// Fn::ForEach. A value that is neither a function nor a mapping is a problem.
func (r *templateReader) canReadProperties(f field) bool {
	properties := f.value.get("Properties")
	if properties == nil {
		return true
	}
	if _, _, function := properties.intrinsic(); function && properties.fields[0].key != "Fn::Transform" && !strings.HasPrefix(properties.fields[0].key, "Fn::ForEach") {
		r.addUnread(properties.fields[0].key+" in place of the properties of "+typeOf(f.value), f.key, true, f.line, f.column, f.value)
		return false
	}
	if properties.kind != mappingNode {
		r.problemOn(properties, "Properties of %s: want a mapping, got %s", clip(f.key), properties.describe())
		return false
	}
	return true
}
