// Errors that look like a denial but are not caused by a policy that allows or
// denies actions.

package denial

import (
	"bytes"
	"regexp"

	"capaboot/internal/lazy"
)

// otherErrors explains error codes of AWS, and NoCredentialProviders, which is an
// error of the SDK for Go v1. Sources for most codes: AWS General Reference,
// "Common errors"; EC2 API Reference, "Error codes"; STS API Reference.
var otherErrors = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{
		"ExpiredToken":                "the credentials have expired",
		"ExpiredTokenException":       "the credentials have expired",
		"RequestExpired":              "the credentials have expired, or the caller's clock is wrong",
		"InvalidClientTokenId":        "AWS does not know the access key",
		"InvalidAccessKeyId":          "AWS does not know the access key",
		"UnrecognizedClientException": "AWS does not accept the credentials",
		"SignatureDoesNotMatch":       "the secret access key is wrong, or the request was changed in transit",
		"IncompleteSignature":         "the request is not signed as AWS requires",
		"MissingAuthenticationToken":  "the request is not signed",
		"AuthFailure":                 "AWS does not accept the credentials, or the resource is not shared with the account",
		"OptInRequired":               "the account is not subscribed to the service or the product",
		"InvalidIdentityToken":        "STS does not accept the web identity token",
		"IDPCommunicationError":       "STS cannot reach the identity provider",
		"NoCredentialProviders":       "no credentials were found",
		"DryRunOperation":             "the request was a dry run, and would have been allowed",
		"Throttling":                  "too many requests",
		"ThrottlingException":         "too many requests",
		"RequestLimitExceeded":        "too many requests",
		"LimitExceeded":               "a quota of the account is reached",
		"VcpuLimitExceeded":           "a quota of the account is reached",
	}
}}

var otherCodes = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[\s"'\\(:>\[])([A-Z][A-Za-z]+)(?:</Code>|:|\)[\s\\]+when calling)`)
}}

// otherMessages are messages of errors that have the code of a denial but are
// not caused by a policy that allows or denies actions.
var otherMessages = []struct{ text, name, why string }{
	{"Request has expired", "RequestExpired", "the signed URL has expired"},
	{"Missing Key-Pair-Id", "MissingKeyPairId", "the URL is not signed for CloudFront"},
	{"Roles may not be assumed by root accounts", "RootUser", "the root user cannot assume roles"},
	{"MultiFactorAuthentication failed", "MultiFactorAuthentication", "the code of the MFA device is wrong or too old"},
	{"disabled by a Declarative Policy", "DeclarativePolicy", "a declarative policy of the organization disables the feature"},
	{"account is not authorized because it has been blocked", "Blocked", "AWS has blocked the account"},
}

// otherCause returns the name and the explanation of an error of otherMessages,
// or "". message is the text after the code.
func otherCause(message []byte) (name, why string) {
	for _, c := range otherMessages {
		if bytes.Contains(message, []byte(c.text)) {
			return c.name, c.why
		}
	}
	return "", ""
}

// readOthers adds the errors of a text that are not denials, each once.
func (r *reader) readOthers(text []byte, from origin) {
	for _, m := range otherCodes.Get().FindAllSubmatchIndex(text, -1) {
		code := group(text, m, 1)
		if why, ok := otherErrors.Get()[code]; ok {
			r.addOther(Other{Code: code, Line: r.lineNumber(from.position(m[2])), Why: why})
		}
	}
	for _, c := range otherMessages {
		if i := bytes.Index(text, []byte(c.text)); i >= 0 {
			r.addOther(Other{Code: c.name, Line: r.lineNumber(from.position(i)), Why: c.why})
		}
	}
	if m := patterns.Get().kubernetes.FindIndex(text); m != nil {
		r.addOther(Other{Code: "Forbidden", Line: r.lineNumber(from.position(m[0])), Why: "Kubernetes RBAC, not AWS, denies the request"})
	}
	if i := bytes.Index(text, []byte("Unable to locate credentials")); i >= 0 {
		r.addOther(Other{Code: "NoCredentials", Line: r.lineNumber(from.position(i)), Why: otherErrors.Get()["NoCredentialProviders"]})
	}
}
