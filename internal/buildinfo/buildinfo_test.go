// Tests of the build date.

package buildinfo

import "testing"

// Builds of the same commit print the same date, whether git or the toolchain
// wrote it.
func TestBuildDateIsUTC(t *testing.T) {
	for date, want := range map[string]string{
		"2026-11-29T15:04:05+00:00": "2026-11-29T15:04:05Z",
		"2026-11-29T17:04:05+02:00": "2026-11-29T15:04:05Z",
		"2026-11-29T15:04:05Z":      "2026-11-29T15:04:05Z",
		"yesterday":                 "yesterday",
		"":                          "unknown",
	} {
		report := Build{Date: date}.Report("v2.10.0")
		if report.BuildDate != want || report.AWSProviderVersion.BuildDate != want {
			t.Errorf("%q: build date %q, and %q for clusterawsadm, want %q", date, report.BuildDate, report.AWSProviderVersion.BuildDate, want)
		}
	}
}
