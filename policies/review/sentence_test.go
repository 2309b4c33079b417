// Tests of sentences: their parts, and the text that becomes of them.

package review

import "testing"

func TestSentences(t *testing.T) {
	five := []string{"a", "b", "c", "d", "e"}
	for want, s := range map[string]Sentence{
		"":                                   {},
		"100%":                               Say("100%"),
		"for a, b, c and 2 more, no":         say("for %s, no", names(five)),
		"for a, b, c, d":                     say("for %s", names(five[:4])),
		"for ":                               say("for %s", names(nil)),
		`the level "x", 3 of a (why)`:        say("the level %q, %d of %s", "x", 3, remarked(five[:1], []string{"a (why)"})),
		"on a but b; more":                   say("on %s", names(five[:1])).and(say(" but %s; %s", name("b"), Say("more"))),
		"all of it, and nothing else at all": Say("all of it").and(Sentence{}).and(Say(", and nothing else at all")),
	} {
		if got := Written(s); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
