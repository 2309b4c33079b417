// Quotas of IAM that an account reaches, by the names that IAM's errors have
// for them.

package iam

import "capaboot/internal/lazy"

// AccountQuota is a quota of IAM.
type AccountQuota struct {
	// Name is its name in Service Quotas, or in the IAM User Guide where Service
	// Quotas does not have it.
	Name string
	// Default is what it is in a new account.
	Default int
	// Adjustable: AWS raises it on request.
	Adjustable bool
	// PerAccount: it counts what the account has, not what one resource has.
	PerAccount bool
	// Fields are the fields whose entries count toward it, of the role or of spec.
	Fields []string
}

// accountQuotas have the names after "Cannot exceed quota for " in IAM's
// errors. Sources: IAM User Guide, "IAM and AWS STS quotas", for the values and
// what can be increased; Service Quotas, service "iam", for the names.
var accountQuotas = lazy.Value[map[string]AccountQuota]{Make: func() map[string]AccountQuota {
	return map[string]AccountQuota{
		"RolesPerAccount":            {"Roles per account", 1000, true, true, nil},
		"InstanceProfilesPerAccount": {"Instance profiles per account", 1000, true, true, nil},
		"PoliciesPerAccount":         {"Customer managed policies per account", 1500, true, true, nil},
		"GroupsPerAccount":           {"Groups per account", 300, true, true, nil},
		"UsersPerAccount":            {"Users per account", 5000, false, true, nil},

		"PoliciesPerRole":                    {"Managed policies per role", maxAttachments, true, false, []string{"extraPolicyAttachments"}},
		"PoliciesPerUser":                    {"Managed policies per user", maxAttachments, true, false, []string{"bootstrapUser.extraPolicyAttachments"}},
		"PoliciesPerGroup":                   {"Managed policies per group", 10, false, false, nil},
		"GroupsPerUser":                      {"IAM groups an IAM user can be a member of", maxGroups, false, false, []string{"bootstrapUser.extraGroups"}},
		"ACLSizePerRole":                     {"Role trust policy length", maxTrustPolicy, true, false, []string{"trustStatements"}},
		"InstanceSessionsPerInstanceProfile": {"Roles in an instance profile", 1, false, false, nil},
	}
}}

// QuotaOf returns the quota that an error of IAM names.
func QuotaOf(name string) (AccountQuota, bool) {
	quota, known := accountQuotas.Get()[name]
	return quota, known
}
