package credentials

// This file lists the profiles of the shared files, with their kinds and
// problems.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"capaboot/internal/input"
	"capaboot/internal/problem"
	"capaboot/internal/secrecy"
)

// ListedProfile is a profile of the shared files. It contains no secret.
type ListedProfile struct {
	Name string `json:"name"`
	// Kind is "static", "role", "sso", "process", "web identity", "login" or "none".
	Kind          string `json:"kind"`
	Region        string `json:"region,omitempty"`
	SourceProfile string `json:"sourceProfile,omitempty"`
	// Where lists the positions at which the profile begins: FILE:LINE.
	Where []string `json:"where"`
	// Problem says why the profile cannot work; "" when no problem is known.
	Problem string `json:"problem,omitempty"`
	// Misplaced describes a section that is meant for this profile, but that no
	// tool reads: a [profile NAME] in the credentials file, or a [NAME] or,
	// with capitals, a [Profile NAME] in the config file. It is "" when there
	// is none.
	Misplaced string `json:"misplaced,omitempty"`
}

// ListProfiles returns the profiles of both shared files, sorted by name, and
// warnings about malformed parts of the files and about sections that no tool
// reads. For a file that cannot be read it returns an *Error, like Find. When
// ctx ends first, the error wraps the error of ctx.
func ListProfiles(ctx context.Context, env Environment) ([]ListedProfile, []string, error) {
	files, err := readSharedFiles(ctx, env)
	if err != nil {
		return nil, nil, err
	}
	profiles := []ListedProfile{} // [] instead of null in JSON
	s := &search{env: env, limits: defaultLimits, files: files}
	for _, name := range files.profileNames() {
		listed := s.listProfile(ctx, name)
		for _, name := range []*string{&listed.Name, &listed.Region, &listed.SourceProfile} {
			*name = secrecy.HideName(*name)
		}
		profiles = append(profiles, listed)
	}
	return profiles, slices.Concat(files.unusedProblems(), files.unreadSections()), ctx.Err()
}

func (s *search) listProfile(ctx context.Context, name string) ListedProfile {
	p := s.files.profile(name)
	listed := ListedProfile{Name: name, Kind: p.kind(), Where: p.places(), Problem: s.profileProblem(ctx, p), Misplaced: s.files.misplaced(name)}
	if e, ok := p.get(string(region)); ok {
		if isShownRegion(e.value) {
			listed.Region = e.value
		}
		if invalid := check(region, e.value); invalid != nil && listed.Problem == "" {
			listed.Problem = "its region " + invalid.Text
		}
	}
	if e, ok := p.get("source_profile"); ok && listed.Kind == kindRole {
		listed.SourceProfile = e.value
	}
	return listed
}

const (
	kindStatic      = "static"
	kindRole        = "role"
	kindSSO         = "sso"
	kindProcess     = "process"
	kindWebIdentity = "web identity"
	kindLogin       = "login"
	kindNone        = "none"
)

// kind returns the kind of source that Find uses for a profile. The order is
// the same as in profileSources.
func (p sharedProfile) kind() string {
	if p.hasAny("role_arn") && !p.hasAny("web_identity_token_file") {
		return kindRole
	}
	return p.kindInSourceProfile()
}

// kindInSourceProfile is like kind, but ignores a role that the profile assumes
// with the credentials of another source. The order is the same as in
// [search.inSourceProfile].
func (p sharedProfile) kindInSourceProfile() string {
	switch {
	case p.hasAny("web_identity_token_file"):
		return kindWebIdentity
	case p.hasAny("sso_account_id", "sso_role_name"):
		return kindSSO
	case sectionKeys(p, p.credentials) != nil:
		return kindStatic
	case p.hasAny("login_session"):
		return kindLogin
	case p.hasAny("credential_process"):
		return kindProcess
	case sectionKeys(p, p.config) != nil:
		return kindStatic
	}
	return kindNone
}

// hasAny reports whether one of the keys has a value.
func (p sharedProfile) hasAny(keys ...string) bool {
	for _, key := range keys {
		if _, ok := p.get(key); ok {
			return true
		}
	}
	return false
}

// profileProblem returns why a profile cannot work, as far as its files and the
// cached tokens show; "" when no problem is known.
func (s *search) profileProblem(ctx context.Context, p sharedProfile) string {
	if malformed := p.malformed(); malformed != "" {
		return malformed
	}
	if kind := p.kind(); kind != kindRole {
		return s.problemOf(ctx, p, kind)
	}
	return s.roleProblem(ctx, p, []string{p.name})
}

// malformed describes the first malformed section of a profile; "" for none.
func (p sharedProfile) malformed() string {
	for _, s := range []*section{p.credentials, p.config} {
		if s != nil && s.broken {
			return fmt.Sprintf("its section at %s is malformed", problem.Place(s.file.shownPath(), s.line, 0))
		}
	}
	return ""
}

// problemOf returns why the source of a kind other than kindRole cannot work;
// "" when no problem is known.
func (s *search) problemOf(ctx context.Context, p sharedProfile, kind string) string {
	missing := func(keys ...string) string {
		for _, key := range keys {
			if !p.hasAny(key) {
				return "it has no " + key
			}
		}
		return ""
	}
	switch kind {
	case kindStatic:
		if err := p.staticProblem(); err != nil {
			return err.Error()
		}
	case kindWebIdentity:
		if problem := missing("role_arn"); problem != "" {
			return problem
		}
		e, _ := p.get("web_identity_token_file")
		if _, err := input.Stat(ctx, e.value); errors.Is(err, fs.ErrNotExist) {
			return "its web_identity_token_file (" + e.where() + ") names a file that does not exist"
		}
	case kindSSO:
		required := []string{"sso_start_url", "sso_region", "sso_account_id", "sso_role_name"}
		if e, ok := p.get("sso_session"); ok {
			if config := s.files.config; config.sections[otherPrefix+"sso-session "+e.value] == nil {
				return fmt.Sprintf("section sso-session %s does not exist in %s", quote(e.value), config.shownPath())
			}
			required = required[2:]
		}
		if problem := missing(required...); problem != "" {
			return problem
		}
		source := ssoSource{&search{env: s.env, files: s.files}, p}
		settings, err := source.settings()
		if err != nil {
			return err.Error()
		}
		_, _, _, err = source.cachedToken(ctx, settings)
		return sessionProblem(err, source.purpose())
	case kindLogin:
		e, _ := p.get("login_session")
		source := loginSource{s, p, e}
		_, _, err := source.cached(ctx)
		return sessionProblem(err, source.purpose())
	case kindProcess:
		e, _ := p.get("credential_process")
		if _, err := (processSource{p.name, e}).words(); err != nil {
			return err.Error()
		}
	case kindNone:
		return "it has no credentials and no source of credentials"
	}
	return ""
}

// sessionProblem returns the text of an error about a session that a user has
// signed in to, and its hint; "" for nil. It leaves out purpose, with which the
// text begins.
func sessionProblem(err error, purpose string) string {
	if err == nil {
		return ""
	}
	text := strings.TrimPrefix(err.Error(), purpose+": ")
	if hint := Hint(err); hint != "" {
		text += "; " + hint
	}
	return text
}

// staticProblem returns the error that Find or Found.Verify would return for
// the keys of the profile, without sending a request; nil for none.
func (p sharedProfile) staticProblem() error {
	for _, s := range []*section{p.credentials, p.config} {
		if keys := sectionKeys(p, s); keys != nil {
			found, err := keys.credentials(context.Background())
			if err == nil {
				err = found.CheckToken()
			}
			return err
		}
	}
	return nil
}

// maxChain is the maximum number of profiles in a chain of source_profile. A
// longer chain is an error.
const maxChain = 20

// roleProblem returns why the role of a profile cannot be assumed; "" when no
// problem is known. chain lists the profiles of the chain of source_profile
// settings so far; the last one is p.
func (s *search) roleProblem(ctx context.Context, p sharedProfile, chain []string) string {
	if problem := s.roleCredentialsProblem(ctx, p, chain); problem != "" {
		return problem
	}
	if _, err := (roleSource{profile: p}).settings(); err != nil {
		return err.Error()
	}
	return ""
}

// roleCredentialsProblem returns why nothing provides the credentials that assume the role
// of a profile; "" when no problem is known.
func (s *search) roleCredentialsProblem(ctx context.Context, p sharedProfile, chain []string) string {
	e, hasSource := p.get("source_profile")
	machine, hasMachine := p.get("credential_source")
	switch {
	case hasSource && hasMachine:
		return "it has both source_profile and credential_source"
	case hasMachine:
		if err := checkCredentialSource(p, machine); err != nil {
			return err.Error()
		}
		return ""
	case !hasSource:
		return "it has role_arn, but neither source_profile nor credential_source"
	}
	source := s.files.profile(e.value)
	if !source.exists() {
		return fmt.Sprintf("its source_profile %s (%s) does not exist", quote(e.value), e.where())
	}
	for i, name := range chain {
		// A profile may name itself, to use its own keys.
		if name == e.value && !(name == p.name && source.hasKeys()) {
			return "its source_profile leads back to itself: " + strings.Join(append(chain[i:], e.value), " -> ")
		}
	}
	// A profile with its own keys provides these keys for the role.
	isRole := source.kind() == kindRole && !source.hasKeys()
	if isRole && len(chain) == maxChain {
		return fmt.Sprintf("its chain of source_profile settings has more than %d profiles", maxChain)
	}
	problem := source.malformed()
	switch {
	case problem != "":
	case isRole:
		problem = s.roleProblem(ctx, source, append(chain, e.value))
	default:
		problem = s.problemOf(ctx, source, source.kindInSourceProfile())
	}
	if problem == "" {
		return ""
	}
	return fmt.Sprintf("its source_profile %s cannot work: %s", quote(e.value), problem)
}
