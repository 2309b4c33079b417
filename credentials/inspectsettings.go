package credentials

// This file checks settings of a blob that do not name credentials, but for
// which the SDK in the controllers rejects the whole profile. Source:
// config/shared_config.go of the AWS SDK for Go v2, setFromIniSection and
// setFromIniSections.

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

type limitedSetting struct {
	key, want string
	accepts   func(string) bool
}

// limitedSettings returns the settings for which the SDK accepts only some
// values.
func limitedSettings() []limitedSetting {
	return []limitedSetting{
		{"account_id_endpoint_mode", "preferred, required or disabled", oneOf("preferred", "required", "disabled")},
		{"defaults_mode", "auto, cross-region, in-region, legacy, mobile or standard", oneOfAnyCase("auto", "cross-region", "in-region", "legacy", "mobile", "standard", "")},
		{"disable_request_compression", "true or false", oneOf("true", "false")},
		{"ec2_metadata_service_endpoint_mode", "IPv4 or IPv6", oneOfAnyCase("ipv4", "ipv6", "")},
		{"max_attempts", "a number", isInteger},
		{"request_checksum_calculation", "when_supported or when_required", oneOfAnyCase("when_supported", "when_required")},
		{"request_min_compression_size_bytes", "a number from 0 to 10485760", isCompressionSize},
		{"response_checksum_validation", "when_supported or when_required", oneOfAnyCase("when_supported", "when_required")},
		// The AWS CLI also accepts legacy.
		{"retry_mode", "standard or adaptive", oneOf("standard", "adaptive")},
	}
}

func oneOf(values ...string) func(string) bool {
	return func(value string) bool { return slices.Contains(values, value) }
}

func oneOfAnyCase(values ...string) func(string) bool {
	return func(value string) bool { return slices.Contains(values, strings.ToLower(value)) }
}

func isInteger(value string) bool {
	_, err := strconv.ParseInt(value, 0, 64)
	return err == nil
}

func isCompressionSize(value string) bool {
	size, err := strconv.ParseInt(value, 0, 64)
	return err == nil && 0 <= size && size <= 10<<20
}

// checkSettings reports the values of a profile that the SDK rejects, and
// returns false if there are any. It also notes a ca_bundle.
func (i *inspector) checkSettings(subject string, s *section) bool {
	accepted := true
	for _, setting := range limitedSettings() {
		if e := s.entry(setting.key); e != nil && !setting.accepts(e.sdkValue()) {
			i.fatal("setting", fmt.Sprintf("%s: the SDK rejects the value of %s: want %s", subject, setting.key, setting.want), "remove the setting or correct it, and encode the profile again")
			accepted = false
		}
	}
	if s.setting("ca_bundle") != "" {
		i.note("ca-bundle", subject+" names a file with certificates (ca_bundle), which must be in the pod of the controllers", "remove ca_bundle, unless the pod has the file")
	}
	return accepted
}

// checkEndpoints notes settings of [default] that change the endpoints that the
// controllers call: endpoint_url, and services with endpoints outside of AWS. It
// also notes a services setting whose section does not exist.
func (i *inspector) checkEndpoints(sections map[string]*section) {
	s := sections[profilePrefix+defaultProfile]
	const subject, ignored = "profile \"" + defaultProfile + "\"", "ignore_configured_endpoint_urls"
	if s == nil || strings.EqualFold(s.setting(ignored), "true") {
		return
	}
	if endpoint := s.setting("endpoint_url"); endpoint != "" {
		host := ""
		if u, err := url.Parse(endpoint); err == nil && u.Hostname() != "" {
			host = " (host " + quote(u.Hostname()) + ")"
		}
		i.note("endpoint", subject+" sets endpoint_url"+host+": the controllers send the requests for all services there", "remove endpoint_url, unless the controllers must call all services there")
	}
	name := s.setting("services")
	if name == "" {
		return
	}
	services := sections[profilePrefix+"services "+name]
	if services == nil {
		i.note("endpoint", fmt.Sprintf("%s names the section [services %s], which the encoded credentials do not contain, so the SDK ignores the setting", subject, strings.Trim(quote(name), `"`)), "remove services, or encode the section together with the profile")
		return
	}
	var called []string
	for service, e := range services.entries {
		if e.sub["endpoint_url"] != "" && !isAWSEndpoint(e.sub["endpoint_url"]) {
			called = append(called, quote(service))
		}
	}
	if len(called) > 0 {
		slices.Sort(called)
		i.note("endpoint", fmt.Sprintf("%s sets endpoints that do not belong to AWS, for the services %s", subject, strings.Join(called[:min(len(called), 5)], ", ")), "remove services, unless these services are to be called there")
	}
}

// isAWSEndpoint reports whether an endpoint is a URL whose host belongs to AWS.
func isAWSEndpoint(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && u.Hostname() != "" && !isEmulator(endpoint)
}

// checkSession returns false, and reports a problem, for a profile whose
// sso-session is not in the blob; true otherwise. The SDK rejects such a
// profile, even when it has keys.
func (i *inspector) checkSession(subject string, s *section, sections map[string]*section) bool {
	name := s.setting("sso_session")
	if name == "" || sections[profilePrefix+"sso-session "+strings.TrimSpace(name)] != nil {
		return true
	}
	i.fatal("sso", fmt.Sprintf("%s names the sso-session %s, which the encoded credentials do not contain, so the SDK rejects the profile", subject, quote(name)), "remove the sso settings, or "+encodeAgain)
	return false
}
