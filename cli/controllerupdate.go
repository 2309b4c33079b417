// controller update-credentials

package cli

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

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
		Description: `Use it to rotate the credentials. Takes them from AWS_B64ENCODED_CREDENTIALS,
or, with --profile and the like, from the sources of "encode-as-profile".
Checks them as "inspect" does, and writes them to the Secret
capa-manager-bootstrap-credentials. It never prints a secret.

--verify asks AWS for the identity of the old and the new credentials. The
command asks for a confirmation when the account changes, and when something
else manages the Secret and would overwrite the change. Of two updates at the
same time, the second fails and changes nothing.

The controllers read the Secret when they start: restart them afterwards.`,
		Flags: append(append(o.clusterOptions.flags(), o.credentialOptions.flags()...), append([]cli.Flag{
			commandline.SwitchFlag(&o.force, "force", "write also credentials that the controllers cannot use"),
		}, o.writeOptions.flags()...)...),
		Action: func(c *cli.Context) error { return r.updateCredentials(c.Context, o) },
	}
}

func (r *runner) updateCredentials(ctx context.Context, o updateCredentialsOptions) error {
	if err := o.credentialOptions.check(r); err != nil {
		return err
	}
	value, inspection, err := r.newCredentials(ctx, o)
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
	if inspection == nil { // zeroed, as the peer does it for an empty variable
		c.After.State = controller.Zeroed
	}
	c.show()
	if c.AccountUnknown() && c.Before.AccessKeyID != c.After.AccessKeyID {
		c.talk.Say("it is not known whether the account stays the same%s", map[bool]string{false: ": --verify asks AWS"}[o.verify])
	}
	reasons := c.Overwritten()
	if other := c.OtherAccount(); other != "" {
		reasons = append(reasons, other)
	}
	if err := r.confirm(ctx, o.yes, reasons); err != nil {
		return err
	}
	if err := c.write(ctx, value, controllerview.Updated); err != nil {
		return err
	}
	return c.report(ctx)
}

// newCredentials returns the text for the Secret, and what is in it, nil for
// nothing.
func (r *runner) newCredentials(ctx context.Context, o updateCredentialsOptions) ([]byte, *credentials.Inspection, error) {
	blob, set := "", false
	if r.Environment.Lookup != nil {
		blob, set = r.Environment.Lookup(credentials.Variable)
	}
	switch {
	case o.chosen() || !set && !r.asPeer():
		if set {
			r.talk.Say("%s is not used: flags name other credentials", credentials.Variable)
		}
		_, profile, err := r.find(ctx, o.credentialOptions)
		if err != nil {
			return nil, nil, err
		}
		blob = profile.Base64()
	case !set:
		return nil, nil, usagef("%s is not set", credentials.Variable)
	case blob == "" && r.asPeer():
		r.talk.Warn("%s is empty: the credentials in the Secret are zeroed", credentials.Variable)
		return []byte(controller.ZeroValue), nil, nil
	case blob == "":
		return nil, nil, usageError{hinted{fmt.Errorf("%s is empty", credentials.Variable), "controller zero-credentials removes the credentials from the Secret; else set the variable, or name a --profile"}}
	}
	inspection := credentials.Inspect([]byte(blob))
	inspection.StandIn(r.Environment)
	inspection.SetProgram(r.talk.Name)
	r.keepProfile(inspection.Text())
	value, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(blob, "\n"))
	if err != nil || inspection.Wrapping != "base64" {
		return nil, nil, errors.Join(append([]error{errors.New(credentials.Variable + " is not one line of base64, which a Secret needs")}, flaws(&inspection)...)...)
	}
	return value, &inspection, r.usable(o, &inspection)
}

// usable checks new credentials as "inspect" does.
func (r *runner) usable(o updateCredentialsOptions, inspection *credentials.Inspection) error {
	for _, problem := range inspection.Problems {
		if !problem.Fatal || o.force || r.asPeer() {
			r.talk.Warn("the new credentials: %s", problem.Message)
		}
	}
	if !inspection.Usable && !o.force && !r.asPeer() {
		return errors.Join(append(flaws(inspection), hinted{errors.New("CAPA's controllers could not use these credentials: nothing was changed"), "--force sends them all the same"})...)
	}
	if o.chosen() {
		return nil // find has looked at it
	}
	lifetime, err := inspection.Lifetime(o.request)
	switch {
	case err != nil:
		return withHint(err)
	case lifetime.Soon:
		r.talk.Warn("%s", lifetime.Text)
	}
	return nil
}

// flaws are the problems that keep the controllers from using credentials.
func flaws(inspection *credentials.Inspection) (all []error) {
	for _, problem := range inspection.Problems {
		if problem.Fatal {
			all = append(all, hinted{errors.New("the new credentials: " + problem.Message), problem.Remedy})
		}
	}
	return all
}

// verifyBoth asks AWS whose the credentials are. Those that are replaced may be
// expired; the new ones have to work.
func (c *secretChange) verifyBoth(ctx context.Context, inspection *credentials.Inspection, o updateCredentialsOptions) error {
	if c.inspection != nil {
		if err := c.verifyInspection(ctx, c.inspection); err != nil && ctx.Err() != nil {
			return err
		} else if err != nil {
			c.talk.Warn("whose the credentials in the Secret are is not known: %v", err)
		}
		c.Before = controllerview.NewSide(c.Before.State, c.inspection)
		if refused := flawOf(c.inspection, "refused"); refused != "" {
			c.talk.Warn("the credentials in the Secret: %s", refused)
		}
	}
	if inspection == nil {
		return nil
	}
	if err := c.verifyInspection(ctx, inspection); err != nil {
		return err
	}
	if refused := flawOf(inspection, "refused"); refused != "" {
		return c.usable(o, inspection)
	}
	if inspection.Identity != nil {
		return refuseRoot(*inspection.Identity, o.allowRoot)
	}
	return nil
}

func flawOf(inspection *credentials.Inspection, code string) string {
	for _, problem := range inspection.Problems {
		if problem.Code == code {
			return problem.Message
		}
	}
	return ""
}
