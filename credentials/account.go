package credentials

// This file defines Account: the identity and the region that a command works
// with, and the configuration of its AWS clients.

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"capaboot/internal/awsclient"
	"capaboot/internal/shell"
)

// Account is an identity and a region to work in.
type Account struct {
	Identity Identity
	Region   string
	// RegionSource is what names the region, such as "AWS_REGION"; see [Region].
	RegionSource string
	// Credentials refresh themselves before they expire.
	Credentials *Refreshing

	settings awsclient.Settings
	profile  string // the requested profile, "" for none
}

// Account asks STS for the identity of the credentials. env and request must be
// the arguments of the call of Find that returned f.
func (f Found) Account(ctx context.Context, env Environment, request Request) (*Account, error) {
	identity, err := f.Verify(ctx)
	if err != nil {
		return nil, err
	}
	return &Account{identity, f.Region.Name, f.Region.Source, NewRefreshing(env, request, f.Credentials), f.ClientSettings(ctx), request.Profile}, nil
}

// Partition returns the account's partition, such as "aws" or "aws-cn".
func (a *Account) Partition() string { return a.Identity.Partition() }

// RegionOption returns the region option for an AWS CLI command on this account.
func (a *Account) RegionOption() string { return " --region " + shell.Word(a.Region) }

// ProfileOption returns the profile option for an AWS CLI command on this account; ""
// when no profile was requested.
func (a *Account) ProfileOption() string {
	if a.profile == "" {
		return ""
	}
	return " --profile " + shell.Word(a.profile)
}

// String names the account, the region and the caller.
func (a *Account) String() string {
	return fmt.Sprintf("account %s, region %s, as %s", a.Identity.Account, a.Region, a.Identity.ARN)
}

// attemptTimeout limits one attempt of a request. CloudFormation usually responds within
// two seconds, but a request with a large template takes longer.
const attemptTimeout = 15 * time.Second

// Config returns the configuration for the clients of a service.
func (a *Account) Config(ctx context.Context, service string) (aws.Config, error) {
	return a.ConfigIn(ctx, a.Region, service)
}

// ConfigIn is [Account.Config] for another region of the partition.
func (a *Account) ConfigIn(ctx context.Context, region, service string) (aws.Config, error) {
	settings := a.settings
	settings.Region = region
	settings.Credentials, settings.AttemptTimeout, settings.Attempts, settings.Pause = a.Credentials, attemptTimeout, 3, 5*time.Second
	return settings.Config(ctx, service)
}
