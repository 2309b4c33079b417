// Resource policies of buckets, keys, queues, functions and so on. Any mapping
// with a Statement that has an Effect is a policy document, wherever it is in a
// resource. So is a string that contains such a mapping as JSON, except in the
// dataProperties. A function whose result is unknown counts as a policy document
// only in one of the policyProperties.

package document

import (
	"slices"
	"strings"
)

// policyProperties are the properties of resources that contain policy
// documents.
//
// Sources: the CloudFormation resource specification, whose properties
// goformation lists: PolicyDocument (SNS::TopicPolicy and 20 others), Policy
// (Lex::ResourcePolicy and others), PolicyText (ECR::RegistryPolicy),
// ResourcePolicy (SecretsManager, CloudTrail), KeyPolicy (KMS::Key,
// ReplicaKey), AccessPolicies (OpenSearchService::Domain), AccessPolicy
// (Backup::BackupVault), RepositoryPolicyText (ECR::Repository),
// RepositoryPolicy (ECR::RepositoryCreationTemplate), FileSystemPolicy (EFS),
// PermissionsPolicyDocument (CodeArtifact), NamespaceResourcePolicy (Redshift),
// ModelPackageGroupPolicy (SageMaker), DeliveryDestinationPolicy and
// DestinationPolicy (Logs).
var policyProperties = []string{"PolicyDocument", "Policy", "PolicyText", "ResourcePolicy", "KeyPolicy", "AccessPolicies", "AccessPolicy",
	"RepositoryPolicyText", "RepositoryPolicy", "FileSystemPolicy", "PermissionsPolicyDocument", "NamespaceResourcePolicy",
	"ModelPackageGroupPolicy", "DeliveryDestinationPolicy", "DestinationPolicy"}

// nonGrantingTypes has prefixes of resource types whose policyProperties contain no
// IAM policies that grant anything: other texts, or policies that limit permissions.
var nonGrantingTypes = []string{"AWS::AutoScaling::", "AWS::ApplicationAutoScaling::", "AWS::DLM::", "AWS::ElasticLoadBalancing::", "AWS::FMS::",
	"AWS::Organizations::Policy", "AWS::EC2::VPCEndpoint", "AWS::NetworkFirewall::", "AWS::WAFv2::", "AWS::CloudFront::", "AWS::VerifiedPermissions::", "AWS::Logs::LogGroup", "AWS::Scheduler::"}

// hasOwnReader reports whether a separate function reads the resources of a
// type.
func hasOwnReader(t string) bool {
	return strings.HasPrefix(t, "AWS::IAM::") || t == "AWS::SSO::PermissionSet" || t == "AWS::Serverless::Function" || t == "AWS::Serverless::StateMachine" ||
		t == "AWS::Lambda::Permission" || t == "AWS::Lambda::LayerVersionPermission" || t == "AWS::Events::EventBusPolicy"
}

func (n *node) hasPolicyProperty() bool {
	return slices.ContainsFunc(n.fields, func(f field) bool { return slices.Contains(policyProperties, f.key) })
}

// containsDocument reports whether a node contains a policy document. Firewalls
// have statements too, but without Effect.
func (n *node) containsDocument() bool { return n.anyNode((*node).isDocument) }

func (n *node) isDocument() bool {
	return n.get("Statement").anyNode(func(statement *node) bool { return statement.get("Effect") != nil })
}

// isStatement reports whether a node has the elements of a statement. A statement in
// place of a document is a mistake, or has a form that capaboot does not read.
func (n *node) isStatement() bool {
	return n.get("Effect") != nil && (n.get("Action") != nil || n.get("NotAction") != nil)
}

// mayBeJSON reports whether a node is an Fn::ToJsonString, or a text that looks like a
// policy document in JSON. Properties besides the policyProperties can have such a value:
// for example, Content of AWS::Organizations::ResourcePolicy.
func (n *node) mayBeJSON() bool {
	if name, _, ok := n.intrinsic(); ok && name == "ToJsonString" {
		return true
	}
	text, _, ok := n.textWithMarks()
	return ok && strings.HasPrefix(strings.TrimLeft(text, jsonSpace), "{") && strings.Contains(text, "Statement")
}

// anyNode reports whether f is true for a node or for any node inside it.
func (n *node) anyNode(f func(*node) bool) bool {
	return n != nil && (f(n) ||
		slices.ContainsFunc(n.fields, func(x field) bool { return x.value.anyNode(f) }) ||
		slices.ContainsFunc(n.items, func(x *node) bool { return x.anyNode(f) }))
}

type resourceDocument struct {
	property string
	n        *node
	ofStream bool // the document is in the StreamSpecification of a table
}

// documents finds the policy documents in a property of a resource. In data for
// programs and people (see [dataProperties]), a text is not a policy.
func (r *templateReader) documents(f field) []resourceDocument { return r.documentsIn(f, false) }

func (r *templateReader) documentsIn(f field, isData bool) (all []resourceDocument) {
	n := f.value
	if n == nil {
		return nil
	}
	isData = isData || slices.Contains(dataProperties, strings.ToLower(f.key))
	if choices, ok := n.choice(); ok {
		for _, c := range choices {
			if len(r.documentsIn(field{key: f.key, value: c.n}, isData)) > 0 {
				return []resourceDocument{{property: f.key, n: n}}
			}
		}
		return nil
	}
	root := n
	isPolicy := slices.Contains(policyProperties, f.key)
	if _, _, intrinsic := n.intrinsic(); (intrinsic || n.kind == textNode) && (isPolicy || !isData && n.mayBeJSON()) {
		content, err := r.documentNode(n)
		switch {
		case n.isNoValue(), err != nil: // absent, or a name or an ARN
			return nil
		case content != nil:
			root = content
		case isPolicy:
			// The result of a function may be a document. A reference to a
			// resource results in a name.
			if target := n.refTarget(); target != "" && r.knownIDs[target] {
				return nil
			}
			return []resourceDocument{{property: f.key, n: n}}
		}
	}
	if root.isDocument() || isPolicy && root.isStatement() {
		return []resourceDocument{{property: f.key, n: n}}
	}
	for _, inner := range n.fields {
		all = append(all, r.documentsIn(inner, isData)...)
	}
	for _, item := range n.items {
		all = append(all, r.documentsIn(field{key: f.key, value: item}, isData)...)
	}
	for i := range all {
		all[i].ofStream = all[i].ofStream || f.key == "StreamSpecification"
	}
	return all
}

// readResourcePolicies reads the policies in a resource. Each becomes a holder of kind
// [PolicyKind], or an unread part if it has problems. Other properties that affect access
// become unread parts: see addUnreadGrants, addBucketACL, addPublicAccess and addSharing.
func (r *templateReader) readResourcePolicies(f field, t string) {
	if slices.ContainsFunc(nonGrantingTypes, func(prefix string) bool { return strings.HasPrefix(t, prefix) }) {
		return
	}
	r.addUnreadGrants(f, t)
	r.addBucketACL(f, t)
	r.addPublicAccess(f, t)
	r.addSharing(f, t)
	properties := f.value.get("Properties")
	if properties == nil {
		return
	}
	documents := slices.DeleteFunc(r.documents(field{key: "Properties", value: properties}), func(d resourceDocument) bool {
		return slices.Contains(dataTypes, t) && !slices.Contains(policyProperties, d.property)
	})
	for _, d := range documents {
		name := f.key
		if len(documents) > 1 {
			name += " " + d.property
		}
		r.addResourcePolicy(f, t, name, d)
	}
}

// addResourcePolicy adds a document as the policy of a resource. A document
// with problems is added as unread.
func (r *templateReader) addResourcePolicy(f field, t, name string, d resourceDocument) {
	// A problem in the document is not an error of the template: the service of
	// the resource validates the policy, not IAM.
	part := &decoder{file: r.file, template: true, statements: r.statements}
	condition := r.setCondition(f)
	part.templateConditions = r.templateConditions
	doc := part.document(d.n)
	r.templateConditions, r.statements = nil, part.statements
	r.defaultedParameters = append(r.defaultedParameters, part.defaultedParameters...)
	if len(part.problems) > 0 {
		r.addUnread(t, name, true, f.line, f.column, d.n)
		r.unread[len(r.unread)-1].Problems = part.problems
		return
	}
	h := &Holder{Kind: PolicyKind, Name: name, LogicalID: f.key, ResourceType: t, Protects: r.protectedPatterns(f, t, d.ofStream), File: r.file, Line: f.line, Column: f.column,
		When: condition, Policies: []Policy{{Name: name, LogicalID: f.key, Document: doc}}}
	if h.Protects == nil {
		h.Target = r.targetText(f, t)
	}
	r.allHolders = append(r.allHolders, h)
}

// readPermission reads a resource that is one statement of the policy of a
// function, a layer or an event bus. Sources: Lambda API Reference,
// "AddPermission" and "AddLayerVersionPermission"; EventBridge API Reference,
// "PutPermission".
func (r *templateReader) readPermission(f field, t string) {
	p := f.value.get("Properties")
	if statement := p.get("Statement"); t == "AWS::Events::EventBusPolicy" && statement != nil && !statement.isNoValue() {
		r.addResourcePolicy(f, t, f.key, resourceDocument{n: r.documentWith(f, statement)})
		return
	}
	value := f.value
	statement := &node{kind: mappingNode, line: f.line, column: f.column}
	add := func(n *node, key string, value *node) {
		n.fields = append(n.fields, field{key: key, value: value, line: f.line, column: f.column})
	}
	present := func(key string) *node {
		if n := p.get(key); n != nil && !n.isNoValue() {
			return n
		}
		return nil
	}
	principal, action := present("Principal"), present("Action")
	if principal == nil || action == nil {
		r.addUnread(t, f.key, true, f.line, f.column, f.value)
		return
	}
	add(statement, "Effect", textAt(value, string(Allow)))
	add(statement, "Principal", r.permissionPrincipal(principal))
	add(statement, "Action", action)
	add(statement, "Resource", r.permissionTarget(f, t, p))
	conditions := &node{kind: mappingNode, line: f.line, column: f.column}
	for _, c := range []struct{ property, operator, key string }{
		{"SourceArn", "ArnLike", "AWS:SourceArn"},
		{"SourceAccount", "StringEquals", "AWS:SourceAccount"},
		{"PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"},
		{"OrganizationId", "StringEquals", "aws:PrincipalOrgID"},
		{"EventSourceToken", "StringEquals", "lambda:EventSourceToken"},
		{"FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"},
		{"InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"},
	} {
		if n := present(c.property); n != nil {
			keys := conditions.get(c.operator)
			if keys == nil {
				keys = &node{kind: mappingNode, line: n.line, column: n.column}
				add(conditions, c.operator, keys)
			}
			add(keys, c.key, n)
		}
	}
	condition := present("Condition") // only an AWS::Events::EventBusPolicy has it
	switch {
	case condition != nil:
		read, ok := permissionCondition(condition)
		if !ok {
			r.addUnread(t, f.key, true, f.line, f.column, f.value)
			return
		}
		add(statement, "Condition", read)
	case len(conditions.fields) > 0:
		add(statement, "Condition", conditions)
	}
	r.addResourcePolicy(f, t, f.key, resourceDocument{n: r.documentWith(f, statement)})
}

func (r *templateReader) documentWith(f field, statement *node) *node {
	doc := mapping(f.value, "Version", textAt(f.value, "2012-10-17"))
	doc.line, doc.column = f.line, f.column
	doc.fields = append(doc.fields, field{key: "Statement", value: statement, line: f.line, column: f.column})
	return doc
}

// partialFunctionPrefix completes a partial ARN of a function, which begins with
// the account: "111122223333:function:f". Source: Lambda API Reference,
// "AddPermission", FunctionName.
const partialFunctionPrefix = arnPrefix + "lambda:${AWS::Region}:"

func isPartialFunctionARN(n *node) bool {
	text := n.opaque()
	return strings.Contains(text, ":function:") && !strings.HasPrefix(text, "arn:")
}

// permissionTarget returns the ARN of the resource that a permission is for. If
// the permission names no resource, it returns "*" for a function or a layer,
// and the ARN of the default bus for an event bus. FunctionName can be a name,
// a part of an ARN or an ARN.
func (r *templateReader) permissionTarget(f field, t string, properties *node) *node {
	text := func(value string) *node { return textAt(f.value, value) }
	pseudo := func(name string) *node { return mapping(f.value, "Ref", text("AWS::"+name)) }
	join := func(parts ...*node) *node {
		return mapping(f.value, "Fn::Join", &node{kind: listNode, line: f.line, column: f.column, items: []*node{text(""), {kind: listNode, line: f.line, column: f.column, items: parts}}})
	}
	arn := func(service, resource string, name *node) *node {
		return join(text("arn:"), pseudo("Partition"), text(":"+service+":"), pseudo("Region"), text(":"), pseudo("AccountId"), text(":"+resource), name)
	}
	switch t {
	case "AWS::Lambda::LayerVersionPermission":
		if n := properties.get("LayerVersionArn"); n != nil {
			return n
		}
		return text("*")
	case "AWS::Events::EventBusPolicy":
		if n := properties.get("EventBusName"); n != nil && !n.isNoValue() {
			return arn("events", "event-bus/", n)
		}
		return arn("events", "event-bus/", text("default"))
	}
	n := properties.get("FunctionName")
	switch {
	case n == nil:
		return text("*")
	case n.kind == textNode && strings.HasPrefix(n.value, "arn:"):
		return n
	case isPartialFunctionARN(n):
		return join(mapping(f.value, "Fn::Sub", text(partialFunctionPrefix)), n)
	case n.kind != textNode && strings.HasSuffix(n.opaque(), ".Arn}"), n.kind != textNode && strings.HasPrefix(n.opaque(), "arn:"):
		return n
	}
	return arn("lambda", "function:", n)
}

// grantingACLs has the canned ACLs of a bucket that give access to everyone, or
// to every AWS account. serviceACLs has those that give access to a service of
// AWS. Source: Amazon S3 User Guide, "Access control list (ACL) overview",
// "Canned ACL".
var (
	grantingACLs = []string{"PublicRead", "PublicReadWrite", "AuthenticatedRead"}
	serviceACLs  = []string{"AwsExecRead", "LogDeliveryWrite"}
)

// addBucketACL records an ACL that gives others access to a bucket, or may do so
// because it is known only at deployment.
func (r *templateReader) addBucketACL(f field, t string) {
	acl := f.value.get("Properties").get("AccessControl")
	if t != "AWS::S3::Bucket" || acl == nil || acl.isNoValue() {
		return
	}
	for _, e := range r.entries("AccessControl", &node{kind: listNode, items: []*node{acl}}) {
		r.recordDefaultsOf(e.n)
		if grants := e.n.kind != textNode || slices.Contains(grantingACLs, e.n.value); grants || slices.Contains(serviceACLs, e.n.value) {
			// The unread part changes with OwnershipControls, because the ACL has no effect
			// with BucketOwnerEnforced.
			r.addUnread("AccessControl "+e.n.opaque()+" of "+t, f.key, grants, e.n.line, e.n.column, acl, f.value.get("Properties").get("OwnershipControls"))
		}
	}
}

// publicAccessSwitches are the switches that keep a bucket from becoming public. If a
// bucket has no PublicAccessBlockConfiguration, all are on. Source: Amazon S3 User
// Guide, "Blocking public access to your Amazon S3 storage".
var publicAccessSwitches = []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"}

// addPublicAccess records the settings of a bucket that may let it become public. They
// grant nothing by themselves, but decide whether a policy for everyone takes effect.
func (r *templateReader) addPublicAccess(f field, t string) {
	settings := f.value.get("Properties").get("PublicAccessBlockConfiguration")
	if t != "AWS::S3::Bucket" || settings == nil || settings.isNoValue() {
		return
	}
	isOff := func(name string) bool {
		value := settings.get(name)
		return !value.isScalar() || !strings.EqualFold(value.value, "true")
	}
	if slices.ContainsFunc(publicAccessSwitches, isOff) {
		r.addUnread("PublicAccessBlockConfiguration of "+t, f.key, false, settings.line, settings.column, settings)
	}
}

// addSharing records the permissions of a QuickSight resource as an unread part: they
// say with whom the resource is shared, which is not evaluated. Source: CloudFormation
// Template Reference, "AWS::QuickSight::Dashboard ResourcePermission".
func (r *templateReader) addSharing(f field, t string) {
	properties := f.value.get("Properties")
	if strings.HasPrefix(t, "AWS::QuickSight::") && properties.anyNode(func(n *node) bool { return n.get("Principal") != nil && n.get("Actions") != nil }) {
		r.addUnread("Permissions of "+t, f.key, false, f.line, f.column, properties)
	}
}
