// Wanted: the resources of a template as they should be in an account, in the form
// in which they are read there.

package iam

import (
	"maps"
	"slices"
	"strings"

	"capaboot/policies/arn"
)

// Wanted returns the resources of the template as they should be in an account,
// sorted by logical ID. physical are the physical IDs that are known, by logical
// ID: those of a stack. Others are made of the names in the template; a resource
// that has none there has no Name. Foreign policies are not in it.
func (t *Template) Wanted(partition, account string, physical map[string]string) []*Found {
	w := wanted{t, partition, account, physical}
	byID := map[string]*Found{}
	ids := slices.Sorted(maps.Keys(t.Resources))
	for _, id := range ids {
		byID[id] = w.found(id)
	}
	all := make([]*Found, 0, len(ids))
	for _, id := range ids {
		f := byID[id]
		if f.Type == typePolicy {
			for property, kind := range map[string]string{"Roles": typeRole, "Users": typeUser, "Groups": typeGroup} {
				for _, name := range w.references(t.properties(id)[property]) {
					f.Holders = append(f.Holders, Holder{kind, name})
				}
			}
			sortHolders(f.Holders)
			for _, holder := range f.Holders {
				for _, other := range byID {
					if other.Type == holder.Type && other.Name == holder.Name {
						other.Attached = append(other.Attached, f.Name)
					}
				}
			}
		}
		all = append(all, f)
	}
	for _, f := range all {
		slices.Sort(f.Attached)
		f.Attached = slices.Compact(f.Attached)
		if f.Type != typeUser {
			continue
		}
		for _, other := range all {
			if other.Type == typeGroup && slices.Contains(f.Groups, other.Name) {
				other.Members = append(other.Members, f.Name)
			}
		}
	}
	return all
}

type wanted struct {
	*Template
	partition, account string
	physical           map[string]string
}

// name is the physical ID of a resource.
func (w wanted) name(id string) string {
	if name := w.physical[id]; name != "" {
		return name
	}
	name := w.Name(id)
	if resource, ok := w.Resources[id]; ok && name != "" && resource.AWSCloudFormationType() == typePolicy {
		return arn.IAM(w.partition, w.account, "policy"+w.path(id)+name).String()
	}
	return name
}

func (w wanted) path(id string) string {
	if path, _ := w.properties(id)["Path"].(string); path != "" {
		return path
	}
	return "/"
}

// found makes a resource except for what other resources say of it.
func (w wanted) found(id string) *Found {
	p := w.properties(id)
	f := &Found{LogicalID: id, Type: w.Resources[id].AWSCloudFormationType(), Name: w.name(id), Path: w.path(id), Tags: map[string]string{}, Unseen: map[Part]bool{},
		Trust: p["AssumeRolePolicyDocument"], Document: p["PolicyDocument"],
		Attached: w.references(p["ManagedPolicyArns"]), Groups: w.references(p["Groups"]), Roles: w.references(p["Roles"])}
	if f.Type == typePolicy {
		f.Groups, f.Roles = nil, nil
	}
	if boundary := w.references([]any{p["PermissionsBoundary"]}); len(boundary) > 0 {
		f.Boundary = boundary[0]
	}
	policies, _ := p["Policies"].([]any)
	for _, policy := range policies {
		policy, _ := policy.(map[string]any)
		name, _ := policy["PolicyName"].(string)
		f.Inline = append(f.Inline, InlinePolicy{name, policy["PolicyDocument"]})
	}
	slices.SortFunc(f.Inline, func(a, b InlinePolicy) int { return strings.Compare(a.Name, b.Name) })
	tags, _ := p["Tags"].([]any)
	for _, tag := range tags {
		tag, _ := tag.(map[string]any)
		key, _ := tag["Key"].(string)
		f.Tags[key], _ = tag["Value"].(string)
	}
	return f
}

// references are the physical IDs that a list of texts and references names,
// sorted.
func (w wanted) references(list any) []string {
	values, _ := list.([]any)
	var all []string
	for _, value := range values {
		switch value := value.(type) {
		case string:
			all = append(all, value)
		case map[string]any:
			if id, ok := value["Ref"].(string); ok {
				all = append(all, w.name(id))
			}
		}
	}
	slices.Sort(all)
	return all
}
