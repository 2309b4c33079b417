package cfndouble

// This file has the changes that tests make to the account: injected failures,
// resources and stacks, and changes by other people.

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Phases of [Double.Fail].
const (
	PhaseCreate   = "CREATE"
	PhaseUpdate   = "UPDATE"
	PhaseDelete   = "DELETE"   // every removal, also in an update or a rollback
	PhaseRollback = "ROLLBACK" // reverting the update of the resource
)

// Fail makes a resource fail in a phase, with a reason, until Heal.
func (d *Double) Fail(phase, logicalID, reason string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failures[phase+"/"+logicalID] = reason
}

// Heal removes all failures of a resource that Fail has set.
func (d *Double) Heal(logicalID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.DeleteFunc(d.failures, func(key, _ string) bool { return strings.HasSuffix(key, "/"+logicalID) })
}

// AddResource adds a resource to the account, outside any stack. The physical
// ID has CloudFormation's form: a name, or the ARN of a policy.
func (d *Double) AddResource(resourceType, physicalID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.owners[resourceType+"/"+physicalID] = ""
}

// Put adds a stack with a status and the resources of a template, without an
// operation, and returns its ID. Resources in reasons get the reason and a
// failed status. A ROLLBACK_COMPLETE stack has only these resources, and a
// REVIEW_IN_PROGRESS stack has none.
func (d *Double) Put(name, status, template string, reasons map[string]string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.newStack(name)
	s.template, s.status = template, status
	s.addStackEvent(time.Now(), "CREATE_IN_PROGRESS", "User Initiated", "")
	if status != "REVIEW_IN_PROGRESS" && (status != "ROLLBACK_COMPLETE" || len(reasons) > 0) {
		t, err := parse(template)
		if err != nil {
			panic(err)
		}
		operation, _, _ := strings.Cut(status, "_")
		if operation == "ROLLBACK" {
			operation = "DELETE"
		}
		for id, def := range t {
			if status == "ROLLBACK_COMPLETE" && reasons[id] == "" {
				continue // only resources that could not be removed are left
			}
			r := &resource{id: id, kind: def.kind, definition: def, physical: d.physicalID(s, id, def), status: "CREATE_COMPLETE", when: time.Now()}
			if reason, ok := reasons[id]; ok {
				r.status, r.reason = operation+"_FAILED", reason
				s.addResourceEvent(time.Now(), r, "")
			}
			s.resources[id] = r
			d.owners[r.kind+"/"+r.physical] = s.id
		}
	}
	s.addStackEvent(time.Now(), status, "", "")
	return s.id
}

// SetTags sets the tags of a stack.
func (d *Double) SetTags(name string, tags map[string]string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.find(name).tags = tags
}

// markObsolete marks the AVAILABLE change sets of a stack as OBSOLETE.
func (d *Double) markObsolete(s *stack) {
	for _, c := range d.changeSets {
		if c.stack == s && c.execution == "AVAILABLE" {
			c.execution = "OBSOLETE"
		}
	}
}

// StartUpdate starts an update of a stack by another person. The change sets of
// the stack become obsolete.
func (d *Double) StartUpdate(name, template string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, t := d.prepareUpdate(name, template)
	d.update(s, template, t, s.tags, false, "other-person")
}

// prepareUpdate marks the change sets of a stack as obsolete, and returns the
// stack and the parsed template for its update. The caller holds the lock.
func (d *Double) prepareUpdate(name, template string) (*stack, map[string]definition) {
	d.advance()
	s := d.find(name)
	t, err := parse(template)
	if err != nil {
		panic(err)
	}
	d.markObsolete(s)
	return s, t
}

// UpdateAtOnce updates a stack at once, as if another person had done so, to a
// template with the same resources.
func (d *Double) UpdateAtOnce(name, template string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, t := d.prepareUpdate(name, template)
	s.template, s.updated = template, time.Now()
	for id, r := range s.resources {
		if def, ok := t[id]; ok {
			r.definition = def
		}
	}
	s.addStackEvent(time.Now(), "UPDATE_IN_PROGRESS", "User Initiated", "other-person")
	s.addStackEvent(time.Now(), "UPDATE_COMPLETE", "", "other-person")
}

// StartDeletion starts the deletion of a stack by another person.
func (d *Double) StartDeletion(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	d.delete(d.find(name), nil, "other-person", "User Initiated")
}

// SetProperty gives a property of a resource a value that differs from the
// template, so that the next change set changes it.
func (d *Double) SetProperty(name, logicalID, property, value string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	r := d.find(name).resources[logicalID]
	r.definition.properties = maps.Clone(r.definition.properties)
	r.definition.properties[property] = value
}

// AddLateEvent inserts an event that appears late, below the newest event. The
// parameter older says how much older it is than the newest event. It is an event
// of a resource or, if logicalID is the name of the stack, the stack's event of a
// previous operation.
func (d *Double) AddLateEvent(name, logicalID, status, reason string, older time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	s := d.find(name)
	last := len(s.events) - 1
	e := event{id: "late-" + logicalID, logical: logicalID, physical: "x", kind: "AWS::IAM::Role", status: status, reason: reason, when: s.events[last].when.Add(-older), token: s.events[last].token}
	if logicalID == name { // the stack itself, in a previous operation
		e.physical, e.kind, e.token = s.id, "AWS::CloudFormation::Stack", "previous-run"
	}
	s.events = slices.Insert(s.events, last, e)
}

// StartCreation starts the creation of a stack by another person, even if a
// stack with this name exists but has only change sets.
func (d *Double) StartCreation(name, template string) {
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
	d.create(s, template, t, "ROLLBACK", false, "other-person")
}

// Recreate replaces a stack by a new one with the same name and the status
// CREATE_COMPLETE, as if another person had deleted and created it.
func (d *Double) Recreate(name, template string) {
	d.DeleteAtOnce(name)
	d.Put(name, "CREATE_COMPLETE", template, nil)
}

// DeleteAtOnce deletes a stack at once, as if another person had done so.
func (d *Double) DeleteAtOnce(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	s := d.find(name)
	d.changeSets = slices.DeleteFunc(d.changeSets, func(c *changeSet) bool { return c.stack == s })
	for _, r := range s.resources {
		delete(d.owners, r.kind+"/"+r.physical)
	}
	s.resources = map[string]*resource{}
	s.status = "DELETE_COMPLETE"
	s.addStackEvent(time.Now(), "DELETE_IN_PROGRESS", "User Initiated", "other-person")
	s.addStackEvent(time.Now(), "DELETE_COMPLETE", "", "other-person")
}

// AddChangeSet creates a change set as another person would, and an empty stack
// for it if the stack does not exist.
func (d *Double) AddChangeSet(name, changeSetName, template string) error {
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

// SetProtection sets the termination protection of a stack.
func (d *Double) SetProtection(name string, protected bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.find(name); s != nil {
		s.protected = protected
	}
}

// Nest makes a stack a nested stack of a root stack, which need not exist.
func (d *Double) Nest(name, root string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.find(name); s != nil {
		s.root = root
	}
}

// RemoveUnowned removes from the account the resources that are in no stack.
func (d *Double) RemoveUnowned() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	maps.DeleteFunc(d.owners, func(_, owner string) bool { return owner == "" })
}

// Do carries out a request of another person. [Double.Requests] does not return
// it.
func (d *Double) Do(operation string, parameters map[string]string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	_, err := d.carryOut(Request{Operation: operation, Form: parameters})
	return err
}
