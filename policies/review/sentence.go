// Sentences: what a finding says, in parts. Package report makes the text, and
// decides how many names of a list it says; no one has to take a text apart.

package review

import (
	"fmt"
	"slices"
	"strings"
)

// Sentence is what is to be said, in phrases.
type Sentence []Phrase

// Phrase is a part of a sentence: words, or a list of names.
type Phrase struct {
	Words string
	// Names are the list, and Texts are the same with what is remarked on each.
	Names, Texts []string
	// Most: a reader needs nearly all of the names, not a few examples.
	Most bool
}

// Say returns a sentence of words only.
func PlainSentence(words string) Sentence { return sentencef("%s", words) }

// say returns a sentence as fmt.Sprintf makes it. A [Phrase] among the arguments,
// or a sentence, stays one in it; its verb is %s.
func sentencef(format string, args ...any) Sentence {
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
			s = append(s, arg)
		case Sentence:
			s = s.append(arg)
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
		*s = append(*s, Phrase{Words: text})
	}
}

// and returns the sentence with another one at its end.
func (s Sentence) append(more Sentence) Sentence {
	return slices.Concat(s, more)
}

// key is the same for sentences that say the same.
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

// names is a list of names.
func nameList(all []string) Phrase { return annotatedNames(all, all) }

// remarked is a list of names, each with what there is to remark on it, as in
// texts.
func annotatedNames(names, texts []string) Phrase { return Phrase{Names: names, Texts: texts} }

// name is one name.
func singleName(one string) Phrase { return nameList([]string{one}) }
