// Tests that the work grows only linearly with the text. They count
// allocations, not time.

package denial

import (
	"runtime"
	"strings"
	"testing"
)

// TestOperationOfUnknownServiceIsLookedUp checks that an operation is looked up
// by name. A search in all actions of all services would allocate thousands of
// times.
func TestOperationOfUnknownServiceIsLookedUp(t *testing.T) {
	if got := actionOf("", "runinstances"); got != "ec2:RunInstances" {
		t.Errorf("got %q", got)
	}
	for _, operation := range []string{"RunInstances", "NoSuchOperation", "TagResource"} {
		if n := testing.AllocsPerRun(5, func() { actionOf("", operation) }); n > 50 {
			t.Errorf("%s: %v allocations", operation, n)
		}
	}
}

// A denial that is repeated in one line must not be compared with the whole
// line before it.
func TestRepeatedDenialInOneLine(t *testing.T) {
	const sentence = "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: s3:GetObject "
	text := []byte(strings.Repeat(sentence, 4000))
	Read(text[:len(sentence)]) // compiles the expressions
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	found := Read(text)
	runtime.ReadMemStats(&after)
	if len(found.Denials) != 1 {
		t.Errorf("%d denials", len(found.Denials))
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 100<<20 {
		t.Errorf("%d MiB allocated for %d KiB", n>>20, len(text)>>10)
	}
}
