package credentials

// This file calls the credential endpoints of this machine, a container's and the
// instance metadata service: plain HTTP, without a proxy or redirects, limited in size
// and time.

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"capaboot/internal/awsclient"
)

// maxEndpointAnswer is larger than any response with credentials.
const maxEndpointAnswer = 256 << 10

// endpointClient never uses a proxy: proxy settings are for the internet, not for this
// machine.
var endpointClient = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true, MaxResponseHeaderBytes: maxEndpointAnswer},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// fetch sends one request. Its error is for explainConnection.
func fetch(ctx context.Context, limit time.Duration, method, url string, headers map[string]string) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return 0, nil, errors.New("no URL")
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := endpointClient.Do(request)
	if err != nil {
		return 0, nil, explained(request, limit, err)
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, maxEndpointAnswer+1))
	if err == nil && len(body) > maxEndpointAnswer {
		return 0, nil, errors.New("the response is too large")
	}
	if err != nil {
		err = explained(request, limit, err)
	}
	return response.StatusCode, body, err
}

// explained adds the address that did not respond.
func explained(request *http.Request, limit time.Duration, err error) error {
	return awsclient.NewConnectionError(request, nil, limit, err)
}

// endpointCredentials parses the response of both kinds of endpoints.
func endpointCredentials(body []byte, service, source string) (Credentials, error) {
	var answer struct{ Code, AccessKeyId, SecretAccessKey, Token, Expiration string }
	if err := json.Unmarshal(body, &answer); err != nil {
		return Credentials{}, failf("", "%s answered with no JSON of credentials", service)
	}
	if answer.Code != "" && answer.Code != "Success" {
		code := "an error"
		if isCode(answer.Code) {
			code = answer.Code
		}
		return Credentials{}, failf("check whether the role exists and trusts the service", "%s answered %s instead of credentials", service, code)
	}
	found := Credentials{AccessKeyID: answer.AccessKeyId, SecretAccessKey: answer.SecretAccessKey, SessionToken: answer.Token, Source: source}
	if answer.Expiration != "" {
		expires, err := parseTime(answer.Expiration)
		if err != nil {
			return Credentials{}, failf("", "%s answered with an Expiration that is not a time", service)
		}
		found.Expires = expires
	}
	if err := found.usable(service); err != nil {
		return Credentials{}, err
	}
	return found, nil
}
