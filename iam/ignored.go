// Keys that clusterawsadm ignores although its own documentation contains them:
// old names of fields, and fields in the wrong mapping. A key without effect
// causes a warning. A key that contradicts the effective value is an error,
// since the author of the file believes that the key works.

package iam

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v4"
)

// ignoredKeys lists the ignored keys, each with the field of the same meaning.
// source says where users found the key.
var ignoredKeys = []struct {
	key     string
	field   string // a field of the same mapping, or the whole path of a field when it begins with "spec."
	negated bool   // true for the key means false for the field
	source  string
}{
	{"disabled", "disable", false, "CAPA's book, topics/full-multitenancy-implementation.md"},
	{"enable", "disable", true, "eks.enable of CAPA v0.6; CAPA's hack/eks-clusterawsadm-config.yaml has this key"},
	{"enabled", "disable", true, "a combination of the keys disabled and enable"},
	{"enabled", "enable", false, "a combination of the keys disabled and enable, used in bootstrapUser, eventBridge and s3Buckets"},
	{"disable", "enable", true, "the field disable of the other mappings, used by mistake in bootstrapUser, eventBridge and s3Buckets"},
	{"disabled", "enable", true, "CAPA's book, which uses the key in bootstrapUser, eventBridge and s3Buckets"},
	{"eventBridge", "spec.eventBridge", false, "EKS tutorials that follow the book of CAPA v0.6, which shows eventBridge beside eks"},
	{"allowIAMRoleCreation", "iamRoleCreation", false, "the name in Go, in CAPA's API reference (book, crd/index.md)"},
	{"secureSecretsBackends", "secureSecretBackends", false, "the name in Go, in CAPA's API reference"},
}

// ignoredValue is a key that clusterawsadm ignores, with its value and its
// place in the file.
type ignoredValue struct {
	position  position
	path, key string
	target    string // the path of the field with the same meaning
	negated   bool
	node      *yaml.Node
	known     []field // the fields of the mapping
	isNewer   bool    // the field exists, but not in v1alpha1, the version of the file
}

// maxIgnored is how many ignored keys are recorded; further ones are reported
// as unknown fields. A configuration has fewer than 100 keys.
const maxIgnored = 200

// recordIgnored records an unknown key of the mapping at path, if a field with
// the same meaning exists, and reports whether it recorded the key. It records
// only keys in spec that are not in a list, and at most maxIgnored of them.
// reportIgnored checks them after the defaults are set.
func (d *decoder) recordIgnored(p pair, path string, known []field) bool {
	if len(d.ignored) >= maxIgnored || !strings.HasPrefix(path+".", "spec.") || strings.ContainsRune(path, '[') {
		return false
	}
	value := ignoredValue{position: position{p.key.Line, p.key.Column}, path: path, key: p.key.Value, node: p.value, known: known}
	hasKey := func(matches func(name string) bool) bool {
		for _, f := range known {
			if matches(f.name) {
				value.target = join(path, f.name)
				return true
			}
		}
		return false
	}
	for _, row := range ignoredKeys {
		value.negated = row.negated
		if row.key == p.key.Value && strings.HasPrefix(row.field, "spec.") {
			value.target = row.field
		}
		if row.key == p.key.Value && (value.target != "" || hasKey(func(name string) bool { return name == row.field })) {
			d.ignored = append(d.ignored, value)
			return true
		}
	}
	value.negated = false
	if hasKey(func(name string) bool { return strings.EqualFold(name, p.key.Value) }) || value.findElsewhere() {
		d.ignored = append(d.ignored, value)
		return true
	}
	return false
}

// findElsewhere sets the target to the field with this name in another mapping;
// a field of spec takes precedence. It returns false if there is none or the
// name is ambiguous.
func (i *ignoredValue) findElsewhere() bool {
	var found []string
	for _, candidate := range []struct {
		path string
		typ  reflect.Type
	}{
		{"spec", reflect.TypeFor[Spec]()}, {"spec.controlPlane", reflect.TypeFor[ControlPlane]()},
		{"spec.clusterAPIControllers", reflect.TypeFor[Controllers]()}, {"spec.nodes", reflect.TypeFor[Nodes]()},
		{"spec.bootstrapUser", reflect.TypeFor[BootstrapUser]()}, {"spec.eks", reflect.TypeFor[EKS]()},
	} {
		for _, f := range fields(candidate.typ) {
			if f.name == i.key && candidate.path != i.path {
				found = append(found, join(candidate.path, f.name))
			}
		}
	}
	if len(found) == 0 || len(found) > 1 && parent(found[0]) != "spec" {
		return false
	}
	i.target = found[0]
	return true
}

// reportIgnored reports each ignored key: as a warning if its value agrees with
// c, and otherwise as a problem. c must have its defaults.
func (d *decoder) reportIgnored(c *Configuration) {
	for _, i := range d.ignored {
		full := join(i.path, i.key)
		// tryDecode decodes a null as false, but a null has no effect: it
		// only causes a warning.
		value, ok := d.tryDecode(i.node, reflect.TypeFor[bool]())
		intended := ok && value.Kind() == reflect.Bool && value.Bool() != i.negated
		switch effective := fieldAt(reflect.ValueOf(c).Elem(), i.target); {
		case i.negated && ok && intended == effective.Bool(), !i.negated && d.matches(i.node, effective), i.node.ShortTag() == "!!null":
			d.warnAt(i.position, "%s: clusterawsadm ignores this key, and the key has no effect: remove the key", full)
		case i.isNewer:
			d.addAt(i.position, newerFieldFormat, i.key, V1Beta1)
		case i.target == full, parent(i.target) == i.path && strings.EqualFold(i.target, full):
			d.reportUnknownField(i.position, i.key, i.path, i.known)
		default:
			d.addAt(i.position, "unknown field %q in %s: clusterawsadm ignores the field; %s", clip(i.key), i.path, i.suggestion(ok, intended))
		}
	}
}

// suggestion returns what to write instead of the key.
func (i *ignoredValue) suggestion(isBool, intended bool) string {
	name := i.target[strings.LastIndexByte(i.target, '.')+1:]
	switch {
	case parent(i.target) != i.path:
		return fmt.Sprintf("the field belongs under %s: write %s", parent(i.target), i.target)
	case isBool:
		return fmt.Sprintf("write %s: %v", name, intended)
	}
	return "write " + name
}

// tryDecode decodes a node into a new value of a type, without reporting
// problems. It returns false if the node does not fit the type.
func (d *decoder) tryDecode(node *yaml.Node, t reflect.Type) (reflect.Value, bool) {
	value := reflect.New(t).Elem()
	other := decoder{report: newReport(d.file), isV1Alpha1: d.isV1Alpha1, values: d.values}
	other.decode(node, value, "spec")
	d.values = other.values
	return value, len(other.problems) == 0 && !other.tooLarge
}

// matches reports whether everything in the node agrees with v.
func (d *decoder) matches(node *yaml.Node, v reflect.Value) bool {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if v.Kind() == reflect.Pointer {
		// A pointer field has an effect by its presence, so the fields that the
		// node leaves out are compared too. No value of eks agrees, because its
		// presence always has an effect.
		value, ok := d.tryDecode(node, v.Type().Elem())
		return ok && v.Type() != reflect.TypeFor[*EKS]() && reflect.DeepEqual(value.Interface(), v.Elem().Interface())
	}
	if v.Kind() != reflect.Struct || node.Kind != yaml.MappingNode {
		value, ok := d.tryDecode(node, v.Type())
		return ok && reflect.DeepEqual(value.Interface(), v.Interface())
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		found := false
		for _, f := range fields(v.Type()) {
			if f.name == node.Content[i].Value {
				d.values++
				found = d.values <= maxValues && d.matches(node.Content[i+1], v.FieldByIndex(f.index))
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// fieldAt returns the field at a path of a configuration that has its defaults.
func fieldAt(v reflect.Value, path string) reflect.Value {
	for _, name := range strings.Split(path, ".") {
		for v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		for _, f := range fields(v.Type()) {
			if f.name == name {
				v = v.FieldByIndex(f.index)
				break
			}
		}
	}
	return v
}
