// Tests of the parser of the shared files, against the behaviour of botocore and
// the SDKs.

package credentials

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// parseText returns the result of parse as lines: the problems, or the sections
// and their keys with line numbers.
func parseText(name, text string) string {
	file := &sharedFile{name: name}
	sections, problems, _ := file.parse(text)
	var lines []string
	for _, p := range problems {
		lines = append(lines, fmt.Sprintf("%d: %s", p.Line, p.Message))
	}
	if len(problems) > 0 {
		return strings.Join(lines, "\n")
	}
	for _, id := range slices.Sorted(maps.Keys(sections)) {
		lines = append(lines, fmt.Sprintf("%d [%s]", sections[id].line, id))
		for _, key := range slices.Sorted(maps.Keys(sections[id].entries)) {
			e := sections[id].entries[key]
			line := fmt.Sprintf("%d %s=%q", e.line, key, e.value)
			if e.continuationLine != 0 {
				line += fmt.Sprintf(" continues in %d", e.continuationLine)
			}
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func TestParse(t *testing.T) {
	for _, test := range []struct {
		name, file, text string
		want             string
	}{
		{"an empty file", "credentials", "", ""},
		{"comments and blank lines", "credentials", "# a\n\n \t\n;b\n  # c\n[x] # d\na=1\n", "6 [p x]\n7 a=\"1\""},
		{"a byte order mark", "credentials", "\ufeff[x]\na=1", "1 [p x]\n2 a=\"1\""},
		{"Windows line ends", "credentials", "[x]\r\na=1\r\n\r\nb = 2\r\n", "1 [p x]\n2 a=\"1\"\n4 b=\"2\""},
		{"a colon for an equals sign", "credentials", "[x]\na: b=c\nd = e:f\n", "1 [p x]\n2 a=\"b=c\"\n3 d=\"e:f\""},
		{"keys in any letter case", "credentials", "[x]\nAWS_Access_Key_ID=1\n", "1 [p x]\n2 aws_access_key_id=\"1\""},
		{"white space around everything", "credentials", "[x]\na\t =  1\t\n", "1 [p x]\n2 a=\"1\""},
		{"a value that some tools read as a comment", "credentials", "[x]\na = 1#2;3\nb = 1 # 2\n", "1 [p x]\n2 a=\"1#2;3\"\n3 b=\"1 # 2\""},
		{"a letter whose lower case would complete a known key", "config", "[default]\nreg\u0130on = r\n", "1 [p default]\n2 reg\u0130on=\"r\""},
		{"sub-keys below an empty key", "config", "[default]\ns3 =\n  max = 1\n\n  # c\n  min=2\nregion = r\n", "1 [p default]\n7 region=\"r\"\n2 s3=\"\""},
		{"a value over several lines", "config", "[default]\na = 1\n  2\n  x = 3\nb = 4\n", "1 [p default]\n2 a=\"1\" continues in 3\n5 b=\"4\""},
		{"a file that is indented as a whole", "credentials", "  [x]\n  a = 1\n  b = 2\n  [y]\n  a = 3\n", "1 [p x]\n2 a=\"1\"\n3 b=\"2\"\n4 [p y]\n5 a=\"3\""},
		{"a key that is indented below its section", "credentials", "[x]\n  a = 1\n  b = 2\n[y]\n", "1 [p x]\n2 a=\"1\"\n3 b=\"2\"\n4 [p y]"},
		{"sections of the config file", "config", "[default]\n[profile a]\n[profile \"b c\"]\n[profile 'd']\n[sso-session a]\n[services a]\n[a]\n[profile]\n",
			"7 [o a]\n8 [o profile]\n6 [o services a]\n5 [o sso-session a]\n2 [p a]\n3 [p b c]\n4 [p d]\n1 [p default]"},
		{"names of the config file that tools read differently", "config", "[profile f g]\n[profiles a]\n[profile d\\ev]\n[profile d\"e\"v]\n[profile\te]\n",
			ambiguousNames(1, 2, 3, 4, 5)},
		{"[default] and [profile default]", "config", "[default]\n[profile default]\n", "2: this section already begins on line 1"},
		{"white space in section names", "credentials", "[ x ]\n[y ]\n", "1: white space at the start or the end of a section name, which some tools read as part of the name\n2: white space at the start or the end of a section name, which some tools read as part of the name"},
		{"DEFAULT in capitals", "credentials", "[DEFAULT]\n", "1: a section DEFAULT in capitals, which the AWS CLI applies to every profile: to set the default profile, write [default]"},
		{"sections of the credentials file", "credentials", "[default]\n[profile a]\n[a b]\n[\"c\"]\n[profile]\n",
			"2 [o profile a]\n4 [p \"c\"]\n3 [p a b]\n1 [p default]\n5 [p profile]"},

		{"a key before any section", "credentials", "a = 1\nb = 2\n[x]\n", "1: a line before the first section header, such as [default]"},
		{"an unrecognized line", "credentials", "[x]\nabc\n", "2: neither a [section], a comment, nor key = value"},
		{"a value without a key", "credentials", "[x]\n= a\n: b\n", "2: a value without a key before the =\n3: a value without a key before the :"},
		{"an unclosed section", "credentials", "[x\na = 1\n[y]\n", "1: a section name without its closing ]"},
		{"text after a section name", "credentials", "[x] y\n[y]]\n[z] # [a]\n", "1: text after the closing ] of a section name\n2: text after the closing ] of a section name\n3: text after the closing ] of a section name"},
		{"an empty section name", "config", "[]\n[ \t]\n[profile \"\"]\n", "1: an empty section name\n2: an empty section name\n3: an empty section name"},
		{"a section twice", "credentials", "[x]\n[y]\n[x]\n", "3: this section already begins on line 1"},
		{"a profile twice, written differently", "config", "[profile a]\n[profile  \"a\"]\n", "2: this section already begins on line 1"},
		{"a key twice, in another letter case", "credentials", "[x]\nregion = 1\nRegion = 2\n", "3: region is already set on line 2"},
		{"the same unknown key twice", "credentials", "[x]\nFALSESECRET= 1\nFALSESECRET= 2\n", "3: this key is already set on line 2"},
		{"invalid UTF-8, in a comment too", "credentials", "[x]\n# \xff\na = \xc3\n", "2: not valid UTF-8\n3: not valid UTF-8"},
		{"control characters", "credentials", "[x]\na = \x07\nb = 1\rc = 2\nd = \u0085\n", "2: a control character (U+0007)\n3: a control character (U+000D)\n4: a control character (U+0085)"},
		{"white space that tools read differently", "credentials", "[x]\n\u00a0a = 1\nb\u00a0= 1\nc =\u20031\n", "2: white space other than spaces and tabs at the start or the end of the line\n3: white space other than spaces and tabs around the =\n4: white space other than spaces and tabs around the ="},
		{"an indented line that is not a sub-key", "config", "[default]\ns3 =\n  FALSESECRET\n", "3: an indented line that is not key = value, below a key without a value"},
		{"an indented key that some tools read as a value", "credentials", "[x]\naws_access_key_id = 1\n aws_secret_access_key = 2\n", "3: aws_secret_access_key is indented, so it is part of the value on line 2"},
		{"an indented section that some tools read as a value", "credentials", "[x]\na = 1\n [y]\n", "3: a section name is indented, so it is part of the value on line 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, parseText(test.file, test.text)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// ambiguousNames returns the problems for these lines, which have section names
// that tools read differently.
func ambiguousNames(lines ...int) string {
	var all []string
	for _, line := range lines {
		all = append(all, fmt.Sprintf("%d: a section name that tools read in different ways: write [profile NAME]; if NAME has white space, put NAME in quotes", line))
	}
	return strings.Join(all, "\n")
}
