// Tests of the resources that a resource policy protects.

package document

import (
	"slices"
	"strings"
	"testing"
)

// TestProtects checks ARNs that are not written in the template: that of a
// function with a partial ARN, and those of the indexes of a table.
func TestProtects(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ resource, want string }{
		"a function by its partial ARN": {"{Type: AWS::Lambda::Permission, Properties: {FunctionName: '111122223333:function:f', Action: 'lambda:InvokeFunction', Principal: s3.amazonaws.com}}",
			"arn:${AWS::Partition}:lambda:${AWS::Region}:111122223333:function:f"},
		"a function by its partial ARN in this account": {"{Type: AWS::Lambda::Permission, Properties: {FunctionName: !Sub '${AWS::AccountId}:function:f', Action: 'lambda:InvokeFunction', Principal: s3.amazonaws.com}}",
			"arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:f"},
		"an index of a table": {"{Type: AWS::DynamoDB::Table, Properties: {TableName: t, ResourcePolicy: {PolicyDocument: {Statement: [{Effect: Deny, Principal: '*', Action: '*', Resource: '*'}]}}}}",
			"arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/t/index/*"},
		"a stream of a table": {"{Type: AWS::DynamoDB::Table, Properties: {TableName: t, StreamSpecification: {ResourcePolicy: {PolicyDocument: {Statement: [{Effect: Deny, Principal: '*', Action: '*', Resource: '*'}]}}}}}",
			"arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/t/stream/*"},
	} {
		set, err := ReadSet("t.yaml", []byte("Resources:\n  X: "+tt.resource))
		if err != nil {
			t.Fatal(err)
		}
		if len(set.Principals) != 1 || !slices.Contains(set.Principals[0].Protects, tt.want) {
			t.Errorf("%s: want %s in %+v", name, tt.want, set.Principals)
		} else if s := set.Principals[0].Policies[0].Document.Statements[0]; s.Effect == Allow && !slices.Equal(s.Resources, []string{tt.want}) {
			t.Errorf("%s: the statement has the resources %q", name, s.Resources)
		}
	}
}

// TestProtectsOf checks the ARN pattern of the resource that the policy of a queue,
// topic or secret protects, for each way in which a template can name the resource.
func TestProtectsOf(t *testing.T) {
	t.Parallel()
	const (
		queues = "AWS::SQS::QueuePolicy, Properties: {Queues: ["
		secret = "AWS::SecretsManager::ResourcePolicy, Properties: {SecretId: "
		own    = "${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:"
		prefix = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"
	)
	for _, tt := range []struct{ properties, want string }{
		{queues + "'https://sqs.eu-west-1.amazonaws.com/111122223333/q']", "arn:*:sqs:eu-west-1:111122223333:q"},
		{queues + "'http://sqs-fips.us-east-1.amazonaws.com/111122223333/q']", "arn:*:sqs:us-east-1:111122223333:q"},
		{queues + "'https://eu-west-1.queue.amazonaws.com/111122223333/q']", "arn:*:sqs:eu-west-1:111122223333:q"},
		{queues + "'https://queue.amazonaws.com/111122223333/q']", "arn:*:sqs:us-east-1:111122223333:q"},
		{queues + "'https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com/111122223333/q']", "arn:*:sqs:eu-west-1:111122223333:q"},
		{queues + "!Sub 'https://sqs.${AWS::Region}.${AWS::URLSuffix}/${AWS::AccountId}/q']", "arn:*:sqs:${AWS::Region}:${AWS::AccountId}:q"},
		{queues + "!Sub 'https://sqs.${AWS::Region}.amazonaws.com/${AWS::AccountId}/${P}']", "arn:*:sqs:${AWS::Region}:${AWS::AccountId}:${Ref:P}"},
		{queues + "!ImportValue q]", "arn:" + own + "${ImportValue:q}"},
		{queues + "!Ref Q]", "arn:" + own + "made"},
		{queues + "!GetAtt Q.QueueUrl]", "arn:" + own + "made"},
		{queues + "!GetAtt Q.Arn]", "arn:" + own + "made"},
		{queues + "!GetAtt Q.QueueName]", "arn:" + own + "${GetAtt:Q.QueueName}"},
		{"AWS::SNS::TopicPolicy, Properties: {Topics: [!GetAtt T.TopicArn]", "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:topic"},
		{queues + "'https://localhost:4566/q']", "arn:*:sqs:*:*:${Ref:https://localhost:4566/q}"},
		{queues + "!Sub 'https://${P}/q']", "arn:*:sqs:*:*:${Ref:https://$\\{Ref:P\\}/q}"},
		{"AWS::SQS::QueueInlinePolicy, Properties: {Queue: !Ref Q", "arn:" + own + "made"},
		{"AWS::SNS::TopicInlinePolicy, Properties: {TopicArn: 'arn:aws:sns:eu-west-1:111122223333:t'", "arn:aws:sns:eu-west-1:111122223333:t"},
		{secret + "db", "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:db-??????"},
		{secret + prefix + "db", prefix + "db-??????"},
		{secret + prefix + "db-AbCdEf", prefix + "db-AbCdEf " + prefix + "db-AbCdEf-${Ref:suffix of " + prefix + "db-AbCdEf}"},
		{secret + "!Sub '" + prefix + "${P}'", prefix + "${Ref:P}"},
	} {
		property := "PolicyDocument"
		if strings.HasPrefix(tt.properties, secret) {
			property = "ResourcePolicy"
		}
		set, err := ReadSet("t.yaml", []byte("Parameters: {P: {Type: String}}\nResources:\n  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: made}}\n  T: {Type: AWS::SNS::Topic, Properties: {TopicName: topic}}\n  X: {Type: "+
			tt.properties+", "+property+": {Statement: [{Effect: Deny, Principal: '*', Action: '*', Resource: '*'}]}}}"))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range set.Principals {
			if got := strings.Join(h.Protects, " "); got != tt.want {
				t.Errorf("%s: protects\n%s, want\n%s", tt.properties, got, tt.want)
			}
		}
		if len(set.Principals) == 0 {
			t.Errorf("%s: no policy was read", tt.properties)
		}
	}
}

// TestProtectsOfResources checks what the policy of each type of resource protects, or
// the text that identifies the resource if the ARN is unknown.
func TestProtectsOfResources(t *testing.T) {
	t.Parallel()
	const (
		here   = "${AWS::Region}:${AWS::AccountId}:"
		bucket = "arn:${AWS::Partition}:s3:::"
		policy = "Policy: {Statement: [{Effect: Deny, Principal: '*', Action: '*', Resource: '*'}]}"
		queues = "AWS::SQS::QueuePolicy, Properties: {PolicyDocument: {Statement: [{Effect: Deny, Principal: '*', Action: '*', Resource: '*'}]}"
	)
	for _, tt := range []struct{ resource, want, target string }{
		{"AWS::S3::BucketPolicy, Properties: {Bucket: b, PolicyDocument: {Statement: [{Effect: Deny, Principal: '*', Action: '*', Resource: '*'}]}", bucket + "b " + bucket + "b/*", ""},
		{"AWS::S3::BucketPolicy, Properties: {Bucket: !Ref P, PolicyDocument: {Statement: [{Effect: Deny, Principal: '*', Action: '*', Resource: '*'}]}", bucket + "${Ref:P} " + bucket + "${Ref:P}/*", ""},
		{"AWS::S3::BucketPolicy, Properties: {Bucket: !Ref D, PolicyDocument: {Statement: [{Effect: Deny, Principal: '*', Action: '*', Resource: '*'}]}", bucket + "usual " + bucket + "usual/*", ""},
		{"AWS::Lambda::Permission, Properties: {FunctionName: f, Action: 'lambda:InvokeFunction', Principal: s3.amazonaws.com", "arn:${AWS::Partition}:lambda:" + here + "function:f arn:${AWS::Partition}:lambda:" + here + "function:f:*", ""},
		{"AWS::Lambda::Permission, Properties: {FunctionName: 'arn:aws:lambda:eu-west-1:111122223333:function:f', Action: 'lambda:InvokeFunction', Principal: s3.amazonaws.com", "arn:aws:lambda:eu-west-1:111122223333:function:f arn:aws:lambda:eu-west-1:111122223333:function:f:*", ""},
		{"AWS::Events::EventBusPolicy, Properties: {StatementId: s, EventBusName: b, Action: 'events:PutEvents', Principal: '111122223333'", "arn:${AWS::Partition}:events:" + here + "event-bus/b", ""},
		{"AWS::Events::EventBusPolicy, Properties: {StatementId: s, Action: 'events:PutEvents', Principal: '111122223333'", "arn:${AWS::Partition}:events:" + here + "event-bus/default", ""},
		{"AWS::Events::EventBusPolicy, Properties: {StatementId: s, EventBusName: !Ref AWS::NoValue, Action: 'events:PutEvents', Principal: '111122223333'", "arn:${AWS::Partition}:events:" + here + "event-bus/default", ""},
		{"AWS::KMS::Key, Properties: {Key" + policy, "arn:${AWS::Partition}:kms:" + here + "key/${Ref:X}", ""},
		{"AWS::ECR::Repository, Properties: {RepositoryName: !Ref AWS::NoValue, RepositoryPolicyText: {Statement: [{Effect: Deny, Principal: '*', Action: '*'}]}", "arn:${AWS::Partition}:ecr:" + here + "repository/${Ref:X}", ""},
		{"AWS::ECR::Repository, Properties: {RepositoryName: !Ref D, RepositoryPolicyText: {Statement: [{Effect: Deny, Principal: '*', Action: '*'}]}", "arn:${AWS::Partition}:ecr:" + here + "repository/usual", ""},
		{queues, "", ""},
		{queues + ", Queues: !Ref AWS::NoValue", "", "Queues=${AWS::NoValue}"},
		{queues + ", Queues: [!Ref N]", "arn:${AWS::Partition}:sqs:" + here + "${Ref:N}", ""},
		{queues + ", Queues: ['ftp://sqs.eu-west-1.amazonaws.com/111122223333/q']", "arn:*:sqs:*:*:${GetAtt:ftp://sqs.eu-west-1.amazonaws.com/111122223333/q}", ""},
		{queues + ", Queues: ['https://sqs.eu-west-1.amazonaws.com/111122223333/q/r']", "arn:*:sqs:*:*:${GetAtt:https://sqs.eu-west-1.amazonaws.com/111122223333/q/r}", ""},
		{queues + ", Queues: ['https://x.example.com/111122223333/q']", "arn:*:sqs:*:*:${GetAtt:https://x.example.com/111122223333/q}", ""},
		{queues + ", Queues: ['https:/x/sqs.eu-west-1.amazonaws.com/q/r']", "arn:*:sqs:*:*:${GetAtt:https:/x/sqs.eu-west-1.amazonaws.com/q/r}", ""},
		{queues + ", Queues: ['https://sqs/111122223333/q']", "arn:*:sqs:*:*:${Ref:https://sqs/111122223333/q}", ""},
		{queues + ", Queues: ['arn:aws:sqs:eu-west-1:111122223333:q']", "arn:aws:sqs:eu-west-1:111122223333:q", ""},
		// If the ARN is unknown, a resource whose type ends in Policy has a text: its
		// properties without the policy and the name of the policy. For an access
		// point, the text is the bucket.
		{"AWS::Backup::BackupVault, Properties: {BackupVaultName: v, Access" + policy, "", ""},
		{"AWS::S3::AccessPoint, Properties: {Bucket: b, Name: n, " + policy, "", "Bucket=b"},
		{"AWS::S3Outposts::BucketPolicy, Properties: {Bucket: b, At: !Ref D, PolicyName: n, PolicyDocument: {Statement: [{Effect: Deny, Principal: '*', Action: '*', Resource: '*'}]}", "", "At=usual|Bucket=b"},
		{"AWS::Logs::ResourcePolicy, Properties: {PolicyName: n, PolicyDocument: {Statement: [{Effect: Deny, Principal: '*', Action: '*', Resource: '*'}]}", "", ""},
	} {
		set, err := ReadSet("t.yaml", []byte("Parameters: {P: {Type: String}, D: {Type: String, Default: usual}}\nResources:\n  N: {Type: AWS::SNS::Subscription}\n  X: {Type: "+tt.resource+"}}\n"))
		if err != nil {
			t.Errorf("%s: %s", tt.resource, err)
			continue
		}
		if len(set.Principals) != 1 {
			t.Errorf("%s: %d policies were read, want 1", tt.resource, len(set.Principals))
			continue
		}
		h := set.Principals[0]
		if got := strings.Join(h.Protects, " "); got != tt.want || h.Target != tt.target {
			t.Errorf("%s: protects\n%s, want\n%s\nthe target is %q, want %q", tt.resource, got, tt.want, h.Target, tt.target)
		}
		if hasDefault := strings.Contains(tt.resource, "!Ref D"); slices.Contains(set.Defaulted(), "D") != hasDefault {
			t.Errorf("%s: the defaults are %q", tt.resource, set.Defaulted())
		}
	}
}
