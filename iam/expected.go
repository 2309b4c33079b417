// The expected state of the resources of a template, in the form in which a
// Reader returns the actual state.

package iam

import (
	"maps"
	"slices"
	"strings"

	"capaboot/policies/arn"
)

// Expected returns the expected state of the resources of the template in an
// account, sorted by logical ID. physical has the known physical IDs by logical
// ID, such as those of a stack; other physical IDs are derived from the names
// in the template. A resource whose physical ID is unknown and whose name is
// not in the template has no Name. The result has only what the template requests; see
// [Account.Unrequested].
func (t *Template) Expected(partition, account string, physical map[string]string) []*ResourceState {
	w := expectation{t, partition, account, physical}
	byID := map[string]*ResourceState{}
	ids := slices.Sorted(maps.Keys(t.Resources))
	for _, id := range ids {
		byID[id] = w.state(id)
	}
	all := make([]*ResourceState, 0, len(ids))
	for _, id := range ids {
		f := byID[id]
		if f.Type == TypePolicy {
			for property, kind := range map[string]string{"Roles": TypeRole, "Users": TypeUser, "Groups": TypeGroup} {
				for _, name := range w.physicalIDs(t.properties(id)[property]) {
					f.AttachedTo = append(f.AttachedTo, Entity{kind, name})
				}
			}
			f.SortAttachedTo()
			for _, entity := range f.AttachedTo {
				for _, other := range byID {
					if other.Type == entity.Type && other.Name == entity.Name {
						other.Attached = append(other.Attached, f.Name)
					}
				}
			}
		}
		all = append(all, f)
	}
	for _, f := range all {
		if f.Type == TypeProfile {
			for _, other := range all {
				if other.Type == TypeRole && slices.Contains(f.Roles, other.Name) {
					other.Profiles = append(other.Profiles, f.Name)
				}
			}
		}
		slices.Sort(f.Attached)
		f.Attached = slices.Compact(f.Attached)
		if f.Type != TypeUser {
			continue
		}
		for _, other := range all {
			if other.Type == TypeGroup && slices.Contains(f.Groups, other.Name) {
				other.Members = append(other.Members, f.Name)
			}
		}
	}
	return all
}

// expectation computes the expected state of the resources of a template.
type expectation struct {
	*Template
	partition, account string
	physical           map[string]string
}

// physicalIDOf returns the physical ID of a resource; "" if it is unknown.
func (w expectation) physicalIDOf(id string) string {
	if name := w.physical[id]; name != "" {
		return name
	}
	name := w.Name(id)
	if resource, ok := w.Resources[id]; ok && name != "" && resource.AWSCloudFormationType() == TypePolicy {
		return arn.IAM(w.partition, w.account, "policy"+w.path(id)+name).String()
	}
	return name
}

func (w expectation) path(id string) string {
	if path, _ := w.properties(id)["Path"].(string); path != "" {
		return path
	}
	return "/"
}

// defaultMaxSession is IAM's default for the maximum session duration of a
// role, in seconds. Generated templates do not set the duration. Source: IAM
// API Reference, "CreateRole", MaxSessionDuration.
const defaultMaxSession = 3600

// state returns the expected state of a resource, without the attachments,
// instance profiles and group members that only other resources determine.
func (w expectation) state(id string) *ResourceState {
	p := w.properties(id)
	f := &ResourceState{LogicalID: id, Type: w.Resources[id].AWSCloudFormationType(), Name: w.physicalIDOf(id), Path: w.path(id), Tags: map[string]string{}, Unread: map[Part]bool{},
		Trust: p["AssumeRolePolicyDocument"], Document: p["PolicyDocument"],
		Attached: w.physicalIDs(p["ManagedPolicyArns"]), Groups: w.physicalIDs(p["Groups"]), Roles: w.physicalIDs(p["Roles"])}
	if f.Type == TypePolicy {
		f.Groups, f.Roles = nil, nil
	}
	if f.Type == TypeRole {
		f.MaxSession = defaultMaxSession
	}
	f.Description, _ = p["Description"].(string)
	if boundary := w.physicalIDs([]any{p["PermissionsBoundary"]}); len(boundary) > 0 {
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

// physicalIDs returns the physical IDs for a list of names and references,
// sorted.
func (w expectation) physicalIDs(list any) []string {
	values, _ := list.([]any)
	var all []string
	for _, value := range values {
		switch value := value.(type) {
		case string:
			all = append(all, value)
		case map[string]any:
			if id, ok := value["Ref"].(string); ok {
				all = append(all, w.physicalIDOf(id))
			}
		}
	}
	slices.Sort(all)
	return all
}
