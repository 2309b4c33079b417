// Grants of an action: which principals get it by which statement, and what
// would grant it.

package report

import (
	"fmt"
	"strings"

	"capaboot/internal/terminal"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/explain"
)

// groupByHolder groups grants that differ only in their holder, such as the
// grants of one policy that two roles have. Each grant of a trust policy is a
// group of its own.
func groupByHolder(grants []explain.Grant) [][]explain.Grant {
	var groups [][]explain.Grant
	index := map[string]int{}
	for _, g := range grants {
		withoutHolder := g
		withoutHolder.Name, withoutHolder.Kind = "", ""
		key := fmt.Sprintf("%#v", withoutHolder)
		if i, known := index[key]; known && !g.Trust {
			groups[i] = append(groups[i], g)
			continue
		}
		index[key] = len(groups)
		groups = append(groups, []explain.Grant{g})
	}
	return groups
}

// grantExplanation describes one statement: its holders, its policy, and its
// resources and conditions. The grants differ only in their holder.
func grantExplanation(grants []explain.Grant) string {
	var b strings.Builder
	g := grants[0]
	verb, preposition := "allowed", " to"
	switch {
	case g.Refused && g.Effect == document.Allow && !g.Boundary:
		verb = "not allowed"
	case g.Boundary && g.Effect == document.Deny:
		verb, preposition = "denied in the permissions boundary of", ""
	case g.Boundary:
		verb, preposition = "allowed in the permissions boundary of", ""
	case g.Effect == document.Deny && g.Trust:
		verb, preposition = "denied for assuming", ""
	case g.Effect == document.Deny:
		verb = "denied"
	case g.Trust:
		verb, preposition = "allowed for assuming", ""
	}
	for i, grant := range grants {
		start, holder := verb+preposition, string(grant.Kind)+" "+escapeLine(grant.Name)
		if grant.Kind == document.PolicyKind {
			start, holder = verb, "by "+escapeLine(grant.Name)+", not attached to any role or user in the input"
			if len(g.Principals)+len(g.NotPrincipals) > 0 && len(g.Resources)+len(g.NotResources) > 0 {
				holder = "by " + escapeLine(grant.Name) + ", a resource policy"
			}
		}
		switch {
		case i > 0 && grant.Kind == document.PolicyKind && preposition != "":
			start = "and " + verb
		case i > 0:
			start = "and"
		}
		b.WriteString(terminal.Wrap(start+" "+holder, "  ", "    "))
	}
	source := "by policy " + escapeLine(g.Policy)
	if g.Trust {
		source = "by its trust policy"
	}
	if g.AWS {
		source += " of AWS"
	}
	source += ", " + escapeLine(g.Statement)
	if strings.ContainsAny(g.Pattern, "*?") || g.Refused && g.Misplaced == "" && g.Pattern != "" {
		source += ", as " + quoteSpaces(g.Pattern, escapeLine(g.Pattern))
	}
	b.WriteString(terminal.Wrap(source, "    ", "      "))
	writeNames(&b, "all actions except", g.NotActions)
	writeNames(&b, "by", g.Principals)
	writeNames(&b, "by all except", g.NotPrincipals)
	writeNames(&b, "on", g.Resources)
	writeNames(&b, "on all except", g.NotResources)
	for _, condition := range g.Conditions {
		b.WriteString(terminal.Wrap("if "+escapeLine(condition), "    ", "      "))
	}
	writeNames(&b, "when", g.When)
	if g.Useless {
		b.WriteString(terminal.Wrap("the action supports none of these resources: the statement has no effect for the action", "    ", "      "))
	}
	writeNames(&b, "known only at deployment:", g.UnknownParts)
	for _, text := range g.Unclear {
		b.WriteString(terminal.Wrap("not certain: "+escapeLine(text), "    ", "      "))
	}
	if g.Refused {
		text := "IAM refuses an action of this statement"
		if g.Misplaced != "" {
			text = "IAM refuses this statement, because it " + g.Misplaced
		}
		if g.Effect == document.Deny {
			text += "; the statement is assumed to apply"
		} else {
			text += "; the statement is assumed to allow nothing"
		}
		b.WriteString(terminal.Wrap(text, "    ", "      "))
	}
	return b.String()
}

func offersText(a explain.Action) string {
	var b strings.Builder
	if len(a.WouldGrant) == 0 {
		return terminal.Wrap("No release of CAPA grants the action, with any configuration. To grant the action, use extraStatements of a role in the configuration.", "", "")
	}
	later := 0
	for _, o := range a.WouldGrant {
		if o.Later {
			later++
		}
	}
	switch later {
	case 0:
		b.WriteString("Other settings would grant the action\n")
	case len(a.WouldGrant):
		b.WriteString("A newer release of CAPA would grant the action\n")
	default:
		b.WriteString("Other settings or a newer release of CAPA would grant the action\n")
	}
	for _, o := range a.WouldGrant {
		b.WriteString(terminal.Wrap(possibleGrantText(o), "  ", "    "))
		if o.Why != "" {
			b.WriteString(terminal.Wrap("why: "+o.Why, "    ", "      "))
		}
	}
	return b.String()
}

// possibleGrantText says which entry of the catalogue would grant an action,
// and with which settings.
func possibleGrantText(o explain.Offer) string {
	text := "by policy " + o.Policy
	if o.Trust {
		text = "by the trust policy of role " + o.Policy
	}
	text += ", since " + o.Since
	var gates []string
	for _, gate := range o.When {
		if _, ok := gate.Switch(); ok {
			continue
		}
		setting := string(gate)
		if !strings.Contains(setting, " ") {
			setting += " is true"
		}
		gates = append(gates, setting)
	}
	if o.Field != "" && o.Feature == "" {
		gates = append(gates, o.Field+" matches the resource")
	}
	if len(gates) > 0 {
		text += ", when " + strings.Join(gates, " and ")
	}
	s, ok := catalog.SwitchNamed(o.Feature)
	switch {
	case ok && o.Field != "" && o.On:
		text += fmt.Sprintf(": in %s, add %s that match the resource", s.ExampleWithValues(), s.Field)
	case ok && o.Field != "":
		text += fmt.Sprintf(": switch on %s, with %s that match the resource", s.ExampleWithValues(), s.Field)
	case o.Feature != "":
		text += ": " + switchText(o.Feature)
	}
	return text
}

// switchText says how to enable a feature. For several features, it lists them,
// and says to enable those that are used.
func switchText(features ...string) string {
	if len(features) == 1 {
		if s, ok := catalog.SwitchNamed(features[0]); ok {
			return "switch on " + s.Example()
		}
	}
	return "switch on the features that you use, in " + catalog.FeaturesField + ": " + strings.Join(features, ", ")
}

// grantableText lists the actions that are not granted but could be. Actions with
// the same catalogue entries are listed together.
func grantableText(actions []explain.Action) string {
	var b strings.Builder
	var heads []string
	byHead := map[string][]string{}
	for _, action := range actions {
		var head strings.Builder
		for _, o := range action.WouldGrant {
			head.WriteString(terminal.Wrap(possibleGrantText(o), "  ", "    "))
		}
		key := head.String()
		if key == "" {
			continue
		}
		if byHead[key] == nil {
			heads = append(heads, key)
		}
		byHead[key] = append(byHead[key], action.Action)
	}
	for _, head := range heads {
		b.WriteString("\nnot granted, but would be granted\n" + head + terminal.Wrap(strings.Join(byHead[head], ", "), "      ", "      "))
	}
	return b.String()
}
