// What takes part in granting and is not read: which resources and transforms
// that is.

package document

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"capaboot/internal/problem"
)

// Unread is a part of a template that grants something, or takes part in it, and
// is not read: a nested stack, a macro, a custom resource and so on.
type Unread struct {
	// Type is the type of a resource, or the function or transform:
	// "Transform MyMacro".
	Type, LogicalID string
	// Grants: it may grant anything to anybody. Others only take part: what they
	// do depends on what is read, or they limit.
	Grants bool
	// Limits: it grants nothing and takes away from what others grant, in accounts or on
	// ways that the template does not say.
	Limits bool
	// Content tells one content from another, with all that it depends on.
	Content      string
	File         string
	Line, Column int
}

// String returns "FILE:LINE:COLUMN: TYPE LOGICALID".
func (u Unread) String() string {
	return problem.Problem{File: u.File, Line: u.Line, Column: u.Column, Message: u.Name()}.Error()
}

// Name returns "TYPE LOGICALID".
func (u Unread) Name() string { return strings.TrimSpace(u.Type + " " + u.LogicalID) }

// unreadGrants are the types of resources that grant, or make what grants, and
// have no policy document that could be read. Source: CloudFormation Template
// Reference, "AWS resource and property types reference".
var unreadGrants = []string{
	"AWS::ACMPCA::Permission",
	"AWS::CloudFormation::CustomResource",
	"AWS::CloudFormation::Stack",
	"AWS::CloudFormation::StackSet",
	"AWS::Cognito::IdentityPoolRoleAttachment",
	"AWS::EKS::AccessEntry",
	"AWS::EKS::PodIdentityAssociation",
	"AWS::IAM::ServiceLinkedRole",
	"AWS::LakeFormation::DataLakeSettings",
	"AWS::LakeFormation::Permissions",
	"AWS::LakeFormation::PrincipalPermissions",
	"AWS::RAM::Permission",
	"AWS::RAM::ResourceShare",
	"AWS::RolesAnywhere::Profile",
	"AWS::S3::AccessGrant",
	"AWS::SSO::Assignment",
	"AWS::Serverless::Application",
	"AWS::Serverless::Connector",
	"AWS::ServiceCatalog::CloudFormationProvisionedProduct",
	"AWS::ServiceCatalog::LaunchRoleConstraint",
}

// unreadParts are the types that take part in granting, but grant nothing to
// anybody by themselves: who is trusted, how far anything reaches, what macros
// exist.
var unreadParts = []string{
	"AWS::CloudFormation::HookVersion",
	"AWS::CloudFormation::Macro",
	"AWS::EC2::VPCEndpoint",
	"AWS::IAM::OIDCProvider",
	"AWS::IAM::SAMLProvider",
	"AWS::Organizations::Policy",
	"AWS::RolesAnywhere::TrustAnchor",
}

// unreadLimits are those of unreadParts that only take away. Sources: AWS Organizations
// User Guide, "Service control policies" and "Resource control policies"; Amazon VPC
// User Guide, "Control access to VPC endpoints using endpoint policies".
var unreadLimits = []string{"AWS::EC2::VPCEndpoint", "AWS::Organizations::Policy"}

// unreadType says whether a type takes part in granting without being read, and
// whether it grants.
func unreadType(t string) (unread, grants bool) {
	switch {
	case slices.Contains(unreadGrants, t), strings.HasPrefix(t, "Custom::"), strings.HasSuffix(t, "::MODULE"):
		return true, true
	case slices.Contains(unreadParts, t):
		return true, false
	case t != "" && !strings.HasPrefix(t, "AWS::") && !strings.HasPrefix(t, "Alexa::"):
		// A type of a third party runs code with a role of its own.
		return true, true
	}
	return false, false
}

// notRead takes note of a part that is not read.
func (r *templateReader) notRead(what, id string, grants bool, line, column int, content ...*node) {
	r.unread = append(r.unread, Unread{Type: what, LogicalID: id, Grants: grants, Limits: slices.Contains(unreadLimits, what), Content: r.fingerprint(content...), File: r.file, Line: line, Column: column})
}

// fingerprint tells one content from another. It also covers the definitions of the
// references in it.
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
			}
		}
	}
	for _, n := range content {
		if n != nil {
			add(n.arguments(false))
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// namesIn returns what a text refers to, as [Set.Definitions] has it, in the order
// of the text.
func namesIn(text string) []string {
	var all []string
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
		all = append(all, name)
	}
}

// transforms takes note of the transforms of a template that can add or change
// what it grants.
//
// Source: CloudFormation Template Reference, "Transform reference".
func (r *templateReader) transforms(root *node) {
	section := root.get("Transform")
	if section == nil {
		return
	}
	entries := section.orItems()
	for _, entry := range entries {
		name := entry
		if n := entry.get("Name"); n != nil {
			name = n
		}
		switch {
		case name.kind == textNode && r.harmless(name.value, root):
			continue
		case name.kind == textNode && name.value == "AWS::Include":
			r.notRead("Transform AWS::Include", "", true, entry.line, entry.column, entry)
		case name.kind == textNode:
			// A macro gets the whole template, so what it makes depends on all of it.
			r.notRead("Transform "+name.value, "", true, entry.line, entry.column, root)
		default:
			r.notRead("Transform", "", true, entry.line, entry.column, root)
		}
	}
}

// harmless reports whether a transform of AWS's adds nothing to what a template
// grants but what is read or named elsewhere.
func (r *templateReader) harmless(name string, root *node) bool {
	switch {
	case name == "AWS::LanguageExtensions":
		// It adds what loops make, and those are named by themselves.
		return true
	case strings.HasPrefix(name, "AWS::Serverless-"):
		// The roles that it adds are read with the functions they are for.
		return true
	case strings.HasPrefix(name, "AWS::CodeDeployBlueGreen"), strings.HasPrefix(name, "AWS::ServiceCatalog"):
		// Hooks for deployments; outputs of products.
		return true
	case strings.HasPrefix(name, "AWS::SecretsManager-"):
		// It adds a nested stack, with a function and its role, for a
		// HostedRotationLambda.
		return !root.get("Resources").has(func(n *node) bool { return n.get("HostedRotationLambda") != nil })
	}
	return false
}

// loop takes note of an Fn::ForEach whose resources may grant something. One that
// makes only resources that never do is nothing.
func (r *templateReader) loop(f field) {
	var types []*node
	f.value.has(func(n *node) bool {
		if t := n.get("Type"); t != nil {
			types = append(types, t)
		}
		return false
	})
	harmless := func(t *node) bool {
		unread, _ := unreadType(t.value)
		return t.kind == textNode && !unread && !readTypes(t.value) && !strings.Contains(t.value, "Polic") && !strings.Contains(t.value, "$")
	}
	if len(types) > 0 && !slices.ContainsFunc(types, func(t *node) bool { return !harmless(t) }) && !f.value.hasStatement() && !f.value.has((*node).hasPolicyProperty) {
		return
	}
	r.notRead(f.key, "", true, f.line, f.column, f.value)
}

// includes takes note of transforms within a resource. Those in a policy document
// that is read are statements, actions or values that are unknown, and stand
// there.
func (r *templateReader) includes(f field) {
	var walk func(n *node)
	walk = func(n *node) {
		if n == nil {
			return
		}
		for _, part := range n.fields {
			switch {
			case part.key == "Fn::Transform" || strings.HasPrefix(part.key, "Fn::ForEach::"):
				r.notRead(part.key+" in "+typeOf(f.value), f.key, true, part.line, part.column, part.value, f.value)
			case part.key != "AssumeRolePolicyDocument" && part.key != "InlinePolicy" && !slices.Contains(policyProperties, part.key):
				walk(part.value)
			}
		}
		for _, item := range n.items {
			walk(item)
		}
	}
	walk(f.value)
}

func typeOf(resource *node) string {
	if t := resource.get("Type"); t != nil {
		return t.value
	}
	return "resource"
}
