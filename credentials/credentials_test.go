// Tests of the order in which Find looks for credentials and a region.

package credentials

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// keyLines returns the lines of a key pair whose values end in the given
// letter.
func keyLines(letter string) string {
	return fmt.Sprintf("aws_access_key_id = AKIAFALSEKEYEXAMPL%s%s\naws_secret_access_key = FALSESECRET%s\n", letter, letter, letter)
}

var inEnvironment = []string{"AWS_ACCESS_KEY_ID=AKIAFALSEKEYEXAMPLEE", "AWS_SECRET_ACCESS_KEY=FALSESECRETE"}

func TestFind(t *testing.T) {
	for _, test := range []struct {
		name                string
		credentials, config string
		variables           []string
		request             Request
		want                string // the last letters of the key ID and of the secret, the token and the source; the region and its source
	}{
		{
			name:        "the default profile, when nothing is set",
			credentials: "[default]\n" + keyLines("A"),
			want:        `AA  profile "default" in ~/.aws/credentials; us-east-1 the fallback (fallback)`,
		},
		{
			name:        "keys in the environment come before the files",
			credentials: "[default]\n" + keyLines("A"),
			variables:   inEnvironment,
			want:        `EE  the environment; us-east-1 the fallback (fallback)`,
		},
		{
			name:        "a profile named by a flag comes before the environment",
			credentials: "[dev]\n" + keyLines("A"),
			variables:   inEnvironment,
			request:     Request{Profile: "dev"},
			want:        `AA  profile "dev" in ~/.aws/credentials; us-east-1 the fallback (fallback)`,
		},
		{
			name:        "a profile named by AWS_PROFILE comes after keys in the environment",
			credentials: "[dev]\n" + keyLines("A") + "region = eu-west-1\n",
			variables:   append([]string{"AWS_PROFILE=dev"}, inEnvironment...),
			want:        `EE  the environment; eu-west-1 profile "dev" in ~/.aws/credentials`,
		},
		{
			name:        "AWS_PROFILE and AWS_DEFAULT_PROFILE that agree",
			credentials: "[a]\n" + keyLines("A") + "[b]\n" + keyLines("B"),
			variables:   []string{"AWS_PROFILE=a", "AWS_DEFAULT_PROFILE=a"},
			want:        `AA  profile "a" in ~/.aws/credentials; us-east-1 the fallback (fallback)`,
		},
		{
			name:        "an empty variable is not set",
			credentials: "[b]\n" + keyLines("B"),
			variables:   []string{"AWS_PROFILE=", "AWS_DEFAULT_PROFILE=b", "AWS_ACCESS_KEY_ID=", "AWS_REGION=", "AWS_DEFAULT_REGION=eu-west-2"},
			want:        `BB  profile "b" in ~/.aws/credentials; eu-west-2 AWS_DEFAULT_REGION`,
		},
		{
			name:        "a session token alone in the environment is ignored",
			credentials: "[default]\n" + keyLines("A"),
			variables:   []string{"AWS_SESSION_TOKEN=t"},
			want:        `AA  profile "default" in ~/.aws/credentials; us-east-1 the fallback (fallback)`,
		},
		{
			name:      "a session token in the environment",
			variables: append([]string{"AWS_SESSION_TOKEN=t"}, inEnvironment...),
			want:      `EE t the environment; us-east-1 the fallback (fallback)`,
		},
		{
			name:      "the old name of the session token in the environment",
			variables: append([]string{"AWS_SECURITY_TOKEN=t"}, inEnvironment...),
			want:      `EE t the environment; us-east-1 the fallback (fallback)`,
		},
		{
			name:        "the credentials file comes before the config file, for the pair as a whole",
			credentials: "[default]\n" + keyLines("A"),
			config:      "[default]\n" + keyLines("B") + "aws_session_token = t\n",
			want:        `AA  profile "default" in ~/.aws/credentials; us-east-1 the fallback (fallback)`,
		},
		{
			name:        "keys in the config file, next to a token in the credentials file",
			credentials: "[default]\naws_session_token = t\n",
			config:      "[default]\n" + keyLines("B"),
			want:        `BB  profile "default" in ~/.aws/config; us-east-1 the fallback (fallback)`,
		},
		{
			name:        "half a pair in the config file is ignored next to a pair in the credentials file",
			credentials: "[default]\n" + keyLines("A"),
			config:      "[default]\naws_access_key_id = AKIAFAKEKEYEXAMPLBB0\n",
			want:        `AA  profile "default" in ~/.aws/credentials; us-east-1 the fallback (fallback)`,
		},
		{
			name:   "[profile default] in the config file",
			config: "[profile default]\n" + keyLines("A"),
			want:   `AA  profile "default" in ~/.aws/config; us-east-1 the fallback (fallback)`,
		},
		{
			name:    "a profile with spaces in its name, quoted in the config file",
			config:  "[profile \"my dev\"]\n" + keyLines("A"),
			request: Request{Profile: "my dev"},
			want:    `AA  profile "my dev" in ~/.aws/config; us-east-1 the fallback (fallback)`,
		},
		{
			name:        "the region of the flag comes first",
			credentials: "[default]\n" + keyLines("A") + "region = eu-west-5\n",
			variables:   []string{"AWS_REGION=eu-west-2", "AWS_DEFAULT_REGION=eu-west-3", "DEFAULT_AWS_REGION=eu-west-4"},
			request:     Request{Region: "eu-west-1"},
			want:        `AA  profile "default" in ~/.aws/credentials; eu-west-1 Request.Region`,
		},
		{
			name:      "AWS_REGION comes before AWS_DEFAULT_REGION",
			variables: append([]string{"AWS_REGION=eu-west-2", "AWS_DEFAULT_REGION=eu-west-3", "DEFAULT_AWS_REGION=eu-west-4"}, inEnvironment...),
			want:      `EE  the environment; eu-west-2 AWS_REGION`,
		},
		{
			name:      "AWS_DEFAULT_REGION comes before DEFAULT_AWS_REGION",
			variables: append([]string{"AWS_DEFAULT_REGION=eu-west-3", "DEFAULT_AWS_REGION=eu-west-4"}, inEnvironment...),
			want:      `EE  the environment; eu-west-3 AWS_DEFAULT_REGION`,
		},
		{
			name:        "DEFAULT_AWS_REGION comes before the profile's region",
			credentials: "[default]\n" + keyLines("A") + "region = eu-west-5\n",
			variables:   []string{"DEFAULT_AWS_REGION=eu-west-4"},
			want:        `AA  profile "default" in ~/.aws/credentials; eu-west-4 DEFAULT_AWS_REGION`,
		},
		{
			name:        "the region of the profile, from the config file",
			credentials: "[dev]\n" + keyLines("A"),
			config:      "[profile dev]\nregion = eu-west-6\n",
			request:     Request{Profile: "dev"},
			want:        `AA  profile "dev" in ~/.aws/credentials; eu-west-6 profile "dev" in ~/.aws/config`,
		},
		{
			name:        "a region in the credentials file comes before one in the config file",
			credentials: "[dev]\n" + keyLines("A") + "region = eu-west-5\n",
			config:      "[profile dev]\nregion = eu-west-6\n",
			request:     Request{Profile: "dev"},
			want:        `AA  profile "dev" in ~/.aws/credentials; eu-west-5 profile "dev" in ~/.aws/credentials`,
		},
		{
			name:        "the files are not opened when the environment has everything",
			credentials: "malformed",
			variables:   append([]string{"AWS_REGION=eu-west-1", "AWS_PROFILE=none"}, inEnvironment...),
			want:        `EE  the environment; eu-west-1 AWS_REGION`,
		},
		{
			name:        "the old name of the session token in a file",
			credentials: "[default]\n" + keyLines("A") + "aws_security_token = t\n",
			want:        `AA t profile "default" in ~/.aws/credentials; us-east-1 the fallback (fallback)`,
		},
		{
			name:        "both names of the session token, with the same value",
			credentials: "[default]\n" + keyLines("A") + "aws_security_token = t\naws_session_token = t\n",
			want:        `AA t profile "default" in ~/.aws/credentials; us-east-1 the fallback (fallback)`,
		},
		{
			name:        "an empty session token is ignored",
			credentials: "[default]\n" + keyLines("A") + "aws_session_token =\n",
			want:        `AA  profile "default" in ~/.aws/credentials; us-east-1 the fallback (fallback)`,
		},
		{
			name:        "an SSO session without an account is ignored next to keys",
			credentials: "[default]\n" + keyLines("A") + "sso_session = s\n",
			want:        `AA  profile "default" in ~/.aws/credentials; us-east-1 the fallback (fallback)`,
		},
		{
			name:        "keys in the credentials file come before a credential process",
			credentials: "[default]\n" + keyLines("A") + "credential_process = p\n",
			want:        `AA  profile "default" in ~/.aws/credentials; us-east-1 the fallback (fallback)`,
		},
		{
			name:        "a web identity in the environment is ignored when a flag names a profile",
			credentials: "[dev]\n" + keyLines("A"),
			variables:   []string{"AWS_WEB_IDENTITY_TOKEN_FILE=/t"},
			request:     Request{Profile: "dev"},
			want:        `AA  profile "dev" in ~/.aws/credentials; us-east-1 the fallback (fallback)`,
		},
		{
			name:        "files named by variables, with ~",
			credentials: "[default]\n" + keyLines("A") + "region = eu-west-5\n",
			variables:   []string{"AWS_SHARED_CREDENTIALS_FILE=~/.aws/credentials", "AWS_CONFIG_FILE=/dev/null"},
			want:        `AA  profile "default" in ~/.aws/credentials; eu-west-5 profile "default" in ~/.aws/credentials`,
		},
		{
			name:        "a config file that a variable names and that does not exist is skipped",
			credentials: "[default]\n" + keyLines("A"),
			variables:   []string{"AWS_CONFIG_FILE=/nonexistent/config"},
			want:        `AA  profile "default" in ~/.aws/credentials; us-east-1 the fallback (fallback)`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			env := home(t, test.credentials, test.config, test.variables...)
			found, err := Find(context.Background(), env, test.request)
			if err != nil {
				t.Fatal(errorText(err, env))
			}
			c, r := found.Credentials, found.Region
			got := fmt.Sprintf("%s%s %s %s; %s %s", c.AccessKeyID[19:], c.SecretAccessKey[11:], c.SessionToken, c.Source, r.Name, r.Source)
			if r.Fallback {
				got += " (fallback)"
			}
			if diff := cmp.Diff(test.want, strings.ReplaceAll(got, env.Home, "~")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestFindWithoutAHomeDirectory(t *testing.T) {
	env := Environment{Lookup: func(name string) (string, bool) {
		return map[string]string{"AWS_EC2_METADATA_DISABLED": "true"}[name], false
	}}
	_, err := Find(context.Background(), env, Request{})
	want := noCredentialsText("AWS_ACCESS_KEY_ID is not set", `"default": not found: `+
		`~/.aws/credentials cannot be found, because the home directory is unknown, ~/.aws/config cannot be found, because the home directory is unknown`, noToken)
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestProcessEnvironmentIsThisProcess(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("AWS_REGION", "eu-west-1")
	env := ProcessEnvironment()
	if env.Home != dir || env.Get("AWS_REGION") != "eu-west-1" {
		t.Errorf("home %q, region %q", env.Home, env.Get("AWS_REGION"))
	}
}

func BenchmarkFindAndEncode(b *testing.B) {
	env := home(b, "[other]\n"+keyLines("B")+"\n[default]\n"+pair+"aws_session_token = "+fakeToken+"\n", "[default]\nregion = eu-west-1\n")
	if _, err := os.Stat(filepath.Join(env.Home, ".aws", "config")); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		found, err := Find(context.Background(), env, Request{})
		if err != nil {
			b.Fatal(err)
		}
		p, err := NewProfile(found.Credentials, found.Region.Name)
		if err != nil {
			b.Fatal(err)
		}
		_ = p.Base64()
	}
}

func TestLacksToken(t *testing.T) {
	for _, test := range []struct {
		id, token string
		want      bool
	}{{"ASIAFALSEKEYEXAMPLE0", "", true}, {"ASIAFALSEKEYEXAMPLE0", "token", false}, {"AKIAFALSEKEYEXAMPLE0", "", false}} {
		if got := (Credentials{AccessKeyID: test.id, SessionToken: test.token}).LacksToken(); got != test.want {
			t.Errorf("%s with token %q: %v", test.id, test.token, got)
		}
	}
}

func TestFindWarnsAboutReadableKeys(t *testing.T) {
	env := home(t, "[default]\n"+pair, "")
	path := filepath.Join(env.Home, ".aws", "credentials")
	for mode, want := range map[os.FileMode]int{0o600: 0, 0o400: 0, 0o640: 1, 0o604: 1} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		found, err := Find(t.Context(), env, Request{})
		if err != nil {
			t.Fatal(err)
		}
		if len(found.Warnings) != want || want == 1 && !strings.Contains(found.Warnings[0], path) {
			t.Errorf("mode %o: %q", mode, found.Warnings)
		}
	}
}
