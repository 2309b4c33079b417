package chaos_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain lets the garbage be collected less often: most of it are templates and
// responses, which live for a moment.
func TestMain(m *testing.M) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	os.Exit(m.Run())
}
