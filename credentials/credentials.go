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
// key IDs are masked to their last four characters, and what is in a
// credentials file is described by line number.
package credentials

// This file has the values that the rest of the package passes around, and
// Find, which is the whole search on one page.

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	// ExpirySetting says where the source has that time, for the person who may
	// add it: "aws_credential_expiration = TIME in the profile"; "" where no one
	// can.
	ExpirySetting string
}

// Request is what a person asked for. The zero value asks for what
// the environment and the default profile give. [Request.Check] checks it.
type Request struct {
	Profile string // a profile to use, even when the environment has keys
	Region  string // a region, before any other
	// DefaultRegion is the region when nothing else names one; "" leaves
	// FallbackRegion.
	DefaultRegion string
	// NeedsRegion makes it an error ([ErrNoRegion]) when nothing names a region,
	// before anybody is asked for anything.
	NeedsRegion bool

	// RoleARN is a role to assume with whatever was found.
	RoleARN         string
	ExternalID      string // for the role; "" for none
	RoleSessionName string // "" for one with the time
	// Session exchanges long-lived keys for a session token.
	Session bool
	// Duration of the role's or the session's credentials, 0 for what AWS
	// gives: an hour for a role, twelve for a session.
	Duration time.Duration
	// MFASerial is the MFA device for the role or the session.
	MFASerial string
	// MFACode is the six digits that the device of MFASerial, or of a profile's
	// mfa_serial, shows. It serves one call.
	MFACode string
	// MinTTL is how long the credentials must last at least, 0 for any time. See
	// [Found.Lifetime].
	MinTTL time.Duration
	// AskMFACode asks a person for the digits; nil when there is no one to ask.
	AskMFACode func(ctx context.Context, serial string) (string, error)

	// Names are what the settings are called where people set them, for errors.
	// What has no name here is called as the field is.
	Names map[Setting]string
}

// Region is an AWS region and where it was found.
type Region struct {
	Name     string
	Source   string // what the request calls it, the name of a variable, or `profile "dev" in /home/u/.aws/config`
	Fallback bool   // nothing named a region, and Name is FallbackRegion
}

// FallbackRegion is the region that Find gives when nothing names one, as
// clusterawsadm does.
const FallbackRegion = "us-east-1"

// ErrNoRegion is the error when nothing names a region, and one is needed.
var ErrNoRegion = errors.New("no region set")

// Found is the result of Find.
type Found struct {
	Credentials Credentials
	Region      Region
	// Warnings are what is allowed, but should not be, a line each.
	Warnings []string

	search *search // what found it
}

// Find looks for credentials and a region.
//
// Credentials: the profile that request names; else AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; else the profile that
// AWS_PROFILE or AWS_DEFAULT_PROFILE names, or "default"; then a container's
// endpoint, and the instance metadata service. The sources inside a profile come
// in the order of botocore (see source.go). A named profile wins over the
// environment as it does for the AWS CLI:
// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
// What is found is exchanged for the role or the session that request asks for.
//
// Region: the one that request names, AWS_REGION, AWS_DEFAULT_REGION,
// DEFAULT_AWS_REGION, the profile's, that of the EC2 instance whose role gave
// the credentials, the request's DefaultRegion, FallbackRegion. The shared files
// are not opened when neither the credentials nor the region need them, and no
// service is asked when the credentials stand in variables or in a file.
//
// An empty variable counts as one that is not set. Errors are of type *Error
// when a person can fix them, and ctx's when it ended first. Services have
// seconds to answer; see defaultLimits.
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
	if err := s.checkRegion(ctx, from); err != nil {
		return Found{}, err
	}
	from, found, err := s.find(ctx, from)
	if err != nil {
		return Found{}, err
	}
	if s.request.MFACode != "" && !s.usedCode && s.request.MFASerial == "" {
		return Found{}, kindf(KindCodeNotNeeded, "%s was given, but no MFA code is needed for the credentials from %s", s.request.name(SettingMFACode), found.Source)
	}
	// Before services are asked again: a wrong region is quicker to fix.
	region, err := s.region(ctx)
	if err != nil {
		return Found{}, err
	}
	if doubt := region.Doubt(); doubt != "" {
		s.warnOnce(doubt)
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
	if s.files != nil { // whose endpoints later calls use
		if p, err := s.profile(ctx); err == nil {
			s.profileEndpoints(p)
		}
	}
	return Found{Credentials: found, Region: region, Warnings: s.warnings, search: s}, nil
}

// note warns of what should not be as it is with a source, as ssh does of
// private keys.
func (s *search) note(from source) {
	switch from := from.(type) {
	case staticSource:
		if from.section.file.exposed {
			s.warn(from.section.file.path)
		}
		if token, err := from.token(); err == nil && token != nil {
			s.warnings = append(s.warnings, doubts("profile "+quote(from.profile), from.section.times())...)
		}
	case environmentSource:
		if s.env.Get("AWS_SESSION_TOKEN") != "" || s.env.Get("AWS_SECURITY_TOKEN") != "" {
			s.warnings = append(s.warnings, doubts("the environment", from.times())...)
		}
	}
}

// warn warns of a file with secrets that others can read.
func (s *search) warn(path string) {
	s.warnings = append(s.warnings, fmt.Sprintf("%s has secrets, and other users can read it: run chmod 600 %[1]s", path))
}

// warnOnce adds a warning that is not there yet.
func (s *search) warnOnce(text string) {
	if !slices.Contains(s.warnings, text) {
		s.warnings = append(s.warnings, text)
	}
}

// search is one run of Find: what was asked for, and the shared files once
// they have been read.
type search struct {
	env     Environment
	request Request
	limits  limits

	files    *sharedFiles // nil until sharedFiles() is called
	usedCode bool         // request.MFACode was used
	warnings []string
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
// profile of that name and no one asked for it; a missing profile that
// somebody named is an error.
func (s *search) profile(ctx context.Context) (sharedProfile, error) {
	files, err := s.sharedFiles(ctx)
	if err != nil {
		return sharedProfile{}, err
	}
	name, namedBy := s.profileName()
	if one, other := s.env.Get("AWS_PROFILE"), s.env.Get("AWS_DEFAULT_PROFILE"); s.request.Profile == "" && one != "" && other != "" && one != other {
		return sharedProfile{}, kindf(KindProfilesDiffer,
			"AWS_PROFILE and AWS_DEFAULT_PROFILE name different profiles: tools read one or the other")
	}
	p := files.profile(name)
	if err := files.check(p.credentials, p.config); err != nil {
		return sharedProfile{}, err
	}
	for _, aside := range files.asides() {
		s.warnOnce(aside)
	}
	if !p.exists() && namedBy != "" {
		return sharedProfile{}, files.noProfile(name, namedBy)
	}
	s.noteMisplaced(p)
	return p, nil
}

// noteMisplaced warns of a section with settings for the profile that nothing
// reads, because its name is one of the other file.
func (s *search) noteMisplaced(p sharedProfile) {
	if misplaced := s.files.misplaced(p.name); misplaced != "" {
		s.warnOnce(misplaced)
	}
}

// noteIgnored warns of what is set in the environment and not used.
func (s *search) noteIgnored() {
	variable := "AWS_PROFILE"
	name := s.env.Get(variable)
	if name == "" {
		variable = "AWS_DEFAULT_PROFILE"
		name = s.env.Get(variable)
	}
	switch {
	case name == "":
	case s.request.Profile != "" && s.request.Profile != name:
		s.warnOnce(fmt.Sprintf("%s names another profile than %s, and is not used", variable, s.request.name(SettingProfile)))
	case s.request.Profile == "" && !(environmentSource{s.env}).empty():
		s.warnOnce(fmt.Sprintf("the keys are those of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which come before the profile of %s: unset them to use the profile", variable))
	}
}

// profileName returns the name of the profile in use and who named it, ""
// when no one did. botocore reads AWS_DEFAULT_PROFILE first, every other SDK
// AWS_PROFILE; profile refuses two that differ.
func (s *search) profileName() (name, namedBy string) {
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
