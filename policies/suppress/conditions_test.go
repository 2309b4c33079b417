// Tests of comparing the template conditions of each principal.

package suppress

import (
	"fmt"
	"testing"
	"time"
)

func TestConditionsOfPrincipals(t *testing.T) {
	const region = "StringEquals aws:RequestedRegion = eu-west-1"
	for name, test := range map[string]struct {
		entry, finding, earlier []string // limits
		want                    string   // the principals of the finding that remain, and whether the entry lacks conditions
	}{
		"the same":                           {[]string{region, "a: when C and D", "when S"}, []string{region, "a: when C and D", "when S"}, nil, "[] false"},
		"conditions in another order":        {[]string{"a: when D and C"}, []string{"a: when C and D"}, nil, "[] false"},
		"a shared condition, now of each":    {[]string{"when C"}, []string{"a: when C", "b: when C"}, nil, "[] false"},
		"a shared condition, now of one":     {[]string{"when C"}, []string{"a: when C"}, nil, "[b] false"},
		"a condition of another":             {[]string{"a: when C"}, []string{"a: when C", "b: when D"}, nil, "[b] false"},
		"no condition any more":              {[]string{"when C"}, nil, nil, "[a b] false"},
		"another list of one":                {[]string{"a: when C"}, []string{"a: when C", "a: when D"}, nil, "[a] false"},
		"another limit":                      {[]string{region, "when C"}, []string{"when C"}, nil, "[a b] false"},
		"a principal that neither has":       {[]string{"c: when C"}, nil, nil, "[a b] false"},
		"limits are not compared":            {nil, []string{region, "when C", "a: when D"}, nil, "[] false"},
		"written before":                     {[]string{}, []string{"a: when C"}, []string{}, "[] true"},
		"written before, with another limit": {[]string{}, []string{region, "a: when C"}, []string{region}, "[a b] false"},
	} {
		f := Finding{Rule: "r", Principals: []string{"a", "b"}, Limits: test.finding, EarlierLimits: test.earlier}
		m := NewMatcher(&List{Entries: []Entry{{Rule: "r", Exactly: &Finding{Principals: []string{"a", "b"}, Limits: test.entry}}}}, time.Time{})
		parts, rest, remains := m.Match(f)
		if !remains {
			rest.Principals = nil
		}
		lacks := len(parts) > 0 && parts[0].WithoutConditions
		if got := fmt.Sprint(rest.Principals, lacks); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// A finding without principals can have several lists of conditions. It is
// enough that the conditions of one list hold.
func TestConditionsWithoutPrincipals(t *testing.T) {
	for name, test := range map[string]struct {
		entry, finding []string
		want           bool
	}{
		"the same":            {[]string{"or when C", "or when D"}, []string{"or when C", "or when D"}, true},
		"one alternative":     {[]string{"or when C", "or when D"}, []string{"or when C"}, false},
		"another alternative": {[]string{"or when C"}, []string{"or when C", "or when D"}, false},
	} {
		m := NewMatcher(&List{Entries: []Entry{{Rule: "r", Exactly: &Finding{Limits: test.entry}}}}, time.Time{})
		if _, _, remains := m.Match(Finding{Rule: "r", Limits: test.finding}); remains == test.want {
			t.Errorf("%s: the entry hides the finding: %t, want %t", name, !remains, test.want)
		}
	}
}
