package operator

// How statements are put together: one for each set of resources with the same
// limits.

import (
	"maps"
	"reflect"
	"slices"

	"capaboot/policies/arn"
	"capaboot/policies/catalog"
)

const passRole = "iam:PassRole"

// statements collects actions.
type statements struct {
	resources *resources
	list      []catalog.PolicyStatement
}

// add grants an action on the resources of a kind, with limits. Roles and users
// with different boundaries get a statement each.
func (s *statements) add(action, kind string, limits []string) {
	byBoundary := map[string][]string{}
	for _, resource := range s.resources.arns[kind] {
		boundary := ""
		if slices.Contains(limits, "boundary") || slices.Contains(limits, "unbounded") {
			boundary = s.resources.boundary[resource]
		}
		if boundary != "" && slices.Contains(limits, "unbounded") {
			continue
		}
		byBoundary[boundary] = append(byBoundary[boundary], resource)
	}
	for _, boundary := range slices.Sorted(maps.Keys(byBoundary)) {
		s.merge(catalog.PolicyStatement{
			Effect: "Allow", Action: []string{action}, Resource: byBoundary[boundary], Condition: s.conditions(limits, boundary),
		})
	}
}

// conditions returns what the limits of a row mean here.
func (s *statements) conditions(limits []string, boundary string) catalog.Conditions {
	conditions := catalog.Conditions{}
	set := func(operator, key string, value any) {
		if conditions[operator] == nil {
			conditions[operator] = map[string]any{}
		}
		conditions[operator][key] = value
	}
	for _, limit := range limits {
		switch limit {
		case "boundary":
			if boundary != "" {
				set("StringEquals", "iam:PermissionsBoundary", boundary)
			}
		case "policies":
			set("ArnLike", "iam:PolicyARN", s.resources.policies)
		case "ec2":
			set("StringEquals", "iam:PassedToService", servicePrincipal("ec2", s.resources.target.Partition))
		case "cloudformation":
			set("StringEquals", "iam:PassedToService", "cloudformation.amazonaws.com")
		case "change-set":
			set("StringLike", "cloudformation:ChangeSetName", "capaboot-*")
		}
	}
	if len(conditions) == 0 {
		return nil
	}
	return conditions
}

// merge adds the action to the statement with the same resources and conditions,
// or the statement.
func (s *statements) merge(add catalog.PolicyStatement) {
	for i := range s.list {
		same := &s.list[i]
		if !slices.Equal(same.Resource, add.Resource) || !reflect.DeepEqual(same.Condition, add.Condition) {
			continue
		}
		if !slices.Contains(same.Action, add.Action[0]) {
			same.Action = append(same.Action, add.Action[0])
		}
		return
	}
	s.list = append(s.list, add)
}

// finish returns the statements, with their actions in order.
func (s *statements) finish() []catalog.PolicyStatement {
	for i := range s.list {
		slices.Sort(s.list[i].Action)
	}
	return s.list
}

// servicePrincipal is the name of a service where it is passed a role. EC2 has
// the domain of the partition in it, most others never do: IAM User Guide,
// "AWS JSON policy elements: Principal", service principals.
func servicePrincipal(service, partition string) string {
	if domain := arn.Domain(partition); service == "ec2" && domain != "" {
		return service + "." + domain
	}
	return service + ".amazonaws.com"
}

// trustCloudFormation is the trust policy of a service role: CloudFormation may
// assume it, for stacks of the account alone where that is known.
// CloudFormation User Guide, "Cross-service confused deputy prevention".
func trustCloudFormation(target Target) []catalog.PolicyStatement {
	statement := catalog.PolicyStatement{
		Effect: "Allow", Principal: catalog.Principals{"Service": {servicePrincipal("cloudformation", target.Partition)}}, Action: []string{"sts:AssumeRole"},
	}
	if target.Account != "" {
		statement.Condition = catalog.Conditions{"StringEquals": {"aws:SourceAccount": target.Account}}
	}
	return []catalog.PolicyStatement{statement}
}
