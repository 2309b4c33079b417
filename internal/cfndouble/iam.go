package cfndouble

// This file has the read operations of IAM, for commands that compare the
// account with a template. They return the resources of the stacks with the
// properties in their templates.

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

var iamOperations = map[string]func(*Double, Request) ([]node, error){
	"GetRole":                     resourceHandler("AWS::IAM::Role", "RoleName", (*Double).identity),
	"GetUser":                     resourceHandler("AWS::IAM::User", "UserName", (*Double).identity),
	"GetGroup":                    resourceHandler("AWS::IAM::Group", "GroupName", (*Double).userGroup),
	"GetInstanceProfile":          resourceHandler("AWS::IAM::InstanceProfile", "InstanceProfileName", (*Double).instanceProfile),
	"ListInstanceProfilesForRole": resourceHandler("AWS::IAM::Role", "RoleName", (*Double).profilesOfRole),
	"GetPolicy":                   resourceHandler("AWS::IAM::ManagedPolicy", "PolicyArn", (*Double).managedPolicy),
	"GetPolicyVersion":            resourceHandler("AWS::IAM::ManagedPolicy", "PolicyArn", (*Double).policyVersion),
	"ListEntitiesForPolicy":       resourceHandler("AWS::IAM::ManagedPolicy", "PolicyArn", (*Double).attachedEntities),
	"ListRolePolicies":            resourceHandler("AWS::IAM::Role", "RoleName", (*Double).inlineNames),
	"ListUserPolicies":            resourceHandler("AWS::IAM::User", "UserName", (*Double).inlineNames),
	"ListGroupPolicies":           resourceHandler("AWS::IAM::Group", "GroupName", (*Double).inlineNames),
	"GetRolePolicy":               resourceHandler("AWS::IAM::Role", "RoleName", (*Double).inlineDocument),
	"GetUserPolicy":               resourceHandler("AWS::IAM::User", "UserName", (*Double).inlineDocument),
	"GetGroupPolicy":              resourceHandler("AWS::IAM::Group", "GroupName", (*Double).inlineDocument),
	"ListAttachedRolePolicies":    resourceHandler("AWS::IAM::Role", "RoleName", (*Double).attachedPolicies),
	"ListAttachedUserPolicies":    resourceHandler("AWS::IAM::User", "UserName", (*Double).attachedPolicies),
	"ListAttachedGroupPolicies":   resourceHandler("AWS::IAM::Group", "GroupName", (*Double).attachedPolicies),
	"ListGroupsForUser":           resourceHandler("AWS::IAM::User", "UserName", (*Double).groupsOf),
	"ListPolicyVersions":          resourceHandler("AWS::IAM::ManagedPolicy", "PolicyArn", (*Double).policyVersions),
	"GetOpenIDConnectProvider":    (*Double).identityProvider,
	"GetSAMLProvider":             (*Double).identityProvider,
	"ListPolicies":                (*Double).localPolicies,
	"GetAccountSummary":           (*Double).accountSummary,
	"SimulatePrincipalPolicy":     (*Double).simulatePolicy,
	"GetLoginProfile": func(*Double, Request) ([]node, error) {
		return nil, &apiError{404, "NoSuchEntity", "Login Profile for User cannot be found."}
	},
	"ListAccessKeys": func(*Double, Request) ([]node, error) {
		return []node{list("AccessKeyMetadata"), el("IsTruncated", "false")}, nil
	},
}

type ownedResource struct {
	*resource
	stack *stack
}

// resourceHandler returns a handler for requests about one resource of a type.
// parameter is the name of the request parameter with the physical ID.
func resourceHandler(kind, parameter string, result func(*Double, Request, ownedResource) []node) func(*Double, Request) ([]node, error) {
	return func(d *Double, r Request) ([]node, error) {
		for _, s := range d.stacks {
			for _, one := range s.resources {
				if one.kind == kind && one.physical == r.Form[parameter] && one.exists() {
					return result(d, r, ownedResource{one, s}), nil
				}
			}
		}
		if d.existsOutside(kind, r.Form[parameter]) {
			return result(d, r, ownedResource{&resource{kind: kind, physical: r.Form[parameter], definition: definition{}}, &stack{}}), nil
		}
		return nil, &apiError{404, "NoSuchEntity", fmt.Sprintf("%s %s cannot be found.", parameter, r.Form[parameter])}
	}
}

// text returns a text property, or fallback when there is none.
func (h ownedResource) text(property, fallback string) string {
	if text := h.resolve(h.definition.properties[property]); text != "" {
		return text
	}
	return fallback
}

// resolve returns a text, or the physical ID of the resource that a Ref names;
// "" for any other value.
func (h ownedResource) resolve(value any) string {
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

func (h ownedResource) texts(property string) []string {
	values, _ := h.definition.properties[property].([]any)
	var all []string
	for _, value := range values {
		all = append(all, h.resolve(value))
	}
	return all
}

func encodeDocument(document any) string {
	text, err := json.Marshal(document)
	if err != nil {
		panic(err)
	}
	return url.PathEscape(string(text))
}

// identity describes a role or a user.
func (d *Double) identity(_ Request, h ownedResource) []node {
	inner := []node{el("Path", h.text("Path", "/")), el("Arn", d.arn("iam", "", strings.ToLower(h.kind[len("AWS::IAM::"):])+"/"+h.physical)), el(nameProperties[h.kind], h.physical), timeElement("CreateDate", h.when)}
	if h.kind == "AWS::IAM::Role" {
		inner = append(inner, el("AssumeRolePolicyDocument", encodeDocument(h.definition.properties["AssumeRolePolicyDocument"])), el("MaxSessionDuration", "3600"))
	}
	if boundary := h.text("PermissionsBoundary", ""); boundary != "" {
		inner = append(inner, group("PermissionsBoundary", el("PermissionsBoundaryArn", boundary)))
	}
	tags := maps.Clone(h.stack.tags)
	if tags == nil {
		tags = map[string]string{}
	}
	ownTags, _ := h.definition.properties["Tags"].([]any)
	for _, tag := range ownTags {
		tag, _ := tag.(map[string]any)
		tags[fmt.Sprint(tag["Key"])] = fmt.Sprint(tag["Value"])
	}
	var all []node
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, group("", el("Key", key), el("Value", tags[key])))
	}
	return []node{group(h.kind[len("AWS::IAM::"):], append(inner, list("Tags", all...))...)}
}

func (d *Double) userGroup(_ Request, h ownedResource) []node {
	var users []node
	for _, one := range h.stack.resources {
		if user := (ownedResource{one, h.stack}); one.kind == "AWS::IAM::User" && slices.Contains(user.texts("Groups"), h.physical) {
			users = append(users, group("", el("UserName", one.physical)))
		}
	}
	return []node{group("Group", el("GroupName", h.physical), el("Arn", d.arn("iam", "", "group/"+h.physical)), el("Path", "/")), list("Users", users...), el("IsTruncated", "false")}
}

func (d *Double) instanceProfile(_ Request, h ownedResource) []node {
	var roles []node
	for _, role := range h.texts("Roles") {
		roles = append(roles, group("", el("RoleName", role)))
	}
	return []node{group("InstanceProfile", el("InstanceProfileName", h.physical), el("Arn", d.arn("iam", "", "instance-profile/"+h.physical)), el("Path", h.text("Path", "/")), list("Roles", roles...))}
}

// profilesOfRole lists the instance profiles of the stack that have the role.
func (d *Double) profilesOfRole(_ Request, h ownedResource) []node {
	var all []node
	for _, one := range h.stack.resources {
		if profile := (ownedResource{one, h.stack}); one.kind == "AWS::IAM::InstanceProfile" && slices.Contains(profile.texts("Roles"), h.physical) {
			all = append(all, group("", el("InstanceProfileName", one.physical)))
		}
	}
	return []node{list("InstanceProfiles", all...), el("IsTruncated", "false")}
}

func (d *Double) managedPolicy(_ Request, h ownedResource) []node {
	return []node{group("Policy", el("Arn", h.physical), el("PolicyName", h.text("ManagedPolicyName", "")), el("Path", h.text("Path", "/")), el("DefaultVersionId", "v1"), el("Description", h.text("Description", "")))}
}

func (d *Double) policyVersion(_ Request, h ownedResource) []node {
	return []node{group("PolicyVersion", el("VersionId", "v1"), el("Document", encodeDocument(h.definition.properties["PolicyDocument"])))}
}

// attachedEntities lists the roles, users and groups in the policy's own
// properties.
func (d *Double) attachedEntities(_ Request, h ownedResource) []node {
	var all []node
	for _, kind := range []struct{ property, list, name string }{{"Roles", "PolicyRoles", "RoleName"}, {"Users", "PolicyUsers", "UserName"}, {"Groups", "PolicyGroups", "GroupName"}} {
		var names []node
		for _, name := range h.texts(kind.property) {
			names = append(names, group("", el(kind.name, name)))
		}
		all = append(all, list(kind.list, names...))
	}
	return append(all, el("IsTruncated", "false"))
}

func (h ownedResource) inlinePolicies() map[string]any {
	all := map[string]any{}
	policies, _ := h.definition.properties["Policies"].([]any)
	for _, policy := range policies {
		policy, _ := policy.(map[string]any)
		all[fmt.Sprint(policy["PolicyName"])] = policy["PolicyDocument"]
	}
	return all
}

func (d *Double) inlineNames(_ Request, h ownedResource) []node {
	var names []node
	for _, name := range slices.Sorted(maps.Keys(h.inlinePolicies())) {
		names = append(names, el("", name))
	}
	return []node{list("PolicyNames", names...), el("IsTruncated", "false")}
}

func (d *Double) inlineDocument(r Request, h ownedResource) []node {
	return []node{el("PolicyName", r.Form["PolicyName"]), el("PolicyDocument", encodeDocument(h.inlinePolicies()[r.Form["PolicyName"]]))}
}

// attachedPolicies lists the policies in the resource's own property, and the
// policies in the stack that name the resource.
func (d *Double) attachedPolicies(_ Request, h ownedResource) []node {
	arns := h.texts("ManagedPolicyArns")
	property := map[string]string{"AWS::IAM::Role": "Roles", "AWS::IAM::User": "Users", "AWS::IAM::Group": "Groups"}[h.kind]
	for _, one := range h.stack.resources {
		if policy := (ownedResource{one, h.stack}); one.kind == "AWS::IAM::ManagedPolicy" && slices.Contains(policy.texts(property), h.physical) {
			arns = append(arns, one.physical)
		}
	}
	var all []node
	for _, arn := range arns {
		all = append(all, group("", el("PolicyArn", arn)))
	}
	return []node{list("AttachedPolicies", all...), el("IsTruncated", "false")}
}

func (d *Double) groupsOf(_ Request, h ownedResource) []node {
	var all []node
	for _, name := range h.texts("Groups") {
		all = append(all, group("", el("GroupName", name)))
	}
	return []node{list("Groups", all...), el("IsTruncated", "false")}
}
