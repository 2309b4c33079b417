// Package early runs the two shortest command lines that pipelines run, before
// the clients of AWS and Kubernetes are initialized: "version" and "bootstrap
// credentials encode-as-profile", both without flags. Package template does the
// same for "bootstrap iam print-cloudformation-template".
//
// Most of the time of a short command is the initialization of packages that it
// does not use. Go initializes packages in the order of their import paths, but
// each only after the packages that it imports
// (https://go.dev/ref/spec#Program_initialization). A package that imports
// little is therefore initialized before the clients, which need net/http. This
// package runs a command in its init function, which nothing else in this module
// may do, and a test checks that no client was initialized by then.
//
// Package cli has the commands in full. This package runs a command line only if
// package cli would write the same output, and nothing else: no other warning,
// error or hint, and no terminal that text is wrapped for. Otherwise it does
// nothing, and main runs the command line. Tests compare the two.
package early

import (
	"os"
	"slices"

	"capaboot/internal/buildinfo"
	"capaboot/policies/catalog/compiled"
)

func init() {
	for _, run := range []func(args []string, lookup Lookup) (Output, bool){Version, Encode} {
		if output, ok := run(os.Args, os.LookupEnv); ok {
			output.WriteAndExit()
		}
	}
}

// Lookup returns the value of an environment variable, like os.LookupEnv.
type Lookup func(name string) (string, bool)

// get returns the value of a variable; "" when it is not set.
func (l Lookup) get(name string) string {
	value, _ := l(name)
	return value
}

// Arguments returns the name of the program in messages, and the arguments after
// the program. ok is false when the program was called by another name, such as
// that of a plugin.
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
