// The checks before a deployment: "check" runs all of them, "deploy" only those
// that take few requests.

package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"capaboot/cfnstack"
	"capaboot/iam/preflight"
	"capaboot/iam/verify"
	"capaboot/internal/deadline"
	"capaboot/internal/deployed"
	"capaboot/internal/shortlist"
	"capaboot/policies/report"
)

// checkTimeout limits the time of the checks before a deployment: first for the
// requests that read the stack, and then again for all other requests. If there
// is no route to IAM, the checks must not delay the deployment for longer.
const checkTimeout = 10 * time.Second

// maxFailures is the limit of [shortlist.Shown] for the failures of one check that a
// deployment lists. The command "check" lists all.
const maxFailures = 3

// preflight runs checks on the configuration and the account: those of in.Only, or
// all checks if in.Only is empty, except those of in.Skip.
func (d *stackCommand) preflight(ctx context.Context, in preflight.Input) (*preflight.Report, error) {
	spec := d.loaded.Configuration.Spec
	in.NamedPolicies = spec.NamedPolicies()
	in.Template, in.Unfilled = d.loaded.Template, d.loaded.Unfilled
	in.Partition, in.AccountPartition, in.ConfiguredRegion = spec.Partition, d.awsAccount.Partition(), spec.Region
	in.Account, in.Region, in.Caller = d.awsAccount.Identity.Account, d.awsAccount.Region, d.awsAccount.Identity.ARN
	in.ServiceRole, in.PassesRole = d.request.RoleARN, d.request.RoleARN != ""
	in.StackName, in.ImportExisting = d.request.StackName, d.request.ImportExisting
	in.StackOf = deployed.StackOf(func(region string) (*cfnstack.Manager, error) { return d.managerIn(ctx, region) })
	manager, err := d.managerIn(ctx, in.Region)
	if err != nil {
		return nil, err
	}
	if err := deployed.ReadForChecks(ctx, manager, &in); err != nil {
		return nil, d.explain(err)
	}
	config, err := d.awsAccount.Config(ctx, "IAM")
	if err != nil {
		return nil, err
	}
	return preflight.Run(ctx, preflight.APIOf(awsiam.NewFromConfig(config)), in)
}

// managerIn returns the stack manager with which the checks read a region. It
// retries faults for a shorter time than a deployment does.
func (d *stackCommand) managerIn(ctx context.Context, region string) (*cfnstack.Manager, error) {
	if region == d.awsAccount.Region {
		manager := *d.manager
		manager.RetryTime = checkTimeout
		return &manager, nil
	}
	config, err := d.awsAccount.ConfigIn(ctx, region, "CLOUDFORMATION")
	if err != nil {
		return nil, err
	}
	return &cfnstack.Manager{API: cfnstack.APIOf(cloudformation.NewFromConfig(config)), Refresh: d.awsAccount.Credentials.Refresh, RetryTime: checkTimeout}, nil
}

// warnOfReplacements compares the templates, and warns of replacements that
// CloudFormation will refuse. Some change sets do not say which changes replace
// resources: without the warning, plan would show a change that deploy refuses.
func (d *stackCommand) warnOfReplacements(set *cfnstack.ChangeSet) {
	found, err := preflight.Run(context.Background(), preflight.API{}, preflight.Input{Only: []preflight.Name{preflight.Replacements}, Template: d.loaded.Template,
		StackName: set.StackName, Found: &verify.Stack{Name: set.StackName, Final: true, Template: set.Deployed}})
	if err != nil {
		return // impossible: the template has been encoded before
	}
	for _, f := range report.FailedFindings(found) {
		d.talk.Warn("%s", f.Message)
	}
	for _, text := range report.Remedies(found) {
		d.talk.Hint("%s", text)
	}
}

// runCheapChecks runs, before a deployment, the checks that take few requests. A
// failed check stops the deployment. A check that is not possible is only
// reported.
func (d *stackCommand) runCheapChecks(ctx context.Context) error {
	found, err := d.preflight(ctx, preflight.Input{Only: preflight.CheapChecks(), Time: checkTimeout})
	switch {
	case ctx.Err() != nil:
		return deadline.NewEnded(ctx, "checking the account")
	case err != nil:
		return err
	}
	for _, text := range report.NotPossibleChecks(found) {
		d.talk.Say("not checked before the deployment: %s", text)
	}
	names, hints := found.Failed(), report.Remedies(found)
	// If the check of the names or of the replacements fails, do not offer --no-check:
	// the deployment would fail too.
	if !slices.Contains(names, preflight.Names) && !slices.Contains(names, preflight.Replacements) {
		hints = append(hints, "to deploy without the checks, pass --no-check")
	}
	switch failed := report.FailedFindings(found); len(failed) {
	case 0:
		return nil
	case 1:
		return errorWithHint{fmt.Errorf("check %q failed: %s; nothing was changed", failed[0].Check, failed[0].Message), strings.Join(hints, "\n")}
	default:
		if d.warnOfFailures(failed) {
			hints = append(hints, "to list all problems: capaboot bootstrap iam check")
		}
		return errorWithHint{fmt.Errorf("%s failed: %s; nothing was changed", report.Count(len(names), "check"), strings.Join(namesOfChecks(names), ", ")), strings.Join(hints, "\n")}
	}
}

// warnOfFailures warns of the first failures of each check, and reports whether it
// left out others. If one thing is wrong, such as the region, a check can fail for
// every name in the template.
func (d *stackCommand) warnOfFailures(failed []report.FailedFinding) (isShortened bool) {
	for len(failed) > 0 {
		check := failed[0].Check
		total := len(failed)
		if next := slices.IndexFunc(failed, func(f report.FailedFinding) bool { return f.Check != check }); next > 0 {
			total = next
		}
		shown := shortlist.Shown(total, maxFailures)
		for _, f := range failed[:shown] {
			d.talk.Warn("%s", f.Message)
		}
		if shown < total {
			isShortened = true
			d.talk.Warn("check %q: %s", check, report.Count(total-shown, "more problem"))
		}
		failed = failed[total:]
	}
	return isShortened
}
