// Maps operation names, as SDKs, CloudFormation and CloudTrail write them, to
// the actions that allow them.

package denial

import (
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/authz"
)

// servicePrefixes has the action prefixes of services whose name in the SDKs (the
// service ID in lower case without spaces) or in CloudTrail's eventSource
// differs. Source: the service IDs of the API models in aws-sdk-go-v2, and the
// prefixes of the Service Authorization Reference.
var servicePrefixes = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{
		"applicationautoscaling":   "application-autoscaling",
		"apigatewayv2":             "apigateway",
		"cloudwatchevents":         "events",
		"cloudwatchlogs":           "logs",
		"cloudwatchlog":            "logs",
		"monitoring":               "cloudwatch",
		"costexplorer":             "ce",
		"directoryservice":         "ds",
		"efs":                      "elasticfilesystem",
		"elasticloadbalancingv2":   "elasticloadbalancing",
		"elb":                      "elasticloadbalancing",
		"elbv2":                    "elasticloadbalancing",
		"emr":                      "elasticmapreduce",
		"eventbridge":              "events",
		"identitymanagement":       "iam",
		"resourcegroupstaggingapi": "tag",
		"tagging":                  "tag",
		"securitytoken":            "sts",
		"securitytokenservice":     "sts",
		"simplenotification":       "sns",
		"simplequeue":              "sqs",
		"sfn":                      "states",
		"stepfunctions":            "states",
		"ssooidc":                  "sso-oauth",
		"ssoadmin":                 "sso",
	}
}}

// operationActions has the operations whose action has another name, for AWS
// Lambda and the services that CAPA calls. Source: Amazon S3 User Guide,
// "Required permissions for Amazon S3 API operations"; Service Authorization
// Reference, "AWS Lambda".
var operationActions = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{
		"s3:headobject":                      "s3:GetObject",
		"s3:listobjects":                     "s3:ListBucket",
		"s3:listobjectsv2":                   "s3:ListBucket",
		"s3:headbucket":                      "s3:ListBucket",
		"s3:listbuckets":                     "s3:ListAllMyBuckets",
		"s3:copyobject":                      "s3:PutObject",
		"s3:deleteobjects":                   "s3:DeleteObject",
		"s3:createmultipartupload":           "s3:PutObject",
		"s3:uploadpart":                      "s3:PutObject",
		"s3:completemultipartupload":         "s3:PutObject",
		"s3:listmultipartuploads":            "s3:ListBucketMultipartUploads",
		"s3:listobjectversions":              "s3:ListBucketVersions",
		"s3:getbucketlifecycleconfiguration": "s3:GetLifecycleConfiguration",
		"s3:putbucketlifecycleconfiguration": "s3:PutLifecycleConfiguration",
		"s3:deletebucketlifecycle":           "s3:PutLifecycleConfiguration",
		"s3:getbucketencryption":             "s3:GetEncryptionConfiguration",
		"s3:putbucketencryption":             "s3:PutEncryptionConfiguration",
		"lambda:invoke":                      "lambda:InvokeFunction",
	}
}}

// preferredServices are the services that CAPA calls, directly or through
// CloudFormation. If several services have an operation, it is assumed to
// belong to one of these.
var preferredServices = []string{"autoscaling", "cloudformation", "ec2", "eks", "elasticloadbalancing", "events", "iam", "kms", "s3", "secretsmanager", "sqs", "ssm", "sts"}

// versionSuffix matches the version that some services append to an event name
// (CreateFunction20150331, ListDistributions2020_05_31).
var versionSuffix = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?:20\d{6}(?:v\d)?|20\d\d_\d\d_\d\d)$`)
}}

// actionsByName has the actions of all services by their name in lower case. A
// log can have thousands of errors, and a search takes milliseconds.
var actionsByName = lazy.Value[map[string][]*authz.Action]{Make: func() map[string][]*authz.Action {
	byName := map[string][]*authz.Action{}
	for _, a := range authz.Find("*:*") {
		name := strings.ToLower(a.Name)
		byName[name] = append(byName[name], a)
	}
	return byName
}}

// actionOf returns the action of an operation, or "" if it is unknown. An operation of
// a known service is assumed to be an action even if AWS's reference does not have it.
// service is the name of a service in an SDK ("Elastic Load Balancing v2"), a prefix,
// or "" if it is unknown. For an unknown service, the result is an action only if
// exactly one service, or exactly one of preferredServices, has an action with the name
// of the operation. If no service has such an action, the operation may be one of S3
// whose action has another name.
func actionOf(service, operation string) string {
	operation = versionSuffix.Get().ReplaceAllString(operation, "")
	if service == "" {
		found := actionsByName.Get()[strings.ToLower(operation)]
		if len(found) > 1 {
			found = slices.DeleteFunc(slices.Clone(found), func(a *authz.Action) bool { return !slices.Contains(preferredServices, a.Service) })
		}
		if other, ok := operationActions.Get()["s3:"+strings.ToLower(operation)]; ok && len(found) == 0 {
			return other
		}
		if len(found) != 1 {
			return ""
		}
		return found[0].String()
	}
	prefix := prefixOf(service)
	if other, ok := operationActions.Get()[strings.ToLower(prefix+":"+operation)]; ok {
		return other
	}
	if !authz.Known(prefix) {
		return ""
	}
	action, _ := canonicalAction(prefix + ":" + operation)
	return action
}

// prefixOf returns the action prefix of a service, or the name in lower case if
// the prefix is unknown.
func prefixOf(service string) string {
	name := strings.ToLower(strings.NewReplacer(" ", "", "_", "").Replace(service))
	if prefix, ok := servicePrefixes.Get()[name]; ok {
		return prefix
	}
	return name
}
