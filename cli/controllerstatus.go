// The command "controller status", which shows the credentials that the
// controllers use.

package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"capaboot/controller"
	"capaboot/credentials"
	"capaboot/internal/commandline"
	"capaboot/internal/controllerview"
	"capaboot/internal/podaccess"
	"capaboot/internal/render"
	"capaboot/internal/terminal"
)

type statusOptions struct {
	clusterOptions
	eksOptions
	format string
	// associations requests the Pod Identity associations of a service account
	// from EKS; nil when no EKS cluster is named.
	associations func(ctx context.Context, namespace, serviceAccount string) ([]controller.Association, error)
}

func (r *runner) statusCommand() *cli.Command {
	var o statusOptions
	return &cli.Command{
		Name:  "status",
		Usage: "show whether the controllers can work, and with which credentials",
		Description: `Use this command when CAPA cannot authenticate to AWS, and after a change of the
credentials. Reads the Deployment of CAPA's controllers, the pods, the Secret
and the service account, and reports which credentials the pods use. Looks for
credentials in the order of the AWS SDK: environment variables of the pods, a
web identity (IRSA), the Secret, EKS Pod Identity, the instance profile. Changes
nothing, shows no secret, and does not ask AWS whether the credentials are
valid. With --cluster-name, the command asks EKS for the association of the
service account; if the request fails, the report says why.

The exit code is 1 when the controllers cannot work, or when no source is known
to have credentials.`,
		Flags:  slices.Concat(o.clusterOptions.flags(), o.eksOptions.flags(), []cli.Flag{commandline.FormatFlag(&o.format, "text", "json")}),
		Action: r.withUnusedWarning(func(c *cli.Context) error { return r.status(c.Context, o) }, accountFlags()...),
	}
}

func (r *runner) status(ctx context.Context, o statusOptions) error {
	cluster, err := r.openCluster(ctx, o.clusterOptions)
	if err != nil {
		return err
	}
	if o.clusterName != "" {
		if o.associations, err = r.newAssociationReader(ctx, o.eksOptions, cluster.Server); err != nil {
			return err
		}
	}
	status, err := r.readControllerStatus(ctx, cluster, o)
	if err != nil {
		return err
	}
	text := []byte(status.Report(time.Now(), cmp.Or(terminal.Width(r.Stdout), terminal.Columns)))
	if o.format != "text" {
		if text, err = render.Format(o.format, status); err != nil {
			return err
		}
	}
	err = r.writeReport(ctx, o.format, text) // hides secrets: a message may quote output of a container
	if problem := status.Problem(); err == nil && problem != "" {
		err = errorWithHint{errors.New(problem), "fix each problem as the output says, then run the same command again"}
	}
	return err
}

// newAssociationReader returns a function that requests the associations of a
// service account from EKS. Wrong usage and the end of ctx are errors. If EKS
// cannot be used for another reason, such as missing credentials,
// newAssociationReader prints a warning, and the returned function returns an
// error. The command then still reports the state of the cluster.
func (r *runner) newAssociationReader(ctx context.Context, o eksOptions, server string) (func(context.Context, string, string) ([]controller.Association, error), error) {
	account, err := r.findEKSAccount(ctx, o)
	if err == nil {
		var eks *podaccess.EKS
		if eks, err = podaccess.NewEKS(ctx, account); err == nil {
			return eks.Associations(o.clusterName, server), nil
		}
	}
	if isUsage(err) || ctx.Err() != nil {
		return nil, err
	}
	r.talk.Warn("the EKS Pod Identity association could not be read: %s", err)
	r.talk.Hints(err)
	reason, _, _ := strings.Cut(err.Error(), "\n")
	if kind := credentials.KindOf(err); kind == credentials.KindNoCredentials || kind == credentials.KindNoProfiles {
		reason = "no AWS credentials" // the warning has the sources that were tried
	}
	return func(context.Context, string, string) ([]controller.Association, error) {
		return nil, errors.New(reason)
	}, nil
}

// readControllerStatus reads the state of the controllers. It hides the credentials
// in the Secret in all later output.
func (r *runner) readControllerStatus(ctx context.Context, cluster *controller.Cluster, o statusOptions) (*controllerview.Status, error) {
	installation, err := cluster.ReadInstallation(ctx, o.namespace, o.associations)
	if err != nil {
		return nil, o.withHint(err)
	}
	if installation.Secret != nil {
		r.hideSecret(installation.Secret)
	}
	status := controllerview.NewStatus(cluster, installation, r.Environment)
	status.SetProgram(r.talk.Name)
	return &status, nil
}
