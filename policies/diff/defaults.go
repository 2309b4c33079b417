// Compares the defaults of parameters. A deployment can set a parameter, so the
// sets are first compared for equal values of the parameters. If a default
// changed, the sets are compared again, each with its own defaults.

package diff

import (
	"fmt"
	"maps"
	"slices"

	"capaboot/internal/meter"
	"capaboot/internal/shortlist"
	"capaboot/policies/document"
)

// ChangedDefault is a template parameter whose default changed. Before and After
// are empty if the parameter is secret.
type ChangedDefault struct {
	Parameter, Before, After string
	Secret                   bool
	// Added means that the parameter had no default before, and Removed that it has none
	// now. Without a default, a deployment must pass a value.
	Added, Removed bool
	// File is the template, or "" if there is only one.
	File string
}

// String returns the change as a sentence without a full stop.
func (c ChangedDefault) String() string {
	name := "parameter " + c.Parameter
	if c.File != "" {
		name += " of " + c.File
	}
	value := func(v string) string {
		if c.Secret {
			return ", which is not shown,"
		}
		return fmt.Sprintf(" %q", v)
	}
	switch {
	case c.Added:
		return name + ": the default" + value(c.After) + " is new"
	case c.Removed:
		return name + ": the default" + value(c.Before) + " is removed"
	case c.Secret:
		return name + ": the default" + value("") + " changes"
	}
	return fmt.Sprintf("%s: the default changes from %q to %q", name, c.Before, c.After)
}

// addChangedDefaults adds to the result what changes for a deployment that uses
// the defaults, if some of them changed.
func (result *Result) addChangedDefaults(before, after *document.Set, m *meter.Meter) {
	d := &defaults{meter: m, before: before, after: after, linked: map[*document.Set]bool{}, changedIn: map[*document.Set]parameterNames{}, changed: parameterNames{}, added: parameterNames{}, removed: parameterNames{}}
	d.find()
	if len(d.all) == 0 {
		return
	}
	named := parameterNames{} // the parameters that notes name
	add := func(byDefault Result, parameters parameterNames, note string, gained, lost bool) {
		if result.addNew(byDefault, parameters.note(note), gained, lost) {
			maps.Copy(named, parameters)
		}
	}
	if len(d.changed) > 0 {
		byDefault := compareSets(d.deployed(before, d.changed, d.changed), d.deployed(after, d.changed, nil), m)
		add(byDefault, d.changed, "for a deployment that uses the new default of ", true, true)
	}
	// Without a default, a deployment that passes no value fails. So a new default can
	// only gain permissions, and a removed one can only lose permissions.
	if len(d.added) > 0 {
		byDefault := compareSets(d.deployed(after, d.changed, d.added), d.deployed(after, d.changed.and(d.added), nil), m)
		add(byDefault, d.added, "for a deployment that uses the new default of ", true, false)
	}
	if len(d.removed) > 0 {
		byDefault := compareSets(d.deployed(before, d.changed.and(d.removed), d.removed), d.deployed(before, d.changed, nil), m)
		add(byDefault, d.removed, "for a deployment that used the removed default of ", false, true)
	}
	for _, c := range d.all {
		if named[c.Parameter] || c.isUsed {
			result.Defaults = append(result.Defaults, c.ChangedDefault)
		}
	}
}

type parameterNames map[string]bool

func (n parameterNames) and(others parameterNames) parameterNames {
	all := maps.Clone(n)
	maps.Copy(all, others)
	return all
}

func (n parameterNames) note(text string) string {
	sorted := slices.Sorted(maps.Keys(n))
	return text + shortlist.Few(sorted, shortlist.Shown(len(sorted), 5), func(name string) string { return name })
}

// addNew adds to the result the changes of another comparison that the result
// lacks: gained grants if gained is true, and lost grants if lost is true. It
// reports whether it added any. addNew adds no grants to an unread part that the
// result already has.
func (result *Result) addNew(other Result, note string, gained, lost bool) (hasNew bool) {
	key := func(p Principal, file string) [4]string { return [4]string{p.Kind, p.Name, p.LogicalID, file} }
	places := map[[4]string]int{}
	for i, p := range result.Principals {
		for _, file := range p.files {
			places[key(p, file)] = i
		}
	}
	for _, p := range other.Principals {
		i, isKnown := places[key(p, p.files[0])]
		if isKnown {
			known := &result.Principals[i]
			if p.Kind == UnreadKind {
				continue
			}
			p.Gained, p.Lost = notShown(p.Gained, known.Gained), notShown(p.Lost, known.Lost)
		}
		if !gained {
			p.Gained = []Grant{}
		}
		if !lost {
			p.Lost = []Grant{}
		}
		prependNote(p.Gained, note)
		prependNote(p.Lost, note)
		hasGrants := len(p.Gained)+len(p.Lost) > 0
		isOther := p.Status == Renamed || p.Status == New && gained || p.Status == Removed && lost
		switch {
		case isKnown:
			result.Principals[i].Gained = append(result.Principals[i].Gained, p.Gained...)
			result.Principals[i].Lost = append(result.Principals[i].Lost, p.Lost...)
			hasNew = hasNew || hasGrants
		case isOther || hasGrants:
			result.Principals, hasNew = append(result.Principals, p), true
		}
	}
	return hasNew
}

// notShown returns the grants without the actions that others grant in the same way. For
// a grant with an effect, a different note does not matter.
func notShown(grants, others []Grant) []Grant {
	shown := map[string]bool{}
	for _, g := range others {
		for _, key := range g.keys() {
			shown[key] = true
		}
	}
	rest := []Grant{}
	for _, g := range grants {
		keys := g.keys()
		if len(g.Actions) == 0 && shown[keys[0]] {
			continue
		}
		var actions []Action
		for i, a := range g.Actions {
			if !shown[keys[i]] {
				actions = append(actions, a)
			}
		}
		if len(g.Actions) > 0 && len(actions) == 0 {
			continue
		}
		g.Actions = actions
		rest = append(rest, g)
	}
	return rest
}

// keys returns one text for each action of a grant, or a single text for a grant
// without actions. If two grants have an equal text, they grant the same action in
// the same way, or both have no actions and mean the same.
func (g Grant) keys() []string {
	actions := g.Actions
	g.Actions, g.Statement, g.Of = nil, "", document.Place{}
	if g.Effect != "" {
		g.Note = "" // the note matters only in a grant without an effect
	}
	text := fmt.Sprintf("%+v", g)
	if len(actions) == 0 {
		return []string{text}
	}
	keys := make([]string, len(actions))
	for i, a := range actions {
		keys[i] = text + a.Action
	}
	return keys
}
