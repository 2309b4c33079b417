// Package buildinfo has the version of the program, with its commit and the
// date of the commit, and what "version" reports about them.
package buildinfo

import (
	"cmp"
	"fmt"
	"runtime"
	"strings"
	"time"
)

// Build identifies the program. Empty fields are unknown.
type Build struct {
	Version string // "v0.1.0"
	Commit  string
	Date    string // of the commit, in the format of RFC 3339
}

// The linker sets these variables in builds with make and GoReleaser; they are
// empty in other builds.
var version, commit, date string

// Linked returns the build that the linker recorded in the program.
func Linked() Build { return Build{version, commit, date} }

// IsComplete reports whether no field is unknown.
func (b Build) IsComplete() bool { return b.Version != "" && b.Commit != "" && b.Date != "" }

// Report is the output of "version". The fields of awsProviderVersion have the
// names of clusterawsadm's output, for scripts that read it.
type Report struct {
	Version           string `json:"version"`
	Commit            string `json:"commit"`
	BuildDate         string `json:"buildDate"`
	GoVersion         string `json:"goVersion"`
	Platform          string `json:"platform"`
	NewestCAPARelease string `json:"newestCAPARelease"`

	AWSProviderVersion struct {
		Major      string `json:"major"`
		Minor      string `json:"minor"`
		GitVersion string `json:"gitVersion"`
		GitCommit  string `json:"gitCommit"`
		BuildDate  string `json:"buildDate"`
		GoVersion  string `json:"goVersion"`
		Compiler   string `json:"compiler"`
		Platform   string `json:"platform"`
	} `json:"awsProviderVersion"`
}

// Report returns the report of a program whose newest CAPA release is
// newestRelease.
func (b Build) Report(newestRelease string) Report {
	date := b.Date
	if parsed, err := time.Parse(time.RFC3339, date); err == nil {
		date = parsed.UTC().Format(time.RFC3339) // git writes +00:00, the toolchain Z
	}
	report := Report{
		Version: cmp.Or(b.Version, "unknown"), Commit: cmp.Or(b.Commit, "unknown"), BuildDate: cmp.Or(date, "unknown"),
		GoVersion: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		NewestCAPARelease: newestRelease,
	}
	peer := &report.AWSProviderVersion
	peer.GitVersion, peer.GitCommit, peer.BuildDate = report.Version, report.Commit, report.BuildDate
	peer.GoVersion, peer.Platform, peer.Compiler = report.GoVersion, report.Platform, runtime.Compiler
	if numbers := strings.Split(strings.TrimPrefix(report.Version, "v"), "."); len(numbers) >= 2 {
		peer.Major, peer.Minor = numbers[0], numbers[1]
	}
	return report
}

// Text returns the report as "version" prints it.
func (r Report) Text() string {
	return fmt.Sprintf("version:             %s\ncommit:              %s\nbuilt:               %s\nGo:                  %s %s\nnewest CAPA release: %s\n",
		r.Version, r.Commit, r.BuildDate, r.GoVersion, r.Platform, r.NewestCAPARelease)
}
