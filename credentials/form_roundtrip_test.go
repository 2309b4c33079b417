package credentials

// This file renders generated values in every form, and reads them back with
// independent readers: shells, the rules of the runner of GitHub Actions, YAML
// and JSON.

import (
	"bytes"
	"capaboot/internal/conform"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// generatedResults returns results of Find and their profiles, with generated
// values.
func generatedResults(t *testing.T) (all []Found, profiles []Profile) {
	t.Helper()
	for _, v := range generate(200) {
		c := Credentials{AccessKeyID: v.ID, SecretAccessKey: v.Secret, SessionToken: v.Token, Source: "the environment"}
		p, err := NewProfile(c, v.Region)
		if err != nil {
			t.Fatal(err)
		}
		all, profiles = append(all, Found{Credentials: c, Region: Region{Name: v.Region}}), append(profiles, p)
	}
	return all, profiles
}

// mustRender renders a form, with a name for the identity when o has none.
func mustRender(t *testing.T, f Found, p Profile, form Form, o Options) string {
	t.Helper()
	if o.Name == "" {
		o.Name = "acme"
	}
	text, err := f.Render(form, p, o)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestShellsReadTheSameValue runs all commands in one process per shell. After
// each command it prints the variable, whose value must be the encoded profile
// of that command.
func TestShellsReadTheSameValue(t *testing.T) {
	t.Parallel()
	const print = "printf '%s\\n' \"$" + Variable + "\"\n"
	all, profiles := generatedResults(t)
	for _, test := range []struct {
		program string
		form    Form
		shell   string
		before  string // precedes each command
		print   string
	}{
		{"sh", EnvForm, "sh", "", print},
		{"bash", EnvForm, "sh", "", print},
		{"dash", EnvForm, "sh", "", print},
		{"zsh", EnvForm, "sh", "", print},
		{"sh", DotenvForm, "", "set -a\n", print}, // the way to load a .env file
		{"fish", EnvForm, "fish", "", print},
		{"pwsh", EnvForm, "powershell", "", "[Console]::Out.Write($Env:" + Variable + " + \"`n\")\n"},
	} {
		t.Run(test.program+" "+string(test.form), func(t *testing.T) {
			t.Parallel()
			program, err := exec.LookPath(test.program)
			if err != nil {
				t.Skipf("%s is not installed", test.program)
			}
			var script, want strings.Builder
			for i, p := range profiles {
				script.WriteString(test.before + mustRender(t, all[i], p, test.form, Options{Shell: test.shell}) + test.print)
				want.WriteString(p.Base64() + "\n")
			}
			args := []string{}
			if test.program == "pwsh" {
				args = []string{"-NoProfile", "-Command", "-"}
			}
			cmd := exec.Command(program, args...)
			cmd.Stdin = strings.NewReader(script.String())
			out, err := cmd.Output()
			if err != nil || string(out) != want.String() {
				t.Errorf("%s reads a different value: %v", test.program, err)
			}
		})
	}
}

// People write eval "$(capaboot ... -o env)". The variable must be set in the
// children of that shell.
func TestEvalExportsTheVariable(t *testing.T) {
	t.Parallel()
	found, p := newResult(t)
	cmd := exec.Command("sh", "-c", `eval "$(cat)"; exec sh -c 'printf %s "$`+Variable+`"'`)
	cmd.Stdin = strings.NewReader(mustRender(t, found, p, EnvForm, Options{}))
	if out, err := cmd.Output(); err != nil || string(out) != p.Base64() {
		t.Errorf("a child of the shell has a different value: %v", err)
	}
}

func TestDataFormsReadBackTheSame(t *testing.T) {
	t.Parallel()
	all, profiles := generatedResults(t)
	decode := func(data any) map[string]string {
		values := map[string]string{}
		for key, value := range data.(map[string]any) {
			text, err := base64.StdEncoding.Strict().DecodeString(value.(string))
			if err != nil {
				t.Fatal(err)
			}
			values[key] = string(text)
		}
		return values
	}
	for i, f := range all {
		p, c := profiles[i], f.Credentials
		var facts struct{ EncodedProfile, Region string }
		conform.Read(t, "credentials-encode", mustRender(t, f, p, JSONForm, Options{}), &facts)
		if facts.EncodedProfile != p.Base64() || facts.Region != f.Region.Name {
			t.Fatalf("json of %v reads back as a different value", f)
		}
		secret := parseDocuments(t, mustRender(t, f, p, SecretForm, Options{}))[0]
		if got := decode(secret["data"]); len(got) != 1 || got["credentials"] != p.Text() {
			t.Fatalf("the Secret of %v reads back as a different value", f)
		}
		want := map[string]string{"AccessKeyID": c.AccessKeyID, "SecretAccessKey": c.SecretAccessKey}
		if c.SessionToken != "" {
			want["SessionToken"] = c.SessionToken
		}
		identity := parseDocuments(t, mustRender(t, f, p, StaticIdentityForm, Options{}))
		if got := decode(identity[0]["data"]); !cmp.Equal(want, got) {
			t.Fatalf("the identity of %v reads back as a different value", f)
		}
	}
}

// kubectl must read the manifests that people pipe into it. --local sends no
// request.
func TestKubectlReadsTheManifests(t *testing.T) {
	t.Parallel()
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Skip("kubectl is not installed")
	}
	found, p := newResult(t)
	for form, want := range map[Form]string{
		SecretForm:         "Secret/capa-manager-bootstrap-credentials",
		StaticIdentityForm: "Secret/acme AWSClusterStaticIdentity/acme",
	} {
		cmd := exec.Command(kubectl, "label", "--local", "-f", "-", "-o", "json", "a=b")
		cmd.Stdin = strings.NewReader(mustRender(t, found, p, form, Options{AllowedNamespaces: "env in (a,b),!old"}))
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: kubectl rejects it: %v", form, err)
			continue
		}
		var got []string
		for decoder := json.NewDecoder(bytes.NewReader(out)); decoder.More(); {
			var o struct {
				Kind     string
				Metadata struct{ Name string }
			}
			if err := decoder.Decode(&o); err != nil {
				t.Fatal(err)
			}
			got = append(got, o.Kind+"/"+o.Metadata.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: kubectl reads %v, want %s", form, got, want)
		}
	}
}

// readEnvironmentFile parses the file of $GITHUB_ENV by the rules of the
// runner: a line is NAME=VALUE or NAME<<DELIMITER, depending on which of = and
// << comes first; empty lines are ignored; the value ends before a line that
// equals the delimiter.
//
// Source: github.com/actions/runner, Runner.Worker/FileCommandManager.cs.
func readEnvironmentFile(text string) (map[string]string, error) {
	values := map[string]string{}
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		equals, heredoc := strings.Index(line, "="), strings.Index(line, "<<")
		switch {
		case line == "":
		case equals >= 0 && (heredoc < 0 || equals < heredoc):
			values[line[:equals]] = line[equals+1:]
		case heredoc > 0 && heredoc+2 < len(line):
			delimiter := line[heredoc+2:]
			var lines []string
			for {
				if text == "" {
					return nil, errors.New("no delimiter at the end")
				}
				var next string
				if next, text, _ = strings.Cut(text, "\n"); next == delimiter {
					break
				}
				lines = append(lines, next)
			}
			values[line[:heredoc]] = strings.Join(lines, "\n")
		default:
			return nil, errors.New("a line that is not an assignment")
		}
	}
	return values, nil
}

// readMasks returns what the runner masks after it has read the text from
// stdout.
//
// Source: github.com/actions/runner, Runner.Common/ActionCommand.cs.
func readMasks(text string) (masks []string, err error) {
	for line := range strings.Lines(text) {
		value, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "::add-mask::")
		if !ok {
			return nil, errors.New("a line that is not a command")
		}
		for _, pair := range [][2]string{{"%0D", "\r"}, {"%0A", "\n"}, {"%25", "%"}} {
			value = strings.ReplaceAll(value, pair[0], pair[1])
		}
		masks = append(masks, value)
	}
	return masks, nil
}

func TestTheRunnerReadsTheSameValues(t *testing.T) {
	t.Parallel()
	all, profiles := generatedResults(t)
	file := "BEFORE=1\n" // written by another program of the step
	seen := map[string]bool{}
	for i, f := range all {
		p, c := profiles[i], f.Credentials
		masks, environment := c.GitHubActions(p)
		want := []string{p.Base64(), c.SecretAccessKey}
		if c.SessionToken != "" {
			want = append(want, c.SessionToken)
		}
		if got, err := readMasks(masks); err != nil || !cmp.Equal(want, got) {
			t.Fatalf("the runner masks other values for %v: %v", f, err)
		}
		file += environment
		got, err := readEnvironmentFile(file + "AFTER=2\n")
		if err != nil || len(got) != 3 || got["BEFORE"] != "1" || got["AFTER"] != "2" || got[Variable] != p.Base64() {
			t.Fatalf("the runner reads other values for %v: %v", f, err)
		}
		delimiter, _, _ := strings.Cut(strings.TrimPrefix(environment, Variable+"<<"), "\n")
		if seen[delimiter] || strings.Contains(p.Base64(), delimiter) {
			t.Fatalf("the delimiter %s is not unique, or is in the value", delimiter)
		}
		seen[delimiter] = true
	}
}

// TestMasksAreEscaped checks that the runner reads each secret unchanged from
// the masks, even if it has a percent sign, a line break or colons.
func TestMasksAreEscaped(t *testing.T) {
	_, p := newResult(t)
	for _, secret := range []string{"100%", "%0A", "%250D", "a\nb", "a\r\n::set-env name=x::y", "::"} {
		masks, _ := Credentials{SecretAccessKey: secret}.GitHubActions(p)
		if got, err := readMasks(masks); err != nil || !cmp.Equal([]string{p.Base64(), secret}, got) {
			t.Errorf("%q is masked as %q, %v", secret, got, err)
		}
	}
}

// TestFormsContainNoOtherSecrets removes the encoded values from each form, and
// finds no secret in the rest.
func TestFormsContainNoOtherSecrets(t *testing.T) {
	found, p := newResult(t)
	values := strings.NewReplacer(p.Base64(), "", encode(fakeKeyID), "", encode(fakeSecret), "", encode(fakeToken), "")
	for _, form := range Forms() {
		switch Form(form) {
		case RawSharedConfig, GitHubActionsForm:
			continue // RawSharedConfig consists of secrets; GitHubActionsForm is tested below
		}
		rest := values.Replace(mustRender(t, found, p, Form(form), Options{AllowedNamespaces: "a"}))
		if containsSecret(rest) || strings.Contains(rest, encode(fakeSecret)[:12]) {
			t.Errorf("%s: a secret is in %s", form, rest)
		}
	}
	masks, environment := found.Credentials.GitHubActions(p)
	if containsSecret(values.Replace(environment)) {
		t.Errorf("a secret is in %s", environment)
	}
	if rest := strings.NewReplacer(fakeSecret, "", fakeToken, "").Replace(masks); containsSecret(rest) {
		t.Errorf("a secret is in %s", rest)
	}
	mustNotLeak(t, []any{fmt.Sprint(found), found, p})
}
