// The state of an account as a template.

package iam

import (
	"maps"
	"slices"
	"strings"
)

// Template returns the account as the template that would create it, as JSON
// values. Unrequested policies have their ARNs instead of logical IDs. Parts that
// could not be read are left out; a role without its trust policy and a managed
// policy without its document are left out completely. Such a policy is
// referenced by its ARN where it is attached.
func (a *Account) Template() map[string]any {
	ids := map[string]string{} // managed policies: ARN to logical ID
	for _, r := range a.Unrequested {
		if r.Document != nil {
			ids[r.Name] = r.Name
		}
	}
	for _, r := range a.Resources {
		if r.Type == TypePolicy && r.Document != nil {
			ids[r.Name] = r.LogicalID
		}
	}
	out := map[string]any{}
	for _, r := range a.Resources {
		if !r.Missing && (r.Type != TypeRole || r.Trust != nil) && (r.Type != TypePolicy || r.Document != nil) {
			out[r.LogicalID] = map[string]any{"Type": r.Type, "Properties": r.properties(ids)}
		}
	}
	for _, r := range a.Unrequested {
		if r.Document != nil {
			out[r.Name] = map[string]any{"Type": r.Type, "Properties": r.properties(ids)}
		}
	}
	return map[string]any{"AWSTemplateFormatVersion": formatVersion, "Resources": out}
}

// properties returns the properties of the resource in a template; ids maps the
// ARNs of managed policies to their logical IDs.
func (f *ResourceState) properties(ids map[string]string) map[string]any {
	p := map[string]any{}
	set := func(name string, value string) {
		if value != "" {
			p[name] = value
		}
	}
	set("Path", f.Path)
	switch f.Type {
	case TypeRole:
		set("RoleName", f.Name)
		p["AssumeRolePolicyDocument"] = f.Trust
		if f.MaxSession > 0 {
			p["MaxSessionDuration"] = float64(f.MaxSession)
		}
	case TypeUser:
		set("UserName", f.Name)
		if len(f.Groups) > 0 {
			p["Groups"] = toAnySlice(f.Groups, func(name string) any { return name })
		}
	case TypeGroup:
		set("GroupName", f.Name)
	case TypePolicy:
		set("ManagedPolicyName", NameOf(f.Name))
		p["PolicyDocument"] = f.Document
		return p
	case TypeProfile:
		set("InstanceProfileName", f.Name)
		p["Roles"] = toAnySlice(f.Roles, func(name string) any { return name })
		return p
	}
	// The tags of AWS, such as aws:cloudformation:stack-name, cannot be in a
	// template.
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(f.Tags)), func(key string) bool { return strings.HasPrefix(key, "aws:") })
	if len(keys) > 0 {
		p["Tags"] = toAnySlice(keys, func(key string) any {
			return map[string]any{"Key": key, "Value": f.Tags[key]}
		})
	}
	policyByName := func(policy string) any {
		if id, ok := ids[policy]; ok {
			return map[string]any{"Ref": id}
		}
		return policy
	}
	if f.Boundary != "" {
		p["PermissionsBoundary"] = policyByName(f.Boundary)
	}
	if inline := slices.DeleteFunc(slices.Clone(f.Inline), func(policy InlinePolicy) bool { return policy.Document == nil }); len(inline) > 0 {
		p["Policies"] = toAnySlice(inline, func(policy InlinePolicy) any {
			return map[string]any{"PolicyName": policy.Name, "PolicyDocument": policy.Document}
		})
	}
	if len(f.Attached) > 0 {
		p["ManagedPolicyArns"] = toAnySlice(f.Attached, policyByName)
	}
	return p
}

func toAnySlice[T any](values []T, convert func(T) any) []any {
	all := make([]any, len(values))
	for i, value := range values {
		all[i] = convert(value)
	}
	return all
}
