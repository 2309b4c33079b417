// Strict decoding of YAML nodes into Go values. It records the position of
// every value and reports every mismatch.

package iam

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"capaboot/internal/nearword"
	"capaboot/policies/catalog"
)

const (
	// maxValues limits how many values a file expands to when its aliases are
	// followed. The largest template that AWS accepts has a few thousand
	// values.
	maxValues = 50_000
	// maxDepth limits how deeply the values of a file are nested. The deepest
	// value of a configuration is at level 12.
	maxDepth = 32
)

// decoder decodes nodes into Go values. isV1Alpha1 means that the file is
// v1alpha1, which lacks the fields tagged `since:"v1beta1"`.
type decoder struct {
	*report
	isV1Alpha1 bool
	values     int
	depth      int
	tooLarge   bool
	ignored    []ignoredValue
}

// decode sets v from the node at path. A null leaves v unchanged.
func (d *decoder) decode(node *yaml.Node, v reflect.Value, path string) {
	node, ok := d.enter(node, path)
	if !ok {
		return
	}
	defer func() { d.depth-- }()
	if node.ShortTag() == "!!null" && isNullText(node.Value) {
		return
	}
	if !isPlainTag(node) {
		d.add(path, "unsupported YAML tag %s: remove the tag", clip(node.ShortTag()))
		d.hasProblem[path] = true
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.decode(node, v.Elem(), path)
	case reflect.Struct:
		d.decodeStruct(node, v, path)
	case reflect.Map:
		d.decodeMap(node, v, path)
	case reflect.Slice:
		d.decodeList(node, v, path)
	case reflect.Bool:
		if value, ok := boolValue(node); ok {
			v.SetBool(value)
		} else {
			d.reportMismatch(node, path, "true or false")
		}
	case reflect.String:
		if value, ok := stringValue(node); ok {
			v.SetString(value)
		} else {
			d.reportMismatch(node, path, "a string")
		}
	case reflect.Interface: // the value of a condition
		if value, ok := d.decodeConditionValue(node, path); ok {
			v.Set(reflect.ValueOf(value))
		}
	default:
		panic("iam: cannot decode into " + v.Type().String())
	}
}

// enter follows an alias, counts the value, and records its position. It
// returns false if the file expands to too many values or is nested too deeply;
// if it returns true, the caller decrements d.depth when it is done with the
// node.
func (d *decoder) enter(node *yaml.Node, path string) (*yaml.Node, bool) {
	d.positions[path] = position{node.Line, node.Column}
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	d.values++
	d.depth++
	if d.values <= maxValues && d.depth <= maxDepth {
		return node, true
	}
	d.depth--
	d.reportTooLarge(path)
	return nil, false
}

// reportTooLarge reports, once, that the file expands to too many values or is
// nested too deeply.
func (d *decoder) reportTooLarge(path string) {
	if !d.tooLarge {
		d.tooLarge = true
		d.addAt(d.positions[path], "the file has more than %d values or %d levels after YAML aliases are expanded: use fewer aliases", maxValues, maxDepth)
	}
}

func (d *decoder) reportMismatch(node *yaml.Node, path, want string) {
	hint := ""
	if want == "a string" && isNumberOrBool(node) {
		hint = fmt.Sprintf("; if you mean a string, quote it: %q", clip(node.Value))
	}
	d.add(path, "want %s, got %s%s", want, describe(node), hint)
	d.hasProblem[path] = true
}

// field is a field of a struct, with its name in the file.
type field struct {
	name  string
	index []int
	since string
}

// fields returns the fields that a file can set in a struct, including those of
// embedded structs.
func fields(t reflect.Type) []field {
	var all []field
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		all = append(all, field{name, f.Index, f.Tag.Get("since")})
	}
	return all
}

func (d *decoder) decodeStruct(node *yaml.Node, v reflect.Value, path string) {
	if f, ok := v.Addr().Interface().(*Feature); ok && node.Kind == yaml.ScalarNode {
		// A feature without values can be written as its name alone.
		if name, isText := stringValue(node); isText {
			f.Name = name
			return
		}
		d.reportMismatch(node, path, "the name of a feature, or a mapping with the field name")
		return
	}
	if node.Kind != yaml.MappingNode {
		want := "a mapping"
		if v.Type() == reflect.TypeFor[catalog.PolicyStatement]() {
			want = "a statement (a mapping with Effect, Action and so on)"
		}
		d.reportMismatch(node, path, want)
		return
	}
	known := fields(v.Type())
	pairs := d.pairs(node, path)
	if path == "" {
		d.isV1Alpha1 = apiVersion(pairs) == V1Alpha1
	}
	for _, p := range pairs {
		pos := position{p.key.Line, p.key.Column}
		found := false
		for _, f := range known {
			if f.name != p.key.Value {
				continue
			}
			found = true
			if d.isV1Alpha1 && f.since != "" {
				d.ignored = append(d.ignored, ignoredValue{position: pos, path: path, key: f.name, target: join(path, f.name), node: p.value, isNewer: true})
				break
			}
			d.decode(p.value, v.FieldByIndex(f.index), join(path, f.name))
		}
		if !found && !d.recordIgnored(p, path, known) {
			d.reportUnknownField(pos, p.key.Value, path, known)
		}
	}
}

// isFieldOf reports whether the struct T has a field with this name in the file.
func isFieldOf[T any](name string) bool {
	return slices.ContainsFunc(fields(reflect.TypeFor[T]()), func(f field) bool { return f.name == name })
}

// newerFieldFormat is the message for a field that v1alpha1 does not have.
const newerFieldFormat = "unknown field %q: v1alpha1 does not have the field; write apiVersion: %s"

func (d *decoder) reportUnknownField(pos position, name, path string, known []field) {
	var allowed []string
	for _, f := range known {
		if !d.isV1Alpha1 || f.since == "" {
			allowed = append(allowed, f.name)
		}
	}
	in := ""
	if path != "" {
		in = " in " + path
	}
	if path == "" && isFieldOf[Spec](name) {
		d.addAt(pos, "unknown field %q at the top level: it is a field of spec, so indent it below spec", clip(name))
		return
	}
	if path != "" && !slices.Contains(allowed, name) && isFieldOf[RoleSpec](name) {
		d.addAt(pos, "unknown field %q%s: clusterawsadm ignores the field; the field belongs under a role, such as spec.nodes", clip(name), in)
		return
	}
	d.addAt(pos, "unknown field %q%s%s", clip(name), in, nearword.Allowed(name, allowed))
	if closest, ok := nearword.Closest(name, allowed); ok {
		d.hasProblem[strings.TrimPrefix(path+"."+closest, ".")] = true // the field that was probably meant is not reported as missing
	}
}

func (d *decoder) decodeMap(node *yaml.Node, v reflect.Value, path string) {
	if node.Kind != yaml.MappingNode {
		want := "a mapping"
		switch v.Type() {
		case reflect.TypeFor[catalog.Principals]():
			want = `a mapping of principal types, such as {AWS: "*"}`
		case reflect.TypeFor[catalog.Conditions]():
			want = "a mapping of condition operators, such as {StringEquals: {aws:PrincipalOrgID: o-example}}"
		}
		d.reportMismatch(node, path, want)
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, p := range d.pairs(node, path) {
		value := reflect.New(v.Type().Elem()).Elem()
		field := join(path, p.key.Value)
		d.positions[field+keyMark] = position{p.key.Line, p.key.Column}
		d.decode(p.value, value, field)
		v.SetMapIndex(reflect.ValueOf(p.key.Value), value)
	}
}

// keyMark, appended to a path, means the key of a mapping entry instead of its
// value.
const keyMark = "\x00key"

// decodeList decodes a list. In statements, a single string counts as a list
// with one item, as in IAM's JSON.
func (d *decoder) decodeList(node *yaml.Node, v reflect.Value, path string) {
	if node.Kind != yaml.SequenceNode {
		if value, ok := stringValue(node); ok && inStatement(path) {
			v.Set(reflect.ValueOf([]string{value}))
			return
		}
		want := "a list"
		if inStatement(path) {
			want = "a string or a list of strings"
		}
		d.reportMismatch(node, path, want)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(node.Content), len(node.Content)))
	for i, item := range node.Content {
		field := path + "[" + strconv.Itoa(i) + "]"
		if item.ShortTag() == "!!null" {
			d.positions[field] = position{item.Line, item.Column}
			d.add(field, "the list item is empty: write a value, or remove the item")
			d.hasProblem[field] = true
		}
		d.decode(item, v.Index(i), field)
	}
}

// inStatement reports whether the path points into a statement.
func inStatement(path string) bool {
	return strings.Contains(path, "tatements[")
}

// decodeConditionValue decodes a string, boolean or number, or a list of them.
// It reports a value of another type and returns false. It reports a list item
// of another type and leaves it out. It also returns false when the file is too
// large.
func (d *decoder) decodeConditionValue(node *yaml.Node, path string) (any, bool) {
	switch node.Kind {
	case yaml.SequenceNode:
		values := make([]any, 0, len(node.Content))
		for i, item := range node.Content {
			field := path + "[" + strconv.Itoa(i) + "]"
			item, ok := d.enter(item, field)
			if !ok {
				return nil, false
			}
			d.depth--
			if value, ok := d.decodeConditionScalar(item, field); ok {
				values = append(values, value)
			} else {
				d.hasProblem[path] = true // The list lacks this item, so do not check the list further.
			}
		}
		return values, true
	case yaml.ScalarNode:
		return d.decodeConditionScalar(node, path)
	default:
		d.reportMismatch(node, path, "a string, boolean, number or a list of them")
		return nil, false
	}
}

func (d *decoder) decodeConditionScalar(node *yaml.Node, path string) (any, bool) {
	if value, ok := stringValue(node); ok {
		return value, true
	}
	if node.Kind == yaml.ScalarNode {
		switch node.ShortTag() {
		case "!!bool":
			if value, ok := boolValue(node); ok {
				return value, true
			}
		case "!!int", "!!float":
			// Numbers with an exponent such as 1e3 are rejected, because YAML
			// readers disagree on them.
			if json.Valid([]byte(node.Value)) && !strings.ContainsAny(node.Value, "eE") {
				if read := readNumber(node.Value); read != node.Value && !strings.Contains(path, "Numeric") {
					d.add(path, "the number %s can become %s when CloudFormation reads it; if you mean a string, quote it: %q", clip(node.Value), clip(read), clip(node.Value))
					d.hasProblem[path] = true
					return nil, false
				}
				return json.Number(node.Value), true
			}
			d.reportMismatch(node, path, "a decimal number")
			return nil, false
		}
	}
	d.reportMismatch(node, path, "a string, boolean or number")
	return nil, false
}

// readNumber returns a decimal number as a program writes it after reading it as a
// double: with at most 17 significant digits, and without zeros at the end of a
// fraction.
func readNumber(text string) string {
	number, _ := strconv.ParseFloat(text, 64)
	if number == 0 {
		return "0"
	}
	return strconv.FormatFloat(number, 'f', -1, 64)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// warnForcedRegistryAccess warns when the file sets
// ec2ContainerRegistryReadOnly to false although the presence of eks makes it
// true. See setDefaults.
func (d *decoder) warnForcedRegistryAccess(c *Configuration) {
	const path = "spec.nodes.ec2ContainerRegistryReadOnly"
	if _, isSet := d.positions[path]; isSet && !c.Spec.Nodes.EC2ContainerRegistryReadOnly && c.Spec.EKS != nil && !c.Spec.EKS.Disable {
		d.warn(path, "false has no effect: as in clusterawsadm, the presence of spec.eks sets the field to true unless EKS is disabled")
	}
}
