// Tests that every error about a file, a flag or an argument has a hint.

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"capaboot/credentials"
	"capaboot/internal/commandline"
	"capaboot/internal/terminal"
)

// TestEveryInputErrorHasAHint passes wrong inputs to the commands that read a file:
// a missing file, a folder, an empty file, an invalid file, and a valid file with
// other content.
func TestEveryInputErrorHasAHint(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"empty.yaml": "", "broken.yaml": "a: [1\nb: {", "broken.json": `{"Statement": [`, "other.yaml": "hello: world\n", "other.json": `{"a": 1}`,
		"policy.json": `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}]}`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("folder", 0o700); err != nil {
		t.Fatal(err)
	}
	const (
		argument    = "hint: pass a file, a folder, release:VERSION, the ARN of an AWS managed policy, deployed or - (standard input); to write the template"
		policy      = "hint: pass a file, a folder, the ARN of an AWS managed policy or - (standard input); to write the template"
		document    = "hint: pass a file with one policy document"
		suppression = "hint: pass a file with suppressions; to write one: capaboot policy review --write-suppressions FILE"
		config      = "print-config >"
		position    = "hint: correct the file at the position in the error, or just before it"
	)
	for _, command := range []struct {
		args    string // FILE stands for the file
		prefix  string // how an error without a line number begins
		missing string // the hint for a missing file
		broken  string // the hint for a file that is not valid
	}{
		{"policy review FILE", "", argument, position},
		{"policy diff FILE", "", argument, position},
		{"policy diff release:v2.9 FILE", "", argument, position},
		{"policy explain ec2 --policy FILE", "--policy: ", policy, position},
		{"policy simulate --action ec2:RunInstances --policy FILE", "--policy: ", policy, position},
		{"policy simulate --action ec2:RunInstances --role x --policy FILE", "--policy: ", policy, position},
		{"policy simulate --action ec2:RunInstances --policy policy.json --boundary FILE", "--boundary: ", document, position},
		{"policy review --suppressions FILE", "--suppressions: ", suppression, position},
		{"bootstrap credentials print-identity role --role-arn arn:aws:iam::111122223333:role/x --inline-policy FILE", "--inline-policy: ", document, position},
		{"bootstrap iam print-policy --config FILE", "loading configuration: ", config, "print-config"},
		{"bootstrap iam check --config FILE", "loading configuration: ", config, "print-config"},
		{"policy review --config FILE", "loading configuration: ", config, "print-config"},
	} {
		for file, hint := range map[string]string{
			"nothing-like-it": command.missing, "broken.yaml": command.broken, "broken.json": command.broken,
			"folder": "hint: ", "empty.yaml": "hint: ", "other.yaml": "hint: ", "other.json": "hint: ",
		} {
			args := strings.Fields(strings.ReplaceAll(command.args, "FILE", file))
			_, stderr, code := run(t, nil, nil, args...)
			first, _, _ := strings.Cut(stderr, "\n")
			if code != exitUsage || !strings.Contains(stderr, hint) {
				t.Errorf("%v: exit code %d, want the hint %q:\n%s", args, code, hint, stderr)
			}
			if file == "nothing-like-it" && first != "capaboot: error: "+command.prefix+file+": no such file" {
				t.Errorf("%v: %s", args, first)
			}
		}
	}
}

// TestNothingToReviewHasAHint: a template without policies is valid, but there
// is nothing to review or compare.
func TestNothingToReviewHasAHint(t *testing.T) {
	file := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(file, []byte("Resources: {B: {Type: AWS::S3::Bucket}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"policy", "review", file}, {"policy", "diff", file, file}} {
		_, stderr, code := run(t, nil, nil, args...)
		if code != exitUsage || !strings.Contains(stderr, "so there is nothing to ") || !strings.Contains(stderr, "hint: pass a file, a folder, release:VERSION") {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
	}
}

// TestEveryUsageErrorHasAHint runs every command without arguments, with unexpected
// ones, and with each of its flags: with a wrong value, an empty value, and no value.
func TestEveryUsageErrorHasAHint(t *testing.T) {
	t.Chdir(t.TempDir())
	refused := 0
	check := func(args []string) {
		_, stderr, code := runRefused(t, nil, args...)
		if code == exitDone {
			return
		}
		refused++
		if strings.Contains(stderr, ": error: ") && !strings.Contains(stderr, ": hint: ") {
			t.Errorf("%q has no hint:\n%s", args, stderr)
		}
	}
	for _, command := range commandline.Describe((&runner{}).app("capaboot")).Leaves() {
		args := strings.Fields(command.Path)[1:]
		check(args)
		check(append(slices.Clone(args), "--no-such-flag"))
		check(append(slices.Clone(args), "unexpected", "arguments"))
		for _, flag := range command.Flags {
			if flag.Value == "" {
				continue
			}
			name := "--" + flag.Name()
			check(append(slices.Clone(args), name))
			if name != "--output-file" && name != "--write-suppressions" { // these write files
				check(append(slices.Clone(args), name, "@wrong value!"))
				check(append(slices.Clone(args), name, ""))
			}
		}
	}
	if refused < 300 {
		t.Errorf("only %d calls were refused", refused)
	}
}

// TestHintsOfClasses: errors that are not about an input get the hint of their
// class, and an error with a hint keeps it.
func TestHintsOfClasses(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("writing the result: %w", syscall.ENOSPC), "free space on the file system of the output, or write to another file system"},
		{fmt.Errorf("reading: %w", fs.ErrPermission), "to read the file, or choose another file"},
		{&credentials.Error{Problems: []string{"config:3: invalid value for role_arn"}}, "list-profiles"},
		{usageError{errorWithHint{errors.New("x"), "own"}}, "own"},
		{usageError{joinedErrors{errors.New("x"), errors.New("y")}}, "to list the flags: capaboot version --help"},
		{errors.New("anything else"), ""},
	} {
		if got := strings.Join(terminal.HintsOf(withNextStep(test.err, "capaboot version")), "\n"); !strings.Contains(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%v: the hint is %q, want %q", test.err, got, test.want)
		}
	}
}
