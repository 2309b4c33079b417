// Role uses: the resources that act with the permissions of a role because a
// property names the role or its instance profile, such as a Lambda function, an
// EC2 instance or an ECS task.

package document

import (
	"slices"
	"strings"
)

// roleProperties are the properties, in lower case, that name a role and whose names
// do not end in one of the roleSuffixes. Source: CloudFormation Template Reference,
// "AWS::ApiGateway::Method Integration", "AWS::ApiGateway::Authorizer",
// "AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Authorizer",
// "AWS::EC2::FlowLog", "AWS::Cognito::UserPool SmsConfiguration".
var roleProperties = []string{"authorizercredentials", "authorizercredentialsarn", "credentials", "credentialsarn", "deliverlogspermissionarn", "snscallerarn"}

// roleSuffixes are the ends of the names of all other properties that name a
// role or an instance profile, in lower case.
var roleSuffixes = []string{"role", "roles", "rolearn", "rolearns", "rolename", "instanceprofile", "instanceprofilename", "instanceprofilearn"}

// nonRoleProperties lists properties after the types of their resources. These
// properties name no IAM role or instance profile, although their names are in
// roleProperties or end in one of the roleSuffixes. Source: the CloudFormation resource
// schemas.
var nonRoleProperties = []string{
	"AWS::AmazonMQ::Broker RoleName", "AWS::AmazonMQ::Broker UserRoleName",
	"AWS::Bedrock::Prompt Role",
	"AWS::CodeBuild::Project ApproverRoles",
	"AWS::DMS::InstanceProfile InstanceProfileName", "AWS::DMS::MigrationProject InstanceProfileArn", "AWS::DMS::MigrationProject InstanceProfileName",
	"AWS::EKS::Capability Role",
	"AWS::ElastiCache::GlobalReplicationGroup Role",
	"AWS::Grafana::Workspace Role",
	"AWS::IoTManagedIntegrations::ManagedThing Role",
	"AWS::Kendra::DataSource Credentials",
	"AWS::KinesisFirehose::DeliveryStream SnowflakeRole",
	"AWS::LakeFormation::Resource UseServiceLinkedRole",
	"AWS::MediaLive::Channel AudioDashRoles", "AWS::MediaLive::Channel CaptionDashRoles",
	"AWS::OpenSearchService::Domain MasterBackendRole",
	"AWS::QuickSight::Analysis Role", "AWS::QuickSight::Dashboard Role", "AWS::QuickSight::DataSet ColumnGeographicRole",
	"AWS::QuickSight::DataSource DatabaseAccessControlRole", "AWS::QuickSight::Template GeographicRole", "AWS::QuickSight::Template Role",
	"AWS::QuickSight::Topic ColumnDataRole", "AWS::QuickSight::Topic PropertyRole",
	"AWS::RDS::DBProxyEndpoint TargetRole",
}

// instanceProfileProperties are properties that name an instance profile, although
// their names end in "Role". Sources: CloudFormation Template Reference,
// "AWS::EMR::Cluster JobFlowInstancesConfig" and "AWS::Batch::ComputeEnvironment
// ComputeResources".
var instanceProfileProperties = []string{"jobflowrole", "instancerole"}

// dataProperties contain data for programs and people, select events or metrics,
// or say who may use the resource. An ARN of a role in them does not give the role
// to the resource.
var dataProperties = []string{"allowedprincipals", "description", "dimensions", "environment", "environmentvariables", "eventpattern", "masteruserarn", "metadata",
	"principal", "principalarn", "principals", "tags", "userdata", "variables"}

// dataTypes are resource types that only contain data.
var dataTypes = []string{"AWS::AppConfig::HostedConfigurationVersion", "AWS::SSM::Parameter", "AWS::SecretsManager::Secret"}

// innerRoleKeys are the keys that have the role or instance profile, if the value of a
// property that names it is a mapping: IamInstanceProfile of a launch template, and the
// parameters of AWS::Config::RemediationConfiguration. Source: CloudFormation Template
// Reference.
var innerRoleKeys = []string{"Arn", "Name", "StaticValue", "Values"}

// roleUseText is between the type of a resource and the role in [UnreadPart.Type].
const roleUseText = " with the "

// roleUse is a value in a resource that names a role or an instance profile.
type roleUse struct {
	property string // in lower case
	value    *node
}

// roleUses finds the values in a property of a resource of type t that name a
// role or an instance profile: all values of the properties for which namesRole
// is true and, in other properties, only the references and ARNs for which
// isRoleOrProfile is true.
func (r *templateReader) roleUses(t string, f field) (all []roleUse) {
	key := strings.ToLower(f.key)
	if f.value == nil || slices.Contains(dataProperties, key) || slices.Contains(policyProperties, f.key) || f.value.isDocument() {
		return nil
	}
	if choices, ok := f.value.choice(); ok {
		hasStructure := false
		for _, b := range choices {
			hasStructure = hasStructure || b.n.isContainer()
			all = append(all, r.roleUses(t, field{key: f.key, value: b.n})...)
		}
		if len(all) > 0 && !hasStructure {
			return []roleUse{{key, f.value}} // one use, with the conditions of the choice
		}
		return all
	}
	if !f.value.isContainer() {
		isText := f.value.kind == mappingNode && !f.value.isNoValue() || f.value.kind == textNode && f.value.value != ""
		if !isText || !namesRole(t, key) && !r.isRoleOrProfile(f.value) {
			return nil
		}
		return []roleUse{{key, f.value}}
	}
	for _, inner := range f.value.fields {
		option := f.value.get("OptionName")
		switch {
		case namesRole(t, key) && slices.Contains(innerRoleKeys, inner.key):
			inner.key = f.key
		case option != nil && inner.key == "Value":
			inner.key = option.value // OptionSettings of Elastic Beanstalk
		}
		all = append(all, r.roleUses(t, inner)...)
	}
	for _, item := range f.value.items {
		all = append(all, r.roleUses(t, field{key: f.key, value: item})...)
	}
	return all
}

// isContainer reports whether a node is a list, or a mapping that is not an
// intrinsic function.
func (n *node) isContainer() bool {
	_, _, intrinsic := n.intrinsic()
	return n.kind == listNode || n.kind == mappingNode && !intrinsic
}

// namesRole reports whether a property of a resource type names a role or an
// instance profile. key is the property in lower case.
func namesRole(t, key string) bool {
	if !slices.Contains(roleProperties, key) && !slices.ContainsFunc(roleSuffixes, func(suffix string) bool { return strings.HasSuffix(key, suffix) }) {
		return false
	}
	return !slices.ContainsFunc(nonRoleProperties, func(other string) bool { return strings.EqualFold(other, t+" "+key) })
}

// hasRoleProperty reports whether a node has a property that names a role or an
// instance profile.
func (n *node) hasRoleProperty() bool {
	return slices.ContainsFunc(n.fields, func(f field) bool { return namesRole("", strings.ToLower(f.key)) })
}

// isRoleOrProfile reports whether a value identifies a role or an instance
// profile by itself: the value is the ARN of a role or an instance profile, or
// refers to one in the template.
func (r *templateReader) isRoleOrProfile(n *node) bool {
	if target := n.refTarget(); target != "" {
		h := r.holders[target]
		return h != nil && h.Kind == RoleKind || r.profile(func(p *CredentialSource) bool { return p.LogicalID == target }) != nil
	}
	text := n.opaque()
	return strings.HasPrefix(text, "arn:") && strings.Contains(text, ":iam:") && (strings.Contains(text, ":role/") || strings.Contains(text, ":instance-profile/"))
}

// profile returns the first instance profile of the template that matches, or
// nil.
func (r *templateReader) profile(matches func(*CredentialSource) bool) *CredentialSource {
	i := slices.IndexFunc(r.credentialSources, func(p *CredentialSource) bool { return p.Kind == InstanceProfileKind && matches(p) })
	if i < 0 {
		return nil
	}
	return r.credentialSources[i]
}

// isIgnoredRole reports whether the value of a property that names a role is not a
// role, or is a service-linked role, whose permissions AWS defines.
//
// Sources: AWS SAM Developer Guide, "ApiAuth" (InvokeRole); CloudFormation Template
// Reference, "AWS::ApiGateway::Method Integration" (Credentials, which can be those
// of the caller); Systems Manager User Guide, "Data elements and parameters"
// (assumeRole, which can be a parameter of the document).
func (r *templateReader) isIgnoredRole(n *node) bool {
	text := n.opaque()
	return text == "NONE" || text == "CALLER_CREDENTIALS" || strings.Contains(text, ":user/") || strings.HasPrefix(text, "{{") ||
		strings.Contains(text, ":role/aws-service-role/") || typeOf(r.byID[n.refTarget()].value) == "AWS::IAM::ServiceLinkedRole"
}

// rolesOf returns the roles that a value names, directly or through an instance
// profile: those that the template creates, and the names of the others.
func (r *templateReader) rolesOf(use roleUse, n *node) (roles []SourcePrincipal, others []string) {
	text := n.opaque()
	name := text[strings.LastIndexByte(text, '/')+1:]
	account := r.otherAccountOf(text)
	target := n.refTarget()
	if id, isRef := strings.CutPrefix(name, "${Ref:"); isRef && target == "" {
		target = strings.TrimSuffix(id, "}")
	}
	if h := r.holders[target]; h != nil && h.Kind == RoleKind {
		return []SourcePrincipal{{Holder: h, Account: account}}, nil
	}
	namesProfile := use.namesProfile(n)
	if p := r.profile(func(p *CredentialSource) bool {
		return p.LogicalID == target || namesProfile && p.Name == name && !p.hasGeneratedName
	}); p != nil {
		for _, role := range p.Principals {
			role.Account = account
			roles = append(roles, role)
		}
		return roles, p.otherPrincipals
	}
	if namesProfile {
		return nil, []string{InstanceProfileKind + " " + text}
	}
	if h := r.createdBy(RoleKind, textAt(n, name)); h != nil {
		return []SourcePrincipal{{Holder: h, Account: account}}, nil
	}
	return nil, []string{string(RoleKind) + " " + text}
}

// otherAccountOf returns the account in the ARN of a role or an instance profile. It
// returns "" if the text is not such an ARN, or if the account is that of the stack.
func (r *templateReader) otherAccountOf(text string) string {
	_, after, isARN := strings.Cut(text, ":iam::")
	end := max(strings.Index(after, ":role/"), strings.Index(after, ":instance-profile/"))
	if !isARN || end < 0 {
		return ""
	}
	account := after[:end]
	if given := r.options.Parameters["AWS::AccountId"]; account == given || IsPseudo(strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(account, "${"), "Ref:"), "}")) {
		return ""
	}
	return account
}

// readRoleUses records the roles that resources use, and the passwords of users.
// The instance profiles must have been read.
func (r *templateReader) readRoleUses(fields []field, types []string) {
	for i, f := range fields {
		if types[i] == "AWS::IAM::User" {
			r.addPassword(f)
		} else {
			r.addRoleUses(f, types[i])
		}
	}
}

// namesProfile reports whether a value names an instance profile, and not a
// role.
func (use *roleUse) namesProfile(n *node) bool {
	text := n.opaque()
	return strings.Contains(text, ":instance-profile/") || !strings.Contains(text, ":role/") &&
		(strings.Contains(use.property, "instanceprofile") || slices.Contains(instanceProfileProperties, use.property))
}

// addRoleUses records the roles that a resource uses: in a credential source if the
// template creates the role, and otherwise as an unread part.
func (r *templateReader) addRoleUses(f field, t string) {
	if unread, _ := unreadType(t); unread || strings.HasPrefix(t, "AWS::IAM::") || slices.Contains(dataTypes, t) || hasOwnReader(t) && !strings.HasPrefix(t, "AWS::Serverless::") {
		// An unread resource is compared as a whole. The other types have no role uses, or
		// are read elsewhere.
		return
	}
	properties := f.value.get("Properties")
	if strings.HasPrefix(t, "AWS::Serverless::") {
		properties = r.withGlobals(f.value, t)
	}
	uses := r.roleUses(t, field{key: "Properties", value: properties})
	if len(uses) == 0 {
		return
	}
	source := &CredentialSource{Kind: ResourceKind, Name: t + " " + f.key, LogicalID: f.key, File: r.file, Line: f.line, Column: f.column}
	r.setCondition(f)
	conditions := r.templateConditions
	r.templateConditions = nil
	named := map[string]bool{}
	for _, use := range uses {
		for _, e := range r.entries(t, &node{kind: listNode, items: []*node{use.value}, line: use.value.line, column: use.value.column}) {
			when, consistent := addConditions(conditions, e.conditions...)
			if !consistent || r.isIgnoredRole(e.n) {
				continue
			}
			r.recordDefaultsOf(e.n)
			roles, others := r.rolesOf(use, e.n)
			for _, role := range roles {
				if both, consistent := addConditions(when, role.When...); consistent {
					source.Principals = append(source.Principals, SourcePrincipal{role.Holder, both, role.Account})
				}
			}
			for _, name := range others {
				key := name + "\n" + strings.Join(when, "\n")
				if named[key] {
					continue
				}
				named[key] = true
				content := []*node{use.value}
				if condition := f.value.get("Condition"); condition != nil {
					content = append(content, mapping(f.value, "Condition", condition))
				}
				r.addUnread(t+roleUseText+name, f.key, false, f.line, f.column, content...)
				added := &r.unread[len(r.unread)-1]
				added.Role, added.when, added.account = name, when, r.otherAccountOf(name)
			}
		}
	}
	r.credentialSources = append(r.credentialSources, source)
}

// connectRoleUses connects the resources with the roles that they use, if another
// template of the set creates the roles. It finds the roles by name, and removes the
// unread parts that stand for these uses.
func (s *Set) connectRoleUses() {
	type place struct{ file, logicalID string }
	created, users := map[string][]*Holder{}, map[place]int{}
	for _, h := range s.Principals {
		if h.Kind == RoleKind && !h.IsElsewhere() {
			name := string(RoleKind) + " " + h.IAMName()
			created[name] = append(created[name], h)
		}
	}
	for i, source := range s.CredentialSources {
		switch {
		case source.Kind == ResourceKind:
			users[place{source.File, source.LogicalID}] = i
		case source.Kind == InstanceProfileKind && !source.hasGeneratedName:
			name := InstanceProfileKind + " " + source.Name
			for _, role := range source.Principals {
				created[name] = append(created[name], role.Holder)
			}
		}
	}
	s.Unread = slices.DeleteFunc(s.Unread, func(u UnreadPart) bool {
		roles := created[nameOfRole(u.Role)]
		i, ok := users[place{u.File, u.LogicalID}]
		if len(roles) == 0 || !ok {
			return false
		}
		source := *s.CredentialSources[i] // the original belongs to another set too
		for _, role := range roles {
			source.Principals = append(slices.Clip(source.Principals), SourcePrincipal{role, u.when, u.account})
		}
		s.CredentialSources[i] = &source
		return true
	})
}

// nameOfRole returns a text such as "role X" or "instance profile X" with the name
// instead of an ARN; "" if it has an opaque part, which depends on its template.
func nameOfRole(text string) string {
	name := text[strings.LastIndexAny(text, " /")+1:]
	kind := string(RoleKind)
	if strings.HasPrefix(text, InstanceProfileKind) {
		kind = InstanceProfileKind
	}
	if strings.Contains(name, "${") {
		return ""
	}
	return kind + " " + name
}
