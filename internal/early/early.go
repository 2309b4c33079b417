// Package early runs the shortest command lines before the clients of AWS and
// Kubernetes are initialized: "version", "bootstrap credentials encode-as-profile"
// with keys in environment variables, and "bootstrap iam print-cloudformation-template", each
// without flags.
//
// Most of the time of a short command is the initialization of packages that it
// does not use. Go initializes packages in the order of their import paths, but
// each only after the packages that it imports
// (https://go.dev/ref/spec#Program_initialization). A package that imports
// little is therefore initialized before the clients, which need net/http. This
// package runs a command in its init function, which nothing else in this module
// may do. It must not import a package that waits for others, such as regexp,
// encoding/json or runtime/debug. A test checks how many packages are initialized
// by then.
//
// Package cli has the commands in full. A command line runs early only if
// package cli would write the same bytes; tests compare the two. Main runs all
// other command lines with package cli: those with a flag, with an error or a
// hint, or with output to a terminal, for which text is wrapped.
package early

import (
	"os"
	"slices"

	"capaboot/internal/buildinfo"
	"capaboot/policies/catalog/compiled"
)

func init() {
	for _, run := range []func([]string, Lookup) (Output, bool){Version, Encode, Template} {
		if output, ok := run(os.Args, os.LookupEnv); ok {
			program, _, _ := Arguments(os.Args)
			output.WriteAndExit(program)
		}
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
// folder, and the arguments after it. ok means that the name is capaboot or
// clusterawsadm; a plugin has another name.
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
func Version(args []string, _ Lookup) (output Output, ok bool) {
	_, rest, ok := Arguments(args)
	build := buildinfo.Linked()
	if !ok || !slices.Equal(rest, []string{"version"}) || !build.IsComplete() {
		return Output{}, false
	}
	return Output{Stdout: build.Report(compiled.NewestRelease()).Text()}, true
}
