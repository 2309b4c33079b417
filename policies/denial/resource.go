// The resource that a record of CloudTrail is about, as far as its fields tell.

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

// named are fields of a request that name its resource, in the order in which
// they are looked for. ARN is a pattern: {p} the partition, {r} the region, {a} the
// account, {v} the value, and {k} that of the field "key". Sources: the API
// references of the services, and the resource types of the Service
// Authorization Reference.
var named = []struct{ service, field, arn string }{
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

// resourceARN finds ARNs in what Athena makes of a list.
var resourceARN = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`arn:[a-z-]+:[^\s"',}\]]+`) }}

// resourceOf returns the resource of a record: of those that it lists, and then of
// those that the parameters of the request name, the first that the action works
// on.
func resourceOf(object map[string]any, action, principal string) string {
	var listed []string
	switch v := object["resources"].(type) {
	case []any:
		for _, e := range v {
			resource, _ := e.(map[string]any)
			listed = append(listed, cmp.Or(text(resource["ARN"]), text(resource["arn"])))
		}
	case string:
		listed = resourceARN.Get().FindAllString(v, -1)
	}
	parameters, _ := object["requestParameters"].(map[string]any)
	if written := text(object["requestParameters"]); written != "" { // in a column of a table
		_ = json.Unmarshal([]byte(written), &parameters) // a text that is not a document has no fields
	}
	for _, key := range slices.Sorted(maps.Keys(parameters)) {
		if s := text(parameters[key]); strings.HasPrefix(s, "arn:") {
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
	partition, account, region := place(object, principal)
	for _, n := range named {
		value := cmp.Or(text(parameters[n.field]), at(object, "requestParameters."+n.field))
		key := cmp.Or(text(parameters["key"]), at(object, "requestParameters.key"))
		if n.service != serviceOf(action) || value == "" || strings.Contains(n.arn, "{k}") && key == "" {
			continue
		}
		resource := strings.NewReplacer("{p}", partition, "{a}", account, "{r}", region, "{v}", value, "{k}", key).Replace(n.arn)
		if works(resource) {
			return resource
		}
	}
	return text(parameters["roleArn"])
}

// place is where a record's request was made; * for what it does not tell.
func place(object map[string]any, principal string) (partition, account, region string) {
	partition, account, region = "*", cmp.Or(text(object["recipientAccountId"]), at(object, "userIdentity.accountId"), "*"), cmp.Or(text(object["awsRegion"]), "*")
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

// at returns the text at a path of an object. A key may hold dots, as in CloudWatch
// Logs Insights; a value may be a document, or a struct as Athena writes it.
func at(object map[string]any, path string) string {
	if s := text(object[path]); s != "" {
		return s
	}
	head, rest, nested := strings.Cut(path, ".")
	if !nested {
		return ""
	}
	switch v := object[head].(type) {
	case map[string]any:
		return at(v, rest)
	case string:
		var inner map[string]any
		if json.Unmarshal([]byte(v), &inner) == nil {
			return at(inner, rest)
		}
		if _, after, found := strings.Cut(strings.NewReplacer("{", ", ", "}", ", ").Replace(v), ", "+rest+"="); found {
			value, _, _ := strings.Cut(after, ", ")
			return value
		}
	}
	return ""
}
