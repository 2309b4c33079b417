// Compares the configured resources with the actual ones, part by part.

package verify

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"capaboot/iam"
	"capaboot/policies/diff"
	"capaboot/policies/document"
	"capaboot/policies/source"
)

// comparison is the state of one comparison.
type comparison struct {
	Input
	result *Result
	// physical has the physical IDs of the stack's resources, by logical ID.
	physical map[string]string
	expected []*iam.ResourceState
	// targets has the resources to read: those of the configuration, and those
	// that only the stack has.
	targets []iam.StackResource
}

// selectTargets determines what to read: each resource under its name in the
// stack, or else under its configured name.
func (v *comparison) selectTargets() {
	v.physical = map[string]string{}
	types := map[string]string{}
	if v.Stack != nil {
		for _, r := range v.Stack.Resources {
			v.physical[r.LogicalID], types[r.LogicalID] = r.PhysicalID, r.Type
		}
	}
	v.expected = v.Template.Expected(v.Partition, v.Account, v.physical)
	configured := map[string]bool{}
	for _, f := range v.expected {
		configured[f.LogicalID] = true
		if f.Name != "" {
			v.targets = append(v.targets, iam.StackResource{LogicalID: f.LogicalID, Type: f.Type, PhysicalID: f.Name})
		}
	}
	if v.Stack == nil {
		return
	}
	for _, r := range v.Stack.Resources {
		if !configured[r.LogicalID] && r.PhysicalID != "" && strings.HasPrefix(r.Type, "AWS::IAM::") {
			v.targets = append(v.targets, r)
		}
	}
}

func (v *comparison) compare(account *iam.Account) error {
	if err := v.compareStack(); err != nil {
		return err
	}
	found := map[string]*iam.ResourceState{}
	for _, f := range account.Resources {
		found[f.LogicalID] = f
	}
	want := map[string]*iam.ResourceState{}
	for _, w := range v.expected {
		want[w.LogicalID] = w
	}
	ids := slices.Sorted(maps.Keys(want))
	for id := range found {
		if want[id] == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		w, h := want[id], found[id]
		v.result.Checked++
		switch {
		case w == nil && h.Missing:
			v.add(ResourceGone, h, "")
		case w == nil:
			if !h.Unread[iam.PartResource] {
				v.add(ResourceExtra, h, "")
			}
		case h == nil || h.Missing:
			// If h is nil, only the stack has the name of the resource. If the stack was
			// not read, it is unknown whether the resource exists.
			if v.StackNotRead && h == nil {
				v.result.NotRead = append(v.result.NotRead, NotRead{LogicalID: id, Part: string(iam.PartResource), Reason: "only the stack has the name of the resource, and capaboot did not read the stack"})
				continue
			}
			v.add(ResourceGone, w, "")
		case !h.Unread[iam.PartResource]:
			if err := v.compareResource(w, h, found, want); err != nil {
				return err
			}
		}
		if h != nil {
			v.addKeys(h)
		}
	}
	return v.comparePermissions(account, want)
}

// add adds a difference of a resource. values are the configured and the actual
// value, nil for a value that does not exist.
func (v *comparison) add(kind Kind, f *iam.ResourceState, detail string, values ...*string) {
	d := Difference{Kind: kind, LogicalID: f.LogicalID, Type: f.Type, Name: f.Name, What: detail}
	if len(values) == 2 {
		d.Configured, d.Found = values[0], values[1]
	}
	v.result.Differences = append(v.result.Differences, d)
}

func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// compareResource compares a resource that exists: w is its configured state, h
// its actual state. found has the actual states of all resources, and want the
// configured states, both by logical ID.
func (v *comparison) compareResource(w, h *iam.ResourceState, found, want map[string]*iam.ResourceState) error {
	if !v.StackNotRead && v.physical[w.LogicalID] == "" {
		v.add(ResourceUnmanaged, h, "")
	}
	if name, found := v.Template.Name(w.LogicalID), iam.NameOf(h.Name); name != "" && name != found {
		v.add(NameChanged, h, "", &name, &found)
	}
	if w.Path != h.Path && h.Path != "" {
		v.add(PathChanged, h, "", &w.Path, &h.Path)
	}
	for _, compare := range []func(w, h *iam.ResourceState) error{v.compareDocuments, v.compareInline} {
		if err := compare(w, h); err != nil {
			return err
		}
	}
	v.compareBoundary(w, h)
	v.compareLists(w, h, found, want)
	v.compareTags(w, h)
	v.compareSettings(w, h)
	return nil
}

// compareSettings compares the description of a resource, the maximum session
// duration of a role, and whether a user has a console password.
func (v *comparison) compareSettings(w, h *iam.ResourceState) {
	if w.Description != h.Description {
		v.add(DescriptionChanged, h, "", orNil(w.Description), orNil(h.Description))
	}
	if w.MaxSession != h.MaxSession && !h.Unread[iam.PartSession] {
		wanted, found := strconv.Itoa(int(w.MaxSession)), strconv.Itoa(int(h.MaxSession))
		v.add(SessionChanged, h, "", &wanted, &found)
	}
	if h.Password && !w.Password {
		v.add(PasswordAdded, h, "")
	}
}

func (v *comparison) compareDocuments(w, h *iam.ResourceState) error {
	for _, one := range []struct {
		kind          Kind
		part          iam.Part
		trust         bool
		wanted, found any
	}{{TrustChanged, iam.PartResource, true, w.Trust, h.Trust}, {PolicyChanged, iam.PartDocument, false, w.Document, h.Document}} {
		if one.wanted == nil || h.Unread[one.part] {
			continue
		}
		effect, err := compareEffect(one.wanted, one.found, one.trust)
		if err != nil {
			return err
		}
		if effect.Empty() {
			continue
		}
		v.add(one.kind, h, "")
		if one.trust {
			if err := v.result.Differences[len(v.result.Differences)-1].describeTrust(effect, one.wanted, one.found); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *comparison) compareInline(w, h *iam.ResourceState) error {
	if h.Unread[iam.PartInline] && len(h.Inline) == 0 {
		return nil
	}
	wanted, found := documentsOf(w.Inline), documentsOf(h.Inline)
	for _, name := range slices.Sorted(maps.Keys(mergeMaps(wanted, found))) {
		w, isWanted := wanted[name]
		got, isFound := found[name]
		switch {
		case !isFound:
			v.add(InlineRemoved, h, name)
		case !isWanted:
			v.add(InlineAdded, h, name)
		case got != nil: // nil when the document could not be read
			effect, err := compareEffect(w, got, false)
			if err != nil {
				return err
			}
			if !effect.Empty() {
				v.add(InlineChanged, h, name)
			}
		}
	}
	return nil
}

func documentsOf(policies []iam.InlinePolicy) map[string]any {
	all := map[string]any{}
	for _, p := range policies {
		all[p.Name] = p.Document
	}
	return all
}

// mergeMaps returns the entries of both maps; b takes precedence.
func mergeMaps[V any](a, b map[string]V) map[string]V {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

func (v *comparison) compareBoundary(w, h *iam.ResourceState) {
	switch {
	case w.Boundary == h.Boundary:
	case h.Boundary == "":
		v.add(BoundaryDropped, h, "", orNil(w.Boundary), nil)
	case w.Boundary == "":
		v.add(BoundaryAdded, h, "", nil, orNil(h.Boundary))
	default:
		v.add(BoundaryChanged, h, "", orNil(w.Boundary), orNil(h.Boundary))
	}
}

// compareLists compares the lists of a resource: attached policies, groups,
// roles, instance profiles, attachments, members. An incomplete list proves
// what it contains, but not what is missing.
func (v *comparison) compareLists(w, h *iam.ResourceState, found, want map[string]*iam.ResourceState) {
	v.compareNames(h, iam.PartAttachedPolicies, w.Attached, h.Attached, PolicyAttached, PolicyDetached)
	v.compareNames(h, iam.PartGroups, w.Groups, h.Groups, GroupJoined, GroupLeft)
	if h.Type == "AWS::IAM::InstanceProfile" && !slices.Equal(w.Roles, h.Roles) {
		v.add(ProfileRole, h, "", orNil(strings.Join(w.Roles, ", ")), orNil(strings.Join(h.Roles, ", ")))
	}
	for _, profile := range h.Profiles {
		// Skip configured instance profiles that were read: ProfileRole reports their
		// changes.
		isCompared := func(w *iam.ResourceState) bool {
			other := found[w.LogicalID]
			return w.Type == "AWS::IAM::InstanceProfile" && w.Name == profile && other != nil && !other.Missing && !other.Unread[iam.PartResource]
		}
		if !slices.Contains(w.Profiles, profile) && !slices.ContainsFunc(v.expected, isCompared) {
			v.add(ProfileAdded, h, profile)
		}
	}
	// Report an attachment or a membership once: at the configured role, user
	// or group if its own list could be read, and otherwise here.
	isReported := func(kind, name string, part iam.Part) bool {
		for id, w := range want {
			if w.Type != kind || w.Name != name {
				continue
			}
			other := found[id]
			return other == nil || other.Missing || !other.Unread[part] && !other.Unread[iam.PartResource]
		}
		return false
	}
	for _, entity := range h.AttachedTo {
		if !slices.Contains(w.AttachedTo, entity) && !isReported(entity.Type, entity.Name, iam.PartAttachedPolicies) {
			v.add(HolderAdded, h, kindOf(entity.Type)+" "+entity.Name)
		}
	}
	for _, entity := range w.AttachedTo {
		if !h.Unread[iam.PartAttachments] && !slices.Contains(h.AttachedTo, entity) && !isReported(entity.Type, entity.Name, iam.PartAttachedPolicies) {
			v.add(HolderRemoved, h, kindOf(entity.Type)+" "+entity.Name)
		}
	}
	for _, member := range h.Members {
		if !slices.Contains(w.Members, member) && !isReported("AWS::IAM::User", member, iam.PartGroups) {
			v.add(MemberAdded, h, member)
		}
	}
}

func kindOf(resourceType string) string {
	return strings.ToLower(resourceType[strings.LastIndexByte(resourceType, ':')+1:])
}

// compareNames adds a difference for each name that is in only one of two lists:
// added when only found has it, removed when only wanted has it and the part
// could be read.
func (v *comparison) compareNames(h *iam.ResourceState, part iam.Part, wanted, found []string, added, removed Kind) {
	for _, name := range found {
		if !slices.Contains(wanted, name) {
			v.add(added, h, name)
		}
	}
	for _, name := range wanted {
		if !h.Unread[part] && !slices.Contains(found, name) {
			v.add(removed, h, name)
		}
	}
}

// stackTags returns the tags that CloudFormation copies to the resources.
func (v *comparison) stackTags() map[string]string {
	if v.Stack == nil {
		return v.Tags
	}
	return mergeMaps(v.Tags, v.Stack.Tags)
}

// compareTags compares the tags of a resource. It ignores tags with the key and
// the value of a tag of the stack, and the tags that CloudFormation adds
// itself.
func (v *comparison) compareTags(w, h *iam.ResourceState) {
	if w.Type == "AWS::IAM::Group" { // groups have no tags
		return
	}
	stackTags := v.stackTags()
	own := iam.OwnTags(h.Tags, w.Tags, stackTags)
	for _, key := range slices.Sorted(maps.Keys(mergeMaps(w.Tags, own))) {
		want, isWanted := w.Tags[key]
		got, isFound := own[key]
		value, isStackTag := stackTags[key]
		switch {
		case strings.HasPrefix(key, "aws:"), isWanted && isFound && want == got:
			continue
		}
		var configured, found *string
		if isWanted {
			configured = &want
		} else if isStackTag {
			configured = &value
		}
		if isFound {
			found = &got
		}
		v.add(TagChanged, h, key, configured, found)
	}
}

// compareEffect returns what only found allows and what only wanted allows.
// wanted and found are policy documents or, if trust is set, trust policies.
func compareEffect(wanted, found any, trust bool) (diff.Result, error) {
	if reflect.DeepEqual(wanted, found) {
		return diff.Result{}, nil
	}
	var sets []*document.Set
	for _, doc := range []any{wanted, found} {
		set, err := setOf(doc, trust)
		if err != nil {
			return diff.Result{}, err
		}
		sets = append(sets, set)
	}
	return diff.Compare(sets[0], sets[1]), nil
}

// setOf parses a single policy document or trust policy.
func setOf(doc any, trust bool) (*document.Set, error) {
	resource := map[string]any{"Type": "AWS::IAM::ManagedPolicy", "Properties": map[string]any{"ManagedPolicyName": "p", "PolicyDocument": doc}}
	if trust {
		resource = map[string]any{"Type": "AWS::IAM::Role", "Properties": map[string]any{"RoleName": "r", "AssumeRolePolicyDocument": doc}}
	}
	found, err := source.FromGenerated(&source.Generated{Template: map[string]any{"Resources": map[string]any{"R": resource}}}, "the account")
	if err != nil {
		return nil, err
	}
	return found.Set, nil
}
