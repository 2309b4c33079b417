// The settings of the process that runs the chaos tests.

package chaos_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain makes garbage collection less frequent, because most garbage is
// templates and responses, which are short-lived.
func TestMain(m *testing.M) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	os.Exit(m.Run())
}
