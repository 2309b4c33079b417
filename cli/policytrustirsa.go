// The command "policy trust irsa", which writes trust statements for service
// accounts.

package cli

import (
	"context"
	"slices"

	"github.com/urfave/cli/v2"

	"capaboot/controller/move"
	"capaboot/internal/commandline"
	"capaboot/internal/podaccess"
	"capaboot/policies/trust"
)

type trustIRSAOptions struct {
	podOptions
	accountOptions
	provider, cluster, audience, format string
}

func (r *runner) trustIRSACommand() *cli.Command {
	var o trustIRSAOptions
	return &cli.Command{
		Name:  "irsa",
		Usage: "write trust statements for service accounts that use IRSA",
		Description: `Use this command for IAM roles for service accounts (IRSA): the service accounts
that --service-account names can assume the role. All these service
accounts must be in the same namespace. The command refuses wildcards.

--oidc-provider names the cluster's OIDC provider in IAM. --cluster asks EKS for
the provider, and needs AWS credentials.` + trustHelp,
		Flags: slices.Concat(o.podOptions.flags(), []cli.Flag{
			commandline.TextFlag(&o.provider, "oidc-provider", "`ARN` of the cluster's OIDC provider in IAM"),
			commandline.TextFlag(&o.cluster, "cluster", "`NAME` of the EKS cluster"),
			commandline.TextFlag(&o.audience, "audience", "`AUDIENCE` of the tokens, by default "+trust.DefaultAudience),
		}, o.accountOptions.flagsFor("`REGION` of the EKS cluster"), []cli.Flag{trustFormatFlag(&o.format)}),
		Action: r.withUnusedWarning(func(c *cli.Context) error { return r.trustIRSA(c.Context, o) }, accountFlags()...),
	}
}

func (r *runner) trustIRSA(ctx context.Context, o trustIRSAOptions) error {
	switch {
	case o.cluster != "" && o.provider != "":
		return usagef("--cluster and --oidc-provider cannot be combined: use only one of them")
	case o.cluster == "" && o.provider == "":
		return usagef("missing --oidc-provider or --cluster: name the provider, or the EKS cluster that has it")
	case o.cluster != "":
		var err error
		if o.provider, err = r.findProvider(ctx, eksOptions{o.accountOptions, o.cluster}); err != nil {
			return err
		}
	}
	return r.printTrust(ctx, o.format, trust.IRSA{OIDCProvider: o.provider, Audience: o.audience, Namespace: o.namespace, ServiceAccounts: o.serviceAccountNames()})
}

// findProvider asks EKS for the OIDC provider of a cluster. It does not check whether
// the provider exists in IAM.
func (r *runner) findProvider(ctx context.Context, o eksOptions) (string, error) {
	if problem := move.ClusterNameProblem(o.clusterName); problem != "" {
		return "", usagef("invalid value for --cluster: %s", problem)
	}
	account, err := r.findEKSAccount(ctx, o)
	if err != nil {
		return "", err
	}
	r.talk.Say("%s", account)
	eks, err := podaccess.NewEKS(ctx, account)
	if err != nil {
		return "", err
	}
	cluster, err := eks.Cluster(ctx, o.clusterName)
	switch {
	case err != nil:
		return "", moveOptions{eksOptions: o}.withHint(err, account)
	case cluster.Issuer == "":
		return "", &move.NoProvider{Cluster: o.clusterName}
	}
	return move.ProviderARN(cluster), nil
}
