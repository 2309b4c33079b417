// The kinds of findings of "check", each with its message and remedy.

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"capaboot/iam"
	"capaboot/iam/preflight"
	"capaboot/iam/verify"
)

func findingSign(result preflight.Result) string {
	switch result {
	case preflight.Passed:
		return "ok"
	case preflight.Failed:
		return "!!"
	}
	return "??"
}

// findingKind has the message and remedy of a kind of finding. fillFinding
// replaces these placeholders:
//   - {subject}, {what}, {count}, {limit}, {id}, {places}: values of the finding
//   - {of}: the subject in parentheses
//   - {unit}: " bytes" for the template
//   - {referrers}: the first resource that refers to the policy, and how many others do
//   - {look}: the failed read
//   - {decision}, {keys}, {also}, {unknown}: the result of the simulation
//
// fillRemedy replaces these placeholders in a remedy. Their values depend on all
// findings that have the remedy:
//   - {rename}: how to rename the resources in the configuration
//   - {fields}: the fields of the configuration
//   - {attached}: what to check about the policies that CAPA attaches
type findingKind struct {
	kind         preflight.Kind
	message, fix string
}

var findingKinds = []findingKind{
	{preflight.KindLookupFailed, "{look}", "allow the caller to perform this read-only action; to print the policy that \"check\" needs: capaboot bootstrap iam print-operator-policy --for check"},

	{preflight.KindCaller, "you are {subject}", ""},
	{preflight.KindOtherPartition, "the account is in partition {subject}, but the template is for {what}", "set spec.partition to {subject} in the configuration, or use credentials of partition {what}"},
	{preflight.KindRegionOutside, "region {subject} is not in partition {what} of the account", "with --region, pass a region of partition {what}"},
	{preflight.KindRegionUnknown, "it is unknown whether region {subject} is in partition {what} of the account", "check the name of the region"},
	{preflight.KindOtherRegion, "this check uses region {subject}, but spec.region in the configuration is {what}", ""},
	{preflight.KindPlaceholder, "the ARN of a policy has a placeholder: {subject}", "replace the placeholder with the value in the configuration, or run the configuration through envsubst first"},

	{preflight.KindStackNew, "stack {subject} does not exist: the deployment creates it", ""},
	{preflight.KindStackReady, "stack {subject} is {what}; a stack policy, which capaboot does not read, can deny updates", ""},
	{preflight.KindStackRepaired, "stack {subject} is {what}: \"deploy\" says how it repairs the stack, and asks for confirmation", ""},
	{preflight.KindStackRecreated, "stack {subject} is {what} and has no resources: \"deploy\" deletes and recreates it", ""},
	{preflight.KindStackChanging, "stack {subject} is {what}: an operation is in progress", "wait until the operation has ended, then run the check again"},
	{preflight.KindStackBlocked, "stack {subject} is {what}: a deployment cannot change it", "open the stack in the CloudFormation console, and repair or delete it there"},
	{preflight.KindStackProtected, "stack {subject} is {what}: a deployment must delete the stack first, but the stack has termination protection", "if it is safe to delete the stack, disable its termination protection: aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name {subject}"},
	{preflight.KindStackNested, "stack {subject} is nested in the stack {what}: the next update of {what} can undo a deployment", "change the template of the root stack instead, or choose another stack name"},
	{preflight.KindStackOther, "stack {subject} has resources that are not CAPA's, and a deployment removes these resources from the stack: {count}, such as {what}; not checked: whether CloudFormation can remove them", "to keep these resources, move them to another stack before the deployment"},
	{preflight.KindStackForeign, "stack {subject} has no resource of CAPA, so it is probably the stack of another application, and a deployment removes its resources: {count}, such as {what}", "choose another name (spec.stackName)"},

	{preflight.KindNamesFree, "names that are free or belong to this stack: {count}", ""},
	{preflight.KindNameOutside, "{subject} ({id}) already exists, but this command found no stack that owns the resource", "first run \"capaboot bootstrap iam check --all-regions\" to find out whether a stack in another region owns the resource; if no stack owns the resource, import the resource with --import-existing, or {rename}"},
	{preflight.KindNameRetained, "{subject} ({id}) belongs to this stack: when the deployment deletes the stack, the DeletionPolicy keeps the resource, so the name stays in use", "import the resource with --import-existing, or {rename}"},
	{preflight.KindNameAdopted, "{subject} ({id}) exists, but no stack of this region owns the resource: the deployment imports the resource (--import-existing)", ""},
	{preflight.KindNameElsewhere, "{subject} ({id}) belongs to the stack {places}", "update that stack instead, or {rename}"},
	{preflight.KindNameOtherPath, "{what} already uses the name of {subject} ({id}) under another path", "{rename}, or remove the existing resource"},
	{preflight.KindNameUnknown, "{subject} ({id}) exists, but it is unknown which stack owns the resource", "allow the caller to read stacks; to print the policy that \"check\" needs: capaboot bootstrap iam print-operator-policy --for check"},

	{preflight.KindPoliciesExist, "attached policies and boundaries that exist: {count}", ""},
	{preflight.KindPolicyMissing, "{subject}, which {referrers} to, does not exist", "correct the ARN in the configuration ({fields}), or create the policy first"},
	{preflight.KindPolicyForeign, "{subject}, which {referrers} to, is in another account", "copy the policy into this account, and correct the ARN in the configuration ({fields}): IAM attaches only AWS managed policies and policies of the same account"},
	{preflight.KindPolicyTooLate, "{subject}, which {referrers} to, does not exist yet: the deployment creates the policy too late for the resource that refers to the policy", "remove the ARN from the configuration ({fields}); if the ARN is needed, add the ARN again after the deployment, and deploy again"},
	{preflight.KindGroupsExist, "groups that the users join, outside the template: {count}; none is missing", ""},
	{preflight.KindGroupMissing, "group {subject}, which {id} joins, does not exist", "correct spec.bootstrapUser.extraGroups in the configuration, or create the group first"},
	{preflight.KindReplacedNone, "no resource would be replaced by a resource of the same name", ""},
	{preflight.KindReplaced, "the change to {what} replaces {subject} ({id}), and CloudFormation cannot replace a resource that keeps its name", "undo the change, or {rename}"},
	{preflight.KindTypeChanged, "the type of {id} is {what} in the stack, but {subject} in the template", "deploy to a new stack (spec.stackName)"},
	{preflight.KindLogicalIDChanged, "the logical ID of {subject} is {what} in the stack, but {id} in the template: CloudFormation would try to create the resource again, although its name is in use", "{rename}, or remove the resource from the stack first"},
	{preflight.KindNotComparable, "the {what} of {subject} cannot be compared with the configuration", "run \"plan\": CloudFormation compares the template with the stack"},
	{preflight.KindVersionsFree, "policies that do not change, or that have room for another version: {count}", ""},
	{preflight.KindVersionsFull, "{subject} has {count} versions, the maximum, and the deployment adds one version", "delete a version that is not the default version: aws iam list-policy-versions, then aws iam delete-policy-version"},
	{preflight.KindQuotaFree, "{what}{of}: {count} of {limit}{unit} after the deployment", ""},
	{preflight.KindQuotaFull, "{what}{of}: {count} after the deployment; allowed: {limit}{unit}", "delete unused resources or detach unused policies, or ask AWS for a higher quota (Service Quotas)"},
	{preflight.KindQuotaUncertain, "{what}{of}: at most {count} after the deployment (the exact number is unknown); allowed: {limit}", "allow the caller to look up the names of the resources; to print the policy that \"check\" needs: capaboot bootstrap iam print-operator-policy --for check"},

	{preflight.KindPrincipalsExist, "trusted principals that exist, or that need no lookup: {count}", ""},
	{preflight.KindPrincipalMissing, "{subject}, which {id} trusts, does not exist", "correct trustStatements in the configuration, or create the principal first"},
	{preflight.KindPrincipalMoved, "{id} trusts {subject}, but the ARN of that principal is {what}", "in trustStatements, write the ARN with its path"},
	{preflight.KindPrincipalForeign, "{subject}, which {id} trusts, is in another account, which capaboot does not read", ""},
	{preflight.KindPrincipalUnknown, "{subject}, which {id} trusts, cannot be looked up before the deployment", ""},

	{preflight.KindServiceUnknown, "{subject}, which {id} trusts, is not in capaboot's list of service principals: if AWS has no such service principal, IAM refuses the role", "check the name in the documentation of the service"},
	{preflight.KindNotPrincipal, "the trust policy of {subject} ({id}) has NotPrincipal, which IAM refuses in trust policies", "in trustStatements, name the allowed principals in Principal"},

	{preflight.KindAllowed, "calls that {subject} is allowed to make: {count}{also}{unknown}", ""},
	{preflight.KindDenied, "{what} on {subject} is denied: {decision}", "attach the policy that the deployment needs; to print the policy: capaboot bootstrap iam print-operator-policy --for deploy; to skip the simulation, pass --skip permissions"},
	{preflight.KindUndecided, "{what} on {subject}: the decision depends on {keys}, whose values are unknown before the request", ""},
	{preflight.KindUnanswered, "{what} on {subject}: the simulation returns no decision", ""},
	{preflight.KindServiceRoleMissing, "the service role {subject} does not exist", "correct --role-arn, or create the role first"},
	{preflight.KindServiceRoleForeign, "the service role {subject} is in another account, and no caller can pass a role of another account", "with --role-arn, pass a role of this account"},
	{preflight.KindServiceRoleUnusable, "the trust policy of the service role {subject} does not allow cloudformation.amazonaws.com to assume the role", "in the trust policy of the service role, allow sts:AssumeRole for the service cloudformation.amazonaws.com, or pass another role with --role-arn"},
	{preflight.KindNotSimulatable, "IAM simulates only roles and users, and you are {subject}", "use the credentials of a role or a user"},
}

func findingKindOf(kind preflight.Kind) findingKind {
	for _, row := range findingKinds {
		if row.kind == kind {
			return row
		}
	}
	return findingKind{kind: kind, message: string(kind) + " {subject}"}
}

func checkFindingText(f preflight.Finding) string {
	return fillFinding(findingKindOf(f.Kind).message, f)
}

// remedy says what to do about one or more findings. last is the index of the
// last of them.
type remedy struct {
	text string
	last int
}

// remediesOf returns the remedies of the findings. Findings whose remedies differ
// only in the resource, its fields or its new name have one remedy together.
func remediesOf(findings []preflight.Finding) []remedy {
	var remedies []remedy
	var same [][]preflight.Finding // the findings of each remedy
	for i, f := range findings {
		text := findingRemedy(f)
		if text == "" {
			continue
		}
		n := slices.IndexFunc(remedies, func(r remedy) bool { return r.text == text })
		if n < 0 {
			n = len(remedies)
			remedies, same = append(remedies, remedy{text, i}), append(same, nil)
		}
		remedies[n].last, same[n] = i, append(same[n], f)
	}
	for n := range remedies {
		remedies[n].text = fillRemedy(remedies[n].text, same[n])
	}
	return remedies
}

// fillRemedy inserts into the text of a remedy the values that depend on all
// findings with this remedy.
func fillRemedy(text string, findings []preflight.Finding) string {
	var fields []string
	for _, f := range findings {
		for _, field := range f.Fields {
			fields = append(fields, "spec."+shorten(field))
		}
	}
	return strings.NewReplacer("{rename}", renameText(findings), "{fields}", joinFew(distinct(fields), maxNames), "{attached}", attachedText(findings)).Replace(text)
}

// attachedText says what to check about missing policies that CAPA attaches. It
// has a command for the first policy only, because all usually have the same
// cause.
func attachedText(findings []preflight.Finding) string {
	these, them, lookup := "this policy", "the policy", ""
	if len(findings) > 1 {
		these, them, lookup = "these policies", "the policies", "; to look up the first policy"
	}
	return "CAPA attaches " + these + "; check that AWS_ENDPOINT_URL, if it is set, is an endpoint of AWS, and that AWS has " + them + " in this partition" +
		lookup + ": aws iam get-policy --policy-arn " + shorten(findings[0].Subject)
}

// findingRemedy says what to do about a finding, or returns "" if no remedy
// helps: for example, a permission does not fix a network error. It does not
// replace the placeholders of fillRemedy.
func findingRemedy(f preflight.Finding) string {
	fix := findingKindOf(f.Kind).fix
	switch {
	case f.Result == preflight.Passed:
		return ""
	case f.Kind == preflight.KindLookupFailed || f.Kind == preflight.KindNameUnknown:
		if !slices.ContainsFunc(f.NotRead, func(u verify.NotRead) bool { return u.Denied }) {
			return ""
		}
	case f.Kind == preflight.KindNameOutside && f.Everywhere:
		fix = "import the resource with --import-existing, or {rename}"
	case f.Kind == preflight.KindNameOutside && len(f.UnreadRegions) > 0:
		fix = "a stack in a region that could not be read may own the resource; if no stack owns the resource, import the resource with --import-existing, or {rename}"
		if slices.ContainsFunc(f.NotRead, func(u verify.NotRead) bool { return u.Denied }) {
			fix = "allow the caller to read stacks in every region; to print the policy that \"check\" needs: capaboot bootstrap iam print-operator-policy --for check; " + fix
		}
	case f.Kind == preflight.KindOtherPartition && len(f.Fields) > 0:
		fix = "change spec.region in the configuration, or use credentials of partition {what}"
	case f.Kind == preflight.KindQuotaFull && f.What == trustQuota():
		fix = "shorten trustStatements in the configuration, or ask AWS for a higher quota (Service Quotas)"
	case f.Kind == preflight.KindDenied:
		fix = denialRemedy(f.Simulation, fix)
	case f.Kind == preflight.KindPolicyMissing && len(f.Fields) == 0:
		fix = "{attached}"
	case f.Kind == preflight.KindPolicyMissing && strings.Contains(f.Subject, ":iam::aws:"): // only AWS can create these
		fix = "if the ARN is wrong, correct the ARN in the configuration ({fields}); otherwise, this partition or endpoint does not have the policy"
	}
	return fillFinding(fix, f)
}

// trustQuota returns the name of the quota on the length of a trust policy.
func trustQuota() string {
	quota, _ := iam.QuotaOf("ACLSizePerRole")
	return quota.Name
}

// denialRemedy says what to do about a call that the simulation denies. allow is
// the remedy that attaches a policy. It does not help if the organization, a
// permissions boundary or a Deny statement prevents the call.
func denialRemedy(s *preflight.Simulation, allow string) string {
	var fix string
	switch {
	case s == nil:
		return allow
	case s.Organizations != nil && !*s.Organizations:
		fix = "ask the administrators of the organization to allow the call"
	case s.Boundary != nil && !*s.Boundary:
		fix = "ask the administrator who set the permissions boundary to allow the call"
	case s.Decision == "explicitDeny":
		fix = "change the policy that denies the call, or use other credentials"
	default:
		return allow
	}
	return fix + "; to skip the simulation, pass --skip permissions"
}

func fillFinding(text string, f preflight.Finding) string {
	failedRead, decision, keys, ofSubject, also, unknown, unit := "", "", "", "", "", "", ""
	if len(f.NotRead) > 0 {
		failedRead = failedReadText(f.NotRead[0])
	}
	if s := f.Simulation; s != nil {
		decision, keys, also = decisionText(s), sentenceNames(s.MissingKeys, maxNames), alsoText(s)
		if keys != "" {
			unknown = missingKeysText(s) + ", which a Deny statement may use"
		}
	}
	if f.Subject != "" {
		ofSubject = " (" + shorten(f.Subject) + ")"
	}
	if f.What == "template body" {
		unit = " bytes"
	}
	referrers := shorten(f.LogicalID) + " refers"
	switch others := f.Count - 1; {
	case others == 1:
		referrers = shorten(f.LogicalID) + " and 1 other resource refer"
	case others > 1:
		referrers = fmt.Sprintf("%s and %d other resources refer", shorten(f.LogicalID), others)
	}
	var places []string
	for _, place := range f.Places {
		places = append(places, place.Stack+" in "+place.Region)
	}
	return strings.NewReplacer("{subject}", shorten(f.Subject), "{what}", shorten(f.What), "{id}", shorten(f.LogicalID), "{count}", strconv.Itoa(f.Count), "{limit}", strconv.Itoa(f.Limit),
		"{places}", sentenceNames(places, maxNames), "{look}", failedRead, "{decision}", decision, "{keys}", cmp.Or(keys, "condition keys"), "{of}", ofSubject, "{unit}", unit, "{also}", also, "{unknown}", unknown, "{referrers}", referrers).Replace(text)
}

func renameText(findings []preflight.Finding) string {
	var fields, disable []string
	canChoose := false
	for _, f := range findings {
		switch {
		case f.Disable != "":
			disable = append(disable, shorten(f.Disable)+": true")
		default:
			canChoose, fields = true, append(fields, f.Fields...)
		}
	}
	fields, disable = distinct(fields), distinct(disable)
	text := "choose another name in the configuration"
	if len(fields) > 0 {
		text += " (" + joinFew(fields, maxNames) + ")"
	}
	leaveOut := "set " + sentenceNames(disable, maxNames) + " in the configuration to leave out "
	switch {
	case len(disable) == 0:
		return text
	case canChoose:
		return text + ", and " + leaveOut + "the resources whose names cannot be changed"
	case len(findings) == 1:
		return leaveOut + "the resource, because its name cannot be changed"
	}
	return leaveOut + "the resources, because their names cannot be changed"
}

func distinct(texts []string) (all []string) {
	for _, text := range texts {
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

// decisionText says what denies a call: the organization first, because its
// denial is final, then the permissions boundary, then the policies.
func decisionText(s *preflight.Simulation) string {
	var text string
	switch {
	case s.Organizations != nil && !*s.Organizations:
		text = "the service control policies of the organization do not allow the call"
	case s.Boundary != nil && !*s.Boundary:
		text = "the permissions boundary does not allow the call"
	case s.Decision == "explicitDeny":
		text = "a policy denies the call"
	default:
		text = "no policy allows the call"
	}
	if len(s.Policies) > 0 {
		text += " (" + joinFew(s.Policies, maxNames) + ")"
	}
	text += ", for " + shorten(s.Principal) + alsoText(s)
	if len(s.MissingKeys) > 0 {
		text += missingKeysText(s)
	}
	if s.For != "" {
		text += " (CloudFormation makes the call for the type " + shorten(s.For) + ")"
	}
	return text
}

func missingKeysText(s *preflight.Simulation) string {
	return "; the simulation had no value for " + namesWith("or", s.MissingKeys, maxNames)
}

// alsoText says which of the service control policies and the permissions
// boundary allow a call. It leaves out those that IAM does not report.
func alsoText(s *preflight.Simulation) string {
	var allow []string
	if s.Organizations != nil && *s.Organizations {
		allow = append(allow, "the service control policies")
	}
	if s.Boundary != nil && *s.Boundary {
		allow = append(allow, "the permissions boundary")
	}
	switch {
	case len(allow) == 0:
		return ""
	case s.Organizations != nil && !*s.Organizations || s.Boundary != nil && !*s.Boundary || s.Decision != "allowed":
		return "; " + strings.Join(allow, " and ") + " would allow the call"
	}
	verb := " allow"
	if s.Organizations == nil {
		verb = " allows" // only the permissions boundary
	}
	return "; " + strings.Join(allow, " and ") + verb + " the calls too"
}
