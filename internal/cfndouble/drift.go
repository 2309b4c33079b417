package cfndouble

// This file detects drift: the differences between a resource in the account
// and the template of its stack. Tests set these differences. For drift-aware
// change sets, this file adds the changes that revert drift.

import (
	"slices"
	"strings"
	"time"
)

// drift is the difference of a resource from its template.
type drift struct {
	status string // MODIFIED, DELETED, UNKNOWN
	paths  []string
}

// detection is a drift detection that was started.
type detection struct {
	id     string
	stack  *stack
	ready  time.Time // when it is complete
	status string    // of the stack
}

// MarkDrifted marks properties of a resource, given their paths
// ("/Policies/0"), as changed without CloudFormation. Without paths, it marks
// the resource as deleted. Only drift detection and drift-aware change sets see
// this difference.
func (d *Double) MarkDrifted(name, logicalID string, paths ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	status := "MODIFIED"
	if len(paths) == 0 {
		status = "DELETED"
	}
	d.find(name).resources[logicalID].drift = &drift{status, paths}
}

// FailDetection makes drift detection fail for a resource.
func (d *Double) FailDetection(name, logicalID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.find(name).resources[logicalID].drift = &drift{status: "UNKNOWN"}
}

// detectableStatuses lists the stack statuses in which drift can be detected.
// Source: CloudFormation User Guide, "Detect unmanaged configuration changes".
var detectableStatuses = []string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"}

func (d *Double) detectStackDrift(r Request) ([]node, error) {
	s, err := d.stackOf(r)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(detectableStatuses, s.status) {
		return nil, validationError("Drift detection cannot be performed on stack [%s] while it is in the %s state", s.id, s.status)
	}
	for _, found := range d.detections {
		if found.stack == s && found.ready.After(time.Now()) {
			return nil, validationError("Drift detection is already in progress for stack [%s]", s.id)
		}
	}
	found := &detection{id: d.uuid(), stack: s, ready: time.Now().Add(d.DetectionTime), status: "IN_SYNC"}
	for _, resource := range s.resources {
		if resource.drift != nil && resource.drift.status != "UNKNOWN" {
			found.status = "DRIFTED"
		}
	}
	d.detections = append(d.detections, found)
	return []node{el("StackDriftDetectionId", found.id)}, nil
}

func (d *Double) describeStackDriftDetectionStatus(r Request) ([]node, error) {
	for _, found := range d.detections {
		if found.id != r.Form["StackDriftDetectionId"] {
			continue
		}
		result := []node{el("StackId", found.stack.id), el("StackDriftDetectionId", found.id), timeElement("Timestamp", found.ready)}
		if found.ready.After(time.Now()) {
			return append(result, el("DetectionStatus", "DETECTION_IN_PROGRESS")), nil
		}
		for _, resource := range d.resourcesOf(found.stack) {
			if resource.drift != nil && resource.drift.status == "UNKNOWN" {
				return append(result, el("StackDriftStatus", found.status), el("DetectionStatus", "DETECTION_FAILED"),
					el("DetectionStatusReason", "Failed to detect drift on resource ["+resource.id+"]")), nil
			}
		}
		return append(result, el("StackDriftStatus", found.status), el("DetectionStatus", "DETECTION_COMPLETE")), nil
	}
	return nil, validationError("Drift detection %s does not exist", r.Form["StackDriftDetectionId"])
}

func (d *Double) describeStackResourceDrifts(r Request) ([]node, error) {
	s, err := d.stackOf(r)
	if err != nil {
		return nil, err
	}
	resources := d.resourcesOf(s)
	from, end, next := d.pageOf(r, len(resources))
	var all []node
	for _, one := range resources[from:end] {
		status := "IN_SYNC"
		var differences []node
		if one.drift != nil {
			status = one.drift.status
			for _, path := range one.drift.paths {
				differences = append(differences, group("", el("PropertyPath", path), el("ExpectedValue", "as in the template"), el("ActualValue", "by hand"), el("DifferenceType", "NOT_EQUAL")))
			}
		}
		all = append(all, group("", el("StackId", s.id), el("LogicalResourceId", one.id), el("PhysicalResourceId", one.physical), el("ResourceType", one.kind),
			el("StackResourceDriftStatus", status), timeElement("Timestamp", time.Now()), list("PropertyDifferences", differences...)))
	}
	return []node{list("StackResourceDrifts", all...), next}, nil
}

// addReverted adds the changes of a drift-aware change set, which revert drift
// to the template.
func (d *Double) addReverted(s *stack, changes []change) []change {
	for _, one := range d.resourcesOf(s) {
		if one.drift == nil || slices.ContainsFunc(changes, func(c change) bool { return c.id == one.id }) {
			continue
		}
		if one.drift.status == "DELETED" {
			changes = append(changes, change{action: "Add", id: one.id, kind: one.kind})
			continue
		}
		c := change{action: "Modify", id: one.id, kind: one.kind, physical: one.physical, replacement: "False", scope: []string{"Properties"}}
		for _, path := range one.drift.paths {
			name, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
			c.properties = append(c.properties, propertyChange{attribute: "Properties", name: name, kind: "Modify", before: "by hand", after: "as in the template", recreation: "Never"})
		}
		changes = append(changes, c)
	}
	return changes
}
