// This file decides whether a text has the shape of a secret, and not of a
// name, a path or an ID.

package secrecy

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/lazy"
)

const (
	// minSecretLength is the minimum length of a random text that counts as a secret.
	// Shorter texts are IDs, or suffixes that CloudFormation generates.
	minSecretLength = 16
	// shortestPart is the minimum length of the parts of a secret that are hidden.
	shortestPart = 12
	// secretLength is the length of a secret access key of AWS.
	secretLength = 40
	// plainLength is the length from which digits and letters of one case no longer
	// count as an ID. The IDs of EKS's OIDC providers and hashes in paths have 32
	// characters.
	plainLength = 36
)

// The minimum [randomness] of a secret, in quarters of a bit.
//
// minRandomArgument is a compromise, measured with names of npm and PyPI packages and
// with random texts. Of 60,000 names of 16 or 17 characters in several words, 0.02%
// reach it; of 7,000 names in lower case only, about 0.6%. Of 20,000 random texts of 16
// characters, 1.7% in letters of one case stay below it, 0.9% in base64, and 0.3% in
// letters and digits. Of random texts of 20 characters, which is half a secret access
// key, at most 0.2% stay below it.
//
// Documents and responses of AWS rarely contain a secret by mistake, so the values for
// other texts are higher.
const (
	minRandomArgument = 16 // for an argument
	minRandomKey      = 48 // for secretLength characters in any other text, or across the parts of a path
	minRandomText     = 64 // for any other length
)

// prefixedSecret matches secrets that begin with a known prefix: access key IDs,
// session tokens of STS, JSON in base64 (OIDC tokens), profiles in base64,
// GitHub tokens, and the secret access key of AWS's examples, which people
// often modify. The prefixes of key IDs are in the IAM User Guide, "Unique
// identifiers".
var prefixedSecret = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{8,}|(?:FwoG|FQoG|FQoD|IQoJ|AQoD|AQoE|eyJ|ewog|ewoJ|W2Rl|W3By|YXdz)[A-Za-z0-9+/_%-]{12,}|(?:gh[opsu]|github_pat)_[A-Za-z0-9_]{16,}|wJalr[A-Za-z0-9+/]{7,})`)
}}

// uuid matches a UUID that is not part of a longer word.
var uuid = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?i:(?:\b|_)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?:\b|_))`)
}}

// nonSecretID matches random texts that are not secrets: UUIDs, IDs of AWS
// resources and IAM principals, EKS's OIDC providers, names that IAM Identity
// Center and the CDK generate, account IDs, zones, and folders of macOS and
// Nix.
var nonSecretID = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?i:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})` +
		`|\b(?:i|vpc|subnet|sgr?|ami|ari|aki|eni|eipalloc|eipassoc|rtb|rtbassoc|igw|eigw|nat|vol|snap|lt|vpce|vpce-svc|acl|aclassoc|fsa?p?|fl|tgw|tgw-attach|tgw-rtb|pcx|dopt|key|pl|cr|cgw|vgw|vpn|h|r|cagent)-(?:[0-9a-f]{17}|[0-9a-f]{8})(?:-[a-z0-9]{8})?(?:/|$)` +
		`|\b(?:AROA|AIDA|AGPA|ANPA|ANVA|APKA|ASCA|AIPA)[A-Z0-9]{12,17}\b` +
		`|\b(?:com|cn|eu)/id/[0-9A-Z]{32}\b|\bmrk-[0-9a-f]{32}\b|\bhostedzone/Z[A-Z0-9]{8,32}\b` +
		`|\b(?:task|loadbalancer|targetgroup|listener)/[A-Za-z0-9/_-]*/(?:[0-9a-f]{16}|[0-9a-f]{32})\b` +
		`|\bAWSReservedSSO_\w+_[0-9a-f]{16}\b|\bcdk-hnb659fds\b|(?:^|[-_/])[0-9]{12}(?:[-_/]|$)` +
		`|\b[a-z]{2}-(?:gov-|iso[a-z]?-)?(?:north|south|east|west|central)(?:east|west)?-[0-9](?:-[a-z]{2,3}[0-9]?(?:-[a-z]{3})?(?:-wlz)?-[0-9])?[a-z]?\b` +
		`|\bvar/folders/\w\w/\w{10,32}\b|\btmp/tmp[a-z0-9_]{8}\b|\bnix/store/[0-9a-z]{32}-`)
}}

// cacheFile matches, at the end of a run of characters, the path without ".json" of a file in
// which the AWS CLI stores the tokens of a sign-in. The name of the file is the
// SHA-1 of the name or start URL of an SSO session, or the SHA-256 of a login
// session.
var cacheFile = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`/cache/(?:[0-9a-f]{40}|[0-9a-f]{64})$`)
}}

// mktempSuffix matches the random part after "tmp." in the name of a folder or
// file that mktemp created.
var mktempSuffix = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9]{10}(?:/|$)`) }}

// generatedName matches a name with a suffix that CloudFormation generated.
var generatedName = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`((?:^|/)[A-Za-z][A-Za-z0-9]{2,}-[A-Za-z0-9-]+)-[A-Za-z0-9]{12,13}$`)
}}

// withoutIDs removes the IDs in a text, so that they do not make the text look
// random.
func withoutIDs(text string) string {
	if len(text) >= 24 {
		// First the UUIDs: their last part may look like the suffix of a generated name.
		text = uuid.Get().ReplaceAllString(text, "/")
		text = generatedName.Get().ReplaceAllString(text, "$1")
	}
	return nonSecretID.Get().ReplaceAllString(withoutHashes(text), "/")
}

// looksSecret reports whether a run of characters has the shape of a secret.
// before is the text before it. fromInput means that the run is from an
// argument, where a secret is more likely than in other texts.
func looksSecret(run, before string, fromInput bool) bool {
	if strings.HasSuffix(before, "-") && len(run) > minSecretLength && looksSecret(run[1:], "", fromInput) {
		return true // a flag -x, followed by its value
	}
	if strings.HasSuffix(before, "/tmp.") {
		run = mktempSuffix.Get().ReplaceAllString(run, "") // mktemp created the random part
	}
	run = strings.Trim(run, "=")
	if strings.Contains(run, "%") {
		if unescaped, err := url.PathUnescape(run); err == nil {
			run = unescaped
		}
	}
	for part := range strings.FieldsFuncSeq(run, func(r rune) bool { return r == '/' || r == '-' || r == '_' || r == '%' }) {
		if len(part) >= shortestPart && hasSecretPrefix(part) {
			return true
		}
	}
	if fromInput {
		hash := strings.HasSuffix(before, "sha256:") && isHash(run)
		return len(run) >= minSecretLength && (hasSecretPrefix(run) || !hash && isRandom(run, minRandomArgument) ||
			hasPlus(run, 24) || repeatsBesidesUUIDs(run))
	}
	if strings.Contains(run, "/cache/") {
		run = cacheFile.Get().ReplaceAllString(run, "/cache/")
	}
	return len(run) >= minSecretLength && (hasSecretPrefix(run) || isSecretInText(run))
}

func hasSecretPrefix(text string) bool {
	return strings.IndexByte("AFIeWYgw", text[0]) >= 0 && prefixedSecret.Get().MatchString(text)
}

// isRandom reports whether the randomness of a text is at least minimum, even
// without the IDs in it.
func isRandom(text string, minimum int) bool {
	const longestWithIDs = 160 // a longer text is not a name with an ID
	return randomness(text) >= minimum && (len(text) > longestWithIDs || randomness(withoutIDs(text)) >= minimum)
}

// isSecretInText reports whether a run that is not from an argument is a secret. Hashes
// in the run, and short parts in one letter case, count as IDs.
func isSecretInText(run string) bool {
	parts := strings.FieldsFunc(run, func(r rune) bool { return r == '-' || r == '_' || r == '%' || r == '=' })
	for _, part := range parts {
		if hasPlus(part, 30) {
			return true
		}
		names := strings.Split(part, "/")
		for i, name := range names {
			switch {
			case isHash(name):
				continue
			case repeats(name) && !isLogicalID(name), len(name) == secretLength && isRandom(name, minRandomKey):
				return true
			}
			// Several names may together be a secret access key that contains
			// slashes.
			for j, length := i+1, len(name); j < len(names) && length < secretLength; j++ {
				length += 1 + len(names[j])
				if key := strings.Join(names[i:min(j+1, len(names))], "/"); length == secretLength && (isRandom(key, minRandomKey) || repeats(key)) {
					return true
				}
			}
		}
	}
	return randomness(run) >= minRandomText && isRandom(withoutParts(run), minRandomText)
}

// withoutParts replaces each hash in a run, and each short part that is all lower
// case or all upper case, with "aws", so that they do not make the run look random.
func withoutParts(run string) string {
	var b strings.Builder
	for i := 0; i < len(run); {
		end := i
		for end < len(run) && kindOf(run[end]) != separator {
			end++
		}
		part := run[i:end]
		if part != "" && (isHash(part) || len(part) < plainLength && hasOneCase(part)) {
			part = "aws"
		}
		b.WriteString(part)
		for i = end; i < len(run) && kindOf(run[i]) == separator; i++ {
			b.WriteByte(run[i])
		}
	}
	return b.String()
}

// nameWord matches a word of a name: "AWS", "Managed", "policy", "2".
var nameWord = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`[A-Z]?[a-z]+|[A-Z]+|[0-9]+`) }}

// repeats reports whether a text of plainLength characters or more repeats itself: a
// word or a number of three characters or more occurs at least three times, or the text
// begins with the same five characters or more three times in a row. Made-up secrets
// repeat themselves, names do not. A text of at most three different characters does
// not count in the second case.
func repeats(text string) bool {
	if len(text) < plainLength {
		return false
	}
	counts := map[string]int{}
	for _, word := range nameWord.Get().FindAllString(text, -1) {
		if word = strings.ToLower(word); len(word) > 2 {
			if counts[word]++; counts[word] == 3 {
				return true
			}
		}
	}
	lower := strings.ToLower(text)
	const longestWord = 1024                               // without a limit, a million equal digits take 17 s
	for n := 5; n <= min(len(lower)/3, longestWord); n++ { // such as FALSESECRETFALSESECRETFALSE…
		if lower[:n] == lower[n:2*n] && lower[n:2*n] == lower[2*n:3*n] && strings.Trim(lower[:n], lower[:1]) != "" {
			return !hasFewCharacters(lower)
		}
	}
	return false
}

// repeatsBesidesUUIDs reports whether [repeats] is true for a run or for one of the
// names in it. The digits of a UUID do not count, but its length does. A logical ID
// never counts.
func repeatsBesidesUUIDs(run string) bool {
	run = uuid.Get().ReplaceAllStringFunc(run, func(id string) string { return strings.Repeat("/", len(id)) })
	return !isLogicalID(run) && (repeats(run) || slices.ContainsFunc(strings.Split(run, "/"), func(name string) bool { return repeats(name) && !isLogicalID(name) }))
}

func hasOneCase(text string) bool {
	return strings.ToLower(text) == text || strings.ToUpper(text) == text
}

// hasPlus reports whether a text of at least minimum characters has a "+"
// inside, which base64 may have but names do not.
func hasPlus(text string, minimum int) bool {
	return len(text) >= minimum && strings.Contains(strings.Trim(text, "+"), "+")
}

// isHash reports whether a name is a SHA-256 in hexadecimal. Hashes of files,
// images and canonical users are not secrets.
func isHash(name string) bool {
	return len(name) == 64 && strings.Trim(name, "0123456789abcdef") == ""
}

// hasFewCharacters reports whether a name consists of one to three different
// characters, like a name that someone uses to test the maximum length.
func hasFewCharacters(name string) bool {
	distinct := ""
	for _, c := range name {
		if !strings.ContainsRune(distinct, c) {
			if distinct += string(c); len(distinct) > 3 {
				return false
			}
		}
	}
	return true
}
