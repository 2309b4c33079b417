package cfndouble

// This file schedules the steps of an operation: one level of creations,
// updates and imports, or a removal.

import (
	"fmt"
	"slices"
	"time"
)

// schedule schedules the steps of an operation.
type schedule struct {
	double *Double
	stack  *stack
	when   time.Time // when the next part of the operation begins
	token  string
}

func (p *schedule) addStep(when time.Time, action func(time.Time)) {
	p.stack.steps = append(p.stack.steps, step{when, action})
	slices.SortStableFunc(p.stack.steps, func(a, b step) int { return a.when.Compare(b.when) })
}

func (p *schedule) setStatus(when time.Time, r *resource, status, reason string) {
	p.addStep(when, func(when time.Time) {
		r.status, r.reason = status, reason
		p.stack.addResourceEvent(when, r, p.token)
	})
}

func (p *schedule) setStackStatus(when time.Time, status, reason string) {
	p.addStep(when, func(when time.Time) { p.stack.addStackEvent(when, status, reason, p.token) })
}

func (d *Double) durationOf(id string) time.Duration {
	if t, ok := d.Durations[id]; ok {
		return t
	}
	return d.Duration
}

// eventGap is the time between consecutive events that do not wait for the work
// on a resource.
const eventGap = 10 * time.Millisecond

// job is the creation, update or import of one resource.
type job struct {
	id, reason string // reason is why the job itself fails
	definition definition
	start, end time.Time

	resource    *resource
	verb, noun  string
	replacement string // its new physical ID; "" if the resource is not replaced
}

// addLevel schedules one level of creations and updates, and sets p.when to its
// end. It returns the resources that failed or were cancelled: jobs that are
// not complete at the first failure are cancelled.
func (p *schedule) addLevel(level []string, next map[string]definition, importsExisting bool) (failed []string) {
	var jobs []*job
	var stop time.Time
	for i, id := range level {
		start := p.when.Add(time.Duration(i) * eventGap)
		j := &job{id: id, definition: next[id], start: start, end: start.Add(p.double.durationOf(id))}
		j.reason = p.failureOf(j, importsExisting)
		if j.reason != "" && (stop.IsZero() || j.end.Before(stop)) {
			stop = j.end
		}
		jobs = append(jobs, j)
	}
	last := p.when
	for _, j := range jobs {
		if r := p.stack.resources[j.id]; r != nil && r.exists() {
			p.beginUpdate(j, r)
		} else {
			p.beginCreation(j, importsExisting)
		}
		switch {
		case j.reason != "" && j.end.Equal(stop):
			p.setStatus(j.end, j.resource, j.verb+"_FAILED", j.reason)
			failed = append(failed, j.id)
			last = later(last, j.end)
		case !stop.IsZero() && j.end.After(stop):
			p.setStatus(stop.Add(eventGap), j.resource, j.verb+"_FAILED", "Resource "+j.noun+" cancelled")
			failed = append(failed, j.id)
			last = later(last, stop.Add(eventGap))
		default:
			p.addStep(j.end, func(when time.Time) { p.complete(when, j) })
			last = later(last, j.end)
		}
	}
	p.when = last.Add(eventGap)
	return failed
}

// failureOf returns the reason why the job itself fails; "" if it does not.
func (p *schedule) failureOf(j *job, importsExisting bool) string {
	phase := PhaseCreate
	if r := p.stack.resources[j.id]; r != nil && r.exists() {
		phase = PhaseUpdate
	}
	if reason := p.double.failures[phase+"/"+j.id]; reason != "" || phase == PhaseUpdate {
		return reason
	}
	name := p.double.physicalID(p.stack, j.id, j.definition)
	owner, isTaken := p.double.owners[j.definition.kind+"/"+name]
	switch {
	case !isTaken || importsExisting && owner == "" || owner == p.stack.id:
		return ""
	case owner != "":
		return fmt.Sprintf("%s already exists in stack %s", name, owner)
	}
	return fmt.Sprintf("Resource handler returned message: \"Resource of type '%s' with identifier '%s' already exists.\" (RequestToken: %s, HandlerErrorCode: AlreadyExists)", j.definition.kind, name, p.double.uuid())
}

func (p *schedule) beginUpdate(j *job, r *resource) {
	j.resource, j.verb, j.noun = r, "UPDATE", "update"
	p.setStatus(j.start, r, "UPDATE_IN_PROGRESS", "")
	if name := p.double.physicalID(p.stack, j.id, j.definition); hasCustomName(j.definition) && name != r.physical {
		j.replacement = name
		p.setStatus(j.start.Add(eventGap/2), r, "UPDATE_IN_PROGRESS", "Requested update requires the creation of a new physical resource; hence creating one.")
	}
}

// beginCreation starts a creation. With importsExisting, it starts an import
// instead if a resource with the same name exists that belongs to no stack.
func (p *schedule) beginCreation(j *job, importsExisting bool) {
	r := &resource{id: j.id, kind: j.definition.kind, definition: j.definition}
	j.resource, j.verb, j.noun = r, "CREATE", "creation"
	p.addStep(j.start, func(time.Time) { p.stack.resources[j.id] = r })
	name := p.double.physicalID(p.stack, j.id, j.definition)
	if owner, isTaken := p.double.owners[r.kind+"/"+name]; importsExisting && isTaken && owner == "" {
		j.verb, j.noun = "IMPORT", "import"
		p.setStatus(j.start, r, "IMPORT_IN_PROGRESS", "Resource import started.")
	} else {
		p.setStatus(j.start, r, "CREATE_IN_PROGRESS", "")
	}
	if j.reason != "" {
		return
	}
	p.addStep(j.start.Add(eventGap), func(when time.Time) {
		r.physical = name
		p.double.owners[r.kind+"/"+name] = p.stack.id
		p.double.recordEffect(when, Created, p.token, p.stack, r)
		if j.verb == "CREATE" {
			r.reason = "Resource creation Initiated"
			p.stack.addResourceEvent(when, r, p.token)
		}
	})
}

func (p *schedule) complete(when time.Time, j *job) {
	r := j.resource
	if j.replacement != "" {
		delete(p.double.owners, r.kind+"/"+r.physical)
		p.double.recordEffect(when, Removed, p.token, p.stack, r)
		r.physical = j.replacement
		p.double.owners[r.kind+"/"+j.replacement] = p.stack.id
	}
	r.definition = j.definition
	r.status, r.reason = j.verb+"_COMPLETE", ""
	if j.verb == "IMPORT" {
		r.reason = "Resource import completed."
	}
	p.stack.addResourceEvent(when, r, p.token)
}

func hasCustomName(def definition) bool {
	_, ok := def.properties[nameProperties[def.kind]].(string)
	return ok
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// remove schedules the removal of resources, in parallel, and returns the
// resources that cannot be removed. The resources in retain, and those whose
// DeletionPolicy retains them in this phase, leave the stack but stay in the
// account.
func (p *schedule) remove(ids, retain []string, phase string) (blocked []string) {
	last := p.when
	for i, id := range slices.Backward(ids) {
		r := p.stack.resources[id]
		if r == nil || !r.exists() {
			continue
		}
		start := p.when.Add(time.Duration(len(ids)-i) * eventGap)
		end := start.Add(p.double.durationOf(id))
		adopted := r.status == "IMPORT_COMPLETE"
		policy := r.definition.deletionPolicy
		if slices.Contains(retain, id) || policy == "Retain" || policy == "RetainExceptOnCreate" && (phase != PhaseRollback || adopted) {
			p.addStep(start, func(when time.Time) {
				r.status, r.reason = "DELETE_SKIPPED", ""
				p.double.owners[r.kind+"/"+r.physical] = ""
				p.double.recordEffect(when, Retained, p.token, p.stack, r)
				p.stack.addResourceEvent(when, r, p.token)
			})
			last = later(last, start)
			continue
		}
		p.setStatus(start, r, "DELETE_IN_PROGRESS", "")
		if reason := p.double.failures[PhaseDelete+"/"+id]; reason != "" {
			p.setStatus(end, r, "DELETE_FAILED", reason)
			blocked = append(blocked, id)
		} else {
			p.addStep(end, func(when time.Time) {
				r.status, r.reason = "DELETE_COMPLETE", ""
				delete(p.double.owners, r.kind+"/"+r.physical)
				p.double.recordEffect(when, Removed, p.token, p.stack, r)
				p.stack.addResourceEvent(when, r, p.token)
			})
		}
		last = later(last, end)
	}
	p.when = last.Add(eventGap)
	return blocked
}
