// The kinds of findings. Package report turns them into sentences.

package preflight

// Kind is what a check found.
type Kind string

// The kinds.
const (
	// KindLookFailed means that a lookup was denied or failed.
	KindLookFailed Kind = "look-failed"

	KindCaller         Kind = "caller"                    // Subject is the caller
	KindOtherPartition Kind = "other-partition"           // Subject is the account's partition, What the template's
	KindRegionOutside  Kind = "region-of-other-partition" // Subject is the region, What the account's partition
	KindRegionUnknown  Kind = "unknown-region"            // the same; the region's partition is unknown
	KindOtherRegion    Kind = "other-region"              // What is the configuration's region
	KindPlaceholder    Kind = "placeholder"               // Subject is its place

	KindStackNew      Kind = "stack-new"      // it does not exist
	KindStackReady    Kind = "stack-ready"    // What is its status
	KindStackRepaired Kind = "stack-repaired" // a deployment first repairs it
	KindStackChanging Kind = "stack-changing" // an operation is in progress
	KindStackBlocked  Kind = "stack-blocked"  // a deployment does not change it

	KindNamesFree     Kind = "names-free"              // Count names are free, or belong to this stack
	KindNameOutside   Kind = "name-outside"            // none of the stacks that were read has it
	KindNameAdopted   Kind = "name-adopted"            // the same, and the deployment adopts it
	KindNameElsewhere Kind = "name-elsewhere"          // the stacks in Places have it
	KindNameOtherPath Kind = "name-under-another-path" // What is its ARN
	KindNameUnknown   Kind = "name-unknown"            // the owner is unknown

	KindPoliciesExist  Kind = "policies-exist"          // Count policies
	KindPolicyMissing  Kind = "policy-missing"          // Subject is the ARN
	KindPolicyForeign  Kind = "policy-of-other-account" // Subject is the ARN
	KindReplacedNone   Kind = "no-replacement"          // no resource is replaced under its own name
	KindReplaced       Kind = "replacement"             // What is the property
	KindTypeChanged    Kind = "type-changed"            // What is the type in the stack
	KindRenamed        Kind = "logical-id-changed"      // What is the logical ID in the stack
	KindNotComparable  Kind = "not-comparable"          // What is the property, "" for the whole template
	KindVersionsFree   Kind = "versions-free"           // Count policies
	KindVersionsFull   Kind = "versions-full"           // Count of Limit
	KindQuotaFree      Kind = "quota-free"              // What is the quota; Count of Limit after the deployment
	KindQuotaFull      Kind = "quota-full"              // the same
	KindQuotaUncertain Kind = "quota-uncertain"         // the same; Count is an upper bound

	KindPrincipalsExist  Kind = "principals-exist"  // Count principals
	KindPrincipalMissing Kind = "principal-missing" // Subject is the principal
	KindPrincipalMoved   Kind = "principal-moved"   // What is the ARN that exists
	KindPrincipalForeign Kind = "principal-of-other-account"
	KindPrincipalUnknown Kind = "principal-not-looked-up"

	KindAllowed        Kind = "allowed"                 // Count calls; Subject is the principal
	KindDenied         Kind = "denied"                  // What is the action, Subject the resource
	KindUndecided      Kind = "undecided"               // the same; the policies use context keys with unknown values
	KindUnanswered     Kind = "unanswered"              // the same; the simulation returns no decision
	KindNotSimulatable Kind = "principal-not-simulated" // Subject is the caller
)

// Kinds are all the kinds.
func Kinds() []Kind {
	return []Kind{KindLookFailed, KindCaller, KindOtherPartition, KindRegionOutside, KindRegionUnknown, KindOtherRegion, KindPlaceholder,
		KindStackNew, KindStackReady, KindStackRepaired, KindStackChanging, KindStackBlocked,
		KindNamesFree, KindNameOutside, KindNameAdopted, KindNameElsewhere, KindNameOtherPath, KindNameUnknown,
		KindPoliciesExist, KindPolicyMissing, KindPolicyForeign, KindReplacedNone, KindReplaced, KindTypeChanged, KindRenamed, KindNotComparable,
		KindVersionsFree, KindVersionsFull, KindQuotaFree, KindQuotaFull, KindQuotaUncertain,
		KindPrincipalsExist, KindPrincipalMissing, KindPrincipalMoved, KindPrincipalForeign, KindPrincipalUnknown,
		KindAllowed, KindDenied, KindUndecided, KindUnanswered, KindNotSimulatable}
}
