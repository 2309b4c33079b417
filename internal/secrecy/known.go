// This file remembers secrets in the input of a run.

package secrecy

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"capaboot/internal/lazy"
)

// Known remembers the secrets that a run got in places where they do not
// belong. It hides them wherever they appear, even truncated, in another letter
// case, or as the last part of a path. The zero value knows no secrets. It is safe
// for concurrent use.
type Known struct {
	mu     sync.RWMutex
	values []string        // unchanged, and as Go quotes them
	parts  map[string]bool // of shortestPart characters, in lower case
	names  []string        // the names of files that look like secrets, but are shown
}

// namedValue matches a value after the name of a secret: "aws_secret_access_key
// = x", "SecretAccessKey": "x", "password=x". After a colon or a slash, the
// short names are part of an ARN or a path:
// "arn:aws:secretsmanager:eu-west-1:111122223333:secret:name".
var namedValue = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(secret_?access_?key|secret_?key|session_?token|security_?token|(?:^|[^a-z:/])(?:password|passwd|secret|token|signature))\\*["']?\s*[=:]\s*\\*["']?([^\s"',;}\\]{6,})`)
}}

// nameEnds lists the ends of the names that [namedValue] matches.
var nameEnds = [...]string{"key", "token", "password", "passwd", "secret", "signature"}

// sixCharacters is the maximum size of six characters in bytes. [namedValue] needs
// six characters of a value.
const sixCharacters = 6 * utf8.UTFMax

// maxNameLength exceeds the length of the longest name that [namedValue] matches,
// including the character before the name.
const maxNameLength = 32

// findNamedValues returns the positions of values that follow the name of a secret in a
// text. A tag such as token=production is not a secret. findNamedValues searches only
// where an equals sign or a colon follows the end of the name of a secret, because
// [namedValue] takes a microsecond for every ten characters.
func findNamedValues(text string) (spans [][2]int) {
	from := 0 // the end of the previous value
	for start := 0; start < len(text); start++ {
		next := strings.IndexAny(text[start:], "=:")
		if next < 0 {
			break
		}
		start += next
		name := strings.TrimRight(text[from:max(start, from)], aroundValue)
		if !endsInName(name) {
			continue
		}
		begin := from + max(0, len(name)-maxNameLength, strings.LastIndexAny(name, "=:"))
		value := len(text) - len(strings.TrimLeft(text[start+1:], aroundValue))
		found := namedValue.Get().FindStringSubmatchIndex(text[begin:min(value+sixCharacters, len(text))])
		if found == nil {
			continue
		}
		from = valueEnd(text, begin+found[4])
		name = text[begin+found[2] : begin+found[3]]
		if strings.Contains(name, "_") || len(name) > len("_signature") || strings.ContainsAny(text[begin+found[4]:from], "0123456789") {
			spans = append(spans, [2]int{begin + found[4], from})
		}
	}
	return spans
}

func endsInName(text string) bool {
	return slices.ContainsFunc(nameEnds[:], func(suffix string) bool {
		return len(text) >= len(suffix) && strings.EqualFold(text[len(text)-len(suffix):], suffix)
	})
}

// aroundValue has the characters that may be on both sides of the equals sign or colon
// between a name and its value.
const aroundValue = "\\\"' \t\n\f\r"

func valueEnd(text string, start int) int {
	if end := strings.IndexAny(text[start:], aroundValue+",;}"); end >= 0 {
		return start + end
	}
	return len(text)
}

// findNamedSecrets returns the values that follow the name of a secret, such as
// aws_secret_access_key=x. It leaves out short values without a digit,
// variables, and the names of secrets in ARNs.
func findNamedSecrets(text string) (spans []span) {
	for _, position := range findNamedValues(text) {
		value := text[position[0]:position[1]]
		if endsInARN(text[:position[0]]) || strings.HasSuffix(text[:position[0]], "secret:") && strings.HasSuffix(value, "*") {
			continue // the resource of an ARN, or a pattern of resources
		}
		if strings.ContainsAny(value[:1], "$<({[*") || len(value) < shortestPart && !strings.ContainsAny(value, "0123456789") {
			continue
		}
		spans = append(spans, hiddenSpan(position[0], position[1]))
	}
	return spans
}

// endsInARN reports whether a text ends inside an ARN, after "secret:": a name
// follows, not a secret.
func endsInARN(before string) bool {
	const longest = len("arn:aws-iso-b:secretsmanager:us-isob-east-1:111122223333:secret:") + 32 // 32 more for variables, such as ${AWS::Region}
	before = before[max(0, len(before)-longest):]
	return strings.HasSuffix(before, ":secret:") && strings.Contains(before[strings.LastIndexAny(before, " \t\n\"'=")+1:], "arn:")
}

// Add remembers the secrets in an argument. It ignores an argument of fewer
// than shortestPart bytes.
func (k *Known) Add(value string) {
	if len(value) < shortestPart {
		return
	}
	found := append(dottedToken.Get().FindAllString(value, -1), credentialsOfURLs(value)...)
	for _, span := range findNamedValues(value) {
		found = append(found, value[span[0]:span[1]])
	}
	for _, s := range findRuns(value, func(run, before string) bool { return looksSecret(run, before, true) }) {
		found = append(found, value[s.start:s.end])
	}
	if len(found) == 0 {
		return
	}
	if strings.ContainsAny(value, "\n{") {
		found = append(found, value) // the lines of an encoded profile, or a whole document
	}
	k.remember(found...)
}

// credentialsOfURLs returns the passwords of at least eight bytes in URLs, and
// the tokens of at least shortestPart bytes in place of a user and a password.
// They may look like words. [Hide] does not find all of them: [passwordOfURL]
// matches neither the address of a proxy without a scheme, nor a URL that was
// split at the list separator of KUBECONFIG or shortened in an error.
func credentialsOfURLs(value string) (found []string) {
	if !strings.Contains(value, "@") {
		return nil
	}
	const shortestPassword = 8
	for _, match := range userOfURL.Get().FindAllStringSubmatch(value, -1) {
		if user, password := match[1], match[2]; len(password) >= shortestPassword {
			found = append(found, password)
		} else if password == "" && len(user) >= shortestPart {
			found = append(found, user)
		}
	}
	for _, match := range userOfProxy.Get().FindAllStringSubmatch(value, -1) {
		// The tag of an image (image:tag@sha256:digest) is also between a colon and
		// an @, but is not a password.
		if host := strings.ToLower(match[2]); len(match[1]) >= shortestPassword && host != "sha256" && host != "sha512" {
			found = append(found, match[1])
		}
	}
	return found
}

// userOfURL matches the user and the password of a URL.
var userOfURL = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`[a-zA-Z0-9+.-]:(?:<!-- -->)?//([^\s/@":]*)(?::([^\s"]*))?@`)
}}

// userOfProxy matches the address of a proxy with a user and a password, but
// without a scheme. The port distinguishes it from the subject of a token of
// GitHub (repo:org@123/name@456:ref:refs/heads/main).
var userOfProxy = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`[^\s/@":]:([^\s/@":]+)@([a-zA-Z0-9.-]+):[0-9]`)
}}

// AddVariable remembers the secrets in an environment variable, or its whole
// value when the name says that it contains a secret. It ignores a value of
// fewer than shortestPart bytes.
func (k *Known) AddVariable(name, value string) {
	if namesSecret(name) && len(value) >= shortestPart {
		k.remember(value)
		return
	}
	k.Add(value)
}

// AddSecret remembers a value that is a secret, whatever it looks like.
func (k *Known) AddSecret(value string) {
	if value != "" && !k.has(value) {
		k.remember(value)
	}
}

func (k *Known) has(value string) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return slices.Contains(k.values, value)
}

func namesSecret(name string) bool {
	name = strings.ToUpper(name)
	if strings.HasSuffix(name, "_FILE") || strings.HasSuffix(name, "_URI") || strings.HasSuffix(name, "_EXPIRES") { // such as x_security_token_expires
		return false
	}
	return strings.Contains(name, "SECRET") || strings.Contains(name, "TOKEN") || strings.Contains(name, "PASSWORD") || strings.Contains(name, "B64ENCODED")
}

// ordinaryWords has words that appear in messages, and next to secrets in documents.
var ordinaryWords = lazy.Value[map[string]bool]{Make: func() map[string]bool {
	return map[string]bool{
		"accesskeyid": true, "secretaccesskey": true, "sessiontoken": true, "expiration": true, "credentials": true, "cloudformation": true,
		"aws_access_key_id": true, "aws_secret_access_key": true, "aws_session_token": true, "aws_b64encoded_credentials": true,
	}
}}

// maxParts limits the memory; further parts are not remembered. An encoded
// profile with a session token has fewer parts.
const maxParts = 20000

func (k *Known) remember(secrets ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, secret := range secrets {
		quoted := fmt.Sprintf("%q", secret)
		for _, value := range []string{secret, quoted[1 : len(quoted)-1]} {
			if !slices.Contains(k.values, value) {
				k.values = append(k.values, value)
			}
		}
		k.rememberParts(strings.ToLower(secret))
	}
}

// rememberParts remembers the parts of shortestPart characters of a secret, which the
// caller has converted to lower case. It leaves out ordinary words, and parts of only
// digits and separators.
func (k *Known) rememberParts(secret string) {
	if k.parts == nil {
		k.parts = map[string]bool{}
	}
	for _, run := range strings.FieldsFunc(secret, notInRun) {
		if ordinaryWords.Get()[strings.Trim(run, "-_")] {
			continue
		}
		for i := range len(run) - shortestPart + 1 {
			if part := run[i : i+shortestPart]; len(k.parts) < maxParts && strings.Trim(part, "0123456789-_/") != "" {
				k.parts[part] = true
			}
		}
	}
}

func notInRun(r rune) bool { return r >= 0x80 || !inRun(byte(r)) }

// Hide replaces known secrets and their parts in a text. It does not replace a
// secret of fewer than six bytes.
func (k *Known) Hide(text string) string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if len(k.values) == 0 {
		return text
	}
	return replaceSpans(text, k.find(k.withoutNames(text)))
}

// find returns the known secrets in a text, and their parts.
func (k *Known) find(text string) (spans []span) {
	for _, value := range k.values {
		if len(value) < 6 || !strings.Contains(text, value) {
			continue
		}
		found := occurrences(text, value)
		spans = append(spans, found...)
		text = mask(text, found)
	}
	if len(k.parts) == 0 {
		return spans
	}
	return append(spans, findRuns(text, func(run, _ string) bool {
		run = strings.ToLower(run)
		for i := range len(run) - shortestPart + 1 {
			if k.parts[run[i:i+shortestPart]] {
				return true
			}
		}
		return false
	})...)
}

// Writer returns a writer that passes each text to w with the known secrets
// hidden.
func (k *Known) Writer(w io.Writer) io.Writer { return hiding{k, w} }

type hiding struct {
	known *Known
	w     io.Writer
}

func (h hiding) Write(text []byte) (int, error) {
	if _, err := io.WriteString(h.w, h.known.Hide(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}
