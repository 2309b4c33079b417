package cfndouble

// This file records what happened, for tests to check: who created and removed
// which resources, which change sets existed, and how a stack differs from a
// template.

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Effect is what an operation did to a resource in the account.
type Effect struct {
	Time time.Time
	// Kind is Created, Removed or Retained.
	Kind EffectKind
	// Token is the request token of the operation, which identifies its run.
	Token                                string
	StackID, LogicalID, Type, PhysicalID string
}

// EffectKind is the effect on a resource.
type EffectKind string

// The kinds of effects.
const (
	Created  EffectKind = "created"  // created or adopted
	Removed  EffectKind = "removed"  // deleted, or replaced by a new resource
	Retained EffectKind = "retained" // no longer in the stack, but not deleted
)

func (d *Double) recordEffect(when time.Time, kind EffectKind, token string, s *stack, r *resource) {
	d.effects = append(d.effects, Effect{when, kind, token, s.id, r.id, r.kind, r.physical})
}

// Effects returns all effects so far, in order.
func (d *Double) Effects() []Effect {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	return slices.Clone(d.effects)
}

// RecordedChangeSet is a change set that was created.
type RecordedChangeSet struct {
	Name, ID, StackID string
	// Changes are the changes as action and logical ID, such as "Add A",
	// "Modify B", "Replace C", "Remove D" and "Import E".
	Changes []string
	// Pending means that the change set was neither removed nor executed.
	Pending bool
	// Obsolete means that the stack changed after the change set was created.
	Obsolete bool
}

// AllChangeSets returns all change sets that were ever created, in order.
func (d *Double) AllChangeSets() []RecordedChangeSet {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	var all []RecordedChangeSet
	for _, c := range d.allChangeSets {
		changeSet := RecordedChangeSet{Name: c.name, ID: c.id, StackID: c.stack.id}
		changeSet.Obsolete = c.execution == "OBSOLETE"
		changeSet.Pending = slices.Contains(d.changeSets, c) && !strings.HasPrefix(c.execution, "EXECUTE_")
		for _, change := range c.changes {
			changeSet.Changes = append(changeSet.Changes, change.String())
		}
		all = append(all, changeSet)
	}
	return all
}

// String formats a change as in [RecordedChangeSet].
func (c change) String() string {
	if c.replacement == "True" {
		return "Replace " + c.id
	}
	return c.action + " " + c.id
}

// Differences returns how a stack differs from a wanted template and tags: its
// status, unless a creation, an update, an import or the rollback of an update
// is complete; the changes that a change set would have; and "tags" if the tags
// differ. The list is empty if nothing differs. If the stack does not exist,
// the list says only that.
func (d *Double) Differences(name, template string, tags map[string]string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	s := d.find(name)
	if s == nil {
		return []string{"the stack does not exist"}
	}
	next, err := parse(template)
	if err != nil {
		panic(err)
	}
	var differences []string
	if !slices.Contains([]string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}, s.status) {
		differences = append(differences, "status "+s.status)
	}
	for _, change := range d.compare(s, next, false, false) {
		differences = append(differences, change.String())
	}
	if !maps.Equal(s.tags, tags) {
		differences = append(differences, "tags")
	}
	return differences
}

// Resources returns the logical IDs of a stack's existing resources, sorted.
func (d *Double) Resources(name string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	var ids []string
	if s := d.find(name); s != nil {
		for _, r := range d.resourcesOf(s) {
			if r.exists() {
				ids = append(ids, r.id)
			}
		}
	}
	return ids
}

// ID returns the ID of a stack that is not deleted; "" for none.
func (d *Double) ID(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	if s := d.find(name); s != nil && s.status != "DELETE_COMPLETE" {
		return s.id
	}
	return ""
}

// LogicalIDs returns the logical IDs in a template, sorted.
func LogicalIDs(template string) []string {
	all, err := parse(template)
	if err != nil {
		panic(err)
	}
	return slices.Sorted(maps.Keys(all))
}

// RecordedEvent is an event of a stack.
type RecordedEvent struct {
	ID, Token, LogicalID, Status, Reason string
	// Stack means that the event is about the stack itself.
	Stack bool
	Time  time.Time
}

// Events returns the events of all stacks, including deleted ones, in order
// within each stack.
func (d *Double) Events() []RecordedEvent {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	var all []RecordedEvent
	for _, s := range d.stacks {
		for _, e := range s.events {
			all = append(all, RecordedEvent{e.id, e.token, e.logical, e.status, e.reason, e.physical == s.id, e.when})
		}
	}
	return all
}
