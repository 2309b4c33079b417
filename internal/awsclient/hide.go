package awsclient

// This file takes what was sent out of the errors of the services: an error
// about a signature quotes the request, with its session token.

import (
	"errors"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/smithy-go"
)

// quotes are where a message begins to quote the request: the string that was
// to be signed, or the header with the signature.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
var quotes = []string{"The Canonical String", "The String-to-Sign", "Authorization="}

// sentToken matches a session token with the name that requests give it.
var sentToken = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(x-amz-security-token|SecurityToken)(["']?\s*[:=]\s*["']?)[^\s&"'<]+`)
})

// hideRequest takes what was sent out of the message of a service's error.
func hideRequest(err error) {
	if e, ok := errors.AsType[*smithy.GenericAPIError](err); ok {
		e.Message = withoutRequest(e.Message)
	}
}

// withoutRequest returns a message without what it quotes of the request.
func withoutRequest(message string) string {
	for _, quote := range quotes {
		message, _, _ = strings.Cut(message, quote)
	}
	return strings.TrimSpace(sentToken().ReplaceAllString(message, "$1$2[hidden]"))
}
