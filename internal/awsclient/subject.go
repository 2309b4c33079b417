package awsclient

// This file checks that a response is about what was asked for: a proxy that
// mixes up connections, or answers from a cache, gives one that AWS sent for
// another stack.

import (
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"capaboot/internal/lazy"
)

// subject is what an operation is about.
type subject struct {
	what string
	// parameter names it in the request, by its name or its ID.
	parameter string
	// list is the field with the items, each of which is about it; "" when the
	// result is. name and id are fields of these.
	list, name, id string
}

// subjects are those of the operations whose responses name them.
var subjects = lazy.Value[map[string]subject]{Make: func() map[string]subject {
	return map[string]subject{
		"CloudFormation.DescribeStacks":      {"stack", "StackName", "Stacks", "StackName", "StackId"},
		"CloudFormation.DescribeStackEvents": {"stack", "StackName", "StackEvents", "StackName", "StackId"},
		"CloudFormation.DescribeChangeSet":   {"change set", "ChangeSetName", "", "ChangeSetName", "ChangeSetId"},
	}
}}

// otherSubject says that a result is about another subject than its request; "" when
// it is about the same, or when the request or the operation does not name one.
func otherSubject(operation string, request, result any) string {
	s, known := subjects.Get()[operation]
	sent, ok := request.(*smithyhttp.Request)
	if !known || !ok {
		return ""
	}
	asked := formOf(sent).Get(s.parameter)
	if asked == "" {
		return ""
	}
	about := func(v reflect.Value) bool {
		name := textOf(v, s.name)
		return name == asked || textOf(v, s.id) == asked || name == "" && !strings.HasPrefix(asked, "arn:")
	}
	v := reflect.Indirect(reflect.ValueOf(result))
	if s.list == "" {
		if !about(v) {
			return "it is about another " + s.what
		}
		return ""
	}
	items := v.FieldByName(s.list)
	for i := range items.Len() {
		if !about(items.Index(i)) {
			return "it is about another " + s.what
		}
	}
	return ""
}

// textOf returns the text of a field, "" for none.
func textOf(v reflect.Value, field string) string {
	text, _ := v.FieldByName(field).Interface().(*string)
	return aws.ToString(text)
}
