// Compares the stack itself, and all permissions that its resources have in the
// account, with the configuration.

package verify

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"

	"capaboot/iam"
	"capaboot/internal/stacktemplate"
	"capaboot/policies/diff"
	"capaboot/policies/document"
	"capaboot/policies/source"
)

// stackType is the type of the stack in a [Difference].
const stackType = "AWS::CloudFormation::Stack"

func (v *comparison) compareStack() error {
	add := func(kind Kind, detail string, configured, found *string) {
		v.result.Differences = append(v.result.Differences,
			Difference{Kind: kind, Type: stackType, Name: v.StackName, What: detail, Configured: configured, Found: found})
	}
	if v.Stack == nil {
		if !v.StackNotRead {
			add(StackMissing, "", nil, nil)
		}
		return nil
	}
	v.result.StackStatus, v.result.RolledBack = v.Stack.Status, v.Stack.RolledBack
	switch s := v.Stack; {
	case !s.Final:
		v.result.NotRead = append(v.result.NotRead, NotRead{Name: s.Name, Part: "the stack", Reason: "the status is " + s.Status + ", so the stack can change while capaboot reads it"})
	case s.Failed && !s.RolledBack:
		add(StackFailed, s.Reason, nil, &s.Status)
	}
	if v.Stack.Template != "" {
		outdated, release, err := v.isOutdated()
		if err != nil {
			return err
		}
		switch v.result.Outdated = outdated; {
		case release != "":
			configured := v.Template.Release.String()
			add(StackOutdated, "", &configured, &release)
		case outdated:
			add(StackOutdated, "", nil, nil)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(mergeMaps(v.Tags, v.Stack.Tags))) {
		want, isWanted := v.Tags[key]
		got, isFound := v.Stack.Tags[key]
		var configured, found *string
		if isWanted {
			configured = &want
		}
		if isFound {
			found = &got
		}
		if want != got || isWanted != isFound {
			add(StackTag, key, configured, found)
		}
	}
	return nil
}

// isOutdated reports whether the stack's template has other resources or
// settings than the configuration's, or allows something else. release is the
// newest release of CAPA whose template the stack has instead; "" for none.
func (v *comparison) isOutdated() (outdated bool, release string, err error) {
	return Outdated(v.Stack.Template, Generation{Generated: v.Generated, Template: v.Template}, v.Others)
}

// Outdated reports whether a deployed template has other resources or settings
// than a configuration generates, or allows something else. others has what
// other releases generate; it may be nil. release is the first of these releases
// that generates the deployed template; "" for none.
func Outdated(text string, configured Generation, others iter.Seq[Generation]) (outdated bool, release string, err error) {
	deployed, err := source.FromText("the template of the stack", text)
	if err != nil {
		return true, "", nil // Unreadable, so not a template that the configuration generates.
	}
	template, err := stacktemplate.Parse(text)
	if err != nil {
		return true, "", nil
	}
	actual := template.Values()
	differs, err := differsFrom(deployed, actual, configured.Generated, configured.Template)
	if err != nil || !differs {
		return false, "", err
	}
	if others == nil {
		return true, "", nil
	}
	for other := range others {
		if differs, err := differsFrom(deployed, actual, other.Generated, other.Template); err == nil && !differs {
			return true, other.Release, nil
		}
	}
	return true, "", nil
}

// differsFrom reports whether a deployed template has other resources or
// settings than a generated one, or allows something else. actual has the
// resources of the deployed template.
func differsFrom(deployed *source.Found, actual map[string]stacktemplate.Resource, from *source.Generated, template *iam.Template) (bool, error) {
	generated, err := json.Marshal(template.Tree())
	if err != nil {
		return false, fmt.Errorf("writing the template: %w", err)
	}
	wanted, err := stacktemplate.Parse(string(generated))
	if err != nil {
		return false, err
	}
	after := wanted.Values()
	for id, resource := range mergeMaps(actual, after) {
		if actual[id].Type != after[id].Type || !sameSettings(resource.Type, actual[id].Properties, after[id].Properties) {
			return true, nil
		}
	}
	configured, err := source.FromGenerated(from, "the configuration")
	if err != nil {
		return false, err
	}
	return !diff.Compare(configured.Set, deployed.Set).Empty(), nil
}

// sameSettings reports whether two resources of a type have the same
// properties, apart from those that package diff compares by effect: policies,
// and what they are attached to. The order of tags has no effect, and neither
// has the type of a scalar: CloudFormation converts it.
func sameSettings(resourceType string, before, after map[string]any) bool {
	settings := func(properties map[string]any) map[string]any {
		kept := map[string]any{"Path": "/"}
		for name, value := range properties {
			isAttachment := resourceType != "AWS::IAM::InstanceProfile" && slices.Contains([]string{"Groups", "ManagedPolicyArns", "Roles", "Users"}, name)
			value = withTexts(value)
			switch list, isList := value.([]any); {
			case iam.IsPolicyProperty(name), isAttachment, value == nil, isList && len(list) == 0:
			case name == "Tags" && isList:
				texts := make([]string, len(list))
				for i, tag := range list {
					texts[i] = fmt.Sprint(tag)
				}
				slices.Sort(texts)
				kept[name] = texts
			default:
				kept[name] = value
			}
		}
		return kept
	}
	return reflect.DeepEqual(settings(before), settings(after))
}

// withTexts returns a JSON value with strings instead of numbers and booleans.
func withTexts(value any) any {
	switch value := value.(type) {
	case nil:
		return nil
	case map[string]any:
		all := map[string]any{}
		for key, one := range value {
			all[key] = withTexts(one)
		}
		return all
	case []any:
		all := make([]any, len(value))
		for i, one := range value {
			all[i] = withTexts(one)
		}
		return all
	}
	return fmt.Sprint(value)
}

// comparePermissions compares everything that the account allows with everything that
// the configuration allows. Parts that could not be read count as configured.
func (v *comparison) comparePermissions(account *iam.Account, want map[string]*iam.ResourceState) error {
	for _, h := range account.Resources {
		if w := want[h.LogicalID]; w != nil {
			fillUnread(w, h)
			h.Tags = iam.OwnTags(h.Tags, w.Tags, v.stackTags())
		}
	}
	configured, err := source.FromGenerated(v.Generated, "the configuration")
	if err != nil {
		return err
	}
	text, err := json.Marshal(withoutReferenced(account, want).Template())
	if err != nil {
		return fmt.Errorf("encoding the resources of the account: %w", err)
	}
	set, err := document.ReadSet("the account", text)
	if err != nil {
		return err
	}
	v.result.Permissions, err = diff.CompareAnnotated(configured.Set, set)
	return err
}

// withoutReferenced removes the policies that the configuration names but does
// not create. The configuration does not contain their permissions, so the
// comparison would report these as gained.
func withoutReferenced(account *iam.Account, want map[string]*iam.ResourceState) *iam.Account {
	named := map[string]bool{}
	for _, w := range want {
		named[w.Boundary] = true
		for _, policy := range w.Attached {
			named[policy] = true
		}
	}
	return &iam.Account{Resources: account.Resources, Unrequested: slices.DeleteFunc(slices.Clone(account.Unrequested), func(f *iam.ResourceState) bool { return named[f.Name] })}
}

// fillUnread copies from the configuration the parts that could not be read in the
// account.
func fillUnread(w, h *iam.ResourceState) {
	if h.Unread[iam.PartResource] {
		h.Path, h.Trust, h.Boundary, h.Inline, h.Attached, h.Groups, h.Roles, h.Document = w.Path, w.Trust, w.Boundary, w.Inline, w.Attached, w.Groups, w.Roles, w.Document
		h.Tags, h.MaxSession = w.Tags, w.MaxSession
		return
	}
	if h.Unread[iam.PartInline] {
		documents := documentsOf(w.Inline)
		if len(h.Inline) == 0 {
			h.Inline = w.Inline
		}
		h.Inline = slices.Clone(h.Inline)
		for i, p := range h.Inline {
			if p.Document == nil {
				h.Inline[i].Document = documents[p.Name]
			}
		}
	}
	if h.Unread[iam.PartAttachedPolicies] {
		h.Attached = union(w.Attached, h.Attached)
	}
	if h.Unread[iam.PartGroups] {
		h.Groups = union(w.Groups, h.Groups)
	}
	if h.Unread[iam.PartDocument] {
		h.Document = w.Document
	}
}

// union returns the values of two lists together, sorted and without
// duplicates.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
