package operator

// The policies as documents with names, and as a template that makes them.

import (
	"slices"
	"strconv"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/catalog"
)

// Named is a policy with the name that it is printed under.
type Named struct {
	Name      string
	LogicalID string // in a template
	Document  catalog.PolicyDocument
	// Service: it is for the service role, and not for the caller.
	Service bool
}

// The names of the policies; what is split has a number after it from the second on.
const (
	callerName  = "operator"
	serviceName = "service-role"
)

// Named returns the policies, each within the quota of IAM.
func (p Policies) Named() (all []Named, err error) {
	for _, of := range []struct {
		name       string
		statements []catalog.PolicyStatement
	}{{callerName, p.Caller}, {serviceName, p.Service}} {
		documents, err := Split(of.statements)
		if err != nil {
			return nil, err
		}
		for i, document := range documents {
			one := Named{of.name, logicalID(of.name) + "Policy", document, of.name == serviceName}
			if i > 0 {
				number := strconv.Itoa(i + 1)
				one.Name, one.LogicalID = one.Name+"-"+number, one.LogicalID+number
			}
			all = append(all, one)
		}
	}
	return all, nil
}

// Printed is the policies as JSON has them: one document, or several by name, with
// the trust policy of the service role when there is one.
type Printed struct {
	Policies map[string]catalog.PolicyDocument `json:"policies"`
	Trust    *catalog.PolicyDocument           `json:"trust,omitempty"`
}

// Value returns a document, or else a [Printed].
func (p Policies) Value() (any, error) {
	all, err := p.Named()
	if err != nil {
		return nil, err
	}
	if len(all) == 1 && len(p.Trust) == 0 {
		return all[0].Document, nil
	}
	printed := Printed{Policies: map[string]catalog.PolicyDocument{}}
	for _, one := range all {
		printed.Policies[one.Name] = one.Document
	}
	if len(p.Trust) > 0 {
		trust := catalog.NewPolicyDocument(p.Trust...)
		printed.Trust = &trust
	}
	return printed, nil
}

// Template returns a CloudFormation template of the policies, and of the service
// role under the name of its ARN. CloudFormation names the policies; their ARNs are
// outputs.
func (p Policies) Template(target Target) (map[string]any, error) {
	all, err := p.Named()
	if err != nil {
		return nil, err
	}
	resources, outputs := map[string]any{}, map[string]any{}
	var ofRole []any
	for _, one := range all {
		description := "For whoever runs capaboot on stack " + target.StackName
		if one.Service {
			description = "For CloudFormation on stack " + target.StackName
		}
		id := one.LogicalID
		resources[id] = map[string]any{"Type": "AWS::IAM::ManagedPolicy", "Properties": map[string]any{"Description": description, "PolicyDocument": one.Document}}
		if one.Service {
			ofRole = append(ofRole, map[string]any{"Ref": id})
		} else {
			outputs[id+"Arn"] = map[string]any{"Value": map[string]any{"Ref": id}}
		}
	}
	if len(p.Trust) > 0 {
		role, _ := arn.Parse(target.ServiceRole)
		path := strings.TrimPrefix(strings.TrimSuffix(role.Resource, role.Name()), role.Kind())
		resources["ServiceRole"] = map[string]any{"Type": "AWS::IAM::Role", "Properties": map[string]any{
			"RoleName": role.Name(), "Path": path, "AssumeRolePolicyDocument": catalog.NewPolicyDocument(p.Trust...), "ManagedPolicyArns": ofRole,
		}}
		outputs["ServiceRoleArn"] = map[string]any{"Value": map[string]any{"Fn::GetAtt": []any{"ServiceRole", "Arn"}}}
	}
	return map[string]any{"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources, "Outputs": outputs}, nil
}

// logicalID is a name in the form of a logical ID: "service-role" is ServiceRole.
func logicalID(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// Reach is how far the holder of a policy for deployments gets beyond it.
type Reach struct {
	// Unbounded are the logical IDs of the roles and users without a permissions
	// boundary: they can be given any permission, and be let in to.
	Unbounded []string
	// Groups are those of the groups. They have no boundaries, and every user can
	// be put into them.
	Groups []string
	// Joined are the names of other groups that every user can be put into. They are
	// taken to have no path, which no configuration says.
	Joined []string
}

// ReachOf returns it for a template.
func ReachOf(target Target) Reach {
	var reach Reach
	for id, one := range target.Template.Resources {
		properties, _ := target.Template.Resource(id).(map[string]any)["Properties"].(map[string]any)
		word, _ := kindOf(one.AWSCloudFormationType())
		switch word {
		case "role", "user":
			if properties["PermissionsBoundary"] == nil {
				reach.Unbounded = append(reach.Unbounded, id)
			}
		case "group":
			reach.Groups = append(reach.Groups, id)
		}
		for _, group := range values(properties["Groups"]) {
			if name, ok := group.(string); ok && word == "user" {
				reach.Joined = append(reach.Joined, name)
			}
		}
	}
	slices.Sort(reach.Unbounded)
	slices.Sort(reach.Groups)
	slices.Sort(reach.Joined)
	return reach
}
