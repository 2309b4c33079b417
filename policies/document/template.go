// Reading a CloudFormation template, or a part of one, into a set.

package document

import (
	"path"
	"slices"
	"strings"
)

// ReadSet reads a CloudFormation template, a mapping of logical IDs to
// resources (a part of a template), or a policy document, in JSON or YAML.
// Parts that are not read but take part in granting permissions are in
// [Set.Unread]; other resources are ignored. The error is a [problem.List].
func ReadSet(file string, text []byte) (*Set, error) { return ReadSetWith(file, text, Options{}) }

// ReadSetWith is [ReadSet] with values for the template parameters.
func ReadSetWith(file string, text []byte, options Options) (*Set, error) {
	root, err := parse(file, text)
	if err != nil {
		return nil, err
	}
	set, err := setFromNode(file, root, options)
	if err != nil {
		return nil, err
	}
	set.Bytes, set.Largest = len(text), len(text)
	return set, nil
}

func setFromNode(file string, root *node, options Options) (*Set, error) {
	d := &decoder{file: file}
	set := d.set(root, options)
	if err := d.problems.Err(); err != nil {
		return nil, err
	}
	set.sort()
	set.account = options.Parameters["AWS::AccountId"]
	return set, nil
}

func (d *decoder) set(root *node, options Options) *Set {
	switch {
	case root.kind != mappingNode:
		d.problemOn(root, "want a policy document (with Statement), a CloudFormation template (with Resources) or a mapping of logical IDs to resources, got %s", root.describeKind())
	case root.get("Resources") != nil || root.get("AWSTemplateFormatVersion") != nil:
		resources := root.get("Resources")
		if resources == nil || resources.kind != mappingNode {
			d.problemOn(root, "missing Resources: want a mapping of logical IDs to resources")
			return &Set{}
		}
		if statements := root.get("Statement"); statements != nil {
			d.problemOn(statements, "a file cannot have both Statement and Resources: it is either a policy document or a template")
		}
		return d.resources(root, resources, options)
	case root.get("Statement") != nil || root.get("Version") != nil:
		return &Set{Principals: []*Holder{d.bareDocument(root)}}
	case isResources(root):
		return d.resources(&node{kind: mappingNode}, root, options)
	case extractionHint(root) != "":
		d.problemOn(root, "%s", extractionHint(root))
	default:
		d.problemOn(root, "want a policy document (with Statement), a CloudFormation template (with Resources) or a mapping of logical IDs to resources")
	}
	return &Set{}
}

// bareDocument returns a holder for a document that is not in a template. The
// document goes to Policies even if it is a resource policy, such as a trust
// policy.
func (d *decoder) bareDocument(root *node) *Holder {
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

// templateReader reads the resources of one template and connects them.
type templateReader struct {
	*decoder
	*resolver
	holders map[string]*Holder // by logical ID
	managed map[string]*managedPolicy
	// managedByName has the managed policies that have an explicit name, by
	// the [nameKey] of that name.
	managedByName     map[string]*managedPolicy
	allHolders        []*Holder
	groupsByName      map[string][]*Holder     // see [templateReader.groupsNamed]
	nameBranches      map[*Holder][]branch     // the names of a holder whose name depends on conditions
	memberships       map[*Holder][]membership // one for each entry of Holder.Groups
	unread, guards    []UnreadPart
	absent            []AbsentPrincipal
	credentialSources []*CredentialSource
	tokenProviders    []TokenProvider
	definitions       map[string]string
	defaults          map[string]Default
	secrets           []Secret
	globals           *node            // the section Globals, resolved
	writtenGlobals    *node            // the section Globals as it is in the file
	knownIDs          map[string]bool  // see Set.knownIDs
	byID              map[string]field // the readable resources that can exist, by logical ID
	// attachedStatements counts the statements and policies of all holders; see
	// addPolicy.
	attachedStatements int
	reportedTooMany    bool
}

type managedPolicy struct {
	Policy
	// attached means that the policy is attached to a holder. boundary means
	// that the policy is, or may be, the permissions boundary of a holder.
	attached, boundary bool
	// alwaysAttachedTo has the holders to which the policy is attached without
	// template conditions.
	alwaysAttachedTo map[*Holder]bool
}

// resources reads the resources of a template. root is an empty mapping if the
// file is only a part of a template.
func (d *decoder) resources(root, n *node, options Options) *Set {
	d.template = true
	r := &templateReader{decoder: d, resolver: newResolver(d, root, n, options), holders: map[string]*Holder{}, managed: map[string]*managedPolicy{},
		managedByName: map[string]*managedPolicy{}, memberships: map[*Holder][]membership{}, nameBranches: map[*Holder][]branch{}, definitions: definitions(root), knownIDs: map[string]bool{}}
	if r.writtenGlobals = root.get("Globals"); r.writtenGlobals != nil {
		r.globals = r.resolve(r.writtenGlobals)
	}
	r.defaults = r.parameterDefaults()
	set := &Set{Definitions: r.definitions, ResourceNames: namesOfResources(n), Defaults: r.defaults, conditions: map[string]*node{}, freeValues: r.freeValuesOf(root), starExcluded: starExcluded(root)}
	if len(r.defaults) > 0 {
		set.source = &templateSource{d.file, root, options}
	}
	if r.resolver.conditions != nil {
		set.withConditions = 1
		for _, f := range r.resolver.conditions.fields {
			set.conditions[f.key] = f.value
		}
	}
	for name, p := range r.parameters {
		r.knownIDs[name] = false
		set.Parameters = append(set.Parameters, name)
		if p.fromSSM {
			set.FromSSM = append(set.FromSSM, name)
		}
	}
	slices.Sort(set.Parameters)
	slices.Sort(set.FromSSM)
	r.addTransforms(root)
	fields, types := r.existingResources(n)
	r.readOutputs(root)
	set.Secrets = r.secrets
	r.byID = make(map[string]field, len(fields))
	for _, f := range fields {
		r.byID[f.key] = f
	}
	r.addPrincipals(fields, types)
	r.attachAll(fields, types)
	for i, f := range fields {
		if types[i] == "AWS::IAM::UserToGroupAddition" {
			r.readMembership(f)
		}
	}
	for _, h := range r.allHolders {
		r.inherit(h)
	}
	// At this point it is known which managed policies have no principal in the
	// template.
	for _, f := range fields {
		p := r.managed[f.key]
		if p == nil {
			continue
		}
		h := &Holder{Kind: PolicyKind, Name: p.Name, HasGeneratedName: r.managedByName[nameKey(p.Name)] != p, Path: r.pathOf(f.value.get("Properties")), LogicalID: f.key, File: d.file,
			Line: f.line, Column: f.column, Policies: []Policy{p.Policy}}
		switch {
		case p.attached:
			set.AttachedPolicies = append(set.AttachedPolicies, h)
		case p.boundary:
			set.Boundaries = append(set.Boundaries, h)
		default:
			r.allHolders = append(r.allHolders, h)
		}
	}
	for i, f := range fields {
		r.addGuards(f, types[i])
		r.readOtherResource(f, types[i])
		r.recordDefaultsOfResource(f, types[i])
	}
	r.readRoleUses(fields, types)
	set.Principals, set.Unread, set.CredentialSources, set.knownIDs = r.allHolders, r.unread, r.credentialSources, r.knownIDs
	set.Absent, set.TokenProviders, set.Guards = r.absent, r.tokenProviders, r.guards
	set.AssumedParameters, set.defaulted = r.assumedParameters(set), sortedCompact(r.defaultedParameters)
	for name := range r.undefinedParameters {
		set.Parameters = append(set.Parameters, name)
	}
	slices.Sort(set.Parameters)
	for _, name := range set.Parameters {
		if r.isSecret(name) {
			set.SecretParameters = append(set.SecretParameters, name)
		}
	}
	return set
}

// addPrincipals creates the roles, users, groups and managed policies. They
// refer to each other, so all of them are created before references are
// resolved.
func (r *templateReader) addPrincipals(fields []field, types []string) {
	for i, f := range fields {
		if kind, nameProperty, ok := principalOf(types[i]); ok {
			r.addHolder(kind, nameProperty, f)
		}
		if types[i] == "AWS::IAM::ManagedPolicy" {
			p := &managedPolicy{Policy: r.policy("ManagedPolicyName", f), alwaysAttachedTo: map[*Holder]bool{}}
			r.managed[f.key] = p
			// Without an explicit name, AWS generates a name that no ARN in the
			// file can contain.
			if r.hasName("ManagedPolicyName", f) && r.managedByName[nameKey(p.Name)] == nil {
				r.managedByName[nameKey(p.Name)] = p
			}
		}
	}
}

// readOtherResource reads a resource, except principals, IAM policies and group
// memberships, which have been read before.
func (r *templateReader) readOtherResource(f field, t string) {
	unread, grants := unreadType(t)
	switch {
	case unread:
		if t == tokenProviderType {
			r.readTokenProvider(f)
		}
		r.addUnread(t, f.key, grants, f.line, f.column, f.value)
	case t == "AWS::IAM::AccessKey", t == "AWS::IAM::InstanceProfile":
		r.addCredentialSource(f, t)
	case strings.HasPrefix(t, "AWS::IAM::"), hasOwnReader(t) && strings.HasPrefix(t, "AWS::S"):
		// attachAll has read permission sets and the SAM types, which are principals.
	case hasOwnReader(t):
		r.readPermission(f, t)
	default:
		r.readResourcePolicies(f, t)
	}
}

// addHolder creates the role, user or group of a resource, with its inline
// policies.
func (r *templateReader) addHolder(kind Kind, nameProperty string, f field) {
	properties := f.value.get("Properties")
	h := &Holder{Kind: kind, Name: r.nameOf(nameProperty, f), HasGeneratedName: !r.hasName(nameProperty, f), Path: r.pathOf(properties), LogicalID: f.key, File: r.file, Line: f.line, Column: f.column}
	h.When = r.setCondition(f)
	defer func() { r.templateConditions = nil }()
	r.readSettings(h, properties)
	r.holders[f.key] = h
	r.allHolders = append(r.allHolders, h)
	if name, isChoice := properties.get(nameProperty).choice(); isChoice {
		r.nameBranches[h] = name
		for _, b := range name {
			if !b.n.isNoValue() {
				h.PossibleNames = append(h.PossibleNames, b.n.opaque())
			}
		}
	}
	if kind == RoleKind {
		if trust := properties.get("AssumeRolePolicyDocument"); trust != nil {
			h.Trust = r.trustPolicy(trust)
		} else if properties.get("Fn::Transform") != nil {
			h.Trust = r.trustPolicy(properties)
		} else {
			r.problemAt(f.line, f.column, "missing AssumeRolePolicyDocument of role %s", clip(f.key))
		}
	}
	for _, item := range r.items("Policies", properties.get("Policies")) {
		r.readInline(h, item)
	}
}

func (r *templateReader) trustPolicy(n *node) *Document {
	r.trust = true
	defer func() { r.trust = false }()
	return r.document(n)
}

// setCondition makes the statements that are read next depend on the condition
// of a resource, and returns the condition.
func (r *templateReader) setCondition(f field) string {
	r.templateConditions = nil
	condition := f.value.get("Condition")
	if condition == nil {
		return ""
	}
	name := r.text("Condition", condition)
	r.templateConditions = []string{name}
	return name
}

// readInline reads an entry of Policies, or all branches of one.
func (r *templateReader) readInline(h *Holder, item *node) {
	if item.isNoValue() {
		return
	}
	if choices, ok := item.choice(); ok {
		outer := r.templateConditions
		for _, b := range choices {
			next, consistent := addConditions(outer, b.conditions...)
			if !consistent {
				continue
			}
			r.templateConditions = next
			for _, entry := range b.n.itemsOrSelf() {
				r.readInline(h, entry)
			}
		}
		r.templateConditions = outer
		return
	}
	if name, _, function := item.intrinsic(); function && name == "Transform" {
		return // addNestedTransforms records it as unread
	}
	if item.kind != mappingNode || item.get("PolicyDocument") == nil {
		r.problemOn(item, "an entry of Policies: want a mapping with PolicyName and PolicyDocument, got %s", item.describe())
		return
	}
	p := Policy{Inline: true, Document: r.document(item.get("PolicyDocument"))}
	if name := item.get("PolicyName"); name != nil {
		p.Name = r.text("PolicyName", name)
	}
	h.Policies = append(h.Policies, p)
}

// nameOf returns the name of a resource, or its logical ID if AWS generates the
// name.
func (r *templateReader) nameOf(property string, f field) string {
	if r.hasName(property, f) {
		return r.text(property, f.value.get("Properties").get(property))
	}
	return f.key
}

func (r *templateReader) hasName(property string, f field) bool {
	name := f.value.get("Properties").get(property)
	return name != nil && !name.isNoValue()
}

// policy reads the document of a policy resource.
func (r *templateReader) policy(nameProperty string, f field) Policy {
	r.setCondition(f)
	defer func() { r.templateConditions = nil }()
	p := Policy{Name: r.nameOf(nameProperty, f), LogicalID: f.key}
	if document := f.value.get("Properties").get("PolicyDocument"); document != nil {
		p.Document = r.document(document)
	} else {
		r.problemAt(f.line, f.column, "missing PolicyDocument of policy %s", clip(f.key))
		p.Document = &Document{}
	}
	return p
}
