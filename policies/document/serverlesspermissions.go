// The permissions that SAM adds to the policy of a function, so that services can
// call the function for its events.
//
// Sources: AWS SAM Developer Guide, "EventSource";
// samtranslator/model/eventsources/push.py in
// https://github.com/aws/serverless-application-model.

package document

import (
	"slices"

	"capaboot/internal/lazy"
)

// eventServices has the service that calls the function for an event, by type.
// For the other types, Lambda reads the events with the role of the function, or SAM
// creates a role for the caller.
var eventServices = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{
		"AlexaSkill": "alexa-appkit.amazon.com", "Api": "apigateway.amazonaws.com", "CloudWatchEvent": "events.amazonaws.com",
		"CloudWatchLogs": "logs.amazonaws.com", "Cognito": "cognito-idp.amazonaws.com", "EventBridgeRule": "events.amazonaws.com",
		"HttpApi": "apigateway.amazonaws.com", "IoTRule": "iot.amazonaws.com", "S3": "s3.amazonaws.com", "Schedule": "events.amazonaws.com",
		"SNS": "sns.amazonaws.com",
	}
}}

// readEventPermissions reads the permissions that SAM adds for the events of a
// function, whether or not SAM creates the role of the function.
func (r *templateReader) readEventPermissions(f field, events *node) {
	if events == nil {
		return
	}
	r.setCondition(f)
	defer func() { r.templateConditions = nil }()
	unread := func(n *node) {
		r.addUnread("permissions that SAM adds for Events of "+typeOf(f.value), f.key, true, f.line, f.column, n)
	}
	r.eachBranch(events, func(events *node) {
		if _, _, function := events.intrinsic(); function || events.kind != mappingNode {
			unread(events)
			return
		}
		for _, event := range events.fields {
			r.eachBranch(event.value, func(n *node) {
				if t := n.get("Type"); t == nil || t.kind != textNode {
					unread(n)
				} else if service := eventServices.Get()[t.value]; service != "" && !isSNSToSQS(n) {
					r.readEventPermission(f, event.key, service, n)
				}
			})
		}
	})
}

// isSNSToSQS reports whether an event of SNS reaches the function through a queue.
func isSNSToSQS(event *node) bool {
	subscription := event.get("Properties").get("SqsSubscription")
	return valueOf(event.get("Type")) == "SNS" && subscription != nil && subscription.value != "false"
}

// readEventPermission reads the AWS::Lambda::Permission that SAM creates for an
// event, under the template conditions of the event. SAM limits the permission to
// the source of the event (see [eventSource]). For S3, SAM limits it to the account; for
// an Alexa skill, to the ID of the skill, or not at all.
func (r *templateReader) readEventPermission(f field, event, service string, n *node) {
	text := func(value string) *node { return textAt(n, value) }
	properties := mapping(n, "FunctionName", mapping(n, "Ref", text(f.key)))
	add := func(key string, value *node) {
		properties.fields = append(properties.fields, field{key: key, value: value, line: n.line, column: n.column})
	}
	add("Action", text("lambda:InvokeFunction"))
	add("Principal", text(service))
	switch t := n.get("Type").value; t {
	case "S3":
		add("SourceAccount", mapping(n, "Ref", text("AWS::AccountId")))
	case "AlexaSkill":
		if skill := n.get("Properties").get("SkillId"); skill != nil && !skill.isNoValue() {
			add("EventSourceToken", skill)
		}
	default:
		if source := eventSource(f, event, n); source != nil {
			add("SourceArn", source)
		} else {
			add("SourceArn", mapping(n, "Fn::GetAtt", text(f.key+event+".Arn")))
		}
	}
	conditions, count := r.templateConditions, len(r.allHolders)
	r.readPermission(field{key: f.key + event + "Permission", value: mapping(n, "Properties", properties), line: n.line, column: n.column}, "AWS::Lambda::Permission")
	r.templateConditions = conditions
	for _, h := range r.allHolders[count:] {
		h.When = valueOf(f.value.get("Condition"))
		for _, p := range h.Policies {
			for i := range p.Document.Statements {
				p.Document.Statements[i].When = slices.Clone(conditions)
			}
		}
	}
}
