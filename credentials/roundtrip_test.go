package credentials

// This file checks profiles with the readers that people and controllers use:
// the SDK for Go, and botocore when it is installed.

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/google/go-cmp/cmp"
)

// values has everything that a profile contains.
type values struct{ ID, Secret, Token, Region string }

// generate returns at least n sets of values that a profile can represent, from
// the alphabets of AWS and from all printable ASCII characters. Each of these
// characters also appears at the start, in the middle and at the end of a
// value, unless a profile cannot represent it there.
func generate(n int) []values {
	const words = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
	const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+"
	var printable []byte
	for c := byte('!'); c <= '~'; c++ {
		printable = append(printable, c)
	}
	random := rand.New(rand.NewPCG(1, 2))
	text := func(alphabet string, minimum, maximum int) string {
		b := make([]byte, minimum+random.IntN(maximum-minimum+1))
		for i := range b {
			b[i] = alphabet[random.IntN(len(alphabet))]
		}
		return string(b)
	}
	legal := func(f field, make func() string) string {
		for {
			if value := make(); check(f, value) == nil {
				return value
			}
		}
	}
	var all []values
	for _, c := range printable {
		for _, secret := range []string{string(c), string(c) + "abc", "ab" + string(c) + "c", "abc" + string(c), "=" + string(c), "a=" + string(c), string(c) + "a" + string(c)} {
			if check(secretAccessKey, secret) == nil {
				all = append(all, values{fakeKeyID, secret, secret, "us-east-1"})
			}
		}
	}
	for i := range n {
		alphabet := base64
		if i%2 == 0 {
			alphabet = string(printable)
		}
		v := values{
			ID:     text(words, 16, 128),
			Secret: legal(secretAccessKey, func() string { return text(alphabet, 1, 40) }),
			Region: text("abcxyz", 2, 5) + "-" + text("abcxyz", 1, 9) + "-" + text("0189", 1, 2),
		}
		if i%3 != 0 {
			v.Token = legal(sessionToken, func() string { return text(base64+"==", 1, 1200) })
		}
		all = append(all, v)
	}
	return all
}

// writeProfiles writes one file per set of values, and returns their paths.
func writeProfiles(t *testing.T, all []values) []string {
	dir := t.TempDir()
	var paths []string
	for i, v := range all {
		p, err := NewProfile(Credentials{AccessKeyID: v.ID, SecretAccessKey: v.Secret, SessionToken: v.Token}, v.Region)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(path, []byte(p.Text()), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// readBySDK reads a file as the controllers do.
func readBySDK(path string) (values, error) {
	c, err := config.LoadSharedConfigProfile(context.Background(), "default", func(o *config.LoadSharedConfigOptions) {
		o.CredentialsFiles, o.ConfigFiles = []string{path}, []string{}
	})
	return values{c.Credentials.AccessKeyID, c.Credentials.SecretAccessKey, c.Credentials.SessionToken, c.Region}, err
}

func TestTheSDKForGoReadsTheSameBytes(t *testing.T) {
	t.Parallel()
	all := generate(300)
	for i, path := range writeProfiles(t, all) {
		got, err := readBySDK(path)
		if err != nil {
			t.Fatalf("%+v: %v", all[i], err)
		}
		if diff := cmp.Diff(all[i], got); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
	}
}

func TestFindReadsTheSameBytes(t *testing.T) {
	t.Parallel()
	all := generate(300)
	for i, path := range writeProfiles(t, all) {
		found, err := Find(context.Background(), home(t, "", "", "AWS_SHARED_CREDENTIALS_FILE="+path), Request{})
		if err != nil {
			t.Fatalf("%+v: %v", all[i], err)
		}
		c := found.Credentials
		if diff := cmp.Diff(all[i], values{c.AccessKeyID, c.SecretAccessKey, c.SessionToken, found.Region.Name}); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
	}
}

// runBotocore runs Python code for each path, with botocore's loader as loader,
// and returns the lines that it prints: one line of JSON per path.
func runBotocore(t *testing.T, program string, paths []string) []string {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	cmd := exec.Command(python, "-c", "import sys, json, botocore.configloader as loader, botocore.exceptions as x\nfor path in sys.stdin.read().splitlines():\n"+program)
	cmd.Stdin = strings.NewReader(strings.Join(paths, "\n"))
	out, err := cmd.Output()
	if err != nil {
		if e, ok := err.(*exec.ExitError); ok {
			if strings.Contains(string(e.Stderr), "No module named 'botocore") {
				t.Skip("botocore is not installed for python3")
			}
			t.Fatalf("%v\n%s", err, e.Stderr)
		}
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(paths) {
		t.Fatalf("%d lines for %d files", len(lines), len(paths))
	}
	return lines
}

func TestBotocoreReadsTheSameBytes(t *testing.T) {
	t.Parallel()
	all := generate(300)
	lines := runBotocore(t, "    print(json.dumps(loader.raw_config_parse(path)))\n", writeProfiles(t, all))
	for i, line := range lines {
		var got map[string]map[string]string
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"aws_access_key_id": all[i].ID, "aws_secret_access_key": all[i].Secret, "region": all[i].Region}
		if all[i].Token != "" {
			want["aws_session_token"] = all[i].Token
		}
		if diff := cmp.Diff(map[string]map[string]string{"default": want}, got); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
	}
}

// fragments are the lines of generated shared files. Each line tests a rule of a
// reader.
var fragments = []string{
	"[default]\n", "[dev]\n", "[profile dev]\n", " [dev]\n", "[dev] # c\n", "[ dev ]\n", "[]\n", "[dev\n", "\n", "\t\n",
	"# c\n", "  ; c\n", "aws_access_key_id = " + fakeKeyID + "\n", "aws_secret_access_key=B\n", "AWS_SESSION_TOKEN : C\n", " region = r\n",
	"region=\n", "s3 =\n", "  a = b\n", "  abc\n", "abc\n", "= a\n", "region = r # c\r\n", "x = =\n", "\tregion: x\n", "é = é\n",
}

// sharedFileTexts returns n shared files made of random fragments.
func sharedFileTexts(n int) []string {
	random := rand.New(rand.NewPCG(3, 4))
	var texts []string
	for i := range n {
		var text strings.Builder
		if i%4 != 0 {
			text.WriteString("[default]\n")
		}
		if i%4 > 1 {
			text.WriteString(pair)
		}
		for range 1 + random.IntN(8) {
			text.WriteString(fragments[random.IntN(len(fragments))])
		}
		texts = append(texts, text.String())
	}
	return texts
}

// When Find finds credentials in a file, the SDK for Go reads the same ones
// from it.
func TestTheSDKForGoReadsTheSameKeysAsFind(t *testing.T) {
	t.Parallel()
	found := 0
	for _, text := range sharedFileTexts(1500) {
		env := home(t, text, "")
		ours, err := Find(t.Context(), env, Request{})
		if err != nil {
			continue
		}
		found++
		c := ours.Credentials
		want := values{c.AccessKeyID, c.SecretAccessKey, c.SessionToken, ours.Region.Name}
		if ours.Region.Fallback {
			want.Region = ""
		}
		if read, err := readBySDK(filepath.Join(env.Home, ".aws", "credentials")); err != nil || read != want {
			t.Fatalf("the SDK reads %+v, %v from %q; we read %+v", read, err, text, want)
		}
	}
	t.Logf("%d files with credentials", found)
	if found < 50 {
		t.Errorf("only %d files with credentials: too few for this test", found)
	}
}

// botocore accepts every file that this package accepts. Each key that botocore
// finds there is also found by this package, with the same value if the value is
// on one line.
func TestBotocoreAcceptsAndReadsWhatWeAccept(t *testing.T) {
	t.Parallel()
	dir, texts := t.TempDir(), sharedFileTexts(1500)
	var paths []string
	for i, text := range texts {
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	lines := runBotocore(t, `    try: print(json.dumps(loader.raw_config_parse(path)))
    except x.ConfigParseError: print("null")
`, paths)
	accepted := 0
	for i, text := range texts {
		var read map[string]map[string]any
		if err := json.Unmarshal([]byte(lines[i]), &read); err != nil {
			t.Fatal(err)
		}
		found, problems, _ := (&sharedFile{name: "credentials"}).parse(text)
		if len(problems) > 0 {
			continue
		}
		accepted++
		if read == nil {
			t.Fatalf("botocore rejects what we accept: %q", text)
		}
		for name, keys := range read {
			s := found[profilePrefix+strings.TrimSpace(name)]
			if strings.HasPrefix(name, "profile ") {
				s = found[otherPrefix+name]
			}
			for key, value := range keys {
				e := s.entry(key)
				if e == nil {
					t.Fatalf("botocore finds %s in [%s] of %q, and we do not", key, name, text)
				}
				if plain, ok := value.(string); ok && e.continuationLine == 0 && plain != e.value {
					t.Fatalf("botocore finds %q for %s in [%s] of %q, and we find %q", plain, key, name, text, e.value)
				}
			}
		}
	}
	t.Logf("%d of %d files accepted", accepted, len(texts))
	if accepted < 150 {
		t.Errorf("only %d files accepted: too few for this test", accepted)
	}
}
