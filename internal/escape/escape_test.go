// Tests of escapes in every output format.

package escape

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// hidden has characters that must not be in any output.
var hidden = map[string]string{
	"C0": "\x00\x07\x08\x1b\r", "DEL": "\x7f", "C1": "\u0080\u0085\u009b\u009f",
	"bidirectional embeddings": "\u202a\u202b\u202c\u202d\u202e", "bidirectional isolates": "\u2066\u2067\u2068\u2069",
	"bidirectional marks": "\u200e\u200f\u061c",
	"zero width":          "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f", "fillers": "\u115f\u1160\u3164\uffa0\u17b4\u180e",
	"variation selectors": "\ufe00\ufe0f\U000e0100", "tags": "\U000e0001\U000e0041", "separators": "\u2028\u2029\u00a0\u3000",
	"private use": "\ue000\U000f0000", "not characters": "\ufffe\uffff",
}

func TestHidden(t *testing.T) {
	for name, characters := range hidden {
		for _, r := range characters {
			if !Hidden(r) {
				t.Errorf("%s: %U is not hidden", name, r)
			}
		}
	}
	for _, r := range " ~aé日本🙂\ufffd|`@" {
		if Hidden(r) {
			t.Errorf("%U is hidden", r)
		}
	}
}

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "plain text": "plain text", "é 日本 🙂": "é 日本 🙂", "a\u202eb": `a\u202eb`, "\x1b[31m": `\u001b[31m`, "a\nb\tc": `a\u000ab\u0009c`,
		"\U000e0001": `\U000e0001`, "\xff\xfe": `\xff\xfe`, "a\xe2\x80": `a\xe2\x80`, "\ufffd": "\ufffd", `\u202e`: `\u202e`,
	} {
		if got := Text(text); got != want || Text(got) != got {
			t.Errorf("Text(%q) = %q, again %q, want %q", text, got, Text(got), want)
		}
	}
	if got, want := Lines("a\nb\tc\r\x9b"), "a\nb\tc\\u000d\\x9b"; got != want {
		t.Errorf("Lines: %q, want %q", got, want)
	}
	for text, want := range map[string]string{
		"\x1b[1;31mred\x1b[0m\n": "\x1b[1;31mred\x1b[0m\n", "\x1b[2J": `\u001b[2J`, "\x1b[": `\u001b[`, "\x1b[31": `\u001b[31`, "\u202e\x1b[m\x1b]0;x": "\\u202e\x1b[m\\u001b]0;x",
	} {
		if got := Coloured(text); got != want {
			t.Errorf("Coloured(%q) = %q, want %q", text, got, want)
		}
	}
}

// checkHidden fails when a text contains hidden characters or is not UTF-8.
func checkHidden(t *testing.T, name, text, kept string) {
	t.Helper()
	for _, r := range text {
		if Hidden(r) && !strings.ContainsRune(kept, r) {
			t.Errorf("%s has %U: %q", name, r, text)
		}
	}
	if !utf8.ValidString(text) {
		t.Errorf("%s is not UTF-8: %q", name, text)
	}
}

func checkForms(t *testing.T, text string) {
	t.Helper()
	checkHidden(t, "Text", Text(text), "")
	checkHidden(t, "Lines", Lines(text), "\n\t")
	checkHidden(t, "Markdown", Markdown(text), "")
	checkHidden(t, "MarkdownCode", MarkdownCode(text), "")
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	escaped := JSON(string(quoted))
	checkHidden(t, "JSON", escaped, "")
	var got string
	if err := json.Unmarshal([]byte(escaped), &got); err != nil || got != string([]rune(text)) {
		t.Errorf("JSON reads %q back as %q, %v", text, got, err)
	}
}

func TestForms(t *testing.T) {
	for _, characters := range hidden {
		checkForms(t, characters)
		checkForms(t, "a"+characters+"|`"+characters+"\xff")
	}
}

func FuzzForms(f *testing.F) {
	f.Add("a\u202e\x1b[\xff`|\\|")
	f.Fuzz(checkForms)
}

func TestShortened(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "abcd": "abcd", "äöüß": "äöüß",
		"abcde": "abc... (1 more characters) ...e", "äöüßäöü": "äöü... (3 more characters) ...ü",
		`"x" is invalid`:  `"x"... (10 more characters) ...d`,
		"a\xff\xffbc\xff": "a\xff\xff... (2 more characters) ...\xff",
	} {
		if got := Shortened(text, 4); got != want {
			t.Errorf("Shortened(%q) = %q, want %q", text, got, want)
		}
	}
	if got := Shortened("abcd", 3); got != "abc... (1 more characters) ..." {
		t.Error(got)
	}
}

func TestMarkdown(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "plain": "plain", "a b": "a b",
		"@user and @org/team":              "@<!-- -->user and @<!-- -->org/team",
		"me@example.com":                   "me@<!-- -->example.com",
		"#26, o/r#26 and GH-26":            "\\#<!-- -->26, o/r\\#<!-- -->26 and GH-<!-- -->26",
		"gh-1 high-5":                      "gh-<!-- -->1 high-5",
		"https://x.example/":               "https:<!-- -->//x.example/",
		"www.x WWW.y":                      "w<!-- -->ww.x W<!-- -->WW.y",
		"_www.x twww.y":                    "\\_w<!-- -->ww.x tw<!-- -->ww.y",
		"_GH-26 _mailto:x":                 "\\_GH-<!-- -->26 \\_mailto:<!-- -->x",
		"[a](javascript:b)":                `\[a\](javascript:b)`,
		"![a](b) !26":                      `!\[a\](b) !<!-- -->26`,
		"mailto:a xmpp:b":                  "mailto:<!-- -->a xmpp:<!-- -->b",
		"<img src=x> & &lt;":               "&lt;img src=x&gt; &amp; &amp;lt;",
		"</details><!-- -->":               "&lt;/details&gt;&lt;!-- --&gt;",
		"a|b `c` *d* _e_ ~f~ \\":           "a\\|b \\`c\\` \\*d\\* \\_e\\_ \\~f\\~ \\\\",
		"${aws:username} $x$":              "<span>$</span>{aws:username} <span>$</span>x<span>$</span>",
		"a:secret:b":                       "a:<!-- -->secret:b",
		"arn:aws:iam::123456789012:role/x": "arn:aws:iam::123456789012:role/x",
		"AWS::IAM::Role":                   "AWS::IAM::Role",
		"- a":                              `\- a`,
		"+ a":                              `\+ a`,
		"1. a":                             `1\. a`,
		"12) a":                            `12\) a`,
		"1.5 a":                            `1\.5 a`,
		"# a":                              `\# a`,
		"===":                              `\===`,
		"---":                              `\---`,
		"> a":                              "&gt; a",
		"    code":                         "code",
		"a\nb\u202e":                       `a\\u000ab\\u202e`,
		"a\n\n# b":                         `a\\u000a\\u000a\# b`,
	} {
		if got := Markdown(text); got != want {
			t.Errorf("Markdown(%q) = %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"": "", "a": "`a`", "a|b": "`a\\|b`", "a`b": "`` a`b ``", "``": "``` `` ```", " a": "`  a `", "a\\|b": "<code>a\\\\\\|b</code>",
		"\\": "`\\`", "a\nb": "`a\\u000ab`", "@x": "`@x`",
	} {
		if got := MarkdownCode(text); got != want {
			t.Errorf("MarkdownCode(%q) = %q, want %q", text, got, want)
		}
	}
}
