// Checks the target of the deployment: the caller, the account, the region, the
// stack.

package preflight

import (
	"context"
	"slices"
	"strings"

	"capaboot/iam"
	"capaboot/policies/arn"
)

func (r *run) checkIdentity(context.Context) {
	r.add(Finding{Kind: KindCaller, Result: Passed, Subject: r.Caller})
	if r.Partition != r.AccountPartition {
		f := Finding{Kind: KindOtherPartition, Result: Failed, Subject: r.AccountPartition, What: r.Partition}
		if r.ConfiguredRegion != "" {
			f.Fields = []string{"region"}
		}
		r.add(f)
	}
	switch partition, known := arn.PartitionOf(r.Region); {
	case !known:
		r.add(Finding{Kind: KindRegionUnknown, Result: NotPossible, Subject: r.Region, What: r.AccountPartition})
	case partition != r.AccountPartition:
		r.add(Finding{Kind: KindRegionOutside, Result: Failed, Subject: r.Region, What: r.AccountPartition})
	}
	if r.ConfiguredRegion != "" && r.ConfiguredRegion != r.Region {
		r.add(Finding{Kind: KindOtherRegion, Result: Passed, Subject: r.Region, What: r.ConfiguredRegion})
	}
	for _, where := range r.Unfilled {
		r.add(Finding{Kind: KindPlaceholder, Result: Failed, Subject: where})
	}
}

func (r *run) checkStack(context.Context) {
	f := Finding{Subject: r.StackName}
	if r.Found != nil {
		f.What = r.Found.Status
	}
	switch {
	case r.StackNotRead != nil:
		r.addNotRead(*r.StackNotRead)
		return
	case r.Found == nil:
		f.Kind, f.Result = KindStackNew, Passed
	case r.Blocked:
		f.Kind, f.Result = KindStackBlocked, Failed
	case r.Root != "":
		f.Kind, f.Result, f.What = KindStackNested, Failed, r.Root
	case r.Recreated && r.Protected:
		f.Kind, f.Result = KindStackProtected, Failed
	case !r.Found.Final:
		f.Kind, f.Result = KindStackChanging, NotPossible
	case r.Repaired && r.NeedsConfirmation:
		f.Kind, f.Result = KindStackRepaired, Passed
	case r.Repaired:
		f.Kind, f.Result = KindStackRecreated, Passed
	default:
		f.Kind, f.Result = KindStackReady, Passed
	}
	r.add(f)
	r.findOtherResources()
}

// maxOthers is the maximum number of resources that a finding of
// findOtherResources names.
const maxOthers = 3

// findOtherResources finds resources of the stack that CAPA's templates never
// have: an update removes them, and the other checks do not cover them. A stack that has
// only such resources is the stack of another application.
func (r *run) findOtherResources() {
	if r.Found == nil || r.Blocked {
		return
	}
	var others []string
	for _, one := range r.Found.Resources {
		if !r.isOwn(one) {
			others = append(others, one.LogicalID+" ("+one.Type+")")
		}
	}
	if len(others) == 0 {
		return
	}
	f := Finding{Kind: KindStackOther, Result: NotPossible, Subject: r.StackName, What: strings.Join(others[:min(len(others), maxOthers)], ", "), Count: len(others)}
	if len(others) == len(r.Found.Resources) {
		f.Kind, f.Result = KindStackForeign, Failed
	}
	r.add(f)
}

// isOwn reports whether a resource of the stack is one of CAPA's: it has a logical ID
// of CAPA's templates, of this or another release, or the type and name of a
// resource in the template. CAPA's templates have only IAM resources.
func (r *run) isOwn(one iam.StackResource) bool {
	isNamed := func(f *iam.ResourceState) bool { return hasResource(one, f) }
	return strings.HasPrefix(one.Type, "AWS::IAM::") && iam.IsOwnLogicalID(one.LogicalID) || slices.ContainsFunc(r.expected, isNamed)
}

// inStack reports whether the stack has a resource with the type and name of f.
// It returns false if the stack does not exist or was not read.
func (r *run) inStack(f *iam.ResourceState) bool {
	if r.Found == nil {
		return false
	}
	return hasAny(r.Found.Resources, f)
}

// hasAny reports whether one of the resources of the stack has the type and name
// of a resource in the template.
func hasAny(resources []iam.StackResource, f *iam.ResourceState) bool {
	return slices.ContainsFunc(resources, func(one iam.StackResource) bool { return hasResource(one, f) })
}

// hasResource reports whether a resource of the stack has the type and name of
// a resource in the template.
func hasResource(one iam.StackResource, f *iam.ResourceState) bool {
	return one.Type == f.Type && sameName(iam.NameOf(one.PhysicalID), iam.NameOf(f.Name))
}
