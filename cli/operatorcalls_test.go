// Tests that the operator policy allows every request that the commands send,
// and no action that no command needs.

package cli

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"capaboot/iam"
	"capaboot/iam/operator"
	"capaboot/internal/cfndouble"
	"capaboot/internal/permitted"
	"capaboot/internal/table"
	"capaboot/policies/catalog"
)

// purposes has the purpose of the operator policy, by the argument that needs
// it: the name of a command, or the deployed stack as a source.
var purposes = map[string]string{
	"plan": "plan", "plan-cloudformation-stack": "plan", "deploy": "deploy", "create-cloudformation-stack": "deploy", "update-cloudformation-stack": "deploy",
	"delete": "delete", "delete-cloudformation-stack": "delete", "deployed": "verify", "--deployed": "verify",
	"check": "check", "verify-cloudformation-stack": "verify", "verify": "verify",
}

// purposeOfArgs returns the purpose of a run with these arguments; "" if there
// is none.
func purposeOfArgs(args []string) string {
	for _, arg := range args {
		if purpose := purposes[arg]; purpose != "" {
			return purpose
		}
	}
	return ""
}

// operatorTarget returns the target of a run in the double's account; false
// when its configuration cannot be loaded.
func operatorTarget(t *testing.T, double *cfndouble.Double, args []string) (operator.Target, bool) {
	t.Helper()
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	release := catalogue.Newest()
	configuration := iam.Default()
	template, err := iam.Generate(configuration, catalogue, release)
	if err != nil {
		t.Fatal(err)
	}
	for i, arg := range args {
		file, ok := strings.CutPrefix(arg, "--config=")
		if arg == "--config" && i+1 < len(args) {
			file, ok = args[i+1], true
		}
		if !ok {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return operator.Target{}, false
		}
		loaded, err := iam.Load(file, text, iam.Options{Catalogue: catalogue, Release: release})
		if err != nil {
			return operator.Target{}, false
		}
		configuration, template = loaded.Configuration, loaded.Template
	}
	target := operator.Target{Template: template, StackName: configuration.Spec.StackName, Partition: double.Partition, Account: double.Account, Region: double.Region}
	for i, arg := range args {
		if arg == "--role-arn" && i+1 < len(args) {
			target.ServiceRole = args[i+1]
		}
	}
	return target, true
}

// wantPermitted fails the test when the operator policy for a command denies a
// request that the command sent.
func wantPermitted(t *testing.T, double *cfndouble.Double, args []string, requests []permitted.Request) {
	t.Helper()
	purpose := purposeOfArgs(args)
	target, ok := operatorTarget(t, double, args)
	if purpose == "" || !ok || len(requests) == 0 {
		return
	}
	policies, err := operator.PoliciesFor(target, purpose)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := permitted.PolicyOf(policies.Caller)
	if err != nil {
		t.Fatal(err)
	}
	for _, denied := range policy.Denied(target, requests) {
		t.Errorf("the operator policy for %s denies a request of %v: %s", purpose, args, denied)
	}
}

// requestsOf converts the requests that the double recorded, except for the
// requests to STS.
func requestsOf(all []cfndouble.Request) (requests []permitted.Request) {
	for _, r := range all {
		if service := serviceOf(r.Form["Version"]); service != "sts" {
			requests = append(requests, permitted.Request{Service: service, Operation: r.Operation, Form: r.Form})
		}
	}
	return requests
}

// serviceOf returns the service with this version of its API.
func serviceOf(version string) string {
	switch version {
	case "2010-05-08":
		return "iam"
	case "2011-06-15":
		return "sts"
	}
	return "cloudformation"
}

// accountDouble combines the double with an IAM that has one response for each
// operation, and records the requests.
type accountDouble struct {
	*cfndouble.Double
	mu       sync.Mutex
	requests []permitted.Request
}

// iamResponses describe an account in which each role has an inline policy and
// a policy that was attached by hand, and each user is in a group that is not
// in the template.
var iamResponses = map[string]string{
	"GetRole":                     `<Role><RoleName>{RoleName}</RoleName><Arn>arn:aws:iam::123456789012:role/{RoleName}</Arn><Path>/</Path><RoleId>AROAFALSE</RoleId><CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>{document}</AssumeRolePolicyDocument><MaxSessionDuration>3600</MaxSessionDuration></Role>`,
	"ListRolePolicies":            `<IsTruncated>false</IsTruncated><PolicyNames><member>inline</member></PolicyNames>`,
	"GetRolePolicy":               `<RoleName>{RoleName}</RoleName><PolicyName>inline</PolicyName><PolicyDocument>{document}</PolicyDocument>`,
	"ListAttachedRolePolicies":    `<IsTruncated>false</IsTruncated><AttachedPolicies><member><PolicyName>by-hand</PolicyName><PolicyArn>arn:aws:iam::123456789012:policy/x/by-hand</PolicyArn></member></AttachedPolicies>`,
	"GetUser":                     `<User><UserName>{UserName}</UserName><Arn>arn:aws:iam::123456789012:user/{UserName}</Arn><Path>/</Path><UserId>AIDAFALSE</UserId><CreateDate>2026-01-01T00:00:00Z</CreateDate></User>`,
	"ListUserPolicies":            `<IsTruncated>false</IsTruncated><PolicyNames><member>inline</member></PolicyNames>`,
	"GetUserPolicy":               `<UserName>{UserName}</UserName><PolicyName>inline</PolicyName><PolicyDocument>{document}</PolicyDocument>`,
	"ListAttachedUserPolicies":    `<IsTruncated>false</IsTruncated><AttachedPolicies></AttachedPolicies>`,
	"ListGroupsForUser":           `<IsTruncated>false</IsTruncated><Groups><member><GroupName>by-hand</GroupName><Arn>arn:aws:iam::123456789012:group/x/by-hand</Arn><Path>/x/</Path><GroupId>AGPAFALSE</GroupId><CreateDate>2026-01-01T00:00:00Z</CreateDate></member></Groups>`,
	"GetGroup":                    `<IsTruncated>false</IsTruncated><Users></Users><Group><GroupName>{GroupName}</GroupName><Arn>arn:aws:iam::123456789012:group/{GroupName}</Arn><Path>/</Path><GroupId>AGPAFALSE</GroupId><CreateDate>2026-01-01T00:00:00Z</CreateDate></Group>`,
	"ListGroupPolicies":           `<IsTruncated>false</IsTruncated><PolicyNames><member>inline</member></PolicyNames>`,
	"GetGroupPolicy":              `<GroupName>{GroupName}</GroupName><PolicyName>inline</PolicyName><PolicyDocument>{document}</PolicyDocument>`,
	"ListAttachedGroupPolicies":   `<IsTruncated>false</IsTruncated><AttachedPolicies></AttachedPolicies>`,
	"GetInstanceProfile":          `<InstanceProfile><InstanceProfileName>{InstanceProfileName}</InstanceProfileName><Arn>arn:aws:iam::123456789012:instance-profile/{InstanceProfileName}</Arn><Path>/</Path><InstanceProfileId>AIPAFALSE</InstanceProfileId><CreateDate>2026-01-01T00:00:00Z</CreateDate><Roles></Roles></InstanceProfile>`,
	"ListInstanceProfilesForRole": `<IsTruncated>false</IsTruncated><InstanceProfiles></InstanceProfiles>`,
	"GetLoginProfile":             `<LoginProfile><UserName>{UserName}</UserName><CreateDate>2026-01-01T00:00:00Z</CreateDate></LoginProfile>`,
	"ListEntitiesForPolicy":       `<IsTruncated>false</IsTruncated><PolicyGroups></PolicyGroups><PolicyUsers></PolicyUsers><PolicyRoles></PolicyRoles>`,
	"ListAccessKeys":              `<IsTruncated>false</IsTruncated><AccessKeyMetadata><member><UserName>{UserName}</UserName><AccessKeyId>AKIAFALSEKEYEXAMPLE0</AccessKeyId><Status>Active</Status><CreateDate>2026-01-01T00:00:00Z</CreateDate></member></AccessKeyMetadata>`,
	"GetAccessKeyLastUsed":        `<UserName>x</UserName><AccessKeyLastUsed><ServiceName>N/A</ServiceName><Region>N/A</Region></AccessKeyLastUsed>`,
	"GetPolicy":                   `<Policy><PolicyName>p</PolicyName><Arn>{PolicyArn}</Arn><DefaultVersionId>v1</DefaultVersionId></Policy>`,
	"ListPolicyVersions":          `<IsTruncated>false</IsTruncated><Versions><member><VersionId>v1</VersionId><IsDefaultVersion>true</IsDefaultVersion></member></Versions>`,
	"ListPolicies":                `<IsTruncated>false</IsTruncated><Policies></Policies>`,
	"GetOpenIDConnectProvider":    `<Url>example.com</Url>`,
	"GetSAMLProvider":             `<SAMLMetadataDocument>x</SAMLMetadataDocument>`,
	"GetAccountSummary":           `<SummaryMap><entry><key>Roles</key><value>1</value></entry><entry><key>AttachedPoliciesPerRoleQuota</key><value>10</value></entry><entry><key>AttachedPoliciesPerUserQuota</key><value>10</value></entry></SummaryMap>`,
	"SimulatePrincipalPolicy":     `<IsTruncated>false</IsTruncated><EvaluationResults></EvaluationResults>`,
	"GetPolicyVersion":            `<PolicyVersion><Document>{document}</Document><VersionId>v1</VersionId><IsDefaultVersion>true</IsDefaultVersion></PolicyVersion>`,
}

const smallDocument = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}`

func (a *accountDouble) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	service := serviceOf(form.Get("Version"))
	request := permitted.Request{Service: service, Operation: form.Get("Action"), Form: map[string]string{}}
	for key := range form {
		request.Form[key] = form.Get(key)
	}
	a.mu.Lock()
	a.requests = append(a.requests, request)
	a.mu.Unlock()
	if service != "iam" {
		r.Body = io.NopCloser(bytes.NewReader(body))
		return a.Double.RoundTrip(r)
	}
	response, ok := iamResponses[request.Operation]
	if !ok {
		return nil, fmt.Errorf("the test has no response for %s", request.Operation)
	}
	values := []string{"{document}", strings.ReplaceAll(url.QueryEscape(smallDocument), "+", "%20")}
	for key, value := range request.Form {
		values = append(values, "{"+key+"}", value)
	}
	text := "<" + request.Operation + "Response><" + request.Operation + "Result>" + strings.NewReplacer(values...).Replace(response) + "</" + request.Operation + "Result></" + request.Operation + "Response>"
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
}

// takeRequests returns the requests since the last call.
func (a *accountDouble) takeRequests() []permitted.Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.requests
	a.requests = nil
	return all
}

// notRecorded has, by purpose, the actions that AWS checks although no request
// names them. Source: AWS CloudFormation User Guide, "Detect unmanaged
// configuration changes to stacks and resources with drift detection",
// considerations.
var notRecorded = map[string][]string{"verify": {"cloudformation:DetectStackResourceDrift"}}

// TestEveryActionIsNeeded runs the commands in all situations that need an
// action of the policy. Without the action, a request of a command or a call of
// a CloudFormation handler must be denied.
func TestEveryActionIsNeeded(t *testing.T) {
	recorded := map[string][]permitted.Request{}
	var target operator.Target
	inBubble(t, func(t *testing.T, c *cloud) {
		account := &accountDouble{Double: c.Double}
		c.transport, c.checksFirst = account, true
		config := c.config(t, "  bootstrapUser: {enable: true, extraPolicyAttachments: [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]}\n"+
			"  nodes: {trustStatements: [{Effect: Allow, Principal: {AWS: [\"arn:aws:iam::123456789012:user/trusted\", \"arn:aws:iam::123456789012:role/trusted\"], Federated: [\"arn:aws:iam::123456789012:oidc-provider/example.com\", \"arn:aws:iam::123456789012:saml-provider/example\"]}, Action: [\"sts:AssumeRole\"]}]}\n")
		const role = "arn:aws:iam::123456789012:role/cfn"
		runCommand := func(code int, args ...string) {
			t.Helper()
			args = append(args, config)
			c.run(t, code, args...)
			requests := account.takeRequests()
			wantPermitted(t, c.Double, args, slices.DeleteFunc(slices.Clone(requests), func(r permitted.Request) bool { return r.Service != "iam" })) // c.run checks the requests to other services
			recorded[purposeOfArgs(args)] = append(recorded[purposeOfArgs(args)], requests...)
		}
		template, _ := c.do(t, 0, "print-cloudformation-template", "-o", "json", config)
		runCommand(1, "bootstrap", "iam", "check") // resources with these names exist
		runCommand(1, "bootstrap", "iam", "deploy")
		runCommand(0, "bootstrap", "iam", "plan")
		runCommand(0, "bootstrap", "iam", "deploy", "--termination-protection", "--no-check")
		runCommand(0, "bootstrap", "iam", "check")
		c.SetProtection(stackName, false)
		runCommand(0, "bootstrap", "iam", "plan", "--role-arn", role)
		runCommand(0, "policy", "review", "deployed")
		runCommand(0, "bootstrap", "iam", "verify", "--drift")
		runCommand(0, "bootstrap", "iam", "plan", "--revert-drift")
		c.StartDeletion(stackName)
		c.Put(stackName, "UPDATE_ROLLBACK_FAILED", template, map[string]string{"AWSIAMRoleNodes": "Access denied"})
		runCommand(0, "bootstrap", "iam", "deploy", "--yes", "--role-arn", role)
		c.StartDeletion(stackName)
		c.Put(stackName, "ROLLBACK_FAILED", template, map[string]string{"AWSIAMRoleNodes": "in use"})
		runCommand(0, "bootstrap", "iam", "plan")
		runCommand(0, "bootstrap", "iam", "deploy", "--yes", "--no-check")
		if err := c.AddChangeSet(stackName, "capaboot-"+strings.Repeat("A", 26), template); err != nil {
			t.Fatal(err)
		}
		runCommand(0, "bootstrap", "iam", "delete", "--yes", "--retain", "AWSIAMRoleNodes", "--role-arn", role)
		var ok bool
		if target, ok = operatorTarget(t, c.Double, []string{config, "--role-arn", role}); !ok {
			t.Fatal("the configuration is not loaded")
		}
	})

	text, err := os.ReadFile("../iam/operator/testdata/cloudformation-handlers.tsv")
	if err != nil {
		t.Fatal(err)
	}
	_, rows, _ := strings.Cut(string(text), "\n")
	if table.Rows("handlers", rows, 4) == nil {
		t.Fatal("the table of handlers is empty")
	}
	handlers := permitted.HandlerCalls(target, rows)
	for purpose, runs := range map[string][]string{"check": nil, "plan": {"read"}, "deploy": {"create", "read", "update", "delete"}, "verify": {"read"}, "delete": {"read", "delete"}} {
		policies, err := operator.PoliciesFor(target, purpose)
		if err != nil {
			t.Fatal(err)
		}
		for _, action := range actionsOf(policies.Caller) {
			caller, err := permitted.PolicyOf(withoutAction(policies.Caller, action))
			if err != nil {
				t.Fatal(err)
			}
			if isNeeded := len(caller.Denied(target, recorded[purpose])) > 0; isNeeded == slices.Contains(notRecorded[purpose], action) {
				t.Errorf("--for %s: a command needs %s: %v", purpose, action, isNeeded)
			}
		}
		for _, action := range actionsOf(policies.Service) {
			service, err := permitted.PolicyOf(withoutAction(policies.Service, action))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(handlers, func(call permitted.HandlerCall) bool {
				return slices.Contains(runs, call.Handler) && !service.Allows(call.Action, call.Resource, call.Context)
			}) {
				t.Errorf("--for %s: no handler needs %s", purpose, action)
			}
		}
	}
}

func actionsOf(statements []catalog.PolicyStatement) []string {
	all := map[string]bool{}
	for _, statement := range statements {
		for _, action := range statement.Action {
			all[action] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// withoutAction removes the action from the statements, and leaves out statements
// that have no other action.
func withoutAction(statements []catalog.PolicyStatement, action string) (left []catalog.PolicyStatement) {
	for _, statement := range statements {
		statement.Action = slices.DeleteFunc(slices.Clone(statement.Action), func(a string) bool { return a == action })
		if len(statement.Action) > 0 {
			left = append(left, statement)
		}
	}
	return left
}
