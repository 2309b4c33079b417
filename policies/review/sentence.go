// Sentences: what a finding says, in parts. Which names it lists, and how many
// of them it says, can be asked; nobody has to take the text apart.

package review

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/terminal"
)

// Sentence is a text in phrases. The zero value is empty.
type Sentence struct{ phrases []Phrase }

// Phrase is a part of a sentence: words, or a list of names of which the
// sentence says the first ones, and how many more there are.
type Phrase struct {
	Words string
	// Names are the list, each with what is remarked on it.
	Names []string
	// Said is how many of the names the sentence says.
	Said int
	// of are what the names are without remarks.
	of []string
}

// String is a phrase as the sentence has it.
func (p Phrase) String() string {
	if len(p.Names) == 0 {
		return p.Words
	}
	text := strings.Join(p.Names[:p.Said], ", ")
	if more := len(p.Names) - p.Said; more > 0 {
		text += " " + terminal.More(more)
	}
	return text
}

// Say returns a sentence of words alone.
func Say(words string) Sentence { return say("%s", words) }

// say returns a sentence as fmt.Sprintf makes it. A [Phrase] among the arguments,
// or a sentence, stays one in it; its verb is %s.
func say(format string, args ...any) Sentence {
	var s Sentence
	for format != "" {
		start := strings.IndexByte(format, '%')
		if start < 0 || start+1 == len(format) {
			break
		}
		verb := format[start : start+2]
		s.words(format[:start])
		format = format[start+2:]
		switch arg := args[0].(type) {
		case Phrase:
			s.phrases = append(s.phrases, arg)
		case Sentence:
			s = s.and(arg)
		default:
			s.words(fmt.Sprintf(verb, arg))
		}
		args = args[1:]
	}
	s.words(format)
	return s
}

func (s *Sentence) words(text string) {
	if text != "" {
		s.phrases = append(s.phrases, Phrase{Words: text})
	}
}

// and returns the sentence with another one at its end.
func (s Sentence) and(more Sentence) Sentence {
	return Sentence{slices.Concat(s.phrases, more.phrases)}
}

// Phrases returns the parts, which must not be changed.
func (s Sentence) Phrases() []Phrase { return s.phrases }

// String returns the sentence as it is.
func (s Sentence) String() string {
	var b strings.Builder
	for _, p := range s.phrases {
		b.WriteString(p.String())
	}
	return b.String()
}

// Says reports whether the sentence says all of some names. One with blanks or
// punctuation is never said: nobody sees where it ends.
func (s Sentence) Says(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		return strings.ContainsAny(name, " \t\r\n,;()\"") || !slices.ContainsFunc(s.phrases, func(p Phrase) bool { return slices.Contains(p.of[:p.Said], name) })
	})
}

// MarshalText writes the sentence, for JSON.
func (s Sentence) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a sentence of words alone.
func (s *Sentence) UnmarshalText(text []byte) error {
	*s = Say(string(text))
	return nil
}

// few is how many names of a list a sentence says.
const few = 3

// names lists a few of many: "a, b, c and 37 more".
func names(all []string) Phrase { return remarked(all, all) }

// remarked lists a few of many, each with what there is to remark on it, as in
// texts.
func remarked(of, texts []string) Phrase {
	return Phrase{Names: texts, Said: terminal.Shown(len(texts), few), of: of}
}

// name is one name.
func name(one string) Phrase { return names([]string{one}) }

// list is names as text.
func list(items []string) string { return names(items).String() }
