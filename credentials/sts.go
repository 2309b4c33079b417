package credentials

// This file calls AWS STS for the credentials of roles and sessions, and for
// the identity of credentials. Each request has a time limit. Errors explain
// the response and never repeat it.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"capaboot/credentials/accesskey"
	"capaboot/internal/awsclient"
	"capaboot/internal/deadline"
	"capaboot/policies/arn"
)

// limits are the time limits for services.
type limits struct {
	attempt  time.Duration // one request to STS, SSO or AWS Sign-In, including the response
	pause    time.Duration // the maximum pause between two attempts
	call     time.Duration // all attempts of one call to STS, SSO or AWS Sign-In
	endpoint time.Duration // one request to a container's endpoint, or to the instance metadata service with a token
	// metadata is the time limit for requesting a token from the instance
	// metadata service. On a machine that is not an EC2 instance, the service
	// does not respond.
	metadata time.Duration
	// reread is how long to wait for another process to write the token that it
	// renewed.
	reread time.Duration
}

// defaultLimits allow for slow networks. endpoint is botocore's limit for a
// container's endpoint. When there are no credentials, a person waits mostly
// for the metadata service, so its limit is short.
var defaultLimits = limits{attempt: 5 * time.Second, pause: 5 * time.Second, call: 15 * time.Second, endpoint: 2 * time.Second, metadata: time.Second, reread: 300 * time.Millisecond}

// maxAttempts is the maximum number of attempts of a request to STS, SSO or AWS
// Sign-In.
const maxAttempts = 3

// clientSettings returns the settings of a client of STS, SSO or AWS Sign-In.
// signer is nil for a client that does not sign its requests.
func (s *search) clientSettings(ctx context.Context, region string, signer *Credentials) awsclient.Settings {
	settings := awsclient.Settings{Lookup: s.env.Lookup, Transport: s.env.Transport, Region: region, AttemptTimeout: s.limits.attempt, Attempts: maxAttempts, Pause: s.limits.pause}
	if signer != nil {
		settings.Credentials = signer.provider()
	}
	// A profile that cannot be read has already caused an error, or is not
	// needed.
	if p, err := s.profile(ctx); err == nil {
		settings.Profile = s.profileEndpoints(p)
		if e, ok := p.get("ca_bundle"); ok {
			settings.CABundle = e.value
		}
	}
	return settings
}

// ClientSettings returns settings for AWS clients: the region found, and the
// endpoints and certificates of the profile. The caller sets Credentials,
// AttemptTimeout, Attempts and Pause.
func (f Found) ClientSettings(ctx context.Context) awsclient.Settings {
	settings := f.search.clientSettings(ctx, f.Region.Name, nil)
	settings.AttemptTimeout, settings.Attempts, settings.Pause = 0, 0, 0
	return settings
}

func (c Credentials) provider() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
			Source: c.Source, CanExpire: !c.Expires.IsZero(), Expires: c.Expires}, nil
	})
}

type stsCall struct {
	search *search
	// purpose begins the error: `assuming role arn:... (profile "dev")`.
	purpose string
	signer  *Credentials // nil for a call that is not signed
	region  string
}

// do makes the call within its limits.
func (c stsCall) do(ctx context.Context, call func(context.Context, *sts.Client) error) error {
	settings := c.search.clientSettings(ctx, c.region, c.signer)
	config, err := settings.Config(ctx, "STS")
	if ctx.Err() != nil {
		return deadline.NewEnded(ctx, c.purpose)
	}
	if err != nil {
		return unusableSettings(c.purpose, err)
	}
	last := awsclient.RecordLastError(&config)
	limited, cancel := context.WithTimeout(ctx, c.search.limits.call)
	defer cancel()
	err = call(limited, sts.NewFromConfig(config))
	if err == nil {
		return nil
	}
	service, endpoint := "AWS STS in "+c.region, settings.EndpointSetting("STS")
	if ctx.Err() != nil {
		return stoppedError(ctx, c.purpose, last(), service, endpoint)
	}
	return explain(withLast(err, last()), service, endpoint).problem(c.purpose, safeCause(err))
}

// read returns the credentials in a response of STS.
func (c stsCall) read(got *types.Credentials, source string) (Credentials, error) {
	if got == nil {
		return Credentials{}, explanation{text: "AWS STS in " + c.region + " returned no credentials", transient: true}.problem(c.purpose, nil)
	}
	found := Credentials{
		AccessKeyID: aws.ToString(got.AccessKeyId), SecretAccessKey: aws.ToString(got.SecretAccessKey),
		SessionToken: aws.ToString(got.SessionToken), Expires: aws.ToTime(got.Expiration), Source: source,
	}
	if err := found.checkTemporary("AWS STS in " + c.region); err != nil {
		err.Problems[0] = c.purpose + ": " + err.Problems[0]
		return Credentials{}, err
	}
	return found, nil
}

// checkTemporary checks temporary credentials in the response of a service.
func (c Credentials) checkTemporary(service string) *Error {
	if f, invalid := c.keys().Check(); invalid != nil {
		return failf(notAWSHint, "%s returned credentials whose %s %s", service, f.Words(), invalid.Text)
	}
	if c.SessionToken == "" {
		return failf(notAWSHint, "%s returned credentials without a session token", service)
	}
	if !c.Expires.IsZero() && !c.Expires.After(time.Now()) {
		return failf("check the clock of this machine", "%s returned credentials that expired at %s",
			service, c.Expires.UTC().Format(time.RFC3339))
	}
	return nil
}

// stsRegion returns the region in which to call STS: the region of the search,
// or else one in the partition of arn.
func (s *search) stsRegion(ctx context.Context, arn string) (string, error) {
	r, err := s.region(ctx)
	if err != nil {
		return "", err
	}
	if r.Fallback {
		return partitionRegion(arn), nil
	}
	return r.Name, nil
}

// partitionRegion returns the default region in the partition of an ARN.
func partitionRegion(text string) string {
	a, _ := arn.Parse(text)
	return cmp.Or(arn.ControlRegion(a.Partition), FallbackRegion)
}

// Identity is the account and the principal of credentials.
type Identity struct {
	Account string `json:"account"` // twelve digits
	ARN     string `json:"arn"`
}

// Partition returns the partition of the account, such as "aws" or "aws-cn".
func (i Identity) Partition() string {
	a, _ := arn.Parse(i.ARN)
	return a.Partition
}

// IsRoot reports whether this is the root user of the account.
func (i Identity) IsRoot() bool { return strings.HasSuffix(i.ARN, ":root") }

// Verify asks AWS STS, in the region found, for the identity of the
// credentials. It fails when AWS does not accept them. When they lack their
// session token, it fails without a request. The call needs no permission.
// Source: AWS STS API Reference, "GetCallerIdentity".
func (f Found) Verify(ctx context.Context) (Identity, error) {
	if err := f.Credentials.CheckToken(); err != nil {
		return Identity{}, err
	}
	return f.search.verify(ctx, f.Credentials, f.Region.Name)
}

func (s *search) verify(ctx context.Context, c Credentials, region string) (Identity, error) {
	call := stsCall{s, "verifying the credentials from " + c.Source, &c, region}
	var identity Identity
	err := call.do(ctx, func(ctx context.Context, client *sts.Client) error {
		got, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err == nil {
			identity = Identity{Account: aws.ToString(got.Account), ARN: aws.ToString(got.Arn)}
		}
		return err
	})
	if err != nil {
		return Identity{}, err
	}
	if !arn.IsAccount(identity.Account) || !isPrincipalARN(identity.ARN) {
		return Identity{}, failf(notAWSHint, "%s: the response of AWS STS in %s has no valid account ID or no valid ARN", call.purpose, region)
	}
	return identity, nil
}

// rejectedByAWS reports whether AWS itself rejected the credentials, as opposed
// to a proxy or a failure of the network.
func rejectedByAWS(err error) bool {
	response, ok := errors.AsType[codeError](err)
	return ok && slices.Contains([]string{
		"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "IncompleteSignature",
		"ExpiredToken", "ExpiredTokenException", "AccessDenied", "InvalidAccessKeyId",
	}, response.code)
}

// isPrincipalARN reports whether text has the form of an ARN of IAM or STS, such
// as the ARN of a user, a role, a session of a user or role, or the root user.
// Source: IAM User Guide, "IAM identifiers".
func isPrincipalARN(text string) bool {
	a, ok := arn.Parse(text)
	if !ok || !strings.HasPrefix(a.Partition, "aws") ||
		a.Service != "iam" && a.Service != "sts" || a.Region != "" || !arn.IsAccount(a.Account) || a.Resource == "" || len(text) > 2048 {
		return false
	}
	return accesskey.OnlyOf(a.Partition, "-") && accesskey.OnlyOf(a.Resource, "_+=,.@/-:")
}

// String returns the account and the ARN.
func (i Identity) String() string { return fmt.Sprintf("account %s, %s", i.Account, i.ARN) }
