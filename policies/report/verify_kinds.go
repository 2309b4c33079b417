// The kinds of differences that "verify" finds: what is reported of each, and what to do.

package report

import (
	"strings"

	"capaboot/iam/verify"
	"capaboot/internal/lazy"
)

// verifyKind has the texts for a kind of difference.
type verifyKind struct {
	kind verify.Kind
	// sign is + for what the account has and the configuration does not, - the other
	// way, ~ for what is different.
	sign string
	// says is the text, where {what}, {configured} and {found} stand for those of a
	// difference.
	says string
	// level is that of SARIF.
	level string
	// risk and remedy are sentences without a full stop.
	risk, remedy string
}

const (
	redeploy  = "Find out who made the change and why, then revert it, or put it into the configuration"
	revertAll = redeploy + "; \"plan --revert-drift\" shows what reverting all of it would do"
)

// verifyKinds has a row for each kind of difference.
var verifyKinds = []verifyKind{
	{verify.StackMissing, "-", "the stack does not exist in this region", "error", "No stack keeps the roles and policies as configured", "Name the region of the stack with --region, or deploy it"},
	{verify.StackFailed, "~", "the stack is {found}", "error", "The last operation on the stack failed, so it may be only partly applied", "Run the deployment again; it says what failed"},
	{verify.StackOutdated, "~", "the template of the stack is not that of the configuration: some differences may come from that, not from a change by hand", "warning", "The account has the permissions of another configuration or release", "See what a deployment would change with \"plan\", then deploy"},
	{verify.StackTag, "~", "tag {what} of the stack: configured is {configured}, found {found}", "note", "Tags can give or limit permissions, and cost reports use them", "Deploy the stack again, or put the tag into stackTags"},
	{verify.ResourceGone, "-", "does not exist in the account", "error", "Controllers or nodes that use it have no permissions", "Deploy the stack again with a drift-aware change set, which creates what was deleted"},
	{verify.ResourceUnmanaged, "~", "exists, but is not in the stack", "warning", "The stack does not keep it as configured", "Deploy with --import-existing, which adopts it"},
	{verify.ResourceExtra, "+", "is in the stack, but not in the configuration", "warning", "It has permissions that are not in the configuration", "Deploy the stack, which removes it, or put it back into the configuration"},
	{verify.NameChanged, "~", "is called {found}, not {configured}", "warning", "Resources that refer to the configured name do not find it", "Deploy the stack"},
	{verify.PathChanged, "~", "path: configured is {configured}, found {found}", "warning", "The resource was recreated by hand; policies that name its ARN do not match", redeploy},
	{verify.TagChanged, "~", "tag {what}: configured is {configured}, found {found}", "note", "Tags can give or limit permissions, and cost reports use them", redeploy},
	{verify.TrustChanged, "~", "trust policy changed", "error", "Principals that are not configured can assume the role, or configured ones cannot", revertAll},
	{verify.InlineAdded, "+", "inline policy {what} added", "error", "The policy gives permissions that the configuration does not", revertAll},
	{verify.InlineRemoved, "-", "inline policy {what} removed", "error", "Calls that need its permissions fail", revertAll},
	{verify.InlineChanged, "~", "inline policy {what} changed", "error", "The permissions are not those of the configuration", revertAll},
	{verify.PolicyAttached, "+", "policy {what} attached", "error", "The policy gives permissions that the configuration does not", revertAll},
	{verify.PolicyDetached, "-", "policy {what} detached", "error", "Calls that need its permissions fail", revertAll},
	{verify.PolicyChanged, "~", "policy document changed", "error", "Everyone with the policy has other permissions than configured", revertAll},
	{verify.BoundaryAdded, "+", "permissions boundary {found} added", "warning", "The boundary may deny permissions that controllers or nodes need", revertAll},
	{verify.BoundaryDropped, "-", "permissions boundary {configured} dropped", "error", "Nothing limits policies that are attached later", revertAll},
	{verify.BoundaryChanged, "~", "permissions boundary {found} set, not {configured}", "error", "Another boundary limits other permissions", revertAll},
	{verify.HolderAdded, "+", "attached to {what}, which is not configured", "error", "Somebody else has the permissions of CAPA", revertAll},
	{verify.HolderRemoved, "-", "detached from {what}", "error", "Calls that need its permissions fail", revertAll},
	{verify.GroupJoined, "+", "joined group {what}", "error", "The group may give permissions that the configuration does not", revertAll},
	{verify.GroupLeft, "-", "left group {what}", "error", "What needs the permissions of the group fails", revertAll},
	{verify.MemberAdded, "+", "has member {what}, which is not configured", "error", "Somebody else has the permissions of the bootstrap user", revertAll},
	{verify.ProfileRole, "~", "role of the instance profile: configured is {configured}, found {found}", "error", "Instances get other permissions than configured, or none", revertAll},
}

// verifyKindOf is the row of a kind.
func verifyKindOf(kind verify.Kind) verifyKind {
	for _, row := range verifyKinds {
		if row.kind == kind {
			return row
		}
	}
	return verifyKind{kind: kind, sign: "~", says: string(kind) + " {what}", level: "warning"}
}

// differenceText is what a difference is, without the resource.
func differenceText(d verify.Difference) string {
	what := d.What
	if strings.HasPrefix(what, "arn:") {
		what = what[strings.LastIndexByte(what, '/')+1:]
	}
	text := strings.NewReplacer("{what}", short(what), "{configured}", value(d.Configured), "{found}", value(d.Found)).Replace(verifyKindOf(d.Kind).says)
	if d.Kind == verify.StackFailed && d.What != "" {
		text += ": " + short(d.What)
	}
	return text
}

// verdicts say why CloudFormation's detection says something else.
var verdicts = lazy.Value[map[verify.Verdict]string]{Make: func() map[verify.Verdict]string {
	return map[verify.Verdict]string{
		verify.VerdictAgrees:      "agrees",
		verify.VerdictNotChecked:  "CloudFormation did not check it",
		verify.VerdictUnseen:      "it was not read here, so nothing more is known",
		verify.VerdictElsewhere:   "the same change, reported here for {others}",
		verify.VerdictOutdated:    "CloudFormation compares with the template of the stack, which is not that of the configuration",
		verify.VerdictNotSet:      "CloudFormation only compares properties that the template sets",
		verify.VerdictSameEffect:  "the change has no effect on permissions, attachments, boundaries, tags or names",
		verify.VerdictUnexplained: "no reason is known: run it again, since a change may take a moment to appear",
	}
}}

func verdictText(d verify.DriftResource) string {
	return strings.ReplaceAll(verdicts.Get()[d.Verdict], "{others}", few(d.Others, mostResources))
}
