// What one run was given that looks like a secret.

package secrecy

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Known are the secrets that a run was given where none belongs. They are
// hidden wherever they appear: cut, in another case, as the last part of a path.
// The zero value knows none. It may be used by several goroutines.
type Known struct {
	mu     sync.RWMutex
	values []string // as they were given, and as Go quotes them
	parts  []string // in lower case
}

// named matches what says itself that it is a secret: "aws_secret_access_key = x",
// "SecretAccessKey": "x", "password=x". After a colon or a slash it is a part of an
// ARN or a path: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:name".
var named = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(secret_?access_?key|secret_?key|session_?token|security_?token|(?:^|[^a-z:/])(?:password|passwd|secret|token))\\*["']?\s*[=:]\s*\\*["']?([^\s"',;}\\]{6,})`)
})

// Add remembers what is a secret in an argument.
func (k *Known) Add(value string) {
	if len(value) < shortestPart {
		return
	}
	var found []string
	for _, match := range named().FindAllStringSubmatch(value, -1) {
		// A tag token=production is none.
		if strings.Contains(match[1], "_") || len(match[1]) > len("_password") || strings.ContainsAny(match[2], "0123456789") {
			found = append(found, match[2])
		}
	}
	replaceRuns(value, func(run, before string) bool {
		if looksSecret(run, before) {
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
	if strings.HasSuffix(name, "_FILE") || strings.HasSuffix(name, "_URI") {
		return false
	}
	return strings.Contains(name, "SECRET") || strings.Contains(name, "TOKEN") || strings.Contains(name, "PASSWORD") || strings.Contains(name, "B64ENCODED")
}

// ordinary are words that stand in documents beside secrets, and in messages.
var ordinary = map[string]bool{
	"accesskeyid": true, "secretaccesskey": true, "sessiontoken": true, "expiration": true, "credentials": true, "cloudformation": true,
}

// mostParts bounds the work: an encoded profile has fewer parts, and each has the
// shape of a secret besides.
const mostParts = 500

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
		lower := strings.ToLower(secret)
		for _, part := range append(strings.FieldsFunc(lower, notBase64), strings.FieldsFunc(lower, notName)...) {
			if len(k.parts) < mostParts && len(part) >= shortestPart && strings.Trim(part, "0123456789") != "" && !ordinary[part] && !slices.Contains(k.parts, part) {
				k.parts = append(k.parts, part)
			}
		}
	}
}

func notBase64(r rune) bool { return r >= 0x80 || !inRun(byte(r)) || r == '_' || r == '-' || r == '%' }
func notName(r rune) bool   { return notBase64(r) || r == '/' || r == '+' }

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
		run = strings.ToLower(strings.Trim(run, "=-"))
		for _, part := range k.parts {
			if strings.Contains(run, part) || len(run) >= shortestPart && strings.Contains(part, run) {
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
