// Finds what an update would do to the stack's resources: replacements that
// CloudFormation rejects, and policies without room for another version.

package preflight

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"capaboot/iam"
	"capaboot/iam/verify"
	"capaboot/internal/stacktemplate"
)

// resourcesOf returns the resources of a template in JSON or YAML, by logical
// ID.
func resourcesOf(text string) (map[string]stacktemplate.Resource, error) {
	template, err := stacktemplate.Parse(text)
	if err != nil {
		return nil, err
	}
	return template.Values(), nil
}

// replacingProperties lists the properties, besides the name, whose change
// replaces a resource. absent is the value of a property that is not set.
// Source: CloudFormation Template Reference, "Update requires: Replacement" in
// the pages on the types.
var replacingProperties = []struct{ kind, property, absent string }{
	{"AWS::IAM::Role", "Path", "/"},
	{"AWS::IAM::ManagedPolicy", "Path", "/"},
	{"AWS::IAM::ManagedPolicy", "Description", ""},
	{"AWS::IAM::InstanceProfile", "Path", "/"},
}

// checkReplacements finds replacements that CloudFormation rejects, because it
// creates the new resource before it deletes the old one, so that their names
// collide. It also finds resources whose type changes.
func (r *run) checkReplacements(context.Context) {
	switch {
	case r.StackNotRead != nil:
		r.addNotRead(*r.StackNotRead)
		return
	case r.Recreated:
		r.add(Finding{Kind: KindReplacedNone, Result: Passed})
		return
	case r.TemplateNotRead != nil:
		r.addNotRead(*r.TemplateNotRead)
		return
	case r.deployedErr != nil || r.Found != nil && r.Found.Template == "":
		r.add(Finding{Kind: KindNotComparable, Result: NotPossible, Subject: r.StackName, What: "template"})
		return
	}
	for _, id := range slices.Sorted(maps.Keys(r.template)) {
		before, is := r.deployed[id]
		if !is {
			continue
		}
		after := r.template[id]
		if before.Type != after.Type {
			r.add(Finding{Kind: KindTypeChanged, Result: Failed, LogicalID: id, Subject: after.Type, What: before.Type})
			continue
		}
		r.findReplaced(id, before, after)
	}
	r.findChangedLogicalIDs()
	if len(r.current.Findings) == 0 {
		r.add(Finding{Kind: KindReplacedNone, Result: Passed})
	}
}

// findChangedLogicalIDs finds names that the stack has under a different logical
// ID. The deployment then fails, because CloudFormation creates the new resource
// before it deletes the old one.
func (r *run) findChangedLogicalIDs() {
	if r.Found == nil {
		return
	}
	for _, f := range r.expected {
		for _, one := range r.Found.Resources {
			if f.Name != "" && hasResource(one, f) && one.LogicalID != f.LogicalID {
				r.add(r.withNaming(Finding{Kind: KindLogicalIDChanged, Result: Failed, LogicalID: f.LogicalID, Subject: iam.NameOf(f.Name), What: one.LogicalID}))
			}
		}
	}
}

// findReplaced adds a finding for each property whose change would replace a
// resource that keeps its name, and for each such property that cannot be
// compared.
func (r *run) findReplaced(id string, before, after stacktemplate.Resource) {
	name := r.Template.Name(id)
	nameBefore, plain := before.Properties[iam.NameProperty(after.Type)].(string)
	if name == "" || plain && !sameName(nameBefore, name) {
		return // The new resource has another name, so both can exist.
	}
	if plain && nameBefore != name { // different names for CloudFormation, the same name for IAM
		r.add(r.withNaming(Finding{Kind: KindReplaced, Result: Failed, LogicalID: id, Subject: name, What: iam.NameProperty(after.Type)}))
		return
	}
	for _, row := range replacingProperties {
		if row.kind != after.Type {
			continue
		}
		was, known := textOf(before.Properties[row.property], row.absent)
		is, _ := textOf(after.Properties[row.property], row.absent)
		f := Finding{LogicalID: id, Subject: name, What: row.property}
		switch {
		case !known, was != is && !plain && before.Properties[iam.NameProperty(after.Type)] != nil:
			f.Kind, f.Result = KindNotComparable, NotPossible
		case was != is && plain:
			f.Kind, f.Result = KindReplaced, Failed
		default:
			continue
		}
		r.add(r.withNaming(f))
	}
}

// textOf returns the value of a string property, or absent if the property is
// not set. It returns false if the value is known only at deployment.
func textOf(value any, absent string) (string, bool) {
	if value == nil {
		return absent, true
	}
	text, ok := value.(string)
	return text, ok
}

// maxVersions is the maximum number of versions of a managed policy. Source:
// IAM User Guide, "IAM and AWS STS quotas".
const maxVersions = 5

// checkPolicyVersions finds policies that change and already have the maximum number
// of versions. Such a policy fails the check, because AWS does not document whether
// CloudFormation deletes an old version.
func (r *run) checkPolicyVersions(ctx context.Context) {
	if r.StackNotRead != nil {
		r.addNotRead(*r.StackNotRead)
		return
	}
	free := 0
	var existing []*iam.ResourceState
	for _, f := range r.expected {
		switch {
		case f.Type != typePolicy:
		case f.Name == "" || !r.inStack(f):
			free++ // a new policy starts with its first version
		default:
			existing = append(existing, f)
		}
	}
	for i, v := range mapConcurrently(existing, func(f *iam.ResourceState) versionCount { return r.countVersions(ctx, f) }) {
		f := existing[i]
		changed, known := r.documentChanges(f.LogicalID)
		found := Finding{Kind: KindVersionsFull, Result: Failed, LogicalID: f.LogicalID, Subject: f.Name, Count: v.count, Limit: maxVersions}
		switch {
		case v.notRead != nil:
			r.addNotRead(withLogicalID(v.notRead, f.LogicalID))
			continue
		case v.count < maxVersions, known && !changed:
			free++
			continue
		case !known:
			found.Result = NotPossible
		}
		r.add(found)
	}
	if len(r.current.Findings) == 0 {
		r.add(Finding{Kind: KindVersionsFree, Result: Passed, Count: free})
	}
}

// documentChanges reports whether the document of a policy differs from the one
// in the stack's template, and whether that is known.
func (r *run) documentChanges(id string) (changed, known bool) {
	before, is := r.deployed[id]
	if !is {
		return false, false
	}
	return !reflect.DeepEqual(normalizeTypes(before.Properties["PolicyDocument"]), normalizeTypes(r.template[id].Properties["PolicyDocument"])), true
}

// normalizeTypes converts a value to JSON types, with one type of number.
func normalizeTypes(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		return value
	}
	var decoded any
	if json.Unmarshal(text, &decoded) != nil {
		return value
	}
	return decoded
}

// versionCount says how many versions a policy has, or why that is unknown.
type versionCount struct {
	count   int
	notRead *verify.NotRead
}

// countVersions counts the versions of a policy of the stack. The count is
// unknown if the lookup failed, if the policy was deleted manually, or if the
// response has no versions: every policy has at least one.
func (r *run) countVersions(ctx context.Context, f *iam.ResourceState) (v versionCount) {
	in := &awsiam.ListPolicyVersionsInput{PolicyArn: &f.Name}
	notFound, notRead := readPages(ctx, r, "ListPolicyVersions", f.Name, r.api.ListPolicyVersions, in, func(out *awsiam.ListPolicyVersionsOutput) (bool, *string) {
		v.count += len(out.Versions)
		return out.IsTruncated, out.Marker
	}, func(marker *string) { in.Marker = marker })
	switch {
	case notRead != nil:
		v.notRead = notRead
	case notFound:
		v.notRead = newNotRead("ListPolicyVersions", f.Name, errDeleted)
	case v.count == 0:
		v.notRead = newNotRead("ListPolicyVersions", f.Name, errIncomplete)
	}
	return v
}
