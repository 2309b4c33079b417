// Tests the summary of each principal, and the notes on what was not evaluated.

package review

import (
	"fmt"
	"strings"
	"testing"
)

func TestSummaries(t *testing.T) {
	report, err := Review(readSet(t, "testdata/summary/template.yaml"), Options{Rules: []string{"quota"}})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range report.Principals {
		fmt.Fprintf(&b, "%s %s (%s) boundary %q\n", p.Kind, p.Name, p.LogicalID, p.Boundary)
		for _, a := range p.AssumedBy {
			fmt.Fprintf(&b, "  assumed by %q except=%t deny=%t %q %q\n", a.Principals, a.Except, a.Deny, a.Actions, a.Conditions)
		}
		for _, policy := range p.Policies {
			fmt.Fprintf(&b, "  policy %+v\n", policy)
		}
		for _, q := range p.Quotas {
			fmt.Fprintf(&b, "  quota %+v\n", q)
		}
		for _, g := range p.Grants {
			fmt.Fprintf(&b, "  %s\n", g.Service)
			for _, l := range g.Levels {
				fmt.Fprintf(&b, "    %s %d, everywhere %d\n", l.Level, l.Actions, l.Everywhere)
			}
		}
	}
	for _, note := range report.Notes {
		fmt.Fprintf(&b, "note: %s\n", WriteSentence(note))
	}
	compareGolden(t, "testdata/summary/summary.golden", b.String())
}
