// Tests with secrets in wrong places: in every flag of every command, in
// arguments, in names of commands and files, and in variables that are not for
// secrets. No output may show any part of a secret, in any form.

package cli

import (
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"capaboot/internal/race"
)

// misplaced is text that a user puts in the wrong place.
type misplaced struct {
	form    string   // the kind of text, for messages
	text    string   // what the user puts in the wrong place
	secrets []string // the parts of text that must not be shown; nil for the whole text
}

// looksLikeID reports whether the text looks like the IDs and hashes that
// documents contain.
func (m misplaced) looksLikeID() bool {
	return len(m.text) < 36 && (strings.ToLower(m.text) == m.text || strings.ToUpper(m.text) == m.text) || len(m.text) == 64 && strings.HasPrefix(m.form, "hexadecimal")
}

func misplacedSecrets() []misplaced {
	const secret = "wJalrFALSESECRETxx/K7MDENG+bPxRfiCYEXAMP"
	const upper = "FALSESECRETFALSESECRETFALSESECRETFALSESE"
	r := rand.New(rand.NewPCG(1, 2))
	token := "IQoJb3JpZ2luX2VjE"
	for range 300 {
		token += string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[r.IntN(64)])
	}
	const small, capitals, digits = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	random := func(n int, alphabet string) string {
		var b strings.Builder
		for range n {
			b.WriteByte(alphabet[r.IntN(len(alphabet))])
		}
		return b.String()
	}
	profile := base64.StdEncoding.EncodeToString([]byte("[default]\naws_access_key_id = AKIAFALSEKEYEXAMPLE0\naws_secret_access_key = " + secret + "\nregion = eu-west-1\n"))
	lines := profile[:76] + "\n" + profile[76:152] + "\n" + profile[152:]
	return []misplaced{
		{"a secret access key", secret, []string{secret}},
		{"a secret of letters", "wJalrXUtnFEMIKsMDENGbPxRfiCYFALSESECRETs", nil},
		{"a secret in upper case", upper, nil},
		{"a secret in lower case", strings.ToLower(upper), nil},
		{"a secret with slashes", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYFALSESECRE", nil},
		{"a truncated secret", secret[:37], nil},
		{"a session token", token, nil},
		{"the end of a session token", token[40:] + "==", []string{token[40:]}},
		{"a profile in base64", profile, nil},
		{"a profile in base64 with line breaks", lines, strings.Split(lines, "\n")},
		{"JSON", `{"AccessKeyId": "ASIAFALSEKEYEXAMPLE0", "SecretAccessKey": "` + secret + `", "SessionToken": "` + token + `"}`, []string{"ASIAFALSEKEYEXAMPLE0", secret, token}},
		{"a variable", "AWS_SECRET_ACCESS_KEY=" + secret, []string{secret}},
		{"a line of a profile", "aws_secret_access_key = " + upper, []string{upper}},
		{"a line of a shell", `export AWS_SESSION_TOKEN="` + token + `"`, []string{token}},
		{"in a URL", url.QueryEscape(secret), []string{secret, url.QueryEscape(secret)}},
		{"an access key ID", "AKIAFALSEKEYEXAMPLE0", nil},
		{"base64 for URLs", random(40, small+capitals+digits+"-_"), nil},
		{"base64 for URLs, long", random(86, small+capitals+digits+"-_"), nil},
		{"half a secret", random(20, small+capitals+digits+"+/"), nil},
		{"half a secret with a slash", secret[:20], nil},
		{"hexadecimal", random(32, digits+"abcdef"), nil},
		{"hexadecimal, long", random(64, digits+"abcdef"), nil},
		{"hexadecimal, short", random(16, digits+"abcdef"), nil},
		{"letters and digits", random(16, small+capitals+digits), nil},
		{"small letters", random(40, small), nil},
		{"small letters and digits", random(24, small+digits), nil},
		{"capitals and digits", random(26, capitals+"234567"), nil},
		{"a password of words", "https://ann:false-horse-battery-staple@127.0.0.1:9/", []string{"false-horse-battery-staple"}},
		{"a token in a URL", "https://false-horse-battery-staple@127.0.0.1:9/", []string{"false-horse-battery-staple"}},
		{"a password of a proxy", "http://ann:FALSEPASSWORD1@127.0.0.1:9", []string{"FALSEPASSWORD1"}},
	}
}

// shownPart returns a twelve-character part of a secret that the text shows, in
// upper or lower case; "" when there is none.
func (m misplaced) shownPart(text string) string {
	text = strings.ToLower(text)
	secrets := m.secrets
	if secrets == nil {
		secrets = []string{m.text}
	}
	for _, secret := range secrets {
		secret = strings.ToLower(secret)
		for i := 0; i+12 <= len(secret); i++ {
			if strings.Contains(text, secret[i:i+12]) {
				return secret[i : i+12]
			}
		}
	}
	return ""
}

// requiredArguments has the arguments that a command needs to get past its first
// checks, by the name of the command.
var requiredArguments = map[string][]string{
	"diff": {"release:v2.8.4"}, "explain": {"ec2:RunInstances"}, "simulate": {"--role", "controllers", "--action", "ec2:RunInstances"},
	"plan-cloudformation-stack": {"--offline"},
}

// secretPlacements returns command lines with "%s" in every place where a user
// can put a secret.
func secretPlacements() (all [][]string) {
	var visit func(words []string, commands []*cli.Command)
	visit = func(words []string, commands []*cli.Command) {
		add := func(args ...string) { all = append(all, append(slices.Clone(words), args...)) }
		add("%s")
		add("%s/%s")
		add("x", "%s")
		add("--unknown=%s")
		add("--%s")
		add("-x%s")
		add("release:%s")
		add("--", "%s")
		for _, command := range commands {
			words := append(slices.Clone(words), command.Name)
			if len(command.Subcommands) > 0 {
				visit(words, command.Subcommands)
				continue
			}
			base := append(slices.Clone(words), requiredArguments[command.Name]...)
			for _, extra := range []string{"%s", "release:%s", "./%s.json", "--unknown=%s", "-x%s", "--%s=x", "arn:aws:iam::123456789012:role/%s"} {
				all = append(all, append(slices.Clone(words), extra), append(slices.Clone(base), extra))
			}
			for _, flag := range command.Flags {
				name := "--" + flag.Names()[0]
				all = append(all, append(slices.Clone(base), name+"=%s"), append(slices.Clone(base), name, "x", name, "%s"), append(slices.Clone(base), name, "%s", name, "x"), append(slices.Clone(base), name+"=x=%s"))
			}
		}
	}
	visit(nil, (&runner{}).app("capaboot").Commands)
	return all
}

// refusingNetwork responds to every request with AccessDenied, which is not
// retried.
type refusingNetwork struct{}

func (refusingNetwork) RoundTrip(request *http.Request) (*http.Response, error) {
	const refusal = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>refused</Message></Error></ErrorResponse>"
	return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(refusal)), Request: request}, nil
}

// runRefused runs a command whose requests are all refused.
func runRefused(t *testing.T, environment map[string]string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	settings := map[string]string{"AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"}
	maps.Copy(settings, environment)
	return runWithTransport(t, refusingNetwork{}, settings, strings.NewReader(""), args...)
}

// wantNoPart fails the test when the output shows a part of a secret. It skips the
// stdout of a successful command whose result contains credentials, or names from
// the arguments.
func wantNoPart(t *testing.T, m misplaced, place any, args []string, stdout, stderr string, code int) {
	t.Helper()
	if code == exitDone && slices.ContainsFunc([]string{"encode-as-profile", "print-identity", "trust"}, func(name string) bool { return slices.Contains(args, name) }) {
		stdout = ""
	}
	if part := m.shownPart(stdout + stderr); part != "" {
		t.Errorf("%s in %q: exit code %d, %q is shown:\n%s%s", m.form, place, code, part, stdout, stderr)
	}
}

// TestSecretsInEveryPlaceOfACommandLine puts two forms of a secret into each
// place. No output may show a part of it.
func TestSecretsInEveryPlaceOfACommandLine(t *testing.T) {
	race.Skip(t, "one goroutine works at a time")
	t.Chdir(t.TempDir()) // flags such as --output-file may write files
	forms, all := misplacedSecrets(), secretPlacements()
	for i, place := range all {
		for _, m := range []misplaced{forms[i%len(forms)], forms[(i*7+3)%len(forms)]} {
			args := make([]string, len(place))
			for j, arg := range place {
				args[j] = strings.ReplaceAll(arg, "%s", m.text)
			}
			stdout, stderr, code := runRefused(t, nil, args...)
			wantNoPart(t, m, place, args, stdout, stderr, code)
		}
	}
	if len(all) < 500 {
		t.Errorf("only %d places", len(all))
	}
}

func TestSecretsInVariables(t *testing.T) {
	t.Parallel()
	variables := []string{
		"AWS_REGION", "AWS_DEFAULT_REGION", "DEFAULT_AWS_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_CA_BUNDLE",
		"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_CLOUDFORMATION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION",
		"AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "AWS_USE_FIPS_ENDPOINT", "HTTPS_PROXY", "NO_PROXY", "CAPABOOT_CAPA_VERSION", "AWS_B64ENCODED_CREDENTIALS", "GITHUB_ENV", "TERM",
	}
	commands := [][]string{
		{"bootstrap", "credentials", "encode-as-profile", "--verify"}, {"bootstrap", "credentials", "encode-as-profile", "-o", "github-actions"}, {"bootstrap", "credentials", "inspect"},
		{"bootstrap", "credentials", "list-profiles"}, {"bootstrap", "iam", "plan-cloudformation-stack"}, {"policy", "review", "deployed"}, {"bootstrap", "iam", "print-policy", "--document", "x"},
	}
	forms := misplacedSecrets()
	for i, variable := range variables {
		for j, command := range commands {
			for _, m := range []misplaced{forms[(i*5+j*3)%len(forms)]} {
				for _, others := range []map[string]string{{}, {"AWS_ACCESS_KEY_ID": "AKIAOTHERKEYEXAMPLE0", "AWS_SECRET_ACCESS_KEY": "another"}} {
					others[variable] = m.text
					stdout, stderr, code := runRefused(t, others, command...)
					if command[2] == "inspect" && variable == "AWS_B64ENCODED_CREDENTIALS" {
						stdout = strings.ReplaceAll(stdout, "AKIAFALSEKEYEXAMPLE0", "") // inspect may print the key ID
					}
					wantNoPart(t, m, fmt.Sprint(variable, command), command, stdout, stderr, code)
				}
			}
		}
	}
}

// Secrets in the names of profiles and of existing files, and in documents,
// must not be shown.
func TestSecretsInFiles(t *testing.T) {
	t.Parallel()
	for i, m := range misplacedSecrets() {
		folder := t.TempDir()
		write := func(name, text string) string {
			path := filepath.Join(folder, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}
		policy := write("policy.json", `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "iam:*"], "Resource": [`+quoteJSON(m.text)+`, "*"]}]}`)
		config := write("config", "[profile a]\nregion = "+strings.ReplaceAll(m.text, "\n", " ")+"\nrole_arn = "+strings.ReplaceAll(m.text, "\n", " ")+"\nsource_profile = "+strings.ReplaceAll(m.text, "\n", " ")+"\n")
		environment := map[string]string{"AWS_CONFIG_FILE": config, "AWS_PROFILE": "a"}
		commands := [][]string{
			{"policy", "review", policy}, {"policy", "review", policy, "-o", "markdown"}, {"policy", "diff", policy, "release:v2.8.4"}, {"policy", "explain", "s3:GetObject", "--policy", policy},
			{"policy", "simulate", "--policy", policy, "--action", "s3:GetObject", "--resource", m.text}, {"policy", "review", policy, "--suppressions", policy},
			{"bootstrap", "iam", "print-config", "--config", policy}, {"bootstrap", "credentials", "encode-as-profile"}, {"bootstrap", "credentials", "list-profiles"},
		}
		if !strings.ContainsAny(m.text, "\n/") && len(m.text) < 200 {
			named := write(m.text, `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}`)
			for _, format := range []string{"text", "json", "markdown", "sarif"} {
				commands = append(commands, []string{"policy", "review", named, "-o", format})
			}
			commands = append(commands, []string{"policy", "diff", named, policy}, []string{"bootstrap", "iam", "print-config", "--config", named}, []string{"bootstrap", "credentials", "inspect", named})
		}
		for j, command := range commands {
			if m.looksLikeID() && slices.Contains(command, policy) {
				continue // documents contain such IDs
			}
			if (i+j)%3 == 0 { // a third of the combinations is enough
				stdout, stderr, code := runRefused(t, environment, command...)
				wantNoPart(t, m, command, command, stdout, stderr, code)
			}
		}
	}
}
