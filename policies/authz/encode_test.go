// Tests that this package decodes what the generator encodes.

package authz_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"capaboot/policies/authz"
	"capaboot/policies/authz/internal/encode"
)

// A large service, a small one, and one that has only actions are sufficient.
// Compressing all services takes seconds.
func TestEncodeAndDecode(t *testing.T) {
	var sources []encode.Source
	for _, prefix := range []string{"a2c", "ec2", "sts"} {
		s, ok := authz.ForPrefix(prefix)
		if !ok {
			t.Fatalf("%s is unknown", prefix)
		}
		source := encode.Source{Service: *s}
		for i := range s.Actions {
			source.Descriptions = append(source.Descriptions, s.Actions[i].Description())
		}
		sources = append(sources, source)
	}
	index, blob, err := encode.Services(sources)
	if err != nil {
		t.Fatal(err)
	}
	if again, againBlob, err := encode.Services(sources); err != nil || string(again) != string(index) || string(againBlob) != string(blob) {
		t.Error("encoding twice gives different results")
	}
	decoded, descriptions, err := authz.DecodeAll(string(index), string(blob))
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range decoded {
		if diff := cmp.Diff(&sources[i].Service, s, cmp.AllowUnexported(authz.Service{})); diff != "" {
			t.Errorf("%s (-encoded +decoded)\n%s", s.Prefix, diff)
		}
		if !slices.Equal(descriptions[i], sources[i].Descriptions) {
			t.Errorf("the descriptions of %s differ", s.Prefix)
		}
	}
}
