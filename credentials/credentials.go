// Package credentials finds the AWS credentials that the user means, and
// renders them as the profile that the controllers of Cluster API Provider AWS
// read.
//
// Find searches the same places as the AWS CLI, in the same order. It never
// guesses: half a key pair, a malformed profile, or a named profile that does
// not exist is an error and ends the search. NewProfile accepts only values that
// every AWS SDK for Go and botocore read back as the same bytes, and verifies
// its own result.
//
// No error, log line or formatted value of this package contains a secret.
// Access key IDs are masked to their last four characters, and the contents of
// a credentials file are described by line number.
package credentials

// This file defines the main types of the package and Find, which runs the
// whole search.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"capaboot/credentials/accesskey"
)

// Credentials is one set of AWS credentials. All formatting (package fmt with any
// verb, log/slog, encoding/json) masks it; only its fields contain the secrets.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // empty for long-lived keys
	Source          string // where they were found: "the environment", or `profile "dev" in /home/u/.aws/credentials`
	// Expires is zero when the credentials do not expire, or when the source
	// does not record their expiry.
	Expires time.Time
	// ExpirySetting is the setting in which the user can record the expiry, such as
	// "aws_credential_expiration in the profile"; "" when the source has none.
	ExpirySetting string
}

// Request says which credentials and region to find. With the zero value,
// [Find] searches as the AWS CLI does without options. [Request.Check]
// validates it.
type Request struct {
	Profile string // a profile to use, even when the environment has keys; "" for none
	Region  string // a region that takes precedence over all others; "" for none
	// DefaultRegion is the region when no other source names one; "" means
	// FallbackRegion.
	DefaultRegion string
	// NeedsRegion makes Find fail with [ErrNoRegion] when no source names a
	// region. It fails before it sends any request, unless the credentials come
	// from an EC2 instance, whose metadata may name the region.
	NeedsRegion bool

	// RoleARN is a role to assume with the found credentials; "" for none.
	RoleARN         string
	ExternalID      string // for the role; "" for none
	RoleSessionName string // "" for a name that contains the time
	// Session requests a session token in exchange for long-lived keys.
	Session bool
	// Duration is the lifetime of the role's or session's credentials; 0 for AWS's
	// default: one hour for a role, twelve for a session. Without RoleARN and Session,
	// it is the lifetime of the credentials of a web identity; for any other source,
	// Find fails.
	Duration time.Duration
	// MFASerial is the serial number or ARN of the MFA device for the role or the
	// session; "" for none.
	MFASerial string
	// MFACode is the six-digit code that the device of MFASerial, or of a
	// profile's mfa_serial, shows now. It is valid for one call.
	MFACode string
	// MinTTL is the minimum remaining lifetime of the credentials; 0 for no minimum.
	// See [Found.Lifetime].
	MinTTL time.Duration
	// AskMFACode asks the user for the code; nil when there is no terminal.
	AskMFACode func(ctx context.Context, serial string) (string, error)

	// Names has the name of each setting in error messages, such as "--role-arn". A
	// setting without an entry has its own text as its name: "Request.RoleARN".
	Names map[Setting]string
}

// Region is an AWS region and where it was found.
type Region struct {
	Name     string
	Source   string // the setting's name in Request.Names, a variable, or `profile "dev" in /home/u/.aws/config`
	Fallback bool   // nothing named a region, and Name is FallbackRegion
}

// FallbackRegion is the region when no source names one, as in clusterawsadm.
const FallbackRegion = "us-east-1"

// ErrInvalidRegion is in the chain of the error when a variable has a value that
// is not a region.
var ErrInvalidRegion = errors.New("invalid region in a variable")

// ErrNoRegion is the error when a region is needed and no source names one.
var ErrNoRegion = errors.New("no region set")

// Found is the result of Find.
type Found struct {
	Credentials Credentials
	Region      Region
	// Warnings are about settings that are risky, ignored or unusable, one line each.
	Warnings []string

	// UnknownExpiryWarning warns that the expiry of temporary credentials is
	// unknown. It is "" for other credentials, and if Warnings already say so.
	UnknownExpiryWarning string

	// IgnoredDuration warns that the duration_seconds of a profile with a web
	// identity has no effect. It is "" if there is nothing to warn about.
	IgnoredDuration string

	search *search // the search that returned this result
}

// Find looks for credentials and a region.
//
// Credentials come from the profile that request names; else from
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; else from the
// profile that AWS_PROFILE or AWS_DEFAULT_PROFILE names, or "default"; else
// from a container's endpoint; else from the instance metadata service. Within
// a profile, the order of the sources is botocore's (see source.go). A web
// identity in variables counts as a source of a profile that request does not
// name. A named profile takes precedence over the environment, as in the AWS
// CLI
// (https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html).
// If request asks for a role or a session, Find exchanges the credentials for
// it.
//
// The region comes from request.Region, AWS_REGION, AWS_DEFAULT_REGION,
// DEFAULT_AWS_REGION, the profile, the EC2 instance whose role provided the
// credentials, request.DefaultRegion, or FallbackRegion, in this order. Find
// opens the shared files only when it needs them: for the credentials, for the
// region, for the endpoint of a service that it calls, or to check that the
// profile in a variable exists. It calls no service to get credentials that are
// in variables or in a file.
//
// An empty variable counts as unset. An error is an *Error or ErrNoRegion; when
// ctx ends first, it wraps the error of ctx. An error of AskMFACode is returned
// unchanged. defaultLimits limits how long services may take.
func Find(ctx context.Context, env Environment, request Request) (Found, error) {
	s := &search{env: env, request: request, limits: defaultLimits}
	return s.run(ctx)
}

func (s *search) run(ctx context.Context) (Found, error) {
	if err := s.request.Check(); err != nil {
		return Found{}, err
	}
	from, err := s.source(ctx)
	if err != nil {
		return Found{}, err
	}
	if err := s.checkDurationFor(from); err != nil {
		return Found{}, err
	}
	if err := s.requireRegion(ctx, from); err != nil {
		return Found{}, err
	}
	ignoredDurationWarning := ""
	if web, ok := from.(webIdentitySource); ok && s.request.Duration == 0 && !s.request.exchanges() {
		ignoredDurationWarning = web.ignoredDurationWarning()
	}
	from, found, err := s.find(ctx, from)
	if err != nil {
		return Found{}, err
	}
	if s.request.MFACode != "" && !s.usedCode && s.request.MFASerial == "" {
		return Found{}, kindf(KindCodeNotNeeded, "%s is set, but the credentials from %s need no MFA code", s.request.name(SettingMFACode), found.Source)
	}
	// Find the region before calling services again: a mistake in the region is
	// quick to fix.
	region, err := s.region(ctx)
	if err != nil {
		return Found{}, err
	}
	if warning := region.Warning(); warning != "" {
		s.warnOnce(warning)
	}
	if metadata, ok := from.(metadataSource); ok && region.Fallback {
		if name := metadata.region(ctx); name != "" {
			region = Region{Name: name, Source: "the EC2 instance"}
		}
	}
	switch {
	case region.Fallback && s.request.DefaultRegion != "":
		region = Region{Name: s.request.DefaultRegion, Source: s.request.name(SettingDefaultRegion)}
	case region.Fallback && s.request.NeedsRegion:
		return Found{}, ErrNoRegion
	}
	found, err = s.exchange(ctx, found)
	if err != nil {
		return Found{}, err
	}
	if s.files != nil { // warn about the endpoint settings, which later calls use
		if p, err := s.profile(ctx); err == nil {
			s.profileEndpoints(p)
		}
	}
	unknown := ""
	if found.keys().AreTemporary() && found.Expires.IsZero() && !s.uselessExpiry {
		unknown = accesskey.UnknownExpiryWarning(found.ExpirySetting)
	}
	return Found{Credentials: found, Region: region, Warnings: s.warnings, UnknownExpiryWarning: unknown, IgnoredDuration: ignoredDurationWarning, search: s}, nil
}

// warnAbout warns about a file that other users can read, as ssh does for private keys, and
// about recorded expiries that cannot be used.
func (s *search) warnAbout(from source) {
	switch from := from.(type) {
	case staticSource:
		if from.section.file.exposed {
			s.warnExposed(from.section.file.path)
		}
		if token, err := from.token(); err == nil && token != nil {
			s.warnExpiry(timeWarnings("profile "+quote(from.profile), from.section.times()))
		}
	case environmentSource:
		if s.env.Get("AWS_SESSION_TOKEN") != "" || s.env.Get("AWS_SECURITY_TOKEN") != "" {
			s.warnExpiry(timeWarnings("the environment", from.times()))
		}
	}
}

func (s *search) warnExpiry(warnings []string) {
	s.warnings = append(s.warnings, warnings...)
	s.uselessExpiry = s.uselessExpiry || len(warnings) > 0
}

func (s *search) warnExposed(path string) {
	s.warnings = append(s.warnings, fmt.Sprintf("%s contains secrets, and other users can read it: run chmod 600 %[1]s", path))
}

func (s *search) warnOnce(text string) {
	if !slices.Contains(s.warnings, text) {
		s.warnings = append(s.warnings, text)
	}
}

// search is one run of Find: the request, and the shared files once they have been
// read.
type search struct {
	env     Environment
	request Request
	limits  limits

	files    *sharedFiles // nil until sharedFiles() is called
	usedCode bool         // request.MFACode was used
	warnings []string
	// uselessExpiry means that a warning says that a recorded expiry cannot be used.
	uselessExpiry bool
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

// profile returns the profile in use. A missing profile is an error if it was named; a
// missing default profile has no sections.
func (s *search) profile(ctx context.Context) (sharedProfile, error) {
	files, err := s.sharedFiles(ctx)
	if err != nil {
		return sharedProfile{}, err
	}
	name, setting := s.profileName()
	if first, other := s.env.Get("AWS_PROFILE"), s.env.Get("AWS_DEFAULT_PROFILE"); s.request.Profile == "" && first != "" && other != "" && first != other {
		return sharedProfile{}, kindf(KindProfilesDiffer,
			"AWS_PROFILE and AWS_DEFAULT_PROFILE name different profiles: some tools read one, some the other")
	}
	p := files.profile(name)
	if err := files.check(p.credentials, p.config); err != nil {
		return sharedProfile{}, err
	}
	for _, unused := range files.unusedProblems() {
		s.warnOnce(unused)
	}
	if !p.exists() && setting != "" {
		return sharedProfile{}, files.noProfile(name, setting)
	}
	s.warnMisplaced(p)
	return p, nil
}

// warnMisplaced warns about a section that is meant for the profile, but that
// no tool reads, because of the form of its name; see sharedFiles.misplaced.
func (s *search) warnMisplaced(p sharedProfile) {
	if misplaced := s.files.misplaced(p.name); misplaced != "" {
		s.warnOnce(misplaced)
	}
}

// warnIgnored warns when AWS_PROFILE or AWS_DEFAULT_PROFILE names a profile
// that is not used.
func (s *search) warnIgnored() {
	variable := "AWS_PROFILE"
	name := s.env.Get(variable)
	if name == "" {
		variable = "AWS_DEFAULT_PROFILE"
		name = s.env.Get(variable)
	}
	switch {
	case name == "":
	case s.request.Profile != "" && s.request.Profile != name:
		s.warnOnce(fmt.Sprintf("%s is ignored: %s names another profile", variable, s.request.name(SettingProfile)))
	case s.request.Profile == "" && !(environmentSource{s.env}).empty():
		s.warnOnce(fmt.Sprintf("using AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which take precedence over the profile in %s: to use the profile, unset both variables", variable))
	}
}

// profileName returns the name of the profile in use, and the setting that
// named it, or "" if none did. botocore reads AWS_DEFAULT_PROFILE first, and the
// SDK for Go reads AWS_PROFILE first. search.profile rejects values that differ.
func (s *search) profileName() (name, setting string) {
	if s.request.Profile != "" {
		return s.request.Profile, s.request.name(SettingProfile)
	}
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if value := s.env.Get(variable); value != "" {
			return value, variable
		}
	}
	return defaultProfile, ""
}
