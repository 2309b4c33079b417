package credentials

// This file takes off what is around an encoded profile, and says what is
// wrong with it: quotes, white space, base64, the manifest of a Secret.

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
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

// base64 decodes the blob, whatever was done to it on its way.
func (i *inspector) base64(text string) (string, bool) {
	i.Wrapping = "base64"
	// A line break at the end is what every command prints.
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	if strings.HasPrefix(text, "\ufeff") {
		i.fatal("byte-order-mark", "it begins with a byte order mark", "save it as UTF-8 without one")
		text = strings.TrimPrefix(text, "\ufeff")
	}
	if name, value, ok := strings.Cut(text, "="); ok && strings.HasSuffix(strings.TrimSpace(name), Variable) {
		i.fatal("assignment", "it is the whole assignment, with the name of the variable", "take what stands behind "+Variable+"=")
		text = value
	}
	if unquoted := strings.Trim(strings.TrimSpace(text), `"'`); unquoted != strings.TrimSpace(text) {
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
		text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	}
	if missing := -len(text) & 3; missing > 0 && missing < 3 && !strings.HasSuffix(text, "=") && isBase64(text) {
		i.fatal("no-padding", "the = at its end are missing", "append "+strings.Repeat("=", missing))
		text += strings.Repeat("=", missing)
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	switch {
	case err != nil:
		i.fatal("not-base64", "it is not base64", encodeAgain)
		return "", false
	case !isText(decoded) || !utf8.Valid(decoded):
		i.fatal("binary", "it is the base64 of binary data, not of a profile", encodeAgain)
		return "", false
	}
	if again, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(decoded))); err == nil && looksLikeProfile(string(again)) {
		i.fatal("base64-twice", "it is encoded twice", "decode it once: base64 -d")
		decoded = again
	}
	return string(decoded), true
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
	object, err := firstSecret(text)
	if errors.Is(err, errNoObject) {
		return "", false
	}
	i.Wrapping = "Secret manifest"
	if err != nil {
		i.fatal("no-secret", err.Error(), "take the output of: kubectl get secret -n capa-system capa-manager-bootstrap-credentials -o yaml")
		return "", true
	}
	value := func(key string) string {
		if plain := child(object, "stringData", key); plain != "" {
			return plain
		}
		return child(object, "data", key)
	}
	if child(object, "stringData", "credentials") != "" {
		return value("credentials"), true
	}
	if blob := value("credentials"); blob != "" {
		return i.decoded(i.base64(blob))
	}
	parts := []string{"[default]"}
	for _, part := range []struct{ key, field string }{{"AccessKeyID", string(accessKeyID)}, {"SecretAccessKey", string(secretAccessKey)}, {"SessionToken", string(sessionToken)}} {
		plain := child(object, "stringData", part.key)
		if blob := child(object, "data", part.key); plain == "" && blob != "" {
			decoded, err := base64.StdEncoding.DecodeString(blob)
			if err != nil || strings.ContainsAny(string(decoded), "\r\n") {
				i.fatal("not-base64", "the data under "+part.key+" is not base64 of one line", encodeAgain)
				return "", true
			}
			plain = string(decoded)
		}
		if plain != "" {
			parts = append(parts, part.field+" = "+plain)
		}
	}
	if len(parts) == 1 {
		i.fatal("no-credentials", "the Secret has no data under credentials, nor under AccessKeyID and SecretAccessKey", encodeAgain)
		return "", true
	}
	i.Wrapping = "AWSClusterStaticIdentity Secret"
	return strings.Join(parts, "\n") + "\n", true
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

// firstSecret returns the first Secret of a manifest, which may have several
// documents, or a List.
func firstSecret(text string) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader([]byte(text)))
	if err != nil {
		return nil, errNoObject
	}
	found := errNoObject
	for range 100 {
		var document yaml.Node
		if loader.Load(&document) != nil || len(document.Content) == 0 {
			break
		}
		root := document.Content[0]
		objects := []*yaml.Node{root}
		if items := valueOf(root, "items"); items != nil && items.Kind == yaml.SequenceNode {
			objects = items.Content
		}
		for _, object := range objects {
			switch kind := valueOf(object, "kind"); {
			case kind == nil:
			case kind.Value == "Secret":
				return object, nil
			default:
				found = errors.New("there is no Secret in the manifest")
			}
		}
	}
	return nil, found
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
