// Tests of the errors about credentials and their hints: both use the names of
// flags.

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"capaboot/credentials"
	"capaboot/internal/terminal"
)

func TestCredentialHints(t *testing.T) {
	const (
		keys   = "aws_access_key_id = AKIAFALSEKEYEXAMPLE0\naws_secret_access_key = FALSESECRET\n"
		role   = "arn:aws:iam::123456789012:role/x"
		device = "arn:aws:iam::123456789012:mfa/ann"
		mfa    = "[profile mfa]\nrole_arn = " + role + "\nsource_profile = user\nmfa_serial = " + device + "\n"
	)
	for _, test := range []struct {
		name, credentials, config string
		environment               map[string]string
		args                      string
		kind                      credentials.Kind
		error, hint               string
	}{
		{name: "no profiles", kind: credentials.KindNoProfiles, error: "no AWS credentials; these sources were tried:",
			hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or create a profile with `aws configure` or `aws configure sso` and choose it with --profile"},
		{name: "other profiles", credentials: "[b]\n" + keys + "[a]\n" + keys, kind: credentials.KindNoCredentials, error: "no AWS credentials; these sources were tried:",
			hint: `set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or choose a profile with --profile: "a", "b"`},
		{name: "a profile without keys next to others", credentials: "[prod]\n" + keys, config: "[default]\nregion = eu-west-1\n[profile sso]\nsso_session = x\n", kind: credentials.KindProfileWithoutKeys,
			error: "no AWS credentials; these sources were tried:", hint: `choose another profile with --profile: "prod", "sso"; or add aws_access_key_id and aws_secret_access_key to the profile in {file}, or set role_arn, sso_session or credential_process in the profile`},
		{name: "two variables", environment: map[string]string{"AWS_PROFILE": "a", "AWS_DEFAULT_PROFILE": "b"}, kind: credentials.KindProfilesDiffer,
			error: "AWS_PROFILE and AWS_DEFAULT_PROFILE name different profiles: some tools read one, some the other", hint: "unset AWS_PROFILE or AWS_DEFAULT_PROFILE, or use --profile"},
		{name: "aws login", config: "[profile dev]\nlogin_session = " + role + "\n", args: "--profile dev",
			error: `signing in with aws login for profile "dev": the session has no cached credentials: `, hint: "sign in: aws login --profile dev"},
		{name: "no such profile", args: "--profile dev", error: `profile "dev", which --profile names, does not exist: `,
			hint: "create the profile with `aws configure --profile dev`, or leave --profile out"},
		{name: "no role", args: "--external-id abc", kind: credentials.KindNoRole, error: "--external-id and --role-session-name work with a role only",
			hint: "name the role with --role-arn"},
		{name: "neither role nor session", args: "--duration 1h", kind: credentials.KindNoExchange, error: "--duration works with --role-arn, --session or a web identity only",
			hint: "name a role with --role-arn, or request a session token with --session; for the role of a profile, set duration_seconds and mfa_serial in the profile"},
		{name: "role and session", args: "--session --role-arn " + role, error: "--role-arn and --session cannot be combined: both exchange the credentials", hint: "use only one of them"},
		{name: "a session without a device", args: "--session --mfa-code 123456", kind: credentials.KindNoDevice,
			error: "--mfa-code needs an MFA device, but none is set for --session", hint: "name the device with --mfa-serial"},
		{name: "too short", args: "--session --duration 1m", error: "invalid value for --duration: want a duration from 15m to 36h, in whole seconds"},
		{name: "no ARN", args: "--role-arn x", error: "invalid value for --role-arn: want the ARN of a role, such as arn:aws:iam::123456789012:role/name"},
		{name: "no ID", args: "--role-arn " + role + " --external-id x", error: "invalid value for --external-id: want 2 to 1224 letters, digits and _+=,.@:/-"},
		{name: "no session name", args: "--role-arn " + role + " --role-session-name x", error: "invalid value for --role-session-name: want 2 to 64 letters, digits and _+=,.@-"},
		{name: "no device", args: "--session --mfa-serial x", error: "invalid value for --mfa-serial: want the serial number or ARN of an MFA device, such as arn:aws:iam::123456789012:mfa/name"},
		{name: "no code", args: "--mfa-code x", error: "invalid value for --mfa-code: want six digits", hint: "pass the code that the device shows"},
		{name: "no region", credentials: "[default]\n" + keys, args: "--region us_east_1", error: `invalid value "us_east_1" for --region: it is not the name of a region, did you mean "us-east-1"?`},
		{name: "not a region", credentials: "[default]\n" + keys, args: "--region mars", error: `invalid value "mars" for --region: want the name of a region such as eu-west-1`},
		{name: "a code that nothing needs", credentials: "[default]\n" + keys, args: "--mfa-code 123456", kind: credentials.KindCodeNotNeeded,
			error: `--mfa-code is set, but the credentials from profile "default" in `, hint: "leave --mfa-code out, or name the device: with mfa_serial in the profile or, if the command has this flag, with --mfa-serial"},
		{name: "no terminal", credentials: "[user]\n" + keys, config: mfa, args: "--profile mfa", kind: credentials.KindNoTerminal,
			error: "role " + role + " needs a code of MFA device " + device + ", but no terminal is available to prompt for it", hint: "pass the code with --mfa-code"},
		{name: "a session of a session", credentials: "[default]\n" + strings.Replace(keys, "AKIA", "ASIA", 1) + "aws_session_token = FALSETOKEN\n", args: "--session", kind: credentials.KindSessionOfSession,
			error: "--session exchanges long-lived keys, but the credentials from profile \"default\" in ", hint: "leave --session out"},
		{name: "a session of long-lived keys with a token", credentials: "[default]\n" + keys + "aws_session_token = FALSETOKEN\n", args: "--session",
			error: "--session exchanges long-lived keys, but the session token from profile \"default\" in ", hint: "copy each key again"},
		{name: "an identity without a name", credentials: "[default]\n" + keys, args: "-o static-identity",
			error: "missing --name: want the name of the static identity"},
		{name: "an operator's Secret without a name", credentials: "[default]\n" + keys, args: "-o operator-secret",
			error: "missing --name: want the name of the Secret of Cluster API Operator"},
		{name: "no certificates", credentials: "[default]\n" + keys, args: "--verify", environment: map[string]string{"AWS_CA_BUNDLE": "/nonexistent"},
			error: "reading the certificates of AWS_CA_BUNDLE or ca_bundle: ", hint: "set AWS_CA_BUNDLE or ca_bundle to a file with the CA certificates of your proxy in PEM format, or remove both settings"},
		{name: "no token file", environment: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9/", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/nonexistent"},
			error: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: reading /nonexistent: ", hint: "unset the variable, unless the platform of this container has set it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			environment := map[string]string{"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(t.TempDir(), "credentials"), "AWS_CONFIG_FILE": filepath.Join(t.TempDir(), "config")}
			for variable, text := range map[string]string{"AWS_SHARED_CREDENTIALS_FILE": test.credentials, "AWS_CONFIG_FILE": test.config} {
				if err := os.WriteFile(environment[variable], []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for name, value := range test.environment {
				environment[name] = value
			}
			_, stderr, code := run(t, environment, nil, append([]string{"bootstrap", "credentials", "encode-as-profile"}, strings.Fields(test.args)...)...)
			if test.hint == "" {
				test.hint = "to list the flags: capaboot bootstrap credentials encode-as-profile --help"
			}
			if code == exitDone || !strings.Contains(stderr, test.error) {
				t.Errorf("exit code %d, want %q:\n%s", code, test.error, stderr)
			}
			test.hint = strings.Replace(test.hint, "{file}", environment["AWS_SHARED_CREDENTIALS_FILE"], 1)
			if !strings.Contains(stderr, "\ncapaboot: hint: "+test.hint+"\n") {
				t.Errorf("want the hint %q:\n%s", test.hint, stderr)
			}
			if test.kind != "" && !strings.HasPrefix(test.hint, credentialHints.Get()[test.kind]) {
				t.Errorf("the hint is not that of %q", test.kind)
			}
		})
	}
	// The tests of package credentials check which errors have these kinds.
	for _, kind := range []credentials.Kind{credentials.KindLongerThanRole, credentials.KindChainedRole, credentials.KindRegionDisabled, credentials.KindFileDenied} {
		err := withHint(&credentials.Error{Problems: []string{"x"}, Hint: "other", Kind: kind})
		if got := terminal.HintsOf(err); len(got) != 1 || got[0] != credentialHints.Get()[kind] || got[0] == "" {
			t.Errorf("%s: hints %q", kind, got)
		}
	}
}
