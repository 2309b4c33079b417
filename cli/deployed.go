// What is deployed: the roles, users and policies of the configuration's stack
// as they are in the account.

package cli

import (
	"context"
	"errors"
	"fmt"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"capaboot/cfnstack"
	"capaboot/iam"
	"capaboot/internal/awsclient"
	"capaboot/internal/wait"
	"capaboot/policies/source"
)

// deployed reads what the configuration's stack has in the account.
func (r *runner) deployed(ctx context.Context, o sourceOptions) (*source.Stack, error) {
	loaded, err := r.generate(ctx, o.generatingOptions)
	if err != nil {
		return nil, err
	}
	d := &stackCommand{runner: r, options: stackOptions{generatingOptions: o.generatingOptions, accountOptions: o.accountOptions}, loaded: loaded}
	d.request.StackName = loaded.Configuration.Spec.StackName
	if err := d.open(ctx); err != nil {
		return nil, err
	}
	stack, err := d.manager.Describe(ctx, d.request.StackName)
	d.view.Close()
	if err != nil {
		return nil, d.explain(err)
	}
	if stack == nil || len(stack.Resources) == 0 {
		return nil, hinted{fmt.Errorf("stack %s does not exist, or has no resources, in account %s, region %s", d.request.StackName, d.where.Identity.Account, d.where.Region),
			"name the region with --region, or the stack with spec.stackName in the configuration; \"deploy\" makes it"}
	}
	template, missing, err := d.accountTemplate(ctx, stack)
	if err != nil {
		return nil, err
	}
	for _, id := range missing {
		r.talk.Warn("%s is in the stack, but not in the account: somebody deleted it", printable(id))
	}
	return &source.Stack{Template: template, Generated: *generated(loaded)}, nil
}

// accountTemplate is the template of what the stack has in the account, and what it
// has there no more.
func (d *stackCommand) accountTemplate(ctx context.Context, stack *cfnstack.Stack) (template map[string]any, missing []string, err error) {
	config, err := d.where.Config(ctx, "IAM")
	if err != nil {
		return nil, nil, err
	}
	var resources []iam.StackResource
	for _, resource := range stack.Resources {
		resources = append(resources, iam.StackResource{LogicalID: resource.LogicalID, Type: resource.Type, PhysicalID: resource.PhysicalID})
	}
	template, missing, err = iam.Deployed(ctx, iam.APIOf(awsiam.NewFromConfig(config)), resources)
	if ctx.Err() != nil {
		return nil, nil, wait.Stopped(ctx, "reading the account")
	}
	if err != nil {
		return nil, nil, unreadable(err)
	}
	return template, missing, nil
}

// unreadable says in one sentence why the account cannot be read.
func unreadable(err error) error {
	if connection, ok := errors.AsType[*awsclient.ConnectionError](err); ok {
		return hinted{fmt.Errorf("reading the account: no response from IAM: %w", connection), "look at the network, the proxy (HTTPS_PROXY) and the region"}
	}
	var api smithy.APIError
	var operation *smithy.OperationError
	if !errors.As(err, &api) || !errors.As(err, &operation) {
		return fmt.Errorf("reading the account: %w", err)
	}
	short := fmt.Errorf("reading the account: iam:%s: %s (%s)", operation.OperationName, printable(api.ErrorMessage()), api.ErrorCode())
	if hint := reasonHint(cfnstack.Explain(api.ErrorMessage()), nil, situation{}); hint != "" {
		return hinted{short, hint}
	}
	return short
}
