package credentials

// This file renders the Kubernetes objects that carry credentials to CAPA: the
// Secret of its controllers, the Secret of Cluster API Operator, and a static
// identity.

import (
	"bytes"
	"cmp"
	"strings"

	"capaboot/internal/render"
)

const (
	// bootstrapSecret is the Secret that the controllers mount as their shared
	// credentials file, under the key credentials.
	bootstrapSecret  = "capa-manager-bootstrap-credentials"
	defaultNamespace = "capa-system"
)

// object is a Kubernetes object, or a mapping in one.
type object map[string]any

// secretManifest returns the Secret of the controllers.
func (p Profile) secretManifest(o Options) ([]byte, error) {
	manifest := secretObject(bootstrapSecret, o.namespace(), map[string]string{"credentials": p.text})
	// clusterctl sets this label on all objects that it installs with CAPA, and
	// finds the objects by this label when it deletes CAPA.
	manifest["metadata"].(object)["labels"] = object{"cluster.x-k8s.io/provider": "infrastructure-aws"}
	return render.YAML(manifest)
}

// operatorManifest returns the Secret from which Cluster API Operator reads
// CAPA's variables: the configSecret of an InfrastructureProvider. The operator
// substitutes the value as clusterctl does, so the data is the encoded profile.
// Source: Cluster API Operator, "Quickstart" and "Examples of API Usage".
func (p Profile) operatorManifest(o Options) ([]byte, error) {
	return render.YAML(secretObject(o.Name, o.namespace(), map[string]string{Variable: p.Base64()}))
}

// identityManifests returns the Secret of a static identity, followed by the
// identity.
func (c Credentials) identityManifests(o Options) ([]byte, error) {
	staticIdentity, err := identityManifest("AWSClusterStaticIdentity", o.Name, o.AllowedNamespaces, object{"secretRef": o.Name})
	if err != nil {
		return nil, err
	}
	data := map[string]string{"AccessKeyID": c.AccessKeyID, "SecretAccessKey": c.SecretAccessKey}
	if c.SessionToken != "" {
		data["SessionToken"] = c.SessionToken
	}
	var documents [][]byte
	for _, manifest := range []any{secretObject(o.Name, o.namespace(), data), staticIdentity} {
		text, err := render.YAML(manifest)
		if err != nil {
			return nil, err
		}
		documents = append(documents, text)
	}
	return bytes.Join(documents, []byte("---\n")), nil
}

func (o Options) namespace() string { return cmp.Or(o.Namespace, defaultNamespace) }

func (o Options) checkNamespace() error {
	if !isLabelName(o.namespace()) {
		return invalidName("namespace", o.Namespace)
	}
	return nil
}

func (o Options) checkName(form Form) error {
	switch {
	case o.Name == "" && form == OperatorSecretForm:
		return kindf(KindNoName, "the Secret of Cluster API Operator needs a name")
	case o.Name == "":
		return kindf(KindNoName, "the static identity needs a name")
	case !isSubdomain(o.Name):
		return invalidName("object", o.Name)
	case o.Name == bootstrapSecret:
		return failf("choose another name", "%s is the name of the controllers' own Secret, which would be overwritten", quote(o.Name))
	}
	return nil
}

func invalidName(kind, name string) *Error {
	return failf("", "invalid name %s for a Kubernetes %s: want %s", quote(name), kind, wantedName(kind))
}

// wantedName says which names Kubernetes accepts for a namespace or for another
// object.
func wantedName(kind string) string {
	if kind == "namespace" {
		return "at most 63 lowercase letters, digits and hyphens"
	}
	return "lowercase letters, digits, hyphens and dots"
}

// secretObject returns a Secret with the data, in base64.
func secretObject(name, namespace string, data map[string]string) object {
	encoded := object{}
	for key, value := range data {
		encoded[key] = encode(value)
	}
	return object{
		"apiVersion": "v1",
		"kind":       "Secret",
		"metadata":   object{"name": name, "namespace": namespace},
		"type":       "Opaque",
		"data":       encoded,
	}
}

// allowedNamespaces returns the spec.allowedNamespaces of an identity. As the
// type AWSClusterStaticIdentity documents, an absent field means that no
// namespace may use the identity; an empty object means that all namespaces may
// use it.
//
//	""                         no namespace
//	"*"                        all
//	"team-a,team-b"            these
//	"env=prod,tier in (a, b)"  those with these labels, in the syntax of kubectl -l
func allowedNamespaces(text string) (object, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, nil
	case text == "*":
		return object{}, nil
	case strings.ContainsAny(text, "=!("):
		return namespaceSelector(text)
	}
	names := strings.Split(text, ",")
	list := make([]any, len(names))
	for i, name := range names {
		if name = strings.TrimSpace(name); !isLabelName(name) {
			return nil, invalidName("namespace", name)
		}
		list[i] = name
	}
	return object{"list": list}, nil
}

// isLabelName reports whether text is a label of RFC 1123, such as the name of
// a namespace.
func isLabelName(text string) bool {
	for _, r := range text {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return text != "" && len(text) <= 63 && text[0] != '-' && text[len(text)-1] != '-'
}

// isSubdomain reports whether text is a subdomain of RFC 1123, such as the
// names of most objects.
func isSubdomain(text string) bool {
	for part := range strings.SplitSeq(text, ".") {
		if !isLabelName(part) {
			return false
		}
	}
	return len(text) <= 253
}
