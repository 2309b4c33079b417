// Command capaboot prepares an AWS account for Cluster API Provider AWS.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"capaboot/cli"
	"capaboot/credentials"
	"capaboot/internal/buildinfo"
)

// Set when building; see the Makefile.
var version, commit, date string

func main() {
	// A run is short: the collector waits until the memory is five times of what is
	// in use, which takes a fifth off the CPU of a review. A large input makes it work
	// sooner. $GOGC and $GOMEMLIMIT are for those who know better.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(300 << 20)
	}
	os.Exit(cli.Run(untilSignal(), cli.Process{
		Args:   os.Args,
		Stdin:  os.Stdin,
		Stdout: os.Stdout,
		Stderr: os.Stderr,

		Environment: credentials.ProcessEnvironment(),
		Build:       buildinfo.Build{Version: version, Commit: commit, Date: date},
	}))
}

// ending are the signals that end a run after it has cleaned up: Ctrl-C, kill,
// a terminal that goes away, Ctrl-\.
var ending = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// hangUp is how long another SIGHUP belongs to the first: when a terminal goes
// away, both the kernel and the shell send one.
const hangUp = time.Second

// untilSignal returns a context that ends with the first of these signals. The
// second ends the process at once. What was ignored when the process began,
// such as SIGHUP under nohup, stays so.
func untilSignal() context.Context {
	signals := make(chan os.Signal, 8)
	for _, one := range ending {
		if !signal.Ignored(one) {
			signal.Notify(signals, one)
		}
	}
	// A write to a pipe without a reader would end the process before it has
	// cleaned up. When somebody asks for the signal, the write only fails; the
	// signal itself says nothing, for a broken connection raises it too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		first := <-signals
		begun := time.Now()
		cancel()
		for second := range signals {
			if first == syscall.SIGHUP && second == syscall.SIGHUP && time.Since(begun) < hangUp {
				continue
			}
			os.Exit(130)
		}
	}()
	return ctx
}
