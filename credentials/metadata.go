package credentials

// This file is the source for the role of an EC2 instance: the instance
// metadata service, version 2, which gives a token before anything else.
// Sources: EC2 User Guide, "Access instance metadata" and "Retrieve security
// credentials from instance metadata"; AWS SDKs and Tools Reference Guide,
// "IMDS credential provider".

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"capaboot/internal/deadline"
)

const (
	metadataDisabled = "AWS_EC2_METADATA_DISABLED"
	metadataEndpoint = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
	metadataMode     = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"
	metadataTimeout  = "AWS_METADATA_SERVICE_TIMEOUT"
	metadataService  = "the instance metadata service (IMDS)"
)

type metadataSource struct{ search *search }

// errAbsent is the error when nothing says that this is an EC2 instance with a
// role; its text says what was seen.
type errAbsent struct {
	said    string
	passing bool // or it did not answer now
}

func (e errAbsent) Error() string { return e.said }

// credentials asks for them, and fails when there are none.
func (m metadataSource) credentials(ctx context.Context) (Credentials, error) {
	found, err := m.find(ctx)
	if absent, ok := errors.AsType[errAbsent](err); ok {
		problem := failf("credential_source Ec2InstanceMetadata is for EC2 instances with a role", "%s: %s", metadataService, absent.said)
		problem.Passing = absent.passing
		return Credentials{}, problem
	}
	return found, err
}

// find asks for credentials. The error is errAbsent when there is no service,
// or the instance has no role.
func (m metadataSource) find(ctx context.Context) (Credentials, error) {
	base, err := m.base()
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
		return Credentials{}, errAbsent{said: "the instance has no role"}
	case status != http.StatusOK:
		return Credentials{}, explainStatus(status, metadataService).problem("", nil)
	case !onlyOf(role, "_+=,.@-"):
		return Credentials{}, failf("check whether something else answers in its place", "%s answered with no name of a role", metadataService)
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

// base returns the service's URL.
func (m metadataSource) base() (string, error) {
	env := m.search.env
	if strings.EqualFold(env.Get(metadataDisabled), "true") {
		return "", errAbsent{said: metadataDisabled + " is set"}
	}
	if value := env.Get(metadataEndpoint); value != "" {
		u, err := url.Parse(value)
		if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
			return "", failf("", "%s is not an http or https URL", metadataEndpoint)
		}
		return strings.TrimSuffix(value, "/"), nil
	}
	switch mode := env.Get(metadataMode); {
	case mode == "" || strings.EqualFold(mode, "ipv4"):
		return "http://169.254.169.254", nil
	case strings.EqualFold(mode, "ipv6"):
		return "http://[fd00:ec2::254]", nil
	}
	return "", failf("", "%s is neither IPv4 nor IPv6", metadataMode)
}

// patience returns how long one request may take: normally, or as many whole
// seconds as the environment says. Source: Boto3 documentation, "Configuration",
// AWS_METADATA_SERVICE_TIMEOUT.
func (m metadataSource) patience(normally time.Duration) (time.Duration, error) {
	text := m.search.env.Get(metadataTimeout)
	if text == "" {
		return normally, nil
	}
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 1 || seconds > 3600 {
		return 0, failf("", "%s is not a number of seconds from 1 to 3600", metadataTimeout)
	}
	return time.Duration(seconds) * time.Second, nil
}

// token asks for the token of this session. Whatever keeps the service from
// being reached is told in the same words: no host there, no route, no answer.
func (m metadataSource) token(ctx context.Context, base string) (string, error) {
	limit, err := m.patience(m.search.limits.metadata)
	if err != nil {
		return "", err
	}
	status, body, err := fetch(ctx, limit, http.MethodPut, base+"/latest/api/token",
		map[string]string{"X-aws-ec2-metadata-token-ttl-seconds": "60"})
	switch {
	case ctx.Err() != nil:
		return "", deadline.Stopped(ctx, "asking "+metadataService)
	case err != nil:
		return "", errAbsent{err.Error() + ": this is not an EC2 instance, or the instance's hop limit keeps containers out", true}
	case status == http.StatusForbidden:
		return "", errAbsent{said: "it is turned off for this instance"}
	case status >= http.StatusInternalServerError:
		return "", errAbsent{explainStatus(status, "it").text, true}
	case status != http.StatusOK || len(body) == 0 || !isHeader(string(body)):
		return "", errAbsent{said: "what answers in its place is not version 2 of it"}
	}
	return string(body), nil
}

// get asks for one path of the service.
func (m metadataSource) get(ctx context.Context, address, token string) (int, []byte, error) {
	limit, err := m.patience(m.search.limits.endpoint)
	if err != nil {
		return 0, nil, err
	}
	status, body, err := fetch(ctx, limit, http.MethodGet, address, map[string]string{"X-aws-ec2-metadata-token": token})
	if ctx.Err() != nil {
		return 0, nil, deadline.Stopped(ctx, "asking "+metadataService)
	}
	if err != nil {
		problem := explainConnection(err, metadataService)
		problem.hint = "try again"
		return 0, nil, problem.problem("", nil)
	}
	return status, body, nil
}

// region asks in which region the instance is, "" when no one says.
func (m metadataSource) region(ctx context.Context) string {
	base, err := m.base()
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
