// What one side allows and the other does not, for people and programs.
// docs/schemas has the schema of its JSON.

package report

import (
	"fmt"
	"strings"

	"capaboot/internal/render"
	"capaboot/policies/diff"
)

// Diff is the result of "policy diff". Its JSON is documented in
// docs/security-review.md.
type Diff struct {
	// Version is that of this format.
	Version int    `json:"version"`
	A       string `json:"a"`
	B       string `json:"b"`
	diff.Result
}

// Format writes the comparison as "text", "json" or "markdown".
func (d Diff) Format(output string) ([]byte, error) {
	switch output {
	case "json":
		return render.JSON(d)
	case "markdown":
		var b strings.Builder
		fmt.Fprintf(&b, "### From %s to %s\n", markdownShort(d.A), markdownShort(d.B))
		if d.Empty() {
			b.WriteString("\nThey allow the same.\n")
		}
		b.WriteString(permissionsMarkdown(d.Result, maxComment-b.Len()-reserve))
		return []byte(b.String()), nil
	}
	if d.Empty() {
		return fmt.Appendf(nil, "%s and %s allow the same\n", printable(d.A), printable(d.B)), nil
	}
	return fmt.Appendf(nil, "from %s to %s: + is gained, - is lost\n\n%s", printable(d.A), printable(d.B), permissionsText(d.Result, 0, true)), nil
}
