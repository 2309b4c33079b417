// Tests which conditions lower the severity of an escalation or of reading secrets.

package review

import (
	"fmt"
	"slices"
	"testing"
)

// A condition on the time, the region or the caller does not limit what is
// gained, so the severity is that of the grant without the condition. A
// condition on the policies, the services or the resources lowers the severity.
func TestConditionsThatLimitAGain(t *testing.T) {
	t.Parallel()
	const (
		attach = `["iam:AttachRolePolicy", "iam:AttachUserPolicy"]`
		pass   = `"iam:PassRole"`
		assume = `"sts:AssumeRole"`
		change = `["ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"]`
	)
	for _, test := range []struct {
		actions, condition string
		want               Severity // zero for no finding
	}{
		{attach, ``, High},
		{attach, `"DateLessThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}`, High},
		{attach, `"StringEquals": {"aws:RequestedRegion": "us-east-1"}`, High},
		{attach, `"StringLike": {"aws:RequestedRegion": ["eu-*", "cn-*"]}`, High},
		{attach, `"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "${Region}"]}`, High},
		{attach, `"StringEquals": {"aws:RequestedRegion": "eu-isoe-west-1"}`, High}, // the region of IAM there is unknown
		{attach, `"StringEquals": {"aws:RequestedRegion": "eu-west-1"}`, 0},
		{attach, `"NumericLessThan": {"aws:MultiFactorAuthAge": "999999999"}`, High},
		{attach, `"Bool": {"aws:MultiFactorAuthPresent": "true"}`, High},
		{attach, `"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*"}`, High},
		{attach, `"StringEquals": {"aws:PrincipalTag/team": "a"}`, High},
		{attach, `"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}`, High},
		{attach, `"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}`, High},
		{attach, `"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:a/b:ref:refs/heads/main"}`, High},
		{attach, `"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}`, Medium},
		{attach, `"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com", "lambda.amazonaws.com"]}`, High}, // the holder can change functions
		{attach, `"Bool": {"aws:ViaAWSService": "true"}`, Medium},
		{attach, `"StringEquals": {"aws:ResourceTag/team": "a"}`, Medium},
		{attach, `"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"}`, Medium},
		{attach, `"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/*"}`, High},
		{attach, `"ArnEquals": {"iam:PolicyARN": ["arn:aws:iam::aws:policy/IAMFullAccess", "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"]}`, High},
		{attach, `"StringLike": {"iam:PolicyARN": ["arn:aws:iam::*:policy/app", "arn:*:iam::aws:policy/A*"]}`, High},
		{attach, `"ArnEquals": {"iam:PolicyARN": "arn:aws-us-gov:iam::aws:policy/AdministratorAccess"}`, High},
		{attach, `"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/b"}`, Medium},
		{attach, `"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}`, High},
		{pass, `"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}`, Medium},
		{pass, `"StringLike": {"iam:PassedToService": "l*.amazonaws.com"}`, Medium},
		{pass, `"StringEqualsIfExists": {"iam:PassedToService": "lambda.amazonaws.com"}`, Medium},
		{pass, `"stringequalsifexists": {"iam:PassedToService": "lambda.amazonaws.com"}`, Medium},
		{pass, `"StringLike": {"iam:PassedToService": "*.amazonaws.com"}`, High},
		{pass, `"StringLike": {"iam:PassedToService": ["*amazonaws*", "lambda.amazonaws.com"]}`, High},
		{pass, `"StringEquals": {"aws:RequestedRegion": "eu-west-1"}`, High},
		{change, `"StringEquals": {"ec2:Region": "eu-west-1"}`, High},
		{change, `"StringEquals": {"ec2:MetadataHttpTokens": "required"}`, High},
		{assume, `"StringEquals": {"sts:ExternalId": "x"}`, High},
		{assume, `"StringEquals": {"iam:ResourceTag/team": "a"}`, Medium},
		{change, `"StringEquals": {"ec2:ResourceTag/team": "a"}`, Medium},
	} {
		worst := Severity(0)
		var message string
		for _, f := range reviewEscalations(t, fmt.Sprintf(`{"Effect": "Allow", "Action": %s, "Resource": "*", "Condition": {%s}}`, test.actions, test.condition), allowStatement([]string{"lambda:CreateFunction", "lambda:InvokeFunction"}, "*")) {
			if f.Severity > worst {
				worst, message = f.Severity, WriteSentence(f.Message)
			}
		}
		if worst != test.want {
			t.Errorf("%s if %s: %d, want %d: %s", test.actions, test.condition, worst, test.want, message)
		}
	}
}

// IAM handles requests in one region only. A condition that allows this region
// does not limit an action of IAM.
func TestRegionOfIAMDoesNotLimit(t *testing.T) {
	t.Parallel()
	for region, want := range map[string][]string{
		"us-east-1": {"iam:CreateRole"},
		"us-*":      {"iam:CreateRole"},
		"eu-west-1": nil,
	} {
		var got []string
		for _, f := range reviewRules(t, []string{"any-resource"}, fmt.Sprintf(`{"Effect": "Allow", "Action": ["iam:CreateRole", "iam:PassRole", "ec2:RunInstances"], "Resource": "*", "Condition": {"StringLike": {"aws:RequestedRegion": %q}}}`, region)) {
			got = append(got, f.Actions...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", region, got, want)
		}
	}
}

// Every key in keys.tsv must exist. A row about any other key would have no
// effect.
func TestKeysOfTheTableExist(t *testing.T) {
	t.Parallel()
	for _, row := range rows(keysTSV, 3) {
		if key := row[1]; !keyExists(key) && !keyExists(key+"x") {
			t.Errorf("%s %s does not exist", row[0], key)
		}
	}
}

// A condition makes reading every secret less severe only if it limits which
// secrets can be read.
func TestConditionsThatLimitTheSecrets(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]Severity{
		`"Bool": {"aws:MultiFactorAuthPresent": "true"}`:                                            High,
		`"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}`:                               High,
		`"StringEquals": {"aws:RequestedRegion": "eu-west-1"}`:                                      High,
		`"StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}`:                             High,
		`"ArnLike": {"secretsmanager:SecretId": "arn:aws:secretsmanager:eu-west-1:*:secret:app/*"}`: Medium,
		`"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}`:             Medium,
	} {
		found := reviewRules(t, []string{"secrets-of-others"}, fmt.Sprintf(`{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*", "Condition": {%s}}`, condition))
		if len(found) != 1 || found[0].Severity != want {
			t.Errorf("%s: %+v, want %s", condition, found, want)
		}
	}
}

// A reference to a secret of the template names one secret; the value of a parameter
// can have a wildcard.
func TestReferenceToASecretIsOneSecret(t *testing.T) {
	t.Parallel()
	for resource, want := range map[string]int{"!Ref S": 0, "!Ref P": 1} {
		report := reviewText(t, "t.yaml", `
Parameters: {P: {Type: String}}
Resources:
  S: {Type: AWS::SecretsManager::Secret, Properties: {GenerateSecretString: {}}}
  M: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'secretsmanager:GetSecretValue', Resource: `+resource+`}]}}}
`, "secrets-of-others")
		if len(report.Findings) != want {
			t.Errorf("%s: %+v, want %d findings", resource, report.Findings, want)
		}
	}
}
