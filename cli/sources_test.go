// Tests of every source of credentials through the whole command, over HTTP
// with a double of the services; and that the SDK for Go and botocore find the
// same credentials where they look for themselves.

package cli

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"capaboot/credentials"
	"capaboot/internal/awsdouble"
)

const (
	userID     = "AKIAFALSEKEYEXAMPLE0"
	userSecret = "wJalrFALSESECRET/K7MDENG+bPxRfiCYEXAMPLE"
	roleARN    = "arn:aws:iam::123456789012:role/capa/bootstrap"
	device     = "arn:aws:iam::123456789012:mfa/ann"
)

// userKeys are a pair as it stands in a file.
const userKeys = "aws_access_key_id = " + userID + "\naws_secret_access_key = " + userSecret + "\n"

// desk is a machine with a home directory, from which the double is reached.
type desk struct {
	*awsdouble.Double
	home        string
	environment map[string]string
}

// newDesk returns a machine with these shared files. The double gives new keys
// at each call.
func newDesk(t *testing.T, credentialsFile, configFile string) *desk {
	t.Helper()
	d := &desk{Double: awsdouble.New(t, awsdouble.Keys{ID: userID, Secret: userSecret}), home: t.TempDir()}
	for range 4 {
		d.Given = append(d.Given, randomKeys())
	}
	if err := os.MkdirAll(filepath.Join(d.home, ".aws", "sso", "cache"), 0o700); err != nil {
		t.Fatal(err)
	}
	d.write(t, ".aws/credentials", credentialsFile)
	d.write(t, ".aws/config", configFile)
	d.environment = map[string]string{
		"AWS_ENDPOINT_URL_STS": d.URL, "AWS_ENDPOINT_URL_SSO": d.URL, "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "HOME": d.home,
	}
	return d
}

// randomKeys are temporary credentials of the characters that AWS issues.
func randomKeys() awsdouble.Keys {
	const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	text := func(alphabet string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[rand.IntN(len(alphabet))]
		}
		return string(b)
	}
	return awsdouble.Keys{ID: "ASIA" + text(base64[:26], 16), Secret: text(base64, 40), Token: text(base64, 100+rand.IntN(800)) + "=="}
}

func (d *desk) write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(d.home, name)
	if text != "" {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// encode runs encode-as-profile.
func (d *desk) encode(args ...string) (stdout, stderr string, code int) {
	var out, talk bytes.Buffer
	code = Run(context.Background(), Process{
		Args: append([]string{"capaboot", "bootstrap", "credentials", "encode-as-profile"}, args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &talk,
		Environment: credentials.Environment{Home: d.home, Lookup: func(name string) (string, bool) { value, ok := d.environment[name]; return value, ok }},
	})
	return out.String(), talk.String(), code
}

// encoded returns what the command encodes, as the SDK for Go reads it.
func (d *desk) encoded(t *testing.T, args ...string) (keys awsdouble.Keys, region, stderr string) {
	t.Helper()
	stdout, stderr, code := d.encode(append(args, "-o", "rawSharedConfig")...)
	if code != exitDone {
		t.Fatalf("%v: exit code %d: %s", args, code, stderr)
	}
	path := filepath.Join(t.TempDir(), "encoded")
	if err := os.WriteFile(path, []byte(stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.LoadSharedConfigProfile(t.Context(), "default", func(o *config.LoadSharedConfigOptions) {
		o.CredentialsFiles, o.ConfigFiles = []string{path}, []string{}
	})
	if err != nil {
		t.Fatal(err)
	}
	return awsdouble.Keys{ID: c.Credentials.AccessKeyID, Secret: c.Credentials.SecretAccessKey, Token: c.Credentials.SessionToken}, c.Region, stderr
}

// names are the calls that were made.
func (d *desk) names() []string {
	var names []string
	for _, call := range d.Calls() {
		names = append(names, call.Name)
	}
	return names
}

// signIn leaves the token of an SSO session in the cache.
func (d *desk) signIn(t *testing.T, key string, expires time.Time) {
	t.Helper()
	sum := sha1.Sum([]byte(key))
	text, _ := json.Marshal(map[string]any{"accessToken": d.SSOToken, "expiresAt": expires.UTC().Format(time.RFC3339), "region": "eu-west-1", "startUrl": "https://acme.awsapps.com/start"})
	d.write(t, ".aws/sso/cache/"+hex.EncodeToString(sum[:])+".json", string(text))
}

const ssoSession = `[profile dev]
sso_session = acme
sso_account_id = 123456789012
sso_role_name = Admin
[sso-session acme]
sso_start_url = https://acme.awsapps.com/start
sso_region = eu-west-1
`

// sources are the sources, each with what it needs.
var sources = []struct {
	name                string
	credentials, config string
	prepare             func(*testing.T, *desk)
	args                []string
	calls               []string // how many of Given are used is how many of these give
	given               int      // index of the keys that arrive; -1 for the user's
	alone               bool     // the SDKs have no such flag
}{
	{name: "the environment", given: -1, prepare: func(_ *testing.T, d *desk) {
		d.environment["AWS_ACCESS_KEY_ID"], d.environment["AWS_SECRET_ACCESS_KEY"] = userID, userSecret
	}},
	{name: "the environment, temporary", given: 0, prepare: func(_ *testing.T, d *desk) {
		d.environment["AWS_ACCESS_KEY_ID"], d.environment["AWS_SECRET_ACCESS_KEY"], d.environment["AWS_SESSION_TOKEN"] = d.Given[0].ID, d.Given[0].Secret, d.Given[0].Token
	}},
	{name: "a static profile", credentials: "[prod]\n" + userKeys, args: []string{"--profile", "prod"}, given: -1},
	{name: "a role", credentials: "[user]\n" + userKeys, config: "[profile dev]\nrole_arn = " + roleARN + "\nsource_profile = user\n",
		args: []string{"--profile", "dev"}, calls: []string{"AssumeRole"}},
	{name: "a chain of roles", credentials: "[user]\n" + userKeys,
		config: "[profile a]\nrole_arn = " + roleARN + "\nsource_profile = user\n[profile b]\nrole_arn = " + roleARN + "2\nsource_profile = a\n" +
			"[profile c]\nrole_arn = " + roleARN + "3\nsource_profile = b\nexternal_id = x:1\nduration_seconds = 900\nrole_session_name = me\n",
		args: []string{"--profile", "c"}, calls: []string{"AssumeRole", "AssumeRole", "AssumeRole"}, given: 2},
	{name: "a role of its own keys", credentials: "[dev]\n" + userKeys, config: "[profile dev]\nrole_arn = " + roleARN + "\nsource_profile = dev\n",
		args: []string{"--profile", "dev"}, calls: []string{"AssumeRole"}},
	{name: "a role of a profile with keys and a role", credentials: "[user]\n" + userKeys,
		config: "[profile user]\nrole_arn = " + roleARN + "2\nsource_profile = user\n[profile dev]\nrole_arn = " + roleARN + "\nsource_profile = user\n",
		args:   []string{"--profile", "dev"}, calls: []string{"AssumeRole"}},
	{name: "a role of the environment", config: "[profile dev]\nrole_arn = " + roleARN + "\ncredential_source = Environment\n",
		prepare: func(_ *testing.T, d *desk) {
			d.environment["AWS_ACCESS_KEY_ID"], d.environment["AWS_SECRET_ACCESS_KEY"] = userID, userSecret
		}, args: []string{"--profile", "dev"}, calls: []string{"AssumeRole"}},
	{name: "a role of the instance", config: "[profile dev]\nrole_arn = " + roleARN + "\ncredential_source = Ec2InstanceMetadata\n",
		prepare: metadata, args: []string{"--profile", "dev"}, calls: []string{"MetadataToken", "MetadataRole", "MetadataKeys", "AssumeRole"}, given: 1},
	{name: "a role of the container", config: "[profile dev]\nrole_arn = " + roleARN + "\ncredential_source = EcsContainer\n",
		prepare: podIdentity, args: []string{"--profile", "dev"}, calls: []string{"Container", "AssumeRole"}, given: 1},
	{name: "a role of SSO", config: ssoSession + "[profile deploy]\nrole_arn = " + roleARN + "\nsource_profile = dev\n",
		prepare: signedIn("acme"), args: []string{"--profile", "deploy"}, calls: []string{"GetRoleCredentials", "AssumeRole"}, given: 1},
	{name: "a role of a program", config: "[profile program]\ncredential_process = /bin/sh -c \"cat $HOME/printed\"\n[profile deploy]\nrole_arn = " + roleARN + "\nsource_profile = program\n",
		prepare: printed, args: []string{"--profile", "deploy"}, calls: []string{"AssumeRole"}},
	{name: "MFA", credentials: "[user]\n" + userKeys, config: "[profile dev]\nrole_arn = " + roleARN + "\nsource_profile = user\nmfa_serial = " + device + "\n",
		prepare: func(_ *testing.T, d *desk) { d.MFA = "123456" }, args: []string{"--profile", "dev", "--mfa-code", "123456"}, calls: []string{"AssumeRole"}, alone: true},
	{name: "--role-arn", credentials: "[default]\n" + userKeys, args: []string{"--role-arn", roleARN, "--external-id", "x:1", "--role-session-name", "me", "--duration", "30m"},
		calls: []string{"AssumeRole"}, alone: true},
	{name: "--session", credentials: "[default]\n" + userKeys, prepare: func(_ *testing.T, d *desk) { d.MFA = "654321" },
		args: []string{"--session", "--duration", "8h", "--mfa-serial", device, "--mfa-code", "654321"}, calls: []string{"GetSessionToken"}, alone: true},
	{name: "SSO", config: ssoSession, prepare: signedIn("acme"), args: []string{"--profile", "dev"}, calls: []string{"GetRoleCredentials"}},
	{name: "SSO without a session", prepare: signedIn("https://acme.awsapps.com/start"), args: []string{"--profile", "dev"}, calls: []string{"GetRoleCredentials"},
		config: "[profile dev]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = Admin\n"},
	{name: "a web identity of the environment", calls: []string{"AssumeRoleWithWebIdentity"}, prepare: func(t *testing.T, d *desk) {
		d.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = d.write(t, "token", "eyJhFALSE.eyJpFALSE.FALSESIGNATURE-_")
		d.environment["AWS_ROLE_ARN"], d.environment["AWS_ROLE_SESSION_NAME"] = roleARN, "job"
	}},
	{name: "a web identity of a profile", args: []string{"--profile", "irsa"}, calls: []string{"AssumeRoleWithWebIdentity"}, prepare: func(t *testing.T, d *desk) {
		path := d.write(t, "token", "eyJhFALSE.eyJpFALSE.FALSESIGNATURE-_")
		d.write(t, ".aws/config", "[profile irsa]\nrole_arn = "+roleARN+"\nweb_identity_token_file = "+path+"\n")
	}},
	{name: "a program", config: "[profile program]\ncredential_process = /bin/sh -c \"cat $HOME/printed\"\n", prepare: printed, args: []string{"--profile", "program"}, given: -1},
	{name: "a container", prepare: podIdentity, calls: []string{"Container"}},
	{name: "an instance", prepare: metadata, calls: []string{"MetadataToken", "MetadataRole", "MetadataKeys"}},
	{name: "an instance, beside a profile with a region", config: "[default]\nregion = eu-west-1\n", prepare: metadata, calls: []string{"MetadataToken", "MetadataRole", "MetadataKeys"}},
}

func metadata(_ *testing.T, d *desk) {
	d.Role = "nodes"
	d.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = d.URL
	delete(d.environment, "AWS_EC2_METADATA_DISABLED")
}

func podIdentity(t *testing.T, d *desk) {
	d.ContainerToken = "FALSETOKENOFTHEPOD"
	d.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = d.URL + "/container"
	d.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = d.write(t, "pod-token", d.ContainerToken)
}

func signedIn(key string) func(*testing.T, *desk) {
	return func(t *testing.T, d *desk) {
		d.SSOToken = "FALSETOKENOFTHESESSION"
		d.signIn(t, key, time.Now().Add(time.Hour))
	}
}

func printed(t *testing.T, d *desk) {
	path := d.write(t, "printed", fmt.Sprintf(`{"Version": 1, "AccessKeyId": %q, "SecretAccessKey": %q}`, userID, userSecret))
	text, err := os.ReadFile(filepath.Join(d.home, ".aws", "config"))
	if err != nil {
		t.Fatal(err)
	}
	d.write(t, ".aws/config", strings.ReplaceAll(string(text), "$HOME/printed", path))
}

func TestSources(t *testing.T) {
	t.Parallel()
	for _, source := range sources {
		t.Run(source.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, source.credentials, source.config)
			if source.prepare != nil {
				source.prepare(t, d)
			}
			want := awsdouble.Keys{ID: userID, Secret: userSecret}
			if source.given >= 0 {
				want = d.Given[source.given]
			}
			got, region, stderr := d.encoded(t, source.args...)
			if got != want || region != "eu-west-1" {
				t.Errorf("got %v in %s, want %v", got, region, want)
			}
			if !slices.Equal(d.names(), source.calls) {
				t.Errorf("calls %v, want %v", d.names(), source.calls)
			}
			wantNoSecret(t, d, stderr)
			if len(source.calls) > 0 && !strings.Contains(stderr, "the credentials expire at ") {
				t.Errorf("nobody says when they expire: %s", stderr)
			}
		})
	}
}

// wantNoSecret fails when a text shows a secret of the desk.
func wantNoSecret(t *testing.T, d *desk, text string) {
	t.Helper()
	secrets := []string{userSecret, "FALSETOKEN", "FALSESIGNATURE", "FALSESECRET"}
	for _, keys := range d.Given {
		secrets = append(secrets, keys.Secret, keys.Token, keys.ID)
	}
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("a secret is shown: %s", text)
		}
	}
}

// TestOthersFindTheSame runs botocore and the SDK for Go on the same files and
// variables: they find what the command does.
func TestOthersFindTheSame(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err == nil {
		err = exec.Command(python, "-c", "import botocore.session").Run()
	}
	withBotocore := err == nil
	if !withBotocore {
		t.Log("botocore is not compared: it is not installed for python3")
	}
	for _, source := range sources {
		if source.alone {
			continue
		}
		t.Run(source.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, source.credentials, source.config)
			if source.prepare != nil {
				source.prepare(t, d)
			}
			profile := ""
			if len(source.args) == 2 {
				profile = source.args[1]
			}
			// The first call gets the same keys, whoever makes it.
			d.Given = d.Given[:1]
			want, _, _ := d.encoded(t, source.args...)
			if withBotocore {
				if got := botocoreFinds(t, d, python, profile); got != want {
					t.Errorf("botocore finds %v, the command %v", got, want)
				}
			}
			if got := goFinds(t, d, profile); got != want {
				t.Errorf("the SDK for Go finds %v, the command %v", got, want)
			}
		})
	}
}

// child returns the environment of a process at the desk.
func (d *desk) child() []string {
	all := []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range d.environment {
		all = append(all, name+"="+value)
	}
	return all
}

func botocoreFinds(t *testing.T, d *desk, python, profile string) awsdouble.Keys {
	t.Helper()
	cmd := exec.Command(python, "-c", `import json, sys, botocore.session
s = botocore.session.Session(profile=sys.argv[1] or None)
c = s.get_credentials().get_frozen_credentials()
print(json.dumps({"ID": c.access_key, "Secret": c.secret_key, "Token": c.token or ""}))`, profile)
	return found(t, d, cmd)
}

// goFinds runs this test binary again, because the SDK reads the variables of
// the process.
func goFinds(t *testing.T, d *desk, profile string) awsdouble.Keys {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestSDKForGo$")
	d.environment["CAPABOOT_TEST_SDK"], d.environment["CAPABOOT_TEST_PROFILE"] = "yes", profile
	return found(t, d, cmd)
}

func found(t *testing.T, d *desk, cmd *exec.Cmd) awsdouble.Keys {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Env, cmd.Stderr = d.child(), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s %s", err, stderr.String(), out)
	}
	var keys awsdouble.Keys
	line, _, _ := strings.Cut(string(out), "\n")
	if err := json.Unmarshal([]byte(line), &keys); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return keys
}

// TestSDKForGo prints what the SDK finds, for goFinds.
func TestSDKForGo(t *testing.T) {
	if os.Getenv("CAPABOOT_TEST_SDK") == "" {
		t.Skip("skipped: this is a part of TestOthersFindTheSame, which runs it in a process of its own")
	}
	c, err := config.LoadDefaultConfig(t.Context(), config.WithSharedConfigProfile(os.Getenv("CAPABOOT_TEST_PROFILE")))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := c.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_ = json.NewEncoder(os.Stdout).Encode(awsdouble.Keys{ID: keys.AccessKeyID, Secret: keys.SecretAccessKey, Token: keys.SessionToken})
}

func TestWhatIsAskedOfSTS(t *testing.T) {
	t.Parallel()
	chain := "[profile a]\nrole_arn = " + roleARN + "\nsource_profile = user\n[profile b]\nrole_arn = " + roleARN + "2\nsource_profile = a\n" +
		"external_id = x:1\nduration_seconds = 900\nrole_session_name = me\n"
	d := newDesk(t, "[user]\n"+userKeys, chain)
	d.encoded(t, "--profile", "b")
	calls := d.Calls()
	if len(calls) != 2 || calls[0].Signer != userID || calls[1].Signer != d.Given[0].ID {
		t.Fatalf("calls %+v", calls)
	}
	for name, want := range map[string]string{"RoleArn": roleARN + "2", "ExternalId": "x:1", "DurationSeconds": "900", "RoleSessionName": "me", "SerialNumber": ""} {
		if got := calls[1].Form.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := calls[0].Form.Get("RoleSessionName"); !strings.HasPrefix(got, "capaboot-") {
		t.Errorf("RoleSessionName is %q", got)
	}

	d = newDesk(t, "[default]\n"+userKeys, "")
	d.MFA = "123456"
	d.encoded(t, "--role-arn", roleARN, "--external-id", "id", "--duration", "45m", "--mfa-serial", device, "--mfa-code", "123456", "--role-session-name", "job-7")
	d.encoded(t, "--session", "--duration", "36h")
	calls = d.Calls()
	for i, want := range []map[string]string{
		{"RoleArn": roleARN, "ExternalId": "id", "DurationSeconds": "2700", "SerialNumber": device, "TokenCode": "123456", "RoleSessionName": "job-7"},
		{"DurationSeconds": "129600", "SerialNumber": "", "TokenCode": ""},
	} {
		for name, want := range want {
			if got := calls[i].Form.Get(name); got != want {
				t.Errorf("%s of %s is %q, want %q", name, calls[i].Name, got, want)
			}
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "[default]\n"+userKeys, "")
	_, _, stderr := d.encoded(t, "--verify")
	wantText(t, stderr, "capaboot: the credentials are those of account 123456789012, arn:aws:iam::123456789012:user/ann\n")

	d.ARN = "arn:aws:iam::123456789012:root"
	stdout, stderr, code := d.encode("--verify")
	if code != exitFailed || stdout != "" {
		t.Errorf("keys of the root user: exit code %d, stdout %q", code, stdout)
	}
	wantText(t, stderr, "the keys of the account's root user", "pass --allow-root")
	d.encoded(t, "--verify", "--allow-root")

	d.ARN = "nobody"
	if _, stderr, code = d.encode("--verify"); code != exitFailed || !strings.Contains(stderr, "answered without an account and an ARN") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	d.write(t, ".aws/credentials", strings.ReplaceAll("[default]\n"+userKeys, userID, "AKIAUNKNOWN"))
	stdout, stderr, code = d.encode("--verify")
	if code != exitFailed || stdout != "" {
		t.Errorf("unknown keys: exit code %d, stdout %q", code, stdout)
	}
	wantText(t, stderr, "InvalidClientTokenId", "AWS does not know the access key ID")
	// Without --verify nobody is asked.
	before := len(d.Calls())
	d.encoded(t)
	if len(d.Calls()) != before {
		t.Error("a service was asked without need")
	}
}

func TestInspectVerifies(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "[default]\n"+userKeys, "")
	blob, _, _ := d.encode()
	inspect := func(args ...string) (string, string, int) {
		d.environment["AWS_B64ENCODED_CREDENTIALS"] = strings.TrimSpace(blob)
		return run(t, d.environment, nil, append([]string{"bootstrap", "credentials", "inspect", "--verify"}, args...)...)
	}
	stdout, stderr, code := inspect()
	if code != exitDone {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	wantText(t, stdout, "account:          123456789012\n", "identity:         arn:aws:iam::123456789012:user/ann\n", "usable by CAPA:   yes\n")
	d.ARN = "arn:aws:iam::123456789012:root"
	stdout, _, _ = inspect("-o", "json")
	wantText(t, stdout, `"root-user"`, `"arn": "arn:aws:iam::123456789012:root"`)

	d.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		awsdouble.Refuse(w, http.StatusForbidden, "InvalidClientTokenId", "FALSESECRET")
		return true
	}
	stdout, stderr, code = inspect()
	if code != exitFailed || strings.Contains(stdout+stderr, "FALSESECRET") {
		t.Errorf("exit code %d, %s %s", code, stdout, stderr)
	}
	wantText(t, stdout, "usable by CAPA:   no\n", "AWS does not know the access key ID")

	// Nobody said no: that is no finding, but no all-clear either.
	d.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		http.Error(w, "FALSESECRET", http.StatusNotFound)
		return true
	}
	stdout, stderr, code = inspect()
	if code != exitFailed || stdout != "" || strings.Contains(stderr, "FALSESECRET") {
		t.Errorf("exit code %d, %s %s", code, stdout, stderr)
	}
}

func TestTheRegionOfTheInstance(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", "")
	metadata(t, d)
	d.Region = "ap-south-1"
	delete(d.environment, "AWS_REGION")
	delete(d.environment, "AWS_DEFAULT_REGION")
	if _, region, _ := d.encoded(t); region != "ap-south-1" {
		t.Errorf("region %s", region)
	}
	d.Region = ""
	if _, region, stderr := d.encoded(t); region != "us-east-1" || !strings.Contains(stderr, "writing us-east-1") {
		t.Errorf("region %s, %s", region, stderr)
	}
}

func TestNoSourceAtAll(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", "")
	metadata(t, d)
	d.Role = ""
	stdout, stderr, code := d.encode()
	if code != exitFailed || stdout != "" {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
	wantText(t, stderr, "no AWS credentials; these sources were tried:", "the environment: AWS_ACCESS_KEY_ID is not set",
		`profile "default": there is none: `, "a web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set",
		"a container: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set",
		"the instance metadata service (IMDS): the instance has no role", "capaboot: hint: set AWS_ACCESS_KEY_ID")
}

func TestTheEndpointOfAProfile(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "[dev]\n"+userKeys, "")
	d.write(t, ".aws/config", "[profile dev]\nendpoint_url = "+d.URL+"\n")
	d.environment["AWS_ENDPOINT_URL_STS"] = ""
	d.encoded(t, "--profile", "dev", "--verify")
	d.encoded(t, "--profile", "dev", "--role-arn", roleARN)
	if !slices.Equal(d.names(), []string{"GetCallerIdentity", "AssumeRole"}) {
		t.Errorf("calls %v", d.names())
	}
}
