// Tests that JSON and YAML libraries read the output correctly, and that sizes
// match it.

package render

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	yaml4 "go.yaml.in/yaml/v4"
	yaml3 "gopkg.in/yaml.v3"

	"capaboot/internal/escape"
)

func TestYAML(t *testing.T) {
	value := map[string]any{
		"Version": "2012-10-17", "Resource": []any{"*"}, "Empty": map[string]any{}, "None": []any{},
		"Statement": []any{map[string]any{"Effect": "Allow", "Action": []any{"ec2:RunInstances"}}, map[string]any{"Effect": "Deny"}},
		"Nested":    []any{[]any{"a", "b"}, []any{}},
		"enable":    false, "words": []any{"y", "Yes", "on", "OFF", "NULL", "yesterday"}, "count": json.Number("3"), "none": nil, "empty": "", "no": "no",
		"text": "it's: a \"text\" # with <marks>", "lines": "a\nb", "arn": "arn:*:iam::*:role/*", "alias": "alias/x-*",
		"ends:": "ends:",
	}
	want := `Empty: {}
Nested:
- - a
  - b
- []
None: []
Resource:
- '*'
Statement:
- Action:
  - ec2:RunInstances
  Effect: Allow
- Effect: Deny
Version: '2012-10-17'
alias: alias/x-*
arn: arn:*:iam::*:role/*
count: 3
empty: ''
enable: false
'ends:': 'ends:'
lines: "a\nb"
'no': 'no'
none: null
text: 'it''s: a "text" # with <marks>'
words:
- 'y'
- 'Yes'
- 'on'
- 'OFF'
- 'NULL'
- yesterday
`
	got, err := YAML(value)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestJSONSortsKeysWithoutHTMLEscapes(t *testing.T) {
	got, err := JSON(struct {
		B string
		A []string
	}{B: "<&>", A: nil})
	if err != nil {
		t.Fatal(err)
	}
	if want := "{\n  \"A\": null,\n  \"B\": \"<&>\"\n}\n"; string(got) != want {
		t.Errorf("got %s want %s", got, want)
	}
}

func TestJSONMatchesEncodingJSON(t *testing.T) {
	value := map[string]any{"empty": map[string]any{}, "none": []any{}, "null": nil, "list": []any{"a", map[string]any{"b": true}, []any{json.Number("1")}}}
	for _, s := range oddStrings {
		value["key "+s] = s
	}
	for _, format := range []struct {
		indent string
		write  func(any) ([]byte, error)
		suffix string
	}{{"", CompactJSON, ""}, {"  ", JSON, "\n"}} {
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", format.indent)
		if err := encoder.Encode(value); err != nil {
			t.Fatal(err)
		}
		got, err := format.write(value)
		if err != nil || escape.JSON(strings.TrimSuffix(want.String(), "\n"))+format.suffix != string(got) {
			t.Errorf("%v, encoding/json:\n%q\nours:\n%q", err, want.String(), got)
		}
		if escape.JSON(string(got)) != string(got) {
			t.Errorf("the output has hidden characters:\n%q", got)
		}
	}
}

func TestSizeMatchesCompactJSON(t *testing.T) {
	for _, value := range []any{map[string]any{}, []any{}, nil, true, json.Number("12"), "a b\té\n", []any{"a"}, []any{"a", "b", nil},
		map[string]any{"a b": "c", "d": []any{map[string]any{"e": "é \" "}}}} {
		text, err := CompactJSON(value)
		if err != nil {
			t.Fatal(err)
		}
		wantCharacters := 0
		for _, r := range string(text) {
			if !unicode.IsSpace(r) {
				wantCharacters++
			}
		}
		bytes, characters, err := Size(value)
		if err != nil || bytes != len(text) || characters != wantCharacters {
			t.Errorf("Size(%s) = %d, %d, %v; want %d, %d", text, bytes, characters, err, len(text), wantCharacters)
		}
		if s, ok := value.(string); ok {
			if bytes, characters := StringSize(s); bytes != len(text) || characters != wantCharacters {
				t.Errorf("StringSize(%q) = %d, %d; want %d, %d", s, bytes, characters, len(text), wantCharacters)
			}
		}
	}
}

// checkString fails the test unless two YAML readers, of versions 1.1 and 1.2,
// read a string unchanged, as a key and as a value.
func checkString(t *testing.T, s string) {
	t.Helper()
	text, err := YAML(map[string]any{s: []any{s, map[string]any{"key": s}}})
	if err != nil {
		t.Fatal(err)
	}
	want := string([]rune(s)) // one U+FFFD for each byte that is not UTF-8
	for name, read := range map[string]func([]byte, any) error{
		"yaml.v3": yaml3.Unmarshal,
		"yaml/v4": func(b []byte, v any) error { return yaml4.Load(b, v) },
	} {
		got := map[any]any{}
		if err := read(text, &got); err != nil {
			t.Fatalf("%s cannot read %q of %q: %v", name, text, s, err)
		}
		for key, value := range got {
			if key != any(want) || value.([]any)[0] != any(want) {
				t.Errorf("%s reads %q of %q as %#v", name, text, s, got)
			}
		}
	}
}

var oddStrings = []string{"", " ", "a", "a ", " a", "a  b", "a b", "-", "- a", "?", ":", "a:", "a: b", "a:b", "#", "a #b", "a#b",
	"2010-09-09", "1", "1.5", "0x1", "1e3", ".5", ".inf", ".NaN", "~", "null", "NULL", "true", "Yes", "OFF", "y", "N", "=", "<<", "*", "*a",
	"&a", "!a", "!!str", "%a", "@a", "`a`", "{a}", "[a]", "a]", "a,b", "'", "\"", "a'b", "\\", "\t", "a\tb", "\n", "a\n", "\r\n", "\x00", "\x7f",
	"\u0085", "\u2028", "\ufeff", "é", "日本", "🙂", "---", "...", "--- a", "/a/", "/", "12:30", "1_000", "0o7", "key: [", "a\u00a0b", "\ufffe", "\xff", "|", ">", "|-", "(x", "$x", "a*", "+1", "/*", strings.Repeat("k", 1100), strings.Repeat("\u0085", 300)}

// No format writes hidden characters, and every format preserves the value.
func TestNoHiddenCharacters(t *testing.T) {
	const odd = "a\u202e\u2066\u200b\u061c\u3164\ufe0f\U000e0001\x7f\u009b\u2028\x1b\x00"
	value := map[string]any{odd: odd}
	for name, write := range map[string]func(any) ([]byte, error){"ordered": OrderedJSON, "JSON": JSON, "compact": CompactJSON, "YAML": YAML} {
		text, err := write(value)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range string(text) {
			if r != '\n' && escape.Hidden(r) {
				t.Errorf("%s has %U: %q", name, r, text)
			}
		}
		got := map[string]string{}
		read := json.Unmarshal
		if name == "YAML" {
			read = yaml3.Unmarshal
		}
		if err := read(text, &got); err != nil || got[odd] != odd {
			t.Errorf("%s is read as %q, %v", name, got, err)
		}
	}
	checkString(t, odd)
}

func TestStringsReadBack(t *testing.T) {
	for _, s := range oddStrings {
		checkString(t, s)
	}
}

func FuzzYAMLString(f *testing.F) {
	for _, s := range oddStrings {
		f.Add(s)
	}
	f.Fuzz(checkString)
}
