// Formats the state of the controllers for people.

package controllerview

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"capaboot/controller"
	"capaboot/internal/escape"
	"capaboot/internal/terminal"
)

func sourceName(kind controller.SourceKind) string {
	switch kind {
	case controller.SourceVariables:
		return "variables of the pod"
	case controller.SourceWebIdentity:
		return "web identity (IRSA)"
	case controller.SourceSecret:
		return "the Secret"
	case controller.SourceFile:
		return "another credentials file"
	case controller.SourcePodIdentity:
		return "EKS Pod Identity"
	case controller.SourceContainer:
		return "a container endpoint"
	case controller.SourceInstance:
		return "instance profile"
	case controller.SourceNone:
		return "none"
	}
	return "unknown"
}

// Report returns the status as text with tables of at most width characters per
// line. Ages are relative to now.
func (s *Status) Report(now time.Time, width int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "credentials:  %s\n", s.usedSource())
	s.writeSecret(&b, now)
	d := s.Deployment
	fmt.Fprintf(&b, "controllers:  %d of %d available\nimage:        %s\n", d.Available, d.Desired, cmp.Or(escape.Text(d.Image), "none"))
	if d.RestartedAt != nil {
		fmt.Fprintf(&b, "restarted:    %s\n", timeAndAge(*d.RestartedAt, now))
	}
	fmt.Fprintf(&b, "can work:     %s\n", map[string]string{"yes": "yes, according to the cluster; capaboot did not check AWS", "no": "no", "unknown": "unknown"}[s.Works])
	b.WriteString("\n" + s.sourceTable(width))
	if len(s.Pods) > 0 {
		b.WriteString("\n" + s.podTable(now, width))
	}
	for _, f := range s.Problems {
		kind := "note"
		if f.Fatal {
			kind = "problem"
		}
		b.WriteString("\n" + terminal.Wrap(escape.Text(f.Message), kind+": ", "  ") + terminal.Wrap(escape.Text(f.Remedy), "  fix: ", "    "))
	}
	for i, text := range s.Unknown {
		if i == 0 {
			b.WriteString("\n")
		}
		b.WriteString(terminal.Wrap(escape.Text(text), "unknown: ", "  "))
	}
	return b.String()
}

// usedSource describes the source that the controllers use.
func (s *Status) usedSource() string {
	if slices.ContainsFunc(s.Problems, func(f Finding) bool { return f.Code == noSource }) {
		return "none known"
	}
	text := sourceName(s.Source)
	if s.RoleARN != "" {
		text += ", role " + escape.Text(s.RoleARN)
	}
	if s.Source == controller.SourcePodIdentity && len(s.PodIdentity.Associations) > 0 {
		text += ", role " + escape.Text(s.PodIdentity.Associations[0].RoleARN)
	}
	return text
}

// writeSecret writes when the Secret was written or created, and when its
// credentials expire.
func (s *Status) writeSecret(b *strings.Builder, now time.Time) {
	if s.Secret.Details != nil && s.Secret.Details.Written != nil {
		fmt.Fprintf(b, "written:      %s, by %s\n", timeAndAge(*s.Secret.Details.Written, now), escape.Text(s.Secret.Details.WrittenBy))
	} else if s.Secret.Details != nil && s.Secret.Details.Created != nil {
		fmt.Fprintf(b, "created:      %s\n", timeAndAge(*s.Secret.Details.Created, now))
	}
	if s.Secret.Credentials == nil {
		return
	}
	for _, p := range s.Secret.Credentials.Profiles {
		if p.Expires == "" {
			continue
		}
		if expires, err := time.Parse(time.RFC3339, p.Expires); err == nil {
			fmt.Fprintf(b, "expires:      %s, %s\n", p.Expires, untilText(expires.Sub(now)))
		}
	}
}

// untilText formats the time until an expiry, or since an expiry in the past.
func untilText(d time.Duration) string {
	if d <= 0 {
		return Ago(-d)
	}
	if d < time.Minute {
		return "now"
	}
	return "in " + strings.TrimSuffix(Ago(d), " ago")
}

// sourceTable returns a table of the sources and their states, in the order in
// which the SDK tries them.
func (s *Status) sourceTable(width int) string {
	var table terminal.Table
	table.Row("SOURCE, IN THE SDK'S ORDER", "STATE")
	for _, kind := range controller.SourceKinds() {
		state := s.sourceState(kind)
		switch {
		case kind == s.Source && kind == controller.SourceInstance:
			state = "tried last: " + state
		case kind == s.Source:
			state = "used: " + state
		}
		table.Row(sourceName(kind), state)
		if kind == controller.SourceSecret && s.Source == controller.SourceFile {
			table.Row(sourceName(s.Source), "not checked; used if the file has a profile")
		}
	}
	return table.Within(width)
}

// sourceState describes the state of a source.
func (s *Status) sourceState(kind controller.SourceKind) string {
	used := kind == s.Source
	switch kind {
	case controller.SourceWebIdentity:
		return cmp.Or(escape.Text(s.RoleARN), escape.Text(s.ServiceAccount.RoleARN), "the service account has no role")
	case controller.SourceSecret:
		return s.secretState()
	case controller.SourcePodIdentity:
		switch {
		case len(s.PodIdentity.Associations) > 0:
			return escape.Text(s.PodIdentity.Associations[0].RoleARN)
		case s.PodIdentity.Asked:
			return "no association"
		case used:
			return "the role was not looked up"
		}
		return "the association was not looked up"
	case controller.SourceInstance:
		if used {
			return "not checked"
		}
		return "not reached"
	}
	if used {
		return "not checked"
	}
	return "not set"
}

// secretState describes the content of the Secret in a few words.
func (s *Status) secretState() string {
	switch s.Secret.State {
	case stateAbsent:
		return "does not exist"
	case stateUnknown:
		return "unknown"
	case controller.Zeroed:
		return "zeroed"
	case controller.Empty:
		return "empty"
	case controller.KeyAbsent:
		return fmt.Sprintf("no key %q", controller.SecretKey)
	}
	text := "no profile"
	if found := s.Secret.Credentials; found != nil && len(found.Profiles) > 0 {
		p := found.Profiles[0]
		text = strings.TrimSpace(cmp.Or(escape.Text(p.AccessKeyID), escape.Text(p.RoleARN)) + ", " + cmp.Or(p.Kind, "unknown kind"))
	}
	switch {
	case s.Source == controller.SourceFile:
		text += "; the pods use another credentials file"
	case !s.Secret.Read:
		text += "; not mounted where the SDK looks"
	}
	return text
}

func (s *Status) podTable(now time.Time, width int) string {
	var table terminal.Table
	table.Row("POD", "READY", "SINCE", "RESTARTS", "USES")
	for _, p := range s.Pods {
		since := "-"
		if p.Since != nil {
			since = Ago(now.Sub(*p.Since))
		}
		uses := sourceName(p.Source)
		if !p.Newest {
			uses += " (older template)"
		}
		table.Row(escape.Text(p.Name), map[bool]string{true: "yes", false: "no"}[p.Ready], since, fmt.Sprint(p.Restarts), uses)
	}
	return table.Within(width)
}

// Problem returns why the controllers cannot work, or "" if they can or if that
// is unknown.
func (s *Status) Problem() string {
	for _, f := range s.Problems {
		if f.Fatal {
			return "CAPA's controllers cannot work: " + f.Message
		}
	}
	return ""
}
