// The shape of a secret, against that of a name, a path or an ID.

package secrecy

import (
	"net/url"
	"regexp"
	"strings"
	"sync"
)

const (
	// shortest is the length from which on a text of random characters is taken
	// for a secret; shorter ones are suffixes that CloudFormation makes, and IDs.
	shortest = 20
	// shortestPart is how much of a secret is worth hiding.
	shortestPart = 12
	// secretLength is that of a secret access key of AWS.
	secretLength = 40
	// plainLength is the length from which on a run of letters of one case and
	// digits is no name. IDs of OIDC providers of EKS have 32, and so have hashes
	// in paths.
	plainLength = 36
	// longest is the length from which on a run without any separator is no name:
	// those of IAM's roles and of AWS's actions end at 64.
	longest = 80
)

// prefixes are those of secrets in formats that have one: access key IDs, session
// tokens of STS, JSON in base64 (tokens of OIDC), profiles in base64, GitHub's.
// See "Unique identifiers" in the IAM User Guide for those of key IDs.
var prefixes = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{8,}|(?:FwoG|FQoG|FQoD|IQoJ|AQoD|AQoE|eyJ|ewog|ewoJ|W2Rl|W3By|YXdz)[A-Za-z0-9+/_%-]{12,}|(?:gh[opsu]|github_pat)_[A-Za-z0-9_]{16,})`)
})

// words matches the words of a name: "AWS", "Managed", "policy", "2".
var words = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Z]?[a-z]+|[A-Z]+|[0-9]+`) })

// looksSecret is whether a run has the shape of a secret; before is what stands
// before it.
func looksSecret(run, before string) bool {
	if strings.HasSuffix(before, "-") && len(run) > shortest && looksSecret(run[1:], "") {
		return true // a flag -x with its value
	}
	run = strings.Trim(run, "=")
	if strings.Contains(run, "%") {
		if plain, err := url.PathUnescape(run); err == nil {
			run = plain
		}
	}
	for part := range strings.FieldsFuncSeq(run, func(r rune) bool { return r == '/' || r == '-' || r == '_' || r == '%' }) {
		if len(part) >= shortestPart && strings.IndexByte("AFIeWYg", part[0]) >= 0 && prefixes().MatchString(part) {
			return true
		}
	}
	if len(run) < shortest {
		return false
	}
	if strings.IndexByte("AFIeWYg", run[0]) >= 0 && prefixes().MatchString(run) {
		return true
	}
	for part := range strings.FieldsFuncSeq(run, func(r rune) bool { return r == '-' || r == '_' || r == '%' || r == '=' }) {
		if opaque(part, before) {
			return true
		}
	}
	return false
}

// opaque is whether a part of letters, digits, "+" and "/" is none that people
// choose: for paths, whether a name in it is, or names that together have the
// length of a secret access key.
func opaque(part, before string) bool {
	if len(part) < shortest {
		return false
	}
	names := strings.Split(part, "/")
	letters, turns := 0, 0
	for i, name := range names {
		if opaqueName(name, before) {
			return true
		}
		letters += len(name)
		if !oneCase(name) {
			turns += turnsOf(name)
		}
		together := len(name)
		for j := i + 1; j < len(names) && together < secretLength; j++ {
			together += 1 + len(names[j])
			if together == secretLength && opaqueKey(strings.Join(names[i:j+1], "/")) {
				return true
			}
		}
	}
	if len(part) >= 30 && strings.Contains(part, "+") {
		return true
	}
	return len(names) > 1 && turns*100 > letters*30
}

// opaqueName is opaque for a name without a "/". How often the case turns, or
// letters to digits and back, tells random text from names: of the names of AWS's
// actions and managed policies none does at more than 27 of 100 characters, and
// at more than 23 from 36 characters on; of 1000 random secret access keys one
// does at less than 29. The test holds these.
func opaqueName(name, before string) bool {
	switch {
	case len(name) < shortest, isHash(name), fewCharacters(name):
		return false
	case len(name) == secretLength && opaqueKey(name):
		return true
	case oneCase(name):
		return len(name) >= plainLength && !isAction(name, before)
	case len(name) >= longest, len(name) >= plainLength && repeats(name):
		return true
	case len(name) >= plainLength:
		return turnsOf(name)*100 > len(name)*24
	}
	return turnsOf(name)*100 > len(name)*28
}

// opaqueKey is opaque for a text of the length of a secret access key, which a
// name has by chance alone: none of AWS's with more than 18 turns of 100.
func opaqueKey(text string) bool {
	turns := 0
	for name := range strings.SplitSeq(text, "/") {
		turns += turnsOf(name)
	}
	if oneCase(text) {
		path := strings.Contains(text, "/") && strings.ToLower(text) == text
		return path && turns > 1 && text[0] != '/' || !path && strings.ContainsAny(text, "/+")
	}
	return turns*100 > len(text)*19 || repeats(text)
}

// turnsOf counts where in a name one word ends and the next begins, as [words]
// finds them.
func turnsOf(name string) int {
	const other, lower, upper, digit = 0, 1, 2, 3
	found, before, length := 0, other, 0
	for i := range len(name) {
		kind := other
		switch c := name[i]; {
		case 'a' <= c && c <= 'z':
			kind = lower
		case 'A' <= c && c <= 'Z':
			kind = upper
		case '0' <= c && c <= '9':
			kind = digit
		}
		if kind != before && kind != other && !(before == upper && kind == lower && length == 1) {
			found, length = found+1, 0
		}
		before = kind
		length++
	}
	return max(0, found-1)
}

// repeats is whether a text has the same word of three letters or more at least
// three times, which made-up secrets have, and names have not.
func repeats(text string) bool {
	count := map[string]int{}
	for _, word := range words().FindAllString(text, -1) {
		if word = strings.ToLower(word); len(word) > 2 {
			if count[word]++; count[word] == 3 {
				return true
			}
		}
	}
	return false
}

func oneCase(text string) bool { return strings.ToLower(text) == text || strings.ToUpper(text) == text }

// isHash is whether a name is a SHA-256 in hexadecimal: those of files, images
// and canonical users are no secrets.
func isHash(name string) bool {
	return len(name) == 64 && strings.Trim(name, "0123456789abcdef") == ""
}

// fewCharacters is whether a name is made of one to three characters, as of
// somebody who tries how long one may be.
func fewCharacters(name string) bool {
	different := ""
	for _, c := range name {
		if !strings.ContainsRune(different, c) {
			if different += string(c); len(different) > 3 {
				return false
			}
		}
	}
	return true
}

// isAction is whether a name in lower case is that of an action, as people type
// "ec2:describelaunchtemplateversions".
func isAction(name, before string) bool {
	service, is := strings.CutSuffix(before, ":")
	i := strings.LastIndexFunc(service, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' })
	return is && len(name) != secretLength && len(service)-i-1 > 1 && service[i+1:] != "release" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") == ""
}
