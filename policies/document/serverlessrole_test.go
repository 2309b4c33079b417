// Tests of what the role that SAM creates has from its resource and from Globals.

package document

import (
	"fmt"
	"strings"
	"testing"
)

// The role has the tags of the resource, and one that names SAM. A durable function has
// another basic policy. With IgnoreGlobals, the resource gets nothing, or less, from
// Globals.
//
// Sources: samtranslator/model/sam_resources.py and plugins/globals/globals.py in
// https://github.com/aws/serverless-application-model, and its pull requests 3386 and
// 3854.
func TestRoleOfSAM(t *testing.T) {
	t.Parallel()
	const basic, durable = "AWSLambdaBasicExecutionRole", "AWSLambdaBasicDurableExecutionRolePolicy"
	for _, c := range []struct{ resource, want string }{
		{"{Type: AWS::Serverless::Function}", "lambda:createdBy=SAM team=global " + basic + " boundary"},
		{"{Type: AWS::Serverless::Function, Properties: {Tags: {team: own, other: !Ref P}}}", "lambda:createdBy=SAM team=own other=${Ref:P} " + basic + " boundary"},
		{"{Type: AWS::Serverless::Function, Properties: {Tags: {other: !Ref AWS::NoValue}}}", "lambda:createdBy=SAM team=global " + basic + " boundary"},
		{"{Type: AWS::Serverless::Function, IgnoreGlobals: '*'}", "lambda:createdBy=SAM " + basic},
		{"{Type: AWS::Serverless::Function, IgnoreGlobals: [PermissionsBoundary]}", "lambda:createdBy=SAM team=global " + basic},
		{"{Type: AWS::Serverless::Function, IgnoreGlobals: [Tags, Timeout]}", "lambda:createdBy=SAM " + basic + " boundary"},
		{"{Type: AWS::Serverless::Function, IgnoreGlobals: '*', Properties: {DurableConfig: {ExecutionTimeout: 3600}}}", "lambda:createdBy=SAM " + durable},
		{"{Type: AWS::Serverless::StateMachine, Properties: {Tags: {team: own}}}", "stateMachine:createdBy=SAM team=own"},
	} {
		set, err := ReadSet("t", []byte("Transform: AWS::Serverless-2016-10-31\nParameters: {P: {Type: String}}\nGlobals: {Function: {PermissionsBoundary: boundary, Tags: {team: global}}}\nResources:\n  F: "+c.resource))
		if err != nil {
			t.Fatalf("%s: %v", c.resource, err)
		}
		h := set.Principals[0]
		var parts []string
		for _, tag := range h.Tags {
			parts = append(parts, fmt.Sprintf("%s=%s", tag.Key, tag.Value))
		}
		for _, arn := range h.Attached {
			parts = append(parts, arn[strings.LastIndex(arn, "/")+1:])
		}
		if h.Boundary != "" {
			parts = append(parts, h.Boundary)
		}
		if got := strings.Join(parts, " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.resource, got, c.want)
		}
	}
}
