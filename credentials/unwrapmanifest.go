package credentials

// This file finds the encoded profile in a manifest (the Secret of CAPA, of one
// of its identities or of Cluster API Operator), in the configuration of
// clusterctl, and in our own JSON. manifestsecret.go chooses the Secret.

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"capaboot/internal/lazy"
)

// profileInManifest returns the profile in the manifest of a Secret, in the
// configuration of clusterctl, or in the output of JSONForm. It returns false
// when the text is none of these. When the text is one of these but has no
// profile, it records a problem and returns an empty profile and true.
func (i *inspector) profileInManifest(text string) (profile string, ok bool) {
	if blob, expires := ownJSON(text); blob != "" {
		i.expires = expires
		return i.manifestResult(i.decode(blob))
	}
	if !strings.Contains(text, "kind") && !strings.Contains(strings.ToUpper(text), Variable) {
		return "", false
	}
	found, err := readManifest(text)
	if errors.Is(err, errNotYAML) && looksLikeManifest(text) {
		i.Wrapping = "Secret manifest"
		i.fatal("not-yaml", "the manifest is not valid YAML", "check the manifest: kubectl apply --dry-run=client -f FILE")
		return "", true
	}
	if errors.Is(err, errNotObject) || errors.Is(err, errNotYAML) {
		return "", false
	}
	secret := found.choose()
	object := secret.node
	if object != nil && isClusterctlConfig(object) {
		i.Wrapping = "clusterctl.yaml"
		if hasRepeatedKey(object, foldVariable) {
			i.repeatedKey()
		}
		value, nested := variableOf(object)
		if nested {
			i.nestedVariable(object)
		}
		return i.manifestResult(i.decodeVariable(stringOf(value)))
	}
	i.Wrapping = "Secret manifest"
	if err != nil {
		i.Wrapping = "manifest"
		i.fatal("no-secret", err.Error(), "use the output of: kubectl get secret -n capa-system capa-manager-bootstrap-credentials -o yaml")
		i.reportMissing(found, secret)
		return "", true
	}
	i.reportOthers(found.others(secret))
	if version := stringOf(valueOf(object, "apiVersion")); version != "" && version != "v1" {
		i.fatal("no-secret", "the apiVersion is "+version+", but that of a Secret is v1", `write "apiVersion: v1"`)
	}
	i.reportMissing(found, secret)
	i.checkName(secret, "name", isSubdomain)
	if i.checkName(secret, "namespace", isLabelName) {
		i.checkNamespace(found, secret)
	}
	for _, mapping := range []*yaml.Node{object, valueOf(object, "data"), valueOf(object, "stringData")} {
		if hasRepeatedKey(mapping, func(key string) string { return key }) {
			i.repeatedKey()
			break
		}
	}
	if found.identityNames(secret) {
		return i.profileOfIdentity(object, true), true
	}
	if plain, blob := secretData(object, "credentials"); plain != "" {
		profile, layers := peel(plain, 0)
		if layers > 0 {
			i.fatal("base64-twice", "the value is base64 under stringData, which Kubernetes encodes again", "put the value under data")
		}
		return profile, true
	} else if blob != "" {
		return i.manifestResult(i.decode(lineBreaks.Get().Replace(blob)))
	}
	if plain, blob := secretData(object, Variable); plain != "" || blob != "" {
		i.Wrapping = "Cluster API Operator Secret"
		return i.manifestResult(i.operatorSecret(plain, blob))
	}
	return i.profileOfIdentity(object, false), true
}

// lineBreaks removes line breaks, which Kubernetes skips in the data of a Secret.
var lineBreaks = lazy.Value[*strings.Replacer]{Make: func() *strings.Replacer { return strings.NewReplacer("\r", "", "\n", "") }}

// secretData returns the value of a key of a Secret: plain for a value under
// stringData, and encoded for one under data. A key under stringData takes
// precedence, even if its value is empty.
func secretData(object *yaml.Node, key string) (plain, encoded string) {
	if value := valueOf(valueOf(object, "stringData"), key); value != nil {
		return stringOf(value), ""
	}
	return "", nestedString(object, "data", key)
}

// foldVariable returns Variable if a key of clusterctl.yaml is Variable in any
// case, and any other key unchanged. Other keys that differ only in case do not
// change the credentials.
func foldVariable(key string) string {
	if strings.EqualFold(key, Variable) {
		return Variable
	}
	return key
}

func (i *inspector) repeatedKey() {
	i.fatal("not-yaml", "a key appears twice in the manifest, and programs differ in which of its values they use", "remove one of the two keys")
}

// hasRepeatedKey reports whether a mapping has a key twice. Two keys are the
// same if fold returns the same text for both.
func hasRepeatedKey(mapping *yaml.Node, fold func(string) string) bool {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return false
	}
	seen := map[string]bool{}
	for j := 0; j+1 < len(mapping.Content); j += 2 {
		key := fold(mapping.Content[j].Value)
		if seen[key] && key != "<<" {
			return true
		}
		seen[key] = true
	}
	return false
}

// operatorSecret returns the profile in a Secret with CAPA's variables for Cluster
// API Operator. blob is the value under stringData. If blob is "", encoded is the
// value under data: the base64 of the blob.
func (i *inspector) operatorSecret(blob, encoded string) (string, bool) {
	if blob == "" {
		decoded, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			i.fatal("not-base64", "the data under "+Variable+" is not base64", encodeOperatorSecret)
			return "", false
		}
		blob = string(decoded)
	}
	return i.decodeVariable(blob)
}

const encodeOperatorSecret = "write the Secret again: capaboot bootstrap credentials encode-as-profile -o operator-secret --name NAME"

// decodeVariable returns the profile in the value of the variable. clusterctl and
// Cluster API Operator put the value unchanged into the data of CAPA's own
// Secret.
func (i *inspector) decodeVariable(blob string) (string, bool) {
	switch {
	case looksLikeProfile(blob):
		i.fatal("not-encoded", "the value of "+Variable+" is a profile in plain text, but must be base64: clusterctl copies the value into the data of a Secret", encodeAgain)
		return blob, true
	case !isText([]byte(blob)):
		i.reportBinary("the value of "+Variable+" is", []byte(blob), encodeAgain)
		return "", false
	case strings.TrimSpace(blob) == "":
		i.fatal("empty", "the value of "+Variable+" is empty", encodeAgain)
		return "", false
	}
	return i.decode(blob)
}

// nestedVariable reports that the variable is under "variables", where
// clusterctl does not read it. The configuration of Cluster API's end-to-end
// tests has its variables there. Source: Cluster API,
// cmd/clusterctl/client/config/reader_viper.go,
// test/framework/clusterctl/e2e_config.go.
func (i *inspector) nestedVariable(object *yaml.Node) {
	const message = Variable + " is under variables, as in configurations of end-to-end tests: clusterctl reads it only at the top level"
	if valueOf(object, "intervals") != nil || valueOf(object, "managementClusterName") != nil {
		i.note("nested-variable", message, "if the file is for clusterctl, move the variable to the top level")
		return
	}
	i.fatal("nested-variable", message, "move the variable to the top level of clusterctl.yaml")
}

// isClusterctlConfig reports whether an object is the configuration of
// clusterctl: a mapping with the variable, and without the keys of a Kubernetes
// object.
func isClusterctlConfig(object *yaml.Node) bool {
	value, _ := variableOf(object)
	return valueOf(object, "kind") == nil && valueOf(object, "data") == nil && valueOf(object, "stringData") == nil && value != nil
}

// variableOf returns the variable in the configuration of clusterctl, where
// case does not matter; nil when it is not there. nested means that it is under
// "variables". Source: Cluster API,
// cmd/clusterctl/client/config/reader_viper.go.
func variableOf(object *yaml.Node) (value *yaml.Node, nested bool) {
	if object == nil || object.Kind != yaml.MappingNode {
		return nil, false
	}
	var variables *yaml.Node
	for j := 0; j+1 < len(object.Content); j += 2 {
		switch key := object.Content[j].Value; {
		case strings.EqualFold(key, Variable):
			return resolveAlias(object.Content[j+1]), false
		case strings.EqualFold(key, "variables"):
			variables = resolveAlias(object.Content[j+1])
		}
	}
	if variables == nil || variables.Kind != yaml.MappingNode {
		return nil, false
	}
	for j := 0; j+1 < len(variables.Content); j += 2 {
		if strings.EqualFold(variables.Content[j].Value, Variable) {
			return resolveAlias(variables.Content[j+1]), true
		}
	}
	return nil, false
}

// identityKeys are the keys in the Secret of an AWSClusterStaticIdentity.
var identityKeys = []struct {
	key   string
	field field
}{{"AccessKeyID", accessKeyID}, {"SecretAccessKey", secretAccessKey}, {"SessionToken", sessionToken}}

// profileOfIdentity returns a profile with the values in the Secret of a
// static identity. The controllers use each value as it is. If a value is not
// base64, a profile cannot represent a value, or the Secret has no values,
// profileOfIdentity reports the problem and returns "". hasIdentity means that
// the identity is in the manifest too.
func (i *inspector) profileOfIdentity(object *yaml.Node, hasIdentity bool) string {
	i.Wrapping = "AWSClusterStaticIdentity Secret"
	profile := "[default]\n"
	empty, invalid := true, false
	for _, part := range identityKeys {
		value, blob := secretData(object, part.key)
		if blob != "" {
			decoded, err := base64.StdEncoding.DecodeString(blob)
			if err != nil {
				i.fatal("not-base64", "the data under "+part.key+" is not base64", encodeAgain)
				empty, invalid = false, true
				continue
			}
			value = string(decoded)
		}
		if value == "" {
			continue
		}
		empty = false
		if defect := check(part.field, value); defect != nil {
			i.fatal("value", "the "+part.field.Words()+" under "+part.key+" "+defect.Text, encodeAgain)
			invalid = true
			continue
		}
		profile += string(part.field) + " = " + value + "\n"
	}
	switch {
	case empty && hasIdentity:
		i.fatal("no-credentials", "the Secret that the AWSClusterStaticIdentity names has no data under AccessKeyID and SecretAccessKey", encodeAgain+" -o static-identity --name NAME")
	case empty:
		i.Wrapping = "Secret manifest"
		i.fatal("no-credentials", "the Secret has no data under credentials, under AccessKeyID and SecretAccessKey, or under "+Variable, encodeAgain)
	}
	if empty || invalid {
		return ""
	}
	return profile
}

// ownJSON returns the blob in the output of JSONForm, and the expiry beside it, which
// can be "". The blob is "" for any other text.
func ownJSON(text string) (blob, expires string) {
	var output struct{ EncodedProfile, Expires string }
	if !strings.Contains(text, "encodedProfile") || json.Unmarshal([]byte(text), &output) != nil {
		return "", ""
	}
	return output.EncodedProfile, output.Expires
}

// manifestResult converts the results of a decoder to the results of
// profileInManifest. It always returns true, which says that the text was a
// manifest: otherwise unwrap would inspect the text again, as something else. The
// profile is "" when it could not be decoded.
func (i *inspector) manifestResult(text string, ok bool) (string, bool) {
	if !ok {
		return "", true
	}
	return text, true
}

// looksLikeManifest reports whether a line of the text is a key of a manifest,
// or the variable in the configuration of clusterctl.
func looksLikeManifest(text string) bool {
	for line := range strings.Lines(text) {
		key, _, ok := strings.Cut(strings.TrimSpace(line), ":")
		if ok && (slices.Contains([]string{"kind", "apiVersion", "data", "stringData"}, key) || strings.EqualFold(key, Variable)) {
			return true
		}
	}
	return false
}

// maxMerged is the maximum number of mappings that are searched for a key.
// Without a maximum, the search would never end in mappings that merge each
// other.
const maxMerged = 100

// valueOf returns the value of a key of a mapping, or nil. It follows aliases
// and merge keys, as kubectl does.
func valueOf(mapping *yaml.Node, key string) *yaml.Node {
	budget := maxMerged
	return valueWithin(mapping, key, &budget)
}

func valueWithin(mapping *yaml.Node, key string, budget *int) *yaml.Node {
	if mapping = resolveAlias(mapping); mapping == nil || mapping.Kind != yaml.MappingNode || *budget == 0 {
		return nil
	}
	*budget--
	for j := 0; j+1 < len(mapping.Content); j += 2 {
		if mapping.Content[j].Value == key {
			return resolveAlias(mapping.Content[j+1])
		}
	}
	for j := 0; j+1 < len(mapping.Content); j += 2 {
		if mapping.Content[j].Value != "<<" {
			continue
		}
		merged := []*yaml.Node{mapping.Content[j+1]}
		if list := resolveAlias(merged[0]); list != nil && list.Kind == yaml.SequenceNode {
			merged = list.Content
		}
		for _, source := range merged {
			if value := valueWithin(source, key, budget); value != nil {
				return value
			}
		}
	}
	return nil
}

// resolveAlias returns the node that an alias refers to, or the node itself.
func resolveAlias(node *yaml.Node) *yaml.Node {
	if node != nil && node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// nestedString returns the text under two keys, if it is a string; ""
// otherwise.
func nestedString(object *yaml.Node, outer, inner string) string {
	if mapping := valueOf(object, outer); mapping != nil {
		return stringOf(valueOf(mapping, inner))
	}
	return ""
}

// stringOf returns the text of a string; "" for any other node.
func stringOf(node *yaml.Node) string {
	if node != nil && node.Kind == yaml.ScalarNode && node.ShortTag() == "!!str" {
		return node.Value
	}
	return ""
}
