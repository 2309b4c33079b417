package accesskey

// This file detects what people copy instead of a key: a variable or an
// expression that was not replaced, a placeholder, a masked value, or the other
// half of the pair.

import (
	"regexp"
	"strings"

	"capaboot/internal/lazy"
)

// placeholders are patterns of text in place of a value, each with a
// description and a hint. The description does not repeat any part of the text.
var placeholders = lazy.Value[[]placeholder]{Make: func() []placeholder {
	compiled := make([]placeholder, len(placeholderTexts))
	for i, known := range placeholderTexts {
		compiled[i] = placeholder{regexp.MustCompile(known[0]), Defect{known[1], known[2]}}
	}
	return compiled
}}

type placeholder struct {
	pattern *regexp.Regexp
	Defect
}

// placeholderTexts has the pattern, the description and the hint of each placeholder.
var placeholderTexts = [...][3]string{
	{`^"?'?\$\{\{`, "is an expression of GitHub Actions (${{ ... }}) that was not replaced", "use the expression only in a workflow file; elsewhere, write the value"},
	{`^"?'?\{\{`, "is an expression of a template ({{ ... }}) that was not replaced", "render the template first, or write the value"},
	{`^"?'?\$\(`, "is a command ($( ... )) that was not run", "run the command in a shell, or write the value"},
	{`^"?'?\$\{?[A-Za-z_][A-Za-z0-9_]*(?:\}|['"]?$|:?-)`, "is a variable that was not replaced", "in a shell, remove the single quotes around $NAME; in a credentials file or a manifest, write the value itself"},
	{`^"?'?%[A-Za-z_][A-Za-z0-9_]*%['"]?$`, "is a variable that was not replaced", "write the value"},
	{`^"?'?(?:<.*>|\[.*\]|(?i:your[-_ ].*|.*[-_ ]here|change-?me|replace-?me|todo|redacted|x{4,}|\(?not shown\)?|\.\.\.|…))['"]?$`, "is a placeholder that was not replaced", "write the value"},
	{`^[*•●.]{4,}[A-Za-z0-9/+=]{0,8}$|^[A-Za-z0-9]{0,4}[*•●]{3,}[A-Za-z0-9/+=]{0,8}$`, "is masked: most of its characters are replaced", "copy the full value; AWS shows a secret access key only once, when it is created"},
	{`(?i)^\x{feff}|^ï»¿|^\\ufeff`, "begins with a byte order mark", "save the file as UTF-8 without a byte order mark"},
}

// PlaceholderOf returns the description and hint of the placeholder that a
// value matches; nil when it matches none.
func PlaceholderOf(value string) *Defect {
	if isBase64Word(value) {
		return nil
	}
	for _, known := range placeholders.Get() {
		if known.pattern.MatchString(value) {
			return &Defect{known.Text, known.Hint}
		}
	}
	return nil
}

// isBase64Word reports whether a value has only characters of base64 and is none of
// the placeholders that have only such characters. It saves compiling the patterns
// for nearly every key that AWS issues.
func isBase64Word(value string) bool {
	if !OnlyOf(value, "/+=") || strings.Trim(value, "xX") == "" {
		return false
	}
	switch LowerASCII(value) {
	case "changeme", "replaceme", "todo", "redacted":
		return false
	}
	return true
}

// describeSubstitute describes what a value is instead of a key; nil when it may be a
// key.
func describeSubstitute(f Field, value string) *Defect {
	if copied := extraText(value); copied != "" {
		return &Defect{copied, "copy only the value"}
	}
	if placeholder := PlaceholderOf(value); placeholder != nil {
		return placeholder
	}
	switch {
	case f == AccessKeyID && isSecretShaped(value):
		return &Defect{"has the shape of a secret access key: the key ID and the secret key may be swapped", "swap the two values: an access key ID has letters and digits, and begins with AKIA or ASIA"}
	case f == SecretAccessKey && isKeyIDShaped(value):
		return &Defect{"is an access key ID: the key ID and the secret key may be swapped, or the ID was copied twice", "copy both values again"}
	}
	return nil
}

func isSecretShaped(value string) bool {
	return len(value) == secretLength && OnlyOf(value, "/+=") && !isKeyIDShaped(value)
}

// isKeyIDShaped reports whether a value has a prefix of AWS's IDs, and a length
// that access key IDs have had so far.
func isKeyIDShaped(value string) bool {
	kind, _ := Kind(strings.ToUpper(value))
	return kind != "" && len(value) >= ShortestID && len(value) <= 24 && OnlyOf(value, "")
}
