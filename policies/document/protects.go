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
	busPrefix        = arnPrefix + "events:" + regionAndAccount + "event-bus/"
	secretPrefix     = arnPrefix + "secretsmanager:" + regionAndAccount + "secret:"
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
		"AWS::SecretsManager::Secret": {"Name", secretPrefix, secretSuffix},
		"AWS::DynamoDB::Table":        {"TableName", arnPrefix + "dynamodb:" + regionAndAccount + "table/", ""},
		"AWS::Events::EventBus":       {"Name", busPrefix, ""},
		"AWS::KMS::Key":               {"", arnPrefix + "kms:" + regionAndAccount + "key/", ""},
	}
}}

// protectedPatterns returns ARN patterns of the resources that a resource policy
// protects, or nil if they are unknown. ofStream means that the policy belongs to the
// stream of a table.
func (r *templateReader) protectedPatterns(f field, t string, ofStream bool) []string {
	properties := f.value.get("Properties")
	collect := func(property string, one func(*node) string) (all []string) {
		n := properties.get(property)
		if n == nil || n.isNoValue() {
			return nil
		}
		for _, item := range n.itemsOrSelf() {
			all = append(all, one(item))
		}
		return all
	}
	arnAfter := func(prefix string) func(*node) string {
		return func(n *node) string { return r.referencedARN(n, prefix, "") }
	}
	switch t {
	case "AWS::S3::BucketPolicy":
		return withSuffix("/*", collect("Bucket", arnAfter(bucketPrefix)))
	case "AWS::SQS::QueuePolicy":
		return collect("Queues", r.queueARN)
	case "AWS::SQS::QueueInlinePolicy":
		return collect("Queue", r.queueARN)
	case "AWS::SNS::TopicPolicy":
		return collect("Topics", arnAfter(topicPrefix))
	case "AWS::SNS::TopicInlinePolicy":
		return collect("TopicArn", arnAfter(topicPrefix))
	case "AWS::SecretsManager::ResourcePolicy":
		return r.secretARNs(properties.get("SecretId"))
	case "AWS::Lambda::Permission":
		return withSuffix(":*", collect("FunctionName", r.functionARN))
	case "AWS::Events::EventBusPolicy":
		if bus := collect("EventBusName", arnAfter(busPrefix)); len(bus) > 0 {
			return bus
		}
		return []string{busPrefix + "default"}
	}
	known, ok := resourceARNs.Get()[t]
	switch {
	case !ok:
		return nil
	case t == "AWS::DynamoDB::Table" && ofStream:
		return []string{r.arnOf(f, known) + "/stream/*"}
	case t == "AWS::DynamoDB::Table":
		// The policy of a table also applies to its indexes. Source: DynamoDB
		// Developer Guide, "Resource-based policies".
		return withSuffix("/index/*", []string{r.arnOf(f, known)})
	}
	return []string{r.arnOf(f, known)}
}

// withSuffix returns ARNs, and each of them with a suffix.
func withSuffix(suffix string, arns []string) []string {
	for _, arn := range slices.Clone(arns) {
		arns = append(arns, arn+suffix)
	}
	return arns
}

// functionARN returns the ARN of a function. The template can give the name, the
// ARN, a partial ARN or a reference.
func (r *templateReader) functionARN(n *node) string {
	if isPartialFunctionARN(n) {
		r.recordDefaultsOf(n)
		return partialFunctionPrefix + n.opaque()
	}
	return r.referencedARN(n, functionPrefix, "")
}

// targetText returns the properties of a resource policy except the documents and the
// name of the policy, as text. For an access point, it returns the bucket; for an
// AWS::ECR::RepositoryCreationTemplate, the repositories to which it applies. For any
// other resource, it returns "".
func (r *templateReader) targetText(f field, t string) string {
	var parts []string
	for _, p := range f.value.get("Properties").fields {
		isTarget := strings.HasSuffix(t, "Policy") && !slices.Contains(policyProperties, p.key) && !strings.HasSuffix(p.key, "PolicyName")
		isTarget = isTarget || t == "AWS::ECR::RepositoryCreationTemplate" && (p.key == "Prefix" || p.key == "AppliedFor")
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
// name, a reference to the resource stands for the name.
func (r *templateReader) arnOf(f field, known resourceARN) string {
	name := reference(f.key)
	if n := f.value.get("Properties").get(known.nameProperty); n != nil && !n.isNoValue() {
		r.recordDefaultsOf(n)
		name = n.opaque()
	}
	return known.before + name + known.after
}

// queueARN returns the ARN pattern of a queue. The template can give the URL, the
// ARN or a reference. If the URL has an unknown form, the pattern has an
// unknown name.
//
// Sources: Amazon SQS Developer Guide, "Queue and message identifiers", for
// https://sqs.REGION.DOMAIN/ACCOUNT/NAME; AWS General Reference, "Amazon SQS
// endpoints and quotas", for the hosts sqs-fips.REGION.DOMAIN, and the legacy hosts
// REGION.queue.amazonaws.com and queue.amazonaws.com, which is in us-east-1.
func (r *templateReader) queueARN(n *node) string {
	text := r.referencedARN(n, "", "")
	parts := splitOpaque(text, '/')
	if strings.HasPrefix(text, "arn:") {
		return text
	}
	if len(parts) == 1 {
		return queuePrefix + text
	}
	region := ""
	if len(parts) == 5 && (parts[0] == "https:" || parts[0] == "http:") && parts[1] == "" {
		host := splitOpaque(parts[2], '.')
		for i, label := range host {
			switch {
			case (label == "sqs" || label == "sqs-fips") && i+1 < len(host):
				region = host[i+1]
			case label == "queue" && i == 0:
				region = "us-east-1"
			case label == "queue":
				region = host[i-1]
			}
		}
	}
	if region == "" {
		return "arn:*:sqs:*:*:" + reference(text)
	}
	return "arn:*:sqs:" + region + ":" + parts[3] + ":" + parts[4]
}

// splitOpaque splits an opaque text at a separator, except within references.
func splitOpaque(text string, separator byte) (parts []string) {
	start := 0
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == separator:
			parts = append(parts, text[start:i])
			start = i + 1
		case strings.HasPrefix(text[i:], "${"):
			i += max(ClosingBrace(text[i:])-1, 0)
		}
	}
	return append(parts, text[start:])
}

// secretARNs returns ARN patterns of a secret. The template can give the name, the
// ARN, the ARN without its random suffix, or a reference. An ARN that seems to have
// the suffix may lack it: the name "my-secret" ends in a hyphen and six characters.
//
// Source: AWS CLI Command Reference, "put-resource-policy", the option secret-id.
func (r *templateReader) secretARNs(n *node) []string {
	if n == nil || n.isNoValue() {
		return nil
	}
	pattern := r.referencedARN(n, secretPrefix, secretSuffix)
	switch given := n.opaque(); {
	case !strings.HasPrefix(given, "arn:"), strings.HasSuffix(given, "}"):
		return []string{pattern}
	case strings.LastIndexByte(given, '-') == len(given)-len(secretSuffix):
		return []string{pattern, pattern + "-" + reference("suffix of "+given)}
	}
	return []string{pattern + secretSuffix}
}
