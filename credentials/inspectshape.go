package credentials

// This file looks at the keys of a blob themselves: whether AWS could have
// issued them, and whether they have expired.

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// presumed are the codes of problems that are presumed from what AWS documents.
// What AWS STS accepts is not a problem.
var presumed = []string{codeShape, codeTokenOfOther}

// Askable is whether AWS STS can be asked about the credentials: only
// what it could disprove keeps the controllers from using them.
func (i *Inspection) Askable() bool {
	return i.keys.SecretAccessKey != "" && !slices.ContainsFunc(i.Problems, func(f Flaw) bool { return f.Fatal && !slices.Contains(presumed, f.Code) })
}

// accepted takes back what AWS STS has disproved, and what AWS does not decide.
func (i *Inspection) accepted() {
	for j := range i.Problems {
		if slices.Contains(presumed, i.Problems[j].Code) {
			i.Problems[j].Fatal = false
		}
	}
	i.Usable = i.usable()
	i.order()
}

func (i *Inspection) usable() bool {
	return !slices.ContainsFunc(i.Problems, func(f Flaw) bool { return f.Fatal })
}

// awsDomains are the domains of the endpoints of AWS: those of the partitions in
// the partitions.json that the AWS SDKs share (dnsSuffix, dualStackDnsSuffix),
// and those that have them as their end.
var awsDomains = []string{
	"amazonaws.com", "api.aws", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "amazonaws.eu", "api.amazonwebservices.eu",
	"c2s.ic.gov", "api.aws.ic.gov", "sc2s.sgov.gov", "api.aws.scloud", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "csp.hci.ic.gov", "api.aws.hci.ic.gov",
}

// isStandIn is whether the host of an endpoint is not one of AWS: moto or
// LocalStack decide there which keys they take.
func isStandIn(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" {
		return false
	}
	host := strings.TrimSuffix(lower(u.Hostname()), ".")
	return !slices.ContainsFunc(awsDomains, func(domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) })
}

// StandIn takes into account that the environment names an endpoint of AWS STS
// that is not one of AWS: AWS does not decide about the shape of the keys there.
func (i *Inspection) StandIn(env Environment) {
	for _, variable := range []string{"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"} {
		if endpoint := env.Get(variable); endpoint != "" {
			if isStandIn(endpoint) {
				i.accepted()
			}
			return
		}
	}
}

// standIn is StandIn for the endpoint that [default] names, which the controllers
// ask.
func (i *inspector) standIn(sections map[string]*section) {
	s := sections[isProfile+defaultProfile]
	endpoint := s.setting("endpoint_url")
	if services := sections[isProfile+"services "+s.setting("services")]; services != nil {
		if e := services.entry("sts"); e != nil && e.sub["endpoint_url"] != "" {
			endpoint = e.sub["endpoint_url"]
		}
	}
	if isStandIn(endpoint) && !strings.EqualFold(s.setting("ignore_configured_endpoint_urls"), "true") {
		i.accepted()
	}
}

// misfits reports keys that AWS does not issue.
func (i *inspector) misfits(report func(code, message, remedy string), of string, s *section) {
	keys := Credentials{}
	for _, part := range []struct {
		field field
		into  *string
	}{{accessKeyID, &keys.AccessKeyID}, {secretAccessKey, &keys.SecretAccessKey}, {sessionToken, &keys.SessionToken}} {
		// What no SDK reads as it is has been reported.
		if e := s.entry(string(part.field)); !e.empty() && e.continued == 0 && check(part.field, e.value) == nil {
			*part.into = e.value
		}
	}
	if _, usable := keyKind(keys.AccessKeyID); !usable {
		keys.AccessKeyID = "" // reported by its kind
	}
	for _, misfit := range keys.misfits() {
		report(misfit.code, fmt.Sprintf("%s: the %s %s", of, misfit.field.words(), misfit.text), "copy the keys again, each value alone, and encode them again")
	}
}

// expiry reports keys that have expired, and times of which nothing can be told.
func (i *inspector) expiry(report func(code, message, remedy string), of string, p *InspectedProfile, s *section) {
	if !p.SessionToken {
		return // long-lived keys do not expire
	}
	all := s.times()
	expires, over := firstExpiry(all)
	if !expires.IsZero() {
		p.Expires = expires.UTC().Format(time.RFC3339)
	}
	if over != nil {
		report("expired", fmt.Sprintf("the keys of %s expired at %s (%s)", of, over.shown(), over.name), "get new ones: "+encodeAgain)
		return
	}
	for _, r := range all {
		if doubt := r.doubt(); doubt != "" {
			i.note("expiry", fmt.Sprintf("%s: %s %s, and does not say when the keys expire", of, r.name, doubt), "write it as 2006-01-02T15:04:05Z, or remove it")
		}
	}
}
