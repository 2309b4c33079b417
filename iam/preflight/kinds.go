// The kinds of findings: package report makes sentences of them.

package preflight

// Kind is what a check found.
type Kind string

// The kinds.
const (
	// KindLookFailed: a look was denied or failed.
	KindLookFailed Kind = "look-failed"

	KindCaller         Kind = "caller"                    // Subject is the caller
	KindOtherPartition Kind = "other-partition"           // Subject is that of the account, What that of the template
	KindRegionOutside  Kind = "region-of-other-partition" // Subject is the region, What the account's partition
	KindRegionUnknown  Kind = "unknown-region"            // the same: it is unknown in which partition it is
	KindOtherRegion    Kind = "other-region"              // What is that of the configuration
	KindPlaceholder    Kind = "placeholder"               // Subject is where

	KindStackNew      Kind = "stack-new"      // it does not exist
	KindStackReady    Kind = "stack-ready"    // What is its status
	KindStackRepaired Kind = "stack-repaired" // a deployment first repairs it
	KindStackChanging Kind = "stack-changing" // an operation is under way
	KindStackBlocked  Kind = "stack-blocked"  // a deployment does not change it

	KindNamesFree     Kind = "names-free"              // Count are free, or in this stack
	KindNameOutside   Kind = "name-outside"            // no stack that was looked at has it
	KindNameAdopted   Kind = "name-adopted"            // the same, and the deployment adopts it
	KindNameElsewhere Kind = "name-elsewhere"          // Places have it
	KindNameOtherPath Kind = "name-under-another-path" // What is its ARN
	KindNameUnknown   Kind = "name-unknown"            // it is unknown who has it

	KindPoliciesExist  Kind = "policies-exist"          // Count of them
	KindPolicyMissing  Kind = "policy-missing"          // Subject is the ARN
	KindPolicyForeign  Kind = "policy-of-other-account" // Subject is the ARN
	KindReplacedNone   Kind = "no-replacement"          // nothing is replaced under its name
	KindReplaced       Kind = "replacement"             // What is the property
	KindTypeChanged    Kind = "type-changed"            // What is the type in the stack
	KindRenamed        Kind = "logical-id-changed"      // What is the logical ID in the stack
	KindNotComparable  Kind = "not-comparable"          // What is the property; of the whole template ""
	KindVersionsFree   Kind = "versions-free"           // Count policies
	KindVersionsFull   Kind = "versions-full"           // Count of Limit
	KindQuotaFree      Kind = "quota-free"              // What is the quota; Count of Limit afterwards
	KindQuotaFull      Kind = "quota-full"              // the same
	KindQuotaUncertain Kind = "quota-uncertain"         // the same, at most

	KindPrincipalsExist  Kind = "principals-exist"  // Count of them
	KindPrincipalMissing Kind = "principal-missing" // Subject is the principal
	KindPrincipalMoved   Kind = "principal-moved"   // What is the ARN that exists
	KindPrincipalForeign Kind = "principal-of-other-account"
	KindPrincipalUnknown Kind = "principal-not-looked-up"

	KindAllowed        Kind = "allowed"                 // Count calls; Subject is the principal
	KindDenied         Kind = "denied"                  // What is the action, Subject the resource
	KindUndecided      Kind = "undecided"               // the same: the policies ask for context keys that are unknown
	KindUnanswered     Kind = "unanswered"              // the same: the simulation returns no decision
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
