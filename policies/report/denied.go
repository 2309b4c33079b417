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
	// Redacted: IDs and names are replaced, as of [denial.Redacter].
	Redacted bool `json:"redacted"`
	// More: the text has more different denials than are listed.
	More bool `json:"more"`

	// Program is what the program was called, for commands in texts; "" for its own
	// name.
	Program string `json:"-"`

	redacter denial.Redacter
}

// ExplainDenials answers to the denials in a text. The error is a [meter.TooMuch].
func ExplainDenials(explainer *explain.Explainer, text []byte, redact bool) (*Denials, error) {
	if err := explainer.Reads(len(text)); err != nil {
		return nil, err
	}
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
		text = []byte(d.redacter.Text(string(text)))
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
		b.WriteString(terminal.Wrap(fmt.Sprintf("No denied AWS request in %s.", Count(d.Lines, "line")), "", ""))
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
	if len(a.Or) > 0 {
		head += " (or " + strings.Join(a.Or, ", ") + ": AWS does not say which)"
	}
	if who := whoText(a.Who); who != "" {
		head += ", denied to " + who
	} else {
		head += ", denied"
	}
	b.WriteString(terminal.Wrap(head, "", "  "))
	where := fmt.Sprintf("line %d", a.Line)
	if a.Times > 1 {
		where += fmt.Sprintf(", and %s more", Count(a.Times-1, "time"))
	}
	fact(&b, "where", where)
	fact(&b, "account", printable(a.Who.Account))
	session := printable(a.Who.Session)
	if a.Sessions > 1 {
		session += fmt.Sprintf(", and %s", Count(a.Sessions-1, "more session"))
	}
	fact(&b, "session", session)
	if a.Operation != "" {
		fact(&b, "requested by", printable(a.Operation))
	}
	resource := printable(a.Resource)
	if a.ResourceAccount != "" {
		resource += ", in another account"
	}
	fact(&b, "resource", resource)
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
