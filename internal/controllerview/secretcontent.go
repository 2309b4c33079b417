// Package controllerview formats the state of the controllers in a management
// cluster for people and programs. It does not depend on command-line flags.
package controllerview

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"capaboot/controller"
	"capaboot/credentials"
	"capaboot/internal/escape"
)

// SecretContent describes the controllers' Secret and its credentials. Its JSON is
// documented in docs/management-cluster.md, and contains no secret.
type SecretContent struct {
	Secret Secret           `json:"secret"`
	State  controller.State `json:"state"`
	// Works says whether the controllers can work: "yes", "no" or "unknown".
	Works string `json:"works"`
	// Fallback describes the source of credentials that the controllers use if
	// the Secret has none. It is "" if the Secret has credentials, or if the
	// source is unknown.
	Fallback string `json:"instead,omitempty"`
	// Managers are tools that manage the Secret and would overwrite a change.
	Managers []controller.Manager `json:"managers"`
	// Credentials is the inspection of the credentials, or nil without
	// credentials.
	Credentials *credentials.Inspection `json:"credentials,omitempty"`
}

// Secret has the metadata of a Secret.
type Secret struct {
	Namespace       string     `json:"namespace"`
	Name            string     `json:"name"`
	ResourceVersion string     `json:"resourceVersion"`
	Created         *time.Time `json:"created,omitempty"`
	// Written is when the credentials were last written, and WrittenBy the field
	// manager that wrote them, according to the API server.
	Written   *time.Time `json:"written,omitempty"`
	WrittenBy string     `json:"writtenBy,omitempty"`
	Immutable bool       `json:"immutable"`
}

// NewSecret returns the metadata of a Secret.
func NewSecret(s *controller.Secret) Secret {
	written, manager := s.Written()
	return Secret{s.Metadata.Namespace, s.Metadata.Name, s.Metadata.ResourceVersion, timeOrNil(s.Metadata.CreationTimestamp), timeOrNil(written), manager, s.Immutable}
}

// timeOrNil returns a time in UTC, or nil for the zero time.
func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// NewSecretContent inspects the Secret. Without credentials, Works is "unknown"
// until [SecretContent.SetFallback] is called.
func NewSecretContent(s *controller.Secret) SecretContent {
	value, state := s.Credentials()
	c := SecretContent{Secret: NewSecret(s), State: state, Works: "unknown"}
	c.SetManagers(s.Managers())
	if state == controller.Filled {
		inspection := credentials.InspectSecret(value)
		c.Credentials = &inspection
		c.Judge()
	}
	return c
}

// Judge sets Works from the inspection of the credentials. Call it again after a
// change of the inspection, such as [credentials.Inspection.AllowEmulator].
func (c *SecretContent) Judge() {
	c.Works = map[bool]string{true: "yes", false: "no"}[c.Credentials.Usable]
}

// SetFallback sets Fallback and Works for a Secret without credentials. works
// is "yes", "no" or "unknown".
func (c *SecretContent) SetFallback(source, works string) { c.Fallback, c.Works = source, works }

// SetManagers sets the tools that write the Secret.
func (c *SecretContent) SetManagers(all []controller.Manager) {
	c.Managers = append([]controller.Manager{}, all...) // encodes as [], not null
}

// Problem returns why the controllers cannot work, or why it is unknown whether
// they can. It returns "" if they can.
func (c *SecretContent) Problem() string {
	switch {
	case c.Works == "yes":
		return ""
	case c.Credentials != nil:
		return "CAPA's controllers cannot use these credentials"
	case c.Works == "no":
		return "CAPA's controllers have no credentials"
	case c.Fallback != "":
		return "the Secret has no credentials, and it is unknown whether the controllers have other credentials: " + c.Fallback
	}
	return "the Secret has no credentials, and it is unknown what the controllers use instead"
}

// AbsenceText describes what the Secret has instead of credentials, or returns ""
// if it has credentials.
func AbsenceText(state controller.State) string {
	switch state {
	case controller.KeyAbsent:
		return fmt.Sprintf("the Secret has no key %q, so the controllers find no credentials file", controller.SecretKey)
	case controller.Empty:
		return fmt.Sprintf("the key %q of the Secret is empty, so the controllers find no credentials", controller.SecretKey)
	case controller.Zeroed:
		return "zeroed (a line break instead of credentials)"
	}
	return ""
}

// Report returns the report as text. Ages are relative to now.
func (c *SecretContent) Report(now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Secret %s in namespace %s\n", escape.Text(c.Secret.Name), escape.Text(c.Secret.Namespace))
	if c.Secret.Created != nil {
		fmt.Fprintf(&b, "  created:        %s\n", timeAndAge(*c.Secret.Created, now))
	}
	if c.Secret.Written != nil {
		fmt.Fprintf(&b, "  written:        %s, by %s\n", timeAndAge(*c.Secret.Written, now), escape.Text(cmp.Or(c.Secret.WrittenBy, "an unknown field manager")))
	}
	if c.Secret.Immutable {
		b.WriteString("  immutable:      yes\n")
	}
	for _, manager := range c.Managers {
		fmt.Fprintf(&b, "  managed by:     %s (%s)\n", escape.Text(manager.Name), escape.Text(manager.Evidence))
		if manager.IsOperator {
			fmt.Fprintf(&b, "  generated from: %s\n", controller.OperatorVariable)
		}
	}
	if c.Credentials != nil {
		return b.String() + c.Credentials.Report()
	}
	fmt.Fprintf(&b, "credentials:      none; %s\n", AbsenceText(c.State))
	fmt.Fprintf(&b, "used instead:     %s\n", cmp.Or(escape.Text(c.Fallback), "unknown"))
	return b.String()
}

func timeAndAge(t, now time.Time) string {
	return t.UTC().Format(time.RFC3339) + ", " + Ago(now.Sub(t))
}

// Ago formats an age in its largest unit, such as "2 days ago". An age below a
// minute or in the future is "just now".
func Ago(d time.Duration) string {
	const day = 24 * time.Hour
	for _, unit := range [...]struct {
		name   string
		length time.Duration
	}{{"day", day}, {"hour", time.Hour}, {"minute", time.Minute}} {
		switch n := int(d / unit.length); {
		case n == 1:
			return "1 " + unit.name + " ago"
		case n > 1:
			return fmt.Sprintf("%d %ss ago", n, unit.name)
		}
	}
	return "just now"
}
