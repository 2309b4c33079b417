// Measures a review of very many policies.

package review

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"capaboot/internal/awsfolder"
	"capaboot/policies/document"
)

// BenchmarkManagedPolicies reads and reviews every AWS managed policy, as they
// are in one folder. The first round also decodes the data on all services.
func BenchmarkManagedPolicies(b *testing.B) {
	folder := awsfolder.Make(b)
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var report *Report
	var sets []*document.Set
	for b.Loop() {
		sets = make([]*document.Set, 0, len(paths))
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
		if report, err = Review(document.Merge(sets...), Options{}); err != nil {
			b.Fatal(err)
		}
	}
	// What is alive then: policies, report and the data on all services.
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.HeapAlloc)/(1<<20), "MiB-alive")
	b.ReportMetric(float64(len(paths)), "policies")
	b.ReportMetric(float64(len(report.Findings)), "findings")
	runtime.KeepAlive(sets)
}

// BenchmarkDefaultConfiguration reviews what CAPA's own tool makes by default.
func BenchmarkDefaultConfiguration(b *testing.B) {
	set := defaultSet(b)
	for b.Loop() {
		if _, err := Review(set, Options{Settings: &defaultSettings}); err != nil {
			b.Fatal(err)
		}
	}
}
