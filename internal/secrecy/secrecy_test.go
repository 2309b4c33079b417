// Tests that secrets are hidden, and that names of every kind are shown.

package secrecy

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

func random(r *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// Secrets like those of AWS must be hidden in any message.
func TestRandomSecretsAreHidden(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		secret, token := random(r, base64Alphabet, 40), "IQoJ"+random(r, base64Alphabet, 300+r.IntN(900))+"=="
		blob := base64.StdEncoding.EncodeToString([]byte("[default]\naws_access_key_id = AKIAFALSEKEYEXAMPLE0\naws_secret_access_key = " + secret + "\n"))
		for _, text := range []string{secret, random(r, base64Alphabet[:26]+base64Alphabet[52:62], 40), random(r, base64Alphabet[26:62], 40), token, token[4:], blob, blob[10:]} {
			for _, message := range []string{"%s", `unknown command "%s"`, `flag "--x%s"`, "open /home/ann/%s: no such file", "AWS_SECRET_ACCESS_KEY=%s", "release:%s", "arn:aws:iam::123456789012:role/%s"} {
				if got := Hide(strings.Replace(message, "%s", text, 1)); strings.Contains(got, text) {
					t.Fatalf("shown: %s", got)
				}
			}
			if escaped := url.QueryEscape(text); strings.Contains(Hide("x "+escaped), escaped) {
				t.Fatalf("shown: %s", escaped)
			}
		}
	}
}

func TestHide(t *testing.T) {
	t.Parallel()
	marked := strings.Repeat("FALSESECRET", 4)[:40]
	for _, test := range []struct{ text, want string }{
		{`unknown flag "--wJalrFALSESECRET/K7MDENG+bPxRfiCYEXAMPLE"`, `unknown flag "--(40 characters, not shown because they may be a secret)"`},
		{"key = " + marked, "key = " + mark(40)},
		{strings.ToLower(marked) + ".", mark(40) + "."},
		{"FalseSecretFalseSecretFalseSecretFalseSe", mark(40)},
		{"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", mark(40)},
		{"file eyJhbGciOiJSUzI1NiJ9.FALSE-payload_part.FALSEsig-abc_def123456.yaml", "file " + mark(62) + ".yaml"},
		{"hvs.FALSE-TOKEN_OF-VAULT-0123", mark(29)},
		{strings.ToUpper("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), mark(40)},
		{strings.ToLower("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), mark(40)},
		{"the key AKIAFALSEKEYEXAMPLE0, of ann", "the key " + mark(20) + ", of ann"},
		{"my-ASIAFALSEKEYEXAMPLE0-bucket", mark(30)},
		{"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ", mark(39)},
		{"proxy http://ann:hunter2@proxy.example:3128 refuses", "proxy http://(not shown)@proxy.example:3128 refuses"},
		{"clone https://false-horse-battery@git.example/x", "clone https://(not shown)@git.example/x"},
		{"clone https://git@git.example/x", "clone https://git@git.example/x"},
		{"http:<!-- -->//ann:hunter2@<!-- -->127.0.0.1:9", "http:<!-- -->//(not shown)@<!-- -->127.0.0.1:9"},
		{"W2RlZmF1bHRdCmF3c19hY2Nlc3M=", mark(28)},
		{"https://b.s3.amazonaws.com/k?X-Amz-Date=20260101T000000Z&X-Amz-Signature=" + strings.Repeat("0f3c1e7a", 8) + "&x=1", "https://b.s3.amazonaws.com/k?X-Amz-Date=20260101T000000Z&X-Amz-Signature=" + mark(68)},
		{"signature: of-the-document", "signature: of-the-document"},
		{"é wJalrFALSESECRET/K7MDENG+bPxRfiCYEXAMPLE é", "é " + mark(40) + " é"},
	} {
		if got := Hide(test.text); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.text, got, test.want)
		}
	}
}

// A value after the name of a secret is hidden, whatever the letter case of the
// name, but the name of a resource in an ARN is shown.
func TestHideNamed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{`"client_secret:FALSESECRET12345"`, `"client_secret:` + mark(16) + `"`},
		{"seCret_acceSs_kEy=FALSESECRET12345", "seCret_acceSs_kEy=" + mark(16)},
		{"arn:aws:secretsmanager:eu-west-1:111122223333:secret:false-secret-12345", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:false-secret-12345"},
		{"secret:aws.cluster.x-k8s.io/*", "secret:aws.cluster.x-k8s.io/*"},
		{"arn:aws:iam::111122223333:role/x secret:FALSESECRET12345", "arn:aws:iam::111122223333:role/x secret:" + mark(16)},
	} {
		if got := replaceSpans(test.text, findNamedSecrets(test.text)); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.text, got, test.want)
		}
	}
}

// The fast search must find the same values as the regular expression on the
// whole text.
func TestFindNamed(t *testing.T) {
	t.Parallel()
	fragments := []string{"secret", "aws_secret_access_key", "SecretAccessKey", "token", "session_token", "xtoken", "password", "signature", "key", "=", ":", " = ", "\": \"", " ", "'", "\\", "\n", ",", "}", "FALSE1", "value", "abc123456789", "é", "/", "a", "arn:aws:secretsmanager:::secret:", "_", "(?i)"}
	random := rand.New(rand.NewPCG(1, 2))
	found := 0
	for range 20_000 {
		var b strings.Builder
		for range 1 + random.IntN(12) {
			b.WriteString(fragments[random.IntN(len(fragments))])
		}
		text := b.String()
		var want [][2]int
		for _, match := range namedValue.Get().FindAllStringSubmatchIndex(text, -1) {
			name, value := text[match[2]:match[3]], text[match[4]:match[5]]
			if strings.Contains(name, "_") || len(name) > len("_signature") || strings.ContainsAny(value, "0123456789") {
				want = append(want, [2]int{match[4], match[5]})
			}
		}
		found += len(want)
		if got := findNamedValues(text); !slices.Equal(got, want) {
			t.Fatalf("%q: found at %v, want %v", text, got, want)
		}
	}
	if found < 1000 {
		t.Errorf("only %d secrets in the texts", found)
	}
}

// Names that people or AWS choose must be shown.
func TestOrdinaryTextIsShown(t *testing.T) {
	t.Parallel()
	texts := []string{
		"cluster-api-provider-aws-sigs-k8s-io", "cluster-api-provider-aws-sigs-k8s-io-AWSIAMRoleNodes-1ABCDEFGHIJKL", "control-plane.cluster-api-provider-aws.sigs.k8s.io",
		"arn:aws:cloudformation:eu-west-1:123456789012:stack/cluster-api-provider-aws-sigs-k8s-io/550e8400-e29b-41d4-a716-446655440000",
		"arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
		"/home/ann/src/infrastructure/production/policies/controllers.json", "/Users/Ann/Documents/GitHub/Infrastructure/IAM/Policies2026/Controllers.yaml",
		`C:\Users\Ann\AppData\Local\Temp\TestReview123456789\001\policy.json`, "/tmp/TestNoFailureShowsASecret_a_secret_as_key_ID1234567890/001/config.yaml",
		"/nix/store/1b9p07z77phvv2hf6gm9f28syp39f1ag-config/policy.json", "/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/x",
		"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be", "sha256:" + strings.Repeat("0a", 32), "AROAFALSEROLEEXAMPLE0", "i-0123456789abcdef0",
		"AWSIAMManagedPolicyCloudProviderControlPlane", "ec2:describelaunchtemplateversions", "ec2:describeverifiedaccessinstanceloggingconfigurations",
		"01ARZ3NDEKTSV4RRFFQ69G5FAV", "did you mean \"--write-suppressions\"?", "$AWS_WEB_IDENTITY_TOKEN_FILE", "cdk-hnb659fds-assets-123456789012-eu-west-1",
		"ReconcileDelete.InfrastructureMachineController", "http://127.0.0.1:9/latest/api/token", "us-gov-west-1", "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html", strings.Repeat("-", 60), "1234567890123456789012345678",
		"arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_AdministratorAccess_0123456789abcdef/ann@example.com",
	}
	for _, text := range texts {
		if got := Hide(text); got != text {
			t.Errorf("%s is hidden: %s", text, got)
		}
	}
}

// notNames matches texts in the test data that are secrets, or encoded.
var notNames = regexp.MustCompile(`(?i)FALSE|EXAMPLEKEY|^W2Rl|^VzJS|^Zm|^QUtJ|^YXdz|^cmVn|^sha512-`)

// Names of AWS's actions and policies, and identifiers, must not be hidden. The test
// checks every text without white space in the data of this module, except the made-up
// secrets and encoded texts that notNames matches.
func TestNamesInTheDataAreShown(t *testing.T) {
	t.Parallel()
	count := 0
	for _, folder := range []string{"../../testdata", "../../policies/authz", "../../policies/catalog", "../../policies/review/testdata", "../../docs", "../../iam"} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) == ".go" {
				return err
			}
			if entry.Name() == "attack-paths.md" {
				return nil // names of other projects and the notation of a table, which no command prints
			}
			text, err := os.ReadFile(path)
			if err != nil || bytes.IndexByte(text, 0) >= 0 {
				return err
			}
			for word := range strings.FieldsSeq(string(text)) {
				word = strings.Trim(word, "\"'`,;:()[]{}")
				if len(word) < minSecretLength || notNames.MatchString(word) {
					continue
				}
				count++
				if got := Hide(word); got != word && !strings.Contains(word, "AKIA") && !strings.Contains(word, "ASIA") {
					t.Errorf("%s: %s is hidden: %s", path, word, got)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if count < 5000 {
		t.Errorf("only %d names", count)
	}
}

// A password of a URL is hidden everywhere, even where it is not part of the URL.
func TestKnownPasswordsOfURLs(t *testing.T) {
	const password, shown = "false-horse-battery", "no file false-horse-battery@127.0.0.1, false-horse-batt"
	for value, isHidden := range map[string]bool{
		"http://ann:" + password + "@127.0.0.1:9":                                  true,
		"http://ann:" + password + "/@b@127.0.0.1:9":                               true,
		"https://" + password + "@git.example/x":                                   true,
		"ann:" + password + "@127.0.0.1:9":                                         true,
		"--proxy=ann:" + password + "@proxy.example:3128":                          true,
		"a.json:http://ann:" + password + "@127.0.0.1:9:b.json":                    true,
		"repo:" + password + "@123456/name@456789:ref:refs/heads/main":             false,
		"https://proxy.example/" + password + "@x":                                 false,
		"arn:aws:iam::123456789012:saml-provider/" + password + "@proxy.example:9": false,
		password + "@proxy.example":                                                false,
		"registry.example/capa:" + password + "@sha256:9f86d081884c7d65":           false,
		"capa:" + password + "@sha512:0123":                                        false,
	} {
		var known Known
		known.Add(value)
		if got := known.Hide(shown); strings.Contains(got, "horse") == isHidden {
			t.Errorf("%s: %s", value, got)
		}
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	const secret = "wJalrFALSESECRETxx/K7MDENG+bPxRfiCYEXAMP"
	for _, test := range []struct{ name, argument, text, want string }{
		{"the last part of a path", "/x/" + secret, "open K7MDENG+bPxRfiCYEXAMP: none", "open " + mark(21) + ": none"},
		{"cut", secret, "wJalrFALSESECRET...", mark(16) + "..."},
		{"another case", secret, strings.ToLower(secret), mark(40)},
		{"longer", secret, "x" + secret + "y", "x" + mark(40) + "y"},
		{"lines", "W2RlZmF1bHRdCmF3c19hY2Nlc3M\nc2hvcnRsYXN0bGlu", `see "c2hvcnRsYXN0bGlu"`, `see "` + mark(16) + `"`},
		{"named", "AWS_SECRET_ACCESS_KEY=short1", "short1", mark(6)},
		{"in JSON", `{"SecretAccessKey": "hunter2abc", "x": 1}`, "hunter2abc", mark(10)},
		{"a tag", "token=production", "production", "production"},
		{"an account", "arn:aws:iam::123456789012:role/" + secret, "123456789012", "123456789012"},
		{"nothing", "release:v2.8.4", "release:v2.8.4", "release:v2.8.4"},
	} {
		var known Known
		known.Add(test.argument)
		if got := known.Hide(test.text); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
	var known Known
	known.AddVariable("AWS_SECRET_ACCESS_KEY", "ordinary-words")
	known.AddVariable("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/token")
	var out bytes.Buffer
	if n, err := known.Writer(&out).Write([]byte("ordinary-words of /var/run/secrets/token")); n != 40 || err != nil || out.String() != mark(14)+" of /var/run/secrets/token" {
		t.Errorf("%d, %v, %s", n, err, out.String())
	}
}

// Names as people choose them for profiles, files, regions, roles, clusters and
// actions must be shown.
func TestNamesInArgumentsAreShown(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/names.txt")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range strings.Lines(string(text)) {
		for name := range strings.FieldsSeq(line) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			count++
			for _, argument := range []string{name, "--profile=" + name, "./" + name, name + ".json"} {
				var known Known
				known.Add(argument)
				if got := known.Hide(argument); got != argument {
					t.Errorf("%s is hidden: %s (%d)", argument, got, randomness(argument))
				}
			}
		}
	}
	if count < 300 {
		t.Errorf("only %d names", count)
	}
}

// Random texts of every alphabet with 16 characters or more must be hidden in
// any place. When they have fewer than 40 characters, a few in a hundred may
// look like a name by chance.
func TestSecretsInArgumentsAreHidden(t *testing.T) {
	t.Parallel()
	const small, capital, digits = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	for _, alphabet := range []struct {
		name, characters string
		maxMissed        int // how many of a thousand texts of 16 characters may be shown
	}{
		{"hexadecimal", digits + "abcdef", 2}, {"hexadecimal in capitals", digits + "ABCDEF", 2}, {"small letters", small, 25}, {"capitals", capital, 25},
		{"letters", small + capital, 15}, {"small letters and digits", small + digits, 5}, {"capitals and digits", capital + digits, 5}, {"base32", capital + "234567", 10},
		{"letters and digits", small + capital + digits, 5}, {"base64", base64Alphabet, 15}, {"base64 of URLs", small + capital + digits + "-_", 30},
	} {
		r := rand.New(rand.NewPCG(5, 6))
		for _, length := range []int{16, 17, 20, 24, 31, 32, 40, 64, 100} {
			missed := 0
			const tries = 200
			for i := range tries {
				secret := random(r, alphabet.characters, length)
				argument := strings.Replace([]string{"%s", "--%s", "--region=%s", "-x%s", "/tmp/%s", "./%s.yaml", "prod-%s", "release:%s", `"%s"`, "arn:aws:iam::111122223333:role/%s", "key %s "}[i%11], "%s", secret, 1)
				var known Known
				known.Add(argument)
				output := known.Hide("unknown " + argument + " or " + secret)
				for part := range len(secret) - shortestPart + 1 {
					if strings.Contains(output, secret[part:part+shortestPart]) {
						missed++
						break
					}
				}
			}
			allowed := alphabet.maxMissed * tries / 1000
			switch {
			case length >= 40:
				allowed = 0
			case length >= 20:
				allowed /= 3
			}
			if missed > allowed {
				t.Errorf("%s, %d characters: %d of %d are shown, at most %d may be", alphabet.name, length, missed, tries, allowed)
			}
		}
	}
}

// UUIDs in arguments are shown, whatever their digits are, but a secret next to one
// is hidden.
func TestUUIDsInArgumentsAreShown(t *testing.T) {
	t.Parallel()
	isHidden := func(argument string) bool {
		var known Known
		known.Add(argument)
		return known.Hide(argument) != argument || Hide(argument) != argument
	}
	const uniform, repeated = "11111111-1111-1111-1111-111111111111", "12345678-1234-1234-1234-123456789012"
	ids := []string{uniform, repeated, "AAAAAAAA-BBBB-BBBB-BBBB-CCCCCCCCCCCC"}
	r := rand.New(rand.NewPCG(7, 8))
	for i := range 300 {
		digits := []string{"0123456789", "0123456789abcdef", "0123456789ABCDEF"}[i%3]
		ids = append(ids, random(r, digits, 8)+"-"+random(r, digits, 4)+"-"+random(r, digits, 4)+"-"+random(r, digits, 4)+"-"+random(r, digits, 12))
	}
	for _, id := range ids {
		for _, argument := range []string{"%s", "arn:aws:kms:eu-west-1:111122223333:key/%s", "my-key-%s", "mykey-%s", "key_%s", "stack/my-stack/%s", "./%s.json", "%s/%s"} {
			if argument = strings.ReplaceAll(argument, "%s", id); isHidden(argument) {
				t.Errorf("%s is hidden", argument)
			}
		}
	}
	for _, secret := range []string{random(r, base64Alphabet, 40), random(r, base64Alphabet[:62], 24), "FALSESECRET-FALSESECRET-FALSESECRET", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"} {
		for _, argument := range []string{secret + "-" + repeated, repeated + "/" + secret, "key/" + repeated + "_" + secret} {
			if !isHidden(argument) {
				t.Errorf("%s is shown", argument)
			}
		}
	}
	for _, text := range []string{"x" + repeated, repeated + "FALSE", strings.ReplaceAll(repeated, "-", ""), repeated + "12"} { // not UUIDs
		if !isHidden(text) {
			t.Errorf("%s is shown", text)
		}
	}
}

// Names made of random words of AWS's policies, in the styles that people use,
// must be shown, except for a few in a thousand.
func TestNamesOfRandomWordsAreShown(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/policies.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := nameWord.Get().FindAllString(string(text), -1)
	r := rand.New(rand.NewPCG(7, 8))
	for _, style := range []struct {
		name, separator string
		change          func(string) string
		maxHidden       int // how many of a thousand names may be hidden
	}{
		{"with hyphens", "-", strings.ToLower, 1}, {"with underscores", "_", strings.ToUpper, 1}, {"in camel case", "", func(word string) string { return word[:1] + strings.ToLower(word[1:]) }, 5},
		{"in small letters", "", strings.ToLower, 8}, {"as a path", "/", strings.ToLower, 1}, {"with dots", ".", strings.ToLower, 1},
	} {
		hidden := 0
		const tries = 2000
		var last string
		for range tries {
			var parts []string
			for range 2 + r.IntN(4) {
				parts = append(parts, style.change(all[r.IntN(len(all))]))
			}
			name := strings.Join(parts, style.separator)
			var known Known
			known.Add(name)
			if known.Hide(name) != name {
				hidden, last = hidden+1, name
			}
		}
		if hidden > style.maxHidden*tries/1000 {
			t.Errorf("%s: %d of %d are hidden, at most %d of a thousand may be: %s", style.name, hidden, tries, style.maxHidden, last)
		}
	}
}

// The letters in the names of AWS's current policies must have low costs.
func TestLetterCosts(t *testing.T) {
	t.Parallel()
	if len(letterCosts) != 27*27*27 {
		t.Fatalf("%d characters in letters.txt, want %d", len(letterCosts), 27*27*27)
	}
	text, err := os.ReadFile("../../policies/authz/managed/policies.tsv")
	if err != nil {
		t.Fatal(err)
	}
	costs, count := 0, 0
	for _, word := range nameWord.Get().FindAllString(string(text), -1) {
		first, second := 0, 0
		for _, c := range []byte(strings.ToLower(word)) {
			if kindOf(c) != lower {
				continue
			}
			letter := int(c-'a') + 1
			costs, count, first, second = costs+letterCost(first, second, letter), count+1, second, letter
		}
	}
	if count < 1000 || costs > count*7 { // random letters cost 13
		t.Errorf("%d letters cost %.1f half bits each", count, float64(costs)/float64(count))
	}
}

// repeats looks for texts of at most 1,024 characters that repeat in a row.
// Without this limit, the time is quadratic in the length of a run, and a number
// of a million digits takes 17 s.
func TestRepeatedWordsAreLimited(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for _, test := range []struct {
		length int
		want   bool
	}{{12, true}, {1000, true}, {1500, false}} {
		if got := repeats(strings.Repeat(random(r, "0123456789", test.length), 3)); got != test.want {
			t.Errorf("a word of %d characters: got %t", test.length, got)
		}
	}
	if text := strings.Repeat("9", 1<<21); Hide(text) != text {
		t.Error("a long number is hidden")
	}
}
