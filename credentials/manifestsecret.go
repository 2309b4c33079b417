package credentials

// This file chooses a Secret from a manifest that is inspected. It reports
// Secrets that are ignored or missing, and names and namespaces that CAPA or
// Kubernetes does not accept.

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"capaboot/internal/secrecy"
	"capaboot/internal/shortlist"
)

var errNotObject = errors.New("not a Kubernetes object")

var errNotYAML = errors.New("not YAML")

// errNoSecret means that a manifest has objects of other kinds only, or none.
var errNoSecret = errors.New("the manifest has no Secret")

// manifest is what a manifest says about Secrets with credentials.
type manifest struct {
	secrets []manifestSecret // the Secrets, and the configurations of clusterctl
	// references are the names of the Secrets that the static identities name, each
	// once; "" if an identity names none.
	references []string
	// controllers is the namespace of the controllers' Deployment; "" when the
	// manifest does not say.
	controllers string
}

// manifestSecret is a Secret of a manifest, or a configuration of clusterctl. The
// zero value, with a nil node, means that the manifest has neither.
type manifestSecret struct {
	node            *yaml.Node
	name, namespace string
	hasCredentials  bool
}

// maxDocuments is the maximum number of documents that are read from a manifest. An
// installation of Cluster API with several providers has fewer.
const maxDocuments = 1000

// readManifest reads a manifest, which may have several documents, or a List.
// The error says why there is no Secret.
func readManifest(text string) (m manifest, err error) {
	loader, err := yaml.NewLoader(bytes.NewReader([]byte(text)))
	if err != nil {
		return m, errNotObject
	}
	err = errNotObject
	for range maxDocuments {
		var document yaml.Node
		if invalid := loader.Load(&document); invalid != nil && !errors.Is(invalid, io.EOF) {
			err = errNotYAML
			break
		} else if invalid != nil || len(document.Content) == 0 {
			break
		}
		root := document.Content[0]
		objects, kindOfItems := []*yaml.Node{root}, ""
		if items := valueOf(root, "items"); items != nil && items.Kind == yaml.SequenceNode {
			kind := valueOf(root, "kind")
			objects = items.Content
			if kind != nil {
				kindOfItems = strings.TrimSuffix(kind.Value, "List")
			}
			if kind != nil && err == errNotObject {
				err = errNoSecret // also for an empty list
			}
		}
		for _, object := range objects {
			kind := kindOfItems
			if own := valueOf(object, "kind"); own != nil {
				kind = cmp.Or(own.Value, "unknown")
			}
			if m.add(object, kind) && err == errNotObject {
				err = errNoSecret
			}
		}
	}
	if len(m.secrets) > 0 {
		return m, nil
	}
	return m, err
}

// add adds an object, and reports whether it is a Kubernetes object.
func (m *manifest) add(object *yaml.Node, kind string) bool {
	name, namespace := nestedString(object, "metadata", "name"), nestedString(object, "metadata", "namespace")
	switch kind {
	case "":
		if isClusterctlConfig(object) {
			m.secrets = append(m.secrets, manifestSecret{node: object, hasCredentials: true})
		}
		return false
	case "Secret":
		m.secrets = append(m.secrets, manifestSecret{object, name, namespace, hasCredentials(object)})
	case "AWSClusterStaticIdentity":
		if reference := nestedString(object, "spec", "secretRef"); !slices.Contains(m.references, reference) {
			m.references = append(m.references, reference)
		}
	case "Deployment":
		if name == "capa-controller-manager" && m.controllers == "" {
			m.controllers = namespace
		}
	}
	return true
}

// choose returns the Secret with the name of the controllers' Secret. If there
// is none, it returns the first Secret that an identity names; or else the
// first one with credentials; or else the first one. If several Secrets of the
// first two kinds have the same name, it prefers the one in the namespace that
// CAPA reads.
func (m *manifest) choose() manifestSecret {
	best, bestRank := manifestSecret{}, -1
	for _, secret := range m.secrets {
		rank := 0
		switch {
		case secret.name == bootstrapSecret:
			rank = 3
		case m.identityNames(secret):
			rank = 2
		case secret.hasCredentials:
			rank = 1
		}
		if rank > bestRank || rank == bestRank && rank > 1 && secret.name == best.name && m.isRead(secret) && !m.isRead(best) {
			best, bestRank = secret, rank
		}
	}
	return best
}

// identityNames reports whether an identity of the manifest names a Secret that is
// not the controllers' own.
func (m *manifest) identityNames(secret manifestSecret) bool {
	return secret.name != "" && secret.name != bootstrapSecret && slices.Contains(m.references, secret.name)
}

// isRead reports whether CAPA reads a Secret in this namespace. CAPA reads
// Secrets only in the namespace of the controllers. A Secret without a
// namespace counts as read: kubectl chooses its namespace. Source: Cluster API
// Provider AWS, AWSClusterStaticIdentity.
func (m *manifest) isRead(secret manifestSecret) bool {
	return secret.namespace == "" || secret.namespace == m.namespace()
}

// namespace returns the namespace of the controllers, from which CAPA reads Secrets.
func (m *manifest) namespace() string {
	if isLabelName(m.controllers) {
		return m.controllers
	}
	return defaultNamespace
}

// others returns the names of the other Secrets with credentials.
func (m *manifest) others(chosen manifestSecret) (names []string) {
	for _, secret := range m.secrets {
		if secret.hasCredentials && secret.node != chosen.node {
			names = append(names, secret.name)
		}
	}
	return names
}

// hasCredentials reports whether a Secret has data under a key for credentials.
func hasCredentials(object *yaml.Node) bool {
	return slices.ContainsFunc([]string{"credentials", "AccessKeyID", "SecretAccessKey", Variable}, func(key string) bool { return hasKey(object, key) })
}

// hasKey reports whether a Secret has data under a key.
func hasKey(object *yaml.Node, key string) bool {
	plain, encoded := secretData(object, key)
	return plain != "" || encoded != ""
}

// reportOthers reports the other Secrets with credentials.
func (i *inspector) reportOthers(names []string) {
	switch len(names) {
	case 0:
	case 1:
		i.note("several-secrets", "one more Secret in the manifest has credentials, which are not inspected"+listNames(": ", names), "inspect that Secret separately")
	default:
		i.note("several-secrets", fmt.Sprintf("%d more Secrets in the manifest have credentials, which are not inspected", len(names))+listNames(": ", names), "inspect each Secret separately")
	}
}

// listNames returns the prefix, followed by a list of the names of Secrets; "" if a
// name cannot be shown.
func listNames(prefix string, names []string) string {
	if slices.ContainsFunc(names, func(name string) bool { return !isShown(name) }) {
		return ""
	}
	return prefix + shortlist.Few(names, shortlist.Shown(len(names), 3), quote)
}

// isShown reports whether the name of an object can be shown: Kubernetes accepts
// the name, and the name does not look like a secret.
func isShown(name string) bool { return isSubdomain(name) && secrecy.HideName(name) == name }

// reportMissing reports identities whose Secret is not in the manifest, or that name no
// Secret.
func (i *inspector) reportMissing(m manifest, chosen manifestSecret) {
	var missing []string
	for _, reference := range m.references {
		if !slices.ContainsFunc(m.secrets, func(s manifestSecret) bool { return s.name == reference }) || reference == "" {
			missing = append(missing, reference)
		}
	}
	if len(missing) == 0 {
		return
	}
	message, name := "an AWSClusterStaticIdentity names a Secret that is not in the manifest", "NAME"
	list := listNames("", missing)
	switch {
	case slices.Contains(missing, ""):
		message = "spec.secretRef of an AWSClusterStaticIdentity does not name a Secret"
	case list != "" && len(missing) == 1:
		message, name = "an AWSClusterStaticIdentity names the Secret "+list+", which is not in the manifest", missing[0]
	case list != "":
		message = "AWSClusterStaticIdentities name the Secrets " + list + ", which are not in the manifest"
	}
	switch inspected := listNames("", []string{chosen.name}); {
	case chosen.node == nil:
	case inspected == "":
		message += "; another Secret is inspected"
	default:
		message += "; the Secret " + inspected + " is inspected"
	}
	namespace := m.namespace()
	if !isShown(namespace) {
		namespace = "NAMESPACE"
	}
	i.note("missing-secret", message, "inspect the Secret that the identity names: kubectl get secret -n "+namespace+" "+name+" -o yaml")
}

// checkNamespace reports a namespace from which CAPA does not read the Secret.
// Cluster API Operator reads its Secret from any namespace. Source: Cluster API
// Operator, "Provider Spec".
func (i *inspector) checkNamespace(m manifest, secret manifestSecret) {
	isOperator := !m.identityNames(secret) && !hasKey(secret.node, "credentials") && hasKey(secret.node, Variable)
	if isOperator || !secret.hasCredentials || m.isRead(secret) {
		return
	}
	from := "by default " + defaultNamespace
	if m.namespace() == m.controllers {
		from = "in this manifest " + quote(m.controllers)
	}
	i.note("namespace", "the Secret is in the namespace "+quote(secret.namespace)+", but CAPA reads Secrets in the namespace of its controllers: "+from,
		"unless the controllers are in "+quote(secret.namespace)+", write their namespace under metadata.namespace")
}

// checkName checks a field of a Secret's metadata, "name" or "namespace". It reports a
// value that Kubernetes refuses, but does not show the value, which may be a secret. It
// returns false for such a value.
func (i *inspector) checkName(secret manifestSecret, field string, isValid func(string) bool) bool {
	node := valueOf(valueOf(secret.node, "metadata"), field)
	text := stringOf(node)
	switch {
	case node == nil || node.Kind == yaml.ScalarNode && (node.Value == "" || node.ShortTag() == "!!null"), isValid(text):
		return true
	case strings.Contains(text, "$") || strings.Contains(text, "{{"):
		i.note("name", "the "+field+" of the Secret has a variable that was not replaced", "replace the variable before you apply the manifest")
	default:
		i.fatal("name", "Kubernetes refuses the "+field+" of the Secret: want "+wantedName(field), "correct metadata."+field+" of the Secret")
	}
	return false
}
