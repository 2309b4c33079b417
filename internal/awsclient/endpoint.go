package awsclient

// This file decides which endpoint of a service is asked: the one that a
// variable or the profile names, or the one of AWS in the region, with FIPS or
// dual stack. The precedence is that of the AWS SDK for Go
// (config/env_config.go, config/shared_config.go and resolveBaseEndpoint of each
// client), for the clients of the credentials too: the SDK's own ask AWS when
// only AWS_ENDPOINT_URL or endpoint_url is set, against the AWS SDKs and Tools
// Reference Guide, "Service-specific endpoints", and the AWS CLI.

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Endpoints is what a profile says of endpoints. The zero value says nothing.
type Endpoints struct {
	// URL is endpoint_url, "" for none.
	URL string
	// Services has the endpoint_url of each service in the section that the
	// profile names as services, by name: "sts", "sso_oidc".
	Services map[string]string
	// Ignore is ignore_configured_endpoint_urls, FIPS is use_fips_endpoint,
	// DualStack is use_dualstack_endpoint.
	Ignore, FIPS, DualStack bool
	// Problem is what is wrong with these settings, so that no endpoint can be
	// chosen; "" for nothing.
	Problem string
}

// The variables of endpoints. AWS_ENDPOINT_URL_<SERVICE> is endpointVariable with
// the name of the service.
const (
	endpointVariable  = "AWS_ENDPOINT_URL"
	ignoreVariable    = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
	fipsVariable      = "AWS_USE_FIPS_ENDPOINT"
	dualStackVariable = "AWS_USE_DUALSTACK_ENDPOINT"
)

// CustomEndpoint names what replaces the endpoint of a service that AWS has in
// the region, "" when nothing does.
func (s Settings) CustomEndpoint(service string) string {
	_, from, err := s.custom(service)
	if err != nil {
		return ""
	}
	return from
}

// endpoints returns the endpoint that replaces that of AWS, "" for none, and
// which of AWS's is asked else.
func (s Settings) endpoints(service string) (string, variants, error) {
	var chosen variants
	for _, one := range []struct {
		variable  string
		inProfile bool
		into      *bool
	}{{fipsVariable, s.Profile.FIPS, &chosen.fips}, {dualStackVariable, s.Profile.DualStack, &chosen.dualStack}} {
		value, err := s.isTrue(one.variable, one.inProfile)
		if err != nil {
			return "", chosen, err
		}
		*one.into = value
	}
	endpoint, from, err := s.custom(service)
	if err != nil || endpoint == "" {
		return "", chosen, err
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return "", chosen, fmt.Errorf("%s is not an endpoint: write it as https://host or https://host:port", from)
	}
	// The rules of every service refuse both: "FIPS and custom endpoint are not
	// supported".
	for _, one := range []struct {
		on             bool
		variable, name string
	}{{chosen.fips, fipsVariable, "use_fips_endpoint"}, {chosen.dualStack, dualStackVariable, "use_dualstack_endpoint"}} {
		if one.on {
			return "", chosen, fmt.Errorf("%s (%s) chooses an endpoint of AWS, but %s names another: use only one of them", one.variable, one.name, from)
		}
	}
	return endpoint, chosen, nil
}

// custom returns the endpoint that replaces that of AWS, and what names it. An
// empty variable counts as one that is not set.
func (s Settings) custom(service string) (value, from string, err error) {
	if ignored, err := s.isTrue(ignoreVariable, s.Profile.Ignore); ignored || err != nil {
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

// isTrue reads a switch: the variable, or else what the profile says. The SDK
// for Go fails at a variable that is neither true nor false.
func (s Settings) isTrue(variable string, inProfile bool) (bool, error) {
	switch value := s.get(variable); {
	case value == "":
		return inProfile, nil
	case strings.EqualFold(value, "true"):
		return true, nil
	case strings.EqualFold(value, "false"):
		return false, nil
	}
	return false, fmt.Errorf("%s is neither true nor false", variable)
}

// variants tells the clients which kind of endpoint to use; they ask with
// these methods.
type variants struct{ fips, dualStack bool }

// GetUseFIPSEndpoint implements what the clients look for.
func (v variants) GetUseFIPSEndpoint(context.Context) (aws.FIPSEndpointState, bool, error) {
	return aws.FIPSEndpointStateEnabled, v.fips, nil
}

// GetUseDualStackEndpoint implements what the clients look for.
func (v variants) GetUseDualStackEndpoint(context.Context) (aws.DualStackEndpointState, bool, error) {
	return aws.DualStackEndpointStateEnabled, v.dualStack, nil
}
