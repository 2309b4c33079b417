package credentials

// This file gets the credentials of roles in profiles: role_arn, assumed with
// the credentials of another profile (source_profile) or of this machine
// (credential_source). Source: AWS SDKs and Tools Reference Guide, "Assume role
// credential provider". The order of the sources in a source profile is
// botocore's (botocore/credentials.py, AssumeRoleProvider).

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// assumedRole returns the source when the profile has a role_arn that does not
// belong to a web identity; nil otherwise.
func assumedRole(s *search, p sharedProfile) source {
	e, ok := p.get("role_arn")
	if _, web := p.get("web_identity_token_file"); !ok || web {
		return nil
	}
	return roleSource{s, p, e, []string{p.name}}
}

type roleSource struct {
	search  *search
	profile sharedProfile
	arn     *entry
	chain   []string // the profiles of the chain so far; the last one is profile
}

func (r roleSource) credentials(ctx context.Context) (Credentials, error) {
	role, err := r.settings()
	if err != nil {
		return Credentials{}, err
	}
	from, err := r.baseSource(ctx)
	if err != nil {
		return Credentials{}, err
	}
	r.search.warnAbout(from)
	signer, err := from.credentials(ctx)
	if err != nil {
		return Credentials{}, err
	}
	return r.search.assume(ctx, role, signer)
}

func (r roleSource) settings() (roleRequest, error) {
	role := roleRequest{subject: "profile " + quote(r.profile.name)}
	for _, setting := range []struct {
		key   string
		into  *string
		check func(string) string
	}{
		{"role_arn", &role.arn, checkRoleARN},
		{"external_id", &role.externalID, checkExternalID},
		{"role_session_name", &role.sessionName, checkSessionName},
		{"mfa_serial", &role.mfaSerial, checkMFASerial},
	} {
		e, ok := r.profile.get(setting.key)
		if !ok {
			continue
		}
		if want := setting.check(e.value); want != "" {
			return roleRequest{}, invalidValue(e.where(), e.key+" of profile "+quote(r.profile.name), want, "")
		}
		*setting.into = e.value
	}
	if e, ok := r.profile.get("duration_seconds"); ok {
		seconds, err := strconv.Atoi(e.value)
		if err != nil || seconds < int(shortestSession/time.Second) || seconds > int(longestRoleSession/time.Second) {
			return roleRequest{}, invalidValue(e.where(), "duration_seconds of profile "+quote(r.profile.name), "a number from 900 to 43200", "")
		}
		role.duration = time.Duration(seconds) * time.Second
	}
	return role, nil
}

// baseSource returns the source of the credentials that assume the role.
func (r roleSource) baseSource(ctx context.Context) (source, error) {
	from, hasProfile := r.profile.get("source_profile")
	machine, hasMachine := r.profile.get("credential_source")
	switch {
	case hasProfile && hasMachine:
		return nil, failf("remove source_profile or credential_source", "%s: profile %s has both source_profile and credential_source (%s)",
			from.where(), quote(r.profile.name), machine.where())
	case hasMachine:
		return r.machineSource(machine)
	case !hasProfile:
		return nil, failf("add source_profile with the name of a profile, or credential_source",
			"%s: profile %s has role_arn, but neither source_profile nor credential_source", r.arn.where(), quote(r.profile.name))
	}
	files, err := r.search.sharedFiles(ctx)
	if err != nil {
		return nil, err
	}
	p := files.profile(from.value)
	if err := files.check(p.credentials, p.config); err != nil {
		return nil, err
	}
	if !p.exists() {
		return nil, files.noProfile(from.value, fmt.Sprintf("source_profile of profile %s (%s)", quote(r.profile.name), from.where()))
	}
	r.search.warnMisplaced(p)
	// A profile may name itself, to use its own keys. The AWS CLI rejects every
	// other loop, with or without keys.
	if i := slices.Index(r.chain, p.name); i >= 0 && !(p.name == r.profile.name && p.hasKeys()) {
		return nil, failf("end the chain with a profile that has keys, SSO, a program or a credential_source",
			"%s: source_profile leads back to itself: %s", from.where(), formatChain(append(slices.Clone(r.chain[i:]), p.name)))
	}
	role, hasRole := p.get("role_arn")
	if p.hasKeys() || !hasRole {
		return r.search.inSourceProfile(p)
	}
	if _, web := p.get("web_identity_token_file"); web {
		return r.search.inSourceProfile(p)
	}
	if len(r.chain) == maxChain {
		return nil, failf("shorten the chain: name a profile with keys in an earlier source_profile", "%s: the chain of source_profile settings has more than %d profiles", from.where(), maxChain)
	}
	return roleSource{r.search, p, role, append(slices.Clone(r.chain), p.name)}, nil
}

func formatChain(names []string) string {
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = quote(name)
	}
	return strings.Join(shown, " -> ")
}

// hasKeys reports whether a profile has either half of a key pair.
func (p sharedProfile) hasKeys() bool {
	return sectionKeys(p, p.credentials) != nil || sectionKeys(p, p.config) != nil
}

// inSourceProfile returns the source of the credentials for a profile that
// source_profile names. Keys in the environment do not count.
func (s *search) inSourceProfile(p sharedProfile) (source, error) {
	for _, recognise := range []func(*search, sharedProfile) source{
		profileWebIdentity, singleSignOn, credentialsFileKeys, loginSession, process, configFileKeys,
	} {
		if found := recognise(s, p); found != nil {
			return found, nil
		}
	}
	return nil, s.files.noKeys(p)
}

// machineSource returns the source that credential_source names.
func (r roleSource) machineSource(e *entry) (source, error) {
	if err := checkCredentialSource(r.profile, e); err != nil {
		return nil, err
	}
	switch e.value {
	case "Environment":
		source := environmentSource{r.search.env}
		if source.empty() {
			return nil, failf("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
				"%s: profile %s uses credentials from the environment, but AWS_ACCESS_KEY_ID is not set", e.where(), quote(r.profile.name))
		}
		return source, nil
	case "EcsContainer":
		if found := container(r.search, r.profile); found != nil {
			return found, nil
		}
		return nil, failf("run this command in the container, or set credential_source to Environment or Ec2InstanceMetadata",
			"%s: profile %s uses credentials from the container, but neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set",
			e.where(), quote(r.profile.name))
	}
	return metadataSource{r.search}, nil
}

// checkCredentialSource returns an error when credential_source has none of its
// three valid values.
func checkCredentialSource(p sharedProfile, e *entry) error {
	switch e.value {
	case "Environment", "Ec2InstanceMetadata", "EcsContainer":
		return nil
	}
	return invalidValue(e.where(), "credential_source of profile "+quote(p.name), "Environment, Ec2InstanceMetadata or EcsContainer", "")
}

type roleRequest struct {
	subject     string // what names the role: `profile "dev"`, or a setting of the request
	arn         string
	externalID  string
	sessionName string
	mfaSerial   string
	duration    time.Duration // 0 means AWS's default, one hour
}

// assume gets the credentials of a role from STS.
func (s *search) assume(ctx context.Context, role roleRequest, signer Credentials) (Credentials, error) {
	region, err := s.stsRegion(ctx, role.arn)
	if err != nil {
		return Credentials{}, err
	}
	return s.assumeIn(ctx, region, role, signer)
}

// assumeIn is like assume, but for STS in a given region.
func (s *search) assumeIn(ctx context.Context, region string, role roleRequest, signer Credentials) (Credentials, error) {
	input := &sts.AssumeRoleInput{RoleArn: &role.arn, RoleSessionName: &role.sessionName}
	if role.sessionName == "" {
		input.RoleSessionName = aws.String(defaultSessionName())
	}
	if role.externalID != "" {
		input.ExternalId = &role.externalID
	}
	if role.duration != 0 {
		input.DurationSeconds = aws.Int32(int32(role.duration / time.Second))
	}
	if role.mfaSerial != "" {
		code, err := s.mfaCode(ctx, role.mfaSerial, "role "+role.arn)
		if err != nil {
			return Credentials{}, err
		}
		input.SerialNumber, input.TokenCode = &role.mfaSerial, &code
	}
	call := stsCall{s, fmt.Sprintf("assuming role %s (%s)", role.arn, role.subject), &signer, region}
	var output *sts.AssumeRoleOutput
	if err := call.do(ctx, func(ctx context.Context, client *sts.Client) (err error) {
		output, err = client.AssumeRole(ctx, input)
		return err
	}); err != nil {
		return Credentials{}, err
	}
	return call.read(output.Credentials, "role "+role.arn)
}

// defaultSessionName returns a session name with the time, as in the SDKs. The
// time distinguishes sessions in CloudTrail.
func defaultSessionName() string {
	return fmt.Sprintf("capaboot-%d", time.Now().UnixNano()/int64(time.Millisecond))
}
