// Command capaboot prepares an AWS account for Cluster API Provider AWS.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"capaboot/cli"
	"capaboot/credentials"
)

// Set when building; see the Makefile.
var version, commit, date string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends what does not heed the first
	code := cli.Run(ctx, cli.Process{
		Args:   os.Args,
		Stdin:  os.Stdin,
		Stdout: os.Stdout,
		Stderr: os.Stderr,

		Environment: credentials.ProcessEnvironment(),
		Build:       cli.Build{Version: version, Commit: commit, Date: date},
	})
	stop()
	os.Exit(code)
}
