// Golden files: the templates and policy documents that tests compare with the
// generated ones. "go test ./iam -update" rewrites them; read the diff before
// you commit it.

package iam

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"capaboot/internal/render"
	"capaboot/policies/catalog"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata/")

const testdata = "../testdata"

func catalogue(t testing.TB) *catalog.Catalogue {
	t.Helper()
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func loadFile(t testing.TB, path string) *Configuration {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(filepath.Base(path), text, options(t))
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Configuration
}

func options(t testing.TB) Options {
	return Options{Catalogue: catalogue(t), Release: catalogue(t).Newest()}
}

func generate(t testing.TB, c *Configuration, release catalog.Release) *Template {
	t.Helper()
	template, err := Generate(c, catalogue(t), release)
	if err != nil {
		t.Fatal(err)
	}
	return template
}

func compareOrUpdate(t *testing.T, golden string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-golden +generated):\n%s", golden, diff)
	}
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(testdata, pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files match %s: %v", pattern, err)
	}
	return paths
}

func TestTemplates(t *testing.T) {
	for _, path := range files(t, "configurations/*.yaml") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			template := generate(t, loadFile(t, path), catalogue(t).Newest())
			compareOrUpdate(t, filepath.Join(testdata, "templates", filepath.Base(path)), rendered(t, render.YAML, template.Tree()))
		})
	}
}

func TestTemplatesMatchClusterawsadm(t *testing.T) {
	for _, path := range files(t, "peer/*.yaml") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			text, err := os.ReadFile(strings.TrimSuffix(path, ".yaml") + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var want any
			if err := json.Unmarshal(text, &want); err != nil {
				t.Fatal(err)
			}
			got := any(generate(t, loadFile(t, path), catalogue(t).Newest()).Tree())
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-clusterawsadm +ours)\n%s", diff)
			}
		})
	}
}

// TestPolicyDocumentsOfEveryRelease keeps in testdata/policies what the default
// configuration grants. Each release whose template differs from that of the
// previous release has a folder, so that "diff -r" shows the effect of an
// upgrade.
func TestPolicyDocumentsOfEveryRelease(t *testing.T) {
	var before []byte
	for _, r := range catalogue(t).Releases {
		template := generate(t, Default(), r.Release)
		current := rendered(t, render.JSON, template.Tree())
		folder := filepath.Join(testdata, "policies", r.Release.String())
		if bytes.Equal(current, before) {
			if _, err := os.Stat(folder); err == nil {
				t.Errorf("%s exists, but %s changed nothing", folder, r.Release)
			}
			continue
		}
		before = current
		checkStale(t, folder, documents(template))
		for id, document := range documents(template) {
			text, err := render.OrderedJSON(document)
			if err != nil {
				t.Fatal(err)
			}
			compareOrUpdate(t, filepath.Join(folder, id+".json"), text)
		}
	}
}

// checkStale fails for golden files of documents that no longer exist.
func checkStale(t *testing.T, folder string, documents map[string]any) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil && !*update {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if _, ok := documents[strings.TrimSuffix(entry.Name(), ".json")]; !ok {
			t.Errorf("%s belongs to a document that no longer exists: remove it", filepath.Join(folder, entry.Name()))
		}
	}
}

// documents returns the documents of the managed policies and, under ID.trust,
// the trust policies of the roles.
func documents(template *Template) map[string]any {
	all := map[string]any{}
	for _, id := range template.PolicyIDs() {
		all[id], _ = template.Document(id)
	}
	for id := range template.Resources {
		resource := template.Resource(id).(map[string]any)
		if trust, ok := resource["Properties"].(map[string]any)["AssumeRolePolicyDocument"]; ok {
			all[id+".trust"] = trust
		}
	}
	return all
}

func TestBootstrapGroupHasNameSinceV210(t *testing.T) {
	c := Default()
	c.Spec.BootstrapUser.Enable = true
	for text, want := range map[string]any{"v2.0.3": nil, "v2.1.0": DefaultBootstrapUserName, "main": DefaultBootstrapUserName} {
		release, err := catalogue(t).Resolve(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := generate(t, c, release).properties(groupBootstrapper)["GroupName"]; got != want {
			t.Errorf("at %s the group has the name %v, want %v", text, got, want)
		}
	}
}

func TestBootstrapGroupOfV1Alpha1HasNoName(t *testing.T) {
	for _, r := range catalogue(t).Releases {
		opts := options(t)
		opts.Release = r.Release
		loaded, err := Load("old.yaml", []byte("apiVersion: "+V1Alpha1+"\nkind: AWSIAMConfiguration\nspec: {bootstrapUser: {enable: true}}\n"), opts)
		if err != nil {
			t.Fatal(err)
		}
		group := loaded.Template.Resource(groupBootstrapper)
		want := map[string]any{"Type": "AWS::IAM::Group", "Properties": map[string]any{}}
		if diff := cmp.Diff(any(want), group); diff != "" {
			t.Errorf("at %s (-want +got)\n%s", r.Release, diff)
		}
	}
}

func TestTemplateIsDeterministic(t *testing.T) {
	path := filepath.Join(testdata, "configurations/everything.yaml")
	first := rendered(t, render.YAML, generate(t, loadFile(t, path), catalogue(t).Newest()).Tree())
	for range 20 {
		if second := rendered(t, render.YAML, generate(t, loadFile(t, path), catalogue(t).Newest()).Tree()); !bytes.Equal(first, second) {
			t.Fatal("two runs differ")
		}
	}
}

func rendered(t testing.TB, write func(any) ([]byte, error), value any) []byte {
	t.Helper()
	text, err := write(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
