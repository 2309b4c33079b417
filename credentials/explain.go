package credentials

// This file explains in our own words why a call to AWS failed. It never shows
// the response of a service, a proxy or an emulator, which may repeat the
// request.

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"capaboot/internal/awsclient"
	"capaboot/internal/deadline"
	"capaboot/internal/lazy"
)

// explanation is what went wrong, the hint, and whether the same call may succeed
// later.
type explanation struct {
	text, hint string
	kind       Kind
	transient  bool
}

// problem converts the explanation to an error; purpose is what the call was for, or
// "".
func (e explanation) problem(purpose string, cause error) *Error {
	if purpose != "" {
		purpose += ": "
	}
	return &Error{Problems: []string{purpose + e.text}, Hint: e.hint, Kind: e.kind, Err: cause, Transient: e.transient}
}

// transientCodes are the error codes of outages and throttling, and of a wrong clock,
// which a machine corrects after sleep.
var transientCodes = []string{"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException",
	"ServiceUnavailable", "InternalFailure", "IDPCommunicationError", "RequestExpired",
	"InternalServerException", "ServiceUnavailableException", "SlowDownException", "TooManyRequestsError"}

// errorCodes explain the error codes of AWS STS, of IAM Identity Center's
// portal and tokens, and of AWS Sign-In. An entry with a phrase applies only to
// messages that contain it, and precedes the general entry. Sources: the pages
// of each action in the AWS STS API Reference, its page "Common error types",
// the IAM Identity Center Portal API Reference, "GetRoleCredentials", the IAM
// Identity Center OIDC API Reference, "CreateToken", and the AWS Sign-In API
// Reference, "CreateOAuth2Token".
var errorCodes = []struct {
	code, phrase, text, hint string
	kind                     Kind
}{
	{"AccessDenied", "MultiFactorAuthentication failed", "the MFA code was rejected", "wait for the next code of the device: each code is valid once", ""},
	{"AccessDenied", "Roles may not be assumed by root accounts", "the root user cannot assume roles", "use the credentials of a user or a role", ""},
	{"AccessDenied", "Cannot call GetSessionToken with session credentials", "temporary credentials cannot be exchanged for a session", "", KindSessionOfSession},
	{"AccessDenied", "Cannot call", "these credentials cannot make this call", "use the long-lived keys of a user", ""},
	{"AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", "the role does not trust this web identity",
		"compare the trust policy of the role with the issuer, aud and sub of the token", ""},
	{"AccessDenied", "", "access denied", "allow the action in the caller's policies; to assume a role, also allow the caller in the trust policy of the role, and pass an external ID or an MFA code if the trust policy requires one", ""},
	{"ExpiredToken", "", "the credentials or the token have expired", "get new credentials or a new token", ""},
	{"ExpiredTokenException", "", "the credentials or the token have expired", "get new credentials or a new token", ""},
	{"InvalidClientTokenId", "", "AWS does not know the access key ID, or the key was deactivated or belongs to another partition",
		"check that the keys are correct, and that the region is in the partition of the keys", ""},
	{"UnrecognizedClientException", "", "AWS does not know the access key ID", "check that the keys are correct, and that the region is in the partition of the keys", ""},
	{"SignatureDoesNotMatch", "", "the secret access key does not belong to the access key ID, or the clock of this machine is wrong",
		"copy both keys again, and check the clock", ""},
	{"IncompleteSignature", "", "the signature is malformed", "copy both keys again", ""},
	{"MissingAuthenticationToken", "", "the request had no credentials", "check whether a proxy removes the Authorization header", ""},
	{"RequestExpired", "", "the request was too old when it arrived", "check the clock of this machine", ""},
	{"InvalidIdentityToken", "", "AWS rejected the web identity token", "check that the account has an identity provider with the issuer and the audience of the token", ""},
	{"IDPRejectedClaim", "", "the identity provider rejected the token, or the token has expired", "get a new token", ""},
	{"IDPCommunicationError", "", "AWS could not reach the identity provider", "try again", ""},
	{"MalformedPolicyDocument", "", "the policy of the session is malformed", "", ""},
	{"PackedPolicyTooLarge", "", "the policies and tags of the session are too large", "use fewer or shorter session tags", ""},
	{"RegionDisabledException", "", "AWS STS is not active in this region for the account", "choose another region, or activate AWS STS in this region in the account settings of IAM", KindRegionDisabled},
	{"ValidationError", "MaxSessionDuration", "the duration is longer than the role allows", "", KindLongerThanRole},
	{"ValidationError", "role chaining", "a session of a role that another role assumes lasts at most one hour", "", KindChainedRole},
	{"ValidationError", "", "a value is invalid", "check the ARNs, the session name, the external ID and the duration", ""},
	{"Throttling", "", "too many requests", "try again later", ""},
	{"ThrottlingException", "", "too many requests", "try again later", ""},
	{"RequestLimitExceeded", "", "too many requests", "try again later", ""},
	{"TooManyRequestsException", "", "too many requests", "try again later", ""},
	{"InvalidAccessKeyId", "", "AWS does not know the access key ID", "check that the keys are correct, and that the region is in the partition of the keys", ""},
	{"OptInRequired", "", "the account has not signed up for the service, or the region is not enabled", "choose another region", ""},
	{"ServiceUnavailable", "", "the service is unavailable", "try again later", ""},
	{"InternalFailure", "", "an internal error", "try again later", ""},
	{"UnauthorizedException", "", "the SSO token has expired or was revoked", "", ""},
	{"ForbiddenException", "", "no permission for this account and role", "choose an account and a role that the AWS access portal lists: `aws sso login`, then `aws configure sso`", ""},
	{"ResourceNotFoundException", "", "the account or role does not exist", "check sso_account_id and sso_role_name", ""},
	{"AccessDeniedException", "", "access denied", "", ""},
	{"InvalidGrantException", "", "the token can no longer be renewed", "", ""},
	{"InvalidClientException", "", "the registration of the AWS CLI has expired or is invalid", "", ""},
	{"UnauthorizedClientException", "", "the registration of the AWS CLI has expired or is invalid", "", ""},
	{"SlowDownException", "", "too many requests", "try again later", ""},
	{"TooManyRequestsError", "", "too many requests", "try again later", ""},
	{"InternalServerException", "", "an internal error", "try again later", ""},
	{"ServiceUnavailableException", "", "the service is unavailable", "try again later", ""},
	{"InvalidRequestException", "", "a value is invalid", "check sso_account_id, sso_role_name and sso_region", ""},
}

// deniedMessage matches the caller and the action in the message of AccessDenied.
var deniedMessage = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`^User: (arn:aws[a-z-]*:(?:iam|sts)::[0-9]{12}:[\w+=,.@/-]+) is not authorized to perform: (sts:[A-Za-z]+) on resource: `)
}}

// isCode reports whether text looks like an AWS error code: capitalised words without
// spaces.
func isCode(text string) bool {
	capitals := 0
	for i := range len(text) {
		switch c := text[i]; {
		case 'A' <= c && c <= 'Z':
			if i > 0 && 'A' <= text[i-1] && text[i-1] <= 'Z' {
				return false
			}
			capitals++
		case c < 'a' || c > 'z' || i == 0:
			return false
		}
	}
	return capitals > 0 && capitals <= 6 && len(text) <= maxShown
}

// codeError is the error code of an AWS response, if errorCodes has it. The
// SDK's own error also has the message, which may repeat the request and would
// reach logs through Unwrap.
type codeError struct{ code string }

func (a codeError) Error() string { return "AWS returned " + a.code }

// safeCause returns the part of a call's error that an Error may keep; nil for
// none.
func safeCause(err error) error {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return nil
	}
	for _, known := range errorCodes {
		if known.code == api.ErrorCode() {
			return codeError{known.code}
		}
	}
	return nil
}

// explain says why a call to a service failed. endpoint names the setting of a custom
// endpoint; "" for an endpoint of AWS.
func explain(err error, service, endpoint string) explanation {
	if endpoint != "" {
		service += " (at the endpoint of " + endpoint + ")"
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() != "" {
		if explained, ok := explainCode(api, service); ok {
			response, ok := errors.AsType[*awshttp.ResponseError](err)
			explained.transient = slices.Contains(transientCodes, strings.TrimSuffix(api.ErrorCode(), "Fault")) ||
				ok && (response.HTTPStatusCode() >= http.StatusInternalServerError || response.HTTPStatusCode() == http.StatusTooManyRequests)
			if explained.hint == "" && explained.kind == "" && explained.transient {
				explained.hint = "try again later" // a code that is not in the table
			}
			return explained
		}
	}
	if invalid, ok := errors.AsType[*awsclient.InvalidResponse](err); ok && invalid.Status < 300 {
		return explanation{text: service + " returned an unexpected response: " + invalid.Problem, hint: notAWSHint, transient: true}
	}
	_, connection := errors.AsType[*awsclient.ConnectionError](err)
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok && response.HTTPStatusCode() != 0 && !connection && !isTimeout(err) {
		return explainStatus(response.HTTPStatusCode(), service)
	}
	return explainConnection(err, service, endpoint)
}

// explainCode explains an error code. It returns false for text that does not look
// like an error code of AWS.
func explainCode(api smithy.APIError, service string) (explanation, bool) {
	code := strings.TrimSuffix(api.ErrorCode(), "Fault")
	if code == "UnknownError" { // the SDK's code for a response without one
		return explanation{}, false
	}
	for _, known := range errorCodes {
		if known.code != code || !strings.Contains(api.ErrorMessage(), known.phrase) {
			continue
		}
		text := service + " returned " + code + ": " + known.text
		if m := deniedMessage.Get().FindStringSubmatch(api.ErrorMessage()); m != nil && known.phrase == "" && len(m[1]) <= 256 {
			text = service + " returned " + code + ": " + m[1] + " is not allowed to perform " + m[2]
		}
		return explanation{text: text, hint: known.hint, kind: known.kind}, true
	}
	if isCode(code) {
		return explanation{text: service + " returned " + code}, true
	}
	return explanation{}, false
}

// notAWSHint is the hint for a response that does not come from AWS.
const notAWSHint = "check whether a proxy or another endpoint responds instead of AWS"

func explainStatus(status int, service string) explanation {
	text := service + " returned HTTP status " + strconv.Itoa(status)
	if name := http.StatusText(status); name != "" {
		text += " (" + name + ")"
	}
	switch {
	case status < 300:
		return explanation{text: text + " without a valid response", hint: notAWSHint, transient: true}
	case status >= 500 || status == http.StatusTooManyRequests:
		return explanation{text: text, hint: "try again later", transient: true}
	}
	// A redirect may come from a captive portal, so it is transient.
	return explanation{text: text, hint: notAWSHint, transient: status < http.StatusBadRequest}
}

// explainConnection explains a missing or unusable response. If the error has the
// address and the proxy, the text names them. endpoint names the setting that chose
// the endpoint; "" for an endpoint of AWS.
func explainConnection(err error, service, endpoint string) explanation {
	if errors.Is(err, errTooLarge) {
		return explanation{text: service + ": " + errTooLarge.Error(), hint: notAWSHint}
	}
	problem := explanation{text: service + " is unreachable, or its response is invalid", hint: "check whether this machine can reach AWS, or needs a proxy (HTTPS_PROXY)", transient: true}
	connection, ok := errors.AsType[*awsclient.ConnectionError](err)
	if ok {
		problem.text = service + ": " + connection.Error()
		if connection.Proxy != "" {
			problem.hint = "check whether the proxy (HTTPS_PROXY, NO_PROXY) is correct, and whether the proxy can reach AWS"
		}
	} else if isTimeout(err) {
		problem.text = service + ": no response in time"
	}
	direct := connection == nil || connection.Proxy == ""
	if _, ok := errors.AsType[*net.DNSError](err); ok && connection != nil && direct {
		problem.hint = "check whether the region is correct, and whether this machine can reach AWS"
	}
	if endpoint != "" && direct {
		problem.hint = "check whether " + endpoint + " is correct, and whether this machine can reach that address"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		problem.hint, problem.transient = "if a proxy decrypts the traffic, set AWS_CA_BUNDLE to a file with the CA certificates of the proxy", false
	}
	return problem
}

// stoppedError returns the error when ctx ended a call. After a timeout it includes the
// error of the last request; last is nil for none.
func stoppedError(ctx context.Context, purpose string, last error, service, endpoint string) error {
	ended := deadline.NewEnded(ctx, purpose)
	if last != nil && errors.Is(ended, deadline.ErrTimeout) {
		ended.Last = explain(last, service, endpoint).text
	}
	return ended
}

// withLast returns the last request's error instead of the error of a call that took
// too long.
func withLast(err, last error) error {
	if last != nil && errors.Is(err, context.DeadlineExceeded) {
		return last
	}
	return err
}

func isTimeout(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}
