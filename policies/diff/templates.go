// Finds the parameters whose defaults changed, and reads templates with the
// defaults of their parameters.

package diff

import (
	"maps"
	"slices"
	"strings"

	"capaboot/internal/meter"
	"capaboot/policies/document"
)

// defaults has the defaults that differ between two sets.
type defaults struct {
	before, after *document.Set
	meter         *meter.Meter
	// linked has the templates that have a counterpart in the other set. changedIn
	// has, for each template, the parameters with different defaults.
	linked    map[*document.Set]bool
	changedIn map[*document.Set]parameterNames
	// changed has the parameters with two different defaults, added those with one
	// in the second set only, and removed those with one in the first set only.
	changed, added, removed parameterNames
	all                     []foundDefault
}

type foundDefault struct {
	ChangedDefault
	// isUsed means that one of the two templates depends on the parameter.
	isUsed bool
}

// find compares the defaults of each pair of templates that belong together.
func (d *defaults) find() {
	old, now := d.before.Templates(), d.after.Templates()
	if len(old) == 0 || len(now) == 0 {
		return
	}
	oldKeys, nowKeys := templatesByKey(old), templatesByKey(now)
	isKnown := map[[2]*document.Set]bool{}
	link := func(a, b *document.Set) {
		if a == nil || b == nil || isKnown[[2]*document.Set{a, b}] {
			return
		}
		isKnown[[2]*document.Set{a, b}] = true
		d.compare(a, b, len(old) > 1 || len(now) > 1)
	}
	if len(old) == 1 && len(now) == 1 {
		link(old[0], now[0])
		return
	}
	for _, key := range slices.Sorted(maps.Keys(oldKeys)) {
		for i := range min(len(oldKeys[key]), len(nowKeys[key])) {
			link(oldKeys[key][i], nowKeys[key][i])
		}
	}
	oldOf, nowOf := templatesByPrincipal(old), templatesByPrincipal(now)
	for _, p := range matchPrincipals(d.before, d.after) {
		link(oldOf[p.before], nowOf[p.after])
	}
}

// templatesByKey returns the templates by key. The keys of a template are its
// path in the folder, and the names of its unread parts and credential sources.
func templatesByKey(templates []*document.Set) map[string][]*document.Set {
	all := map[string][]*document.Set{}
	folder := templates[0].File()
	for _, t := range templates {
		for !strings.HasPrefix(t.File(), folder) || folder != "" && !strings.HasSuffix(folder, "/") {
			folder = folder[:strings.LastIndexByte(strings.TrimSuffix(folder, "/"), '/')+1]
		}
	}
	for _, t := range templates {
		keys := map[string]bool{"file\n" + strings.TrimPrefix(t.File(), folder): true}
		for _, u := range t.Unread {
			keys["unread\n"+u.Name()] = true
		}
		for _, s := range t.CredentialSources {
			keys[s.Kind+"\n"+s.Name] = true
		}
		for key := range keys {
			all[key] = append(all[key], t)
		}
	}
	return all
}

// templatesByPrincipal returns the template of each principal.
func templatesByPrincipal(templates []*document.Set) map[*document.Holder]*document.Set {
	all := map[*document.Holder]*document.Set{}
	for _, t := range templates {
		for _, h := range t.Principals {
			all[h] = t
		}
	}
	return all
}

// compare compares the defaults of two templates that belong together.
func (d *defaults) compare(before, after *document.Set, isOneOfSeveral bool) {
	d.linked[before], d.linked[after] = true, true
	isUsed := func(set *document.Set, name string) bool {
		return slices.ContainsFunc(set.AssumedParameters, func(a document.AssumedParameter) bool { return a.Name == name })
	}
	for _, name := range slices.Sorted(maps.Keys(after.Defaults)) {
		d.meter.Spend(1)
		now := after.Defaults[name]
		old, isDeclared := before.Defaults[name]
		if !isDeclared || old.Missing == now.Missing && old.Value == now.Value {
			continue
		}
		c := ChangedDefault{Parameter: name, Added: old.Missing, Removed: now.Missing, Secret: old.Secret || now.Secret}
		if !c.Secret {
			c.Before, c.After = old.Value, now.Value
		}
		if isOneOfSeveral {
			c.File = after.File()
		}
		switch {
		case c.Added:
			d.added[name] = true
		case c.Removed:
			d.removed[name] = true
		default:
			d.changed[name] = true
		}
		for _, set := range []*document.Set{before, after} {
			if d.changedIn[set] == nil {
				d.changedIn[set] = parameterNames{}
			}
			d.changedIn[set][name] = true
		}
		d.all = append(d.all, foundDefault{c, isUsed(before, name) || isUsed(after, name)})
	}
}

// deployed returns a set as it is deployed with the defaults of the parameters in
// named. It changes only templates that have a counterpart. It marks the references and
// conditions that are still unknown and depend on the changed default of a parameter in
// marked.
func (d *defaults) deployed(set *document.Set, named, marked parameterNames) *document.Set {
	replaced := map[*document.Set]*document.Set{}
	for _, t := range set.Templates() {
		if !d.linked[t] {
			continue
		}
		values := map[string]string{}
		references := map[string]bool{}
		for name, v := range t.Defaults {
			if named[name] && !v.Missing && !v.FromSSM {
				values[name] = v.Value
			}
			if marked[name] && d.changedIn[t][name] {
				references["Ref:"+name] = true
			}
		}
		one := t
		if len(values) > 0 {
			d.meter.Spend(readCost * t.Bytes)
			// A template that cannot be read with its defaults stays as it is.
			if read, err := t.WithValues(values); err == nil {
				one = read
			}
		}
		if len(references) > 0 {
			one = markNames(one, references, func(string, string) bool { return false })
		}
		replaced[t] = one
	}
	return set.Replaced(replaced)
}

// readCost is the work of reading a byte of a template again, in units of the meter.
const readCost = 2
