package operator

// The resources that IAM checks the actions against: the ARNs of the template's
// resources, and ARNs and patterns for other resources.

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"capaboot/iam"
	"capaboot/policies/arn"
)

// resources maps each word in the "resource" column of the tables to ARNs.
type resources struct {
	types      map[string]bool     // of the template
	arns       map[string][]string // "role" -> the ARNs of the template's roles
	boundaries map[string]string   // keyed by the ARN of a role or user
	policies   []string            // attached by the template
	target     Target
	account    string // "*" when unknown
}

// kindOf returns the word for a resource type, as in its ARNs and in calls.tsv and
// handlers.tsv, and the property that contains the name of the resource. Both are
// "" for types that our templates do not have.
func kindOf(resourceType string) (word, nameProperty string) {
	switch resourceType {
	case "AWS::IAM::Role":
		return "role", "RoleName"
	case "AWS::IAM::ManagedPolicy":
		return "policy", "ManagedPolicyName"
	case "AWS::IAM::InstanceProfile":
		return "instance-profile", "InstanceProfileName"
	case "AWS::IAM::User":
		return "user", "UserName"
	case "AWS::IAM::Group":
		return "group", "GroupName"
	}
	return "", ""
}

// controllersRole is the logical ID of the controllers' role.
const controllersRole = "AWSIAMRoleControllers"

// resourcesOf reads the resources of a template.
func resourcesOf(target Target) (*resources, error) {
	r := &resources{types: map[string]bool{}, arns: map[string][]string{}, boundaries: map[string]string{}, target: target, account: cmp.Or(target.Account, "*")}
	all, ok := target.Template.Tree()["Resources"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the template has no resources")
	}
	byID := map[string]string{}
	ids := slices.Sorted(maps.Keys(all))
	for _, id := range ids {
		resource := all[id].(map[string]any)
		resourceType, _ := resource["Type"].(string)
		word, nameProperty := kindOf(resourceType)
		if word == "" {
			return nil, fmt.Errorf("resource %s has the unsupported type %s: want an IAM role, user, group, managed policy or instance profile", id, resourceType)
		}
		properties, _ := resource["Properties"].(map[string]any)
		r.types[resourceType] = true
		name, _ := properties[nameProperty].(string)
		if name == "" {
			name = generatedName(target.StackName, id)
		}
		byID[id] = r.iamARN(word + pathOf(properties) + name)
		r.arns[word] = append(r.arns[word], byID[id])
		if boundary, ok := properties["PermissionsBoundary"].(string); ok {
			r.boundaries[byID[id]] = boundary
		}
	}
	for _, id := range ids {
		resource := all[id].(map[string]any)
		properties, _ := resource["Properties"].(map[string]any)
		word, _ := kindOf(resource["Type"].(string))
		r.addReferences(word, properties, byID)
		r.addTrusted(properties)
	}
	if role := byID[controllersRole]; role != "" {
		r.arns["controllers-role"] = []string{role}
	}
	r.policies = slices.Compact(slices.Sorted(slices.Values(append(r.policies, r.arns["policy"]...))))
	r.addOthers()
	return r, nil
}

func (r *resources) iamARN(resource string) string {
	return arn.IAM(r.target.Partition, r.account, resource).String()
}

// pathOf returns the path of a resource, escaped so that it contains no wildcard or
// variable: IAM User Guide, "IAM policy elements: Variables and tags", special
// characters.
func pathOf(properties map[string]any) string {
	path, _ := properties["Path"].(string)
	return strings.NewReplacer("${", "${$}{", "*", "${*}", "?", "${?}").Replace(cmp.Or(path, "/"))
}

// generatedName returns a pattern for the name that CloudFormation generates:
// the name of the stack, the logical ID and a random suffix. CloudFormation
// shortens the first two when the name would be too long. AWS does not document
// how, so the pattern for a long name has only the beginning of the stack's
// name.
func generatedName(stack, id string) string {
	const longest, random, beginning = 64, len("-XXXXXXXXXXXXX"), 16
	if len(stack)+1+len(id)+random > longest {
		return stack[:min(len(stack), beginning)] + "*"
	}
	return stack + "-" + id + "-*"
}

// addOthers adds the ARNs that do not come from the resources of the template.
func (r *resources) addOthers() {
	stack := func(region, resource string) string {
		return arn.ARN{Prefix: "arn", Partition: r.target.Partition, Service: "cloudformation", Region: region, Account: r.account, Resource: resource}.String()
	}
	region := cmp.Or(r.target.Region, "*")
	r.arns["stack"] = []string{stack(region, "stack/"+r.target.StackName+"/*")}
	r.arns["any-stack"] = []string{stack("*", "stack/*")}
	r.arns["own-change-sets"] = []string{stack(region, "changeSet/"+changeSetNames)}
	r.arns["any-policy"] = []string{r.iamARN("policy/*"), arn.IAM(r.target.Partition, "aws", "policy/*").String()}
	r.arns["any-principal"] = []string{r.iamARN("role/*"), r.iamARN("user/*")}
	r.arns["any-role"] = []string{r.iamARN("role/*")}
	r.arns["named-policy"] = slices.Compact(slices.Sorted(slices.Values(slices.AppendSeq(slices.Clone(r.policies), maps.Values(r.boundaries)))))
	r.arns["any"] = []string{"*"}
	r.arns["any-oidc-provider"] = []string{r.iamARN("oidc-provider/*")}
	cluster := cmp.Or(r.target.Cluster, "*")
	eks := func(resource string) []string {
		return []string{arn.ARN{Prefix: "arn", Partition: r.target.Partition, Service: "eks", Region: region, Account: r.account, Resource: resource}.String()}
	}
	r.arns["eks-cluster"], r.arns["eks-association"], r.arns["eks-agent"] = eks("cluster/"+cluster), eks("podidentityassociation/"+cluster+"/*"), eks("addon/"+cluster+"/eks-pod-identity-agent/*")
	if r.types["AWS::IAM::User"] { // a user may be in any group
		r.arns["groups-of-user"] = []string{r.iamARN("group/*")}
	}
	if r.target.ServiceRole != "" {
		r.arns["service-role"] = []string{r.target.ServiceRole}
	}
}

// arnsFor returns the ARNs for the comma-separated words of a column.
func (r *resources) arnsFor(column string) (all []string) {
	for word := range strings.SplitSeq(column, ",") {
		all = append(all, r.arns[word]...)
	}
	return all
}

// addTrusted adds the users and identity providers that a trust policy names, if
// they are in r.account.
func (r *resources) addTrusted(properties map[string]any) {
	trust, _ := properties["AssumeRolePolicyDocument"].(map[string]any)
	for _, statement := range listOf(trust["Statement"]) {
		principals, _ := statement.(map[string]any)["Principal"].(map[string]any)
		for _, value := range slices.Concat(listOf(principals["AWS"]), listOf(principals["Federated"])) {
			text, _ := value.(string)
			a, ok := arn.Parse(text)
			if !ok || a.Service != "iam" || r.account != "*" && a.Account != r.account {
				continue
			}
			switch a.Kind() {
			case "user":
				r.arns["trusted-user"] = append(r.arns["trusted-user"], text)
			case "oidc-provider":
				r.arns["trusted-provider"] = append(r.arns["trusted-provider"], text)
			case "saml-provider":
				r.arns["trusted-saml-provider"] = append(r.arns["trusted-saml-provider"], text)
			}
		}
	}
}

// addReferences adds the policies, roles and groups to which a resource refers.
func (r *resources) addReferences(kind string, properties map[string]any, byID map[string]string) {
	for _, value := range listOf(properties["ManagedPolicyArns"]) {
		if text, ok := value.(string); ok {
			r.policies = append(r.policies, text)
		}
	}
	if kind == "instance-profile" {
		for _, value := range listOf(properties["Roles"]) {
			if role := byID[iam.RefTarget(value)]; role != "" {
				r.arns["passed-role"] = append(r.arns["passed-role"], role)
			}
		}
	}
	for _, value := range listOf(properties["Groups"]) {
		if kind != "user" {
			break
		}
		if group := byID[iam.RefTarget(value)]; group != "" {
			r.arns["joined-group"] = append(r.arns["joined-group"], group)
		} else if name, ok := value.(string); ok {
			// The path of the group is unknown. A pattern for every path would also
			// match unrelated groups: see [Reach.Joined].
			r.arns["joined-group"] = append(r.arns["joined-group"], r.iamARN("group/"+name))
		}
	}
}

func listOf(property any) []any {
	list, _ := property.([]any)
	return list
}
