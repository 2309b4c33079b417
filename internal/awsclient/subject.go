package awsclient

// This file checks that a response is about the subject of its request: a proxy
// that mixes up connections, or responds from a cache, may return a response
// that AWS sent for another stack.

import (
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"capaboot/internal/lazy"
)

// subject describes where an operation names its subject.
type subject struct {
	kind string
	// parameter is the parameter of the request that has the name or the ID.
	parameter string
	// list is the field whose items are about the subject; "" when the result
	// itself is. name and id are the fields with the name and the ID.
	list, name, id string
}

// subjects has the operations whose responses name the subject of the request.
var subjects = lazy.Value[map[string]subject]{Make: func() map[string]subject {
	return map[string]subject{
		"CloudFormation.DescribeStacks":      {"stack", "StackName", "Stacks", "StackName", "StackId"},
		"CloudFormation.DescribeStackEvents": {"stack", "StackName", "StackEvents", "StackName", "StackId"},
		"CloudFormation.DescribeChangeSet":   {"change set", "ChangeSetName", "", "ChangeSetName", "ChangeSetId"},
	}
}}

// otherSubject returns the problem when the subject of a result is not the
// subject of its request; "" when they are the same, or when the request or the
// operation does not name a subject. A result without a name passes if the
// request does not use an ARN.
func otherSubject(operation string, request, result any) string {
	s, known := subjects.Get()[operation]
	sent, ok := request.(*smithyhttp.Request)
	if !known || !ok {
		return ""
	}
	requested := formOf(sent).Get(s.parameter)
	if requested == "" {
		return ""
	}
	isRequested := func(v reflect.Value) bool {
		name := textOf(v, s.name)
		return name == requested || textOf(v, s.id) == requested || name == "" && !strings.HasPrefix(requested, "arn:")
	}
	v := reflect.Indirect(reflect.ValueOf(result))
	if s.list == "" {
		if !isRequested(v) {
			return "the response is about another " + s.kind
		}
		return ""
	}
	items := v.FieldByName(s.list)
	for i := range items.Len() {
		if !isRequested(items.Index(i)) {
			return "the response is about another " + s.kind
		}
	}
	return ""
}

// textOf returns the text of a field; "" for none.
func textOf(v reflect.Value, field string) string {
	text, _ := v.FieldByName(field).Interface().(*string)
	return aws.ToString(text)
}
