// Tests that botocore and the SDK for Go find the same credentials as capaboot in
// the same files and services.

package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"

	"capaboot/internal/awsdouble"
)

// TestSDKAndBotocoreFindTheSame compares the credentials that botocore and the
// SDK for Go find with the credentials that the command finds.
func TestSDKAndBotocoreFindTheSame(t *testing.T) {
	t.Parallel()
	botocore := startBotocore(t)
	withBotocore := botocore != nil
	if !withBotocore {
		t.Log("botocore is not compared: it is not installed for python3")
	}
	withCRT := withBotocore && botocore.hasCRT
	if withBotocore && !withCRT {
		t.Log("botocore is not compared for aws login: it needs the package awscrt, which is not installed for python3")
	}
	for _, source := range sources {
		if source.alone {
			continue
		}
		t.Run(source.name, func(t *testing.T) {
			t.Parallel()
			d := newMachine(t, source.credentials, source.config)
			if source.prepare != nil {
				source.prepare(t, d)
			}
			profile := ""
			if len(source.args) == 2 {
				profile = source.args[1]
			}
			// Keep only one set of keys, so that every call returns the same
			// keys.
			d.Given = d.Given[:1]
			want, _, _ := d.encoded(t, source.args...)
			again := func() { // a renewed session must expire again
				if source.prepare != nil {
					d.Change(func() { source.prepare(t, d) })
				}
			}
			if withBotocore && (withCRT || !source.needsCRT) {
				again()
				if got := botocore.find(t, d, profile); got != want {
					t.Errorf("botocore finds %v, the command %v", got, want)
				}
			}
			if source.notGo != "" {
				t.Logf("the SDK for Go is not compared: %s", source.notGo)
				return
			}
			again()
			if got := findBySDK(t, d, profile); got != want {
				t.Errorf("the SDK for Go finds %v, the command %v", got, want)
			}
		})
	}
}

// botocoreScript reads a case from each line of its input, and responds with
// one line: the credentials that botocore finds, or its error. Each case runs
// in a fork, so that botocore is imported only once.
const botocoreScript = `import json, os, sys
import botocore.session
try:
    import awscrt.crypto
    crt = True
except ImportError:
    crt = False
print(json.dumps({"CRT": crt}), flush=True)
for line in sys.stdin:
    case = json.loads(line)
    child = os.fork()
    if child == 0:
        os.environ.clear()
        os.environ.update(case["Environment"])
        try:
            session = botocore.session.Session(profile=case["Profile"] or None)
            c = session.get_credentials().get_frozen_credentials()
            print(json.dumps({"ID": c.access_key, "Secret": c.secret_key, "Token": c.token or ""}), flush=True)
        except Exception as error:
            print(json.dumps({"Error": repr(error)}), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
`

type botocoreProcess struct {
	hasCRT bool
	// home is a link to the home folder of the current case, because botocore
	// determines the folders of its caches when it is imported.
	home string

	mu        sync.Mutex // one case at a time
	cases     *json.Encoder
	responses *bufio.Scanner
}

// startBotocore starts botocoreScript until the test ends. It returns nil when
// python3 or its package botocore is not installed.
func startBotocore(t *testing.T) *botocoreProcess {
	t.Helper()
	home := filepath.Join(t.TempDir(), "home")
	cmd := exec.Command("python3", "-c", botocoreScript)
	cmd.Env = append(os.Environ(), "HOME="+home)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		return nil
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Wait()
	})
	p := &botocoreProcess{home: home, cases: json.NewEncoder(stdin), responses: bufio.NewScanner(stdout)}
	var started struct{ CRT bool }
	if !p.responses.Scan() || json.Unmarshal(p.responses.Bytes(), &started) != nil {
		return nil
	}
	p.hasCRT = started.CRT
	return p
}

// find returns the credentials that botocore finds for a profile, with the
// files and variables of the machine. An empty profile means that none is
// selected.
func (p *botocoreProcess) find(t *testing.T, d *machine, profile string) awsdouble.Keys {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = os.Remove(p.home)
	if err := os.Symlink(d.environment["HOME"], p.home); err != nil {
		t.Fatal(err)
	}
	environment := map[string]string{"PATH": os.Getenv("PATH")}
	maps.Copy(environment, d.environment)
	err := p.cases.Encode(struct {
		Environment map[string]string
		Profile     string
	}{environment, profile})
	if err != nil {
		t.Fatal(err)
	}
	if !p.responses.Scan() {
		t.Fatalf("botocore ended: %v", p.responses.Err())
	}
	var response struct {
		awsdouble.Keys
		Error string
	}
	if err := json.Unmarshal(p.responses.Bytes(), &response); err != nil || response.Error != "" {
		t.Fatalf("botocore: %v %s", err, response.Error)
	}
	return response.Keys
}

// findBySDK returns the credentials that the SDK for Go finds for a profile. It
// runs this test binary in another process, because the SDK reads the variables
// of its process.
func findBySDK(t *testing.T, d *machine, profile string) awsdouble.Keys {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestSDKForGo$")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "CAPABOOT_TEST_SDK=yes", "CAPABOOT_TEST_PROFILE=" + profile}
	for name, value := range d.environment {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s %s", err, stderr.String(), out)
	}
	var keys awsdouble.Keys
	line, _, _ := strings.Cut(string(out), "\n")
	if err := json.Unmarshal([]byte(line), &keys); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return keys
}

// TestSDKForGo prints the credentials that the SDK finds. findBySDK runs it in
// another process.
func TestSDKForGo(t *testing.T) {
	if os.Getenv("CAPABOOT_TEST_SDK") == "" {
		t.Skip("skipped: this is a part of TestSDKAndBotocoreFindTheSame, which runs it in another process")
	}
	c, err := config.LoadDefaultConfig(t.Context(), config.WithSharedConfigProfile(os.Getenv("CAPABOOT_TEST_PROFILE")))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := c.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_ = json.NewEncoder(os.Stdout).Encode(awsdouble.Keys{ID: keys.AccessKeyID, Secret: keys.SecretAccessKey, Token: keys.SessionToken})
}
