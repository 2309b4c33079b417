// Tests of further formats of denials, of quoted denials, and of redaction.

package denial

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	session1    = "arn:aws:sts::111122223333:assumed-role/controllers.cluster-api-provider-aws.sigs.k8s.io/SESSION-1"
	encodedText = "aB3dEf9_hIjK-lMnOpQraB3dEf9_hIjK-lMnOpQr"
)

// denialText formats a denial as in the tables below: "ACTION SESSION RESOURCE
// POLICY CODE", followed by flags. "-" means that the text does not contain the
// value.
func denialText(d Denial) string {
	dash := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	text := fmt.Sprintf("%s %s %s %s %s", dash(d.Action), dash(d.Principal[strings.LastIndexByte(d.Principal, '/')+1:]), dash(d.Resource), dash(strings.ReplaceAll(string(d.Policy), " ", "-")), dash(d.Code))
	for _, m := range []struct {
		present bool
		mark    string
	}{{d.Explicit, "explicit"}, {d.Encoded, "encoded"}, {d.MayNotExist, "may-not-exist"}, {d.CutOff, "cut-off"}, {len(d.Or) > 0, "or=" + strings.Join(d.Or, ",")},
		{d.Operation != "", "by=" + d.Operation}, {d.Setting != "", d.Setting}, {d.Times != 1, fmt.Sprint("times=", d.Times)}, {d.Sessions > 1, fmt.Sprint("sessions=", d.Sessions)}} {
		if m.present {
			text += " " + m.mark
		}
	}
	return text
}

func notAuthorized(action, resource, reason string) string {
	return strings.TrimSpace("User: " + session1 + " is not authorized to perform: " + action + " on resource: " + resource + " " + reason)
}

var formatCases = []struct{ name, text, want string }{
	// SDKs.
	{"Go v2, S3 Block Public Access", `operation error S3: PutBucketPolicy, https response error StatusCode: 403, RequestID: A, HostID: b/c=, api error AccessDenied: ` + notAuthorized("s3:PutBucketPolicy", `\"arn:aws:s3:::b\"`, "because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access"),
		"s3:PutBucketPolicy SESSION-1 arn:aws:s3:::b S3-Block-Public-Access AccessDenied BlockPublicPolicy"},
	{"Go v2, after retries", `operation error EC2: RunInstances, exceeded maximum number of attempts, 3, https response error StatusCode: 403, RequestID: 1-2, api error UnauthorizedOperation: You are not authorized to perform this operation.`,
		"ec2:RunInstances - - - UnauthorizedOperation"},
	{"wrapped in the middle of the action", strings.Replace(notAuthorized("ec2:RunInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/*", "because no identity-based policy allows the ec2:RunInstances action"), "RunInst", "RunInst\n", 1),
		"ec2:RunInstances SESSION-1 arn:aws:ec2:eu-west-1:111122223333:instance/* identity-based-policy -"},
	{"wrapped in the middle of an action whose beginning is an action", strings.Replace(notAuthorized("iam:GetRolePolicy", "role nodes", "because no session policy allows the iam:GetRolePolicy action"), "GetRole", "GetRole\n", 1),
		"iam:GetRolePolicy SESSION-1 arn:aws:iam::111122223333:role/nodes session-policy -"},
	{"wrapped in the middle of the resource", strings.Replace(notAuthorized("ec2:RunInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/*", "with an explicit deny in a service control policy"), "3333:inst", "3333:inst\n│ ", 1),
		"ec2:RunInstances SESSION-1 arn:aws:ec2:eu-west-1:111122223333:instance/* service-control-policy - explicit"},
	{"Markdown", "`" + strings.ReplaceAll(notAuthorized("ec2:RunInstances", "`arn:aws:ec2:eu-west-1:111122223333:instance/*`", "because no identity-based policy allows the ec2:RunInstances action"), " on resource", "` on resource"),
		"ec2:RunInstances SESSION-1 arn:aws:ec2:eu-west-1:111122223333:instance/* identity-based-policy -"},
	{"a decoded message as a string", quoted(`{"allowed":false,"explicitDeny":false,"matchedStatements":{"items":[]},"context":{"principal":{"arn":"` + session1 + `"},"action":"ec2:RunInstances","resource":"arn:aws:ec2:eu-west-1::image/ami-1"}}`),
		"ec2:RunInstances SESSION-1 arn:aws:ec2:eu-west-1::image/ami-1 - -"},
	{"a decoded message as a string of logfmt", `msg="denied" decoded=` + quoted(`{"allowed":false,"explicitDeny":false,"matchedStatements":{"items":[]},"context":{"principal":{"arn":"`+session1+`"},"action":"ec2:RunInstances","resource":"arn:aws:ec2:eu-west-1::image/ami-1"}}`) + ` other="x"`,
		"ec2:RunInstances SESSION-1 arn:aws:ec2:eu-west-1::image/ami-1 - -"},
	{"Go v2, ACLs", "api error AccessDenied: " + notAuthorized("s3:PutObject", `"arn:aws:s3:::b/k"`, "because public access control lists (ACLs) are prevented by the BlockPublicAcls setting in S3 Block Public Access"),
		"s3:PutObject SESSION-1 arn:aws:s3:::b/k S3-Block-Public-Access AccessDenied BlockPublicAcls"},
	{"Go v2, passing a role to instances", `operation error EC2: RunInstances, https response error StatusCode: 403, RequestID: 1-2, api error UnauthorizedOperation: You are not authorized to perform this operation. ` + notAuthorized("iam:PassRole", "arn:aws:iam::111122223333:role/x", "because no identity-based policy allows the iam:PassRole action"),
		"iam:PassRole SESSION-1 arn:aws:iam::111122223333:role/x identity-based-policy UnauthorizedOperation by=ec2:RunInstances"},
	{"Go v2, an Auto Scaling group with a launch template", "operation error Auto Scaling: CreateAutoScalingGroup, https response error StatusCode: 403, RequestID: a, api error AccessDenied: You are not authorized to use launch template: lt-0123456789abcdef0",
		"ec2:RunInstances - - - AccessDenied or=iam:PassRole,ec2:CreateTags by=autoscaling:CreateAutoScalingGroup"},
	{"Go v2, a service-linked role", "api error AuthFailure.ServiceLinkedRoleCreationNotPermitted: The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.",
		"iam:CreateServiceLinkedRole - - - -"},
	{"Go v1, repeated in its fields", "AccessDeniedException: " + notAuthorized("eks:CreateCluster", "arn:aws:eks:eu-west-1:111122223333:cluster/c", "") + "\n{\n  RespMetadata: {\n    StatusCode: 403,\n    RequestID: \"a\"\n  },\n  Message_: \"" + notAuthorized("eks:CreateCluster", "arn:aws:eks:eu-west-1:111122223333:cluster/c", "") + "\"\n}",
		"eks:CreateCluster SESSION-1 arn:aws:eks:eu-west-1:111122223333:cluster/c - AccessDeniedException"},
	{"Go v1, wrapped in itself", "failed: AccessDenied: " + notAuthorized("iam:GetRole", "role nodes", "") + "\n\tstatus code: 403, request id: 1-2: retry: AccessDenied: " + notAuthorized("iam:GetRole", "role nodes", ""),
		"iam:GetRole SESSION-1 arn:aws:iam::111122223333:role/nodes - AccessDenied"},
	{"Rust", `ServiceError { source: Unhandled { meta: ErrorMetadata { code: Some("AccessDeniedException"), message: Some("` + notAuthorized("ecr:GetAuthorizationToken", "*", "because no identity-based policy allows the ecr:GetAuthorizationToken action") + `") } }, meta: ErrorMetadata { message: Some("` + notAuthorized("ecr:GetAuthorizationToken", "*", "because no identity-based policy allows the ecr:GetAuthorizationToken action") + `") } }`,
		"ecr:GetAuthorizationToken SESSION-1 * identity-based-policy -"},
	{"JavaScript v3", "AccessDeniedException: " + notAuthorized("eks:DescribeCluster", "arn:aws:eks:eu-west-1:111122223333:cluster/p", "because no session policy allows the eks:DescribeCluster action") + "\n    at throwDefaultError (/app/index.js:838:20) {\n  '$fault': 'client',\n  __type: 'AccessDeniedException'\n}",
		"eks:DescribeCluster SESSION-1 arn:aws:eks:eu-west-1:111122223333:cluster/p session-policy AccessDeniedException"},
	{"Java v2", "software.amazon.awssdk.services.ec2.model.Ec2Exception: You are not authorized to perform this operation. " + notAuthorized("ec2:CreateVpc", "arn:aws:ec2:eu-west-1:111122223333:vpc/*", "with an explicit deny in a service control policy") + " (Service: Ec2, Status Code: 403, Request ID: 1-2) (SDK Attempt Count: 1)",
		"ec2:CreateVpc SESSION-1 arn:aws:ec2:eu-west-1:111122223333:vpc/* service-control-policy - explicit"},
	{"Python, a printed exception", "raised: ClientError('An error occurred (AccessDenied) when calling the CreateRole operation: " + notAuthorized("iam:CreateRole", "arn:aws:iam::111122223333:role/r", "because no permissions boundary allows the iam:CreateRole action") + "')",
		"iam:CreateRole SESSION-1 arn:aws:iam::111122223333:role/r permissions-boundary AccessDenied"},
	{"AWS CLI, another account's key", "An error occurred (AccessDeniedException) when calling the Decrypt operation: The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
		"kms:Decrypt - - - AccessDeniedException may-not-exist"},
	{"AWS CLI, another KMS operation with a key of another account", "An error occurred (AccessDeniedException) when calling the GenerateDataKey operation: The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
		"kms:GenerateDataKey - - - AccessDeniedException may-not-exist"},
	{"Secrets Manager with a key", "An error occurred (AccessDeniedException) when calling the GetSecretValue operation: Access to KMS is not allowed", "kms:Decrypt - - - AccessDeniedException or=kms:GenerateDataKey by=secretsmanager:GetSecretValue"},
	{"Secrets Manager, by the name of the secret", "AccessDeniedException: " + notAuthorized("secretsmanager:CreateSecret", "aws.cluster.x-k8s.io/a-b", "because no identity-based policy allows the secretsmanager:CreateSecret action"),
		"secretsmanager:CreateSecret SESSION-1 arn:aws:secretsmanager:*:111122223333:secret:aws.cluster.x-k8s.io/a-b* identity-based-policy AccessDeniedException"},
	// Controllers.
	{"zap, in two fields", `{"level":"error","msg":"failed: ` + notAuthorized("ec2:CreateVpc", "*", "") + `","error":"operation error EC2: CreateVpc, https response error StatusCode: 403, RequestID: 1, api error UnauthorizedOperation: ` + notAuthorized("ec2:CreateVpc", "*", "") + `"}`,
		"ec2:CreateVpc SESSION-1 * - UnauthorizedOperation"},
	{"kubectl describe", "  Warning  FailedCreate  3m (x12 over 10m)  awsmachine-controller  Failed to create instance: UnauthorizedOperation: You are not authorized to perform this operation. Encoded authorization failure message: " + encodedText + "\n\tstatus code: 403, request id: a",
		"- - - - UnauthorizedOperation encoded"},
	{"Crossplane", `cannot create Cluster: AccessDeniedException: ` + notAuthorized("eks:CreateCluster", "arn:aws:eks:eu-west-1:111122223333:cluster/c", "with an explicit deny in a resource control policy"),
		"eks:CreateCluster SESSION-1 arn:aws:eks:eu-west-1:111122223333:cluster/c resource-control-policy AccessDeniedException explicit"},
	{"an event of Kubernetes that was cut", "api error UnauthorizedOperation: You are not authorized to perform this operation. User: " + session1 + " is not authorized to perform: ec2:AllocateHosts on resource: arn:aws:ec2:eu-west-1:111122223333:dedicated-ho...",
		"ec2:AllocateHosts SESSION-1 arn:aws:ec2:eu-west-1:111122223333:dedicated-ho... - UnauthorizedOperation cut-off"},
	{"cut within the reason", "AccessDenied: " + notAuthorized("iam:CreateRole", "arn:aws:iam::111122223333:role/r", "because no identity-ba"), "iam:CreateRole SESSION-1 arn:aws:iam::111122223333:role/r - AccessDenied cut-off"},
	{"cut within the kind of policy that denies", "AccessDenied: " + notAuthorized("iam:CreateRole", "arn:aws:iam::111122223333:role/r", "with an explicit deny in a serv..."), "iam:CreateRole SESSION-1 arn:aws:iam::111122223333:role/r - AccessDenied explicit cut-off"},
	{"the encoded message comes first", "Encoded authorization failure message:\n" + encodedText + "\nUnauthorizedOperation: You are not authorized to perform this operation.", "- - - - UnauthorizedOperation encoded"},
	{"an encoded message alone", "Encoded authorization failure message: " + encodedText, "- - - - - encoded"},
	{"in XML", "<Code>AccessDenied</Code><Message>" + strings.ReplaceAll(notAuthorized("s3:PutObject", `"arn:aws:s3:::b/k"`, "because no resource-based policy allows the s3:PutObject action"), `"`, "&quot;") + "</Message>",
		"s3:PutObject SESSION-1 arn:aws:s3:::b/k resource-based-policy AccessDenied"},
	{"sessions of one role", strings.Join([]string{deniedAs("a"), deniedAs("b"), deniedAs("a"), "UnauthorizedOperation: " + deniedAs("c")}, "\n"), "ec2:CreateVpc a * identity-based-policy UnauthorizedOperation times=4 sessions=3"},
	// Auto Scaling.
	{"an activity of Auto Scaling", `{"Activities":[{"StatusCode":"Failed","StatusMessage":"You are not authorized to use launch template: my-lt","Cause":"At 2026 a user request created a group"}]}`,
		"ec2:RunInstances - - - - or=iam:PassRole,ec2:CreateTags"},
	// CloudTrail and its exports.
	{"S3, with the bucket and the object", trailRecord("s3.amazonaws.com", "PutObject", "AccessDenied", `"requestParameters":{"bucketName":"b","key":"k/x"},"resources":[{"accountId":"1","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::b"}]`),
		"s3:PutObject SESSION-1 arn:aws:s3:::b/k/x - AccessDenied"},
	{"S3, the bucket among several", trailRecord("s3.amazonaws.com", "ListObjectsV2", "AccessDenied", `"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::b/k"},{"type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::b"}]`),
		"s3:ListBucket SESSION-1 arn:aws:s3:::b - AccessDenied"},
	{"S3, in China", trailRecord("s3.amazonaws.com", "HeadBucket", "AccessDenied", `"awsRegion":"cn-north-1","userIdentity":{"accountId":"111122223333"},"requestParameters":{"bucketName":"b"}`), "s3:ListBucket - arn:aws-cn:s3:::b - AccessDenied"},
	{"EKS, by the name of the cluster", trailRecord("eks.amazonaws.com", "DescribeCluster", "AccessDenied", `"awsRegion":"eu-west-1","recipientAccountId":"111122223333","requestParameters":{"name":"c"}`), "eks:DescribeCluster SESSION-1 arn:aws:eks:eu-west-1:111122223333:cluster/c - AccessDenied"},
	{"IAM, by the name of the role", trailRecord("iam.amazonaws.com", "GetRole", "AccessDenied", `"recipientAccountId":"111122223333","requestParameters":{"roleName":"r"}`), "iam:GetRole SESSION-1 arn:aws:iam::111122223333:role/r - AccessDenied"},
	{"fields of CloudWatch Logs Insights", `{"results":[[{"field":"eventTime","value":"2026"},{"field":"userIdentity.arn","value":"` + session1 + `"},{"field":"eventSource","value":"ec2.amazonaws.com"},{"field":"eventName","value":"CreateVpc"},{"field":"errorCode","value":"Client.UnauthorizedOperation"}]]}`,
		"ec2:CreateVpc SESSION-1 - - Client.UnauthorizedOperation"},
	{"rows of CloudWatch Logs Insights as JSON", `[{"@timestamp":"2026","userIdentity.arn":"` + session1 + `","eventName":"CreateVpc","errorCode":"Client.UnauthorizedOperation"}]`, "ec2:CreateVpc SESSION-1 - - Client.UnauthorizedOperation"},
	{"whole records in CloudWatch Logs Insights", `{"results":[[{"field":"@message","value":` + quoted(trailRecord("ec2.amazonaws.com", "CreateVpc", "Client.UnauthorizedOperation", "")) + `},{"field":"@ptr","value":"x"}]]}`, "ec2:CreateVpc SESSION-1 - - Client.UnauthorizedOperation"},
	{"CSV of CloudWatch Logs Insights", "@timestamp,@message\n2026-11-28," + csvCell(trailRecord("ec2.amazonaws.com", "CreateVpc", "Client.UnauthorizedOperation", "")), "ec2:CreateVpc SESSION-1 - - Client.UnauthorizedOperation"},
	{"CSV of CloudTrail's event history", "Event name,Event time,User name,Event source,Resource type,Error code,AWS region\nCreateVpc,2026,me,ec2.amazonaws.com,-,Client.UnauthorizedOperation,eu-west-1\nDescribeVpcs,2026,me,ec2.amazonaws.com,-,-,eu-west-1",
		"ec2:CreateVpc - - - Client.UnauthorizedOperation"},
	{"CSV of Athena", `"eventtime","useridentity","eventsource","eventname","errorcode","errormessage"` + "\n" + `"2026","{type=AssumedRole, principalid=AROA, arn=` + session1 + `, accountid=1}","iam.amazonaws.com","CreateRole","AccessDenied","` + notAuthorized("iam:CreateRole", "arn:aws:iam::111122223333:role/r", "because no identity-based policy allows the iam:CreateRole action") + `"`,
		"iam:CreateRole SESSION-1 arn:aws:iam::111122223333:role/r identity-based-policy AccessDenied"},
	{"a table of the AWS CLI", "----\n|  errorCode  | eventName | eventSource |\n+----+----+----+\n|  AccessDenied  |  CreateRole  |  iam.amazonaws.com  |\n|  None  |  GetRole  |  iam.amazonaws.com  |\n+----+----+----+", "iam:CreateRole - - - AccessDenied"},
	{"a row without a header", "|  AccessDenied  |  CreateRole  |  iam.amazonaws.com  |  " + session1 + " |", "iam:CreateRole SESSION-1 - - AccessDenied"},
	{"text of the AWS CLI", "AccessDenied\tCreateRole\tiam.amazonaws.com\t" + session1, "iam:CreateRole SESSION-1 - - AccessDenied"},
}

func deniedAs(session string) string {
	return "User: arn:aws:sts::111122223333:assumed-role/r/" + session + " is not authorized to perform: ec2:CreateVpc on resource: * because no identity-based policy allows the ec2:CreateVpc action"
}

// trailRecord returns a CloudTrail record. more has further fields, which
// override earlier ones.
func trailRecord(source, name, code, more string) string {
	text := `{"userIdentity":{"arn":"` + session1 + `"},"eventSource":"` + source + `","eventName":"` + name + `","errorCode":"` + code + `"`
	if more != "" {
		text += "," + more
	}
	return text + "}"
}

func csvCell(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }

func TestFurtherFormats(t *testing.T) {
	t.Parallel()
	for _, tt := range formatCases {
		got := Read([]byte("I0728 all is well\n\n" + tt.text + "\nI0728 going on"))
		var found []string
		for _, d := range got.Denials {
			found = append(found, denialText(d))
			if d.Line < 3 {
				t.Errorf("%s: line %d, want the third or later", tt.name, d.Line)
			}
		}
		if diff := cmp.Diff([]string{tt.want}, found, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// A denial that code, a test or a page quotes is not reported.
func TestQuotedDenials(t *testing.T) {
	t.Parallel()
	message := "AccessDenied: " + notAuthorized("iam:GetRole", "arn:aws:iam::111122223333:role/r", "because no identity-based policy allows the iam:GetRole action")
	for _, text := range []string{
		`	return errors.New("` + message + `")`,
		`	err := fmt.Errorf("wrapped: ` + message + `: %w", err)`,
		`			err: awserr.New("UnauthorizedOperation", "You are not authorized to perform this operation.", nil),`,
		`	return &smithy.GenericAPIError{Code: "AccessDenied", Message: "` + notAuthorized("iam:GetRole", "*", "") + `"}`,
		`	const denied = "` + message + `"`,
		`	g.Expect(err).To(MatchError("` + message + `"))`,
		"	if strings.Contains(err.Error(), `UnauthorizedOperation: You are not authorized to perform this operation`) {",
		`	t.Run("UnauthorizedOperation: You are not authorized to perform this operation", func(t *testing.T) {`,
		`	for _, text := range []string{"` + message + `", "other"} {`,
		`        raise ClientError("` + message + `")`,
		`throw new AccessDeniedException("` + notAuthorized("iam:GetRole", "*", "") + `");`,
		`assert str(e) == "` + message + `"`,
		`expect(error.message).toBe('` + message + `')`,
		`// ` + message,
		`+	// ` + message,
		` * UnauthorizedOperation: You are not authorized to perform this operation.`,
		`# UnauthorizedOperation: You are not authorized to perform this operation.`,
		`    wantErr: "` + message + `"`,
		`    expectedError: ` + message,
		`{"name":"denied","wantErr":"` + message + `"}`,
		`{"expected":{"error":"` + message + `"}}`,
		"If you see `UnauthorizedOperation: You are not authorized to perform this operation`, the role lacks a permission.",
		"When you get UnauthorizedOperation: You are not authorized to perform this operation, decode the message.",
		"> For example: `User: arn:aws:iam::123456789012:user/mateojackson is not authorized to perform: my-service:GetWidget on resource: my-example-widget`",
		"The error `UnauthorizedOperation: You are not authorized to perform this operation.` means that a policy is missing.",
		`grep -q "UnauthorizedOperation: You are not authorized to perform this operation" log`,
	} {
		if got := Read([]byte("first\n" + text + "\nlast")); len(got.Denials) != 0 {
			t.Errorf("%s\nwas read as a denial: %s", text, denialText(got.Denials[0]))
		}
	}
	// The same messages in logs are denials.
	for _, text := range []string{
		`level=error err="` + message + `"`,
		`"Reconciler error" err="` + message + `" controller="awscluster"`,
		`{"error":"` + message + `"}`,
		`message: '` + message + `'`,
		`  message: "` + message + `"`,
		`Error: "` + message + `"`,
		`	* creating IAM Role: ` + message,
		`[2026-11-28] ERROR "` + message + `"`,
		`errors=["` + message + `"]`,
		`ClientError("` + message + `")`,
		`&smithy.GenericAPIError{Code:"AccessDenied", Message:"` + message + `", Fault:0}`,
		"`" + message + "`",
		`I can't: ` + message,
	} {
		if got := Read([]byte(text)); len(got.Denials) != 1 {
			t.Errorf("%s\nwas read as %d denials", text, len(got.Denials))
		}
	}
}

func TestRedactor(t *testing.T) {
	t.Parallel()
	var r Redactor
	for _, tt := range []struct{ arn, want string }{
		{"arn:aws:iam::111122223333:user/team/ann", "arn:aws:iam::ACCOUNT:user/team/USER"},
		{"arn:aws:iam::444455556666:user/bob@example.com", "arn:aws:iam::ACCOUNT-2:user/USER-2"},
		{"arn:aws:sts::111122223333:assumed-role/r/ann@example.com", "arn:aws:sts::ACCOUNT:assumed-role/r/SESSION"},
		{"arn:aws:sts::111122223333:federated-user/joe", "arn:aws:sts::ACCOUNT:federated-user/SESSION-2"},
		{"AROAEXAMPLEEXAMPLE12:i-0123456789", "UNIQUE-ID:SESSION-3"},
		{"arn:aws:s3:::logs-111122223333/i-0123456789/x", "arn:aws:s3:::logs-ACCOUNT/SESSION-3/x"},
		{"arn:aws:s3:::b/joes", "arn:aws:s3:::b/joes"},
		{"arn:aws:iam::111122223333:user/*", "arn:aws:iam::ACCOUNT:user/*"},
		{"arn:aws:iam::111122223333:role/r", "arn:aws:iam::ACCOUNT:role/r"},
	} {
		if got := r.ARN(tt.arn); got != tt.want {
			t.Errorf("%s is %s, want %s", tt.arn, got, tt.want)
		}
	}
	// In the denied principal, the name of a person from an identity provider
	// is redacted too.
	for principal, want := range map[string]string{
		"accounts.google.com:app:maryann": "accounts.google.com:app:USER-3",
		"Rdj1PFQ=:maryann":                "Rdj1PFQ=:USER-3",
		"arn:aws:iam::111122223333:oidc-provider/idp.example.com:client:maryann":                   "arn:aws:iam::ACCOUNT:oidc-provider/idp.example.com:client:USER-3",
		"arn:aws:iam::111122223333:oidc-provider/oidc.example.com:aud:system:serviceaccount:ns:sa": "arn:aws:iam::ACCOUNT:oidc-provider/oidc.example.com:aud:system:serviceaccount:ns:sa",
		"arn:aws:iam::111122223333:saml-provider/idp":                                              "arn:aws:iam::ACCOUNT:saml-provider/idp",
		"AROAEXAMPLEEXAMPLE12:i-0123456789":                                                        "UNIQUE-ID:SESSION-3", "anonymous": "anonymous", "ec2.amazonaws.com": "ec2.amazonaws.com",
	} {
		if got := r.Denial(Denial{Principal: principal}).Principal; got != want {
			t.Errorf("%s is %s, want %s", principal, got, want)
		}
	}
	text := r.Text("arn:aws:organizations::999988887777:policy/o-1/service_control_policy/p-1 o-abcdefghij ou-ab12-abcdefgh AKIAFALSEKEYEXAMPLE0 carol@example.org foo-bar")
	if want := "arn:aws:organizations::ACCOUNT-3:policy/ORGANIZATION-2/service_control_policy/p-1 ORGANIZATION UNIT ACCESS-KEY EMAIL foo-bar"; text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

// TestRequestedService checks that the service that received the request is
// read from what the SDK for Java and CloudFormation's handlers append to a
// message.
func TestRequestedService(t *testing.T) {
	t.Parallel()
	pass := notAuthorized("iam:PassRole", "arn:aws:iam::111122223333:role/r", "because no identity-based policy allows the iam:PassRole action")
	for after, want := range map[string]string{
		" (Service: Eks, Status Code: 403, Request ID: r)":                                                      "eks",
		" (Service: Lambda, Status Code: 403, Request ID: r) (SDK Attempt Count: 1)":                            "lambda",
		" (Service: AmazonAutoScaling; Status Code: 403; Error Code: AccessDenied; Request ID: r; Proxy: null)": "autoscaling AccessDenied",
		" (Service: AWSStepFunctions; Status Code: 400; Error Code: AccessDeniedException; Request ID: r)":      "states AccessDeniedException",
		" (Service: Sfn, Status Code: 400, Request ID: r)":                                                      "states",
		" (Service: Iam, Status Code: 403, Request ID: r)":                                                      "",
		"": "",
		" (Service: NoSuchService, Status Code: 403, Request ID: r)": "",
	} {
		found := Read([]byte("Resource handler returned message: \"" + pass + after + "\""))
		if len(found.Denials) != 1 {
			t.Errorf("%q: %d denials", after, len(found.Denials))
			continue
		}
		d := found.Denials[0]
		if got := strings.TrimSpace(d.RequestedService + " " + d.Code); got != want || d.Action != "iam:PassRole" {
			t.Errorf("%q: %q of %s, want %q", after, got, d.Action, want)
		}
	}
	if found := Read([]byte(pass + " (Service: Eks, Status Code: 403, Request ID: r)\n" + pass + " (Service: Lambda, Status Code: 403, Request ID: s)\n")); len(found.Denials) != 2 {
		t.Errorf("a role passed to two services is %d denials", len(found.Denials))
	}
}
