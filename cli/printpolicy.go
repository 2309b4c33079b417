// bootstrap iam print-policy

package cli

import (
	"context"

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
			commandline.TextFlag(&o.document, "document", "print the policy with this logical `ID` alone"),
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
