// The list of components in JSON.

package licenses

import (
	"cmp"
	"runtime"
)

// Listed is the JSON form of a component with its license.
type Listed struct {
	// Kind is "program", "module", "standard library" or "data".
	Kind string `json:"kind"`
	// Module is "capaboot", the path of a module, "std", or the name of data.
	Module  string `json:"module"`
	Version string `json:"version"`
	// License is an SPDX license expression. Text has the license and the
	// notices.
	License string `json:"license"`
	Text    string `json:"text"`
	UsedFor string `json:"usedFor,omitempty"`
}

// List returns a list of components. program is the version of the running
// program, or "" if unknown.
func List(components []Component, program string) []Listed {
	list := []Listed{}
	for _, part := range components {
		version := part.Version
		switch part.Kind {
		case Program:
			version = cmp.Or(program, "unknown")
		case Standard:
			version = runtime.Version()
		}
		list = append(list, Listed{string(part.Kind), part.Name, version, part.License, part.Text(), part.UsedFor})
	}
	return list
}
