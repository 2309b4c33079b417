package awsclient

// This file selects the endpoint of a service: the one in a variable or the
// profile, or the AWS endpoint of the region, with FIPS or dual stack. The
// precedence is that of the AWS SDK for Go (config/env_config.go,
// config/shared_config.go and resolveBaseEndpoint of each client). It also
// applies to the clients that get credentials. The SDK's own credential clients
// use the AWS endpoint when only AWS_ENDPOINT_URL or endpoint_url is set, which
// contradicts the AWS CLI and the AWS SDKs and Tools Reference Guide,
// "Service-specific endpoints".

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Endpoints are the endpoint settings of a profile. The zero value means that
// none is set.
type Endpoints struct {
	// URL is endpoint_url; "" for none.
	URL string
	// Services has the endpoint_url of each service ("sts", "sso_oidc"), from
	// the section that the services setting of the profile names.
	Services map[string]string
	// Ignore is ignore_configured_endpoint_urls, FIPS is use_fips_endpoint,
	// DualStack is use_dualstack_endpoint.
	Ignore, FIPS, DualStack bool
	// Problem describes an error in these settings that prevents the selection
	// of an endpoint; "" for none.
	Problem string
}

// The variables for endpoints. AWS_ENDPOINT_URL_<SERVICE> is endpointVariable,
// an underscore and the name of the service.
const (
	endpointVariable  = "AWS_ENDPOINT_URL"
	ignoreVariable    = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
	fipsVariable      = "AWS_USE_FIPS_ENDPOINT"
	dualStackVariable = "AWS_USE_DUALSTACK_ENDPOINT"
)

// EndpointSetting returns the name of the setting that replaces the regional AWS
// endpoint of a service; "" for none, and for invalid settings.
func (s Settings) EndpointSetting(service string) string {
	_, from, err := s.customEndpoint(service)
	if err != nil {
		return ""
	}
	return from
}

// selectEndpoint returns the custom endpoint of a service; "" means the AWS
// endpoint that the variants select.
func (s Settings) selectEndpoint(service string) (string, variants, error) {
	var chosen variants
	for _, setting := range []struct {
		variable    string
		inProfile   bool
		destination *bool
	}{{fipsVariable, s.Profile.FIPS, &chosen.fips}, {dualStackVariable, s.Profile.DualStack, &chosen.dualStack}} {
		value, err := s.boolSetting(setting.variable, setting.inProfile)
		if err != nil {
			return "", chosen, err
		}
		*setting.destination = value
	}
	endpoint, from, err := s.customEndpoint(service)
	if err != nil || endpoint == "" {
		return "", chosen, err
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return "", chosen, settingErrorf("invalid value for %s: want https://host or https://host:port", from)
	}
	// The endpoint rules of every service reject a custom endpoint together with
	// FIPS or dual stack: "FIPS and custom endpoint are not supported".
	for _, setting := range []struct {
		isSet          bool
		variable, name string
	}{{chosen.fips, fipsVariable, "use_fips_endpoint"}, {chosen.dualStack, dualStackVariable, "use_dualstack_endpoint"}} {
		if setting.isSet {
			return "", chosen, settingErrorf("%s (%s) selects an endpoint of AWS, but %s sets a custom endpoint: remove one of the two settings", setting.variable, setting.name, from)
		}
	}
	return endpoint, chosen, nil
}

// customEndpoint returns the custom endpoint, and the name of the setting that
// has it. An empty variable counts as not set.
func (s Settings) customEndpoint(service string) (value, from string, err error) {
	if ignored, err := s.boolSetting(ignoreVariable, s.Profile.Ignore); ignored || err != nil {
		return "", "", err
	}
	for _, variable := range []string{endpointVariable + "_" + service, endpointVariable} {
		if value := s.get(variable); value != "" {
			return value, variable, nil
		}
	}
	if s.Profile.Problem != "" {
		return "", "", errors.New(s.Profile.Problem)
	}
	name := strings.ToLower(service)
	if value := s.Profile.Services[name]; value != "" {
		return value, "endpoint_url of " + name + " in the services section of the profile", nil
	}
	if s.Profile.URL != "" {
		return s.Profile.URL, "endpoint_url of the profile", nil
	}
	return "", "", nil
}

// settingError is an error about a variable or a setting of the profile.
type settingError string

func (e settingError) Error() string { return string(e) }

// Hint returns the next step for the user.
func (settingError) Hint() string { return "correct the value of the setting, or remove the setting" }

func settingErrorf(format string, args ...any) error {
	return settingError(fmt.Sprintf(format, args...))
}

// boolSetting returns the value of a boolean variable or, if it is not set, the
// value in the profile. Like the SDK for Go, it accepts only true and false, in
// upper or lower case, as the value of the variable.
func (s Settings) boolSetting(variable string, inProfile bool) (bool, error) {
	switch value := s.get(variable); {
	case value == "":
		return inProfile, nil
	case strings.EqualFold(value, "true"):
		return true, nil
	case strings.EqualFold(value, "false"):
		return false, nil
	}
	return false, settingErrorf("invalid value for %s: want true or false", variable)
}

// variants says whether to use the FIPS endpoint and the dual-stack endpoint.
// The SDK's clients call its methods.
type variants struct{ fips, dualStack bool }

// GetUseFIPSEndpoint implements the interface that the SDK's clients look for.
func (v variants) GetUseFIPSEndpoint(context.Context) (aws.FIPSEndpointState, bool, error) {
	return aws.FIPSEndpointStateEnabled, v.fips, nil
}

// GetUseDualStackEndpoint implements the interface that the SDK's clients look
// for.
func (v variants) GetUseDualStackEndpoint(context.Context) (aws.DualStackEndpointState, bool, error) {
	return aws.DualStackEndpointStateEnabled, v.dualStack, nil
}
