// A verification as text and as Markdown.

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"capaboot/iam/verify"
	"capaboot/internal/escape"
	"capaboot/internal/lazy"
	"capaboot/internal/terminal"
	"capaboot/policies/authz"
	"capaboot/policies/diff"
)

// maxVerifiedActions limits the actions of one principal that the text lists.
// For a principal with more actions, the text is shortened, see
// [shortPermissions].
const maxVerifiedActions = 40

func (v Verification) title() string {
	return fmt.Sprintf("stack %s in account %s, region %s", v.Stack, v.Account, v.Region)
}

func (v Verification) summary() string {
	var parts []string
	if n := len(v.Differences); n > 0 {
		parts = append(parts, Count(n, "difference"))
	}
	if n := len(v.NotRead); n > 0 {
		parts = append(parts, Count(n, "read")+" denied or failed")
	}
	checked := Count(v.Checked, "resource")
	switch {
	case len(parts) == 0:
		return checked + " checked: everything is as configured"
	case len(v.Differences) == 0:
		return checked + " checked: " + parts[0] + ", so it is unknown whether everything is as configured"
	}
	return checked + " checked: " + strings.Join(parts, ", ")
}

type resourceDifferences struct {
	logicalID, title string
	all              []verify.Difference
}

// byResource groups the differences by resource and keeps their order.
func (v Verification) byResource() []resourceDifferences {
	var groups []resourceDifferences
	for _, d := range v.Differences {
		i := slices.IndexFunc(groups, func(g resourceDifferences) bool { return g.logicalID == d.LogicalID && g.all[0].Type == d.Type })
		if i < 0 {
			groups = append(groups, resourceDifferences{d.LogicalID, resourceTitle(d.Type, d.Name, d.LogicalID), nil})
			i = len(groups) - 1
		}
		groups[i].all = append(groups[i].all, d)
	}
	return groups
}

var typeWords = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{
		"AWS::IAM::Role": "role", "AWS::IAM::User": "user", "AWS::IAM::Group": "group", "AWS::IAM::ManagedPolicy": "policy", "AWS::IAM::InstanceProfile": "instance profile",
		"AWS::CloudFormation::Stack": "stack",
	}
}}

// resourceTitle names a resource. It uses the name of a managed policy instead
// of its ARN.
func resourceTitle(kind, name, logicalID string) string {
	if kind == "AWS::IAM::ManagedPolicy" {
		name = name[strings.LastIndexByte(name, '/')+1:]
	}
	title := cmp.Or(typeWords.Get()[kind], ShortType(kind)) + " " + shorten(cmp.Or(name, logicalID))
	if logicalID != "" && name != "" && name != logicalID {
		title += " (" + shorten(logicalID) + ")"
	}
	return title
}

// statusNote says what the status of a stack that was rolled back means; "" for
// any other status.
func (v Verification) statusNote() string {
	if !v.RolledBack {
		return ""
	}
	return "the stack is " + escapeLine(v.StackStatus) + ": the last operation on the stack failed, and CloudFormation restored the previous state; the next update that changes something clears this status"
}

func (v Verification) text() string {
	var b strings.Builder
	b.WriteString(terminal.Wrap(escapeLine(v.title()), "", "  "))
	b.WriteString(terminal.Wrap(v.summary(), "", "  "))
	if note := v.statusNote(); note != "" {
		b.WriteString(terminal.Wrap("note: "+note, "", "  "))
	}
	for _, group := range v.byResource() {
		b.WriteString("\n" + terminal.Wrap(group.title, "", "  "))
		for _, d := range group.all {
			b.WriteString(terminal.Wrap(verifyKindOf(d.Kind).sign+" "+differenceText(d), "  ", "    "))
		}
	}
	if !v.Permissions.Empty() {
		b.WriteString("\npermissions: + " + verifyWords.gained + ", - " + verifyWords.lost + "\n\n" + verifiedPermissions(v.Permissions))
	}
	if len(v.NotRead) > 0 {
		b.WriteString("\nnot read\n")
	}
	for _, u := range v.NotRead {
		b.WriteString(terminal.Wrap("? "+failedReadText(u), "  ", "    "))
	}
	if len(v.AccessKeys) > 0 {
		b.WriteString("\naccess keys\n")
	}
	for _, key := range v.AccessKeys {
		b.WriteString(terminal.Wrap("* "+accessKeyText(key), "  ", "    "))
	}
	if v.Drift != nil {
		b.WriteString("\n")
		for _, line := range v.driftLines() {
			b.WriteString(terminal.Wrap(line[0]+line[1], strings.Repeat(" ", len(line[0])), strings.Repeat(" ", 2*len(line[0]))))
		}
	}
	return b.String()
}

// verifiedPermissions formats permissions: first those of the principals that
// have more in the account than in the configuration. It lists the permissions of
// principals with few actions, and shortens those of other principals (see
// shortPermissions). Otherwise, a gained action would be hard to find among the
// hundreds of actions that are missing after a policy is detached.
func verifiedPermissions(all diff.Result) string {
	var text strings.Builder
	hasGained := func(p diff.Principal) bool { return len(p.Gained) > 0 }
	hasCounted := false
	for _, gaining := range []bool{true, false} {
		var listed, counted diff.Result
		for _, p := range all.Principals {
			if hasGained(p) != gaining {
				continue
			}
			if single := (diff.Result{Principals: []diff.Principal{p}}); countActions(single) > maxVerifiedActions {
				counted.Principals = append(counted.Principals, p)
			} else {
				listed.Principals = append(listed.Principals, p)
			}
		}
		text.WriteString(permissionsText(listed, verifyWords, 0, false) + shortPermissions(counted, verifyWords, authz.Tagging))
		hasCounted = hasCounted || len(counted.Principals) > 0
	}
	if hasCounted {
		text.WriteString(terminal.Wrap("-o json lists each action", "  ", "  "))
	}
	return text.String()
}

// failedReadText describes a failed read: the action if the read was an API
// call, what was read, and the reason.
func failedReadText(u verify.NotRead) string {
	name := shorten(cmp.Or(u.Name, u.LogicalID))
	text := u.Part + " of " + name
	if u.Part == verify.WholeResource {
		text = name
	}
	switch {
	case u.Action != "" && u.Denied:
		text = u.Action + " was denied for " + text
	case u.Action != "":
		text = u.Action + " failed for " + text
	}
	return text + ": " + shorten(u.Reason)
}

// accessKeyText formats an access key as one line. It shows only the end of the
// key ID; -o json has the whole ID.
func accessKeyText(k verify.AccessKey) string {
	text := fmt.Sprintf("key ending in %s of user %s: %s, %s old", escapeLine(k.ID[max(len(k.ID)-4, 0):]), shorten(k.User), strings.ToLower(escapeLine(k.Status)), Count(k.AgeDays, "day"))
	switch {
	case k.UseUnknown:
		text += ", last use unknown"
	case k.LastUsed == nil:
		text += ", never used"
	default:
		text += fmt.Sprintf(", last used %s ago", Count(*k.UnusedDays, "day"))
		if k.Service != "" {
			text += fmt.Sprintf(" (%s, %s)", escapeLine(k.Service), escapeLine(k.Region))
		}
	}
	return text
}

// driftLines describes the result of CloudFormation's drift detection. Each
// line has a bullet, or "" for the heading, and a text. Resources for which
// drift detection agrees with the comparison are only counted.
func (v Verification) driftLines() [][2]string {
	d, agreeing := v.Drift, 0
	lines := [][2]string{{"", "CloudFormation's drift detection: " + escapeLine(d.Status)}}
	if d.Failed {
		lines = append(lines, [2]string{"* ", "drift detection could not check every resource: " + shorten(d.Reason)})
	}
	for _, resource := range d.Resources {
		if resource.Verdict == verify.VerdictAgrees {
			agreeing++
			continue
		}
		text := shorten(resource.LogicalID) + " is " + escapeLine(resource.Status)
		if len(resource.Properties) > 0 {
			text += " (" + joinFew(resource.Properties, maxNames) + ")"
		}
		lines = append(lines, [2]string{"* ", text + ": " + verdictText(resource)})
	}
	return append(lines, [2]string{"* ", fmt.Sprintf("for %s, drift detection reports the same as the comparison above", Count(agreeing, "resource"))})
}

func (v Verification) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s.\n", escape.Markdown(v.title()), escape.Markdown(v.summary()))
	if note := v.statusNote(); note != "" {
		fmt.Fprintf(&b, "\nNote: %s.\n", escape.Markdown(note))
	}
	if len(v.Differences) > 0 {
		b.WriteString("\n| resource | | difference |\n| --- | --- | --- |\n")
	}
	omitted := 0
	for _, group := range v.byResource() {
		for _, d := range group.all {
			if b.Len() > maxComment/2 {
				omitted++
				continue
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", escape.Markdown(group.title), verifyKindOf(d.Kind).sign, escape.Markdown(differenceText(d)))
		}
	}
	if omitted > 0 {
		b.WriteString(leftOutText(Count(omitted, "more difference")))
	}
	section := func(title string, lines []string) {
		if len(lines) == 0 {
			return
		}
		b.WriteString("\n" + title + ":\n\n")
		for i, line := range lines {
			if b.Len() > maxComment*3/4 {
				fmt.Fprintf(&b, "- and %d more\n", len(lines)-i)
				break
			}
			b.WriteString("- " + escape.Markdown(line) + "\n")
		}
	}
	var notRead, keys, drift []string
	for _, u := range v.NotRead {
		notRead = append(notRead, failedReadText(u))
	}
	for _, key := range v.AccessKeys {
		keys = append(keys, accessKeyText(key))
	}
	section("Not read", notRead)
	section("Access keys", keys)
	if v.Drift != nil {
		for _, line := range v.driftLines() {
			drift = append(drift, line[1])
		}
		section("Drift", drift)
	}
	b.WriteString(permissionsMarkdown(v.Permissions, verifyWords, max(maxComment-b.Len()-commentReserve, 0)))
	return b.String()
}
