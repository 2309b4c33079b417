// Tests of the policies that SAM writes.

package document

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// SAM lets everyone call the URL of a function that has no authentication, and
// writes the resource policy of an API.
func TestResourcePoliciesOfSAM(t *testing.T) {
	const public = "policy F: Allow AWS * lambda:InvokeFunctionUrl on arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${Ref:F} if StringEquals lambda:FunctionUrlAuthType = NONE\n"
	const viaURL = "policy F: Allow AWS * lambda:InvokeFunction on arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${Ref:F} if Bool lambda:InvokedViaFunctionUrl = true\n"
	for _, c := range []struct{ name, resource, want string }{
		{"no URL", `{Type: AWS::Serverless::Function, Properties: {Role: r}}`, ""},
		{"without authentication", `{Type: AWS::Serverless::Function, Properties: {Role: r, FunctionUrlConfig: {AuthType: NONE}}}`, public + viaURL},
		{"under a condition", `{Type: AWS::Serverless::Function, Condition: C, Properties: {Role: r, FunctionUrlConfig: {AuthType: NONE}}}`, "C: " + public + viaURL},
		{"with authentication", `{Type: AWS::Serverless::Function, Properties: {Role: r, FunctionUrlConfig: {AuthType: AWS_IAM}}}`, ""},
		{"no value", `{Type: AWS::Serverless::Function, Properties: {Role: r, FunctionUrlConfig: !Ref AWS::NoValue}}`, ""},
		{"a parameter", `{Type: AWS::Serverless::Function, Properties: {Role: r, FunctionUrlConfig: {AuthType: !Ref P}}}`, "unread permission that SAM adds for FunctionUrlConfig of AWS::Serverless::Function F true\n"},
		{"an API", `{Type: AWS::Serverless::Api, Properties: {Auth: {ResourcePolicy: {CustomStatements: [{Effect: Allow, Principal: '*', Action: execute-api:Invoke, Resource: '*'}]}}}}`, "unread Auth.ResourcePolicy of AWS::Serverless::Api F true\n"},
		{"an API with an authorization under a condition", `{Type: AWS::Serverless::Api, Properties: {Auth: !If [C, {ResourcePolicy: {AwsAccountWhitelist: ["111122223333"]}}, !Ref AWS::NoValue]}}`, "unread Auth of AWS::Serverless::Api F true\n"},
		{"an API without an authorization", `{Type: AWS::Serverless::Api, Properties: {Auth: !Ref AWS::NoValue}}`, ""},
		{"a connector", `{Type: AWS::DynamoDB::Table, Connectors: {C: {Properties: {Destination: {Id: G}, Permissions: [Read]}}}}`, "unread Connectors of AWS::DynamoDB::Table F true\n"},
		{"a new type with policies", `{Type: AWS::Serverless::Agent, Properties: {Policies: [AdministratorAccess]}}`, "unread AWS::Serverless::Agent F true\n"},
		{"a new type without policies", `{Type: AWS::Serverless::Agent}`, "unread AWS::Serverless::Agent F false\n"},
		{"an API without a policy", `{Type: AWS::Serverless::Api, Properties: {Auth: {DefaultAuthorizer: AWS_IAM}}}`, ""},
	} {
		set, err := ReadSet("t", []byte("Transform: AWS::Serverless-2016-10-31\nParameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, !Ref AWS::Region]}\nResources:\n  F: "+c.resource))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var b strings.Builder
		for _, h := range set.Principals {
			if h.When != "" {
				b.WriteString(h.When + ": ")
			}
			for _, s := range h.Policies[0].Document.Statements {
				fmt.Fprintf(&b, "%s %s: %s %s %s on %s if %s\n", h.Kind, h.Name, s.Effect, s.Principals[0], s.Actions[0], s.Resources[0], s.Conditions[0].String())
			}
		}
		for _, u := range set.Unread {
			if u.LogicalID == "F" && u.Role == "" {
				fmt.Fprintf(&b, "unread %s %v\n", u.Name(), u.Grants)
			}
		}
		if b.String() != c.want {
			t.Errorf("%s: %q, want %q", c.name, b.String(), c.want)
		}
	}
}

// SAM adds permissions to the role of a function for the events that Lambda
// reads with this role, for the function's dead-letter queue and for its
// destinations.
func TestPermissionsThatSAMAddsToRoles(t *testing.T) {
	const prefix = "arn:${AWS::Partition}:iam::aws:policy/"
	for _, c := range []struct{ properties, attached, allowed string }{
		{"{}", "", ""},
		{"{Events: {E: {Type: SQS, Properties: {Queue: q}}}}", prefix + "service-role/AWSLambdaSQSQueueExecutionRole", ""},
		{"{Events: {E: {Type: Kinesis, Properties: {Stream: s}}}}", prefix + "service-role/AWSLambdaKinesisExecutionRole", ""},
		{"{Events: {E: {Type: Api, Properties: {Path: /}}}}", "", ""},
		{"{Events: {E: {Type: MQ, Properties: {Broker: b}}}}", "policy that SAM adds for the event E {Properties={Broker=b}|Type=MQ}", ""},
		{"{Events: {E: {Type: SNS, Properties: {SqsSubscription: true}}}}", prefix + "service-role/AWSLambdaSQSQueueExecutionRole", ""},
		{"{Events: {E: !If [C, {Type: DynamoDB}, {Type: S3}]}}", "[C] " + prefix + "service-role/AWSLambdaDynamoDBExecutionRole", ""},
		{"{Events: {E: {Type: !Ref P}}}", "policy that SAM adds for the event E {Type=${Ref:P}}", ""},
		{"{Tracing: Disabled}", "", ""},
		{"{Tracing: PassThrough}", prefix + "AWSXRayDaemonWriteAccess", ""},                        // SAM excludes only Disabled
		{"{Policies: [AWSLambdaRole]}", "arn:${AWS::Partition}:iam::aws:policy/AWSLambdaRole", ""}, // without Options.AWSPolicyPath
		{"{DeadLetterQueue: {Type: SQS, TargetArn: q}}", "", "sqs:SendMessage on q"},
		{"{DeadLetterQueue: {Type: !Ref P, TargetArn: q}}", "policy that SAM adds for DeadLetterQueue {TargetArn=q|Type=${Ref:P}}", ""},
		{"{DeadLetterQueue: !Ref 'AWS::NoValue'}", "", ""},
		{"{EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SNS, Destination: !Ref T}, OnSuccess: {Type: Lambda, Destination: f}}}}", "", "sns:Publish on ${Ref:T}, lambda:InvokeFunction on f"},
		{"{EventInvokeConfig: {DestinationConfig: {OnSuccess: {Type: SQS, Destination: !If [C, q, !Ref 'AWS::NoValue']}}}}", "", "sqs:SendMessage on q, sqs:SendMessage on ${GetAtt:FEventInvokeConfigOnSuccessQueue.Arn}"},
		{"{EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SQS}}}}", "", "sqs:SendMessage on ${GetAtt:FEventInvokeConfigOnFailureQueue.Arn}"},
		{"{EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SNS}}}}", "", "sns:Publish on ${Ref:FEventInvokeConfigOnFailureTopic}"},
		{"{EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: Lambda}}}}", "policy that SAM adds for OnFailure {Type=Lambda}", ""}, // SAM refuses it
		{"{Events: {E: {Type: MQ, Properties: {Broker: b, SourceAccessConfigurations: [{Type: BASIC_AUTH, URI: s}]}}}}", "", "secretsmanager:GetSecretValue on s, mq:DescribeBroker on b"},
		{"{Events: {E: {Type: MQ, Properties: {Broker: b, SecretsManagerKmsKeyId: k, SourceAccessConfigurations: [{Type: BASIC_AUTH, URI: s}]}}}}", "", "secretsmanager:GetSecretValue on s, mq:DescribeBroker on b, kms:Decrypt on arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/k"},
		{"{Events: {E: {Type: DocumentDB, Properties: {Cluster: c, SourceAccessConfigurations: [{Type: BASIC_AUTH, URI: s}]}}}}", "", "secretsmanager:GetSecretValue on s, rds:DescribeDBClusterParameters on arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:cluster-pg:*, rds:DescribeDBSubnetGroups on arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:subgrp:*, rds:DescribeDBClusters on c, ec2:CreateNetworkInterface on *"},
		{"{Events: {E: {Type: SelfManagedKafka, Properties: {SourceAccessConfigurations: [{Type: VPC_SUBNET, URI: 'subnet:x'}, {Type: VPC_SECURITY_GROUP, URI: 'security_group:x'}, {Type: SASL_SCRAM_512_AUTH, URI: !Ref P}]}}}}", "", "secretsmanager:GetSecretValue on ${Ref:P}, ec2:CreateNetworkInterface on *"},
		{"{Events: {E: {Type: SelfManagedKafka, Properties: {SourceAccessConfigurations: !If [C, [], []]}}}}", "policy that SAM adds for the event E {Properties={SourceAccessConfigurations=${If:C|[]|[]}}|Type=SelfManagedKafka}", ""},
		{"{Events: {E: {Type: MSK, Properties: {SourceAccessConfigurations: [{Type: SASL_SCRAM_512_AUTH, URI: s}]}}}}", prefix + "service-role/AWSLambdaMSKExecutionRole", ""},
		{"{Events: {E: {Type: MSK, Properties: {SourceAccessConfigurations: [{Type: CLIENT_CERTIFICATE_TLS_AUTH, URI: s}]}}}}", prefix + "service-role/AWSLambdaMSKExecutionRole", "secretsmanager:GetSecretValue on s"},
		{"{Events: {E: {Type: Kinesis, Properties: {Stream: s, DestinationConfig: {OnFailure: {Type: SQS, Destination: q}}}}}}", prefix + "service-role/AWSLambdaKinesisExecutionRole", "sqs:SendMessage on q"},
		{"{Events: {E: {Type: Kinesis, Properties: {Stream: s, DestinationConfig: {OnFailure: {Destination: q}}}}}}", prefix + "service-role/AWSLambdaKinesisExecutionRole", ""},
		{"{Tracing: Active}", prefix + "AWSXRayDaemonWriteAccess", ""},
	} {
		set, err := ReadSet("t", []byte("Transform: AWS::Serverless-2016-10-31\nParameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, !Ref AWS::Region]}\nResources:\n  F: {Type: AWS::Serverless::Function, Properties: "+c.properties+"}"))
		if err != nil {
			t.Fatalf("%s: %v", c.properties, err)
		}
		h := set.Principals[slices.IndexFunc(set.Principals, func(h *Holder) bool { return h.Kind == RoleKind })]
		var attached, allowed []string
		for _, name := range h.Attached {
			for _, when := range h.AttachedWhen[name] {
				name = fmt.Sprint(when, " ", name)
			}
			if name != prefix+"service-role/AWSLambdaBasicExecutionRole" {
				attached = append(attached, name)
			}
		}
		for _, p := range h.Policies {
			for _, s := range p.Document.Statements {
				allowed = append(allowed, s.Actions[0]+" on "+s.Resources[0])
			}
		}
		if got := strings.Join(attached, ", "); got != c.attached {
			t.Errorf("%s: attached %q, want %q", c.properties, got, c.attached)
		}
		if got := strings.Join(allowed, ", "); got != c.allowed {
			t.Errorf("%s: allowed %q, want %q", c.properties, got, c.allowed)
		}
	}
}

// Services can call a function for its events, whether or not SAM creates the
// role of the function.
func TestPermissionsToCallFunctions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ events, want, unread string }{
		{"{E: {Type: S3, Properties: {Bucket: b}}}", "FEPermission: s3.amazonaws.com if AWS:SourceAccount is ${AWS::AccountId}, when [Own]", ""},
		{"{E: {Type: Schedule}}", "FEPermission: events.amazonaws.com if AWS:SourceArn is ${GetAtt:FE.Arn}, when [Own]", ""},
		{"{E: {Type: Api, Properties: {Path: /a, Method: get}}}", "FEPermission: apigateway.amazonaws.com if AWS:SourceArn is arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Ref:ServerlessRestApi}/*, when [Own]", ""},
		{"{E: {Type: HttpApi, Properties: {ApiId: !Ref A}}}", "FEPermission: apigateway.amazonaws.com if AWS:SourceArn is arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Ref:A}/*, when [Own]", ""},
		{"{E: {Type: SNS, Properties: {Topic: !Ref T}}}", "FEPermission: sns.amazonaws.com if AWS:SourceArn is ${Ref:T}, when [Own]", ""},
		{"{E: {Type: CloudWatchLogs, Properties: {LogGroupName: g}}}", "FEPermission: logs.amazonaws.com if AWS:SourceArn is arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:g:*, when [Own]", ""},
		{"{E: {Type: Cognito, Properties: {UserPool: !Ref U}}}", "FEPermission: cognito-idp.amazonaws.com if AWS:SourceArn is ${GetAtt:U.Arn}, when [Own]", ""},
		{"{E: {Type: AlexaSkill}}", "FEPermission: alexa-appkit.amazon.com, when [Own]", ""},
		{"{E: {Type: SNS, Properties: {SqsSubscription: true}}}", "", "policies of queues that SAM adds for Events of AWS::Serverless::Function F"},
		{"{E: {Type: SNS, Properties: {SqsSubscription: false}}}", "FEPermission: sns.amazonaws.com if AWS:SourceArn is ${GetAtt:FE.Arn}, when [Own]", ""},
		{"{E: {Type: SQS}, T: {Type: ScheduleV2}}", "", "roles that SAM adds for Events of AWS::Serverless::Function F"},
		{"{E: {Type: SQS}, T: {Type: ScheduleV2, Properties: {RoleArn: r}}}", "", ""},
		{"{E: !If [C, {Type: ScheduleV2}, !Ref 'AWS::NoValue']}", "", "roles that SAM adds for Events of AWS::Serverless::Function F"},
		{"{E: !If [C, {Type: IoTRule}, !Ref 'AWS::NoValue']}", "FEPermission: iot.amazonaws.com if AWS:SourceArn is arn:${AWS::Partition}:iot:${AWS::Region}:${AWS::AccountId}:rule/${Ref:FE}, when [C Own]", ""},
		{"{E: {Type: !Ref P}}", "", "permissions that SAM adds for Events of AWS::Serverless::Function F"},
		{"!Ref 'AWS::NoValue'", "", ""},
	} {
		set, err := ReadSet("t", []byte("Transform: AWS::Serverless-2016-10-31\nParameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, !Ref AWS::Region], Own: !Equals [!Ref P, !Ref AWS::Partition]}\nResources:\n  F: {Type: AWS::Serverless::Function, Condition: Own, Properties: {Role: r, Events: "+c.events+"}}"))
		if err != nil {
			t.Fatalf("%s: %v", c.events, err)
		}
		got, unread := "", ""
		for _, h := range set.Principals {
			s := h.Policies[0].Document.Statements[0]
			got += h.Name + ": " + s.Principals[0].ID
			for _, condition := range s.Conditions {
				got += " if " + condition.Key + " is " + condition.Values[0]
			}
			got += fmt.Sprint(", when ", s.When)
		}
		for _, u := range set.Unread {
			if u.Role == "" {
				unread += u.Name()
			}
		}
		if got != c.want || unread != c.unread {
			t.Errorf("%s: %q, unread %q", c.events, got, unread)
		}
	}
}

// What SAM adds beside the role of a function is recorded, because it is not read.
func TestPartsThatSAMAdds(t *testing.T) {
	t.Parallel()
	for resource, want := range map[string]string{
		"{Type: AWS::Serverless::Function, Properties: {Role: r, DeploymentPreference: {Type: AllAtOnce}}}":          "role that SAM adds for DeploymentPreference of AWS::Serverless::Function X",
		"{Type: AWS::Serverless::Function, Properties: {Role: r, DeploymentPreference: {Type: AllAtOnce, Role: d}}}": "",
		"{Type: AWS::Serverless::Function, Properties: {Role: r, DeploymentPreference: {Enabled: false}}}":           "",
		"{Type: AWS::Serverless::StateMachine, Properties: {Role: r, Events: {E: {Type: Schedule}}}}":                "roles that SAM adds for Events of AWS::Serverless::StateMachine X",
		"{Type: AWS::Serverless::Api, Properties: {Auth: {Authorizers: {A: {FunctionArn: f}}}}}":                     "permissions that SAM adds for Auth of AWS::Serverless::Api X",
		"{Type: AWS::Serverless::Api, Properties: {DefinitionUri: 's3://b/k'}}":                                      "DefinitionUri of AWS::Serverless::Api X",
		"{Type: AWS::Serverless::HttpApi, Properties: {DefinitionUri: 's3://b/k'}}":                                  "",
		"{Type: AWS::Serverless::GraphQLApi, Properties: {DataSources: {}}}":                                         "AWS::Serverless::GraphQLApi X",
		"{Type: AWS::Serverless::SimpleTable}":                                                                       "",
		"{Type: AWS::ApiGateway::RestApi, Properties: {BodyS3Location: {Bucket: b}}}":                                "BodyS3Location of AWS::ApiGateway::RestApi X",
	} {
		set, err := ReadSet("t", []byte("Transform: AWS::Serverless-2016-10-31\nResources:\n  X: "+resource))
		if err != nil {
			t.Fatalf("%s: %v", resource, err)
		}
		got := ""
		for _, u := range set.Unread {
			if u.Role == "" {
				got += u.Name()
			}
		}
		if got != want {
			t.Errorf("%s: unread %q, want %q", resource, got, want)
		}
	}
}

// SAM creates a role under the template conditions under which none is given.
func TestRoleUnderCondition(t *testing.T) {
	t.Parallel()
	const none = "!Ref 'AWS::NoValue'"
	for role, want := range map[string]string{
		none:                                   "'' []",
		"r":                                    "none",
		"!If [C, r, s]":                        "none",
		"!If [C, r, " + none + "]":             "'!C' [!C]",
		"!If [C, " + none + ", r]":             "'C' [C]",
		"!If [C, " + none + ", " + none + "]":  "'' []",
		"!If [C, r, !If [D, s, " + none + "]]": "'' [!C !D]",
		"!If [C, " + none + ", !If [D, s, " + none + "]]": "'' []",
	} {
		set, err := ReadSet("t", []byte("Transform: AWS::Serverless-2016-10-31\nParameters: {P: {Type: String}, Q: {Type: String}}\nConditions: {C: !Equals [!Ref P, x], D: !Equals [!Ref Q, x]}\nResources:\n  F: {Type: AWS::Serverless::Function, Properties: {Role: "+role+", Policies: [{Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}]}}"))
		if err != nil {
			t.Fatal(err)
		}
		got := "none"
		if len(set.Principals) > 0 {
			h := set.Principals[0]
			got = fmt.Sprintf("'%s' %v", h.When, h.Policies[0].Document.Statements[0].When)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", role, got, want)
		}
	}
}

// SAM attaches an AWS managed policy that is named without its path, and names the inline
// policies that it makes of documents.
func TestPoliciesOfSAM(t *testing.T) {
	const template = `
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - AWSLambdaVPCAccessExecutionRole
        - Unknown
        - {Statement: {Effect: Allow, Action: "a:b", Resource: "*"}}
        - S3NewPolicy: {BucketName: b}
`
	path := func(name string) string {
		if name == "Unknown" {
			return ""
		}
		return "service-role/" + name
	}
	set, err := ReadSetWith("t", []byte(template), Options{AWSPolicyPath: path})
	if err != nil {
		t.Fatal(err)
	}
	h := set.Principals[0]
	const prefix = "arn:${AWS::Partition}:iam::aws:policy/"
	want := []string{"SAM policy template S3NewPolicy {BucketName=b}", prefix + "Unknown", prefix + "service-role/AWSLambdaBasicExecutionRole", prefix + "service-role/AWSLambdaVPCAccessExecutionRole"}
	if !slices.Equal(h.Attached, want) || len(h.Policies) != 1 || h.Policies[0].Name != "FRolePolicy2" {
		t.Errorf("got %q, %+v", h.Attached, h.Policies)
	}
	for i, name := range h.Attached {
		if IsAddedBySAM(name) != (i == 0) {
			t.Errorf("%s: added by SAM: %v", name, i != 0)
		}
	}
}
