// Reports on denied requests: which principal was denied what, why, and what
// can be done.

package report

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/render"
	"capaboot/internal/terminal"
	"capaboot/policies/denial"
	"capaboot/policies/explain"
)

// Denials is the result of "policy explain -" and "policy explain --denied". Its
// JSON is documented in docs/security-review.md.
type Denials struct {
	// Version is the version of this format.
	Version int `json:"version"`
	// Of names the policies that were searched. [ExplainDenials] leaves it empty;
	// the caller sets it.
	Of string `json:"of"`
	// Release is the release of CAPA that the explanations are for.
	Release string           `json:"release"`
	Lines   int              `json:"lines"` // the number of lines of the text
	Denials []explain.Denied `json:"denials"`
	// Others lists errors in the text that are not caused by policies.
	Others []denial.Other `json:"others"`
	// Redacted means that [denial.Redactor] replaced account IDs and names.
	Redacted bool `json:"redacted"`
	// More means that the text has more distinct denials than are listed.
	More bool `json:"more"`

	// Program is the name under which the program was called, for the commands
	// in texts; "" for its default name.
	Program string `json:"-"`

	redactor denial.Redactor
}

// ExplainDenials finds the denials in a text and explains each. If redact is
// set, it replaces account IDs and names. The error is a [meter.TooMuch].
func ExplainDenials(explainer *explain.Explainer, text []byte, redact bool) (*Denials, error) {
	if err := explainer.SpendOnText(len(text)); err != nil {
		return nil, err
	}
	found := denial.Read(text)
	d := &Denials{Version: 1, Release: explainer.Release().String(), Lines: found.Lines, Denials: []explain.Denied{}, Others: found.Others, Redacted: redact, More: found.More}
	for _, denied := range found.Denials {
		answer, err := explainer.ExplainDenial(denied)
		if err != nil {
			return nil, err
		}
		if redact {
			answer.Redact(&d.redactor)
		}
		d.Denials = append(d.Denials, answer)
	}
	return d, nil
}

// Expired reports whether the text has an error because of expired credentials.
func (d *Denials) Expired() bool { return slices.ContainsFunc(d.Others, denial.Other.Expired) }

// Format writes the report as "text" or "json". A redacted report contains no
// account ID, not even one from the policies that were searched.
func (d *Denials) Format(output string) ([]byte, error) {
	text, err := d.formatUnredacted(output)
	if err == nil && d.Redacted {
		text = []byte(d.redactor.Text(string(text)))
	}
	return text, err
}

func (d *Denials) formatUnredacted(output string) ([]byte, error) {
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
		b.WriteString(terminal.Wrap(fmt.Sprintf("No denied AWS request found in %s.", Count(d.Lines, "line")), "", ""))
	}
	if d.More {
		b.WriteString("\n" + terminal.Wrap(fmt.Sprintf("The text has more denials; the report has only the first %d.", len(d.Denials)), "", ""))
	}
	for i, other := range d.Others {
		if i == 0 && len(d.Denials) > 0 {
			b.WriteString("\n")
		}
		b.WriteString(terminal.Wrap(fmt.Sprintf("line %d: %s: %s; no IAM policy denies the request", other.Line, escapeLine(other.Code), other.Why), "", "  "))
	}
	return []byte(b.String()), nil
}

func (d *Denials) deniedText(a explain.Denied) string {
	var b strings.Builder
	head := "a request that the text does not name"
	if a.Action != "" {
		head = escapeLine(a.Action)
	}
	if len(a.Or) > 0 {
		head += " (or " + strings.Join(a.Or, ", ") + ": AWS does not say which)"
	}
	if caller := callerText(a.Caller); caller != "" {
		head += ", denied to " + caller
	} else {
		head += ", denied"
	}
	b.WriteString(terminal.Wrap(head, "", "  "))
	source := fmt.Sprintf("line %d", a.Line)
	if a.Times > 1 {
		source += fmt.Sprintf(", and %s", Count(a.Times-1, "more time"))
	}
	writeFact(&b, "where", source)
	writeFact(&b, "account", escapeLine(a.Caller.Account))
	session := escapeLine(a.Caller.Session)
	if a.Sessions > 1 {
		session += fmt.Sprintf(", and %s", Count(a.Sessions-1, "more session"))
	}
	writeFact(&b, "session", session)
	if a.Operation != "" {
		writeFact(&b, "requested by", escapeLine(a.Operation))
	}
	resource := escapeLine(a.Resource)
	if a.ResourceAccount != "" {
		resource += ", in another account"
	}
	writeFact(&b, "resource", resource)
	writeFact(&b, "reason", reasonText(a))
	writeFact(&b, "policy", escapeLine(a.PolicyARN))
	writeFact(&b, "statement", escapeLine(a.Statement))
	var features []string
	for _, use := range a.UsedFor {
		features = append(features, use.Feature)
	}
	if !a.IsForeign() {
		writeFact(&b, "features", joinFirst(distinct(features)))
	}
	b.WriteString("\n")
	for _, help := range a.Help {
		b.WriteString(d.helpText(a, help))
	}
	return b.String()
}

// callerText describes the denied principal, such as "role NAME" or "the root
// user"; "" if it is unknown.
func callerText(caller explain.Caller) string {
	if caller.Kind == "" {
		return ""
	}
	words := map[string]string{"root": "the root user", "anonymous": "an anonymous caller", "federated": "a federated user"}
	if text, ok := words[caller.Kind]; ok {
		return text
	}
	return caller.Kind + " " + escapeLine(caller.Name)
}
