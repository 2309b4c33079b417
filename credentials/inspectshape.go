package credentials

// This file checks the keys in a blob: whether AWS could have issued them, and
// whether they have expired.

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"capaboot/credentials/accesskey"
)

// presumedCodes lists the codes of problems that are inferred from AWS's
// documentation. They are not fatal after AWS STS has accepted the credentials,
// or when an emulator decides about them.
var presumedCodes = []string{accesskey.CodeShape, accesskey.CodeTokenOfOther}

// CanVerify reports whether it makes sense to ask AWS STS about the
// credentials: there are keys, and every fatal problem is a presumed one, which
// STS can refute.
func (i *Inspection) CanVerify() bool {
	return i.keys.SecretAccessKey != "" && !slices.ContainsFunc(i.Problems, func(f Flaw) bool { return f.Fatal && !slices.Contains(presumedCodes, f.Code) })
}

// acceptPresumed makes the presumed problems non-fatal. It is called when AWS
// STS has accepted the credentials, or when a service other than AWS decides
// about them.
func (i *Inspection) acceptPresumed() {
	for j := range i.Problems {
		if slices.Contains(presumedCodes, i.Problems[j].Code) {
			i.Problems[j].Fatal = false
		}
	}
	i.Usable = i.usable()
	i.sortFatalFirst()
}

func (i *Inspection) usable() bool {
	return !slices.ContainsFunc(i.Problems, func(f Flaw) bool { return f.Fatal })
}

// awsDomains lists the domains of AWS endpoints, from the partitions.json that
// the AWS SDKs share (dnsSuffix, dualStackDnsSuffix). Their subdomains count
// too.
var awsDomains = []string{
	"amazonaws.com", "api.aws", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "amazonaws.eu", "api.amazonwebservices.eu",
	"c2s.ic.gov", "api.aws.ic.gov", "sc2s.sgov.gov", "api.aws.scloud", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "csp.hci.ic.gov", "api.aws.hci.ic.gov",
}

// isEmulator reports whether the host of an endpoint does not belong to AWS. An
// emulator such as moto or LocalStack decides itself which keys it accepts.
func isEmulator(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" {
		return false
	}
	host := strings.TrimSuffix(accesskey.LowerASCII(u.Hostname()), ".")
	return !slices.ContainsFunc(awsDomains, func(domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) })
}

// AllowEmulator makes the presumed problems non-fatal when the environment sets
// an endpoint for AWS STS that does not belong to AWS.
func (i *Inspection) AllowEmulator(env Environment) {
	for _, variable := range []string{"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"} {
		if endpoint := env.Get(variable); endpoint != "" {
			if isEmulator(endpoint) {
				i.acceptPresumed()
			}
			return
		}
	}
}

// allowEmulatorOfProfile is like AllowEmulator, for the endpoint in [default], which the
// controllers call.
func (i *inspector) allowEmulatorOfProfile(sections map[string]*section) {
	s := sections[profilePrefix+defaultProfile]
	endpoint := s.setting("endpoint_url")
	if services := sections[profilePrefix+"services "+s.setting("services")]; services != nil {
		if e := services.entry("sts"); e != nil && e.sub["endpoint_url"] != "" {
			endpoint = e.sub["endpoint_url"]
		}
	}
	if isEmulator(endpoint) && !strings.EqualFold(s.setting("ignore_configured_endpoint_urls"), "true") {
		i.acceptPresumed()
	}
}

// reportMismatches reports keys that AWS does not issue.
func (i *inspector) reportMismatches(report func(code, message, fix string), subject string, s *section) {
	keys := accesskey.Keys{}
	for _, part := range []struct {
		field  field
		target *string
	}{{accessKeyID, &keys.AccessKeyID}, {secretAccessKey, &keys.SecretAccessKey}, {sessionToken, &keys.SessionToken}} {
		// An invalid value has been reported already.
		if e := s.entry(string(part.field)); !e.empty() && e.continuationLine == 0 && check(part.field, e.value) == nil {
			*part.target = e.value
		}
	}
	if _, usable := accesskey.Kind(keys.AccessKeyID); !usable {
		keys.AccessKeyID = "" // inspectKeyID has reported it
	}
	for _, mismatch := range keys.Mismatches() {
		report(mismatch.Code, fmt.Sprintf("%s: the %s %s", subject, mismatch.Field.Words(), mismatch.Text), "copy each key again, and encode the keys again")
	}
}

// inspectExpiry records when temporary keys expire. It reports that they have
// expired, or else the recorded times that cannot be used.
func (i *inspector) inspectExpiry(report func(code, message, fix string), subject string, p *InspectedProfile, s *section) {
	if !p.SessionToken {
		return // long-lived keys do not expire
	}
	all := s.times()
	if i.expires != "" {
		all = append(all, timeName{name: "expires"}.parse(i.expires))
	}
	expires, expired := firstExpiry(all)
	if !expires.IsZero() {
		p.Expires = expires.UTC().Format(time.RFC3339)
	}
	if expired != nil {
		report("expired", fmt.Sprintf("the keys of %s expired at %s (%s)", subject, expired.timeText(), expired.name), "get new credentials, and "+encodeAgain)
		return
	}
	for _, r := range all {
		if problem := r.problem(); problem != "" {
			i.note("expiry", fmt.Sprintf("%s: %s %s, so the expiry of the keys is unknown", subject, r.name, problem), "write the time in RFC 3339 with a time zone, such as 2026-01-31T15:04:05Z, or remove the setting")
		}
	}
}

// CodeUnknownExpiry is the code of the note about temporary keys whose expiry the
// profile does not have.
const CodeUnknownExpiry = "unknown-expiry"

// unknownExpiry reports temporary keys whose expiry the profile does not have. A
// profile of encode-as-profile never has an expiry: it has the form that
// clusterawsadm writes.
func (i *inspector) unknownExpiry(subject string, p InspectedProfile) {
	i.expiryUnknown = p.SessionToken && p.Expires == "" && i.keys.keys().AreTemporary()
	if i.expiryUnknown && !slices.ContainsFunc(i.Problems, func(f Flaw) bool { return f.Code == "expiry" && strings.HasPrefix(f.Message, subject+":") }) {
		i.note(CodeUnknownExpiry, subject+" has temporary keys but no expiry, so the keys may have expired", "to ask AWS whether the keys are valid, run the command again with --verify")
	}
}

// SetExpiry sets when the keys that the controllers would use expire. It does
// nothing for the zero time, or if ExpiryUnknown is false.
func (i *Inspection) SetExpiry(expires time.Time) {
	if expires.IsZero() || !i.expiryUnknown {
		return
	}
	i.expiryUnknown = false
	i.Problems = slices.DeleteFunc(i.Problems, func(f Flaw) bool { return f.Code == CodeUnknownExpiry })
	for n, p := range i.Profiles {
		if p.Name == i.keysProfile {
			i.Profiles[n].Expires = expires.UTC().Format(time.RFC3339)
		}
	}
}

// expiryAfterVerify updates the note of unknownExpiry when AWS STS has accepted
// the keys.
func (i *Inspection) expiryAfterVerify() {
	for n, f := range i.Problems {
		if f.Code == CodeUnknownExpiry {
			i.Problems[n].Message = strings.Replace(f.Message, "so the keys may have expired", "so it is unknown how long the keys remain valid", 1)
			i.Problems[n].Remedy = "replace the keys before they expire; to get new keys and see when they expire: capaboot bootstrap credentials encode-as-profile"
		}
	}
}

// ExpiryUnknown reports whether the keys that the controllers would use are
// temporary, and the blob does not say when they expire.
func (i Inspection) ExpiryUnknown() bool { return i.expiryUnknown }

func (i Inspection) verdict() string {
	switch {
	case !i.Usable:
		return "no"
	case i.expiryUnknown && i.Identity == nil:
		return "yes, unless the keys have expired"
	case i.expiryUnknown:
		return "yes, until the keys expire"
	}
	return "yes"
}
