// Measures a review of very many policies.

package review

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"capaboot/internal/awspolicies"
	"capaboot/policies/document"
)

// BenchmarkManagedPolicies reads and reviews every AWS managed policy, as they
// are in one folder. The first round also decodes the data on all services.
func BenchmarkManagedPolicies(b *testing.B) {
	folder := awspolicies.Folder(b)
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	findings := 0
	for b.Loop() {
		sets := make([]*document.Set, 0, len(paths))
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				b.Fatal(err)
			}
			set, err := document.ReadSet(filepath.Base(path), text)
			if err != nil {
				b.Fatal(err)
			}
			sets = append(sets, set)
		}
		report, err := Review(document.Merge(sets...), Options{})
		if err != nil {
			b.Fatal(err)
		}
		findings = len(report.Findings)
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.Sys)/(1<<20), "MiB-sys")
	b.ReportMetric(float64(len(paths)), "policies")
	b.ReportMetric(float64(findings), "findings")
}
