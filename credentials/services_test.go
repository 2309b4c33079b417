package credentials

// Tests of the sources that call a service. If the service is slow or broken, or
// if another service responds, the error contains no secret.

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
)

// shortLimits are for services that do not respond.
var shortLimits = limits{pause: time.Millisecond, attempt: 200 * time.Millisecond, call: 300 * time.Millisecond, endpoint: 100 * time.Millisecond, metadata: 200 * time.Millisecond}

const roleARN = "arn:aws:iam::123456789012:role/capa"

// serviceSources are the sources that call a service, with the files and
// settings that they need.
var serviceSources = map[string]struct {
	credentials, config string
	variables           []string
	request             Request
}{
	"a role":                {pair, "", nil, Request{RoleARN: roleARN}},
	"a role of a profile":   {"[user]\n" + pair, "[profile dev]\nrole_arn = " + roleARN + "\nsource_profile = user\n", nil, Request{Profile: "dev"}},
	"a session":             {pair, "", nil, Request{Session: true}},
	"a web identity":        {"", "", []string{"AWS_WEB_IDENTITY_TOKEN_FILE=$HOME/token", "AWS_ROLE_ARN=" + roleARN}, Request{}},
	"SSO":                   {"", ssoProfile, nil, Request{Profile: "dev"}},
	"a container":           {"", "", []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=$URL/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN=FALSESECRETpod"}, Request{}},
	"an instance":           {"", "", []string{"AWS_EC2_METADATA_DISABLED=", "AWS_EC2_METADATA_SERVICE_ENDPOINT=$URL"}, Request{}},
	"a role of an instance": {"", "[profile dev]\nrole_arn = " + roleARN + "\ncredential_source = Ec2InstanceMetadata\n", []string{"AWS_EC2_METADATA_DISABLED=", "AWS_EC2_METADATA_SERVICE_ENDPOINT=$URL"}, Request{Profile: "dev"}},
}

const ssoProfile = "[profile dev]\nsso_session = acme\nsso_account_id = 123456789012\nsso_role_name = Admin\n" +
	"[sso-session acme]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\n"

// serviceHome is like home, with a double of the services, a cached SSO token
// and a web identity token file. $URL in variables is the URL of the double.
func serviceHome(t testing.TB, credentials, config string, variables ...string) (Environment, *awsdouble.Double) {
	t.Helper()
	d := awsdouble.New(t, awsdouble.Keys{ID: fakeKeyID, Secret: fakeSecret})
	d.Given = []awsdouble.Keys{{ID: "ASIAFALSEKEYEXAMPLE1", Secret: fakeSecret + "1", Token: fakeToken}}
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

// signIn writes a token to the cache of SSO.
func signIn(t testing.TB, env Environment, key, token string, expires time.Time) {
	t.Helper()
	sum := sha1.Sum([]byte(key))
	text, err := json.Marshal(map[string]string{"accessToken": token, "expiresAt": expires.UTC().Format(time.RFC3339)})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(env.Home, ".aws", "sso", "cache", hex.EncodeToString(sum[:])+".json"), string(text))
}

// findWithShortLimits calls Find with time limits for services that do not
// respond.
func findWithShortLimits(ctx context.Context, env Environment, request Request) (Found, error) {
	s := &search{env: env, request: request, limits: shortLimits}
	return s.run(ctx)
}

// wantNoSecret fails when an error contains a secret in any format.
func wantNoSecret(t *testing.T, err error) {
	t.Helper()
	for _, format := range []string{"%v", "%+v", "%#v", "%q"} {
		if text := fmt.Sprintf(format, err) + Hint(err); strings.Contains(strings.ToUpper(text), "FALSESECRET") {
			t.Errorf("%s shows a secret: %s", format, text)
		}
	}
}

// silentFaults are the faults that end only at a time limit.
var silentFaults = map[string]bool{"no answer": true, "an endless response": true}

// connectionFaults are the faults whose error contains the address.
var connectionFaults = map[string]bool{"no answer": true, "a broken connection": true}

func TestServicesThatWork(t *testing.T) {
	t.Parallel()
	for name, source := range serviceSources {
		env, d := serviceHome(t, source.credentials, source.config, source.variables...)
		found, err := Find(t.Context(), env, source.request)
		if err != nil || found.Credentials.AccessKeyID != d.Given[0].ID {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
}

// TestFaultyServices combines every service with every fault. The error names
// the service, and never contains the response.
func TestFaultyServices(t *testing.T) {
	t.Parallel()
	for source, files := range serviceSources {
		for fault, respond := range awsdouble.Faults("FALSESECRET") {
			t.Run(source+"/"+fault, func(t *testing.T) {
				t.Parallel()
				env, d := serviceHome(t, files.credentials, files.config, files.variables...)
				d.Fault = func(w http.ResponseWriter, r *http.Request, _ string) bool { respond(w, r); return true }
				find := Find
				if silentFaults[fault] {
					find = findWithShortLimits
				}
				_, err := find(t.Context(), env, files.request)
				problem, ok := errors.AsType[*Error](err)
				if !ok {
					t.Fatalf("error %v", err)
				}
				text := problem.Error()
				if !strings.Contains(text, "AWS STS in eu-west-1") && !strings.Contains(text, "IAM Identity Center in eu-west-1") &&
					!strings.Contains(text, "the container's endpoint") && !strings.Contains(text, "IMDS") {
					t.Errorf("the error names no service: %s", text)
				}
				// On a busy machine, even the connection can exceed the short limit.
				address := strings.TrimPrefix(d.URL, "http://")
				if connectionFaults[fault] && !strings.Contains(text, ": calling "+address+": ") && !strings.Contains(text, ": connecting to "+address+": ") {
					t.Errorf("the error names no address: %s", text)
				}
				wantNoSecret(t, err)
			})
		}
	}
}

// TestFaultsAfterTheToken breaks the instance metadata service after it has
// returned a token. The error must name the service, and show no secret.
func TestFaultsAfterTheToken(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"MetadataRole", "MetadataKeys"} {
		for fault, respond := range awsdouble.Faults("FALSESECRET") {
			if call == "MetadataRole" && fault == "nothing" {
				continue // an empty response means an instance without a role
			}
			t.Run(call+"/"+fault, func(t *testing.T) {
				t.Parallel()
				env, d := serviceHome(t, "", "", serviceSources["an instance"].variables...)
				d.Fault = func(w http.ResponseWriter, r *http.Request, name string) bool {
					if name != call {
						return false
					}
					respond(w, r)
					return true
				}
				find := Find
				if silentFaults[fault] {
					// The token must arrive in time even on a busy machine.
					find = func(ctx context.Context, env Environment, request Request) (Found, error) {
						limited := shortLimits
						limited.metadata = time.Minute
						s := &search{env: env, request: request, limits: limited}
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

// Without a home directory, the cache of aws login must not be looked for in
// the working directory.
func TestLoginNeedsHome(t *testing.T) {
	t.Parallel()
	env := home(t, "", loginProfile)
	files := env.Home
	env.Home = ""
	lookup := env.Lookup
	env.Lookup = func(name string) (string, bool) {
		if name == "AWS_CONFIG_FILE" {
			return filepath.Join(files, ".aws", "config"), true
		}
		return lookup(name)
	}
	_, err := Find(t.Context(), env, Request{Profile: "dev"})
	if text := err.Error() + "; " + Hint(err); !strings.Contains(text, "the home directory is unknown, so the cached credentials cannot be found") || !strings.Contains(text, "set HOME") {
		t.Errorf("%s", text)
	}
}

// An sso_role_name of more than 64 characters is rejected, because the name of
// a role cannot be longer: IAM API Reference, "CreateRole".
func TestRoleNameTooLong(t *testing.T) {
	t.Parallel()
	for length, rejected := range map[int]bool{64: false, 65: true} {
		env, _ := serviceHome(t, "", strings.Replace(ssoProfile, "sso_role_name = Admin", "sso_role_name = "+strings.Repeat("a", length), 1))
		_, err := Find(t.Context(), env, Request{Profile: "dev"})
		if text := errorText(err, env); strings.Contains(text, "sso_role_name of profile") != rejected {
			t.Errorf("%d characters: %s", length, text)
		}
	}
}
