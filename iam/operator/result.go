package operator

// The output: named policy documents, or a template that creates them.

import (
	"strconv"
	"strings"

	"capaboot/internal/render"
	"capaboot/policies/arn"
	"capaboot/policies/catalog"
)

// NamedPolicy is a policy with its name in the output.
type NamedPolicy struct {
	Name      string
	LogicalID string // in a template
	Document  catalog.PolicyDocument
	// Service means that the policy is for the service role, not for the caller.
	Service bool
}

// The names of the policies. If a policy is split, the second and later parts
// have a number at the end of their names.
const (
	callerName  = "operator"
	serviceName = "service-role"
)

// Named returns the policies, split so that each is within IAM's size quota. A
// statement for one resource that is longer than the quota is an error.
func (p Policies) Named() (all []NamedPolicy, err error) {
	for _, part := range []struct {
		name       string
		statements []catalog.PolicyStatement
	}{{callerName, p.Caller}, {serviceName, p.Service}} {
		documents, err := Split(part.statements)
		if err != nil {
			return nil, err
		}
		for i, document := range documents {
			policy := NamedPolicy{part.name, logicalID(part.name) + "Policy", document, part.name == serviceName}
			if i > 0 {
				number := strconv.Itoa(i + 1)
				policy.Name, policy.LogicalID = policy.Name+"-"+number, policy.LogicalID+number
			}
			all = append(all, policy)
		}
	}
	return all, nil
}

// Printed is the JSON form of several policies, by name, plus the trust policy
// of the service role if there is one.
type Printed struct {
	Policies map[string]catalog.PolicyDocument `json:"policies"`
	Trust    *catalog.PolicyDocument           `json:"trust,omitempty"`
}

// Value returns the document itself if there is only one and no trust policy,
// and otherwise a [Printed].
func (p Policies) Value() (any, error) {
	all, err := p.Named()
	if err != nil {
		return nil, err
	}
	if len(all) == 1 && len(p.Trust) == 0 {
		return all[0].Document, nil
	}
	printed := Printed{Policies: map[string]catalog.PolicyDocument{}}
	for _, policy := range all {
		printed.Policies[policy.Name] = policy.Document
	}
	if len(p.Trust) > 0 {
		trust := catalog.NewPolicyDocument(p.Trust...)
		printed.Trust = &trust
	}
	return printed, nil
}

// Format renders the policies as "json", "yaml" or "cloudformation", which is a
// template in YAML.
func (p Policies) Format(output string, target Target) ([]byte, error) {
	if output == "cloudformation" {
		template, err := p.Template(target)
		if err != nil {
			return nil, err
		}
		return render.YAML(template)
	}
	value, err := p.Value()
	if err != nil {
		return nil, err
	}
	if output == "yaml" {
		return render.YAML(value)
	}
	return render.OrderedJSON(value)
}

// Template returns a CloudFormation template that creates the policies and, if
// p has a trust policy, the service role. The role has the name and the path of
// the service role's ARN in target.
// CloudFormation chooses the names of the policies. The outputs contain the ARNs
// of the caller's policies and of the service role.
func (p Policies) Template(target Target) (map[string]any, error) {
	all, err := p.Named()
	if err != nil {
		return nil, err
	}
	resources, outputs := map[string]any{}, map[string]any{}
	var rolePolicies []any
	for _, policy := range all {
		description := "For operators who run capaboot on stack " + target.StackName
		if policy.Service {
			description = "For CloudFormation on stack " + target.StackName
		}
		id := policy.LogicalID
		resources[id] = map[string]any{"Type": "AWS::IAM::ManagedPolicy", "Properties": map[string]any{"Description": description, "PolicyDocument": policy.Document}}
		if policy.Service {
			rolePolicies = append(rolePolicies, map[string]any{"Ref": id})
		} else {
			outputs[id+"Arn"] = map[string]any{"Value": map[string]any{"Ref": id}}
		}
	}
	if len(p.Trust) > 0 {
		role, _ := arn.Parse(target.ServiceRole)
		path := strings.TrimPrefix(strings.TrimSuffix(role.Resource, role.Name()), role.Kind())
		resources["ServiceRole"] = map[string]any{"Type": "AWS::IAM::Role", "Properties": map[string]any{
			"RoleName": role.Name(), "Path": path, "AssumeRolePolicyDocument": catalog.NewPolicyDocument(p.Trust...), "ManagedPolicyArns": rolePolicies,
		}}
		outputs["ServiceRoleArn"] = map[string]any{"Value": map[string]any{"Fn::GetAtt": []any{"ServiceRole", "Arn"}}}
	}
	return map[string]any{"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources, "Outputs": outputs}, nil
}

// logicalID converts a name to a logical ID: "service-role" becomes ServiceRole.
func logicalID(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
