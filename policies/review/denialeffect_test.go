// Tests of the rule about Deny statements that deny nothing.

package review

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

// Requests of a principal with identity policies are signed. Requests that a
// resource policy allows or denies may be unsigned. The rule reports a condition
// only if every request has the key of the condition, and if no value of the key
// can meet the condition.
func TestDenialsWithoutEffect(t *testing.T) {
	const dynamodb = `"arn:aws:dynamodb:*:*:table/*","arn:aws:dynamodb:*:*:table/*/index/*"`
	for name, test := range map[string]struct{ statement, want string }{
		"a key of signed requests":             {`"Action":"s3:*","Resource":"*","Condition":{"StringNotLike":{"aws:PrincipalArn":"*"}}`, "every request for these actions has aws:PrincipalArn"},
		"... with IfExists":                    {`"Action":"s3:*","Resource":"*","Condition":{"ArnNotLikeIfExists":{"aws:PrincipalArn":"arn:*:*:*:*:*"}}`, "every request for these actions has aws:PrincipalArn"},
		"... in a resource policy":             {`"Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotLike":{"aws:PrincipalArn":"*"}}`, ""},
		"... with a set operator":              {`"Action":"s3:*","Resource":"*","Condition":{"ForAllValues:StringNotLike":{"aws:PrincipalArn":"*"}}`, ""},
		"... with an empty value":              {`"Action":"s3:*","Resource":"*","Condition":{"StringNotLike":{"aws:PrincipalArn":""}}`, ""},
		"... with another value":               {`"Action":"s3:*","Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:*:iam::*:role/*"}}`, ""},
		"Null without values":                  {`"Action":"s3:*","Resource":"*","Condition":{"Null":{"aws:CurrentTime":[]}}`, ""},
		"Null with both values":                {`"Action":"s3:*","Resource":"*","Condition":{"Null":{"aws:CurrentTime":["true","false"]}}`, ""},
		"a global key of some requests":        {`"Action":"s3:*","Resource":"*","Condition":{"Null":{"aws:SourceVpc":"true"}}`, ""},
		"a key of the service":                 {`"Action":"s3:*","Resource":"*","Condition":{"Null":{"s3:prefix":"true"}}`, ""},
		"all resources of one action":          {`"Action":["dynamodb:DeleteTable","s3:*"],"NotResource":[` + dynamodb + `]`, "the statement does not deny them: dynamodb:DeleteTable"},
		"... and of an action that is unknown": {`"Action":"dynamodb:DeleteNothing","NotResource":[` + dynamodb + `]`, ""},
		"... in each partition that is named":  {`"Action":"iam:CreateRole","NotResource":["arn:aws:iam::*:role/*","arn:aws-cn:iam::*:role/*"]`, "the statement does not deny them: iam:CreateRole"},
		"... in one of the partitions":         {`"Action":"iam:CreateRole","NotResource":["arn:aws:iam::*:role/*","arn:aws-cn:iam::*:role/r"]`, ""},
		"... in any partition":                 {`"Action":"iam:CreateRole","NotResource":"arn:*:iam::*:role/*"`, "the statement does not deny them: iam:CreateRole"},
		"every caller":                         {`"NotPrincipal":{"AWS":"*"},"Action":"s3:*","Resource":"*"`, "NotPrincipal names every caller"},
		"every provider":                       {`"NotPrincipal":{"Federated":"*"},"Action":"s3:*","Resource":"*"`, ""},
		"an Allow":                             {`"Action":"s3:*","NotResource":"*"`, ""},
	} {
		effect := "Deny"
		if name == "an Allow" {
			effect = "Allow"
		}
		set, err := document.ReadSet("p.json", []byte(`{"Version":"2012-10-17","Statement":{"Effect":"`+effect+`",`+test.statement+`}}`))
		if err != nil {
			t.Fatal(name, err)
		}
		report, err := Review(set, Options{Rules: []string{"denial-without-effect"}})
		if err != nil {
			t.Fatal(name, err)
		}
		var messages []string
		for _, f := range report.Findings {
			messages = append(messages, WriteSentence(f.Message))
		}
		got := strings.Join(messages, "\n")
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
