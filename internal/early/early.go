// Package early runs "version" before the clients of AWS and Kubernetes are
// initialized. Packages encode and template do the same for "bootstrap
// credentials encode-as-profile" and "bootstrap iam
// print-cloudformation-template".
//
// Most of the time of a short command is the initialization of packages that it
// does not use. Go initializes packages in the order of their import paths, but
// each only after the packages that it imports
// (https://go.dev/ref/spec#Program_initialization). A package that imports
// little is therefore initialized before the clients, which need net/http.
// These three packages run a command in their init functions, which nothing
// else in this module may do. They are separate so that each waits only for
// what its command needs. A test checks that no client was initialized by then.
//
// Package cli has the commands in full. A command line runs early only if
// package cli would write the same bytes; tests compare the two. Main runs all
// other command lines with package cli: those with a flag that these packages
// do not know, with an error or a hint, or with output to a terminal, for which
// text is wrapped.
package early

import (
	"os"
	"slices"

	"capaboot/internal/buildinfo"
	"capaboot/policies/catalog/compiled"
)

func init() {
	if output, ok := Version(os.Args); ok {
		output.WriteAndExit()
	}
}

// Lookup returns the value of an environment variable, like os.LookupEnv.
type Lookup func(name string) (string, bool)

// Get returns the value of a variable; "" when it is not set.
func (l Lookup) Get(name string) string {
	value, _ := l(name)
	return value
}

// Arguments returns the name by which the program was called, without the
// folder, and the arguments after it. ok is false unless that name is capaboot
// or clusterawsadm; it is another for a plugin.
func Arguments(args []string) (name string, rest []string, ok bool) {
	if len(args) == 0 {
		return "", nil, false
	}
	name = args[0]
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '/' {
			name = name[i+1:]
			break
		}
	}
	return name, args[1:], name == "capaboot" || name == "clusterawsadm"
}

// Version returns the output of "version". ok is false when package cli has to
// run the command line.
func Version(args []string) (output Output, ok bool) {
	_, rest, ok := Arguments(args)
	build := buildinfo.Linked()
	if !ok || !slices.Equal(rest, []string{"version"}) || !build.IsComplete() {
		return Output{}, false
	}
	return Output{Stdout: build.Report(compiled.NewestRelease()).Text()}, true
}
