// Reads the fields of structs, with the tags of encoding/json.

package render

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// field is a field of a struct or of an embedded struct.
type field struct {
	name string // the name in JSON
	// index is the path to the field, as for [reflect.Value.FieldByIndex].
	index []int
	// omitEmpty, omitZero and quoted are the tag options "omitempty",
	// "omitzero" and "string".
	omitEmpty, omitZero, quoted bool
	tagged                      bool // the name comes from a tag
}

// objectOf converts a struct to its fields by name. depth is the nesting of the
// struct.
func objectOf(v reflect.Value, depth int) (map[string]any, error) {
	known, ok := knownFields.Load(v.Type())
	if !ok {
		known, _ = knownFields.LoadOrStore(v.Type(), fieldsOf(v.Type()))
	}
	fields := known.([]field)
	object := make(map[string]any, len(fields))
	for i := range fields {
		f := &fields[i]
		value, ok := f.valueIn(v)
		if !ok || f.omitEmpty && isEmpty(value) || f.omitZero && isZero(value) {
			continue
		}
		tree, err := treeOf(value, depth+1)
		if err != nil {
			return nil, err
		}
		if f.quoted && !hasMarshaler(value) {
			tree = asString(tree)
		}
		object[f.name] = tree
	}
	return object, nil
}

// valueIn returns the value of the field in a struct; false when the field is in an
// embedded nil pointer.
func (f *field) valueIn(v reflect.Value) (reflect.Value, bool) {
	for i, n := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}, false
			}
			v = v.Elem()
		}
		v = v.Field(n)
	}
	return v, true
}

// hasMarshaler reports whether a value, or the value that it points to, has a
// method that defines its form.
func hasMarshaler(v reflect.Value) bool {
	return marshalerOf(v) != nil || v.Kind() == reflect.Pointer && !v.IsNil() && hasMarshaler(v.Elem())
}

// asString converts a string, boolean or number to a string, for the option
// "string". It returns any other tree unchanged.
func asString(tree any) any {
	switch v := tree.(type) {
	case string:
		return quotedString(v)
	case bool, json.Number:
		return literal(v)
	}
	return tree
}

// fieldsOf returns the fields of a struct type. Of several fields with one name,
// the least nested one wins. Of several at the same depth, the one with a tag
// wins. If several fields are still left, the name is dropped.
func fieldsOf(t reflect.Type) []field {
	byName := map[string][]field{} // by increasing depth
	var names []string
	type embedded struct {
		t     reflect.Type
		index []int
	}
	seen := map[reflect.Type]bool{}
	counts := map[reflect.Type]int{t: 1} // how often each type is embedded at the depth of level
	for level := []embedded{{t: t}}; len(level) > 0; {
		var nextLevel []embedded
		nextCount := map[reflect.Type]int{}
		for _, e := range level {
			if seen[e.t] {
				continue
			}
			seen[e.t] = true
			for i := range e.t.NumField() {
				f, inner := fieldOf(e.t.Field(i), append(slices.Clip(e.index), i))
				if inner != nil {
					nextCount[inner]++
					nextLevel = append(nextLevel, embedded{inner, f.index})
				}
				if f.name == "" {
					continue
				}
				if byName[f.name] == nil {
					names = append(names, f.name)
				}
				byName[f.name] = append(byName[f.name], f)
				if counts[e.t] > 1 {
					byName[f.name] = append(byName[f.name], f) // twice, so that it is ambiguous
				}
			}
		}
		level, counts = nextLevel, nextCount
	}
	var fields []field
	for _, name := range names {
		if f, ok := dominantField(byName[name]); ok {
			fields = append(fields, f)
		}
	}
	return fields
}

// fieldOf reads one field of a type. For an embedded struct without a name it
// returns the struct type instead; for a field that is left out it returns
// neither.
func fieldOf(s reflect.StructField, index []int) (f field, embedded reflect.Type) {
	f.index = index
	tag := s.Tag.Get("json")
	if tag == "-" {
		return f, nil
	}
	name, options, _ := strings.Cut(tag, ",")
	t := s.Type
	if t.Name() == "" && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !isName(name) {
		name = ""
	}
	switch {
	case s.Anonymous && t.Kind() == reflect.Struct && name == "":
		return f, t
	case !s.IsExported() && !(s.Anonymous && t.Kind() == reflect.Struct):
		return f, nil
	}
	f.name, f.tagged = name, name != ""
	if name == "" {
		f.name = s.Name
	}
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "omitempty":
			f.omitEmpty = true
		case "omitzero":
			f.omitZero = true
		case "string":
			f.quoted = t.Kind() == reflect.Bool || t.Kind() == reflect.String || isInteger(t.Kind()) ||
				t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64
		}
	}
	return f, nil
}

// dominantField returns the field that wins among fields of one name, which are
// ordered by depth. It returns false if no single field wins.
func dominantField(fields []field) (field, bool) {
	var winners []field
	for _, f := range fields {
		if len(f.index) > len(fields[0].index) {
			break
		}
		if len(winners) > 0 && f.tagged != winners[0].tagged {
			if !f.tagged {
				continue
			}
			winners = nil
		}
		winners = append(winners, f)
	}
	return winners[0], len(winners) == 1
}

// isName reports whether encoding/json accepts the text of a tag as a name.
func isName(text string) bool {
	return text != "" && strings.IndexFunc(text, func(r rune) bool {
		return !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) < 0
}

// isEmpty reports whether omitempty leaves a value out.
func isEmpty(v reflect.Value) bool {
	switch kind := v.Kind(); {
	case kind == reflect.Array, kind == reflect.Map, kind == reflect.Slice, kind == reflect.String:
		return v.Len() == 0
	case kind == reflect.Bool, isInteger(kind), kind == reflect.Float32, kind == reflect.Float64,
		kind == reflect.Interface, kind == reflect.Pointer:
		return v.IsZero()
	}
	return false
}

// zeroer is a type with the method that omitzero calls.
type zeroer interface{ IsZero() bool }

// isZero reports whether omitzero leaves a value out: a nil pointer, a value
// whose IsZero returns true, or the zero value of a type without IsZero. IsZero
// is not called on a nil pointer.
func isZero(v reflect.Value) bool {
	t := v.Type()
	switch {
	case v.Kind() == reflect.Pointer && v.IsNil():
		return true
	case v.Kind() == reflect.Interface && t.Implements(reflect.TypeFor[zeroer]()) && (v.IsNil() || v.Elem().Kind() == reflect.Pointer && v.Elem().IsNil()):
		return true
	case !v.CanInterface():
	case t.Implements(reflect.TypeFor[zeroer]()):
		return v.Interface().(zeroer).IsZero()
	case reflect.PointerTo(t).Implements(reflect.TypeFor[zeroer]()):
		pointer := reflect.New(t)
		pointer.Elem().Set(v)
		return pointer.Interface().(zeroer).IsZero()
	}
	return v.IsZero()
}
