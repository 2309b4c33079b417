// bootstrap iam print-policy

package cli

import (
	"github.com/urfave/cli/v2"

	"capaboot/iam"
	"capaboot/internal/render"
	"capaboot/internal/spell"
	"capaboot/policies/catalog"
)

func (r *runner) printPolicy() *cli.Command {
	return &cli.Command{
		Name:        "print-policy",
		Usage:       "print the managed policies as JSON",
		Description: generatingHelp,
		Flags: generatingFlags(
			&cli.StringFlag{Name: "document", Usage: "print the policy with this logical `ID` alone"},
			outputFlag("resource", "document"),
		),
		Action: func(c *cli.Context) error {
			if err := knownPolicy(c.String("document")); err != nil {
				return err
			}
			loaded, err := r.load(c)
			if err != nil {
				return err
			}
			text, err := policyText(loaded.Template, c.String("document"), c.String("output"))
			if err != nil {
				return err
			}
			if _, exists := loaded.Template.Document(c.String("document")); c.String("document") != "" && !exists {
				r.talk.warn("this configuration has no policy %s", c.String("document"))
			}
			return r.print(text)
		},
	}
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
	return usagef("unknown policy %q of --document%s", id, spell.Allowed(id, names))
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
