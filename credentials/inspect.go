package credentials

// This file inspects encoded credentials: what they contain, and what keeps CAPA's
// controllers from using them. The layers around the profile are in unwrap.go.

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"

	"capaboot/credentials/accesskey"
	"capaboot/internal/secrecy"
	"capaboot/internal/shortlist"
	"capaboot/policies/arn"
)

// Inspection describes the content of a blob. No formatting of it shows a secret; only
// Text does.
type Inspection struct {
	// Wrapping is the format that contained the profile: "base64", "Secret manifest",
	// "AWSClusterStaticIdentity Secret", "Cluster API Operator Secret",
	// "clusterctl.yaml", "variables", "Secret" (see InspectSecret), "manifest" for a
	// manifest without a Secret, or "none".
	Wrapping string `json:"wrapping"`
	// Usable means that CAPA's controllers can use the blob: no problem is fatal.
	Usable   bool               `json:"usable"`
	Profiles []InspectedProfile `json:"profiles"`
	Problems []Flaw             `json:"problems"`
	// Identity is the identity of the credentials; nil unless Verify got it
	// from AWS STS.
	Identity *Identity `json:"identity,omitempty"`

	text  string
	keys  Credentials   // of the default profile, or of the last profile in its chain of source_profile settings
	roles []roleRequest // the roles to assume, in order; keys assume the first one
	// expiryUnknown means that keys are temporary, and that the blob does not say
	// when they expire.
	expiryUnknown bool
	keysProfile   string
}

// InspectedProfile is one profile of a blob.
type InspectedProfile struct {
	Name        string `json:"name"`
	AccessKeyID string `json:"accessKeyID,omitempty"` // masked to its last four characters
	// Kind is the kind of the key, by the prefix of its ID (see
	// [accesskey.Kind]); "unknown kind of key" for another prefix; "role" for a
	// role without keys; "" for neither.
	Kind         string `json:"kind,omitempty"`
	Region       string `json:"region,omitempty"`
	SessionToken bool   `json:"sessionToken"`
	// Expires is when the keys expire, RFC 3339 in UTC; "" when the profile does not
	// say.
	Expires string `json:"expires,omitempty"`
	// RoleARN is the role that the SDK assumes, and RoleAccount its account.
	// SourceProfile or CredentialSource provides the credentials that assume
	// the role. When both are "", the SDK assumes it with the keys of the
	// profile itself, with a web identity token, or with the credentials of the
	// pod or of its instance.
	RoleARN          string `json:"roleARN,omitempty"`
	RoleAccount      string `json:"roleAccount,omitempty"`
	SourceProfile    string `json:"sourceProfile,omitempty"`
	CredentialSource string `json:"credentialSource,omitempty"`
}

// Flaw is a problem in a blob.
type Flaw struct {
	// Code names the kind of problem for programs, such as "base64-twice".
	Code string `json:"code"`
	// Fatal problems keep the controllers from using the blob.
	Fatal   bool   `json:"fatal"`
	Message string `json:"message"`
	// Remedy says how to fix it.
	Remedy string `json:"remedy"`
}

// SetSource sets where the inspected credentials were found, for errors of Verify:
// for example, the name of a file or of a variable.
func (i *Inspection) SetSource(source string) { i.keys.Source = source }

// SetProgram sets the program name in the remedies.
func (i *Inspection) SetProgram(program string) {
	for n := range i.Problems {
		i.Problems[n].Remedy = strings.ReplaceAll(i.Problems[n].Remedy, ": capaboot ", ": "+program+" ")
	}
}

// Verify asks AWS STS, in the region that Region returns, for the identity of the
// default profile. Credentials that AWS rejects become a problem of the
// inspection; an error means that AWS STS did not decide about them. When
// CanVerify is false, Verify sends no request.
func (i *Inspection) Verify(ctx context.Context, env Environment) error {
	if i.Usable && !i.CanVerify() {
		i.Problems = append(i.Problems, Flaw{"not-verified", false, "not verified: the credentials come from the pod of the controllers or from the instance of the pod, not from the encoded credentials",
			"check whether the controllers work: kubectl logs -n capa-system deployment/capa-controller-manager"})
	}
	if !i.CanVerify() {
		return nil
	}
	region := i.Region(env)
	if err := invalidRegion(region.Name, region.Source); err != nil {
		if strings.HasPrefix(region.Source, "AWS_") {
			err.Err = ErrInvalidRegion
		}
		return err
	}
	identity, err := i.callerIdentity(ctx, &search{env: env, limits: defaultLimits}, region.Name)
	if rejectedByAWS(err) {
		i.Problems = append(i.Problems, Flaw{"refused", true, err.Error(), cmp.Or(Hint(err), encodeAgain)})
		i.Usable = false
		i.sortFatalFirst()
		return nil
	}
	if err != nil {
		return err
	}
	i.acceptPresumed()
	i.Identity = &identity
	i.expiryAfterVerify()
	if identity.IsRoot() {
		i.Problems = append(i.Problems, Flaw{"root-user", false, "these are the access keys of the account's root user, which the account's IAM policies cannot limit",
			"encode the keys of a user or a role, and delete the keys of the root user; see IAM User Guide, \"Root user best practices\""})
	}
	return nil
}

// callerIdentity asks AWS STS for the identity that the controllers would have. Like the
// controllers, it assumes their roles.
func (i *Inspection) callerIdentity(ctx context.Context, s *search, region string) (Identity, error) {
	keys := i.keys
	for _, role := range i.roles {
		var err error
		if keys, err = s.assumeIn(ctx, region, role, keys); err != nil {
			return Identity{}, err
		}
	}
	return s.verify(ctx, keys, region)
}

// Region returns the region in which Verify calls STS: the default profile's,
// the environment's, or FallbackRegion.
func (i Inspection) Region(env Environment) Region {
	for _, p := range i.Profiles {
		if p.Name == defaultProfile && p.Region != "" {
			return Region{Name: p.Region, Source: "the profile"}
		}
	}
	for _, variable := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if name := env.Get(variable); name != "" {
			return Region{Name: name, Source: variable}
		}
	}
	return Region{Name: FallbackRegion, Source: "the fallback", Fallback: true}
}

// Text returns the profile with its secrets.
func (i Inspection) Text() string { return i.text }

// String describes the inspection without a secret.
func (i Inspection) String() string {
	return fmt.Sprintf("%d profiles, %d problems, usable %v", len(i.Profiles), len(i.Problems), i.Usable)
}

// GoString returns String, so that %#v shows no secret.
func (i Inspection) GoString() string { return i.String() }

// Format writes String for every verb and flag.
func (i Inspection) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, i.String()) }

// MaxBlob is the maximum size in bytes of a blob, or of a manifest that contains one.
const MaxBlob = 1 << 20

// Inspect inspects a blob: the value of AWS_B64ENCODED_CREDENTIALS, lines that
// set this variable, the text of a profile, the manifest of a Secret in YAML or
// JSON, the configuration of clusterctl, or the output of JSONForm.
func Inspect(blob []byte) Inspection {
	i := &inspector{}
	i.Wrapping = "none"
	i.Profiles, i.Problems = []InspectedProfile{}, []Flaw{} // encode as [], not null
	if text, ok := i.unwrap(blob); ok {
		i.text = text
		i.inspectProfile(text)
	}
	i.correctPaddingRemedy()
	i.Usable = i.usable()
	i.sortFatalFirst()
	return i.Inspection
}

// InspectSecret inspects the credentials in the controllers' Secret. text is
// the file that they mount: the decoded data of the Secret.
func InspectSecret(text []byte) Inspection {
	i := Inspect([]byte(base64.StdEncoding.EncodeToString(text)))
	i.Wrapping = "Secret"
	i.SetSource("the Secret")
	for n, problem := range i.Problems {
		i.Problems[n].Remedy = strings.Replace(problem.Remedy, encodeAgain, "write the credentials again: capaboot controller update-credentials --rollout", 1)
	}
	return i
}

func (i *Inspection) sortFatalFirst() {
	slices.SortStableFunc(i.Problems, func(a, b Flaw) int {
		switch {
		case a.Fatal == b.Fatal:
			return 0
		case a.Fatal:
			return -1
		}
		return 1
	})
}

type inspector struct {
	Inspection
	// expires is the expiry of the keys, which the output of JSONForm has beside the
	// encoded profile; "" for none.
	expires string
}

func (i *inspector) fatal(code, message, fix string) {
	i.Problems = append(i.Problems, Flaw{code, true, message, fix})
}

func (i *inspector) note(code, message, fix string) {
	i.Problems = append(i.Problems, Flaw{code, false, message, fix})
}

const encodeAgain = "encode the credentials again: capaboot bootstrap credentials encode-as-profile"

// inspectProfile inspects the text that the controllers would mount.
func (i *inspector) inspectProfile(text string) {
	if strings.TrimSpace(text) == "" {
		i.fatal("zeroed", "the profile has only white space, such as the line break that \"clusterawsadm controller zero-credentials\" writes",
			"if the controllers get credentials from an instance profile or a service account, no fix is needed; otherwise, "+encodeAgain)
		return
	}
	if strings.HasPrefix(text, "\ufeff") {
		i.fatal("byte-order-mark", "the profile begins with a byte order mark, so SDKs do not find [default]", "save the file as UTF-8 without a byte order mark, then "+encodeAgain)
		text = strings.TrimPrefix(text, "\ufeff")
	}
	if strings.Contains(text, "\r") {
		i.note("windows-line-ends", "the lines have Windows line endings", "convert the file with dos2unix, then "+encodeAgain)
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	if isKeysJSON(text) {
		i.fatal("not-encoded", "the profile is "+keysJSON, encodeKeys)
		return
	}
	file := &sharedFile{name: "credentials"}
	sections, problems, dropped := file.parse(text)
	for _, p := range problems {
		i.fatal("malformed", fmt.Sprintf("line %d of the profile: %s", p.Line, p.Message), encodeAgain)
	}
	if dropped > 0 {
		i.fatal("malformed", shortlist.More(dropped)+" malformed lines", encodeAgain)
	}
	if len(problems) > 0 {
		return
	}
	var r resolution
	if sections[profilePrefix+defaultProfile] != nil {
		r = i.resolve(sections)
	}
	for _, id := range sortedSections(sections) {
		kind, name := id[:len(profilePrefix)], id[len(profilePrefix):]
		if kind != profilePrefix {
			i.note("no-profile", fmt.Sprintf("line %d of the profile: a section [profile NAME], which no SDK reads in a credentials file", sections[id].line), "rename the section to [NAME]")
			continue
		}
		if !isOtherSection(name) {
			i.inspectSection(name, sections[id], r)
		}
	}
	if sections[profilePrefix+defaultProfile] == nil {
		i.fatal("no-default", "the credentials have no [default] profile, the only one that the controllers read by default", "write the profile for the controllers in a section [default]")
	}
	i.checkEndpoints(sections)
	i.allowEmulatorOfProfile(sections)
}

// isOtherSection reports whether a section is an sso-session or services
// section, which the SDK for Go also reads in the credentials file.
func isOtherSection(name string) bool {
	kind, rest, _ := strings.Cut(name, " ")
	return rest != "" && (kind == "sso-session" || kind == "services")
}

// otherKeys lists the keys that the SDKs or the AWS CLI read, in addition to
// knownKeys. Source: AWS SDKs and Tools Reference Guide, "Settings reference".
var otherKeys = [...]string{
	"account_id_endpoint_mode", "api_versions", "aws_account_id", "ca_bundle", "cli_auto_prompt", "cli_binary_format", "cli_history", "cli_pager", "cli_timestamp_format",
	"defaults_mode", "disable_request_compression", "ec2_metadata_service_endpoint", "ec2_metadata_service_endpoint_mode",
	"ec2_metadata_v1_disabled", "endpoint_discovery_enabled", "endpoint_url", "ignore_configured_endpoint_urls", "max_attempts",
	"metadata_service_num_attempts", "metadata_service_timeout", "parameter_validation", "request_checksum_calculation",
	"request_min_compression_size_bytes", "response_checksum_validation", "retry_mode", "s3",
	"s3_disable_express_session_auth", "s3_disable_multiregion_access_points", "s3_us_east_1_regional_endpoint", "s3_use_arn_region", "sdk_ua_app_id", "services",
	"sigv4a_signing_region_set", "sso_registration_scopes", "sts_regional_endpoints", "tcp_keepalive", "use_dualstack_endpoint", "use_fips_endpoint",
}

// sortedSections returns the IDs of the sections in the order of the file.
func sortedSections(sections map[string]*section) []string {
	ids := make([]string, 0, len(sections))
	for id := range sections {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return sections[a].line - sections[b].line })
	return ids
}

// inspectSection inspects one profile. Problems in values that the controllers do not
// use are not fatal.
func (i *inspector) inspectSection(name string, s *section, r resolution) {
	used := slices.Contains(r.profiles, name)
	report := i.note
	if s == r.keys || used && !s.hasPair() {
		report = i.fatal
	}
	subject := "profile " + quote(name)
	id, secret, token := s.entry(string(accessKeyID)), s.entry(string(secretAccessKey)), s.entry(string(sessionToken))
	p := InspectedProfile{Name: secrecy.HideName(name), SessionToken: !token.empty()}
	p.addRole(s)
	i.inspectRegion(name, s, &p)
	switch {
	case s.hasEmptyHalf():
		empty, missing := accessKeyID, secretAccessKey
		if id == nil {
			empty, missing = secretAccessKey, accessKeyID
		}
		report("half-a-pair", fmt.Sprintf("%s has an empty %s and no %s, so the SDK rejects the profile", subject, empty, missing), fmt.Sprintf("write both keys, or remove the line with %s, and encode the profile again", empty))
	case id.empty() && secret.empty() && (used || s.hasSource()): // reported by resolve, or not needed
	case id.empty() && secret.empty():
		report("no-keys", subject+" has no keys", encodeAgain)
	case id.empty():
		report("half-a-pair", subject+" has a secret access key, but no access key ID", encodeAgain)
	case secret.empty():
		report("half-a-pair", subject+" has an access key ID, but no secret access key", encodeAgain)
	case used && s != r.keys && s.setting("source_profile") != "":
		report("unused-keys", subject+" has keys, which the SDK does not use, because source_profile takes precedence", "remove the keys, or remove source_profile")
	}
	if !id.empty() {
		p.AccessKeyID = MaskKeyID(id.value)
		i.inspectKeyID(report, subject, &p, id.value)
	}
	i.inspectExpiry(report, subject, &p, s)
	for _, part := range []struct {
		entry *entry
		field field
	}{{id, accessKeyID}, {secret, secretAccessKey}, {token, sessionToken}} {
		if part.entry.empty() {
			continue
		}
		if invalid := check(part.field, part.entry.value); invalid != nil {
			report("value", fmt.Sprintf("%s: the %s %s", subject, part.field.Words(), invalid.Text), encodeAgain)
		} else if part.entry.continuationLine != 0 {
			report("value", fmt.Sprintf("%s: the %s continues on line %d, which is indented", subject, part.field.Words(), part.entry.continuationLine), encodeAgain)
		}
	}
	i.reportMismatches(report, subject, s)
	unknown := 0
	for key := range s.entries {
		if !isKnown(key) && !slices.Contains(otherKeys[:], key) && !isExpiryOrToolKey(key) && !looksLikeExpiry(key) {
			unknown++
		}
	}
	switch {
	case unknown == 1:
		i.note("unknown-keys", subject+" has a setting that no SDK reads", "remove the setting, or correct its name")
	case unknown > 1:
		i.note("unknown-keys", fmt.Sprintf("%s has %d settings that no SDK reads", subject, unknown), "remove the settings, or correct their names")
	}
	i.Profiles = append(i.Profiles, p)
	if s == r.keys {
		i.roles, i.keysProfile = r.roles, p.Name
		i.keys = Credentials{AccessKeyID: id.value, SecretAccessKey: secret.value, Source: "the encoded credentials"}
		if !token.empty() {
			i.keys.SessionToken = token.value
		}
		i.unknownExpiry(subject, p)
	}
}

func (p *InspectedProfile) addRole(s *section) {
	role := s.setting("role_arn")
	if role == "" || checkRoleARN(role) != "" {
		return
	}
	a, _ := arn.Parse(role)
	p.RoleARN, p.RoleAccount, p.Kind = role, a.Account, "role"
	p.SourceProfile, p.CredentialSource = secrecy.HideName(s.setting("source_profile")), secrecy.HideName(s.setting("credential_source"))
}

// inspectRegion inspects the region of a profile. A bad region is fatal only in
// [default].
func (i *inspector) inspectRegion(name string, s *section, p *InspectedProfile) {
	report := i.note
	if name == defaultProfile {
		report = i.fatal
	}
	subject := "profile " + quote(name)
	switch r := s.entry(string(region)); {
	case !r.empty():
		i.recordRegion(report, subject, p, r.value)
	case name == defaultProfile && i.Wrapping != "AWSClusterStaticIdentity Secret":
		i.note("no-region", subject+" has no region", "no fix is needed for CAPA, which uses the region of each cluster; if another tool needs a region, add a region")
	}
}

// recordRegion records a region, and reports one that is invalid or unknown. It
// shows the value only if it looks like a region, because it may be a part of a
// secret.
func (i *inspector) recordRegion(report func(code, message, fix string), subject string, p *InspectedProfile, value string) {
	if looksLikeRegion(value) {
		p.Region = value
	}
	fault := arn.CheckRegion(value)
	if fault == nil {
		return
	}
	message := subject + ": the region "
	if p.Region != "" {
		message += "is " + quote(value) + ", which "
	}
	fix := "write the name of a region, such as us-east-1, and encode the profile again"
	if fault.Meant != "" {
		fix = "write " + fault.Meant + ", and encode the profile again"
	}
	if fault.Unknown {
		i.note("unknown-region", message+fault.String(), fix)
		return
	}
	report("region", message+fault.String(), fix)
}

// inspectKeyID records the kind of the key. It reports an ID that is not an access key
// ID, and a missing session token.
func (i *inspector) inspectKeyID(report func(code, message, fix string), subject string, p *InspectedProfile, id string) {
	kind, usable := accesskey.Kind(id)
	p.Kind = cmp.Or(kind, "unknown kind of key")
	if !usable {
		report("no-access-key", fmt.Sprintf("%s: the access key ID begins with %s, so it is the %s", subject, id[:4], kind), encodeAgain)
	}
	if strings.HasPrefix(id, "ASIA") && !p.SessionToken {
		report("no-session-token", subject+" has a temporary access key but no session token, so AWS rejects the key", encodeAgain)
	}
}
