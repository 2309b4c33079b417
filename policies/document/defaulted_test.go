// Tests of the parameters whose defaults determine anything in a set.

package document

import (
	"slices"
	"strings"
	"testing"
)

// TestDefaultsThatDetermineTheSet reads templates in which the parameter P with a
// default occurs in one place: its default is assumed only if something in the set
// depends on it.
func TestDefaultsThatDetermineTheSet(t *testing.T) {
	const trust = `{Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}}`
	role := func(properties string) string {
		return `R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: ` + trust + `, ` + properties + `}}`
	}
	inline := func(document string) string {
		return role(`Policies: [{PolicyName: p, PolicyDocument: ` + document + `}]`)
	}
	const document = `{Statement: {Effect: Allow, Action: "s3:*", Resource: "*"}}`
	const resourceDocument = `{Statement: {Effect: Allow, Principal: "*", Action: "s3:*", Resource: "*"}}`
	for _, c := range []struct {
		resource, value string
		isAssumed       bool
	}{
		{inline(`!Sub '{"Statement":{"Effect":"Allow","Action":"${P}","Resource":"*"}}'`), "s3:GetObject", true},
		{inline(`!Sub '{"Statement":{"Effect":"Allow","Action":"${P}","Resource":"arn:aws:s3:::${Open}"}}'`), "s3:GetObject", true},
		{inline(`!Sub '{"Statement":[],"Id":"${P}"}'`), "x", true},
		{inline(`!Join ["", ['{"Statement":{"Effect":"Allow","Action":"', !Ref P, '","Resource":"*"}}']]`), "s3:GetObject", true},
		{inline(`!Ref P`), `'{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'`, true},
		{inline(`!If [C, !Sub '{"Statement":{"Effect":"Allow","Action":"${P}","Resource":"*"}}', ` + document + `]`), "s3:GetObject", true},
		{inline(`!Sub '{"Statement":{"Effect":"Allow","Action":"${Open}","Resource":"*"}}'`), "x", false},
		{`R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: !Sub '{"Statement":{"Effect":"Allow","Principal":{"AWS":"${P}"},"Action":"sts:AssumeRole"}}'}}`, "'111122223333'", true},
		{role(`RoleName: !Ref P`), "x", true},
		{role(`RoleName: !If [C, !Ref P, y]`), "x", true},
		{role(`MaxSessionDuration: !If [C, !Ref P, 7200]`), "3600", true},
		{role(`PermissionsBoundary: !Ref P`), "arn:aws:iam::aws:policy/ReadOnlyAccess", true},
		{role(`Tags: [{Key: !Ref P, Value: v}]`), "x", true},
		{role(`Description: !Ref P`), "x", false},
		{role(`Policies: [{PolicyName: !Ref P, PolicyDocument: ` + document + `}]`), "x", false},
		{role(`Path: /`) + `, M: {Type: AWS::IAM::ManagedPolicy, Properties: {Roles: [!Ref P], PolicyDocument: ` + document + `}}`, "x", true},
		{`U: {Type: AWS::IAM::User, Properties: {UserName: !Ref P}}`, "x", true},
		{`U: {Type: AWS::IAM::User, Properties: {LoginProfile: {Password: !Ref P}}}`, "x", false},
		{`U: {Type: AWS::IAM::User}, K: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref U, Status: !Ref P}}`, "Inactive", true},
		{`B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref P}}`, "x", false},
		{`B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref P}}, Q: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref B, PolicyDocument: ` + resourceDocument + `}}`, "x", true},
		{`Q: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref P, PolicyDocument: ` + resourceDocument + `}}`, "x", true},
		{`Q: {Type: AWS::Lambda::Permission, Properties: {Action: lambda:InvokeFunction, FunctionName: f, Principal: !Ref P}}`, "'111122223333'", true},
		{`S: {Type: AWS::Serverless::Function, Properties: {Policies: [!Ref P]}}`, "ReadOnlyAccess", true},
		{`S: {Type: AWS::Serverless::Function, Properties: {PermissionsBoundary: !Ref P}}`, "arn:aws:iam::aws:policy/ReadOnlyAccess", true},
	} {
		text := "Parameters: {Open: {Type: String}, P: {Type: String, Default: " + c.value + "}}\nConditions: {C: !Equals [!Ref Open, x]}\nResources: {" + strings.ReplaceAll(c.resource, "\n", " ") + "}"
		set, err := ReadSet("t.yaml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", c.resource, err)
			continue
		}
		if got := slices.ContainsFunc(set.AssumedParameters, func(a AssumedParameter) bool { return a.Name == "P" && a.Default != "" }); got != c.isAssumed {
			t.Errorf("%s: the default is assumed: %t, want %t", c.resource, got, c.isAssumed)
		}
	}
}
