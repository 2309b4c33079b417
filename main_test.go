package main

import (
	"encoding/base64"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The program runs in the scripts as "capaboot", and under the name of the
// tool that it stands in for.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"capaboot": main, "clusterawsadm": main})
}

// TestScripts runs testdata/script/*.txtar: what a person types and sees.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir+"/home")
			return os.MkdirAll(env.WorkDir+"/home", 0o755)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"decode": decode},
	})
}

// decode FILE: decodes base64 from the last command's stdout into FILE.
func decode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: decode FILE")
	}
	text, err := base64.StdEncoding.DecodeString(string([]byte(ts.ReadFile("stdout"))[:len(ts.ReadFile("stdout"))-1]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
}
