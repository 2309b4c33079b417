// Package regions has the known regions of AWS. Package arn says what is wrong with the
// name of an unknown region.
package regions

import (
	_ "embed"
	"strings"

	"capaboot/internal/lazy"
)

//go:embed regions.tsv
var table string

// Region is a region of AWS.
type Region struct {
	Partition, Name string
	Place           string // "Europe (Ireland)"
}

var knownRegions = lazy.Value[[]Region]{Make: func() []Region {
	var all []Region
	for line := range strings.Lines(table) {
		if f := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(f) == 3 {
			all = append(all, Region{f[0], f[1], f[2]})
		}
	}
	return all
}}

// All returns the known regions, those of the default partition first. AWS
// opens new regions, so others may exist. Callers share the result and must not
// modify it.
func All() []Region { return knownRegions.Get() }

// IsKnown reports whether a region with this name is known.
func IsKnown(name string) bool {
	return name != "" && strings.Contains(table, "\t"+name+"\t") // the name is the middle column
}
