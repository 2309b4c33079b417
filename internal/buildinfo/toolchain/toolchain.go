// Package toolchain describes a program that was built without our Makefile,
// such as by "go install". It imports runtime/debug, for which package early
// would have to wait.
package toolchain

import (
	"runtime/debug"

	"capaboot/internal/buildinfo"
)

// Complete fills empty fields from the Go toolchain's build information.
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
