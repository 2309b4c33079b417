// Tests that secrets in JSON requests are hidden in errors.

package awsclient

import (
	"strings"
	"testing"

	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Secrets in the JSON of a request, such as one that renews a token, are hidden
// in an error that repeats them.
func TestSecretsOfJSONRequestsAreHidden(t *testing.T) {
	request := smithyhttp.NewStackRequest().(*smithyhttp.Request)
	request.Header.Set("DPoP", "FALSESECRETproof")
	request, err := request.SetStream(strings.NewReader(`{"clientId":"client","clientSecret":"FALSESECRETclient","refreshToken":"FALSESECRETrefresh"}`))
	if err != nil {
		t.Fatal(err)
	}
	got := string(withoutSecrets([]byte("FALSESECRETproof, FALSESECRETclient and FALSESECRETrefresh of client"), request))
	if want := "[hidden], [hidden] and [hidden] of client"; got != want {
		t.Errorf("the error has %q, want %q", got, want)
	}
}

// A session token is hidden in JSON, whichever of its characters are escaped.
func TestSecretsEscapedInJSONAreHidden(t *testing.T) {
	request := smithyhttp.NewStackRequest().(*smithyhttp.Request)
	request.Header.Set("X-Amz-Security-Token", "FALSE/SECRET+TOKEN==")
	for _, text := range []string{`FALSE/SECRET+TOKEN==`, `FALSE\/SECRET+TOKEN==`, `FALSE\u002fSECRET\u002BTOKEN=\u003d`, `FALSE/SECRET\u002bTOKEN==`} {
		if got := string(withoutSecrets([]byte(`{"message":"token `+text+` expired"}`), request)); got != `{"message":"token [hidden] expired"}` {
			t.Errorf("%s: %s", text, got)
		}
	}
}
