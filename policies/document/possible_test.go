// Tests which template conditions can hold together.

package document

import (
	"fmt"
	"strings"
	"testing"
)

func TestPossible(t *testing.T) {
	t.Parallel()
	const conditions = `
Conditions:
  Prod: !Equals [!Ref P, prod]
  Dev: !Equals [dev, !Ref P]
  NotProd: !Not [!Condition Prod]
  NotProd2: !Not [!Equals [!Ref P, prod]]
  Either: !Or [!Condition Prod, {Condition: Dev}]
  Both: !And [!Condition Prod, !Condition Other]
  Other: !Equals [!Ref Q, !Ref AWS::Region]
  On: !Equals [!Ref S, true]
  Always: !Equals [a, a]
  Loop: !Not [!Condition Loop]
Resources: {}
`
	many := ""
	for i := range 50 {
		many += fmt.Sprintf("  C%d: !And [!Not [!Condition C%d], !Equals [!Ref X%d, x]]\n", i, i+1, i)
	}
	set, err := ReadSet("t.yaml", []byte(strings.Replace(conditions, "Resources:", many+"Resources:", 1)))
	if err != nil {
		t.Fatal(err)
	}
	different, err := ReadSet("u.yaml", []byte("Conditions: {NotProd: !Equals [!Ref P, x]}\nResources: {}"))
	if err != nil {
		t.Fatal(err)
	}
	for when, want := range map[string]bool{
		"":                         true,
		"Prod":                     true,
		"Prod NotProd":             false,
		"!Prod !NotProd":           false,
		"!Prod NotProd2 NotProd":   true,
		"NotProd2 !NotProd":        false,
		"Prod Dev":                 false,
		"!Prod !Dev":               true,
		"!Either Dev":              false,
		"Either !Dev !Prod":        false,
		"Both Dev":                 false,
		"!Both Prod Other":         false,
		"!Both Prod !Other":        true,
		"Prod P=dev|test":          false,
		"!Prod P=prod":             false,
		"!Prod P=dev|prod":         true,
		"On !On":                   false,
		"On S=false":               false,
		"!Always":                  false,
		"Loop":                     true,
		"Unknown":                  true,
		"Unknown !Unknown":         false,
		"C0 !C0":                   true, // too many comparisons
		"Prod Other On !Both Dev ": false,
	} {
		if got := set.Possible(strings.Fields(when)); got != want {
			t.Errorf("%q: %t, want %t", when, got, want)
		}
	}
	if merged := Merge(set, different); !merged.Possible([]string{"Prod", "NotProd"}) || merged.Possible([]string{"Prod", "NotProd2"}) {
		t.Error("a condition that differs between the templates has the definition of one of them")
	}
}

func TestTemplatesWithConditions(t *testing.T) {
	var sets []*Set
	for _, text := range []string{"Conditions: {C: !Equals [!Ref P, x]}\nResources: {}", "Resources: {}", "Conditions: {D: !Equals [!Ref P, x]}\nResources: {}"} {
		set, err := ReadSet("t.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		sets = append(sets, set)
	}
	if one, two := sets[0].TemplatesWithConditions(), Merge(sets...).TemplatesWithConditions(); one != 1 || two != 2 {
		t.Errorf("got %d and %d", one, two)
	}
}
