// Checks of a configuration's values: names, ARNs, enumerations, statements.
// Sizes of what comes out are checked in quota.go.

package iam

import (
	"slices"
	"strconv"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz/managed"
)

// roleField is a role of the configuration with what is needed to check and
// build it.
type roleField struct {
	path string // in the file
	spec *RoleSpec
	// logicalID is the role's key in the template and the catalogue.
	logicalID string
	// inherits says that path and boundary come from the control plane role
	// where the role sets none.
	inherits bool
	// profile is the logical ID of the role's instance profile, if it has one.
	profile string
}

// roles returns the roles of the configuration, whether they exist or not.
// spec.EKS and its pointers must be set.
func (s *Spec) roles() []roleField {
	return []roleField{
		{"spec.controlPlane", &s.ControlPlane.RoleSpec, roleControlPlane, false, "AWSIAMInstanceProfileControlPlane"},
		{"spec.clusterAPIControllers", &s.ClusterAPIControllers.RoleSpec, roleControllers, true, "AWSIAMInstanceProfileControllers"},
		{"spec.nodes", &s.Nodes.RoleSpec, roleNodes, true, "AWSIAMInstanceProfileNodes"},
		{"spec.eks.defaultControlPlaneRole", &s.EKS.DefaultControlPlaneRole, roleEKSControlPlane, false, ""},
		{"spec.eks.managedMachinePool", s.EKS.ManagedMachinePool, roleEKSNodegroup, false, ""},
		{"spec.eks.fargate", s.EKS.Fargate, roleEKSFargate, false, ""},
	}
}

// check reports everything that is wrong with a configuration. given is the
// configuration before its defaults were filled in.
func check(r *report, c, given *Configuration) {
	s := &c.Spec
	checkNames(r, s)
	checkPlace(r, s, &given.Spec)
	for i, backend := range s.SecureSecretBackends {
		at := "spec.secureSecretBackends[" + strconv.Itoa(i) + "]"
		notOneOf(r, at, backend, []string{SecretsManager, SSMParameterStore})
		if slices.Contains(s.SecureSecretBackends[:i], backend) {
			r.on(at, "%q is already in the list", clip(backend))
		}
	}
	for i, pattern := range s.ClusterAPIControllers.AllowedEC2InstanceProfiles {
		const path = "spec.clusterAPIControllers.allowedEC2InstanceProfiles"
		if given.Spec.ClusterAPIControllers.AllowedEC2InstanceProfiles == nil {
			break // made of prefix and suffix, which are checked themselves
		}
		if problem := rolePatternProblem(pattern); problem != "" {
			r.on(path+"["+strconv.Itoa(i)+"]", "%s", problem)
		}
	}
	checkFeatures(r, s)
	problemOn(r, "spec.s3Buckets.namePrefix", bucketPrefixProblem(s.S3Buckets.NamePrefix))
	problemOn(r, "spec.eks.kmsAliasPrefix", aliasPatternProblem(s.EKS.KMSAliasPrefix))
	checkReach(r, "spec", s.Path, s.PermissionsBoundary, s.Partition)
	for _, role := range s.roles() {
		checkRole(r, role, s.Partition)
	}
	checkUser(r, &s.BootstrapUser, s.Partition)
	checkTags(r, "spec.stackTags", s.StackTags)
	warnUnpassableRoles(r, s, &given.Spec)
}

func problemOn(r *report, path, problem string) {
	if problem != "" {
		r.on(path, "%s", problem)
	}
}

// checkNames checks the names that prefix and suffix make. Roles have the
// tightest limit, so that one longest name stands for all.
func checkNames(r *report, s *Spec) {
	problemOn(r, "spec.stackName", stackNameProblem(s.StackName))
	problemOn(r, "spec.bootstrapUser.userName", nameProblem(s.BootstrapUser.UserName, maxUserName))
	if s.BootstrapUser.GroupName != "" { // v1alpha1 has none
		problemOn(r, "spec.bootstrapUser.groupName", nameProblem(s.BootstrapUser.GroupName, maxGroupName))
	}
	good := true
	for path, part := range map[string]string{"spec.namePrefix": s.NamePrefix, "spec.nameSuffix": *s.NameSuffix} {
		if problem := nameProblem(part, maxPolicyName); part != "" && problem != "" {
			r.on(path, "%s", problem)
			good = false
		}
	}
	if !good {
		return
	}
	at := "spec.nameSuffix"
	if _, given := r.positions[at]; !given {
		at = "spec.namePrefix"
	}
	for _, name := range s.names() {
		if full := s.name(name.short); len(full) > name.longest {
			r.on(at, "the name of the %s, %q, has %d characters, allowed: %d", name.what, clip(full), len(full), name.longest)
			return
		}
	}
}

// madeName is a name to which prefix and suffix are added.
type madeName struct {
	short, what string
	longest     int
}

// names returns the names that this configuration makes, the most limited
// first.
func (s *Spec) names() []madeName {
	var names []madeName
	for _, role := range []struct {
		short    string
		disabled bool
	}{{"control-plane", s.ControlPlane.Disable}, {"controllers", s.ClusterAPIControllers.Disable}, {"nodes", s.Nodes.Disable}} {
		if !role.disabled {
			names = append(names, madeName{role.short, role.short + " role", maxRoleName})
		}
	}
	if len(s.ClusterAPIControllers.Features) > 0 {
		names = append(names, madeName{"controllers-features", "controllers-features policy", maxPolicyName})
	}
	return append(names,
		madeName{"controllers-eks", "controllers-eks policy", maxPolicyName},
		madeName{"control-plane", "control-plane policy", maxPolicyName})
}

// checkPlace checks region and partition, and that they belong together.
func checkPlace(r *report, s, given *Spec) {
	if fault := arn.CheckRegion(s.Region); s.Region != "" && fault != nil {
		tell := r.on
		if fault.Unknown {
			tell = r.warn
		}
		tell("spec.region", "%q %s", clip(s.Region), fault)
	}
	notOneOf(r, "spec.partition", s.Partition, arn.Partitions())
	if of, known := arn.PartitionOf(s.Region); known && given.Partition != "" && given.Partition != of && arn.IsPartition(given.Partition) {
		r.on("spec.partition", "%s is not the partition of the region %s, which is in %s; leave it out to derive it from the region", given.Partition, s.Region, of)
	}
}

func checkRole(r *report, role roleField, partition string) {
	spec := role.spec
	checkReach(r, role.path, spec.Path, spec.PermissionsBoundary, partition)
	checkAttachments(r, role.path+".extraPolicyAttachments", spec.ExtraPolicyAttachments, partition)
	checkStatements(r, role.path+".extraStatements", spec.ExtraStatements, false, partition)
	checkStatements(r, role.path+".trustStatements", spec.TrustStatements, true, partition)
	checkTags(r, role.path+".tags", spec.Tags)
}

// checkReach checks a path and a permissions boundary, which stand in the mapping
// at field.
func checkReach(r *report, field, path, boundary, partition string) {
	if path != "" {
		problemOn(r, field+".path", pathProblem(path))
	}
	if boundary == "" {
		return
	}
	checkPolicy(r, field+".permissionsBoundary", boundary, partition)
}

// checkPolicy checks the ARN of a managed policy, which is at a path.
func checkPolicy(r *report, at, text, partition string) {
	if r.value(r.find(at), at, text, partition, func(text string) string { return policyARNProblem(text, partition) }) {
		r.unfilled = append(r.unfilled, at+": "+clip(strings.Join(placeholders(text), ", ")))
		return
	}
	if policyARNProblem(text, partition) == "" {
		warnOfAWSPolicy(r, at, text)
	}
}

func checkUser(r *report, user *BootstrapUser, partition string) {
	const path = "spec.bootstrapUser"
	checkReach(r, path, user.Path, user.PermissionsBoundary, partition)
	checkAttachments(r, path+".extraPolicyAttachments", user.ExtraPolicyAttachments, partition)
	seen := map[string]bool{}
	for i, group := range user.ExtraGroups {
		at := path + ".extraGroups[" + strconv.Itoa(i) + "]"
		problemOn(r, at, nameProblem(group, maxGroupName))
		if strings.EqualFold(group, user.GroupName) || seen[group] {
			r.on(at, "the user is in the group %q already", clip(group))
		}
		seen[group] = true
	}
	if n := len(user.ExtraGroups); n >= maxGroups {
		r.on(path+".extraGroups", "has %d groups, which with its own are more than the %d that a user can be in", n, maxGroups)
	}
	checkStatements(r, path+".extraStatements", user.ExtraStatements, false, partition)
	checkTags(r, path+".tags", user.Tags)
}

func checkAttachments(r *report, path string, arns []string, partition string) {
	firsts := map[string]int{}
	for i, arn := range arns {
		at := path + "[" + strconv.Itoa(i) + "]"
		if !r.isBroken(at) {
			checkPolicy(r, at, arn, partition)
		}
		if first, again := firsts[arn]; again {
			r.on(at, "%q is already in the list, as item %d", clip(arn), first+1)
			continue
		}
		firsts[arn] = i
	}
}

// warnOfAWSPolicy warns of a managed policy of AWS's that AWS does not have, as
// far as is known, or that only its own roles can have.
func warnOfAWSPolicy(r *report, at, text string) {
	a, _ := arn.Parse(text)
	path, isPolicy := strings.CutPrefix(a.Resource, "policy/")
	if a.Account != "aws" || !isPolicy || r.looked >= maxProblems {
		return
	}
	r.looked++ // a look for the closest of 1,600 takes milliseconds
	switch found := managed.CheckPath(path); {
	case found.ServiceLinked:
		r.warn(at, "%q is only for service-linked roles: IAM does not attach it to other roles", clip(text))
	case !found.Known && found.Closest != "":
		r.warn(at, "%q is not among AWS's managed policies as of %s, did you mean %q?", clip(text), found.Date, arn.IAM(a.Partition, "aws", "policy/"+found.Closest))
	case !found.Known:
		r.warn(at, "%q is not among AWS's managed policies as of %s", clip(text), found.Date)
	}
}
