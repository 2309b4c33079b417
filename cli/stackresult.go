// The stack at the end, for programs and for people.

package cli

import (
	"fmt"
	"strings"

	"capaboot/cfnstack"
	"capaboot/iam"
	"capaboot/internal/terminal"
	"capaboot/policies/report"
)

// deployedStack is the stack at the end, for programs.
type deployedStack struct {
	Stack     string             `json:"stack"`
	StackID   string             `json:"stackID"`
	Account   string             `json:"account"`
	Region    string             `json:"region"`
	Result    string             `json:"result"`
	Status    string             `json:"status"`
	Resources []deployedResource `json:"resources"`
}

type deployedResource struct {
	LogicalID string `json:"logicalID"`
	Type      string `json:"type"`
	Name      string `json:"name"`
	ARN       string `json:"arn,omitempty"`
	Status    string `json:"status"`
}

func (d *stackCommand) deployed(outcome *cfnstack.Outcome) deployedStack {
	s := deployedStack{
		Stack: outcome.StackName, StackID: outcome.StackID, Account: d.where.identity.Account, Region: d.where.region,
		Result: string(outcome.Result), Status: outcome.Stack.Status, Resources: []deployedResource{},
	}
	for _, resource := range outcome.Stack.Resources {
		s.Resources = append(s.Resources, deployedResource{
			LogicalID: resource.LogicalID, Type: resource.Type, Name: iam.NameOf(resource.PhysicalID), Status: resource.Status,
			ARN: d.loaded.Template.ARN(resource.LogicalID, resource.PhysicalID, d.where.partition(), d.where.identity.Account),
		})
	}
	return s
}

// resourceTable is the resources of a stack for people: a line for each, or
// two where the width of the terminal does not do.
func resourceTable(stack *cfnstack.Stack, width int) string {
	var table terminal.Table
	table.Row("LOGICAL ID", "TYPE", "NAME", "STATUS")
	for _, resource := range stack.Resources {
		table.Row(printable(resource.LogicalID), printable(resource.Type), printable(iam.NameOf(resource.PhysicalID)), printable(resource.Status))
	}
	if text := table.String(); terminal.Fits(text, width) {
		return text
	}
	var b strings.Builder
	for _, resource := range stack.Resources {
		fmt.Fprintf(&b, "%s  %s\n  %s %s\n", printable(resource.Status), printable(resource.LogicalID), report.ShortType(resource.Type), printable(iam.NameOf(resource.PhysicalID)))
	}
	return b.String()
}
