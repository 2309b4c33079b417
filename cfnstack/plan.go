package cfnstack

// This file plans: it makes a change set that is only looked at.

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// errRace is that another run got in the way; the caller looks again.
type errRace struct {
	error
	// ours: what got in the way is a request of this run whose answer was lost.
	ours bool
}

func (e errRace) Unwrap() error { return e.error }

// Plan makes a change set for a request and reads it. It changes only
// that; an operation that is under way is followed to its end first. The
// caller removes the change set with [ChangeSet.Discard], also when there are
// no changes. When there is an error it is removed already; what could not be
// removed is reported to Observe ([StageLeft]).
func (m *Manager) Plan(ctx context.Context, request Request) (*ChangeSet, error) {
	ctx, cancel := begin(ctx, request.Timeout)
	defer cancel()
	r := &run{Manager: m, name: request.StackName}
	races, swept := 0, false
	for {
		stack, err := r.stack(ctx, r.name)
		if err != nil {
			return nil, err
		}
		if stack != nil && !swept {
			if err := r.sweep(ctx, stack); err != nil {
				return nil, err
			}
			swept = true
		}
		preparation, err := r.preparation(ctx, stack)
		if err != nil {
			return nil, err
		}
		if preparation != nil && preparation.Action == ActionFollow {
			if err := r.settle(ctx, stack); err != nil {
				return nil, err
			}
			continue
		}
		if preparation != nil && preparation.Action != ActionReuse {
			return r.planLater(ctx, request, stack, preparation)
		}
		plan, err := r.plan(ctx, request, stack)
		if err != nil {
			if err := r.again(ctx, &races, err); err != nil {
				return nil, err
			}
			continue
		}
		m.observe(Progress{Stage: StagePlanned, StackName: r.name, StackID: plan.StackID, ChangeSet: plan})
		return plan, nil
	}
}

// planLater is the plan for a stack that has to be prepared first, which a
// plan does not do.
func (r *run) planLater(ctx context.Context, request Request, stack *Stack, preparation *Preparation) (*ChangeSet, error) {
	plan := &ChangeSet{StackName: r.name, StackID: stack.ID, Preparation: preparation, Template: request.Template, TagsAfter: request.Tags, run: r}
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

// capabilities that our change sets acknowledge: resources of IAM, with names
// of their own.
var capabilities = []types.Capability{types.CapabilityCapabilityNamedIam}

// plan makes and reads a change set for a stack that is ready, or is not
// there (nil).
func (r *run) plan(ctx context.Context, request Request, stack *Stack) (*ChangeSet, error) {
	plan := &ChangeSet{StackName: r.name, Template: request.Template, TagsAfter: request.Tags, TagsBefore: map[string]string{}, run: r}
	plan.Create = stack == nil || stack.Status == "REVIEW_IN_PROGRESS"
	if request.ImportExisting {
		template, err := adoptable(request.Template)
		if err != nil {
			return nil, err
		}
		if len(template) > maxTemplateBytes {
			return nil, fmt.Errorf("the template has %d bytes with the DeletionPolicy that adopting needs, more than the %d that CloudFormation accepts in a request", len(template), maxTemplateBytes)
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
			// A rollback leaves what was adopted and deletes what was created; a
			// deletion would leave what was created too, because of its
			// DeletionPolicy RetainExceptOnCreate.
			in.OnStackFailure = types.OnStackFailureRollback
		}
	} else {
		plan.expect = stack.ID
		plan.TagsBefore = stack.Tags
		var err error
		if plan.Deployed, err = r.template(ctx, stack.ID); err != nil {
			return nil, err
		}
	}
	if request.RevertDrift && !plan.Create {
		// Source: CloudFormation API Reference, "CreateChangeSet", DeploymentMode.
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
