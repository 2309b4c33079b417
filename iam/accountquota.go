// The quotas of IAM, by the names that IAM's errors use for them.

package iam

import "capaboot/internal/lazy"

// AccountQuota is a quota of IAM.
type AccountQuota struct {
	// Name is the name in Service Quotas, or in the IAM User Guide for a quota
	// that Service Quotas does not list.
	Name string
	// Default is the value in a new account.
	Default int
	// Adjustable means that AWS raises the quota on request.
	Adjustable bool
	// PerAccount means that the quota limits the account, not a single
	// resource.
	PerAccount bool
	// Fields are the configuration fields whose entries count toward the quota,
	// as paths below the field of the role ("trustStatements") or below spec
	// ("bootstrapUser.extraGroups").
	Fields []string
}

// accountQuotas is keyed by the name that follows "Cannot exceed quota for " in
// IAM's errors. Sources: IAM User Guide, "IAM and AWS STS quotas", for the
// values and what can be increased; Service Quotas, service "iam", for the
// names.
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

// QuotaOf returns the quota that has this name in IAM's errors, and whether the
// quota is known.
func QuotaOf(name string) (AccountQuota, bool) {
	quota, known := accountQuotas.Get()[name]
	return quota, known
}
