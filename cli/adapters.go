// Adapters for the policy commands, until they call what is behind these.

package cli

import (
	"io"

	"capaboot/internal/terminal"
)

const columns = terminal.Columns

func wrap(text, first, rest string) string { return terminal.Wrap(text, first, rest) }

func isTerminal(stream io.Writer) bool { return terminal.Is(stream) }
