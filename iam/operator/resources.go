package operator

import (
	"fmt"
	"maps"
	"slices"

	"capaboot/policies/arn"
)

// resources are the ARNs that the actions are checked against, by the word of
// the column "resource" in the tables.
type resources struct {
	types    map[string]bool     // of the template
	arns     map[string][]string // "role" -> the ARNs of the template's roles
	boundary map[string]string   // by the ARN of a role or user
	policies []string            // that the template attaches
	target   Target
}

// resourcesOf reads them off a template.
func resourcesOf(target Target) (*resources, error) {
	r := &resources{types: map[string]bool{}, arns: map[string][]string{}, boundary: map[string]string{}, target: target}
	account, region := target.Account, target.Region
	if account == "" {
		account = "*"
	}
	if region == "" {
		region = "*"
	}
	all, ok := target.Template.Tree()["Resources"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the template has no resources")
	}
	byID := map[string]string{}
	type entry struct {
		kind       string
		properties map[string]any
	}
	var entries []entry
	for _, id := range slices.Sorted(maps.Keys(all)) {
		resource := all[id].(map[string]any)
		properties, _ := resource["Properties"].(map[string]any)
		kind := kinds[resource["Type"].(string)]
		if kind.word == "" {
			return nil, fmt.Errorf("%s is of the type %s, whose calls are not known", id, resource["Type"])
		}
		r.types[resource["Type"].(string)] = true
		name, _ := properties[kind.name].(string)
		path, _ := properties["Path"].(string)
		if path == "" {
			path = "/"
		}
		if name == "" { // CloudFormation names it
			name = target.StackName + "-" + id + "-*"
		}
		byID[id] = arn.IAM(target.Partition, account, kind.word+path+name).String()
		r.arns[kind.word] = append(r.arns[kind.word], byID[id])
		if boundary, ok := properties["PermissionsBoundary"].(string); ok {
			r.boundary[byID[id]] = boundary
		}
		entries = append(entries, entry{kind.word, properties})
	}
	for _, e := range entries {
		r.addReferences(e.kind, e.properties, byID, account)
	}
	r.policies = append(r.policies, r.arns["policy"]...)
	slices.Sort(r.policies)
	r.policies = slices.Compact(r.policies)
	r.arns["stack"] = []string{arn.ARN{Partition: target.Partition, Service: "cloudformation", Region: region, Account: account, Resource: "stack/" + target.StackName + "/*"}.String()}
	r.arns["any-policy"] = []string{arn.IAM(target.Partition, account, "policy/*").String(), arn.IAM(target.Partition, "aws", "policy/*").String()}
	r.arns["any"] = []string{"*"}
	r.arns["service-role"] = []string{target.ServiceRole}
	return r, nil
}

// kinds has of each type of our templates the word in its ARNs, which the tables
// use too, and the property with its name.
var kinds = map[string]struct{ word, name string }{
	"AWS::IAM::Role":            {"role", "RoleName"},
	"AWS::IAM::ManagedPolicy":   {"policy", "ManagedPolicyName"},
	"AWS::IAM::InstanceProfile": {"instance-profile", "InstanceProfileName"},
	"AWS::IAM::User":            {"user", "UserName"},
	"AWS::IAM::Group":           {"group", "GroupName"},
}

// addReferences adds what a resource attaches, passes and joins.
func (r *resources) addReferences(kind string, properties map[string]any, byID map[string]string, account string) {
	for _, value := range values(properties["ManagedPolicyArns"]) {
		if text, ok := value.(string); ok {
			r.policies = append(r.policies, text)
		}
	}
	if kind == "instance-profile" {
		for _, value := range values(properties["Roles"]) {
			if arn := byID[referenceTo(value)]; arn != "" {
				r.arns["passed-role"] = append(r.arns["passed-role"], arn)
			}
		}
	}
	for _, value := range values(properties["Groups"]) {
		if kind != "user" {
			break
		}
		if group := byID[referenceTo(value)]; group != "" {
			r.arns["joined-group"] = append(r.arns["joined-group"], group)
		} else if name, ok := value.(string); ok { // its path is not known
			r.arns["joined-group"] = append(r.arns["joined-group"],
				arn.IAM(r.target.Partition, account, "group/"+name).String(), arn.IAM(r.target.Partition, account, "group/*/"+name).String())
		}
	}
}

func values(property any) []any {
	list, _ := property.([]any)
	return list
}

// referenceTo returns the logical ID in {"Ref": ID}, "" for anything else.
func referenceTo(value any) string {
	reference, _ := value.(map[string]any)
	id, _ := reference["Ref"].(string)
	return id
}
