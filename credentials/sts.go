package credentials

// This file asks AWS STS: for the credentials of roles and sessions, and whose
// credentials are. Each request has bounds; what STS or something in its place
// answers is explained, and never repeated.

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

	"capaboot/internal/awsclient"
	"capaboot/internal/deadline"
	"capaboot/policies/arn"
)

// limits bounds how long services may take.
type limits struct {
	attempt  time.Duration // one request to STS or SSO, its answer included
	pause    time.Duration // between two of them at most
	call     time.Duration // all attempts of one call to STS or SSO
	endpoint time.Duration // one request to a container's endpoint, of which there are three
	// metadata is how long the instance metadata service has to answer at
	// all; nothing is there when this is not an EC2 instance.
	metadata time.Duration
	// reread is how long another process has to write the token that it renewed.
	reread time.Duration
}

// defaultLimits leave room for slow networks. The container's is botocore's;
// where nothing is found, the metadata service's is most of what a person
// waits.
var defaultLimits = limits{attempt: 5 * time.Second, pause: 5 * time.Second, call: 15 * time.Second, endpoint: 2 * time.Second, metadata: time.Second, reread: 300 * time.Millisecond}

// attempts is how often a request to STS or SSO is made at most.
const attempts = 3

// clientSettings are the settings of a client of STS or SSO.
func (s *search) clientSettings(ctx context.Context, region string, signer *Credentials) awsclient.Settings {
	settings := awsclient.Settings{Lookup: s.env.Lookup, Transport: s.env.Transport, Region: region, Attempt: s.limits.attempt, Attempts: attempts, Pause: s.limits.pause}
	if signer != nil {
		settings.Credentials = signer.provider()
	}
	// A profile or a file that is wrong was reported, or is not needed.
	if p, err := s.profile(ctx); err == nil {
		settings.Profile = s.profileEndpoints(p)
		if e, ok := p.get("ca_bundle"); ok {
			settings.CABundle = e.value
		}
	}
	return settings
}

// ClientSettings are the settings of clients of AWS that work where the
// credentials were found, without credentials: the region, and the endpoints and
// the certificates of the profile. Attempt, Attempts and Pause are for the
// caller to set.
func (f Found) ClientSettings(ctx context.Context) awsclient.Settings {
	settings := f.search.clientSettings(ctx, f.Region.Name, nil)
	settings.Attempt, settings.Attempts, settings.Pause = 0, 0, 0
	return settings
}

// provider gives the credentials to the SDK.
func (c Credentials) provider() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
			Source: c.Source, CanExpire: !c.Expires.IsZero(), Expires: c.Expires}, nil
	})
}

// stsCall is one call of STS: who makes it, and for what.
type stsCall struct {
	search *search
	// purpose is what an error begins with: `assuming role arn:... of profile "dev"`.
	purpose string
	signer  *Credentials // nil for a call that is not signed
	region  string
}

// do makes the call within its limits.
func (c stsCall) do(ctx context.Context, call func(context.Context, *sts.Client) error) error {
	settings := c.search.clientSettings(ctx, c.region, c.signer)
	config, err := settings.Config(ctx, "STS")
	if ctx.Err() != nil {
		return deadline.Stopped(ctx, c.purpose)
	}
	if err != nil {
		return failf("", "%s: %v", c.purpose, err)
	}
	last := awsclient.Remember(&config)
	limited, cancel := context.WithTimeout(ctx, c.search.limits.call)
	defer cancel()
	err = call(limited, sts.NewFromConfig(config))
	if err == nil {
		return nil
	}
	service, endpoint := "AWS STS in "+c.region, settings.CustomEndpoint("STS")
	if ctx.Err() != nil {
		return stopped(ctx, c.purpose, last(), service, endpoint)
	}
	return explain(withLast(err, last()), service, endpoint).problem(c.purpose, cause(err))
}

// read converts the credentials in an answer of STS.
func (c stsCall) read(got *types.Credentials, source string) (Credentials, error) {
	if got == nil {
		return Credentials{}, explanation{text: "AWS STS in " + c.region + " answered without credentials", passing: true}.problem(c.purpose, nil)
	}
	found := Credentials{
		AccessKeyID: aws.ToString(got.AccessKeyId), SecretAccessKey: aws.ToString(got.SecretAccessKey),
		SessionToken: aws.ToString(got.SessionToken), Expires: aws.ToTime(got.Expiration), Source: source,
	}
	if err := found.usable("AWS STS in " + c.region); err != nil {
		err.Problems[0] = c.purpose + ": " + err.Problems[0]
		return Credentials{}, err
	}
	return found, nil
}

// usable checks temporary credentials that a service answered.
func (c Credentials) usable(service string) *Error {
	if f, bad := c.check(); bad != nil {
		return failf("", "%s answered with credentials whose %s %s", service, f.words(), bad.text)
	}
	if c.SessionToken == "" {
		return failf("", "%s answered with credentials that have no session token", service)
	}
	if !c.Expires.IsZero() && !c.Expires.After(time.Now()) {
		return failf("check whether the clock of this machine is right", "%s answered with credentials that expired at %s",
			service, c.Expires.UTC().Format(time.RFC3339))
	}
	return nil
}

// stsRegion is the region whose STS is asked: the one that the person means,
// or else one of the partition that arn is in.
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

// partitionRegion returns the region of an ARN's partition in which its services
// are asked when nothing else names one.
func partitionRegion(text string) string {
	a, _ := arn.Parse(text)
	return cmp.Or(arn.ControlRegion(a.Partition), FallbackRegion)
}

// Identity is whose credentials are.
type Identity struct {
	Account string `json:"account"` // twelve digits
	ARN     string `json:"arn"`
}

// Partition is the partition of the account: "aws", "aws-cn".
func (i Identity) Partition() string {
	a, _ := arn.Parse(i.ARN)
	return a.Partition
}

// Root is whether they are the account's root user's.
func (i Identity) Root() bool { return strings.HasSuffix(i.ARN, ":root") }

// Verify asks AWS STS in the region found whose credentials were found, and so
// whether AWS accepts them. Any credentials may ask. Source: AWS STS API
// Reference, "GetCallerIdentity".
func (f Found) Verify(ctx context.Context) (Identity, error) {
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
	if !arn.IsAccount(identity.Account) || !isARN(identity.ARN) {
		return Identity{}, failf("", "%s: AWS STS in %s answered without an account and an ARN", call.purpose, region)
	}
	return identity, nil
}

// refused is whether AWS itself said no to the credentials, and not something
// on the way.
func refused(err error) bool {
	answer, ok := errors.AsType[answered](err)
	return ok && slices.Contains([]string{
		"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "IncompleteSignature",
		"ExpiredToken", "ExpiredTokenException", "AccessDenied", "InvalidAccessKeyId",
	}, answer.code)
}

// isARN allows the ARNs that IAM and STS have: users, roles, sessions of them,
// and the root user. Source: IAM User Guide, "IAM identifiers".
func isARN(text string) bool {
	a, ok := arn.Parse(text)
	if !ok || !strings.HasPrefix(a.Partition, "aws") ||
		a.Service != "iam" && a.Service != "sts" || a.Region != "" || !arn.IsAccount(a.Account) || a.Resource == "" || len(text) > 2048 {
		return false
	}
	return onlyOf(a.Partition, "-") && onlyOf(a.Resource, "_+=,.@/-:")
}

// onlyOf is whether text has only letters, digits and the given punctuation.
func onlyOf(text, punctuation string) bool {
	for i := range len(text) {
		if !isLetterOrDigit(text[i]) && strings.IndexByte(punctuation, text[i]) < 0 {
			return false
		}
	}
	return true
}

// String shows the account and the ARN.
func (i Identity) String() string { return fmt.Sprintf("account %s, %s", i.Account, i.ARN) }
