package credentials

// This file tests the options of the forms at the limits of what Kubernetes and
// kubectl accept, and checks that errors name what is invalid and show no secret.

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamesAtTheirLimits(t *testing.T) {
	found, p := newResult(t)
	label := strings.Repeat("a", 63)
	subdomain := strings.Repeat(label+".", 3) + strings.Repeat("a", 61) // 253 characters
	for _, test := range []struct {
		name string
		o    Options
		good bool
	}{
		{"a namespace of 63 characters", Options{Namespace: label}, true},
		{"a namespace of 64 characters", Options{Namespace: label + "a"}, false},
		{"a namespace of digits", Options{Namespace: "123"}, true},
		{"a namespace that begins with a hyphen", Options{Namespace: "-a"}, false},
		{"a namespace that ends with a hyphen", Options{Namespace: "a-"}, false},
		{"a namespace with a capital", Options{Namespace: "Capa"}, false},
		{"a namespace with a line break", Options{Namespace: "a\nb: c"}, false},
		{"a namespace outside ASCII", Options{Namespace: "é"}, false},
		{"a name of 253 characters", Options{Name: subdomain}, true},
		{"a name of 254 characters", Options{Name: subdomain + "a"}, false},
		{"a name with dots", Options{Name: "a.b-c.0"}, true},
		{"a name that ends with a dot", Options{Name: "a."}, false},
		{"a name with two dots", Options{Name: "a..b"}, false},
		{"a name with an underscore", Options{Name: "a_b"}, false},
		{"a name with a document separator", Options{Name: "a\n---\nb"}, false},
	} {
		o := test.o
		if o.Name == "" {
			o.Name = "acme"
		}
		text, err := found.Render(StaticIdentityForm, p, o)
		if (err == nil) != test.good || (text == nil) == test.good {
			t.Errorf("%s: %v", test.name, err)
		}
		if test.o.Namespace != "" {
			if _, err := found.Render(SecretForm, p, o); (err == nil) != test.good {
				t.Errorf("%s, of the Secret: %v", test.name, err)
			}
		}
	}
}

// Render rejects the selectors that "kubectl get -l" rejects, with an error of
// one line that names the invalid part.
func TestSelectorsThatKubectlRejects(t *testing.T) {
	found, p := newResult(t)
	long := strings.Repeat("a", 64)
	for _, text := range []string{
		"a=b=c", "a!==b", "!", "!a=b", "=", "!=", "a=b,", ",a=b", "a=b,,c=d", "a=b c", "a b=c", "a in", "a in b,c=d", "a in (b", "a in b)=", "a in (b))",
		"a in (b) c", "in (b)", "(b)", "a IN (b)", "a/b/c=d", "/a=b", "a/=b", "A_B/c=d", "-a=b", "a-=b", "a=-b", "a=b-", "a=é", "é=a",
		long + "=b", "a=" + long, "a in (" + long + ")", "a in (b;c)", "a=\"b\"", "a='b'", "a=b\nc=d", "a=b;c=d", "*=b", "a=*",
	} {
		if out, err := found.Render(StaticIdentityForm, p, Options{Name: "acme", AllowedNamespaces: text}); err == nil {
			t.Errorf("%q is accepted: %v", text, parseDocuments(t, string(out))[1]["spec"])
		} else if !strings.Contains(err.Error(), `"`) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: the error does not name the invalid part, or has several lines: %v", text, err)
		}
	}
}

func TestSelectorsThatKubectlAccepts(t *testing.T) {
	found, p := newResult(t)
	long := strings.Repeat("a", 63)
	labels := func(pairs ...string) map[string]any {
		all := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = pairs[i+1]
		}
		return map[string]any{"matchLabels": all}
	}
	expression := func(key, operator string, values ...any) map[string]any {
		requirement := map[string]any{"key": key, "operator": operator}
		if values != nil {
			requirement["values"] = values
		}
		return map[string]any{"matchExpressions": []any{requirement}}
	}
	merged := labels("k", "v")
	merged["matchExpressions"] = []any{expression("k2", "In", "a", "b")["matchExpressions"].([]any)[0],
		expression("k3", "DoesNotExist")["matchExpressions"].([]any)[0]}
	for text, want := range map[string]any{
		"k=v,k2 in (a,b),!k3":                merged,
		" a = b , c == d ":                   labels("a", "b", "c", "d"),
		"a=b,a=b":                            labels("a", "b"),
		"a=no,b=1,c=null":                    labels("a", "no", "b", "1", "c", "null"), // strings, although YAML has other types for them
		"kubernetes.io/metadata.name=a":      labels("kubernetes.io/metadata.name", "a"),
		"A_b.C-d=E_f.G-h":                    labels("A_b.C-d", "E_f.G-h"),
		long + "=" + long:                    labels(long, long),
		"a in(b)":                            expression("a", "In", "b"),
		"a  notin  ( b , c )":                expression("a", "NotIn", "b", "c"),
		"a in (on)":                          expression("a", "In", "on"),
		"a!=b":                               expression("a", "NotIn", "b"),
		"! a":                                expression("a", "DoesNotExist"),
		"cluster.x-k8s.io/ns in (testlabel)": expression("cluster.x-k8s.io/ns", "In", "testlabel"),
	} {
		all := parseDocuments(t, mustRender(t, found, p, StaticIdentityForm, Options{AllowedNamespaces: text}))
		allowed := all[1]["spec"].(map[string]any)["allowedNamespaces"]
		if diff := cmp.Diff(map[string]any{"selector": want}, allowed); diff != "" {
			t.Errorf("%q (-want +got)\n%s", text, diff)
		}
	}
}

func TestUnknownShell(t *testing.T) {
	found, p := newResult(t)
	for _, shell := range []string{"cmd", "SH", "bash"} {
		text, err := found.Render(EnvForm, p, Options{Shell: shell})
		if err == nil || text != nil || !strings.Contains(err.Error(), shell) || !strings.Contains(Hint(err), "powershell") {
			t.Errorf("%s: %v, hint %q", shell, err, Hint(err))
		}
	}
	for _, shell := range append(Shells(), "") {
		if _, err := found.Render(EnvForm, p, Options{Shell: shell}); err != nil {
			t.Errorf("%s: %v", shell, err)
		}
	}
}

// Render supports every form except GitHubActionsForm, which it must not print
// by mistake.
func TestRenderEveryForm(t *testing.T) {
	found, p := newResult(t)
	for _, form := range Forms() {
		text, err := found.Render(Form(form), p, Options{Name: "acme"})
		if (err != nil) != (Form(form) == GitHubActionsForm) {
			t.Errorf("%s: %v", form, err)
		}
		if err == nil && !strings.HasSuffix(string(text), "\n") {
			t.Errorf("%s has no line break at its end", form)
		}
	}
}

// TestErrorsOfFormsShowNoSecret combines invalid options with every form. No
// error may show a secret.
func TestErrorsOfFormsShowNoSecret(t *testing.T) {
	found, p := newResult(t)
	for _, form := range append(Forms(), "nope") {
		for _, o := range []Options{{}, {Shell: "x"}, {Namespace: "A"}, {Name: "A"}, {Name: "a", AllowedNamespaces: "a=b=c"}, {Name: "a", AllowedNamespaces: "A"}} {
			if _, err := found.Render(Form(form), p, o); err != nil {
				mustNotLeak(t, err)
			}
		}
	}
}
