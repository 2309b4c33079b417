// Messages that deny a request without AWS's usual sentence.

package denial

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"

	"capaboot/internal/lazy"
)

//go:embed phrases.tsv
var phrasesTSV string

// phrase is a row of phrases.tsv.
type phrase struct {
	text        *regexp.Regexp
	action      string
	or          []string
	mayNotExist bool
}

// phrases has the rows of phrases.tsv. An invalid row is a programming error.
var phrases = lazy.Value[[]phrase]{Make: func() []phrase {
	var all []phrase
	for n, line := range strings.Split(strings.TrimSpace(phrasesTSV), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != 5 || cells[4] == "" {
			panic(fmt.Sprintf("phrases.tsv:%d: want five cells, with a source", n+1))
		}
		all = append(all, phrase{compileSpaced(regexp.QuoteMeta(cells[0])), cells[1], strings.Fields(cells[2]), cells[3] == "absent"})
	}
	return all
}}

func findPhrases(text []byte) []fragment {
	var all []fragment
	for _, s := range phrases.Get() {
		for _, m := range s.text.FindAllIndex(text, -1) {
			d := Denial{Action: s.action, Or: s.or, MayNotExist: s.mayNotExist}
			all = append(all, fragment{start: m[0], end: m[1], denial: d, isSentence: true, guessed: true})
		}
	}
	return all
}
