// The state of IAM resources: as package account reads it, or as the template
// creates it.

package iam

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// The resource types that package account reads.
const (
	TypeRole    = "AWS::IAM::Role"
	TypeUser    = "AWS::IAM::User"
	TypeGroup   = "AWS::IAM::Group"
	TypePolicy  = "AWS::IAM::ManagedPolicy"
	TypeProfile = "AWS::IAM::InstanceProfile"
)

// StackResource identifies a resource of a stack.
type StackResource struct{ LogicalID, Type, PhysicalID string }

// Part is a part of a resource that is read separately.
type Part string

// The parts of a resource.
const (
	PartResource         Part = "the resource"
	PartInline           Part = "inline policies"
	PartAttachedPolicies Part = "attached policies"
	PartGroups           Part = "groups"
	PartDocument         Part = "document"
	PartAttachments      Part = "attachments"
	PartKeys             Part = "access keys"
	PartLastUse          Part = "last use of an access key"
	PartProfiles         Part = "instance profiles"
	PartPassword         Part = "console password"
	PartSession          Part = "maximum session duration"
)

// Account is the state of some IAM resources of an account.
type Account struct {
	Resources []*ResourceState
	// Unrequested has the customer managed policies that Resources refer to, as
	// attached policies or boundaries, and that are not in Resources
	// themselves.
	Unrequested []*ResourceState
}

// ResourceState is the state of a resource: as read from the account, or as
// [Template.Expected] derives it from the template.
type ResourceState struct {
	// LogicalID is "" for an unrequested policy. Name is the physical ID; for a
	// managed policy that is its ARN.
	LogicalID, Type, Name string
	// Missing means that the resource does not exist.
	Missing bool
	Path    string
	// Trust is the trust policy of a role, and Document the document of a
	// managed policy, both as JSON values.
	Trust, Document any
	// Boundary is the ARN of the permissions boundary, or "".
	Boundary string
	Inline   []InlinePolicy // sorted by name
	Attached []string       // ARNs, sorted
	// Groups has the groups of a user, Members the users of a group, Roles the
	// roles of an instance profile. All are sorted.
	Groups, Members, Roles []string
	// AttachedTo has the roles, users and groups that a managed policy is
	// attached to, sorted.
	AttachedTo []Entity
	Tags       map[string]string
	Keys       []AccessKey
	// Description is the description of a role or a managed policy, or "".
	Description string
	// MaxSession is the maximum session duration of a role, in seconds.
	MaxSession int32
	// Profiles has the names of the instance profiles that contain the role,
	// sorted.
	Profiles []string
	// Password means that a user has a password for the console.
	Password bool
	// Unread has the parts that could not be read.
	Unread map[Part]bool
}

// OwnTags returns the found tags of a resource without those that CloudFormation
// copied from the stack. wanted has the tags that the template gives the resource
// itself; nil means that they are unknown. Source: CloudFormation User Guide,
// "Resource tag".
func OwnTags(found, wanted, stack map[string]string) map[string]string {
	own := maps.Clone(found)
	maps.DeleteFunc(own, func(key, value string) bool {
		_, isWanted := wanted[key]
		stackValue, isStackTag := stack[key]
		return !isWanted && isStackTag && value == stackValue
	})
	return own
}

// InlinePolicy is an inline policy. Document is nil when it could not be read.
type InlinePolicy struct {
	Name     string
	Document any
}

// Entity is a role, user or group that a managed policy is attached to.
type Entity struct{ Type, Name string }

// AccessKey is an access key of a user. IAM returns no secrets.
type AccessKey struct {
	ID, Status string
	Created    time.Time
	// LastUsed is zero if the key was never used, or if LastUseUnread is true.
	// Service and Region say where the key was last used.
	LastUsed        time.Time
	Service, Region string
	// LastUseUnread means that the last use could not be read.
	LastUseUnread bool
}

// SortAttachedTo sorts AttachedTo by type, then by name.
func (f *ResourceState) SortAttachedTo() {
	slices.SortFunc(f.AttachedTo, func(a, b Entity) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name))
	})
}
