// Tests of the decisions of a simulation, as text.

package report_test

import (
	"slices"
	"strings"
	"testing"

	"capaboot/policies/report"
	"capaboot/policies/simulate"
)

func TestManyDecisionsAreCounted(t *testing.T) {
	conditional := []simulate.Conditional{{Needs: []simulate.Need{{Text: "aws:username is ann"}}}}
	outcomes := slices.Repeat([]simulate.Outcome{{Action: "s3:GetObject", Resource: "*", Decision: simulate.ImplicitDeny}}, 15)
	outcomes = append(outcomes, simulate.Outcome{Decision: simulate.Allowed}, simulate.Outcome{Decision: simulate.Allowed, Unknown: true},
		simulate.Outcome{Decision: simulate.ExplicitDeny}, simulate.Outcome{Decision: simulate.ImplicitDeny, Conditional: conditional}, simulate.Outcome{Decision: simulate.ImplicitDeny})
	for count, want := range map[int]string{20: "", 21: "21 requests: 1 allowed, 1 allowed under a condition, 1 unknown, 1 explicitDeny, 17 implicitDeny"} {
		all := append(slices.Clone(outcomes), slices.Repeat(outcomes[:1], count-len(outcomes))...)
		text, err := report.NewSimulation(all).Format("text")
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Join(strings.Fields(string(text)), " ") // without line breaks
		if _, last, _ := strings.Cut(words, "requests: "); want == "" && last != "" || !strings.HasSuffix(words, want) {
			t.Errorf("%d results end with %q, want %q", count, words[max(0, len(words)-100):], want)
		}
		if json, err := report.NewSimulation(all).Format("json"); err != nil || strings.Contains(string(json), "requests: ") {
			t.Errorf("the JSON has the counts: %v", err)
		}
	}
}

// Statements that depend on the same key can have the same need. The text shows each
// need once.
func TestEqualNeedsAreWrittenOnce(t *testing.T) {
	need := func(text, of string) simulate.Need { return simulate.Need{Text: text, Of: of} }
	outcome := simulate.Outcome{Action: "iam:CreateRole", Resource: "*", Decision: simulate.ExplicitDeny, Conditional: []simulate.Conditional{
		{Needs: []simulate.Need{need("a is b", "p Statement[0]"), need("a is b", "q Statement[1]"), need("c is d", "q Statement[1]")}, When: "Stage is prod"},
	}}
	text, err := report.NewSimulation([]simulate.Outcome{outcome}).Format("text")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "allowed if a is b, and c is d, when Stage is prod (") {
		t.Errorf("got %s", text)
	}
}
