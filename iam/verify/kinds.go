// The kinds of differences. Package policies/report turns them into sentences.

package verify

// Kind is the kind of a difference.
type Kind string

// The kinds.
const (
	StackMissing  Kind = "stack-missing"
	StackFailed   Kind = "stack-failed" // The last operation failed, and RolledBack is false.
	StackOutdated Kind = "stack-outdated"
	StackTag      Kind = "stack-tag"

	ResourceGone      Kind = "resource-gone"
	ResourceUnmanaged Kind = "resource-unmanaged" // The resource exists outside the stack.
	ResourceExtra     Kind = "resource-extra"     // The stack has the resource, but the configuration does not.
	NameChanged       Kind = "name-changed"
	PathChanged       Kind = "path-changed"
	TagChanged        Kind = "tag-changed"

	TrustChanged    Kind = "trust-changed"
	InlineAdded     Kind = "inline-policy-added"
	InlineRemoved   Kind = "inline-policy-removed"
	InlineChanged   Kind = "inline-policy-changed"
	PolicyAttached  Kind = "policy-attached"
	PolicyDetached  Kind = "policy-detached"
	PolicyChanged   Kind = "policy-changed"
	BoundaryAdded   Kind = "boundary-added"
	BoundaryDropped Kind = "boundary-dropped"
	BoundaryChanged Kind = "boundary-changed"
	HolderAdded     Kind = "holder-added" // A policy of the configuration is attached to another role, user or group.
	HolderRemoved   Kind = "holder-removed"
	GroupJoined     Kind = "group-joined"
	GroupLeft       Kind = "group-left"
	MemberAdded     Kind = "group-member-added" // Another user is in a group of the configuration.
	ProfileRole     Kind = "profile-role-changed"
	// ProfileAdded means that an instance profile outside the configuration has a
	// role of the configuration.
	ProfileAdded       Kind = "instance-profile-added"
	SessionChanged     Kind = "session-duration-changed"
	DescriptionChanged Kind = "description-changed"
	PasswordAdded      Kind = "console-password-added"
)

// Kinds returns all kinds.
func Kinds() []Kind {
	return []Kind{StackMissing, StackFailed, StackOutdated, StackTag,
		ResourceGone, ResourceUnmanaged, ResourceExtra, NameChanged, PathChanged, TagChanged,
		TrustChanged, InlineAdded, InlineRemoved, InlineChanged, PolicyAttached, PolicyDetached, PolicyChanged,
		BoundaryAdded, BoundaryDropped, BoundaryChanged, HolderAdded, HolderRemoved, GroupJoined, GroupLeft, MemberAdded, ProfileRole,
		ProfileAdded, SessionChanged, DescriptionChanged, PasswordAdded}
}
