// Checks whether CloudFormation can use the service role of the stack.

package preflight

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"capaboot/policies/arn"
)

// checkServiceRole looks up the service role: it must be a role of the account,
// and its trust policy must allow CloudFormation to assume the role. It returns
// false if the role does not exist or is in a different account, because then the
// role cannot be simulated.
//
// Source: CloudFormation User Guide, "CloudFormation service role".
func (r *run) checkServiceRole(ctx context.Context) bool {
	a, _ := arn.Parse(r.ServiceRole)
	if a.Account != r.Account {
		r.add(Finding{Kind: KindServiceRoleForeign, Result: Failed, Subject: r.ServiceRole})
		return false
	}
	name := a.Name()
	var trust map[string]any
	out, notFound, notRead := lookUp(ctx, r, "GetRole", name, r.api.GetRole, &awsiam.GetRoleInput{RoleName: &name}, func(out *awsiam.GetRoleOutput) bool {
		if out.Role == nil {
			return false
		}
		text, err := url.PathUnescape(aws.ToString(out.Role.AssumeRolePolicyDocument))
		return err == nil && json.Unmarshal([]byte(text), &trust) == nil && trust != nil
	})
	switch {
	case notRead != nil:
		r.addNotRead(*notRead)
	case notFound || !strings.EqualFold(aws.ToString(out.Role.Arn), r.ServiceRole):
		r.add(Finding{Kind: KindServiceRoleMissing, Result: Failed, Subject: r.ServiceRole})
		return false
	case !trustsCloudFormation(trust):
		r.add(Finding{Kind: KindServiceRoleUnusable, Result: Failed, Subject: r.ServiceRole})
	}
	return true
}

// trustsCloudFormation reports whether a statement of a trust policy may allow
// CloudFormation to assume the role. It does not evaluate conditions and Deny
// statements.
func trustsCloudFormation(trust map[string]any) bool {
	for _, statement := range asList(trust["Statement"]) {
		statement, _ := statement.(map[string]any)
		if statement["Effect"] != "Allow" {
			continue
		}
		if statement["NotPrincipal"] != nil || statement["Principal"] == "*" {
			return true
		}
		principals, _ := statement["Principal"].(map[string]any)
		for _, service := range asList(principals["Service"]) {
			if id, _ := service.(string); id == "*" || strings.HasPrefix(strings.ToLower(id), "cloudformation.") {
				return true
			}
		}
	}
	return false
}
