// Tests that a shell reads a quoted word unchanged.

package shell

import (
	"os/exec"
	"testing"
)

func TestWord(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("skipped: there is no sh")
	}
	for _, text := range []string{"", "a", "arn:aws:iam::123456789012:role/x", "two words", "it's", "$HOME", "`id`", "a;b", "-n", "*", "\\", "'", "é", "a\nb"} {
		out, err := exec.CommandContext(t.Context(), sh, "-c", "printf '%s|' "+Word(text)).Output()
		if err != nil || string(out) != text+"|" {
			t.Errorf("Word(%q) is %s, which a shell reads as %q, %v", text, Word(text), out, err)
		}
	}
}
