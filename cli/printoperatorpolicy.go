// The command "bootstrap iam print-operator-policy", which prints the IAM policy
// that a person or a pipeline needs to run commands of capaboot.

package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/iam"
	"capaboot/iam/operator"
	"capaboot/internal/commandline"
)

type printOperatorPolicyOptions struct {
	generatingOptions
	accountOptions
	account     string   // 12 digits; "" for the account of the credentials, or for any account if there are no credentials
	purposes    []string // empty: all commands on the stack
	serviceRole string   // an ARN, "" for the caller's permissions
	cluster     string   // an EKS cluster, "" for any
	format      string
}

func (r *runner) printOperatorPolicyCommand() *cli.Command {
	var o printOperatorPolicyOptions
	return &cli.Command{
		Name:  "print-operator-policy",
		Usage: "print the IAM policy that you need to run the stack commands",
		Description: `Use this command before the first deployment: an administrator attaches the
policy to the person or the pipeline that deploys.

The policy allows the calls that the stack commands make, and the calls that
CloudFormation makes with the caller's permissions. The policy allows changes
only to the stack, and to resources with the names in the configuration.

--for names the commands that the policy is for. Without --for, the policy is
for all stack commands. The "controller" commands are included only when --for
names them. --for controller allows the calls of "controller status
--cluster-name".

Without --account, the policy is for the account of your credentials or, without
credentials, for any account. Without a region, the policy is for any region.

With --role-arn, CloudFormation uses the permissions of that role, and the
output has three documents: the policy of the caller, the policy of the role,
and the trust policy of the role.

If a policy is too long for IAM, it is split into parts, and the output has the
name and the document of each part. -o cloudformation prints a template that
creates the policies.`,
		Flags: slices.Concat(o.generatingOptions.flags(), o.accountOptions.flags(), []cli.Flag{
			accountIDFlag(&o.account, "account that the policy is for, 12 `DIGITS`"),
			commandline.ListFlag(&o.purposes, "for", "grant only what this `COMMAND` needs ("+strings.Join(operator.Purposes(), ", ")+")"),
			commandline.TextFlag(&o.cluster, "cluster-name", "`NAME` of the EKS cluster, for the commands on the controllers"),
			commandline.TextFlag(&o.serviceRole, "role-arn", "`ARN` of the service role that CloudFormation uses"),
			commandline.FormatFlag(&o.format, "json", "yaml", "cloudformation"),
		}),
		Action: r.withUnusedWarning(func(c *cli.Context) error { return r.printOperatorPolicy(c.Context, o) }, accountFlags()...),
	}
}

func (r *runner) printOperatorPolicy(ctx context.Context, o printOperatorPolicyOptions) error {
	if problem := credentials.RoleARNProblem(o.serviceRole); o.serviceRole != "" && problem != "" {
		return usagef("invalid value for --role-arn: %s", problem)
	}
	if err := operator.CheckPurposes(o.purposes); err != nil {
		return usagef("invalid value for --for: %w", err)
	}
	loaded, err := r.generate(ctx, o.generatingOptions)
	if err != nil {
		return err
	}
	if err := checkPlaceholders(loaded); err != nil {
		return err
	}
	spec := loaded.Configuration.Spec
	target := operator.Target{Template: loaded.Template, StackName: spec.StackName, Partition: spec.Partition, Account: o.account, ServiceRole: o.serviceRole, Cluster: o.cluster}
	if err := target.Check(); err != nil {
		return usageError{err}
	}
	if target.Account, target.Region, err = r.policyScope(ctx, o, spec); err != nil {
		return err
	}
	if err := target.Check(); err != nil {
		return usageError{err}
	}
	policies, err := operator.PoliciesFor(target, o.purposes...)
	if err != nil {
		return err
	}
	account, region := "any account", "any region"
	if target.Account != "" {
		account = "account " + target.Account
	}
	if target.Region != "" {
		region = "region " + target.Region
	}
	r.talk.Say("the policy is for %s, %s, stack %s", account, region, target.StackName)
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

// policyScope returns the account and the region of the policy; "" means any.
func (r *runner) policyScope(ctx context.Context, o printOperatorPolicyOptions, spec iam.Spec) (account, region string, err error) {
	request := credentials.Request{Profile: o.profile, Region: o.region, DefaultRegion: spec.Region, MFACode: o.mfaCode, AskMFACode: r.askMFACode(), Names: settingNames.Get()}
	if err := request.Check(); err != nil {
		return "", "", usageError{withHint(err)}
	}
	r.markUsed("profile", "region")
	named, err := credentials.FindRegion(ctx, r.Environment, request)
	if err != nil {
		return "", "", withHint(err)
	}
	r.warnRegion(named, spec.Region)
	if o.account != "" {
		return o.account, named.Name, regionPartitionError(named, spec)
	}
	r.markUsed("mfa-code")
	found, err := credentials.Find(ctx, r.Environment, request)
	if kind := credentials.KindOf(err); kind == credentials.KindNoCredentials || kind == credentials.KindNoProfiles {
		r.talk.Say("no credentials found: the policy is for any account; to choose an account, use --account")
		return "", named.Name, regionPartitionError(named, spec)
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
		return "", "", errorWithHint{err, "to send no request to AWS, pass --account"}
	case identity.Partition() != spec.Partition:
		return "", "", partitionError(identity.Partition(), found.Region, spec)
	}
	if found.Region.Fallback {
		found.Region.Name = ""
	}
	return identity.Account, found.Region.Name, nil
}
