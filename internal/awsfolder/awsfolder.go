// Package awsfolder provides a folder with the newest document of every AWS
// managed policy. Only benchmarks import it.
package awsfolder

import (
	"context"
	"fmt"
	"os/exec"
	"testing"
)

// Write writes the documents to a folder. It runs the generator of the
// authorization data, which needs the npm package with the policies.
func Write(ctx context.Context, folder string) error {
	out, err := exec.CommandContext(ctx, "go", "run", "capaboot/policies/authz/internal/generate", "-managed-policies", folder).CombinedOutput()
	if err != nil {
		return fmt.Errorf("writing the AWS managed policies: %w\n%s", err, out)
	}
	return nil
}

// New writes a folder, which is removed when the benchmark ends. If [Write]
// fails, for example because the npm package is not available, New skips the
// benchmark and prints the reason.
func New(b testing.TB) string {
	b.Helper()
	folder := b.TempDir()
	if err := Write(b.Context(), folder); err != nil {
		b.Skipf("skipped: %v", err)
	}
	return folder
}
