package credentials

// This file reads the endpoints of AWS services from a profile. Package
// awsclient decides which of them to use. Source: AWS SDKs and Tools Reference
// Guide, "Service-specific endpoints" and "Dual-stack and FIPS endpoints";
// config/shared_config.go of the AWS SDK for Go.

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"capaboot/internal/awsclient"
)

// profileEndpoints returns the endpoint settings of a profile. It warns about
// settings that are invalid, or that the SDK for Go ignores.
func (s *search) profileEndpoints(p sharedProfile) awsclient.Endpoints {
	var read awsclient.Endpoints
	if e, ok := s.unmerged(p, "endpoint_url"); ok {
		read.URL = e.sdkValue()
	}
	for _, setting := range []struct {
		key         string
		destination *bool
	}{
		{"ignore_configured_endpoint_urls", &read.Ignore}, {"use_fips_endpoint", &read.FIPS}, {"use_dualstack_endpoint", &read.DualStack},
	} {
		e, ok := p.get(setting.key)
		if setting.destination == &read.Ignore {
			e, ok = s.unmerged(p, setting.key)
		}
		if !ok {
			continue
		}
		value := e.sdkValue()
		*setting.destination = strings.EqualFold(value, "true")
		if !*setting.destination && !strings.EqualFold(value, "false") {
			s.warnOnce(fmt.Sprintf("%s: %s of profile %s is neither true nor false, so it counts as false", e.where(), e.key, quote(p.name)))
		}
	}
	e, ok := s.unmerged(p, "services")
	if !ok {
		return read
	}
	section := s.files.services(e.sdkValue())
	if section == nil {
		// The SDK for Go then ignores the setting, and calls the general endpoint or
		// AWS; botocore fails.
		read.Problem = fmt.Sprintf("%s: the setting \"services\" of profile %s names a section that does not exist; add the section [services %s] to %s",
			e.where(), quote(p.name), strings.Trim(quote(e.sdkValue()), `"`), s.files.config.shownPath())
		s.warnOnce(read.Problem)
		return read
	}
	if section.broken {
		read.Problem = fmt.Sprintf("%s: the setting \"services\" of profile %s names a section that is malformed", e.where(), quote(p.name))
		s.warnOnce(read.Problem)
		return read
	}
	read.Services = map[string]string{}
	for _, service := range slices.Sorted(maps.Keys(section.entries)) {
		settings := section.entries[service]
		if url := settings.sub["endpoint_url"]; url != "" {
			read.Services[service] = url
		} else if strings.Contains(service, "endpoint_url") {
			s.warnOnce(fmt.Sprintf("%s: no SDK reads this key of [services %s]; write the name of a service, such as \"sts =\", and indent \"endpoint_url = URL\" on the next line",
				settings.where(), strings.Trim(quote(e.sdkValue()), `"`)))
		}
	}
	return read
}

// unmerged returns the entry of a key that the SDK for Go does not merge: when
// the config file has the profile, the SDK ignores this key in the credentials
// file (mergeSections in config/shared_config.go), although botocore reads it.
// unmerged warns about an ignored value. The result is false when the key has
// no value.
func (s *search) unmerged(p sharedProfile, key string) (*entry, bool) {
	if p.config == nil {
		return p.get(key)
	}
	e, other := p.config.entry(key), p.credentials.entry(key)
	if !other.empty() && (e.empty() || e.value != other.value) {
		s.warnOnce(fmt.Sprintf("%s: %s of profile %s is ignored: the AWS SDK for Go reads it only in %s",
			other.where(), key, quote(p.name), s.files.config.shownPath()))
	}
	return e, !e.empty()
}

// services returns the section [services name]; nil for none. The section
// belongs in the config file, but the SDK for Go also reads it in the
// credentials file.
func (f *sharedFiles) services(name string) *section {
	if s := f.config.sections[otherPrefix+"services "+name]; s != nil {
		return s
	}
	return f.credentials.sections[profilePrefix+"services "+name]
}

// sdkValue returns the value as the AWS SDK for Go reads it: without a trailing
// comment and without surrounding quotes (config/internal/ini, asProperty).
func (e *entry) sdkValue() string {
	value := e.value
	for _, comment := range []string{" #", " ;", "\t#", "\t;"} {
		value, _, _ = strings.Cut(value, comment)
	}
	return unquote(strings.TrimRight(value, " \t"))
}
