// From a CloudFormation template, or a part of one, to a set.

package document

import (
	"path"
	"slices"
	"strings"
)

// ReadSet reads a CloudFormation template, a mapping of logical IDs to
// resources (a part of a template), or a bare policy document, in JSON or YAML.
// Resources that are no IAM principals or policies are passed over. The error
// is [problem.List].
func ReadSet(file string, text []byte) (*Set, error) {
	root, err := parse(file, text)
	if err != nil {
		return nil, err
	}
	d := &decoder{file: file}
	set := d.set(root)
	if err := d.problems.Err(); err != nil {
		return nil, err
	}
	set.sort()
	return set, nil
}

func (d *decoder) set(root *node) *Set {
	switch {
	case root.kind != mappingNode:
		d.on(root, "is %s: expected a policy document (with Statement), a CloudFormation template (with Resources) or a mapping of logical IDs to resources", root.sort())
	case root.get("Resources") != nil || root.get("AWSTemplateFormatVersion") != nil:
		resources := root.get("Resources")
		if resources == nil || resources.kind != mappingNode {
			d.on(root, "a template needs Resources: a mapping of logical IDs to resources")
			return &Set{}
		}
		if statements := root.get("Statement"); statements != nil {
			d.on(statements, "Statement and Resources cannot stand together: a file is a policy document or a template")
		}
		set := d.resources(resources)
		set.Definitions = definitions(root)
		return set
	case root.get("Statement") != nil || root.get("Version") != nil:
		return &Set{Principals: []*Holder{d.bare(root)}}
	case isResources(root):
		return d.resources(root)
	default:
		d.on(root, "is neither a policy document (with Statement) nor a CloudFormation template (with Resources) nor a mapping of logical IDs to resources")
	}
	return &Set{}
}

// bare makes a holder of a policy document that belongs to nobody. One whose
// statements name principals and no resources is a trust policy or another
// policy of a resource; it is kept in Policies all the same.
func (d *decoder) bare(root *node) *Holder {
	name := path.Base(d.file)
	name = strings.TrimSuffix(name, path.Ext(name))
	return &Holder{Kind: PolicyKind, Name: name, File: d.file, Line: root.line, Column: root.column,
		Policies: []Policy{{Name: name, Document: d.document(root)}}}
}

func isResources(root *node) bool {
	for _, f := range root.fields {
		if f.value.get("Type") == nil {
			return false
		}
	}
	return len(root.fields) > 0
}

// templateReader puts the resources of one template together.
type templateReader struct {
	*decoder
	holders map[string]*Holder // by logical ID
	managed map[string]*managedPolicy
	// managedNames has those that have a name, by that.
	managedNames map[string]*managedPolicy
	order        []*Holder
	// held counts the statements of all principals; see hold.
	held    int
	tooMany bool
}

type managedPolicy struct {
	Policy
	attached bool
	// always has the principals to which it is attached whatever the
	// conditions of the template are.
	always map[*Holder]bool
}

func (d *decoder) resources(n *node) *Set {
	r := &templateReader{decoder: d, holders: map[string]*Holder{}, managed: map[string]*managedPolicy{}, managedNames: map[string]*managedPolicy{}}
	types := d.resourceTypes(n)
	for i, f := range n.fields {
		if strings.HasPrefix(types[i], "AWS::IAM::") {
			r.properties(f)
		}
	}
	// Policies refer to principals and the other way round: first all of both,
	// then the references.
	for i, f := range n.fields {
		switch types[i] {
		case "AWS::IAM::Role":
			r.holder(RoleKind, "RoleName", f)
		case "AWS::IAM::User":
			r.holder(UserKind, "UserName", f)
		case "AWS::IAM::Group":
			r.holder(GroupKind, "GroupName", f)
		case "AWS::IAM::ManagedPolicy":
			p := &managedPolicy{Policy: r.policy("ManagedPolicyName", f), always: map[*Holder]bool{}}
			r.managed[f.key] = p
			// One without a name of its own gets one that nobody can know.
			if explicit := f.value.get("Properties").get("ManagedPolicyName"); explicit != nil && r.managedNames[p.Name] == nil {
				r.managedNames[p.Name] = p
			}
		}
	}
	r.attachAll(n, types)
	for _, f := range n.fields {
		if f.value.get("Type") != nil && f.value.get("Type").value == "AWS::IAM::UserToGroupAddition" {
			r.membership(f.value.get("Properties"))
		}
	}
	for _, h := range r.order {
		r.inherit(h)
	}
	// A policy by itself comes last: it has no principal in the template.
	for _, f := range n.fields {
		if p := r.managed[f.key]; p != nil && !p.attached {
			r.order = append(r.order, &Holder{Kind: PolicyKind, Name: p.Name, LogicalID: f.key, File: d.file,
				Line: f.line, Column: f.column, Policies: []Policy{p.Policy}})
		}
	}
	set := &Set{Principals: r.order}
	for i, f := range n.fields {
		if grants(types[i], f.value.get("Properties")) {
			set.Unread = append(set.Unread, Unread{types[i], f.key, d.file, f.line, f.column})
		}
	}
	return set
}

// resourceTypes returns the type of every resource, "" for one that cannot be
// read.
func (d *decoder) resourceTypes(n *node) []string {
	types := make([]string, len(n.fields))
	for i, f := range n.fields {
		// Loops over resources (Fn::ForEach) are lists.
		if strings.HasPrefix(f.key, "Fn::") {
			d.at(f.line, f.column, "%s over resources cannot be read: expand the template first", clip(f.key))
			continue
		}
		if f.value.kind != mappingNode {
			d.at(f.line, f.column, "resource %s must be a mapping with Type and Properties, not %s", clip(f.key), f.value.describe())
			continue
		}
		if t := f.value.get("Type"); t != nil && t.kind == textNode {
			types[i] = t.value
		} else {
			d.at(f.line, f.column, "resource %s needs Type", clip(f.key))
		}
	}
	return types
}

// attachAll resolves the references between principals and policies.
func (r *templateReader) attachAll(n *node, types []string) {
	for i, f := range n.fields {
		properties := f.value.get("Properties")
		switch types[i] {
		case "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group":
			r.attachments(r.holders[f.key], properties)
		case "AWS::IAM::ManagedPolicy":
			p := r.managed[f.key]
			for _, to := range r.named(properties) {
				r.attach(to.holder, p, to.when)
			}
		case "AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy":
			p := r.policy("PolicyName", f)
			p.Inline = true
			to := r.named(properties)
			for _, n := range to {
				r.hold(n.holder, p.only(n.when))
			}
			if len(to) == 0 {
				// CloudFormation refuses it, but what it says must not get lost.
				r.order = append(r.order, &Holder{Kind: PolicyKind, Name: p.Name, LogicalID: f.key, File: r.file,
					Line: f.line, Column: f.column, Policies: []Policy{p}})
			}
		}
	}
}

// grants reports whether a resource that is not read grants something: one
// that makes roles or other resources, or that has a policy document of its own.
func grants(resourceType string, properties *node) bool {
	switch {
	case strings.HasPrefix(resourceType, "AWS::IAM::"):
		return false
	case strings.HasPrefix(resourceType, "AWS::Serverless::"), strings.HasSuffix(resourceType, "::MODULE"),
		slices.Contains([]string{"AWS::CloudFormation::Stack", "AWS::CloudFormation::StackSet", "AWS::SSO::PermissionSet"}, resourceType):
		return true
	}
	return properties.hasStatement()
}

// hasStatement reports whether there is a policy document in a node. Firewalls
// have statements too, but without Effect.
func (n *node) hasStatement() bool {
	return n.has(func(part *node) bool {
		return part.get("Statement").has(func(statement *node) bool { return statement.get("Effect") != nil })
	})
}

// has reports whether f is true of a node or of something in it.
func (n *node) has(f func(*node) bool) bool {
	return n != nil && (f(n) ||
		slices.ContainsFunc(n.fields, func(x field) bool { return x.value.has(f) }) ||
		slices.ContainsFunc(n.items, func(x *node) bool { return x.has(f) }))
}

// properties checks that all properties of a resource can be read: a function
// in their place could bring any policy.
func (r *templateReader) properties(f field) {
	properties := f.value.get("Properties")
	if properties == nil {
		return
	}
	if properties.kind != mappingNode {
		r.on(properties, "Properties of %s must be a mapping, not %s", clip(f.key), properties.describe())
		return
	}
	for _, p := range properties.fields {
		if strings.HasPrefix(p.key, "Fn::") || p.key == "Ref" {
			r.at(p.line, p.column, "%s over the properties of %s cannot be read: expand the template first", clip(p.key), clip(f.key))
		}
	}
}

// holder makes the role, user or group of a resource, with what it has inline.
func (r *templateReader) holder(kind Kind, nameProperty string, f field) {
	properties := f.value.get("Properties")
	h := &Holder{Kind: kind, Name: r.nameOf(nameProperty, f), LogicalID: f.key, File: r.file, Line: f.line, Column: f.column}
	h.When = r.depend(f)
	defer func() { r.when = nil }()
	r.holders[f.key] = h
	r.order = append(r.order, h)
	if kind == RoleKind {
		if trust := properties.get("AssumeRolePolicyDocument"); trust != nil {
			h.Trust = r.document(trust)
		} else {
			r.at(f.line, f.column, "role %s needs AssumeRolePolicyDocument", clip(f.key))
		}
	}
	for _, item := range r.items("Policies", properties.get("Policies")) {
		r.inline(h, item)
	}
}

// depend takes note of the condition of the template on which a resource
// depends, for the statements that are read next.
func (r *templateReader) depend(f field) string {
	r.when = nil
	condition := f.value.get("Condition")
	if condition == nil {
		return ""
	}
	name := r.text("Condition", condition)
	r.when = []string{name}
	return name
}

// inline reads an entry of Policies, or the branches of one.
func (r *templateReader) inline(h *Holder, item *node) {
	if item.isNoValue() {
		return
	}
	if condition, yes, no, ok := item.choice(); ok {
		outer := r.when
		for _, b := range []branch{{yes, condition}, {no, "!" + condition}} {
			next, possible := and(outer, b.condition)
			if !possible {
				continue
			}
			r.when = next
			for _, entry := range b.n.orItems() {
				r.inline(h, entry)
			}
		}
		r.when = outer
		return
	}
	if item.kind != mappingNode || item.get("PolicyDocument") == nil {
		r.on(item, "an entry of Policies must be a mapping with PolicyName and PolicyDocument, not %s", item.describe())
		return
	}
	p := Policy{Inline: true, Document: r.document(item.get("PolicyDocument"))}
	if name := item.get("PolicyName"); name != nil {
		p.Name = r.text("PolicyName", name)
	}
	h.Policies = append(h.Policies, p)
}

// orItems returns the entries of a list, or the node itself.
func (n *node) orItems() []*node {
	if n.kind == listNode {
		return n.items
	}
	return []*node{n}
}

func (r *templateReader) nameOf(property string, f field) string {
	if name := f.value.get("Properties").get(property); name != nil && !name.isNoValue() {
		return r.text(property, name)
	}
	return f.key
}

// policy reads the document of a policy resource.
func (r *templateReader) policy(nameProperty string, f field) Policy {
	r.depend(f)
	defer func() { r.when = nil }()
	p := Policy{Name: r.nameOf(nameProperty, f), LogicalID: f.key}
	if document := f.value.get("Properties").get("PolicyDocument"); document != nil {
		p.Document = r.document(document)
	} else {
		r.at(f.line, f.column, "policy %s needs PolicyDocument", clip(f.key))
		p.Document = &Document{}
	}
	return p
}

// items returns the entries of a list of a template. An intrinsic in the place
// of the list is an entry of its own.
func (r *templateReader) items(what string, n *node) []*node {
	if n == nil || n.isNoValue() {
		return nil
	}
	if _, _, ok := n.intrinsic(); ok {
		return []*node{n}
	}
	if n.kind != listNode {
		r.on(n, "%s must be a list, not %s", what, n.describe())
		return nil
	}
	return slices.DeleteFunc(slices.Clone(n.items), (*node).isNoValue)
}

// target returns what an entry refers to: a logical ID of this template, or "".
func (n *node) target() string {
	name, argument, ok := n.intrinsic()
	switch {
	case !ok:
		return ""
	case name == "Ref" && argument.kind == textNode:
		return argument.value
	case name == "GetAtt":
		text := n.opaque()
		text, _ = strings.CutPrefix(text, "${GetAtt:")
		for _, attribute := range []string{".Arn}", ".PolicyArn}"} {
			if id, found := strings.CutSuffix(text, attribute); found {
				return id
			}
		}
	case name == "Sub" && argument.kind == textNode:
		if id, found := strings.CutPrefix(argument.value, "${"); found && strings.HasSuffix(id, "}") && strings.Count(id, "}") == 1 {
			id = strings.TrimSuffix(id, "}")
			return strings.TrimSuffix(strings.TrimSuffix(id, ".PolicyArn"), ".Arn")
		}
	}
	return ""
}
