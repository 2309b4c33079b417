// Helpers for the tests of the sources of credentials: a machine with a home
// directory, a double of the AWS services, and a function that reads what a
// command encodes.

package cli

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"capaboot/credentials"
	"capaboot/internal/awsdouble"
)

// machine is a home directory and an environment from which commands reach the
// double.
type machine struct {
	*awsdouble.Double
	home        string
	environment map[string]string
}

// newMachine returns a machine with these shared configuration files of AWS.
// Its double issues different keys to each of the first four requests for
// credentials.
func newMachine(t *testing.T, credentialsFile, configFile string) *machine {
	t.Helper()
	d := &machine{Double: awsdouble.New(t, awsdouble.Keys{ID: userID, Secret: userSecret}), home: t.TempDir()}
	for range 4 {
		d.Given = append(d.Given, randomKeys())
	}
	if err := os.MkdirAll(filepath.Join(d.home, ".aws", "sso", "cache"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(d.home, ".aws", "login", "cache"), 0o700); err != nil {
		t.Fatal(err)
	}
	d.write(t, ".aws/credentials", credentialsFile)
	d.write(t, ".aws/config", configFile)
	d.environment = map[string]string{
		"AWS_ENDPOINT_URL_STS": d.URL, "AWS_ENDPOINT_URL_SSO": d.URL, "AWS_EC2_METADATA_DISABLED": "true", "HTTPS_PROXY": "http://127.0.0.1:9", "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "HOME": d.home,
	}
	return d
}

// randomKeys returns temporary credentials with the characters that AWS uses.
func randomKeys() awsdouble.Keys {
	const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	text := func(alphabet string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[rand.IntN(len(alphabet))]
		}
		return string(b)
	}
	return awsdouble.Keys{ID: "ASIA" + text(base64[:26], 16), Secret: text(base64, 40), Token: text(base64, 100+rand.IntN(800)) + "=="}
}

func (d *machine) write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(d.home, name)
	if text != "" {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func (d *machine) encode(args ...string) (stdout, stderr string, code int) {
	return d.run("capaboot", append([]string{"bootstrap", "credentials", "encode-as-profile"}, args...)...)
}

// run runs the program without a terminal. called is the name that the program
// is called by.
func (d *machine) run(called string, args ...string) (stdout, stderr string, code int) {
	return d.runWith(called, strings.NewReader(""), &bytes.Buffer{}, args...)
}

// runWith is like run, but with the given stdin and stderr.
func (d *machine) runWith(called string, stdin io.Reader, stderrWriter interface {
	io.Writer
	String() string
}, args ...string) (stdout, stderr string, code int) {
	var out bytes.Buffer
	code = Run(context.Background(), Process{
		Args: append([]string{called}, args...), Stdin: stdin, Stdout: &out, Stderr: stderrWriter,
		Environment: d.processEnvironment(),
	})
	return out.String(), stderrWriter.String(), code
}

func (d *machine) processEnvironment() credentials.Environment {
	return credentials.Environment{Home: d.home, Lookup: func(name string) (string, bool) { value, ok := d.environment[name]; return value, ok }}
}

// encoded runs encode-as-profile, and returns what the SDK for Go reads from
// the result.
func (d *machine) encoded(t *testing.T, args ...string) (keys awsdouble.Keys, region, stderr string) {
	t.Helper()
	stdout, stderr, code := d.encode(append(args, "-o", "rawSharedConfig")...)
	if code != exitDone {
		t.Fatalf("%v: exit code %d: %s", args, code, stderr)
	}
	path := filepath.Join(t.TempDir(), "encoded")
	if err := os.WriteFile(path, []byte(stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.LoadSharedConfigProfile(t.Context(), "default", func(o *config.LoadSharedConfigOptions) {
		o.CredentialsFiles, o.ConfigFiles = []string{path}, []string{}
	})
	if err != nil {
		t.Fatal(err)
	}
	return awsdouble.Keys{ID: c.Credentials.AccessKeyID, Secret: c.Credentials.SecretAccessKey, Token: c.Credentials.SessionToken}, c.Region, stderr
}

func (d *machine) callNames() []string {
	var names []string
	for _, call := range d.Calls() {
		names = append(names, call.Name)
	}
	return names
}

// signIn writes the token of an SSO session to the cache. key is the name of
// the session, or the start URL of a profile that has no session.
func (d *machine) signIn(t *testing.T, key string, expires time.Time) {
	t.Helper()
	sum := sha1.Sum([]byte(key))
	d.writeJSON(t, ".aws/sso/cache/"+hex.EncodeToString(sum[:])+".json",
		map[string]any{"accessToken": d.SSOToken, "expiresAt": expires.UTC().Format(time.RFC3339), "region": "eu-west-1", "startUrl": "https://acme.awsapps.com/start"})
}

func (d *machine) writeJSON(t *testing.T, name string, value any) {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	d.write(t, name, string(text))
}

// wantNoSecret fails the test when the text shows a secret of the machine.
func wantNoSecret(t *testing.T, d *machine, text string) {
	t.Helper()
	secrets := []string{userSecret, "FALSETOKEN", "FALSESIGNATURE", "FALSESECRET"}
	for _, keys := range d.Given {
		secrets = append(secrets, keys.Secret, keys.Token, keys.ID)
	}
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("a secret is shown: %s", text)
		}
	}
}
