// Roles of the Serverless Application Model (SAM) and of IAM Identity Center.
//
// Sources: AWS SAM Developer Guide, "AWS::Serverless::Function", "SAM policy
// templates", "Globals section of the AWS SAM template"; IAM Identity Center
// User Guide, "Permission sets".

package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/lazy"
)

// samService has the service that assumes the role that SAM creates, by
// resource type.
var samService = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{"AWS::Serverless::Function": "lambda.amazonaws.com", "AWS::Serverless::StateMachine": "states.amazonaws.com"}
}}

// samTag has the key of the tag that SAM adds, by resource type.
var samTag = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{"AWS::Serverless::Function": "lambda:createdBy", "AWS::Serverless::StateMachine": "stateMachine:createdBy"}
}}

// readServerless reads the role that SAM creates for a function or a state
// machine, and what SAM adds to the policy of a function. SAM creates no role if
// the resource names one.
func (r *templateReader) readServerless(f field, t string) {
	properties := r.withGlobals(f.value, t)
	r.readFunctionURL(f, t, properties.get("FunctionUrlConfig"))
	if t == "AWS::Serverless::Function" {
		r.readEventPermissions(f, properties.get("Events"))
	}
	r.addServerlessParts(f, t, properties)
	isCreated, when := createsRole(properties.get("Role"))
	if !isCreated {
		return // the role is read separately, or is not in this template
	}
	h := &Holder{Kind: RoleKind, Name: f.key + "Role", HasGeneratedName: true, Path: r.textOf(properties, "RolePath"), LogicalID: f.key + "Role", File: r.file, Line: f.line, Column: f.column}
	h.When = r.setCondition(f)
	defer func() { r.templateConditions = nil }()
	if both, consistent := addConditions(r.templateConditions, when...); consistent {
		r.templateConditions = both
	}
	if h.When == "" && len(when) == 1 {
		h.When = when[0]
	}
	for _, property := range []string{"Policies", "PermissionsBoundary", "RolePath"} {
		r.recordDefaultsOf(properties.get(property))
	}
	h.Tags = samRoleTags(properties.get("Tags"), t)
	r.allHolders = append(r.allHolders, h)
	r.holders[h.LogicalID] = h
	if trust := properties.get("AssumeRolePolicyDocument"); trust != nil && !trust.isNoValue() {
		h.Trust = r.trustPolicy(trust)
	} else {
		h.Trust = &Document{Version: "2012-10-17", Line: f.line, Column: f.column, Statements: []Statement{{Effect: Allow,
			Principals: []Principal{{"Service", samService.Get()[t]}}, Actions: []string{"sts:AssumeRole"}, When: r.templateConditions, Line: f.line, Column: f.column}}}
	}
	if t == "AWS::Serverless::Function" {
		basic := "service-role/AWSLambdaBasicExecutionRole"
		if properties.get("DurableConfig") != nil {
			basic = "service-role/AWSLambdaBasicDurableExecutionRolePolicy"
		}
		h.Attached = append(h.Attached, samManagedPolicy(basic))
		if properties.get("VpcConfig") != nil {
			h.Attached = append(h.Attached, samManagedPolicy("service-role/AWSLambdaVPCAccessExecutionRole"))
		}
		// SAM adds the policy for PassThrough too.
		if n := properties.get("Tracing"); n != nil && n.value != "Disabled" {
			h.Attached = append(h.Attached, samManagedPolicy("AWSXRayDaemonWriteAccess"))
		}
		r.samEvents(h, properties.get("Events"))
		r.samDestinations(h, properties)
	}
	if tracing := properties.get("Tracing").get("Enabled"); t == "AWS::Serverless::StateMachine" && tracing != nil && !strings.EqualFold(tracing.value, "false") {
		h.Attached = append(h.Attached, samManagedPolicy("AWSXRayDaemonWriteAccess"))
	}
	r.resolveBoundary(h, properties)
	policies := properties.get("Policies")
	if policies == nil || policies.isNoValue() {
		return
	}
	for i, item := range policies.itemsOrSelf() {
		r.readSAMPolicy(h, fmt.Sprintf("%sPolicy%d", h.LogicalID, i), item)
	}
}

// createsRole reports whether SAM creates the role of a resource, given the value of the
// property Role. If Role is AWS::NoValue in one branch, the result when has the template
// conditions of the branch. If several branches have AWS::NoValue, when is empty.
//
// Source: samtranslator/model/sam_resources.py in
// https://github.com/aws/serverless-application-model.
func createsRole(role *node) (isCreated bool, when []string) {
	choices, ok := role.choice()
	if !ok {
		return role == nil || role.isNoValue(), nil
	}
	for _, b := range choices {
		created, inner := createsRole(b.n)
		switch {
		case created && isCreated:
			return true, nil
		case created:
			isCreated, when = true, slices.Concat(b.conditions, inner)
		}
	}
	return isCreated, when
}

// samRoleTags returns the tags of the role that SAM creates for a resource: those of the
// resource, and one that names SAM.
//
// Source: samtranslator/model/sam_resources.py and stepfunctions/generators.py in
// https://github.com/aws/serverless-application-model.
func samRoleTags(tags *node, t string) []Tag {
	all := []Tag{{samTag.Get()[t], "SAM", nil}}
	if tags == nil || tags.kind != mappingNode {
		return all
	}
	for _, f := range tags.fields {
		if !f.value.isNoValue() {
			all = append(all, Tag{literal(f.key), settingText(f.value), nil})
		}
	}
	return all
}

// readFunctionURL reads the URL of a function. Without authentication, SAM adds
// statements to the function's policy that allow everyone to call the URL.
//
// Source: AWS Lambda Developer Guide, "Control access to Lambda function URLs",
// "Using the NONE auth type".
func (r *templateReader) readFunctionURL(f field, t string, config *node) {
	if config == nil || config.isNoValue() {
		return
	}
	auth := config.get("AuthType")
	if auth == nil || auth.kind != textNode {
		r.addUnread("permission that SAM adds for FunctionUrlConfig of "+t, f.key, true, config.line, config.column, config)
		return
	}
	if auth.value != "NONE" {
		return
	}
	text := func(value string) *node { return textAt(config, value) }
	function := r.permissionTarget(f, "AWS::Lambda::Permission", mapping(config, "FunctionName", mapping(config, "Ref", text(f.key))))
	allow := func(action, operator, key, value string) *node {
		statement := mapping(config, "Effect", text(string(Allow)))
		for _, part := range []field{{key: "Principal", value: text("*")}, {key: "Action", value: text(action)}, {key: "Resource", value: function}, {key: "Condition", value: mapping(config, operator, mapping(config, key, text(value)))}} {
			part.line, part.column = config.line, config.column
			statement.fields = append(statement.fields, part)
		}
		return statement
	}
	statement := &node{kind: listNode, line: config.line, column: config.column, items: []*node{
		allow("lambda:InvokeFunctionUrl", "StringEquals", "lambda:FunctionUrlAuthType", "NONE"),
		allow("lambda:InvokeFunction", "Bool", "lambda:InvokedViaFunctionUrl", "true"),
	}}
	r.addResourcePolicy(f, t, f.key, resourceDocument{n: r.documentWith(f, statement)})
}

// addUnreadGrants records the parts of a resource that can give permissions and that this
// package does not read: the definition of a REST API in another file, the resource policy
// that SAM creates for an API, and what SAM adds to other resources (see
// addServerlessParts).
//
// Sources: AWS SAM Developer Guide, "ResourcePolicyStatement"; CloudFormation Template
// Reference, "AWS::ApiGateway::RestApi".
func (r *templateReader) addUnreadGrants(f field, t string) {
	if place := f.value.get("Properties").get("BodyS3Location"); t == "AWS::ApiGateway::RestApi" && place != nil && !place.isNoValue() {
		r.addUnread("BodyS3Location of "+t, f.key, false, place.line, place.column, place)
	}
	if strings.HasPrefix(t, "AWS::Serverless::") {
		r.addServerlessParts(f, t, r.withGlobals(f.value, t))
	}
	if t != "AWS::Serverless::Api" {
		return
	}
	auth := r.withGlobals(f.value, t).get("Auth")
	if _, _, isFunction := auth.intrinsic(); isFunction && !auth.isNoValue() {
		r.addUnread("Auth of "+t, f.key, true, auth.line, auth.column, auth)
	}
	if policy := auth.get("ResourcePolicy"); policy != nil && !policy.isNoValue() {
		r.addUnread("Auth.ResourcePolicy of "+t, f.key, true, policy.line, policy.column, policy)
	}
}

// readSAMPolicy reads an entry of Policies: the name or ARN of a policy, a
// document, or a SAM policy template (see [policyTemplate]). name is the name of the
// inline policy that SAM writes for a document or a policy template.
//
// Source: samtranslator/model/role_utils/role_constructor.py in
// https://github.com/aws/serverless-application-model.
func (r *templateReader) readSAMPolicy(h *Holder, name string, item *node) {
	if choices, ok := item.choice(); ok {
		outer := r.templateConditions
		for _, b := range choices {
			if next, consistent := addConditions(outer, b.conditions...); consistent {
				r.templateConditions = next
				for _, entry := range b.n.itemsOrSelf() {
					r.readSAMPolicy(h, name, entry)
				}
			}
		}
		r.templateConditions = outer
		return
	}
	_, _, intrinsic := item.intrinsic()
	switch {
	case item.isNoValue():
	case item.get("Statement") != nil || item.get("Version") != nil:
		h.Policies = append(h.Policies, Policy{Name: name, Inline: true, Document: r.document(item)})
	case item.kind == mappingNode && !intrinsic && len(item.fields) == 1:
		if doc := policyTemplate(item.fields[0].key, item.fields[0].value); doc != nil {
			h.Policies = append(h.Policies, Policy{Name: name, Inline: true, Document: r.document(doc)})
			return
		}
		r.attachByName(h, samTemplatePrefix+item.fields[0].key+" "+item.fields[0].value.argumentText(false))
	case r.managedBy(item) != nil:
		r.attach(h, r.managedBy(item), r.templateConditions)
	case item.kind == textNode && !strings.HasPrefix(item.value, "arn:"):
		r.attachByName(h, samManagedPolicy(r.awsPolicyPath(literal(item.value))))
	default:
		r.attachByName(h, r.text("an entry of Policies", item))
	}
}

// awsPolicyPath returns the name of an AWS managed policy with its path
// ("service-role/AWSLambdaBasicExecutionRole"), as SAM does. An unknown name has no path.
func (r *templateReader) awsPolicyPath(name string) string {
	if r.options.AWSPolicyPath == nil {
		return name
	}
	return cmp.Or(r.options.AWSPolicyPath(name), name)
}

// The texts in [Holder.Attached] for policies that SAM adds and whose documents are not
// in the template begin with these prefixes.
const (
	samTemplatePrefix = "SAM policy template "
	samPolicyPrefix   = "policy that SAM adds for "
)

// IsAddedBySAM reports whether a text in [Holder.Attached] stands for a policy that SAM
// adds to a role, or writes into a role from a policy template.
//
// Source: AWS SAM Developer Guide, "SAM policy templates".
func IsAddedBySAM(attached string) bool {
	return strings.HasPrefix(attached, samTemplatePrefix) || strings.HasPrefix(attached, samPolicyPrefix)
}

// attachByName attaches a policy whose document is not in the template, with
// the conditions of its entry. It leaves out the condition of the resource,
// which is in h.When.
func (r *templateReader) attachByName(h *Holder, name string) {
	conditions := slices.DeleteFunc(slices.Clone(r.templateConditions), func(condition string) bool { return condition == h.When })
	h.attachARN(name, conditions)
}

// withGlobals returns the properties of a resource merged with the properties
// for its type in Globals. A value in the resource replaces the global value,
// but lists and mappings are merged. An intrinsic function counts as a single
// value. The attribute IgnoreGlobals of the resource is "*", or a list of properties
// that the resource does not get from Globals.
func (r *templateReader) withGlobals(resource *node, t string) *node {
	return withGlobals(r.globals, resource, t)
}

func withGlobals(all, resource *node, t string) *node {
	properties, ignored := resource.get("Properties"), resource.get("IgnoreGlobals")
	globals := all.get(strings.TrimPrefix(t, "AWS::Serverless::"))
	if globals == nil || globals.kind != mappingNode || valueOf(ignored) == "*" {
		return properties
	}
	if ignored != nil {
		used := *globals
		used.fields = slices.DeleteFunc(slices.Clone(globals.fields), func(f field) bool {
			return slices.ContainsFunc(ignored.itemsOrSelf(), func(name *node) bool { return valueOf(name) == f.key })
		})
		globals = &used
	}
	return mergeProperties(globals, properties)
}

func mergeProperties(globals, properties *node) *node {
	_, _, isFunction := properties.intrinsic()
	_, _, isGlobalFunction := globals.intrinsic()
	switch {
	case properties == nil:
		return globals
	case isFunction || isGlobalFunction:
		return properties
	case globals.kind == listNode && properties.kind == listNode:
		n := *properties
		n.items = slices.Concat(globals.items, properties.items)
		return &n
	case globals.kind != mappingNode || properties.kind != mappingNode:
		return properties
	}
	n := *properties
	n.fields = slices.Clone(properties.fields)
	for _, f := range globals.fields {
		i := slices.IndexFunc(n.fields, func(x field) bool { return x.key == f.key })
		if i < 0 {
			n.fields = append(n.fields, f)
		} else {
			n.fields[i].value = mergeProperties(f.value, n.fields[i].value)
		}
	}
	return &n
}

const permissionSetType = "AWS::SSO::PermissionSet"

// IsPermissionSet reports whether the holder is a permission set of IAM Identity Center.
func (h *Holder) IsPermissionSet() bool { return h.ResourceType == permissionSetType }

// readPermissionSet reads a permission set of IAM Identity Center as a role:
// Identity Center creates that role in each account where the set is assigned.
// Its trust policy is not in the template.
func (r *templateReader) readPermissionSet(f field) {
	properties := f.value.get("Properties")
	h := &Holder{Kind: RoleKind, Name: r.nameOf("Name", f), HasGeneratedName: true, LogicalID: f.key, ResourceType: permissionSetType, File: r.file, Line: f.line, Column: f.column}
	h.When = r.setCondition(f)
	defer func() { r.templateConditions = nil }()
	if duration := properties.get("SessionDuration"); duration != nil {
		h.MaxSession = sessionSeconds(settingText(duration))
	}
	r.allHolders = append(r.allHolders, h)
	if inline := properties.get("InlinePolicy"); inline != nil && !inline.isNoValue() {
		h.Policies = append(h.Policies, Policy{Name: "inline policy", Inline: true, Document: r.document(inline)})
	}
	attached := &node{kind: mappingNode, line: f.line, column: f.column}
	if arns := properties.get("ManagedPolicies"); arns != nil {
		attached.fields = []field{{key: "ManagedPolicyArns", value: arns, line: f.line, column: f.column}}
	}
	r.resolveAttachments(h, attached)
	for _, item := range r.items("CustomerManagedPolicyReferences", properties.get("CustomerManagedPolicyReferences")) {
		if name := item.get("Name"); name != nil {
			if p := r.managed[name.refTarget()]; p != nil {
				r.attach(h, p, nil)
			} else if p := r.managedByName[nameKey(name.value)]; name.kind == textNode && p != nil {
				r.attach(h, p, nil)
			} else {
				h.Attached = append(h.Attached, "customer managed policy "+r.text("Name", name))
			}
			continue
		}
		h.Attached = append(h.Attached, "customer managed policy "+item.argumentText(false))
	}
	switch limit := properties.get("PermissionsBoundary"); {
	case limit == nil || limit.isNoValue():
	case limit.get("ManagedPolicyArn") != nil:
		r.resolveBoundary(h, &node{kind: mappingNode, fields: []field{{key: "PermissionsBoundary", value: limit.get("ManagedPolicyArn"), line: f.line, column: f.column}}})
	default:
		h.Boundary = "customer managed policy " + limit.argumentText(false)
	}
}
