// Tests of responses of AWS.

package document

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
)

func TestResponses(t *testing.T) {
	t.Parallel()
	const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`
	quoted := strconv.Quote(document)
	for name, test := range map[string]struct {
		text, problem string
	}{
		"get-policy-version":                {`{"PolicyVersion":{"Document":` + document + `,"VersionId":"v1","IsDefaultVersion":true}}`, ""},
		"get-policy-version of the API":     {`{"PolicyVersion":{"Document":"` + url.QueryEscape(document) + `","VersionId":"v1"}}`, ""},
		"get-role":                          {`{"Role":{"Path":"/","RoleName":"r","Arn":"arn:aws:iam::111122223333:role/r","AssumeRolePolicyDocument":` + document + `}}`, ""},
		"get-role-policy":                   {`{"RoleName":"r","PolicyName":"p","PolicyDocument":` + document + `}`, ""},
		"get-user-policy":                   {`{"UserName":"u","PolicyName":"p","PolicyDocument":` + document + `}`, ""},
		"get-bucket-policy":                 {`{"Policy":` + quoted + `}`, ""},
		"get-key-policy":                    {`{"Policy":` + quoted + `,"PolicyName":"default"}`, ""},
		"get-resource-policy":               {`{"ARN":"a","Name":"n","ResourcePolicy":` + quoted + `}`, ""},
		"a document":                        {document, ""},
		"a resource with the name Role":     {`{"Role":{"Type":"AWS::IAM::ManagedPolicy","Properties":{"PolicyDocument":` + document + `}}}`, ""},
		"a resource with the name Policy":   {`{"Policy":{"Type":"AWS::IAM::ManagedPolicy","Properties":{"PolicyDocument":` + document + `}}}`, ""},
		"a policy of another kind":          {`{"Policy":"none"}`, "want a policy document"},
		"get-policy":                        {`{"Policy":{"PolicyName":"p","DefaultVersionId":"v1"}}`, "get-policy-version"},
		"get-account-authorization-details": {`{"UserDetailList":[],"RoleDetailList":[]}`, "jq '.RoleDetailList"},
		"describe-policy":                   {`{"Policy":{"PolicySummary":{"Id":"p-1","Type":"SERVICE_CONTROL_POLICY"},"Content":` + quoted + `}}`, "jq -r '.Policy.Content'"},
		"list-attached-role-policies":       {`{"AttachedPolicies":[{"PolicyName":"p","PolicyArn":"a"}]}`, "get-policy-version --policy-arn"},
		"list-role-policies":                {`{"PolicyNames":["p"]}`, "get-role-policy"},
		"list-policies":                     {`{"Policies":[{"PolicyName":"p","DefaultVersionId":"v1"}]}`, "list-policies"},
		"list-policy-versions":              {`{"Versions":[{"VersionId":"v1","IsDefaultVersion":true}]}`, "get-policy-version"},
		"get-template":                      {`{"StagesAvailable":["Original"],"TemplateBody":{"Resources":{}}}`, "jq -r '.TemplateBody'"},
		"list-roles":                        {`{"Roles":[{"RoleName":"r","AssumeRolePolicyDocument":{}}]}`, "jq '.Roles[0]"},
		"an empty list":                     {`{"Roles":[]}`, "want a policy document"},
		"a Terraform plan":                  {`{"format_version":"1.2","resource_changes":[]}`, "a Terraform plan"},
		"something else":                    {`{"PolicyVersion":{"VersionId":"v1"}}`, "want a policy document"},
	} {
		set, err := ReadSet("f.json", []byte(test.text))
		switch {
		case test.problem != "":
			if err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("%s: %v", name, err)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case len(set.Principals) != 1 || len(set.Principals[0].Policies) != 1 || len(set.Principals[0].Policies[0].Document.Statements) != 1:
			t.Errorf("%s: %+v", name, set.Principals)
		}
	}
	if doc, err := Read("f.json", []byte(`{"PolicyVersion":{"Document":`+document+`,"VersionId":"v1"}}`)); err != nil || len(doc.Statements) != 1 || doc.Statements[0].Column == 0 {
		t.Errorf("%+v, %v", doc, err)
	}
}
