package cfndouble

// This file lays out the steps of an operation: one level of creations, updates
// and imports, and a removal.

import (
	"fmt"
	"slices"
	"time"
)

// play is an operation being laid out.
type play struct {
	d     *Double
	s     *stack
	at    time.Time
	token string
}

// then adds a step after a while.
func (p *play) then(at time.Time, do func(time.Time)) {
	p.s.steps = append(p.s.steps, step{at, do})
	slices.SortStableFunc(p.s.steps, func(a, b step) int { return a.at.Compare(b.at) })
}

func (p *play) set(at time.Time, r *resource, status, reason string) {
	p.then(at, func(at time.Time) {
		r.status, r.reason = status, reason
		p.s.resourceEvent(at, r, p.token)
	})
}

func (p *play) stack(at time.Time, status, reason string) {
	p.then(at, func(at time.Time) { p.s.event(at, status, reason, p.token) })
}

func (d *Double) takes(id string) time.Duration {
	if t, ok := d.Durations[id]; ok {
		return t
	}
	return d.Duration
}

// blip is the time between events that follow one another at once.
const blip = 10 * time.Millisecond

// job is the creation, update or import of one resource.
type job struct {
	id, reason string // the reason for which it fails by itself
	definition definition
	start, end time.Time

	resource   *resource
	verb, noun string
	replaced   string // the physical resource that takes the place of the one before
}

// work lays out one level of creations and updates; it returns the resources
// that failed by themselves, and sets the time to its end. Those that were not
// ready by then are cancelled.
func (p *play) work(level []string, next map[string]definition, adopt bool) (failed []string) {
	var jobs []*job
	var stop time.Time
	for i, id := range level {
		start := p.at.Add(time.Duration(i) * blip)
		j := &job{id: id, definition: next[id], start: start, end: start.Add(p.d.takes(id))}
		j.reason = p.failureOf(j, adopt)
		if j.reason != "" && (stop.IsZero() || j.end.Before(stop)) {
			stop = j.end
		}
		jobs = append(jobs, j)
	}
	last := p.at
	for _, j := range jobs {
		if r := p.s.resources[j.id]; r != nil && r.there() {
			p.beginUpdate(j, r)
		} else {
			p.beginCreation(j, adopt)
		}
		switch {
		case j.reason != "" && j.end.Equal(stop):
			p.set(j.end, j.resource, j.verb+"_FAILED", j.reason)
			failed = append(failed, j.id)
			last = later(last, j.end)
		case !stop.IsZero() && j.end.After(stop):
			p.set(stop.Add(blip), j.resource, j.verb+"_FAILED", "Resource "+j.noun+" cancelled")
			failed = append(failed, j.id)
			last = later(last, stop.Add(blip))
		default:
			p.then(j.end, func(at time.Time) { p.complete(at, j) })
			last = later(last, j.end)
		}
	}
	p.at = last.Add(blip)
	return failed
}

// failureOf returns the reason for which a job fails by itself, "" for none.
func (p *play) failureOf(j *job, adopt bool) string {
	phase := Create
	if r := p.s.resources[j.id]; r != nil && r.there() {
		phase = Update
	}
	if reason := p.d.failures[phase+"/"+j.id]; reason != "" || phase == Update {
		return reason
	}
	name := p.d.physical(p.s, j.id, j.definition)
	owner, taken := p.d.names[j.definition.kind+"/"+name]
	switch {
	case !taken || adopt && owner == "" || owner == p.s.id:
		return ""
	case owner != "":
		return fmt.Sprintf("%s already exists in stack %s", name, owner)
	}
	return fmt.Sprintf("Resource handler returned message: \"Resource of type '%s' with identifier '%s' already exists.\" (RequestToken: %s, HandlerErrorCode: AlreadyExists)", j.definition.kind, name, p.d.uuid())
}

func (p *play) beginUpdate(j *job, r *resource) {
	j.resource, j.verb, j.noun = r, "UPDATE", "update"
	p.set(j.start, r, "UPDATE_IN_PROGRESS", "")
	if name := p.d.physical(p.s, j.id, j.definition); nameIsGiven(j.definition) && name != r.physical {
		j.replaced = name
		p.set(j.start.Add(blip/2), r, "UPDATE_IN_PROGRESS", "Requested update requires the creation of a new physical resource; hence creating one.")
	}
}

// beginCreation begins a creation, or the import of a resource that has the name
// and belongs to no stack.
func (p *play) beginCreation(j *job, adopt bool) {
	r := &resource{id: j.id, kind: j.definition.kind, definition: j.definition}
	j.resource, j.verb, j.noun = r, "CREATE", "creation"
	p.then(j.start, func(time.Time) { p.s.resources[j.id] = r })
	name := p.d.physical(p.s, j.id, j.definition)
	if owner, taken := p.d.names[r.kind+"/"+name]; adopt && taken && owner == "" {
		j.verb, j.noun = "IMPORT", "import"
		p.set(j.start, r, "IMPORT_IN_PROGRESS", "Resource import started.")
	} else {
		p.set(j.start, r, "CREATE_IN_PROGRESS", "")
	}
	if j.reason != "" {
		return
	}
	p.then(j.start.Add(blip), func(at time.Time) {
		r.physical = name
		p.d.names[r.kind+"/"+name] = p.s.id
		p.d.note(at, Made, p.token, p.s, r)
		if j.verb == "CREATE" {
			r.reason = "Resource creation Initiated"
			p.s.resourceEvent(at, r, p.token)
		}
	})
}

func (p *play) complete(at time.Time, j *job) {
	r := j.resource
	if j.replaced != "" {
		delete(p.d.names, r.kind+"/"+r.physical)
		p.d.note(at, Removed, p.token, p.s, r)
		r.physical = j.replaced
		p.d.names[r.kind+"/"+j.replaced] = p.s.id
	}
	r.definition = j.definition
	r.status, r.reason = j.verb+"_COMPLETE", ""
	if j.verb == "IMPORT" {
		r.reason = "Resource import completed."
	}
	p.s.resourceEvent(at, r, p.token)
}

func nameIsGiven(def definition) bool {
	_, ok := def.properties[nameOf[def.kind]].(string)
	return ok
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// remove lays out the removal of resources, all at once, and returns those
// that cannot go.
func (p *play) remove(ids, retain []string, phase string) (blocked []string) {
	last := p.at
	for i, id := range slices.Backward(ids) {
		r := p.s.resources[id]
		if r == nil || !r.there() {
			continue
		}
		start := p.at.Add(time.Duration(len(ids)-i) * blip)
		end := start.Add(p.d.takes(id))
		adopted := r.status == "IMPORT_COMPLETE"
		policy := r.definition.policy
		if slices.Contains(retain, id) || policy == "Retain" || policy == "RetainExceptOnCreate" && (phase != Rollback || adopted) {
			p.then(start, func(at time.Time) {
				r.status, r.reason = "DELETE_SKIPPED", ""
				p.d.names[r.kind+"/"+r.physical] = ""
				p.d.note(at, Left, p.token, p.s, r)
				p.s.resourceEvent(at, r, p.token)
			})
			last = later(last, start)
			continue
		}
		p.set(start, r, "DELETE_IN_PROGRESS", "")
		if reason := p.d.failures[Delete+"/"+id]; reason != "" {
			p.set(end, r, "DELETE_FAILED", reason)
			blocked = append(blocked, id)
		} else {
			p.then(end, func(at time.Time) {
				r.status, r.reason = "DELETE_COMPLETE", ""
				delete(p.d.names, r.kind+"/"+r.physical)
				p.d.note(at, Removed, p.token, p.s, r)
				p.s.resourceEvent(at, r, p.token)
			})
		}
		last = later(last, end)
	}
	p.at = last.Add(blip)
	return blocked
}
