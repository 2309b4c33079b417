// Reads the current state of IAM resources from an account, part by part. A
// part that cannot be read is reported, and reading continues.

package iam

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"capaboot/policies/arn"
)

// The resource types that a Reader reads.
const (
	typeRole    = "AWS::IAM::Role"
	typeUser    = "AWS::IAM::User"
	typeGroup   = "AWS::IAM::Group"
	typePolicy  = "AWS::IAM::ManagedPolicy"
	typeProfile = "AWS::IAM::InstanceProfile"
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
	// Foreign has the customer managed policies that Resources refer to, as
	// attached policies or boundaries, and that are not in Resources
	// themselves.
	Foreign []*ResourceState
}

// ResourceState is the state of a resource: as read from the account, or as
// [Template.Expected] derives it from the template.
type ResourceState struct {
	// LogicalID is "" for a foreign policy. Name is the physical ID; for a
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
	// Profiles has the instance profiles that have a role, sorted.
	Profiles []string
	// Password means that a user has a password for the console.
	Password bool
	// Unread has the parts that could not be read.
	Unread map[Part]bool
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

// FailedRead is a part of a resource that could not be read.
type FailedRead struct {
	// LogicalID is "" for a foreign policy.
	LogicalID, Type, Name string
	Part                  Part
	// Action is the IAM action that the read needs.
	Action string
	Err    error
}

// ErrNotTried means that a read was skipped, because the reads before it got no
// response.
var ErrNotTried = errors.New("not tried, because earlier reads got no response")

// Reader reads the state of resources from an account.
type Reader struct {
	API API
	// Full means that Read also reads the entities that a managed policy is
	// attached to, the members of groups, the instance profiles of a role, and the
	// access keys and console passwords of users.
	Full bool
	// OnFailure is called for each failed read, and must not be nil. If it
	// returns an error, reading stops.
	OnFailure func(FailedRead) error
}

// Read reads resources by their physical IDs. It skips resources without a
// physical ID, resources that are not roles, users, groups, managed policies or
// instance profiles, and, unless r.Full is set, instance profiles. The error is
// the one returned by OnFailure.
func (r *Reader) Read(ctx context.Context, resources []StackResource) (*Account, error) {
	a := &Account{}
	reading := &readRun{Reader: r, seen: map[string]bool{}}
	for _, resource := range resources {
		reading.seen[resource.PhysicalID] = true
	}
	for _, resource := range resources {
		read, ok := map[string]func(context.Context, *ResourceState){
			typeRole: reading.readRole, typeUser: reading.readUser, typeGroup: reading.readGroup, typePolicy: reading.readPolicy, typeProfile: reading.readProfile,
		}[resource.Type]
		if !ok || resource.PhysicalID == "" {
			continue
		}
		found := &ResourceState{LogicalID: resource.LogicalID, Type: resource.Type, Name: resource.PhysicalID, Unread: map[Part]bool{}}
		read(ctx, found)
		a.Resources = append(a.Resources, found)
		if reading.err != nil {
			return nil, reading.err
		}
	}
	for _, policy := range reading.foreign {
		found := &ResourceState{Type: typePolicy, Name: policy, Unread: map[Part]bool{}}
		reading.readDocument(ctx, found)
		a.Foreign = append(a.Foreign, found)
		if reading.err != nil {
			return nil, reading.err
		}
	}
	return a, nil
}

// readRun is the state of one call of [Reader.Read].
type readRun struct {
	*Reader
	// seen has the physical IDs that were requested or found. foreign has the
	// ARNs of the customer managed policies that were found but not requested,
	// in the order in which they were found.
	seen    map[string]bool
	foreign []string
	// unansweredCount counts consecutive reads without an answer (see
	// Answered), and silence is the time that they took.
	unansweredCount int
	silence         time.Duration
	err             error // from OnFailure; stops the run
}

// addForeign adds customer managed policies that are not yet in seen, so that
// they are read too.
func (r *readRun) addForeign(policies ...string) {
	for _, policy := range policies {
		if a, _ := arn.Parse(policy); policy != "" && !r.seen[policy] && a.Parts == 6 && a.Account != "aws" {
			r.seen[policy] = true
			r.foreign = append(r.foreign, policy)
		}
	}
}

func sortEntities(entities []Entity) {
	slices.SortFunc(entities, func(a, b Entity) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name))
	})
}
