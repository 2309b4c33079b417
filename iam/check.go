// Checks the values of a configuration: names, ARNs, enumerations, statements.
// quota.go checks the AWS quotas.

package iam

import (
	"slices"
	"strconv"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz/managed"
)

// roleField is a role in the configuration, with what is needed to check it and
// to generate it.
type roleField struct {
	path string // in the file, such as "spec.nodes"
	spec *RoleSpec
	// logicalID is the role's logical ID in the template and the catalogue.
	logicalID string
	// inherits means that the role takes the path and the permissions boundary
	// of the control plane role unless it sets its own.
	inherits bool
	// profile is the logical ID of the role's instance profile, or "".
	profile string
}

// roles returns the roles of the configuration, disabled ones included. s.EKS
// and its pointers must not be nil.
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

// check reports the invalid values of a configuration, and warns of values that
// are probably a mistake. original is the configuration before its defaults
// were set.
func check(r *report, c, original *Configuration) {
	s := &c.Spec
	checkNames(r, s)
	checkRegion(r, s, &original.Spec)
	for i, backend := range s.SecureSecretBackends {
		field := "spec.secureSecretBackends[" + strconv.Itoa(i) + "]"
		checkOneOf(r, field, backend, []string{SecretsManager, SSMParameterStore})
		if first := slices.Index(s.SecureSecretBackends, backend); first < i {
			r.add(field, "%q is already in the list, at index %d", clip(backend), first)
		}
	}
	for i, pattern := range s.ClusterAPIControllers.AllowedEC2InstanceProfiles {
		const path = "spec.clusterAPIControllers.allowedEC2InstanceProfiles"
		if original.Spec.ClusterAPIControllers.AllowedEC2InstanceProfiles == nil {
			break // The default consists of prefix and suffix, which checkNames checks.
		}
		if problem := rolePatternProblem(pattern); problem != "" {
			r.add(path+"["+strconv.Itoa(i)+"]", "%s", problem)
		}
	}
	checkFeatures(r, s)
	addIfAny(r, "spec.s3Buckets.namePrefix", bucketPrefixProblem(s.S3Buckets.NamePrefix))
	addIfAny(r, "spec.eks.kmsAliasPrefix", aliasPatternProblem(s.EKS.KMSAliasPrefix))
	checkPathAndBoundary(r, "spec", s.Path, s.PermissionsBoundary, s.Partition)
	for _, role := range s.roles() {
		checkRole(r, role, s.Partition)
	}
	checkUser(r, &s.BootstrapUser, s.Partition)
	checkTags(r, "spec.stackTags", s.StackTags)
	checkSharedTags(r, s)
	warnUnpassableRoles(r, s, &original.Spec)
}

func addIfAny(r *report, path, problem string) {
	if problem != "" {
		r.add(path, "%s", problem)
	}
}

// checkNames checks the names of the stack, of the bootstrap user and of its
// group, the prefix, and the suffix. It also checks the names that include
// prefix and suffix, and reports only the first one that is too long.
func checkNames(r *report, s *Spec) {
	addIfAny(r, "spec.stackName", stackNameProblem(s.StackName))
	addIfAny(r, "spec.bootstrapUser.userName", nameProblem(s.BootstrapUser.UserName, maxUserName))
	if s.BootstrapUser.GroupName != "" { // v1alpha1 has no groupName
		addIfAny(r, "spec.bootstrapUser.groupName", nameProblem(s.BootstrapUser.GroupName, maxGroupName))
	}
	valid := true
	for path, part := range map[string]string{"spec.namePrefix": s.NamePrefix, "spec.nameSuffix": *s.NameSuffix} {
		if problem := nameProblem(part, maxPolicyName); part != "" && problem != "" {
			r.add(path, "%s", problem)
			valid = false
		}
	}
	if !valid {
		return
	}
	warnMissingSeparators(r, s)
	field := "spec.nameSuffix"
	if _, isSet := r.positions[field]; !isSet {
		field = "spec.namePrefix"
	}
	for _, name := range s.affixedNames() {
		if full := s.fullName(name.base); len(full) > name.maxLength {
			r.add(field, "the name of the %s, %q, has %d characters; allowed: %d", name.description, clip(full), len(full), name.maxLength)
			return
		}
	}
}

// warnMissingSeparators warns of a prefix that does not end, and of a suffix
// that does not begin, with a separator such as a hyphen.
func warnMissingSeparators(r *report, s *Spec) {
	const example = "nodes"
	if prefix := s.NamePrefix; prefix != "" && isAlphanumeric(rune(prefix[len(prefix)-1])) {
		r.warn("spec.namePrefix", "%q ends with a letter or digit, so the name of the nodes role begins with %q; to separate the prefix, write %q", clip(prefix), clip(prefix+example), clip(prefix+"-"))
	}
	if suffix := *s.NameSuffix; suffix != "" && isAlphanumeric(rune(suffix[0])) {
		r.warn("spec.nameSuffix", "%q begins with a letter or digit, so the name of the nodes role ends with %q; to separate the suffix, write %q", clip(suffix), clip(example+suffix), clip("."+suffix))
	}
}

// affixedName is a name to which namePrefix and nameSuffix are added.
type affixedName struct {
	base, description string
	maxLength         int
}

// affixedNames returns the names to check: first those of roles, because their
// limit is lower. No other role or policy with the prefix and suffix has a
// longer name, so these are enough.
func (s *Spec) affixedNames() []affixedName {
	var names []affixedName
	for _, role := range []struct {
		shortName string
		disabled  bool
	}{{"control-plane", s.ControlPlane.Disable}, {"controllers", s.ClusterAPIControllers.Disable}, {"nodes", s.Nodes.Disable}} {
		if !role.disabled {
			names = append(names, affixedName{role.shortName, role.shortName + " role", maxRoleName})
		}
	}
	if len(s.ClusterAPIControllers.Features) > 0 {
		names = append(names, affixedName{"controllers-features", "controllers-features policy", maxPolicyName})
	}
	return append(names,
		affixedName{"controllers-eks", "controllers-eks policy", maxPolicyName},
		affixedName{"control-plane", "control-plane policy", maxPolicyName})
}

// checkRegion checks the region and the partition, and that the region is in
// the partition.
func checkRegion(r *report, s, original *Spec) {
	if fault := arn.CheckRegion(s.Region); s.Region != "" && fault != nil {
		report := r.add
		if fault.Unknown {
			report = r.warn
		}
		report("spec.region", "%q %s", clip(s.Region), fault)
	}
	checkOneOf(r, "spec.partition", s.Partition, arn.Partitions())
	if partition, known := arn.PartitionOf(s.Region); known && original.Partition != "" && original.Partition != partition && arn.IsPartition(original.Partition) {
		r.add("spec.partition", "region %s is in partition %s, not %s; to derive the partition from the region, remove the field", s.Region, partition, original.Partition)
	}
}

func checkRole(r *report, role roleField, partition string) {
	spec := role.spec
	checkPathAndBoundary(r, role.path, spec.Path, spec.PermissionsBoundary, partition)
	checkAttachments(r, role.path+".extraPolicyAttachments", spec.ExtraPolicyAttachments, partition)
	checkStatements(r, role.path+".extraStatements", spec.ExtraStatements, false, partition)
	checkStatements(r, role.path+".trustStatements", spec.TrustStatements, true, partition)
	checkTags(r, role.path+".tags", spec.Tags)
}

// checkPathAndBoundary checks the path and the permissions boundary of the
// mapping at field.
func checkPathAndBoundary(r *report, field, path, boundary, partition string) {
	if path != "" {
		addIfAny(r, field+".path", pathProblem(path))
	}
	if boundary == "" {
		return
	}
	checkPolicy(r, field+".permissionsBoundary", boundary, partition)
}

func checkPolicy(r *report, field, text, partition string) {
	if r.checkValue(r.positionOf(field), field, text, partition, func(text string) string { return policyARNProblem(text, partition) }) {
		r.unfilled = append(r.unfilled, field+": "+clip(strings.Join(placeholders(text), ", ")))
		return
	}
	if policyARNProblem(text, partition) == "" {
		warnOfAWSPolicy(r, field, text)
	}
}

func checkUser(r *report, user *BootstrapUser, partition string) {
	const path = "spec.bootstrapUser"
	checkPathAndBoundary(r, path, user.Path, user.PermissionsBoundary, partition)
	checkAttachments(r, path+".extraPolicyAttachments", user.ExtraPolicyAttachments, partition)
	seen := map[string]bool{}
	for i, group := range user.ExtraGroups {
		field := path + ".extraGroups[" + strconv.Itoa(i) + "]"
		addIfAny(r, field, nameProblem(group, maxGroupName))
		lower := strings.ToLower(group) // IAM ignores the letter case of names
		if strings.EqualFold(group, user.GroupName) || seen[lower] {
			r.add(field, "%q is already a group of the user", clip(group))
		}
		seen[lower] = true
	}
	if n := len(user.ExtraGroups); n >= maxGroups {
		r.add(path+".extraGroups", "has %d groups; allowed: %d (a user can be in %d groups, including bootstrapUser.groupName)", n, maxGroups-1, maxGroups)
	}
	checkStatements(r, path+".extraStatements", user.ExtraStatements, false, partition)
	checkTags(r, path+".tags", user.Tags)
}

func checkAttachments(r *report, path string, arns []string, partition string) {
	firstIndex := map[string]int{}
	for i, arn := range arns {
		field := path + "[" + strconv.Itoa(i) + "]"
		if !r.isBroken(field) {
			checkPolicy(r, field, arn, partition)
		}
		if first, repeated := firstIndex[arn]; repeated {
			r.add(field, "%q is already in the list, at index %d", clip(arn), first)
			continue
		}
		firstIndex[arn] = i
	}
}

// warnOfAWSPolicy warns of an AWS managed policy that does not exist, according
// to the embedded list, or that can only be attached to service-linked roles.
func warnOfAWSPolicy(r *report, field, text string) {
	a, _ := arn.Parse(text)
	path, isPolicy := strings.CutPrefix(a.Resource, "policy/")
	if a.Account != "aws" || !isPolicy || r.lookups >= maxProblems {
		return
	}
	r.lookups++ // limited: finding the closest of 1,600 names takes milliseconds each time
	switch found := managed.CheckPath(path); {
	case found.ServiceLinked:
		r.warn(field, "%q is only for service-linked roles, so IAM refuses to attach the policy here: remove the policy", clip(text))
	case !found.Known && found.Closest != "":
		r.warn(field, "%q is not among AWS's managed policies as of %s, did you mean %q?", clip(text), found.Date, arn.IAM(a.Partition, "aws", "policy/"+found.Closest))
	case !found.Known:
		r.warn(field, "%q is not among AWS's managed policies as of %s", clip(text), found.Date)
	}
}
