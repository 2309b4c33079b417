// The template: the CloudFormation resources that a configuration results in
// for a release of CAPA.
//
// Logical IDs, names and descriptions are the same as in clusterawsadm, so that
// a stack that clusterawsadm deployed is updated in place.

package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/awslabs/goformation/v7/cloudformation/iam"
	"github.com/awslabs/goformation/v7/cloudformation/tags"

	"capaboot/internal/render"
	"capaboot/policies/arn"
	"capaboot/policies/catalog"
)

// Logical IDs of resources that the code refers to.
const (
	groupBootstrapper   = "AWSIAMGroupBootstrapper"
	userBootstrapper    = "AWSIAMUserBootstrapper"
	roleControlPlane    = "AWSIAMRoleControlPlane"
	roleControllers     = "AWSIAMRoleControllers"
	roleNodes           = "AWSIAMRoleNodes"
	roleEKSControlPlane = "AWSIAMRoleEKSControlPlane"
	roleEKSNodegroup    = "AWSIAMRoleEKSNodegroup"
	roleEKSFargate      = "AWSIAMRoleEKSFargate"

	policyControllers    = "AWSIAMManagedPolicyControllers"
	policyControllersEKS = "AWSIAMManagedPolicyControllersEKS"
	policyControlPlane   = "AWSIAMManagedPolicyCloudProviderControlPlane"
	policyNodes          = "AWSIAMManagedPolicyCloudProviderNodes"
	policyCSI            = "AWSEBSCSIPolicyController"
	policyEKSConsole     = "AWSIAMManagedPolicyEKSConsole"
)

// formatVersion is the only version of the template format.
const formatVersion = "2010-09-09"

// Template is a CloudFormation template of IAM resources.
type Template struct {
	// Release is the release of CAPA that the template is for.
	Release catalog.Release
	// Resources are goformation's IAM types, by logical ID. Their strings can
	// be references made by [reference], so use Tree to read them.
	Resources map[string]Resource
	// Warnings name settings that have no effect at the release.
	Warnings []string

	documents map[string]catalog.PolicyDocument
	// fixedNames maps the logical IDs of the roles with a fixed name to their
	// fields of spec.
	fixedNames map[string]string
	tree       map[string]any // see Tree
}

// Resource is a CloudFormation resource, such as one of goformation's types.
type Resource interface{ AWSCloudFormationType() string }

// Generate generates the template of a configuration for a release of CAPA. The
// configuration must have its defaults ([Load], [Default]).
func Generate(c *Configuration, catalogue *catalog.Catalogue, release catalog.Release) (*Template, error) {
	g := generator{
		spec: &c.Spec, catalogue: catalogue, release: release, settings: c.Spec.catalogSettings(),
		template: &Template{Release: release, Resources: map[string]Resource{}, documents: map[string]catalog.PolicyDocument{}, fixedNames: map[string]string{}},
	}
	if err := g.addManagedPolicies(); err != nil {
		return nil, err
	}
	for _, role := range c.Spec.roles() {
		if err := g.addRole(role); err != nil {
			return nil, err
		}
	}
	g.addBootstrapUser()
	g.warnOfFeatures()
	return g.template, g.template.buildTree()
}

// catalogSettings returns the values of the fields that the gates and placeholders of
// the catalogue name.
func (s *Spec) catalogSettings() catalog.Settings {
	settings := catalog.Settings{
		Flags: map[string]bool{
			"allowAssumeRole":                    s.AllowAssumeRole,
			"s3Buckets.enable":                   s.S3Buckets.Enable,
			"eventBridge.enable":                 s.EventBridge.Enable,
			"eks.disable":                        s.EKS.Disable,
			"eks.iamRoleCreation":                s.EKS.IAMRoleCreation,
			"eks.enableUserEKSConsolePolicy":     s.EKS.EnableUserEKSConsolePolicy,
			"controlPlane.enableCSIPolicy":       s.ControlPlane.EnableCSIPolicy,
			"nodes.ec2ContainerRegistryReadOnly": s.Nodes.EC2ContainerRegistryReadOnly,
		},
		Lists: map[string][]string{
			"partition":            {s.Partition},
			"secureSecretBackends": s.SecureSecretBackends,
			"clusterAPIControllers.allowedEC2InstanceProfiles": s.ClusterAPIControllers.AllowedEC2InstanceProfiles,
			"s3Buckets.namePrefix":                             {s.S3Buckets.NamePrefix},
			"eks.kmsAliasPrefix":                               {s.EKS.KMSAliasPrefix},
		},
	}
	s.addFeatures(settings)
	return settings
}

type generator struct {
	spec      *Spec
	catalogue *catalog.Catalogue
	release   catalog.Release
	settings  catalog.Settings
	template  *Template
}

func (g *generator) addManagedPolicies() error {
	s := g.spec
	var group []string
	if s.BootstrapUser.Enable {
		group = []string{reference(groupBootstrapper)}
	}
	controllers := g.references(roleControllers)
	if !s.ControlPlane.DisableClusterAPIControllerPolicyAttachment {
		controllers = g.references(roleControllers, roleControlPlane)
	}
	var controlPlane []string
	if !s.ControlPlane.DisableCloudProviderPolicy {
		controlPlane = g.references(roleControlPlane)
	}
	for _, p := range []struct {
		logicalID     string
		exists        bool
		groups, roles []string
	}{
		{policyControllers, true, group, controllers},
		{policyControllersEKS, !s.EKS.Disable, group, controllers},
		{featuresPolicy, len(s.ClusterAPIControllers.Features) > 0, group, controllers},
		{policyControlPlane, !s.ControlPlane.DisableCloudProviderPolicy, nil, controlPlane},
		{policyNodes, !s.Nodes.DisableCloudProviderPolicy, nil, slices.Concat(controlPlane, g.references(roleNodes))},
		{policyCSI, s.ControlPlane.EnableCSIPolicy, nil, controlPlane},
		{policyEKSConsole, s.EKS.EnableUserEKSConsolePolicy && !s.EKS.Disable, nil, nil},
	} {
		if !p.exists {
			continue
		}
		policy := g.catalogue.Policy(p.logicalID)
		if policy == nil {
			return fmt.Errorf("the catalogue has no policy %s", p.logicalID)
		}
		document, err := policy.Document(g.release, g.settings)
		if err != nil {
			return err
		}
		g.warnWithoutEffect(policy)
		if len(document.Statement) == 0 {
			continue // A policy without statements is invalid.
		}
		g.template.documents[p.logicalID] = document
		g.template.Resources[p.logicalID] = &iam.ManagedPolicy{
			ManagedPolicyName: pointer(s.fullName(policy.Name)),
			Description:       pointer(policy.Description),
			PolicyDocument:    document,
			Groups:            p.groups,
			Roles:             p.roles,
		}
	}
	return nil
}

// warnWithoutEffect warns of settings that need a later release of CAPA.
func (g *generator) warnWithoutEffect(policy *catalog.Policy) {
	for _, t := range policy.Statements {
		first := t.FirstRelease()
		if first.Compare(g.release) > 0 && g.settings.Chosen(t.When) {
			g.template.Warnings = append(g.template.Warnings,
				fmt.Sprintf("spec.%s has no effect with CAPA %s: CAPA added this setting in %s", t.When, g.release, first))
		}
	}
}

// addRole adds a role and, if it has one, its instance profile. It adds nothing
// if the configuration disables the role, or disables EKS and the role is for
// EKS.
func (g *generator) addRole(field roleField) error {
	if !g.spec.createsRole(field) {
		return nil
	}
	role := g.catalogue.Role(field.logicalID)
	if role == nil {
		return fmt.Errorf("the catalogue has no role %s", field.logicalID)
	}
	trust, err := role.TrustPolicy(g.release, g.settings)
	if err != nil {
		return err
	}
	trust.Statement = append(trust.Statement, field.spec.TrustStatements...)
	attachments, err := role.ManagedPolicies(g.release, g.settings)
	if err != nil {
		return err
	}
	var arns []string
	for _, name := range attachments {
		if name == catalog.ExtraAttachments {
			arns = append(arns, field.spec.ExtraPolicyAttachments...)
		} else {
			arns = append(arns, arn.IAM(g.spec.Partition, "aws", "policy/"+name).String())
		}
	}
	name := g.spec.fullName(role.Name)
	if role.FixedName {
		name = role.Name
		g.template.fixedNames[field.logicalID] = strings.TrimPrefix(field.path, "spec.")
	}
	path, boundary := g.spec.pathAndBoundary(field)
	resource := &iam.Role{
		RoleName:                 pointer(name),
		Path:                     optional(path),
		PermissionsBoundary:      optional(boundary),
		AssumeRolePolicyDocument: trust,
		ManagedPolicyArns:        arns,
		Tags:                     tagList(field.spec.Tags),
	}
	if len(field.spec.ExtraStatements) > 0 {
		resource.Policies = []iam.Role_Policy{{
			PolicyName:     g.spec.StackName,
			PolicyDocument: catalog.NewPolicyDocument(field.spec.ExtraStatements...),
		}}
	}
	g.template.Resources[field.logicalID] = resource
	if field.profile != "" {
		g.template.Resources[field.profile] = &iam.InstanceProfile{
			InstanceProfileName: pointer(name),
			Roles:               []string{reference(field.logicalID)},
		}
	}
	return nil
}

// groupNameSince is the first release in which the bootstrap user's group has
// a name. In earlier releases CloudFormation chooses the name.
const groupNameSince = "v2.1.0"

func (g *generator) addBootstrapUser() {
	user := &g.spec.BootstrapUser
	if !user.Enable {
		return
	}
	group := &iam.Group{}
	if since, err := g.catalogue.Resolve(groupNameSince); err == nil && g.release.Compare(since) >= 0 && user.GroupName != "" {
		group.GroupName = pointer(user.GroupName)
	}
	g.template.Resources[groupBootstrapper] = group
	path, boundary := g.spec.userPathAndBoundary()
	resource := &iam.User{
		UserName:            pointer(user.UserName),
		Path:                optional(path),
		PermissionsBoundary: optional(boundary),
		Groups:              append([]string{reference(groupBootstrapper)}, user.ExtraGroups...),
		ManagedPolicyArns:   user.ExtraPolicyAttachments,
		Tags:                tagList(user.Tags),
	}
	if len(user.ExtraStatements) > 0 {
		resource.Policies = []iam.User_Policy{{
			PolicyName:     g.spec.StackName,
			PolicyDocument: catalog.NewPolicyDocument(user.ExtraStatements...),
		}}
	}
	g.template.Resources[userBootstrapper] = resource
}

// references returns references to those roles in logicalIDs that are not
// disabled.
func (g *generator) references(logicalIDs ...string) []string {
	var refs []string
	for _, id := range logicalIDs {
		for _, role := range g.spec.roles() {
			if role.logicalID == id && !role.spec.Disable {
				refs = append(refs, reference(id))
			}
		}
	}
	return refs
}

// referenceMark is the beginning of a string that stands for {"Ref":
// logicalID}. Names, ARNs and statements cannot contain NUL, so no other string
// begins with it.
const referenceMark = "\x00Ref:"

// reference returns a string that [Template.Tree] turns into a reference to a
// resource, since goformation's types have strings where CloudFormation also
// allows a reference. goformation encodes references as base64, which a user's
// string could match by accident.
func reference(logicalID string) string { return referenceMark + logicalID }

// RefTarget returns the logical ID in {"Ref": ID}; "" for any other value of a
// template.
func RefTarget(value any) string {
	object, _ := value.(map[string]any)
	id, _ := object["Ref"].(string)
	return id
}

// resolve replaces marked strings with references, in place, and adds missing
// tag values.
func resolve(tree any) any {
	switch v := tree.(type) {
	case string:
		if id, ok := strings.CutPrefix(v, referenceMark); ok {
			return map[string]any{"Ref": id}
		}
	case []any:
		for i := range v {
			v[i] = resolve(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = resolve(v[key])
		}
		// goformation leaves out an empty tag value, which CloudFormation
		// requires.
		if tags, ok := v["Tags"].([]any); ok {
			for _, tag := range tags {
				if tag, ok := tag.(map[string]any); ok && tag["Value"] == nil {
					tag["Value"] = ""
				}
			}
		}
	}
	return tree
}

// buildTree builds the value that Tree returns.
func (t *Template) buildTree() error {
	resources := make(map[string]any, len(t.Resources))
	for id, resource := range t.Resources {
		var err error
		if resources[id], err = resourceTree(resource); err != nil {
			return fmt.Errorf("the properties of %s: %w", id, err)
		}
	}
	t.tree = map[string]any{"AWSTemplateFormatVersion": formatVersion, "Resources": resources}
	return nil
}

// resourceTree returns a resource as JSON values with resolved references. It avoids
// goformation's MarshalJSON, which would take as long as the rest of Generate.
func resourceTree(resource Resource) (map[string]any, error) {
	properties, err := render.Fields(resource)
	return map[string]any{"Type": resource.AWSCloudFormationType(), "Properties": resolve(properties)}, err
}

// Tree returns the template as JSON values with resolved references.
//
// Every call returns the same tree. Do not modify it.
func (t *Template) Tree() map[string]any { return t.tree }

// Resource returns a resource as JSON values with resolved references,
// including Type and Properties, or nil if the template does not have it.
func (t *Template) Resource(logicalID string) any {
	return t.Tree()["Resources"].(map[string]any)[logicalID]
}

// properties returns the properties of a resource. The template must have the
// resource.
func (t *Template) properties(logicalID string) map[string]any {
	return t.Resource(logicalID).(map[string]any)["Properties"].(map[string]any)
}

// PolicyIDs returns the logical IDs of the template's managed policies, sorted.
func (t *Template) PolicyIDs() []string { return slices.Sorted(maps.Keys(t.documents)) }

// Document returns the policy document of a managed policy of the template, and
// whether the template has the policy.
func (t *Template) Document(logicalID string) (catalog.PolicyDocument, bool) {
	d, ok := t.documents[logicalID]
	return d, ok
}

func tagList(m map[string]string) []tags.Tag {
	var list []tags.Tag
	for _, key := range slices.Sorted(maps.Keys(m)) {
		list = append(list, tags.Tag{Key: key, Value: m[key]})
	}
	return list
}

func pointer(s string) *string { return &s }

// optional returns a pointer to s. For "" it returns nil, so that the property
// is left out.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// PolicyJSON renders one policy, or all policies by their logical ID if id is
// "". With documentAlone it renders the policy document, and otherwise the
// whole resource. If id names a policy that the template does not have, the
// result is null, as in clusterawsadm.
func (t *Template) PolicyJSON(id string, documentAlone bool) ([]byte, error) {
	policyOf := func(id string) any {
		if document, ok := t.Document(id); ok && documentAlone {
			return document
		} else if ok {
			return t.Resource(id)
		}
		return nil
	}
	result := policyOf(id)
	if id == "" {
		all := map[string]any{}
		for _, id := range t.PolicyIDs() {
			all[id] = policyOf(id)
		}
		result = all
	}
	if documentAlone {
		return render.OrderedJSON(result)
	}
	return render.JSON(result)
}
