// Messages that deny a request without the sentence of the others.

package denial

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"

	"capaboot/internal/lazy"
)

//go:embed sayings.tsv
var sayingsTSV string

// saying is a row of sayings.tsv.
type saying struct {
	text   *regexp.Regexp
	action string
	or     []string
	absent bool
}

// loadSayings reads the table. A row that cannot be read is a fault of the program.
var loadSayings = lazy.Value[[]saying]{Make: func() []saying {
	var all []saying
	for n, line := range strings.Split(strings.TrimSpace(sayingsTSV), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != 5 || cells[4] == "" {
			panic(fmt.Sprintf("sayings.tsv:%d: want five cells, with a source", n+1))
		}
		all = append(all, saying{spaced(regexp.QuoteMeta(cells[0])), cells[1], strings.Fields(cells[2]), cells[3] == "absent"})
	}
	return all
}}

// sayings finds them.
func sayings(text []byte) []found {
	var all []found
	for _, s := range loadSayings.Get() {
		for _, m := range s.text.FindAllIndex(text, -1) {
			d := Denial{Action: s.action, Or: s.or, MayNotExist: s.absent}
			all = append(all, found{start: m[0], end: m[1], denial: d, whole: true, guess: true})
		}
	}
	return all
}
