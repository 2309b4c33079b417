package credentials

// Tests of the lifetime of web identity credentials.

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDurationOfWebIdentity: a requested duration applies to the web identity. The
// setting duration_seconds does not, as in the AWS CLI and the SDKs.
func TestDurationOfWebIdentity(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	writeFile(t, token, "eyJhFALSE.eyJpFALSE.FALSESIGNATURE-_")
	const ignored = `/.aws/config:4: duration_seconds of profile "x" has no effect for a web identity, as in the AWS CLI; use Request.Duration`
	web := "role_arn = " + roleARN + "\nweb_identity_token_file = " + token + "\n"
	variables := []string{"AWS_WEB_IDENTITY_TOKEN_FILE=" + token, "AWS_ROLE_ARN=" + roleARN}
	for _, test := range []struct {
		name, config string
		variables    []string
		request      Request
		want         []string // the durations in the requests
		warning      string
	}{
		{"a profile", "[profile x]\n" + web, nil, Request{Profile: "x", Duration: 12 * time.Hour}, []string{"43200"}, ""},
		{"variables", "", variables, Request{Duration: 2 * time.Hour}, []string{"7200"}, ""},
		{"no duration", "", variables, Request{}, []string{""}, ""},
		{"duration_seconds", "[profile x]\n" + web + "duration_seconds = 7200\n", nil, Request{Profile: "x"}, []string{""}, ignored},
		{"duration_seconds, the default", "[profile x]\n" + web + "duration_seconds = 3600\n", nil, Request{Profile: "x"}, []string{""}, ""},
		{"duration_seconds and a duration", "[profile x]\n" + web + "duration_seconds = 7200\n", nil, Request{Profile: "x", Duration: time.Hour}, []string{"3600"}, ""},
		{"duration_seconds of a profile whose token file is not used", "[default]\nduration_seconds = 7200\n" + web, variables, Request{}, []string{""}, ""},
		{"a role that the web identity assumes", "", variables, Request{RoleARN: roleARN + "2", Duration: 30 * time.Minute}, []string{"", "1800"}, ""},
		{"a source profile", "[profile x]\nrole_arn = " + roleARN + "2\nsource_profile = web\nduration_seconds = 1800\n[profile web]\n" + web, nil,
			Request{Profile: "x"}, []string{"", "1800"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			env, d := serviceHome(t, "", test.config, test.variables...)
			found, err := Find(t.Context(), env, test.request)
			if err != nil {
				t.Fatal(err)
			}
			if got := found.IgnoredDuration; (got == "") != (test.warning == "") || !strings.HasSuffix(got, test.warning) {
				t.Errorf("warning %q, want %q", got, test.warning)
			}
			var got []string
			for _, call := range d.Calls() {
				got = append(got, call.Form.Get("DurationSeconds"))
			}
			if strings.Join(got, ", ") != strings.Join(test.want, ", ") {
				t.Errorf("durations %q, want %q", got, test.want)
			}
		})
	}
}

// TestDurationWithoutEffect checks that a requested duration is an error if
// nothing uses it, and that the error comes before any request.
func TestDurationWithoutEffect(t *testing.T) {
	const role = "[profile x]\nrole_arn = " + roleARN + "\nsource_profile = default\n"
	for name, request := range map[string]Request{"keys": {}, "the role of a profile": {Profile: "x"}} {
		env, d := serviceHome(t, pair, role)
		request.Duration = time.Hour
		_, err := Find(t.Context(), env, request)
		if KindOf(err) != KindNoExchange || !strings.HasPrefix(err.Error(), "Request.Duration works with Request.RoleARN, Request.Session or a web identity only") || len(d.Calls()) > 0 {
			t.Errorf("%s: %v, %d requests", name, err, len(d.Calls()))
		}
	}
}
