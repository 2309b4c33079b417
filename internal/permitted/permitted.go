// Package permitted checks in tests whether the operator's policy allows the
// AWS requests that a command sent. Only tests import it.
package permitted

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"capaboot/iam/operator"
	"capaboot/policies/arn"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

// Request is a request in AWS's query protocol.
type Request struct {
	Service   string            // "cloudformation"
	Operation string            // "CreateChangeSet"
	Form      map[string]string // the parameters
}

// Policy is a policy that requests are checked against.
type Policy struct{ identity []document.Policy }

// PolicyOf returns a policy with these statements, parsed from the JSON that
// IAM would receive. Without statements, the policy allows nothing.
func PolicyOf(statements []catalog.PolicyStatement) (Policy, error) {
	if len(statements) == 0 {
		return Policy{}, nil
	}
	text, err := json.Marshal(catalog.NewPolicyDocument(statements...))
	if err != nil {
		return Policy{}, err
	}
	read, err := document.Read("operator", text)
	return Policy{[]document.Policy{{Name: "operator", Document: read}}}, err
}

// Allows reports whether an action on a resource is allowed, with the condition
// keys of the request. It returns false if the decision is unknown.
func (p Policy) Allows(action, resource string, context map[string]string) bool {
	request := simulate.Request{Action: action, Resource: resource, Context: map[string][]string{}}
	for key, value := range context {
		request.Context[strings.ToLower(key)] = []string{value}
	}
	result := simulate.Evaluate(simulate.Policies{Identity: p.identity}, request)
	return result.Decision == simulate.Allowed && !result.Unknown
}

// Denied describes the permissions that the requests need but the policy does not
// allow, without duplicates. The requests were sent in the target's account and region.
func (p Policy) Denied(target operator.Target, requests []Request) (denied []string) {
	for _, request := range requests {
		for _, needed := range permissionsOf(target, request) {
			text := fmt.Sprintf("%s on %s with %v", needed.action, needed.resource, needed.context)
			if !p.Allows(needed.action, needed.resource, needed.context) && !slices.Contains(denied, text) {
				denied = append(denied, text)
			}
		}
	}
	return denied
}

type permission struct {
	action, resource string
	context          map[string]string
}

func permissionsOf(target operator.Target, request Request) []permission {
	needed := permission{request.Service + ":" + request.Operation, "*", map[string]string{}}
	if request.Service == "iam" {
		needed.resource = iamResource(target, request.Form)
		return []permission{needed}
	}
	if name := request.Form["StackName"]; name != "" {
		needed.resource = stackARN(target, name)
	}
	if request.Form["PhysicalResourceId"] != "" { // the request can be about any stack
		needed.resource = stackARN(target, "another")
	}
	if name := request.Form["ChangeSetName"]; name != "" {
		needed.context["cloudformation:ChangeSetName"] = name
		if needed.resource == "*" { // the request names the change set by its ARN, which does not contain the name of the stack
			needed.resource = stackARN(target, target.StackName)
		}
	}
	all := []permission{needed}
	if request.Operation == "DescribeEvents" { // AWS does not document whether the stack or the change set is checked
		changeSet := strings.Replace(stackARN(target, target.StackName), ":stack/"+target.StackName, ":changeSet/"+request.Form["ChangeSetName"], 1)
		all = append(all, permission{needed.action, changeSet, nil})
	}
	if role := request.Form["RoleARN"]; role != "" {
		all = append(all, permission{"iam:PassRole", role, map[string]string{"iam:PassedToService": "cloudformation.amazonaws.com"}})
	}
	return all
}

// stackARN returns the ARN of a stack, given its name or ARN.
func stackARN(target operator.Target, name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	return arn.ARN{Prefix: "arn", Partition: target.Partition, Service: "cloudformation", Region: target.Region, Account: target.Account,
		Resource: "stack/" + name + "/11111111-2222-3333-4444-555555555555"}.String()
}

// iamResource returns the resource of an IAM request, or "*" for the account.
func iamResource(target operator.Target, form map[string]string) string {
	for _, parameter := range []string{"PolicyArn", "PolicySourceArn", "OpenIDConnectProviderArn", "SAMLProviderArn"} {
		if arn := form[parameter]; arn != "" {
			return arn
		}
	}
	for _, kind := range []struct{ parameter, word string }{
		{"RoleName", "role"}, {"UserName", "user"}, {"GroupName", "group"}, {"InstanceProfileName", "instance-profile"},
	} {
		name := form[kind.parameter]
		if name == "" {
			continue
		}
		for _, id := range target.Template.Named(name) {
			text := target.Template.ARN(id, name, target.Partition, target.Account)
			if a, _ := arn.Parse(text); a.Kind() == kind.word {
				return text
			}
		}
		return arn.IAM(target.Partition, target.Account, kind.word+"/"+name).String()
	}
	if form["AccessKeyId"] != "" { // GetAccessKeyLastUsed is checked against the user of the key.
		for id, resource := range target.Template.Resources {
			if resource.AWSCloudFormationType() == "AWS::IAM::User" {
				return arnOf(target, id)
			}
		}
	}
	return "*"
}
