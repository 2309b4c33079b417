// bootstrap iam print-policy

package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/urfave/cli/v2"

	"capaboot/iam"
	"capaboot/internal/commandline"
	"capaboot/internal/render"
	"capaboot/internal/spell"
	"capaboot/policies/catalog"
)

type printPolicyOptions struct {
	generatingOptions
	document string // the logical ID of one policy, "" for all
	format   string
}

func (r *runner) printPolicyCommand() *cli.Command {
	var o printPolicyOptions
	return &cli.Command{
		Name:        "print-policy",
		Usage:       "print the managed policies as JSON",
		Description: generatingHelp,
		Flags: append(o.generatingOptions.flags(),
			commandline.TextFlag(&o.document, "document", "print only the policy with this logical `ID`"),
			commandline.FormatFlag(&o.format, "resource", "document"),
		),
		Action: func(c *cli.Context) error { return r.printPolicy(c.Context, o) },
	}
}

func (r *runner) printPolicy(ctx context.Context, o printPolicyOptions) error {
	if err := knownPolicy(o.document); err != nil {
		return err
	}
	loaded, err := r.generate(ctx, o.generatingOptions)
	if err != nil {
		return err
	}
	text, err := policyText(loaded.Template, o.document, o.format)
	if err != nil {
		return err
	}
	if _, exists := loaded.Template.Document(o.document); o.document != "" && !exists {
		r.talk.Warn("this configuration has no policy %s", o.document)
	}
	return r.write(ctx, text)
}

// knownPolicy returns an error unless id is "" or a policy of the catalogue.
func knownPolicy(id string) error {
	catalogue, err := catalog.Load()
	if err != nil || id == "" || catalogue.Policy(id) != nil {
		return err
	}
	var names []string
	for _, policy := range catalogue.Policies {
		names = append(names, policy.LogicalID)
	}
	question := ","
	if near := nearestDocument(id, names); near != "" {
		question = fmt.Sprintf(", did you mean %q?", near)
	}
	return usagef("unknown policy %q of --document%s allowed: %s", id, question, strings.Join(names, ", "))
}

// nearestDocument returns the logical ID that was meant, "" if none is near. The
// IDs begin alike, so what counts is which of their other words a name has:
// "ControllersEKS", "nodes", "AWSIAMManagedPolicyCSI".
func nearestDocument(name string, names []string) string {
	given := ownWords(name)
	best, bestScore := "", 0
	for _, candidate := range names {
		has := ownWords(candidate)
		score := -len(has)
		for _, word := range given {
			if slices.ContainsFunc(has, func(other string) bool { return alike(word, other) }) {
				score += 11
			} else {
				score -= 3
			}
		}
		if score > bestScore {
			best, bestScore = candidate, score
		}
	}
	if best == "" {
		best, _ = spell.Closest(name, names)
	}
	return best
}

// alike is whether a word is another, misspelt, or one is a part of the other.
func alike(word, other string) bool {
	_, near := spell.Closest(word, []string{other})
	return near || len(word) > 2 && strings.Contains(other, word) || len(other) > 3 && strings.Contains(word, other)
}

// ownWords returns the words of a logical ID or of something like it, in lower
// case, without those that most have: "AWSIAMManagedPolicyEKSConsole" has "eks"
// and "console".
func ownWords(id string) (words []string) {
	for _, common := range []string{"AWSIAM", "Managed", "Policy"} {
		id = strings.ReplaceAll(id, common, " ")
	}
	var b strings.Builder
	for i, c := range id {
		next := ' '
		if i+1 < len(id) {
			next = rune(id[i+1])
		}
		if unicode.IsUpper(c) && (unicode.IsLower(next) || i > 0 && unicode.IsLower(rune(id[i-1]))) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return r < 'a' || r > 'z' })
}

// policyText renders one policy, or all by their logical ID when id is "". A
// policy that the configuration switches off is null, as clusterawsadm has it.
func policyText(template *iam.Template, id, format string) ([]byte, error) {
	one := func(id string) any {
		if document, ok := template.Document(id); ok && format == "document" {
			return document
		} else if ok {
			return template.Resource(id)
		}
		return nil
	}
	result := one(id)
	if id == "" {
		all := map[string]any{}
		for _, id := range template.PolicyIDs() {
			all[id] = one(id)
		}
		result = all
	}
	if format == "document" {
		return render.OrderedJSON(result)
	}
	return render.JSON(result)
}
