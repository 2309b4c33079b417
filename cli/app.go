// Package cli is the command line of capaboot. The file of a command has its
// options, its flags, the calls into other packages, and the printing of the
// result. Small commands that belong together share a file.
//
// Results go to stdout, messages to stderr. The exit codes are constants in
// app.go.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/internal/buildinfo"
	"capaboot/internal/commandline"
	"capaboot/internal/commandline/words"
	"capaboot/internal/complete"
	"capaboot/internal/deadline"
	"capaboot/internal/secrecy"
	"capaboot/internal/terminal"
)

// Process has the arguments, streams and environment of a run.
type Process struct {
	// Args are the arguments. The first is the name that the user called the
	// program by.
	Args   []string
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// Environment looks up variables and the home directory.
	Environment credentials.Environment
	// Build describes the build of the program.
	Build buildinfo.Build
}

// The exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2 // wrong usage, or an invalid configuration
	exitUnexpected  = 3 // done, and the condition of a flag such as --exit-code is met; or "policy explain" found no denial
	exitInterrupted = 130
	// exitClosed means that the reader of the output closed the pipe. It is the
	// exit code that a shell reports for a program that SIGPIPE ended: 128 plus
	// the signal number.
	exitClosed = 141
)

// Run runs the command in the arguments, and returns the exit code.
func Run(ctx context.Context, p Process) int {
	called := "capaboot"
	if len(p.Args) > 0 && p.Args[0] != "" {
		called = p.Args[0]
	}
	name := printable(commandline.ProgramName(called))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &runner{Process: p, programFile: commandline.FileName(called)}
	r.recordSecrets()
	r.stderr = terminal.NewStream(r.secrets.Writer(p.Stderr), ctx.Done(), func() { cancel(terminal.ErrClosed) })
	r.talk = terminal.Talk{W: r.stderr, Name: name, Width: func() int { return terminal.Width(p.Stderr) },
		Hide: func(text string) string { return r.secrets.HideReport(text, false) }}
	r.questions = &terminal.Questions{In: p.Stdin, Shown: p.Stderr, Out: r.stderr}
	return r.exitCode(ctx, r.run(ctx, name))
}

// exitCode prints the error or the finding with which the run ended, if any,
// and returns the exit code. It prints nothing when the reader of the output
// has closed the pipe. ctx is the context of the run, without the timeout of a
// command.
func (r *runner) exitCode(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return exitDone
	case isUnexpectedResult(err):
		r.talk.Say("%s", printable(err.Error()))
		r.talk.Hints(err)
		return exitUnexpected
	case errors.Is(err, terminal.ErrClosed), errors.Is(context.Cause(ctx), terminal.ErrClosed):
		return exitClosed
	case ctx.Err() != nil:
		r.talk.Error(errors.New("interrupted"))
		r.talk.Hints(err)
		return exitInterrupted
	case errors.Is(err, deadline.ErrTimeout):
		r.talk.Error(timeoutFirst(err))
		return exitFailed
	}
	r.talk.Error(withNextStep(err, r.command))
	if usage := (usageError{}); errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// timeoutFirst removes the words before the timeout from a usage error, such as
// "loading configuration", so that the message begins with the timeout and the
// slow step.
func timeoutFirst(err error) error {
	if _, ok := errors.AsType[usageError](err); ok {
		if timeout, ok := errors.AsType[*deadline.Ended](err); ok {
			return timeout
		}
	}
	return err
}

// unexpectedResult ends a run that succeeded, with exit code 3. Its text says which
// condition of a flag such as --exit-code is met, or that "policy explain" found no
// denial.
type unexpectedResult string

func unexpectedResultf(format string, args ...any) error {
	return unexpectedResult(fmt.Sprintf(format, args...))
}

func (f unexpectedResult) Error() string { return string(f) }

func isUnexpectedResult(err error) bool {
	_, ok := errors.AsType[unexpectedResult](err)
	return ok
}

// runner is one run of the program.
type runner struct {
	Process
	programFile string           // the base name of the program: "kubectl-capa"
	stderr      *terminal.Stream // writes to Stderr until the run ends
	talk        terminal.Talk
	questions   *terminal.Questions
	// secrets holds the secrets in the arguments and variables, and in profiles
	// passed to hideProfile. All output hides them, except for results that
	// writeRaw writes.
	secrets secrecy.Known
	// configuration is the file of --config; nil until it has been read.
	configuration *configurationFile
	shownWarnings []string // the warnings that warnOnce has printed
	usedFlags     []string // see markUsed
	command       string   // the command as the user called it, for hints: "capaboot policy review"
}

// recordSecrets records the secrets among the arguments, and in each variable
// that the run looks up.
func (r *runner) recordSecrets() {
	for i, arg := range r.Args {
		if i > 0 {
			r.secrets.Add(arg)
		}
	}
	if lookup := r.Environment.Lookup; lookup != nil {
		r.Environment.Lookup = func(name string) (string, bool) {
			value, ok := lookup(name)
			r.secrets.AddVariable(name, value)
			return value, ok
		}
	}
}

func (r *runner) run(ctx context.Context, name string) error {
	if complete.IsRequest(r.programFile, r.Args[min(1, len(r.Args)):]) {
		return r.complete(ctx, r.app(name))
	}
	command, err := commandline.Run(ctx, func(path ...string) *cli.App { return r.app(name, path...) }, r.Args,
		func(help []byte) error {
			return r.write(ctx, []byte(terminal.FitHelp(string(help), terminal.Width(r.Stdout))))
		},
		func(ignored string) { r.talk.Warn("%s", ignored) })
	r.command = command
	if _, isUsageError := errors.AsType[*commandline.Error](err); isUsageError {
		return usageError{err}
	}
	return err
}

// app builds the program with the command or group that path names, or with all
// commands; see [commandline.Pick].
func (r *runner) app(name string, path ...string) *cli.App {
	app := &cli.App{
		Name:     name,
		HelpName: name,
		Usage:    "prepare an AWS account for Cluster API Provider AWS (CAPA)",
		Description: `Use this program to create the IAM roles and policies that CAPA needs, to encode
the credentials of the management cluster, and to review permissions. The
program replaces "clusterawsadm bootstrap" and "clusterawsadm controller":
commands, flags, configuration and stack are the same.`,
		Writer:    r.Stdout,
		ErrWriter: r.stderr,
		Flags:     globalFlags(),
		Commands: commandline.Pick(path, []commandline.Maker{
			{Name: "bootstrap", Make: r.bootstrapGroup},
			{Name: "controller", Make: func([]string) *cli.Command { return r.controllerGroup() }},
			{Name: "policy", Make: func([]string) *cli.Command { return r.policyGroup() }},
			{Name: "completion", Make: func([]string) *cli.Command { return r.completionCommand() }},
			{Name: "version", Make: func([]string) *cli.Command { return r.versionCommand() }},
		}),
	}
	commandline.Prepare(app, words.All())
	return app
}

func (r *runner) bootstrapGroup(path []string) *cli.Command {
	return commandline.Group("bootstrap", "create the IAM resources, and encode the credentials",
		`Use these commands before "clusterctl init", and when you upgrade CAPA.`, commandline.Pick(path, []commandline.Maker{
			{Name: "credentials", Make: func([]string) *cli.Command {
				return commandline.Group("credentials", "print and inspect the credentials of the management cluster",
					`Use these commands before "clusterctl init", which needs the credentials, and
when CAPA cannot authenticate to AWS.`, r.encodeCommand(), r.inspectCommand(), r.listProfilesCommand(), r.printIdentityGroup())
			}},
			{Name: "iam", Make: func([]string) *cli.Command {
				return commandline.Group("iam", "generate, deploy and verify the IAM resources",
					`Use these commands before you install or upgrade CAPA, and to change the
configuration of the IAM resources.`, r.printConfigCommand(), r.printConfigSchemaCommand(), r.printPolicyCommand(), r.printTemplateCommand(), r.printOperatorPolicyCommand(),
					r.checkCommand(), r.planCommand(), r.deployCommand(), r.verifyCommand(), r.deleteCommand())
			}},
		})...)
}

func globalFlags() []cli.Flag {
	return []cli.Flag{
		// clusterawsadm accepts -v for every command. capaboot accepts it too, so that
		// scripts written for clusterawsadm keep working, but ignores the level.
		&cli.IntFlag{Name: "v", Usage: "accepted for scripts written for clusterawsadm; `LEVEL` has no effect", Value: 2},
	}
}
