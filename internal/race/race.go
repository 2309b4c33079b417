// Package race tells tests whether the race detector is on. Under it a test takes
// up to ten times as long. Tests in which it cannot find anything are skipped: those
// of other processes, or of one goroutine. Only tests import it.
package race

import "testing"

// Skip skips a test under the race detector and says why. "make test" runs it.
func Skip(t testing.TB, why string) {
	t.Helper()
	if Detector {
		t.Skipf("skipped under the race detector: %s; \"make test\" runs it", why)
	}
}
