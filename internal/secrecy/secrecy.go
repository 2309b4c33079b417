// Package secrecy hides text that looks like a secret from the output: secret
// access keys, session tokens, encoded profiles, access key IDs. People paste
// them in the wrong place, as an argument, a file name or a region, and an
// error that repeats them would write them to the log of a pipeline.
//
// A text is hidden when it is more likely to be random characters than a word
// or a name that people or AWS choose (see [randomness]), when it begins like a
// known kind of token, or when it follows the name of a secret, such as
// "aws_secret_access_key=". [Hide] is for any text. It leaves hashes and
// IDs in a text, which are not secrets. [Known] remembers the
// secrets in the arguments and variables of one run, and hides them and their
// parts wherever they appear.
package secrecy

import (
	"regexp"
	"strings"

	"capaboot/internal/lazy"
)

// Hide replaces whatever looks like a secret in a text with its length, and the
// user and password of a URL with "(not shown)". The rest of the text is
// unchanged.
func Hide(text string) string { return replaceSpans(text, find(text)) }

// find returns the parts of a text that look like secrets.
func find(text string) (spans []span) {
	if len(text) < minSecretLength {
		return nil
	}
	add := func(found []span) {
		spans = append(spans, found...)
		text = mask(text, found)
	}
	if strings.Contains(text, "@") && strings.Contains(text, "//") {
		var found []span
		for _, match := range passwordOfURL.Get().FindAllStringSubmatchIndex(text, -1) {
			found = append(found, span{match[3], match[1] - len("@"), "(not shown)"})
		}
		add(found)
	}
	if strings.Contains(text, "eyJ") || strings.Contains(text, "hvs.") {
		var found []span
		for _, match := range dottedToken.Get().FindAllStringIndex(text, -1) {
			found = append(found, hiddenSpan(match[0], match[1]))
		}
		add(found)
	}
	add(findNamedSecrets(text))
	seen := map[string]bool{} // the results, because most words of a report occur many times
	add(findRuns(text, func(run, before string) bool {
		if strings.HasSuffix(before, "-") || strings.HasSuffix(before, "/tmp.") {
			return looksSecret(run, before, false)
		}
		isSecret, ok := seen[run]
		if !ok {
			isSecret = looksSecret(run, "", false)
			seen[run] = isSecret
		}
		return isSecret
	}))
	return spans
}

// HideName is like Hide, but for a name that a person chose, such as that of a
// profile. Such a name contains no hash or ID, so HideName is as strict as
// [Known] is for arguments.
func HideName(name string) string {
	var known Known
	known.Add(name)
	return known.Hide(Hide(name))
}

// dottedToken matches tokens whose parts are separated by dots and may each look
// like a name: JSON web tokens, as Kubernetes and OIDC providers issue them,
// and tokens of HashiCorp Vault.
var dottedToken = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){1,2}|\bhvs\.[A-Za-z0-9_-]{20,}`)
}}

// passwordOfURL matches the beginning of a URL with a user and a password, or
// with a token in place of both. The empty HTML comment after the colon is for
// Markdown in a text, where it keeps the URL from becoming a link.
var passwordOfURL = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*:(?:<!-- -->)?//)(?:[^\s/@"]*:[^\s"]*|[^\s/@":]{12,})@`)
}}

// findRuns returns the runs of at least shortestPart characters for which
// isSecret returns true. A run has the characters of a secret: base64 in both
// alphabets, with URL escapes. isSecret also gets the text before the run.
func findRuns(text string, isSecret func(run, before string) bool) (spans []span) {
	for i := 0; i < len(text); {
		if !inRun(text[i]) || text[i] == '-' {
			i++
			continue
		}
		begin := i
		for i < len(text) && (inRun(text[i]) || text[i] == '=' && i > begin && isPadding(text[i:])) {
			i++
		}
		if run := text[begin:i]; len(run) >= shortestPart && isSecret(run, text[:begin]) {
			spans = append(spans, hiddenSpan(begin, i))
		}
	}
	return spans
}

func inRun(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '_' || c == '-' || c == '%'
}

// isPadding reports whether a text begins with the padding of base64: one or
// two "=" without a value after them. A value may also begin with ', { or [,
// but not with a double quote, which ends a quoted text.
func isPadding(text string) bool {
	rest := strings.TrimLeft(text, "=")
	return len(text)-len(rest) <= 2 && (rest == "" || !inRun(rest[0]) && strings.IndexByte("'{[", rest[0]) < 0)
}
