// The result of "policy explain": everything known about actions. Its JSON is
// documented in docs/security-review.md.

package report

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/meter"
	"capaboot/internal/render"
	"capaboot/internal/shortlist"
	"capaboot/internal/terminal"
	"capaboot/policies/catalog"
	"capaboot/policies/explain"
	"capaboot/policies/source"
)

// Explanation is the result of "policy explain". Its JSON is documented in
// docs/security-review.md.
type Explanation struct {
	// Version is the version of this format.
	Version int `json:"version"`
	// Of names the policies that were searched. [Explain] leaves it empty; the
	// caller sets it.
	Of string `json:"of"`
	// Release is the release of CAPA that the explanation is for. KnownFor is
	// the release whose data says when the controllers make a call and how the
	// call can be limited.
	Release  string `json:"release"`
	KnownFor string `json:"knownFor"`
	// Answers has the explanations of actions and services.
	Answers []explain.Answer `json:"answers"`
	// Features and Ungranted are present if they were requested.
	Features  []explain.Feature  `json:"features,omitempty"`
	Ungranted *explain.Ungranted `json:"ungranted,omitempty"`

	isForeign bool // nothing in the input is CAPA's
}

// ExplainerOf returns an explainer for the policies that were read. For generated
// policies, it uses their own release and settings. For other policies, it uses the
// given release, and no settings.
func ExplainerOf(found *source.Found, release catalog.Release) (*explain.Explainer, error) {
	catalogue, err := catalog.LoadStories()
	if err != nil {
		return nil, err
	}
	explainer, err := explain.New(found.Set, catalogue)
	if err != nil {
		return nil, err
	}
	if g := found.Generated; g != nil {
		explainer.SetRelease(g.Release, &g.Settings)
	} else {
		explainer.SetRelease(release, nil)
	}
	return explainer, nil
}

// ExplainOptions selects what to explain.
type ExplainOptions struct {
	Actions   []string // actions and services
	Features  []string
	Ungranted bool
}

// NotExplained has an error for each unknown action or service. It is never
// empty.
type NotExplained []error

// Error returns the first error.
func (n NotExplained) Error() string { return n[0].Error() }

// Explain explains everything that the options select. The error is a
// [NotExplained], an [*explain.UnknownFeature] or a [meter.TooMuch], or means a
// mistake in the embedded tables.
func Explain(explainer *explain.Explainer, options ExplainOptions) (Explanation, error) {
	e := Explanation{Version: 1, Release: explainer.Release().String(), KnownFor: catalog.FeaturesRelease.String(), Answers: []explain.Answer{}, isForeign: explainer.IsForeign()}
	var problems NotExplained
	for _, name := range options.Actions {
		answer, err := explainer.Explain(name)
		if _, ok := errors.AsType[*meter.TooMuch](err); ok {
			return e, err
		}
		if err != nil {
			problems = append(problems, err)
		}
		e.Answers = append(e.Answers, answer)
	}
	if len(problems) > 0 {
		return e, problems
	}
	for _, name := range options.Features {
		feature, err := explainer.Feature(name)
		if err != nil {
			return e, err
		}
		e.Features = append(e.Features, feature)
	}
	if options.Ungranted {
		ungranted, err := explainer.Ungranted()
		if err != nil {
			return e, err
		}
		e.Ungranted = &ungranted
	}
	return e, nil
}

// Format writes the explanation as "text" or "json".
func (e Explanation) Format(output string) ([]byte, error) {
	if output == "json" {
		return render.JSON(e)
	}
	var texts []string
	for _, answer := range e.Answers {
		texts = append(texts, e.answerText(answer))
	}
	for _, feature := range e.Features {
		texts = append(texts, e.featureText(feature))
	}
	if e.Ungranted != nil {
		texts = append(texts, e.ungrantedText(e.Ungranted))
	}
	return []byte(strings.Join(texts, "\n")), nil
}

// answerText describes a single action in full, or the grants of several
// actions.
func (e Explanation) answerText(a explain.Answer) string {
	var b strings.Builder
	if len(a.Actions)+len(a.NotGranted) == 1 && len(a.Actions) == 1 {
		b.WriteString(e.actionText(a.Actions[0]))
	} else {
		b.WriteString(e.actionsText(a))
	}
	for _, note := range a.Notes {
		b.WriteString(terminal.Wrap("note: "+escapeLine(note), "", "  "))
	}
	return b.String()
}

// writeFact writes a fact about an action after its label, or nothing if text
// is "".
func writeFact(b *strings.Builder, label, text string) {
	if text != "" {
		b.WriteString(terminal.Wrap(text, fmt.Sprintf("  %-18s", label), strings.Repeat(" ", 20)))
	}
}

// actionText describes an action in full: the statements about the action, and what
// AWS and CAPA document about it. The statements come last, unless nothing in the
// input is CAPA's.
func (e Explanation) actionText(a explain.Action) string {
	var b strings.Builder
	b.WriteString(escapeLine(a.Action) + "\n")
	if a.Unknown {
		b.WriteString(terminal.Wrap("AWS has no such action", "  ", "  "))
	}
	writeFact(&b, "what it does", descriptionText(a.Description))
	writeFact(&b, "access level", a.AccessLevel)
	if e.isForeign {
		b.WriteString(e.grantsText(a))
		if !a.Unknown {
			b.WriteString("\n")
			e.writeActionFacts(&b, a)
		}
		return b.String()
	}
	if !a.Unknown {
		e.writeActionFacts(&b, a)
	}
	b.WriteString(e.grantsText(a))
	return b.String()
}

// writeActionFacts writes what AWS documents about an action besides its
// description, and which calls of CAPA's controllers need the action.
func (e Explanation) writeActionFacts(b *strings.Builder, a explain.Action) {
	var types []string
	for _, t := range a.ResourceTypes {
		name := t.Name
		if t.Required {
			name += " (required)"
		}
		types = append(types, name)
	}
	if len(types) == 0 {
		types = []string{"none: the action supports only the resource *"}
	}
	writeFact(b, "resource types", strings.Join(types, ", "))
	keys := slices.Clone(a.ConditionKeys)
	for _, t := range a.ResourceTypes {
		keys = append(keys, t.ConditionKeys...)
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	if len(keys) == 0 {
		keys = []string{"only global keys"}
	}
	writeFact(b, "condition keys", joinFirst(keys))
	writeFact(b, "dependent actions", strings.Join(a.DependentActions, ", "))
	e.writeCallFacts(b, a)
}

// grantsText lists the statements about an action, or says that nothing grants
// it and what would.
func (e Explanation) grantsText(a explain.Action) string {
	var b strings.Builder
	if a.Exempt != "" {
		b.WriteString("\n" + terminal.Wrap("Policies neither grant nor deny the action: "+a.Exempt+".", "", ""))
	} else if !a.Granted() {
		b.WriteString("\n" + terminal.Wrap("Nothing in "+escapeLine(inputText(e.Of))+" grants the action.", "", ""))
	}
	if a.Exempt != "" && len(a.Grants) > 0 {
		b.WriteString("\nThese statements name the action, but have no effect:\n")
	}
	for _, group := range groupByHolder(a.Grants) {
		b.WriteString("\n" + grantExplanation(group))
		writeStory(&b, "    ", group[0].Story)
	}
	if needed, ok := alsoNeeded.Get()[a.Also]; ok && slices.ContainsFunc(allowingGrants(a.Grants), func(g explain.Grant) bool { return !g.Trust }) {
		b.WriteString("\n" + terminal.Wrap(needed, "", ""))
	}
	if !a.Granted() && !a.IsBounded() && a.Exempt == "" && !e.isForeign {
		b.WriteString("\n" + offersText(a))
	}
	return b.String()
}

// alsoNeeded says which policy must allow an action in addition to those of the
// caller, by the value of [explain.Action.Also].
var alsoNeeded = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{
		"key":  "The key policy must also allow the action, directly or by enabling IAM policies.",
		"role": "The trust policy of the role must also allow the action.",
	}
}}

func writeStory(b *strings.Builder, indent string, s explain.Story) {
	if s.Since != "" {
		text := "since " + s.Since
		if len(s.UsedBy) > 0 {
			text += ", used by " + strings.Join(s.UsedBy, ", ")
		}
		b.WriteString(terminal.Wrap(text, indent, indent+"  "))
	}
	if s.Why != "" {
		b.WriteString(terminal.Wrap("why: "+s.Why, indent, indent+"  "))
	}
}

// joinFirst joins the names. If there are more than limit, it refers to the JSON for
// the others.
func joinFirst(names []string) string {
	const limit = 12
	text := strings.Join(names[:min(len(names), limit)], ", ")
	if omitted := len(names) - limit; omitted > 0 {
		text += " " + shortlist.More(omitted) + " (-o json lists all)"
	}
	return text
}

// actionsText describes the grants of several actions. It lists actions with
// the same statements together, followed by these statements.
func (e Explanation) actionsText(a explain.Answer) string {
	var b strings.Builder
	granted := 0
	for i := range a.Actions {
		if a.Actions[i].Granted() {
			granted++
		}
	}
	total := len(a.Actions) + len(a.NotGranted)
	b.WriteString(terminal.Wrap(fmt.Sprintf("%s: %s, %d of them granted in %s", escapeLine(a.Asked), Count(total, "action"), granted, escapeLine(inputText(e.Of))), "", "  "))
	type group struct {
		head    string
		actions []explain.Action
	}
	var groups []*group
	byHead := map[string]*group{}
	for _, action := range a.Actions {
		if len(action.Grants) == 0 || action.Exempt != "" {
			continue
		}
		var head strings.Builder
		for _, group := range groupByHolder(action.Grants) {
			head.WriteString(grantExplanation(group))
		}
		key := head.String()
		if byHead[key] == nil {
			byHead[key] = &group{head: key}
			groups = append(groups, byHead[key])
		}
		byHead[key].actions = append(byHead[key].actions, action)
	}
	for _, action := range a.Actions {
		if action.Exempt != "" {
			b.WriteString("\n" + terminal.Wrap(fmt.Sprintf("Policies neither grant nor deny %s: %s.", escapeLine(action.Action), action.Exempt), "", ""))
		}
	}
	for _, g := range groups {
		b.WriteString("\n")
		for _, action := range g.actions {
			b.WriteString(actionStories(action))
		}
		for line := range strings.Lines(g.head) {
			b.WriteString(terminal.Fit("  "+line, terminal.Columns))
		}
	}
	notGranted := slices.Clone(a.NotGranted)
	if e.isForeign { // nothing in the input is CAPA's, so do not list what CAPA would grant
		for _, action := range a.Actions {
			if len(action.Grants) == 0 && action.Exempt == "" {
				notGranted = append(notGranted, action.Action)
			}
		}
		slices.Sort(notGranted)
	} else {
		b.WriteString(grantableText(a.Actions))
	}
	if len(notGranted) > 0 {
		b.WriteString("\n" + terminal.Wrap("not granted: "+joinFirst(notGranted), "", "  "))
	}
	return b.String()
}

// actionStories formats one of several actions with its story. If its grants
// have different stories, a line for each story follows, with the first policy
// that has it.
func actionStories(action explain.Action) string {
	var b strings.Builder
	var listed []explain.Grant // the first grant with each story
	for _, grant := range action.Grants {
		hasSameStory := func(other explain.Grant) bool { return reflect.DeepEqual(other.Story, grant.Story) }
		if grant.Since != "" && !slices.ContainsFunc(listed, hasSameStory) {
			listed = append(listed, grant)
		}
	}
	write := func(name string, known []string, story explain.Story, indent string) {
		if story.Since != "" {
			known = append(known, "since "+story.Since)
		}
		if len(story.UsedBy) > 0 {
			known = append(known, "used by "+strings.Join(story.UsedBy, ", "))
		}
		b.WriteString(terminal.Wrap(escapeLine(name)+" ["+strings.Join(known, "; ")+"]", indent, indent+"  "))
		if story.Why != "" {
			b.WriteString(terminal.Wrap(story.Why, indent+"  ", indent+"  "))
		}
	}
	level := []string{action.AccessLevel}
	switch len(listed) {
	case 0:
		write(action.Action, level, explain.Story{}, "  ")
	case 1:
		write(action.Action, level, listed[0].Story, "  ")
	default:
		write(action.Action, level, explain.Story{}, "  ")
		for _, grant := range listed {
			holder := ""
			if grant.Trust {
				holder = string(grant.Kind) + " " + grant.Name
			}
			write("in "+grantPlace(grant.Trust, grant.Boundary, holder, grant.Policy, grant.Statement), nil, grant.Story, "    ")
		}
	}
	return b.String()
}
