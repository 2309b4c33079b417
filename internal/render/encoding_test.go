// Tests that JSON, CompactJSON, YAML and Size agree with encoding/json, that
// masked values stay masked, and what errors contain.

//lint:file-ignore SA5008 Tags that encoding/json ignores are part of the test.

package render_test

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	yaml4 "go.yaml.in/yaml/v4"
	yaml3 "gopkg.in/yaml.v3"

	"capaboot/credentials"
	"capaboot/internal/escape"
	"capaboot/internal/render"
)

// asJSON returns the output of encoding/json with sorted keys and without HTML
// escapes. A panic becomes an error.
func asJSON(value any, indent string) (text string, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	tree, err := readBack(value)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	err = encoder.Encode(tree)
	return b.String(), err
}

// readBack encodes a value with encoding/json, and decodes the output.
func readBack(value any) (tree any, err error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(&b)
	decoder.UseNumber()
	err = decoder.Decode(&tree)
	return tree, err
}

func TestOutputMatchesEncodingJSON(t *testing.T) {
	for name, value := range cases() {
		t.Run(name, func(t *testing.T) {
			want, wantErr := asJSON(value, "")
			indented, _ := asJSON(value, "  ")
			compact, err := render.CompactJSON(value)
			if (err != nil) != (wantErr != nil) {
				t.Fatalf("the error is %v, that of encoding/json %v", err, wantErr)
			}
			lines, linesErr := render.JSON(value)
			yaml, yamlErr := render.YAML(value)
			size, _, sizeErr := render.Size(value)
			if wantErr != nil {
				for format, err := range map[string]error{"JSON": linesErr, "YAML": yamlErr, "Size": sizeErr} {
					if err == nil {
						t.Errorf("%s gives no error, encoding/json %v", format, wantErr)
					}
				}
				if len(compact)+len(lines)+len(yaml) > 0 {
					t.Error("there is output in addition to the error")
				}
				return
			}
			if err := errors.Join(linesErr, yamlErr, sizeErr); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(escape.JSON(want), string(compact)+"\n"); diff != "" {
				t.Errorf("compact (-encoding/json +ours)\n%s", diff)
			}
			if diff := cmp.Diff(escape.JSON(indented), string(lines)); diff != "" {
				t.Errorf("indented (-encoding/json +ours)\n%s", diff)
			}
			if size != len(want)-1 {
				t.Errorf("the size is %d, want %d", size, len(want)-1)
			}
			wantYAML(t, yaml, want)
			tree, err := render.Tree(value)
			wantTree, wantErr := readBack(value)
			if diff := cmp.Diff(wantTree, tree); err != nil || wantErr != nil || diff != "" {
				t.Errorf("Tree: %v, %v (-encoding/json +ours)\n%s", err, wantErr, diff)
			}
		})
	}
}

// wantYAML decodes YAML and compares it with the JSON in want.
func wantYAML(t *testing.T, yaml []byte, want string) {
	t.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func([]byte, any) error{
		"yaml.v3": yaml3.Unmarshal,
		"yaml/v4": func(b []byte, v any) error { return yaml4.Load(b, v) },
	} {
		var got any
		if err := read(yaml, &got); err != nil {
			t.Fatalf("%s cannot read %q: %v", name, yaml, err)
		}
		text, err := json.Marshal(toFloats(got))
		if err != nil {
			t.Fatal(err)
		}
		var tree any
		if err := json.Unmarshal(text, &tree); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wanted, tree); diff != "" {
			t.Errorf("%s reads %q (-want +got)\n%s", name, yaml, diff)
		}
	}
}

// toFloats converts int and uint64, which YAML decoders return, to float64,
// which encoding/json returns for every number.
func toFloats(tree any) any {
	switch v := tree.(type) {
	case int:
		return float64(v)
	case uint64:
		return float64(v)
	case []any:
		for i := range v {
			v[i] = toFloats(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = toFloats(v[key])
		}
	}
	return tree
}

// Numbers with an exponent get a point and a sign: readers of YAML 1.1 read
// 1e21 as a string.
func TestYAMLNumbers(t *testing.T) {
	for number, want := range map[json.Number]string{"1e21": "1.0e+21", "1.5E-7": "1.5e-7", "-1E5": "-1.0e+5", "10": "10", "-0.5": "-0.5"} {
		if got, err := render.YAML(number); err != nil || string(got) != want+"\n" {
			t.Errorf("%s is %q, %v; want %s", number, got, err, want)
		}
	}
}

// TestSecretsAreMasked writes credentials in every place where a value can be,
// and finds only the end of the access key ID in the output.
func TestSecretsAreMasked(t *testing.T) {
	const secret = "FALSESECRETOFTHETEST"
	c := credentials.Credentials{AccessKeyID: "AKIAFALSEKEYEXAMPLE0", SecretAccessKey: secret, SessionToken: "token" + secret, Source: "a test"}
	p, err := credentials.NewProfile(c, "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	type private struct{ credentials.Credentials }
	type second struct{ credentials.Credentials }
	for name, value := range map[string]any{
		"value": c, "pointer": &c, "pointer to pointer": pointer(&c), "profile": p, "pointer to profile": &p, "found": credentials.Found{Credentials: c},
		"list": []credentials.Credentials{c}, "array": [1]credentials.Credentials{c}, "map": map[string]credentials.Credentials{"a": c}, "key": map[credentials.Credentials]int{c: 1},
		"key that is a profile": map[credentials.Profile]int{p: 1}, "anything": []any{c, &c, p, map[string]any{"c": &c}}, "interface": []fmt.Stringer{c, &p}, "method": []json.Marshaler{c}, "text": []encoding.TextMarshaler{p},
		"field": struct{ C credentials.Credentials }{c}, "field of a pointer": &struct{ C *credentials.Credentials }{&c}, "embedded": struct{ credentials.Credentials }{c}, "embedded pointer": struct {
			*credentials.Credentials
			X int
		}{&c, 1},
		"with a name": struct {
			credentials.Credentials `json:"c"`
		}{c}, "as a string": struct {
			C credentials.Credentials `json:",string"`
		}{c}, "not empty": struct {
			C credentials.Credentials `json:"c,omitempty,omitzero"`
		}{c},
		"two embedded and hidden, with names": struct {
			private `json:"x"`
			second  `json:"y"`
		}{private{c}, second{c}},
		"embedded in embedded": struct{ private }{private{c}}, "embedded and hidden, with a name": struct {
			private `json:"x"`
		}{private{c}},
	} {
		t.Run(name, func(t *testing.T) {
			for format, write := range map[string]func(any) ([]byte, error){"CompactJSON": render.CompactJSON, "JSON": render.JSON, "YAML": render.YAML, "OrderedJSON": render.OrderedJSON} {
				func() {
					defer func() {
						if reason := recover(); reason != nil && format != "OrderedJSON" { // OrderedJSON uses encoding/json
							t.Errorf("%s panics: %v", format, reason)
						}
					}()
					text, err := write(value)
					if bytes.Contains(text, []byte(secret)) || err != nil && strings.Contains(err.Error(), secret) {
						t.Errorf("%s shows the secret: %s, %v", format, text, err)
					}
					if err == nil && !bytes.Contains(text, []byte("****PLE0")) {
						t.Errorf("%s does not show the masked access key ID: %s", format, text)
					}
				}()
			}
		})
	}
}

// Two keys of a map that have the same text are an error. encoding/json writes
// both, in random order.
func TestTwoKeysWithOneName(t *testing.T) {
	if text, err := render.JSON(map[textInt]int{1: 1, 2: 2}); err == nil || !strings.Contains(err.Error(), `two keys of map[render_test.textInt]int are "int"`) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestErrorsSayWhatFailed(t *testing.T) {
	for want, value := range map[string]any{
		"writing JSON: json: unsupported type: chan int":                                   struct{ C chan int }{},
		"writing JSON: MarshalJSON of render_test.broken: broken":                          []any{broken{}},
		"writing JSON: MarshalJSON of render_test.noJSON returns more than one value":      noJSON("1 2"),
		"writing JSON: the value is nested more than 1000 levels deep, or contains itself": cases()["a pointer to itself"],
		"writing JSON: \"abc\" is not a number":                                            json.Number("abc"),
		"writing JSON: MarshalText of encoding.TextMarshaler panics: value method " + reflect.TypeFor[valueText]().PkgPath() + ".valueText.MarshalText called using nil *valueText pointer": []encoding.TextMarshaler{(*valueText)(nil)},
	} {
		if _, err := render.JSON(value); err == nil || err.Error() != want {
			t.Errorf("the error is %q, want %q", err, want)
		}
	}
}

func TestFieldsIgnoresTheStructsMethod(t *testing.T) {
	type resource struct {
		valueJSON
		Name string
		Own  valueText `json:"own"`
	}
	want := map[string]any{"Hidden": "a", "Name": "n", "own": "text <v>"}
	for _, value := range []any{resource{valueJSON{"a"}, "n", valueText{}}, &resource{valueJSON{"a"}, "n", valueText{}}} {
		got, err := render.Fields(value)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got)\n%s", err, diff)
		}
	}
	for _, value := range []any{nil, 1, (*resource)(nil), []resource{}} {
		if got, err := render.Fields(value); err == nil {
			t.Errorf("Fields(%#v) is %v", value, got)
		}
	}
}
