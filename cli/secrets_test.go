// Every error path with recognisable secrets in every place: files, variables,
// flags, what programs print, and what services answer. None of them may be
// shown, whatever -v says.

package cli

import (
	"bytes"
	"encoding/base64"
	"errors"
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

// marker is in every secret of these tests.
const marker = "FALSESECRETMARK"

// markedKeys are a pair, of the user that the double knows.
const markedKeys = "aws_access_key_id = " + userID + "\naws_secret_access_key = " + marker + "/K7MDENG+bPxRfiCY\n"

// levels are those of -v; "" leaves the flag out.
var levels = []string{"", "0", "2", "9", "99"}

// broken is a command that fails.
type broken struct {
	name  string
	setUp func(t *testing.T, d *desk)
	args  []string

	command string // "encode-as-profile" unless it is set
	stdin   string
}

func markedDesk(t *testing.T) *desk {
	d := newDesk(t, "", "")
	d.Double = awsdouble.New(t, awsdouble.Keys{ID: userID, Secret: marker + "/K7MDENG+bPxRfiCY"})
	d.environment["AWS_ENDPOINT_URL_STS"], d.environment["AWS_ENDPOINT_URL_SSO"] = d.URL, d.URL
	d.Given = []awsdouble.Keys{{ID: "ASIA" + marker[:12] + "0000", Secret: marker + "given", Token: marker + "token"}}
	d.SSOToken, d.ContainerToken = marker+"sso", marker+"pod"
	return d
}

// Parts of set-ups.
func inCredentials(text string) func(*testing.T, *desk) {
	return func(t *testing.T, d *desk) { d.write(t, ".aws/credentials", text) }
}

func inConfig(text string) func(*testing.T, *desk) {
	return func(t *testing.T, d *desk) { d.write(t, ".aws/config", text) }
}

func inEnvironment(variables ...string) func(*testing.T, *desk) {
	return func(t *testing.T, d *desk) {
		for _, v := range variables {
			name, value, _ := strings.Cut(v, "=")
			d.environment[name] = strings.NewReplacer("$URL", d.URL, "$HOME", d.home).Replace(value)
		}
	}
}

func inFile(name, text string) func(*testing.T, *desk) {
	return func(t *testing.T, d *desk) { d.write(t, name, text) }
}

func all(parts ...func(*testing.T, *desk)) func(*testing.T, *desk) {
	return func(t *testing.T, d *desk) {
		for _, part := range parts {
			part(t, d)
		}
	}
}

func refusing(code, message string) func(*testing.T, *desk) {
	return func(_ *testing.T, d *desk) {
		d.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			awsdouble.Refuse(w, http.StatusForbidden, code, message)
			return true
		}
	}
}

const (
	legacySSO = "[default]\nsso_start_url = https://acme\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = Admin\n"
	ofUser    = "[default]\nrole_arn = " + roleARN + "\nsource_profile = user\n"
)

func brokenCommands() []broken {
	user := inEnvironment("AWS_ACCESS_KEY_ID="+userID, "AWS_SECRET_ACCESS_KEY="+marker+"/K7MDENG+bPxRfiCY")
	role := all(inCredentials("[user]\n"+markedKeys), inConfig(ofUser))
	program := func(script string) func(*testing.T, *desk) {
		return inConfig("[default]\ncredential_process = sh -c '" + script + "'\n")
	}
	web := func(token string) func(*testing.T, *desk) {
		return all(inFile("token", token), inEnvironment("AWS_ROLE_ARN="+roleARN, "AWS_WEB_IDENTITY_TOKEN_FILE=$HOME/token"))
	}
	commands := []broken{
		// Variables.
		{name: "half a pair", setUp: inEnvironment("AWS_SECRET_ACCESS_KEY=" + marker)},
		{name: "the other half", setUp: inEnvironment("AWS_ACCESS_KEY_ID=" + marker)},
		{name: "a secret as key ID", setUp: inEnvironment("AWS_ACCESS_KEY_ID="+marker+"/x", "AWS_SECRET_ACCESS_KEY="+marker)},
		{name: "a line break in a variable", setUp: inEnvironment("AWS_ACCESS_KEY_ID="+userID, "AWS_SECRET_ACCESS_KEY="+marker+"\n"+marker)},
		{name: "two tokens", setUp: all(user, inEnvironment("AWS_SESSION_TOKEN="+marker, "AWS_SECURITY_TOKEN="+marker+"2"))},
		{name: "a time that is none", setUp: all(user, inEnvironment("AWS_SESSION_TOKEN="+marker, "AWS_CREDENTIAL_EXPIRATION="+marker))},
		{name: "expired variables", setUp: all(user, inEnvironment("AWS_SESSION_TOKEN="+marker, "AWS_CREDENTIAL_EXPIRATION=2001-01-01T00:00:00Z"))},
		{name: "a temporary key without its token", setUp: inEnvironment("AWS_ACCESS_KEY_ID=ASIA"+marker, "AWS_SECRET_ACCESS_KEY="+marker)},
		{name: "no expiry, and one is asked for", setUp: all(user, inEnvironment("AWS_SESSION_TOKEN="+marker)), args: []string{"--min-ttl", "1h"}},
		{name: "a secret as the region", setUp: all(user, inEnvironment("AWS_REGION="+marker+"/x")), args: nil},
		{name: "a secret as the profile of a variable", setUp: inEnvironment("AWS_PROFILE=wJalr" + marker + "/K7MDENG+bPxRfiCYEXA")},
		{name: "a secret as the path of a file", setUp: inEnvironment("AWS_SHARED_CREDENTIALS_FILE=$" + marker)},

		// Files.
		{name: "a line that is none", setUp: inCredentials("[default]\n" + marker + "\n" + markedKeys)},
		{name: "a header that is not closed", setUp: inCredentials("[" + marker + "\n" + markedKeys)},
		{name: "text behind a header", setUp: inCredentials("[default] " + marker + "\n" + markedKeys)},
		{name: "keys before a section", setUp: inCredentials(markedKeys)},
		{name: "a key twice", setUp: inCredentials("[default]\n" + markedKeys + markedKeys)},
		{name: "a secret as a key, twice", setUp: inCredentials("[default]\n" + marker + " = x\n" + marker + " = x\n")},
		{name: "a value without a key", setUp: inCredentials("[default]\n= " + marker + "\n")},
		{name: "an indented secret", setUp: inCredentials("[default]\naws_access_key_id = " + userID + "\n  aws_secret_access_key = " + marker + "\n")},
		{name: "a secret that goes on", setUp: inCredentials("[default]\n" + markedKeys + "  " + marker + "\n")},
		{name: "a secret with a comment", setUp: inCredentials("[default]\n" + strings.TrimSpace(markedKeys) + " # " + marker + "\n")},
		{name: "a secret in quotes", setUp: inCredentials("[default]\naws_access_key_id = " + userID + "\naws_secret_access_key = \"" + marker + "\"\n")},
		{name: "a secret with a bracket", setUp: inCredentials("[default]\naws_access_key_id = " + userID + "\naws_secret_access_key = " + marker + "]\n")},
		{name: "a secret outside ASCII", setUp: inCredentials("[default]\naws_access_key_id = " + userID + "\naws_secret_access_key = " + marker + "é\n")},
		{name: "half a pair in a file", setUp: inCredentials("[default]\naws_secret_access_key = " + marker + "\n")},
		{name: "an empty half in a file", setUp: inCredentials("[default]\naws_access_key_id =\naws_secret_access_key = " + marker + "\n")},
		{name: "two tokens in a file", setUp: inCredentials("[default]\n" + markedKeys + "aws_session_token = " + marker + "\naws_security_token = " + marker + "2\n")},
		{name: "a binary file", setUp: inCredentials("[default]\n" + markedKeys + "\x00")},
		{name: "a file in UTF-16", setUp: inCredentials("\xff\xfe" + marker)},
		{name: "a file that is not UTF-8", setUp: inCredentials("[default]\n" + markedKeys + marker + "\xff = x\n")},
		{name: "a large file", setUp: inCredentials(strings.Repeat(marker+"\n", 100_000))},
		{name: "a secret as the region of a file", setUp: all(inCredentials("[default]\n"+markedKeys+"region = "+marker+"/\n"), inEnvironment("AWS_REGION=", "AWS_DEFAULT_REGION="))},
		{name: "no such profile", setUp: inCredentials("[user]\n" + markedKeys), args: []string{"--profile", "usr"}},
		{name: "aws login", setUp: inConfig("[default]\nlogin_session = " + marker + "\n")},

		// Roles.
		{name: "a cycle", setUp: inConfig("[default]\nexternal_id = " + marker + "\nrole_arn = " + roleARN + "\nsource_profile = a\n[profile a]\nrole_arn = " + roleARN + "\nsource_profile = default\n")},
		{name: "both sources", setUp: inConfig(ofUser + "credential_source = Environment\nexternal_id = " + marker + "\n")},
		{name: "a secret as the source", setUp: inConfig("[default]\nrole_arn = " + roleARN + "\ncredential_source = " + marker + "\n")},
		{name: "a secret in the ARN", setUp: all(role, inConfig("[default]\nrole_arn = arn:aws:iam::1:role/"+marker+"\nsource_profile = user\n"))},
		{name: "a secret as the external ID", setUp: all(role, inConfig(ofUser+"external_id = "+marker+"!\n"))},
		{name: "a secret as the session's name", setUp: all(role, inConfig(ofUser+"role_session_name = "+marker+"!\n"))},
		{name: "a secret as the device", setUp: all(role, inConfig(ofUser+"mfa_serial = "+marker+"!\n"))},
		{name: "a secret as the duration", setUp: all(role, inConfig(ofUser+"duration_seconds = "+marker+"\n"))},
		{name: "a secret as the endpoint", setUp: all(role, inConfig(ofUser+"endpoint_url = https://u:"+marker+"@h\n"), inEnvironment("AWS_ENDPOINT_URL_STS="))},
		{name: "a secret in the endpoint of a variable", setUp: all(role, inEnvironment("AWS_ENDPOINT_URL_STS=https://u:"+marker+"@h"))},
		{name: "certificates that are none", setUp: all(role, inFile("pem", marker), inEnvironment("AWS_CA_BUNDLE=$HOME/pem"))},
		{name: "MFA without a terminal", setUp: all(role, inConfig(ofUser+"mfa_serial = "+device+"\n"))},
		{name: "a wrong MFA code", setUp: all(role, inConfig(ofUser+"mfa_serial = "+device+"\n"), func(_ *testing.T, d *desk) { d.MFA = "654321" }), args: []string{"--mfa-code", "123456"}},

		// Flags.
		{name: "--role-arn", setUp: user, args: []string{"--role-arn", "arn:aws:iam::123456789012:role/" + marker + " x"}},
		{name: "--external-id", setUp: user, args: []string{"--role-arn", roleARN, "--external-id", marker + "!"}},
		{name: "--mfa-code", setUp: user, args: []string{"--session", "--mfa-serial", device, "--mfa-code", marker}},
		{name: "--mfa-serial", setUp: user, args: []string{"--session", "--mfa-serial", marker + "!"}},
		{name: "--session of temporary keys", setUp: all(user, inEnvironment("AWS_SESSION_TOKEN="+marker)), args: []string{"--session"}},
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
		{name: "GITHUB_ENV is missing", setUp: all(user, inEnvironment("GITHUB_ENV=/nowhere/x")), args: []string{"-o", "github-actions"}},
		{name: "--verify of the root user", setUp: all(user, func(_ *testing.T, d *desk) { d.ARN = "arn:aws:iam::123456789012:root" }), args: []string{"--verify"}},
		{name: "--verify, and a secret for an answer", setUp: all(user, func(_ *testing.T, d *desk) { d.ARN = marker }), args: []string{"--verify"}},
		{name: "--verify of a wrong secret", setUp: all(user, inEnvironment("AWS_SECRET_ACCESS_KEY="+marker+"wrong")), args: []string{"--verify"}},
		{name: "--verify of an unknown key", setUp: inEnvironment("AWS_ACCESS_KEY_ID=AKIA"+marker, "AWS_SECRET_ACCESS_KEY="+marker), args: []string{"--verify"}},

		// Web identities, SSO.
		{name: "a web identity that is a document", setUp: web("{" + marker + "}")},
		{name: "a web identity with a line break", setUp: web(marker + "\n" + marker)},
		{name: "a web identity without a role", setUp: all(web(marker), inEnvironment("AWS_ROLE_ARN="))},
		{name: "a web identity that is refused", setUp: all(web(marker), refusing("InvalidIdentityToken", marker))},
		{name: "garbage in the cache of SSO", setUp: all(inConfig(legacySSO), func(t *testing.T, d *desk) {
			d.signIn(t, "https://acme", time.Now())
			caches, _ := filepath.Glob(filepath.Join(d.home, ".aws/sso/cache/*"))
			_ = os.WriteFile(caches[0], []byte(marker), 0o600)
		})},
		{name: "an expired token of SSO", setUp: all(inConfig(legacySSO), func(t *testing.T, d *desk) { d.signIn(t, "https://acme", time.Unix(0, 0)) })},
		{name: "a revoked token of SSO", setUp: all(inConfig(legacySSO), func(t *testing.T, d *desk) {
			d.signIn(t, "https://acme", time.Now().Add(time.Hour))
			d.SSOToken = "another"
		})},
		{name: "a token of SSO that no header takes", setUp: all(inConfig(legacySSO), func(t *testing.T, d *desk) {
			d.SSOToken = marker + "\r\nX: y"
			d.signIn(t, "https://acme", time.Now().Add(time.Hour))
		})},
		{name: "a secret as the account of SSO", setUp: inConfig(strings.Replace(legacySSO, "123456789012", marker, 1))},

		// Programs.
		{name: "a program that says secrets and fails", setUp: program("echo " + marker + "; echo " + marker + " >&2; exit 1")},
		{name: "a program that is killed", setUp: program("echo " + marker + " >&2; kill -9 $$")},
		{name: "a program that prints something else", setUp: program("echo " + marker)},
		{name: "a program that prints half of it", setUp: program("echo {\\\"Version\\\":1,\\\"SecretAccessKey\\\":\\\"" + marker)},
		{name: "a program that prints another type", setUp: program(`echo "{\"Version\":\"` + marker + `\"}"`)},
		{name: "a program that prints a time that is none", setUp: program(`echo "{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"` + marker + `\",\"Expiration\":\"` + marker + `\"}"`)},
		{name: "a program that prints no end", setUp: program("yes " + marker + " | head -c 200000")},
		{name: "a program with a secret for an argument, that does not exist", setUp: inConfig("[default]\ncredential_process = /nowhere/x --key " + marker + "\n")},
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
		"no base64": marker + "!", "a profile": "[default]\n" + markedKeys, "garbage": encoded64(marker), "a line that is none": encoded64("[default]\n" + marker + "\n"),
		"half a pair": encoded64("[default]\naws_secret_access_key = " + marker + "\n"), "twice": encoded64(encoded64("[default]\n" + markedKeys)),
		"a secret as key ID": encoded64("[default]\naws_access_key_id = " + marker + "/\naws_secret_access_key = x\n"),
		"a manifest":         "kind: Secret\nstringData: {credentials: " + marker + "}\n", "a broken manifest": "kind: Secret\ndata: {credentials: " + marker + "!}\n",
		"an identity": "kind: Secret\nstringData: {AccessKeyID: " + userID + ", SecretAccessKey: \"" + marker + "\\n\"}\n", "broken YAML": "kind: Secret\n  " + marker + ": : [\n",
	} {
		commands = append(commands, broken{name: "inspect " + name, command: "inspect", args: []string{"-"}, stdin: blob},
			broken{name: "inspect JSON of " + name, command: "inspect", args: []string{"-", "-o", "json"}, stdin: blob})
	}
	at := map[string]func(*testing.T, *desk){
		"STS":       role,
		"a session": all(user),
		"SSO":       all(inConfig(legacySSO), func(t *testing.T, d *desk) { d.signIn(t, "https://acme", time.Now().Add(time.Hour)) }),
		"container": inEnvironment("AWS_CONTAINER_CREDENTIALS_FULL_URI=$URL/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN="+marker+"pod"),
		"instance":  all(inEnvironment("AWS_EC2_METADATA_DISABLED=", "AWS_EC2_METADATA_SERVICE_ENDPOINT=$URL"), func(_ *testing.T, d *desk) { d.Role = "nodes" }),
		"web":       web(marker),
	}
	for service, setUp := range at {
		for name, fault := range awsdouble.Faults(marker) {
			if name == "no answer" || name == "an endless response" {
				continue // credentials/services_test.go has them, with short limits
			}
			b := broken{name: service + " answers with " + name, setUp: all(setUp, func(_ *testing.T, d *desk) {
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
				commands = append(commands, broken{name: "STS answers " + code, setUp: all(setUp, refusing(code, marker))})
			}
		}
	}
	return commands
}

func encoded64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// TestNoFailureShowsASecret runs every command that fails at every -v.
func TestNoFailureShowsASecret(t *testing.T) {
	t.Parallel()
	var names []string
	for _, b := range brokenCommands() {
		if slices.Contains(names, b.name) {
			t.Fatalf("%s is there twice", b.name)
		}
		names = append(names, b.name)
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			d := markedDesk(t)
			if b.setUp != nil {
				b.setUp(t, d)
			}
			some := levels
			if strings.Contains(b.name, "answers with") {
				some = []string{"99"} // three attempts take their time
			}
			for _, level := range some {
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
				if shown := showsMarker(stdout.String() + stderr.String()); shown != "" {
					t.Errorf("-v %s: a secret is shown (%s):\n%s%s", level, shown, stdout.String(), stderr.String())
				}
			}
		})
	}
}

// showsMarker says in which form a text has the marker, "" when it has it not.
func showsMarker(text string) string {
	forms := map[string]string{"as plain text": marker, "hexadecimal": fmt.Sprintf("%x", marker), "its beginning": marker[:11], "its end": marker[len(marker)-8:]}
	for i := range 3 { // base64 of it, wherever it is in a text
		forms[fmt.Sprintf("base64, %d", i)] = encoded64(strings.Repeat(" ", i) + marker)[4 : len(marker)/3*4-4]
	}
	for form, part := range forms {
		if strings.Contains(strings.ToUpper(text), strings.ToUpper(part)) {
			return form
		}
	}
	return ""
}

// TestShowsMarker: the test above is worth what this one is.
func TestShowsMarker(t *testing.T) {
	for _, text := range []string{"x" + marker + "y", strings.ToLower(marker), encoded64("[default]\nx = " + marker), encoded64("[default]\nxy = " + marker),
		encoded64("[default]\nxyz = " + marker), fmt.Sprintf("%x", "a"+marker), marker[:12]} {
		if showsMarker(text) == "" {
			t.Errorf("%q is not seen", text)
		}
	}
	if form := showsMarker("capaboot: error: no AWS credentials"); form != "" {
		t.Error(form)
	}
}

// TestAResultThatCannotBeWrittenShowsNoSecret: stdout is full, or closed.
func TestAResultThatCannotBeWrittenShowsNoSecret(t *testing.T) {
	t.Parallel()
	d := markedDesk(t)
	d.write(t, ".aws/credentials", "[default]\n"+markedKeys)
	d.environment["GITHUB_ENV"] = d.write(t, "github-env", "A=1\n")
	for _, form := range credentials.Forms() {
		args := []string{"capaboot", "bootstrap", "credentials", "encode-as-profile", "-o", form, "-v", "99"}
		if form := credentials.Form(form); form == credentials.StaticIdentityForm || form == credentials.OperatorSecretForm {
			args = append(args, "--name", "x")
		}
		var stderr bytes.Buffer
		code := Run(t.Context(), Process{Args: args,
			Stdin: strings.NewReader(""), Stdout: failing{}, Stderr: &stderr,
			Environment: credentials.Environment{Home: d.home, Lookup: func(name string) (string, bool) { value, ok := d.environment[name]; return value, ok }}})
		if code != exitFailed || !strings.Contains(stderr.String(), "no space left") || showsMarker(stderr.String()) != "" {
			t.Errorf("%s: exit code %d, %s", form, code, stderr.String())
		}
	}
	// Nothing went into the environment that was not masked first.
	if text, _ := os.ReadFile(d.environment["GITHUB_ENV"]); string(text) != "A=1\n" {
		t.Error("the variable was set although the secrets are not masked")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
