// version

package cli

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/internal/commandline"
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

type versionOptions struct {
	format          string // "" for text
	short, licenses bool
}

func (r *runner) versionCommand() *cli.Command {
	var o versionOptions
	format := commandline.ChoiceFlag(&o.format, "output", "", "`FORMAT`: yaml, json or short", "yaml", "json", "short")
	format.Aliases = []string{"o"}
	return &cli.Command{
		Name:  "version",
		Usage: "print the version, and the newest CAPA release it knows",
		Description: `--licenses prints the licenses and notices of everything that the program
contains instead: modules, the Go standard library, and data.`,
		Flags: []cli.Flag{
			format,
			commandline.SwitchFlag(&o.short, "short", "print the version alone, as -o short"),
			commandline.SwitchFlag(&o.licenses, "licenses", "print the licenses of what the program contains"),
		},
		Action: func(c *cli.Context) error {
			o.short = o.short || o.format == "short"
			if o.licenses {
				return r.printLicenses(c.Context, o)
			}
			return r.version(c.Context, o)
		},
	}
}

func (r *runner) version(ctx context.Context, o versionOptions) error {
	catalogue, err := catalog.Load()
	if err != nil {
		return err
	}
	report := newVersionReport(r.Build.orBuildInfo(), catalogue.Newest())
	switch {
	case o.short:
		return r.write(ctx, []byte(report.Version+"\n"))
	case o.format != "":
		return r.writeFormatted(ctx, o.format, report)
	}
	return r.write(ctx, fmt.Appendf(nil, "version:             %s\ncommit:              %s\nbuilt:               %s\nGo:                  %s %s\nnewest CAPA release: %s\n",
		report.Version, report.Commit, report.BuildDate, report.GoVersion, report.Platform, report.NewestCAPARelease))
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

func (r *runner) printLicenses(ctx context.Context, o versionOptions) error {
	if o.short {
		return usagef("--licenses and a short version exclude each other: leave one of them out")
	}
	all, err := licenses.All()
	if err != nil {
		return err
	}
	if o.format == "" {
		return r.write(ctx, []byte(licenses.Text(all)))
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
	return r.writeFormatted(ctx, o.format, list)
}
