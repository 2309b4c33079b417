// Package cfnstack plans, deploys, follows and deletes one CloudFormation stack,
// and removes the change sets that it made. It knows nothing of what the
// template is for.
//
// Every change goes through a change set: made, shown, and executed only as it
// was shown. Removals and replacements need a yes, which the caller gives
// ([Manager.Confirm]); nothing here prints or asks. Waiting survives what
// networks and services do; when a wait does end early, the error says that
// the stack goes on and carries what is known ([Interrupted]). When
// CloudFormation fails, the error is a [Failure]: the event that failed first,
// and what kind of reason it has. No error says what to do: the caller knows
// the words for that.
package cfnstack

// This file has the service as the package needs it, and what a caller hands
// in.

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// API is what this package calls of CloudFormation: [APIOf] a client. The package retries by itself and turns the client's retries off. The
// client must bound each attempt in time: a connection that a sleeping laptop
// left behind is never answered, and not every request ends with its context.
type API struct {
	CreateChangeSet                   func(context.Context, *cloudformation.CreateChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.CreateChangeSetOutput, error)
	DescribeChangeSet                 func(context.Context, *cloudformation.DescribeChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeChangeSetOutput, error)
	ListChangeSets                    func(context.Context, *cloudformation.ListChangeSetsInput, ...func(*cloudformation.Options)) (*cloudformation.ListChangeSetsOutput, error)
	DeleteChangeSet                   func(context.Context, *cloudformation.DeleteChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.DeleteChangeSetOutput, error)
	ExecuteChangeSet                  func(context.Context, *cloudformation.ExecuteChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.ExecuteChangeSetOutput, error)
	DescribeStacks                    func(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error)
	DescribeStackEvents               func(context.Context, *cloudformation.DescribeStackEventsInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackEventsOutput, error)
	DescribeEvents                    func(context.Context, *cloudformation.DescribeEventsInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeEventsOutput, error)
	ListStackResources                func(context.Context, *cloudformation.ListStackResourcesInput, ...func(*cloudformation.Options)) (*cloudformation.ListStackResourcesOutput, error)
	DescribeStackResources            func(context.Context, *cloudformation.DescribeStackResourcesInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackResourcesOutput, error)
	GetTemplate                       func(context.Context, *cloudformation.GetTemplateInput, ...func(*cloudformation.Options)) (*cloudformation.GetTemplateOutput, error)
	DeleteStack                       func(context.Context, *cloudformation.DeleteStackInput, ...func(*cloudformation.Options)) (*cloudformation.DeleteStackOutput, error)
	ContinueUpdateRollback            func(context.Context, *cloudformation.ContinueUpdateRollbackInput, ...func(*cloudformation.Options)) (*cloudformation.ContinueUpdateRollbackOutput, error)
	UpdateTerminationProtection       func(context.Context, *cloudformation.UpdateTerminationProtectionInput, ...func(*cloudformation.Options)) (*cloudformation.UpdateTerminationProtectionOutput, error)
	DetectStackDrift                  func(context.Context, *cloudformation.DetectStackDriftInput, ...func(*cloudformation.Options)) (*cloudformation.DetectStackDriftOutput, error)
	DescribeStackDriftDetectionStatus func(context.Context, *cloudformation.DescribeStackDriftDetectionStatusInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackDriftDetectionStatusOutput, error)
	DescribeStackResourceDrifts       func(context.Context, *cloudformation.DescribeStackResourceDriftsInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackResourceDriftsOutput, error)
}

// APIOf returns what the package calls of a client.
//
// A client in an interface would keep all its methods, with their middlewares, in
// the program: the linker drops methods that no one calls only from types that are
// in no interface, once something looks methods up by name (text/template does).
// The methods of CloudFormation's and IAM's clients were 8 MB of 25.
func APIOf(client *cloudformation.Client) API {
	return API{
		CreateChangeSet:                   client.CreateChangeSet,
		DescribeChangeSet:                 client.DescribeChangeSet,
		ListChangeSets:                    client.ListChangeSets,
		DeleteChangeSet:                   client.DeleteChangeSet,
		ExecuteChangeSet:                  client.ExecuteChangeSet,
		DescribeStacks:                    client.DescribeStacks,
		DescribeStackEvents:               client.DescribeStackEvents,
		DescribeEvents:                    client.DescribeEvents,
		ListStackResources:                client.ListStackResources,
		DescribeStackResources:            client.DescribeStackResources,
		GetTemplate:                       client.GetTemplate,
		DeleteStack:                       client.DeleteStack,
		ContinueUpdateRollback:            client.ContinueUpdateRollback,
		UpdateTerminationProtection:       client.UpdateTerminationProtection,
		DetectStackDrift:                  client.DetectStackDrift,
		DescribeStackDriftDetectionStatus: client.DescribeStackDriftDetectionStatus,
		DescribeStackResourceDrifts:       client.DescribeStackResourceDrifts,
	}
}

// Manager does things with stacks. Only API must be set. It keeps no state
// between calls.
type Manager struct {
	API API
	// Observe is told what happens, in order and from one goroutine; it must
	// return soon.
	Observe func(Progress)
	// Confirm answers questions; false means no, and nothing is changed then. An
	// error ends the operation and is returned. Without it every answer is no.
	Confirm func(context.Context, Question) (bool, error)
	// Refresh makes new credentials after the service said that they expired,
	// and says whether it got other ones. Without it there are none. An error
	// says that there may be some a little later.
	Refresh func(context.Context) (bool, error)
}

// Request describes a deployment.
type Request struct {
	StackName string
	// Template is the template's text, JSON or YAML, at most 51,200 bytes
	// (CloudFormation's limit for a template in a request).
	Template string
	// Tags of the stack, which CloudFormation gives to its resources too. They
	// replace those that the stack has; nil removes them.
	Tags map[string]string
	// RoleARN is the service role CloudFormation works with; empty means the
	// role the stack had before, or else the caller's permissions.
	RoleARN string
	// ImportExisting adopts resources that exist under the names of the
	// template. CloudFormation only adopts what has a DeletionPolicy, so that
	// resources without one are given RetainExceptOnCreate; the next deployment
	// without ImportExisting takes it away again.
	ImportExisting bool
	// RevertDrift makes a drift-aware change set: CloudFormation compares the
	// template with the resources as they are, and brings them back to it. Only a
	// stack that exists has drift.
	RevertDrift bool
	// KeepFailed keeps what a failed creation made, for looking at. Otherwise it
	// is deleted (or rolled back when ImportExisting is set).
	KeepFailed bool
	// TerminationProtection is switched on when the stack is created or updated,
	// and not before: a creation that fails could not be deleted. So the first
	// deployment cannot be detached with it. False leaves it as it is.
	TerminationProtection bool
	// Timeout bounds the whole operation; 0 means 30 minutes.
	Timeout time.Duration
	// Detach returns as soon as the operation has started.
	Detach bool
}

// DefaultTimeout is how long an operation may take when its request does not
// say.
const DefaultTimeout = 30 * time.Minute

// maxTemplateBytes is the largest template body in a request:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const maxTemplateBytes = 51_200

// A Stage is what kind of [Progress] is reported.
type Stage string

// The stages.
const (
	StagePlanned    Stage = "planned"    // a change set is made: ChangeSet
	StagePreparing  Stage = "preparing"  // something is done so that the stack can be changed: Preparation
	StageKeeping    Stage = "keeping"    // the stack is updated so that resources stay when it is deleted
	StageFollowing  Stage = "following"  // another operation is under way and followed first: Status
	StageReplanning Stage = "replanning" // the stack changed meanwhile, a new plan is made: Err
	StageStarted    Stage = "started"    // the operation has started: StackID
	StageEvent      Stage = "event"      // one event: Event
	StageRetrying   Stage = "retrying"   // a request failed and is repeated: Problem, Err, Wait
	// What an earlier run left is removed, or could not be looked for: Leftover;
	// Problem, Err.
	StageSwept       Stage = "swept"
	StageSweepFailed Stage = "sweep failed"
	StageLeft        Stage = "left" // what a run made could not be removed: Leftover
	// The run is interrupted, and first removes its change set: Leftover.
	StageDiscarding Stage = "discarding"
)

// Progress is one thing that happened.
type Progress struct {
	Stage              Stage
	StackName, StackID string
	Status             string
	Event              *Event
	ChangeSet          *ChangeSet
	Preparation        *Preparation
	Leftover           *Leftover
	// Problem is Err in one sentence for people.
	Problem string
	Err     error
	Wait    time.Duration
}

// QuestionKind is what a [Question] is about.
type QuestionKind string

// The kinds of questions.
const (
	// QuestionApply: the change set removes or replaces resources.
	QuestionApply QuestionKind = "apply"
	// QuestionApplyChanged: the stack changed after a plan was shown, and the
	// new plan differs from it.
	QuestionApplyChanged QuestionKind = "apply changed plan"
	// QuestionContinueRollback: the stack is UPDATE_ROLLBACK_FAILED.
	QuestionContinueRollback QuestionKind = "continue rollback"
	// QuestionDeleteFailed: the stack is in a failed state; it would be deleted
	// and created again.
	QuestionDeleteFailed QuestionKind = "delete and create"
	// QuestionDelete: the stack would be deleted.
	QuestionDelete QuestionKind = "delete"
)

// Question is what needs a yes.
type Question struct {
	Kind      QuestionKind
	StackName string
	StackID   string
	Status    string
	// ChangeSet is the plan, for the questions about one.
	ChangeSet *ChangeSet
	// Resources are what will go, or what holds the stack back, with their
	// reasons.
	Resources []Resource
	// Retained are the resources that stay, of QuestionDelete and
	// QuestionDeleteFailed: because they are to be retained, or because of the
	// DeletionPolicy they have in the template of the stack. RetainedErr is why the
	// latter are unknown, nil when they are: some of Resources may stay then.
	Retained    []Resource
	RetainedErr error
	// Updates are those of Retained for which the stack is updated first: it
	// gives them the DeletionPolicy Retain.
	Updates []Resource
	// Changes are those of the change set that remove or replace something.
	Changes []Change
	// ChangeSets are the names of those that go with the stack, of
	// QuestionDelete and QuestionDeleteFailed; ChangeSetsErr is why they cannot
	// be listed.
	ChangeSets    []string
	ChangeSetsErr error
}

// Deed is something that a run did to the stack before a question.
type Deed string

// The deeds.
const (
	DeedContinuedRollback Deed = "continued the rollback of the last update"
	DeedDeleted           Deed = "deleted the stack that had failed"
)

// Declined is the error when the answer to a question was no. Nothing was
// changed after the deeds.
type Declined struct {
	Question Question
	Deeds    []Deed
}

func (m *Manager) observe(p Progress) {
	if m.Observe != nil {
		m.Observe(p)
	}
}

// ask returns nil for a yes, and a *Declined for a no.
func (r *run) ask(ctx context.Context, q Question) error {
	yes := false
	var err error
	if r.Confirm != nil {
		yes, err = r.Confirm(ctx, q)
	}
	if ctx.Err() != nil {
		return &Unanswered{q, r.deeds, ended(ctx)}
	}
	if err != nil {
		return &Unanswered{q, r.deeds, err}
	}
	if !yes {
		return &Declined{q, r.deeds}
	}
	return nil
}
