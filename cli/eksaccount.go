// The AWS account of an Amazon EKS cluster.

package cli

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/internal/commandline"
)

// eksOptions select an EKS cluster, and the credentials and region for its
// account.
type eksOptions struct {
	accountOptions
	clusterName string
}

func (o *eksOptions) flags() []cli.Flag {
	return []cli.Flag{
		commandline.TextFlag(&o.clusterName, "cluster-name", "`NAME` of the EKS cluster"),
		&cli.StringFlag{Name: "region", Aliases: []string{"r"}, Usage: "`REGION` of the EKS cluster", Destination: &o.region},
		commandline.TextFlag(&o.profile, "profile", "use the credentials of this `PROFILE`"),
		commandline.SecretFlag(&o.mfaCode, "mfa-code", "`DIGITS` that the MFA device of the profile shows now"),
	}
}

func (r *runner) findEKSAccount(ctx context.Context, o eksOptions) (*credentials.Account, error) {
	account, err := r.findAccount(ctx, o.accountOptions, "")
	if errors.Is(err, credentials.ErrNoRegion) {
		return nil, usageError{errorWithHint{credentials.ErrNoRegion, "set the region of the EKS cluster with --region, with AWS_REGION, or as the region of the profile"}}
	}
	return account, err
}
