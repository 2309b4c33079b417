// Deployed: what a stack has in the account, as the template that would make it.
// What was changed by hand shows.

package iam

import (
	"context"
	"fmt"
	"slices"
)

// Deployed returns a template, as JSON values, of the IAM resources that a
// stack has, with the policies that they have in the account now. Policies of
// the account that were attached by hand are in it, under their ARNs; those of
// AWS are named only by their ARNs. What the stack has and the account has no
// more is left out, and named in missing. Resources of other kinds are passed
// over. Errors are the API's.
func Deployed(ctx context.Context, api API, resources []StackResource) (template map[string]any, missing []string, err error) {
	reader := Reader{API: api, Failed: func(u Unseen) error {
		if u.LogicalID == "" {
			return fmt.Errorf("reading the attached policy %s: %w", u.Name, u.Err)
		}
		return fmt.Errorf("reading %s (%s): %w", u.LogicalID, u.Name, u.Err)
	}}
	account, err := reader.Read(ctx, resources)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range account.Resources {
		if r.Gone {
			missing = append(missing, r.LogicalID)
		}
	}
	return account.Template(), missing, nil
}

// Template returns the account as the template that would make it, as JSON
// values. Policies that no resource is are under their ARNs. What was not seen is
// not in it; a policy that is attached, and whose document was not seen, is named by
// its ARN.
func (a *Account) Template() map[string]any {
	ids := map[string]string{} // of managed policies: ARN to logical ID
	for _, r := range a.Foreign {
		if r.Document != nil {
			ids[r.Name] = r.Name
		}
	}
	for _, r := range a.Resources {
		if r.Type == typePolicy && r.Document != nil {
			ids[r.Name] = r.LogicalID
		}
	}
	out := map[string]any{}
	for _, r := range a.Resources {
		if properties := r.properties(ids); properties != nil && !r.Gone && (r.Type != typeRole || r.Trust != nil) && (r.Type != typePolicy || r.Document != nil) {
			out[r.LogicalID] = map[string]any{"Type": r.Type, "Properties": properties}
		}
	}
	for _, r := range a.Foreign {
		if r.Document != nil {
			out[r.Name] = map[string]any{"Type": r.Type, "Properties": r.properties(ids)}
		}
	}
	return map[string]any{"AWSTemplateFormatVersion": formatVersion, "Resources": out}
}

// properties are the resource's in a template, where ids are the logical IDs of
// managed policies by their ARNs; nil for an instance profile, which grants
// nothing.
func (f *Found) properties(ids map[string]string) map[string]any {
	p := map[string]any{}
	set := func(name string, value string) {
		if value != "" {
			p[name] = value
		}
	}
	set("Path", f.Path)
	switch f.Type {
	case typeRole:
		set("RoleName", f.Name)
		p["AssumeRolePolicyDocument"] = f.Trust
	case typeUser:
		set("UserName", f.Name)
		if len(f.Groups) > 0 {
			p["Groups"] = list(f.Groups, func(name string) any { return name })
		}
	case typeGroup:
		set("GroupName", f.Name)
	case typePolicy:
		set("ManagedPolicyName", NameOf(f.Name))
		p["PolicyDocument"] = f.Document
		return p
	default:
		return nil
	}
	named := func(policy string) any {
		if id, ok := ids[policy]; ok {
			return map[string]any{"Ref": id}
		}
		return policy
	}
	if f.Boundary != "" {
		p["PermissionsBoundary"] = named(f.Boundary)
	}
	if inline := slices.DeleteFunc(slices.Clone(f.Inline), func(policy InlinePolicy) bool { return policy.Document == nil }); len(inline) > 0 {
		p["Policies"] = list(inline, func(policy InlinePolicy) any {
			return map[string]any{"PolicyName": policy.Name, "PolicyDocument": policy.Document}
		})
	}
	if len(f.Attached) > 0 {
		p["ManagedPolicyArns"] = list(f.Attached, named)
	}
	return p
}

func list[T any](values []T, of func(T) any) []any {
	all := make([]any, len(values))
	for i, value := range values {
		all[i] = of(value)
	}
	return all
}
