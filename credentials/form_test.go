// Tests of the output forms of credentials.

package credentials

import (
	"capaboot/internal/conform"
	"encoding/base64"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

var formExpiry = time.Date(2026, 11, 23, 12, 0, 0, 0, time.FixedZone("CET", 3600))

func newResult(t *testing.T) (Found, Profile) {
	t.Helper()
	found := Found{
		Credentials: Credentials{fakeKeyID, fakeSecret, fakeToken, "the environment", formExpiry, ""},
		Region:      Region{Name: "eu-west-1", Source: "--region"},
	}
	p, err := NewProfile(found.Credentials, found.Region.Name)
	if err != nil {
		t.Fatal(err)
	}
	return found, p
}

func renderForm(t *testing.T, form Form, o Options) string {
	t.Helper()
	found, p := newResult(t)
	text, err := found.Render(form, p, o)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestShellsSetTheVariable runs the command in sh, fish and PowerShell, if they
// are installed. The variable must then have the encoded profile as its value.
func TestShellsSetTheVariable(t *testing.T) {
	_, p := newResult(t)
	for shell, command := range map[string]struct{ program, print string }{
		"sh":         {"sh", `; printf %s "$` + Variable + `"`},
		"fish":       {"fish", `printf %s "$` + Variable + `"`},
		"powershell": {"pwsh", "\n[Console]::Out.Write($Env:" + Variable + ")"},
	} {
		t.Run(shell, func(t *testing.T) {
			program, err := exec.LookPath(command.program)
			if err != nil {
				t.Skipf("%s is not installed", command.program)
			}
			text := strings.TrimSuffix(renderForm(t, EnvForm, Options{Shell: shell}), "\n")
			out, err := exec.Command(program, "-c", text+command.print).Output()
			if err != nil || string(out) != p.Base64() {
				t.Errorf("%s has %q, %v", shell, out, err)
			}
		})
	}
}

func TestShellCommands(t *testing.T) {
	_, p := newResult(t)
	for shell, want := range map[string]string{
		"":           "export AWS_B64ENCODED_CREDENTIALS='" + p.Base64() + "'\n",
		"sh":         "export AWS_B64ENCODED_CREDENTIALS='" + p.Base64() + "'\n",
		"fish":       "set -gx AWS_B64ENCODED_CREDENTIALS '" + p.Base64() + "';\n",
		"powershell": "$Env:AWS_B64ENCODED_CREDENTIALS = '" + p.Base64() + "'\n",
	} {
		if got := renderForm(t, EnvForm, Options{Shell: shell}); got != want {
			t.Errorf("%s: %s", shell, got)
		}
	}
}

func TestPlainForms(t *testing.T) {
	_, p := newResult(t)
	for form, want := range map[Form]string{
		Base64SharedConfig: p.Base64() + "\n",
		RawSharedConfig:    p.Text(),
		DotenvForm:         "AWS_B64ENCODED_CREDENTIALS=" + p.Base64() + "\n",
	} {
		if got := renderForm(t, form, Options{}); got != want {
			t.Errorf("%s: %q, want %q", form, got, want)
		}
	}
	found, _ := newResult(t)
	if _, err := found.Render("nope", p, Options{}); err == nil {
		t.Error("an unknown form gives no error")
	}
}

func TestJSONForm(t *testing.T) {
	_, p := newResult(t)
	var got map[string]any
	conform.Read(t, "credentials-encode", renderForm(t, JSONForm, Options{}), &got)
	want := map[string]any{"encodedProfile": p.Base64(), "region": "eu-west-1", "temporary": false, "expires": "2026-11-23T11:00:00Z",
		"source": "the environment", "accessKeyID": MaskKeyID(fakeKeyID)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func parseDocuments(t *testing.T, text string) []map[string]any {
	t.Helper()
	var all []map[string]any
	if err := yaml.Load([]byte(text), &all, yaml.WithAllDocuments()); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSecretForm(t *testing.T) {
	_, p := newResult(t)
	want := map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
		"metadata": map[string]any{
			"name": "capa-manager-bootstrap-credentials", "namespace": "capa-system",
			"labels": map[string]any{"cluster.x-k8s.io/provider": "infrastructure-aws"},
		},
		"data": map[string]any{"credentials": p.Base64()},
	}
	if diff := cmp.Diff([]map[string]any{want}, parseDocuments(t, renderForm(t, SecretForm, Options{}))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	other := parseDocuments(t, renderForm(t, SecretForm, Options{Namespace: "capi"}))[0]["metadata"].(map[string]any)["namespace"]
	if other != "capi" {
		t.Errorf("the namespace is %v", other)
	}
}

func TestStaticIdentityForm(t *testing.T) {
	decode := func(v any) string {
		text, err := base64.StdEncoding.DecodeString(v.(string))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, test := range []struct {
		name, allowed string
		want          any // spec.allowedNamespaces
	}{
		{"no namespace", "", nil},
		{"every namespace", "*", map[string]any{}},
		{"a list", "team-a, team-b", map[string]any{"list": []any{"team-a", "team-b"}}},
		{"labels", "env=prod,tier==web", map[string]any{"selector": map[string]any{"matchLabels": map[string]any{"env": "prod", "tier": "web"}}}},
		{"expressions", "env!=dev,tier in (a, b),x notin (c),example.com/key ,!old", map[string]any{"selector": map[string]any{"matchExpressions": []any{
			map[string]any{"key": "env", "operator": "NotIn", "values": []any{"dev"}},
			map[string]any{"key": "tier", "operator": "In", "values": []any{"a", "b"}},
			map[string]any{"key": "x", "operator": "NotIn", "values": []any{"c"}},
			map[string]any{"key": "example.com/key", "operator": "Exists"},
			map[string]any{"key": "old", "operator": "DoesNotExist"},
		}}}},
		{"a label with an empty value", "env=", map[string]any{"selector": map[string]any{"matchLabels": map[string]any{"env": ""}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			all := parseDocuments(t, renderForm(t, StaticIdentityForm, Options{Name: "acme", AllowedNamespaces: test.allowed}))
			if len(all) != 2 {
				t.Fatalf("%d documents", len(all))
			}
			secret, identity := all[0], all[1]
			data := secret["data"].(map[string]any)
			if decode(data["AccessKeyID"]) != fakeKeyID || decode(data["SecretAccessKey"]) != fakeSecret || decode(data["SessionToken"]) != fakeToken {
				t.Error("the Secret has other credentials")
			}
			want := map[string]any{
				"apiVersion": "infrastructure.cluster.x-k8s.io/v1beta2", "kind": "AWSClusterStaticIdentity",
				"metadata": map[string]any{"name": "acme"}, "spec": map[string]any{"secretRef": "acme"},
			}
			if test.want != nil {
				want["spec"].(map[string]any)["allowedNamespaces"] = test.want
			}
			if diff := cmp.Diff(want, identity); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestManifestsRejectInvalidNames(t *testing.T) {
	found, p := newResult(t)
	for name, o := range map[string]Options{
		"no name":                     {},
		"the controllers' own Secret": {Name: "capa-manager-bootstrap-credentials"},
		"a name with a capital":       {Name: "Acme"},
		"a name with a space":         {Name: "a b"},
		"a namespace with a dot":      {Name: "a", Namespace: "a.b"},
		"a list with an empty name":   {Name: "a", AllowedNamespaces: "a,,b"},
		"a selector without a key":    {Name: "a", AllowedNamespaces: "=b"},
		"an unknown operator":         {Name: "a", AllowedNamespaces: "env within (a)"},
		"a list that is not closed":   {Name: "a", AllowedNamespaces: "env in (a"},
		"a value with a slash":        {Name: "a", AllowedNamespaces: "env=a/b"},
		"two values of one label":     {Name: "a", AllowedNamespaces: "env=a,env=b"},
	} {
		text, err := found.Render(StaticIdentityForm, p, o)
		if err == nil {
			t.Errorf("%s: %s", name, text)
		} else if strings.Contains(err.Error()+Hint(err), fakeSecret) {
			t.Errorf("%s: the error shows a secret: %v", name, err)
		}
	}
}

// TestGitHubActionsForm checks the lines that the runner expects:
// NAME<<DELIMITER, the value, DELIMITER.
func TestGitHubActionsForm(t *testing.T) {
	found, p := newResult(t)
	masks, environment := found.Credentials.GitHubActions(p)
	if want := "::add-mask::" + p.Base64() + "\n::add-mask::" + fakeSecret + "\n::add-mask::" + fakeToken + "\n"; masks != want {
		t.Errorf("masks: %s", masks)
	}
	lines := strings.Split(environment, "\n")
	name, delimiter, ok := strings.Cut(lines[0], "<<")
	if !ok || name != Variable || len(lines) != 4 || lines[1] != p.Base64() || lines[2] != delimiter || len(delimiter) < 30 {
		t.Errorf("environment: %s", environment)
	}
	if _, second := found.Credentials.GitHubActions(p); second == environment {
		t.Error("the delimiter is not random")
	}
	if got := escapeCommand("100%\r\nx"); got != "100%25%0D%0Ax" {
		t.Errorf("escaped: %q", got)
	}
}
