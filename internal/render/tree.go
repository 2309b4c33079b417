// Package render writes structured results as JSON or YAML. The output is
// deterministic: the same value produces the same bytes. The keys of every
// object are sorted, as in clusterawsadm, except by [OrderedJSON].
//
// The functions accept the values that encoding/json accepts, and produce the
// same data. They call the methods MarshalJSON and MarshalText of a type, so
// that a type that masks itself for encoding/json is also masked here. Values
// that consist of maps, lists, strings, booleans, json.Number and nil are
// written directly; the others are converted with [Tree]. The functions return
// an error for a value without a JSON form, such as a function, a NaN or a
// cycle, and for a method that fails.
package render

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"sync"
)

// Tree converts a value to maps, lists, strings, booleans, json.Number and nil,
// with the same result as decoding the output of encoding/json. It takes a
// tenth of the time of a first call to encoding/json, and uses encoding/json
// only for values that need it.
func Tree(value any) (any, error) {
	return treeOf(reflect.ValueOf(value), 0)
}

// Fields returns the fields of a struct or of a pointer to one, in the form of
// Tree. It does not call MarshalJSON or MarshalText of the struct itself, only
// those of its fields.
func Fields(value any) (map[string]any, error) {
	v := reflect.ValueOf(value)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%T is not a struct", value)
	}
	return objectOf(v, 0)
}

// Format returns value as JSON if format is "json", and otherwise as YAML.
func Format(format string, value any) ([]byte, error) {
	if format == "json" {
		return JSON(value)
	}
	return YAML(value)
}

// maxDepth is the maximum nesting of a value. A deeper value is an error,
// because it probably contains itself: our own values are less than a tenth as
// deep.
const maxDepth = 1000

var errTooDeep = errors.New("the value is nested more than 1000 levels deep, or contains itself")

// knownMethods and knownFields cache, by reflect.Type, the methods and the
// []field of types.
var knownMethods, knownFields sync.Map

// methods says whether a type has the methods that define its JSON form: json
// is MarshalJSON, and text is MarshalText. pointerJSON and pointerText are the
// methods of the pointer to the type, which apply only to addressable values.
type methods struct{ json, text, pointerJSON, pointerText bool }

func methodsOf(t reflect.Type) methods {
	// A type that no package declares can have methods only if it is a struct, a
	// pointer or an interface.
	if t.PkgPath() == "" && t.Kind() != reflect.Struct && t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface {
		return methods{}
	}
	if m, known := knownMethods.Load(t); known {
		return m.(methods)
	}
	m := methods{json: t.Implements(reflect.TypeFor[json.Marshaler]()), text: t.Implements(reflect.TypeFor[encoding.TextMarshaler]())}
	if t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface {
		pointer := reflect.PointerTo(t)
		m.pointerJSON, m.pointerText = pointer.Implements(reflect.TypeFor[json.Marshaler]()), pointer.Implements(reflect.TypeFor[encoding.TextMarshaler]())
	}
	knownMethods.Store(t, m)
	return m
}

// marshalerOf returns a function that calls the method that defines the form of
// a value, with the precedence of encoding/json; nil when there is no such
// method.
func marshalerOf(v reflect.Value) func() (any, error) {
	m := methodsOf(v.Type())
	if m != (methods{}) && !v.CanInterface() {
		// The method cannot be called, but without it the output could show what
		// the method hides.
		return func() (any, error) {
			return nil, fmt.Errorf("%s is in an embedded field that is not exported, where its methods cannot be called", v.Type())
		}
	}
	switch {
	case m.pointerJSON && v.CanAddr():
		return func() (any, error) { return callJSON(v.Addr()) }
	case m.json:
		return func() (any, error) { return callJSON(v) }
	case m.pointerText && v.CanAddr():
		return func() (any, error) { return callText(v.Addr()) }
	case m.text:
		return func() (any, error) { return callText(v) }
	}
	return nil
}

func callJSON(v reflect.Value) (tree any, err error) {
	marshaler, ok := v.Interface().(json.Marshaler)
	if !ok || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, nil // an empty interface, or a nil pointer
	}
	text, err := callGuarded(v, "MarshalJSON", marshaler.MarshalJSON)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		return nil, fmt.Errorf("MarshalJSON of %s returns invalid JSON: %w", v.Type(), err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("MarshalJSON of %s returns more than one value", v.Type())
	}
	return tree, nil
}

func callText(v reflect.Value) (any, error) {
	marshaler, ok := v.Interface().(encoding.TextMarshaler)
	if !ok || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, nil
	}
	text, err := callGuarded(v, "MarshalText", marshaler.MarshalText)
	if err != nil {
		return nil, err
	}
	return string(text), nil
}

// callGuarded calls a method, and turns a panic into an error. The method may panic
// for a nil pointer in an interface.
func callGuarded(v reflect.Value, name string, method func() ([]byte, error)) (text []byte, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			text, err = nil, fmt.Errorf("%s of %s panics: %v", name, v.Type(), reason)
		}
	}()
	text, err = method()
	if err != nil {
		return nil, fmt.Errorf("%s of %s: %w", name, v.Type(), err)
	}
	return text, nil
}

func treeOf(v reflect.Value, depth int) (any, error) {
	switch {
	case !v.IsValid():
		return nil, nil
	case v.Type() == reflect.TypeFor[string]():
		return v.String(), nil
	case depth > maxDepth:
		return nil, errTooDeep
	}
	if marshal := marshalerOf(v); marshal != nil {
		return marshal()
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil, nil
		}
		return treeOf(v.Elem(), depth+1)
	case reflect.String:
		if v.Type() == reflect.TypeFor[json.Number]() {
			return number(json.Number(v.String()))
		}
		return v.String(), nil
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return json.Number(strconv.FormatInt(v.Int(), 10)), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return json.Number(strconv.FormatUint(v.Uint(), 10)), nil
	case reflect.Float32:
		return float(float32(v.Float()))
	case reflect.Float64:
		return float(v.Float())
	case reflect.Slice:
		return listOf(v, depth)
	case reflect.Array:
		return itemsOf(v, depth)
	case reflect.Map:
		return mappingOf(v, depth)
	case reflect.Struct:
		return objectOf(v, depth)
	default:
		return nil, &json.UnsupportedTypeError{Type: v.Type()}
	}
}

// float returns a number in the form of encoding/json, which depends on the
// size of the type.
func float[F float32 | float64](f F) (any, error) {
	text, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	return json.Number(text), nil
}

// number returns n if it is a valid number; "" means 0.
func number(n json.Number) (any, error) {
	if n == "" {
		return json.Number("0"), nil
	}
	if !isNumber(string(n)) {
		return nil, fmt.Errorf("%q is not a number", string(n))
	}
	return n, nil
}

func isNumber(text string) bool {
	if text == "" || text[0] != '-' && !isDigit(text[0]) || !isDigit(text[len(text)-1]) {
		return false // a word, or white space around a number
	}
	return json.Valid([]byte(text))
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func listOf(v reflect.Value, depth int) (any, error) {
	if v.IsNil() {
		return nil, nil
	}
	if element := v.Type().Elem(); element.Kind() == reflect.Uint8 {
		if m := methodsOf(element); !m.pointerJSON && !m.pointerText {
			return base64.StdEncoding.EncodeToString(v.Bytes()), nil
		}
	}
	return itemsOf(v, depth)
}

func itemsOf(v reflect.Value, depth int) (any, error) {
	list := make([]any, v.Len())
	for i := range list {
		item, err := treeOf(v.Index(i), depth+1)
		if err != nil {
			return nil, err
		}
		list[i] = item
	}
	return list, nil
}

func mappingOf(v reflect.Value, depth int) (any, error) {
	if kind := v.Type().Key().Kind(); kind != reflect.String && !isInteger(kind) && !methodsOf(v.Type().Key()).text {
		return nil, &json.UnsupportedTypeError{Type: v.Type()}
	}
	if v.IsNil() {
		return nil, nil
	}
	object := make(map[string]any, v.Len())
	for entries := v.MapRange(); entries.Next(); {
		key, err := keyOf(entries.Key())
		if err != nil {
			return nil, err
		}
		if _, exists := object[key]; exists {
			return nil, fmt.Errorf("two keys of %s are %q", v.Type(), key)
		}
		if object[key], err = treeOf(entries.Value(), depth+1); err != nil {
			return nil, err
		}
	}
	return object, nil
}

func isInteger(kind reflect.Kind) bool { return reflect.Int <= kind && kind <= reflect.Uintptr }

func keyOf(k reflect.Value) (string, error) {
	switch {
	case k.Kind() == reflect.String:
		return k.String(), nil
	case methodsOf(k.Type()).text:
		text, err := callText(k)
		if err != nil {
			return "", err
		}
		name, _ := text.(string) // "" for a nil pointer
		return name, nil
	case k.CanInt():
		return strconv.FormatInt(k.Int(), 10), nil
	case k.CanUint():
		return strconv.FormatUint(k.Uint(), 10), nil
	}
	return "", fmt.Errorf("keys of type %s are not supported", k.Type())
}
