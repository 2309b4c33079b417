// Tests of every source of credentials through the whole command, over HTTP
// with a double of the services.

package cli

import (
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
	device     = "arn:aws:iam::123456789012:mfa/ann"
)

// userKeys are a pair as it stands in a file.
const userKeys = "aws_access_key_id = " + userID + "\naws_secret_access_key = " + userSecret + "\n"

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
	d.environment["AWS_METADATA_SERVICE_TIMEOUT"] = "60" // the machine may be busy
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
				t.Errorf("no one says when they expire: %s", stderr)
			}
		})
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
