package permitted

// Derives the calls that CloudFormation makes for the resources of a template. The
// sources are CloudFormation's table of handlers and AWS's authorization reference, not
// the tables of the tested policy.

import (
	"maps"
	"slices"
	"strings"

	"capaboot/iam/operator"
	"capaboot/internal/table"
	"capaboot/policies/authz"
)

// HandlerCall is a call that a CloudFormation handler may make.
type HandlerCall struct {
	// Handler is the operation of the handler, such as "create".
	Handler, Action, Resource string
	// Context has the condition keys of the call.
	Context map[string]string
	// Bounded means that the resource has a permissions boundary.
	Bounded bool
}

// referenceTypes maps CloudFormation's types of IAM resources to those in AWS's
// authorization reference.
var referenceTypes = map[string]string{
	"AWS::IAM::Role": "role", "AWS::IAM::ManagedPolicy": "policy", "AWS::IAM::InstanceProfile": "instance-profile",
	"AWS::IAM::User": "user", "AWS::IAM::Group": "group",
}

// HandlerCalls returns the calls for the resources of a target's template.
// handlers is a table with the columns type, handler, permissions and
// create-only properties.
func HandlerCalls(target operator.Target, handlers string) (calls []HandlerCall) {
	for _, row := range table.Rows("cloudformation-handlers.tsv", handlers, 4) {
		for _, id := range slices.Sorted(maps.Keys(target.Template.Resources)) {
			if target.Template.Resources[id].AWSCloudFormationType() != row[0] {
				continue
			}
			for _, action := range strings.Fields(row[2]) {
				for _, call := range callsFor(target, id, action) {
					call.Handler = row[1]
					calls = append(calls, call)
				}
			}
		}
	}
	return calls
}

// callsFor returns the calls of an action for one resource of the template. The
// action may be on that resource, or on resources that the resource refers to.
func callsFor(target operator.Target, id, action string) (calls []HandlerCall) {
	properties := propertiesOf(target, id)
	templateType := referenceTypes[target.Template.Resources[id].AWSCloudFormationType()]
	actionType := referenceTypeOf(action)
	if actionType == templateType {
		call := callOn(target, id, action)
		if !supportsPolicyARN(action) {
			return []HandlerCall{call}
		}
		for _, policy := range listOf(properties["ManagedPolicyArns"]) {
			calls = append(calls, call.withContext("iam:PolicyARN", policy.(string)))
		}
		return calls
	}
	// A policy is attached to roles, users and groups; a role is added to an
	// instance profile; a user is added to groups.
	for _, value := range listOf(properties[strings.ToUpper(actionType[:1])+actionType[1:]+"s"]) {
		reference, _ := value.(map[string]any)
		other, _ := reference["Ref"].(string)
		if other == "" {
			calls = append(calls, HandlerCall{Action: action, Resource: "arn:" + target.Partition + ":iam::" + target.Account + ":" + actionType + "/" + value.(string)})
			continue
		}
		call := callOn(target, other, action)
		switch templateType {
		case "policy":
			call = call.withContext("iam:PolicyARN", arnOf(target, id))
		case "instance-profile":
			call = call.withContext("iam:PassedToService", "ec2.amazonaws.com")
		}
		calls = append(calls, call)
	}
	return calls
}

func callOn(target operator.Target, id, action string) HandlerCall {
	call := HandlerCall{Action: action, Resource: arnOf(target, id)}
	if boundary, ok := propertiesOf(target, id)["PermissionsBoundary"].(string); ok {
		call = call.withContext("iam:PermissionsBoundary", boundary)
		call.Bounded = true
	}
	return call
}

func (c HandlerCall) withContext(key, value string) HandlerCall {
	c.Context = maps.Clone(c.Context)
	if c.Context == nil {
		c.Context = map[string]string{}
	}
	c.Context[key] = value
	return c
}

// arnOf returns the ARN of a resource. A resource without a name gets one like
// those that CloudFormation generates.
func arnOf(target operator.Target, id string) string {
	physical := target.Template.PhysicalID(id, target.Partition, target.Account)
	if physical == "" {
		physical = target.StackName + "-" + id + "-1ABCDEF234567"
	}
	return target.Template.ARN(id, physical, target.Partition, target.Account)
}

func propertiesOf(target operator.Target, id string) map[string]any {
	properties, _ := target.Template.Resource(id).(map[string]any)["Properties"].(map[string]any)
	return properties
}

func referenceTypeOf(action string) string {
	found, ok := authz.Lookup(action)
	if !ok || len(found.Resources) != 1 {
		panic("AWS's reference does not have exactly one resource type for " + action)
	}
	return found.Resources[0].Type.Name
}

func supportsPolicyARN(action string) bool {
	found, _ := authz.Lookup(action)
	return found != nil && found.Supports("iam:PolicyARN") != 0
}

func listOf(value any) []any {
	values, _ := value.([]any)
	return values
}
