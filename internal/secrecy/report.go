// This file hides secrets in reports, which are Markdown or name files.

package secrecy

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/lazy"
)

// HideReport is like [Hide] and [Known.Hide] together. In Markdown it finds the
// secrets in the text as a reader sees it, because escapes would otherwise separate
// the parts of a secret from each other, and the name of a secret in an ARN from the
// ARN.
func (k *Known) HideReport(text string, isMarkdown bool) string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	seen, positions := text, []position(nil)
	if isMarkdown {
		seen, positions = visible(text)
	}
	seen = k.withoutNames(seen)
	spans := find(seen)
	spans = append(spans, k.find(mask(seen, spans))...)
	if isMarkdown {
		for i, s := range spans {
			spans[i].start, spans[i].end = int(positions[s.start].start), int(positions[s.end-1].end)
		}
	}
	return replaceSpans(text, spans)
}

// position is where a byte of the visible text is in the Markdown.
type position struct{ start, end int32 }

// markdownEscapes has the escapes of package escape, except the backslash, each with
// the text that a reader sees.
var markdownEscapes = [...]struct{ escape, text string }{
	{"<!-- -->", ""}, {"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"<span>$</span>", "$"}, {"<br>", "\n"},
	{"<code>", "\n"}, {"</code>", "\n"}, {"<details>", "\n"}, {"</details>", "\n"},
}

// visible returns the text that a reader of a Markdown document sees, and the
// position of each of its bytes. It does not distinguish code spans from other
// text. In SARIF, the Markdown is in a JSON string, so a character may have
// several backslashes before it.
func visible(markdown string) (string, []position) {
	var b strings.Builder
	var positions []position
	add := func(text string, start, end int) {
		b.WriteString(text)
		for range len(text) {
			positions = append(positions, position{int32(start), int32(end)})
		}
	}
next:
	for i := 0; i < len(markdown); {
		switch markdown[i] {
		case '`':
			add(`"`, i, i+1) // a code span is like a quoted text
			i++
			continue next
		case '<', '&':
			for _, e := range markdownEscapes {
				if strings.HasPrefix(markdown[i:], e.escape) {
					add(e.text, i, i+len(e.escape))
					i += len(e.escape)
					continue next
				}
			}
		case '\\':
			last := i
			for last < len(markdown) && markdown[last] == '\\' {
				last++
			}
			if last < len(markdown) && isPunctuation(markdown[last]) {
				add(markdown[last:last+1], i, last+1)
				i = last + 1
				continue next
			}
		}
		add(markdown[i:i+1], i, i+1)
		i++
	}
	return b.String(), positions
}

func isPunctuation(c byte) bool {
	return '!' <= c && c <= '/' || ':' <= c && c <= '@' || '[' <= c && c <= '`' || '{' <= c && c <= '~'
}

// ShowName makes a path visible in every text. The caller has read the file or folder.
// The path of a temporary file may look like a secret as a whole, because it has
// several short random names. A path stays hidden if one of its names may be a secret.
func (k *Known) ShowName(path string) {
	base := filepath.Base(path)
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, name := range []string{path, filepath.Clean(path), base, strings.TrimSuffix(base, filepath.Ext(base))} {
		if len(name) >= shortestPart && !slices.Contains(k.names, name) && len(find(name))+len(k.find(name)) > 0 && !hasSecretPart(name) {
			k.names = append(k.names, name)
		}
	}
	slices.SortStableFunc(k.names, func(a, b string) int { return len(b) - len(a) })
}

// hasSecretPart reports whether a path may contain a secret: in one part, or in
// several parts together.
func hasSecretPart(path string) bool {
	if dottedToken.Get().MatchString(path) || strings.Contains(path, "@") || len(findNamedValues(path)) > 0 {
		return true
	}
	var known Known
	before := ""
	for part := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == filepath.Separator }) {
		name := part
		if mktempName.Get().MatchString(name) {
			name = ""
		}
		known.Add(name)
		before = before + "/" + name
		for i := range before {
			if key := before[i:]; key[0] == '/' && len(key) == 1+secretLength && !strings.Contains(key, ".") && (isRandom(key[1:], minRandomKey) || repeats(key)) {
				return true
			}
		}
	}
	return len(known.values) > 0 || len(findRuns(path, func(run, _ string) bool { return len(run) >= minSecretLength && hasSecretPrefix(run) })) > 0
}

// mktempName matches the names of files and folders that mktemp and Python's
// tempfile create.
var mktempName = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:tmp\.[A-Za-z0-9]{10}|tmp[a-z0-9_]{8})(?:\.[a-z]{1,8})?$`)
}}

// withoutNames masks the names that [Known.ShowName] shows.
func (k *Known) withoutNames(text string) string {
	for _, name := range k.names {
		found := slices.DeleteFunc(occurrences(text, name), func(s span) bool {
			return s.start > 0 && inName(text[s.start-1]) || s.end < len(text) && inName(text[s.end])
		})
		text = mask(text, found)
	}
	return text
}

// inName reports whether a character next to a name belongs to the same name, so that
// the name is only a part of a longer one.
func inName(c byte) bool { return c != '/' && inRun(c) }
