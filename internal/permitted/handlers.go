package permitted

// What CloudFormation calls for the resources of a template, read off the table of
// its handlers and off AWS's authorization reference, and not off the tables of the
// policy that is tested.

import (
	"maps"
	"slices"
	"strings"

	"capaboot/iam/operator"
	"capaboot/internal/table"
	"capaboot/policies/authz"
)

// HandlerCall is a call that a handler of CloudFormation may make.
type HandlerCall struct {
	Handler, Action, Resource string
	Context                   map[string]string
	// Bounded: the resource has a permissions boundary.
	Bounded bool
}

// words are the types of IAM's resources in AWS's reference, by CloudFormation's.
var words = map[string]string{
	"AWS::IAM::Role": "role", "AWS::IAM::ManagedPolicy": "policy", "AWS::IAM::InstanceProfile": "instance-profile",
	"AWS::IAM::User": "user", "AWS::IAM::Group": "group",
}

// HandlerCalls returns the calls for the resources of a target's template. The
// table has the columns type, handler, permissions and create-only properties.
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

// callsFor returns the calls of an action for one resource of the template.
func callsFor(target operator.Target, id, action string) (calls []HandlerCall) {
	properties := propertiesOf(target, id)
	word := words[target.Template.Resources[id].AWSCloudFormationType()]
	about := resourceWord(action)
	if about == word {
		call := callOn(target, id, action)
		if !takesPolicy(action) {
			return []HandlerCall{call}
		}
		for _, policy := range list(properties["ManagedPolicyArns"]) {
			calls = append(calls, call.with("iam:PolicyARN", policy.(string)))
		}
		return calls
	}
	// A policy is attached to roles, users and groups; an instance profile gets a
	// role; a user joins groups.
	for _, value := range list(properties[strings.ToUpper(about[:1])+about[1:]+"s"]) {
		reference, _ := value.(map[string]any)
		other, _ := reference["Ref"].(string)
		if other == "" {
			calls = append(calls, HandlerCall{Action: action, Resource: "arn:" + target.Partition + ":iam::" + target.Account + ":" + about + "/" + value.(string)})
			continue
		}
		call := callOn(target, other, action)
		switch word {
		case "policy":
			call = call.with("iam:PolicyARN", arnOf(target, id))
		case "instance-profile":
			call = call.with("iam:PassedToService", "ec2.amazonaws.com")
		}
		calls = append(calls, call)
	}
	return calls
}

func callOn(target operator.Target, id, action string) HandlerCall {
	call := HandlerCall{Action: action, Resource: arnOf(target, id)}
	if boundary, ok := propertiesOf(target, id)["PermissionsBoundary"].(string); ok {
		call = call.with("iam:PermissionsBoundary", boundary)
		call.Bounded = true
	}
	return call
}

func (c HandlerCall) with(key, value string) HandlerCall {
	c.Context = maps.Clone(c.Context)
	if c.Context == nil {
		c.Context = map[string]string{}
	}
	c.Context[key] = value
	return c
}

// arnOf is the ARN of a resource; one that CloudFormation names has the name that
// it would get.
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

func resourceWord(action string) string {
	found, ok := authz.Lookup(action)
	if !ok || len(found.Resources) != 1 {
		panic("AWS's reference has no one resource type for " + action)
	}
	return found.Resources[0].Type.Name
}

func takesPolicy(action string) bool {
	found, _ := authz.Lookup(action)
	return found != nil && found.Supports("iam:PolicyARN") != 0
}

func list(value any) []any {
	values, _ := value.([]any)
	return values
}
