// What is assumed about the parameters of templates, as notes, and on which parameters a
// template condition depends.

package document

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/shortlist"
)

// String returns the assumption as a sentence without a full stop.
func (a AssumedParameter) String() string { return "parameter " + a.Name + ": " + a.assumption() }

func (a AssumedParameter) assumption() string {
	switch {
	case len(a.Values) > 0:
		text := fmt.Sprintf("all its allowed values (%s) are evaluated, and the worst case counts", strings.Join(a.Values, ", "))
		switch {
		case a.Partial:
			text += "; the parameter is a list: each value alone and the list of all values are evaluated, but not every combination"
		case len(a.Tried) > len(a.Values):
			text += "; the parameter is a list, and every combination is evaluated"
		}
		return text
	case a.EveryBranch:
		return "a deployment can replace the default, so conditions and mappings are evaluated for every value that makes a difference"
	case a.NoValue:
		return "the value is known only at deployment, so every value that makes a difference is evaluated"
	case a.Secret:
		return "capaboot assumes the default value, which is not shown"
	}
	return fmt.Sprintf("capaboot assumes the default value %q", a.Default)
}

// maxAssumedFiles is the limit of [shortlist.Shown] for the files in a note about a
// parameter.
const maxAssumedFiles = 3

// AssumedNotes returns a note for each assumption, with the files of the parameter.
// Parameters with the same name share a note if the same is assumed for them.
func AssumedNotes(all []AssumedParameter) (notes []string) {
	files := map[string][]string{}
	for _, a := range all {
		files[a.String()] = append(files[a.String()], a.File)
	}
	for _, a := range all {
		text := a.String()
		named := files[text]
		if named == nil {
			continue // the note is in the list
		}
		delete(files, text)
		slices.Sort(named)
		if named = slices.Compact(named); named[0] != "" {
			text = "parameter " + a.Name + " of " + shortlist.Sentence(named, shortlist.Shown(len(named), maxAssumedFiles), func(file string) string { return file }) + ": " + a.assumption()
		}
		notes = append(notes, text)
	}
	return notes
}

// DependsOn reports whether a template condition, as in [Statement.When], may depend on a
// parameter.
func (s *Set) DependsOn(condition, parameter string) bool {
	if name, _, ok := ParameterValues(condition); ok {
		return name == parameter
	}
	seen := map[string]bool{}
	var dependsOn func(name string) bool
	dependsOn = func(name string) bool {
		if name == "Ref:"+parameter {
			return true
		}
		if seen[name] {
			return false
		}
		seen[name] = true
		return slices.ContainsFunc(namesIn(s.Definitions[name]), dependsOn)
	}
	if strings.HasPrefix(condition, "${") {
		return slices.ContainsFunc(namesIn(condition), dependsOn)
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(condition, "!"), " of ")
	return dependsOn("Condition:" + name)
}
