// Tests that errors of the services quote nothing of the request.

package awsclient_test

import (
	"encoding/xml"
	"strings"
	"testing"
)

func TestErrorsThatQuoteTheRequest(t *testing.T) {
	const why = "The request signature we calculated does not match the signature you provided."
	for _, test := range []struct{ name, code, message, want string }{
		{"the string to sign", "SignatureDoesNotMatch", why + "\n\nThe Canonical String for this request should have been\n'POST\n/\n\nx-amz-security-token:FALSESECRET\n'\n\nThe String-to-Sign should have been\n'x'", why},
		{"the header", "IncompleteSignature", "Authorization header requires existence of a date. Authorization=AWS4-HMAC-SHA256 Credential=FALSESECRET", "requires existence of a date."},
		{"a token elsewhere", "AccessDenied", "no: X-Amz-Security-Token=FALSESECRET&x=y", "no: X-Amz-Security-Token=[hidden]&x=y"},
		{"nothing of it", "ValidationError", "Stack with id capa does not exist", "Stack with id capa does not exist"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var text strings.Builder
			if err := xml.EscapeText(&text, []byte(test.message)); err != nil {
				t.Fatal(err)
			}
			config, _ := server(t, 403, "<ErrorResponse><Error><Code>"+test.code+"</Code><Message>"+text.String()+"</Message></Error></ErrorResponse>")
			err := describeStacks(config("X"))
			if err == nil || !strings.HasSuffix(err.Error(), test.want) || strings.Contains(err.Error(), "FALSESECRET") {
				t.Errorf("got %v, want it to end with %q", err, test.want)
			}
		})
	}
}
