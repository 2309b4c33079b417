// The kinds of findings. Package report turns them into sentences.

package preflight

// Kind is the kind of a finding.
type Kind string

// The kinds.
const (
	// KindLookupFailed means that a lookup was denied or failed.
	KindLookupFailed Kind = "look-failed"

	KindCaller         Kind = "caller"                    // Finding.Subject is the caller.
	KindOtherPartition Kind = "other-partition"           // Finding.Subject is the account's partition, Finding.What the template's.
	KindRegionOutside  Kind = "region-of-other-partition" // Finding.Subject is the region, Finding.What the account's partition.
	KindRegionUnknown  Kind = "unknown-region"            // Like KindRegionOutside, but the region's partition is unknown.
	KindOtherRegion    Kind = "other-region"              // Finding.What is the configuration's region.
	KindPlaceholder    Kind = "placeholder"               // Finding.Subject is the placeholder with its path.

	KindStackNew      Kind = "stack-new"      // The stack does not exist.
	KindStackReady    Kind = "stack-ready"    // Finding.What is the status.
	KindStackRepaired Kind = "stack-repaired" // A deployment first repairs the stack, after a confirmation.
	// KindStackRecreated means that a deployment deletes and recreates the stack,
	// which has no resources.
	KindStackRecreated Kind = "stack-recreated"
	KindStackChanging  Kind = "stack-changing" // An operation is in progress.
	KindStackBlocked   Kind = "stack-blocked"  // A deployment is impossible while the stack has its current status.
	// KindStackProtected means that a deployment would have to delete the stack
	// first, and the stack has termination protection.
	KindStackProtected Kind = "stack-protected"
	// KindStackNested means that the stack is nested. Finding.What is its root
	// stack. Source: CloudFormation User Guide, "Nested stacks": start updates
	// from the root stack.
	KindStackNested Kind = "stack-nested"

	// KindStackOther means that the stack has Finding.Count resources that CAPA's
	// templates never have, besides resources of CAPA. Finding.What names the first
	// ones. KindStackForeign is like KindStackOther, but none of the stack's
	// resources is one of CAPA's.
	KindStackOther   Kind = "stack-with-other-resources"
	KindStackForeign Kind = "stack-of-another-application"

	KindNamesFree   Kind = "names-free"   // Finding.Count names are free or belong to this stack.
	KindNameOutside Kind = "name-outside" // No stack that was read contains the resource.
	// KindNameRetained means that the deployment deletes the stack first, and the
	// deletion retains the resource because of its DeletionPolicy.
	KindNameRetained  Kind = "name-retained"
	KindNameAdopted   Kind = "name-adopted"            // Like KindNameOutside, but the deployment adopts the resource.
	KindNameElsewhere Kind = "name-elsewhere"          // The stacks in Finding.Places contain the resource.
	KindNameOtherPath Kind = "name-under-another-path" // Finding.What is the ARN of the existing resource.
	KindNameUnknown   Kind = "name-unknown"            // The owner is unknown.

	KindPoliciesExist Kind = "policies-exist"          // Finding.Count is the number of policies.
	KindPolicyMissing Kind = "policy-missing"          // Finding.Subject is the ARN.
	KindPolicyForeign Kind = "policy-of-other-account" // Finding.Subject is the ARN.
	// KindPolicyTooLate means that the deployment creates the policy, but only
	// after the resource that refers to it. Finding.Subject is the ARN.
	KindPolicyTooLate    Kind = "policy-created-too-late"
	KindGroupsExist      Kind = "groups-exist"       // Finding.Count is the number of groups.
	KindGroupMissing     Kind = "group-missing"      // Finding.Subject is the name.
	KindReplacedNone     Kind = "no-replacement"     // No resource that keeps its name is replaced.
	KindReplaced         Kind = "replacement"        // Finding.What is the property.
	KindTypeChanged      Kind = "type-changed"       // Finding.What is the type in the stack.
	KindLogicalIDChanged Kind = "logical-id-changed" // Finding.What is the logical ID in the stack.
	KindNotComparable    Kind = "not-comparable"     // Finding.What is the property, or "template".
	KindVersionsFree     Kind = "versions-free"      // Finding.Count is the number of policies.
	KindVersionsFull     Kind = "versions-full"      // The policy has Finding.Count versions; the quota is Finding.Limit.
	KindQuotaFree        Kind = "quota-free"         // Finding.What is the quota. After the deployment, at most Finding.Count of Finding.Limit are used.
	KindQuotaFull        Kind = "quota-full"         // Like KindQuotaFree, but at least Finding.Count are used, which exceeds Finding.Limit.
	KindQuotaUncertain   Kind = "quota-uncertain"    // Like KindQuotaFree, but Finding.Count exceeds Finding.Limit; fewer may be used.

	KindPrincipalsExist  Kind = "principals-exist"           // Finding.Count is the number of principals.
	KindPrincipalMissing Kind = "principal-missing"          // Finding.Subject is the principal.
	KindPrincipalMoved   Kind = "principal-moved"            // Finding.What is the ARN of the existing principal.
	KindPrincipalForeign Kind = "principal-of-other-account" // Finding.Subject is the principal.
	KindPrincipalUnknown Kind = "principal-not-looked-up"    // The type of Finding.Subject is not looked up.
	// KindPrincipalCreated means that the deployment creates Finding.Subject, perhaps
	// after the role that trusts it, and KindPrincipalSelf that the deployment creates
	// a role that trusts itself.
	KindPrincipalCreated Kind = "principal-created"
	KindPrincipalSelf    Kind = "principal-itself"

	// KindServiceUnknown means that the list of service principals does not have
	// Finding.Subject.
	KindServiceUnknown Kind = "unknown-service"
	KindNotPrincipal   Kind = "not-principal" // The trust policy of Finding.Subject has NotPrincipal.

	KindAllowed    Kind = "allowed"    // Finding.Count is the number of calls, Finding.Subject the principal.
	KindDenied     Kind = "denied"     // Finding.What is the action, Finding.Subject the resource.
	KindUndecided  Kind = "undecided"  // Like KindDenied, but the policies use context keys with unknown values.
	KindUnanswered Kind = "unanswered" // Like KindDenied, but the simulation returns no decision.
	// KindServiceRoleMissing means that the service role, Finding.Subject, does not
	// exist, KindServiceRoleMoved that a role of this name has another path and so
	// the ARN Finding.What, KindServiceRoleForeign that it is in another account, and
	// KindServiceRoleUnusable that its trust policy does not name CloudFormation.
	KindServiceRoleMissing  Kind = "service-role-missing"
	KindServiceRoleMoved    Kind = "service-role-moved"
	KindServiceRoleForeign  Kind = "service-role-of-other-account"
	KindServiceRoleUnusable Kind = "service-role-without-trust"
	KindNotSimulatable      Kind = "principal-not-simulated" // Finding.Subject is the caller.
)

// Kinds returns all kinds.
func Kinds() []Kind {
	return []Kind{KindLookupFailed, KindCaller, KindOtherPartition, KindRegionOutside, KindRegionUnknown, KindOtherRegion, KindPlaceholder,
		KindStackNew, KindStackReady, KindStackRepaired, KindStackRecreated, KindStackChanging, KindStackBlocked, KindStackProtected, KindStackNested, KindStackOther, KindStackForeign,
		KindNamesFree, KindNameOutside, KindNameRetained, KindNameAdopted, KindNameElsewhere, KindNameOtherPath, KindNameUnknown,
		KindPoliciesExist, KindPolicyMissing, KindPolicyForeign, KindPolicyTooLate, KindGroupsExist, KindGroupMissing, KindReplacedNone, KindReplaced, KindTypeChanged, KindLogicalIDChanged, KindNotComparable,
		KindVersionsFree, KindVersionsFull, KindQuotaFree, KindQuotaFull, KindQuotaUncertain,
		KindPrincipalsExist, KindPrincipalMissing, KindPrincipalMoved, KindPrincipalForeign, KindPrincipalUnknown, KindPrincipalCreated, KindPrincipalSelf, KindServiceUnknown, KindNotPrincipal,
		KindAllowed, KindDenied, KindUndecided, KindUnanswered, KindServiceRoleMissing, KindServiceRoleMoved, KindServiceRoleForeign, KindServiceRoleUnusable, KindNotSimulatable}
}
