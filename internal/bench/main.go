// Command bench measures the program as users run it, as whole processes, and
// prints one table with the budgets. "make bench" runs it. It exits with 1 if a
// budget is exceeded.
//
//	go run ./internal/bench [-runs 100] [-peer PATH/TO/clusterawsadm] PROGRAM
//
// With the path of clusterawsadm, the commands that both have are run
// alternately in the same environment, and the ratio is calculated run by run,
// so that it is valid even if the speed of the machine changes. Wall times
// alone are meaningful only on an idle machine.
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
	flag.IntVar(&o.runs, "runs", 100, "how often each command is run; long ones are run less often")
	flag.StringVar(&o.peer, "peer", "", "the `path` of clusterawsadm, to measure it too")
	flag.Parse()
	o.program = flag.Arg(0)
	if flag.NArg() != 1 || o.runs < 1 {
		flag.Usage()
		os.Exit(2)
	}
	switch err := run(ctx, o); {
	case errors.Is(err, errOverBudget):
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

// errOverBudget is the error if a budget is exceeded. The table shows which
// one.
var errOverBudget = errors.New("over budget")

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
		return errOverBudget
	}
	return nil
}
