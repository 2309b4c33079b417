// bootstrap credentials list-profiles

package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/internal/render"
	"capaboot/internal/terminal"
)

func (r *runner) listProfiles() *cli.Command {
	return &cli.Command{
		Name:  "list-profiles",
		Usage: "list the profiles, with their kind and what is wrong",
		Flags: []cli.Flag{outputFlag("text", "json")},
		Action: func(c *cli.Context) error {
			profiles, err := credentials.ListProfiles(c.Context, r.Environment)
			if err != nil {
				return withHint(err)
			}
			if c.String("output") == "json" {
				return r.print(render.JSON(profiles))
			}
			if len(profiles) == 0 {
				r.talk.warn("there are no profiles")
			}
			return r.print([]byte(profilesTable(profiles)))
		},
	}
}

// profilesTable is the list for people: a table, and below it what keeps a
// profile from working.
func profilesTable(profiles []credentials.ListedProfile) string {
	var b strings.Builder
	var table terminal.Table
	if len(profiles) > 0 {
		table.Row("NAME", "KIND", "REGION", "SOURCE PROFILE", "WORKS")
	}
	for _, p := range profiles {
		works := "as far as the files tell"
		switch {
		case p.Problem != "":
			works = "no, see below"
		case p.Kind == "login":
			works = "with the AWS CLI only"
		}
		table.Row(printable(p.Name), p.Kind, cmp.Or(printable(p.Region), "-"), cmp.Or(printable(p.SourceProfile), "-"), works)
	}
	b.WriteString(table.String())
	for _, p := range profiles {
		if p.Problem != "" {
			fmt.Fprintf(&b, "\n%s: %s\n", printable(p.Name), printable(p.Problem))
		}
	}
	return b.String()
}
