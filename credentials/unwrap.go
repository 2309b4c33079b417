package credentials

// This file takes off what is around an encoded profile, and says what is
// wrong with it: quotes, white space, base64, the manifest of a Secret.

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// unwrap returns the profile in a blob, and whether there is one.
func (i *inspector) unwrap(blob []byte) (string, bool) {
	const again = "copy it again"
	switch {
	case len(blob) > MaxBlob:
		i.fatal("too-large", "it is larger than 1 MiB, which no credentials are", again)
		return "", false
	case !isText(blob):
		i.fatal("binary", "it is binary data", again)
		return "", false
	}
	text := string(blob)
	if manifest, is := i.manifest(text); is {
		return manifest, manifest != ""
	}
	if looksLikeProfile(text) {
		i.fatal("not-encoded", "it is the text of a profile, not base64", "AWS_B64ENCODED_CREDENTIALS takes it encoded: "+encodeAgain)
		return text, true
	}
	if strings.TrimSpace(text) == "" {
		if text == "\n" {
			return text, true // zeroed; what is said of it, profile says
		}
		i.fatal("empty", "it is empty", encodeAgain)
		return "", false
	}
	return i.base64(text)
}

// looksLikeProfile reports whether the text is a profile that is not encoded:
// its first line that is no comment begins a section.
func looksLikeProfile(text string) bool {
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		if line = strings.TrimSpace(line); line != "" && !isComment(line) {
			return line[0] == '['
		}
	}
	return false
}

// base64 decodes the blob, whatever was done to it on its way. What was done
// to something that is no base64 at all is not told: it would mislead.
func (i *inspector) base64(text string) (string, bool) {
	i.Wrapping = "base64"
	before := len(i.Problems)
	if strings.Contains(text, "${") {
		i.fatal("placeholder", "a variable stands in it that nobody replaced", "set "+Variable+" where clusterctl or envsubst runs")
		return "", false
	}
	// A line break at the end is what every command prints.
	text = strings.TrimSuffix(text, "\n")
	if trimmed := strings.TrimRight(text, "\r"); trimmed != text {
		i.note("windows-line-ends", "its line ends as on Windows", "write it without the carriage return at its end")
		text = trimmed
	}
	if strings.HasPrefix(text, "\ufeff") {
		i.fatal("byte-order-mark", "it begins with a byte order mark", "save it as UTF-8 without one")
		text = strings.TrimPrefix(text, "\ufeff")
	}
	if _, value, ok := strings.Cut(text, Variable); ok { // of sh, fish or powershell
		i.fatal("assignment", "it is the whole assignment, with the name of the variable", "take what stands behind "+Variable)
		text = strings.TrimSuffix(strings.TrimLeft(value, " ="), ";")
	}
	if unquoted := strings.Trim(strings.TrimSpace(text), quoteSigns); unquoted != strings.TrimSpace(text) {
		i.fatal("quotes", "there are quotes around it, which a shell should have removed", "remove them")
		text = unquoted
	}
	if strings.ContainsAny(text, "\r\n") {
		// Go's decoder skips line breaks, but clusterctl puts the blob into YAML,
		// where the second line is no part of the value any more.
		i.fatal("line-breaks", "there are line breaks in it, which break the manifest it is put into", "encode it in one line: base64 -w0")
	} else if strings.TrimSpace(text) != text || strings.ContainsAny(text, " \t") {
		i.fatal("white-space", "there is white space in it", "remove it")
	}
	text = strings.Join(strings.Fields(text), "")
	if strings.ContainsAny(text, "-_") {
		i.fatal("url-alphabet", "it is base64 for URLs (- and _), and Kubernetes reads the standard one (+ and /)", "replace - by + and _ by /, or encode it again")
		text = standardAlphabet.Replace(text)
	}
	if missing := missingPadding(text); missing != "" {
		i.fatal("no-padding", "the = at its end are missing", "append "+missing)
		text += missing
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	switch {
	case err != nil:
		i.Problems = i.Problems[:before]
		i.fatal("not-base64", "it is not base64", encodeAgain)
		return "", false
	case !isText(decoded) || !utf8.Valid(decoded):
		i.fatal("binary", "it is the base64 of binary data, not of a profile", encodeAgain)
		return "", false
	}
	profile, times := peel(string(decoded), 0)
	if times > 0 {
		i.fatal("base64-twice", fmt.Sprintf("it is encoded %s", [...]string{"twice", "three times", "more than three times"}[min(times, 3)-1]), "decode it once: base64 -d")
	}
	return profile, true
}

// quoteSigns are the quotes of shells, and those that word processors make of
// them.
const quoteSigns = "\"'`\u2018\u2019\u201c\u201d"

var standardAlphabet = strings.NewReplacer("-", "+", "_", "/")

// missingPadding returns the = that are missing at the end of base64.
func missingPadding(text string) string {
	if missing := -len(text) & 3; missing > 0 && missing < 3 && !strings.HasSuffix(text, "=") && isBase64(text) {
		return strings.Repeat("=", missing)
	}
	return ""
}

// maxPeels is how often a text is decoded at most.
const maxPeels = 5

// peel decodes a text until it is a profile, or zeroed, and returns how often
// that was. What never becomes one is returned as it is.
func peel(text string, times int) (string, int) {
	if looksLikeProfile(text) || strings.TrimSpace(text) == "" {
		return text, times
	}
	encoded := standardAlphabet.Replace(strings.Join(strings.Fields(text), ""))
	decoded, err := base64.StdEncoding.DecodeString(encoded + missingPadding(encoded))
	if err == nil && times < maxPeels && isText(decoded) && utf8.Valid(decoded) {
		if profile, n := peel(string(decoded), times+1); n > times {
			return profile, n
		}
	}
	return text, 0
}

// isBase64 reports whether the text has only characters of base64.
func isBase64(text string) bool {
	for i := range len(text) {
		if !isLetterOrDigit(text[i]) && text[i] != '+' && text[i] != '/' {
			return false
		}
	}
	return true
}

// manifest returns the profile in the manifest of a Secret. It reports false
// when the text is no manifest, and an empty profile when it has none.
func (i *inspector) manifest(text string) (profile string, is bool) {
	if blob := ownJSON(text); blob != "" {
		return i.base64(blob)
	}
	if !strings.Contains(text, "kind") {
		return "", false
	}
	object, others, err := findSecret(text)
	if errors.Is(err, errNoObject) {
		return "", false
	}
	i.Wrapping = "Secret manifest"
	if err != nil {
		i.fatal("no-secret", err.Error(), "take the output of: kubectl get secret -n capa-system capa-manager-bootstrap-credentials -o yaml")
		return "", true
	}
	if others > 0 {
		i.note("several-secrets", fmt.Sprintf("%d more Secrets in it have credentials, which are not looked at", others), "inspect them one by one")
	}
	if plain := child(object, "stringData", "credentials"); plain != "" {
		profile, times := peel(plain, 0)
		if times > 0 {
			i.fatal("base64-twice", "it is base64 under stringData, which Kubernetes encodes once more", "put it under data")
		}
		return profile, true
	}
	if blob := child(object, "data", "credentials"); blob != "" {
		return i.decoded(i.base64(blob))
	}
	return i.identity(object), true
}

// identityKeys are the keys in the Secret of an AWSClusterStaticIdentity.
var identityKeys = []struct {
	key   string
	field field
}{{"AccessKeyID", accessKeyID}, {"SecretAccessKey", secretAccessKey}, {"SessionToken", sessionToken}}

// identity returns a profile with the values in the Secret of a static
// identity, "" when there is none. The controllers take each value as it is:
// what a profile would not carry unchanged is a problem.
func (i *inspector) identity(object *yaml.Node) string {
	i.Wrapping = "AWSClusterStaticIdentity Secret"
	profile := "[default]\n"
	empty, bad := true, false
	for _, part := range identityKeys {
		value := child(object, "stringData", part.key)
		if blob := child(object, "data", part.key); value == "" && blob != "" {
			decoded, err := base64.StdEncoding.DecodeString(blob)
			if err != nil {
				i.fatal("not-base64", "the data under "+part.key+" is not base64", encodeAgain)
				empty, bad = false, true
				continue
			}
			value = string(decoded)
		}
		if value == "" {
			continue
		}
		empty = false
		if defect := check(part.field, value); defect != nil {
			i.fatal("value", "the "+part.field.words()+" under "+part.key+" "+defect.text, encodeAgain)
			bad = true
			continue
		}
		profile += string(part.field) + " = " + value + "\n"
	}
	if empty {
		i.Wrapping = "Secret manifest"
		i.fatal("no-credentials", "the Secret has no data under credentials, nor under AccessKeyID and SecretAccessKey", encodeAgain)
	}
	if empty || bad {
		return ""
	}
	return profile
}

// ownJSON returns the blob in what JSONForm renders, or "".
func ownJSON(text string) string {
	var form struct{ EncodedProfile string }
	if !strings.Contains(text, "encodedProfile") || json.Unmarshal([]byte(text), &form) != nil {
		return ""
	}
	return form.EncodedProfile
}

func (i *inspector) decoded(text string, ok bool) (string, bool) {
	i.Wrapping = "Secret manifest"
	if !ok {
		return "", true
	}
	return text, true
}

// errNoObject says that a text is no manifest at all.
var errNoObject = errors.New("no object of Kubernetes")

// findSecret returns the Secret of a manifest, which may have several documents,
// or a List: that of the controllers, by its name, or else the first one with
// credentials, or else the first one. others is how many more have credentials.
func findSecret(text string) (found *yaml.Node, others int, err error) {
	loader, err := yaml.NewLoader(bytes.NewReader([]byte(text)))
	if err != nil {
		return nil, 0, errNoObject
	}
	err = errNoObject
	best, withCredentials := -1, 0
	for range 100 {
		var document yaml.Node
		if loader.Load(&document) != nil || len(document.Content) == 0 {
			break
		}
		root := document.Content[0]
		objects, ofSecrets := []*yaml.Node{root}, false
		if items := valueOf(root, "items"); items != nil && items.Kind == yaml.SequenceNode {
			kind := valueOf(root, "kind")
			objects, ofSecrets = items.Content, kind != nil && kind.Value == "SecretList"
		}
		for _, object := range objects {
			switch kind := valueOf(object, "kind"); {
			case kind == nil && !ofSecrets:
			case kind == nil || kind.Value == "Secret":
				rank := 0
				if hasCredentials(object) {
					rank, withCredentials = 1, withCredentials+1
					if child(object, "metadata", "name") == bootstrapSecret {
						rank = 2
					}
				}
				if rank > best {
					best, found = rank, object
				}
			case err == errNoObject:
				err = errors.New("there is no Secret in the manifest")
			}
		}
	}
	if found != nil {
		return found, max(withCredentials-1, 0), nil
	}
	return nil, 0, err
}

// hasCredentials is whether a Secret has data under a key for credentials.
func hasCredentials(object *yaml.Node) bool {
	for _, outer := range []string{"data", "stringData"} {
		if child(object, outer, "credentials") != "" || child(object, outer, "AccessKeyID") != "" || child(object, outer, "SecretAccessKey") != "" {
			return true
		}
	}
	return false
}

// valueOf returns the value of a key of a mapping, or nil. Aliases are not
// followed: kubectl writes none.
func valueOf(mapping *yaml.Node, key string) *yaml.Node {
	if mapping.Kind != yaml.MappingNode {
		return nil
	}
	for j := 0; j+1 < len(mapping.Content); j += 2 {
		if mapping.Content[j].Value == key {
			return mapping.Content[j+1]
		}
	}
	return nil
}

// child returns the scalar under two keys, or "".
func child(object *yaml.Node, outer, inner string) string {
	if mapping := valueOf(object, outer); mapping != nil {
		if scalar := valueOf(mapping, inner); scalar != nil && scalar.Kind == yaml.ScalarNode && scalar.ShortTag() == "!!str" {
			return scalar.Value
		}
	}
	return ""
}
