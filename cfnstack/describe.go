package cfnstack

// This file reads stacks: their status, resources and templates.

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Resource is one resource of a stack.
type Resource struct {
	LogicalID string
	Type      string
	// PhysicalID is the name, ID or ARN, depending on the type.
	PhysicalID string
	Status     string
	// Reason is why the resource has its status; usually empty.
	Reason string
}

// Output is one output of a stack.
type Output struct{ Key, Value, Description string }

// Stack is the current state of a stack.
type Stack struct {
	Name, ID string
	Status   string
	// Reason is why the stack has its status; usually empty.
	Reason                string
	Tags                  map[string]string
	Outputs               []Output
	Parameters            []string // only the names
	RoleARN               string
	TerminationProtection bool
	// Root is the name of the root stack of a nested stack, or "".
	Root string
	// Resources are in the order of CloudFormation's response.
	Resources []Resource

	updated time.Time // zero before the first update
}

// Describe reads a stack with its resources, by name or by ID. It returns nil
// when the stack does not exist or was deleted.
func (m *Manager) Describe(ctx context.Context, stack string) (*Stack, error) {
	r := &run{Manager: m, name: stack}
	s, err := r.stack(ctx, stack)
	if s == nil {
		return nil, err
	}
	r.id = s.ID
	s.Resources, err = r.resources(ctx)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// stack reads a stack without its resources; nil when it does not exist or was
// deleted.
func (r *run) stack(ctx context.Context, nameOrID string) (*Stack, error) {
	out, err := call(ctx, r, r.API.DescribeStacks, &cloudformation.DescribeStacksInput{StackName: aws.String(nameOrID)})
	if err != nil {
		if isNotFound(err) {
			return nil, nil
		}
		return nil, requestFailure("describing stack "+r.name, r, err)
	}
	for _, s := range out.Stacks {
		if s.StackStatus == types.StackStatusDeleteComplete {
			continue
		}
		return newStack(s), nil
	}
	return nil, nil
}

func newStack(s types.Stack) *Stack {
	result := &Stack{
		Name: aws.ToString(s.StackName), ID: aws.ToString(s.StackId),
		Status: string(s.StackStatus), Reason: aws.ToString(s.StackStatusReason),
		Tags: tagsOf(s.Tags), RoleARN: aws.ToString(s.RoleARN),
		TerminationProtection: aws.ToBool(s.EnableTerminationProtection), updated: aws.ToTime(s.LastUpdatedTime),
	}
	if parent := aws.ToString(s.ParentId); parent != "" {
		result.Root = stackName(cmp.Or(aws.ToString(s.RootId), parent))
	}
	for _, o := range s.Outputs {
		result.Outputs = append(result.Outputs, Output{aws.ToString(o.OutputKey), aws.ToString(o.OutputValue), aws.ToString(o.Description)})
	}
	for _, p := range s.Parameters {
		result.Parameters = append(result.Parameters, aws.ToString(p.ParameterKey))
	}
	return result
}

// resources lists the resources of the run's stack, except the deleted ones.
// Resources that a deletion retained are included (DELETE_SKIPPED).
func (r *run) resources(ctx context.Context) ([]Resource, error) {
	var all []Resource
	in := &cloudformation.ListStackResourcesInput{StackName: aws.String(r.id)}
	for page := 0; ; page++ {
		out, err := r.resourcePage(ctx, in)
		if err != nil {
			if isNotFound(err) {
				return nil, nil
			}
			return nil, requestFailure("listing the resources of stack "+r.name, r, err)
		}
		for _, s := range out.StackResourceSummaries {
			if s.ResourceStatus == types.ResourceStatusDeleteComplete {
				continue
			}
			all = append(all, Resource{
				LogicalID: aws.ToString(s.LogicalResourceId), Type: aws.ToString(s.ResourceType),
				PhysicalID: aws.ToString(s.PhysicalResourceId), Status: string(s.ResourceStatus), Reason: aws.ToString(s.ResourceStatusReason),
			})
		}
		if aws.ToString(out.NextToken) == "" {
			return all, nil
		}
		if endless(page, len(all), out.NextToken, in.NextToken) {
			return nil, fmt.Errorf("listing the resources of stack %s: pagination does not end", r.name)
		}
		in.NextToken = out.NextToken
	}
}

// maxPages and maxItems limit a list; a longer one is an error. A stack has at
// most 500 resources, an operation on all of them has some thousand events, and
// a page has 100 items.
const (
	maxPages = 200
	maxItems = 100 * maxPages
)

// endless reports whether a list seems endless: it has too many pages or items,
// or a page names itself as the next one.
func endless(page, items int, next, current *string) bool {
	return page >= maxPages || items > maxItems || aws.ToString(next) == aws.ToString(current)
}

// template returns the template that a stack was deployed with, unprocessed; ""
// when the stack does not exist any more.
func (r *run) template(ctx context.Context, stack string) (string, error) {
	out, err := call(ctx, r, r.API.GetTemplate, &cloudformation.GetTemplateInput{StackName: aws.String(stack), TemplateStage: types.TemplateStageOriginal})
	if err != nil {
		if isNotFound(err) {
			return "", nil
		}
		return "", requestFailure("reading the template of stack "+r.name, r, err)
	}
	return aws.ToString(out.TemplateBody), nil
}

// DeployedTemplate returns the template that a stack was deployed with; "" when
// the stack does not exist.
func (m *Manager) DeployedTemplate(ctx context.Context, stackID string) (string, error) {
	r := &run{Manager: m, name: stackName(stackID), id: stackID}
	return r.template(ctx, stackID)
}

// stackName returns the name in a stack ID, or the text itself if it is not an
// ID.
func stackName(id string) string {
	if parts := strings.Split(id, "/"); len(parts) == 3 {
		return parts[1]
	}
	return id
}

func (r *run) protect(ctx context.Context, stack string) error {
	_, err := call(ctx, r, r.API.UpdateTerminationProtection, &cloudformation.UpdateTerminationProtectionInput{
		StackName: aws.String(stack), EnableTerminationProtection: aws.Bool(true),
	})
	return requestFailure("setting the termination protection of stack "+r.name, r, err)
}

func tagsOf(tags []types.Tag) map[string]string {
	all := map[string]string{}
	for _, t := range tags {
		all[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return all
}

func tagsFor(tags map[string]string) []types.Tag {
	all := []types.Tag{} // an empty list removes the tags, nil keeps them
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return all
}

// resourcePage reads one page of the resources. Every resource in
// CloudFormation has a logical ID, so a page that has a resource without one is
// requested again, up to twice. The third response is accepted as it is,
// because moto 5.2 omits the logical ID of a resource that an update changed.
func (r *run) resourcePage(ctx context.Context, in *cloudformation.ListStackResourcesInput) (*cloudformation.ListStackResourcesOutput, error) {
	for reading := 1; ; reading++ {
		out, err := call(ctx, r, r.API.ListStackResources, in)
		if err != nil || reading == 3 || !slices.ContainsFunc(out.StackResourceSummaries, func(s types.StackResourceSummary) bool {
			return aws.ToString(s.LogicalResourceId) == ""
		}) {
			return out, err
		}
	}
}
