// The answers to denied requests: who was denied what, why, and what helps.

package report

import (
	"fmt"
	"strings"

	"capaboot/internal/render"
	"capaboot/internal/terminal"
	"capaboot/policies/denial"
	"capaboot/policies/explain"
)

// Denials is the result of "policy explain -" and "policy explain --denied". Its
// JSON is documented in docs/security-review.md.
type Denials struct {
	// Version is that of this format.
	Version int              `json:"version"`
	Of      string           `json:"of"`
	Release string           `json:"release"`
	Lines   int              `json:"lines"` // of the text
	Denials []explain.Denied `json:"denials"`
	// Others are errors in the text that no policy causes.
	Others []denial.Other `json:"others"`
	// Redacted: account IDs and the names of sessions are replaced.
	Redacted bool `json:"redacted"`
	// More: the text has more different denials than are listed.
	More bool `json:"more"`

	redacter denial.Redacter
}

// ExplainDenials answers to the denials in a text. The error is a [meter.TooMuch].
func ExplainDenials(explainer *explain.Explainer, text []byte, redact bool) (*Denials, error) {
	told := denial.Read(text)
	d := &Denials{Version: 1, Release: explainer.Release().String(), Lines: told.Lines, Denials: []explain.Denied{}, Others: told.Others, Redacted: redact, More: told.More}
	for _, one := range told.Denials {
		answer, err := explainer.Denied(one)
		if err != nil {
			return nil, err
		}
		if redact {
			answer.Redact(&d.redacter)
		}
		d.Denials = append(d.Denials, answer)
	}
	return d, nil
}

// Format writes the answers as "text" or "json". Redacted, they have no account ID
// anywhere, also none of those in what was looked at.
func (d *Denials) Format(output string) ([]byte, error) {
	text, err := d.format(output)
	if err == nil && d.Redacted {
		text = []byte(d.redacter.Accounts(string(text)))
	}
	return text, err
}

func (d *Denials) format(output string) ([]byte, error) {
	if output == "json" {
		return render.JSON(d)
	}
	var b strings.Builder
	for i, denied := range d.Denials {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(d.deniedText(denied))
	}
	if len(d.Denials) == 0 {
		b.WriteString(terminal.Wrap(fmt.Sprintf("No denied AWS request in %s.", count(d.Lines, "line")), "", ""))
	}
	if d.More {
		b.WriteString("\n" + terminal.Wrap(fmt.Sprintf("The text has more denials; these are the first %d.", len(d.Denials)), "", ""))
	}
	for i, other := range d.Others {
		if i == 0 && len(d.Denials) > 0 {
			b.WriteString("\n")
		}
		b.WriteString(terminal.Wrap(fmt.Sprintf("line %d: %s: %s; no policy denies this", other.Line, printable(other.Code), other.Why), "", "  "))
	}
	return []byte(b.String()), nil
}

// deniedText is one denial with its answer.
func (d *Denials) deniedText(a explain.Denied) string {
	var b strings.Builder
	head := "a request that the text does not name"
	if a.Action != "" {
		head = printable(a.Action)
	}
	if who := whoText(a.Who); who != "" {
		head += ", denied to " + who
	} else {
		head += ", denied"
	}
	b.WriteString(terminal.Wrap(head, "", "  "))
	where := fmt.Sprintf("line %d", a.Line)
	if a.Times > 1 {
		where += fmt.Sprintf(", and %s more", count(a.Times-1, "time"))
	}
	fact(&b, "where", where)
	fact(&b, "account", printable(a.Who.Account))
	fact(&b, "session", printable(a.Who.Session))
	fact(&b, "resource", printable(a.Resource))
	fact(&b, "reason", reasonText(a))
	fact(&b, "policy", printable(a.PolicyARN))
	fact(&b, "statement", printable(a.Statement))
	var features []string
	for _, use := range a.UsedFor {
		if !strings.Contains(strings.Join(features, ", "), use.Feature) {
			features = append(features, use.Feature)
		}
	}
	fact(&b, "features", shortList(features))
	b.WriteString("\n")
	for _, help := range a.Help {
		b.WriteString(d.helpText(a, help))
	}
	return b.String()
}

// whoText is "role NAME", "user NAME", or what else was denied.
func whoText(who explain.Who) string {
	if who.Kind == "" {
		return ""
	}
	words := map[string]string{"root": "the root user", "anonymous": "an anonymous caller", "federated": "a federated user"}
	if text, ok := words[who.Kind]; ok {
		return text
	}
	return who.Kind + " " + printable(who.Name)
}

// reasonText says which kind of policy decided, as far as AWS tells.
func reasonText(a explain.Denied) string {
	policy := string(a.Policy)
	article := "a"
	if a.Policy == denial.Identity {
		article = "an"
	}
	switch {
	case a.Explicit && policy == "":
		return "a statement denies it; AWS does not say in which kind of policy"
	case a.Explicit:
		return fmt.Sprintf("a statement of %s %s denies it", article, policy)
	case policy == "":
		return "AWS does not say which kind of policy decided"
	}
	return fmt.Sprintf("no %s allows it", policy)
}

// helpText says what can be done, with the command or the statement.
func (d *Denials) helpText(a explain.Denied, help explain.Help) string {
	var b strings.Builder
	say := func(format string, args ...any) {
		b.WriteString(terminal.Wrap(fmt.Sprintf(format, args...), "  ", "  "))
	}
	of := printable(d.Of)
	if text, ok := explicitTexts[help]; ok && a.Explicit {
		say(text, or(printable(a.PolicyARN), "the "+string(a.Policy)), printable(a.Action))
		return b.String()
	}
	switch help {
	case explain.Decode:
		say("The details are in the encoded authorization message. Decode it and explain what it says (this needs sts:DecodeAuthorizationMessage in the same account):")
		b.WriteString("    aws sts decode-authorization-message --encoded-message MESSAGE |\n      capaboot policy explain -\n")
	case explain.FindRecord:
		say("The text does not say which request it was. CloudTrail's record of it does (Event history, error code %s): explain that.", or(printable(a.Code), "AccessDenied"))
	case explain.AskOrganization:
		say("No policy in this account can allow it: the %s belongs to the organization. Ask the administrator of the organization's management account%s to let %s through%s.", string(a.Policy), managementAccount(a), printable(a.Action), forWhom(a))
	case explain.ChangeBoundary:
		say("The permissions boundary of %s must allow it too. A policy of the role cannot: ask whoever owns the boundary.", or(whoText(a.Who), "the role"))
		for _, g := range a.Grants {
			if g.Boundary {
				say("In %s, the boundary is %s.", of, printable(g.Policy))
				break
			}
		}
	case explain.ChangeSession:
		say("The session has less than the role: the policy that was passed when the role was assumed does not allow it. Change it where the role is assumed (sts:AssumeRole, Policy and PolicyArns).")
	case explain.ChangeEndpoint:
		say("The request went through a VPC endpoint whose policy decides. Change the policy of the endpoint for %s, in the VPC that the request came from.", printable(a.Service()))
	case explain.ChangeTrust:
		say("The trust policy of the role that is to be assumed must allow it%s: principal, and every condition (external ID, audience, subject).", toWhom(a))
	case explain.ChangeResource:
		say("The policy of the resource must allow it too: %s.", or(printable(a.Resource), "the resource belongs to another account, or its policy alone decides (a KMS key)"))
	case explain.RemoveDenial:
		b.WriteString(denialText(a, of))
	case explain.UpdateStack:
		say("%s grants it to %s. What is deployed is older, or was changed: compare and update it.", capital(of), printable(a.Holder))
		if a.Policy == "" {
			say("If the account has it too, a policy above the role decides, which AWS does not name here: a service or resource control policy, a permissions boundary, a session policy or the policy of a VPC endpoint.")
		}
		for _, same := range together(allowing(a.Grants)) {
			b.WriteString(explainedGrant(same))
		}
		b.WriteString("    capaboot bootstrap iam plan-cloudformation-stack\n")
	case explain.MeetCondition:
		say("%s grants it to %s under a condition that the request may not have met:", capital(of), printable(a.Holder))
		for _, same := range together(allowing(a.Grants)) {
			b.WriteString(explainedGrant(same))
		}
	case explain.SwitchOn:
		say("The configuration can grant it:")
		for _, o := range a.WouldGrant {
			b.WriteString(terminal.Wrap(offerText(o), "    ", "      "))
			if o.Why != "" {
				b.WriteString(terminal.Wrap("why: "+o.Why, "      ", "        "))
			}
		}
	case explain.AddStatement:
		b.WriteString(d.statementHelp(a))
	case explain.UseRole:
		say("%s grants it to others, and %s is not there:", capital(of), or(whoText(a.Who), "who was denied"))
		for _, same := range together(allowing(a.Grants)) {
			b.WriteString(explainedGrant(same))
		}
	case explain.NotByPolicy:
		say("No identity policy grants or denies %s. The credentials, or a policy above the account, are the cause.", printable(a.Action))
	}
	return b.String()
}

// explicitTexts say what helps against a statement that denies; the policy and the
// action go into them.
var explicitTexts = map[explain.Help]string{
	explain.ChangeBoundary: "A statement of %s denies %s, whatever else allows it: ask whoever owns the boundary to remove or narrow it.",
	explain.ChangeSession:  "A statement of %s denies %s, whatever the role allows: change the policy that is passed where the role is assumed (sts:AssumeRole, Policy and PolicyArns).",
	explain.ChangeEndpoint: "A statement of %s denies %s: change the policy of the endpoint that the request went through.",
	explain.ChangeTrust:    "A statement of %s denies %s, whatever else allows it: remove or narrow it in the role that is to be assumed.",
	explain.ChangeResource: "A statement of %s denies %s, whatever else allows it: remove or narrow it in the policy of the resource.",
}

// statementHelp is the statement to paste, and where.
func (d *Denials) statementHelp(a explain.Denied) string {
	var b strings.Builder
	text := "This statement allows it"
	switch {
	case a.Help[0] != explain.AddStatement:
		text = "Or add this statement"
		if a.Help[0] == explain.ChangeTrust {
			text = "And, in another account than the role's or where the trust policy names the account, this statement"
		}
	case a.Holder != "":
		text = fmt.Sprintf("Nothing in %s grants it to %s, and CAPA %s has no setting for it. This statement allows it", printable(d.Of), printable(a.Holder), d.Release)
	}
	if a.ExtraStatements != "" {
		text += ", in " + a.ExtraStatements + " of the configuration:"
	} else {
		text += ", in a policy of " + or(whoText(a.Who), "who was denied")
		if strings.HasPrefix(a.Who.Name, "AWSReservedSSO_") {
			text += " (by its permission set in IAM Identity Center)"
		}
		text += ":"
	}
	b.WriteString(terminal.Wrap(text, "  ", "  "))
	for _, statement := range a.Statements {
		b.WriteString(statementText(statement))
	}
	return b.String()
}

// denialText names the statements that deny, or says that they are elsewhere.
func denialText(a explain.Denied, of string) string {
	var denying []explain.Grant
	for _, g := range a.Grants {
		if g.Effect == "Deny" {
			denying = append(denying, g)
		}
	}
	if len(denying) == 0 {
		where := "an identity policy that is not there has the denial"
		if a.Policy == "" {
			where = "the denial is in another policy of who was denied, or above it: a service or resource control policy, a permissions boundary, a session policy or the policy of a VPC endpoint"
		}
		return terminal.Wrap(fmt.Sprintf("No policy in %s denies it: %s. Only removing or narrowing that statement helps, whatever else allows it.", of, where), "  ", "  ")
	}
	var b strings.Builder
	b.WriteString(terminal.Wrap("These statements deny it, whatever else allows it:", "  ", "  "))
	for _, same := range together(denying) {
		b.WriteString(explainedGrant(same))
	}
	return b.String()
}

func allowing(grants []explain.Grant) (all []explain.Grant) {
	for _, g := range grants {
		if g.Effect == "Allow" && !g.Boundary && !g.Refused {
			all = append(all, g)
		}
	}
	return all
}

// managementAccount is the account in the ARN of an organization's policy.
func managementAccount(a explain.Denied) string {
	fields := strings.Split(a.PolicyARN, ":")
	if len(fields) > 4 && fields[2] == "organizations" && fields[4] != "" {
		return " (" + printable(fields[4]) + ")"
	}
	return ""
}

func forWhom(a explain.Denied) string {
	if who := whoText(a.Who); who != "" {
		return " for " + who
	}
	return ""
}

func toWhom(a explain.Denied) string {
	if who := whoText(a.Who); who != "" {
		return " for " + who
	}
	return ""
}

func or(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}
