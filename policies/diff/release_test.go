// Tests of the comparison of two releases of CAPA, from the templates that are
// generated for them, with a golden file. Run "go test ./policies/diff -update"
// to rewrite it, and read the difference before committing it.

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

// release returns the set of the default configuration at a release.
func release(t testing.TB, name string, write func(any) ([]byte, error)) *document.Set {
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
	before, after := release(t, "v2.8.4", render.JSON), release(t, "v2.11.1", render.YAML)
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
	// A release is what it is, written in JSON or YAML.
	if r := diff.Compare(after, release(t, "v2.11.1", render.JSON)); !r.Empty() {
		t.Errorf("a release differs from itself:\n%+v", r)
	}
	// The other way round gained and lost change places.
	back := diff.Compare(after, before)
	for i, p := range diff.Compare(before, after).Principals {
		if d := cmp.Diff(p.Gained, back.Principals[i].Lost); d != "" {
			t.Errorf("%s: gained one way is not lost the other way:\n%s", p.Name, d)
		}
	}
}

// many returns a document of statements that no other one covers.
func many(t testing.TB, n int, prefix string) *document.Set {
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

// TestHostileSetsEnd compares what takes the longest to compare. The time-out
// of the test is what it must not reach; the limit here is generous.
func TestHostileSetsEnd(t *testing.T) {
	long := func(n, statements int, c string) *document.Set {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(`"%s%d%s"`, strings.Repeat("*a", 40), i, c)
		}
		all := strings.Join(list, ",")
		one := `{"Effect": "Allow", "Action": [` + all + `], "Resource": [` + all + `], "Sid": "` + c + `"}`
		set, err := document.ReadSet("long", []byte(`{"Statement": [`+strings.TrimSuffix(strings.Repeat(one+",", statements), ",")+`]}`))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for name, sets := range map[string][2]*document.Set{
		"10,000 statements":                  {many(t, 10_000, ""), many(t, 10_000, "x")},
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
	before, after := release(b, "v2.8.4", render.JSON), release(b, "v2.11.1", render.JSON)
	for b.Loop() {
		diff.Compare(before, after)
	}
}
