// The kinds of differences that "verify" finds, each with its message, risk and
// remedy.

package report

import (
	"slices"
	"strings"

	"capaboot/iam/verify"
	"capaboot/internal/lazy"
)

type verifyKind struct {
	kind verify.Kind
	// sign is + for what only the account has, - for what only the
	// configuration has, and ~ for what differs.
	sign string
	// message is the text, in which {what}, {configured} and {found} are
	// replaced by values of the difference.
	message string
	// level is the SARIF level.
	level string
	// risk and fix are sentences without a full stop.
	risk, fix string
}

const (
	revertOne = "Find out who made the change and why, then revert the change, or put the change into the configuration"
	revertAll = revertOne + "; \"plan --revert-drift\" shows what a revert of all differences would do"
)

var verifyKinds = []verifyKind{
	{verify.StackMissing, "-", "the stack does not exist in this region", "error", "Without the stack, nothing keeps the roles and policies as configured", "Pass the region of the stack with --region, or deploy the stack"},
	{verify.StackFailed, "~", "the stack is {found}", "error", "The last operation on the stack failed, so the stack may have only some of the changes", "Run the deployment again to see what failed"},
	{verify.StackOutdated, "~", "the template of the stack differs from the template of the configuration: some differences may come from the template, not from a manual change", "warning", "The account may have the permissions of another configuration or release", "Run \"plan\" to see what a deployment would change, then deploy the stack"},
	{verify.StackTag, "~", "tag {what} of the stack, in the configuration: {configured}; in the account: {found}", "note", "Tags can give or limit permissions, and cost reports use them", "Deploy the stack again, or put the tag into stackTags"},
	{verify.ResourceGone, "-", "does not exist in the account", "error", "Controllers or nodes lack the permissions that the resource gives", "Create and execute a drift-aware change set (aws cloudformation create-change-set --deployment-mode REVERT_DRIFT), which creates the deleted resource again"},
	{verify.ResourceUnmanaged, "~", "exists, but is not in the stack", "warning", "CloudFormation does not manage the resource, so a deployment does not restore the configured values", "Deploy with --import-existing, which imports the resource into the stack"},
	{verify.ResourceExtra, "+", "is in the stack, but not in the configuration", "warning", "The resource may give permissions that are not in the configuration", "Deploy the stack to remove the resource, or put the resource back into the configuration"},
	{verify.NameChanged, "~", "is called {found}, not {configured}", "warning", "References to the configured name do not work", "Deploy the stack"},
	{verify.PathChanged, "~", "path in the configuration: {configured}; in the account: {found}", "warning", "The resource was recreated manually, and policies that name the old ARN do not match the new resource", revertOne},
	{verify.TagChanged, "~", "tag {what} in the configuration: {configured}; in the account: {found}", "note", "Tags can give or limit permissions, and cost reports use them", revertOne},
	{verify.TrustChanged, "~", "trust policy changed", "error", "Principals that are not configured may be able to assume the role, or configured principals may be unable to assume the role", revertAll},
	{verify.InlineAdded, "+", "inline policy {what} added", "error", "The policy gives permissions that are not in the configuration", revertAll},
	{verify.InlineRemoved, "-", "inline policy {what} removed", "error", "Calls that need the permissions of the policy fail", revertAll},
	{verify.InlineChanged, "~", "inline policy {what} changed", "error", "The permissions differ from the configuration", revertAll},
	{verify.PolicyAttached, "+", "policy {what} attached", "error", "The policy gives permissions that are not in the configuration", revertAll},
	{verify.PolicyDetached, "-", "policy {what} detached", "error", "Calls that need the permissions of the policy fail", revertAll},
	{verify.PolicyChanged, "~", "policy document changed", "error", "Every principal with the policy has permissions that differ from the configuration", revertAll},
	{verify.BoundaryAdded, "+", "permissions boundary {found} added", "warning", "The boundary may deny permissions that controllers or nodes need", revertAll},
	{verify.BoundaryDropped, "-", "permissions boundary {configured} removed", "error", "No boundary limits the policies that are attached later", revertAll},
	{verify.BoundaryChanged, "~", "permissions boundary {found} set, not {configured}", "error", "The boundary may allow more or less than the boundary in the configuration", revertAll},
	{verify.HolderAdded, "+", "attached to {what} in the account, but not in the configuration", "error", "Another principal has the permissions of CAPA", revertAll},
	{verify.HolderRemoved, "-", "detached from {what}", "error", "Calls that need the permissions of the policy fail", revertAll},
	{verify.GroupJoined, "+", "joined group {what}", "error", "The group may give permissions that are not in the configuration", revertAll},
	{verify.GroupLeft, "-", "left group {what}", "error", "Calls that need the permissions of the group fail", revertAll},
	{verify.MemberAdded, "+", "has member {what} in the account, but not in the configuration", "error", "Another user has the permissions of the bootstrap user", revertAll},
	{verify.ProfileRole, "~", "role of the instance profile in the configuration: {configured}; in the account: {found}", "error", "Instances get permissions that differ from the configuration, or no permissions", revertAll},
	{verify.ProfileAdded, "+", "is in instance profile {what} in the account, but not in the configuration", "error", "Instances with the instance profile have the permissions of the role", revertOne},
	{verify.SessionChanged, "~", "maximum session duration in the configuration: {configured} seconds; in the account: {found} seconds", "warning", "Credentials of the role stay valid for a longer or shorter time than configured", revertOne},
	{verify.DescriptionChanged, "~", "description in the configuration: {configured}; in the account: {found}", "note", "The resource was changed or recreated manually", revertOne},
	{verify.PasswordAdded, "+", "has a console password, but the configuration has none", "error", "Anyone who knows the password can sign in with the permissions of the user", revertOne},
}

func verifyKindOf(kind verify.Kind) verifyKind {
	for _, row := range verifyKinds {
		if row.kind == kind {
			return row
		}
	}
	return verifyKind{kind: kind, sign: "~", message: string(kind) + " {what}", level: "warning"}
}

// maxTrusted is the limit of joinFew for the newly trusted principals in the text of a
// difference, and for principals with the same change.
const maxTrusted = 10

// differenceText describes a difference without naming the resource.
func differenceText(d verify.Difference) string {
	description := d.What
	if strings.HasPrefix(description, "arn:") {
		description = description[strings.LastIndexByte(description, '/')+1:]
	}
	text := strings.NewReplacer("{what}", shorten(description), "{configured}", valueText(d.Configured), "{found}", valueText(d.Found)).Replace(verifyKindOf(d.Kind).message)
	if release := releaseOfStack(d); release != "" {
		text = "the template of the stack is the template of CAPA " + shorten(release) + ", not of CAPA " + valueText(d.Configured) + ": some differences may come from the template, not from a manual change"
	}
	var trust []string
	if len(d.TrustGained) > 0 {
		trust = append(trust, "+ "+joinFew(d.TrustGained, maxTrusted))
	}
	if len(d.TrustLost) > 0 {
		trust = append(trust, "- "+joinFew(d.TrustLost, maxNames))
	}
	trust = append(trust, trustChanges(d.TrustChanged)...)
	if len(trust) > 0 {
		text += ": " + strings.Join(trust, "; ")
	}
	if d.Kind == verify.StackFailed && d.What != "" {
		text += ": " + shorten(d.What)
	}
	return text
}

// trustChanges describes the changes of a trust policy that do not decide who can
// assume the role. Principals with the same change have one text together.
func trustChanges(changes []verify.TrustChange) (texts []string) {
	var names [][]string
	for _, c := range changes {
		var parts []string
		if len(c.Gained) > 0 {
			parts = append(parts, "also "+joinFew(c.Gained, maxNames))
		}
		if len(c.Lost) > 0 {
			parts = append(parts, "without "+joinFew(c.Lost, maxNames))
		}
		if c.Conditions {
			parts = append(parts, "other conditions")
		}
		text := strings.Join(parts, ", ")
		i := slices.Index(texts, text)
		if i < 0 {
			i = len(texts)
			texts, names = append(texts, text), append(names, nil)
		}
		names[i] = append(names[i], c.Principal)
	}
	for i := range texts {
		texts[i] = "for " + joinFew(names[i], maxTrusted) + ": " + texts[i]
	}
	return texts
}

// releaseOfStack returns the release of CAPA whose template an outdated stack has;
// "" if it is unknown, or for another kind of difference.
func releaseOfStack(d verify.Difference) string {
	if d.Kind != verify.StackOutdated || d.Found == nil {
		return ""
	}
	return *d.Found
}

// OutdatedRelease reports whether the template of the stack is outdated.
// release is the other release of CAPA whose template the stack has, or "" if
// the stack does not have the template of another release.
func OutdatedRelease(found *verify.Result) (release string, outdated bool) {
	for _, d := range found.Differences {
		if d.Kind == verify.StackOutdated {
			return releaseOfStack(d), true
		}
	}
	return "", false
}

// driftVerdicts say whether CloudFormation's drift detection agrees with the
// comparison of capaboot, and if not, why.
var driftVerdicts = lazy.Value[map[verify.Verdict]string]{Make: func() map[verify.Verdict]string {
	return map[verify.Verdict]string{
		verify.VerdictAgrees:      "agrees",
		verify.VerdictNotChecked:  "CloudFormation did not check the resource",
		verify.VerdictNotRead:     "capaboot could not read all of the resource, so the comparison above may lack a difference",
		verify.VerdictElsewhere:   "the same change is reported above for {others}",
		verify.VerdictOutdated:    "CloudFormation compares the account with the template of the stack, which differs from the template of the configuration",
		verify.VerdictNotSet:      "CloudFormation compares only properties that the template sets",
		verify.VerdictSameEffect:  "the change has no effect on permissions, attachments, boundaries, tags or names",
		verify.VerdictUnexplained: "the comparison above lacks this difference, for an unknown reason; run \"verify\" again, because a change may take a moment to appear",
	}
}}

func verdictText(d verify.DriftResource) string {
	return strings.ReplaceAll(driftVerdicts.Get()[d.Verdict], "{others}", joinFew(d.Others, maxNames))
}
