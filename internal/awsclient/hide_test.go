// Tests that errors of the services do not quote the request.

package awsclient_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"capaboot/internal/awsclient"
)

func TestErrorsThatQuoteTheRequest(t *testing.T) {
	const why = "The request signature we calculated does not match the signature you provided."
	for _, test := range []struct{ name, code, message, want string }{
		{"the string to sign", "SignatureDoesNotMatch", why + "\n\nThe Canonical String for this request should have been\n'POST\n/\n\nx-amz-security-token:FALSESECRET\n'\n\nThe String-to-Sign should have been\n'x'", why},
		{"the header", "IncompleteSignature", "Authorization header requires existence of a date. Authorization=AWS4-HMAC-SHA256 Credential=FALSESECRET", "requires existence of a date."},
		{"a token in another text", "AccessDenied", "no: X-Amz-Security-Token=FALSESECRET&x=y", "no: X-Amz-Security-Token=[hidden]&x=y"},
		{"no quote", "ValidationError", "Stack with id capa does not exist", "Stack with id capa does not exist"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var text strings.Builder
			if err := xml.EscapeText(&text, []byte(test.message)); err != nil {
				t.Fatal(err)
			}
			config, _ := startServerWith(t, 403, "<ErrorResponse><Error><Code>"+test.code+"</Code><Message>"+text.String()+"</Message></Error></ErrorResponse>")
			err := describeStacks(config("X"))
			if err == nil || !strings.HasSuffix(err.Error(), test.want) || strings.Contains(err.Error(), "FALSESECRET") {
				t.Errorf("got %v, want it to end with %q", err, test.want)
			}
		})
	}
}

// TestErrorsThatQuoteASecret: a secret that a response quotes is hidden, even
// without its name next to it, whether it is quoted as plain text or encoded
// for XML or a URL.
func TestErrorsThatQuoteASecret(t *testing.T) {
	const token = "FALSETOKEN+of/the=test&<more>"
	for _, test := range []struct{ name, quoted string }{
		{"as plain text", token}, {"in XML", "FALSETOKEN+of/the=test&amp;&lt;more&gt;"}, {"in a URL", url.QueryEscape(token)},
	} {
		t.Run(test.name, func(t *testing.T) {
			config, _ := startServerWith(t, 403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message><![CDATA[no entry with "+test.quoted+" here]]></Message></Error></ErrorResponse>")
			c := config("X")
			c.Credentials = credentials.NewStaticCredentialsProvider("AKIAFALSEKEYEXAMPLE0", "FALSESECRET", token)
			err := describeStacks(c)
			if err == nil || !strings.Contains(err.Error(), "no entry with [hidden] here") || strings.Contains(err.Error(), "FALSETOKEN") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestErrorsThatQuoteAForm checks that an error hides a web identity token, which
// the request sends as a form field in its body.
func TestErrorsThatQuoteAForm(t *testing.T) {
	config, _ := startServerWith(t, 400, "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>FALSE.WEB.TOKEN is not a token</Message></Error></ErrorResponse>")
	_, err := sts.NewFromConfig(config("STS")).AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String("arn:aws:iam::123456789012:role/x"), RoleSessionName: aws.String("x"), WebIdentityToken: aws.String("FALSE.WEB.TOKEN"),
	})
	if err == nil || !strings.Contains(err.Error(), "[hidden] is not a token") || strings.Contains(err.Error(), "FALSE.WEB") {
		t.Errorf("got %v", err)
	}
}

// TestTypedErrorsThatQuoteTheRequest checks that secrets are also hidden in
// errors for which the SDK has its own type, such as ExpiredTokenException.
func TestTypedErrorsThatQuoteTheRequest(t *testing.T) {
	config, _ := startServerWith(t, 400, "<ErrorResponse><Error><Code>ExpiredTokenException</Code><Message>too late: SecurityToken=FALSE.TOKEN The Canonical String is FALSESECRET</Message></Error></ErrorResponse>")
	_, err := sts.NewFromConfig(config("STS")).AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String("arn:aws:iam::123456789012:role/x"), RoleSessionName: aws.String("x"), WebIdentityToken: aws.String("unrelated"),
	})
	if err == nil || !strings.HasSuffix(err.Error(), "too late: SecurityToken=[hidden]") {
		t.Errorf("got %v", err)
	}
}

// responder responds to every request with status 400 and a text. It bypasses
// the network, because the SDK closes the body of a request when the response
// begins: a transport that is still reading that body would break the
// connection, and the rest of a long response would be lost.
type responder string

// Do implements [aws.HTTPClient].
func (text responder) Do(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(text))), Request: r}, nil
}

// TestLongErrors: a message is shortened if it is longer than any message of
// AWS, and a response that is larger than any error of AWS is invalid.
func TestLongErrors(t *testing.T) {
	errorOf := func(n int) error {
		text := "<ErrorResponse><Error><Code>ValidationError</Code><Message>" + strings.Repeat("a", n) + "</Message></Error></ErrorResponse>"
		config, _ := startServerWith(t, 400, text)
		withoutNetwork := config("X")
		withoutNetwork.HTTPClient = responder(text)
		return describeStacks(withoutNetwork)
	}
	if err := errorOf(3999); err == nil || strings.Count(err.Error(), "a") < 3999 || strings.Contains(err.Error(), "more characters") {
		t.Errorf("a long message: %v", err)
	}
	if err := errorOf(100_000); err == nil || len(err.Error()) > 5000 || !strings.HasSuffix(err.Error(), "aa... (96000 more characters) ..."+strings.Repeat("a", 1000)) {
		t.Errorf("a very long message: %v", err)
	}
	err := errorOf(300_000)
	if _, invalid := errors.AsType[*awsclient.InvalidResponse](err); !invalid {
		t.Errorf("an error of 300 KB: %.300v", err)
	}
	for n, want := range map[int]bool{100_000: false, 300_000: true} {
		r := restAt(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("X-Amzn-Errortype", "InvalidParameterException")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"message": "` + strings.Repeat("a", n) + `"}`))
		})
		err := r.Do(t.Context(), awsclient.Call{Operation: "X", Method: http.MethodGet, Path: "/x"}, &struct{}{}, func() string { return "" })
		if _, invalid := errors.AsType[*awsclient.InvalidResponse](err); invalid != want || len(err.Error()) > 5000 {
			t.Errorf("%d characters: %d in %T", n, len(err.Error()), err)
		}
	}
}
