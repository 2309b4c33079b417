// Tests of defaults in the OIDC providers of a template.

package document

import (
	"slices"
	"testing"
)

// The review relies on the audiences of a provider, so it says that it assumes a default.
func TestDefaultAudience(t *testing.T) {
	t.Parallel()
	for _, list := range []string{"[!Ref A]", "!Ref A", "[!Sub 'x-${A}']"} {
		set, err := ReadSet("t.yaml", []byte("Parameters: {A: {Type: CommaDelimitedList, Default: sts.amazonaws.com}, B: {Type: String, Default: b}}\nResources: {P: {Type: AWS::IAM::OIDCProvider, Properties: {Url: 'https://example.com', ClientIdList: "+list+"}}}"))
		if err != nil {
			t.Fatal(err)
		}
		if got := set.Defaulted(); !slices.Equal(got, []string{"A"}) {
			t.Errorf("%s: defaults of %q, want A", list, got)
		}
	}
}
