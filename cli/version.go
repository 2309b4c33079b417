// version

package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/internal/licenses"
	"capaboot/policies/catalog"
)

// Build says which program this is. Empty fields are unknown.
type Build struct {
	Version string // "v0.1.0"
	Commit  string
	Date    string // RFC 3339
}

// versionReport is what version prints. The fields under awsProviderVersion
// are those of clusterawsadm, for scripts that read them.
type versionReport struct {
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

func (r *runner) version() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version, and the newest CAPA release it knows",
		Description: `--licenses prints the licenses and notices of everything that the program
contains instead: modules, the Go standard library, and data.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FORMAT`: yaml, json or short",
				Action: func(_ *cli.Context, value string) error { return oneOf("output", value, "yaml", "json", "short") }},
			&cli.BoolFlag{Name: "short", DisableDefaultText: true, Usage: "print the version alone, as -o short"},
			&cli.BoolFlag{Name: "licenses", DisableDefaultText: true, Usage: "print the licenses of what the program contains"},
		},
		Action: func(c *cli.Context) error {
			if c.Bool("licenses") {
				return r.printLicenses(c)
			}
			catalogue, err := catalog.Load()
			if err != nil {
				return err
			}
			report := newVersionReport(r.Build.orBuildInfo(), catalogue.Newest())
			switch {
			case c.Bool("short") || c.String("output") == "short":
				return r.print([]byte(report.Version + "\n"))
			case c.String("output") != "":
				return r.print(formatted(c.String("output"), report))
			default:
				return r.print(fmt.Appendf(nil, "version:             %s\ncommit:              %s\nbuilt:               %s\nGo:                  %s %s\nnewest CAPA release: %s\n",
					report.Version, report.Commit, report.BuildDate, report.GoVersion, report.Platform, report.NewestCAPARelease))
			}
		},
	}
}

func newVersionReport(b Build, newest catalog.Release) versionReport {
	report := versionReport{
		Version: cmp.Or(b.Version, "unknown"), Commit: cmp.Or(b.Commit, "unknown"), BuildDate: cmp.Or(b.Date, "unknown"),
		GoVersion: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		NewestCAPARelease: newest.String(),
	}
	peer := &report.AWSProviderVersion
	peer.GitVersion, peer.GitCommit, peer.BuildDate = report.Version, report.Commit, report.BuildDate
	peer.GoVersion, peer.Platform, peer.Compiler = report.GoVersion, report.Platform, runtime.Compiler
	if numbers := strings.Split(strings.TrimPrefix(report.Version, "v"), "."); len(numbers) >= 2 {
		peer.Major, peer.Minor = numbers[0], numbers[1]
	}
	return report
}

// orBuildInfo fills in what the Go toolchain knows of a program that was built
// without our Makefile.
func (b Build) orBuildInfo() Build {
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

// licensed is a part of the program with its license, for programs.
type licensed struct {
	// Kind is program, module, standard library or data.
	Kind string `json:"kind"`
	// Module is the path of a module, "std", or the name of data.
	Module  string `json:"module"`
	Version string `json:"version"`
	// License is an SPDX license expression, Text its text and the notices.
	License string `json:"license"`
	Text    string `json:"text"`
	UsedFor string `json:"usedFor,omitempty"`
}

func (r *runner) printLicenses(c *cli.Context) error {
	if c.Bool("short") || c.String("output") == "short" {
		return usagef("--licenses and a short version exclude each other: leave one of them out")
	}
	all, err := licenses.All()
	if err != nil {
		return err
	}
	if c.String("output") == "" {
		return r.print([]byte(licenses.Text(all)))
	}
	list := []licensed{}
	for _, part := range all {
		version := part.Version
		switch part.Kind {
		case licenses.Program:
			version = cmp.Or(r.Build.orBuildInfo().Version, "unknown")
		case licenses.Standard:
			version = runtime.Version()
		}
		list = append(list, licensed{string(part.Kind), part.Name, version, part.License, part.Text(), part.UsedFor})
	}
	return r.print(formatted(c.String("output"), list))
}
