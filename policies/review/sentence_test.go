// Tests sentences: their parts and their text.

package review

import "testing"

func TestSentences(t *testing.T) {
	five := []string{"a", "b", "c", "d", "e"}
	for want, s := range map[string]Sentence{
		"":                                   {},
		"100%":                               PlainSentence("100%"),
		"for a, b, c and 2 more, no":         sentencef("for %s, no", nameList(five)),
		"for a, b, c and d":                  sentencef("for %s", nameList(five[:4])),
		"for ":                               sentencef("for %s", nameList(nil)),
		`the level "x", 3 of a (why)`:        sentencef("the level %q, %d of %s", "x", 3, annotatedNames(five[:1], []string{"a (why)"})),
		"on a but b; more":                   sentencef("on %s", nameList(five[:1])).append(sentencef(" but %s; %s", singleName("b"), PlainSentence("more"))),
		"all of it, and nothing else at all": PlainSentence("all of it").append(Sentence{}).append(PlainSentence(", and nothing else at all")),
	} {
		if got := WriteSentence(s); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
