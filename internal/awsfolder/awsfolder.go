// Package awsfolder gives benchmarks a folder with the newest document of every
// AWS managed policy. Only tests import it.
package awsfolder

import (
	"os/exec"
	"testing"
)

// Make returns the folder, which is removed when the benchmark ends. It runs
// the generator of the authorization data; where the package with the policies
// cannot be had, it skips the benchmark and says why.
func Make(b testing.TB) string {
	b.Helper()
	folder := b.TempDir()
	out, err := exec.CommandContext(b.Context(), "go", "run", "capaboot/policies/authz/internal/generate", "-managed-policies", folder).CombinedOutput()
	if err != nil {
		b.Skipf("skipped: no AWS managed policies: %v\n%s", err, out)
	}
	return folder
}
