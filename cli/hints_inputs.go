// Hints about errors that have no hint of their own: errors in a file that an
// argument or a flag names, and errors in the use of the command. Two tables,
// inputKinds and errorClasses, determine the hint.

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"
	"syscall"

	"capaboot/credentials"
	"capaboot/internal/input"
	"capaboot/internal/lazy"
	"capaboot/internal/problem"
	"capaboot/internal/terminal"
)

// inputKind describes what an argument or a flag can name.
type inputKind struct {
	want string // what the user can pass
	next string // the command that writes such an input
}

const (
	argumentInput  = ""             // the key of the arguments of "policy review" and "policy diff"
	inspectedInput = "inspect FILE" // the key of the argument of "bootstrap credentials inspect"
	writeTemplate  = "to write the template of a configuration: capaboot bootstrap iam print-cloudformation-template --config FILE >template.yaml"
	writePolicy    = "to write a policy of CAPA: capaboot bootstrap iam print-policy -o document >policy.json"
)

// inputKinds has the inputs of the commands, by the flag that names them.
var inputKinds = lazy.Value[map[string]inputKind]{Make: func() map[string]inputKind {
	return map[string]inputKind{
		argumentInput:     {"a file, a folder, release:VERSION, the ARN of an AWS managed policy, deployed or - (standard input)", writeTemplate},
		"--policy":        {"a file, a folder, the ARN of an AWS managed policy or - (standard input)", writeTemplate},
		"--boundary":      {"a file with one policy document, the ARN of an AWS managed policy or - (standard input)", writePolicy},
		"--inline-policy": {"a file with one policy document, in JSON", writePolicy},
		"--suppressions":  {"a file with suppressions", "to write one: capaboot policy review --write-suppressions FILE"},
		inspectedInput:    {"a file with credentials or - (standard input)", "to get credentials: capaboot bootstrap credentials encode-as-profile"},
		"--config":        {"a file with an AWSIAMConfiguration", "to write one: capaboot bootstrap iam print-config >FILE"},
	}
}}

// inputError is an error about the input that a flag names, or an argument if
// flag is argumentInput.
type inputError struct {
	error
	flag string
}

func (e inputError) Unwrap() error { return e.error }

// aboutInput returns an [inputError] for each error that err joins. The errors
// begin with the flag.
func aboutInput(err error, flag string) error {
	var all joinedErrors
	for _, e := range terminal.Flatten(err) {
		if flag != argumentInput {
			e = fmt.Errorf("%s: %w", flag, e)
		}
		all = append(all, inputError{e, flag})
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

// errorClass is a class of errors, with the next step for the user.
type errorClass struct {
	name    string // for readers of the table
	ofInput bool   // whether only an [inputError] can be of this class
	is      func(error) bool
	hint    func(kind inputKind, command string) string
}

// errorClasses has the classes of errors, the most specific first.
var errorClasses = [...]errorClass{
	{"a file that may not be read", false, lacksFilePermission, func(inputKind, string) string {
		return "allow " + thisUser() + " to read the file, or choose another file"
	}},
	{"invalid YAML or JSON", true, isSyntaxError, func(inputKind, string) string {
		return "correct the file at the position in the error, or just before it"
	}},
	{"a missing file", true, isMissing, func(kind inputKind, _ string) string { return "pass " + kind.want + "; " + kind.next }},
	{"a mistake at a position in a file", true, hasPosition, func(inputKind, string) string { return "correct the file at the position in the error" }},
	{"a mistake in a whole file", true, isProblem, func(kind inputKind, _ string) string {
		return "correct the file; " + kind.next
	}},
	{"another input", true, isAny, func(kind inputKind, _ string) string { return "pass " + kind.want + "; " + kind.next }},
	{"a full file system", false, isFull, func(inputKind, string) string {
		return "free space on the file system of the output, or write to another file system"
	}},
	{"a wrong value in a profile or a variable", false, isCredentialsError, func(inputKind, string) string {
		return "correct the value, or choose another profile; to see the problems of each profile: capaboot bootstrap credentials list-profiles"
	}},
	{"wrong usage", false, isUsage, func(_ inputKind, command string) string {
		if command == "" {
			return ""
		}
		return "to list the flags: " + command + " --help"
	}},
}

func lacksFilePermission(err error) bool {
	_, isNetwork := errors.AsType[*net.OpError](err)
	return !isNetwork && errors.Is(err, fs.ErrPermission)
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// isCredentialsError reports whether an error is about a setting of the
// credentials. A wrong flag is an error of usage instead.
func isCredentialsError(err error) bool {
	_, ok := errors.AsType[*credentials.Error](err)
	return ok && !isUsage(err)
}

func isSyntaxError(err error) bool {
	p, ok := errors.AsType[problem.Problem](err)
	return ok && p.Syntax && p.Line > 0
}

// hasPosition reports whether an error is about a part of a file. A problem at
// the first character is about the whole file, such as a configuration where a
// policy is wanted.
func hasPosition(err error) bool {
	p, ok := errors.AsType[problem.Problem](err)
	return ok && (p.Line > 1 || p.Column > 1)
}

func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, input.ErrFolder)
}

func isProblem(err error) bool {
	_, ok := errors.AsType[problem.Problem](err)
	return ok
}

func isAny(error) bool { return true }

// withNextStep adds to an error the hint that classHint returns for it. For joined
// errors, it adds the hint of each, without repetitions. An error that has a hint
// stays as it is. command is the command that the user called.
func withNextStep(err error, command string) error {
	if len(terminal.HintsOf(err)) > 0 {
		return err
	}
	usage := isUsage(err) // the joined errors need not be usage errors themselves
	var hints []string
	for _, e := range terminal.Flatten(err) {
		if usage {
			e = usageError{e}
		}
		if hint := classHint(e, command); hint != "" && !slices.Contains(hints, hint) {
			hints = append(hints, hint)
		}
	}
	if len(hints) == 0 {
		return err
	}
	return errorWithHint{err, strings.Join(hints, "\n")}
}

// classHint returns the hint of the first row of errorClasses that matches the
// error; "" when no row does.
func classHint(err error, command string) string {
	e, ofInput := errors.AsType[inputError](err)
	for _, class := range errorClasses {
		if (ofInput || !class.ofInput) && class.is(err) {
			return class.hint(inputKinds.Get()[e.flag], command)
		}
	}
	return ""
}
