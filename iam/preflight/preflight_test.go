// Tests of cases that the doubles of package cli do not cover: paginated
// simulations, callers that cannot be simulated, values that are unknown before
// the deployment, example resources of patterns, and invalid names of checks.

package preflight

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"capaboot/iam"
	"capaboot/policies/catalog"
)

func input(t *testing.T) Input {
	t.Helper()
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	template, err := iam.Generate(iam.Default(), catalogue, catalogue.Newest())
	if err != nil {
		t.Fatal(err)
	}
	return Input{Template: template, Partition: "aws", AccountPartition: "aws", Account: "123456789012", Region: "eu-west-1",
		Caller: "arn:aws:iam::123456789012:user/a/ann", StackName: "capa"}
}

func runCheck(t *testing.T, api API, in Input, name Name) Check {
	t.Helper()
	in.Only = []Name{name}
	report, err := Run(t.Context(), api, in)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Checks) != 1 || report.Checks[0].Name != name {
		t.Fatalf("%+v", report)
	}
	return report.Checks[0]
}

// TestSimulationInPages checks that all pages of a simulation are read. If the
// pages never end, the result of the check is NotPossible. Each page has the
// result of one action.
func TestSimulationInPages(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	pages := func(endless bool) API {
		return API{SimulatePrincipalPolicy: func(_ context.Context, in *awsiam.SimulatePrincipalPolicyInput, _ ...func(*awsiam.Options)) (*awsiam.SimulatePrincipalPolicyOutput, error) {
			at := 0
			calls.Add(1)
			for aws.ToString(in.Marker) != "" && in.ActionNames[at] != *in.Marker {
				at++
			}
			if aws.ToString(in.PolicySourceArn) != "arn:aws:iam::123456789012:user/a/ann" {
				t.Errorf("simulated: %s", *in.PolicySourceArn)
			}
			result := types.EvaluationResult{EvalActionName: aws.String(strings.ToUpper(in.ActionNames[at])), EvalDecision: types.PolicyEvaluationDecisionTypeImplicitDeny}
			for _, resource := range in.ResourceArns {
				result.ResourceSpecificResults = append(result.ResourceSpecificResults, types.ResourceSpecificResult{EvalResourceName: &resource, EvalResourceDecision: types.PolicyEvaluationDecisionTypeAllowed})
			}
			if len(in.ResourceArns) == 0 {
				result.EvalDecision = types.PolicyEvaluationDecisionTypeAllowed
			}
			out := &awsiam.SimulatePrincipalPolicyOutput{EvaluationResults: []types.EvaluationResult{result}}
			if at+1 < len(in.ActionNames) {
				out.IsTruncated, out.Marker = true, &in.ActionNames[at+1]
			} else if endless {
				out.IsTruncated, out.Marker = true, &in.ActionNames[at]
			}
			return out, nil
		}}
	}
	if c := runCheck(t, pages(false), input(t), Permissions); c.Result != Passed {
		t.Errorf("%+v", c)
	}
	if c := runCheck(t, pages(true), input(t), Permissions); c.Result != NotPossible {
		t.Errorf("endless pages: %+v", c)
	}
	if n := calls.Load(); n > 2000 {
		t.Errorf("%d calls", n)
	}
}

func TestCallersThatCannotBeSimulated(t *testing.T) {
	t.Parallel()
	for _, caller := range []string{"arn:aws:iam::123456789012:root", "arn:aws:sts::123456789012:federated-user/ann", ""} {
		in := input(t)
		in.Caller = caller
		if c := runCheck(t, API{}, in, Permissions); c.Result != NotPossible || c.Findings[0].Kind != KindNotSimulatable {
			t.Errorf("%q: %+v", caller, c)
		}
	}
}

func TestValueKnownAtDeployment(t *testing.T) {
	t.Parallel()
	all, err := resourcesOf("Resources: {A: {Type: AWS::IAM::Role, Properties: {Path: !Sub '/${A}/'}}}")
	if _, known := textOf(all["A"].Properties["Path"], "/"); err != nil || known {
		t.Errorf("%v, %v", all, err)
	}
}

func TestExamples(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"*": "*", "arn:aws:cloudformation:eu-west-1:1:stack/capa/*": "arn:aws:cloudformation:eu-west-1:1:stack/capa/EXAMPLE",
		"arn:aws:iam::1:role/a${*}b${?}/r": "arn:aws:iam::1:role/a*b?/r",
	} {
		if got := example(pattern); got != want {
			t.Errorf("%s: %s, want %s", pattern, got, want)
		}
	}
}

func TestValidateNames(t *testing.T) {
	t.Parallel()
	if err := ValidateNames([]string{"names", "quotas"}); err != nil {
		t.Error(err)
	}
	if ValidateNames([]string{"name"}) == nil {
		t.Error("an unknown name is accepted")
	}
	if resultOf(nil) != NotPossible {
		t.Error("a check without findings has passed")
	}
}
