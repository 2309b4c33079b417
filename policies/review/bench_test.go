// Measures the review of all AWS managed policies, and of the default
// configuration.

package review

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"capaboot/internal/awsfolder"
	"capaboot/policies/document"
)

// BenchmarkManagedPolicies reads and reviews all AWS managed policies from one
// folder. The first iteration also decodes the authorization data.
func BenchmarkManagedPolicies(b *testing.B) {
	folder := awsfolder.New(b)
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
	// The live heap at this point: policies, report and authorization data.
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.HeapAlloc)/(1<<20), "MiB-alive")
	b.ReportMetric(float64(len(paths)), "policies")
	b.ReportMetric(float64(len(report.Findings)), "findings")
	runtime.KeepAlive(sets)
}

func BenchmarkDefaultConfiguration(b *testing.B) {
	set := defaultSet(b)
	for b.Loop() {
		if _, err := Review(set, Options{Settings: &defaultSettings}); err != nil {
			b.Fatal(err)
		}
	}
}
