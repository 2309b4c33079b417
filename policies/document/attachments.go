// Attachments: which policies of a template a role, user or group has, through
// its own properties, through policy resources and through groups.

package document

import (
	"slices"
	"strings"
)

// resolveAttachments resolves the managed policies, the boundary and the groups
// of a holder.
func (r *templateReader) resolveAttachments(h *Holder, properties *node) {
	for _, e := range r.entries("ManagedPolicyArns", properties.get("ManagedPolicyArns")) {
		if p := r.managedBy(e.n); p != nil {
			r.attach(h, p, e.conditions)
			continue
		}
		arn := r.text("an entry of ManagedPolicyArns", e.n)
		h.attachARN(arn, e.conditions)
		h.recordAttachedAt(arn, Position{e.n.line, e.n.column})
	}
	r.resolveBoundary(h, properties)
	for _, e := range r.entries("Groups", properties.get("Groups")) {
		r.addToGroup(h, r.text("an entry of Groups", e.n), e.conditions)
	}
}

// attachARN attaches a policy whose document is not in the template. An
// attachment without conditions makes those with conditions irrelevant.
func (h *Holder) attachARN(arn string, conditions []string) {
	_, conditional := h.AttachedWhen[arn]
	unconditional := !conditional && slices.Contains(h.Attached, arn)
	h.Attached = append(h.Attached, arn)
	switch {
	case unconditional:
	case len(conditions) == 0:
		delete(h.AttachedWhen, arn)
	default:
		if h.AttachedWhen == nil {
			h.AttachedWhen = map[string][][]string{}
		}
		h.AttachedWhen[arn] = append(h.AttachedWhen[arn], conditions)
	}
}

func (r *templateReader) resolveBoundary(h *Holder, properties *node) {
	boundary := properties.get("PermissionsBoundary")
	if boundary == nil || boundary.isNoValue() {
		return
	}
	h.Boundary = r.text("PermissionsBoundary", boundary)
	if p := r.managedBy(boundary); p != nil {
		h.BoundaryPolicy, h.BoundaryName, h.BoundaryLogicalID = p.Document, p.Name, p.LogicalID
		p.boundary = true
		return
	}
	var content []*node
	for _, e := range r.entries("PermissionsBoundary", &node{kind: listNode, items: []*node{boundary}}) {
		if p := r.managedBy(e.n); p != nil {
			p.boundary = true
			content = append(content, r.byID[p.LogicalID].value)
		}
	}
	if len(content) > 0 {
		h.BoundaryContent = r.fingerprint(content...)
	}
}

// managedBy returns the managed policy of the template that an entry names, by
// reference or by the name at the end of an ARN, or nil.
func (r *templateReader) managedBy(item *node) *managedPolicy {
	if p := r.managed[item.refTarget()]; p != nil {
		return p
	}
	text := item.opaque()
	_, name, ok := strings.Cut(text, ":policy/")
	// The ARNs of AWS managed policies have "aws" instead of an account.
	if !ok || strings.Contains(text, ":iam::aws:") {
		return nil
	}
	return r.managedByName[nameKey(name[strings.LastIndexByte(name, '/')+1:])]
}

// addPolicy adds a policy to a holder. Because a small file can attach one
// large policy to many holders, r.attachedStatements counts the policy and its
// statements once for each holder. Above maxStatements, addPolicy reports a
// problem once and adds no more policies.
func (r *templateReader) addPolicy(h *Holder, p Policy) {
	if r.attachedStatements += 1 + len(p.Document.Statements); r.attachedStatements > maxStatements {
		if !r.reportedTooMany {
			r.reportedTooMany = true
			r.problemAt(h.Line, h.Column, "the principals have more than %d policies and statements in total (a policy counts once for each principal that has it)", maxStatements)
		}
		return
	}
	if h.When != "" { // the principal exists only under this condition
		p = p.WithConditions([]string{h.When})
	}
	h.Policies = append(h.Policies, p)
}

// attach adds a managed policy to a holder, unless the policy is already
// attached there without conditions.
func (r *templateReader) attach(h *Holder, p *managedPolicy, conditions []string) {
	p.attached = true
	if p.alwaysAttachedTo[h] {
		return
	}
	if len(conditions) == 0 {
		p.alwaysAttachedTo[h] = true
	}
	r.addPolicy(h, p.WithConditions(conditions))
}

// WithConditions returns the policy with template conditions added to each of its
// statements. It omits statements whose own conditions contradict the added ones.
func (p Policy) WithConditions(conditions []string) Policy {
	if len(conditions) == 0 || p.Document == nil {
		return p
	}
	d := *p.Document
	d.Statements = nil
	for _, s := range p.Document.Statements {
		if merged, consistent := addConditions(s.When, conditions...); consistent {
			s.When = merged
			d.Statements = append(d.Statements, s)
		}
	}
	p.Document = &d
	return p
}

func (n *node) itemsOrSelf() []*node {
	if n.kind == listNode {
		return n.items
	}
	return []*node{n}
}

// items returns the entries of a list in a template. An intrinsic that replaces
// the list counts as one entry.
func (r *templateReader) items(property string, n *node) []*node {
	if n == nil || n.isNoValue() {
		return nil
	}
	if _, _, ok := n.intrinsic(); ok {
		return []*node{n}
	}
	if n.kind != listNode {
		r.problemOn(n, "%s: want a list, got %s", property, n.describe())
		return nil
	}
	return slices.DeleteFunc(slices.Clone(n.items), (*node).isNoValue)
}

// entry is an entry of a list, with the template conditions under which it
// exists.
type entry struct {
	n          *node
	conditions []string
}

// entries returns the entries of a list in a template. For an entry with
// several possible values, such as an Fn::If, it returns every value.
func (r *templateReader) entries(property string, n *node) []entry {
	var all []entry
	var add func(n *node, conditions []string)
	add = func(n *node, conditions []string) {
		if n.isNoValue() {
			return
		}
		choices, ok := n.choice()
		if !ok {
			all = append(all, entry{n, conditions})
			return
		}
		for _, b := range choices {
			if next, consistent := addConditions(conditions, b.conditions...); consistent {
				for _, item := range b.n.itemsOrSelf() {
					add(item, next)
				}
			}
		}
	}
	for _, item := range r.items(property, n) {
		add(item, nil)
	}
	return all
}

// readMembership reads an AWS::IAM::UserToGroupAddition.
func (r *templateReader) readMembership(f field) {
	properties := f.value.get("Properties")
	group := properties.get("GroupName")
	if group == nil {
		return
	}
	r.setCondition(f)
	defer func() { r.templateConditions = nil }()
	name := r.text("GroupName", group)
	for _, item := range r.items("Users", properties.get("Users")) {
		for _, user := range r.findOrAddHolders(UserKind, "Users", item) {
			if conditions, consistent := addConditions(r.templateConditions, user.conditions...); consistent {
				r.addToGroup(user.holder, name, conditions)
			}
		}
	}
}

// attachAll resolves the references between principals and policies. It first
// adds the roles that other resources imply, so that a policy can name them.
func (r *templateReader) attachAll(fields []field, types []string) {
	for i, f := range fields {
		switch types[i] {
		case "AWS::Serverless::Function", "AWS::Serverless::StateMachine":
			r.readServerless(f, types[i])
		case "AWS::SSO::PermissionSet":
			r.readPermissionSet(f)
		}
	}
	for i, f := range fields {
		properties := f.value.get("Properties")
		switch types[i] {
		case "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group":
			r.resolveAttachments(r.holders[f.key], properties)
		case "AWS::IAM::ManagedPolicy":
			p := r.managed[f.key]
			for _, recipient := range r.recipients(properties) {
				r.attach(recipient.holder, p, recipient.conditions)
			}
		case "AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy":
			r.attachInlinePolicy(f)
		}
	}
}

func (r *templateReader) attachInlinePolicy(f field) {
	p := r.policy("PolicyName", f)
	p.Inline = true
	recipients := r.recipients(f.value.get("Properties"))
	for _, recipient := range recipients {
		r.addPolicy(recipient.holder, p.WithConditions(recipient.conditions))
	}
	if len(recipients) == 0 {
		// CloudFormation refuses a policy without principals, but its
		// statements should still be visible.
		r.allHolders = append(r.allHolders, &Holder{Kind: PolicyKind, Name: p.Name, LogicalID: f.key, File: r.file,
			Line: f.line, Column: f.column, Policies: []Policy{p}})
	}
}
