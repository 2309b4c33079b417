// Tests of every source of credentials with the whole command, over HTTP with a
// double of the services.

package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"capaboot/internal/awsdouble"
)

const (
	userID     = "AKIAFALSEKEYEXAMPLE0"
	userSecret = "wJalrFALSESECRET/K7MDENG+bPxRfiCYEXAMPLE"
	roleARN    = "arn:aws:iam::123456789012:role/capa/bootstrap"
	mfaDevice  = "arn:aws:iam::123456789012:mfa/ann"
)

// userKeys is the user's access key as lines of a credentials file.
const userKeys = "aws_access_key_id = " + userID + "\naws_secret_access_key = " + userSecret + "\n"

const ssoSession = `[profile dev]
sso_session = acme
sso_account_id = 123456789012
sso_role_name = Admin
[sso-session acme]
sso_start_url = https://acme.awsapps.com/start
sso_region = eu-west-1
`

// sources lists the sources of credentials, each with the files and variables
// that it needs.
var sources = []struct {
	name                string
	credentials, config string
	prepare             func(*testing.T, *machine)
	args                []string
	calls               []string // the expected calls of the services
	given               int      // index in Given of the expected keys; -1 for the user's keys
	alone               bool     // not compared with the SDKs, which have no such flag
	needsCRT            bool     // botocore needs the package awscrt
	notGo               string   // why the SDK for Go (config v1.33) is not compared; "" when it is
}{
	{name: "the environment", given: -1, prepare: func(_ *testing.T, d *machine) {
		d.environment["AWS_ACCESS_KEY_ID"], d.environment["AWS_SECRET_ACCESS_KEY"] = userID, userSecret
	}},
	{name: "the environment, temporary", given: 0, prepare: func(_ *testing.T, d *machine) {
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
		prepare: func(_ *testing.T, d *machine) {
			d.environment["AWS_ACCESS_KEY_ID"], d.environment["AWS_SECRET_ACCESS_KEY"] = userID, userSecret
		}, args: []string{"--profile", "dev"}, calls: []string{"AssumeRole"}},
	{name: "a role of the instance", config: "[profile dev]\nrole_arn = " + roleARN + "\ncredential_source = Ec2InstanceMetadata\n",
		prepare: instanceMetadata, args: []string{"--profile", "dev"}, calls: []string{"MetadataToken", "MetadataRole", "MetadataKeys", "AssumeRole"}, given: 1},
	{name: "a role of the container", config: "[profile dev]\nrole_arn = " + roleARN + "\ncredential_source = EcsContainer\n",
		prepare: podIdentity, args: []string{"--profile", "dev"}, calls: []string{"Container", "AssumeRole"}, given: 1},
	{name: "a role of SSO", config: ssoSession + "[profile deploy]\nrole_arn = " + roleARN + "\nsource_profile = dev\n",
		prepare: signedIn("acme"), args: []string{"--profile", "deploy"}, calls: []string{"GetRoleCredentials", "AssumeRole"}, given: 1},
	{name: "a role of a program", config: "[profile program]\ncredential_process = /bin/sh -c \"cat $HOME/printed\"\n[profile deploy]\nrole_arn = " + roleARN + "\nsource_profile = program\n",
		prepare: programOutput, args: []string{"--profile", "deploy"}, calls: []string{"AssumeRole"}},
	{name: "MFA", credentials: "[user]\n" + userKeys, config: "[profile dev]\nrole_arn = " + roleARN + "\nsource_profile = user\nmfa_serial = " + mfaDevice + "\n",
		prepare: func(_ *testing.T, d *machine) { d.MFA = "123456" }, args: []string{"--profile", "dev", "--mfa-code", "123456"}, calls: []string{"AssumeRole"}, alone: true},
	{name: "--role-arn", credentials: "[default]\n" + userKeys, args: []string{"--role-arn", roleARN, "--external-id", "x:1", "--role-session-name", "me", "--duration", "30m"},
		calls: []string{"AssumeRole"}, alone: true},
	{name: "--session", credentials: "[default]\n" + userKeys, prepare: func(_ *testing.T, d *machine) { d.MFA = "654321" },
		args: []string{"--session", "--duration", "8h", "--mfa-serial", mfaDevice, "--mfa-code", "654321"}, calls: []string{"GetSessionToken"}, alone: true},
	{name: "SSO", config: ssoSession, prepare: signedIn("acme"), args: []string{"--profile", "dev"}, calls: []string{"GetRoleCredentials"}},
	{name: "SSO without a session", prepare: signedIn("https://acme.awsapps.com/start"), args: []string{"--profile", "dev"}, calls: []string{"GetRoleCredentials"},
		config: "[profile dev]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = Admin\n"},
	{name: "SSO, whose token has expired", config: ssoSession, prepare: expiredSSO, args: []string{"--profile", "dev"}, calls: []string{"CreateToken", "GetRoleCredentials"}},
	{name: "aws login, whose session has expired", config: "[profile dev]\nlogin_session = " + loginSession + "\n", prepare: expiredLogin, args: []string{"--profile", "dev"},
		calls: []string{"CreateOAuth2Token"}, needsCRT: true},
	{name: "a role of aws login", config: "[profile dev]\nlogin_session = " + loginSession + "\n[profile deploy]\nrole_arn = " + roleARN + "\nsource_profile = dev\n",
		prepare: expiredLogin, args: []string{"--profile", "deploy"}, calls: []string{"CreateOAuth2Token", "AssumeRole"}, given: 1, needsCRT: true,
		notGo: "it does not accept a profile of aws login as source_profile: SharedConfig.hasCredentials"},
	{name: "a services section", credentials: "[user]\n" + userKeys, prepare: endpoints("services = local\n[services local]\nsts =\n  endpoint_url = %s\n"),
		args: []string{"--profile", "dev"}, calls: []string{"AssumeRole"}},
	{name: "an endpoint of the profile", credentials: "[user]\n" + userKeys, prepare: endpoints("endpoint_url = %s\n"), args: []string{"--profile", "dev"}, calls: []string{"AssumeRole"},
		notGo: "it ignores the endpoint and calls AWS: resolveCredentials comes before resolveBaseEndpoint in defaultAWSConfigResolvers"},
	{name: "a services section before an endpoint of the profile", credentials: "[user]\n" + userKeys,
		prepare: endpoints("endpoint_url = http://127.0.0.1:9\nservices = local\n[services local]\nsts =\n  endpoint_url = %s\n"), args: []string{"--profile", "dev"}, calls: []string{"AssumeRole"}},
	{name: "a web identity of the environment", calls: []string{"AssumeRoleWithWebIdentity"}, prepare: func(t *testing.T, d *machine) {
		d.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = d.write(t, "token", "eyJhFALSE.eyJpFALSE.FALSESIGNATURE-_")
		d.environment["AWS_ROLE_ARN"], d.environment["AWS_ROLE_SESSION_NAME"] = roleARN, "job"
	}},
	{name: "a web identity of a profile", args: []string{"--profile", "irsa"}, calls: []string{"AssumeRoleWithWebIdentity"}, prepare: func(t *testing.T, d *machine) {
		path := d.write(t, "token", "eyJhFALSE.eyJpFALSE.FALSESIGNATURE-_")
		d.write(t, ".aws/config", "[profile irsa]\nrole_arn = "+roleARN+"\nweb_identity_token_file = "+path+"\n")
	}},
	{name: "a program", config: "[profile program]\ncredential_process = /bin/sh -c \"cat $HOME/printed\"\n", prepare: programOutput, args: []string{"--profile", "program"}, given: -1},
	{name: "a container", prepare: podIdentity, calls: []string{"Container"}},
	{name: "an instance", prepare: instanceMetadata, calls: []string{"MetadataToken", "MetadataRole", "MetadataKeys"}},
	{name: "an instance, next to a profile with a region", config: "[default]\nregion = eu-west-1\n", prepare: instanceMetadata, calls: []string{"MetadataToken", "MetadataRole", "MetadataKeys"}},
}

const loginSession = "arn:aws:iam::123456789012:user/ann"

// expiredSSO writes the cache that aws sso login wrote yesterday.
func expiredSSO(t *testing.T, d *machine) {
	d.SSOToken, d.RefreshToken = "FALSETOKENOFTHESESSION", "FALSESECRETrefresh"
	d.environment["AWS_ENDPOINT_URL_SSO_OIDC"] = d.URL
	sum := sha1.Sum([]byte("acme"))
	d.writeJSON(t, ".aws/sso/cache/"+hex.EncodeToString(sum[:])+".json", map[string]any{
		"startUrl": "https://acme.awsapps.com/start", "region": "eu-west-1", "accessToken": "FALSETOKENOFYESTERDAY", "expiresAt": yesterday(),
		"clientId": "FALSECLIENT", "clientSecret": "FALSESECRETclient", "registrationExpiresAt": "2099-01-01T00:00:00Z", "refreshToken": d.RefreshToken,
	})
}

// expiredLogin writes the cache that aws login wrote yesterday.
func expiredLogin(t *testing.T, d *machine) {
	d.RefreshToken = "FALSESECRETrefresh"
	d.environment["AWS_ENDPOINT_URL_SIGNIN"] = d.URL
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(loginSession))
	d.writeJSON(t, ".aws/login/cache/"+hex.EncodeToString(sum[:])+".json", map[string]any{
		"accessToken": map[string]any{"accessKeyId": "ASIAFALSEKEYEXAMPLE5", "secretAccessKey": userSecret, "sessionToken": "FALSETOKENOFYESTERDAY",
			"accountId": "123456789012", "expiresAt": yesterday()},
		"tokenType": "aws_sigv4", "clientId": "arn:aws:signin:::devtools/same-device", "refreshToken": d.RefreshToken, "idToken": "FALSETOKENOFANN",
		"dpopKey": string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})),
	})
}

func yesterday() string { return time.Now().Add(-24 * time.Hour).UTC().Format(time.RFC3339) }

// endpoints returns a function that writes a profile with a role and these
// settings, in which %s is the URL of the double. The function also removes the
// URL for STS from the environment.
func endpoints(settings string) func(*testing.T, *machine) {
	return func(t *testing.T, d *machine) {
		delete(d.environment, "AWS_ENDPOINT_URL_STS")
		d.write(t, ".aws/config", "[profile dev]\nrole_arn = "+roleARN+"\nsource_profile = user\n"+fmt.Sprintf(settings, d.URL))
	}
}

func instanceMetadata(_ *testing.T, d *machine) {
	d.Role = "nodes"
	d.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = d.URL
	d.environment["AWS_METADATA_SERVICE_TIMEOUT"] = "60" // the machine may be slow
	delete(d.environment, "AWS_EC2_METADATA_DISABLED")
}

func podIdentity(t *testing.T, d *machine) {
	d.ContainerToken = "FALSETOKENOFTHEPOD"
	d.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = d.URL + "/container"
	d.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = d.write(t, "pod-token", d.ContainerToken)
}

func signedIn(key string) func(*testing.T, *machine) {
	return func(t *testing.T, d *machine) {
		d.SSOToken = "FALSETOKENOFTHESESSION"
		d.signIn(t, key, time.Now().Add(time.Hour))
	}
}

func programOutput(t *testing.T, d *machine) {
	path := d.write(t, "printed", fmt.Sprintf(`{"Version": 1, "AccessKeyId": %q, "SecretAccessKey": %q}`, userID, userSecret))
	text, err := os.ReadFile(filepath.Join(d.home, ".aws", "config"))
	if err != nil {
		t.Fatal(err)
	}
	d.write(t, ".aws/config", strings.ReplaceAll(string(text), "$HOME/printed", path))
}

func TestEncodeFromEverySource(t *testing.T) {
	t.Parallel()
	for _, source := range sources {
		t.Run(source.name, func(t *testing.T) {
			t.Parallel()
			d := newMachine(t, source.credentials, source.config)
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
			if !slices.Equal(d.callNames(), source.calls) {
				t.Errorf("calls %v, want %v", d.callNames(), source.calls)
			}
			wantNoSecret(t, d, stderr)
			if len(source.calls) > 0 && !strings.Contains(stderr, "the credentials expire at ") {
				t.Errorf("the expiry is not reported: %s", stderr)
			}
		})
	}
}

func TestTheRegionOfTheInstance(t *testing.T) {
	t.Parallel()
	d := newMachine(t, "", "")
	instanceMetadata(t, d)
	d.Region = "ap-south-1"
	delete(d.environment, "AWS_REGION")
	delete(d.environment, "AWS_DEFAULT_REGION")
	if _, region, _ := d.encoded(t); region != "ap-south-1" {
		t.Errorf("region %s", region)
	}
	d.Region = ""
	if _, region, stderr := d.encoded(t); region != "us-east-1" || !strings.Contains(stderr, "writing region us-east-1") {
		t.Errorf("region %s, %s", region, stderr)
	}
}

func TestNoCredentialsFound(t *testing.T) {
	t.Parallel()
	d := newMachine(t, "", "")
	instanceMetadata(t, d)
	d.Role = ""
	stdout, stderr, code := d.encode()
	if code != exitFailed || stdout != "" {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
	wantText(t, stderr, "no AWS credentials; these sources were tried:", "the environment: AWS_ACCESS_KEY_ID is not set",
		`profile "default": not found: `, "a web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set",
		"a container: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set",
		"the instance metadata service (IMDS): the instance has no role", "capaboot: hint: set AWS_ACCESS_KEY_ID")
}

func TestTheEndpointOfAProfile(t *testing.T) {
	t.Parallel()
	d := newMachine(t, "[dev]\n"+userKeys, "")
	d.write(t, ".aws/config", "[profile dev]\nendpoint_url = "+d.URL+"\n")
	d.environment["AWS_ENDPOINT_URL_STS"] = ""
	d.encoded(t, "--profile", "dev", "--verify")
	d.encoded(t, "--profile", "dev", "--role-arn", roleARN)
	if !slices.Equal(d.callNames(), []string{"GetCallerIdentity", "AssumeRole"}) {
		t.Errorf("calls %v", d.callNames())
	}
}
