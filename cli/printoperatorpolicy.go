// bootstrap iam print-operator-policy

package cli

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/iam/operator"
	"capaboot/internal/commandline"
)

type printOperatorPolicyOptions struct {
	generatingOptions
	accountOptions
	account     string   // 12 digits, "" for that of the credentials
	purposes    []string // none for all
	serviceRole string   // an ARN, "" for the caller's permissions
	format      string
}

func (r *runner) printOperatorPolicyCommand() *cli.Command {
	var o printOperatorPolicyOptions
	return &cli.Command{
		Name:  "print-operator-policy",
		Usage: "print the IAM policy of whoever runs these commands",
		Description: `Grants what the commands on the stack call, and what CloudFormation calls for
its resources with the caller's permissions, on the names of the configuration.
An administrator attaches it to the person or pipeline that deploys.

--for leaves out what the other commands need: ` + strings.Join(operator.Purposes(), ", ") + `; it may be
repeated. Without --account, the account is that of the credentials; where there
are none, the policy is for any account. So is the region, where nothing names one.

With --role-arn, CloudFormation works with that role: prints what is left for the
caller, and the role's policy and trust policy. Policies that are too long for IAM
are split: JSON has them by name then. -o cloudformation prints a template of
them.

` + generatingHelp,
		Flags: slices.Concat(o.generatingOptions.flags(), o.accountOptions.flags(), []cli.Flag{
			commandline.TextFlag(&o.account, "account", "print it for this account, 12 `DIGITS`"),
			commandline.ListFlag(&o.purposes, "for", "print only what this `COMMAND` needs"),
			commandline.TextFlag(&o.serviceRole, "role-arn", "`ARN` of the role that CloudFormation works with"),
			commandline.FormatFlag(&o.format, "json", "yaml", "cloudformation"),
		}),
		Action: func(c *cli.Context) error { return r.printOperatorPolicy(c.Context, o) },
	}
}

func (r *runner) printOperatorPolicy(ctx context.Context, o printOperatorPolicyOptions) error {
	if problem := credentials.RoleARNProblem(o.serviceRole); o.serviceRole != "" && problem != "" {
		return usagef("--role-arn %s", problem)
	}
	if err := operator.CheckPurposes(o.purposes); err != nil {
		return usagef("--for: %w", err)
	}
	loaded, err := r.generate(ctx, o.generatingOptions)
	if err != nil {
		return err
	}
	if err := unfilled(loaded); err != nil {
		return err
	}
	spec := loaded.Configuration.Spec
	target := operator.Target{Template: loaded.Template, StackName: spec.StackName, Partition: spec.Partition, Account: o.account, ServiceRole: o.serviceRole}
	if err := target.Check(); err != nil {
		return usageError{err}
	}
	if target.Account, target.Region, err = r.operatorPlace(ctx, o, spec.Region, spec.Partition); err != nil {
		return err
	}
	if err := target.Check(); err != nil {
		return usageError{err}
	}
	policies, err := operator.For(target, o.purposes...)
	if err != nil {
		return err
	}
	r.talk.Say("for account %s, region %s, stack %s", cmp.Or(target.Account, "any"), cmp.Or(target.Region, "any"), target.StackName)
	for _, escalation := range operator.Escalations(target, o.purposes...) {
		r.talk.Warn("%s", escalation.Text)
		if escalation.Hint != "" {
			r.talk.Hint("%s", escalation.Hint)
		}
	}
	text, err := policies.Format(o.format, target)
	if err != nil {
		return err
	}
	return r.write(ctx, text)
}

// operatorPlace returns the account and the region that the policy is for, "" for
// any.
func (r *runner) operatorPlace(ctx context.Context, o printOperatorPolicyOptions, configured, partition string) (account, region string, err error) {
	request := credentials.Request{Profile: o.profile, Region: o.region, DefaultRegion: configured, MFACode: o.mfaCode, AskMFACode: r.askMFACode(), Names: settingNames.Get()}
	if err := request.Check(); err != nil {
		return "", "", usageError{withHint(err)}
	}
	named, err := credentials.FindRegion(ctx, r.Environment, request)
	if err != nil {
		return "", "", withHint(err)
	}
	if o.account != "" {
		return o.account, named.Name, nil
	}
	found, err := credentials.Find(ctx, r.Environment, request)
	if kind := credentials.KindOf(err); kind == credentials.KindNoCredentials || kind == credentials.KindNoProfiles {
		r.talk.Say("no credentials found: the policy is for any account; --account names one")
		return "", named.Name, nil
	}
	if err != nil {
		return "", "", withHint(err)
	}
	for _, warning := range found.Warnings {
		r.talk.Warn("%s", warning)
	}
	identity, err := found.Verify(ctx)
	switch {
	case err != nil:
		return "", "", hinted{err, "name the account with --account, and AWS is not asked"}
	case identity.Partition() != partition:
		return "", "", otherPartition(identity.Partition(), partition)
	}
	if found.Region.Fallback {
		found.Region.Name = ""
	}
	return identity.Account, found.Region.Name, nil
}
