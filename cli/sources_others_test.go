// Tests that others find the same credentials: botocore and the SDK for Go, on
// the same files and services.

package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"

	"capaboot/internal/awsdouble"
)

// TestOthersFindTheSame runs botocore and the SDK for Go on the same files and
// variables: they find what the command does.
func TestOthersFindTheSame(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err == nil {
		err = exec.Command(python, "-c", "import botocore.session").Run()
	}
	withBotocore := err == nil
	if !withBotocore {
		t.Log("botocore is not compared: it is not installed for python3")
	}
	withCRT := withBotocore && exec.Command(python, "-c", "import awscrt.crypto").Run() == nil
	if withBotocore && !withCRT {
		t.Log("botocore is not compared for aws login: it needs the package awscrt, which is not installed for python3")
	}
	for _, source := range sources {
		if source.alone {
			continue
		}
		t.Run(source.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, source.credentials, source.config)
			if source.prepare != nil {
				source.prepare(t, d)
			}
			profile := ""
			if len(source.args) == 2 {
				profile = source.args[1]
			}
			// The first call gets the same keys, whoever makes it.
			d.Given = d.Given[:1]
			want, _, _ := d.encoded(t, source.args...)
			again := func() { // a session that was renewed has expired again
				if source.prepare != nil {
					d.Change(func() { source.prepare(t, d) })
				}
			}
			if withBotocore && (withCRT || !source.needsCRT) {
				again()
				if got := botocoreFinds(t, d, python, profile); got != want {
					t.Errorf("botocore finds %v, the command %v", got, want)
				}
			}
			if source.notGo != "" {
				t.Logf("the SDK for Go is not compared: %s", source.notGo)
				return
			}
			again()
			if got := goFinds(t, d, profile); got != want {
				t.Errorf("the SDK for Go finds %v, the command %v", got, want)
			}
		})
	}
}

// child returns the environment of a process at the desk.
func (d *desk) child() []string {
	all := []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range d.environment {
		all = append(all, name+"="+value)
	}
	return all
}

func botocoreFinds(t *testing.T, d *desk, python, profile string) awsdouble.Keys {
	t.Helper()
	cmd := exec.Command(python, "-c", `import json, sys, botocore.session
s = botocore.session.Session(profile=sys.argv[1] or None)
c = s.get_credentials().get_frozen_credentials()
print(json.dumps({"ID": c.access_key, "Secret": c.secret_key, "Token": c.token or ""}))`, profile)
	return found(t, d, cmd)
}

// goFinds runs this test binary again, because the SDK reads the variables of
// the process.
func goFinds(t *testing.T, d *desk, profile string) awsdouble.Keys {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestSDKForGo$")
	d.environment["CAPABOOT_TEST_SDK"], d.environment["CAPABOOT_TEST_PROFILE"] = "yes", profile
	return found(t, d, cmd)
}

func found(t *testing.T, d *desk, cmd *exec.Cmd) awsdouble.Keys {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Env, cmd.Stderr = d.child(), &stderr
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

// TestSDKForGo prints what the SDK finds, for goFinds.
func TestSDKForGo(t *testing.T) {
	if os.Getenv("CAPABOOT_TEST_SDK") == "" {
		t.Skip("skipped: this is a part of TestOthersFindTheSame, which runs it in a process of its own")
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
