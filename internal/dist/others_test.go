package main

// Tests that .goreleaser.yaml and the Dockerfile build the program as "make
// dist" does, and that the GitHub Action passes its inputs safely.

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

func TestGoReleaserDoesTheSame(t *testing.T) {
	var config struct {
		Version int
		Builds  []struct {
			Env, Flags, Tags, Ldflags, Goos, Goarch []string
		}
		Archives []struct {
			Files []any
		}
		Sboms []struct{ Args []string }
	}
	if err := yaml.Unmarshal([]byte(readRepositoryFile(t, ".goreleaser.yaml")), &config); err != nil {
		t.Fatal(err)
	}
	if config.Version != 2 || len(config.Builds) != 1 || len(config.Archives) != 1 || len(config.Sboms) != 1 {
		t.Fatalf("the configuration has %d builds and %d archives", len(config.Builds), len(config.Archives))
	}
	build := config.Builds[0]
	var platforms []string
	for _, goos := range build.Goos {
		for _, goarch := range build.Goarch {
			platforms = append(platforms, goos+"/"+goarch)
		}
	}
	want := strings.Fields(makeVariable(t, "DIST_PLATFORMS"))
	slices.Sort(want)
	slices.Sort(platforms)
	if d := cmp.Diff(want, platforms); d != "" {
		t.Error("platforms:", d)
	}
	if d := cmp.Diff([]string{makeVariable(t, "TAGS")}, build.Tags); d != "" {
		t.Error("tags:", d)
	}
	compiled := readRepositoryFile(t, "internal/dist/compile.go")
	for _, flag := range append(build.Flags, "CGO_ENABLED=0") {
		if !strings.Contains(compiled, `"`+flag+`"`) {
			t.Errorf("make dist does not build with %s", flag)
		}
	}
	if d := cmp.Diff([]string{"-trimpath", "-buildvcs=false"}, build.Flags); d != "" {
		t.Error("flags:", d)
	}
	for _, variable := range []string{"version", "commit", "date"} {
		if want := "-X {{ .ModulePath }}/internal/buildinfo." + variable + "="; !strings.Contains(strings.Join(build.Ldflags, " "), want) {
			t.Errorf("GoReleaser does not build with %s", want)
		}
	}
	for _, arg := range config.Sboms[0].Args {
		if strings.HasPrefix(arg, "-") && !strings.Contains(compiled, `"`+arg+`"`) {
			t.Errorf("make dist does not give cyclonedx-gomod %s", arg)
		}
	}
	for _, file := range config.Archives[0].Files {
		pattern, ok := file.(string)
		if ok && !slices.Contains(documentPatterns, pattern) {
			t.Errorf("make dist does not put %s into the archives", pattern)
		}
	}
	for _, pattern := range documentPatterns {
		if !slices.Contains(config.Archives[0].Files, any(pattern)) {
			t.Errorf("GoReleaser does not put %s into the archives", pattern)
		}
		if found, _ := filepath.Glob(filepath.Join("..", "..", pattern)); len(found) == 0 {
			t.Errorf("%s does not match a file", pattern)
		}
	}
}

// TestDockerfile checks that the image contains the program as "make dist"
// builds it, contains no shell, and does not run as root.
func TestDockerfile(t *testing.T) {
	text := readRepositoryFile(t, "Dockerfile")
	_, image, ok := strings.Cut(text, "\nFROM scratch\n")
	if !ok {
		t.Fatal("the image is not made from scratch")
	}
	user := regexp.MustCompile(`(?m)^USER (\d+):(\d+)$`).FindStringSubmatch(image)
	if user == nil || user[1] == "0" || user[2] == "0" {
		t.Errorf("the user of the image is %q, want a number that is not 0", user)
	}
	for _, want := range []string{"ENTRYPOINT [\"/capaboot\"]", "/etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/"} {
		if !strings.Contains(image, want) {
			t.Errorf("the image does not have %s", want)
		}
	}
	if strings.Contains(image, "\nRUN ") {
		t.Error("the image runs a command, and has no shell for it")
	}
	for _, want := range []string{"CGO_ENABLED=0", "-trimpath", "-buildvcs=false", "-tags " + makeVariable(t, "TAGS") + " ", "BUILDINFO=$(go list -m)/internal/buildinfo ", "-X $BUILDINFO.version=$VERSION -X $BUILDINFO.commit=$COMMIT -X $BUILDINFO.date=$DATE"} {
		if !strings.Contains(text, want) {
			t.Errorf("the program is built without %s", want)
		}
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(readRepositoryFile(t, "go.mod"))
	if !strings.Contains(text, "FROM golang:"+version[1]+" ") {
		t.Errorf("the Dockerfile does not build with Go %s of go.mod", version[1])
	}
}

// TestAction checks that every script of the action gets the variables that it
// reads, from existing inputs, and that text from a pull request never becomes
// part of a command.
func TestAction(t *testing.T) {
	var action struct {
		Inputs map[string]any
		Runs   struct {
			Steps []struct {
				Run, If string
				Env     map[string]string
				With    map[string]string
			}
		}
	}
	text := readRepositoryFile(t, "action.yml")
	if err := yaml.Unmarshal([]byte(text), &action); err != nil {
		t.Fatal(err)
	}
	for _, use := range regexp.MustCompile(`inputs\.([\w-]+)`).FindAllStringSubmatch(text, -1) {
		if action.Inputs[use[1]] == nil {
			t.Errorf("action.yml uses inputs.%s, which it does not declare", use[1])
		}
	}
	for name := range action.Inputs {
		if !strings.Contains(text, "inputs."+name+" ") {
			t.Errorf("the input %s has no effect", name)
		}
	}
	scripts := 0
	for _, step := range action.Runs.Steps {
		if step.Run == "" {
			continue
		}
		scripts++
		found := regexp.MustCompile(`^bash "\$GITHUB_ACTION_PATH/(packaging/action/\w+\.sh)"$`).FindStringSubmatch(step.Run)
		if found == nil {
			t.Errorf("a step runs %q, want a script alone", step.Run)
			continue
		}
		read := map[string]bool{}
		for _, name := range regexp.MustCompile(`\$\{?(CAPABOOT_\w+)`).FindAllStringSubmatch(readRepositoryFile(t, found[1]), -1) {
			read[name[1]] = true
			if step.Env[name[1]] == "" {
				t.Errorf("%s reads %s, which action.yml does not set", found[1], name[1])
			}
		}
		for name := range step.Env {
			if !read[name] {
				t.Errorf("%s does not read %s, which action.yml sets", found[1], name)
			}
		}
	}
	if scripts < 4 {
		t.Errorf("%d steps run a script, want 4", scripts)
	}
}

// TestActionResult checks when the action fails the job. A value of
// fail-on-change that is not true or false must not count as false.
func TestActionResult(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	for _, test := range []struct {
		review, changed, failOnChange string
		want                          int
	}{
		{"passed", "true", "false", 0},
		{"passed", "false", "true", 0},
		{"passed", "", "true", 0},
		{"passed", "true", "true", 1},
		{"failed", "false", "false", 1},
		{"passed", "true", "True", 2},
		{"passed", "true", "yes", 2},
		{"passed", "false", "", 2},
	} {
		command := exec.Command(bash, filepath.Join("..", "..", "packaging", "action", "result.sh"))
		command.Env = []string{"CAPABOOT_REVIEW=" + test.review, "CAPABOOT_CHANGED=" + test.changed, "CAPABOOT_FAIL_ON_CHANGE=" + test.failOnChange}
		out, _ := command.CombinedOutput()
		if code := command.ProcessState.ExitCode(); code != test.want {
			t.Errorf("%+v: exit code %d: %s", test, code, out)
		}
	}
}
