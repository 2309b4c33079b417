// A fuzz test that compares PlaceholderOf with regular expressions.

package accesskey

import (
	"regexp"
	"testing"
)

// placeholderPatterns has the pattern and the description of each placeholder,
// in the order in which PlaceholderOf looks for the placeholders.
var placeholderPatterns = [...][2]string{
	{`^"?'?\$\{\{`, "is an expression of GitHub Actions (${{ ... }}) that was not replaced"},
	{`^"?'?\{\{`, "is an expression of a template ({{ ... }}) that was not replaced"},
	{`^"?'?\$\(`, "is a command ($( ... )) that was not run"},
	{`^"?'?\$\{?[A-Za-z_][A-Za-z0-9_]*(?:\}|['"]?$|:?-)`, "is a variable that was not replaced"},
	{`^"?'?%[A-Za-z_][A-Za-z0-9_]*%['"]?$`, "is a variable that was not replaced"},
	{`^"?'?(?:<.*>|\[.*\]|(?i:your[-_ ].*|.*[-_ ]here|change-?me|replace-?me|todo|redacted|x{4,}|\(?not shown\)?|\.\.\.|…))['"]?$`, "is a placeholder that was not replaced"},
	{`^[*•●.]{4,}[A-Za-z0-9/+=]{0,8}$|^[A-Za-z0-9]{0,4}[*•●]{3,}[A-Za-z0-9/+=]{0,8}$`, "is masked: most of its characters are replaced"},
	{`(?i)^\x{feff}|^ï»¿|^\\ufeff`, "begins with a byte order mark"},
}

// FuzzPlaceholderOf checks that PlaceholderOf finds exactly what the patterns
// match.
func FuzzPlaceholderOf(f *testing.F) {
	for _, value := range []string{
		`"'${{ x }}`, "{{", "$(x)", "$A", "'$A'", "${A}", "${A:-b}", "$A-", "$1", "%A%", `"%A%"`, "%1%", "<x>", "<x>'", "[]", "[", "Your-key", "key_HERE", "put here\"", "ChangeMe", "change-me'", "REPLACEME",
		"ToDo", "redacted", "XXXX", "xxx", "(not shown)", "not shown)", "...", "…", "****", "....abc", "AKIA***x", "AKIAX***", "•••", "\ufeffx", "ï»¿", `\uFEFFx`, "a\nb here", "<a\nb>", "\"<x>\"", "''$A", "ſ", "\xff****",
	} {
		f.Add(value)
	}
	var patterns []*regexp.Regexp
	for _, known := range placeholderPatterns {
		patterns = append(patterns, regexp.MustCompile(known[0]))
	}
	f.Fuzz(func(t *testing.T, value string) {
		want := ""
		for i, pattern := range patterns {
			if pattern.MatchString(value) {
				want = placeholderPatterns[i][1]
				break
			}
		}
		got := ""
		if found := PlaceholderOf(value); found != nil {
			got = found.Text
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	})
}
