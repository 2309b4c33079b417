package cfndouble

// This file is for tests that look at what really happened: what was made and
// removed and by whom, which change sets there were, and how far a stack is from
// what was asked for.

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Effect is one thing that happened to what is in the account.
type Effect struct {
	Time time.Time
	// Kind is Made, Removed or Left.
	Kind EffectKind
	// Token is the request token of the operation: who did it.
	Token                              string
	StackID, LogicalID, Type, Physical string
}

// EffectKind is what happened to a resource.
type EffectKind string

// The kinds of effects.
const (
	Made    EffectKind = "made"    // created or adopted
	Removed EffectKind = "removed" // deleted, or replaced by another
	Left    EffectKind = "left"    // kept when its stack was deleted
)

func (d *Double) note(at time.Time, kind EffectKind, token string, s *stack, r *resource) {
	d.effects = append(d.effects, Effect{at, kind, token, s.id, r.id, r.kind, r.physical})
}

// Effects returns what happened so far, in its order.
func (d *Double) Effects() []Effect {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	return slices.Clone(d.effects)
}

// ChangeSet is a change set that somebody made.
type ChangeSet struct {
	Name, ID, StackID string
	// Changes are "Add A", "Modify B", "Replace C" and "Remove D".
	Changes []string
	// There: it was neither removed nor executed.
	There bool
	// Obsolete: the stack changed after it was made.
	Obsolete bool
}

// AllChangeSets returns all change sets that were ever made, in their order.
func (d *Double) AllChangeSets() []ChangeSet {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	var all []ChangeSet
	for _, c := range d.madeSets {
		one := ChangeSet{Name: c.name, ID: c.id, StackID: c.stack.id}
		one.Obsolete = c.execution == "OBSOLETE"
		one.There = slices.Contains(d.changeSets, c) && !strings.HasPrefix(c.execution, "EXECUTE_")
		for _, change := range c.changes {
			one.Changes = append(one.Changes, change.String())
		}
		all = append(all, one)
	}
	return all
}

// String is a change as [ChangeSet] has it.
func (c change) String() string {
	if c.replacement == "True" {
		return "Replace " + c.id
	}
	return c.action + " " + c.id
}

// Distance returns what keeps a stack from being what somebody asked for: its
// status when it is not a success, and the changes that a change set would have.
// It is empty when there are none.
func (d *Double) Distance(name, template string, tags map[string]string) []string {
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
	var far []string
	if !slices.Contains([]string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}, s.status) {
		far = append(far, "status "+s.status)
	}
	for _, change := range d.compare(s, next, false, false) {
		far = append(far, change.String())
	}
	if !maps.Equal(s.tags, tags) {
		far = append(far, "tags")
	}
	return far
}

// Resources returns the logical IDs of what a stack has, sorted.
func (d *Double) Resources(name string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	var ids []string
	if s := d.find(name); s != nil {
		for _, r := range d.resourcesOf(s) {
			if r.there() {
				ids = append(ids, r.id)
			}
		}
	}
	return ids
}

// ID returns the ID of a stack that is not deleted, "" for none.
func (d *Double) ID(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	if s := d.find(name); s != nil && s.status != "DELETE_COMPLETE" {
		return s.id
	}
	return ""
}

// CreateNow lets somebody else begin to create a stack, also where only change
// sets are.
func (d *Double) CreateNow(name, template string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	s := d.find(name)
	if s == nil {
		s = d.newStack(name)
	}
	d.changeSets = slices.DeleteFunc(d.changeSets, func(c *changeSet) bool { return c.stack == s })
	t, err := parse(template)
	if err != nil {
		panic(err)
	}
	d.create(s, template, t, "ROLLBACK", false, "somebody-else")
}

// Recreate lets somebody else have deleted a stack and made another of its name,
// which is complete.
func (d *Double) Recreate(name, template string) {
	d.Vanish(name)
	d.Put(name, "CREATE_COMPLETE", template, nil)
}

// Vanish lets somebody else have deleted a stack.
func (d *Double) Vanish(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	s := d.find(name)
	d.changeSets = slices.DeleteFunc(d.changeSets, func(c *changeSet) bool { return c.stack == s })
	for _, r := range s.resources {
		delete(d.names, r.kind+"/"+r.physical)
	}
	s.resources = map[string]*resource{}
	s.status = "DELETE_COMPLETE"
	s.event(d.time(), "DELETE_IN_PROGRESS", "User Initiated", "somebody-else")
	s.event(d.time(), "DELETE_COMPLETE", "", "somebody-else")
}

// PlanNow lets somebody else make a change set, and the stack for it when there is
// none.
func (d *Double) PlanNow(name, changeSetName, template string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	kind := "UPDATE"
	if s := d.find(name); s == nil || s.status == "REVIEW_IN_PROGRESS" {
		kind = "CREATE"
	}
	_, err := d.createChangeSet(Request{Form: map[string]string{
		"StackName": name, "ChangeSetName": changeSetName, "ChangeSetType": kind, "TemplateBody": template, "Capabilities.member.1": "CAPABILITY_NAMED_IAM",
	}})
	return err
}

// Protect sets the termination protection of a stack.
func (d *Double) Protect(name string, on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.find(name); s != nil {
		s.protected = on
	}
}

// Free removes from the account what is in no stack.
func (d *Double) Free() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	maps.DeleteFunc(d.names, func(_, owner string) bool { return owner == "" })
}

// ResourcesOf returns the logical IDs of a template, sorted.
func ResourcesOf(template string) []string {
	all, err := parse(template)
	if err != nil {
		panic(err)
	}
	return slices.Sorted(maps.Keys(all))
}

// Do carries a request out as if somebody else made it.
func (d *Double) Do(operation string, form map[string]string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	_, err := d.carryOut(Request{Operation: operation, Form: form})
	return err
}

// Event is an event of a stack.
type Event struct {
	ID, Token, LogicalID, Status, Reason string
	// Stack: it is of the stack itself.
	Stack bool
	Time  time.Time
}

// Events returns the events of all stacks that there ever were, each stack's in
// their order.
func (d *Double) Events() []Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	var all []Event
	for _, s := range d.stacks {
		for _, e := range s.events {
			all = append(all, Event{e.id, e.token, e.logical, e.status, e.reason, e.physical == s.id, e.at})
		}
	}
	return all
}
