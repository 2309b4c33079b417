package credentials

// This file determines where a profile in a blob gets its credentials, as the
// SDK in the controllers does: it may assume a role with the keys of another
// profile, or with the credentials of the pod. Source: config/shared_config.go
// (setFromIniSections) and config/resolve_credentials.go of the AWS SDK for Go
// v2. CAPA's manifests define what the pod has: the blob as
// AWS_SHARED_CREDENTIALS_FILE, and no keys in variables.

import (
	"fmt"
	"slices"
)

// sourceKeys lists the keys that name the source of a profile's credentials. A
// profile may have only one of them.
var sourceKeys = []string{"source_profile", "credential_source", "credential_process", "web_identity_token_file"}

const (
	ssoText   = "signs in with SSO, but the token is on your machine, not in the pod of the controllers"
	loginText = "signs in with aws login, but the session is on your machine, not in the pod of the controllers"
)

// localSettings lists the settings of sources that exist only on a person's
// machine, in the order in which the SDK checks them.
var localSettings = []struct{ key, code, text string }{
	{"sso_session", "sso", ssoText},
	{"sso_region", "sso", ssoText},
	{"sso_account_id", "sso", ssoText},
	{"sso_start_url", "sso", ssoText},
	{"sso_role_name", "sso", ssoText},
	{"login_session", "login", loginText},
	{"credential_process", "program", "gets its credentials from a program (credential_process), which the image of the controllers does not have"},
}

// setting returns the value of a key as the SDK reads it; "" for none.
func (s *section) setting(key string) string {
	if e := s.entry(key); !e.empty() {
		return e.sdkValue()
	}
	return ""
}

func (s *section) hasPair() bool {
	return s.setting(string(accessKeyID)) != "" && s.setting(string(secretAccessKey)) != ""
}

func (s *section) hasHalf() bool {
	return (s.setting(string(accessKeyID)) != "") != (s.setting(string(secretAccessKey)) != "") || s.hasEmptyHalf()
}

// hasEmptyHalf reports whether a profile has only one half of a key pair, and
// this half has no value. The SDK rejects that too (mergeSections in
// config/shared_config.go).
func (s *section) hasEmptyHalf() bool {
	id, secret := s.entry(string(accessKeyID)), s.entry(string(secretAccessKey))
	return (id == nil) != (secret == nil) && id.empty() && secret.empty()
}

// hasSource reports whether a profile gets credentials from anything but its
// own keys.
func (s *section) hasSource() bool {
	return s.setting("role_arn") != "" ||
		slices.ContainsFunc(sourceKeys, func(key string) bool { return s.setting(key) != "" }) ||
		s.hasLocalSource()
}

func (s *section) hasLocalSource() bool {
	return slices.ContainsFunc(localSettings, func(p struct{ key, code, text string }) bool { return s.setting(p.key) != "" })
}

// resolution is how the SDK resolves the credentials of a profile.
type resolution struct {
	profiles []string      // the profiles that the SDK reads, in order
	keys     *section      // the section with the keys; nil when they come from elsewhere
	roles    []roleRequest // the roles to assume, in order; keys assume the first one
}

// resolve determines how the SDK resolves the credentials of [default], and
// reports the problems that prevent it.
func (i *inspector) resolve(sections map[string]*section) resolution {
	var r resolution
	subject, next := "", defaultProfile
	for {
		s, again := sections[profilePrefix+next], slices.Contains(r.profiles, next)
		if s == nil {
			i.fatal("no-source-profile", fmt.Sprintf("%s: source_profile names %s, which the encoded credentials do not contain, and the controllers read no other file", subject, quote(next)),
				"encode the source profile together with this profile, or encode the credentials of the role: capaboot bootstrap credentials encode-as-profile")
			return r
		}
		subject = "profile " + quote(next)
		first := len(r.profiles) == 0
		r.profiles = append(r.profiles, next)
		if s.hasHalf() {
			return r // reported by inspectSection
		}
		if !again && !i.checkSettings(subject, s) {
			return r
		}
		// When a profile is visited a second time, only its keys count.
		if !again && !i.addRole(subject, s, &r) {
			return r
		}
		if s.hasPair() && !first {
			r.keys = s
			return r
		}
		if !i.checkOneSource(subject, s) {
			return r
		}
		isSet := func(key string) bool { return s.setting(key) != "" }
		if (s.hasPair() || slices.ContainsFunc(sourceKeys, isSet)) && !i.checkSession(subject, s, sections) {
			return r
		}
		next = s.setting("source_profile")
		if again && next != "" && !s.hasLocalSource() {
			i.fatal("source-profile-loop", fmt.Sprintf("%s: source_profile leads back to itself: %s", subject, formatChain(r.profiles)), "end the chain with a profile that has keys")
			return r
		}
		if again || next == "" {
			i.inspectLast(subject, s, &r)
			return r
		}
	}
}

// addRole adds the role of a profile to r, unless the profile exchanges a web
// identity token for the role. It returns false, and reports a problem, if the
// controllers cannot use the profile.
func (i *inspector) addRole(subject string, s *section, r *resolution) bool {
	role := s.setting("role_arn")
	if role == "" {
		for _, key := range sourceKeys {
			if key != "credential_process" && s.setting(key) != "" {
				i.fatal("no-role", fmt.Sprintf("%s has %s, but no role_arn, so the SDK rejects the profile", subject, key), "add role_arn, or remove "+key)
				return false
			}
		}
		return true
	}
	if want := checkRoleARN(role); want != "" {
		i.fatal("role", fmt.Sprintf("%s: invalid role_arn: want %s", subject, want), "write the ARN of a role, and encode the profile again")
		return false
	}
	if s.setting("web_identity_token_file") != "" && !s.hasPair() {
		return true // the SDK exchanges the token for the role
	}
	if s.setting("mfa_serial") != "" {
		i.fatal("mfa", subject+" needs an MFA code (mfa_serial), which the controllers cannot ask for",
			"encode temporary credentials of the role (the command asks for the MFA code): capaboot bootstrap credentials encode-as-profile --role-arn ARN --mfa-serial ARN")
		return false
	}
	r.roles = append([]roleRequest{{subject: subject, arn: role, externalID: s.setting("external_id"), sessionName: s.setting("role_session_name")}}, r.roles...)
	return true
}

// checkOneSource reports whether a profile has at most one source. If the
// profile has more, the SDK rejects it, and checkOneSource adds a problem.
func (i *inspector) checkOneSource(subject string, s *section) bool {
	var has []string
	for _, key := range sourceKeys {
		if s.setting(key) != "" {
			has = append(has, key)
		}
	}
	if len(has) < 2 {
		return true
	}
	i.fatal("two-sources", fmt.Sprintf("%s has both %s and %s, so the SDK rejects the profile", subject, has[0], has[1]), "remove "+has[0]+" or "+has[1])
	return false
}

// inspectLast inspects the last profile that the SDK reads.
func (i *inspector) inspectLast(subject string, s *section, r *resolution) {
	if s.hasPair() {
		r.keys = s
		return
	}
	const nothing = "no fix is needed if the controllers run on an EC2 instance with a role and a metadata hop limit of at least 2"
	switch s.setting("credential_source") {
	case "":
	case "Environment":
		i.fatal("credential-source", subject+": credential_source is Environment, but CAPA's manifests set no AWS_ACCESS_KEY_ID in the pod of the controllers",
			"name a source_profile with keys, and encode that profile too")
		return
	case "Ec2InstanceMetadata":
		i.note("credential-source", subject+": credential_source is Ec2InstanceMetadata, which works only if the controllers run on an EC2 instance that has a role and a metadata hop limit of at least 2", nothing)
		return
	case "EcsContainer":
		i.note("credential-source", subject+": credential_source is EcsContainer, which works only if the service account of the controllers has an EKS Pod Identity association",
			"create the association; see EKS User Guide, \"Assign an IAM role to a Kubernetes service account\"")
		return
	default:
		i.fatal("credential-source", subject+" has an unknown credential_source", "write Environment, Ec2InstanceMetadata or EcsContainer")
		return
	}
	if s.setting("web_identity_token_file") != "" {
		i.note("web-identity", subject+" exchanges a token (web_identity_token_file), whose file must be in the pod of the controllers", "give the service account a role; see EKS User Guide, \"IAM roles for service accounts\"")
		return
	}
	for _, other := range localSettings {
		if s.setting(other.key) != "" {
			i.fatal(other.code, subject+" "+other.text, encodeAgain)
			return
		}
	}
	// To assume the role of a profile that has no source, the SDK uses the
	// credentials of the pod or its instance. It does not use them for a
	// profile that source_profile names.
	if len(r.profiles) == 1 && len(r.roles) > 0 {
		i.note("credential-source", subject+" has role_arn and no source: the SDK assumes the role with the credentials of EKS Pod Identity or the EC2 instance", "if the controllers must not use these credentials, add source_profile")
		return
	}
	i.fatal("no-keys", subject+" has no keys", encodeAgain)
}
