package awsclient

// This file removes the request from errors of the services. An error about a
// signature quotes the request, including the session token, and a proxy may
// quote any header.

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"capaboot/internal/escape"
	"capaboot/internal/lazy"
)

// quoteBeginnings are the texts with which a message begins to quote the
// request: the string to sign, or the header with the signature.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
var quoteBeginnings = []string{"The Canonical String", "The String-to-Sign", "Authorization="}

// sentTokenPattern matches a session token together with its name in requests.
var sentTokenPattern = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(x-amz-security-token|SecurityToken)(["']?\s*[:=]\s*["']?)[^\s&"'<]+`)
}}

// secretHeaders are the request headers that are or contain secrets.
var secretHeaders = []string{"X-Amz-Security-Token", "X-Amz-Sso_bearer_token", "Authorization", "Dpop"}

// secretFields are the secret fields of forms and of JSON objects.
var secretFields = []string{"WebIdentityToken", "SAMLAssertion", "TokenCode", "clientSecret", "refreshToken", "accessToken"}

// withoutSecrets returns the body of an error in which "[hidden]" replaces the
// secrets of the request, both verbatim and escaped for XML, HTML, URLs or
// JSON. A header or field of fewer than 6 characters does not count as a secret.
func withoutSecrets(body []byte, request any) []byte {
	sent, ok := request.(*smithyhttp.Request)
	if !ok {
		return body
	}
	var secrets []string
	for _, name := range secretHeaders {
		secrets = append(secrets, sent.Header.Values(name)...)
	}
	if form := formOf(sent); form != nil {
		for _, name := range secretFields {
			secrets = append(secrets, form[name]...)
		}
	}
	for _, secret := range secrets {
		if len(secret) < 6 {
			continue
		}
		var escaped bytes.Buffer
		_ = xml.EscapeText(&escaped, []byte(secret))
		for _, text := range []string{secret, escaped.String(), html.EscapeString(secret), url.QueryEscape(secret), url.PathEscape(secret)} {
			body = bytes.ReplaceAll(body, []byte(text), []byte("[hidden]"))
		}
		if bytes.IndexByte(body, '\\') >= 0 {
			body = escapedInJSON(secret).ReplaceAllLiteral(body, []byte("[hidden]"))
		}
	}
	return body
}

// escapedInJSON returns a pattern that matches a secret in a JSON string, in
// which every character that is neither a letter nor a digit may be escaped.
func escapedInJSON(secret string) *regexp.Regexp {
	var pattern strings.Builder
	for _, c := range secret {
		if c < utf8.RuneSelf && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
			pattern.WriteRune(c)
			continue
		}
		literal := regexp.QuoteMeta(string(c))
		fmt.Fprintf(&pattern, `(?:%s|\\%s|\\u(?i:%04x))`, literal, literal, c)
	}
	return regexp.MustCompile(pattern.String())
}

// formOf returns the form of a sent request, or the strings of its JSON object;
// nil if it has neither.
func formOf(sent *smithyhttp.Request) url.Values {
	stream := sent.GetStream()
	if stream == nil || !sent.IsStreamSeekable() || sent.RewindStream() != nil {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(stream, maxResponse))
	if err != nil {
		return nil
	}
	var object map[string]any
	if json.Unmarshal(text, &object) == nil {
		form := url.Values{}
		for name, value := range object {
			if value, ok := value.(string); ok {
				form.Set(name, value)
			}
		}
		return form
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return nil
	}
	return form
}

// hideRequest removes the parts of the request that a service's error message
// quotes. The message is in the field Message, both in the SDK's general type of
// errors and in its types for the errors of each service.
func hideRequest(err error) {
	e, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return
	}
	v := reflect.Indirect(reflect.ValueOf(e))
	if v.Kind() != reflect.Struct {
		return
	}
	switch field := v.FieldByName("Message"); {
	case !field.IsValid() || !field.CanSet():
	case field.Kind() == reflect.String:
		field.SetString(withoutRequest(field.String()))
	case field.Kind() == reflect.Pointer && field.Type().Elem().Kind() == reflect.String && !field.IsNil():
		field.Elem().SetString(withoutRequest(field.Elem().String()))
	}
}

// maxMessage is the maximum length of an error message, in characters; a longer
// one is shortened. Messages of AWS are not longer, even those with an encoded
// authorization message.
const maxMessage = 4000

// withoutRequest returns a message without the parts of the request that it
// quotes, and limits its length.
func withoutRequest(message string) string {
	for _, quote := range quoteBeginnings {
		message, _, _ = strings.Cut(message, quote)
	}
	message = strings.TrimSpace(sentTokenPattern.Get().ReplaceAllString(message, "$1$2[hidden]"))
	return escape.Shortened(message, maxMessage)
}
