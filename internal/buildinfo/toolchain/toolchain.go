// Package toolchain describes a program that was built without our Makefile,
// such as by "go install". It imports runtime/debug, so it is separate from
// package buildinfo: package early imports buildinfo, and must not wait for
// runtime/debug.
package toolchain

import (
	"runtime/debug"

	"capaboot/internal/buildinfo"
)

// Complete returns the build, with its empty fields filled from the build
// information of the Go toolchain.
func Complete(b buildinfo.Build) buildinfo.Build {
	if b.IsComplete() {
		return b
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	fill(&b.Version, info.Main.Version)
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			fill(&b.Commit, setting.Value)
		case "vcs.time":
			fill(&b.Date, setting.Value)
		}
	}
	return b
}
