// Uses IAM's policy simulator to check each call that the deployment needs.

package preflight

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"capaboot/iam/operator"
	"capaboot/iam/verify"
	"capaboot/policies/arn"
)

// Simulation is the result of simulating one call.
type Simulation struct {
	// Principal is the principal whose policies were simulated.
	Principal string `json:"principal"`
	// Decision is "allowed", "explicitDeny" or "implicitDeny".
	Decision string `json:"decision"`
	// Organizations and Boundary say whether the service control policies and
	// the permissions boundary allow the call. Each is absent if IAM does not
	// report it.
	Organizations *bool `json:"organizations,omitempty"`
	Boundary      *bool `json:"boundary,omitempty"`
	// MissingKeys are the condition keys in the policies for which the
	// simulation had no value.
	MissingKeys []string `json:"missingKeys,omitempty"`
	// Policies are the IDs of the policies whose statements decided.
	Policies []string `json:"policies,omitempty"`
	// For is the resource type for which CloudFormation makes the call. It is
	// absent for a call of the command itself.
	For string `json:"for,omitempty"`
	// NotEvaluated lists what affects a real request but not the simulation.
	NotEvaluated []string `json:"notEvaluated"`
}

// NotEvaluated returns what IAM's simulation leaves out. Sources: IAM API
// Reference, "SimulatePrincipalPolicy": it evaluates identity-based policies,
// boundaries and service control policies, the last only with the keys in the
// request; IAM User Guide, "Testing IAM policies with the IAM policy
// simulator".
func NotEvaluated() []string {
	return []string{"session policies", "resource control policies", "policies of VPC endpoints",
		"conditions on keys of your session (such as aws:SourceIp, aws:MultiFactorAuthPresent and aws:PrincipalTag), including conditions in service control policies"}
}

func (r *run) checkPermissions(ctx context.Context) {
	target := operator.Target{Template: r.Template, StackName: r.StackName, Partition: r.Partition, Account: r.Account, Region: r.Region, ServiceRole: r.ServiceRole}
	calls, err := operator.Calls(target, "deploy", "check")
	if err != nil {
		r.addNotRead(verify.NotRead{Name: r.StackName, Part: verify.WholeResource, Reason: err.Error()})
		return
	}
	// The stack may keep the service role of an earlier deployment, so the role is
	// unknown if the stack was not read.
	roleUnknown := r.ServiceRole == "" && r.StackNotRead != nil
	if roleUnknown {
		r.addNotRead(*r.StackNotRead)
	}
	var own, handlers []operator.Call
	for _, call := range calls {
		switch {
		case slices.Contains(call.Purposes, "check"): // A deployment works without the calls of its checks.
		case roleUnknown && call.ByCloudFormation():
		case r.ServiceRole == "" || !call.ByCloudFormation() && !slices.Equal(call.Resources, []string{r.ServiceRole}):
			own = append(own, call)
		case call.ByCloudFormation():
			handlers = append(handlers, call)
		case r.PassesRole: // An update without --role-arn keeps the stack's role and does not pass one.
			own = append(own, call)
		}
	}
	if principal := r.principalOf(ctx, r.Caller); principal != "" {
		r.simulate(ctx, principal, own)
	}
	if r.ServiceRole != "" && r.checkServiceRole(ctx) && len(handlers) > 0 {
		r.simulate(ctx, r.ServiceRole, handlers)
	}
}

// principalOf returns the role or user whose policies apply to a caller. For a
// caller that IAM cannot simulate, principalOf adds a finding and returns "".
// The ARN of an assumed role lacks the role's path, so the role is looked up.
func (r *run) principalOf(ctx context.Context, caller string) string {
	a, _ := arn.Parse(caller)
	switch {
	case a.Service == "iam" && a.Kind() == "user":
		return caller
	case a.Service == "sts" && a.Kind() == "assumed-role":
		role := strings.Split(a.Resource, "/")[1]
		p := r.lookUpPresence(ctx, "AWS::IAM::Role", role)
		if p.exists {
			return p.arn
		}
		if p.notRead != nil {
			r.addNotRead(*p.notRead)
			return ""
		}
	}
	r.add(Finding{Kind: KindNotSimulatable, Result: NotPossible, Subject: caller})
	return ""
}

// question is the input of one simulation: actions on the same resources in the
// same context.
type question struct {
	actions   []string
	resources []string
	context   []types.ContextEntry
	// calls has the operator's calls, by action.
	calls map[string]operator.Call
}

type questionResult struct {
	decisions map[string]Simulation // by lower-case action, a space, and the resource
	notRead   *verify.NotRead
}

// simulate simulates the calls of one principal. If IAM denies access to the first
// simulation request, simulate sends no others: IAM would deny access to those too.
func (r *run) simulate(ctx context.Context, principal string, calls []operator.Call) {
	questions := r.questions(calls)
	if len(questions) == 0 {
		return
	}
	send := func(q question) questionResult { return r.sendQuestion(ctx, principal, q) }
	all := []questionResult{send(questions[0])}
	if u := all[0].notRead; u == nil || !u.Denied {
		all = append(all, mapConcurrently(questions[1:], send)...)
	}
	allowed, reported := Finding{Kind: KindAllowed, Result: Passed, Subject: principal}, map[string]bool{}
	for i, one := range all {
		if one.notRead != nil {
			if !reported[one.notRead.Reason] {
				reported[one.notRead.Reason] = true
				r.addNotRead(*one.notRead)
			}
			continue
		}
		q := questions[i]
		for _, action := range q.actions {
			for _, resource := range q.resources {
				answer, is := one.decisions[strings.ToLower(action)+" "+resource]
				if is && answer.Decision == string(types.PolicyEvaluationDecisionTypeAllowed) {
					allowed.countAllowed(answer, principal)
					continue
				}
				r.addRefused(principal, q.calls[action], resource, answer, is)
			}
		}
	}
	if allowed.Count > 0 {
		r.add(allowed)
	}
}

// countAllowed counts an allowed call. Organizations and Boundary remain set
// only if IAM reports them for every call. Missing keys are kept, because a
// Deny statement may use them.
func (f *Finding) countAllowed(answer Simulation, principal string) {
	if f.Count++; f.Simulation == nil {
		f.Simulation = &Simulation{Principal: principal, Decision: answer.Decision, Organizations: answer.Organizations, Boundary: answer.Boundary, NotEvaluated: NotEvaluated()}
	}
	if answer.Organizations == nil {
		f.Simulation.Organizations = nil
	}
	if answer.Boundary == nil {
		f.Simulation.Boundary = nil
	}
	for _, key := range answer.MissingKeys {
		if !slices.Contains(f.Simulation.MissingKeys, key) {
			f.Simulation.MissingKeys = append(f.Simulation.MissingKeys, key)
		}
	}
}

// addRefused adds a finding about a call that IAM did not allow or, if answered
// is false, did not decide about. A decision that depends on an unknown key is
// not a denial, unless a service control policy or the boundary denies the
// call.
func (r *run) addRefused(principal string, call operator.Call, resource string, answer Simulation, answered bool) {
	f := Finding{Kind: KindUnanswered, Result: NotPossible, What: call.Action, Subject: resource}
	if answered {
		f.Kind, f.Result = KindDenied, Failed
		if len(answer.MissingKeys) > 0 && !isFalse(answer.Organizations) && !isFalse(answer.Boundary) {
			f.Kind, f.Result = KindUndecided, NotPossible
		}
		answer.Principal, answer.For, answer.NotEvaluated = principal, call.Type, NotEvaluated()
		f.Simulation = &answer
	}
	if slices.ContainsFunc(r.current.Findings, func(other Finding) bool {
		return other.Kind == f.Kind && other.What == f.What && other.Subject == f.Subject
	}) {
		return // The finding already exists, for another type of resource or another policy.
	}
	r.add(f)
}

func isFalse(value *bool) bool { return value != nil && !*value }

// questions groups the calls with the same resources and context. A call that
// is limited to some policies is in one question for each policy.
func (r *run) questions(calls []operator.Call) []question {
	var all []question
	index := map[string]int{}
	for _, call := range calls {
		var resources []string
		for _, resource := range call.Resources {
			resources = append(resources, r.inRegion(example(resource)))
		}
		for _, entries := range r.contexts(call) {
			key := fmt.Sprint(resources, describe(entries))
			i, known := index[key]
			if !known {
				i = len(all)
				index[key] = i
				all = append(all, question{resources: resources, context: entries, calls: map[string]operator.Call{}})
			}
			if _, twice := all[i].calls[call.Action]; !twice {
				all[i].actions = append(all[i].actions, call.Action)
				all[i].calls[call.Action] = call
			}
		}
	}
	return all
}

func describe(entries []types.ContextEntry) string {
	var b strings.Builder
	for _, entry := range entries {
		fmt.Fprintf(&b, "%s=%q;", aws.ToString(entry.ContextKeyName), entry.ContextKeyValues)
	}
	return b.String()
}

// example returns a resource that matches a pattern of the operator's policy.
// [exampleSuffix] replaces the part of a name that AWS generates.
func example(pattern string) string {
	if pattern == "*" {
		return pattern
	}
	const star, question = "\x00", "\x01"
	text := strings.NewReplacer("${*}", star, "${?}", question, "${$}", "$", "*", exampleSuffix).Replace(pattern)
	return strings.NewReplacer(star, "*", question, "?").Replace(text)
}

// inRegion sets the stack's region in an example whose pattern allows any
// region.
func (r *run) inRegion(resource string) string {
	if a, ok := arn.Parse(resource); ok && a.Region == exampleSuffix {
		a.Region = r.Region
		return a.String()
	}
	return resource
}

// exampleSuffix stands for the part of a name that AWS generates.
const exampleSuffix = "EXAMPLE"

// policyKey is the only key with a separate request for each of its values.
const policyKey = "iam:PolicyARN"

// contexts returns the condition keys of a call's requests, one list for each
// distinct request. Of the global keys, it includes those that policies often
// use. Source: IAM User Guide, "AWS global condition context keys": the region
// of a global service is the region of its endpoint; CalledVia names the
// service that uses the caller's permissions.
func (r *run) contexts(call operator.Call) [][]types.ContextEntry {
	region := r.Region
	if service, _, _ := strings.Cut(call.Action, ":"); service == "iam" {
		region = arn.ControlRegion(r.Partition)
	}
	via := call.ByCloudFormation() && r.ServiceRole == ""
	entries := []types.ContextEntry{
		entry("aws:SecureTransport", types.ContextKeyTypeEnumBoolean, "true"),
		entry("aws:ViaAWSService", types.ContextKeyTypeEnumBoolean, fmt.Sprint(via)),
	}
	if region != "" {
		entries = append(entries, entry("aws:RequestedRegion", types.ContextKeyTypeEnumString, region))
	}
	if via {
		service := "cloudformation.amazonaws.com"
		entries = append(entries, entry("aws:CalledVia", types.ContextKeyTypeEnumStringList, service),
			entry("aws:CalledViaFirst", types.ContextKeyTypeEnumString, service), entry("aws:CalledViaLast", types.ContextKeyTypeEnumString, service))
	}
	requests := [][]types.ContextEntry{entries}
	for _, condition := range call.Conditions {
		values := condition.Values[:1]
		if condition.Key == policyKey {
			values = condition.Values
		}
		var next [][]types.ContextEntry
		for _, request := range requests {
			for _, value := range values {
				next = append(next, append(slices.Clone(request), entry(condition.Key, types.ContextKeyTypeEnumString, example(value))))
			}
		}
		requests = next
	}
	return requests
}

func entry(key string, kind types.ContextKeyTypeEnum, value string) types.ContextEntry {
	return types.ContextEntry{ContextKeyName: &key, ContextKeyType: kind, ContextKeyValues: []string{value}}
}

// sendQuestion sends the requests for a question, one for each page of the
// result.
func (r *run) sendQuestion(ctx context.Context, principal string, q question) (a questionResult) {
	in := &awsiam.SimulatePrincipalPolicyInput{PolicySourceArn: &principal, ActionNames: q.actions, ContextEntries: q.context}
	if !slices.Equal(q.resources, []string{"*"}) {
		in.ResourceArns = q.resources
	}
	a.decisions = map[string]Simulation{}
	notFound, notRead := readPages(ctx, r, "SimulatePrincipalPolicy", principal, r.api.SimulatePrincipalPolicy, in, func(out *awsiam.SimulatePrincipalPolicyOutput) (bool, *string) {
		for _, result := range out.EvaluationResults {
			addResult(a.decisions, q.resources, result)
		}
		return out.IsTruncated, out.Marker
	}, func(marker *string) { in.Marker = marker })
	if a.notRead = notRead; notFound {
		a.notRead = &verify.NotRead{Name: principal, Part: verify.WholeResource, Action: "iam:SimulatePrincipalPolicy", Reason: "IAM does not know " + principal}
	}
	return a
}

// isDecision reports whether IAM defines the decision.
func isDecision(decision types.PolicyEvaluationDecisionType) bool {
	return slices.Contains(decision.Values(), decision)
}

// addResult stores a result. A result for several resources has the most
// restrictive decision, so the decisions for single resources take precedence.
// A result without a decision is ignored.
func addResult(decisions map[string]Simulation, resources []string, result types.EvaluationResult) {
	action := strings.ToLower(aws.ToString(result.EvalActionName)) + " "
	whole := Simulation{Decision: string(result.EvalDecision), MissingKeys: result.MissingContextValues, Policies: policiesOf(result.MatchedStatements)}
	if result.OrganizationsDecisionDetail != nil {
		whole.Organizations = &result.OrganizationsDecisionDetail.AllowedByOrganizations
	}
	if result.PermissionsBoundaryDecisionDetail != nil {
		whole.Boundary = &result.PermissionsBoundaryDecisionDetail.AllowedByPermissionsBoundary
	}
	if len(result.ResourceSpecificResults) == 0 {
		for _, resource := range resources {
			// The decision for one of several resources applies only to that
			// resource.
			if name := aws.ToString(result.EvalResourceName); isDecision(result.EvalDecision) && (len(resources) == 1 || !slices.Contains(resources, name) || name == resource) {
				decisions[action+resource] = whole
			}
		}
		return
	}
	for _, one := range result.ResourceSpecificResults {
		if !isDecision(one.EvalResourceDecision) {
			continue
		}
		answer := whole
		answer.Decision, answer.MissingKeys, answer.Policies = string(one.EvalResourceDecision), one.MissingContextValues, policiesOf(one.MatchedStatements)
		if one.PermissionsBoundaryDecisionDetail != nil {
			answer.Boundary = &one.PermissionsBoundaryDecisionDetail.AllowedByPermissionsBoundary
		}
		decisions[action+aws.ToString(one.EvalResourceName)] = answer
	}
}

// policiesOf returns the IDs of the policies that contain the statements,
// without duplicates.
func policiesOf(statements []types.Statement) (ids []string) {
	for _, statement := range statements {
		if id := aws.ToString(statement.SourcePolicyId); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
