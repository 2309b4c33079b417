// Checks which of the template's names exist, and which stacks own them.

package preflight

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"capaboot/iam"
	"capaboot/iam/verify"
	"capaboot/policies/arn"
)

const typePolicy = "AWS::IAM::ManagedPolicy"

// presence says whether a resource exists. If notRead is set, it is unknown
// whether the resource exists.
type presence struct {
	exists  bool
	arn     string // of the existing resource
	notRead *verify.NotRead
}

// sameName reports whether IAM considers two names the same: it ignores case
// (IAM User Guide, "IAM and AWS STS quotas"). An empty name is not the same as
// any other.
func sameName(a, b string) bool { return a != "" && strings.EqualFold(a, b) }

// takenName is a resource of the template whose name already exists.
type takenName struct {
	*iam.ResourceState
	arn string // the ARN of the existing resource
}

func (h takenName) physicalID() string {
	if h.Type == typePolicy {
		return h.arn
	}
	return h.Name
}

// checkNames looks up every name of the template that the stack does not own.
func (r *run) checkNames(ctx context.Context) {
	if r.Recreated && r.TemplateNotRead != nil {
		r.addNotRead(*r.TemplateNotRead) // The deletion may retain resources, whose names are then taken.
	}
	free := 0
	var others []*iam.ResourceState
	for _, f := range r.expected {
		if f.Name == "" || r.inStack(f) {
			free++
		} else {
			others = append(others, f)
		}
	}
	var taken []takenName
	for i, p := range mapConcurrently(others, func(f *iam.ResourceState) presence { return r.lookUpName(ctx, f) }) {
		switch {
		case p.notRead != nil:
			r.addNotRead(withLogicalID(p.notRead, others[i].LogicalID))
		case p.exists:
			taken = append(taken, takenName{others[i], p.arn})
		default:
			free++
		}
	}
	for i, o := range r.findOwners(ctx, taken) {
		r.addTaken(taken[i], o)
	}
	if free > 0 {
		r.add(Finding{Kind: KindNamesFree, Result: Passed, Count: free})
	}
}

// addTaken adds a finding about a taken name and its owner.
func (r *run) addTaken(h takenName, o owner) {
	found := Finding{Result: Failed, LogicalID: h.LogicalID, Subject: iam.NameOf(h.Name), Places: o.places, NotRead: o.notRead,
		Everywhere: r.AllRegions && o.searched && len(o.notRead) == 0}
	moved := h.arn != "" && !strings.EqualFold(h.arn, r.Template.ARN(h.LogicalID, h.Name, r.Partition, r.Account))
	if moved {
		found.What = h.arn
	}
	if r.AllRegions {
		found.UnreadRegions = o.unread
	}
	switch {
	case r.hasUnknownResources():
		found.Kind, found.Result = KindNameUnknown, NotPossible
		if r.StackNotRead != nil {
			found.NotRead = []verify.NotRead{*r.StackNotRead}
		}
	case len(o.places) > 0:
		found.Kind = KindNameElsewhere
	case moved && (!r.ImportExisting || h.Type == typePolicy): // CloudFormation finds a policy by its ARN.
		found.Kind = KindNameOtherPath
	case !r.ImportExisting && hasAny(r.Retained, h.ResourceState):
		found.Kind = KindNameRetained
	case !r.ImportExisting:
		found.Kind = KindNameOutside
	case len(o.notRead) > 0 || !o.searched: // CloudFormation does not adopt a resource of another stack.
		found.Kind, found.Result = KindNameUnknown, NotPossible
	case moved: // AWS does not document whether CloudFormation adopts it.
		found.Kind, found.Result = KindNameOtherPath, NotPossible
	default:
		found.Kind, found.Result = KindNameAdopted, Passed
	}
	r.add(r.withNaming(found))
}

// hasUnknownResources reports whether this stack may have resources that could
// not be listed.
func (r *run) hasUnknownResources() bool {
	return r.StackNotRead != nil || r.Found != nil && !r.Found.Final
}

// owner has the stacks that own a resource.
type owner struct {
	places   []Place
	notRead  []verify.NotRead // lookups that failed
	unread   []UnreadRegion   // the regions of these lookups
	searched bool             // false if no region was searched
}

// findOwners finds the stacks that own the taken names. The result has one owner
// per name.
func (r *run) findOwners(ctx context.Context, taken []takenName) []owner {
	owners := make([]owner, len(taken))
	if r.StackOf == nil || r.hasUnknownResources() || len(taken) == 0 {
		return owners
	}
	regions := r.regions()
	for n, inRegion := range mapConcurrently(regions, func(region string) []owner { return r.findOwnersIn(ctx, region, taken) }) {
		for i, one := range inRegion {
			o := &owners[i]
			o.places, o.notRead, o.searched = append(o.places, one.places...), append(o.notRead, one.notRead...), true
			for _, u := range one.notRead {
				o.unread = append(o.unread, UnreadRegion{regions[n], u})
			}
		}
	}
	return owners
}

// regions returns the stack's region and, with AllRegions, the other regions of
// its partition.
func (r *run) regions() []string {
	all := []string{r.Region}
	for _, region := range arn.Regions() {
		if partition, _ := arn.PartitionOf(region); r.AllRegions && partition == r.Partition && region != r.Region {
			all = append(all, region)
		}
	}
	return all
}

// findOwnersIn searches one region. If the first lookup there fails, the others are
// skipped.
func (r *run) findOwnersIn(ctx context.Context, region string, taken []takenName) []owner {
	lookUp := func(h takenName) owner {
		release, ok := r.lookups.slot(ctx)
		defer release()
		if !ok {
			return owner{notRead: []verify.NotRead{{Name: h.physicalID(), Part: "the owning stack in " + region, Reason: r.lookups.timeoutError().Error()}}}
		}
		stack, notRead := r.StackOf(ctx, region, h.physicalID())
		switch {
		case notRead != nil:
			return owner{notRead: []verify.NotRead{*notRead}}
		case stack != "" && !(r.Recreated && stack == r.StackName && region == r.Region): // not a resource that this stack will retain
			return owner{places: []Place{{stack, region}}}
		}
		return owner{}
	}
	first := lookUp(taken[0])
	if len(first.notRead) == 0 {
		return append([]owner{first}, mapConcurrently(taken[1:], lookUp)...)
	}
	all := []owner{first}
	for _, h := range taken[1:] {
		u := first.notRead[0]
		u.Name = h.physicalID()
		all = append(all, owner{notRead: []verify.NotRead{u}})
	}
	return all
}

// lookUpName looks up the name of a resource of the template. The ARN of a
// managed policy contains a path, and a policy with another path can have the
// same name. For a managed policy, lookUpName therefore searches the list of
// all policies or, if the list cannot be read, looks up the ARN in the
// template.
func (r *run) lookUpName(ctx context.Context, f *iam.ResourceState) presence {
	if f.Type != typePolicy {
		return r.lookUpPresence(ctx, f.Type, f.Name)
	}
	list := r.policies.get("", func() policyList { return r.listPolicies(ctx) })
	if list.notRead == nil {
		found, is := list.byName[strings.ToLower(iam.NameOf(f.Name))]
		return presence{exists: is, arn: found}
	}
	p := r.lookUpPresence(ctx, f.Type, f.Name)
	if !p.exists {
		p.notRead = list.notRead
	}
	return p
}

// policyList has the ARNs of the account's customer managed policies.
type policyList struct {
	byName  map[string]string // by name in lower case
	notRead *verify.NotRead
}

func (r *run) listPolicies(ctx context.Context) policyList {
	all := map[string]string{}
	in := &awsiam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal, MaxItems: aws.Int32(1000)}
	notFound, notRead := readPages(ctx, r, "ListPolicies", "the managed policies of the account", r.api.ListPolicies, in, func(out *awsiam.ListPoliciesOutput) (bool, *string) {
		for _, policy := range out.Policies {
			all[strings.ToLower(aws.ToString(policy.PolicyName))] = aws.ToString(policy.Arn)
		}
		return out.IsTruncated, out.Marker
	}, func(marker *string) { in.Marker = marker })
	if notFound {
		notRead = newNotRead("ListPolicies", r.Account, errIncomplete)
	}
	return policyList{all, notRead}
}

// lookUpPresence looks up a resource by its physical ID, and caches the result.
func (r *run) lookUpPresence(ctx context.Context, kind, name string) presence {
	return r.presences.get(kind+" "+name, func() presence { return r.lookUpUncached(ctx, kind, name) })
}

func (r *run) lookUpUncached(ctx context.Context, kind, name string) presence {
	switch kind {
	case "AWS::IAM::Role":
		return findResource(ctx, r, "GetRole", name, r.api.GetRole, &awsiam.GetRoleInput{RoleName: &name},
			func(out *awsiam.GetRoleOutput) (bool, *string) { return out.Role != nil, deref(out.Role).Arn })
	case "AWS::IAM::User":
		return findResource(ctx, r, "GetUser", name, r.api.GetUser, &awsiam.GetUserInput{UserName: &name},
			func(out *awsiam.GetUserOutput) (bool, *string) { return out.User != nil, deref(out.User).Arn })
	case "AWS::IAM::Group":
		return findResource(ctx, r, "GetGroup", name, r.api.GetGroup, &awsiam.GetGroupInput{GroupName: &name, MaxItems: aws.Int32(1)},
			func(out *awsiam.GetGroupOutput) (bool, *string) { return out.Group != nil, deref(out.Group).Arn })
	case "AWS::IAM::InstanceProfile":
		return findResource(ctx, r, "GetInstanceProfile", name, r.api.GetInstanceProfile, &awsiam.GetInstanceProfileInput{InstanceProfileName: &name},
			func(out *awsiam.GetInstanceProfileOutput) (bool, *string) {
				return out.InstanceProfile != nil, deref(out.InstanceProfile).Arn
			})
	case typePolicy:
		return findResource(ctx, r, "GetPolicy", name, r.api.GetPolicy, &awsiam.GetPolicyInput{PolicyArn: &name},
			func(out *awsiam.GetPolicyOutput) (bool, *string) { return out.Policy != nil, &name })
	case typeOIDCProvider:
		return findResource(ctx, r, "GetOpenIDConnectProvider", name, r.api.GetOpenIDConnectProvider, &awsiam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &name},
			func(*awsiam.GetOpenIDConnectProviderOutput) (bool, *string) { return true, &name })
	case typeSAMLProvider:
		return findResource(ctx, r, "GetSAMLProvider", name, r.api.GetSAMLProvider, &awsiam.GetSAMLProviderInput{SAMLProviderArn: &name},
			func(*awsiam.GetSAMLProviderOutput) (bool, *string) { return true, &name })
	}
	return presence{notRead: &verify.NotRead{Name: name, Part: verify.WholeResource, Reason: "capaboot does not look up resources of the type " + kind}}
}

// deref dereferences a pointer. nil becomes the zero value.
func deref[T any](pointer *T) (value T) {
	if pointer != nil {
		value = *pointer
	}
	return value
}

// findResource looks up one resource. read reports whether the response has the
// resource, and returns its ARN.
func findResource[In, Out any](ctx context.Context, r *run, operation, name string,
	call func(context.Context, *In, ...func(*awsiam.Options)) (*Out, error), in *In, read func(*Out) (hasResource bool, arn *string)) presence {
	out, notFound, notRead := lookUp(ctx, r, operation, name, call, in, func(out *Out) bool {
		hasResource, arn := read(out)
		return hasResource && aws.ToString(arn) != ""
	})
	if notFound || notRead != nil {
		return presence{notRead: notRead}
	}
	_, arn := read(out)
	return presence{exists: true, arn: aws.ToString(arn)}
}
