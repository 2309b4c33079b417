// Runs the console and sh blocks of the documentation, and compares the output
// of the console blocks with the page. A double or moto_server simulates the
// account.

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"capaboot/internal/moto"
	"capaboot/internal/race"
)

// TestDocs runs the blocks of each page in order. In a console block, "$ "
// begins a command and the lines after it are its output: "..." stands for one
// or more lines, and "$ cat FILE" creates the file. In an sh block, every run
// of capaboot must exit with 0 or 3.
//
// Each page has its own home folder. A line before a block says where it runs:
// "<!-- in SCENE -->", see scenes; "<!-- not run: REASON -->" skips it.
func TestDocs(t *testing.T) {
	race.Skip(t, "each command is another process")
	t.Parallel()
	runs := regexp.MustCompile(`(?m)(^|[ /(])capaboot [a-z]`)
	server, withManagedPolicies := moto.NewShared(), moto.NewShared("MOTO_IAM_LOAD_MANAGED_POLICIES=true")
	t.Cleanup(server.Stop)
	t.Cleanup(withManagedPolicies.Stop)
	// Configurations on these pages attach AWS managed policies. moto needs a second of
	// CPU time to load all of them into an empty account.
	attaching := []string{"README.md", "docs/deploying.md"}
	for page, text := range pagesOf(t) {
		if page == "docs/errors.md" || page == "docs/commands.md" { // tested by TestErrorsPage and TestExamples
			continue
		}
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, page)
			s.server = server
			if slices.Contains(attaching, page) {
				s.server = withManagedPolicies
			}
			for _, b := range blocksOf(text, "console", "sh") {
				if strings.Contains(b.before, "<!-- not run: ") || b.language == "sh" && !runs.MatchString(b.text) {
					continue
				}
				environment := s.environment
				if m := regexp.MustCompile(`^ *<!-- in (.*) -->$`).FindStringSubmatch(b.before); m != nil {
					prepare, ok := scenes[m[1]]
					if !ok {
						t.Fatalf("unknown scene %q before:\n%s", m[1], b.text)
					}
					environment = append(environment, prepare(t, s)...)
				}
				if b.language == "sh" {
					s.runScript(t, environment, b.text)
				} else {
					s.runSession(t, environment, b.text)
				}
			}
		})
	}
}

// stage is the environment in which the commands of a page run.
type stage struct {
	page, folder string
	environment  []string
	server       *moto.Shared
	accounts     map[string][]string // the variables of the accounts and clusters that were prepared, by name
	config       aws.Config          // for the test's own requests to the account
}

// newStage creates a home folder with the program, and with replacements for
// the other programs on the pages.
func newStage(t *testing.T, page string) *stage {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{page: page, folder: t.TempDir(), accounts: map[string][]string{}}
	if err := os.MkdirAll(filepath.Join(s.folder, ".real"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(s.folder, ".real", "capaboot")); err != nil { // see TestMain
		t.Fatal(err)
	}
	s.write(t, "capaboot", "#!/bin/sh\n\"$HOME/.real/capaboot\" \"$@\"\ncode=$?\necho $code \"$@\" >>\"$HOME/.codes\"\nexit $code\n", 0o700)
	s.write(t, "make", "#!/bin/sh\n", 0o700)
	s.write(t, "clusterctl", "#!/bin/sh\n", 0o700)
	s.write(t, "kubectl", "#!/bin/sh\nif [ \"$1\" = get ]; then cat \"$HOME/secret.yaml\"; else cat >/dev/null; fi\n", 0o700)
	// Without EKS, because moto 5.2 does not attach AWS managed policies to a
	// role.
	s.write(t, "iam.yaml", configurationHeader+"spec:\n  eks: {disable: true}\n", 0o600)
	s.environment = []string{
		"PATH=" + s.folder + ":" + os.Getenv("PATH"), "HOME=" + s.folder, "AWS_EC2_METADATA_DISABLED=true",
		"HTTPS_PROXY=http://127.0.0.1:9", "GOCOVERDIR=" + os.Getenv("GOCOVERDIR"),
	}
	return s
}

// write writes a file into the home folder. The name may begin with "~/".
func (s *stage) write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	path := filepath.Join(s.folder, strings.TrimPrefix(name, "~/"))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// run runs a command line in sh, and returns its stdout and stderr together.
func (s *stage) run(t *testing.T, environment []string, command string) (output string, failed error) {
	t.Helper()
	shell := exec.CommandContext(t.Context(), "sh", "-c", command)
	shell.Dir, shell.Env = s.folder, environment
	got, err := shell.CombinedOutput()
	return string(got), err
}

// runSession runs the commands of a console block, and compares their output
// with the page.
func (s *stage) runSession(t *testing.T, environment []string, text string) {
	t.Helper()
	for _, session := range strings.Split("\n"+text, "\n$ ")[1:] {
		command, want, _ := strings.Cut(session, "\n")
		if file, ok := strings.CutPrefix(command, "cat "); ok {
			s.write(t, file, strings.TrimSuffix(want, "\n")+"\n", 0o600)
			continue
		}
		got, _ := s.run(t, environment, command) // if the exit code matters, the block prints it with echo
		got = strings.ReplaceAll(got, s.folder, "/home/ann")
		if !matchesOutput(normalize(strings.TrimSuffix(want, "\n")), normalize(strings.TrimSuffix(got, "\n"))) {
			t.Errorf("$ %s\nprints:\n%s\n%s shows:\n%s", command, got, s.page, want)
		}
	}
}

// runScript runs an sh block. Every run of capaboot in it must exit with 0 or
// 3.
func (s *stage) runScript(t *testing.T, environment []string, text string) {
	t.Helper()
	codes := filepath.Join(s.folder, ".codes")
	os.Remove(codes)
	output, err := s.run(t, environment, text)
	exits, _ := os.ReadFile(codes)
	if len(exits) == 0 {
		t.Errorf("%s: no capaboot was run: %v\n%s\n%s", s.page, err, text, output)
	}
	for line := range strings.Lines(string(exits)) {
		if code, command, _ := strings.Cut(line, " "); code != "0" && code != "3" {
			t.Errorf("%s: exit code %s of capaboot %s%s", s.page, code, command, output)
		}
	}
}

// volatilePatterns maps patterns of text that differs from run to run to a
// replacement.
var volatilePatterns = map[string]string{
	`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z`:                 "TIME",
	`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f-]{17}\b`: "ID",
	`\bin ([0-9]+h)?([0-9]+m)?[0-9.]+s\b`:                   "in DURATION",
	`\[[0-9]+/[0-9]+\] +[0-9]+s`:                            "PROGRESS",
	`(ACCESS_KEY_ID|access key ID: ) *[*A-Z0-9]+`:           "$1 KEY",
	`capaboot-[0-9a-f]{8,}`:                                 "capaboot-ID",
}

// normalize replaces text that differs from run to run.
func normalize(text string) string {
	for pattern, replacement := range volatilePatterns {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, replacement)
	}
	return text
}

// matchesOutput reports whether the output matches the page line by line. A
// line "..." on the page matches one or more lines.
func matchesOutput(want, got string) bool {
	var pattern strings.Builder
	for _, line := range strings.Split(want, "\n") {
		if line == "..." {
			pattern.WriteString(`(?:.*\n)+?`)
			continue
		}
		pattern.WriteString(regexp.QuoteMeta(line) + `\n`)
	}
	return regexp.MustCompile(`^` + pattern.String() + `$`).MatchString(got + "\n")
}
