// Tests of flags that are given more than once: the last one counts, and what is
// ignored is said, unless it may be a secret.

package cli

import (
	"slices"
	"strings"
	"testing"
)

func TestRepeatedFlags(t *testing.T) {
	app := (&runner{}).app("capaboot")
	const counts = " is given more than once, and the last one counts"
	secret := strings.Repeat("Ab3/", 10)
	for _, test := range []struct {
		name string
		args string
		want string // after the program's name
		says []string
	}{
		{"another value", "bootstrap iam plan --region eu-west-1 --region=eu-north-1", "bootstrap iam plan --region=eu-north-1",
			[]string{`--region "eu-west-1" is ignored: --region` + counts}},
		{"three values", "bootstrap iam plan --region a --region b --region c", "bootstrap iam plan --region c",
			[]string{`--region "a" is ignored: --region` + counts, `--region "b" is ignored: --region` + counts}},
		{"the same value", "bootstrap iam plan --region a --region=a", "bootstrap iam plan --region=a", nil},
		{"the value that counts, and another one", "bootstrap iam plan --region a --region b --region a", "bootstrap iam plan --region a",
			[]string{`--region "b" is ignored: --region` + counts}},
		{"two names of one flag", "version -ojson --output yaml", "version --output yaml", []string{`-o "json" is ignored: --output` + counts}},
		{"one before its command", "--region a bootstrap iam plan --region b", "bootstrap iam plan --region b",
			[]string{`--region "a" is ignored: --region` + counts}},
		{"one that every command takes", "-v 1 version -v=2", "-v=2 version", []string{`-v "1" is ignored: -v` + counts}},
		{"a switch", "bootstrap iam deploy --yes -y=false", "bootstrap iam deploy -y=false", []string{"--yes is ignored: --yes" + counts}},
		{"a switch, off and on", "bootstrap iam deploy --yes=false --yes", "bootstrap iam deploy --yes", []string{`--yes "false" is ignored: --yes` + counts}},
		{"a switch twice", "bootstrap iam deploy --yes -y --yes=true", "bootstrap iam deploy --yes=true", nil},
		{"a list", "bootstrap iam deploy --tag a=b --tag c=d", "bootstrap iam deploy --tag a=b --tag c=d", nil},
		{"a list in the policy commands", "policy explain --policy a --policy b x", "policy explain --policy a --policy b -- x", nil},
		{"different flags", "bootstrap iam plan --region a --profile b", "bootstrap iam plan --region a --profile b", nil},
		{"nothing, then a value", "bootstrap iam plan --region= --region a", "bootstrap iam plan --region a", []string{`--region "" is ignored: --region` + counts}},
		{"a code", "bootstrap iam plan --mfa-code 123456 --mfa-code 654321", "bootstrap iam plan --mfa-code 654321",
			[]string{"a value of --mfa-code is ignored: --mfa-code" + counts}},
		{"an external ID", "bootstrap credentials encode-as-profile --external-id=x --external-id y", "bootstrap credentials encode-as-profile --external-id y",
			[]string{"a value of --external-id is ignored: --external-id" + counts}},
		{"after --", "version -o json -- -o yaml", "version -o json -- -o yaml", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := arrange(app, append([]string{"capaboot"}, strings.Fields(test.args)...))
			if err != nil {
				t.Fatal(err)
			}
			if want := append([]string{"capaboot"}, strings.Fields(test.want)...); !slices.Equal(got.args, want) {
				t.Errorf("got %q, want %q", got.args, want)
			}
			if !slices.Equal(got.ignored, test.says) {
				t.Errorf("ignored %q, want %q", got.ignored, test.says)
			}
		})
	}
	_, stderr, code := run(t, nil, nil, "version", "-o", secret, "-o", "short")
	if code != exitDone || strings.Contains(stderr, secret) || !strings.HasPrefix(stderr, `capaboot: warning: -o "(40 characters, not shown`) {
		t.Errorf("what may be a secret: exit code %d, %s", code, stderr)
	}
	for _, flag := range []string{"--mfa-code", "--external-id"} {
		_, stderr, _ := run(t, nil, nil, "bootstrap", "credentials", "encode-as-profile", flag, "FALSESECRET", flag+"=x", "--role-arn", "x")
		if strings.Contains(stderr, "FALSESECRET") || !strings.Contains(stderr, "capaboot: warning: a value of "+flag+" is ignored") {
			t.Errorf("%s: %s", flag, stderr)
		}
	}
}
