// Tests of values that take the place of a key.

package credentials

import (
	"strings"
	"testing"
)

func TestValuesInPlaceOfAKey(t *testing.T) {
	t.Parallel()
	const variable, placeholder, masked = "is a variable that was not replaced", "is a placeholder that was not replaced", "is masked: most of its characters are replaced"
	for _, test := range []struct{ value, want string }{
		{"$AWS_SECRET", variable}, {"${AWS_SECRET}", variable}, {"${AWS_SECRET:-none}", variable}, {"'$AWS_SECRET'", variable}, {"%AWS_SECRET%", variable},
		{"${{ secrets.AWS_SECRET }}", "is an expression of GitHub Actions (${{ ... }}) that was not replaced"}, {"{{ .Values.secret }}", "is an expression of a template ({{ ... }}) that was not replaced"},
		{"$(pass show aws)", "is a command ($( ... )) that was not run"},
		{"<your-secret-access-key>", placeholder}, {"[SECRET]", placeholder}, {"YOUR_SECRET_ACCESS_KEY", placeholder}, {"put-your-key-here", placeholder}, {"changeme", placeholder},
		{"XXXXXXXXXXXXXXXXXXXX", placeholder}, {"...", placeholder}, {"REDACTED", placeholder},
		{"****************EKEY", masked}, {"***", masked}, {"AKIA************", masked}, {"••••••••", masked},
		{"\ufeff" + fakeSecret, "begins with a byte order mark"},
		{fakeSecret, ""}, {fakeKeyID, ""}, {"testing", ""}, {"x", ""}, {"$", ""}, {"ab*cd", ""}, {"todoist", ""}, {"here", ""}, {"minio123", ""},
	} {
		instead := describeSubstitute(sessionToken, test.value)
		if got := ""; instead != nil {
			got = instead.text
			if got != test.want || instead.hint == "" {
				t.Errorf("%s: %s", test.value, got)
			}
		} else if test.want != "" {
			t.Errorf("%s: no description", test.value)
		}
		// check rejects some of these values, because a profile cannot
		// represent them; its error has the same text.
		if invalid := check(secretAccessKey, test.value); test.want != "" && invalid != nil && invalid.text != test.want {
			t.Errorf("%s: check returns %s", test.value, invalid.text)
		}
		if test.want != "" && !strings.HasPrefix(shapeProblem(secretAccessKey, test.value), test.want) {
			t.Errorf("%s: %s", test.value, shapeProblem(secretAccessKey, test.value))
		}
	}
	for _, test := range []struct {
		field       field
		value, want string
	}{
		{accessKeyID, fakeSecret, "has the shape of a secret access key: the key ID and the secret key may be swapped"},
		{accessKeyID, strings.Repeat("aB", 20), "has the shape of a secret access key: the key ID and the secret key may be swapped"},
		{accessKeyID, fakeKeyID, ""},
		{secretAccessKey, fakeKeyID, "is an access key ID: the key ID and the secret key may be swapped, or the ID was copied twice"},
		{secretAccessKey, "ASIAFALSEKEYEXAMPLE0", "is an access key ID: the key ID and the secret key may be swapped, or the ID was copied twice"},
		{secretAccessKey, fakeSecret, ""},
	} {
		if got := shapeProblem(test.field, test.value); got != test.want {
			t.Errorf("%s: %s", test.value, got)
		}
	}
}
