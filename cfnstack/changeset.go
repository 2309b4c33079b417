package cfnstack

// This file has the types for change sets and their changes.

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
	// Create means that the deployment creates the stack: it does not exist, is
	// the empty stack of a change set, or must be deleted first (Preparation).
	Create bool
	// NoChanges means that CloudFormation found nothing to change.
	NoChanges bool
	// Changes are in CloudFormation's order. They may be empty when only tags
	// or outputs change.
	Changes []Change
	// TagsBefore and TagsAfter are the tags of the stack before and after the
	// deployment.
	TagsBefore, TagsAfter map[string]string
	// Preparation is what has to be done first; nil when the stack is ready.
	// With a Preparation there is no change set yet. For a stack that would be
	// recreated, Changes come from FirstDeployment.
	Preparation *Preparation
	// Root is the root stack of a nested stack, see [Stack].
	Root string
	// Deployed is the current template of the stack; "" if Create or
	// Preparation is set. Template is the new template.
	Deployed, Template string

	// Warnings are the findings of AWS's validation before the deployment.
	Warnings []Warning
	// Unvalidated says why the request for the warnings failed; otherwise it is
	// "".
	Unvalidated string

	run *run
	// ownStack means that the stack exists only for change sets. Discard
	// deletes the stack unless another change set remains.
	ownStack bool
	// foundStack means that the stack existed before this change set. If
	// ownStack is also set, it is the empty stack of an earlier change set.
	foundStack bool
	// mayExist means that it is unknown whether the change set exists, because
	// a request to create it had no response.
	mayExist bool
	// lostAt is when the request to create the change set ended, if one of its
	// attempts had no response; otherwise it is zero. The service may still
	// carry out that attempt later.
	lostAt    time.Time
	discarded bool
	announced bool // the removal of the change set was reported to Observe
	// expectedStackID is the ID of the stack that was read; "" for none. By now
	// the name may belong to another stack.
	expectedStackID string
}

// Change describes how one resource changes.
type Change struct {
	// Action is Add, Modify, Remove, Import, Dynamic (unknown until the change
	// set is executed) or SyncWithActual (a drift-aware change set updates only
	// CloudFormation's record of the resource).
	Action     string
	LogicalID  string
	PhysicalID string
	Type       string
	// Replacement applies to a Modify: True, False or Conditional. If
	// CloudFormation does not report it for the resource, it is derived from
	// Properties, and empty if none of them replaces the resource or may do so.
	Replacement string
	// Policy is what happens to a resource that leaves the stack: Delete,
	// Retain, Snapshot, or one of these with the prefix ReplaceAnd. It is often
	// empty.
	Policy string
	// Scope lists the attributes that change, such as Properties, Tags and
	// DeletionPolicy.
	Scope      []string
	Properties []PropertyChange
}

// PropertyChange describes how one property of a resource changes.
type PropertyChange struct {
	// Attribute is the attribute of the resource, such as Properties or Tags.
	// Name is the name of the property, and Path its position
	// ("/Properties/RoleName"). Path is empty when the server does not return
	// values.
	Attribute, Name, Path string
	// Change is Add, Remove, Modify or SyncWithActual; empty when the server
	// does not report it.
	Change string
	// Before and After are JSON or text; nil when there is no value or the
	// server does not report it. CloudFormation truncates large values.
	Before, After *string
	// Recreation says when the change replaces the resource: Never,
	// Conditionally or Always.
	Recreation string
	// Dynamic means that the new value is unknown until the change set is
	// executed.
	Dynamic bool
	// Cause is the parameter, or the attribute of another resource, that causes
	// the change; "" when the template itself does.
	Cause string
}

// Destroys reports whether the change removes or replaces the existing
// resource, or may do so. A resource that leaves the stack but is retained
// counts too, because the stack no longer manages it. So does an action that this
// package does not know.
func (c Change) Destroys() bool {
	return !slices.Contains([]string{"Add", "Modify", "Import", "SyncWithActual"}, c.Action) ||
		c.Replacement == "True" || c.Replacement == "Conditional" || strings.HasPrefix(c.Policy, "ReplaceAnd")
}

// ReplacingProperties returns the names of the properties whose change replaces
// the resource, or may do so.
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

// ChangesUnknown reports whether it is unknown what the deployment would change:
// the stack needs a preparation first, and is not recreated.
func (c *ChangeSet) ChangesUnknown() bool {
	return c.Preparation != nil && c.Preparation.Action != ActionDelete
}

// DestroyingChanges returns the changes that remove or replace an existing
// resource, or may do so.
func (c *ChangeSet) DestroyingChanges() []Change {
	var all []Change
	for _, change := range c.Changes {
		if change.Destroys() {
			all = append(all, change)
		}
	}
	return all
}

// TagChange is the change of one tag of the stack. Before or After is nil when
// the tag is absent.
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
		before, existed := c.TagsBefore[key]
		after, exists := c.TagsAfter[key]
		if existed == exists && before == after {
			continue
		}
		change := TagChange{Key: key}
		if existed {
			change.Before = &before
		}
		if exists {
			change.After = &after
		}
		all = append(all, change)
	}
	return all
}

// fingerprint identifies what a plan does to a stack. For a plan that creates
// the stack, the stack's ID does not count. The fingerprint covers the deployed
// template, because CloudFormation may truncate property values.
func (c *ChangeSet) fingerprint() string {
	stack := c.StackID
	if c.Create {
		stack = ""
	}
	text, err := json.Marshal([]any{c.Create, c.NoChanges, stack, c.Changes, c.TagsBefore, c.TagsAfter, c.Deployed, c.Template})
	if err != nil {
		panic("cfnstack: a plan is not encodable: " + err.Error()) // cannot happen: the plan has only texts and booleans
	}
	return fmt.Sprintf("%x", sha256.Sum256(text))
}
