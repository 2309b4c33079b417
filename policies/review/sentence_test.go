// Tests of sentences: their text, which names they say, and that of a list a few
// are said.

package review

import (
	"encoding/json"
	"testing"
)

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
		if got := s.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSentencesSayNames(t *testing.T) {
	s := say("e, for %s and %s", names([]string{"a", "b", "c", "d", "e"}), remarked([]string{"x", "y z"}, []string{"x (why)", "y z"}))
	for _, test := range []struct {
		names []string
		want  bool
	}{{nil, true}, {[]string{"a", "c"}, true}, {[]string{"a", "d"}, false}, {[]string{"e"}, false}, {[]string{"x"}, true}, {[]string{"z"}, false}, {[]string{"y z"}, false}} {
		if got := s.Says(test.names); got != test.want {
			t.Errorf("%q: %t", test.names, got)
		}
	}
}

func TestSentencesAreTextInJSON(t *testing.T) {
	text, err := json.Marshal(Finding{Severity: Low, Message: say("for %s", names([]string{"a"}))})
	var back Finding
	if err != nil || json.Unmarshal(text, &back) != nil || back.Message.String() != "for a" {
		t.Errorf("%s: %v, read back as %q", text, err, back.Message)
	}
}
