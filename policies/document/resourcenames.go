// What Ref and Fn::GetAtt return for resources whose names the template gives.
//
// Sources: CloudFormation Template Reference, the return values of each type;
// Service Authorization Reference, the ARN formats.

package document

import (
	"cmp"
	"strings"

	"capaboot/internal/lazy"
)

// namedResource describes what references to a resource of a type return. before is ""
// if the ARN is not determined. If the ARN of a type ends in characters that AWS
// generates, the type has no entry.
type namedResource struct {
	resourceARN
	arnAttribute string
	ref          refResult
}

type refResult int

const (
	refIsName refResult = iota
	refIsARN
	refIsOther // such as the URL of a queue
)

// namedResources has the resource types by name. For a type that is also in
// resourceARNs, the form of the ARN comes from resourceARNs.
var namedResources = lazy.Value[map[string]namedResource]{Make: func() map[string]namedResource {
	in := func(service, before string) string { return arnPrefix + service + ":" + regionAndAccount + before }
	all := map[string]namedResource{
		"AWS::SQS::Queue":                      {ref: refIsOther},
		"AWS::SNS::Topic":                      {arnAttribute: "TopicArn", ref: refIsARN},
		"AWS::DynamoDB::GlobalTable":           {resourceARN: resourceARN{"TableName", in("dynamodb", "table/"), ""}},
		"AWS::Kinesis::Stream":                 {resourceARN: resourceARN{"Name", in("kinesis", "stream/"), ""}},
		"AWS::KinesisFirehose::DeliveryStream": {resourceARN: resourceARN{"DeliveryStreamName", in("firehose", "deliverystream/"), ""}},
		"AWS::Logs::LogGroup":                  {resourceARN: resourceARN{"LogGroupName", "", ""}}, // its ARN ends in a wildcard
		"AWS::StepFunctions::StateMachine":     {resourceARN: resourceARN{"StateMachineName", in("states", "stateMachine:"), ""}, ref: refIsARN},
		"AWS::EKS::Cluster":                    {resourceARN: resourceARN{"Name", in("eks", "cluster/"), ""}},
		"AWS::ECS::Cluster":                    {resourceARN: resourceARN{"ClusterName", in("ecs", "cluster/"), ""}},
		"AWS::CodeBuild::Project":              {resourceARN: resourceARN{"Name", in("codebuild", "project/"), ""}},
	}
	for t, known := range resourceARNs.Get() {
		if known.nameProperty != "" && known.after == "" {
			named := all[t]
			named.resourceARN = known
			all[t] = named
		}
	}
	return all
}}

// namesOfResources returns the names and ARNs of the resources with given names, and the
// ARNs of all managed policies, by the intrinsic function that returns each, such as
// "Ref:X" or "GetAtt:X.Arn". Parameters stay opaque in them. A name with wildcards is
// not the name of a resource.
func namesOfResources(resources *node) map[string]string {
	if resources == nil || resources.kind != mappingNode {
		return nil
	}
	found := map[string]string{}
	for _, f := range resources.fields {
		if typeOf(f.value) == managedPolicyType {
			text := arnOfManagedPolicy(f)
			found["Ref:"+escape(f.key)], found["GetAtt:"+escape(f.key)+".PolicyArn"] = text, text
			continue
		}
		known, ok := namedResources.Get()[typeOf(f.value)]
		if !ok {
			continue
		}
		n := f.value.get("Properties").get(known.nameProperty)
		if n == nil || n.isNoValue() || n.kind == listNode {
			continue
		}
		name := n.opaque()
		if name == "" || strings.ContainsAny(name, "*?") {
			continue
		}
		arn := known.before + name + known.after
		if known.before != "" {
			found["GetAtt:"+escape(f.key)+"."+cmp.Or(known.arnAttribute, "Arn")] = arn
		}
		switch known.ref {
		case refIsName:
			found["Ref:"+escape(f.key)] = name
		case refIsARN:
			found["Ref:"+escape(f.key)] = arn
		}
	}
	return found
}

const managedPolicyType = "AWS::IAM::ManagedPolicy"

// arnOfManagedPolicy returns the ARN of a managed policy. A name that AWS generates is an
// opaque text in the ARN.
//
// Source: CloudFormation Template Reference, "AWS::IAM::ManagedPolicy", "Return values".
func arnOfManagedPolicy(f field) string {
	properties := f.value.get("Properties")
	text := func(name string) string {
		if n := properties.get(name); n != nil && !n.isNoValue() && n.kind != listNode {
			return n.opaque()
		}
		return ""
	}
	return arnPrefix + "iam::${AWS::AccountId}:policy" + cmp.Or(text("Path"), "/") + cmp.Or(text("ManagedPolicyName"), "${GetAtt:"+escape(f.key)+".GeneratedName}")
}

// mergeNames adds the names of the resources of several templates to a merged set,
// except the ambiguous ones; see [Set.IsAmbiguous].
func (s *Set) mergeNames(sets []*Set) {
	for _, part := range sets {
		for inner, text := range part.ResourceNames {
			id, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(inner, "GetAtt:"), "Ref:"), ".")
			if s.IsAmbiguous(id) {
				continue
			}
			if s.ResourceNames == nil {
				s.ResourceNames = map[string]string{}
			}
			s.ResourceNames[inner] = text
		}
	}
}

// IsAmbiguous reports whether templates of the set define a parameter or resource
// differently, or anything on which its definition depends.
func (s *Set) IsAmbiguous(id string) bool { return s.isSeparate("Ref:"+id, map[string]bool{}) }
