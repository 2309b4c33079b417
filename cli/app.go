// Package cli is the command line of capaboot: one file per command, each with
// its flags, a call into another package, and the printing of the result.
//
// stdout is data, stderr is talk. Exit codes: 0 done, 1 failed, 2 wrong usage
// or invalid configuration, 3 done and found what was asked about, 130
// interrupted, 141 the output is a pipe whose reader has gone.
package cli

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/internal/spell"
	"capaboot/internal/terminal"
	"capaboot/internal/wait"
)

// Process is what a run needs of its process.
type Process struct {
	// Args are the arguments; the first is the name that the program was
	// called by.
	Args   []string
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// Environment finds variables and the home directory.
	Environment credentials.Environment
	// Build says what was built.
	Build Build
}

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitFound       = 3 // done, and found what --exit-code or --fail-on asked about
	exitInterrupted = 130
	// exitClosed is what a shell gives for a program that SIGPIPE ends: 128 and
	// the signal's number.
	exitClosed = 141
)

// Run runs the command that the arguments name, and returns the exit code of
// the process.
func Run(ctx context.Context, p Process) int {
	name := "capaboot"
	if len(p.Args) > 0 && p.Args[0] != "" {
		name = printable(filepath.Base(p.Args[0]))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &runner{Process: p}
	r.stderr = terminal.NewStream(p.Stderr, ctx.Done(), func() { cancel(terminal.ErrClosed) })
	r.talk = talk{r.stderr, name}
	r.questions = &terminal.Questions{In: p.Stdin, Shown: p.Stderr, Out: r.stderr}
	return r.end(ctx, r.run(ctx, name))
}

// end says how the run ended, and returns the exit code. ctx is the run's,
// without the timeout of a command.
func (r *runner) end(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errFound):
		return exitFound
	case errors.Is(err, terminal.ErrClosed), errors.Is(context.Cause(ctx), terminal.ErrClosed):
		return exitClosed
	case ctx.Err() != nil:
		r.talk.error(errors.New("interrupted"))
		for _, hint := range hints(err) {
			r.talk.hint("%s", hint)
		}
		return exitInterrupted
	case errors.Is(err, wait.ErrTimeout):
		r.talk.error(timedOut(err))
		return exitFailed
	}
	r.talk.error(err)
	if usage := (usageError{}); errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// timedOut returns an error of a timeout without what the reading of a
// configuration says around it: it begins with the time, then what took it.
func timedOut(err error) error {
	if _, ok := errors.AsType[usageError](err); ok {
		if ended, ok := errors.AsType[*wait.Ended](err); ok {
			return ended
		}
	}
	return err
}

// errFound ends a run that is done, and found what it was asked about.
var errFound = errors.New("found")

// runner is one run of the program.
type runner struct {
	Process
	stderr    *terminal.Stream // Stderr, for writing
	talk      talk
	questions *terminal.Questions
	// configuration is the file of --config, nil until it is read.
	configuration *configurationFile
}

func (r *runner) run(ctx context.Context, name string) error {
	app := r.app(name)
	arranged, err := arrange(app, r.Args)
	if err != nil {
		return err
	}
	for _, text := range arranged.ignored {
		r.talk.warn("%s", text)
	}
	help := &helpWriter{write: func(text []byte) error { return r.write(ctx, text) }}
	app.Writer = help
	return errors.Join(app.RunContext(ctx, arranged.args), help.err)
}

// helpWriter is where the library writes help; it keeps the error that the
// library loses.
type helpWriter struct {
	write func([]byte) error
	err   error
}

func (w *helpWriter) Write(b []byte) (int, error) {
	if w.err == nil {
		w.err = w.write(b)
	}
	return len(b), w.err
}

func (r *runner) app(name string) *cli.App {
	app := &cli.App{
		Name:     name,
		HelpName: name,
		Usage:    "prepare an AWS account for Cluster API Provider AWS",
		Description: `Generates the IAM roles and policies that Cluster API Provider AWS (CAPA)
needs, as a CloudFormation template, plans and deploys it, and encodes AWS
credentials for its management cluster. Its commands and flags have the names
that they have in "clusterawsadm bootstrap".`,
		HideVersion:     true,
		HideHelp:        true, // see helpFlag
		HideHelpCommand: true,
		// A value may have a comma: --tag, --context.
		DisableSliceFlagSeparator: true,
		Writer:                    r.Stdout,
		ErrWriter:                 r.stderr,
		ExitErrHandler:            func(*cli.Context, error) {},
		Flags:                     globalFlags(),
		Commands: []*cli.Command{
			group("bootstrap", "generate IAM resources and encode credentials",
				group("credentials", "AWS credentials for the management cluster", r.encodeCommand(), r.inspectCommand(), r.listProfilesCommand()),
				group("iam", "IAM resources for CAPA", r.printConfigCommand(), r.printPolicyCommand(), r.printTemplateCommand(),
					r.planCommand(), r.deployCommand(), r.deleteCommand()),
			),
			r.policyGroup(),
			r.versionCommand(),
		},
	}
	app.Action = groupAction
	app.Flags = append(app.Flags, helpFlag())
	prepare(app)
	return app
}

// globalFlags are the flags that every command takes.
func globalFlags() []cli.Flag {
	return []cli.Flag{
		// clusterawsadm takes it everywhere, so that scripts may have it. We
		// have nothing to say at any level that is not said anyway.
		&cli.IntFlag{Name: "v", Usage: "log level, for scripts written for clusterawsadm", Value: 2, Hidden: true},
	}
}

// helpFlag is a flag of its own for each command. The one that the library
// adds by itself is one variable for all, and runs at the same time would
// write to it.
func helpFlag() cli.Flag {
	return &cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "show help", DisableDefaultText: true}
}

// group is a command that only has other commands.
func group(name, usage string, commands ...*cli.Command) *cli.Command {
	return &cli.Command{Name: name, Usage: usage, Subcommands: commands, Action: groupAction, HideHelpCommand: true}
}

// groupAction shows the help of a group, or says that there is no such command
// in it.
func groupAction(c *cli.Context) error {
	if c.NArg() == 0 {
		if c.Command.Name == "" || len(c.Lineage()) < 2 || c.App.Name == c.Command.Name {
			return cli.ShowAppHelp(c)
		}
		return cli.ShowSubcommandHelp(c)
	}
	return unknownCommand(c.Args().First(), c.Command.HelpName, c.Command.Subcommands)
}

func unknownCommand(name, group string, commands []*cli.Command) error {
	var names []string
	for _, command := range commands {
		names = append(names, command.Names()...)
	}
	return usagef("unknown command %q for %q%s", name, group, spell.Allowed(name, names))
}

// prepare makes the library report errors to us instead of printing usage
// texts, and forbids arguments where a command takes none.
func prepare(app *cli.App) {
	app.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return wrongValue(app.Flags, err) }
	walk(app.Commands, func(command *cli.Command) {
		command.HideHelp = true
		command.Flags = append(command.Flags, helpFlag())
		command.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return wrongValue(command.Flags, err) }
		if action := command.Action; len(command.Subcommands) == 0 && !command.Args && command.ArgsUsage == "" {
			command.Action = func(c *cli.Context) error {
				if c.NArg() > 0 {
					return usagef("unexpected argument %q: %s takes none", c.Args().First(), c.Command.HelpName)
				}
				return action(c)
			}
		}
	})
}

func walk(commands []*cli.Command, visit func(*cli.Command)) {
	for _, command := range commands {
		visit(command)
		walk(command.Subcommands, visit)
	}
}
