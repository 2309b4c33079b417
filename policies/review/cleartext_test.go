// Tests that a suppression of a secret does not accept the secret in another place.

package review_test

import (
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/review"
	"capaboot/policies/suppress"
)

// A suppression accepts a secret only where the secret was visible when the
// suppression was written.
func TestSuppressionOfASecretNamesThePlace(t *testing.T) {
	read := func(password string) *document.Set {
		set, err := document.ReadSet("t.yaml", []byte("Parameters: {P: {Type: String, Default: bbbb}}\nResources:\n  U: {Type: AWS::IAM::User, Properties: {UserName: u, LoginProfile: {Password: "+password+"}}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	options := review.Options{Rules: []string{"clear-text-secret"}}
	first, err := review.Review(read("aaaa"), options)
	if err != nil || len(first.Findings) != 1 {
		t.Fatalf("%v, %+v", err, first)
	}
	entry, ok := first.Findings[0].Suggest()
	if !ok {
		t.Fatal("no suggestion")
	}
	options.Suppressions = &suppress.List{File: "s.yaml", Entries: []suppress.Entry{entry}}
	for password, want := range map[string]int{"aaaa": 0, "!Ref P": 1} {
		r, err := review.Review(read(password), options)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, f := range r.Findings {
			if f.Rule == "clear-text-secret" {
				found++
			}
		}
		if found != want {
			t.Errorf("%s: %d findings, want %d", password, found, want)
		}
	}
}
