// The parts of SAM resources for which SAM adds permissions that are not read: roles
// for other services, the policies of queues, and permissions to call authorizers.
//
// Sources: AWS SAM Developer Guide, "DeploymentPreference" and "ScheduleV2" (SAM
// creates a role if none is given), "SNS" (SqsSubscription), "LambdaAuthorizer"
// and "LambdaTokenAuthorizer" (FunctionInvokeRole), "AWS::Serverless::Api"
// (DefinitionUri), "AWS::Serverless::GraphQLApi" and "AWS::Serverless::CapacityProvider".

package document

import (
	"slices"
	"strings"
)

// readServerlessTypes are the types of SAM that addServerlessParts need not record as a
// whole: their permissions are read, the type is in a list of unread types, or the type
// adds no permissions (SimpleTable and LayerVersion).
var readServerlessTypes = []string{"Api", "Application", "Connector", "Function", "HttpApi", "LayerVersion", "SimpleTable", "StateMachine"}

// addServerlessParts records the parts of a resource for which SAM adds permissions that
// are not read. properties includes the globals.
func (r *templateReader) addServerlessParts(f field, t string, properties *node) {
	add := func(what string, content *node) {
		r.addUnread(what+" of "+t, f.key, false, content.line, content.column, content)
	}
	isGiven := func(n *node) bool { return n != nil && !n.isNoValue() }
	name := strings.TrimPrefix(t, "AWS::Serverless::")
	switch name {
	case "Function":
		if p := properties.get("DeploymentPreference"); isGiven(p) && !isGiven(p.get("Role")) && !isFalse(p.get("Enabled")) {
			add("role that SAM adds for DeploymentPreference", p)
		}
		if events := properties.get("Events"); isGiven(events) && events.anyNode(needsRoleOfScheduler) {
			add("roles that SAM adds for Events", events)
		}
		if events := properties.get("Events"); isGiven(events) && events.anyNode(isSNSToSQS) {
			add("policies of queues that SAM adds for Events", events)
		}
	case "StateMachine":
		if events := properties.get("Events"); isGiven(events) {
			add("roles that SAM adds for Events", events)
		}
	case "Api", "HttpApi":
		if auth := properties.get("Auth"); isGiven(auth) && auth.anyNode(func(n *node) bool { return isGiven(n.get("FunctionArn")) }) {
			add("permissions that SAM adds for Auth", auth)
		}
		if uri := properties.get("DefinitionUri"); name == "Api" && isGiven(uri) {
			add("DefinitionUri", uri)
		}
	}
	if !slices.Contains(readServerlessTypes, name) {
		r.addUnread(t, f.key, isGiven(properties.get("Policies")), f.line, f.column, f.value)
	}
}

// needsRoleOfScheduler reports whether an event is a schedule without a role: SAM then
// creates one, with which EventBridge Scheduler calls the function.
func needsRoleOfScheduler(event *node) bool {
	role := event.get("Properties").get("RoleArn")
	return valueOf(event.get("Type")) == "ScheduleV2" && (role == nil || role.isNoValue())
}

func isFalse(n *node) bool { return n.isScalar() && strings.EqualFold(n.value, "false") }
