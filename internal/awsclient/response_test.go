// Tests of response validation, with the SDK's own clients.

package awsclient_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"capaboot/internal/awsclient"
)

// startServerWith starts a server that responds to every request with the same body.
func startServerWith(t *testing.T, status int, body string) (config func(service string) aws.Config, requests *int) {
	t.Helper()
	requests = new(int)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*requests++
		w.WriteHeader(status)
		w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return func(service string) aws.Config {
		config, err := awsclient.Settings{Region: "eu-west-1", Profile: awsclient.Endpoints{URL: s.URL}, Attempts: 2}.Config(t.Context(), service)
		if err != nil {
			t.Fatal(err)
		}
		return config
	}, requests
}

func responseXML(operation, inner string) string {
	return "<" + operation + "Response><" + operation + "Result>" + inner + "</" + operation + "Result></" + operation + "Response>"
}

const (
	stack = "<Stacks><member><StackId>arn:x</StackId><StackName>capa</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-01-02T03:04:05Z</CreationTime></member></Stacks>"
	html  = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome<br></body></html>"
)

func describeStacks(c aws.Config) error {
	_, err := cloudformation.NewFromConfig(c).DescribeStacks(context.Background(), &cloudformation.DescribeStacksInput{StackName: aws.String("capa")})
	return err
}

func TestInvalidResponses(t *testing.T) {
	describe := func(c aws.Config) error {
		_, err := cloudformation.NewFromConfig(c).DescribeChangeSet(context.Background(), &cloudformation.DescribeChangeSetInput{ChangeSetName: aws.String("x")})
		return err
	}
	execute := func(c aws.Config) error {
		_, err := cloudformation.NewFromConfig(c).ExecuteChangeSet(context.Background(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: aws.String("x")})
		return err
	}
	identity := func(c aws.Config) error {
		_, err := sts.NewFromConfig(c).GetCallerIdentity(context.Background(), nil)
		return err
	}
	policies := func(c aws.Config) error {
		_, err := iam.NewFromConfig(c).ListRolePolicies(context.Background(), &iam.ListRolePoliciesInput{RoleName: aws.String("x")})
		return err
	}
	customerPolicies := func(c aws.Config) error {
		_, err := iam.NewFromConfig(c).ListPolicies(context.Background(), nil)
		return err
	}
	resources := func(c aws.Config) error {
		_, err := cloudformation.NewFromConfig(c).DescribeStackResources(context.Background(), nil)
		return err
	}
	const changeSet = "<ChangeSetId>a</ChangeSetId><StackId>b</StackId><StackName>c</StackName><Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus>"
	for _, test := range []struct {
		name, body string
		call       func(aws.Config) error
		want       string // "" for a valid response
	}{
		{"a stack", responseXML("DescribeStacks", stack), describeStacks, ""},
		{"a declaration and a comment before it", `<?xml version="1.0"?><!-- x -->` + responseXML("DescribeStacks", stack) + "\n", describeStacks, ""},
		{"an empty body", "", describeStacks, "CloudFormation: an empty body"},
		{"white space", " \n", describeStacks, "an empty body"},
		{"a declaration alone", `<?xml version="1.0"?>`, describeStacks, "XML without an element"},
		{"HTML", html, describeStacks, `HTML instead of XML, for DescribeStacks (a proxy or a captive portal? the title of the page: "Sign in")`},
		{"XHTML", "<html><body/></html>", describeStacks, "HTML instead of XML, for DescribeStacks (a proxy or a captive portal?)"},
		{"HTML with a long title", "<html><TITLE lang=en>a &amp; b\n" + strings.Repeat("c", 100) + "</TITLE>", describeStacks, `the title of the page: "a & b ` + strings.Repeat("c", 54) + `...")`},
		{"JSON", `{"Stacks": []}`, describeStacks, "text before or after the XML"},
		{"another operation", responseXML("ListStacks", stack), describeStacks, "XML without the element DescribeStacksResponse"},
		{"an error with status 200", "<ErrorResponse><Error><Code>ValidationError</Code></Error></ErrorResponse>", describeStacks, "XML without the element DescribeStacksResponse"},
		{"half of the response", responseXML("DescribeStacks", stack)[:200], describeStacks, "broken XML"},
		{"a response without its end", strings.TrimSuffix(responseXML("DescribeStacks", stack), "</DescribeStacksResponse>"), describeStacks, "broken XML"},
		{"elements in elements", "<DescribeStacksResponse>" + strings.Repeat("<a>", 1000), describeStacks, "XML with more than 100 nested elements"},
		{"two documents", responseXML("DescribeStacks", stack) + responseXML("DescribeStacks", stack), describeStacks, "XML without the element DescribeStacksResponse"},
		{"no list of stacks", responseXML("DescribeStacks", ""), describeStacks, "Stacks is missing"},
		{"an empty list of stacks", responseXML("DescribeStacks", "<Stacks/>"), describeStacks, "Stacks is missing"},
		{"a stack without a status", responseXML("DescribeStacks", strings.Replace(stack, "CREATE_COMPLETE", "", 1)), describeStacks, "Stacks.StackStatus is missing"},

		{"another stack", responseXML("DescribeStacks", strings.Replace(stack, "capa<", "other<", 1)), describeStacks, "the response is about another stack"},
		{"a stack by its ID", responseXML("DescribeStacks", strings.Replace(stack, "arn:x<", "capa<", 1)), describeStacks, ""},
		{"another change set", responseXML("DescribeChangeSet", "<ChangeSetName>y</ChangeSetName>"+changeSet), describe, "the response is about another change set"},

		{"no changes", responseXML("DescribeChangeSet", changeSet+"<Changes/>"), describe, ""},
		{"a change set that is being created", responseXML("DescribeChangeSet", strings.Replace(changeSet, "CREATE_COMPLETE", "CREATE_PENDING", 1)), describe, ""},
		{"a change set without a status", responseXML("DescribeChangeSet", strings.Replace(changeSet, "CREATE_COMPLETE", "", 1)), describe, "Status is missing"},
		{"a change without an action", responseXML("DescribeChangeSet", changeSet+"<Changes><member><ResourceChange><LogicalResourceId>A</LogicalResourceId></ResourceChange></member></Changes>"), describe, "Changes.ResourceChange.Action is missing"},
		{"a change that is unknown", responseXML("DescribeChangeSet", changeSet+"<Changes><member><Type>Other</Type></member></Changes>"), describe, "Changes.ResourceChange.Action is missing"},

		{"executed", "<ExecuteChangeSetResponse><ExecuteChangeSetResult/><ResponseMetadata><RequestId>a</RequestId></ResponseMetadata></ExecuteChangeSetResponse>", execute, ""},
		{"the root element alone", "<ExecuteChangeSetResponse/>", execute, "CloudFormation: XML without a RequestId"},
		{"a result without the ID of the request", responseXML("ExecuteChangeSet", ""), execute, "XML without a RequestId"},
		{"an empty body for an execution", "", execute, "an empty body"},
		{"an identity without an account", responseXML("GetCallerIdentity", "<Arn>a</Arn><UserId>b</UserId>"), identity, "STS: Account is missing"},
		{"no identity", "<GetCallerIdentityResponse/>", identity, "STS: a result that cannot be read"},
		{"a stack with an invalid time", responseXML("DescribeStacks", strings.Replace(stack, "2026-01-02T03:04:05Z", "yesterday", 1)), describeStacks, "a result that cannot be read"},
		{"no list of policies", responseXML("ListRolePolicies", ""), policies, "IAM: PolicyNames is missing"},
		{"an empty list of policies", responseXML("ListRolePolicies", "<PolicyNames/><IsTruncated>false</IsTruncated>"), policies, ""},
		{"no list of customer managed policies", responseXML("ListPolicies", ""), customerPolicies, "IAM: Policies is missing"},
		{"an account without customer managed policies", responseXML("ListPolicies", "<Policies/>"), customerPolicies, ""},
		{"no list of resources", responseXML("DescribeStackResources", ""), resources, "CloudFormation: StackResources is missing"},
		{"a truncated list without a marker", responseXML("ListRolePolicies", "<PolicyNames/><IsTruncated>true</IsTruncated>"), policies, "Marker is missing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			config, requests := startServerWith(t, http.StatusOK, test.body)
			err := test.call(config("X"))
			var invalid *awsclient.InvalidResponse
			switch {
			case test.want == "" && err != nil:
				t.Errorf("got %v, want none", err)
			case test.want != "" && (!errors.As(err, &invalid) || !strings.Contains(invalid.Error(), test.want)):
				t.Errorf("got %v, want an InvalidResponse with %q", err, test.want)
			case test.want != "" && *requests != 2:
				t.Errorf("%d requests, want 2: the request was not retried once", *requests)
			}
		})
	}
}

func TestInvalidErrorResponses(t *testing.T) {
	const absent = "<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id capa does not exist</Message></Error></ErrorResponse>"
	for _, test := range []struct {
		name   string
		status int
		body   string
		valid  bool
	}{
		{"an error of the service", 400, absent, true},
		{"HTML", 400, html, false},
		{"nothing", 403, "", false},
		{"a gateway's page", 502, html, false},
		{"another document", 400, "<Error><Code>ValidationError</Code><Message>Stack with id capa does not exist</Message></Error>", false},
		{"a result", 400, responseXML("DescribeStacks", stack), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			config, _ := startServerWith(t, test.status, test.body)
			err := describeStacks(config("X"))
			invalid, ok := errors.AsType[*awsclient.InvalidResponse](err)
			if err == nil || ok == test.valid {
				t.Fatalf("got %v", err)
			}
			if ok && invalid.Status != test.status {
				t.Errorf("status %d, want %d", invalid.Status, test.status)
			}
		})
	}
}
