// What one run was given that looks like a secret.

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

// Known are the secrets that a run was given where none belongs. They are
// hidden wherever they appear: cut, in another case, as the last part of a path.
// The zero value knows none. It may be used by several goroutines.
type Known struct {
	mu     sync.RWMutex
	values []string        // as they were given, and as Go quotes them
	parts  map[string]bool // of shortestPart characters, in lower case
}

// named matches what says itself that it is a secret: "aws_secret_access_key = x",
// "SecretAccessKey": "x", "password=x". After a colon or a slash it is a part of an
// ARN or a path: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:name".
var named = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(secret_?access_?key|secret_?key|session_?token|security_?token|(?:^|[^a-z:/])(?:password|passwd|secret|token))\\*["']?\s*[=:]\s*\\*["']?([^\s"',;}\\]{6,})`)
}}

// nameEnds are the ends of the names that [named] matches.
var nameEnds = [...]string{"key", "token", "password", "passwd", "secret"}

// shortestValue is how many bytes hold the shortest value that [named] matches, six
// characters.
const shortestValue = 6 * utf8.UTFMax

// longestName is more than the longest name that [named] matches, with the
// character before it.
const longestName = 32

// namedIn returns where in a text the values stand that say themselves that they
// are secrets. A tag such as token=production is not one. It looks only where an
// equals sign or a colon follows the end of such a name: [named] takes a microsecond
// for every ten characters.
func namedIn(text string) (places [][2]int) {
	from := 0 // the end of what was found last
	for at := 0; at < len(text); at++ {
		next := strings.IndexAny(text[at:], "=:")
		if next < 0 {
			break
		}
		at += next
		name := strings.TrimRight(text[from:max(at, from)], aroundValue)
		if !endsName(name) {
			continue
		}
		begin := from + max(0, len(name)-longestName, strings.LastIndexAny(name, "=:"))
		value := len(text) - len(strings.TrimLeft(text[at+1:], aroundValue))
		found := named.Get().FindStringSubmatchIndex(text[begin:min(value+shortestValue, len(text))])
		if found == nil {
			continue
		}
		from = valueEnd(text, begin+found[4])
		name = text[begin+found[2] : begin+found[3]]
		if strings.Contains(name, "_") || len(name) > len("_password") || strings.ContainsAny(text[begin+found[4]:from], "0123456789") {
			places = append(places, [2]int{begin + found[4], from})
		}
	}
	return places
}

func endsName(text string) bool {
	return slices.ContainsFunc(nameEnds[:], func(end string) bool {
		return len(text) >= len(end) && strings.EqualFold(text[len(text)-len(end):], end)
	})
}

// aroundValue is what may be between a name and its value, next to the sign.
const aroundValue = "\\\"' \t\n\f\r"

// valueEnd returns where in a text the value ends that begins at a place.
func valueEnd(text string, at int) int {
	if end := strings.IndexAny(text[at:], aroundValue+",;}"); end >= 0 {
		return at + end
	}
	return len(text)
}

// hideNamed hides in a text only what says itself that it is a secret, such as
// aws_secret_access_key=x, but for words and variables.
func hideNamed(text string) string {
	var b strings.Builder
	written := 0
	for _, at := range namedIn(text) {
		value := text[at[0]:at[1]]
		if inARN(text[:at[0]]) || strings.HasSuffix(text[:at[0]], "secret:") && strings.HasSuffix(value, "*") {
			continue // the resource of an ARN, or a pattern of resources
		}
		if strings.ContainsAny(value[:1], "$<({[*") || len(value) < shortestPart && !strings.ContainsAny(value, "0123456789") {
			continue
		}
		b.WriteString(text[written:at[0]] + mark(len(value)))
		written = at[1]
	}
	if written == 0 {
		return text
	}
	return b.String() + text[written:]
}

// inARN is whether a text ends within an ARN, whose resource "secret:name" is the
// name of one.
func inARN(before string) bool {
	const longest = len("arn:aws-iso-b:secretsmanager:us-isob-east-1:111122223333:secret:") + 32 // with a variable or two
	before = before[max(0, len(before)-longest):]
	return strings.HasSuffix(before, ":secret:") && strings.Contains(before[strings.LastIndexAny(before, " \t\n\"'=")+1:], "arn:")
}

// Add remembers what is a secret in an argument.
func (k *Known) Add(value string) {
	if len(value) < shortestPart {
		return
	}
	found := dotted.Get().FindAllString(value, -1)
	for _, at := range namedIn(value) {
		found = append(found, value[at[0]:at[1]])
	}
	replaceRuns(value, func(run, before string) bool {
		if looksSecret(run, before, true) {
			found = append(found, run)
		}
		return false
	})
	if len(found) == 0 {
		return
	}
	if strings.ContainsAny(value, "\n{") {
		found = append(found, value) // an encoded profile in lines, a document: all of it
	}
	k.remember(found...)
}

// AddVariable remembers what is a secret in a variable of the environment: all
// of it if the name says that it holds one.
func (k *Known) AddVariable(name, value string) {
	if holdsSecret(name) && len(value) >= shortestPart {
		k.remember(value)
		return
	}
	k.Add(value)
}

func holdsSecret(name string) bool {
	name = strings.ToUpper(name)
	if strings.HasSuffix(name, "_FILE") || strings.HasSuffix(name, "_URI") || strings.HasSuffix(name, "_EXPIRES") { // x_security_token_expires
		return false
	}
	return strings.Contains(name, "SECRET") || strings.Contains(name, "TOKEN") || strings.Contains(name, "PASSWORD") || strings.Contains(name, "B64ENCODED")
}

// ordinary are words that stand in documents beside secrets, and in messages.
var ordinary = lazy.Value[map[string]bool]{Make: func() map[string]bool {
	return map[string]bool{
		"accesskeyid": true, "secretaccesskey": true, "sessiontoken": true, "expiration": true, "credentials": true, "cloudformation": true,
		"aws_access_key_id": true, "aws_secret_access_key": true, "aws_session_token": true, "aws_b64encoded_credentials": true,
	}
}}

// mostParts bounds the memory: an encoded profile with a session token has fewer.
const mostParts = 20000

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

// rememberParts remembers every part of a secret in lower case that is worth
// hiding: but for numbers, and words that stand beside secrets.
func (k *Known) rememberParts(secret string) {
	if k.parts == nil {
		k.parts = map[string]bool{}
	}
	for _, run := range strings.FieldsFunc(secret, notInRun) {
		if ordinary.Get()[strings.Trim(run, "-_")] {
			continue
		}
		for i := range len(run) - shortestPart + 1 {
			if part := run[i : i+shortestPart]; len(k.parts) < mostParts && strings.Trim(part, "0123456789-_/") != "" {
				k.parts[part] = true
			}
		}
	}
}

func notInRun(r rune) bool { return r >= 0x80 || !inRun(byte(r)) }

// Hide replaces in a text what is known, and its parts.
func (k *Known) Hide(text string) string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if len(k.values) == 0 {
		return text
	}
	for _, value := range k.values {
		if len(value) >= 6 {
			text = strings.ReplaceAll(text, value, mark(len(value)))
		}
	}
	return replaceRuns(text, func(run, _ string) bool {
		run = strings.ToLower(run)
		for i := range len(run) - shortestPart + 1 {
			if k.parts[run[i:i+shortestPart]] {
				return true
			}
		}
		return false
	})
}

// Writer returns a writer that hides what is known in each text that is written
// to it.
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
