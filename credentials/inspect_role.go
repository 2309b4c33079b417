package credentials

// This file follows a profile of a blob to what gives its credentials, as the
// SDK of the controllers does: a role with the keys of another profile, or of
// the pod. Source: config/shared_config.go (setFromIniSections) and
// config/resolve_credentials.go of the AWS SDK for Go v2. What the pod has is in
// CAPA's manifests: the blob as AWS_SHARED_CREDENTIALS_FILE, and no keys in
// variables.

import (
	"fmt"
	"slices"
)

// sourceKeys name where a profile takes its credentials from; it may have one of
// them.
var sourceKeys = []string{"source_profile", "credential_source", "credential_process", "web_identity_token_file"}

const (
	ssoElsewhere   = "signs in with SSO, whose token is in a folder of your machine and not in the pod of the controllers"
	loginElsewhere = "signs in with aws login, whose session is in a folder of your machine and not in the pod of the controllers"
)

// personal are the settings of sources that only a person's machine has, in the
// order in which the SDK takes them.
var personal = []struct{ key, code, text string }{
	{"sso_session", "sso", ssoElsewhere},
	{"sso_region", "sso", ssoElsewhere},
	{"sso_account_id", "sso", ssoElsewhere},
	{"sso_start_url", "sso", ssoElsewhere},
	{"sso_role_name", "sso", ssoElsewhere},
	{"login_session", "login", loginElsewhere},
	{"credential_process", "program", "takes its credentials from a program (credential_process), which the image of the controllers does not have"},
}

// setting returns a value as the SDK reads it, "" for none.
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
	return (s.setting(string(accessKeyID)) != "") != (s.setting(string(secretAccessKey)) != "")
}

// hasSource is whether a profile takes credentials from elsewhere than its own
// keys.
func (s *section) hasSource() bool {
	return s.setting("role_arn") != "" ||
		slices.ContainsFunc(sourceKeys, func(key string) bool { return s.setting(key) != "" }) ||
		s.isPersonal()
}

// isPersonal is whether a profile has one of the settings of personal.
func (s *section) isPersonal() bool {
	return slices.ContainsFunc(personal, func(p struct{ key, code, text string }) bool { return s.setting(p.key) != "" })
}

// way is how the SDK gets the credentials of a profile.
type way struct {
	profiles []string      // that it leads through
	keys     *section      // has the keys, nil when they come from elsewhere
	roles    []roleRequest // that are assumed, the first one with the keys
}

// follow finds the way from [default], and reports what keeps the SDK from going
// it.
func (i *inspector) follow(sections map[string]*section) way {
	var w way
	of, next := "", defaultProfile
	for {
		s, again := sections[isProfile+next], slices.Contains(w.profiles, next)
		if s == nil {
			i.fatal("no-source-profile", fmt.Sprintf("%s: source_profile names %s, which is not in it, and the controllers read no other file", of, quote(next)),
				"put that profile into the blob too, or encode the credentials of the role: capaboot bootstrap credentials encode-as-profile")
			return w
		}
		of = "profile " + quote(next)
		first := len(w.profiles) == 0
		w.profiles = append(w.profiles, next)
		if s.hasHalf() {
			return w // reported with the other values
		}
		// At its second time, a profile counts only for the keys that it has.
		if !again && !i.role(of, s, &w) {
			return w
		}
		if s.hasPair() && !first {
			w.keys = s
			return w
		}
		if !i.oneSource(of, s) {
			return w
		}
		next = s.setting("source_profile")
		if again && next != "" && !s.isPersonal() {
			i.fatal("source-profile-loop", fmt.Sprintf("%s: source_profile leads back to itself: %s", of, arrows(w.profiles)), "end the chain with a profile that has keys")
			return w
		}
		if again || next == "" {
			i.base(of, s, &w)
			return w
		}
	}
}

// role adds the role of a profile. It reports false for one that the SDK refuses.
func (i *inspector) role(of string, s *section, w *way) bool {
	role := s.setting("role_arn")
	if role == "" {
		for _, key := range sourceKeys {
			if key != "credential_process" && s.setting(key) != "" {
				i.fatal("no-role", fmt.Sprintf("%s has %s, but no role_arn, and the SDK refuses it", of, key), "add role_arn, or remove "+key)
				return false
			}
		}
		return true
	}
	if bad := checkRoleARN(role); bad != "" {
		i.fatal("role", fmt.Sprintf("%s: role_arn %s", of, bad), "write the ARN of a role, and encode the profile again")
		return false
	}
	if s.setting("web_identity_token_file") != "" && !s.hasPair() {
		return true // the token is exchanged for the role
	}
	if s.setting("mfa_serial") != "" {
		i.fatal("mfa", of+" needs an MFA code (mfa_serial), for which the controllers cannot ask",
			"encode the credentials of the role, which you get with a code: capaboot bootstrap credentials encode-as-profile --role-arn ARN --mfa-serial ARN")
		return false
	}
	w.roles = append([]roleRequest{{of: of, arn: role, externalID: s.setting("external_id"), sessionName: s.setting("role_session_name")}}, w.roles...)
	return true
}

// oneSource reports false for a profile with more than one source, which the SDK
// refuses.
func (i *inspector) oneSource(of string, s *section) bool {
	var has []string
	for _, key := range sourceKeys {
		if s.setting(key) != "" {
			has = append(has, key)
		}
	}
	if len(has) < 2 {
		return true
	}
	i.fatal("two-sources", fmt.Sprintf("%s has both %s and %s, and the SDK refuses it", of, has[0], has[1]), "remove one of them")
	return false
}

// base looks at the profile at the end of a way.
func (i *inspector) base(of string, s *section, w *way) {
	if s.hasPair() {
		w.keys = s
		return
	}
	const nothing = "nothing, if they do"
	switch s.setting("credential_source") {
	case "":
	case "Environment":
		i.fatal("credential-source", of+": credential_source is Environment, but CAPA's manifests set no AWS_ACCESS_KEY_ID in the pod of the controllers",
			"name a source_profile with keys, and put it into the blob")
		return
	case "Ec2InstanceMetadata":
		i.note("credential-source", of+": credential_source is Ec2InstanceMetadata, which works where the controllers run on an EC2 instance with a role, whose hop limit is at least 2", nothing)
		return
	case "EcsContainer":
		i.note("credential-source", of+": credential_source is EcsContainer, which works where the service account of the controllers has an EKS Pod Identity",
			"give it one: EKS User Guide, \"Assign an IAM role to a Kubernetes service account\"")
		return
	default:
		i.fatal("credential-source", of+" has an unknown credential_source", "it is Environment, Ec2InstanceMetadata or EcsContainer")
		return
	}
	if s.setting("web_identity_token_file") != "" {
		i.note("web-identity", of+" exchanges a token (web_identity_token_file), whose file must be in the pod of the controllers", "give the service account a role: EKS User Guide, \"IAM roles for service accounts\"")
		return
	}
	for _, other := range personal {
		if s.setting(other.key) != "" {
			i.fatal(other.code, of+" "+other.text, encodeAgain)
			return
		}
	}
	// Without a source the SDK takes what the pod or its instance gives, but not
	// for a source_profile.
	if len(w.profiles) == 1 && len(w.roles) > 0 {
		i.note("credential-source", of+" has role_arn and no source: the SDK assumes the role with what EKS Pod Identity or the EC2 instance gives the controllers", "add source_profile, unless that is meant")
		return
	}
	i.fatal("no-keys", of+" has no keys", encodeAgain)
}
