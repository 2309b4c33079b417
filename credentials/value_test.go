// Tests of the values that a profile can represent, and of the text of a
// profile.

package credentials

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"capaboot/credentials/accesskey"
)

func TestProfileText(t *testing.T) {
	longLived := Credentials{AccessKeyID: fakeKeyID, SecretAccessKey: fakeSecret}
	temporary := longLived
	temporary.SessionToken = fakeToken
	for _, test := range []struct {
		name        string
		credentials Credentials
		want        string
	}{
		{"long-lived keys", longLived, "[default]\n" + pair + "region = us-east-1\n"},
		{"temporary keys", temporary, "[default]\n" + pair + "region = us-east-1\naws_session_token = " + fakeToken + "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := NewProfile(test.credentials, "us-east-1")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, p.Text()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			decoded, err := base64.StdEncoding.Strict().DecodeString(p.Base64())
			if err != nil || string(decoded) != test.want || strings.ContainsAny(p.Base64(), "\r\n") {
				t.Errorf("base64 %q gives %q, %v", p.Base64(), decoded, err)
			}
		})
	}
}

func TestCheckValues(t *testing.T) {
	const space = "\nhint: copy the value again, without the white space and line breaks around the value"
	const again = "\nhint: copy the value again"
	const quotes = "\nhint: remove the quotes around the value"
	for _, test := range []struct {
		name  string
		field field
		value string
		want  string // "" when a profile can represent the value
	}{
		{"a secret as AWS issues it", secretAccessKey, fakeSecret, ""},
		{"a slash, a plus or a digit at the start", secretAccessKey, "/+0", ""},
		{"padding at the end", sessionToken, "abc==", ""},
		{"percent signs that some parsers expand", secretAccessKey, "%(region)s${HOME}%%", ""},
		{"comment signs and quotes inside", secretAccessKey, `a#b;c"d'e,f` + "`g", ""},
		{"a backslash inside", secretAccessKey, `a\b`, ""},
		{"equals signs and colons inside", secretAccessKey, "a=b:c==d", ""},
		{"one character", secretAccessKey, "x", ""},

		{"nothing", secretAccessKey, "", "is empty"},
		{"a line feed at the end", secretAccessKey, "abc\n", "has a line break at its end" + space},
		{"a carriage return inside", secretAccessKey, "abc\rdef", "has a line break at position 4" + space},
		{"a space at the start", secretAccessKey, " abc", "has white space (U+0020) at its start" + space},
		{"a space before a comment sign", secretAccessKey, "a #b", "has white space (U+0020) at position 2" + space},
		{"a tab at the start", secretAccessKey, "\tabc", "has white space (U+0009) at its start" + space},
		{"a no-break space", secretAccessKey, "abc\u00a0", "has white space (U+00A0) at its end" + space},
		{"a NUL", secretAccessKey, "a\x00b", "has a control character (U+0000) at position 2" + space},
		{"an escape", secretAccessKey, "ab\x1b", "has a control character (U+001B) at its end" + space},
		{"a zero-width space", secretAccessKey, "ab\u200bc", "has a control character (U+200B) at position 3" + space},
		{"a letter outside ASCII", secretAccessKey, "abé", "has a character outside ASCII at its end" + space},
		{"a replacement character", secretAccessKey, "ab\ufffdc", "has a character outside ASCII at position 3" + space},
		{"invalid UTF-8", secretAccessKey, "ab\xff", "is not valid UTF-8" + space},
		{"a double quote at the start", secretAccessKey, `"abc`, "begins with a quote" + quotes},
		{"a single quote alone", secretAccessKey, `'`, "begins with a quote" + quotes},
		{"a back quote at the end", secretAccessKey, "abc`", "ends with a quote" + quotes},
		{"a comment sign at the start", secretAccessKey, "#abc", "begins with a # or a semicolon, which starts a comment" + again},
		{"an equals sign at the start", secretAccessKey, "=abc", "begins with a separator (= : ,)" + again + ", without the text before the value"},
		{"a comma at the start", secretAccessKey, ",abc", "begins with a separator (= : ,)" + again + ", without the text before the value"},
		{"a backslash at the end", secretAccessKey, `abc\`, "ends with a backslash, which joins the value with the next line" + again},
		{"a square bracket", secretAccessKey, "a[b", "has a square bracket, which starts a section" + again},
		{"a comment sign after an equals sign", sessionToken, "ab=#c", `has one of the characters # ; , " directly after an equals sign or a colon: some SDKs read the rest as a comment, a list or a string` + again},

		{"the shortest key ID", accessKeyID, "A_3456789012345b", ""},
		{"the longest key ID", accessKeyID, strings.Repeat("A", 128), ""},
		{"a hyphen in a key ID", accessKeyID, "AKIA-678901234567890", "has a character at position 5 that is not a letter, a digit or an underscore" + again},

		{"a region", region, "us-gov-east-1", ""},
		{"a region that is unknown", region, "eu-west-9", ""},
		{"a zone", region, "eu-west-1a", `is "eu-west-1a", which is a zone, not a region, did you mean "eu-west-1"?`},
		{"a local zone, which is too long to be shown", region, "us-west-2-lax-1a", `is a zone, not a region, did you mean "us-west-2"?`},
		{"a region in capitals", region, "EU-WEST-1", `is "EU-WEST-1", which is not the name of a region, did you mean "eu-west-1"?`},
		{"a region in another script", region, "üs-east-1", `is "üs-east-1", which is not the name of a region, did you mean "us-east-1"?`},
		{"a region with a line break", region, "us-east-1\n", `is "us-east-1\n", which is not the name of a region, did you mean "us-east-1"?`},
		{"a region that is too long", region, strings.Repeat("a", 64), "is not the name of a region\nhint: write the name of a region, such as us-east-1"},
		{"text that is too long for a mistyped region", region, "us-east-1a # abc", "is not the name of a region\nhint: write the name of a region, such as us-east-1"},
		{"a region that ends with a hyphen", region, "us-", `is "us-", which is not the name of a region, did you mean "us-east-1"?`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			if bad := check(test.field, test.value); bad != nil {
				got = bad.Text
				if bad.Hint != "" {
					got += "\nhint: " + bad.Hint
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestNewProfileErrors(t *testing.T) {
	good := Credentials{fakeKeyID, fakeSecret, fakeToken, `profile "dev" in /h/.aws/credentials`, time.Time{}, ""}
	for _, test := range []struct {
		name   string
		change func(c *Credentials, region *string)
		want   string
	}{
		{"no key ID", func(c *Credentials, _ *string) { c.AccessKeyID = "" }, `the access key ID from profile "dev" in /h/.aws/credentials is empty`},
		{"no secret", func(c *Credentials, _ *string) { c.SecretAccessKey = "" }, `the secret access key from profile "dev" in /h/.aws/credentials is empty`},
		{"a token with a line break", func(c *Credentials, _ *string) { c.SessionToken += "\n" }, `the session token from profile "dev" in /h/.aws/credentials has a line break at its end`},
		{"credentials without a source", func(c *Credentials, _ *string) { c.Source, c.SecretAccessKey = "", fakeSecret+" " }, "the secret access key has white space (U+0020) at its end"},
		{"no region", func(_ *Credentials, region *string) { *region = "" }, "the region is empty"},
		{"a bad region", func(_ *Credentials, region *string) { *region = "a b" }, `the region is "a b", which is not the name of a region`},
		{"a secret instead of a region", func(_ *Credentials, region *string) { *region = fakeSecret }, "the region is not the name of a region"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, region := good, "us-east-1"
			test.change(&c, &region)
			p, err := NewProfile(c, region)
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			if p != (Profile{}) {
				t.Error("an error comes with a profile")
			}
			mustNotLeak(t, err)
		})
	}
}

func TestProfileThatDoesNotReadBackIsRejected(t *testing.T) {
	lines := []accesskey.Line{{Field: accesskey.AccessKeyID, Value: fakeKeyID}, {Field: accesskey.Region, Value: "us-east-1"}}
	const good = "[default]\naws_access_key_id = " + fakeKeyID + "\nregion = us-east-1\n"
	for _, test := range []struct {
		name, text string
		want       bool
	}{
		{"the same lines", good, true},
		{"another value", strings.Replace(good, "east", "west", 1), false},
		{"another key", strings.Replace(good, "region", "Region", 1), false},
		{"another section", strings.Replace(good, "default", "other", 1), false},
		{"another order", "[default]\nregion = us-east-1\naws_access_key_id = " + fakeKeyID + "\n", false},
		{"an additional key", good + "a = b\n", false},
		{"a missing key", "[default]\nregion = us-east-1\n", false},
		{"an additional section", good + "[a]\n", false},
		{"a key before the section", "a = b\n" + good, false},
		{"an unrecognized line", good + fakeSecret + "\n", false},
		{"nothing", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := readsBack(test.text, lines); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}

	// ini.v1 has features that would change these values.
	for _, value := range []string{"%(region)s", `a\`, `"a"`, "a #b", "a;b"} {
		text := "[default]\naws_session_token = " + value + "\nregion = us-east-1\n"
		if !readsBack(text, []accesskey.Line{{Field: accesskey.SessionToken, Value: value}, {Field: accesskey.Region, Value: "us-east-1"}}) {
			t.Errorf("%q does not read back", value)
		}
	}
}
