// Tests of the responses of services, and of profiles whose errors are found
// before a service is called.

package credentials

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"capaboot/internal/awsdouble"
)

func TestSTSErrorCodes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ code, message, want, hint string }{
		{"AccessDenied", "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/capa",
			"AccessDenied: arn:aws:iam::123456789012:user/ann is not allowed to perform sts:AssumeRole", "the trust policy of the role"},
		{"AccessDenied", "User: FALSESECRET is not authorized to perform: sts:AssumeRole on resource: x", "AccessDenied: access denied", "the trust policy of the role"},
		{"AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. FALSESECRET", "the MFA code was rejected", "wait for the next code"},
		{"ExpiredToken", "FALSESECRET", "ExpiredToken: the credentials or the token have expired", "get new credentials"},
		{"SignatureDoesNotMatch", "The Canonical String for this request should have been FALSESECRET", "the secret access key does not belong to", "clock"},
		{"ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", "longer than the role allows", string(KindLongerThanRole)},
		{"ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining", "lasts at most one hour", string(KindChainedRole)},
		{"RegionDisabledException", "FALSESECRET", "not active in this region", string(KindRegionDisabled)},
		{"SomethingNew", "FALSESECRET", "returned SomethingNew", ""},
		{"FALSESECRET", "FALSESECRET", "returned HTTP status 400 (Bad Request)", "proxy"},
	} {
		env, d := serviceHome(t, pair, "")
		d.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			awsdouble.Refuse(w, http.StatusBadRequest, test.code, test.message)
			return true
		}
		_, err := Find(t.Context(), env, Request{RoleARN: roleARN})
		if text := errorText(err, env); !strings.Contains(text, test.want) || !strings.Contains(text, test.hint) ||
			!strings.HasPrefix(text, "assuming role "+roleARN+" (Request.RoleARN): AWS STS in eu-west-1 (at the endpoint of AWS_ENDPOINT_URL) returned") {
			t.Errorf("%s %s:\n%s", test.code, test.message, text)
		}
		wantNoSecret(t, err)
	}
}

// An error with an unknown code is transient if its HTTP status says that a
// retry may succeed.
func TestUnknownTransientCodes(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{http.StatusTooManyRequests: true, http.StatusServiceUnavailable: true, http.StatusBadRequest: false} {
		env, d := serviceHome(t, pair, "")
		d.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			awsdouble.Refuse(w, status, "SomethingNew", "")
			return true
		}
		_, err := Find(t.Context(), env, Request{RoleARN: roleARN})
		text, e := errorText(err, env), (*Error)(nil)
		if !errors.As(err, &e) || e.Transient != want || !strings.Contains(text, "returned SomethingNew") || strings.Contains(text, "hint: try again later") != want {
			t.Errorf("%d: %s", status, text)
		}
	}
}

func TestExpiredCredentialsInAResponse(t *testing.T) {
	t.Parallel()
	for source, files := range serviceSources {
		env, d := serviceHome(t, files.credentials, files.config, files.variables...)
		d.Lifetime = -time.Hour
		_, err := Find(t.Context(), env, files.request)
		if err == nil || !strings.Contains(err.Error(), "returned credentials that expired at ") {
			t.Errorf("%s: %v", source, err)
		}
		wantNoSecret(t, err)
	}
}

func TestUnusableCredentialsInAResponse(t *testing.T) {
	t.Parallel()
	for source, files := range serviceSources {
		for _, keys := range []awsdouble.Keys{
			{ID: "ASIAFALSEKEYEXAMPLE1", Secret: "FALSE[SECRET", Token: fakeToken},
			{ID: "ASIAFALSEKEYEXAMPLE1", Secret: "", Token: fakeToken},
			{ID: "ASIAFALSEKEYEXAMPLE1", Secret: fakeSecret, Token: ""},
			{ID: "FALSESECRET 1", Secret: fakeSecret, Token: fakeToken},
		} {
			env, d := serviceHome(t, files.credentials, files.config, files.variables...)
			d.Given = []awsdouble.Keys{keys}
			_, err := Find(t.Context(), env, files.request)
			if err == nil || !strings.Contains(err.Error(), "returned credentials ") {
				t.Errorf("%s: %v", source, err)
			}
			wantNoSecret(t, err)
		}
	}
}

// TestInvalidServiceProfiles uses profiles with errors that Find returns before
// it calls a service.
func TestInvalidServiceProfiles(t *testing.T) {
	t.Parallel()
	chain := ""
	for i := range maxChain + 1 {
		chain += fmt.Sprintf("[profile p%d]\nrole_arn = %s\nsource_profile = p%d\n", i, roleARN, i+1)
	}
	for _, test := range []struct{ name, config, want string }{
		{"a cycle", "[profile x]\nrole_arn = " + roleARN + "\nsource_profile = y\n[profile y]\nrole_arn = " + roleARN + "\nsource_profile = x\n",
			`~/.aws/config:6: source_profile leads back to itself: "x" -> "y" -> "x"` + "\nhint: end the chain with a profile that has keys, SSO, a program or a credential_source"},
		{"itself", "[profile x]\nrole_arn = " + roleARN + "\nsource_profile = x\n", `~/.aws/config:3: source_profile leads back to itself: "x" -> "x"`},
		{"a loop through a profile with keys", "[profile x]\nrole_arn = " + roleARN + "\nsource_profile = y\n" + pair + "[profile y]\nrole_arn = " + roleARN + "\nsource_profile = x\n",
			`source_profile leads back to itself: "x" -> "y" -> "x"`},
		{"a huge duration", "[profile x]\nrole_arn = " + roleARN + "\nsource_profile = y\nduration_seconds = 18446744074610\n", "want a number from 900 to 43200"},
		{"a long chain", strings.Replace(chain, "profile p0]", "profile x]", 1), "the chain of source_profile settings has more than 20 profiles"},
		{"both sources", "[profile x]\nrole_arn = " + roleARN + "\nsource_profile = y\ncredential_source = Environment\n",
			`~/.aws/config:3: profile "x" has both source_profile and credential_source (~/.aws/config:4)`},
		{"no source", "[profile x]\nrole_arn = " + roleARN + "\n", `~/.aws/config:2: profile "x" has role_arn, but neither source_profile nor credential_source`},
		{"a missing source profile", "[profile x]\nrole_arn = " + roleARN + "\nsource_profile = user1\n[profile user]\n" + pair,
			`profile "user1", which source_profile of profile "x" (~/.aws/config:3) names, does not exist`},
		{"a source without credentials", "[profile x]\nrole_arn = " + roleARN + "\nsource_profile = y\n[profile y]\nregion = eu-west-1\n", `profile "y" has no credentials`},
		{"an unknown credential_source", "[profile x]\nrole_arn = " + roleARN + "\ncredential_source = environment\n", "invalid value for credential_source of profile \"x\": want Environment, Ec2InstanceMetadata or EcsContainer"},
		{"an empty environment", "[profile x]\nrole_arn = " + roleARN + "\ncredential_source = Environment\n", "uses credentials from the environment, but AWS_ACCESS_KEY_ID is not set"},
		{"no container", "[profile x]\nrole_arn = " + roleARN + "\ncredential_source = EcsContainer\n", "uses credentials from the container, but neither"},
		{"no instance", "[profile x]\nrole_arn = " + roleARN + "\ncredential_source = Ec2InstanceMetadata\n", "(IMDS): AWS_EC2_METADATA_DISABLED is set"},
		{"not an ARN", "[profile x]\nrole_arn = FALSESECRET\nsource_profile = y\n", `~/.aws/config:2: invalid value for role_arn of profile "x": want the ARN of a role`},
		{"not a duration", "[profile x]\nrole_arn = " + roleARN + "\nsource_profile = y\nduration_seconds = FALSESECRET\n", "invalid value for duration_seconds of profile \"x\": want a number from 900 to 43200"},
		{"a short duration", "[profile x]\nrole_arn = " + roleARN + "\nsource_profile = y\nduration_seconds = 60\n", "want a number from 900 to 43200"},
		{"an invalid external ID", "[profile x]\nrole_arn = " + roleARN + "\nsource_profile = y\nexternal_id = FALSE SECRET\n", "invalid value for external_id of profile \"x\": want 2 to 1224 letters"},
		{"a missing SSO session", "[profile x]\nsso_session = nope\nsso_account_id = 123456789012\nsso_role_name = A\n", "section [sso-session nope] does not exist in ~/.aws/config"},
		{"an invalid SSO account", "[profile x]\nsso_start_url = https://x\nsso_region = eu-west-1\nsso_account_id = FALSESECRET\nsso_role_name = A\n", "invalid value for sso_account_id of profile \"x\": want an account ID"},
		{"no SSO region", "[profile x]\nsso_start_url = https://x\nsso_account_id = 123456789012\nsso_role_name = A\n", `~/.aws/config:1: profile "x" signs in with SSO, but has no sso_region`},
		{"an SSO setting that differs", "[profile x]\nsso_session = s\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = A\n[sso-session s]\nsso_start_url = https://x\nsso_region = us-east-1\n",
			"~/.aws/config:3: sso_region of profile \"x\" differs from the value in the sso-session (~/.aws/config:8)"},
		{"not signed in", "[profile x]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = A\n[sso-session s]\nsso_start_url = https://x\nsso_region = us-east-1\n",
			"not signed in yet: "},
		{"a web identity without a role", "[profile x]\nweb_identity_token_file = ~/token\n", "names a token file, but no setting names the role"},
		{"a web identity without a token", "[profile x]\nrole_arn = " + roleARN + "\nweb_identity_token_file = /nonexistent/token\n", "~/.aws/config:3: web_identity_token_file of profile \"x\": reading /nonexistent/token: "},
	} {
		env, d := serviceHome(t, "", test.config)
		_, err := Find(t.Context(), env, Request{Profile: "x"})
		if text := errorText(err, env); !strings.Contains(text, test.want) {
			t.Errorf("%s:\n%s\nwant:\n%s", test.name, text, test.want)
		}
		if len(d.Calls()) != 0 {
			t.Errorf("%s: a service was called", test.name)
		}
		wantNoSecret(t, err)
	}
}

func TestSSOToken(t *testing.T) {
	t.Parallel()
	const profile = "[profile \"my dev\"]\nsso_session = acme\nsso_account_id = 123456789012\nsso_role_name = Admin\n" +
		"[sso-session acme]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\n"
	for _, test := range []struct{ name, cache, want string }{
		{"expired", `{"accessToken": "FALSESECRET", "expiresAt": "2020-01-01T00:00:00Z"}`, "the token expired at 2020-01-01T00:00:00Z"},
		{"written by an old version", `{"accessToken": "FALSESECRET", "expiresAt": "2020-01-01T00:00:00UTC"}`, "the token expired at 2020-01-01T00:00:00Z"},
		{"garbage", `FALSESECRET`, "contains no token"},
		{"no token", `{"expiresAt": "2999-01-01T00:00:00Z"}`, "contains no token"},
		{"no time", `{"accessToken": "FALSESECRET", "expiresAt": "FALSESECRET"}`, "contains no token"},
		{"a token that is not a header", `{"accessToken": "FALSE\nSECRET", "expiresAt": "2999-01-01T00:00:00Z"}`, "contains no token"},
		{"rejected", `{"accessToken": "FALSESECRETother", "expiresAt": "2999-01-01T00:00:00Z"}`, "the SSO token has expired or was revoked"},
	} {
		env, _ := serviceHome(t, "", profile)
		sum := sha1.Sum([]byte("acme"))
		writeFile(t, filepath.Join(env.Home, ".aws", "sso", "cache", hex.EncodeToString(sum[:])+".json"), test.cache)
		_, err := Find(t.Context(), env, Request{Profile: "my dev"})
		if text := errorText(err, env); !strings.Contains(text, test.want) || !strings.Contains(text, `hint: sign in again: aws sso login --profile 'my dev'`) {
			t.Errorf("%s:\n%s", test.name, text)
		}
		wantNoSecret(t, err)
	}
}

func TestInvalidContainerSettings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		variables []string
		want      string
	}{
		{[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://FALSESECRET.example/x"}, "invalid value for AWS_CONTAINER_CREDENTIALS_FULL_URI: want an address of this machine"},
		{[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://10.0.0.1/x"}, "want an address of this machine"},
		{[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=file:///FALSESECRET"}, "want an http or https URL"},
		{[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://u:FALSESECRET@127.0.0.1/"}, "want an http or https URL"},
		{[]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=FALSESECRET"}, "invalid value for AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: want a path that begins with /"},
		{[]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=//FALSESECRET/x"}, "want a path that begins with /"},
		{[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=$URL/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN=a\nFALSESECRET"}, "the token in AWS_CONTAINER_AUTHORIZATION_TOKEN has a line break"},
		{[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=$URL/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/nonexistent"}, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: reading /nonexistent: "},
		{[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=$URL/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN=FALSESECRETother"}, "returned HTTP status 403 (Forbidden)\nhint: check the token"},
		{[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/"}, "the container's endpoint (AWS_CONTAINER_CREDENTIALS_FULL_URI): connecting to 127.0.0.1:1: connection refused"},
	} {
		env, _ := serviceHome(t, "", "", test.variables...)
		_, err := Find(t.Context(), env, Request{})
		if text := errorText(err, env); !strings.Contains(text, test.want) {
			t.Errorf("%v:\n%s", test.variables, text)
		}
		wantNoSecret(t, err)
	}
	for host, want := range map[string]bool{"localhost": true, "127.0.0.9": true, "::1": true, "169.254.170.2": true, "169.254.170.23": true, "fd00:ec2::23": true,
		"169.254.169.254": false, "localhost.example": false, "10.1.2.3": false, "fd00:ec2::24": false} {
		if allowsPlainHTTP(host) != want {
			t.Errorf("%s allows plain HTTP: %v, want %v", host, !want, want)
		}
	}
}

// TestEndpointResponses: an error names what is wrong with the response of an endpoint
// that accepts connections.
func TestEndpointResponses(t *testing.T) {
	t.Parallel()
	large := func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		_, _ = w.Write(make([]byte, maxEndpointResponse+1))
		return true
	}
	silent := func(_ http.ResponseWriter, r *http.Request, _ string) bool {
		<-r.Context().Done()
		return true
	}
	refused := func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		w.WriteHeader(http.StatusForbidden)
		return true
	}
	for _, test := range []struct {
		name     string
		fault    func(http.ResponseWriter, *http.Request, string) bool
		limit    time.Duration
		requests int
		want     string
	}{
		{"a large response", large, time.Minute, 1, ": the response is larger than 256 KiB\nhint: check whether a proxy or another endpoint responds instead of AWS"},
		{"no response", silent, 2 * time.Second, 3, ": calling $ADDRESS: no response within 2s (the last of 3 attempts)\nhint: run this command in the container"},
		{"a refusal", refused, time.Minute, 1, " returned HTTP status 403 (Forbidden)\nhint: check the token"},
	} {
		files := serviceSources["a container"]
		env, d := serviceHome(t, files.credentials, files.config, files.variables...)
		d.Fault = test.fault
		limited := shortLimits
		limited.endpoint = test.limit
		_, err := (&search{env: env, limits: limited}).run(t.Context())
		want := strings.ReplaceAll(test.want, "$ADDRESS", strings.TrimPrefix(d.URL, "http://"))
		if text := errorText(err, env); !strings.Contains(text, want) || len(d.Calls()) != test.requests {
			t.Errorf("%s: %d requests, want %d\n%s\nwant %s", test.name, len(d.Calls()), test.requests, text, want)
		}
	}
	env, d := serviceHome(t, "", "", serviceSources["an instance"].variables...)
	d.Fault = large
	limited := shortLimits
	limited.metadata = time.Minute
	_, err := metadataSource{&search{env: env, limits: limited}}.find(t.Context())
	if absent, ok := errors.AsType[absentError](err); !ok || absent.reason != notIMDSv2 {
		t.Errorf("a large token: %v", err)
	}
}

func TestPartitionRegion(t *testing.T) {
	t.Parallel()
	for arn, want := range map[string]string{"arn:aws-cn:iam::1:role/x": "cn-north-1", "arn:aws-us-gov:iam::1:role/x": "us-gov-west-1", roleARN: "us-east-1", "": "us-east-1", "GAHT1234": "us-east-1"} {
		if got := partitionRegion(arn); got != want {
			t.Errorf("%s: %s, want %s", arn, got, want)
		}
	}
}

func TestChainWarnings(t *testing.T) {
	t.Parallel()
	env, _ := serviceHome(t, "[user]\n"+pair, "[profile dev]\nrole_arn = "+roleARN+"\nsource_profile = user\n")
	path := filepath.Join(env.Home, ".aws", "credentials")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	found, err := Find(t.Context(), env, Request{Profile: "dev"})
	if err != nil || len(found.Warnings) != 1 || !strings.Contains(found.Warnings[0], path) {
		t.Errorf("warnings %q, %v", found.Warnings, err)
	}
}

func FuzzEndpointCredentials(f *testing.F) {
	f.Add([]byte(`{"Code":"Success","AccessKeyId":"ASIAFALSE","SecretAccessKey":"x","Token":"y","Expiration":"2999-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"Code":"AssumeRoleUnauthorizedAccess","Message":"FALSESECRET"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		found, err := endpointCredentials(body, "the service", "the source")
		if err == nil {
			if _, invalid := found.keys().Check(); invalid != nil || found.SessionToken == "" {
				t.Errorf("%q gives unusable credentials", body)
			}
		}
	})
}

// A response with a code other than Success is an error, even if it contains
// credentials.
func TestEndpointResponseCodes(t *testing.T) {
	t.Parallel()
	const keys = `"AccessKeyId": "ASIAFALSEKEYEXAMPLE0", "SecretAccessKey": "` + fakeSecret + `", "Token": "` + fakeToken + `", "Expiration": "2999-01-01T00:00:00Z"}`
	for code, want := range map[string]string{
		`{`:                                    "",
		`{"Code": "Success", `:                 "",
		`{"Code": "AssumeRoleUnauthorized", `:  "x returned AssumeRoleUnauthorized instead of credentials",
		`{"Code": "` + fakeSecret + `", `:      "x returned an error instead of credentials",
		`{"Code": "success of another kind", `: "x returned an error instead of credentials",
	} {
		_, err := endpointCredentials([]byte(code+keys), "x", "y")
		if got := ""; err != nil {
			if got = err.Error(); got != want {
				t.Errorf("%s: %s", code, got)
			}
		} else if want != "" {
			t.Errorf("%s: no error", code)
		}
	}
}
