// Asking: questions to a person at a terminal.

package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// canAsk is whether there is somebody to answer: stdin and stderr are
// terminals.
func (r *runner) canAsk() bool {
	in, ok := r.Stdin.(*os.File)
	return ok && term.IsTerminal(int(in.Fd())) && isTerminal(r.Stderr)
}

// ask puts a question on stderr, and returns the line that is typed, unless
// the run ends first.
func (r *runner) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprintf(r.Stderr, "%s: %s", r.talk.name, printable(question))
	type answer struct {
		line string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		// One byte at a time: what comes after the line is not ours.
		line, err := bufio.NewReaderSize(io.LimitReader(oneByte{r.Stdin}, 4096), 16).ReadString('\n')
		done <- answer{line, err}
	}()
	select {
	case got := <-done:
		if got.err != nil && (got.line == "" || !errors.Is(got.err, io.EOF)) {
			fmt.Fprintln(r.Stderr)
			return "", errors.New("nobody answered")
		}
		return strings.TrimSpace(got.line), nil
	case <-ctx.Done():
		fmt.Fprintln(r.Stderr)
		return "", ctx.Err()
	}
}

// oneByte reads no further than it must.
type oneByte struct{ io.Reader }

func (o oneByte) Read(b []byte) (int, error) { return o.Reader.Read(b[:min(len(b), 1)]) }
