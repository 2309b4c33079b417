// Compares the defaults of parameters. A deployment can set a parameter, so the
// sets are first compared for equal values of the parameters. A changed default
// is compared separately: what the second set allows with the new default, and
// what it would allow with the old one.

package diff

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"capaboot/internal/meter"
	"capaboot/policies/document"
)

// ChangedDefault is a template parameter whose default changed. Before and After
// are empty if the parameter is secret.
type ChangedDefault struct {
	Parameter, Before, After string
	Secret                   bool
}

// String returns the change as a sentence without a full stop.
func (c ChangedDefault) String() string {
	if c.Secret {
		return fmt.Sprintf("parameter %s: the default, which is not shown, changes", c.Parameter)
	}
	return fmt.Sprintf("parameter %s: the default changes from %q to %q", c.Parameter, c.Before, c.After)
}

// addChangedDefaults adds to the result what changes for a deployment that uses
// the defaults, if some of them changed.
func (result *Result) addChangedDefaults(before, after *document.Set, m *meter.Meter) error {
	var changed []ChangedDefault
	references := map[string]bool{}
	var old, now []string
	for _, name := range slices.Sorted(maps.Keys(after.Defaults)) {
		d, previous := after.Defaults[name], before.Defaults[name]
		_, known := before.Defaults[name]
		reference := "Ref:" + name
		if !known || d.Value == previous.Value || before.Definitions[reference] != after.Definitions[reference] {
			continue // a definition that changed counts as changed anyway
		}
		one := ChangedDefault{Parameter: name, Before: previous.Value, After: d.Value}
		if d.Secret || previous.Secret {
			one = ChangedDefault{Parameter: name, Secret: true}
		}
		changed = append(changed, one)
		references[reference] = true
		if d.Condition != "" && previous.Condition != "" {
			old, now = append(old, previous.Condition), append(now, d.Condition)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	withOld, withNew := (&chooser{set: after, values: old, meter: m}).choose(), (&chooser{set: after, values: now, meter: m}).choose()
	byDefault, err := compareWithin(markNames(withOld, references), withNew, m)
	if err != nil {
		return err
	}
	var names []string
	for _, c := range changed {
		names = append(names, c.Parameter)
	}
	note := "for a deployment that uses the new default of " + strings.Join(names, ", ")
	for _, p := range byDefault.Principals {
		withNote(p.Gained, note)
		withNote(p.Lost, note)
		i := slices.IndexFunc(result.Principals, func(known Principal) bool {
			return known.Kind == p.Kind && known.Name == p.Name && known.LogicalID == p.LogicalID
		})
		if i < 0 {
			result.Principals = append(result.Principals, p)
			continue
		}
		result.Principals[i].Gained = append(result.Principals[i].Gained, p.Gained...)
		result.Principals[i].Lost = append(result.Principals[i].Lost, p.Lost...)
	}
	isUsed := func(set *document.Set, name string) bool {
		return slices.ContainsFunc(set.AssumedParameters, func(a document.AssumedParameter) bool { return a.Name == name })
	}
	for _, c := range changed {
		isOpaque := c.Secret || after.Defaults[c.Parameter].Condition == "" // is not among the assumed ones
		if isOpaque && len(byDefault.Principals) > 0 || isUsed(before, c.Parameter) || isUsed(after, c.Parameter) {
			result.Defaults = append(result.Defaults, c)
		}
	}
	return nil
}

// chooser finds what exists in a set if parameters have certain values.
type chooser struct {
	set *document.Set
	// values are entries of [document.Statement.When].
	values  []string
	meter   *meter.Meter
	decided map[string]choice
}

// choice says whether something under template conditions can exist, and which of
// the conditions the values leave undecided.
type choice struct {
	rest   []string
	exists bool
}

// choose returns the part of the set that exists with the values. Parts that were
// not read are left out.
func (c *chooser) choose() *document.Set {
	c.decided = map[string]choice{}
	chosen := *c.set
	chosen.Principals, chosen.CredentialSources, chosen.Unread, chosen.Defaults = nil, nil, nil, nil
	chosenOf := map[*document.Holder]*document.Holder{}
	for _, h := range c.set.Principals {
		if one, exists := c.holder(h); exists {
			chosen.Principals = append(chosen.Principals, one)
			chosenOf[h] = one
		}
	}
	for _, source := range c.set.CredentialSources {
		one := *source
		one.Principals = nil
		for _, p := range source.Principals {
			if rest, exists := c.decide(p.When); exists && (chosenOf[p.Holder] != nil || !slices.Contains(c.set.Principals, p.Holder)) {
				one.Principals = append(one.Principals, document.SourcePrincipal{Holder: cmp.Or(chosenOf[p.Holder], p.Holder), When: rest, Account: p.Account})
			}
		}
		if len(one.Principals) > 0 || len(source.Principals) == 0 {
			chosen.CredentialSources = append(chosen.CredentialSources, &one)
		}
	}
	return &chosen
}

// decide returns the template conditions that the values leave undecided, and
// whether all conditions can hold.
func (c *chooser) decide(when []string) (rest []string, exists bool) {
	if len(when) == 0 {
		return nil, true
	}
	key := strings.Join(when, "\n")
	known, ok := c.decided[key]
	if !ok {
		known = c.decideNew(when)
		c.decided[key] = known
	}
	return known.rest, known.exists
}

func (c *chooser) decideNew(when []string) (found choice) {
	possible := func(conditions []string) bool {
		c.meter.Spend(possibleCost)
		all, consistent := document.Together(conditions, c.values...)
		return consistent && c.set.Possible(all)
	}
	if !possible(when) {
		return choice{}
	}
	for _, condition := range when {
		name, _, isValue := document.ParameterValues(condition)
		switch {
		case isValue && slices.ContainsFunc(c.values, func(v string) bool { return strings.HasPrefix(v, name+"=") }):
			continue // the value is among those that the condition lists
		case !isValue && !strings.HasPrefix(condition, "${") && !possible(document.Alternatives(condition, nil)[1:]):
			continue // the condition holds with the values
		}
		found.rest = append(found.rest, condition)
	}
	found.exists = true
	return found
}

func (c *chooser) holder(h *document.Holder) (*document.Holder, bool) {
	chosen := *h
	if h.When != "" {
		rest, exists := c.decide([]string{h.When})
		if !exists {
			return nil, false
		}
		chosen.When = strings.Join(rest, "")
	}
	chosen.Trust, chosen.BoundaryPolicy = c.document(h.Trust), c.document(h.BoundaryPolicy)
	chosen.Policies = slices.Clone(h.Policies)
	for i := range chosen.Policies {
		chosen.Policies[i].Document = c.document(h.Policies[i].Document)
	}
	chosen.Attached, chosen.AttachedWhen = c.names(h.Attached, h.AttachedWhen)
	chosen.Groups, chosen.GroupsWhen = c.names(h.Groups, h.GroupsWhen)
	chosen.Tags = nil
	for _, tag := range h.Tags {
		if rest, exists := c.decide(tag.When); exists {
			tag.When = rest
			chosen.Tags = append(chosen.Tags, tag)
		}
	}
	return &chosen, true
}

func (c *chooser) document(d *document.Document) *document.Document {
	if d == nil {
		return nil
	}
	chosen := *d
	chosen.Statements = nil
	for _, s := range d.Statements {
		rest, exists := c.decide(s.When)
		if !exists {
			continue
		}
		s.When = rest
		chosen.Statements = append(chosen.Statements, s)
	}
	return &chosen
}

// names returns the attached policies or groups that exist with the values, and
// their undecided conditions.
func (c *chooser) names(names []string, when map[string][][]string) (chosen []string, undecided map[string][][]string) {
	undecided = map[string][][]string{}
	for _, name := range names {
		lists, isConditional := when[name]
		var left [][]string
		always := !isConditional
		for _, list := range lists {
			if rest, exists := c.decide(list); exists {
				always = always || len(rest) == 0
				left = append(left, rest)
			}
		}
		switch {
		case always:
			chosen = append(chosen, name)
		case len(left) > 0:
			chosen = append(chosen, name)
			undecided[name] = left
		}
	}
	return chosen, undecided
}
