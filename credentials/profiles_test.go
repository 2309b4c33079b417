// Tests of the list of profiles and their problems.

package credentials

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestListProfiles(t *testing.T) {
	env := home(t, `[default]
`+pair+`
[half]
aws_access_key_id = `+fakeKeyID+`
`, `[default]
region = eu-west-1
[profile role]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = default
region = us-east-1
[profile chained]
role_arn = arn:aws:iam::123456789012:role/y
source_profile = role
[profile orphan]
role_arn = arn:aws:iam::123456789012:role/z
source_profile = nobody
[profile lonely]
role_arn = arn:aws:iam::123456789012:role/z
[profile a]
role_arn = arn:aws:iam::123456789012:role/a
source_profile = b
[profile b]
role_arn = arn:aws:iam::123456789012:role/b
source_profile = a
[profile instance]
role_arn = arn:aws:iam::123456789012:role/b
credential_source = Ec2InstanceMetadata
[profile sso]
sso_session = acme
sso_account_id = 123456789012
sso_role_name = admin
[profile no-session]
sso_session = nobody
sso_account_id = 123456789012
[profile legacy]
sso_start_url = https://acme.awsapps.com/start
sso_account_id = 123456789012
sso_role_name = admin
[profile web]
role_arn = arn:aws:iam::123456789012:role/b
web_identity_token_file = /token
[profile process]
credential_process = /bin/true
[profile empty]
output = json
[profile zone]
credential_process = /bin/true
region = eu-west-1a
[sso-session acme]
sso_start_url = https://acme.awsapps.com/start
sso_region = eu-west-1
[profile quoted-session]
sso_session = acme two
sso_account_id = 123456789012
sso_role_name = admin
[sso-session  "acme two"]
sso_start_url = https://acme.awsapps.com/start
sso_region = eu-west-1
[profile session-without-url]
sso_session = no url
sso_account_id = 123456789012
sso_role_name = admin
[sso-session "no url"]
sso_region = eu-west-1
[profile of-half]
role_arn = arn:aws:iam::123456789012:role/y
source_profile = half
[profile of-empty]
role_arn = arn:aws:iam::123456789012:role/y
source_profile = empty
[profile of-orphan]
role_arn = arn:aws:iam::123456789012:role/y
source_profile = orphan
[profile of-malformed]
role_arn = arn:aws:iam::123456789012:role/y
source_profile = malformed
[profile malformed]
region = eu-west-1
 region = eu-west-1
[profile unknown-machine]
role_arn = arn:aws:iam::123456789012:role/y
credential_source = Machine
[profile no-role]
role_arn = admin
source_profile = default
[profile unclosed-quote]
credential_process = /bin/true "
[profile own-half]
role_arn = arn:aws:iam::123456789012:role/y
source_profile = own-half
aws_access_key_id = `+fakeKeyID+`
`)
	got, _, err := ListProfiles(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range got {
		lines = append(lines, strings.ReplaceAll(fmt.Sprintf("%s|%s|%s|%s|%s", p.Name, p.Kind, p.Region, p.SourceProfile, p.Problem), env.Home, "~"))
	}
	want := []string{
		"a|role||b|its source_profile \"b\" cannot work: its source_profile leads back to itself: a -> b -> a",
		"b|role||a|its source_profile \"a\" cannot work: its source_profile leads back to itself: b -> a -> b",
		"chained|role||role|",
		"default|static|eu-west-1||",
		"empty|none|||it has no credentials and no source of credentials",
		"half|static|||~/.aws/credentials:6: profile \"half\" has aws_access_key_id, but no aws_secret_access_key",
		"instance|role|||",
		"legacy|sso|||it has no sso_region",
		"lonely|role|||it has role_arn, but neither source_profile nor credential_source",
		"malformed|none|eu-west-1||its section at ~/.aws/config:73 is malformed",
		"no-role|role||default|~/.aws/config:80: invalid value for role_arn of profile \"no-role\": want the ARN of a role, such as arn:aws:iam::123456789012:role/name",
		"no-session|sso|||section sso-session \"nobody\" does not exist in ~/.aws/config",
		"of-empty|role||empty|its source_profile \"empty\" cannot work: it has no credentials and no source of credentials",
		"of-half|role||half|its source_profile \"half\" cannot work: ~/.aws/credentials:6: profile \"half\" has aws_access_key_id, but no aws_secret_access_key",
		"of-malformed|role||malformed|its source_profile \"malformed\" cannot work: its section at ~/.aws/config:73 is malformed",
		"of-orphan|role||orphan|its source_profile \"orphan\" cannot work: its source_profile \"nobody\" (~/.aws/config:12) does not exist",
		"orphan|role||nobody|its source_profile \"nobody\" (~/.aws/config:12) does not exist",
		"own-half|role||own-half|its source_profile \"own-half\" cannot work: ~/.aws/config:87: profile \"own-half\" has aws_access_key_id, but no aws_secret_access_key",
		"process|process|||",
		"quoted-session|sso|||not signed in yet: ~/.aws/sso/cache/6670b8c0dae23face961c09f88033eda2b7b5e91.json does not exist; sign in: aws sso login --profile quoted-session",
		"role|role|us-east-1|default|",
		"session-without-url|sso|||~/.aws/config:55: profile \"session-without-url\" signs in with SSO, but has no sso_start_url",
		"sso|sso|||not signed in yet: ~/.aws/sso/cache/293abb6b76d7791c0732cc517d38c4b5c734b87f.json does not exist; sign in: aws sso login --profile sso",
		"unclosed-quote|process|||~/.aws/config:83: the program of profile \"unclosed-quote\" (credential_process) is not a command line",
		"unknown-machine|role|||~/.aws/config:78: invalid value for credential_source of profile \"unknown-machine\": want Environment, Ec2InstanceMetadata or EcsContainer",
		"web|web identity|||its web_identity_token_file (~/.aws/config:37) names a file that does not exist",
		`zone|process|eu-west-1a||its region is "eu-west-1a", which is a zone, not a region, did you mean "eu-west-1"?`,
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestListProfilesOfHostileFiles(t *testing.T) {
	var chain strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&chain, "[profile p%d]\nrole_arn = x\nsource_profile = p%d\n", i, i+1)
	}
	got, _, err := ListProfiles(t.Context(), home(t, "", chain.String()))
	if err != nil || len(got) != 3000 || !strings.Contains(got[0].Problem, "more than 20 profiles") {
		t.Errorf("%d profiles, %v, %.300q", len(got), err, got[0].Problem)
	}
	// Malformed parts are named, and the other profiles are listed.
	broken := home(t, "[a]\n"+pair+"[above]\n"+pair+"[default\nregion = x\n[b]\n"+pair+"FALSESECRET\n[c]\n"+pair+"[c]\n", "[profile d]\nregion = eu-west-1\n region = x\n")
	got, warnings, err := ListProfiles(t.Context(), broken)
	var problems []string
	for _, p := range got {
		problems = append(problems, p.Name+": "+strings.ReplaceAll(p.Problem, broken.Home, "~"))
	}
	want := []string{"a: ", "above: its section at ~/.aws/credentials:4 is malformed", "b: its section at ~/.aws/credentials:9 is malformed", "c: its section at ~/.aws/credentials:13 is malformed", "d: its section at ~/.aws/config:1 is malformed"}
	if diff := cmp.Diff(want, problems); err != nil || diff != "" || len(warnings) != 4 || strings.Contains(strings.Join(warnings, ""), "FALSESECRET") {
		t.Errorf("%s, %v, %q", diff, err, warnings)
	}
	profiles, _, err := ListProfiles(t.Context(), home(t, "", ""))
	if err != nil || profiles == nil || len(profiles) != 0 {
		t.Errorf("no files: %v, %v", profiles, err)
	}
}

// A profile that needs the session of a user who has signed in has a problem if
// the cache has no token, or if the token has expired and cannot be renewed. A
// profile with a temporary key has a problem if it has no session token.
func TestListProfilesReadsCachedSessions(t *testing.T) {
	const session = "[sso-session acme]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\n"
	const profile = "[profile dev]\nsso_session = acme\nsso_account_id = 123456789012\nsso_role_name = admin\n"
	const cache = ".aws/sso/cache/293abb6b76d7791c0732cc517d38c4b5c734b87f.json"
	const login = ".aws/login/cache/1a5cfb8a0c477773b8171a33deb31138a4dbc524bcb8c97ff0b018360a1c4213.json"
	const notPresent = ""
	for _, test := range []struct{ name, credentials, config, path, file, want string }{
		{"a valid token", "", session + profile, cache, `{"accessToken": "x", "expiresAt": "2999-01-01T00:00:00Z"}`, ""},
		{"an expired token", "", session + profile, cache, `{"accessToken": "x", "expiresAt": "2020-01-01T00:00:00Z"}`, "the token expired at 2020-01-01T00:00:00Z; sign in again: aws sso login --profile dev"},
		{"an expired token that can be renewed", "", session + profile, cache, `{"accessToken": "x", "expiresAt": "2020-01-01T00:00:00Z", "clientId": "x", "clientSecret": "x", "refreshToken": "x"}`, ""},
		{"a file without a token", "", session + profile, cache, `{}`, "contains no token; sign in again: aws sso login --profile dev"},
		{"the role of an expired session", "", session + profile + "[profile a]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = dev\n", cache, `{"accessToken": "x", "expiresAt": "2020-01-01T00:00:00Z"}`, `its source_profile "dev" cannot work: the token expired at 2020-01-01T00:00:00Z`},
		{"a session of aws login", "", "[profile dev]\nlogin_session = arn:aws:iam::123456789012:user/ann\n", login, notPresent, "the session has no cached credentials: "},
		{"a temporary key without a token", "[dev]\naws_access_key_id = ASIAFALSEKEYEXAMPLE0\naws_secret_access_key = " + fakeSecret + "\n", "", cache, notPresent, "begins with ASIA, so the credentials are temporary, but their session token is missing"},
		{"a temporary key", strings.Replace(temporaryText, "default", "dev", 1), "", cache, notPresent, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			env := home(t, test.credentials, test.config)
			if test.file != notPresent {
				path := filepath.Join(env.Home, test.path)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(test.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, _, err := ListProfiles(t.Context(), env)
			if err != nil {
				t.Fatal(err)
			}
			if problem := got[0].Problem; !strings.Contains(problem, test.want) || test.want == "" && problem != "" {
				t.Errorf("got %q, want %q", problem, test.want)
			}
		})
	}
}

// A section that no SDK reads causes a warning, because its profile is not in
// the list. A misspelt profile name is also compared with the names of such
// sections.
func TestListProfilesReportsUnreadSections(t *testing.T) {
	env := home(t, "[profile stage]\n"+pair, "[prod]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = default\n[profile dev]\ncredential_process = /bin/true\n[plugins]\nx = y\n[services s]\nsts =\n  endpoint_url = http://x.test\n[dev]\nregion = eu-west-1\n")
	got, warnings, err := ListProfiles(t.Context(), env)
	want := []string{
		"~/.aws/config:1: section [prod] is not read in this file; rename the section to [profile prod]",
		"~/.aws/credentials:1: section [profile stage] is not read in this file; rename the section to [stage]",
	}
	text := strings.ReplaceAll(strings.Join(warnings, "\n"), env.Home, "~")
	if err != nil || len(got) != 1 || text != strings.Join(want, "\n") {
		t.Errorf("%d profiles, %v, warnings %s", len(got), err, text)
	}
	for name, want := range map[string]string{
		"prd": "~/.aws/config:1: section [prod] is not read in this file; rename the section to [profile prod]",
		"dve": `did you mean "dev"?`,
		"zzz": "to see all profiles and their problems: capaboot bootstrap credentials list-profiles",
	} {
		_, err := Find(t.Context(), env, Request{Profile: name})
		if hint := strings.ReplaceAll(Hint(err), env.Home, "~"); hint != want {
			t.Errorf("%s: hint %q, want %q", name, hint, want)
		}
	}
}
