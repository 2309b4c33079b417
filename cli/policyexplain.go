// policy explain

package cli

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/internal/render"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/explain"
)

func (r *runner) policyExplain() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "tell who gets an action, since when, what for",
		ArgsUsage: "ACTION|SERVICE...",
		Description: `Tells of an action (ec2:RunInstances), of several (ec2:Describe*) or of a whole
service (ec2) which roles get it, by which policy and statement, on what and
under which conditions; since which release CAPA has it, which part of the
controllers calls it and why; and its access level, resource types, condition
keys and dependent actions, as AWS has them. If nothing grants an action, it
says so, and what would.

It looks at what the configuration generates, or at what --policy names: a
release (release:v2.8.4), a configuration, a CloudFormation template, an IAM
policy document, a folder of these, or - (standard input). --deployed looks at
the stack of the configuration, as it is in the account.

` + generatingHelp,
		Flags: append(generatingFlags(accountFlags()...),
			outputFlag("text", "json"),
			&cli.StringSliceFlag{Name: "policy", Usage: "look at this `FILE`, folder or release"},
			deployedFlag(),
		),
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return usagef("%s takes actions or services, such as ec2:RunInstances, ec2:Describe* or ec2", c.Command.HelpName)
			}
			set, name, err := r.chosenSet(c, c.StringSlice("policy"))
			if err != nil {
				return err
			}
			answers, err := explained(set, c.Args().Slice())
			if err != nil {
				return err
			}
			if c.String("output") == "json" {
				return r.print(render.JSON(explanation{1, name, answers}))
			}
			var b strings.Builder
			for i, answer := range answers {
				if i > 0 {
					b.WriteString("\n")
				}
				b.WriteString(answerText(answer, name))
			}
			return r.print([]byte(b.String()))
		},
	}
}

func deployedFlag() cli.Flag {
	return &cli.BoolFlag{Name: "deployed", DisableDefaultText: true, Usage: "look at the stack as it is in the account"}
}

// chosenSet reads what --deployed or names stand for, or else what the
// configuration generates; and how to call it.
func (r *runner) chosenSet(c *cli.Context, names []string) (*document.Set, string, error) {
	if c.Bool("deployed") {
		names = append([]string{deployedName}, names...)
	}
	if len(names) == 0 {
		set, err := r.configuredSet(c)
		return set, "the configuration", err
	}
	var sets []*document.Set
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, "", usagef("%s is named twice", name)
		}
		set, err := r.policySet(c, name)
		if err != nil {
			return nil, "", err
		}
		r.warnUnread(set)
		sets = append(sets, set)
	}
	return document.Merge(sets...), strings.Join(names, ", "), nil
}

// explanation is the result of "policy explain". Its JSON is documented in
// docs/security-review.md.
type explanation struct {
	// Version is that of this format.
	Version int              `json:"version"`
	Of      string           `json:"of"`
	Answers []explain.Answer `json:"answers"`
}

func explained(set *document.Set, asked []string) ([]explain.Answer, error) {
	catalogue, err := catalog.LoadStories()
	if err != nil {
		return nil, err
	}
	explainer, err := explain.New(set, catalogue)
	if err != nil {
		return nil, err
	}
	var answers []explain.Answer
	var problems []error
	for _, name := range asked {
		answer, err := explainer.Explain(name)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		answers = append(answers, answer)
	}
	if len(problems) > 0 {
		if unknown := (*explain.Unknown)(nil); errors.As(problems[0], &unknown) {
			return nil, usageError{hinted{joined(problems), unknown.Hint()}}
		}
		return nil, usageError{joined(problems)}
	}
	return answers, nil
}

// answerText is an answer for people: all about one action, or what is granted
// of several.
func answerText(a explain.Answer, of string) string {
	var b strings.Builder
	if len(a.Actions)+len(a.NotGranted) == 1 && len(a.Actions) == 1 {
		b.WriteString(actionText(a.Actions[0], of))
	} else {
		b.WriteString(actionsText(a, of))
	}
	for _, note := range a.Notes {
		b.WriteString(wrap("note: "+printable(note), "", "  "))
	}
	return b.String()
}

// fact is one line of what is known, under a common heading.
func fact(b *strings.Builder, what, text string) {
	if text != "" {
		b.WriteString(wrap(text, fmt.Sprintf("  %-18s", what), strings.Repeat(" ", 20)))
	}
}

// actionText is all that is known of one action.
func actionText(a explain.Action, of string) string {
	var b strings.Builder
	b.WriteString(printable(a.Action) + "\n")
	if a.Unknown {
		b.WriteString(wrap("AWS has no such action", "  ", "  "))
	}
	fact(&b, "what it does", strings.TrimPrefix(a.Description, "Grants permission to "))
	fact(&b, "access level", a.AccessLevel)
	if !a.Unknown {
		var types []string
		for _, t := range a.ResourceTypes {
			name := t.Name
			if t.Required {
				name += " (required)"
			}
			types = append(types, name)
		}
		if len(types) == 0 {
			types = []string{"none: it works with the resource * alone"}
		}
		fact(&b, "resource types", strings.Join(types, ", "))
		keys := slices.Clone(a.ConditionKeys)
		for _, t := range a.ResourceTypes {
			keys = append(keys, t.ConditionKeys...)
		}
		slices.Sort(keys)
		keys = slices.Compact(keys)
		if len(keys) == 0 {
			keys = []string{"the global ones alone"}
		}
		fact(&b, "condition keys", shortList(keys))
		fact(&b, "dependent actions", strings.Join(a.DependentActions, ", "))
		called := strings.Join(a.CalledFrom, ", ")
		if called == "" {
			called = "no direct call is known"
		}
		fact(&b, "controllers", called+" (CAPA "+catalog.APICallsOf.String()+")")
	}
	if !a.Granted() {
		b.WriteString("\n" + wrap("Nothing in "+printable(of)+" grants it.", "", ""))
	}
	for _, same := range together(a.Grants) {
		b.WriteString("\n" + explainedGrant(same))
		storyText(&b, "    ", same[0].Story)
	}
	if !a.Granted() {
		b.WriteString("\n" + offersText(a))
	}
	return b.String()
}

func storyText(b *strings.Builder, indent string, s explain.Story) {
	if s.Since != "" {
		text := "since " + s.Since
		if len(s.UsedBy) > 0 {
			text += ", used by " + strings.Join(s.UsedBy, ", ")
		}
		b.WriteString(wrap(text, indent, indent+"  "))
	}
	if s.Why != "" {
		b.WriteString(wrap("why: "+s.Why, indent, indent+"  "))
	}
}

// together puts grants together that differ in the holder alone, such as those
// of one policy that two roles have.
func together(grants []explain.Grant) [][]explain.Grant {
	var groups [][]explain.Grant
	index := map[string]int{}
	for _, g := range grants {
		rest := g
		rest.Name, rest.Kind = "", ""
		key := fmt.Sprintf("%#v", rest)
		if i, known := index[key]; known && !g.Trust {
			groups[i] = append(groups[i], g)
			continue
		}
		index[key] = len(groups)
		groups = append(groups, []explain.Grant{g})
	}
	return groups
}

// explainedGrant is one statement: whose, where, on what and if. The grants
// differ in the holder alone.
func explainedGrant(grants []explain.Grant) string {
	var b strings.Builder
	g := grants[0]
	verb := "allowed to "
	switch {
	case g.Boundary:
		verb = strings.ToLower(string(g.Effect)) + " in the permissions boundary of "
	case g.Effect == document.Deny && g.Trust:
		verb = "denied for assuming "
	case g.Effect == document.Deny:
		verb = "denied to "
	case g.Trust:
		verb = "allowed for assuming "
	}
	for i, of := range grants {
		head := verb + string(of.Kind) + " " + printable(of.Name)
		if of.Kind == document.PolicyKind {
			head = strings.TrimSuffix(verb, " to ") + " by " + printable(of.Name) + ", which no principal here has"
		}
		if i > 0 {
			head = "and " + strings.TrimPrefix(head, verb)
		}
		b.WriteString(wrap(head, "  ", "    "))
	}
	place := "by policy " + printable(g.Policy)
	if g.Trust {
		place = "by its trust policy"
	}
	if g.AWS {
		place += " of AWS"
	}
	place += ", " + printable(g.Statement)
	if strings.ContainsAny(g.Pattern, "*?") {
		place += ", as " + printable(g.Pattern)
	}
	b.WriteString(wrap(place, "    ", "      "))
	list := func(word string, names []string) {
		for i, name := range names {
			if i > 0 {
				word = strings.Repeat(" ", len(word))
			}
			fmt.Fprintf(&b, "    %s %s\n", word, printable(name))
		}
	}
	list("all actions but", g.NotActions)
	list("by", g.Principals)
	list("by all but", g.NotPrincipals)
	list("on", g.Resources)
	list("on all but", g.NotResources)
	for _, condition := range g.Conditions {
		b.WriteString(wrap("if "+printable(condition), "    ", "      "))
	}
	list("when", g.When)
	if g.Useless {
		b.WriteString(wrap("none of these resources is one that the action works on: the statement has no effect for it", "    ", "      "))
	}
	return b.String()
}

// offersText says what would grant an action.
func offersText(a explain.Action) string {
	var b strings.Builder
	if len(a.WouldGrant) == 0 {
		return wrap("No release of CAPA grants it with any configuration. extraStatements of a role in the configuration would.", "", "")
	}
	b.WriteString("It would be granted\n")
	for _, o := range a.WouldGrant {
		b.WriteString(wrap(offerText(o), "  ", "    "))
		if o.Why != "" {
			b.WriteString(wrap("why: "+o.Why, "    ", "      "))
		}
	}
	return b.String()
}

// offerText says which entry of the catalogue grants an action, and when.
func offerText(o explain.Offer) string {
	text := "by policy " + o.Policy
	if o.Trust {
		text = "by the trust policy of role " + o.Policy
	}
	text += ", since " + o.Since
	var gates []string
	for _, gate := range o.When {
		when := string(gate)
		if !strings.Contains(when, " ") {
			when += " is true"
		}
		gates = append(gates, when)
	}
	if len(gates) > 0 {
		text += ", when " + strings.Join(gates, " and ")
	}
	return text
}

// shortList is a list for people, of which JSON has the rest.
func shortList(names []string) string {
	const most = 12
	text := strings.Join(names[:min(len(names), most)], ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more (-o json lists them)", more)
	}
	return text
}

// actionsText is what is granted of several actions: those with the same
// statements together.
func actionsText(a explain.Answer, of string) string {
	var b strings.Builder
	granted := 0
	for i := range a.Actions {
		if a.Actions[i].Granted() {
			granted++
		}
	}
	total := len(a.Actions) + len(a.NotGranted)
	b.WriteString(wrap(fmt.Sprintf("%s: %d actions, %d of them granted in %s", printable(a.Asked), total, granted, printable(of)), "", "  "))
	type group struct {
		head    string
		actions []explain.Action
	}
	var groups []*group
	byHead := map[string]*group{}
	for _, action := range a.Actions {
		if len(action.Grants) == 0 {
			continue
		}
		var head strings.Builder
		for _, same := range together(action.Grants) {
			head.WriteString(explainedGrant(same))
		}
		key := head.String()
		if byHead[key] == nil {
			byHead[key] = &group{head: key}
			groups = append(groups, byHead[key])
		}
		byHead[key].actions = append(byHead[key].actions, action)
	}
	for _, g := range groups {
		b.WriteString("\n" + g.head)
		for _, action := range g.actions {
			b.WriteString(actionStories(action))
		}
	}
	b.WriteString(wouldText(a.Actions))
	if len(a.NotGranted) > 0 {
		b.WriteString("\n" + wrap("not granted: "+shortList(a.NotGranted), "", "  "))
	}
	return b.String()
}

// actionStories is an action of several with its story, or with one for each
// policy where they tell different ones.
func actionStories(action explain.Action) string {
	var b strings.Builder
	var told []explain.Grant // the first of each story
	for _, grant := range action.Grants {
		same := func(other explain.Grant) bool { return reflect.DeepEqual(other.Story, grant.Story) }
		if grant.Since != "" && !slices.ContainsFunc(told, same) {
			told = append(told, grant)
		}
	}
	write := func(name string, known []string, story explain.Story, indent string) {
		if story.Since != "" {
			known = append(known, "since "+story.Since)
		}
		if len(story.UsedBy) > 0 {
			known = append(known, "used by "+strings.Join(story.UsedBy, ", "))
		}
		b.WriteString(wrap(printable(name)+" ["+strings.Join(known, "; ")+"]", indent, indent+"  "))
		if story.Why != "" {
			b.WriteString(wrap(story.Why, indent+"  ", indent+"  "))
		}
	}
	level := []string{action.AccessLevel}
	switch len(told) {
	case 0:
		write(action.Action, level, explain.Story{}, "      ")
	case 1:
		write(action.Action, level, told[0].Story, "      ")
	default:
		write(action.Action, level, explain.Story{}, "      ")
		for _, grant := range told {
			write("in "+grantedBy(grant), nil, grant.Story, "        ")
		}
	}
	return b.String()
}

// grantedBy is where a grant stands, in short.
func grantedBy(g explain.Grant) string {
	if g.Trust {
		return "the trust policy of " + string(g.Kind) + " " + g.Name
	}
	return "policy " + g.Policy + ", " + g.Statement
}

// wouldText is what of several actions is not granted, and would be: those with
// the same entries of the catalogue together.
func wouldText(actions []explain.Action) string {
	var b strings.Builder
	var heads []string
	byHead := map[string][]string{}
	for _, action := range actions {
		var head strings.Builder
		for _, o := range action.WouldGrant {
			head.WriteString(wrap(offerText(o), "  ", "    "))
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
		b.WriteString("\nnot granted, and would be\n" + head + wrap(strings.Join(byHead[head], ", "), "      ", "      "))
	}
	return b.String()
}
