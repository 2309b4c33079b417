package cfnstack

// This file has change sets as values: what a deployment would do.

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// ChangeSet is a plan: what a deployment would do.
type ChangeSet struct {
	StackName, StackID string
	Name, ID           string
	// Create: there is no stack yet, or only an empty one of a change set.
	Create bool
	// NoChanges: CloudFormation found nothing to do.
	NoChanges bool
	// Changes are in CloudFormation's order. They may be empty though there is
	// something to do: new tags, or new outputs.
	Changes []Change
	// TagsBefore and TagsAfter are the tags of the stack.
	TagsBefore, TagsAfter map[string]string
	// Preparation is what has to be done before anything else; nil when the
	// stack is ready. There is no change set then: for a stack that would be
	// created again, Changes are those of FirstDeployment.
	Preparation *Preparation
	// Deployed is the template the stack has now, "" for none; Template is the
	// one it would get.
	Deployed, Template string

	// Warnings are what AWS's validation before the deployment objects to.
	Warnings []Warning
	// Unvalidated says why Warnings could not be read; "" when they were.
	Unvalidated string

	run *run
	// ownStack: the stack is there for change sets alone, and goes with the last.
	ownStack bool
	// foundStack: it was there before, left by an earlier run.
	foundStack bool
	// uncertain: the request to make it had no answer.
	uncertain bool
	// lost is when an attempt to make it had ended without an answer, which may
	// be carried out later; zero for none.
	lost      time.Time
	discarded bool
	announced bool // that it will be discarded
	// expect is the ID of the stack that was looked at; another of the same name
	// may be there by now. "" when there was none.
	expect string
}

// Change is what happens to one resource.
type Change struct {
	// Action is Add, Modify, Remove, Import or Dynamic (not known before the
	// change set is executed).
	Action     string
	LogicalID  string
	PhysicalID string
	Type       string
	// Replacement of a Modify: True, False or Conditional.
	Replacement string
	// Policy is what happens to the resource that goes: Delete, Retain,
	// Snapshot, or these with ReplaceAnd before them. Often empty.
	Policy string
	// Scope names the attributes that change: Properties, Tags, DeletionPolicy.
	Scope      []string
	Properties []PropertyChange
}

// PropertyChange is one property of a resource that changes.
type PropertyChange struct {
	// Attribute is Properties, Tags, Metadata, DeletionPolicy and the like; Name
	// is the property's name, and Path its place ("/Properties/RoleName"). Path
	// is empty when the server does not give values.
	Attribute, Name, Path string
	// Change is Add, Remove or Modify; empty when the server does not say.
	Change string
	// Before and After are JSON or text, and nil when there is none or the
	// server does not say. CloudFormation cuts off large values.
	Before, After *string
	// Recreation is Never, Conditionally or Always.
	Recreation string
	// Dynamic: the new value is unknown before the change set is executed.
	Dynamic bool
	// Cause is what makes the change when the template does not: a parameter, or
	// an attribute of another resource.
	Cause string
}

// Destroys says whether the resource that exists is removed or replaced, or
// may be. A resource that is removed from the stack but kept counts too: it
// leaves the hands of the stack.
func (c Change) Destroys() bool {
	return c.Action == "Remove" || c.Action == "Dynamic" || c.Replacement == "True" || c.Replacement == "Conditional" ||
		strings.HasPrefix(c.Policy, "ReplaceAnd")
}

// ReplacingProperties returns the names of the properties for which the change
// replaces the resource, or may.
func (c Change) ReplacingProperties() []string {
	if c.Action != "Modify" || c.Replacement != "True" && c.Replacement != "Conditional" {
		return nil
	}
	var names []string
	for _, p := range c.Properties {
		if p.Recreation != "Never" && p.Name != "" && !slices.Contains(names, p.Name) {
			names = append(names, p.Name)
		}
	}
	return names
}

// Destroys returns the changes that remove or replace a resource that exists,
// or may do so.
func (c *ChangeSet) Destroys() []Change {
	var all []Change
	for _, change := range c.Changes {
		if change.Destroys() {
			all = append(all, change)
		}
	}
	return all
}

// TagChange is one tag of the stack that changes; nil means absent.
type TagChange struct {
	Key           string
	Before, After *string
}

// TagChanges returns the tags of the stack that change, sorted by key.
func (c *ChangeSet) TagChanges() []TagChange {
	keys := maps.Clone(c.TagsBefore)
	if keys == nil {
		keys = map[string]string{}
	}
	maps.Copy(keys, c.TagsAfter)
	var all []TagChange
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		before, had := c.TagsBefore[key]
		after, has := c.TagsAfter[key]
		if had == has && before == after {
			continue
		}
		change := TagChange{Key: key}
		if had {
			change.Before = &before
		}
		if has {
			change.After = &after
		}
		all = append(all, change)
	}
	return all
}

// fingerprint is equal for plans that do the same to the same stack. The
// template that is deployed is part of it, because values of properties may be
// cut off.
func (c *ChangeSet) fingerprint() string {
	stack := c.StackID
	if c.Create {
		stack = ""
	}
	text, err := json.Marshal([]any{c.Create, c.NoChanges, stack, c.Changes, c.TagsBefore, c.TagsAfter, c.Deployed, c.Template})
	if err != nil {
		panic("cfnstack: a plan is not encodable: " + err.Error()) // only texts and booleans are in it
	}
	return fmt.Sprintf("%x", sha256.Sum256(text))
}
