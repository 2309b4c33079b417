package cfndouble

// This file has the operations on change sets.

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// updatableStatuses are the statuses in which a stack can be updated.
var updatableStatuses = []string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE", "UPDATE_FAILED"}

func (d *Double) createChangeSet(r Request) ([]node, error) {
	name, kind := r.Form["ChangeSetName"], r.Form["ChangeSetType"]
	s := d.find(r.Form["StackName"])
	for _, c := range d.changeSets {
		if c.name == name && c.stack == s {
			if c.token != "" && c.token == r.Form["ClientToken"] {
				return []node{el("Id", c.id), el("StackId", s.id)}, nil
			}
			return nil, &apiError{400, "AlreadyExistsException", fmt.Sprintf("ChangeSet %s cannot be created due to a mismatch with existing attribute Template", name)}
		}
	}
	next, err := parse(r.Form["TemplateBody"])
	if err != nil {
		return nil, validationError("%v", err)
	}
	var acknowledged []string
	for _, item := range r.listParameter("Capabilities") {
		acknowledged = append(acknowledged, item[""])
	}
	for _, def := range next {
		if strings.HasPrefix(def.kind, "AWS::IAM::") && !slices.Contains(acknowledged, "CAPABILITY_NAMED_IAM") {
			return nil, &apiError{400, "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]"}
		}
	}
	switch {
	case kind == "CREATE" && s != nil && s.status != "REVIEW_IN_PROGRESS":
		return nil, validationError("Stack [%s] already exists and cannot be created again with the changeSet [%s].", s.name, name)
	case kind == "CREATE" && s == nil:
		s = d.newStack(r.Form["StackName"])
		s.addStackEvent(time.Now(), "REVIEW_IN_PROGRESS", "User Initiated", r.Form["ClientToken"])
	case kind != "CREATE" && s == nil:
		return nil, validationError("Stack [%s] does not exist", r.Form["StackName"])
	case kind != "CREATE" && !slices.Contains(updatableStatuses, s.status):
		return nil, validationError("Stack:%s is in %s state and can not be updated.", s.id, s.status)
	}
	if kind != "CREATE" && r.Form["OnStackFailure"] == "DELETE" {
		return nil, validationError("OnStackFailure DELETE is only valid for ChangeSetType CREATE")
	}
	if kind != "CREATE" {
		isSet := map[string]bool{}
		for _, item := range r.listParameter("Parameters") {
			isSet[item["ParameterKey"]] = item["UsePreviousValue"] == "true"
		}
		for _, name := range d.Parameters {
			if !isSet[name] {
				return nil, validationError("Parameters: [%s] must have values", name)
			}
		}
	}
	c := &changeSet{
		name: name, kind: kind, template: r.Form["TemplateBody"], token: r.Form["ClientToken"], onFailure: r.Form["OnStackFailure"], role: r.Form["RoleARN"],
		stack: s, importsExisting: r.Form["ImportExistingResources"] == "true", ready: time.Now().Add(d.ChangeSetTime), status: "CREATE_IN_PROGRESS", execution: "UNAVAILABLE",
	}
	c.id = d.arn("cloudformation", d.Region, "changeSet/"+name+"/"+d.uuid())
	c.tags, c.setTags = tagsFrom(r)
	if !c.setTags {
		c.tags = s.tags
	}
	c.changes = d.compare(s, next, c.setTags && !maps.Equal(c.tags, s.tags), c.importsExisting)
	if r.Form["DeploymentMode"] == "REVERT_DRIFT" {
		if kind == "CREATE" {
			return nil, validationError("DeploymentMode REVERT_DRIFT is only valid for ChangeSetType UPDATE")
		}
		c.changes = d.addReverted(s, c.changes)
	}
	if len(c.changes) == 0 {
		c.reason = "The submitted information didn't contain changes. Submit different information to create a change set."
	}
	d.validate(c, next)
	d.changeSets, d.allChangeSets = append(d.changeSets, c), append(d.allChangeSets, c)
	return []node{el("Id", c.id), el("StackId", s.id)}, nil
}

// validate sets the reason why a change set cannot be created: with
// EarlyValidation, names that exist; always, imports of resources that the
// template does not retain.
func (d *Double) validate(c *changeSet, next map[string]definition) {
	var notRetained []string
	for _, change := range c.changes {
		def := next[change.id]
		if change.action == "Import" && !strings.HasPrefix(def.deletionPolicy, "Retain") {
			notRetained = append(notRetained, change.id)
		}
		if _, isTaken := d.owners[def.kind+"/"+d.physicalID(c.stack, change.id, def)]; change.action == "Add" && isTaken && d.EarlyValidation {
			c.reason = "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information."
			name, _ := def.properties[nameProperties[def.kind]].(string)
			c.validation = append(c.validation, event{
				id: d.uuid(), logical: change.id, kind: def.kind, when: time.Now(),
				reason: fmt.Sprintf("Resource of type '%s' with identifier '%s' already exists.", def.kind, name),
			})
		}
	}
	if len(notRetained) > 0 {
		c.reason = fmt.Sprintf("Resources %v must have a DeletionPolicy attribute specified in the template to be imported", notRetained)
	}
}

func (d *Double) changeSet(r Request) (*changeSet, error) {
	name, stackName := r.Form["ChangeSetName"], r.Form["StackName"]
	for _, c := range d.changeSets {
		if c.id == name || c.name == name && (c.stack.id == stackName || c.stack.name == stackName) {
			return c, nil
		}
	}
	if stackName != "" && d.find(stackName) == nil {
		return nil, validationError("Stack [%s] does not exist", stackName)
	}
	return nil, &apiError{404, "ChangeSetNotFound", fmt.Sprintf("ChangeSet [%s] does not exist", name)}
}

// deletedChangeSet returns the change set of a request even if it was deleted;
// nil if it never existed, or without DescribeDeleted.
func (d *Double) deletedChangeSet(r Request) *changeSet {
	for _, c := range d.allChangeSets {
		if d.DescribeDeleted && (c.id == r.Form["ChangeSetName"] || c.name == r.Form["ChangeSetName"]) {
			return c
		}
	}
	return nil
}

// policyAction returns the PolicyAction of a change. A server without property
// values does not report it.
func (d *Double) policyAction(one change) string {
	if d.PropertyValues != "" {
		return ""
	}
	return one.policy
}

func (d *Double) describeChangeSet(r Request) ([]node, error) {
	c, err := d.changeSet(r)
	if deleted := d.deletedChangeSet(r); err != nil && deleted != nil {
		return []node{
			el("ChangeSetName", deleted.name), el("ChangeSetId", deleted.id), el("StackId", deleted.stack.id), el("StackName", deleted.stack.name),
			el("Status", "DELETE_COMPLETE"), el("ExecutionStatus", "UNAVAILABLE"),
		}, nil
	}
	if err != nil {
		return nil, err
	}
	values := r.Form["IncludePropertyValues"] == "true"
	if values && d.PropertyValues == "reject" {
		return nil, validationError("Unknown parameter: IncludePropertyValues")
	}
	values = values && d.PropertyValues == ""
	result := []node{
		el("ChangeSetName", c.name), el("ChangeSetId", c.id), el("StackId", c.stack.id), el("StackName", c.stack.name),
		el("Status", c.status), el("ExecutionStatus", c.execution),
	}
	if c.status == "FAILED" {
		result = append(result, el("StatusReason", c.reason))
	}
	if c.status != "CREATE_COMPLETE" {
		return result, nil
	}
	from, end, next := d.pageOf(r, len(c.changes))
	var changes []node
	for _, change := range c.changes[from:end] {
		var details, scope []node
		for _, p := range change.properties {
			target := []node{el("Attribute", p.attribute), el("Name", p.name), el("RequiresRecreation", p.recreation)}
			if values {
				target = append(target, el("Path", "/Properties/"+p.name), el("AttributeChangeType", p.kind), el("BeforeValue", p.before), el("AfterValue", p.after))
			}
			if d.DuplicateProperties {
				details = append(details, group("", group("Target", target...), el("Evaluation", "Dynamic"), el("ChangeSource", "ResourceReference")))
			}
			details = append(details, group("", group("Target", target...), el("Evaluation", "Static"), el("ChangeSource", "DirectModification")))
		}
		for _, s := range change.scope {
			scope = append(scope, el("", s))
		}
		changes = append(changes, group("", el("Type", "Resource"), group("ResourceChange",
			el("Action", change.action), el("LogicalResourceId", change.id), el("PhysicalResourceId", change.physical), el("ResourceType", change.kind),
			el("Replacement", change.replacement), el("PolicyAction", d.policyAction(change)), list("Scope", scope...), list("Details", details...))))
	}
	if end < len(c.changes) {
		return append(result, list("Changes", changes...), next), nil
	}
	// The last page also has the changes of Dependents.
	for _, id := range d.Dependents {
		one := c.stack.resources[id]
		changes = append(changes, group("", el("Type", "Resource"), group("ResourceChange",
			el("Action", "Modify"), el("LogicalResourceId", id), el("PhysicalResourceId", one.physical), el("ResourceType", one.kind), el("Replacement", "False"),
			list("Scope", el("", "Properties")),
			list("Details", d.dependentDetails()...))))
	}
	return append(result, list("Changes", changes...)), nil
}

// dependentDetails returns the details of the change of a resource in
// Dependents.
func (d *Double) dependentDetails() []node {
	target := group("Target", el("Attribute", "Properties"), el("Name", "Roles"), el("RequiresRecreation", "Never"))
	details := []node{group("", target, el("Evaluation", "Dynamic"), el("ChangeSource", "ResourceReference"))}
	if d.DuplicateProperties {
		details = append(details, group("", target, el("Evaluation", "Static"), el("ChangeSource", "DirectModification")))
	}
	return details
}

func (d *Double) listChangeSets(r Request) ([]node, error) {
	s, err := d.stackOf(r)
	if err != nil {
		return nil, err
	}
	var all []node
	for _, c := range d.changeSets {
		if c.stack == s {
			all = append(all, group("", el("ChangeSetName", c.name), el("ChangeSetId", c.id), el("StackId", s.id), el("Status", c.status), el("ExecutionStatus", c.execution)))
		}
	}
	from, end, next := d.pageOf(r, len(all))
	return []node{list("Summaries", all[from:end]...), next}, nil
}

func (d *Double) deleteChangeSet(r Request) ([]node, error) {
	c, err := d.changeSet(r)
	if err != nil {
		return nil, err
	}
	if c.execution == "EXECUTE_IN_PROGRESS" {
		return nil, &apiError{400, "InvalidChangeSetStatus", fmt.Sprintf("ChangeSet [%s] cannot be deleted in its current status", c.id)}
	}
	d.changeSets = slices.DeleteFunc(d.changeSets, func(other *changeSet) bool { return other == c })
	return nil, nil
}

func (d *Double) executeChangeSet(r Request) ([]node, error) {
	c, err := d.changeSet(r)
	if err != nil {
		return nil, err
	}
	if c.status != "CREATE_COMPLETE" || c.execution != "AVAILABLE" {
		return nil, &apiError{400, "InvalidChangeSetStatus", fmt.Sprintf("ChangeSet [%s] cannot be executed in its current execution status of [%s]", c.id, c.execution)}
	}
	if !isSettled(c.stack.status) {
		return nil, &apiError{400, "InvalidChangeSetStatus", fmt.Sprintf("ChangeSet [%s] cannot be executed: the stack is in %s status", c.id, c.stack.status)}
	}
	c.execution = "EXECUTE_IN_PROGRESS"
	// Executing a change set deletes the other change sets of the stack.
	d.changeSets = slices.DeleteFunc(d.changeSets, func(other *changeSet) bool { return other != c && other.stack == c.stack })
	next, err := parse(c.template)
	if err != nil {
		return nil, err
	}
	c.stack.role = c.role
	if c.kind == "CREATE" {
		c.stack.tags = c.tags
		d.create(c.stack, c.template, next, c.onFailure, c.importsExisting, r.Form["ClientRequestToken"])
	} else {
		d.update(c.stack, c.template, next, c.tags, c.importsExisting, r.Form["ClientRequestToken"])
	}
	return nil, nil
}

func (d *Double) describeEvents(r Request) ([]node, error) {
	c, err := d.changeSet(r)
	if err != nil {
		return nil, err
	}
	var all []node
	for _, e := range c.validation {
		all = append(all, group("",
			el("EventId", e.id), el("StackId", c.stack.id), el("EventType", "VALIDATION_ERROR"), el("LogicalResourceId", e.logical), el("ResourceType", e.kind),
			timeElement("Timestamp", e.when), el("ValidationName", "NAME_CONFLICT_VALIDATION"), el("ValidationStatus", "FAILED"), el("ValidationFailureMode", "FAIL"),
			el("ValidationStatusReason", e.reason)))
	}
	for _, id := range slices.Sorted(maps.Keys(d.Warnings)) {
		all = append(all, group("",
			el("EventId", d.uuid()), el("StackId", c.stack.id), el("EventType", "VALIDATION_ERROR"), el("LogicalResourceId", id),
			timeElement("Timestamp", time.Now()), el("ValidationName", "SERVICE_QUOTA_VALIDATION"), el("ValidationStatus", "FAILED"), el("ValidationFailureMode", "WARN"),
			el("ValidationPath", "/Resources/"+id), el("ValidationStatusReason", d.Warnings[id])))
	}
	for _, kind := range slices.Sorted(maps.Keys(d.Hooks)) {
		all = append(all, group("",
			el("EventId", d.uuid()), el("StackId", c.stack.id), el("EventType", "HOOK_INVOCATION_ERROR"), timeElement("Timestamp", time.Now()),
			el("HookType", kind), el("HookStatus", "HOOK_COMPLETE_FAILED"), el("HookFailureMode", "WARN"), el("HookStatusReason", d.Hooks[kind])))
	}
	// An event without an error.
	all = append(all, group("", el("EventId", d.uuid()), el("StackId", c.stack.id), el("EventType", "STACK_EVENT"), el("OperationStatus", "SUCCEEDED")))
	from, end, next := d.pageOf(r, len(all))
	return []node{list("OperationEvents", all[from:end]...), next}, nil
}
