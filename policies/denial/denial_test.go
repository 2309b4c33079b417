// Tests of the formats in which denials appear, of counting denied records, and of
// texts that look like a denial.

package denial

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	controllers = "arn:aws:sts::111122223333:assumed-role/controllers.cluster-api-provider-aws.sigs.k8s.io/1753430000000000000"
	user        = "arn:aws:iam::111122223333:user/deploy"
	host        = "arn:aws:ec2:eu-west-1:111122223333:dedicated-host/*"
)

var allocateDenial = Denial{Action: "ec2:AllocateHosts", Principal: controllers, Resource: host, Policy: Identity, Code: "UnauthorizedOperation"}

// TestFalseTableHeadersAreCheap checks that many headers, each above an
// unclosed quotation mark, do not make the reader read the rest of the text
// once per header.
func TestFalseTableHeadersAreCheap(t *testing.T) {
	text := []byte(strings.Repeat("eventName,errorCode\n\"x\n", 1000))
	r := &reader{lineOffsets: lineStarts(text)}
	r.readTables(text)
	if most := 2 * len(text); r.falseRowBytes > most {
		t.Errorf("%d bytes were read as rows, want at most %d", r.falseRowBytes, most)
	}
}

func changed(d Denial, change func(*Denial)) Denial {
	change(&d)
	return d
}

func setEncoded(d *Denial) { d.Encoded = true }

var denialCases = []struct {
	name, text string
	want       []Denial
}{
	{"SDK for Go v2 in a controller's log",
		`E0728 09:12:01.000001       1 controller.go:474] "Reconciler error" err="failed to create AWSMachine instance: failed to run instance: operation error EC2: AllocateHosts, https response error StatusCode: 403, RequestID: 1f2e-3d, api error UnauthorizedOperation: You are not authorized to perform this operation. User: ` + controllers + ` is not authorized to perform: ec2:AllocateHosts on resource: ` + host + ` because no identity-based policy allows the ec2:AllocateHosts action. Encoded authorization failure message: qwErTY_1-x" controller="awsmachine" namespace="default"`,
		[]Denial{changed(allocateDenial, setEncoded)}},
	{"SDK for Go v2 in a JSON line of zap",
		`{"level":"error","ts":"2026-07-28T09:12:01Z","msg":"Reconciler error","error":"operation error EC2: AllocateHosts, https response error StatusCode: 403, RequestID: 1f2e-3d, api error UnauthorizedOperation: You are not authorized to perform this operation. User: ` + controllers + ` is not authorized to perform: ec2:AllocateHosts on resource: ` + host + ` because no identity-based policy allows the ec2:AllocateHosts action"}`,
		[]Denial{allocateDenial}},
	{"a JSON line after the prefix of a container runtime",
		`2026-07-28T09:12:01.000Z stderr F {"level":"error","err":"User: ` + controllers + ` is not authorized to perform: ec2:AllocateHosts on resource: ` + host + ` because no identity-based policy allows the ec2:AllocateHosts action"}`,
		[]Denial{changed(allocateDenial, func(d *Denial) { d.Code = "" })}},
	{"EC2 before 2023: only the encoded message",
		`operation error EC2: AllocateHosts, https response error StatusCode: 403, RequestID: 1f2e-3d, api error UnauthorizedOperation: You are not authorized to perform this operation. Encoded authorization failure message: qwErTY_1-x`,
		[]Denial{{Action: "ec2:AllocateHosts", Code: "UnauthorizedOperation", Encoded: true}}},
	{"SDK for Go v1: only the code",
		"E0610 controller.go:134] Error reconciling cluster object test1; failed to create new vpc: UnauthorizedOperation: You are not authorized to perform this operation.\n\tstatus code: 403, request id: ff1f9375-021b-420e-823a-5fde8e61559d\n",
		[]Denial{{Code: "UnauthorizedOperation"}}},
	{"AWS CLI and botocore",
		`An error occurred (AccessDenied) when calling the CreateRole operation: User: ` + user + ` is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::111122223333:role/nodes because no identity-based policy allows the iam:CreateRole action`,
		[]Denial{{Action: "iam:CreateRole", Principal: user, Resource: "arn:aws:iam::111122223333:role/nodes", Policy: Identity, Code: "AccessDenied"}}},
	{"botocore, encoded",
		`botocore.exceptions.ClientError: An error occurred (UnauthorizedOperation) when calling the AllocateHosts operation (reached max retries: 4): You are not authorized to perform this operation. Encoded authorization failure message: qwErTY_1-x`,
		[]Denial{{Action: "ec2:AllocateHosts", Code: "UnauthorizedOperation", Encoded: true}}},
	{"an SCP, with the policy",
		`An error occurred (AccessDenied) when calling the ListRoles operation: User: ` + user + ` is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::111122223333:role/* with an explicit deny in a service control policy: arn:aws:organizations::444455556666:policy/o-aaaa000000/service_control_policy/p-bbbb1111.`,
		[]Denial{{Action: "iam:ListRoles", Principal: user, Resource: "arn:aws:iam::111122223333:role/*", Policy: ServiceControl, Explicit: true,
			PolicyARN: "arn:aws:organizations::444455556666:policy/o-aaaa000000/service_control_policy/p-bbbb1111", Code: "AccessDenied"}}},
	{"an SCP that allows nothing", denialLine(`because no service control policy allows the ec2:AllocateHosts action`), oneDenial(ServiceControl, false)},
	{"a resource control policy", denialLine(`with an explicit deny in a resource control policy`), oneDenial(ResourceControl, true)},
	{"a boundary that allows nothing", denialLine(`because no permissions boundary allows the ec2:AllocateHosts action`), oneDenial(Boundary, false)},
	{"a boundary that denies", denialLine(`with an explicit deny in a permissions boundary`), oneDenial(Boundary, true)},
	{"a session policy", denialLine(`because no session policy allows the ec2:AllocateHosts action`), oneDenial(Session, false)},
	{"a VPC endpoint policy", denialLine(`with an explicit deny in a VPC endpoint policy`), oneDenial(Endpoint, true)},
	{"an identity policy that denies", denialLine(`with an explicit deny in an identity-based policy`), oneDenial(Identity, true)},
	{"a resource policy", denialLine(`because no resource-based policy allows the ec2:AllocateHosts action`), oneDenial(Resource, false)},
	{"an explicit deny without a kind of policy", denialLine(`with an explicit deny`), oneDenial("", true)},
	{"no reason", denialLine(``), oneDenial("", false)},
	{"a trust policy",
		`api error AccessDenied: User: ` + user + ` is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/controllers because no role trust policy allows the sts:AssumeRole action`,
		[]Denial{{Action: "sts:AssumeRole", Principal: user, Resource: "arn:aws:iam::444455556666:role/controllers", Policy: Trust, Code: "AccessDenied"}}},
	{"a web identity",
		`WebIdentityErr: failed to retrieve credentials, caused by: AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity` + "\n\tstatus code: 403, request id: 1-2",
		[]Denial{{Action: "sts:AssumeRoleWithWebIdentity", Code: "AccessDenied"}}},
	{"credentials that cannot be retrieved for another request",
		`operation error EC2: DescribeVpcs, get identity: get credentials: failed to refresh cached credentials, operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 403, RequestID: 1-2, api error AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity`,
		[]Denial{{Action: "sts:AssumeRoleWithWebIdentity", Code: "AccessDenied"}}},
	{"a resource handler of CloudFormation",
		`Resource handler returned message: "User: ` + user + ` is not authorized to perform: iam:CreateInstanceProfile on resource: arn:aws:iam::111122223333:instance-profile/nodes because no identity-based policy allows the iam:CreateInstanceProfile action (Service: Iam, Status Code: 403, Request ID: 1-2)" (RequestToken: 3-4, HandlerErrorCode: AccessDenied)`,
		[]Denial{{Action: "iam:CreateInstanceProfile", Principal: user, Resource: "arn:aws:iam::111122223333:instance-profile/nodes", Policy: Identity}}},
	{"CloudFormation's older events",
		`API: ec2:AllocateHosts You are not authorized to perform this operation. Encoded authorization failure message: qwErTY`,
		[]Denial{{Action: "ec2:AllocateHosts", Encoded: true}}},
	{"CloudFormation's events about IAM",
		`API: iam:PutRolePolicy User: ` + user + ` is not authorized to perform: iam:PutRolePolicy on resource: role nodes`,
		[]Denial{{Action: "iam:PutRolePolicy", Principal: user, Resource: "arn:aws:iam::111122223333:role/nodes"}}},
	{"a resource in words, and its reason",
		`User: ` + user + ` is not authorized to perform: iam:GetInstanceProfile on resource: instance profile nodes with an explicit deny in a service control policy`,
		[]Denial{{Action: "iam:GetInstanceProfile", Principal: user, Resource: "arn:aws:iam::111122223333:instance-profile/nodes", Policy: ServiceControl, Explicit: true}}},
	{"an explicit deny in a trust policy", `User: ` + user + ` is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/r with an explicit deny in the role trust policy`,
		[]Denial{{Action: "sts:AssumeRole", Principal: user, Resource: "arn:aws:iam::111122223333:role/r", Policy: Trust, Explicit: true}}},
	{"in a box drawn by Terraform", "╷\n│ Error: creating EC2 VPC: operation error EC2: CreateVpc, https response error StatusCode:\n│ 403, RequestID: 1-2, api error UnauthorizedOperation: You are not authorized to\n│ perform this operation. User: " + user + " is not authorized to perform: ec2:CreateVpc on\n│ resource: arn:aws:ec2:eu-west-1:111122223333:vpc/* because no service control policy allows the\n│ ec2:CreateVpc action\n╵",
		[]Denial{{Action: "ec2:CreateVpc", Principal: user, Resource: "arn:aws:ec2:eu-west-1:111122223333:vpc/*", Policy: ServiceControl, Code: "UnauthorizedOperation"}}},
	{"a network activity event of CloudTrail",
		`{"eventType":"AwsVpceEvent","eventSource":"secretsmanager.amazonaws.com","eventName":"CreateSecret","errorCode":"VpceAccessDenied","errorMessage":"The request was denied due to a VPC endpoint policy","vpcEndpointId":"vpce-0123","userIdentity":{"arn":"` + user + `"}}`,
		[]Denial{{Action: "secretsmanager:CreateSecret", Principal: user, Resource: "vpce-0123", Policy: Endpoint, Code: "VpceAccessDenied"}}},
	{"a HEAD request to S3, whose response has no body", `An error occurred (403) when calling the HeadObject operation: Forbidden`, []Denial{{Action: "s3:GetObject", Code: "403"}}},
	{"a service-linked role for spot instances",
		`operation error EC2: RunInstances, https response error StatusCode: 403, RequestID: 1-2, api error AuthFailure.ServiceLinkedRoleCreationNotPermitted: The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.`,
		[]Denial{{Action: "iam:CreateServiceLinkedRole", Code: "AuthFailure.ServiceLinkedRoleCreationNotPermitted"}}},
	{"SDK for Java",
		`You are not authorized to perform this operation. (Service: AmazonEC2; Status Code: 403; Error Code: UnauthorizedOperation; Request ID: 1-2; Proxy: null)`,
		[]Denial{{Code: "UnauthorizedOperation"}}},
	{"S3 with few details",
		`operation error S3: ListObjectsV2, https response error StatusCode: 403, RequestID: 1, HostID: a/b+c=, api error AccessDenied: Access Denied`,
		[]Denial{{Action: "s3:ListBucket", Code: "AccessDenied"}}},
	{"S3 in XML",
		`<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>User: ` + user + ` is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::bucket/key" because no identity-based policy allows the s3:PutObject action</Message></Error>`,
		[]Denial{{Action: "s3:PutObject", Principal: user, Resource: "arn:aws:s3:::bucket/key", Policy: Identity, Code: "AccessDenied"}}},
	{"KMS about a ciphertext",
		`AccessDeniedException: User: ` + user + ` is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
		[]Denial{{Action: "kms:Decrypt", Principal: user, Policy: Resource, MayNotExist: true, Code: "AccessDeniedException"}}},
	{"a JSON error from a service",
		`{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"User: ` + user + ` is not authorized to perform: eks:CreateCluster on resource: arn:aws:eks:eu-west-1:111122223333:cluster/c"}`,
		[]Denial{{Action: "eks:CreateCluster", Principal: user, Resource: "arn:aws:eks:eu-west-1:111122223333:cluster/c", Code: "AccessDeniedException"}}},
	{"a record of CloudTrail",
		`{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","arn":"` + controllers + `"},"eventTime":"2026-07-28T09:12:01Z","eventSource":"ec2.amazonaws.com","eventName":"AllocateHosts","errorCode":"Client.UnauthorizedOperation","errorMessage":"You are not authorized to perform this operation. Encoded authorization failure message: qwErTY"}`,
		[]Denial{{Action: "ec2:AllocateHosts", Principal: controllers, Code: "Client.UnauthorizedOperation", Encoded: true}}},
	{"a CloudTrail file with other records",
		`{"Records":[{"eventSource":"ec2.amazonaws.com","eventName":"DescribeVpcs","userIdentity":{"arn":"` + user + `"}},` + "\n" +
			`{"eventSource":"lambda.amazonaws.com","eventName":"CreateFunction20150331","errorCode":"AccessDenied","errorMessage":"An unknown error occurred","userIdentity":{"arn":"` + user + `"}}]}`,
		[]Denial{{Action: "lambda:CreateFunction", Principal: user, Code: "AccessDenied"}}},
	{"the output of aws cloudtrail lookup-events",
		`{"Events": [{"EventName": "DescribeLoadBalancers", "CloudTrailEvent": ` + quoted(`{"eventSource":"elasticloadbalancing.amazonaws.com","eventName":"DescribeLoadBalancers","errorCode":"AccessDenied","errorMessage":"User: `+user+` is not authorized to perform: elasticloadbalancing:DescribeLoadBalancers because no identity-based policy allows the elasticloadbalancing:DescribeLoadBalancers action","userIdentity":{"arn":"`+user+`"}}`) + `}]}`,
		[]Denial{{Action: "elasticloadbalancing:DescribeLoadBalancers", Principal: user, Policy: Identity, Code: "AccessDenied"}}},
	{"a decoded message",
		`{"DecodedMessage": ` + quoted(`{"allowed":false,"explicitDeny":true,"matchedStatements":{"items":[{"statementId":"Hosts","effect":"ALLOW"},{"statementId":"NoHosts","effect":"DENY"}]},"failures":{"items":[]},"context":{"principal":{"id":"AIDA","arn":"`+user+`"},"action":"ec2:AllocateHosts","resource":"`+host+`","conditions":{"items":[]}}}`) + `}`,
		[]Denial{{Action: "ec2:AllocateHosts", Principal: user, Resource: host, Explicit: true, Statement: "NoHosts"}}},
	{"broken by a terminal", strings.ReplaceAll(denialLine(`because no identity-based policy allows the ec2:AllocateHosts action`), " ", "\n    "), oneDenial(Identity, false)},
	{"quoted and escaped twice", `msg="err=\"User: ` + controllers + ` is not authorized to perform: ec2:AllocateHosts on resource: \\\"` + host + `\\\" because no identity-based policy allows the ec2:AllocateHosts action\""`, oneDenial(Identity, false)},
	{"in colour, with carriage returns", "\x1b[31m" + denialLine(`because no identity-based policy allows the ec2:AllocateHosts action`) + "\x1b[0m\r\n", oneDenial(Identity, false)},
	{"an action in another letter case",
		`AuthorizationErrorException: User: ` + user + ` is not authorized to perform: SNS:Publish on resource: arn:aws:sns:eu-west-1:111122223333:t`,
		[]Denial{{Action: "sns:Publish", Principal: user, Resource: "arn:aws:sns:eu-west-1:111122223333:t", Code: "AuthorizationErrorException"}}},
}

func denialLine(reason string) string {
	return "User: " + controllers + " is not authorized to perform: ec2:AllocateHosts on resource: " + host + " " + reason
}

func oneDenial(policy Policy, explicit bool) []Denial {
	return []Denial{{Action: "ec2:AllocateHosts", Principal: controllers, Resource: host, Policy: policy, Explicit: explicit}}
}

func quoted(text string) string {
	q, _ := json.Marshal(text)
	return string(q)
}

func TestDenials(t *testing.T) {
	for _, tt := range denialCases {
		t.Run(tt.name, func(t *testing.T) {
			got := Read([]byte("I0728 all is well\n\n" + tt.text + "\nI0728 going on"))
			if diff := cmp.Diff(tt.want, got.Denials, cmpopts.IgnoreFields(Denial{}, "Line", "Times", "Sessions"), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("the denials (-want +got):\n%s", diff)
			}
			for _, d := range got.Denials {
				if d.Line < 3 || d.Times != 1 {
					t.Errorf("line %d, %d times, want line 3 or later, once", d.Line, d.Times)
				}
			}
		})
	}
}

func TestNoDenials(t *testing.T) {
	for _, text := range []string{
		``,
		"\n\n",
		`I0728 09:12:01 controller.go:1] "Reconciled" controller="awscluster"`,
		`api error ExpiredToken: The security token included in the request is expired`,
		`operation error STS: GetCallerIdentity, https response error StatusCode: 403, RequestID: 1-2, api error InvalidClientTokenId: The security token included in the request is invalid.`,
		`An error occurred (SignatureDoesNotMatch) when calling the ListRoles operation: The request signature we calculated does not match`,
		`operation error EC2: RunInstances, https response error StatusCode: 400, RequestID: 1-2, api error VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit`,
		`ThrottlingException: Rate exceeded`,
		`operation error EC2: RunInstances, https response error StatusCode: 412, RequestID: 1, api error DryRunOperation: Request would have succeeded, but DryRun flag is set.`,
		`secrets is forbidden: User "system:serviceaccount:capa-system:capa-controller-manager" cannot list resource "secrets" in API group "" at the cluster scope`,
		`mysqld: Access denied for user 'root'@'localhost' (using password: YES)`,
		`deploy@host: Permission denied (publickey).`,
		`admission webhook "validation.awscluster.infrastructure.cluster.x-k8s.io" denied the request: field is immutable`,
		`Error response from daemon: pull access denied for image, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
		`{"eventSource":"ec2.amazonaws.com","eventName":"DescribeVpcs","userIdentity":{"arn":"` + user + `"}}`,
		`{"eventSource":"ec2.amazonaws.com","eventName":"RunInstances","errorCode":"Client.InvalidAMIID.NotFound","errorMessage":"The image id does not exist","userIdentity":{"arn":"` + user + `"}}`,
		`{"DecodedMessage": ` + quoted(`{"allowed":true,"explicitDeny":false,"context":{"principal":{"arn":"`+user+`"},"action":"ec2:AllocateHosts"}}`) + `}`,
		`ERROR: user alice is not authorized to perform: backup:start-it`,
		`If you are not authorized to perform this operation, ask your administrator.`,
		`aws_request_errors_total{service="ec2",code="AccessDenied"} 0`,
		`AccessDenied: the dashboard is for members only`,
		`Expect(err).To(MatchError(ContainSubstring("is not authorized to perform: ec2:RunInstances")))`,
		`deny[msg] { msg := "not authorized to perform iam:PassRole" }`,
		`<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>`,
		`An error occurred (AccessDenied) when calling the AssumeRole operation: Roles may not be assumed by root accounts.`,
		`Unable to locate credentials. You can configure credentials by running "aws configure".`,
		`{"statusCode":403,"message":"Forbidden"}`,
		`User: ` + user + ` is authorized to perform: ec2:AllocateHosts`,
	} {
		if got := Read([]byte(text)); len(got.Denials) != 0 {
			t.Errorf("%s\nwas read as a denial: %+v", text, got.Denials)
		}
	}
}

func TestOtherErrors(t *testing.T) {
	got := Read([]byte("line\n" + `api error ExpiredToken: The security token included in the request is expired` + "\n" + `x is forbidden: User "a" cannot list resource "secrets"`))
	want := []Other{{"ExpiredToken", 2, "the credentials have expired"}, {"Forbidden", 3, "Kubernetes RBAC, not AWS, denies the request"}}
	if diff := cmp.Diff(want, got.Others); diff != "" {
		t.Error(diff)
	}
}

func TestRepeatedDenialsAreCombined(t *testing.T) {
	var text strings.Builder
	for i := range 50 {
		fmt.Fprintf(&text, "I%04d nothing of interest\n%s\n", i, denialLine(`because no identity-based policy allows the ec2:AllocateHosts action`))
	}
	text.WriteString(denialLine(`with an explicit deny in a service control policy`))
	got := Read([]byte(text.String()))
	if len(got.Denials) != 2 || got.Lines != 101 {
		t.Fatalf("%d denials in %d lines, want 2 in 101", len(got.Denials), got.Lines)
	}
	if first, second := got.Denials[0], got.Denials[1]; first.Line != 2 || first.Times != 50 || second.Line != 101 || second.Times != 1 {
		t.Errorf("got lines %d and %d, %d and %d times", first.Line, second.Line, first.Times, second.Times)
	}
}

// The ARN of the caller in the next line is not read as the ARN of the denying policy.
func TestMessagesInConsecutiveLines(t *testing.T) {
	for _, policy := range []string{"an identity-based policy", "a session policy", "a permissions boundary"} {
		const message = "User: arn:aws:iam::111122223333:user/%s is not authorized to perform: ec2:StopInstances with an explicit deny in %s\n"
		got := Read([]byte(fmt.Sprintf(message, "a", policy) + fmt.Sprintf(message, "b", policy))).Denials
		if len(got) != 2 || got[0].PolicyARN != "" || got[0].Policy == "" || got[1].Line != 2 {
			t.Errorf("%s: got %+v", policy, got)
		}
	}
}

// Two records with the same message in one text must be reported as one denial
// that occurs twice, with everything that the message says.
func TestRecordsInTextCountSeparately(t *testing.T) {
	record := deniedRecord("because no identity-based policy allows the ec2:AllocateHosts action")
	found := Read([]byte(`{"Message":` + quoted(`{"Records":[`+record+","+record+`]}`) + `}`))
	if len(found.Denials) != 1 || found.Denials[0].Times != 2 || found.Denials[0].Policy != Identity {
		t.Errorf("got %+v, want one denial, reported twice", found.Denials)
	}
}

// A record and another text of the same object report one denial.
func TestRecordAndTextOfObjectCountOnce(t *testing.T) {
	const reason = "with an explicit deny in a service control policy"
	found := Read([]byte(`{"Message":` + quoted(deniedRecord(reason)) + `,"msg":` + quoted(denialLine(reason)) + `}`))
	if len(found.Denials) != 1 || found.Denials[0].Times != 1 {
		t.Errorf("got %+v, want one denial, reported once", found.Denials)
	}
}

// Each record before the end of an incomplete document must be counted once,
// although the document is parsed again from each line.
func TestRecordsOfIncompleteDocumentCountOnce(t *testing.T) {
	record := deniedRecord("with an explicit deny in a service control policy")
	found := Read([]byte("{\"Records\":[\n" + record + ",\n" + record + ",\n{\"eventName\":"))
	if len(found.Denials) != 1 || found.Denials[0].Times != 2 || found.Denials[0].Line != 2 {
		t.Errorf("got %+v, want one denial, reported twice, first in line 2", found.Denials)
	}
}

func deniedRecord(reason string) string {
	return `{"eventName":"AllocateHosts","eventSource":"ec2.amazonaws.com","errorCode":"AccessDenied","errorMessage":` + quoted(denialLine(reason)) + `}`
}

// Read must finish soon on a hostile text and find at most one denial in it. If a
// text has more than MaxDenials denials, Read must keep only MaxDenials of them.
func TestHostileTexts(t *testing.T) {
	for name, text := range map[string]string{
		"unclosed objects":   strings.Repeat("{\"a\":\n", 100_000),
		"unclosed lists":     strings.Repeat("[{\n", 100_000),
		"a very deep object": strings.Repeat(`{"a":`, 100_000) + strings.Repeat("}", 100_000),
		"texts in texts":     nestJSON(6),
		"gaps":               "User: a is not authorized to perform:" + strings.Repeat(" \\n", 200_000),
		"many wrappers":      strings.Repeat("operation error EC2: ", 100_000),
	} {
		if got := Read([]byte(text)); len(got.Denials) > 1 {
			t.Errorf("%s: %d denials", name, len(got.Denials))
		}
	}
	var many strings.Builder
	for i := range MaxDenials + 10 {
		fmt.Fprintf(&many, "User: arn:aws:iam::111122223333:user/u%d is not authorized to perform: ec2:AllocateHosts\n", i)
	}
	if got := Read([]byte(many.String())); len(got.Denials) != MaxDenials {
		t.Errorf("%d denials, want no more than %d", len(got.Denials), MaxDenials)
	}
}

func nestJSON(n int) string {
	text := denialLine("with an explicit deny")
	for range n {
		text = `{"m":` + quoted(text) + `}`
	}
	return text
}

func FuzzRead(f *testing.F) {
	for _, tt := range denialCases {
		f.Add(tt.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Read([]byte(text))
		for _, d := range got.Denials {
			if d.Line < 1 || d.Line > got.Lines || d.Times < 1 {
				t.Errorf("line %d of %d, %d times", d.Line, got.Lines, d.Times)
			}
		}
	})
}
