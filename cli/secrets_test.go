// Tests of errors with recognizable secrets in files, variables, flags, output
// of programs, and responses of services. No output may show a secret, at any
// level of -v.

package cli

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"capaboot/credentials"
	"capaboot/internal/awsdouble"
)

// marker is a part of every secret in these tests.
const marker = "FALSESECRETMARK"

// markedKeys is the access key of the user that the double knows, as lines of a
// credentials file.
const markedKeys = "aws_access_key_id = " + userID + "\naws_secret_access_key = " + marker + "/K7MDENG+bPxRfiCY\n"

// verbosityLevels are the values of -v; "" leaves the flag out.
var verbosityLevels = []string{"", "0", "2", "9", "99"}

// failure is a command that fails.
type failure struct {
	name  string
	setUp func(t *testing.T, d *machine)
	args  []string

	command string // "" for encode-as-profile
	stdin   string
}

// markedMachine returns a machine whose double has marker in every secret.
func markedMachine(t *testing.T) *machine {
	d := newMachine(t, "", "")
	d.Double = awsdouble.New(t, awsdouble.Keys{ID: userID, Secret: marker + "/K7MDENG+bPxRfiCY"})
	d.environment["AWS_ENDPOINT_URL_STS"], d.environment["AWS_ENDPOINT_URL_SSO"] = d.URL, d.URL
	d.Given = []awsdouble.Keys{{ID: "ASIA" + marker[:12] + "0000", Secret: marker + "given", Token: marker + "token"}}
	d.SSOToken, d.ContainerToken = marker+"sso", marker+"pod"
	return d
}

// Each of the next functions returns a function that prepares a machine.

func inCredentials(text string) func(*testing.T, *machine) {
	return func(t *testing.T, d *machine) { d.write(t, ".aws/credentials", text) }
}

func inConfig(text string) func(*testing.T, *machine) {
	return func(t *testing.T, d *machine) { d.write(t, ".aws/config", text) }
}

func inEnvironment(variables ...string) func(*testing.T, *machine) {
	return func(t *testing.T, d *machine) {
		for _, v := range variables {
			name, value, _ := strings.Cut(v, "=")
			d.environment[name] = strings.NewReplacer("$URL", d.URL, "$HOME", d.home).Replace(value)
		}
	}
}

func inFile(name, text string) func(*testing.T, *machine) {
	return func(t *testing.T, d *machine) { d.write(t, name, text) }
}

func combine(parts ...func(*testing.T, *machine)) func(*testing.T, *machine) {
	return func(t *testing.T, d *machine) {
		for _, part := range parts {
			part(t, d)
		}
	}
}

func refuse(code, message string) func(*testing.T, *machine) {
	return func(_ *testing.T, d *machine) {
		d.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			awsdouble.Refuse(w, http.StatusForbidden, code, message)
			return true
		}
	}
}

const (
	legacySSO  = "[default]\nsso_start_url = https://acme\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = Admin\n"
	roleOfUser = "[default]\nrole_arn = " + roleARN + "\nsource_profile = user\n"
)

// failures returns the cases of TestNoFailureShowsASecret.
func failures() []failure {
	user := inEnvironment("AWS_ACCESS_KEY_ID="+userID, "AWS_SECRET_ACCESS_KEY="+marker+"/K7MDENG+bPxRfiCY")
	role := combine(inCredentials("[user]\n"+markedKeys), inConfig(roleOfUser))
	program := func(script string) func(*testing.T, *machine) {
		return inConfig("[default]\ncredential_process = sh -c '" + script + "'\n")
	}
	web := func(token string) func(*testing.T, *machine) {
		return combine(inFile("token", token), inEnvironment("AWS_ROLE_ARN="+roleARN, "AWS_WEB_IDENTITY_TOKEN_FILE=$HOME/token"))
	}
	commands := []failure{
		// Variables.
		{name: "half a key pair", setUp: inEnvironment("AWS_SECRET_ACCESS_KEY=" + marker)},
		{name: "the other half of a key pair", setUp: inEnvironment("AWS_ACCESS_KEY_ID=" + marker)},
		{name: "a secret as key ID", setUp: inEnvironment("AWS_ACCESS_KEY_ID="+marker+"/x", "AWS_SECRET_ACCESS_KEY="+marker)},
		{name: "a line break in a variable", setUp: inEnvironment("AWS_ACCESS_KEY_ID="+userID, "AWS_SECRET_ACCESS_KEY="+marker+"\n"+marker)},
		{name: "two tokens", setUp: combine(user, inEnvironment("AWS_SESSION_TOKEN="+marker, "AWS_SECURITY_TOKEN="+marker+"2"))},
		{name: "an invalid time", setUp: combine(user, inEnvironment("AWS_SESSION_TOKEN="+marker, "AWS_CREDENTIAL_EXPIRATION="+marker))},
		{name: "expired variables", setUp: combine(user, inEnvironment("AWS_SESSION_TOKEN="+marker, "AWS_CREDENTIAL_EXPIRATION=2001-01-01T00:00:00Z"))},
		{name: "a temporary key without its token", setUp: inEnvironment("AWS_ACCESS_KEY_ID=ASIA"+marker, "AWS_SECRET_ACCESS_KEY="+marker)},
		{name: "no expiry, with --min-ttl", setUp: combine(user, inEnvironment("AWS_SESSION_TOKEN="+marker)), args: []string{"--min-ttl", "1h"}},
		{name: "a secret as the region", setUp: combine(user, inEnvironment("AWS_REGION="+marker+"/x")), args: nil},
		{name: "a secret as the profile of a variable", setUp: inEnvironment("AWS_PROFILE=wJalr" + marker + "/K7MDENG+bPxRfiCYEXA")},
		{name: "a secret as the path of a file", setUp: inEnvironment("AWS_SHARED_CREDENTIALS_FILE=$" + marker)},

		// Files.
		{name: "an invalid line", setUp: inCredentials("[default]\n" + marker + "\n" + markedKeys)},
		{name: "a header that is not closed", setUp: inCredentials("[" + marker + "\n" + markedKeys)},
		{name: "text behind a header", setUp: inCredentials("[default] " + marker + "\n" + markedKeys)},
		{name: "keys before a section", setUp: inCredentials(markedKeys)},
		{name: "a key twice", setUp: inCredentials("[default]\n" + markedKeys + markedKeys)},
		{name: "a secret as a key, twice", setUp: inCredentials("[default]\n" + marker + " = x\n" + marker + " = x\n")},
		{name: "a value without a key", setUp: inCredentials("[default]\n= " + marker + "\n")},
		{name: "an indented secret", setUp: inCredentials("[default]\naws_access_key_id = " + userID + "\n  aws_secret_access_key = " + marker + "\n")},
		{name: "a secret with a continuation line", setUp: inCredentials("[default]\n" + markedKeys + "  " + marker + "\n")},
		{name: "a secret with a comment", setUp: inCredentials("[default]\n" + strings.TrimSpace(markedKeys) + " # " + marker + "\n")},
		{name: "a secret in quotes", setUp: inCredentials("[default]\naws_access_key_id = " + userID + "\naws_secret_access_key = \"" + marker + "\"\n")},
		{name: "a secret with a bracket", setUp: inCredentials("[default]\naws_access_key_id = " + userID + "\naws_secret_access_key = " + marker + "]\n")},
		{name: "a secret outside ASCII", setUp: inCredentials("[default]\naws_access_key_id = " + userID + "\naws_secret_access_key = " + marker + "é\n")},
		{name: "half a key pair in a file", setUp: inCredentials("[default]\naws_secret_access_key = " + marker + "\n")},
		{name: "an empty half of a key pair in a file", setUp: inCredentials("[default]\naws_access_key_id =\naws_secret_access_key = " + marker + "\n")},
		{name: "two tokens in a file", setUp: inCredentials("[default]\n" + markedKeys + "aws_session_token = " + marker + "\naws_security_token = " + marker + "2\n")},
		{name: "a binary file", setUp: inCredentials("[default]\n" + markedKeys + "\x00")},
		{name: "a file in UTF-16", setUp: inCredentials("\xff\xfe" + marker)},
		{name: "a file that is not UTF-8", setUp: inCredentials("[default]\n" + markedKeys + marker + "\xff = x\n")},
		{name: "a large file", setUp: inCredentials(strings.Repeat(marker+"\n", 100_000))},
		{name: "a secret as the region of a file", setUp: combine(inCredentials("[default]\n"+markedKeys+"region = "+marker+"/\n"), inEnvironment("AWS_REGION=", "AWS_DEFAULT_REGION="))},
		{name: "no such profile", setUp: inCredentials("[user]\n" + markedKeys), args: []string{"--profile", "usr"}},
		{name: "aws login", setUp: inConfig("[default]\nlogin_session = " + marker + "\n")},

		// Roles.
		{name: "a cycle", setUp: inConfig("[default]\nexternal_id = " + marker + "\nrole_arn = " + roleARN + "\nsource_profile = a\n[profile a]\nrole_arn = " + roleARN + "\nsource_profile = default\n")},
		{name: "source_profile and credential_source", setUp: inConfig(roleOfUser + "credential_source = Environment\nexternal_id = " + marker + "\n")},
		{name: "a secret as the source", setUp: inConfig("[default]\nrole_arn = " + roleARN + "\ncredential_source = " + marker + "\n")},
		{name: "a secret in the ARN", setUp: combine(role, inConfig("[default]\nrole_arn = arn:aws:iam::1:role/"+marker+"\nsource_profile = user\n"))},
		{name: "a secret as the external ID", setUp: combine(role, inConfig(roleOfUser+"external_id = "+marker+"!\n"))},
		{name: "a secret as the session's name", setUp: combine(role, inConfig(roleOfUser+"role_session_name = "+marker+"!\n"))},
		{name: "a secret as the device", setUp: combine(role, inConfig(roleOfUser+"mfa_serial = "+marker+"!\n"))},
		{name: "a secret as the duration", setUp: combine(role, inConfig(roleOfUser+"duration_seconds = "+marker+"\n"))},
		{name: "a secret as the endpoint", setUp: combine(role, inConfig(roleOfUser+"endpoint_url = https://u:"+marker+"@h\n"), inEnvironment("AWS_ENDPOINT_URL_STS="))},
		{name: "a secret in the endpoint of a variable", setUp: combine(role, inEnvironment("AWS_ENDPOINT_URL_STS=https://u:"+marker+"@h"))},
		{name: "invalid certificates", setUp: combine(role, inFile("pem", marker), inEnvironment("AWS_CA_BUNDLE=$HOME/pem"))},
		{name: "MFA without a terminal", setUp: combine(role, inConfig(roleOfUser+"mfa_serial = "+mfaDevice+"\n"))},
		{name: "a wrong MFA code", setUp: combine(role, inConfig(roleOfUser+"mfa_serial = "+mfaDevice+"\n"), func(_ *testing.T, d *machine) { d.MFA = "654321" }), args: []string{"--mfa-code", "123456"}},

		// Flags.
		{name: "--role-arn", setUp: user, args: []string{"--role-arn", "arn:aws:iam::123456789012:role/" + marker + " x"}},
		{name: "--external-id", setUp: user, args: []string{"--role-arn", roleARN, "--external-id", marker + "!"}},
		{name: "--mfa-code", setUp: user, args: []string{"--session", "--mfa-serial", mfaDevice, "--mfa-code", marker}},
		{name: "--mfa-serial", setUp: user, args: []string{"--session", "--mfa-serial", marker + "!"}},
		{name: "--session of temporary keys", setUp: combine(user, inEnvironment("AWS_SESSION_TOKEN="+marker)), args: []string{"--session"}},
		{name: "--min-ttl", setUp: user, args: []string{"--session", "--min-ttl", "2h"}},
		{name: "--duration", setUp: user, args: []string{"--session", "--duration", marker}},
		{name: "a secret as --min-ttl", setUp: user, args: []string{"--min-ttl", marker}},
		{name: "--min-ttl that is negative", setUp: user, args: []string{"--min-ttl", "-1h"}},
		{name: "--duration of nothing", setUp: user, args: []string{"--session", "--duration", "0"}},
		{name: "--name", setUp: user, args: []string{"-o", "static-identity"}},
		{name: "--namespace", setUp: user, args: []string{"-o", "secret", "--namespace", "No Namespace"}},
		{name: "--allowed-namespaces", setUp: user, args: []string{"-o", "static-identity", "--name", "x", "--allowed-namespaces", "a in"}},
		{name: "--shell", setUp: user, args: []string{"-o", "env", "--shell", "csh"}},
		{name: "--output-file that is a folder", setUp: user, args: []string{"--output-file", "."}},
		{name: "--output-file in no folder", setUp: user, args: []string{"--output-file", "/nowhere/x"}},
		{name: "--output-file that is a device", setUp: user, args: []string{"--output-file", "/dev/full"}},
		{name: "GITHUB_ENV is not set", setUp: user, args: []string{"-o", "github-actions"}},
		{name: "GITHUB_ENV is missing", setUp: combine(user, inEnvironment("GITHUB_ENV=/nowhere/x")), args: []string{"-o", "github-actions"}},
		{name: "--verify of the root user", setUp: combine(user, func(_ *testing.T, d *machine) { d.ARN = "arn:aws:iam::123456789012:root" }), args: []string{"--verify"}},
		{name: "--verify, and a secret in the response", setUp: combine(user, func(_ *testing.T, d *machine) { d.ARN = marker }), args: []string{"--verify"}},
		{name: "--verify of a wrong secret", setUp: combine(user, inEnvironment("AWS_SECRET_ACCESS_KEY="+marker+"wrong")), args: []string{"--verify"}},
		{name: "--verify of an unknown key", setUp: inEnvironment("AWS_ACCESS_KEY_ID=AKIA"+marker, "AWS_SECRET_ACCESS_KEY="+marker), args: []string{"--verify"}},

		// Web identities, SSO.
		{name: "a web identity that is a document", setUp: web("{" + marker + "}")},
		{name: "a web identity with a line break", setUp: web(marker + "\n" + marker)},
		{name: "a web identity without a role", setUp: combine(web(marker), inEnvironment("AWS_ROLE_ARN="))},
		{name: "a web identity that is refused", setUp: combine(web(marker), refuse("InvalidIdentityToken", marker))},
		{name: "garbage in the cache of SSO", setUp: combine(inConfig(legacySSO), func(t *testing.T, d *machine) {
			d.signIn(t, "https://acme", time.Now())
			caches, _ := filepath.Glob(filepath.Join(d.home, ".aws/sso/cache/*"))
			_ = os.WriteFile(caches[0], []byte(marker), 0o600)
		})},
		{name: "an expired token of SSO", setUp: combine(inConfig(legacySSO), func(t *testing.T, d *machine) { d.signIn(t, "https://acme", time.Unix(0, 0)) })},
		{name: "a revoked token of SSO", setUp: combine(inConfig(legacySSO), func(t *testing.T, d *machine) {
			d.signIn(t, "https://acme", time.Now().Add(time.Hour))
			d.SSOToken = "another"
		})},
		{name: "an SSO token that is not a valid header value", setUp: combine(inConfig(legacySSO), func(t *testing.T, d *machine) {
			d.SSOToken = marker + "\r\nX: y"
			d.signIn(t, "https://acme", time.Now().Add(time.Hour))
		})},
		{name: "a secret as the account of SSO", setUp: inConfig(strings.Replace(legacySSO, "123456789012", marker, 1))},

		// Programs.
		{name: "a program that prints secrets and fails", setUp: program("echo " + marker + "; echo " + marker + " >&2; exit 1")},
		{name: "a program that is killed", setUp: program("echo " + marker + " >&2; kill -9 $$")},
		{name: "a program that prints something else", setUp: program("echo " + marker)},
		{name: "a program that prints half of the JSON", setUp: program("echo {\\\"Version\\\":1,\\\"SecretAccessKey\\\":\\\"" + marker)},
		{name: "a program that prints another type", setUp: program(`echo "{\"Version\":\"` + marker + `\"}"`)},
		{name: "a program that prints an invalid time", setUp: program(`echo "{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"` + marker + `\",\"Expiration\":\"` + marker + `\"}"`)},
		{name: "a program that prints without end", setUp: program("yes " + marker + " | head -c 200000")},
		{name: "a program that does not exist, with a secret as an argument", setUp: inConfig("[default]\ncredential_process = /nowhere/x --key " + marker + "\n")},
		{name: "a program whose quote is not closed", setUp: inConfig("[default]\ncredential_process = x \"" + marker + "\n")},

		// Containers and instances.
		{name: "a secret as the URL of the container", setUp: inEnvironment("AWS_CONTAINER_CREDENTIALS_FULL_URI=http://" + marker + ".example/" + marker)},
		{name: "a secret in the URL of the container", setUp: inEnvironment("AWS_CONTAINER_CREDENTIALS_FULL_URI=ftp://u:" + marker + "@127.0.0.1/")},
		{name: "a secret as the path of the container", setUp: inEnvironment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=" + marker)},
		{name: "a token of the container with a line break", setUp: inEnvironment("AWS_CONTAINER_CREDENTIALS_FULL_URI=$URL/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN="+marker+"\n")},
		{name: "another token of the container", setUp: inEnvironment("AWS_CONTAINER_CREDENTIALS_FULL_URI=$URL/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN="+marker+"2")},
		{name: "a secret as the URL of the instance", setUp: inEnvironment("AWS_EC2_METADATA_DISABLED=", "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://u:"+marker+"@h")},

		// The other commands.
		{name: "inspect nothing", command: "inspect", setUp: user},
		{name: "inspect a blob as an argument", command: "inspect", setUp: user, args: []string{marker}},
		{name: "inspect with --show-secrets, and no terminal", command: "inspect", setUp: inEnvironment("AWS_B64ENCODED_CREDENTIALS=" + marker), args: []string{"--show-secrets"}},
	}
	for name, blob := range map[string]string{
		"no base64": marker + "!", "a profile": "[default]\n" + markedKeys, "garbage": base64Of(marker), "a line that is not a setting": base64Of("[default]\n" + marker + "\n"),
		"half a key pair": base64Of("[default]\naws_secret_access_key = " + marker + "\n"), "twice": base64Of(base64Of("[default]\n" + markedKeys)),
		"a secret as key ID":   base64Of("[default]\naws_access_key_id = " + marker + "/\naws_secret_access_key = x\n"),
		"a secret as the role": base64Of("[default]\nrole_arn = arn:aws:iam::123456789012:role/wJalr" + marker + "/K7MDENG+bPxRfiCYEX\ncredential_source = Environment\nregion = eu-west-1\n"),
		"a manifest":           "kind: Secret\nstringData: {credentials: " + marker + "}\n", "a broken manifest": "kind: Secret\ndata: {credentials: " + marker + "!}\n",
		"an identity": "kind: Secret\nstringData: {AccessKeyID: " + userID + ", SecretAccessKey: \"" + marker + "\\n\"}\n", "broken YAML": "kind: Secret\n  " + marker + ": : [\n",
	} {
		commands = append(commands, failure{name: "inspect " + name, command: "inspect", args: []string{"-"}, stdin: blob},
			failure{name: "inspect JSON of " + name, command: "inspect", args: []string{"-", "-o", "json"}, stdin: blob})
	}
	failing := map[string]func(*testing.T, *machine){
		"STS":       role,
		"a session": combine(user),
		"SSO":       combine(inConfig(legacySSO), func(t *testing.T, d *machine) { d.signIn(t, "https://acme", time.Now().Add(time.Hour)) }),
		"container": inEnvironment("AWS_CONTAINER_CREDENTIALS_FULL_URI=$URL/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN="+marker+"pod"),
		"instance":  combine(inEnvironment("AWS_EC2_METADATA_DISABLED=", "AWS_EC2_METADATA_SERVICE_ENDPOINT=$URL"), func(_ *testing.T, d *machine) { d.Role = "nodes" }),
		"web":       web(marker),
	}
	for service, setUp := range failing {
		for name, fault := range awsdouble.Faults(marker) {
			if name == "no answer" || name == "an endless response" {
				continue // credentials/services_test.go tests these two, with short timeouts
			}
			b := failure{name: service + " answers with " + name, setUp: combine(setUp, func(_ *testing.T, d *machine) {
				d.Fault = func(w http.ResponseWriter, r *http.Request, call string) bool {
					if call == "MetadataToken" {
						return false
					}
					fault(w, r)
					return true
				}
			})}
			if service == "a session" {
				b.args = []string{"--session"}
			}
			commands = append(commands, b)
		}
		for _, code := range []string{"AccessDenied", "ExpiredToken", "SignatureDoesNotMatch", "ValidationError", "NewCodeOfAWS"} {
			if service == "STS" {
				commands = append(commands, failure{name: "STS answers " + code, setUp: combine(setUp, refuse(code, marker))})
			}
		}
	}
	return commands
}

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// TestNoFailureShowsASecret runs every failing command, most of them at every
// level of -v. No output may contain a secret.
func TestNoFailureShowsASecret(t *testing.T) {
	t.Parallel()
	var names []string
	for _, b := range failures() {
		if slices.Contains(names, b.name) {
			t.Fatalf("two cases have the name %s", b.name)
		}
		names = append(names, b.name)
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			d := markedMachine(t)
			if b.setUp != nil {
				b.setUp(t, d)
			}
			levels := verbosityLevels
			if strings.Contains(b.name, "answers with") {
				levels = []string{"99"} // one level only: three attempts take long
			}
			for _, level := range levels {
				args := []string{"capaboot", "bootstrap", "credentials", "encode-as-profile"}
				if b.command != "" {
					args[3] = b.command
				}
				args = append(args, b.args...)
				if level != "" {
					args = append(args, "-v", level)
				}
				var stdout, stderr bytes.Buffer
				code := Run(t.Context(), Process{Args: args, Stdin: strings.NewReader(b.stdin), Stdout: &stdout, Stderr: &stderr,
					Environment: credentials.Environment{Home: d.home, Lookup: func(name string) (string, bool) { value, ok := d.environment[name]; return value, ok }}})
				if code != exitFailed && code != exitUsage || !strings.Contains(stderr.String(), "capaboot: error: ") {
					t.Errorf("-v %s: exit code %d, stderr:\n%s", level, code, stderr.String())
				}
				if stdout.Len() > 0 && b.command != "inspect" {
					t.Errorf("-v %s: a failed run prints %d bytes", level, stdout.Len())
				}
				if form := formOfMarker(stdout.String() + stderr.String()); form != "" {
					t.Errorf("-v %s: a secret is shown (%s):\n%s%s", level, form, stdout.String(), stderr.String())
				}
			}
		})
	}
}

// formOfMarker returns the form in which the text contains the marker; "" when
// it does not.
func formOfMarker(text string) string {
	forms := map[string]string{"as plain text": marker, "hexadecimal": fmt.Sprintf("%x", marker), "its beginning": marker[:11], "its end": marker[len(marker)-8:]}
	for i := range 3 { // base64 of the marker after 0, 1 and 2 other bytes
		forms[fmt.Sprintf("base64, %d", i)] = base64Of(strings.Repeat(" ", i) + marker)[4 : len(marker)/3*4-4]
	}
	for form, part := range forms {
		if strings.Contains(strings.ToUpper(text), strings.ToUpper(part)) {
			return form
		}
	}
	return ""
}

// TestFormOfMarker checks that formOfMarker finds every form.
// TestNoFailureShowsASecret depends on it.
func TestFormOfMarker(t *testing.T) {
	for _, text := range []string{"x" + marker + "y", strings.ToLower(marker), base64Of("[default]\nx = " + marker), base64Of("[default]\nxy = " + marker),
		base64Of("[default]\nxyz = " + marker), fmt.Sprintf("%x", "a"+marker), marker[:12]} {
		if formOfMarker(text) == "" {
			t.Errorf("the marker in %q is not found", text)
		}
	}
	if form := formOfMarker("capaboot: error: no AWS credentials"); form != "" {
		t.Error(form)
	}
}

// TestAResultThatCannotBeWrittenShowsNoSecret writes each form to a full disk.
// Each command must fail with an error that names the cause and has no secret.
func TestAResultThatCannotBeWrittenShowsNoSecret(t *testing.T) {
	t.Parallel()
	d := markedMachine(t)
	d.write(t, ".aws/credentials", "[default]\n"+markedKeys)
	d.environment["GITHUB_ENV"] = d.write(t, "github-env", "A=1\n")
	for _, form := range credentials.Forms() {
		args := []string{"capaboot", "bootstrap", "credentials", "encode-as-profile", "-o", form, "-v", "99"}
		if form := credentials.Form(form); form == credentials.StaticIdentityForm || form == credentials.OperatorSecretForm {
			args = append(args, "--name", "x")
		}
		var stderr bytes.Buffer
		code := Run(t.Context(), Process{Args: args,
			Stdin: strings.NewReader(""), Stdout: fullDisk{}, Stderr: &stderr,
			Environment: credentials.Environment{Home: d.home, Lookup: func(name string) (string, bool) { value, ok := d.environment[name]; return value, ok }}})
		if code != exitFailed || !strings.Contains(stderr.String(), "no space left") || formOfMarker(stderr.String()) != "" {
			t.Errorf("%s: exit code %d, %s", form, code, stderr.String())
		}
	}
	// The file of GITHUB_ENV is unchanged, because the secrets could not be
	// masked.
	if text, _ := os.ReadFile(d.environment["GITHUB_ENV"]); string(text) != "A=1\n" {
		t.Error("the variable was set although the secrets are not masked")
	}
}
