// The stack after a command, for programs and for people.

package stackview

import (
	"fmt"
	"strings"

	"capaboot/cfnstack"
	"capaboot/iam"
	"capaboot/internal/escape"
	"capaboot/internal/terminal"
	"capaboot/policies/report"
)

// Result is the stack after a deployment, for programs. Its JSON is documented
// in docs/deploying.md.
type Result struct {
	Stack     string     `json:"stack"`
	StackID   string     `json:"stackID"`
	Account   string     `json:"account"`
	Region    string     `json:"region"`
	Result    string     `json:"result"`
	Status    string     `json:"status"`
	Resources []Resource `json:"resources"`
}

// Resource is a resource of the stack.
type Resource struct {
	LogicalID string `json:"logicalID"`
	Type      string `json:"type"`
	// Name is the name of the resource; in a [Deletion], the physical ID.
	Name string `json:"name"`
	// ARN is absent in a [Deletion].
	ARN    string `json:"arn,omitempty"`
	Status string `json:"status"`
}

// NewResult converts the outcome of a deployment that was not detached. arn
// returns the ARN of a resource by its logical and physical ID.
func NewResult(outcome *cfnstack.Outcome, account, region string, arn func(logicalID, physicalID string) string) Result {
	s := Result{
		Stack: outcome.StackName, StackID: outcome.StackID, Account: account, Region: region,
		Result: string(outcome.Result), Status: outcome.Stack.Status, Resources: []Resource{},
	}
	for _, resource := range outcome.Stack.Resources {
		s.Resources = append(s.Resources, Resource{
			LogicalID: resource.LogicalID, Type: resource.Type, Name: iam.NameOf(resource.PhysicalID), Status: resource.Status,
			ARN: arn(resource.LogicalID, resource.PhysicalID),
		})
	}
	return s
}

// Start is the result of a detached deployment, or of any deletion, for programs.
type Start struct {
	Stack   string `json:"stack"`
	StackID string `json:"stackID"`
	Result  string `json:"result"`
}

// NewStart converts the outcome of a detached deployment, or of any deletion.
func NewStart(outcome *cfnstack.Outcome) Start {
	return Start{outcome.StackName, outcome.StackID, string(outcome.Result)}
}

// Deletion is the result of deleting a stack, for programs.
type Deletion struct {
	Start
	// Retained are the resources that the deletion does not delete.
	Retained []Resource `json:"retained"`
}

// NewDeletion converts the outcome of a deletion.
func NewDeletion(outcome *cfnstack.Outcome) Deletion {
	d := Deletion{NewStart(outcome), []Resource{}}
	for _, resource := range outcome.Retained {
		d.Retained = append(d.Retained, Resource{LogicalID: resource.LogicalID, Type: resource.Type, Name: resource.PhysicalID, Status: resource.Status})
	}
	return d
}

// Table lists the resources of a stack for people: one line for each, or at
// least two if the table is wider than width columns. A width of 0 means no
// limit.
func Table(stack *cfnstack.Stack, width int) string {
	var table terminal.Table
	table.Row("LOGICAL ID", "TYPE", "NAME", "STATUS")
	for _, resource := range stack.Resources {
		table.Row(escape.Text(resource.LogicalID), escape.Text(resource.Type), escape.Text(iam.NameOf(resource.PhysicalID)), escape.Text(resource.Status))
	}
	if text := table.String(); terminal.Fits(text, width) {
		return text
	}
	var b strings.Builder
	for _, resource := range stack.Resources {
		fmt.Fprintf(&b, "%s  %s\n  %s %s\n", escape.Text(resource.Status), escape.Text(resource.LogicalID), report.ShortType(resource.Type), escape.Text(iam.NameOf(resource.PhysicalID)))
	}
	return terminal.Fit(b.String(), width)
}
