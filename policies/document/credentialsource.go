// Credential sources, which give the permissions of a role or user to someone else:
// the instance profiles, access keys and passwords of a template, and the resources
// that use a role.

package document

import "slices"

// The kinds of credential sources.
const (
	InstanceProfileKind = "instance profile"
	AccessKeyKind       = "access key"
	PasswordKind        = "password"
	ResourceKind        = "resource"
)

// CredentialSource is a resource that gives out the credentials of a role or user:
// an instance profile to instances, an access key or a password to anyone who has
// it, any other resource to what it runs.
type CredentialSource struct {
	// Kind is one of the kinds of credential sources.
	Kind string
	// Name is the name of an instance profile, the name of the user of a
	// password, or the type and the logical ID of a resource that uses a role.
	// For an access key, and if AWS generates the name, it is the logical ID.
	Name, LogicalID string
	// File, Line and Column are the position of the resource.
	File         string
	Line, Column int
	// Principals has the roles or users that a template of the set creates; it is
	// empty for an inactive access key. [Set.Unread] has the other roles and users.
	Principals []SourcePrincipal
	// otherPrincipals has the names of the roles or users that the template
	// does not create ("role X").
	otherPrincipals  []string
	hasGeneratedName bool
}

// SourcePrincipal is a role or user, and the template conditions under which
// the credential source gives out its credentials.
type SourcePrincipal struct {
	*Holder
	When []string
	// Account is the account in the ARN that names the role, if it may differ from the
	// account of the stack: that account can have a role with the same name. Account is
	// "" if a reference names the role.
	Account string
}

// addCredentialSource reads an instance profile or an access key. If the
// template does not create its role or user, the resource is also recorded as
// unread: what its credentials allow is unknown.
func (r *templateReader) addCredentialSource(f field, t string) {
	properties := f.value.get("Properties")
	source := &CredentialSource{Kind: InstanceProfileKind, Name: r.nameOf("InstanceProfileName", f), LogicalID: f.key, File: r.file, Line: f.line, Column: f.column, hasGeneratedName: !r.hasName("InstanceProfileName", f)}
	property, kind := "Roles", RoleKind
	if t == "AWS::IAM::AccessKey" {
		source.Kind, source.Name, property, kind = AccessKeyKind, f.key, "UserName", UserKind
	}
	r.credentialSources = append(r.credentialSources, source)
	principals := properties.get(property)
	if principals == nil || principals.isNoValue() {
		return
	}
	r.setCondition(f)
	conditions := r.templateConditions
	r.templateConditions = nil
	for _, e := range r.entries(t, &node{kind: listNode, items: principals.itemsOrSelf(), line: principals.line, column: principals.column}) {
		h := r.createdBy(kind, e.n)
		if h == nil {
			other := string(kind) + " " + e.n.opaque()
			source.otherPrincipals = append(source.otherPrincipals, other)
			r.addUnread(t+" of the "+other, f.key, true, f.line, f.column, f.value)
			continue
		}
		if when, consistent := addConditions(conditions, e.conditions...); consistent && !isInactive(properties) {
			source.Principals = append(source.Principals, SourcePrincipal{Holder: h, When: when})
		}
	}
}

// createdBy returns the principal of the template that a reference or name
// identifies, or nil.
func (r *templateReader) createdBy(kind Kind, n *node) *Holder {
	if h := r.holders[n.refTarget()]; h != nil && h.Kind == kind {
		return h
	}
	if n.kind != textNode {
		return nil
	}
	i := slices.IndexFunc(r.allHolders, func(h *Holder) bool {
		return h.Kind == kind && nameKey(h.IAMName()) == nameKey(n.value) && h.LogicalID != ""
	})
	if i < 0 {
		return nil
	}
	return r.allHolders[i]
}

// isInactive reports whether the properties make an access key inactive.
func isInactive(properties *node) bool {
	status := properties.get("Status")
	return status != nil && status.kind == textNode && status.value == "Inactive"
}

// addPassword records the password of a user as a credential source.
func (r *templateReader) addPassword(f field) {
	profile := f.value.get("Properties").get("LoginProfile")
	if profile == nil || profile.isNoValue() {
		return
	}
	h := r.holders[f.key]
	source := &CredentialSource{Kind: PasswordKind, Name: h.Name, LogicalID: f.key, File: r.file, Line: f.line, Column: f.column}
	for _, e := range r.entries("LoginProfile", &node{kind: listNode, items: []*node{profile}}) {
		var conditions []string
		if h.When != "" {
			conditions = []string{h.When}
		}
		if when, consistent := addConditions(conditions, e.conditions...); consistent {
			source.Principals = append(source.Principals, SourcePrincipal{Holder: h, When: when})
		}
	}
	if len(source.Principals) > 0 {
		r.credentialSources = append(r.credentialSources, source)
	}
}
