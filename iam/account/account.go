// Package account reads the current state of IAM resources from an account,
// part by part. A part that cannot be read is reported, and reading continues.
package account

import (
	"context"
	"errors"
	"time"

	"capaboot/iam"
	"capaboot/policies/arn"
)

// FailedRead is a part of a resource that could not be read.
type FailedRead struct {
	// LogicalID is "" for an unrequested policy.
	LogicalID, Type, Name string
	Part                  iam.Part
	// Action is the IAM action that the read needs.
	Action string
	Err    error
}

// ErrNotTried means that a read was skipped, because consecutive reads before
// it got no answer (see [Answered]).
var ErrNotTried = errors.New("not tried, because earlier reads failed")

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
// physical ID, and resources that are not roles, users, groups, managed
// policies or instance profiles. It also reads, into Account.Unrequested, the
// customer managed policies that are attached to these resources or are their
// permissions boundaries. The error is the one returned by OnFailure.
func (r *Reader) Read(ctx context.Context, resources []iam.StackResource) (*iam.Account, error) {
	a := &iam.Account{}
	reading := &readRun{Reader: r, seen: map[string]bool{}}
	for _, resource := range resources {
		reading.seen[resource.PhysicalID] = true
	}
	for _, resource := range resources {
		read, ok := map[string]func(context.Context, *iam.ResourceState){
			iam.TypeRole: reading.readRole, iam.TypeUser: reading.readUser, iam.TypeGroup: reading.readGroup, iam.TypePolicy: reading.readPolicy, iam.TypeProfile: reading.readProfile,
		}[resource.Type]
		if !ok || resource.PhysicalID == "" {
			continue
		}
		found := &iam.ResourceState{LogicalID: resource.LogicalID, Type: resource.Type, Name: resource.PhysicalID, Unread: map[iam.Part]bool{}}
		read(ctx, found)
		a.Resources = append(a.Resources, found)
		if reading.err != nil {
			return nil, reading.err
		}
	}
	for _, policy := range reading.unrequested {
		found := &iam.ResourceState{Type: iam.TypePolicy, Name: policy, Unread: map[iam.Part]bool{}}
		reading.readDocument(ctx, found)
		a.Unrequested = append(a.Unrequested, found)
		if reading.err != nil {
			return nil, reading.err
		}
	}
	return a, nil
}

// readRun is the state of one call of [Reader.Read].
type readRun struct {
	*Reader
	// seen has the physical IDs that were requested or found. unrequested has the
	// ARNs of the customer managed policies that were found but not requested,
	// in the order in which they were found.
	seen        map[string]bool
	unrequested []string
	// unansweredCount counts consecutive reads without an answer (see
	// Answered), and silence is the time that they took.
	unansweredCount int
	silence         time.Duration
	err             error // from OnFailure; stops the run
}

// addUnrequested adds customer managed policies that are not yet in seen, so that
// they are read too.
func (r *readRun) addUnrequested(policies ...string) {
	for _, policy := range policies {
		if a, _ := arn.Parse(policy); policy != "" && !r.seen[policy] && a.Parts == 6 && a.Account != "aws" {
			r.seen[policy] = true
			r.unrequested = append(r.unrequested, policy)
		}
	}
}
