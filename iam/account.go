// The account: what the resources of IAM are now, read part by part. A part that
// cannot be read is told of, and the others are read anyway.

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

// Types of the resources that are read.
const (
	typeRole    = "AWS::IAM::Role"
	typeUser    = "AWS::IAM::User"
	typeGroup   = "AWS::IAM::Group"
	typePolicy  = "AWS::IAM::ManagedPolicy"
	typeProfile = "AWS::IAM::InstanceProfile"
)

// StackResource is a resource of a stack, by its names.
type StackResource struct{ LogicalID, Type, PhysicalID string }

// Part is what a look is for.
type Part string

// The parts of a resource.
const (
	PartResource Part = "the resource"
	PartInline   Part = "inline policies"
	PartAttached Part = "attached policies"
	PartGroups   Part = "groups"
	PartDocument Part = "document"
	PartHolders  Part = "attachments"
	PartKeys     Part = "access keys"
	PartLastUse  Part = "last use of an access key"
)

// Account is what an account has of some resources.
type Account struct {
	Resources []*Found
	// Foreign are policies of the account that the resources have, and that are
	// none of them.
	Foreign []*Found
}

// Found is a resource as it is; or, made by [Template.Wanted], as it should be.
type Found struct {
	// LogicalID is "" for a foreign policy. Name is the physical ID: of a managed
	// policy its ARN.
	LogicalID, Type, Name string
	// Gone: it does not exist.
	Gone bool
	Path string
	// Trust and Document are JSON values: of a role, and of a managed policy.
	Trust, Document any
	// Boundary is an ARN; "" for none.
	Boundary string
	Inline   []InlinePolicy // sorted by name
	Attached []string       // ARNs, sorted
	// Groups are those of a user, Members the users of a group, Roles those of an
	// instance profile; sorted.
	Groups, Members, Roles []string
	// Holders have a managed policy attached; sorted.
	Holders []Holder
	Tags    map[string]string
	Keys    []AccessKey
	// Unseen are the parts that could not be read.
	Unseen map[Part]bool
}

// InlinePolicy is one; its Document is nil when it could not be read.
type InlinePolicy struct {
	Name     string
	Document any
}

// Holder is who has a managed policy.
type Holder struct{ Type, Name string }

// AccessKey is one of a user, without its secret, which nothing returns.
type AccessKey struct {
	ID, Status string
	Created    time.Time
	// LastUsed is zero when it never was; Service and Region are where.
	LastUsed        time.Time
	Service, Region string
	// UseUnseen: the last use could not be read.
	UseUnseen bool
}

// Unseen is a look that failed.
type Unseen struct {
	// LogicalID is "" for a foreign policy.
	LogicalID, Type, Name string
	Part                  Part
	// Action is the permission that the look needs.
	Action string
	Err    error
}

// ErrNotTried says why a read was not tried: too many reads before it got no answer.
var ErrNotTried = errors.New("not tried, because earlier reads got no answer")

// Reader reads an account.
type Reader struct {
	API API
	// Whole reads also tags, attachments of policies, members of groups, instance
	// profiles and access keys.
	Whole bool
	// Failed is told of a look that failed. An error that it returns ends the
	// reading.
	Failed func(Unseen) error
}

// Read reads resources by their physical IDs; those without one and those of
// other types are passed over. The error is that of Failed.
func (r *Reader) Read(ctx context.Context, resources []StackResource) (*Account, error) {
	a := &Account{}
	reading := &reading{Reader: r, seen: map[string]bool{}}
	for _, one := range resources {
		reading.seen[one.PhysicalID] = true
	}
	for _, one := range resources {
		read, ok := map[string]func(context.Context, *Found){
			typeRole: reading.role, typeUser: reading.user, typeGroup: reading.group, typePolicy: reading.policy, typeProfile: reading.profile,
		}[one.Type]
		if !ok || one.PhysicalID == "" || one.Type == typeProfile && !r.Whole {
			continue
		}
		found := &Found{LogicalID: one.LogicalID, Type: one.Type, Name: one.PhysicalID, Unseen: map[Part]bool{}}
		read(ctx, found)
		a.Resources = append(a.Resources, found)
		if reading.err != nil {
			return nil, reading.err
		}
	}
	for _, policy := range reading.foreign {
		found := &Found{Type: typePolicy, Name: policy, Unseen: map[Part]bool{}}
		reading.document(ctx, found)
		a.Foreign = append(a.Foreign, found)
		if reading.err != nil {
			return nil, reading.err
		}
	}
	return a, nil
}

// reading is a run of a Reader.
type reading struct {
	*Reader
	// seen are the physical IDs of what is read already; foreign are the ARNs of
	// other policies of the account, in the order in which they were found.
	seen    map[string]bool
	foreign []string
	// fruitless is how many looks in a row had no answer.
	fruitless int
	err       error // which ends the reading
}

// policies takes note of policies: those of the account are read too.
func (r *reading) policies(policies ...string) {
	for _, policy := range policies {
		if a, _ := arn.Parse(policy); policy != "" && !r.seen[policy] && a.Parts == 6 && a.Account != "aws" {
			r.seen[policy] = true
			r.foreign = append(r.foreign, policy)
		}
	}
}

func sortHolders(holders []Holder) {
	slices.SortFunc(holders, func(a, b Holder) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name))
	})
}
