// The ARNs of the resources that resource policies protect, as far as the
// template determines them.
//
// Sources: CloudFormation Template Reference, the return values of each type;
// Service Authorization Reference, the ARN formats.

package document

import (
	"slices"
	"strings"

	"capaboot/internal/lazy"
)

// resourceARN describes the ARNs of a resource type: the property with the name
// of the resource, and the text before and after that name.
type resourceARN struct{ nameProperty, before, after string }

const (
	regionAndAccount = "${AWS::Region}:${AWS::AccountId}:"
	arnPrefix        = "arn:${AWS::Partition}:"
	bucketPrefix     = arnPrefix + "s3:::"
	queuePrefix      = arnPrefix + "sqs:" + regionAndAccount
	topicPrefix      = arnPrefix + "sns:" + regionAndAccount
	functionPrefix   = arnPrefix + "lambda:" + regionAndAccount + "function:"
	secretSuffix     = "-??????" // six random characters
)

var resourceARNs = lazy.Value[map[string]resourceARN]{Make: func() map[string]resourceARN {
	return map[string]resourceARN{
		"AWS::S3::Bucket":             {"BucketName", bucketPrefix, ""},
		"AWS::SQS::Queue":             {"QueueName", queuePrefix, ""},
		"AWS::SNS::Topic":             {"TopicName", topicPrefix, ""},
		"AWS::Lambda::Function":       {"FunctionName", functionPrefix, ""},
		"AWS::Serverless::Function":   {"FunctionName", functionPrefix, ""},
		"AWS::ECR::Repository":        {"RepositoryName", arnPrefix + "ecr:" + regionAndAccount + "repository/", ""},
		"AWS::SecretsManager::Secret": {"Name", arnPrefix + "secretsmanager:" + regionAndAccount + "secret:", secretSuffix},
		"AWS::DynamoDB::Table":        {"TableName", arnPrefix + "dynamodb:" + regionAndAccount + "table/", ""},
		"AWS::Events::EventBus":       {"Name", arnPrefix + "events:" + regionAndAccount + "event-bus/", ""},
		"AWS::KMS::Key":               {"", arnPrefix + "kms:" + regionAndAccount + "key/", ""},
	}
}}

// protectedPatterns returns ARN patterns of the resources that a resource policy
// protects, or nil if they are unknown.
func (r *templateReader) protectedPatterns(f field, t string) []string {
	properties := f.value.get("Properties")
	collect := func(property string, one func(*node) string) (all []string) {
		n := properties.get(property)
		if n == nil || n.isNoValue() {
			return nil
		}
		for _, item := range n.itemsOrSelf() {
			if text := one(item); text != "" {
				all = append(all, text)
			}
		}
		return all
	}
	switch t {
	case "AWS::S3::BucketPolicy":
		buckets := collect("Bucket", func(n *node) string { return r.referencedARN(n, bucketPrefix, "") })
		for _, bucket := range slices.Clone(buckets) {
			buckets = append(buckets, bucket+"/*")
		}
		return buckets
	case "AWS::SQS::QueuePolicy":
		return collect("Queues", func(n *node) string { return r.referencedARN(queueARN(n), queuePrefix, "") })
	case "AWS::SNS::TopicPolicy":
		return collect("Topics", func(n *node) string { return r.referencedARN(n, topicPrefix, "") })
	case "AWS::SecretsManager::ResourcePolicy":
		return collect("SecretId", func(n *node) string {
			return r.referencedARN(n, arnPrefix+"secretsmanager:"+regionAndAccount+"secret:", secretSuffix)
		})
	case "AWS::Lambda::Permission":
		function := collect("FunctionName", func(n *node) string {
			if isPartialFunctionARN(n) {
				return partialFunctionPrefix + literal(n.value)
			}
			return r.referencedARN(n, functionPrefix, "")
		})
		for _, arn := range slices.Clone(function) {
			function = append(function, arn+":*")
		}
		return function
	case "AWS::Events::EventBusPolicy":
		bus := collect("EventBusName", func(n *node) string { return r.referencedARN(n, arnPrefix+"events:"+regionAndAccount+"event-bus/", "") })
		if len(bus) == 0 {
			return []string{arnPrefix + "events:" + regionAndAccount + "event-bus/default"}
		}
		return bus
	}
	known, ok := resourceARNs.Get()[t]
	switch {
	case !ok:
		return nil
	case t == "AWS::DynamoDB::Table":
		// The policy of a table also applies to its indexes. Source: DynamoDB
		// Developer Guide, "Resource-based policies".
		table := r.arnOf(f, known)
		return []string{table, table + "/index/*"}
	}
	return []string{r.arnOf(f, known)}
}

// targetText returns the properties of a resource policy except the documents
// and the name of the policy, as text. Of an access point, it returns the
// bucket; of another resource that has a policy, nothing.
func (r *templateReader) targetText(f field, t string) string {
	var parts []string
	for _, p := range f.value.get("Properties").fields {
		isTarget := strings.HasSuffix(t, "Policy") && !slices.Contains(policyProperties, p.key) && !strings.HasSuffix(p.key, "PolicyName")
		if isTarget || strings.HasSuffix(t, "::AccessPoint") && p.key == "Bucket" {
			r.recordDefaultsOf(p.value)
			parts = append(parts, p.key+"="+p.value.argumentText(false))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "|")
}

// referencedARN returns the ARN of what a node refers to. The node may be a
// reference to a resource of the template, an ARN, or a name. A name is placed
// between before and after.
func (r *templateReader) referencedARN(n *node, before, after string) string {
	if n == nil {
		return ""
	}
	r.recordDefaultsOf(n)
	if f, ok := r.byID[n.refTarget()]; ok {
		if known, ok := resourceARNs.Get()[typeOf(f.value)]; ok {
			return r.arnOf(f, known)
		}
	}
	text := n.opaque()
	if strings.HasPrefix(text, "arn:") {
		return text
	}
	return before + text + after
}

// arnOf returns the ARN of a resource in the template. If AWS generates the
// name, the ARN contains a reference to it.
func (r *templateReader) arnOf(f field, known resourceARN) string {
	name := reference(f.key)
	if n := f.value.get("Properties").get(known.nameProperty); n != nil && !n.isNoValue() {
		r.recordDefaultsOf(n)
		name = n.opaque()
	}
	return known.before + name + known.after
}

// queueARN returns the ARN of a queue if a node is the URL of one:
// https://sqs.REGION.DOMAIN/ACCOUNT/NAME. It returns any other node unchanged.
//
// Source: Amazon SQS Developer Guide, "Queue and message identifiers".
func queueARN(n *node) *node {
	if n.kind != textNode {
		return n
	}
	parts := strings.Split(n.value, "/")
	host := []string{""}
	if len(parts) == 5 {
		host = strings.Split(parts[2], ".")
	}
	if parts[0] != "https:" || len(parts) != 5 || len(host) < 3 || host[0] != "sqs" {
		return n
	}
	return textAt(n, "arn:*:sqs:"+host[1]+":"+parts[3]+":"+parts[4])
}
