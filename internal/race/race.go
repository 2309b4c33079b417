// Package race lets tests skip work under the race detector, which makes them
// up to ten times as slow. Many skipped tests run other processes or a single
// goroutine, in which the detector cannot find anything. Only tests and
// packages for tests import this package.
package race

import "testing"

// Skip skips a test under the race detector and prints the reason. "make test"
// runs the test.
func Skip(t testing.TB, why string) {
	t.Helper()
	if Enabled {
		t.Skipf("skipped under the race detector: %s; \"make test\" runs it", why)
	}
}
