// Package secrecy keeps out of what people read what looks like a secret:
// secret access keys, session tokens, encoded profiles, access key IDs. People
// paste them in the wrong place, as an argument, a file name or a region, and
// an error that repeats them puts them into the log of a pipeline.
//
// A text is hidden when it is likelier to be random characters of some alphabet than
// a word or a name that people or AWS choose (see [randomness]), when it begins as a
// token of a known kind does, or when it is behind "aws_secret_access_key=" and
// the like. [Hide] serves for every text, where hashes and IDs stand that are no
// secrets, and so is less strict. [Known] remembers what one run was given, an
// argument or a variable, and hides it and its parts wherever they appear.
package secrecy

import (
	"fmt"
	"regexp"
	"strings"

	"capaboot/internal/lazy"
)

// mark is in place of what is hidden; n is its length in characters.
func mark(n int) string {
	return fmt.Sprintf("(%d characters, not shown because they may be a secret)", n)
}

// Hide replaces in a text what looks like a secret by a mark that says how long
// it was. What stands around it stays.
func Hide(text string) string {
	if len(text) < shortest {
		return text
	}
	if strings.Contains(text, "@") && strings.Contains(text, "//") {
		text = passwordOfURL.Get().ReplaceAllString(text, "${1}(not shown)@")
	}
	if strings.Contains(text, "eyJ") || strings.Contains(text, "hvs.") {
		text = dotted.Get().ReplaceAllStringFunc(text, func(token string) string { return mark(len(token)) })
	}
	seen := map[string]bool{} // a report has most of its words many times
	return replaceRuns(hideNamed(text), func(run, before string) bool {
		if strings.HasSuffix(before, "-") || strings.HasSuffix(before, "/tmp.") {
			return looksSecret(run, before, false)
		}
		secret, ok := seen[run]
		if !ok {
			secret = looksSecret(run, "", false)
			seen[run] = secret
		}
		return secret
	})
}

// HideName is Hide for a name that people give, of a profile or a section, where no
// hash or ID stands: it is as strict as for arguments.
func HideName(name string) string {
	var known Known
	known.Add(name)
	return known.Hide(Hide(name))
}

// dotted matches tokens of parts with dots between them, of which each alone may
// look like a name: JSON web tokens, as Kubernetes and OIDC providers issue them, and
// tokens of HashiCorp Vault.
var dotted = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){1,2}|\bhvs\.[A-Za-z0-9_-]{20,}`)
}}

// passwordOfURL matches the beginning of a URL with a user and a password. In
// Markdown a comment keeps it from being a link.
var passwordOfURL = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*:(?:<!-- -->)?//)[^\s/@"]*:[^\s"]*@`)
}}

// replaceRuns replaces the runs of characters that a secret has, base64 in its
// two alphabets and with the escapes of URLs, for which secret holds. It is told
// what is before the run too.
func replaceRuns(text string, secret func(run, before string) bool) string {
	var b strings.Builder
	written := 0
	for i := 0; i < len(text); {
		if !inRun(text[i]) || text[i] == '-' {
			i++
			continue
		}
		begin := i
		for i < len(text) && (inRun(text[i]) || text[i] == '=' && i > begin && ends(text[i:])) {
			i++
		}
		if run := text[begin:i]; len(run) >= shortestPart && secret(run, text[:begin]) {
			b.WriteString(text[written:begin] + mark(len(run)))
			written = i
		}
	}
	if written == 0 {
		return text
	}
	return b.String() + text[written:]
}

func inRun(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '_' || c == '-' || c == '%'
}

// ends is whether the "=" that a text begins with are padding: no value follows.
func ends(text string) bool {
	rest := strings.TrimLeft(text, "=")
	return len(text)-len(rest) <= 2 && (rest == "" || !inRun(rest[0]) && !strings.ContainsRune(`"'{[`, rune(rest[0])) || rest[0] == '"')
}
