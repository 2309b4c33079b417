// Tests that Format never writes a file that Read would refuse even with the
// reasons filled in.

package suppress

import (
	"fmt"
	"strings"
	"testing"
)

func TestFormatStaysWithinLimits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		entries int
		action  string
		want    string // part of the error
	}{
		{"the maximum", maxSuppressions, "s3:GetObject", ""},
		{"one too many", maxSuppressions + 1, "s3:GetObject", "2001 entries are too many for a suppression file; allowed: 2000"},
		{"long entries", maxSuppressions, strings.Repeat("a", 600), "with its reasons; allowed: 1048576"},
	} {
		var all []Suggestion
		for i := range test.entries {
			all = append(all, Suggestion{Entry: Suggest(Finding{Rule: "any-resource", Policy: fmt.Sprint("p", i), Actions: []string{test.action}})})
		}
		text, err := Format("all", all)
		if err != nil {
			if test.want == "" || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v, want %q", test.name, err, test.want)
			}
			continue
		}
		if test.want != "" {
			t.Errorf("%s: no error, want %q", test.name, test.want)
		}
		filled := strings.ReplaceAll(string(text), "  reason:\n", "  reason: "+strings.Repeat("r", reasonSize-len("\n"))+"\n")
		if _, err := Read("file", []byte(filled), func(string) error { return nil }); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
