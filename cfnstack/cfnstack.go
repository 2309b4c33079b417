// Package cfnstack plans, deploys, follows and deletes one CloudFormation
// stack, and removes the change sets that it created. It knows nothing about
// the purpose of the template.
//
// A stack is created and updated only through a change set, which is created,
// shown, and executed only as shown. Removals and replacements need a
// confirmation, which the caller gives ([Manager.Confirm]); this package never
// prints or prompts. Waiting survives temporary faults of networks and
// services. When a wait ends early, the operation continues, and the error is
// an [Interrupted] with the last known status of the stack. When CloudFormation
// fails, the error is a [Failure] with the event that failed first and the kind
// of its reason. Hints about commands and flags are up to the caller.
package cfnstack

// This file has the operations of CloudFormation that the package uses, and the
// values that it exchanges with its caller: requests, progress and questions.

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// API is the set of CloudFormation operations that this package uses. [APIOf]
// returns the operations of a client. The package turns off the client's
// retries and retries itself. The client must limit the time of each attempt,
// because a connection from before a laptop's sleep never gets a response, and
// some requests do not end when their context ends.
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

// APIOf returns the operations that the package uses, as methods of a client.
//
// If an interface held the client, the program would keep all its methods, with
// their middlewares. The reason is that text/template looks up methods by name:
// the linker then drops uncalled methods only from types that are in no
// interface. The methods of the CloudFormation and IAM clients were 8 MB of the
// program's 25 MB.
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

// Manager works on stacks. API must be set; the other fields are optional. A
// Manager keeps no state between calls.
type Manager struct {
	API API
	// Observe receives the progress, in order and from one goroutine. It must
	// return quickly.
	Observe func(Progress)
	// Confirm answers questions. False declines: nothing more is changed. An
	// error ends the operation, which then returns an [*Unanswered]. A nil
	// Confirm declines every question.
	Confirm func(context.Context, Question) (bool, error)
	// Risks returns a sentence for each change in the change set that needs a
	// confirmation although it neither removes nor replaces a resource. It is
	// called after Observe with [StagePlanned]. If Risks is nil, no change has
	// risks.
	Risks func(*ChangeSet) []string
	// Refresh gets new credentials after the service rejected the current ones
	// as expired, and reports whether it got different ones. An error means
	// that a later attempt may succeed. Without Refresh, credentials are not
	// renewed.
	Refresh func(context.Context) (bool, error)
	// RetryTime is how long temporary faults are retried before an operation
	// has started; 0 means 45 seconds. The requests for the warnings of a
	// change set are retried for 10 seconds, whatever RetryTime is.
	RetryTime time.Duration
}

// DeployRequest describes a deployment.
type DeployRequest struct {
	StackName string
	// Template is the template's text, JSON or YAML, at most 51,200 bytes:
	// CloudFormation rejects a request with a longer template.
	Template string
	// Tags are the tags of the stack, which CloudFormation also applies to its
	// resources. They replace the current tags of the stack; nil removes them.
	Tags map[string]string
	// RoleARN is the service role that CloudFormation assumes; empty means the
	// stack's current service role or, without one, the caller's permissions.
	RoleARN string
	// ImportExisting adopts existing resources that have the names in the
	// template. CloudFormation adopts only resources with the DeletionPolicy
	// Retain or RetainExceptOnCreate, so Deploy adds RetainExceptOnCreate to the
	// resources without a DeletionPolicy. The next update without ImportExisting
	// removes this DeletionPolicy again.
	ImportExisting bool
	// RevertDrift creates a drift-aware change set: CloudFormation compares the
	// template with the actual resources, and reverts their drift. It has no
	// effect on a stack that does not exist yet.
	RevertDrift bool
	// KeepFailed keeps the resources of a failed creation, for inspection. By
	// default, CloudFormation deletes the failed stack, or rolls it back when
	// ImportExisting is set.
	KeepFailed bool
	// TerminationProtection enables the termination protection of the stack;
	// false leaves the current setting. A new stack gets it only after the
	// creation, because a protected stack whose creation failed could not be
	// deleted. Therefore a first deployment with TerminationProtection cannot
	// be detached. An existing stack gets it after its update, at the start of
	// the update if Detach is set, or at once if there are no changes.
	TerminationProtection bool
	// Timeout limits the whole operation; 0 means 30 minutes.
	Timeout time.Duration
	// Detach makes Deploy return as soon as the operation has started.
	Detach bool
}

// DefaultTimeout is the timeout of a deployment, plan or deletion that does not
// set one.
const DefaultTimeout = 30 * time.Minute

// maxTemplateBytes is the largest template body in an API request:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const maxTemplateBytes = 51_200

// A Stage is the kind of a [Progress].
type Stage string

// The stages, with the fields of Progress that each sets in addition to
// StackName and StackID. StackID is empty as long as it is unknown.
const (
	StagePlanned    Stage = "planned"    // a plan is ready: ChangeSet
	StagePreparing  Stage = "preparing"  // a preparation of the stack begins: Status, Preparation
	StageKeeping    Stage = "keeping"    // the stack is updated so that its deletion retains resources: Status
	StageFollowing  Stage = "following"  // another operation is running and is followed first: Status
	StageReplanning Stage = "replanning" // the stack changed after it was read, and the run starts again: Err
	StageStarted    Stage = "started"    // the operation has started: ChangeSet, unless it is a deletion
	StageEvent      Stage = "event"      // a new event: Status, Event
	StageRetrying   Stage = "retrying"   // a request failed and will be retried: Problem, Err, Wait
	StageSwept      Stage = "swept"      // a leftover of an earlier run was removed: Leftover
	// The change sets of the stack could not be listed, so leftovers of earlier
	// runs may remain: Problem, Err.
	StageSweepFailed Stage = "sweep failed"
	StageLeft        Stage = "left" // a leftover of this run or an earlier one could not be removed: Leftover
	// The run was interrupted, and removes its change set before it ends:
	// Leftover.
	StageDiscarding Stage = "discarding"
	// CloudFormation deletes change sets of others when it executes the plan:
	// ChangeSets. https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html
	StageOthers Stage = "others"
)

// Progress is one step of an operation.
type Progress struct {
	Stage              Stage
	StackName, StackID string
	// Status is the status of the stack or, in StageEvent, that of the event.
	Status      string
	Event       *Event
	ChangeSet   *ChangeSet
	Preparation *Preparation
	Leftover    *Leftover
	ChangeSets  []string // names
	// Problem describes Err in one sentence.
	Problem string
	Err     error
	// Wait is the time until the request is sent again.
	Wait time.Duration
}

// QuestionKind says why a [Question] is asked.
type QuestionKind string

// The kinds of questions.
const (
	// QuestionApply asks because the change set removes or replaces resources,
	// or has risks.
	QuestionApply QuestionKind = "apply"
	// QuestionApplyChanged asks because the stack changed after a plan was
	// shown, and the new plan is different.
	QuestionApplyChanged QuestionKind = "apply changed plan"
	// QuestionContinueRollback asks because the stack is
	// UPDATE_ROLLBACK_FAILED.
	QuestionContinueRollback QuestionKind = "continue rollback"
	// QuestionRecreate asks because the stack is in a failed state and has to
	// be deleted and recreated.
	QuestionRecreate QuestionKind = "delete and create"
	// QuestionDelete asks whether to delete the stack.
	QuestionDelete QuestionKind = "delete"
)

// Question describes a change that needs confirmation.
type Question struct {
	Kind      QuestionKind
	StackName string
	StackID   string
	// Status is the status of the stack; empty in QuestionApply and
	// QuestionApplyChanged.
	Status string
	// Root is the root stack of a nested stack in QuestionDelete, see [Stack].
	Root string
	// ChangeSet is the plan, in QuestionApply and QuestionApplyChanged.
	ChangeSet *ChangeSet
	// Resources are the resources that would be deleted, or that block the
	// rollback, with their reasons.
	Resources []Resource
	// Retained are the resources that a deletion retains, because
	// [DeleteRequest.Retain] names them or because of their DeletionPolicy.
	// When RetainedErr is set, some DeletionPolicies are unknown, and some of
	// Resources may be retained too.
	Retained    []Resource
	RetainedErr error
	// Updates are the resources in Retained that must first get the
	// DeletionPolicy Retain, in an update of the stack.
	Updates []Resource
	// Changes are the changes in ChangeSet that remove or replace something.
	Changes []Change
	// Risks are the sentences of [Manager.Risks] about ChangeSet.
	Risks []string
	// ChangeSets are the names of the change sets that are deleted with the
	// stack, in QuestionDelete and QuestionRecreate. ChangeSetsErr is set
	// when they cannot be listed.
	ChangeSets    []string
	ChangeSetsErr error
}

// EarlierChange is a change that a run made to the stack before a question.
type EarlierChange string

// The earlier changes.
const (
	EarlierContinuedRollback EarlierChange = "continued the rollback of the last update"
	EarlierDeleted           EarlierChange = "deleted the failed stack"
)

// Declined is the error after a question was declined. Nothing was changed
// after EarlierChanges.
type Declined struct {
	Question       Question
	EarlierChanges []EarlierChange
}

func (m *Manager) observe(p Progress) {
	if m.Observe != nil {
		m.Observe(p)
	}
}

// ask returns nil when the question is confirmed, a *Declined when it is
// declined, and an *Unanswered when ctx ends or Confirm fails.
func (r *run) ask(ctx context.Context, q Question) error {
	confirmed := false
	var err error
	if r.Confirm != nil {
		confirmed, err = r.Confirm(ctx, q)
	}
	if ctx.Err() != nil {
		return &Unanswered{q, r.earlierChanges, endReason(ctx)}
	}
	if err != nil {
		return &Unanswered{q, r.earlierChanges, err}
	}
	if !confirmed {
		return &Declined{q, r.earlierChanges}
	}
	return nil
}
