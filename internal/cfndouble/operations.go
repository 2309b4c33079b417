package cfndouble

// This file has the table of the operations of STS and CloudFormation, and the
// operations on stacks.

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// carryOut carries out a request, and returns the contents of its result.
func (d *Double) carryOut(r Request) ([]node, error) {
	operation, ok := operations[r.Operation]
	if !ok {
		operation, ok = iamOperations[r.Operation]
	}
	if !ok {
		return nil, &apiError{400, "InvalidAction", "Could not find operation " + r.Operation}
	}
	return operation(d, r)
}

// operations are the operations of CloudFormation and STS, by name.
var operations = map[string]func(*Double, Request) ([]node, error){
	"CreateChangeSet":                   (*Double).createChangeSet,
	"DescribeChangeSet":                 (*Double).describeChangeSet,
	"ListChangeSets":                    (*Double).listChangeSets,
	"DeleteChangeSet":                   (*Double).deleteChangeSet,
	"ExecuteChangeSet":                  (*Double).executeChangeSet,
	"DescribeStacks":                    (*Double).describeStacks,
	"DescribeStackEvents":               (*Double).describeStackEvents,
	"DescribeEvents":                    (*Double).describeEvents,
	"DescribeStackResources":            (*Double).describeStackResources,
	"ListStackResources":                (*Double).listStackResources,
	"GetTemplate":                       (*Double).getTemplate,
	"DeleteStack":                       (*Double).deleteStack,
	"ContinueUpdateRollback":            (*Double).continueUpdateRollback,
	"UpdateTerminationProtection":       (*Double).updateTerminationProtection,
	"DetectStackDrift":                  (*Double).detectStackDrift,
	"DescribeStackDriftDetectionStatus": (*Double).describeStackDriftDetectionStatus,
	"DescribeStackResourceDrifts":       (*Double).describeStackResourceDrifts,
	"GetCallerIdentity":                 (*Double).getCallerIdentity,
	"AssumeRoleWithWebIdentity":         (*Double).assumeRole,
}

func (d *Double) stackOf(r Request) (*stack, error) {
	name := r.Form["StackName"]
	if s := d.find(name); s != nil && (s.status != "DELETE_COMPLETE" || !d.ForgetDeleted) {
		return s, nil
	}
	return nil, validationError("Stack with id %s does not exist", name)
}

// pageOf returns the beginning and end of the requested page in a list, and the
// element with the token of the next page.
func (d *Double) pageOf(r Request, length int) (from, end int, next node) {
	if token := r.Form["NextToken"]; token != "" {
		from, _ = strconv.Atoi(strings.TrimPrefix(token, "page-"))
	}
	from = min(from, length)
	end = min(from+d.PageSize, length)
	if end < length {
		next = el("NextToken", fmt.Sprintf("page-%d", end))
	}
	return from, end, next
}

func tagsFrom(r Request) (tags map[string]string, isSet bool) {
	tags = map[string]string{}
	for _, item := range r.listParameter("Tags") {
		tags[item["Key"]] = item["Value"]
	}
	_, empty := r.Form["Tags"]
	return tags, empty || len(tags) > 0
}

func isSettled(status string) bool {
	return status == "REVIEW_IN_PROGRESS" || !strings.HasSuffix(status, "_IN_PROGRESS")
}

func (d *Double) describeStacks(r Request) ([]node, error) {
	s, err := d.stackOf(r)
	if err != nil {
		return nil, err
	}
	var tags []node
	for _, key := range slices.Sorted(maps.Keys(s.tags)) {
		tags = append(tags, group("", el("Key", key), el("Value", s.tags[key])))
	}
	var parameters []node
	for _, name := range d.Parameters {
		parameters = append(parameters, group("", el("ParameterKey", name), el("ParameterValue", "as it was")))
	}
	updated := el("LastUpdatedTime", "")
	if !s.updated.IsZero() {
		updated = timeElement("LastUpdatedTime", s.updated)
	}
	var nested []node
	if s.root != "" {
		root := "arn:aws:cloudformation:eu-west-1:123456789012:stack/" + s.root + "/1"
		nested = []node{el("ParentId", root), el("RootId", root)}
	}
	return []node{list("Stacks", group("", append(nested, updated,
		el("StackName", s.name), el("StackId", s.id), el("StackStatus", s.status), el("StackStatusReason", d.withSuffix(s.reason)), el("RoleARN", s.role),
		timeElement("CreationTime", s.created), el("EnableTerminationProtection", strconv.FormatBool(s.protected)), list("Parameters", parameters...), list("Tags", tags...))...))}, nil
}

func (d *Double) describeStackEvents(r Request) ([]node, error) {
	s, err := d.stackOf(r)
	if err != nil {
		return nil, err
	}
	// Newest first. A token names an event, so that new events do not shift the
	// pages.
	from := len(s.events)
	for d.EventLag > 0 && from > 0 && time.Since(s.events[from-1].when) < d.EventLag {
		from--
	}
	if token := r.Form["NextToken"]; token != "" && !strings.HasPrefix(token, endlessToken) {
		if from = slices.IndexFunc(s.events, func(e event) bool { return "before-"+e.id == token }); from < 0 {
			return nil, validationError("Invalid NextToken")
		}
	}
	end := max(0, from-d.PageSize)
	var all []node
	for i, e := range slices.Backward(s.events[end:from]) {
		if d.HideFinal && end+i == len(s.events)-1 && e.physical == s.id && isSettled(e.status) && e.status != "REVIEW_IN_PROGRESS" {
			continue
		}
		if d.HideFirst && e.physical == s.id && e.status == "CREATE_IN_PROGRESS" {
			continue
		}
		child := group("",
			el("EventId", e.id), el("StackId", s.id), el("StackName", s.name), el("LogicalResourceId", e.logical), el("PhysicalResourceId", e.physical),
			el("ResourceType", e.kind), timeElement("Timestamp", e.when), el("ResourceStatus", e.status), el("ResourceStatusReason", d.withSuffix(e.reason)), el("ClientRequestToken", e.token))
		all = append(all, child)
		if d.DuplicateEvents {
			all = append(all, child)
		}
	}
	result := []node{list("StackEvents", all...)}
	if end > 0 {
		result = append(result, el("NextToken", "before-"+s.events[end].id))
	}
	return result, nil
}

// withSuffix returns a reason with ReasonSuffix, as in responses.
func (d *Double) withSuffix(reason string) string {
	if reason == "" {
		return ""
	}
	return reason + d.ReasonSuffix
}

func (d *Double) resourcesOf(s *stack) []*resource {
	var all []*resource
	for _, id := range slices.Sorted(maps.Keys(s.resources)) {
		all = append(all, s.resources[id])
	}
	return all
}

func (d *Double) listStackResources(r Request) ([]node, error) {
	s, err := d.stackOf(r)
	if err != nil {
		return nil, err
	}
	resources := d.resourcesOf(s)
	from, end, next := d.pageOf(r, len(resources))
	var all []node
	for _, one := range resources[from:end] {
		all = append(all, group("",
			el("LogicalResourceId", one.id), el("PhysicalResourceId", one.physical), el("ResourceType", one.kind),
			el("ResourceStatus", one.status), el("ResourceStatusReason", d.withSuffix(one.reason)), timeElement("LastUpdatedTimestamp", one.when)))
	}
	return []node{list("StackResourceSummaries", all...), next}, nil
}

func (d *Double) describeStackResources(r Request) ([]node, error) {
	s, err := d.stackOf(r)
	physical := r.Form["PhysicalResourceId"]
	if physical != "" {
		s, err = d.stackOfResource(physical)
	}
	if err != nil {
		return nil, err
	}
	var all []node
	for _, one := range d.resourcesOf(s) {
		all = append(all, group("",
			el("StackName", s.name), el("StackId", s.id), el("LogicalResourceId", one.id), el("PhysicalResourceId", one.physical), el("ResourceType", one.kind),
			el("ResourceStatus", one.status), el("ResourceStatusReason", one.reason), timeElement("Timestamp", one.when)))
	}
	return []node{list("StackResources", all...)}, nil
}

func (d *Double) getTemplate(r Request) ([]node, error) {
	s, err := d.stackOf(r)
	if err != nil {
		return nil, err
	}
	if s.template == "" {
		return nil, validationError("Stack [%s] does not exist", r.Form["StackName"])
	}
	return []node{el("TemplateBody", s.template)}, nil
}

func (d *Double) deleteStack(r Request) ([]node, error) {
	s := d.find(r.Form["StackName"])
	switch {
	case s == nil || s.status == "DELETE_COMPLETE":
		return nil, nil // like CloudFormation: success
	case s.protected:
		return nil, validationError("Stack [%s] cannot be deleted while TerminationProtection is enabled", s.name)
	}
	var retain []string
	for _, item := range r.listParameter("RetainResources") {
		retain = append(retain, item[""])
	}
	if len(retain) > 0 && s.status != "DELETE_FAILED" {
		return nil, validationError("Stack [%s] is not in DELETE_FAILED state. Resources to retain can only be specified for a stack whose deletion failed", s.name)
	}
	if s.status != "DELETE_IN_PROGRESS" {
		d.delete(s, retain, r.Form["ClientRequestToken"], "User Initiated")
	}
	return nil, nil
}

func (d *Double) continueUpdateRollback(r Request) ([]node, error) {
	s, err := d.stackOf(r)
	if err != nil {
		return nil, err
	}
	if s.status != "UPDATE_ROLLBACK_FAILED" {
		return nil, validationError("Stack:%s is in %s state and can not continue rolling back.", s.id, s.status)
	}
	token := r.Form["ClientRequestToken"]
	s.addStackEvent(time.Now(), "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated", token)
	rollback := s.rollback
	if rollback == nil {
		before := map[string]definition{}
		for id, one := range s.resources {
			if one.status == "UPDATE_FAILED" {
				before[id] = one.definition
			}
		}
		rollback = func(when time.Time) { d.rollBack(s, before, nil, when, token) }
	}
	rollback(time.Now().Add(eventGap))
	return nil, nil
}

func (d *Double) updateTerminationProtection(r Request) ([]node, error) {
	s, err := d.stackOf(r)
	if err != nil {
		return nil, err
	}
	s.protected = r.Form["EnableTerminationProtection"] == "true"
	return []node{el("StackId", s.id)}, nil
}

// getCallerIdentity handles GetCallerIdentity of STS, for commands that print
// the account.
func (d *Double) getCallerIdentity(Request) ([]node, error) {
	return []node{el("Arn", d.arn("sts", "", "assumed-role/admin/somebody")), el("UserId", "AROAFALSE:somebody"), el("Account", d.Account)}, nil
}

// assumeRole handles AssumeRoleWithWebIdentity of STS, for commands that get
// their credentials from STS. The credentials have a new session token each
// time, and are valid for an hour.
func (d *Double) assumeRole(Request) ([]node, error) {
	return []node{
		group("Credentials", el("AccessKeyId", "ASIAFALSEKEYEXAMPLE0"), el("SecretAccessKey", "FALSESECRET"), el("SessionToken", fmt.Sprintf("FALSESESSIONTOKEN%d", d.nextSerial())),
			timeElement("Expiration", time.Now().Add(time.Hour))),
		group("AssumedRoleUser", el("Arn", d.arn("sts", "", "assumed-role/admin/somebody")), el("AssumedRoleId", "AROAFALSE:somebody")),
	}, nil
}
