package credentials

// This file tests the errors of Find that need no service: their text, their
// hint, and that they contain no secret.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type errorCase struct {
	name                string
	credentials, config string
	variables           []string
	request             Request
	want                string
}

const noToken = "AWS_WEB_IDENTITY_TOKEN_FILE is not set"

// noCredentialsText returns the error when no source has credentials.
// environment, profile and token describe these sources.
func noCredentialsText(environment, profile, token string) string {
	return "no AWS credentials; these sources were tried:\n" +
		"  the environment: " + environment + "\n" +
		"  profile " + profile + "\n" +
		"  a web identity: " + token + "\n" +
		"  a container: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set\n" +
		"  the instance metadata service (IMDS): AWS_EC2_METADATA_DISABLED is set"
}

// The fake secrets are in every place where someone may have put a real one.
var errorCases = []errorCase{
	{
		name: "nothing is set up",
		want: noCredentialsText("AWS_ACCESS_KEY_ID is not set", `"default": not found: ~/.aws/credentials does not exist, ~/.aws/config does not exist`, noToken) +
			"\nkind: no source has credentials, and there are no profiles",
	},
	{
		name:        "there are profiles, but no default one",
		credentials: "[prod]\n" + pair + "[dev]\n" + pair,
		variables:   []string{"AWS_CONFIG_FILE=$HOME/none"},
		want: noCredentialsText("AWS_ACCESS_KEY_ID is not set", `"default": not found: ~/.aws/credentials does not have it, ~/none does not exist`, noToken) + `
kind: no source has credentials "dev", "prod"`,
	},
	{
		name:        "[DEFAULT] is not [default]",
		credentials: "[DEFAULT]\n" + pair,
		want: `~/.aws/credentials:1: a section DEFAULT in capitals, which the AWS CLI applies to every profile: to set the default profile, write [default]
hint: fix the file: the AWS CLI and the SDKs reject the file, or read the file in different ways`,
	},
	{
		name:        "two variables that name different profiles",
		credentials: "[a]\n" + pair,
		variables:   []string{"AWS_PROFILE=a", "AWS_DEFAULT_PROFILE=b"},
		want: `AWS_PROFILE and AWS_DEFAULT_PROFILE name different profiles: some tools read one, some the other
kind: variables name different profiles`,
	},
	{
		name:      "a path that some tools expand",
		variables: []string{"AWS_SHARED_CREDENTIALS_FILE=~root/credentials"},
		want: `AWS_SHARED_CREDENTIALS_FILE contains $ or ~, which only some tools expand
hint: write the full path`,
	},
	{
		name:      "the secret is missing in the environment",
		variables: []string{"AWS_ACCESS_KEY_ID=" + fakeKeyID},
		want: `AWS_ACCESS_KEY_ID is set in the environment, but AWS_SECRET_ACCESS_KEY is not
hint: set AWS_SECRET_ACCESS_KEY, or unset AWS_ACCESS_KEY_ID to use a profile`,
	},
	{
		name:        "the key ID is missing in the environment, although a file has a pair",
		credentials: "[default]\n" + pair,
		variables:   []string{"AWS_SECRET_ACCESS_KEY=" + fakeSecret, "AWS_ACCESS_KEY_ID="},
		want: `AWS_SECRET_ACCESS_KEY is set in the environment, but AWS_ACCESS_KEY_ID is not
hint: set AWS_ACCESS_KEY_ID, or unset AWS_SECRET_ACCESS_KEY to use a profile`,
	},
	{
		name:      "two session tokens in the environment",
		variables: []string{"AWS_ACCESS_KEY_ID=" + fakeKeyID, "AWS_SECRET_ACCESS_KEY=" + fakeSecret, "AWS_SESSION_TOKEN=" + fakeToken, "AWS_SECURITY_TOKEN=old" + fakeToken},
		want: `AWS_SESSION_TOKEN and its old name AWS_SECURITY_TOKEN are both set and differ: some tools read one, some the other
hint: unset AWS_SECURITY_TOKEN`,
	},
	{
		name:      "a line break after a secret in the environment",
		variables: []string{"AWS_ACCESS_KEY_ID=" + fakeKeyID, "AWS_SECRET_ACCESS_KEY=" + fakeSecret + "\n"},
		want: `AWS_SECRET_ACCESS_KEY in the environment has a line break at its end
hint: copy the value again, without the white space and line breaks around the value`,
	},
	{
		name:        "a profile that does not exist, among many",
		credentials: "[prod]\n" + pair + "[a1]\n[a2]\n[a3]\n[a4]\n[a5]\n[a6]\n",
		config:      "[default]\n[profile production]\n[profile a7]\n[profile a8]\n[profile a9]\n[sso-session prds]\n",
		request:     Request{Profile: "prd"},
		want: `profile "prd", which Request.Profile names, does not exist: ~/.aws/credentials does not have it, ~/.aws/config does not have it; existing profiles: "prod", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9" and 2 more
hint: did you mean "prod"?`,
	},
	{
		name:      "AWS_PROFILE names a profile and there are no files",
		variables: []string{"AWS_PROFILE=dev"},
		want: "profile \"dev\", which AWS_PROFILE names, does not exist: ~/.aws/credentials does not exist, ~/.aws/config does not exist\n" +
			"hint: create the profile with `aws configure --profile dev`, or leave AWS_PROFILE out",
	},
	{
		name:      "AWS_PROFILE names a missing profile next to keys",
		config:    "[default]\n[profile dev2]\n",
		variables: []string{"AWS_PROFILE=dev", "AWS_ACCESS_KEY_ID=" + fakeKeyID, "AWS_SECRET_ACCESS_KEY=" + fakeSecret},
		want: `profile "dev", which AWS_PROFILE names, does not exist: because of the missing profile, the SDKs and the AWS CLI fail, even though AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set
hint: unset AWS_PROFILE to use the keys of the environment, or did you mean "dev2"?`,
	},
	{
		name:        "[profile x] in the credentials file",
		credentials: "[default]\n" + pair + "[profile dev]\n" + pair,
		request:     Request{Profile: "dev"},
		want: `profile "dev", which Request.Profile names, does not exist: ~/.aws/credentials does not have it, ~/.aws/config does not exist; existing profiles: "default"
hint: ~/.aws/credentials:4: section [profile dev] is not read in this file; rename the section to [dev]`,
	},
	{
		name:    "[x] in the config file",
		config:  "[default]\n[dev]\n" + pair,
		request: Request{Profile: "dev"},
		want: `profile "dev", which Request.Profile names, does not exist: ~/.aws/credentials does not exist, ~/.aws/config does not have it; existing profiles: "default"
hint: ~/.aws/config:2: section [dev] is not read in this file; rename the section to [profile dev]`,
	},
	{
		name:        "only the key ID in a file",
		credentials: "[default]\n# a comment\naws_access_key_id = " + fakeKeyID + "\n",
		config:      "[default]\n" + pair,
		want: `~/.aws/credentials:3: profile "default" has aws_access_key_id, but no aws_secret_access_key
hint: add aws_secret_access_key to the section that has aws_access_key_id`,
	},
	{
		name:        "only the secret in a file",
		credentials: "[default]\naws_secret_access_key = " + fakeSecret + "\n",
		config:      "[default]\naws_access_key_id = " + fakeKeyID + "\n",
		want: `~/.aws/credentials:2: profile "default" has aws_secret_access_key, but no aws_access_key_id
hint: add aws_access_key_id to the section that has aws_secret_access_key`,
	},
	{
		name:        "an empty secret next to a key ID",
		credentials: "[default]\naws_access_key_id = " + fakeKeyID + "\naws_secret_access_key =\n",
		want: `~/.aws/credentials:2: profile "default" has aws_access_key_id, but its aws_secret_access_key on line 3 is empty
hint: fill in the value`,
	},
	{
		name:        "an empty pair",
		credentials: "[default]\naws_access_key_id =\naws_secret_access_key =\n",
		want: `~/.aws/credentials:3: aws_secret_access_key of profile "default" is empty
hint: fill in the value, or remove the line`,
	},
	{
		name:        "an empty key ID alone",
		credentials: "[default]\naws_access_key_id =\n",
		want: `~/.aws/credentials:2: aws_access_key_id of profile "default" is empty
hint: fill in the value, or remove the line`,
	},
	{
		name:        "two session tokens in a file",
		credentials: "[default]\n" + pair + "aws_session_token = " + fakeToken + "\naws_security_token = old" + fakeToken + "\n",
		want: `~/.aws/credentials:4: aws_session_token and its old name aws_security_token (line 5) differ: some tools read one, some the other
hint: remove aws_security_token`,
	},
	{
		name:        "a comment after a secret",
		credentials: "[default]\naws_access_key_id = " + fakeKeyID + "\naws_secret_access_key = " + fakeSecret + " # of FALSESECRET\n",
		want: `~/.aws/credentials:3: aws_secret_access_key has a comment after its value, which some tools read as part of the value
hint: put the comment on its own line`,
	},
	{
		name:        "quotes around a secret",
		credentials: "[default]\naws_access_key_id = " + fakeKeyID + "\naws_secret_access_key = \"" + fakeSecret + "\"\n",
		want: `~/.aws/credentials:3: aws_secret_access_key begins with a quote
hint: remove the quotes around the value`,
	},
	{
		name:        "a secret over two lines",
		credentials: "[default]\naws_access_key_id = " + fakeKeyID + "\naws_secret_access_key = " + fakeSecret + "\n  FALSESECRET\n",
		want: `~/.aws/credentials:3: aws_secret_access_key continues on line 4, which is indented
hint: remove the white space at the start of line 4`,
	},
	{
		name:        "a secret instead of the key ID",
		credentials: "[default]\naws_access_key_id = " + fakeSecret + "\naws_secret_access_key = " + fakeKeyID + "\n",
		want: `~/.aws/credentials:2: aws_access_key_id has the shape of a secret access key: the key ID and the secret key may be swapped
hint: swap the two values: an access key ID has letters and digits, and begins with AKIA or ASIA`,
	},
	{
		name:   "a profile with a region and no keys",
		config: "[default]\nregion = eu-west-1\n",
		want: noCredentialsText("AWS_ACCESS_KEY_ID is not set", `"default": it has no credentials and no source of credentials (~/.aws/config:1)`, noToken) + `
hint: add aws_access_key_id and aws_secret_access_key to the profile in ~/.aws/credentials, or set role_arn, sso_session or credential_process in the profile`,
	},
	{
		name:        "a profile without keys, next to a section in the wrong file",
		config:      "[profile dev]\nregion = eu-west-1\n",
		credentials: "[profile dev]\n" + pair,
		request:     Request{Profile: "dev"},
		want: noCredentialsText("not read, because Request.Profile names a profile", `"dev" (Request.Profile): it has no credentials and no source of credentials (~/.aws/config:1)`, "the profile names no token file") + `
hint: ~/.aws/credentials:1: section [profile dev] is not read in this file; rename the section to [dev]`,
	},
	{
		name:   "an SSO session without an account",
		config: "[default]\nsso_session = s\n",
		want: `~/.aws/config:1: profile "default" has no credentials: no aws_access_key_id; the profile has sso_session (line 2), but no setting names the role
hint: add sso_account_id and sso_role_name to the profile`,
	},
	{
		name:        "a role next to keys: botocore assumes the role",
		credentials: "[default]\n" + pair,
		config:      "[default]\nrole_arn = FALSESECRET\nsource_profile = default\n",
		want:        `~/.aws/config:2: invalid value for role_arn of profile "default": want the ARN of a role, such as arn:aws:iam::123456789012:role/name`,
	},
	{
		name:   "a web identity next to keys",
		config: "[default]\n" + pair + "role_arn = FALSESECRET\nweb_identity_token_file = FALSESECRET\n",
		want:   `~/.aws/config:4: invalid value for role_arn of profile "default": want the ARN of a role, such as arn:aws:iam::123456789012:role/name`,
	},
	{
		name:        "SSO next to keys",
		credentials: "[default]\n" + pair,
		config:      "[default]\nsso_start_url = FALSESECRET\nsso_account_id = 1\n",
		want: "~/.aws/credentials:1 and ~/.aws/config:1: profile \"default\" signs in with SSO, but has no sso_region\n" +
			"hint: add sso_region, or write the profile again with `aws configure sso`",
	},
	{
		name:   "a credential process comes before keys in the config file",
		config: "[default]\n" + pair + "credential_process = echo FALSESECRET\n",
		want: "~/.aws/config:4: the program of profile \"default\" (credential_process) does not print credentials as JSON\n" +
			"hint: make the program print {\"Version\": 1, \"AccessKeyId\": \"...\", \"SecretAccessKey\": \"...\", \"SessionToken\": \"...\", \"Expiration\": \"...\"}",
	},
	{
		name:   "aws login",
		config: "[default]\nlogin_session = FALSESECRET\n",
		want: `signing in with aws login for profile "default": the session has no cached credentials: ~/.aws/login/cache/1a5cfb8a0c477773b8171a33deb31138a4dbc524bcb8c97ff0b018360a1c4213.json does not exist
hint: sign in: aws login --profile default`,
	},
	{
		name:        "a web identity in the environment comes before keys in the files",
		credentials: "[default]\n" + pair,
		variables:   []string{"AWS_WEB_IDENTITY_TOKEN_FILE=/FALSESECRET"},
		want: `AWS_WEB_IDENTITY_TOKEN_FILE names a token file, but no setting names the role
hint: set AWS_ROLE_ARN, or role_arn in the profile`,
	},
	{
		name:      "a container",
		variables: []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://FALSESECRET"},
		want: `invalid value for AWS_CONTAINER_CREDENTIALS_FULL_URI: want an address of this machine (127.0.0.1), of ECS (169.254.170.2) or of EKS (169.254.170.23, fd00:ec2::23), or an https URL
hint: unset the variable, unless the platform of this container has set it`,
	},
	{
		name:        "an invalid region in a flag",
		credentials: "[default]\n" + pair,
		request:     Request{Region: "us_east_1"},
		want:        `invalid value "us_east_1" for Request.Region: it is not the name of a region, did you mean "us-east-1"?`,
	},
	{
		name:        "a secret instead of a region",
		credentials: "[default]\n" + pair,
		variables:   []string{"AWS_DEFAULT_REGION=" + fakeSecret},
		want:        `invalid value for AWS_DEFAULT_REGION: want the name of a region such as eu-west-1`,
	},
	{
		name:        "an invalid region in a profile",
		credentials: "[default]\n" + pair,
		config:      "[default]\nregion = -us\n",
		want:        `~/.aws/config:2: region is "-us", which is not the name of a region, did you mean "us-east-1"?`,
	},
	{
		name:        "all problems of both files at once",
		credentials: fakeSecret + "\n" + pair + "[default\naws_secret_access_key = " + fakeSecret + "\n[a]\n" + fakeSecret + "\n[a]\n" + pair + pair + "[]\n",
		config:      "[default]\n" + fakeSecret + "\n",
		want: `~/.aws/credentials:1: a line before the first section header, such as [default]
~/.aws/credentials:4: a section name without its closing ]
~/.aws/credentials:7: neither a [section], a comment, nor key = value
~/.aws/credentials:8: this section already begins on line 6
~/.aws/credentials:11: aws_access_key_id is already set on line 9
~/.aws/credentials:12: aws_secret_access_key is already set on line 10
~/.aws/credentials:13: an empty section name
~/.aws/config:2: neither a [section], a comment, nor key = value
hint: fix the file: the AWS CLI and the SDKs reject the file, or read the file in different ways`,
	},
	{
		name:        "more problems than are reported",
		credentials: "[default]\n" + strings.Repeat(fakeSecret+"\n", 25),
		variables:   []string{"AWS_CONFIG_FILE=/dev/null"},
		want: func() string {
			var text strings.Builder
			for i := range 10 {
				fmt.Fprintf(&text, "~/.aws/credentials:%d: neither a [section], a comment, nor key = value\n", i+2)
			}
			return text.String() + "~/.aws/credentials: and 15 more problems\nhint: fix the file: the AWS CLI and the SDKs reject the file, or read the file in different ways"
		}(),
	},
	{
		name:        "a binary file",
		credentials: "[default]\n" + pair + "\x00",
		want:        "reading ~/.aws/credentials: it is a binary file\nhint: name a text file",
	},
	{
		name:        "a UTF-16 file",
		credentials: "\xff\xfe[\x00",
		want: `reading ~/.aws/credentials: it is UTF-16
hint: save the file as UTF-8`,
	},
	{
		name:        "a file that is too large",
		credentials: "[default]\n" + pair + strings.Repeat("#", 1<<20),
		want:        "reading ~/.aws/credentials: it is larger than 1 MiB\nhint: name another file",
	},
	{
		name:      "a directory",
		variables: []string{"AWS_CONFIG_FILE=$HOME/.aws"},
		want:      "reading ~/.aws: it is a directory\nhint: name a file",
	},
	{
		name:        "a file below a file",
		credentials: "[default]\n" + pair,
		variables:   []string{"AWS_CONFIG_FILE=$HOME/.aws/credentials/config"},
		want:        `reading ~/.aws/credentials/config: not a directory`,
	},
}

func TestErrors(t *testing.T) {
	for _, test := range errorCases {
		t.Run(test.name, func(t *testing.T) {
			env := home(t, test.credentials, test.config, test.variables...)
			found, err := Find(context.Background(), env, test.request)
			if diff := cmp.Diff(test.want, errorText(err, env)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if err == nil || found.Credentials != (Credentials{}) || found.Region != (Region{}) {
				t.Errorf("no error, or an error together with a result: %v", found)
			}
			mustNotLeak(t, err)
			for _, line := range strings.Split(errorText(err, env), "\n") {
				if line == "" || strings.HasSuffix(line, ".") {
					t.Errorf("an empty line, or a full stop at the end: %q", line)
				}
			}
		})
	}
}

func TestUnreadableFile(t *testing.T) {
	env := home(t, "[default]\n"+pair, "")
	path := filepath.Join(env.Home, ".aws", "credentials")
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(path); err == nil {
		t.Skip("this user can read every file")
	}
	_, err := Find(context.Background(), env, Request{})
	if got, want := errorText(err, env), "reading ~/.aws/credentials: permission denied\nkind: a credentials or config file that this user is not allowed to read"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(err, fs.ErrPermission) {
		t.Error("the cause is missing")
	}
}

func TestHintOfOtherErrors(t *testing.T) {
	if got := Hint(errors.New("other")); got != "" {
		t.Errorf("got %q", got)
	}
	if got := Hint(nil); got != "" {
		t.Errorf("got %q", got)
	}
	if got := Hint(fmt.Errorf("wrapped: %w", &Error{Problems: []string{"p"}, Hint: "h"})); got != "h" {
		t.Errorf("got %q", got)
	}
}
