// Helpers for the tests of the stack commands: a double of AWS, and commands
// that send their requests to it.

package cli

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"capaboot/credentials"
	"capaboot/internal/cfndouble"
)

// TestMain runs more tests in parallel than there are processors: the tests of
// the stack commands mostly wait.
func TestMain(m *testing.M) {
	flag.Parse()
	if !isSet("test.parallel") {
		_ = flag.Set("test.parallel", "16")
	}
	code := m.Run()
	motoServer.Stop()
	os.Exit(code)
}

func isSet(name string) (set bool) {
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}

const stackName = "cluster-api-provider-aws-sigs-k8s-io"

// cloud is an AWS account for tests, and the environment in which commands send
// their requests to it. The account is in Double or, when that is nil, in
// moto_server.
type cloud struct {
	*cfndouble.Double
	environment map[string]string
	folder      string
	transport   http.RoundTripper // nil means the default transport
	// checksFirst makes "deploy" run its checks. Without it, the tests pass
	// --no-check, because most of them count only the requests of the
	// deployment itself.
	checksFirst bool
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	double := cfndouble.New()
	double.Duration, double.ChangeSetTime = 0, 0
	server := httptest.NewServer(double)
	t.Cleanup(server.Close)
	return &cloud{Double: double, folder: t.TempDir(), environment: endpoint(server.URL, double.Region)}
}

func endpoint(url, region string) map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": url, "AWS_REGION": region,
		"AWS_ACCESS_KEY_ID": "AKIAFALSEKEYEXAMPLE0", "AWS_SECRET_ACCESS_KEY": "FALSESECRETOFTHETEST",
	}
}

// inBubble runs a test that depends on time: the double needs no network, and
// the clock of the bubble advances as soon as every goroutine waits.
func inBubble(t *testing.T, test func(t *testing.T, c *cloud)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		double := cfndouble.New()
		double.Duration, double.ChangeSetTime = 0, 0
		test(t, &cloud{Double: double, folder: t.TempDir(), environment: endpoint("http://aws.test", double.Region), transport: double})
	})
}

func (c *cloud) commandEnvironment() credentials.Environment {
	return credentials.Environment{
		Lookup: func(name string) (string, bool) { value, ok := c.environment[name]; return value, ok },
		Home:   c.folder, Transport: c.transport,
	}
}

// do runs a command of "bootstrap iam", and checks its exit code.
func (c *cloud) do(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	return c.run(t, code, append([]string{"bootstrap", "iam"}, args...)...)
}

// policy runs a command of "policy", and checks its exit code.
func (c *cloud) policy(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	return c.run(t, code, append([]string{"policy"}, args...)...)
}

// run runs a command. It checks that the exit code is code, that the operator
// policy allows every request, and that the output shows no secret.
func (c *cloud) run(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	before := 0
	if c.Double != nil {
		before = len(c.Requests())
	}
	if !c.checksFirst && purposeOfArgs(args) == "deploy" {
		args = append(slices.Clone(args), "--no-check")
	}
	stdout, stderr, got := runWithTransport(t, c.transport, c.environment, strings.NewReader(""), args...)
	if c.Double != nil {
		wantPermitted(t, c.Double, args, requestsOf(c.Requests()[before:]))
	}
	if got != code {
		t.Fatalf("%v: exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", args, got, code, stdout, stderr)
	}
	for _, text := range []string{stdout, stderr} {
		if strings.Contains(text, "FALSESECRET") {
			t.Errorf("%v shows a secret: %s", args, text)
		}
	}
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "capaboot: ") {
			t.Errorf("%v: a line on stderr does not begin with the program's name: %q", args, line)
		}
	}
	return stdout, stderr
}

// config writes a configuration file, and returns the flag that selects it.
func (c *cloud) config(t *testing.T, spec string) string {
	t.Helper()
	path := filepath.Join(c.folder, "config.yaml")
	text := "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\nspec:\n" + spec
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "--config=" + path
}

// stackChanges lists the requests that change a stack. Creating and deleting change
// sets does not count.
func (c *cloud) stackChanges() []string {
	var all []string
	for _, operation := range c.Mutations() {
		if operation != "CreateChangeSet" && operation != "DeleteChangeSet" {
			all = append(all, operation)
		}
	}
	return all
}
