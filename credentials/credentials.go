// Package credentials finds the AWS credentials that a person means, and
// renders them as the profile that the controllers of Cluster API Provider AWS
// read.
//
// Find looks where the AWS CLI looks, in its order, and never guesses: half a
// key pair, a malformed file or a profile that is missing is an error, not a
// reason to look further. NewProfile takes only values that every AWS SDK for
// Go and botocore read back as the same bytes, and reads its own result back
// before anybody sees it.
//
// No error, log line or formatted value of this package shows a secret: access
// key IDs are masked to their last four characters, and what stands in a
// credentials file is described by line number.
package credentials

// This file has the values that the rest of the package passes around, and
// Find, which is the whole search on one page.

import (
	"context"
	"fmt"
	"time"
)

// Credentials is one set of AWS credentials. Every way of formatting it
// (package fmt with any verb, log/slog, encoding/json) masks it; only its
// fields give the secrets.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // empty for long-lived keys
	Source          string // where they are from: "the environment", or `profile "dev" in /home/u/.aws/credentials`
	// Expires is when they stop working; zero when they do not, or when the
	// source does not tell.
	Expires time.Time
}

// Request is what a person asked for with flags. The zero value asks for what
// the environment and the default profile give.
type Request struct {
	Profile string // a profile to use, even when the environment has keys
	Region  string // a region, before any other
}

// Region is an AWS region and where it was found.
type Region struct {
	Name     string
	Source   string // "--region", the name of a variable, or `profile "dev" in /home/u/.aws/config`
	Fallback bool   // nothing named a region, and Name is FallbackRegion
}

// FallbackRegion is the region that Find gives when nothing names one, as
// clusterawsadm does.
const FallbackRegion = "us-east-1"

// Found is the result of Find.
type Found struct {
	Credentials Credentials
	Region      Region
	// Warnings are what is allowed, but should not be, a line each.
	Warnings []string
}

// Find looks for credentials and a region.
//
// Credentials: the profile that request names; else AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; else the profile that
// AWS_PROFILE or AWS_DEFAULT_PROFILE names, or "default". The sources inside a
// profile come in the order of botocore (see source.go). A named profile wins
// over the environment as it does for the AWS CLI:
// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
//
// Region: the one that request names, AWS_REGION, AWS_DEFAULT_REGION,
// DEFAULT_AWS_REGION, the profile's, FallbackRegion. The shared files are not
// opened when neither the credentials nor the region need them.
//
// An empty variable counts as one that is not set. Errors are of type *Error
// when a person can mend them, and ctx's when it ended first.
func Find(ctx context.Context, env Environment, request Request) (Found, error) {
	s := &search{env: env, request: request}
	from, err := s.source(ctx)
	if err != nil {
		return Found{}, err
	}
	found, err := from.credentials(ctx)
	if err != nil {
		return Found{}, err
	}
	region, err := s.region(ctx)
	if err != nil {
		return Found{}, err
	}
	return Found{Credentials: found, Region: region, Warnings: s.warnings(from)}, nil
}

// warnings says what should not be as it is, as ssh does of private keys.
func (*search) warnings(from source) []string {
	if keys, ok := from.(staticSource); ok && keys.section.file.exposed {
		return []string{fmt.Sprintf("%s has secrets, and others than you can read it: chmod 600 %[1]s", keys.section.file.path)}
	}
	return nil
}

// search is one run of Find: what was asked for, and the shared files once
// they have been read.
type search struct {
	env     Environment
	request Request
	files   *sharedFiles // nil until sharedFiles() is called
}

// sharedFiles reads both shared files at the first call. They are read once,
// because a file may be a pipe.
func (s *search) sharedFiles(ctx context.Context) (*sharedFiles, error) {
	if s.files == nil {
		files, err := readSharedFiles(ctx, s.env)
		if err != nil {
			return nil, err
		}
		s.files = files
	}
	return s.files, nil
}

// profile returns the profile in use. It has no sections when there is no
// profile of that name and nobody asked for it; a missing profile that
// somebody named is an error.
func (s *search) profile(ctx context.Context) (sharedProfile, error) {
	files, err := s.sharedFiles(ctx)
	if err != nil {
		return sharedProfile{}, err
	}
	name, namedBy := s.profileName()
	if one, other := s.env.Get("AWS_PROFILE"), s.env.Get("AWS_DEFAULT_PROFILE"); s.request.Profile == "" && one != "" && other != "" && one != other {
		return sharedProfile{}, failf("unset one of them, or use --profile",
			"AWS_PROFILE and AWS_DEFAULT_PROFILE name different profiles: tools read one or the other")
	}
	p := files.profile(name)
	if !p.exists() && namedBy != "" {
		return sharedProfile{}, files.noProfile(name, namedBy)
	}
	return p, nil
}

// profileName returns the name of the profile in use and who named it, ""
// when nobody did. botocore reads AWS_DEFAULT_PROFILE first, every other SDK
// AWS_PROFILE; profile refuses two that differ.
func (s *search) profileName() (name, namedBy string) {
	if s.request.Profile != "" {
		return s.request.Profile, "--profile"
	}
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if value := s.env.Get(variable); value != "" {
			return value, variable
		}
	}
	return defaultProfile, ""
}
