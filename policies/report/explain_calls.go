// The calls of CAPA's controllers: which releases make a call, when, and how it
// can be limited; the calls of a feature; and the calls that no policy grants.

package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/terminal"
	"capaboot/policies/catalog"
	"capaboot/policies/explain"
)

// writeCallFacts writes which releases call an action, for which features, and how
// the call can be limited.
func (e Explanation) writeCallFacts(b *strings.Builder, a explain.Action) {
	switch {
	case len(a.Releases) == 0:
		writeFact(b, "controllers", "no direct call is known")
	case len(a.CalledFrom) == 0:
		writeFact(b, "controllers", "called "+releasesText(a.Releases))
	default:
		text := strings.Join(a.CalledFrom, ", ") + ", " + releasesText(a.Releases)
		if !a.CalledInRelease {
			text += "; not in " + e.Release
		}
		writeFact(b, "controllers", text)
	}
	const most = 3 // with more features, only their names are listed
	if len(a.UsedFor) > most {
		var names []string
		for _, use := range a.UsedFor {
			names = append(names, use.Feature)
		}
		writeFact(b, "features", joinFirst(distinct(names)))
	} else {
		for _, use := range a.UsedFor {
			text := use.Feature + " (" + lifeText(use.Life, use.Since, use.Implicit, use.Doubtful) + "): " + use.When
			writeFact(b, "feature", text)
		}
	}
	if a.Limit != nil {
		writeFact(b, "how to limit it", a.Limit.How)
	}
	if e.Release != e.KnownFor && len(a.UsedFor) > 0 {
		writeFact(b, "", fmt.Sprintf("(features and limits are those of CAPA %s)", e.KnownFor))
	}
}

// releasesText formats ranges of releases: "since v1.0.0", "in v1.0.0 to
// v1.2.0", "in v2.5.1, and since v2.6.0".
func releasesText(spans []catalog.Span) string {
	var parts []string
	for _, s := range spans {
		switch s.Last {
		case catalog.Release{}:
			parts = append(parts, "since "+s.First.String())
		case s.First:
			parts = append(parts, "in "+s.First.String())
		default:
			parts = append(parts, "in "+s.First.String()+" to "+s.Last.String())
		}
	}
	return strings.Join(parts, ", and ")
}

// lifeText says at which stage of a cluster's life an action is needed, since
// which release, whether AWS requires it for another call, and whether it is
// certain that the action is needed.
func lifeText(life, since string, implicit, isDoubtful bool) string {
	text := life
	if life == "never" {
		text = "no known call"
	}
	if since != "" {
		text += ", since " + since
	}
	if implicit {
		text += ", needed for another call"
	}
	if isDoubtful {
		text += ", not certain"
	}
	return text
}

// featureText describes the calls that the controllers make for a feature, and
// which of them are granted.
func (e Explanation) featureText(f explain.Feature) string {
	var b strings.Builder
	b.WriteString(terminal.Wrap(fmt.Sprintf("feature %s, as of CAPA %s", f.Feature, e.KnownFor), "", "  "))
	if e.Release != e.KnownFor {
		b.WriteString(terminal.Wrap(fmt.Sprintf("(for CAPA %s, it is known which calls the controllers make, but not when)", e.Release), "  ", "  "))
	}
	if f.SwitchOn {
		b.WriteString(terminal.Wrap("to grant what is missing, "+switchText(f.Feature), "  ", "    "))
	}
	for _, use := range f.Uses {
		b.WriteString("\n" + terminal.Wrap(lifeText(use.Life, use.Since, use.Implicit, use.Doubtful)+": "+use.When, "  ", "    "))
		if len(use.Actions) == 0 {
			b.WriteString("    no call\n")
		}
		var states []string
		byState := map[string][]string{}
		for _, needed := range use.Actions {
			state := e.stateText(use, needed)
			if byState[state] == nil {
				states = append(states, state)
			}
			byState[state] = append(byState[state], needed.Action)
		}
		for _, state := range states {
			b.WriteString(terminal.Wrap(state+": "+strings.Join(byState[state], ", "), "    ", "      "))
		}
		b.WriteString(terminal.Wrap("source: "+strings.Join(use.Sources, "; "), "    ", "      "))
	}
	return b.String()
}

// stateText says whether an action of a feature is granted, and whether the
// release makes the call.
func (e Explanation) stateText(use explain.Use, needed explain.NeededAction) string {
	text := "not granted"
	switch {
	case needed.Exempt:
		text = "needs no permission"
	case needed.OtherResources:
		text = "granted only on other resources"
	case needed.Granted:
		text = "granted"
	}
	if !use.Implicit && !needed.CalledInRelease && len(needed.Releases) > 0 {
		text += ", and called " + releasesText(needed.Releases) + " only"
	}
	return text
}

// needTexts has the reason for each kind of need in [explain.Ungranted.Needs].
var needTexts = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{
		string(catalog.Implied):      "required by AWS for another call, but not granted",
		string(catalog.Doubtful):     "required by AWS for another call, as far as is known",
		string(catalog.OnResources):  "needed, but granted only on other resources",
		string(catalog.WithSettings): "called, but not granted with this configuration",
	}
}}

func (e Explanation) ungrantedText(u *explain.Ungranted) string {
	var b strings.Builder
	capaCount, rosaCount := 0, 0
	for _, gap := range u.Calls {
		if isROSA(gap) {
			rosaCount += len(gap.Actions)
		} else {
			capaCount += len(gap.Actions)
		}
	}
	head := fmt.Sprintf("CAPA %s makes %d %s that none of its policies grants to the controllers", e.Release, capaCount, callNoun(capaCount))
	if rosaCount > 0 {
		head += fmt.Sprintf(", and %d more for ROSA", rosaCount)
	}
	b.WriteString(terminal.Wrap(head+".", "", ""))
	b.WriteString(terminal.Wrap(fmt.Sprintf("The text below each call says when CAPA %s makes the call. If you use a feature, switch the feature on, or add its statement to clusterAPIControllers.extraStatements.", e.KnownFor), "", ""))
	for _, gap := range u.Calls {
		b.WriteString("\n" + gapText(gap, ""))
	}
	if len(u.Needs) > 0 {
		b.WriteString("\n" + terminal.Wrap("Also needed:", "", ""))
	}
	for _, gap := range u.Needs {
		b.WriteString("\n" + gapText(gap, needTexts.Get()[gap.Kind]))
	}
	if len(u.Elsewhere) > 0 {
		b.WriteString("\n" + terminal.Wrap("Calls that CAPA's policies can grant, but "+escapeLine(inputText(e.Of))+" does not grant:", "", ""))
	}
	for _, other := range u.Elsewhere {
		var gates []string
		for _, gate := range other.When {
			gates = append(gates, gateText(gate))
		}
		b.WriteString(terminal.Wrap("granted "+strings.Join(gates, ", or ")+": "+strings.Join(other.Actions, ", "), "  ", "    "))
	}
	for _, note := range u.Notes {
		b.WriteString(terminal.Wrap("note: "+escapeLine(note), "", "  "))
	}
	return b.String()
}

// isROSA reports whether only the ROSA library makes the calls.
func isROSA(gap explain.Gap) bool { return slices.Equal(gap.CalledFrom, []string{"rosa"}) }

func callNoun(n int) string {
	if n == 1 {
		return "call"
	}
	return "calls"
}

// gateText describes the settings that open a gate of the catalogue.
func gateText(gate catalog.Gate) string {
	switch text := string(gate); {
	case text == "always":
		return "with every configuration"
	case strings.Contains(text, " "):
		return "when " + text
	default:
		return "when " + text + " is true"
	}
}

// gapText describes one gap: its feature, when the calls are made, why they are
// needed, how to limit them, and the statements to add.
func gapText(g explain.Gap, reason string) string {
	var b strings.Builder
	name := strings.Join(g.Features, ", ")
	if name == "" {
		name = "called from " + strings.Join(g.CalledFrom, ", ")
		if len(g.CalledFrom) == 0 {
			name = "unknown feature"
		}
	}
	b.WriteString(terminal.Wrap(name+": "+strings.Join(g.Actions, ", "), "", "  "))
	if reason != "" {
		b.WriteString(terminal.Wrap(reason, "  ", "  "))
	}
	if g.Unreached {
		b.WriteString(terminal.Wrap("no code path of the controllers reaches this call", "  ", "    "))
	} else {
		const most = 3
		for _, when := range g.When[:min(len(g.When), most)] {
			b.WriteString(terminal.Wrap("when "+when, "  ", "    "))
		}
		if omitted := len(g.When) - most; omitted > 0 {
			b.WriteString(terminal.Wrap(fmt.Sprintf("and %d more (-o json lists all)", omitted), "  ", "    "))
		}
	}
	if g.Note != "" {
		b.WriteString(terminal.Wrap(g.Note, "  ", "    "))
	}
	if !g.Unreached {
		b.WriteString(limitsText(g.Limits))
	}
	if len(g.SwitchOn) > 0 {
		b.WriteString(terminal.Wrap(switchText(g.SwitchOn...), "  ", "    "))
	}
	for _, statement := range g.Statements {
		b.WriteString(statementText(statement))
	}
	return b.String()
}

// limitsText says how actions can be limited. Actions with the same limit are
// listed together.
func limitsText(limits []explain.Limit) string {
	var b strings.Builder
	var listed []string
	for i, limit := range limits {
		if slices.Contains(listed, limit.How) {
			continue
		}
		listed = append(listed, limit.How)
		var actions []string
		for _, other := range limits[i:] {
			if other.How == limit.How {
				actions = append(actions, other.Action)
			}
		}
		b.WriteString(terminal.Wrap("limit "+strings.Join(actions, ", ")+": "+limit.How, "  ", "    "))
	}
	return b.String()
}

// statementText formats a statement as JSON, to paste into a policy or a
// configuration. Its strings must not contain spaces, because terminal.Wrap
// breaks lines at spaces. It must have at most one condition key.
func statementText(s catalog.PolicyStatement) string {
	lines := []string{`{"Effect": ` + quotedText(s.Effect), `"Action": ` + quotedList(s.Action), `"Resource": ` + quotedList(s.Resource)}
	for _, operator := range slices.Sorted(maps.Keys(s.Condition)) {
		for _, key := range slices.Sorted(maps.Keys(s.Condition[operator])) {
			value := quotedText(fmt.Sprint(s.Condition[operator][key]))
			if list, ok := s.Condition[operator][key].([]string); ok {
				value = quotedList(list)
			}
			lines = append(lines, fmt.Sprintf(`"Condition": {%s: {%s: %s}}`, quotedText(operator), quotedText(key), value))
		}
	}
	var b strings.Builder
	for i, line := range lines {
		end, indent := ",", "     "
		if i == 0 {
			indent = "    "
		}
		if i == len(lines)-1 {
			end = "}"
		}
		b.WriteString(terminal.Wrap(line+end, indent, "       "))
	}
	return b.String()
}

func quotedText(text string) string { return strconv.Quote(text) }

func quotedList(texts []string) string {
	var all []string
	for _, text := range texts {
		all = append(all, quotedText(text))
	}
	return "[" + strings.Join(all, ", ") + "]"
}
