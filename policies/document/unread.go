// Parts of a template that take part in granting permissions but are not read:
// resources, functions and transforms.

package document

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"capaboot/internal/problem"
)

// UnreadPart is a part of a template that is not read but grants permissions, or
// affects which permissions are granted: a nested stack, a macro, a custom resource
// and so on.
type UnreadPart struct {
	// Type is the resource type, the function, the transform ("Transform
	// MyMacro"), or a phrase for a part of a resource ("Connectors of
	// AWS::S3::Bucket").
	Type, LogicalID string
	// Grants is true if the part may grant any permission to any principal. Any
	// other part has an effect only through parts that are read, only limits
	// permissions, gives access by other means than IAM policies, or creates roles for
	// its own use, such as those that SAM adds.
	Grants bool
	// Limits is true if the part only limits what other parts grant, as a service
	// control policy or the policy of a VPC endpoint does. The template does not
	// say which accounts or requests the part limits, so the part is not evaluated.
	Limits bool
	// Custom is true for a custom resource: it runs code, and is given what its properties
	// refer to.
	Custom bool
	// references has the logical IDs in references of a custom resource.
	references []string
	// Role is the role ("role X") or the instance profile ("instance profile
	// X") that a resource uses, if the template does not create the role; what the
	// role allows is unknown. It is "" for every other part.
	Role string
	// Problems has the mistakes in the policy document of a resource, if the document
	// is not read because of mistakes.
	Problems problem.List
	// when has the template conditions under which the resource uses Role.
	when []string
	// account is [SourcePrincipal.Account] of Role.
	account string
	// Content is a hash of the content and of all definitions that it refers
	// to.
	Content      string
	File         string
	Line, Column int
}

// RefersTo reports whether the properties of a custom resource refer to a resource.
func (u UnreadPart) RefersTo(logicalID string) bool {
	return slices.Contains(u.references, logicalID)
}

// String returns "FILE:LINE:COLUMN: TYPE LOGICALID".
func (u UnreadPart) String() string {
	return problem.Problem{File: u.File, Line: u.Line, Column: u.Column, Message: u.Name()}.Error()
}

// Resource returns the type and the logical ID of a resource that uses a role.
func (u UnreadPart) Resource() string {
	return strings.TrimSuffix(u.Type, roleUseText+u.Role) + " " + u.LogicalID
}

// HasUnknownRole reports whether only the deployment knows which role Role is, for
// example because another stack exports its name. The role can be in the set.
func (u UnreadPart) HasUnknownRole() bool {
	return strings.Contains(u.Role[strings.LastIndexByte(u.Role, '/')+1:], "${")
}

// Name returns "TYPE LOGICALID", followed by the role or user that the resource
// belongs to or uses.
func (u UnreadPart) Name() string {
	for _, separator := range []string{roleUseText, " of the role ", " of the user "} {
		if resource, principal, ok := strings.Cut(u.Type, separator); ok {
			return resource + " " + u.LogicalID + separator + principal
		}
	}
	return strings.TrimSpace(u.Type + " " + u.LogicalID)
}

// unreadGrantingTypes are the resource types that grant something, or create
// resources that do, and have no policy document to read. Source:
// CloudFormation Template Reference, "AWS resource and property types
// reference".
var unreadGrantingTypes = []string{
	"AWS::ACMPCA::Permission",
	"AWS::CloudFormation::CustomResource",
	"AWS::CloudFormation::Stack",
	"AWS::CloudFormation::StackSet",
	"AWS::Cognito::IdentityPoolRoleAttachment",
	"AWS::EC2::NetworkInterfacePermission",
	"AWS::EKS::AccessEntry",
	"AWS::EKS::PodIdentityAssociation",
	"AWS::EntityResolution::PolicyStatement",
	"AWS::IAM::ServiceLinkedRole",
	"AWS::IdentityStore::GroupMembership",
	"AWS::LakeFormation::DataLakeSettings",
	"AWS::LakeFormation::Permissions",
	"AWS::LakeFormation::PrincipalPermissions",
	"AWS::OpenSearchServerless::AccessPolicy",
	"AWS::QBusiness::Permission",
	"AWS::RAM::Permission",
	"AWS::RAM::ResourceShare",
	"AWS::RolesAnywhere::Profile",
	"AWS::S3::AccessGrant",
	"AWS::SSO::Assignment",
	"AWS::Serverless::Application",
	"AWS::Serverless::Connector",
	"AWS::ServiceCatalog::CloudFormationProvisionedProduct",
	"AWS::ServiceCatalog::LaunchRoleConstraint",
	"AWS::Signer::ProfilePermission",
}

// unreadOtherTypes are the resource types that take part in granting but grant
// nothing by themselves: they determine who is trusted, limit permissions, let
// others in without authentication if a policy allows it, run commands on
// instances, or define macros. They also include types that give access by other means
// than IAM policies: they share a resource with another account, attach a policy to a
// certificate, or set tags with which policies decide.
var unreadOtherTypes = []string{
	"AWS::CloudFormation::HookVersion",
	"AWS::CloudFormation::Macro",
	"AWS::Cognito::IdentityPool",
	"AWS::Cognito::IdentityPoolPrincipalTag",
	"AWS::Cognito::UserPoolUserToGroupAttachment",
	"AWS::Config::AggregationAuthorization",
	"AWS::EC2::VPCEndpoint",
	"AWS::EC2::VPCEndpointServicePermissions",
	"AWS::EMR::StudioSessionMapping",
	"AWS::GlobalAccelerator::CrossAccountAttachment",
	"AWS::IAM::OIDCProvider",
	"AWS::IAM::SAMLProvider",
	"AWS::IoT::PolicyPrincipalAttachment",
	"AWS::IoT::ThingPrincipalAttachment",
	"AWS::IoTSiteWise::AccessPolicy",
	"AWS::LakeFormation::TagAssociation",
	"AWS::Lambda::Url",
	"AWS::Oam::Link",
	"AWS::Organizations::Policy",
	"AWS::PCAConnectorAD::TemplateGroupAccessControlEntry",
	"AWS::Redshift::EndpointAuthorization",
	"AWS::RolesAnywhere::TrustAnchor",
	"AWS::SSM::Association",
	"AWS::SSO::InstanceAccessControlAttributeConfiguration",
	"AWS::SecurityLake::Subscriber",
	"AWS::ServiceCatalog::PortfolioPrincipalAssociation",
	"AWS::ServiceCatalog::PortfolioShare",
}

// unreadLimitingTypes are the types in unreadOtherTypes that only limit what
// others grant. Sources: AWS Organizations User Guide, "Service control
// policies" and "Resource control policies"; Amazon VPC User Guide, "Control
// access to VPC endpoints using endpoint policies".
var unreadLimitingTypes = []string{"AWS::EC2::VPCEndpoint", "AWS::Organizations::Policy"}

// unreadType reports whether resources of a type take part in granting
// permissions without being read, and whether they grant any.
func unreadType(t string) (unread, grants bool) {
	switch {
	case slices.Contains(unreadGrantingTypes, t), strings.HasPrefix(t, "Custom::"), strings.HasSuffix(t, "::MODULE"):
		return true, true
	case slices.Contains(unreadOtherTypes, t):
		return true, false
	case t != "" && !strings.HasPrefix(t, "AWS::") && !strings.HasPrefix(t, "Alexa::"):
		// A third-party type runs code with its own role.
		return true, true
	}
	return false, false
}

func isCustomResource(t string) bool {
	return t == "AWS::CloudFormation::CustomResource" || strings.HasPrefix(t, "Custom::")
}

// referencesIn returns the logical IDs to which the functions Ref and Fn::GetAtt in a
// text refer.
func referencesIn(text string) (all []string) {
	for _, name := range namesIn(text) {
		for _, function := range []string{"Ref:", "GetAtt:"} {
			if id, found := strings.CutPrefix(name, function); found {
				all = append(all, id)
			}
		}
	}
	return all
}

func (r *templateReader) addUnread(what, id string, grants bool, line, column int, content ...*node) {
	var references []string
	isCustom := isCustomResource(what)
	for _, n := range content {
		if isCustom && n != nil {
			references = append(references, referencesIn(n.argumentText(false))...)
		}
	}
	r.unread = append(r.unread, UnreadPart{Custom: isCustom, references: references, Type: what, LogicalID: id, Grants: grants, Limits: slices.Contains(unreadLimitingTypes, what), Content: r.fingerprint(content...), File: r.file, Line: line, Column: column})
}

// fingerprint returns a hash of nodes and of the definitions that they refer
// to.
func (r *templateReader) fingerprint(content ...*node) string {
	sum := sha256.New()
	seen := map[string]bool{}
	var add func(text string)
	add = func(text string) {
		sum.Write([]byte(text + "\n"))
		for _, name := range namesIn(text) {
			if definition, ok := r.definitions[name]; ok && !seen[name] {
				seen[name] = true
				add(name + "=" + definition)
				if d, ok := r.defaults[strings.TrimPrefix(name, "Ref:")]; ok {
					sum.Write([]byte("Default=" + d.Value + "\n"))
				}
			}
		}
	}
	for _, n := range content {
		if n != nil {
			add(n.argumentText(false))
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// namesIn returns the names that a text refers to, as keys of
// [Set.Definitions].
func namesIn(text string) []string {
	var all []string
	// A resource or a condition names a condition as "Condition=NAME".
	for _, after := range strings.Split(text, "Condition=")[1:] {
		if end := strings.IndexAny(after[:min(len(after), 300)], "}|"); end > 0 {
			all = append(all, "Condition:"+after[:end])
		}
	}
	for {
		_, after, found := strings.Cut(text, "${")
		if !found {
			return all
		}
		text = after
		end := strings.IndexAny(after[:min(len(after), 300)], "}|")
		if end < 0 {
			continue
		}
		name := after[:end]
		if condition, ok := strings.CutPrefix(name, "If:"); ok {
			name = "Condition:" + condition
		}
		if strings.HasPrefix(name, "GetAtt:") {
			name, _, _ = strings.Cut(name, ".") // one definition for all attributes
		}
		all = append(all, name)
	}
}

// addTransforms records the transforms and hooks that can add to or change what the
// template grants.
//
// Source: CloudFormation Template Reference, "Transform reference".
func (r *templateReader) addTransforms(root *node) {
	r.addHooks(root)
	section := root.get("Transform")
	if section == nil {
		return
	}
	entries := section.itemsOrSelf()
	for _, entry := range entries {
		name := entry
		if n := entry.get("Name"); n != nil {
			name = n
		}
		switch {
		case name.kind == textNode && r.isReadElsewhere(name.value, root):
			continue
		case name.kind == textNode && name.value == "AWS::Include":
			r.addUnread("Transform AWS::Include", "", true, entry.line, entry.column, entry)
		case name.kind == textNode:
			// A macro receives the whole template, so its result depends on all
			// of it.
			r.addUnread("Transform "+name.value, "", true, entry.line, entry.column, root)
		default:
			r.addUnread("Transform", "", true, entry.line, entry.column, root)
		}
	}
}

// addHooks records the hooks of a template. A hook for a blue/green deployment uses a
// role and functions. Source: CloudFormation User Guide, "Blue/green deployment template syntax".
func (r *templateReader) addHooks(root *node) {
	if hooks := root.get("Hooks"); hooks != nil && len(hooks.fields) > 0 {
		r.addUnread("Hooks", "", false, hooks.line, hooks.column, hooks)
	}
}

// isReadElsewhere reports whether all permissions that an AWS transform adds to
// the template are read, or reported, elsewhere.
func (r *templateReader) isReadElsewhere(name string, root *node) bool {
	switch {
	case name == "AWS::LanguageExtensions":
		// This transform expands loops, which are reported separately.
		return true
	case strings.HasPrefix(name, "AWS::Serverless-"):
		// SAM adds roles, which are read with their functions.
		return true
	case strings.HasPrefix(name, "AWS::CodeDeployBlueGreen"), strings.HasPrefix(name, "AWS::ServiceCatalog"):
		// These transforms add deployment hooks (see addHooks), and references to the
		// outputs of products.
		return true
	case strings.HasPrefix(name, "AWS::SecretsManager-"):
		// For a HostedRotationLambda, this transform adds a nested stack with a function
		// and its role.
		return !root.get("Resources").anyNode(func(n *node) bool { return n.get("HostedRotationLambda") != nil })
	}
	return false
}

// addUnreadForEach records an Fn::ForEach whose resources may grant something
// or use a role, and ignores any other. It also reads the secrets of the resources.
func (r *templateReader) addUnreadForEach(f field) {
	var types []*node
	hasACL := false
	f.value.anyNode(func(n *node) bool {
		if t := n.get("Type"); t != nil {
			types = append(types, t)
			r.readSecrets(field{key: f.key, value: n, line: n.line, column: n.column}, t.value)
		}
		hasACL = hasACL || n.get("AccessControl") != nil
		return false
	})
	grantsNothing := func(t *node) bool {
		unread, _ := unreadType(t.value)
		return t.kind == textNode && !unread && !hasOwnReader(t.value) && !strings.Contains(t.value, "Polic") && !strings.Contains(t.value, "$")
	}
	if len(types) > 0 && !hasACL && !slices.ContainsFunc(types, func(t *node) bool { return !grantsNothing(t) }) && !f.value.containsDocument() && !f.value.anyNode((*node).hasPolicyProperty) {
		if f.value.anyNode((*node).hasRoleProperty) {
			r.addUnread(f.key, "", false, f.line, f.column, f.value)
		}
		return
	}
	r.addUnread(f.key, "", true, f.line, f.column, f.value)
}

// addNestedTransforms records the transforms within a resource, except those in
// a policy document that is read: there they appear as unknown statements,
// actions or values. It also records the connectors of a resource, for which SAM
// adds policies.
func (r *templateReader) addNestedTransforms(f field) {
	var walk func(n *node)
	walk = func(n *node) {
		if n == nil {
			return
		}
		for _, part := range n.fields {
			switch {
			case part.key == "Fn::Transform" || strings.HasPrefix(part.key, "Fn::ForEach::"):
				r.addUnread(part.key+" in "+typeOf(f.value), f.key, true, part.line, part.column, part.value, f.value)
			case part.key != "AssumeRolePolicyDocument" && part.key != "InlinePolicy" && !slices.Contains(policyProperties, part.key):
				walk(part.value)
			}
		}
		for _, item := range n.items {
			walk(item)
		}
	}
	walk(f.value)
	// Source: AWS SAM Developer Guide, "AWS::Serverless::Connector", "Embedded
	// connectors".
	if connectors := f.value.get("Connectors"); connectors != nil && connectors.kind == mappingNode {
		r.addUnread("Connectors of "+typeOf(f.value), f.key, true, f.line, f.column, connectors)
	}
}

func typeOf(resource *node) string {
	if t := resource.get("Type"); t != nil {
		return t.value
	}
	return "resource"
}
