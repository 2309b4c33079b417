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
	"capaboot/internal/buildinfo/toolchain"
	_ "capaboot/internal/early" // runs the shortest commands before main
)

func main() {
	// A run is short, so the garbage collector starts only when the heap has
	// grown to five times the live memory. This saves a fifth of the CPU time
	// of a review. With a large input the collector starts earlier, because of
	// the memory limit. $GOGC and $GOMEMLIMIT override these values.
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
		Build:       toolchain.Complete(buildinfo.Linked()),
	}))
}

// handledSignals are the signals on which a run cleans up and then ends. They
// come from Ctrl-C, kill, a closed terminal, and Ctrl-\.
var handledSignals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// hangUpWindow is the time in which a second SIGHUP after a first one is
// ignored. When a terminal closes, both the kernel and the shell send one.
const hangUpWindow = time.Second

// untilSignal returns a context that ends on the first of handledSignals. A
// second one ends the process at once, unless both are SIGHUP and within
// hangUpWindow. Signals that were ignored when the process started, such as
// SIGHUP under nohup, stay ignored.
func untilSignal() context.Context {
	signals := make(chan os.Signal, 8)
	for _, one := range handledSignals {
		if !signal.Ignored(one) {
			signal.Notify(signals, one)
		}
	}
	// When the reader of stdout or stderr has closed the pipe, a write would
	// end the process before it has cleaned up. With this channel for SIGPIPE,
	// the write fails instead. Nothing reads the channel: the error of the write
	// is enough, and a broken network connection raises SIGPIPE too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		first := <-signals
		start := time.Now()
		cancel()
		for second := range signals {
			if first == syscall.SIGHUP && second == syscall.SIGHUP && time.Since(start) < hangUpWindow {
				continue
			}
			os.Exit(130)
		}
	}()
	return ctx
}
