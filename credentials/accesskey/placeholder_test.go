// Tests of values that take the place of a key.

package accesskey

import (
	"strings"
	"testing"
)

const (
	fakeKeyID  = "AKIAFALSEKEYEXAMPLE0"
	fakeSecret = "wJalrFALSESECRET/K7MDENG+bPxRfiCYEXAMPLE"
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
		instead := describeSubstitute(SessionToken, test.value)
		if got := ""; instead != nil {
			got = instead.Text
			if got != test.want || instead.Hint == "" {
				t.Errorf("%s: %s", test.value, got)
			}
		} else if test.want != "" {
			t.Errorf("%s: no description", test.value)
		}
		// Check rejects some of these values, because a profile cannot
		// represent them; its error has the same text.
		if invalid := Check(SecretAccessKey, test.value); test.want != "" && invalid != nil && invalid.Text != test.want {
			t.Errorf("%s: check returns %s", test.value, invalid.Text)
		}
		if test.want != "" && !strings.HasPrefix(ShapeProblem(SecretAccessKey, test.value), test.want) {
			t.Errorf("%s: %s", test.value, ShapeProblem(SecretAccessKey, test.value))
		}
	}
	for _, test := range []struct {
		field       Field
		value, want string
	}{
		{AccessKeyID, fakeSecret, "has the shape of a secret access key: the key ID and the secret key may be swapped"},
		{AccessKeyID, strings.Repeat("aB", 20), "has the shape of a secret access key: the key ID and the secret key may be swapped"},
		{AccessKeyID, fakeKeyID, ""},
		{SecretAccessKey, fakeKeyID, "is an access key ID: the key ID and the secret key may be swapped, or the ID was copied twice"},
		{SecretAccessKey, "ASIAFALSEKEYEXAMPLE0", "is an access key ID: the key ID and the secret key may be swapped, or the ID was copied twice"},
		{SecretAccessKey, fakeSecret, ""},
	} {
		if got := ShapeProblem(test.field, test.value); got != test.want {
			t.Errorf("%s: %s", test.value, got)
		}
	}
}

func TestExtraText(t *testing.T) {
	const prompt, command, setting = "contains a prompt", "begins with the command that sets the variable", "begins with the name of its setting"
	for value, want := range map[string]string{
		"AWS Secret Access Key [None]: " + fakeSecret: prompt,
		"export AWS_SECRET_ACCESS_KEY=" + fakeSecret:  command,
		"set AWS_SECRET_ACCESS_KEY=" + fakeSecret:     command,
		"$Env:AWS_SECRET_ACCESS_KEY='" + fakeSecret:   command,
		`"SecretAccessKey": "` + fakeSecret + `",`:    setting,
		"aws_secret_access_key = " + fakeSecret:       setting,
		fakeSecret:                                    "",
		"setXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX":    "",
	} {
		if got := describeExtraText(value); got != want {
			t.Errorf("%q: %q", value, got)
		}
	}
	bad := Check(SecretAccessKey, "AWS Secret Access Key [None]: "+fakeSecret)
	if bad == nil || bad.Text != prompt || bad.Hint != "copy only the value" {
		t.Errorf("%+v", bad)
	}
}
