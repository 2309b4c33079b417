// Determines the resource of a denied request: from the fields of a CloudTrail
// record, or from a name in a message.

package denial

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
)

// resourceFields are the request parameters that contain the name of the
// resource, in the order of preference. The placeholders in arn are {p} the
// partition, {r} the region, {a} the account, {v} the value, and {k} the value
// of the parameter "key". Sources: the API references of the services, and the
// resource types of the Service Authorization Reference.
var resourceFields = []struct{ service, field, arn string }{
	{"s3", "bucketName", "arn:{p}:s3:::{v}/{k}"},
	{"s3", "bucketName", "arn:{p}:s3:::{v}"},
	{"iam", "roleName", "arn:{p}:iam::{a}:role/{v}"},
	{"iam", "userName", "arn:{p}:iam::{a}:user/{v}"},
	{"iam", "groupName", "arn:{p}:iam::{a}:group/{v}"},
	{"iam", "instanceProfileName", "arn:{p}:iam::{a}:instance-profile/{v}"},
	{"iam", "policyName", "arn:{p}:iam::{a}:policy/{v}"},
	{"eks", "clusterName", "arn:{p}:eks:{r}:{a}:cluster/{v}"},
	{"eks", "name", "arn:{p}:eks:{r}:{a}:cluster/{v}"},
	{"cloudformation", "stackName", "arn:{p}:cloudformation:{r}:{a}:stack/{v}/*"},
	{"ssm", "name", "arn:{p}:ssm:{r}:{a}:parameter/{v}"},
	{"kms", "keyId", "arn:{p}:kms:{r}:{a}:key/{v}"},
}

// resourceARN finds ARNs in a list as Athena formats it.
var resourceARN = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`arn:[a-z-]+:[^\s"',}\]]+`) }}

// resourceOf returns the resource of a record: the first one that the action supports,
// among the listed resources and then among the request parameters. If there is none,
// resourceOf returns the parameter "roleArn".
func resourceOf(object map[string]any, action, principal string) string {
	var listed []string
	switch v := object["resources"].(type) {
	case []any:
		for _, e := range v {
			resource, _ := e.(map[string]any)
			listed = append(listed, cmp.Or(asText(resource["ARN"]), asText(resource["arn"])))
		}
	case string:
		listed = resourceARN.Get().FindAllString(v, -1)
	}
	parameters, _ := object["requestParameters"].(map[string]any)
	if written := asText(object["requestParameters"]); written != "" { // in a column of a table
		_ = json.Unmarshal([]byte(written), &parameters) // a text that is not a JSON document has no fields
	}
	for _, key := range slices.Sorted(maps.Keys(parameters)) {
		if s := asText(parameters[key]); strings.HasPrefix(s, "arn:") {
			listed = append(listed, s)
		}
	}
	known, ok := authz.Lookup(action)
	works := func(resource string) bool { return resource != "" && ok && known.Allows(resource) }
	for _, resource := range listed {
		if works(resource) {
			return resource
		}
	}
	partition, account, region := requestScope(object, principal)
	for _, n := range resourceFields {
		value := cmp.Or(asText(parameters[n.field]), textAt(object, "requestParameters."+n.field))
		key := cmp.Or(asText(parameters["key"]), textAt(object, "requestParameters.key"))
		if n.service != serviceOf(action) || value == "" || strings.Contains(n.arn, "{k}") && key == "" {
			continue
		}
		resource := strings.NewReplacer("{p}", partition, "{a}", account, "{r}", region, "{v}", value, "{k}", key).Replace(n.arn)
		if works(resource) {
			return resource
		}
	}
	return asText(parameters["roleArn"])
}

// requestScope returns the partition, account and region of a record, "*" for
// each that is unknown.
func requestScope(object map[string]any, principal string) (partition, account, region string) {
	partition, account, region = "*", cmp.Or(asText(object["recipientAccountId"]), textAt(object, "userIdentity.accountId"), "*"), cmp.Or(asText(object["awsRegion"]), "*")
	if name, known := arn.PartitionOf(region); known {
		partition = name
	}
	if a, ok := arn.Parse(principal); ok {
		partition = a.Partition
		if account == "*" {
			account = a.Account
		}
	}
	return partition, account, region
}

func serviceOf(action string) string {
	service, _, _ := strings.Cut(action, ":")
	return service
}

// textAt returns the text at a path of an object. A key may contain dots, as in
// CloudWatch Logs Insights. A value may be a JSON document, or a struct as
// Athena formats it.
func textAt(object map[string]any, path string) string {
	if s := asText(object[path]); s != "" {
		return s
	}
	head, rest, nested := strings.Cut(path, ".")
	if !nested {
		return ""
	}
	switch v := object[head].(type) {
	case map[string]any:
		return textAt(v, rest)
	case string:
		var inner map[string]any
		if json.Unmarshal([]byte(v), &inner) == nil {
			return textAt(inner, rest)
		}
		if _, after, found := strings.Cut(strings.NewReplacer("{", ", ", "}", ", ").Replace(v), ", "+rest+"="); found {
			value, _, _ := strings.Cut(after, ", ")
			return value
		}
	}
	return ""
}

// arnOfName returns the ARN of a resource. Some messages, such as those of Secrets
// Manager, have only its name. If the ARN cannot be determined, such as for an
// action with several resource types, arnOfName returns the name.
func arnOfName(name, action, principal string) string {
	known, ok := authz.Lookup(action)
	if !ok || len(known.Resources) != 1 || len(known.Resources[0].Type.ARNPatterns) != 1 || strings.ContainsAny(name, ":*") {
		return name
	}
	pattern := known.Resources[0].Type.ARNPatterns[0]
	fields := strings.SplitN(pattern, ":", 6)
	i := strings.LastIndex(pattern, "${")
	if len(fields) != 6 || !strings.HasSuffix(pattern, "}") || strings.Count(fields[5], "${") != 1 {
		return name
	}
	partition, account := "*", "*"
	if fields := strings.SplitN(principal, ":", 6); len(fields) == 6 {
		partition, account = fields[1], fields[4]
	}
	if known.Service == "secretsmanager" {
		name += "*" // the ARN has six random characters more: AWS Secrets Manager User Guide, "What's in a secret"
	}
	return strings.NewReplacer("${Partition}", partition, "${Region}", "*", "${Account}", account).Replace(pattern[:i]) + name
}

// iamARN returns the ARN of an IAM resource that the text names as "role NAME";
// kind is then "role". It returns the name if kind is "". The account is the
// denied principal's, because messages about other accounts contain an ARN.
func iamARN(kind, name, principal string) string {
	if kind == "" {
		return name
	}
	partition, account := "*", "*"
	if fields := strings.SplitN(principal, ":", 6); len(fields) == 6 {
		partition, account = fields[1], fields[4]
	}
	kind = strings.Join(strings.Fields(strings.NewReplacer(`\n`, " ", `\t`, " ").Replace(kind)), "-")
	if kind == "mfa-device" {
		kind = "mfa"
	}
	return "arn:" + partition + ":iam::" + account + ":" + kind + "/" + name
}
