package cfnstack

// This file plans a deployment: it creates a change set, reads it, and does not
// execute it.

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// raceError means that the stack changed after it was read. The caller reads
// the stack again.
type raceError struct {
	error
	// fromThisRun means that the conflict is with a request of this run that
	// had no response.
	fromThisRun bool
}

func (e raceError) Unwrap() error { return e.error }

// Plan creates a change set for a deployment and reads it. If a deployment
// would have to repair the stack first, Plan creates no change set, and the
// result only describes the repair ([ChangeSet.Preparation]). Plan also removes
// the change sets that earlier runs left, and changes nothing else. If an
// operation is running, Plan first waits until it ends. The caller removes the
// change set with [ChangeSet.Discard], even when it has no changes. If Plan
// returns an error, it removes the change set itself. A change set that cannot
// be removed is reported to Observe ([StageLeft]).
func (m *Manager) Plan(ctx context.Context, request DeployRequest) (*ChangeSet, error) {
	ctx, cancel := withTimeout(ctx, request.Timeout)
	defer cancel()
	r := &run{Manager: m, name: request.StackName}
	races, isSwept := 0, false
	for {
		stack, err := r.stack(ctx, r.name)
		if err != nil {
			return nil, err
		}
		if stack != nil && !isSwept {
			if err := r.sweep(ctx, stack); err != nil {
				return nil, err
			}
			isSwept = true
		}
		preparation, err := r.preparation(ctx, stack)
		if err != nil {
			return nil, err
		}
		if preparation != nil && preparation.Action == ActionFollow {
			if err := r.followOther(ctx, stack); err != nil {
				return nil, err
			}
			continue
		}
		if preparation != nil && preparation.Action != ActionReuse {
			return r.planPreparation(ctx, request, stack, preparation)
		}
		plan, err := r.plan(ctx, request, stack)
		if err != nil {
			if err := r.retryAfterRace(ctx, &races, err); err != nil {
				return nil, err
			}
			continue
		}
		m.observe(Progress{Stage: StagePlanned, StackName: r.name, StackID: plan.StackID, ChangeSet: plan})
		r.reportOthers(plan)
		return plan, nil
	}
}

// planPreparation returns the plan for a stack that must be prepared first. The
// plan describes the preparation, which is not carried out.
func (r *run) planPreparation(ctx context.Context, request DeployRequest, stack *Stack, preparation *Preparation) (*ChangeSet, error) {
	plan := &ChangeSet{StackName: r.name, StackID: stack.ID, Preparation: preparation, Root: stack.Root, Template: request.Template, TagsAfter: request.Tags, run: r}
	if preparation.Action == ActionDelete {
		plan.Create = true
		var err error
		plan.Changes, err = FirstDeployment(request.Template)
		if err != nil {
			return nil, err
		}
	} else {
		plan.TagsBefore = stack.Tags
	}
	r.observe(Progress{Stage: StagePlanned, StackName: r.name, StackID: stack.ID, ChangeSet: plan})
	return plan, nil
}

// capabilities are the capabilities that our change sets acknowledge: IAM
// resources with custom names.
var capabilities = []types.Capability{types.CapabilityCapabilityNamedIam}

// plan creates and reads a change set for a stack that is ready, or does not
// exist (nil).
func (r *run) plan(ctx context.Context, request DeployRequest, stack *Stack) (*ChangeSet, error) {
	plan := &ChangeSet{StackName: r.name, Template: request.Template, TagsAfter: request.Tags, TagsBefore: map[string]string{}, run: r}
	if stack != nil {
		plan.Root = stack.Root
	}
	plan.Create = stack == nil || stack.Status == "REVIEW_IN_PROGRESS"
	if request.ImportExisting {
		template, err := withDeletionPolicies(request.Template)
		if err != nil {
			return nil, err
		}
		if len(template) > maxTemplateBytes {
			return nil, fmt.Errorf("with the DeletionPolicy that an import needs, the template has %d bytes; CloudFormation accepts at most %d in a request", len(template), maxTemplateBytes)
		}
		plan.Template = template
	}
	in := &cloudformation.CreateChangeSetInput{
		StackName: aws.String(r.name), TemplateBody: aws.String(plan.Template), Tags: tagsFor(request.Tags),
		Capabilities: capabilities, ChangeSetType: types.ChangeSetTypeUpdate,
	}
	if request.RoleARN != "" {
		in.RoleARN = aws.String(request.RoleARN)
	}
	if request.ImportExisting {
		in.ImportExistingResources = aws.Bool(true)
	}
	if plan.Create {
		in.ChangeSetType = types.ChangeSetTypeCreate
		in.OnStackFailure = types.OnStackFailureDelete
		switch {
		case request.KeepFailed:
			in.OnStackFailure = types.OnStackFailureDoNothing
		case request.ImportExisting:
			// A rollback keeps adopted resources and deletes created ones. A
			// deletion would keep the created ones too, because of their
			// DeletionPolicy RetainExceptOnCreate.
			in.OnStackFailure = types.OnStackFailureRollback
		}
	} else {
		plan.expectedStackID = stack.ID
		plan.TagsBefore = stack.Tags
		var err error
		if plan.Deployed, err = r.template(ctx, stack.ID); err != nil {
			return nil, err
		}
	}
	if request.RevertDrift && !plan.Create {
		// Source: CloudFormation API Reference, "CreateChangeSet",
		// DeploymentMode.
		in.DeploymentMode = types.DeploymentModeRevertDrift
	}
	plan.ownStack, plan.foundStack = plan.Create, stack != nil
	err := plan.create(ctx, in)
	if err != nil {
		plan.Discard(ctx)
		return nil, err
	}
	return plan, nil
}
