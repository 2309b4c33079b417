// Package race tells tests whether the race detector is on. Under it a test takes
// up to ten times as long, so that those run without it that show nothing to it:
// what happens in another process, or in one goroutine. Only tests import it.
package race

import "testing"

// Skip skips a test under the race detector and says why. "make test" runs it.
func Skip(t testing.TB, why string) {
	t.Helper()
	if Detector {
		t.Skipf("skipped under the race detector: %s; \"make test\" runs it", why)
	}
}
