// The permissions that SAM adds to the role of a function for its events, its
// dead-letter queue and its destinations.
//
// Sources: AWS SAM Developer Guide, "EventSource", "DeadLetterQueue" and
// "EventInvokeConfiguration"; samtranslator/model/eventsources/pull.py in
// https://github.com/aws/serverless-application-model.

package document

import (
	"strings"

	"capaboot/internal/lazy"
)

// eventPolicies has the AWS managed policy that SAM attaches for an event, by the type
// of the event. For the types with "", SAM attaches none. See [pullPolicies] about the
// policies that SAM writes. For all other types, SAM adds nothing to the role, except
// for an event of SNS that reaches the function through a queue of SQS.
var eventPolicies = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{
		"DocumentDB": "", "DynamoDB": "service-role/AWSLambdaDynamoDBExecutionRole", "Kinesis": "service-role/AWSLambdaKinesisExecutionRole",
		"MQ": "", "MSK": "service-role/AWSLambdaMSKExecutionRole", "SelfManagedKafka": "", "SQS": "service-role/AWSLambdaSQSQueueExecutionRole",
	}
}}

// destinationActions has the action that SAM allows on a destination, by the
// type of the destination.
var destinationActions = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{"EventBridge": "events:PutEvents", "Lambda": "lambda:InvokeFunction", "SNS": "sns:Publish", "SQS": "sqs:SendMessage"}
}}

// samEvents adds permissions to the role of a function, for its events.
func (r *templateReader) samEvents(h *Holder, events *node) {
	if events == nil {
		return
	}
	r.eachBranch(events, func(events *node) {
		if _, _, function := events.intrinsic(); function || events.kind != mappingNode {
			r.attachByName(h, samPolicyPrefix+"Events "+events.argumentText(false))
			return
		}
		for _, f := range events.fields {
			r.eachBranch(f.value, func(event *node) { r.samEvent(h, f.key, event) })
		}
	})
}

func (r *templateReader) samEvent(h *Holder, name string, event *node) {
	t, properties := event.get("Type"), event.get("Properties")
	unknown := func() {
		r.attachByName(h, samPolicyPrefix+"the event "+escape(name)+" "+event.argumentText(false))
	}
	if t == nil || t.kind != textNode {
		unknown()
		return
	}
	managed, isPull := eventPolicies.Get()[t.value]
	if isSNSToSQS(event) {
		managed, isPull = eventPolicies.Get()["SQS"], true
	}
	if managed != "" {
		r.attachByName(h, samManagedPolicy(managed))
	}
	if !isPull {
		return
	}
	statements, ok := pullStatements(t.value, properties)
	if !ok {
		unknown()
		return
	}
	if len(statements) > 0 {
		r.addSAMPolicy(h, "event "+name, event, statements...)
	}
	if config := properties.get("DestinationConfig"); config != nil {
		r.eachBranch(config, func(config *node) {
			onFailure := config.get("OnFailure")
			if _, _, isFunction := config.intrinsic(); isFunction {
				unknown()
			} else if onFailure != nil && onFailure.get("Type") != nil {
				r.samDestinationTarget(h, "OnFailure of event "+name, onFailure, onFailure.get("Destination"))
			}
		})
	}
}

// addSAMPolicy adds an inline policy that SAM writes.
func (r *templateReader) addSAMPolicy(h *Holder, name string, position *node, statements ...*node) {
	doc := mapping(position, "Version", textAt(position, "2012-10-17"))
	list := &node{kind: listNode, items: statements, line: position.line, column: position.column}
	doc.fields = append(doc.fields, field{key: "Statement", value: list, line: position.line, column: position.column})
	h.Policies = append(h.Policies, Policy{Name: "SAM policy for " + name, Inline: true, Document: r.document(doc)})
}

// samDestinations adds permissions to the role of a function, for its dead-letter queue
// and its destinations.
func (r *templateReader) samDestinations(h *Holder, properties *node) {
	if queue := properties.get("DeadLetterQueue"); queue != nil {
		r.eachBranch(queue, func(queue *node) { r.samDestination(h, "DeadLetterQueue", queue, "TargetArn") })
	}
	config := properties.get("EventInvokeConfig")
	if config == nil {
		return
	}
	r.eachBranch(config, func(config *node) {
		for _, name := range []string{"OnSuccess", "OnFailure"} {
			if one := config.get("DestinationConfig").get(name); one != nil {
				r.eachBranch(one, func(one *node) { r.samDestination(h, name, one, "Destination") })
			}
		}
		if _, _, function := config.intrinsic(); function {
			r.attachByName(h, samPolicyPrefix+"EventInvokeConfig "+config.argumentText(false))
		}
	})
}

// samDestination adds the permission for one destination. Without an ARN, SAM may
// create the destination: see createdDestination.
func (r *templateReader) samDestination(h *Holder, name string, destination *node, property string) {
	t, target := destination.get("Type"), destination.get(property)
	if t == nil && destination.kind == mappingNode && target != nil {
		return // SAM adds a permission only if it knows the type
	}
	r.samDestinationTarget(h, name, destination, target)
}

// samDestinationTarget adds the permission for one target of a destination. The target
// can be an Fn::If; a branch with AWS::NoValue counts as no ARN.
func (r *templateReader) samDestinationTarget(h *Holder, name string, destination, target *node) {
	if choices, ok := target.choice(); ok {
		outer := r.templateConditions
		for _, b := range choices {
			if next, consistent := addConditions(outer, b.conditions...); consistent {
				r.templateConditions = next
				r.samDestinationTarget(h, name, destination, b.n)
			}
		}
		r.templateConditions = outer
		return
	}
	action, known := destinationActions.Get()[valueOf(destination.get("Type"))]
	if target == nil || target.isNoValue() {
		target = r.createdDestination(h, name, destination)
	}
	if !known || target == nil {
		r.attachByName(h, samPolicyPrefix+name+" "+destination.argumentText(false))
		return
	}
	text := func(value string) *node { return textAt(destination, value) }
	statement := mapping(destination, "Effect", text(string(Allow)))
	for _, f := range []field{{key: "Action", value: text(action)}, {key: "Resource", value: target}} {
		f.line, f.column = destination.line, destination.column
		statement.fields = append(statement.fields, f)
	}
	r.addSAMPolicy(h, name, destination, statement)
}

// createdDestination returns the ARN of the queue or topic that SAM creates for a
// destination of a function; nil if SAM creates none.
//
// Source: AWS SAM Developer Guide, "Generated AWS CloudFormation resources for AWS SAM".
func (r *templateReader) createdDestination(h *Holder, name string, destination *node) *node {
	if name != "OnSuccess" && name != "OnFailure" {
		return nil
	}
	id := strings.TrimSuffix(h.LogicalID, "Role") + "EventInvokeConfig" + name
	switch valueOf(destination.get("Type")) {
	case "SQS":
		r.knownIDs[id+"Queue"] = true
		return mapping(destination, "Fn::GetAtt", textAt(destination, id+"Queue.Arn"))
	case "SNS":
		r.knownIDs[id+"Topic"] = true
		return mapping(destination, "Ref", textAt(destination, id+"Topic"))
	}
	return nil
}

func valueOf(n *node) string {
	if n == nil || n.kind != textNode {
		return ""
	}
	return n.value
}

func samManagedPolicy(name string) string {
	return "arn:${AWS::Partition}:iam::aws:policy/" + name
}

// eachBranch calls f with each value that a node can have, except AWS::NoValue.
// During the call, r.templateConditions includes the conditions of the value.
func (r *templateReader) eachBranch(n *node, f func(*node)) {
	choices, ok := n.choice()
	if !ok {
		if !n.isNoValue() {
			f(n)
		}
		return
	}
	outer := r.templateConditions
	for _, b := range choices {
		if next, consistent := addConditions(outer, b.conditions...); consistent && !b.n.isNoValue() {
			r.templateConditions = next
			r.eachBranch(b.n, f)
		}
	}
	r.templateConditions = outer
}
