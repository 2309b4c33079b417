package cfndouble

// This file reads IAM: the resources of the stacks as their templates have them, for
// commands that compare both. Nothing changes them but CloudFormation.

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// readers are the operations of IAM. They are apart from those of CloudFormation,
// which a double may be asked to break all of.
var readers = map[string]func(*Double, Request) ([]node, error){
	"GetRole":                   named("AWS::IAM::Role", "RoleName", (*Double).identity),
	"GetUser":                   named("AWS::IAM::User", "UserName", (*Double).identity),
	"GetGroup":                  named("AWS::IAM::Group", "GroupName", (*Double).userGroup),
	"GetInstanceProfile":        named("AWS::IAM::InstanceProfile", "InstanceProfileName", (*Double).instanceProfile),
	"GetPolicy":                 named("AWS::IAM::ManagedPolicy", "PolicyArn", (*Double).managedPolicy),
	"GetPolicyVersion":          named("AWS::IAM::ManagedPolicy", "PolicyArn", (*Double).policyVersion),
	"ListEntitiesForPolicy":     named("AWS::IAM::ManagedPolicy", "PolicyArn", (*Double).holders),
	"ListRolePolicies":          named("AWS::IAM::Role", "RoleName", (*Double).inlineNames),
	"ListUserPolicies":          named("AWS::IAM::User", "UserName", (*Double).inlineNames),
	"ListGroupPolicies":         named("AWS::IAM::Group", "GroupName", (*Double).inlineNames),
	"GetRolePolicy":             named("AWS::IAM::Role", "RoleName", (*Double).inlineDocument),
	"GetUserPolicy":             named("AWS::IAM::User", "UserName", (*Double).inlineDocument),
	"GetGroupPolicy":            named("AWS::IAM::Group", "GroupName", (*Double).inlineDocument),
	"ListAttachedRolePolicies":  named("AWS::IAM::Role", "RoleName", (*Double).attached),
	"ListAttachedUserPolicies":  named("AWS::IAM::User", "UserName", (*Double).attached),
	"ListAttachedGroupPolicies": named("AWS::IAM::Group", "GroupName", (*Double).attached),
	"ListGroupsForUser":         named("AWS::IAM::User", "UserName", (*Double).groupsOf),
	"ListPolicyVersions":        named("AWS::IAM::ManagedPolicy", "PolicyArn", (*Double).policyVersions),
	"GetOpenIDConnectProvider":  (*Double).provider,
	"GetSAMLProvider":           (*Double).provider,
	"ListPolicies":              (*Double).localPolicies,
	"GetAccountSummary":         (*Double).accountSummary,
	"SimulatePrincipalPolicy":   (*Double).simulation,
	"ListAccessKeys": func(*Double, Request) ([]node, error) {
		return []node{list("AccessKeyMetadata"), el("IsTruncated", "false")}, nil
	},
}

// held is a resource, and the stack that it is in.
type held struct {
	*resource
	stack *stack
}

// named finds the resource that a parameter names.
func named(kind, parameter string, answer func(*Double, Request, held) []node) func(*Double, Request) ([]node, error) {
	return func(d *Double, r Request) ([]node, error) {
		for _, s := range d.stacks {
			for _, one := range s.resources {
				if one.kind == kind && one.physical == r.Form[parameter] && one.there() {
					return answer(d, r, held{one, s}), nil
				}
			}
		}
		if d.outside(kind, r.Form[parameter]) {
			return answer(d, r, held{&resource{kind: kind, physical: r.Form[parameter], definition: definition{}}, &stack{}}), nil
		}
		return nil, &refusal{404, "NoSuchEntity", fmt.Sprintf("%s %s cannot be found.", parameter, r.Form[parameter])}
	}
}

// text is a property that is one, fallback when there is none.
func (h held) text(property, fallback string) string {
	if text := h.refer(h.definition.properties[property]); text != "" {
		return text
	}
	return fallback
}

// refer is a text, or the physical ID of what a reference names.
func (h held) refer(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case map[string]any:
		if id, ok := value["Ref"].(string); ok && h.stack.resources[id] != nil {
			return h.stack.resources[id].physical
		}
	}
	return ""
}

// texts are the values of a list.
func (h held) texts(property string) []string {
	values, _ := h.definition.properties[property].([]any)
	var all []string
	for _, value := range values {
		all = append(all, h.refer(value))
	}
	return all
}

func encoded(document any) string {
	text, err := json.Marshal(document)
	if err != nil {
		panic(err)
	}
	return url.PathEscape(string(text))
}

// identity is a role or a user.
func (d *Double) identity(_ Request, h held) []node {
	inner := []node{el("Path", h.text("Path", "/")), el("Arn", d.arn("iam", "", strings.ToLower(h.kind[len("AWS::IAM::"):])+"/"+h.physical)), el(nameOf[h.kind], h.physical), at("CreateDate", h.at)}
	if h.kind == "AWS::IAM::Role" {
		inner = append(inner, el("AssumeRolePolicyDocument", encoded(h.definition.properties["AssumeRolePolicyDocument"])))
	}
	if boundary := h.text("PermissionsBoundary", ""); boundary != "" {
		inner = append(inner, group("PermissionsBoundary", el("PermissionsBoundaryArn", boundary)))
	}
	tags := maps.Clone(h.stack.tags)
	if tags == nil {
		tags = map[string]string{}
	}
	own, _ := h.definition.properties["Tags"].([]any)
	for _, tag := range own {
		tag, _ := tag.(map[string]any)
		tags[fmt.Sprint(tag["Key"])] = fmt.Sprint(tag["Value"])
	}
	var all []node
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, group("", el("Key", key), el("Value", tags[key])))
	}
	return []node{group(h.kind[len("AWS::IAM::"):], append(inner, list("Tags", all...))...)}
}

func (d *Double) userGroup(_ Request, h held) []node {
	var users []node
	for _, one := range h.stack.resources {
		if user := (held{one, h.stack}); one.kind == "AWS::IAM::User" && slices.Contains(user.texts("Groups"), h.physical) {
			users = append(users, group("", el("UserName", one.physical)))
		}
	}
	return []node{group("Group", el("GroupName", h.physical), el("Arn", d.arn("iam", "", "group/"+h.physical)), el("Path", "/")), list("Users", users...), el("IsTruncated", "false")}
}

func (d *Double) instanceProfile(_ Request, h held) []node {
	var roles []node
	for _, role := range h.texts("Roles") {
		roles = append(roles, group("", el("RoleName", role)))
	}
	return []node{group("InstanceProfile", el("InstanceProfileName", h.physical), el("Arn", d.arn("iam", "", "instance-profile/"+h.physical)), el("Path", h.text("Path", "/")), list("Roles", roles...))}
}

func (d *Double) managedPolicy(_ Request, h held) []node {
	return []node{group("Policy", el("Arn", h.physical), el("PolicyName", h.text("ManagedPolicyName", "")), el("Path", h.text("Path", "/")), el("DefaultVersionId", "v1"))}
}

func (d *Double) policyVersion(_ Request, h held) []node {
	return []node{group("PolicyVersion", el("VersionId", "v1"), el("Document", encoded(h.definition.properties["PolicyDocument"])))}
}

// holders are those of the policy's own properties.
func (d *Double) holders(_ Request, h held) []node {
	var all []node
	for _, one := range []struct{ property, list, name string }{{"Roles", "PolicyRoles", "RoleName"}, {"Users", "PolicyUsers", "UserName"}, {"Groups", "PolicyGroups", "GroupName"}} {
		var names []node
		for _, name := range h.texts(one.property) {
			names = append(names, group("", el(one.name, name)))
		}
		all = append(all, list(one.list, names...))
	}
	return append(all, el("IsTruncated", "false"))
}

func (h held) inline() map[string]any {
	all := map[string]any{}
	policies, _ := h.definition.properties["Policies"].([]any)
	for _, policy := range policies {
		policy, _ := policy.(map[string]any)
		all[fmt.Sprint(policy["PolicyName"])] = policy["PolicyDocument"]
	}
	return all
}

func (d *Double) inlineNames(_ Request, h held) []node {
	var names []node
	for _, name := range slices.Sorted(maps.Keys(h.inline())) {
		names = append(names, el("", name))
	}
	return []node{list("PolicyNames", names...), el("IsTruncated", "false")}
}

func (d *Double) inlineDocument(r Request, h held) []node {
	return []node{el("PolicyName", r.Form["PolicyName"]), el("PolicyDocument", encoded(h.inline()[r.Form["PolicyName"]]))}
}

// attached are the policies of the resource's own property, and those of the stack
// that name it.
func (d *Double) attached(_ Request, h held) []node {
	arns := h.texts("ManagedPolicyArns")
	property := map[string]string{"AWS::IAM::Role": "Roles", "AWS::IAM::User": "Users", "AWS::IAM::Group": "Groups"}[h.kind]
	for _, one := range h.stack.resources {
		if policy := (held{one, h.stack}); one.kind == "AWS::IAM::ManagedPolicy" && slices.Contains(policy.texts(property), h.physical) {
			arns = append(arns, one.physical)
		}
	}
	var all []node
	for _, one := range arns {
		all = append(all, group("", el("PolicyArn", one)))
	}
	return []node{list("AttachedPolicies", all...), el("IsTruncated", "false")}
}

func (d *Double) groupsOf(_ Request, h held) []node {
	var all []node
	for _, name := range h.texts("Groups") {
		all = append(all, group("", el("GroupName", name)))
	}
	return []node{list("Groups", all...), el("IsTruncated", "false")}
}
