// Tests of keys that AWS does not issue, and of settings that are not used.

package credentials

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/google/go-cmp/cmp"
)

func TestMismatches(t *testing.T) {
	for _, test := range []struct{ id, secret, token, want string }{
		{fakeKeyID, fakeSecret, "", ""},
		{"ASIAFALSEKEYEXAMPLE0", fakeSecret, fakeToken, ""},
		{fakeKeyID, fakeSecret + "%", "", "the secret access key from x has 41 characters and ends with a percent sign, which zsh appends"},
		{fakeKeyID, fakeSecret[:39], "", "the secret access key from x has 39 characters instead of 40"},
		{fakeKeyID, fakeSecret[:39] + "_", "", "the secret access key from x has 40 characters, one of which (at position 40) is not a letter"},
		{fakeKeyID, "AWS_SECRET_ACCESS_KEY=" + fakeSecret, "", "the secret access key from x begins with the name of its setting"},
		{fakeKeyID[:15], fakeSecret, "", "the access key ID from x has 15 characters instead of 16 to 128"},
		{strings.Replace(fakeKeyID, "AKIA", "AROA", 1), fakeSecret, "", "the access key ID from x begins with AROA, so it is the ID of a role"},
		{fakeKeyID, fakeSecret, fakeToken, "the session token from x belongs to another key: the access key ID begins with AKIA"},
		{"ASIAFALSEKEYEXAMPLE0", fakeSecret, fakeToken + "%", "the session token from x has "},
	} {
		got := strings.Join(Credentials{test.id, test.secret, test.token, "x", time.Time{}, ""}.Mismatches(), "\n")
		if (test.want == "") != (got == "") || !strings.HasPrefix(got, test.want) || strings.Contains(got, "\n") || strings.Contains(got, "FALSESECRET") {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

// Warnings name the variables and sections that have no effect.
func TestUnusedSettingsAreNamed(t *testing.T) {
	keys := []string{"AWS_ACCESS_KEY_ID=" + fakeKeyID, "AWS_SECRET_ACCESS_KEY=" + fakeSecret, "AWS_REGION=eu-west-1"}
	const before = ", which take precedence over the profile in "
	for _, test := range []struct {
		name, credentials, config string
		variables                 []string
		request                   Request
		want                      []string
	}{
		{"keys before AWS_PROFILE", "", "[profile dev]\nregion = x\n", append(keys, "AWS_PROFILE=dev"), Request{},
			[]string{"using AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" + before + "AWS_PROFILE: to use the profile, unset both variables"}},
		{"keys before AWS_DEFAULT_PROFILE", "[dev]\n" + pair, "", append(keys, "AWS_DEFAULT_PROFILE=dev"), Request{},
			[]string{"using AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" + before + "AWS_DEFAULT_PROFILE: to use the profile, unset both variables"}},
		{"keys alone", "", "", keys, Request{}, nil},
		{"a profile before AWS_PROFILE", "[dev]\n" + pair, "", []string{"AWS_PROFILE=other", "AWS_REGION=eu-west-1"}, Request{Profile: "dev"},
			[]string{"AWS_PROFILE is ignored: Request.Profile names another profile"}},
		{"the same profile", "[dev]\n" + pair, "", []string{"AWS_PROFILE=dev", "AWS_REGION=eu-west-1"}, Request{Profile: "dev"}, nil},
		{"a section without profile", "[root]\n" + pair, "[default]\nregion = eu-west-1\n[root]\nregion = eu-central-1\n", nil, Request{Profile: "root"},
			[]string{"~/.aws/config:3: section [root] is not read in this file; rename the section to [profile root]"}},
		{"a section with profile in the credentials file", "[profile root]\n" + pair, "[profile root]\ncredential_process = true\n", nil, Request{Profile: "root"},
			[]string{"~/.aws/credentials:1: section [profile root] is not read in this file; rename the section to [root]"}},
		{"a section with Profile", "[root]\n" + pair, "[Profile root]\nregion = eu-central-1\n", nil, Request{Profile: "root"},
			[]string{"~/.aws/config:1: section [Profile root] is not read in this file; rename the section to [profile root]"}},
		{"a section with its profile", "[root]\n" + pair, "[profile root]\nregion = eu-central-1\n[other]\nregion = eu-central-1\n", nil, Request{Profile: "root"}, nil},
	} {
		env := home(t, test.credentials, test.config, test.variables...)
		s := &search{env: env, request: test.request, limits: defaultLimits}
		if _, err := s.source(t.Context()); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		var got []string
		for _, warning := range s.warnings {
			got = append(got, strings.ReplaceAll(warning, env.Home, "~"))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.name, diff)
		}
	}
	_, err := Find(t.Context(), home(t, "", "", "AWS_ACCESS_KEY_ID="+fakeKeyID, "AWS_PROFILE=dev"), Request{})
	if want := "AWS_ACCESS_KEY_ID is set in the environment, but AWS_SECRET_ACCESS_KEY is not; keys in the environment take precedence over the profile in AWS_PROFILE"; err == nil || err.Error() != want {
		t.Errorf("half a pair: %v", err)
	}
}

// Find rejects a missing profile next to keys in the environment, as the SDK
// for Go does.
func TestMissingProfileNextToKeys(t *testing.T) {
	for _, missing := range []bool{false, true} {
		file := "[default]\n[dev]\nregion = eu-west-1\n"
		if missing {
			file = "[default]\n"
		}
		env := home(t, file, "", "AWS_ACCESS_KEY_ID="+fakeKeyID, "AWS_SECRET_ACCESS_KEY="+fakeSecret, "AWS_PROFILE=dev", "AWS_REGION=eu-west-1")
		for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_REGION"} {
			t.Setenv(name, env.Get(name))
		}
		t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(env.Home, ".aws", "credentials"))
		t.Setenv("AWS_CONFIG_FILE", filepath.Join(env.Home, ".aws", "config"))
		_, sdkErr := config.LoadDefaultConfig(t.Context())
		_, ourErr := Find(t.Context(), env, Request{})
		if (sdkErr != nil) != missing || (ourErr != nil) != missing {
			t.Errorf("missing %v: the SDK returns %v, Find %v", missing, sdkErr, ourErr)
		}
	}
}

func TestOperatorSecretForm(t *testing.T) {
	_, p := newResult(t)
	want := map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
		"metadata": map[string]any{"name": "aws-variables", "namespace": "capa-system"},
		"data":     map[string]any{Variable: b64(p.Base64())},
	}
	text := renderForm(t, OperatorSecretForm, Options{Name: "aws-variables"})
	if diff := cmp.Diff([]map[string]any{want}, parseDocuments(t, text)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if i := Inspect([]byte(text)); i.Text() != p.Text() || i.Wrapping != "Cluster API Operator Secret" {
		t.Errorf("inspected: %v", i)
	}
	for name, o := range map[string]Options{
		"no name": {}, "a name with a capital": {Name: "Aws"}, "the controllers' own Secret": {Name: bootstrapSecret}, "a namespace with a dot": {Name: "a", Namespace: "a.b"},
	} {
		if o.Check(OperatorSecretForm) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
