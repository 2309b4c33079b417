// The command "controller update-credentials", which replaces the credentials
// in the controllers' Secret.

package cli

import (
	"cmp"
	"context"

	"github.com/urfave/cli/v2"

	"capaboot/controller"
	"capaboot/credentials"
	"capaboot/internal/commandline"
	"capaboot/internal/controllerview"
)

type updateCredentialsOptions struct {
	writeOptions
	credentialOptions
	force bool
}

func (r *runner) updateCredentialsCommand() *cli.Command {
	var o updateCredentialsOptions
	return &cli.Command{
		Name:  "update-credentials",
		Usage: "replace the credentials of CAPA's controllers",
		Description: `Use this command to rotate the credentials. Reads the new credentials from
AWS_B64ENCODED_CREDENTIALS. If the variable is not set, or if you pass a flag
such as --profile, reads the credentials from the sources of
"encode-as-profile".

Checks the credentials as "inspect" does. If the controllers can use the
credentials, writes them to the Secret capa-manager-bootstrap-credentials. Never
prints a secret.

--verify asks AWS for the identity of the old and the new credentials. The
command asks for confirmation if the account changes, if another tool manages
the Secret and would overwrite the change, or if the Secret or the Deployment
has a profile that the new credentials lack. If two updates run at the same
time, the second update fails and changes nothing.

Warns if the Deployment shows that the controllers do not use the Secret.

Running controllers keep using the old credentials for the clusters that they
already manage: after the change, restart the controllers, or use --rollout.`,
		Flags: append(append(o.clusterOptions.flags(), o.credentialOptions.flags()...), append([]cli.Flag{
			commandline.SwitchFlag(&o.force, "force", "write the credentials even if the controllers cannot use them"),
		}, o.writeOptions.flags()...)...),
		Action: func(c *cli.Context) error { return r.updateCredentials(c.Context, o) },
	}
}

func (r *runner) updateCredentials(ctx context.Context, o updateCredentialsOptions) error {
	if err := o.credentialOptions.prepare(r); err != nil {
		return err
	}
	value, inspection, err := r.readNewCredentials(ctx, o)
	if err != nil {
		return err
	}
	c, err := r.beginChange(ctx, o.writeOptions)
	if err != nil {
		return err
	}
	if o.verify {
		if err := c.verifyBoth(ctx, inspection, o); err != nil {
			return err
		}
	}
	c.After = controllerview.NewSide(controller.Filled, inspection)
	if inspection == nil { // an empty variable zeroes the Secret, as in clusterawsadm
		c.After.State = controller.Zeroed
	}
	c.show()
	if inspection != nil {
		r.reportTemporary(c.inspection, inspection)
	}
	sameKey := c.inspection != nil && inspection != nil && c.inspection.SameKey(*inspection)
	if c.AccountUnknown() && !sameKey {
		c.talk.Say("it is unknown whether the new credentials are for the same account%s", map[bool]string{false: "; to ask AWS, use --verify"}[o.verify])
	}
	deployment, err := c.readDeployment(ctx)
	if err != nil {
		return err
	}
	reasons := c.OverwriteWarnings()
	for _, reason := range []string{c.AccountChange(), controllerview.LostProfilesReason(c.inspection, inspection), controllerview.ProfileReason(deployment, inspection)} {
		if reason != "" {
			reasons = append(reasons, reason)
		}
	}
	if err := r.confirm(ctx, o.confirmed, reasons, o.managersHints(c.Managers)...); err != nil {
		return err
	}
	if err := c.write(ctx, value, controllerview.Updated); err != nil {
		return err
	}
	return c.finish(ctx)
}

// readDeployment reads the Deployment, and records the tools that would
// overwrite the Secret. It warns
//   - if the controllers do not use the Secret, or this is unknown,
//   - if the Secret has no credentials yet, because the new ones then take
//     precedence over other sources,
//   - and if a tool manages the Deployment and may also write the Secret.
//
// It returns nil if there is no Deployment or it cannot be read, and an error only
// if ctx has ended. Under the name clusterawsadm it sends no request.
func (c *secretChange) readDeployment(ctx context.Context) (*controller.Deployment, error) {
	if c.asClusterawsadm() {
		return nil, nil
	}
	deployment, err := c.cluster.ReadDeployment(ctx, c.options.namespace)
	if ctx.Err() != nil {
		return nil, cmp.Or(err, ctx.Err())
	}
	managers, possible := controller.ClassifyManagers(c.current, deployment)
	c.Managers = append([]controller.Manager{}, managers...) // encodes as [], not null
	if err != nil {
		c.talk.Warn("it is unknown whether the controllers use the Secret, and whether Cluster API Operator would overwrite the change, because the Deployment could not be read: %v", err)
		c.talk.Hints(c.options.withHint(err))
		return nil, nil
	}
	if warning := controllerview.UseWarning(c.options.namespace, deployment); warning != "" {
		c.talk.Warn("%s", warning)
		c.talk.Hint("to see which credentials the controllers use: %s controller status", c.talk.Name)
	} else if warning := c.OtherSourceWarning(); warning != "" {
		c.talk.Warn("%s", warning)
		c.talk.Hint("to see which credentials the controllers use: %s controller status", c.talk.Name)
	}
	for _, manager := range possible {
		c.talk.Warn("%s manages the Deployment (%s): if this tool also writes the Secret, the tool will overwrite the change", manager.Name, manager.Evidence)
	}
	return deployment, nil
}

// verifyBoth asks AWS for the identity of the old and the new credentials. The
// old ones may have expired. The new ones must work, unless refuseUnusable
// accepts them, and must not belong to the root user, unless --allow-root is
// set.
func (c *secretChange) verifyBoth(ctx context.Context, inspection *credentials.Inspection, o updateCredentialsOptions) error {
	if c.inspection != nil {
		if err := c.verifyInspection(ctx, c.inspection); err != nil && ctx.Err() != nil {
			return err
		} else if err != nil {
			c.talk.Warn("the identity of the credentials in the Secret is unknown: %v", err)
		}
		c.Before = controllerview.NewSide(c.Before.State, c.inspection)
		if refused := problemWithCode(c.inspection, "refused"); refused != "" {
			c.talk.Warn("the credentials in the Secret: %s", refused)
		}
	}
	if inspection == nil {
		return nil
	}
	if err := c.verifyInspection(ctx, inspection); err != nil {
		return err
	}
	if refused := problemWithCode(inspection, "refused"); refused != "" {
		return c.refuseUnusable(o, inspection, refused)
	}
	if inspection.Identity != nil {
		return refuseRoot(*inspection.Identity, o.allowRoot)
	}
	return nil
}
