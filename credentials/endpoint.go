package credentials

// This file calls the endpoints that provide credentials to a container or an EC2
// instance. It uses no proxy, follows no redirects, and limits the time of each
// request and the size of its response.

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"capaboot/internal/awsclient"
)

// maxEndpointResponse is the maximum size of a response in bytes. It is larger
// than any response with credentials. A larger response is an error.
const maxEndpointResponse = 256 << 10

// endpointClient never uses a proxy: proxy settings are for the internet, not for the
// endpoints of a container or an instance.
var endpointClient = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true, MaxResponseHeaderBytes: maxEndpointResponse},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// errTooLarge is the error of fetch for a response of more than maxEndpointResponse
// bytes.
var errTooLarge = errors.New("the response is larger than 256 KiB")

// fetch sends one request. err is nil for a complete response with any status,
// unless the response is too large.
func fetch(ctx context.Context, limit time.Duration, method, url string, headers map[string]string) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return 0, nil, errors.New("no URL")
	}
	request = awsclient.TraceConnection(request)
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := endpointClient.Do(request)
	if err != nil {
		return 0, nil, withAddress(request, limit, err)
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, maxEndpointResponse+1))
	if err == nil && len(body) > maxEndpointResponse {
		return 0, nil, errTooLarge
	}
	if err != nil {
		err = withAddress(request, limit, err)
	}
	return response.StatusCode, body, err
}

func withAddress(request *http.Request, limit time.Duration, err error) error {
	return awsclient.NewConnectionError(request, nil, limit, err)
}

// endpointCredentials parses a response with credentials. The container's
// endpoint and the instance metadata service use the same format.
func endpointCredentials(body []byte, service, source string) (Credentials, error) {
	var response struct{ Code, AccessKeyId, SecretAccessKey, Token, Expiration string }
	if err := json.Unmarshal(body, &response); err != nil {
		return Credentials{}, failf(notAWSHint, "%s returned no credentials in JSON", service)
	}
	if response.Code != "" && response.Code != "Success" {
		code := "an error"
		if isCode(response.Code) {
			code = response.Code
		}
		return Credentials{}, failf("check whether the role exists and trusts the service", "%s returned %s instead of credentials", service, code)
	}
	found := Credentials{AccessKeyID: response.AccessKeyId, SecretAccessKey: response.SecretAccessKey, SessionToken: response.Token, Source: source}
	if response.Expiration != "" {
		expires, err := parseTime(response.Expiration)
		if err != nil {
			return Credentials{}, failf(notAWSHint, "%s returned an Expiration that is not a time", service)
		}
		found.Expires = expires
	}
	if err := found.checkTemporary(service); err != nil {
		return Credentials{}, err
	}
	return found, nil
}
