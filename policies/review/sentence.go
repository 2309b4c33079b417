// Sentences: the message of a finding, in parts. Package report writes the text
// and decides how many names of a list it contains, so no code needs to parse a
// text.

package review

import (
	"fmt"
	"slices"
	"strings"
)

// Sentence is a message, as a list of phrases.
type Sentence []Phrase

// Phrase is a part of a sentence: words, or a list of names.
type Phrase struct {
	Words string
	// Names is the list. Texts has the same names, each with its explanation if
	// there is one.
	Names, Texts []string
	// Or is true if the list has "or" instead of "and", as after "no" or "not".
	Or bool
	// Most reports whether a reader needs nearly all of the names, not just a
	// few examples.
	Most bool
}

// PlainSentence returns a sentence without lists of names.
func PlainSentence(words string) Sentence { return sentencef("%s", words) }

// sentencef formats a sentence like fmt.Sprintf, with verbs of a single letter
// and without "%%". An argument of type [Phrase] or [Sentence] remains
// separate; its verb is %s.
func sentencef(format string, args ...any) Sentence {
	var s Sentence
	for format != "" {
		start := strings.IndexByte(format, '%')
		if start < 0 || start+1 == len(format) {
			break
		}
		verb := format[start : start+2]
		s.appendWords(format[:start])
		format = format[start+2:]
		switch arg := args[0].(type) {
		case Phrase:
			s = append(s, arg)
		case Sentence:
			s = s.append(arg)
		default:
			s.appendWords(fmt.Sprintf(verb, arg))
		}
		args = args[1:]
	}
	s.appendWords(format)
	return s
}

func (s *Sentence) appendWords(text string) {
	if text != "" {
		*s = append(*s, Phrase{Words: text})
	}
}

func (s Sentence) append(suffix Sentence) Sentence {
	return slices.Concat(s, suffix)
}

// key is equal for sentences with the same content.
func (s Sentence) key() string {
	var b strings.Builder
	for _, p := range s {
		b.WriteString(p.Words)
		for i, name := range p.Names {
			b.WriteString("\x00" + name + "\x00" + p.Texts[i])
		}
		b.WriteString("\x00")
	}
	return b.String()
}

func nameList(all []string) Phrase { return annotatedNames(all, all) }

// annotatedNames returns a list of names, each with its explanation in texts.
func annotatedNames(names, texts []string) Phrase { return Phrase{Names: names, Texts: texts} }

// orList returns a list of names with "or" before the last one.
func orList(all []string) Phrase { return nameList(all).withOr() }

func (p Phrase) withOr() Phrase {
	p.Or = true
	return p
}

func singleName(name string) Phrase { return nameList([]string{name}) }

// forCount returns the text for one name, or the text for several.
func forCount(names []string, one, several string) string {
	if len(names) == 1 {
		return one
	}
	return several
}
