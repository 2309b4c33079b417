// The result of "policy diff": what one side allows and the other does not.
// docs/schemas has the schema of its JSON.

package report

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/render"
	"capaboot/internal/shell"
	"capaboot/internal/shortlist"
	"capaboot/internal/terminal"
	"capaboot/policies/diff"
	"capaboot/policies/document"
	"capaboot/policies/source"
)

// Diff is the result of "policy diff". Its JSON is documented in
// docs/security-review.md.
type Diff struct {
	// Version is the version of this format.
	Version int    `json:"version"`
	A       string `json:"a"`
	B       string `json:"b"`
	// ReleaseA and ReleaseB are the releases of CAPA that the sides were generated
	// for, such as v2.9.1 for release:v2.9; empty for policies that were read.
	ReleaseA string `json:"releaseA,omitempty"`
	ReleaseB string `json:"releaseB,omitempty"`
	// Configuration is the name of the configuration file that the sides were
	// generated from; "" for CAPA's defaults.
	Configuration string `json:"-"`
	diff.Result
	// Notes say what was not read on either side, and which default values were
	// assumed.
	Notes []string `json:"notes,omitempty"`
}

// Compare compares two sides. a and b are their names in the report.
func Compare(a, b string, before, after *source.Found) (Diff, error) {
	result, err := diff.CompareAnnotated(before.Set, after.Set)
	if err != nil {
		return Diff{}, err
	}
	var notes []string
	for _, changed := range result.Defaults {
		notes = append(notes, changed.String())
	}
	assumed := document.AssumedNotes(withoutDefaults(result.Defaults, before.Set, after.Set))
	for _, note := range slices.Concat(UnreadNotes(before.Set), UnreadNotes(after.Set), assumed) {
		if !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	return Diff{Version: 1, A: a, B: b, ReleaseA: releaseOf(a, before), ReleaseB: releaseOf(b, after), Result: result, Notes: notes}, nil
}

// withoutDefaults returns the assumed parameters of the sets, except the assumed
// defaults of the changed parameters. The notes about the changes replace them.
func withoutDefaults(changed []diff.ChangedDefault, sets ...*document.Set) (assumed []document.AssumedParameter) {
	for _, set := range sets {
		for _, a := range set.AssumedParameters {
			isChanged := slices.ContainsFunc(changed, func(c diff.ChangedDefault) bool { return c.Parameter == a.Name })
			if !isChanged || len(a.Values) > 0 || a.EveryBranch || a.NoValue {
				assumed = append(assumed, a)
			}
		}
	}
	return assumed
}

// releaseOf returns the release that a side was generated for; "" for policies that
// were read, such as those of the deployed stack.
func releaseOf(name string, side *source.Found) string {
	if side.Generated == nil || name == source.Deployed {
		return ""
	}
	return side.Generated.Release.String()
}

// Configured is the name of the side that the configuration generates.
const Configured = "the configuration"

// sideText names a side. It adds the release if the name does not have the full
// version, and the configuration that a release was generated from.
func (d Diff) sideText(name, release string) string {
	rest, isRelease := strings.CutPrefix(name, source.ReleasePrefix)
	name = inputText(name)
	switch {
	case name == Configured && d.Configuration == "":
		return "CAPA's defaults for " + release
	case !isRelease && release != "":
		return name + " (for CAPA " + release + ")"
	case isRelease && release != "" && rest != release:
		name += " (" + release + ")"
	}
	if isRelease && d.Configuration != "" {
		name += " with " + d.configurationText()
	}
	return name
}

func (d Diff) configurationText() string {
	if d.Configuration == source.Stdin {
		return "the configuration from stdin"
	}
	return d.Configuration
}

// Sides names the two sides.
func (d Diff) Sides() (a, b string) {
	return d.sideText(d.A, d.ReleaseA), d.sideText(d.B, d.ReleaseB)
}

// NoteSameOrigin adds a note if both sides are generated from the same
// configuration for the same release, so that they cannot differ. command is the
// command as the user typed it.
func (d *Diff) NoteSameOrigin(command string) {
	isGenerated := func(name string) bool { return name == Configured || strings.HasPrefix(name, source.ReleasePrefix) }
	if !isGenerated(d.A) || !isGenerated(d.B) || d.ReleaseA != d.ReleaseB {
		return
	}
	note := "both sides are CAPA's defaults for " + d.ReleaseA + ", so they cannot differ"
	if d.Configuration != "" {
		release := source.ReleasePrefix + d.ReleaseA
		note = fmt.Sprintf("both sides are generated from %s for %s, so they cannot differ; to compare CAPA's defaults with the configuration: %s %s %s --capa-version %s",
			d.configurationText(), d.ReleaseA, command, release, shell.Word(d.Configuration), d.ReleaseA)
	}
	d.Notes = append([]string{note}, d.Notes...)
}

// NoteOtherSide adds a note about the other side, CAPA's defaults, if the user named
// only one file and it has no role, user, group or policy of CAPA's defaults. The user
// probably meant to compare two files. command is the command as the user typed it.
func (d *Diff) NoteOtherSide(command string) {
	isOneSided := func(p diff.Principal) bool { return p.Status == diff.New || p.Status == diff.Removed }
	hasOther := slices.ContainsFunc(d.Principals, func(p diff.Principal) bool { return !isOneSided(p) })
	if d.B != Configured || d.Configuration != "" || d.ReleaseA != "" || d.A == source.Deployed || d.Empty() || hasOther {
		return
	}
	file := d.A
	if file == source.Stdin {
		file = "-"
	}
	d.Notes = append([]string{"without a second file, the other side is CAPA's defaults; to compare with another file: " + command + " " + shell.Word(file) + " FILE"}, d.Notes...)
}

// GainedText names the first of the actions that [diff.Result.GainedActions] returns,
// and counts the others.
func (d Diff) GainedText(least diff.Level) string { return gateNames(d.GainedActions(least)) }

// CountsText counts the grants that are gained and lost, such as "2 grants gained, 1
// grant lost". If there are none, it counts the principals that differ.
func (d Diff) CountsText() string {
	gained, lost := 0, 0
	for _, p := range d.Principals {
		gained, lost = gained+len(p.Gained), lost+len(p.Lost)
	}
	switch {
	case lost == 0 && gained == 0: // such as a renamed role
		return Count(len(d.Principals), "change")
	case lost == 0:
		return Count(gained, "grant") + " gained"
	case gained == 0:
		return Count(lost, "grant") + " lost"
	}
	return Count(gained, "grant") + " gained, " + Count(lost, "grant") + " lost"
}

// equivalenceText describes two sides without a difference, and how certain that
// is.
func (d Diff) equivalenceText() string {
	switch {
	case d.Result.Unread:
		return "allow the same requests, as far as the policies could be read"
	case len(d.Unknown) > 0:
		return "allow the same requests, as far as is known"
	}
	return "allow the same requests"
}

// Format writes the comparison as "text", "json" or "markdown".
func (d Diff) Format(output string) ([]byte, error) {
	a, b := d.Sides()
	switch output {
	case "json":
		return render.JSON(d)
	case "markdown":
		return d.markdown(a, b), nil
	}
	if d.Empty() {
		return fmt.Appendf(nil, "%s and %s %s\n%s", escapeLine(a), escapeLine(b), d.equivalenceText(), d.notesText()), nil
	}
	return fmt.Appendf(nil, "from %s to %s: + is gained, - is lost\n\n%s%s", escapeLine(a), escapeLine(b), permissionsText(d.Result, changeWords, 0, true), d.notesText()), nil
}

func (d Diff) markdown(a, b string) []byte {
	var text strings.Builder
	fmt.Fprintf(&text, "### From %s to %s\n", markdownShort(a), markdownShort(b))
	if d.Empty() {
		text.WriteString("\nThey " + d.equivalenceText() + ".\n")
	}
	for i, note := range d.allNotes() {
		if text.Len() >= maxComment/2 {
			fmt.Fprintf(&text, "\nNote: `-o json` has %s.\n", Count(len(d.allNotes())-i, "more note"))
			break
		}
		text.WriteString("\nNote: " + markdownShort(note) + "\n")
	}
	text.WriteString(permissionsMarkdown(d.Result, changeWords, maxComment-text.Len()-commentReserve))
	return []byte(text.String())
}

// allNotes returns the notes, and a note about what is unknown on both sides.
func (d Diff) allNotes() []string {
	if len(d.Unknown) == 0 {
		return d.Notes
	}
	return append(slices.Clip(d.Notes), "unknown, and assumed to be the same on both sides: "+shortlist.Few(d.Unknown, shortlist.Shown(len(d.Unknown), 10), func(name string) string { return name }))
}

func (d Diff) notesText() string {
	var b strings.Builder
	for _, note := range d.allNotes() {
		b.WriteString(terminal.Wrap("note: "+escapeLine(note), "", "  "))
	}
	return b.String()
}
