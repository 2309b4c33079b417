// Keys that clusterawsadm ignores, and that its own documentation has all the
// same: old names of fields, and fields that stand in the wrong mapping. One
// that says only what holds anyway is worth a warning; the opposite is an error,
// since whoever wrote it believes that it holds.

package iam

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v4"
)

// ignoredKeys are the keys, and the fields that say the same thing. Their source
// is where people have them from.
var ignoredKeys = []struct {
	key     string
	field   string // of the same mapping, or of another one when it begins with "spec."
	negated bool   // true for the key is false for the field
	source  string
}{
	{"disabled", "disable", false, "CAPA's book, topics/full-multitenancy-implementation.md"},
	{"enable", "disable", true, "eks.enable of CAPA v0.6, still in its hack/eks-clusterawsadm-config.yaml"},
	{"enabled", "disable", true, "the two above, taken together"},
	{"enabled", "enable", false, "the same, for bootstrapUser, eventBridge and s3Buckets"},
	{"disable", "enable", true, "the same"},
	{"disabled", "enable", true, "the same"},
	{"eventBridge", "spec.eventBridge", false, "walks through EKS that others wrote by the book of CAPA v0.6, which shows it beside eks"},
	{"allowIAMRoleCreation", "iamRoleCreation", false, "the name in Go, in CAPA's API reference (book, crd/index.md)"},
	{"secureSecretsBackends", "secureSecretBackends", false, "the name in Go, in the same place"},
}

// ignoredValue is a key of a file that is ignored.
type ignoredValue struct {
	place     position
	path, key string
	target    string // the path of the field that says it
	negated   bool
	node      *yaml.Node
	known     []field // the fields of the mapping
	newer     bool    // the field itself, which v1alpha1 does not have
}

// maxIgnored is how many keys are compared with what holds; a configuration has
// fewer than 100 keys.
const maxIgnored = 200

// ignore takes a key that the mapping at path does not have, and reports whether
// another field says the same thing; then it is judged when the defaults are
// there.
func (d *decoder) ignore(p pair, path string, known []field) bool {
	if len(d.ignored) >= maxIgnored || !strings.HasPrefix(path+".", "spec.") || strings.ContainsRune(path, '[') {
		return false
	}
	value := ignoredValue{place: position{p.key.Line, p.key.Column}, path: path, key: p.key.Value, node: p.value, known: known}
	has := func(fits func(name string) bool) bool {
		for _, f := range known {
			if fits(f.name) {
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
		if row.key == p.key.Value && (value.target != "" || has(func(name string) bool { return name == row.field })) {
			d.ignored = append(d.ignored, value)
			return true
		}
	}
	value.negated = false
	if has(func(name string) bool { return strings.EqualFold(name, p.key.Value) }) || value.elsewhere() {
		d.ignored = append(d.ignored, value)
		return true
	}
	return false
}

// elsewhere finds the one mapping that has a field of the key's name.
func (i *ignoredValue) elsewhere() bool {
	var found []string
	for _, place := range []struct {
		path string
		of   reflect.Type
	}{
		{"spec", reflect.TypeFor[Spec]()}, {"spec.controlPlane", reflect.TypeFor[ControlPlane]()},
		{"spec.clusterAPIControllers", reflect.TypeFor[Controllers]()}, {"spec.nodes", reflect.TypeFor[Nodes]()},
		{"spec.bootstrapUser", reflect.TypeFor[BootstrapUser]()}, {"spec.eks", reflect.TypeFor[EKS]()},
	} {
		for _, f := range fields(place.of) {
			if f.name == i.key && place.path != i.path {
				found = append(found, join(place.path, f.name))
			}
		}
	}
	if len(found) == 0 || len(found) > 1 && parent(found[0]) != "spec" {
		return false
	}
	i.target = found[0]
	return true
}

// judgeIgnored says of every ignored key whether it says what holds in c, which
// has its defaults.
func (d *decoder) judgeIgnored(c *Configuration) {
	for _, i := range d.ignored {
		full := join(i.path, i.key)
		// A file with a null there says nothing.
		value, ok := d.scratch(i.node, reflect.TypeFor[bool]())
		says := ok && value.Kind() == reflect.Bool && value.Bool() != i.negated
		switch effective := fieldAt(reflect.ValueOf(c).Elem(), i.target); {
		case i.negated && ok && says == effective.Bool(), !i.negated && d.holds(i.node, effective), i.node.ShortTag() == "!!null":
			d.warnAt(i.place, "%s: clusterawsadm ignores this key, and it has no effect: remove it", full)
		case i.newer:
			d.at(i.place, newerField, i.key, V1Beta1)
		case i.target == full, parent(i.target) == i.path && strings.EqualFold(i.target, full):
			d.unknownField(i.place, i.key, i.path, i.known)
		default:
			d.at(i.place, "unknown field %q in %s: clusterawsadm ignores it; %s", clip(i.key), i.path, i.instead(ok, says))
		}
	}
}

// instead says what to write in place of the key.
func (i *ignoredValue) instead(isBool, says bool) string {
	name := i.target[strings.LastIndexByte(i.target, '.')+1:]
	switch {
	case parent(i.target) != i.path:
		return fmt.Sprintf("it belongs under %s: write %s", parent(i.target), i.target)
	case isBool:
		return fmt.Sprintf("write %s: %v", name, says)
	}
	return "write " + name
}

// scratch decodes a node into a new value; it reports false when that is not of
// the type.
func (d *decoder) scratch(node *yaml.Node, t reflect.Type) (reflect.Value, bool) {
	value := reflect.New(t).Elem()
	other := decoder{report: newReport(d.file), alpha: d.alpha, values: d.values}
	other.decode(node, value, "spec")
	d.values = other.values
	return value, len(other.problems) == 0 && !other.tooMuch
}

// holds reports whether all that a node says is what a value has.
func (d *decoder) holds(node *yaml.Node, v reflect.Value) bool {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if v.Kind() == reflect.Pointer {
		// Its key alone turns something on: what the node leaves out counts too. That
		// of eks does so whatever it says.
		value, ok := d.scratch(node, v.Type().Elem())
		return ok && v.Type() != reflect.TypeFor[*EKS]() && reflect.DeepEqual(value.Interface(), v.Elem().Interface())
	}
	if v.Kind() != reflect.Struct || node.Kind != yaml.MappingNode {
		value, ok := d.scratch(node, v.Type())
		return ok && reflect.DeepEqual(value.Interface(), v.Interface())
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		found := false
		for _, f := range fields(v.Type()) {
			if f.name == node.Content[i].Value {
				d.values++
				found = d.values <= maxValues && d.holds(node.Content[i+1], v.FieldByIndex(f.index))
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
