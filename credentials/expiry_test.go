// Tests of the expiry that tools record next to keys, in files and in
// variables.

package credentials

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	want := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, text := range []string{
		"2026-11-23T10:00:00Z", "2026-11-23t10:00:00z", "2026-11-23T10:00:00.000Z", "2026-11-23T10:00:00UTC", "2026-11-23T10:00:00 UTC",
		"2026-11-23 10:00:00 UTC", "2026-11-23 10:00:00Z", "2026-11-23T10:00:00+0000", "2026-11-23T10:00:00+00:00", "2026-11-23 10:00:00+00",
		"20261123T100000Z", "20261123T110000+0100", "2026/11/23 10:00:00 UTC", "2026/11/23T10:00:00Z",
		"2026-11-23 11:00:00 +0100 CET", "2026-11-23 14:00:00 +0400 +04", "2026-11-23T11:00:00+01:00", " 2026-11-23 10:00:00 GMT ",
	} {
		if got, err := parseTime(text); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "soon", "2026-11-23", "2026-11-23T10:00:00", "2026-11-23 10:00:00 CET", "1795428000", "2026-13-23T10:00:00Z", "Z", "2026-11-23T10:00:00ZZ", "20261323T100000Z", "202611231T00000Z", "2026/11/23 10:00:00"} {
		if got, err := parseTime(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// TestExpiryInProfiles checks how Find reads what each tool records, and texts
// that are not an expiry.
func TestExpiryInProfiles(t *testing.T) {
	t.Parallel()
	const temporary = "aws_access_key_id = ASIAFALSEKEYEXAMPLE0\naws_secret_access_key = " + fakeSecret + "\naws_session_token = " + fakeToken + "\nregion = eu-west-1\n"
	future := time.Now().Add(2 * time.Hour).Truncate(time.Second)
	local, utc := future.Local().Format("2006-01-02 15:04:05"), future.UTC().Format("2006-01-02 15:04:05")
	const past = "~/.aws/credentials:6: the credentials of profile \"default\" expired at 2020-01-24T12:01:27Z (%[1]s)\n" +
		"hint: get new credentials with the tool that wrote the expired ones; if %[1]s belongs to other credentials, remove that setting"
	for _, test := range []struct {
		lines       string
		want        string // the key that the error names; "" when the credentials expire at future; "unknown" when no expiry is found
		wantWarning string
	}{
		{"x_security_token_expires = 2020-01-24T13:01:27+01:00", "x_security_token_expires", ""},
		{"aws_credential_expiration = 2020-01-24T12:01:27Z", "aws_credential_expiration", ""},
		{"aws_session_expiration = 2020-01-24T12:01:27+0000", "aws_session_expiration", ""},
		{"aws_expiration = 2020-01-24T12:01:27.000Z", "aws_expiration", ""},
		{"expiration = 2020-01-24 12:01:27", "expiration", ""},
		{"EXPIRATION = 1579867287", "expiration", ""},
		{"x_security_token_expires = \"2020-01-24T12:01:27Z\"", "x_security_token_expires", ""},
		{"expiration = Fri, 24 Jan 2020 12:01:27 GMT", "expiration", ""},
		{"expiration = Fri Jan 24 12:01:27 UTC 2020", "expiration", ""},
		{"my_tool_expires_at = 2020-01-24T12:01:27Z", "my_tool_expires_at", ""},
		{"my_tool_expires_in = 3600", "unknown", ""},
		{"valid_until = 2020-01-24T12:01:27Z", "valid_until", ""},
		{"session_expiration = 2020/01/24 12:01:27 +0000", "session_expiration", ""},
		{"aws_expiration = 20200124T120127Z", "aws_expiration", ""},
		{"aws_expiration = 2020-01-24T12:01:27Z ; of the tool", "aws_expiration", ""},
		{"valid_until = further notice", "unknown", ""},
		{"expiration = " + future.AddDate(0, 0, 2).Format(time.DateOnly), "unknown", "~/.aws/credentials:6: expiration of profile \"default\" has no time zone, so the expiry is unknown"},
		{"expiration = 1579867287000", "expiration", ""},
		{"x_security_token_expires = " + future.Format(time.RFC3339), "", ""},
		{"expiration = " + utc, "", ""},
		{"expiration = " + local + "\nautoawsume = true", "", ""},
		{"expiration = " + local + "\nmanager = awsume", "", ""},
		{fmt.Sprintf("expiration = %d", future.Unix()), "", ""},
		{"aws_expiration = 2999-01-01T00:00:00Z\nexpiration = " + utc, "", ""},
		{"expiration = 3600", "unknown", "~/.aws/credentials:6: expiration of profile \"default\" is not a time, so the expiry is unknown"},
		{"x_security_token_expires = " + utc, "unknown", "~/.aws/credentials:6: x_security_token_expires of profile \"default\" has no time zone, so the expiry is unknown"},
		{"x_security_token_expires = FALSESECRET", "unknown", "~/.aws/credentials:6: x_security_token_expires of profile \"default\" is not a time, so the expiry is unknown"},
	} {
		env := home(t, "[default]\n"+temporary+test.lines+"\n", "")
		found, err := Find(t.Context(), env, Request{})
		want := ""
		if test.want != "" && test.want != "unknown" {
			want = fmt.Sprintf(past, test.want)
		}
		if got := errorText(err, env); got != want {
			t.Errorf("%s: got  %s\nwant %s", test.lines, got, want)
		}
		if test.want == "" && !found.Credentials.Expires.Equal(future) || test.want != "" && !found.Credentials.Expires.IsZero() {
			t.Errorf("%s: expires %v", test.lines, found.Credentials.Expires)
		}
		if got := strings.ReplaceAll(strings.Join(found.Warnings, "\n"), env.Home, "~"); got != test.wantWarning {
			t.Errorf("%s: warnings %s", test.lines, got)
		}
		// UnknownExpiryWarning is empty when a warning already says that the expiry is
		// unknown.
		if got, want := found.UnknownExpiryWarning != "", test.want == "unknown" && test.wantWarning == ""; got != want {
			t.Errorf("%s: unknown expiry %q", test.lines, found.UnknownExpiryWarning)
		}
	}
	// A time without a zone, which has passed in every zone.
	env := home(t, "[default]\n"+temporary+"aws_expiration = 2020-01-24 12:01:27\n", "")
	if _, err := Find(t.Context(), env, Request{}); err == nil || !strings.Contains(err.Error(), "expired at 2020-01-24 12:01:27 (without a time zone") {
		t.Errorf("no zone: %v", err)
	}
	// A day that has passed.
	env = home(t, "[default]\n"+temporary+"expiration = 2020-01-24\n", "")
	if _, err := Find(t.Context(), env, Request{}); err == nil || !strings.Contains(err.Error(), "expired at 2020-01-25 00:00:00 (without a time zone") {
		t.Errorf("a day: %v", err)
	}
	// Long-lived keys do not expire.
	env = home(t, "[default]\n"+pair+"region = eu-west-1\nexpiration = 2020-01-24 12:01:27\n", "")
	if found, err := Find(t.Context(), env, Request{}); err != nil || len(found.Warnings) != 0 || found.UnknownExpiryWarning != "" {
		t.Errorf("long-lived: %v, %v, %s", err, found.Warnings, found.UnknownExpiryWarning)
	}
}

func TestExpiryInVariables(t *testing.T) {
	t.Parallel()
	keys := []string{"AWS_ACCESS_KEY_ID=ASIAFALSEKEYEXAMPLE0", "AWS_SECRET_ACCESS_KEY=" + fakeSecret, "AWS_SESSION_TOKEN=" + fakeToken, "AWS_REGION=eu-west-1"}
	for _, test := range []struct{ variable, text, want string }{
		{"AWS_CREDENTIAL_EXPIRATION", "2020-01-24T12:01:27UTC", "expired at 2020-01-24T12:01:27Z (AWS_CREDENTIAL_EXPIRATION)"},
		{"AWS_CREDENTIAL_EXPIRATION", "soon", "AWS_CREDENTIAL_EXPIRATION in the environment is not a time"},
		{"AWS_SESSION_EXPIRATION", "2020-01-24T12:01:27+0000", "expired at 2020-01-24T12:01:27Z (AWS_SESSION_EXPIRATION)"},
		{"AWS_SSO_SESSION_EXPIRATION", "2020-01-24 12:01:27 +0000 UTC", "expired at 2020-01-24T12:01:27Z (AWS_SSO_SESSION_EXPIRATION)"},
		{"AWSUME_EXPIRATION", "2020-01-24T12:01:27", "(AWSUME_EXPIRATION)"},
		{"AWSU_EXPIRES", "2020-01-24T12:01:27Z", "expired at 2020-01-24T12:01:27Z (AWSU_EXPIRES)"},
		{"AWS_OKTA_SESSION_EXPIRATION", "1579867287", "expired at 2020-01-24T12:01:27Z (AWS_OKTA_SESSION_EXPIRATION)"},
		{"AWS_EXPIRATION", "20200124T120127Z", "expired at 2020-01-24T12:01:27Z (AWS_EXPIRATION)"},
		{"AWS_SESSION_TOKEN_EXPIRATION", "2020-01-24 12:01:27+00:00", "expired at 2020-01-24T12:01:27Z (AWS_SESSION_TOKEN_EXPIRATION)"},
		{"X_SECURITY_TOKEN_EXPIRES", "2020-01-24T13:01:27+01:00", "expired at 2020-01-24T12:01:27Z (X_SECURITY_TOKEN_EXPIRES)"},
		{"AWS_SESSION_EXPIRATION", "2999-01-24T12:01:27Z", ""},
	} {
		env := home(t, "", "", append(keys, test.variable+"="+test.text)...)
		found, err := Find(t.Context(), env, Request{})
		switch {
		case test.want == "" && (err != nil || found.Credentials.Expires.Year() != 2999):
			t.Errorf("%s=%s: %v, %v", test.variable, test.text, err, found.Credentials.Expires)
		case test.want != "" && (err == nil || !strings.HasSuffix(err.Error(), test.want)):
			t.Errorf("%s=%s: %v", test.variable, test.text, err)
		}
	}
	env := home(t, "", "", append(keys, "AWS_SESSION_EXPIRATION=FALSESECRET")...)
	found, err := Find(t.Context(), env, Request{})
	if want := "AWS_SESSION_EXPIRATION of the environment is not a time, so the expiry is unknown"; err != nil || len(found.Warnings) != 1 || found.Warnings[0] != want || found.UnknownExpiryWarning != "" {
		t.Errorf("%v, %q, %s", err, found.Warnings, found.UnknownExpiryWarning)
	}
	const want = "these keys are temporary, and their expiry is unknown: after the expiry, the controllers cannot call AWS; to have the expiry checked, set AWS_CREDENTIAL_EXPIRATION to the time of the expiry"
	if found, err := Find(t.Context(), home(t, "", "", keys...), Request{}); err != nil || found.UnknownExpiryWarning != want {
		t.Errorf("%v, %s", err, found.UnknownExpiryWarning)
	}
}

// awsume writes local time. The test is not parallel, because it changes the
// time zone of the process.
func TestAwsumeWritesLocalTime(t *testing.T) {
	zone := time.Local
	defer func() { time.Local = zone }()
	time.Local = time.FixedZone("UTC+5", 5*60*60)
	future := time.Now().Add(2 * time.Hour).Truncate(time.Second)
	text := future.In(time.Local).Format("2006-01-02 15:04:05")
	for lines, want := range map[string]time.Time{
		"expiration = " + text + "\nmanager = awsume": future,
		"expiration = " + text:                        future.Add(5 * time.Hour), // as aws-mfa writes it: in UTC
	} {
		found, err := Find(t.Context(), home(t, strings.Replace(temporaryText, "[default]\n", "[default]\n"+lines+"\n", 1), ""), Request{})
		if err != nil || !found.Credentials.Expires.Equal(want) {
			t.Errorf("%s: %v, %v", lines, found.Credentials.Expires, err)
		}
	}
	r := timeName{name: "AWSUME_EXPIRATION", zone: time.Local}.parse(text)
	if !r.end.Equal(future) || !r.exact {
		t.Errorf("in a variable: %v", r.end)
	}
}

// All functions agree on whether credentials are temporary. The prefix of the key
// ID decides: a session token next to a long-lived key belongs to other keys. For
// an unknown prefix, the session token decides.
func TestTemporary(t *testing.T) {
	t.Parallel()
	const unknownExpiry = "it is unknown when these temporary credentials expire, so MinTTL cannot be checked"
	for _, test := range []struct {
		keyID, token  string
		want          bool
		wantOfMinimum string
	}{
		{"AKIAFALSEKEYEXAMPLE0", "", false, ""},
		{"AKIAFALSEKEYEXAMPLE0", fakeToken, false, "the access key is long-lived, but the session token belongs to another key, so MinTTL cannot be checked"},
		{"ASIAFALSEKEYEXAMPLE0", fakeToken, true, unknownExpiry},
		{"ASIAFALSEKEYEXAMPLE0", "", true, unknownExpiry},
		{"OTHERFALSEKEYEXAMPLE", "", false, ""}, // of a service that is compatible with AWS
		{"OTHERFALSEKEYEXAMPLE", fakeToken, true, unknownExpiry},
	} {
		c := Credentials{AccessKeyID: test.keyID, SecretAccessKey: fakeSecret, SessionToken: test.token}
		p, err := NewProfile(c, "eu-west-1")
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		inspected, _ := Inspect([]byte(p.Base64())).Temporary()
		for what, got := range map[string]bool{
			"String":      strings.HasPrefix(c.String(), "temporary "),
			"MarshalJSON": strings.Contains(string(encoded), `"temporary":true`),
			"LogValue":    strings.Contains(c.LogValue().String(), "temporary=true"),
			"JSONForm":    Found{Credentials: c}.facts(p).Temporary,
			"Inspect":     inspected,
		} {
			if got != test.want {
				t.Errorf("%s, token %q: %s says %t", test.keyID, test.token, what, got)
			}
		}
		if _, err := c.lifetime(Request{MinTTL: time.Minute, Names: map[Setting]string{SettingMinTTL: "MinTTL"}}); (err != nil) != (test.wantOfMinimum != "") || err != nil && err.Error() != test.wantOfMinimum {
			t.Errorf("%s, token %q: %v", test.keyID, test.token, err)
		}
	}
}

// An expiry next to a long-lived key belongs to other credentials. If the key has a
// session token, an expiry in the past is still an error.
func TestExpiryOfATokenOfOtherKeys(t *testing.T) {
	t.Parallel()
	for _, future := range []bool{false, true} {
		at := "2020-01-24T12:01:27Z"
		if future {
			at = "2999-01-24T12:01:27Z"
		}
		for what, env := range map[string]Environment{
			"variables": home(t, "", "", "AWS_ACCESS_KEY_ID="+fakeKeyID, "AWS_SECRET_ACCESS_KEY="+fakeSecret, "AWS_SESSION_TOKEN="+fakeToken, "AWS_REGION=eu-west-1", "AWS_CREDENTIAL_EXPIRATION="+at),
			"a profile": home(t, "[default]\n"+pair+"aws_session_token = "+fakeToken+"\nregion = eu-west-1\nexpiration = "+at+"\n", ""),
		} {
			found, err := Find(t.Context(), env, Request{})
			if (err == nil) != future || !found.Credentials.Expires.IsZero() {
				t.Errorf("%s, %s: %v, expires %v", what, at, err, found.Credentials.Expires)
			}
		}
	}
}

// By default, credentials of a role last one hour. So getting new credentials does not
// help if more than an hour is required, and the hint names the duration.
func TestHintAboutLifetime(t *testing.T) {
	names := map[Setting]string{SettingMinTTL: "--min-ttl", SettingDuration: "--duration"}
	for name, test := range map[string]struct {
		request Request
		want    string
	}{
		"keys":                   {Request{}, "get new credentials, or lower --min-ttl"},
		"a role":                 {Request{RoleARN: "arn:aws:iam::111122223333:role/r"}, "pass a longer --duration, or lower --min-ttl"},
		"a role for long enough": {Request{RoleARN: "arn:aws:iam::111122223333:role/r", Duration: 4 * time.Hour}, "get new credentials, or lower --min-ttl"},
	} {
		test.request.MinTTL, test.request.Names = 2*time.Hour, names
		c := Credentials{SessionToken: fakeToken, Expires: time.Now().Add(time.Hour)}
		if _, err := c.lifetime(test.request); err == nil || Hint(err) != test.want {
			t.Errorf("%s: %v, hint %q", name, err, Hint(err))
		}
	}
}
