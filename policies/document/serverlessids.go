// The resources that SAM creates for another resource, as far as templates refer to
// them: a key policy can name the role that SAM creates for a function.
//
// Sources: AWS SAM Developer Guide, "Generated AWS CloudFormation resources for AWS SAM";
// samtranslator/model/eventsources/push.py in
// https://github.com/aws/serverless-application-model.

package document

// addServerlessIDs adds the logical IDs of the resources that SAM creates for a resource,
// so that a reference to one of them is known to identify it. The template can define
// a resource of the same ID itself.
func (r *templateReader) addServerlessIDs(f field, t string) {
	add := func(id string) {
		if _, defined := r.knownIDs[id]; !defined {
			r.knownIDs[id] = true
		}
	}
	if samService.Get()[t] == "" {
		return
	}
	add(f.key + "Role")
	properties := f.value.get("Properties")
	if alias := properties.get("AutoPublishAlias"); alias != nil && alias.kind == textNode {
		add(f.key + "Alias" + alias.value)
	}
	events := properties.get("Events")
	if events == nil || events.kind != mappingNode {
		return
	}
	for _, event := range events.fields {
		add(f.key + event.key)
		switch api := event.value.get("Properties"); valueOf(event.value.get("Type")) {
		case "Api":
			if api.get("RestApiId") == nil {
				add(implicitAPI)
			}
		case "HttpApi":
			if api.get("ApiId") == nil {
				add(implicitHTTPAPI)
			}
		}
	}
}

// The logical IDs of the APIs that SAM creates for events that name no API.
const implicitAPI, implicitHTTPAPI = "ServerlessRestApi", "ServerlessHttpApi"

// eventSource returns the ARN of the source of an event, to which SAM limits the permission
// to call a function. It may have more wildcards than the ARN that SAM writes, but it
// names the same service, account and resource. It returns nil if the event lacks the
// property that names the source.
func eventSource(f field, event string, n *node) *node {
	text := func(value string) *node { return textAt(n, value) }
	id := func(name string) *node { return mapping(n, "Ref", text(name)) }
	arnOf := func(service, resource string, names ...field) *node {
		values := &node{kind: mappingNode, fields: names, line: n.line, column: n.column}
		pattern := text("arn:${AWS::Partition}:" + service + ":${AWS::Region}:${AWS::AccountId}:" + resource)
		return mapping(n, "Fn::Sub", &node{kind: listNode, items: []*node{pattern, values}, line: n.line, column: n.column})
	}
	named := func(name string, value *node) field {
		return field{key: name, value: value, line: n.line, column: n.column}
	}
	properties := n.get("Properties")
	property := func(name string, otherwise *node) *node {
		if value := properties.get(name); value != nil && !value.isNoValue() {
			return value
		}
		return otherwise
	}
	switch n.get("Type").value {
	case "SNS":
		return property("Topic", nil)
	case "Cognito":
		if pool := property("UserPool", nil); pool != nil && pool.refTarget() != "" {
			return mapping(n, "Fn::GetAtt", text(pool.refTarget()+".Arn"))
		}
		return nil
	case "CloudWatchLogs":
		if group := property("LogGroupName", nil); group != nil {
			return arnOf("logs", "log-group:${group}:*", named("group", group))
		}
		return nil
	case "IoTRule":
		return arnOf("iot", "rule/${rule}", named("rule", id(f.key+event)))
	case "Api":
		return arnOf("execute-api", "${api}/*", named("api", property("RestApiId", id(implicitAPI))))
	case "HttpApi":
		return arnOf("execute-api", "${api}/*", named("api", property("ApiId", id(implicitHTTPAPI))))
	}
	return mapping(n, "Fn::GetAtt", text(f.key+event+".Arn"))
}
