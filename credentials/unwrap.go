package credentials

// This file removes the layers around an encoded profile (quotes, white space,
// base64), and reports what is wrong with them. Manifests are in
// unwrapmanifest.go.

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"capaboot/credentials/accesskey"
	"capaboot/internal/lazy"
)

// unwrap returns the profile in a blob, and whether there is one.
func (i *inspector) unwrap(blob []byte) (string, bool) {
	const again = "copy the encoded value again"
	switch {
	case len(blob) > MaxBlob:
		i.fatal("too-large", "the encoded credentials are larger than 1 MiB", again)
		return "", false
	case !isText(blob):
		i.reportBinary("the input is", blob, again)
		return "", false
	}
	text := string(blob)
	if manifest, ok := i.profileInManifest(text); ok {
		return manifest, manifest != ""
	}
	if looksLikeProfile(text) {
		i.fatal("not-encoded", "the input is the text of a profile, not base64", encodeAgain)
		return text, true
	}
	if strings.TrimSpace(text) == "" {
		if text == "\n" {
			return text, true // a zeroed Secret; inspectProfile reports it
		}
		i.fatal("empty", "the value is empty", encodeAgain)
		return "", false
	}
	if isKeysJSON(text) {
		i.fatal("not-encoded", "the input is "+keysJSON, encodeKeys)
		return "", false
	}
	if value, ok := i.profileInVariables(text); ok {
		return value, value != ""
	}
	return i.decode(text)
}

const (
	keysJSON   = "JSON with access keys, such as that of \"aws sts\", of a credential_process or of the instance metadata service, not a profile"
	encodeKeys = "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN to the values of the JSON, and then run: capaboot bootstrap credentials encode-as-profile"
)

// isKeysJSON reports whether text is a JSON object with access keys, as AWS and its
// tools print them.
func isKeysJSON(text string) bool {
	type keys struct{ AccessKeyID, SecretAccessKey string }
	var object struct {
		keys
		Credentials keys
	}
	if !strings.HasPrefix(strings.TrimSpace(text), "{") || json.Unmarshal([]byte(text), &object) != nil {
		return false
	}
	return object.AccessKeyID+object.SecretAccessKey+object.Credentials.AccessKeyID+object.Credentials.SecretAccessKey != ""
}

// profileInVariables returns the profile in several lines such as NAME=value or
// export NAME=value, if one of the lines sets Variable. If the lines set keys
// and not Variable, it records a problem and returns an empty profile and true.
// ok is false for any other text, and for a single line that sets Variable:
// decode reports that the line is an assignment.
func (i *inspector) profileInVariables(text string) (profile string, ok bool) {
	values := map[string]string{}
	lines, atMark := 0, ""
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		line = strings.TrimSpace(line)
		if line == "" || isComment(line) {
			continue
		}
		if rest, fish := strings.CutPrefix(line, "set -gx "); fish {
			line = strings.TrimSuffix(strings.Replace(rest, " ", "=", 1), ";")
		} else {
			line = strings.TrimPrefix(strings.TrimPrefix(line, "export "), "set ")
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok || name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return "", false
		}
		values[name] = value
		if lines++; lines == 1 && strings.HasPrefix(text, "\ufeff") {
			atMark = name
		}
	}
	_, hasKeys := values["AWS_ACCESS_KEY_ID"]
	if _, secret := values["AWS_SECRET_ACCESS_KEY"]; secret {
		hasKeys = true
	}
	switch blob, ok := values[Variable]; {
	case ok && lines > 1:
		i.Wrapping = "variables"
		if strings.Contains(text, "\r\n") {
			i.note("windows-line-ends", "the lines have Windows line endings, which a shell reads as part of the value", "convert the file with dos2unix")
		}
		if atMark == Variable {
			i.fatal("byte-order-mark", "the name "+Variable+" begins with a byte order mark, so a shell does not set the variable", "save the file as UTF-8 without a byte order mark")
		}
		profile, _ = i.decodeVariable(i.unquoted(blob))
		return profile, true
	case hasKeys && !ok:
		i.Wrapping = "variables"
		i.fatal("not-encoded", "the input has lines such as AWS_ACCESS_KEY_ID=..., not an encoded profile", "set these variables, and then run: capaboot bootstrap credentials encode-as-profile")
		return "", true
	}
	return "", false
}

// unquoted returns the value of a variable without the quotes around it. It
// reports quotes that a shell does not remove.
func (i *inspector) unquoted(value string) string {
	inner := strings.Trim(value, quoteSigns)
	if value != inner && value != "'"+inner+"'" && value != `"`+inner+`"` {
		i.fatal("quotes", "the value of "+Variable+" has a quote that a shell does not remove", "write the value without quotes, or in one pair of quotes")
	}
	return inner
}

// reportBinary reports data that is not text, and recognizes UTF-16. what is the
// beginning of a sentence about the data, such as "the input is".
func (i *inspector) reportBinary(what string, data []byte, fix string) {
	if isUTF16(data) {
		i.fatal("binary", what+" UTF-16 text, but must be UTF-8", "convert the text to UTF-8: iconv -f UTF-16 -t UTF-8; or write the text with Out-File -Encoding ascii in Windows PowerShell")
		return
	}
	i.fatal("binary", what+" binary data", fix)
}

// isText reports whether a blob has no NUL byte.
func isText(blob []byte) bool { return bytes.IndexByte(blob, 0) < 0 }

// isUTF16 reports whether data begins with a byte order mark of UTF-16, or with
// two ASCII characters in UTF-16.
func isUTF16(data []byte) bool {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return true
	}
	return len(data) >= 4 && len(data)%2 == 0 && (data[0] == 0) != (data[1] == 0) && (data[0] == 0) == (data[2] == 0) && (data[1] == 0) == (data[3] == 0)
}

// looksLikeProfile reports whether text is a profile that is not encoded: its
// first line that is not a comment begins a section.
func looksLikeProfile(text string) bool {
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		if line = strings.TrimSpace(line); line != "" && !isComment(line) {
			return line[0] == '['
		}
	}
	return false
}

// decode decodes the blob, and reports everything that is wrong with its
// encoding. If the text is not base64 at all, or is the base64 of something
// else, it reports only that; further problems would mislead.
func (i *inspector) decode(text string) (string, bool) {
	around := i.Wrapping
	if around == "none" {
		i.Wrapping = "base64"
	}
	before := len(i.Problems)
	if strings.Contains(text, "${") {
		i.fatal("placeholder", "the value has a variable (${...}) that was not replaced", "set "+Variable+" where clusterctl or envsubst runs")
		return "", false
	}
	if placeholder := accesskey.PlaceholderOf(strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))); placeholder != nil {
		i.fatal("placeholder", "the value "+placeholder.Text, placeholder.Hint)
		return "", false
	}
	// Most commands end their output in a line break.
	text = strings.TrimSuffix(text, "\n")
	if trimmed := strings.TrimRight(text, "\r"); trimmed != text {
		i.note("windows-line-ends", "the value has a Windows line ending", "remove the carriage return at the end of the value")
		text = trimmed
	}
	if strings.HasPrefix(text, "\ufeff") {
		i.fatal("byte-order-mark", "the value begins with a byte order mark", "save the value as UTF-8 without a byte order mark")
		text = strings.TrimPrefix(text, "\ufeff")
	}
	if _, value, ok := strings.Cut(text, Variable); ok { // an assignment in sh, fish or PowerShell
		i.fatal("assignment", "the value is the whole assignment, with the name of the variable", "use only the value of "+Variable)
		text = strings.TrimSuffix(strings.TrimLeft(value, " ="), ";")
	}
	if unquoted := strings.Trim(strings.TrimSpace(text), quoteSigns); unquoted != strings.TrimSpace(text) {
		i.fatal("quotes", "the value is in quotes, which a shell should have removed", "remove the quotes")
		text = unquoted
	}
	if strings.ContainsAny(text, "\r\n") {
		// Go's decoder skips line breaks, but clusterctl puts the blob into
		// YAML, where the second line is no longer part of the value.
		i.fatal("line-breaks", "the value contains line breaks, which make the manifest invalid", "encode the profile on one line: base64 -w0")
	} else if strings.TrimSpace(text) != text || strings.ContainsAny(text, " \t") {
		i.fatal("white-space", "the value contains white space", "remove the white space")
	}
	text = strings.Join(strings.Fields(text), "")
	if strings.ContainsAny(text, "-_") {
		i.fatal("url-alphabet", "the value is URL-safe base64 (- and _), but Kubernetes reads standard base64 (+ and /)", "encode the profile again, or replace - with + and _ with /")
		text = standardAlphabet.Get().Replace(text)
	}
	if missing := missingPadding(text); missing != "" {
		i.fatal(noPadding, "the = characters at the end of the value are missing", "append "+missing)
		text += missing
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	switch {
	case err != nil:
		i.Problems, i.Wrapping = i.Problems[:before], around
		i.fatal("not-base64", "the value is not base64", encodeAgain)
		return "", false
	case isUTF16(decoded):
		i.Problems = i.Problems[:before]
		i.fatal("binary", "the value is the base64 of UTF-16 text, but the profile must be UTF-8", encodeAgain)
		return "", false
	case !isText(decoded) || !utf8.Valid(decoded):
		i.Problems = i.Problems[:before]
		i.fatal("binary", "the value is the base64 of binary data, not of a profile", encodeAgain)
		return "", false
	}
	profile, layers := peel(string(decoded), 0)
	if layers > 0 {
		i.fatal("base64-twice", fmt.Sprintf("the value is encoded %s", [...]string{"twice", "three times", "more than three times"}[min(layers, 3)-1]), "decode the value with base64 -d until the value is encoded only once")
	}
	return profile, true
}

// quoteSigns are the quotes of shells, and the typographic quotes that word
// processors replace them with.
const quoteSigns = "\"'`\u2018\u2019\u201c\u201d"

var standardAlphabet = lazy.Value[*strings.Replacer]{Make: func() *strings.Replacer { return strings.NewReplacer("-", "+", "_", "/") }}

// missingPadding returns the = characters that are missing at the end of
// base64.
func missingPadding(text string) string {
	if missing := -len(text) & 3; missing > 0 && missing < 3 && !strings.HasSuffix(text, "=") && isBase64(text) {
		return strings.Repeat("=", missing)
	}
	return ""
}

// maxPeels is the maximum number of times that a text is decoded.
const maxPeels = 5

// peel decodes a text until the result is a profile, or the content of a zeroed
// Secret. layers is how often the text was decoded already. peel returns the
// result, and how often it was decoded in all. If the text never becomes a
// profile, peel returns it unchanged, and 0.
func peel(text string, layers int) (string, int) {
	if looksLikeProfile(text) || strings.TrimSpace(text) == "" {
		return text, layers
	}
	encoded := standardAlphabet.Get().Replace(strings.Join(strings.Fields(text), ""))
	decoded, err := base64.StdEncoding.DecodeString(encoded + missingPadding(encoded))
	if err == nil && layers < maxPeels && isText(decoded) && utf8.Valid(decoded) {
		if profile, n := peel(string(decoded), layers+1); n > layers {
			return profile, n
		}
	}
	return text, 0
}

// noPadding is the code of a value whose = characters at the end are missing.
const noPadding = "no-padding"

// correctPaddingRemedy changes the remedy for missing padding if another fatal
// problem requires encoding the profile again: the value is then probably cut off,
// and appending = does not help.
func (i *inspector) correctPaddingRemedy() {
	needsEncoding := slices.ContainsFunc(i.Problems, func(p Flaw) bool { return p.Fatal && strings.Contains(p.Remedy, encodeAgain) })
	for n, p := range i.Problems {
		if p.Code == noPadding && needsEncoding {
			i.Problems[n].Remedy = encodeAgain
		}
	}
}

// isBase64 reports whether text has only characters of base64, without padding.
func isBase64(text string) bool {
	for i := range len(text) {
		if !accesskey.IsLetterOrDigit(text[i]) && text[i] != '+' && text[i] != '/' {
			return false
		}
	}
	return true
}
