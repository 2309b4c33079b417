// The deployed roles, users and policies of the configuration's stack, read
// from the account.

package cli

import (
	"context"
	"fmt"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"capaboot/cfnstack"
	"capaboot/iam/account"
	"capaboot/internal/deployed"
	"capaboot/internal/stackhints"
	"capaboot/policies/source"
)

func (r *runner) readDeployed(ctx context.Context, o sourceOptions) (*source.Stack, error) {
	loaded, err := r.generate(ctx, o.generatingOptions)
	if err != nil {
		return nil, err
	}
	d := &stackCommand{runner: r, options: stackOptions{generatingOptions: o.generatingOptions, accountOptions: o.accountOptions}, loaded: loaded, purpose: "verify", onlyReads: true}
	r.talk.StackFlags = stackFlags(o.generatingOptions, o.accountOptions)
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
		return nil, errorWithHint{fmt.Errorf("stack %s does not exist, or has no resources, in account %s, region %s", d.request.StackName, d.awsAccount.Identity.Account, d.awsAccount.Region),
			"choose the region with --region, or the configuration of the stack with --config (spec.stackName is the name of the stack); to create the stack, run: capaboot bootstrap iam deploy"}
	}
	template, missing, err := d.accountReader().Template(ctx, stack)
	if err != nil {
		return nil, d.withAccountHint(err)
	}
	for _, id := range missing {
		r.talk.Warn("%s is in the stack, but not in the account: it was deleted outside CloudFormation", printable(id))
	}
	if o.usesRelease && d.hasDefaultRelease() {
		d.warnOfOtherRelease(ctx, stack)
	}
	return &source.Stack{Template: template, Generated: *asGenerated(loaded)}, nil
}

// warnOfOtherRelease warns if the deployed template is from another release of
// CAPA than the output is for, or if its release cannot be determined.
func (d *stackCommand) warnOfOtherRelease(ctx context.Context, stack *cfnstack.Stack) {
	release := ""
	template, err := d.manager.DeployedTemplate(ctx, stack.ID)
	if err == nil {
		_, release, err = d.originOf(ctx, template)
	}
	switch {
	case err != nil:
		d.talk.Warn("not known: the release of CAPA that the stack is from; the output is for CAPA %s: %s", d.loaded.Template.Release, printable(err.Error()))
	case release != "":
		d.talk.Warn("the template of the stack is that of CAPA %s, but the output is for CAPA %s; for the release of the stack, pass --capa-version %s", release, d.loaded.Template.Release, release)
	}
}

func (d *stackCommand) accountReader() deployed.Reader {
	return deployed.Reader{Manager: d.manager, IAM: func(ctx context.Context) (account.API, error) {
		config, err := d.awsAccount.Config(ctx, "IAM")
		if err != nil {
			return account.API{}, err
		}
		return account.APIOf(awsiam.NewFromConfig(config)), nil
	}}
}

func (d *stackCommand) withAccountHint(err error) error {
	if hint := stackhints.Of(err, stackhints.Situation{Purpose: d.purpose}); hint != "" {
		return errorWithHint{err, hint}
	}
	return err
}
