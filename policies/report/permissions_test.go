// Tests of permissions, their notes and their changes as text and Markdown, with
// hostile texts and with more than fits into a comment.

package report

import (
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/diff"
)

func TestPermissionsMarkdownEscapesTexts(t *testing.T) {
	got := permissionsMarkdown(diff.Result{Principals: []diff.Principal{{Kind: "role", Name: "a|b\n<img>", Status: diff.Changed, Gained: []diff.Grant{{
		Effect: "Allow", Actions: []diff.Action{{Action: "x:`y`|\\z\x1b[2J"}}, Resources: []string{"a|b\n", "@team"}, Policy: "p", When: []string{"A|B"}}}}}}, changeWords, maxComment)
	want := "\n#### role a\\|b\\\\u000a&lt;img&gt;\n\n| | permission | level | on | if | why |\n| --- | --- | --- | --- | --- | --- |\n" +
		"| gained | `` x:`y`\\|\\z\\u001b[2J `` |  | a\\|b\\\\u000a<br>@<!-- -->team | when A\\|B |  |\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Notes that do not fit into a comment are counted.
func TestNotesFitAComment(t *testing.T) {
	d := Diff{A: "a", B: "b"}
	for range 1000 {
		d.Notes = append(d.Notes, strings.Repeat("n", 300))
	}
	text, err := d.Format("markdown")
	shown := strings.Count(string(text), "Note: n")
	if err != nil || shown == 0 || len(text) > maxComment || !strings.Contains(string(text), fmt.Sprintf("Note: `-o json` has %d more notes.", len(d.Notes)-shown)) {
		t.Errorf("%d notes in %d bytes, ending in %s (%v)", shown, len(text), text[max(0, len(text)-200):], err)
	}
}

func TestPermissionsNameWhoAndWhat(t *testing.T) {
	result := diff.Result{Principals: []diff.Principal{{Kind: "policy", Name: "q", Status: diff.Changed, Gained: []diff.Grant{
		{Effect: "Allow", Actions: []diff.Action{{Action: "sqs:*"}}, Resources: []string{"a"}, Principals: []string{"AWS *"}},
		{Effect: "Deny", Actions: []diff.Action{{Action: "sqs:*"}}, NotResources: []string{"a"}, NotPrincipals: []string{"AWS 1"}},
		{Effect: "Allow", Trust: true, NotActions: []string{"sts:TagSession"}, Principals: []string{"AWS 2"}},
	}}}}
	got := permissionsMarkdown(result, changeWords, maxComment)
	for _, want := range []string{"| a<br>by AWS \\* |", "| all except a<br>by all except AWS 1 |", "| all actions except sts:TagSession |  | by AWS 2 |"} {
		if !strings.Contains(got, want) {
			t.Errorf("Markdown without %q:\n%s", want, got)
		}
	}
	if got, want := permissionsText(result, changeWords, 0, false), "+ allow all actions except\n    in trust policy\n      sts:TagSession\n    by AWS 2\n"; !strings.Contains(got, want) {
		t.Errorf("text without %q:\n%s", want, got)
	}
}

// A line says whether a denial or a permissions boundary was added or removed:
// the sign of the line only shows the effect, so a removed denial has a "+".
func TestChangesThatInvertTheSign(t *testing.T) {
	actions := []diff.Action{{Action: "s3:PutObject"}}
	result := diff.Result{Principals: []diff.Principal{{Kind: "role", Name: "r", Status: diff.Changed,
		Gained: []diff.Grant{
			{Effect: "Deny", Actions: actions, Change: diff.ChangeRemoved, Note: "this denial was removed; more"},
			{Policy: "arn:b", Boundary: true, Change: diff.ChangeRemoved, Note: "this permissions boundary was removed: the boundary limited what the policies allowed"},
			{Effect: "Allow", Actions: actions, Boundary: true, Policy: "b"},
			{Policy: "arn:p", Note: "attached policy"},
		},
		Lost: []diff.Grant{
			{Effect: "Deny", NotActions: []string{"iam:*"}, Boundary: true, Change: diff.ChangeAdded, Note: "this denial was added"},
			{Effect: "Deny", Actions: actions, Trust: true, Change: diff.ChangeAdded, Note: "this denial was added"},
		}}}}
	text, markdown := permissionsText(result, changeWords, 0, false), permissionsMarkdown(result, changeWords, maxComment)
	for _, want := range []string{"  + deny removed\n", "    note: more\n", "  + boundary removed: arn:b\n", "    note: the boundary limited what the policies allowed\n", "  + allow\n    in permissions boundary b\n",
		"  + arn:p\n", "  - deny added: all actions except\n", "  - deny added: assuming the role\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("text without %q:\n%s", want, text)
		}
	}
	for _, want := range []string{"| gained | **deny removed:** `s3:PutObject` |", "| more |", "| gained | **boundary removed:** arn:b |", "| the boundary limited what the policies allowed |", "| gained | boundary: `s3:PutObject` |",
		"| gained | arn:p |", "| lost | boundary: **deny added:** all actions except iam:\\* |"} {
		if !strings.Contains(markdown, want) {
			t.Errorf("Markdown without %q:\n%s", want, markdown)
		}
	}
	if strings.Contains(text+markdown, "this denial") {
		t.Errorf("a note repeats the line:\n%s", text)
	}
}

// An action that two policies of a role allow has two rows, which name the
// policies.
func TestMarkdownNamesThePoliciesOfARepeatedAction(t *testing.T) {
	grant := func(policy string, names ...string) diff.Grant {
		g := diff.Grant{Effect: "Allow", Policy: policy, Resources: []string{"*"}}
		for _, name := range names {
			g.Actions = append(g.Actions, diff.Action{Action: name})
		}
		return g
	}
	got := permissionsMarkdown(diff.Result{Principals: []diff.Principal{{Kind: "role", Name: "r", Status: diff.Changed, Gained: []diff.Grant{
		grant("a", "ssm:DeleteParameter", "ssm:PutParameter"), grant("b", "ssm:DeleteParameter")}}}}, changeWords, maxComment)
	for _, want := range []string{"| gained | `ssm:DeleteParameter` in policy a |", "| gained | `ssm:DeleteParameter` in policy b |", "| gained | `ssm:PutParameter` |"} {
		if !strings.Contains(got, want) {
			t.Errorf("Markdown without %q:\n%s", want, got)
		}
	}
}

func TestPermissionsMarkdownFitsAComment(t *testing.T) {
	grant := diff.Grant{Effect: "Allow", Policy: "p"}
	for i := range 2000 {
		grant.Actions = append(grant.Actions, diff.Action{Action: fmt.Sprintf("s3:Get%d", i)})
		grant.Resources = append(grant.Resources, fmt.Sprintf("arn:aws:s3:::%d/%s", i, strings.Repeat("x", 500)))
	}
	denial := diff.Grant{Effect: "Deny", Actions: []diff.Action{{Action: "s3:*"}}, Resources: []string{"*"}}
	got := permissionsMarkdown(diff.Result{Principals: []diff.Principal{{Kind: "role", Name: "r", Status: diff.Changed, Gained: []diff.Grant{grant}, Lost: []diff.Grant{denial}}}}, changeWords, 20_000)
	rows := strings.Count(got, "\n| gained |")
	if len(got) > 20_000+commentReserve || rows == 0 || !strings.Contains(got, "and 1988 more |") ||
		!strings.Contains(got, fmt.Sprintf("Left out because the length of a comment is limited: %d more gained", 2000-rows)) {
		t.Errorf("%d bytes with %d rows, ending in %s", len(got), rows, got[max(0, len(got)-300):])
	}
	var renamed diff.Result
	for i := range 1000 {
		renamed.Principals = append(renamed.Principals, diff.Principal{Kind: "role", Name: fmt.Sprint("r", i), Status: diff.Renamed, RenamedFrom: "q"})
	}
	got = permissionsMarkdown(renamed, changeWords, 20_000)
	shown := strings.Count(got, "\n#### ")
	if shown == 0 || !strings.Contains(got, fmt.Sprintf("is limited: %d principals whose permissions do not differ.**", 1000-shown)) {
		t.Errorf("%d principals are shown, ending in %s", shown, got[max(0, len(got)-300):])
	}
}

// A plan that does not fit into a comment counts the changes and warnings that it
// leaves out, and keeps the notes.
func TestPlanFitsAComment(t *testing.T) {
	const n = 3000
	p := Plan{Stack: "capa", HasChangeSet: true, PermissionsUnknown: "no access", Unvalidated: "no response"}
	for i := range n {
		p.Changes = append(p.Changes, PlanChange{Action: "remove", LogicalID: fmt.Sprint("R", i), Type: "AWS::IAM::Role"})
		p.Warnings = append(p.Warnings, PlanWarning{LogicalID: fmt.Sprint("R", i), Type: "AWS::IAM::Role", Reason: "in use"})
	}
	text := p.Markdown()
	for what, shown := range map[string]int{"change": strings.Count(text, "| **remove** |"), "warning": strings.Count(text, ": in use\n")} {
		if shown == 0 || shown == n || !strings.Contains(text, fmt.Sprintf("**Left out because the length of a comment is limited: %d more %ss.**", n-shown, what)) {
			t.Errorf("%d of %d %ss are shown", shown, n, what)
		}
	}
	if len(text) > maxComment || !strings.Contains(text, "could not be compared") || !strings.Contains(text, "no response") {
		t.Errorf("%d bytes, ending in %s", len(text), text[max(0, len(text)-500):])
	}
}

func TestPrincipalLine(t *testing.T) {
	for status, want := range map[diff.Status]string{
		diff.New: "role r, which is new, with permissions boundary b", diff.Removed: "role r, which is removed", diff.Renamed: "role r, which was q", diff.Changed: "role r",
	} {
		if got := principalLine(diff.Principal{Kind: "role", Name: "r", Status: status, RenamedFrom: "q", Boundary: "b"}, changeWords); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
