package credentials

// This file gets credentials from the endpoint of a container: an ECS task, or
// a pod with EKS Pod Identity. Source: AWS SDKs and Tools Reference Guide,
// "Container credential provider".

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"capaboot/internal/deadline"
)

const (
	relativeVariable = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
	fullVariable     = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	// taskEndpoint is the base URL of the endpoint of an ECS task.
	taskEndpoint = "http://169.254.170.2"
	// unsetOutside is the hint for a variable that may have been set outside of
	// a container.
	unsetOutside = "unset the variable, unless the platform of this container has set it"
	// endpointAttempts is the maximum number of requests to the endpoint.
	endpointAttempts = 3
)

// container returns the source when a variable names the endpoint of a
// container; nil otherwise.
func container(s *search, _ sharedProfile) source {
	for _, variable := range []string{relativeVariable, fullVariable} {
		if s.env.Get(variable) != "" {
			return containerSource{s, variable}
		}
	}
	return nil
}

type containerSource struct {
	search   *search
	variable string // the variable that names the endpoint
}

func (c containerSource) credentials(ctx context.Context) (Credentials, error) {
	service := "the container's endpoint (" + c.variable + ")"
	address, err := c.address()
	if err != nil {
		return Credentials{}, err
	}
	headers := map[string]string{"Accept": "application/json"}
	if token, err := c.token(ctx); err != nil {
		return Credentials{}, err
	} else if token != "" {
		headers["Authorization"] = token
	}
	var problem explanation
	attempts := 0
	for attempts < endpointAttempts {
		attempts++
		status, body, err := fetch(ctx, c.search.limits.endpoint, http.MethodGet, address, headers)
		switch {
		case ctx.Err() != nil:
			return Credentials{}, deadline.NewEnded(ctx, "calling "+service)
		case errors.Is(err, errTooLarge):
			return Credentials{}, explainConnection(err, service, "").problem("", nil)
		case err != nil:
			problem = explainConnection(err, service, "")
			problem.hint = "run this command in the container that the variable was set for, or unset the variable"
			continue
		case status == http.StatusOK:
			return endpointCredentials(body, service, service)
		}
		problem = explainStatus(status, service)
		if status < 500 && status != http.StatusTooManyRequests {
			problem.hint = "check the token, and whether the task or the pod has a role"
			break
		}
	}
	if attempts == endpointAttempts {
		problem.text += fmt.Sprintf(" (the last of %d attempts)", attempts)
	}
	return Credentials{}, problem.problem("", nil)
}

// address returns the endpoint's URL. Without TLS, the host must be this
// machine, or the local address of the endpoint of ECS or EKS, so that no token
// crosses a network unencrypted.
func (c containerSource) address() (string, error) {
	value := c.search.env.Get(c.variable)
	if c.variable == relativeVariable {
		u, err := url.Parse(value)
		if err != nil || !strings.HasPrefix(value, "/") || u.Host != "" {
			return "", invalidValue("", c.variable, "a path that begins with /", unsetOutside)
		}
		return taskEndpoint + value, nil
	}
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", invalidValue("", c.variable, "an http or https URL", unsetOutside)
	}
	if u.Scheme == "http" && !allowsPlainHTTP(u.Hostname()) {
		return "", invalidValue("", c.variable, "an address of this machine (127.0.0.1), of ECS (169.254.170.2) or of EKS (169.254.170.23, fd00:ec2::23), or an https URL", unsetOutside)
	}
	return value, nil
}

// allowsPlainHTTP reports whether a host may be called without TLS.
func allowsPlainHTTP(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	switch address.WithZone("").String() {
	case "169.254.170.2", "169.254.170.23", "fd00:ec2::23":
		return true
	}
	return address.IsLoopback()
}

// token returns the value of the Authorization header; "" for none.
func (c containerSource) token(ctx context.Context) (string, error) {
	variable := "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
	token := ""
	if path := c.search.env.Get(variable); path != "" {
		text, _, err := readFile(ctx, path)
		if err != nil {
			if e, ok := err.(*Error); ok {
				e.Problems[0] = fmt.Sprintf("%s: %s", variable, e.Problems[0])
				if errors.Is(err, fs.ErrNotExist) {
					e.Hint = unsetOutside
				}
			}
			return "", err
		}
		token = text
	} else {
		variable = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
		token = c.search.env.Get(variable)
	}
	if !isHeaderValue(token) {
		return "", failf("copy the token again", "the token in %s has a line break or another character that cannot be sent", variable)
	}
	return token, nil
}
