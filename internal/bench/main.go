// Command bench measures the program as its users run it, whole processes from
// their start to their end, and prints one table against the budgets. "make bench"
// runs it. It exits with 1 when something is over its budget.
//
//	go run ./internal/bench [-runs 100] [-peer PATH/TO/clusterawsadm] PROGRAM
//
// With the path of clusterawsadm, what both can do is run by both, in turn and in
// the same environment, and the ratio of the two is taken run by run: that holds on
// a machine whose speed changes. Wall times alone mean something on a quiet machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var o options
	flag.IntVar(&o.runs, "runs", 100, "how often each command is run; the long ones are run less")
	flag.StringVar(&o.peer, "peer", "", "the `path` of clusterawsadm, to measure it beside")
	flag.Parse()
	o.program = flag.Arg(0)
	if flag.NArg() != 1 || o.runs < 1 {
		flag.Usage()
		os.Exit(2)
	}
	switch err := run(ctx, o); {
	case errors.Is(err, errOver):
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
}

type options struct {
	program, peer string
	runs          int
}

// errOver is the error when something is over its budget, which the table says.
var errOver = errors.New("over budget")

func run(ctx context.Context, o options) error {
	folder, err := os.MkdirTemp("", "capaboot-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	for _, path := range []*string{&o.program, &o.peer} {
		if *path == "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	m, err := newMachine(folder)
	if err != nil {
		return err
	}
	rows, err := m.measure(ctx, o)
	if err != nil {
		return err
	}
	text, over := table(rows, o.peer != "")
	fmt.Print(text)
	if over > 0 {
		return errOver
	}
	return nil
}
