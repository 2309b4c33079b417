package credentials

// This file gets the credentials of an EC2 instance's role from the instance
// metadata service, version 2, which requires a token. Sources: EC2 User Guide,
// "Access instance metadata" and "Retrieve security credentials from instance
// metadata"; AWS SDKs and Tools Reference Guide, "IMDS credential provider".

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"capaboot/credentials/accesskey"
	"capaboot/internal/deadline"
)

const (
	metadataDisabledVariable = "AWS_EC2_METADATA_DISABLED"
	metadataEndpointVariable = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
	metadataModeVariable     = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"
	metadataTimeoutVariable  = "AWS_METADATA_SERVICE_TIMEOUT"
	metadataService          = "the instance metadata service (IMDS)"
)

// notIMDSv2 is the reason of an absentError for a response that is not a token.
const notIMDSv2 = "the response is not from version 2 of IMDS"

type metadataSource struct{ search *search }

// absentError is the error when this machine does not seem to be an EC2
// instance with a role.
type absentError struct {
	reason    string
	transient bool // the service may respond later
}

func (e absentError) Error() string { return e.reason }

// credentials returns the credentials of the role. It fails when there are
// none, because a profile names this source.
func (m metadataSource) credentials(ctx context.Context) (Credentials, error) {
	found, err := m.find(ctx)
	if absent, ok := errors.AsType[absentError](err); ok {
		problem := failf("run this command on an EC2 instance with a role, or set credential_source to Environment or EcsContainer", "%s: %s", metadataService, absent.reason)
		problem.Transient = absent.transient
		return Credentials{}, problem
	}
	return found, err
}

// find returns the credentials of the role. The error is an absentError when
// the service is absent or disabled, when it returns no token, and when the
// instance has no role.
func (m metadataSource) find(ctx context.Context) (Credentials, error) {
	base, err := m.baseURL()
	if err != nil {
		return Credentials{}, err
	}
	token, err := m.token(ctx, base)
	if err != nil {
		return Credentials{}, err
	}
	const path = "/latest/meta-data/iam/security-credentials/"
	status, body, err := m.get(ctx, base+path, token)
	role, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
	switch {
	case err != nil:
		return Credentials{}, err
	case status == http.StatusNotFound || status == http.StatusOK && role == "":
		return Credentials{}, absentError{reason: "the instance has no role"}
	case status != http.StatusOK:
		return Credentials{}, explainStatus(status, metadataService).problem("", nil)
	case !accesskey.OnlyOf(role, "_+=,.@-"):
		return Credentials{}, failf("check whether another service responds at the address of IMDS", "%s returned no role name", metadataService)
	}
	status, body, err = m.get(ctx, base+path+role, token)
	switch {
	case err != nil:
		return Credentials{}, err
	case status != http.StatusOK:
		return Credentials{}, explainStatus(status, metadataService).problem("", nil)
	}
	return endpointCredentials(body, metadataService, "the role of the EC2 instance")
}

// baseURL returns the service's URL.
func (m metadataSource) baseURL() (string, error) {
	env := m.search.env
	if strings.EqualFold(env.Get(metadataDisabledVariable), "true") {
		return "", absentError{reason: metadataDisabledVariable + " is set"}
	}
	if value := env.Get(metadataEndpointVariable); value != "" {
		u, err := url.Parse(value)
		if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
			return "", invalidValue("", metadataEndpointVariable, "an http or https URL", "correct the value, or unset the variable to use the default endpoint")
		}
		return strings.TrimSuffix(value, "/"), nil
	}
	switch mode := env.Get(metadataModeVariable); {
	case mode == "" || strings.EqualFold(mode, "ipv4"):
		return "http://169.254.169.254", nil
	case strings.EqualFold(mode, "ipv6"):
		return "http://[fd00:ec2::254]", nil
	}
	return "", invalidValue("", metadataModeVariable, "IPv4 or IPv6", "correct the value, or unset the variable to use IPv4")
}

// requestLimit returns the time limit of one request: the number of seconds in
// the environment, or else normal. Source: Boto3 documentation,
// "Configuration", AWS_METADATA_SERVICE_TIMEOUT.
func (m metadataSource) requestLimit(normal time.Duration) (time.Duration, error) {
	text := m.search.env.Get(metadataTimeoutVariable)
	if text == "" {
		return normal, nil
	}
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 1 || seconds > 3600 {
		return 0, invalidValue("", metadataTimeoutVariable, "a number of seconds from 1 to 3600", "correct the value, or unset the variable")
	}
	return time.Duration(seconds) * time.Second, nil
}

// token returns a token for the other requests. The error is an absentError
// when the service does not respond, or responds without a token. Other errors
// are an invalid time limit and the end of ctx.
func (m metadataSource) token(ctx context.Context, base string) (string, error) {
	limit, err := m.requestLimit(m.search.limits.metadata)
	if err != nil {
		return "", err
	}
	status, body, err := fetch(ctx, limit, http.MethodPut, base+"/latest/api/token",
		map[string]string{"X-aws-ec2-metadata-token-ttl-seconds": "60"})
	switch {
	case ctx.Err() != nil:
		return "", deadline.NewEnded(ctx, "calling "+metadataService)
	case errors.Is(err, errTooLarge):
		return "", absentError{reason: notIMDSv2}
	case err != nil:
		return "", absentError{err.Error() + ": this machine is not an EC2 instance, or the hop limit of the instance excludes containers", true}
	case status == http.StatusForbidden:
		return "", absentError{reason: "it is disabled for this instance"}
	case status >= http.StatusInternalServerError:
		return "", absentError{explainStatus(status, "it").text, true}
	case status != http.StatusOK || len(body) == 0 || !isHeaderValue(string(body)):
		return "", absentError{reason: notIMDSv2}
	}
	return string(body), nil
}

// get requests one path of the service.
func (m metadataSource) get(ctx context.Context, address, token string) (int, []byte, error) {
	limit, err := m.requestLimit(m.search.limits.endpoint)
	if err != nil {
		return 0, nil, err
	}
	status, body, err := fetch(ctx, limit, http.MethodGet, address, map[string]string{"X-aws-ec2-metadata-token": token})
	if ctx.Err() != nil {
		return 0, nil, deadline.NewEnded(ctx, "calling "+metadataService)
	}
	if err != nil {
		problem := explainConnection(err, metadataService, "")
		if problem.transient {
			problem.hint = "try again"
		}
		return 0, nil, problem.problem("", nil)
	}
	return status, body, nil
}

// region returns the region of the instance; "" when the region cannot be read,
// or is invalid.
func (m metadataSource) region(ctx context.Context) string {
	base, err := m.baseURL()
	if err != nil {
		return ""
	}
	token, err := m.token(ctx, base)
	if err != nil {
		return ""
	}
	status, body, err := m.get(ctx, base+"/latest/meta-data/placement/region", token)
	if name := strings.TrimSpace(string(body)); err == nil && status == http.StatusOK && name != "" && checkRegion(name) == nil {
		return name
	}
	return ""
}
