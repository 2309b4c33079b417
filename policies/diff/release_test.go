// Compares the generated templates of two releases of CAPA. A golden file has the
// expected result. To rewrite the file, run "go test ./policies/diff -update";
// read the difference before you commit it.

package diff_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"capaboot/iam"
	"capaboot/internal/render"
	"capaboot/policies/catalog"
	"capaboot/policies/diff"
	"capaboot/policies/document"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata/")

// policiesOf returns the policies of the default configuration for a release.
func policiesOf(t testing.TB, name string, write func(any) ([]byte, error)) *document.Set {
	t.Helper()
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	r, err := catalogue.Resolve(name)
	if err != nil {
		t.Fatal(err)
	}
	template, err := iam.Generate(iam.Default(), catalogue, r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := write(template.Tree())
	if err != nil {
		t.Fatal(err)
	}
	set, err := document.ReadSet(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestReleases(t *testing.T) {
	before, after := policiesOf(t, "v2.8.4", render.JSON), policiesOf(t, "v2.11.1", render.YAML)
	const golden = "testdata/v2.8.4-v2.11.1.json"
	got, err := render.JSON(diff.Compare(before, after))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Error(d)
	}
	// A release equals itself, in JSON and in YAML.
	if r := diff.Compare(after, policiesOf(t, "v2.11.1", render.JSON)); !r.Empty() {
		t.Errorf("a release differs from itself:\n%+v", r)
	}
	// In the other direction, gained and lost are swapped.
	reverse := diff.Compare(after, before)
	for i, p := range diff.Compare(before, after).Principals {
		if d := cmp.Diff(p.Gained, reverse.Principals[i].Lost); d != "" {
			t.Errorf("%s: gained in one direction but not lost in the other:\n%s", p.Name, d)
		}
	}
}

// manyStatements returns a document whose statements do not cover each other.
func manyStatements(t testing.TB, n int, prefix string) *document.Set {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(`{"Version": "2012-10-17", "Statement": [`)
	for i := range n {
		fmt.Fprintf(&b, `%s{"Effect": "Allow", "Action": "s3:%sGet%d*", "Resource": ["arn:aws:s3:::b%d/*", "arn:aws:s3:::b%d"]}`,
			map[bool]string{true: ",", false: ""}[i > 0], prefix, i, i, i)
	}
	b.WriteString("]}")
	set, err := document.ReadSet("many", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestHostileSetsTerminate checks that the sets for which the comparison takes longest
// are compared before the test times out.
func TestHostileSetsTerminate(t *testing.T) {
	long := func(n, statements int, c string) *document.Set {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(`"%s%d%s"`, strings.Repeat("*a", 40), i, c)
		}
		all := strings.Join(list, ",")
		statement := `{"Effect": "Allow", "Action": [` + all + `], "Resource": [` + all + `], "Sid": "` + c + `"}`
		set, err := document.ReadSet("long", []byte(`{"Statement": [`+strings.TrimSuffix(strings.Repeat(statement+",", statements), ",")+`]}`))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for name, sets := range map[string][2]*document.Set{
		"10,000 statements":                  {manyStatements(t, 10_000, ""), manyStatements(t, 10_000, "x")},
		"too many actions and resources":     {long(2000, 1, "x"), long(2000, 1, "y")},
		"actions and resources of wildcards": {long(900, 20, "x"), long(900, 20, "y")},
	} {
		start := time.Now()
		r := diff.Compare(sets[0], sets[1])
		if r.Empty() || len(r.Principals[0].Gained) == 0 || len(r.Principals[0].Lost) == 0 {
			t.Errorf("%s: no change is reported", name)
		}
		t.Logf("%s: %v", name, time.Since(start))
	}
}

func BenchmarkReleases(b *testing.B) {
	before, after := policiesOf(b, "v2.8.4", render.JSON), policiesOf(b, "v2.11.1", render.JSON)
	for b.Loop() {
		diff.Compare(before, after)
	}
}
