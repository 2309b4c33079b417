package cfndouble

// This file runs operations. An operation is a sequence of timed steps. The
// steps are scheduled when the operation starts, and run when a request finds
// them due.

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

type stack struct {
	name, id, status, reason, template, role, root string
	tags                                           map[string]string
	protected                                      bool
	created, updated                               time.Time // updated is zero before the first update
	resources                                      map[string]*resource
	events                                         []event
	steps                                          []step
	token                                          string
	rollback                                       func(time.Time) // continues a failed rollback
}

type resource struct {
	id, kind, physical, status, reason string
	definition                         definition
	drift                              *drift    // nil for none
	when                               time.Time // of the last event
}

// exists reports whether the stack contains the resource. A retained resource
// exists only in the account.
func (r *resource) exists() bool {
	return r.physical != "" && r.status != "DELETE_COMPLETE" && r.status != "DELETE_SKIPPED"
}

type event struct {
	id, logical, physical, kind, status, reason, token string
	when                                               time.Time
}

type step struct {
	when   time.Time
	action func(time.Time)
}

type changeSet struct {
	name, id, kind, template, token, onFailure, role string
	stack                                            *stack
	tags                                             map[string]string
	setTags, importsExisting                         bool      // whether the request has tags, and whether it imports existing resources
	ready                                            time.Time // when it is complete
	status, reason, execution                        string
	changes                                          []change
	validation                                       []event // findings of early validation
}

// advance runs all steps that are due, and completes the change sets that are
// due.
func (d *Double) advance() {
	now := time.Now()
	for _, s := range d.stacks {
		for len(s.steps) > 0 && !s.steps[0].when.After(now) {
			step := s.steps[0]
			s.steps = s.steps[1:]
			step.action(step.when)
		}
	}
	for _, c := range d.changeSets {
		if c.status == "CREATE_IN_PROGRESS" && !c.ready.After(now) {
			c.status, c.execution = "CREATE_COMPLETE", "AVAILABLE"
			if c.reason != "" {
				c.status, c.execution = "FAILED", "UNAVAILABLE"
			}
		}
	}
}

// Finish completes all running operations at once.
func (d *Double) Finish() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.stacks {
		for len(s.steps) > 0 {
			step := s.steps[0]
			s.steps = s.steps[1:]
			step.action(step.when)
		}
	}
}

func (d *Double) newStack(name string) *stack {
	s := &stack{name: name, created: time.Now(), resources: map[string]*resource{}, tags: map[string]string{}}
	s.id = d.arn("cloudformation", d.Region, "stack/"+name+"/"+d.uuid())
	d.stacks = append(d.stacks, s)
	return s
}

// find returns the stack with an ID, or the existing stack with a name; nil for
// none.
func (d *Double) find(nameOrID string) *stack {
	for _, s := range d.stacks {
		if s.id == nameOrID || s.name == nameOrID && s.status != "DELETE_COMPLETE" {
			return s
		}
	}
	return nil
}

// addStackEvent adds an event of the stack itself and sets the stack's status.
func (s *stack) addStackEvent(when time.Time, status, reason, token string) {
	s.status, s.reason, s.token = status, reason, token
	s.addEvent(event{logical: s.name, physical: s.id, kind: "AWS::CloudFormation::Stack", status: status, reason: reason, when: when, token: token})
}

func (s *stack) addResourceEvent(when time.Time, r *resource, token string) {
	r.when = when
	s.addEvent(event{logical: r.id, physical: r.physical, kind: r.kind, status: r.status, reason: r.reason, when: when, token: token})
}

func (s *stack) addEvent(e event) {
	e.id = fmt.Sprintf("%s-%s-%05d", e.logical, e.status, len(s.events))
	s.events = append(s.events, e)
}

// create starts the creation of a stack.
func (d *Double) create(s *stack, template string, next map[string]definition, onFailure string, importsExisting bool, token string) {
	p := &schedule{d, s, time.Now(), token}
	s.template = template
	s.addStackEvent(p.when, "CREATE_IN_PROGRESS", "User Initiated", token)
	p.when = p.when.Add(eventGap)
	var created []string
	for _, level := range levels(next) {
		failed := p.addLevel(level, next, importsExisting)
		created = append(created, level...)
		if len(failed) == 0 {
			continue
		}
		reason := fmt.Sprintf("The following resource(s) failed to create: [%s]. ", strings.Join(failed, ", "))
		switch onFailure {
		case "DO_NOTHING":
			p.setStackStatus(p.when, "CREATE_FAILED", reason)
		case "DELETE":
			deletionToken := token
			if d.DeletionWithoutToken {
				deletionToken = ""
			}
			if d.FailedDuration > 0 {
				p.setStackStatus(p.when, "CREATE_FAILED", reason)
				p.when = p.when.Add(d.FailedDuration)
			}
			p.addStep(p.when, func(time.Time) { d.delete(s, nil, deletionToken, reason+"Delete requested by user.") })
		default:
			p.setStackStatus(p.when, "ROLLBACK_IN_PROGRESS", reason+"Rollback requested by user.")
			p.addStep(p.when.Add(eventGap), func(when time.Time) {
				q := &schedule{d, s, when, token}
				if blocked := q.remove(created, nil, PhaseRollback); len(blocked) > 0 {
					q.setStackStatus(q.when, "ROLLBACK_FAILED", fmt.Sprintf("The following resource(s) failed to delete: [%s]. ", strings.Join(blocked, ", ")))
				} else {
					q.setStackStatus(q.when, "ROLLBACK_COMPLETE", "")
				}
			})
		}
		return
	}
	p.setStackStatus(p.when, "CREATE_COMPLETE", "")
}

// delete starts the deletion of a stack.
func (d *Double) delete(s *stack, retain []string, token, reason string) {
	p := &schedule{d, s, time.Now(), token}
	if len(s.events) > 0 && s.events[len(s.events)-1].when.After(p.when) {
		p.when = s.events[len(s.events)-1].when
	}
	s.steps = nil
	s.addStackEvent(p.when, "DELETE_IN_PROGRESS", reason, token)
	if blocked := p.remove(slices.Sorted(maps.Keys(s.resources)), retain, PhaseDelete); len(blocked) > 0 {
		p.setStackStatus(p.when, "DELETE_FAILED", fmt.Sprintf("The following resource(s) failed to delete: [%s]. ", strings.Join(blocked, ", ")))
		return
	}
	p.addStep(p.when, func(when time.Time) {
		s.addStackEvent(when, "DELETE_COMPLETE", "", token)
		d.changeSets = slices.DeleteFunc(d.changeSets, func(c *changeSet) bool { return c.stack == s })
	})
}

// update starts an update of a stack.
func (d *Double) update(s *stack, template string, next map[string]definition, tags map[string]string, importsExisting bool, token string) {
	p := &schedule{d, s, time.Now(), token}
	s.updated = time.Now()
	changes := d.compare(s, next, !maps.Equal(tags, s.tags), importsExisting)
	todo := map[string]definition{}
	var removed, added []string
	before := map[string]definition{}
	for _, c := range changes {
		switch c.action {
		case "Remove":
			removed = append(removed, c.id)
			continue
		case "Modify":
			before[c.id] = s.resources[c.id].definition
		default:
			added = append(added, c.id)
		}
		todo[c.id] = next[c.id]
	}
	s.addStackEvent(p.when, "UPDATE_IN_PROGRESS", "User Initiated", token)
	p.when = p.when.Add(eventGap)
	for _, level := range levels(todo) {
		failed := p.addLevel(level, todo, importsExisting)
		if len(failed) == 0 {
			continue
		}
		p.setStackStatus(p.when, "UPDATE_ROLLBACK_IN_PROGRESS", fmt.Sprintf("The following resource(s) failed to update: [%s]. ", strings.Join(failed, ", ")))
		p.addStep(p.when.Add(eventGap), func(when time.Time) { d.rollBack(s, before, added, when, token) })
		return
	}
	p.setStackStatus(p.when, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "")
	p.when = p.when.Add(eventGap)
	blocked := p.remove(removed, nil, PhaseUpdate) // resources that cannot be removed are left, and the update succeeds
	p.addStep(p.when, func(when time.Time) {
		for _, id := range blocked {
			r := s.resources[id]
			d.owners[r.kind+"/"+r.physical] = ""
			delete(s.resources, id)
		}
		s.template, s.tags = template, tags
		// Also store the new definitions of resources that are not updated:
		// attributes such as DeletionPolicy may differ.
		for id, def := range next {
			if r := s.resources[id]; r != nil {
				r.definition = def
			}
		}
		s.addStackEvent(when, "UPDATE_COMPLETE", "", token)
	})
}

// rollBack reverts an update.
func (d *Double) rollBack(s *stack, before map[string]definition, added []string, when time.Time, token string) {
	p := &schedule{d, s, when, token}
	var stuck []string
	end := p.when
	for i, id := range slices.Sorted(maps.Keys(before)) {
		r := s.resources[id]
		start := p.when.Add(time.Duration(i) * eventGap)
		p.setStatus(start, r, "UPDATE_IN_PROGRESS", "")
		done := start.Add(d.durationOf(id))
		end = later(end, done)
		if reason := d.failures[PhaseRollback+"/"+id]; reason != "" {
			p.setStatus(done, r, "UPDATE_FAILED", reason)
			stuck = append(stuck, id)
			continue
		}
		old := before[id]
		p.addStep(done, func(when time.Time) {
			r.definition, r.status, r.reason = old, "UPDATE_COMPLETE", ""
			s.addResourceEvent(when, r, token)
		})
	}
	p.when = end.Add(eventGap)
	if len(stuck) > 0 {
		p.setStackStatus(p.when, "UPDATE_ROLLBACK_FAILED", fmt.Sprintf("The following resource(s) failed to update: [%s]. ", strings.Join(stuck, ", ")))
		s.rollback = func(when time.Time) { d.rollBack(s, before, added, when, s.token) }
		return
	}
	p.setStackStatus(p.when, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "")
	p.when = p.when.Add(eventGap)
	p.remove(added, nil, PhaseRollback)
	p.setStackStatus(p.when, "UPDATE_ROLLBACK_COMPLETE", "")
}
