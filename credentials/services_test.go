package credentials

// Tests of the sources that ask a service: what they say when the service is
// slow, broken or somebody else, and that no secret is ever part of it.

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"capaboot/internal/awsdouble"
	"capaboot/internal/wait"
)

// shortLimits let a service that does not answer be given up soon.
var shortLimits = limits{pause: time.Millisecond, attempt: 200 * time.Millisecond, call: 300 * time.Millisecond, endpoint: 100 * time.Millisecond, metadata: 200 * time.Millisecond}

const role = "arn:aws:iam::123456789012:role/capa"

// asked are the sources that ask a service, with all that they need.
var asked = map[string]struct {
	credentials, config string
	variables           []string
	request             Request
}{
	"a role":               {pair, "", nil, Request{RoleARN: role}},
	"a role of a profile":  {"[user]\n" + pair, "[profile dev]\nrole_arn = " + role + "\nsource_profile = user\n", nil, Request{Profile: "dev"}},
	"a session":            {pair, "", nil, Request{Session: true}},
	"a web identity":       {"", "", []string{"AWS_WEB_IDENTITY_TOKEN_FILE=$HOME/token", "AWS_ROLE_ARN=" + role}, Request{}},
	"SSO":                  {"", ssoProfile, nil, Request{Profile: "dev"}},
	"a container":          {"", "", []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=$URL/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN=FALSESECRETpod"}, Request{}},
	"an instance":          {"", "", []string{"AWS_EC2_METADATA_DISABLED=", "AWS_EC2_METADATA_SERVICE_ENDPOINT=$URL"}, Request{}},
	"a role of a instance": {"", "[profile dev]\nrole_arn = " + role + "\ncredential_source = Ec2InstanceMetadata\n", []string{"AWS_EC2_METADATA_DISABLED=", "AWS_EC2_METADATA_SERVICE_ENDPOINT=$URL"}, Request{Profile: "dev"}},
}

const ssoProfile = "[profile dev]\nsso_session = acme\nsso_account_id = 123456789012\nsso_role_name = Admin\n" +
	"[sso-session acme]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\n"

// serviceHome is home with a double of the services, signed in, with a token
// file; $URL in variables is the double's.
func serviceHome(t testing.TB, credentials, config string, variables ...string) (Environment, *awsdouble.Double) {
	t.Helper()
	d := awsdouble.New(t, awsdouble.Keys{ID: falseKeyID, Secret: falseSecret})
	d.Given = []awsdouble.Keys{{ID: "ASIAFALSEKEYEXAMPLE1", Secret: falseSecret + "1", Token: falseToken}}
	d.SSOToken, d.ContainerToken, d.Role = "FALSESECRETsso", "FALSESECRETpod", "nodes"
	all := []string{"AWS_ENDPOINT_URL=" + d.URL, "AWS_REGION=eu-west-1"}
	for _, v := range variables {
		all = append(all, strings.ReplaceAll(v, "$URL", d.URL))
	}
	if credentials == pair {
		credentials = "[default]\n" + pair
	}
	env := home(t, credentials, config, all...)
	writeFile(t, filepath.Join(env.Home, "token"), "FALSESECRETjwt")
	signIn(t, env, "acme", d.SSOToken, time.Now().Add(time.Hour))
	return env, d
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// signIn leaves a token in the cache of SSO.
func signIn(t testing.TB, env Environment, key, token string, expires time.Time) {
	t.Helper()
	sum := sha1.Sum([]byte(key))
	text, err := json.Marshal(map[string]string{"accessToken": token, "expiresAt": expires.UTC().Format(time.RFC3339)})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(env.Home, ".aws", "sso", "cache", hex.EncodeToString(sum[:])+".json"), string(text))
}

// findSoon is Find with short limits, for services that do not answer.
func findSoon(ctx context.Context, env Environment, request Request) (Found, error) {
	s := &search{env: env, request: request, limits: shortLimits}
	return s.run(ctx)
}

// wantNoSecret fails when an error has a secret, however it is formatted.
func wantNoSecret(t *testing.T, err error) {
	t.Helper()
	for _, format := range []string{"%v", "%+v", "%#v", "%q"} {
		if text := fmt.Sprintf(format, err) + Hint(err); strings.Contains(strings.ToUpper(text), "FALSESECRET") {
			t.Errorf("%s shows a secret: %s", format, text)
		}
	}
}

// silent are the faults that last until a limit is over.
var silent = map[string]bool{"no answer": true, "an answer that does not end": true}

// noConnection are the faults of which the address is told.
var noConnection = map[string]bool{"no answer": true, "a connection that breaks": true}

func TestServicesThatWork(t *testing.T) {
	t.Parallel()
	for name, source := range asked {
		env, d := serviceHome(t, source.credentials, source.config, source.variables...)
		found, err := Find(t.Context(), env, source.request)
		if err != nil || found.Credentials.AccessKeyID != d.Given[0].ID {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
}

// TestFaultyServices breaks every service in every way. What it says names the
// service, and never what it answered.
func TestFaultyServices(t *testing.T) {
	t.Parallel()
	for source, need := range asked {
		for fault, answer := range awsdouble.Faults("FALSESECRET") {
			t.Run(source+"/"+fault, func(t *testing.T) {
				t.Parallel()
				env, d := serviceHome(t, need.credentials, need.config, need.variables...)
				d.Fault = func(w http.ResponseWriter, r *http.Request, _ string) bool { answer(w, r); return true }
				find := Find
				if silent[fault] {
					find = findSoon
				}
				_, err := find(t.Context(), env, need.request)
				problem, ok := errors.AsType[*Error](err)
				if !ok {
					t.Fatalf("error %v", err)
				}
				text := problem.Error()
				if !strings.Contains(text, "AWS STS in eu-west-1") && !strings.Contains(text, "IAM Identity Center in eu-west-1") &&
					!strings.Contains(text, "the container's endpoint") && !strings.Contains(text, "IMDS") {
					t.Errorf("it names no service: %s", text)
				}
				if noConnection[fault] && !strings.Contains(text, "connecting to "+strings.TrimPrefix(d.URL, "http://")+": ") {
					t.Errorf("it names no address: %s", text)
				}
				wantNoSecret(t, err)
			})
		}
	}
}

// TestFaultsBehindTheToken breaks the instance metadata service after it has
// shown that it is there.
func TestFaultsBehindTheToken(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"MetadataRole", "MetadataKeys"} {
		for fault, answer := range awsdouble.Faults("FALSESECRET") {
			if call == "MetadataRole" && fault == "nothing" {
				continue // that is an instance without a role
			}
			t.Run(call+"/"+fault, func(t *testing.T) {
				t.Parallel()
				env, d := serviceHome(t, "", "", asked["an instance"].variables...)
				d.Fault = func(w http.ResponseWriter, r *http.Request, name string) bool {
					if name != call {
						return false
					}
					answer(w, r)
					return true
				}
				find := Find
				if silent[fault] {
					// The token must come in time, however busy this machine is.
					find = func(ctx context.Context, env Environment, request Request) (Found, error) {
						patient := shortLimits
						patient.metadata = time.Minute
						s := &search{env: env, request: request, limits: patient}
						return s.run(ctx)
					}
				}
				_, err := find(t.Context(), env, Request{})
				if err == nil || !strings.Contains(err.Error(), "(IMDS)") {
					t.Errorf("error %v", err)
				}
				wantNoSecret(t, err)
			})
		}
	}
}

func TestASecondAttempt(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"a role", "a web identity", "SSO", "a container"} {
		need := asked[source]
		env, d := serviceHome(t, need.credentials, need.config, need.variables...)
		failed := false
		d.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			if failed {
				return false
			}
			failed = true
			http.Error(w, "", http.StatusServiceUnavailable)
			return true
		}
		if _, err := Find(t.Context(), env, need.request); err != nil || !failed {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestCancelledWhileAServiceIsSilent(t *testing.T) {
	t.Parallel()
	for source, need := range asked {
		ctx, cancel := context.WithCancel(t.Context())
		env, d := serviceHome(t, need.credentials, need.config, need.variables...)
		d.Fault = func(_ http.ResponseWriter, r *http.Request, _ string) bool {
			cancel()
			<-r.Context().Done()
			return true
		}
		if _, err := Find(ctx, env, need.request); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", source, err)
		}
		cancel()
	}
}

// timedOut returns the text of the error of a search that has 300 ms.
func timedOut(t *testing.T, env Environment, request Request) string {
	t.Helper()
	ctx, cancel := wait.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := Find(ctx, env, request)
	if !errors.Is(err, wait.ErrTimeout) {
		t.Errorf("error %v", err)
	}
	return errorText(err, env)
}

// TestTimeoutsSayWhatTookTheTime has each service, each file and the program
// block, and names them.
func TestTimeoutsSayWhatTookTheTime(t *testing.T) {
	t.Parallel()
	purposes := map[string]string{
		"a role": "assuming role " + role + " of Request.RoleARN", "a role of a profile": "assuming role " + role + ` of profile "dev"`,
		"a session": "exchanging the keys from ", "a web identity": "assuming role " + role + " with the web identity of ",
		"SSO": `signing in with the SSO of profile "dev"`, "a container": "asking the container's endpoint", "an instance": "asking the instance metadata service",
		"a role of a instance": "asking the instance metadata service",
	}
	for source, need := range asked {
		env, d := serviceHome(t, need.credentials, need.config, need.variables...)
		d.Fault = func(_ http.ResponseWriter, r *http.Request, _ string) bool { <-r.Context().Done(); return true }
		if text := timedOut(t, env, need.request); !strings.HasPrefix(text, "timed out after 300ms: "+purposes[source]) {
			t.Errorf("%s: %s", source, text)
		}
	}
	env := program(t, "sleep 30")
	if text := timedOut(t, env, Request{}); !strings.HasPrefix(text, `timed out after 300ms: running the program of profile "default" (credential_process)`) {
		t.Errorf("a program: %s", text)
	}
}

func TestCodesOfSTS(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ code, message, want, hint string }{
		{"AccessDenied", "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/capa",
			"AccessDenied: arn:aws:iam::123456789012:user/ann may not perform sts:AssumeRole", "the trust policy of the role"},
		{"AccessDenied", "User: FALSESECRET is not authorized to perform: sts:AssumeRole on resource: x", "AccessDenied: access denied", "the trust policy of the role"},
		{"AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. FALSESECRET", "the MFA code was refused", "wait for the next code"},
		{"ExpiredToken", "FALSESECRET", "ExpiredToken: the credentials or the token have expired", "get new ones"},
		{"SignatureDoesNotMatch", "The Canonical String for this request should have been FALSESECRET", "the secret access key is not that of", "clock"},
		{"ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", "longer than the role allows", string(KindLongerThanRole)},
		{"ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining", "gets one hour at most", string(KindChainedRole)},
		{"RegionDisabledException", "FALSESECRET", "not active in this region", string(KindRegionDisabled)},
		{"SomethingNew", "FALSESECRET", "answered SomethingNew", ""},
		{"FALSESECRET", "FALSESECRET", "answered with HTTP status 400 (Bad Request)", "proxy"},
	} {
		env, d := serviceHome(t, pair, "")
		d.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			awsdouble.Refuse(w, http.StatusBadRequest, test.code, test.message)
			return true
		}
		_, err := Find(t.Context(), env, Request{RoleARN: role})
		if text := errorText(err, env); !strings.Contains(text, test.want) || !strings.Contains(text, test.hint) ||
			!strings.HasPrefix(text, "assuming role "+role+" of Request.RoleARN: AWS STS in eu-west-1 (at the endpoint of AWS_ENDPOINT_URL) answered") {
			t.Errorf("%s %s:\n%s", test.code, test.message, text)
		}
		wantNoSecret(t, err)
	}
}

func TestAnExpiredAnswer(t *testing.T) {
	t.Parallel()
	for source, need := range asked {
		env, d := serviceHome(t, need.credentials, need.config, need.variables...)
		d.Lifetime = -time.Hour
		_, err := Find(t.Context(), env, need.request)
		if err == nil || !strings.Contains(err.Error(), "answered with credentials that expired at ") {
			t.Errorf("%s: %v", source, err)
		}
		wantNoSecret(t, err)
	}
}

func TestAnAnswerThatAProfileCannotCarry(t *testing.T) {
	t.Parallel()
	for source, need := range asked {
		for _, keys := range []awsdouble.Keys{
			{ID: "ASIAFALSEKEYEXAMPLE1", Secret: "FALSE[SECRET", Token: falseToken},
			{ID: "ASIAFALSEKEYEXAMPLE1", Secret: "", Token: falseToken},
			{ID: "ASIAFALSEKEYEXAMPLE1", Secret: falseSecret, Token: ""},
			{ID: "FALSESECRET 1", Secret: falseSecret, Token: falseToken},
		} {
			env, d := serviceHome(t, need.credentials, need.config, need.variables...)
			d.Given = []awsdouble.Keys{keys}
			_, err := Find(t.Context(), env, need.request)
			if err == nil || !strings.Contains(err.Error(), "answered with credentials ") {
				t.Errorf("%s: %v", source, err)
			}
			wantNoSecret(t, err)
		}
	}
}

func TestMFA(t *testing.T) {
	t.Parallel()
	const device = "arn:aws:iam::123456789012:mfa/ann"
	config := "[profile dev]\nrole_arn = " + role + "\nsource_profile = user\nmfa_serial = " + device + "\n" +
		"[profile twice]\nrole_arn = " + role + "\nsource_profile = dev\nmfa_serial = " + device + "\n"
	env, d := serviceHome(t, "[user]\n"+pair, config)
	d.MFA = "123456"
	answer := "123456\n"
	ask := func(_ context.Context, serial string) (string, error) {
		if serial != device {
			t.Errorf("asked for device %s", serial)
		}
		return answer, nil
	}
	if _, err := Find(t.Context(), env, Request{Profile: "twice", AskMFACode: ask}); err != nil {
		t.Error(err)
	}
	for _, test := range []struct {
		name    string
		request Request
		answer  string
		want    string
	}{
		{"nobody to ask", Request{Profile: "dev"}, "", "role " + role + " needs the code of MFA device " + device + ", and nobody can be asked: there is no terminal\nkind: " + string(KindNobodyToAsk)},
		{"no code", Request{Profile: "dev", AskMFACode: ask}, "FALSESECRET", "an MFA code has six digits\nhint: type the code that the device shows"},
		{"the code of another minute", Request{Profile: "dev", MFACode: "000000"}, "", "the MFA code was refused\nhint: wait for the next code of the device: each serves once"},
		{"a code that nothing needs", Request{Profile: "user", MFACode: "123456"}, "", "Request.MFACode was given, but no MFA code is needed for the credentials from profile \"user\""},
		{"one code for two calls", Request{Profile: "twice", MFACode: "123456"}, "", "role " + role + " needs an MFA code too, and the one of Request.MFACode serves once"},
	} {
		answer = test.answer
		_, err := Find(t.Context(), env, test.request)
		if text := errorText(err, env); !strings.Contains(text, test.want) {
			t.Errorf("%s:\n%s", test.name, text)
		}
		wantNoSecret(t, err)
	}
}

func TestRequestCheck(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		request Request
		want    string
	}{
		{Request{RoleARN: role, Session: true}, "two ways"},
		{Request{ExternalID: "x:1"}, "are for a role"},
		{Request{RoleSessionName: "me"}, "are for a role"},
		{Request{Duration: time.Hour}, "are for Request.RoleARN or Request.Session"},
		{Request{MFASerial: "GAHT12345678"}, "are for Request.RoleARN or Request.Session"},
		{Request{RoleARN: role, Duration: 13 * time.Hour}, "Request.Duration is not from 15m to 12h"},
		{Request{Session: true, Duration: 37 * time.Hour}, "Request.Duration is not from 15m to 36h"},
		{Request{Session: true, Duration: time.Minute}, "Request.Duration is not from 15m"},
		{Request{RoleARN: role, Duration: time.Hour + time.Millisecond}, "in whole seconds"},
		{Request{RoleARN: "FALSESECRET"}, "Request.RoleARN is no ARN of a role"},
		{Request{RoleARN: "arn:aws:iam::123456789012:user/x"}, "Request.RoleARN is no ARN of a role"},
		{Request{RoleARN: "arn:aws:iam::123456789012:role/"}, "Request.RoleARN is no ARN of a role"},
		{Request{RoleARN: "arn:aws:iam::12345:role/x"}, "Request.RoleARN is no ARN of a role"},
		{Request{RoleARN: role, ExternalID: "FALSESECRET!"}, "Request.ExternalID is no external ID"},
		{Request{RoleARN: role, RoleSessionName: "a b"}, "Request.RoleSessionName is no session name"},
		{Request{RoleARN: role, MFASerial: "x"}, "Request.MFASerial is no serial number"},
		{Request{MFACode: "12345"}, "Request.MFACode has six digits"},
		{Request{Session: true, MFACode: "123456"}, "none is named for Request.Session"},
		{Request{MFACode: "FALSESECRET"}, "Request.MFACode has six digits"},
		{Request{RoleARN: "arn:aws-us-gov:iam::123456789012:role/a/b+c=d,e.f@g_h-i", ExternalID: "a:/b", RoleSessionName: "a=b", MFASerial: "GAHT12345678", MFACode: "012345", Duration: 12 * time.Hour}, ""},
		{Request{Session: true, Duration: 36 * time.Hour}, ""},
	} {
		err := test.request.Check()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v, want %q", test.request, err, test.want)
		}
		wantNoSecret(t, err)
	}
}

// TestProfilesThatCannotAskAService has the profiles of services that are
// wrong as they stand.
func TestProfilesThatCannotAskAService(t *testing.T) {
	t.Parallel()
	chain := ""
	for i := range maxChain + 1 {
		chain += fmt.Sprintf("[profile p%d]\nrole_arn = %s\nsource_profile = p%d\n", i, role, i+1)
	}
	for _, test := range []struct{ name, config, want string }{
		{"a cycle", "[profile x]\nrole_arn = " + role + "\nsource_profile = y\n[profile y]\nrole_arn = " + role + "\nsource_profile = x\n",
			`~/.aws/config:6: source_profile leads back to itself: "x" -> "y" -> "x"` + "\nhint: end the chain with a profile that has keys, SSO, a program or a credential_source"},
		{"itself", "[profile x]\nrole_arn = " + role + "\nsource_profile = x\n", `~/.aws/config:3: source_profile leads back to itself: "x" -> "x"`},
		{"a way back to a profile with keys", "[profile x]\nrole_arn = " + role + "\nsource_profile = y\n" + pair + "[profile y]\nrole_arn = " + role + "\nsource_profile = x\n",
			`source_profile leads back to itself: "x" -> "y" -> "x"`},
		{"an endless duration", "[profile x]\nrole_arn = " + role + "\nsource_profile = y\nduration_seconds = 18446744074610\n", "is no number from 900 to 43200"},
		{"a long chain", strings.Replace(chain, "profile p0]", "profile x]", 1), "source_profile leads through more than 20 profiles"},
		{"both sources", "[profile x]\nrole_arn = " + role + "\nsource_profile = y\ncredential_source = Environment\n",
			`profile "x" has both source_profile (~/.aws/config:3) and credential_source (~/.aws/config:4)`},
		{"no source", "[profile x]\nrole_arn = " + role + "\n", `profile "x" has role_arn (~/.aws/config:2), but neither source_profile nor credential_source`},
		{"a source that is not there", "[profile x]\nrole_arn = " + role + "\nsource_profile = user1\n[profile user]\n" + pair,
			`profile "user1", which source_profile of profile "x" (~/.aws/config:3) names, does not exist`},
		{"a source without credentials", "[profile x]\nrole_arn = " + role + "\nsource_profile = y\n[profile y]\nregion = eu-west-1\n", `profile "y" holds no credentials`},
		{"an unknown credential_source", "[profile x]\nrole_arn = " + role + "\ncredential_source = environment\n", "unknown credential_source\nhint: it is Environment, Ec2InstanceMetadata or EcsContainer"},
		{"an empty environment", "[profile x]\nrole_arn = " + role + "\ncredential_source = Environment\n", "takes its credentials from the environment, but AWS_ACCESS_KEY_ID is not set"},
		{"no container", "[profile x]\nrole_arn = " + role + "\ncredential_source = EcsContainer\n", "takes its credentials from the container, but neither"},
		{"no instance", "[profile x]\nrole_arn = " + role + "\ncredential_source = Ec2InstanceMetadata\n", "(IMDS): AWS_EC2_METADATA_DISABLED is set"},
		{"no ARN", "[profile x]\nrole_arn = FALSESECRET\nsource_profile = y\n", `~/.aws/config:2: role_arn of profile "x" is no ARN of a role`},
		{"no duration", "[profile x]\nrole_arn = " + role + "\nsource_profile = y\nduration_seconds = FALSESECRET\n", "duration_seconds of profile \"x\" is no number from 900 to 43200"},
		{"a short duration", "[profile x]\nrole_arn = " + role + "\nsource_profile = y\nduration_seconds = 60\n", "is no number from 900 to 43200"},
		{"no external ID", "[profile x]\nrole_arn = " + role + "\nsource_profile = y\nexternal_id = FALSE SECRET\n", "external_id of profile \"x\" is no external ID"},
		{"an SSO session that is not there", "[profile x]\nsso_session = nope\nsso_account_id = 123456789012\nsso_role_name = A\n", "there is no section [sso-session nope] in ~/.aws/config"},
		{"an SSO account that is none", "[profile x]\nsso_start_url = https://x\nsso_region = eu-west-1\nsso_account_id = FALSESECRET\nsso_role_name = A\n", "sso_account_id of profile \"x\" is no account ID"},
		{"no SSO region", "[profile x]\nsso_start_url = https://x\nsso_account_id = 123456789012\nsso_role_name = A\n", `profile "x" signs in with SSO, but has no sso_region (~/.aws/config:1)`},
		{"an SSO setting that differs", "[profile x]\nsso_session = s\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = A\n[sso-session s]\nsso_start_url = https://x\nsso_region = us-east-1\n",
			"~/.aws/config:3: sso_region of profile \"x\" differs from that of its sso-session (~/.aws/config:8)"},
		{"nobody signed in", "[profile x]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = A\n[sso-session s]\nsso_start_url = https://x\nsso_region = us-east-1\n",
			"nobody has signed in yet: "},
		{"a web identity without a role", "[profile x]\nweb_identity_token_file = ~/token\n", "names a token, but nothing names the role"},
		{"a web identity without a token", "[profile x]\nrole_arn = " + role + "\nweb_identity_token_file = /nonexistent/token\n", "the token that ~/.aws/config:3: web_identity_token_file of profile \"x\" names: "},
	} {
		env, d := serviceHome(t, "", test.config)
		_, err := Find(t.Context(), env, Request{Profile: "x"})
		if text := errorText(err, env); !strings.Contains(text, test.want) {
			t.Errorf("%s:\n%s\nwant:\n%s", test.name, text, test.want)
		}
		if len(d.Calls()) != 0 {
			t.Errorf("%s: a service was asked", test.name)
		}
		wantNoSecret(t, err)
	}
}

func TestTheTokenOfSSO(t *testing.T) {
	t.Parallel()
	const profile = "[profile \"my dev\"]\nsso_session = acme\nsso_account_id = 123456789012\nsso_role_name = Admin\n" +
		"[sso-session acme]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\n"
	for _, test := range []struct{ name, cache, want string }{
		{"expired", `{"accessToken": "FALSESECRET", "expiresAt": "2020-01-01T00:00:00Z"}`, "the token expired at 2020-01-01T00:00:00Z"},
		{"of an old version", `{"accessToken": "FALSESECRET", "expiresAt": "2020-01-01T00:00:00UTC"}`, "the token expired at 2020-01-01T00:00:00Z"},
		{"garbage", `FALSESECRET`, "holds no token"},
		{"no token", `{"expiresAt": "2999-01-01T00:00:00Z"}`, "holds no token"},
		{"no time", `{"accessToken": "FALSESECRET", "expiresAt": "FALSESECRET"}`, "holds no token"},
		{"a token that is no header", `{"accessToken": "FALSE\nSECRET", "expiresAt": "2999-01-01T00:00:00Z"}`, "holds no token"},
		{"refused", `{"accessToken": "FALSESECRETother", "expiresAt": "2999-01-01T00:00:00Z"}`, "the SSO token is not valid any more"},
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

func TestContainersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		variables []string
		want      string
	}{
		{[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://FALSESECRET.example/x"}, "AWS_CONTAINER_CREDENTIALS_FULL_URI names another machine without TLS"},
		{[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://10.0.0.1/x"}, "names another machine without TLS"},
		{[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=file:///FALSESECRET"}, "is no URL of http or https"},
		{[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://u:FALSESECRET@127.0.0.1/"}, "is no URL of http or https"},
		{[]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=FALSESECRET"}, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path that begins with /"},
		{[]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=//FALSESECRET/x"}, "is no path that begins with /"},
		{[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=$URL/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN=a\nFALSESECRET"}, "the token of AWS_CONTAINER_AUTHORIZATION_TOKEN has a line break"},
		{[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=$URL/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/nonexistent"}, "the token that AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names: "},
		{[]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=$URL/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN=FALSESECRETother"}, "answered with HTTP status 403 (Forbidden)\nhint: see whether the token is right"},
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
		if isContainerHost(host) != want {
			t.Errorf("%s is a host for containers: %v, want %v", host, !want, want)
		}
	}
}

func TestTheRegionOfAPartition(t *testing.T) {
	t.Parallel()
	for arn, want := range map[string]string{"arn:aws-cn:iam::1:role/x": "cn-north-1", "arn:aws-us-gov:iam::1:role/x": "us-gov-west-1", role: "us-east-1", "": "us-east-1", "GAHT1234": "us-east-1"} {
		if got := partitionRegion(arn); got != want {
			t.Errorf("%s: %s, want %s", arn, got, want)
		}
	}
}

func TestWarningsOfAChain(t *testing.T) {
	t.Parallel()
	env, _ := serviceHome(t, "[user]\n"+pair, "[profile dev]\nrole_arn = "+role+"\nsource_profile = user\n")
	path := filepath.Join(env.Home, ".aws", "credentials")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	found, err := Find(t.Context(), env, Request{Profile: "dev"})
	if err != nil || len(found.Warnings) != 1 || !strings.Contains(found.Warnings[0], path) {
		t.Errorf("warnings %q, %v", found.Warnings, err)
	}
}

func TestRefreshing(t *testing.T) {
	t.Parallel()
	need := asked["a role"]
	env, d := serviceHome(t, need.credentials, need.config)
	d.Lifetime = 30 * time.Second // less than refreshBefore
	found, err := Find(t.Context(), env, need.request)
	if err != nil {
		t.Fatal(err)
	}
	r := NewRefreshing(env, need.request, found.Credentials)
	d.Given = []awsdouble.Keys{{ID: "ASIAFALSEKEYEXAMPLE2", Secret: falseSecret, Token: falseToken}}
	if got, err := r.Retrieve(t.Context()); err != nil || got.AccessKeyID != "ASIAFALSEKEYEXAMPLE2" {
		t.Errorf("got %s, %v", got.AccessKeyID, err)
	}
	calls := len(d.Calls())
	if _, err := r.Retrieve(t.Context()); err != nil || len(d.Calls()) != calls {
		t.Errorf("asked again at once: %v", err)
	}
	// A session of the environment cannot be refreshed, until somebody does.
	values := map[string]string{"AWS_ACCESS_KEY_ID": "ASIAFALSEKEYEXAMPLE1", "AWS_SECRET_ACCESS_KEY": falseSecret, "AWS_SESSION_TOKEN": "one", "AWS_REGION": "eu-west-1"}
	env = Environment{Lookup: func(name string) (string, bool) { value, ok := values[name]; return value, ok }}
	found, err = Find(t.Context(), env, Request{})
	if err != nil {
		t.Fatal(err)
	}
	r = NewRefreshing(env, Request{}, found.Credentials)
	if renewed, err := r.Refresh(t.Context()); renewed || err != nil {
		t.Errorf("the same credentials count as new: %v", err)
	}
	values["AWS_SESSION_TOKEN"] = "two"
	got, _ := r.Retrieve(t.Context())
	if renewed, err := r.Refresh(t.Context()); !renewed || err != nil || got.SessionToken != "one" {
		t.Errorf("other credentials do not count as new: %v", err)
	}
}

// What gives credentials may be out for a while; a no of it is one.
func TestRefreshingDuringAnOutage(t *testing.T) {
	t.Parallel()
	faults := awsdouble.Faults(falseSecret)
	for name, need := range asked {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, d := serviceHome(t, need.credentials, need.config, need.variables...)
			found, err := Find(t.Context(), env, need.request)
			if err != nil {
				t.Fatal(err)
			}
			r := NewRefreshing(env, need.request, found.Credentials)
			names := []string{"unavailable", "an error with a code of its own"}
			if !strings.HasSuffix(name, "container") && !strings.HasSuffix(name, "instance") { // these are not behind a network
				names = append(names, "nothing", "a page of a portal", "a redirect")
			}
			for _, name := range names {
				d.Fault = func(w http.ResponseWriter, r *http.Request, _ string) bool { faults[name](w, r); return true }
				renewed, err := r.Refresh(t.Context())
				if want := name != "an error with a code of its own"; renewed || (err != nil) != want {
					t.Errorf("%s: renewed %v, %v", name, renewed, err)
				} else if err != nil && strings.ContainsAny(err.Error(), "\n") || err != nil && strings.Contains(err.Error(), falseSecret) {
					t.Errorf("%s: %v", name, err)
				}
			}
			d.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
				awsdouble.Refuse(w, http.StatusForbidden, "AccessDenied", "no")
				return true
			}
			if renewed, err := r.Refresh(t.Context()); renewed || err != nil {
				t.Errorf("refused: renewed %v, %v", renewed, err)
			}
			d.Fault = nil
			d.Given = []awsdouble.Keys{{ID: "ASIAFALSEKEYEXAMPLE2", Secret: falseSecret, Token: falseToken}}
			if renewed, err := r.Refresh(t.Context()); !renewed || err != nil {
				t.Errorf("afterwards: renewed %v, %v", renewed, err)
			}
		})
	}
}

// A program that fails may have had no network; one that fails again and again
// has no credentials.
func TestRefreshingByAProgram(t *testing.T) {
	t.Parallel()
	env := program(t, "exit 3")
	r := NewRefreshing(env, Request{}, Credentials{AccessKeyID: falseKeyID, SecretAccessKey: falseSecret, SessionToken: falseToken})
	for i := 1; i < programTries; i++ {
		if renewed, err := r.Refresh(t.Context()); renewed || err == nil {
			t.Fatalf("try %d: renewed %v, %v", i, renewed, err)
		}
	}
	if renewed, err := r.Refresh(t.Context()); renewed || err != nil {
		t.Errorf("try %d: renewed %v, %v", programTries, renewed, err)
	}
}

func FuzzEndpointCredentials(f *testing.F) {
	f.Add([]byte(`{"Code":"Success","AccessKeyId":"ASIAFALSE","SecretAccessKey":"x","Token":"y","Expiration":"2999-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"Code":"AssumeRoleUnauthorizedAccess","Message":"FALSESECRET"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		found, err := endpointCredentials(body, "the service", "the source")
		if err == nil {
			if _, bad := found.check(); bad != nil || found.SessionToken == "" {
				t.Errorf("%q gives what cannot be used", body)
			}
		}
	})
}
