package cfnstack

// This file knows the reasons that CloudFormation and IAM give for a failure:
// one table of what they look like, and one of what helps.

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Kind is what kind of thing went wrong.
type Kind string

// The kinds.
const (
	KindPermission    Kind = "permission"            // no policy allows the action
	KindDenied        Kind = "explicit deny"         // an identity-based or other policy denies it
	KindOrganization  Kind = "organization policy"   // a service control policy or resource control policy
	KindBoundary      Kind = "permissions boundary"  //
	KindSessionPolicy Kind = "session policy"        //
	KindNameExists    Kind = "name exists"           // a resource of that name is there, outside the stack
	KindOwned         Kind = "owned by a stack"      // a resource of that name is there, in another stack
	KindPolicySize    Kind = "policy too large"      //
	KindQuota         Kind = "quota"                 // any other quota
	KindPrincipal     Kind = "invalid principal"     // a trust policy names a principal that does not exist
	KindPolicy        Kind = "malformed policy"      //
	KindThrottling    Kind = "throttling"            //
	KindCapability    Kind = "capability"            //
	KindCredentials   Kind = "credentials"           //
	KindServiceRole   Kind = "service role"          // CloudFormation cannot assume the role it was given
	KindInUse         Kind = "in use"                // a resource cannot go while others use it
	KindReplacement   Kind = "replacement of a name" // a resource with a custom name cannot be replaced
	KindValidation    Kind = "early validation"      // the change set was refused before anything was tried
	KindStackPolicy   Kind = "stack policy"          //
	KindNotFound      Kind = "not found"             // something that the template refers to does not exist
	KindTemplate      Kind = "template"              // CloudFormation does not take the template
	KindService       Kind = "service error"         // an error within AWS
	KindUnreachable   Kind = "unreachable"           // no answer of the service
	KindUnknown       Kind = "unknown"               //
)

// Reason is a reason for a failure, taken apart.
type Reason struct {
	Kind Kind
	// Text is the reason as it was given.
	Text string
	// Action and Principal are what was not allowed and who was denied, Resource
	// on what; PolicyType is the kind of policy that denied or did not allow, such
	// as "service control policy", and PolicyARN which one. Each may be empty.
	Action, Principal, Resource, PolicyType, PolicyARN string
	// Name is the name that exists already, Owner the stack that has it.
	Name, Owner string
}

// signs are what reasons look like, in the order in which they are looked for.
// Named groups are fields of Reason. The wordings are those of events of real
// deployments and of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
var signs = sync.OnceValue(func() []sign {
	table := []struct {
		kind Kind
		text string
	}{
		// "X already exists in stack arn:aws:cloudformation:…"
		{KindOwned, `(?P<Name>\S+) already exists in stack (?P<Owner>[^\s"()]+)`},
		// Import of a resource that a stack has.
		{KindOwned, `(?:resource|identifier)s?\W+(?P<Name>\S+?)\W? (?:already )?belongs? to (?:another |an existing )?stack:?\s*(?P<Owner>arn:[^\s"()]+)?`},

		// Who may not do what, and why.
		{KindPermission, `[Uu]ser: ?(?P<Principal>\S+) is not authorized to perform:? ?(?P<Action>[\w*-]+:[\w*]+)(?: on (?:the )?resource:? (?:role |user |policy |group |instance profile )?(?P<Resource>\S+))?(?P<why>[^"]*)`},
		{KindPermission, `API: (?P<Action>[\w-]+:\w+) (?:Access ?Denied|You are not authorized)`},
		{KindPermission, `[Uu]ser (?:doesn't|does not) have permission to call (?P<Action>[\w-]+:\w+)`},
		{KindPermission, `(?:^|[^\w])(?P<Principal>[\w+=,.@/-]+) is not authorized to perform:? ?(?P<Action>[\w*-]+:[\w*]+)(?: on resource:? (?P<Resource>\S+))?(?P<why>[^"]*)`},

		{KindPolicySize, `Cannot exceed (?:the )?quota for (?:\w*)PolicySize|[Pp]olicy(?: document)? (?:is )?too large|PolicySizeExceeded|PackedPolicyTooLarge|Maximum policy size of \d+ bytes exceeded`},
		{KindQuota, `Cannot exceed (?:the )?quota|LimitExceeded|ServiceLimitExceeded|ConcurrentResourcesLimitExceeded`},

		{KindPrincipal, `Invalid principal in policy|Federated principals must be|MalformedPolicyDocument: Invalid principal`},
		{KindPolicy, `MalformedPolicy|Syntax errors? in policy|The policy failed legacy parsing|must be in valid JSON format|Policy document (?:must|should)|Partition "[^"]*" is not valid for resource|Actions/Conditions must be prefaced by a vendor|Invalid Action|must be in ARN format|vendor \S+ is not valid`},

		{KindReplacement, `cannot update a stack when a custom-named resource requires replacing`},
		{KindNameExists, `with identifier '?(?P<Name>[^'"]+?)'? already exists`},
		{KindNameExists, `(?:Role|User|Group|Instance Profile|Policy|policy) (?:with name |called )(?P<Name>\S+?) already exists`},
		{KindNameExists, `A policy called (?P<Name>\S+) already exists`},
		{KindNameExists, `(?P<Name>[^\s"]+) already exists(?:\.|"| \(|$)`},
		{KindNameExists, `EntityAlreadyExists|HandlerErrorCode: AlreadyExists`},

		{KindInUse, `Cannot delete entity|DeleteConflict|Cannot delete a policy attached to entities|must (?:detach|remove|delete) [^.]* first`},
		{KindCapability, `Requires capabilities ?: ?\[`},
		{KindThrottling, `Rate exceeded|Throttling|TooManyRequests|Request limit exceeded|HandlerErrorCode: Throttling`},
		{KindCredentials, `security token included in the request is (?:expired|invalid)|ExpiredToken|InvalidClientTokenId|HandlerErrorCode: InvalidCredentials|[Tt]oken has expired|SSO session has expired`},
		{KindServiceRole, `Role (?P<Name>arn:\S+) is invalid or cannot be assumed`},
		{KindStackPolicy, `denied by stack policy|[Aa]ction denied by stack`},
		{KindValidation, `AWS::EarlyValidation::|hook\(s\)/validation failed|The following hook\(s\) failed`},
		{KindPermission, `AccessDenied|[Aa]ccess [Dd]enied|[Nn]ot authorized|HandlerErrorCode: (?:AccessDenied|UnauthorizedTaggingOperation)`},
		{KindNotFound, `NoSuchEntity|cannot be found|HandlerErrorCode: NotFound|does not exist or is not attachable`},
		{KindTemplate, `must have the DeletionPolicy attribute|Template (?:format|validation) error|Template error|Unresolved resource dependencies|Encountered unsupported property|Properties validation failed|Unrecognized resource types|Circular dependency|'templateBody' failed to satisfy|extraneous key`},
		{KindService, `Internal ?Failure|Service Unavailable|Internal error|ServiceInternalError|HandlerErrorCode: (?:GeneralServiceException|InternalFailure|NetworkFailure|NotStabilized)`},
	}
	all := make([]sign, len(table))
	for i, row := range table {
		all[i] = sign{row.kind, regexp.MustCompile(row.text)}
	}
	return all
})

type sign struct {
	kind Kind
	text *regexp.Regexp
}

// why takes apart what follows the action: "because no permissions boundary
// allows the iam:CreateRole action", or "with an explicit deny in a service
// control policy: arn:…".
var why = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:because no (?P<no>[\w -]+?) allows|(?P<denied>with an explicit deny)(?: in (?:an?|the) (?P<deny>[\w -]*(?:policy|boundary)))?)(?::? (?P<arn>arn:[^\s)",]+))?`)
})

// policyKinds are the kinds that a policy type stands for, whether it denies
// or does not allow.
var policyKinds = map[string]Kind{
	"service control policy":  KindOrganization,
	"resource control policy": KindOrganization,
	"permissions boundary":    KindBoundary,
	"session policy":          KindSessionPolicy,
}

// codes are the kinds of error codes that say more than their text.
var codes = map[string]Kind{
	"InsufficientCapabilities":          KindCapability,
	"InsufficientCapabilitiesException": KindCapability,
	"AccessDenied":                      KindPermission,
	"AccessDeniedException":             KindPermission,
	"OptInRequired":                     KindPermission,
	"NotAuthorized":                     KindPermission,
	"LimitExceeded":                     KindQuota,
	"LimitExceededException":            KindQuota,
	"ConcurrentResourcesLimitExceeded":  KindQuota,
	"Throttling":                        KindThrottling,
	"ThrottlingException":               KindThrottling,
	"RequestLimitExceeded":              KindThrottling,
	"TooManyRequestsException":          KindThrottling,
	"InternalFailure":                   KindService,
	"ServiceUnavailable":                KindService,
	"EntityAlreadyExists":               KindNameExists,
	"MalformedPolicyDocument":           KindPolicy,
	"MissingAuthenticationToken":        KindCredentials,
	"IncompleteSignature":               KindCredentials,
	"AuthFailure":                       KindCredentials,
	"SignatureDoesNotMatch":             KindCredentials,
	"UnrecognizedClientException":       KindCredentials,
	"TokenAlreadyExistsException":       KindService,
	"OperationInProgressException":      KindService,
}

// maxReason bounds how much of a reason is looked at: CloudFormation's own
// limit is 1,024, and a message of an error is not much longer.
const maxReason = 8 << 10

// Explain takes apart a reason, of an event or an error of the API.
func Explain(text string) Reason {
	r := Reason{Kind: KindUnknown, Text: text}
	text = text[:min(len(text), maxReason)]
	for _, s := range signs() {
		match := s.text.FindStringSubmatch(text)
		if match == nil {
			continue
		}
		r.Kind = s.kind
		rest := ""
		for i, name := range s.text.SubexpNames() {
			switch name {
			case "Action":
				r.Action = match[i]
			case "Principal":
				r.Principal = match[i]
			case "Resource":
				r.Resource = strings.TrimRight(match[i], `.,"`)
			case "Name":
				r.Name = strings.Trim(match[i], `'".,`)
			case "Owner":
				r.Owner = strings.TrimRight(match[i], ".,")
			case "why":
				rest = match[i]
			}
		}
		r.because(rest)
		return r
	}
	return r
}

// because reads which policy denied, or did not allow.
func (r *Reason) because(text string) {
	match := why().FindStringSubmatch(text)
	if match == nil {
		return
	}
	r.PolicyType, r.PolicyARN = match[1], match[4]
	if match[2] != "" {
		r.PolicyType, r.Kind = match[3], KindDenied // of which type is not always said
	}
	if kind, ok := policyKinds[r.PolicyType]; ok {
		r.Kind = kind
	}
}

// explainError takes apart an error of the API.
func explainError(err error) Reason {
	r := Explain(message(err))
	kind, known := codes[code(err)]
	switch {
	case credentialCodes[code(err)] != final:
		r.Kind = KindCredentials
	case judge(err) == expired:
		r.Kind = KindCredentials
	case known && r.Kind == KindUnknown:
		r.Kind = kind
	case r.Kind == KindUnknown && judge(err) == passing:
		r.Kind = KindUnreachable
	case r.Kind == KindUnknown && code(err) == "ValidationError":
		r.Kind = KindTemplate
	}
	return r
}

// hints are what helps, by kind. %A is the action, %P the principal, %N the
// name, %O its stack, %T the type of the policy.
var hintsOf = map[Kind]string{
	KindPermission:    "give %P a policy that allows %A, or deploy with a role that has it (--role-arn)",
	KindDenied:        "%T that holds for %P denies %A, whatever others allow: change it, or deploy as somebody it does not hold for; where roles must have a permissions boundary, set permissionsBoundary in the configuration",
	KindOrganization:  "%T of the organization forbids %A in this account, whatever the account's own policies allow: ask those who manage the organization; where roles must have a permissions boundary, set permissionsBoundary in the configuration",
	KindBoundary:      "the permissions boundary of %P does not let it do %A: ask those who set the boundary, or deploy as somebody without it",
	KindSessionPolicy: "the policy of the session of %P does not let it do %A: sign in without a session policy",
	KindNameExists:    "%N is there already, outside this stack. IAM is global and stacks are not: another region's stack, or an earlier installation, may have made it. Adopt it with --import-existing, delete it, or give this one another name (namePrefix, nameSuffix)",
	KindOwned:         "%N belongs to the stack %O: update that stack instead of this one, delete it, or give these resources other names (namePrefix, nameSuffix)",
	KindPolicySize:    "IAM counts 6,144 characters of a managed policy without white space, and 10,240 of all inline policies of a role: leave out extra statements, or put them into a policy of their own",
	KindQuota:         "the quota that the reason names is reached: use fewer, delete what is not used, or ask for a higher quota (Service Quotas, IAM, in us-east-1)",
	KindPrincipal:     "a trust policy names a principal that does not exist: IAM checks that roles and users exist; mind the account ID, the path and the partition",
	KindPolicy:        "IAM does not take the policy document: look at the statements the configuration adds",
	KindThrottling:    "AWS had too many requests at once from this account: wait some minutes and run the same command again",
	KindCapability:    "the template makes resources of IAM with names of their own: the change set must be made with CAPABILITY_NAMED_IAM",
	KindCredentials:   "get new credentials and run the same command again",
	KindServiceRole:   "CloudFormation cannot use the role %N: it must exist, trust cloudformation.amazonaws.com, and you need iam:PassRole for it",
	KindInUse:         "something outside the stack uses it: detach the policies, and remove the role from the instance profiles, that the stack did not make; or keep it with --retain",
	KindReplacement:   "a resource with a name of its own cannot be replaced by one of the same name: give it another name, or delete it first",
	KindValidation:    "CloudFormation refused the change set before it tried anything; aws cloudformation describe-events has the details",
	KindStackPolicy:   "the stack policy forbids this update: change it with aws cloudformation set-stack-policy",
	KindNotFound:      "something the template refers to does not exist in this account: look at the name or ARN in the reason",
	KindTemplate:      "CloudFormation does not take the template: look at what the reason names",
	KindService:       "AWS had an error of its own: wait some minutes and run the same command again",
	KindUnreachable:   "the service did not answer: look at the network, the proxy and the region",
}

// article puts "a" or "an" before a noun.
func article(noun string) string {
	if strings.ContainsRune("aeio", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// Hint says what helps; empty when nothing is known to.
func (r Reason) Hint() string {
	or := func(value, otherwise string) string {
		if value == "" {
			return otherwise
		}
		return value
	}
	hint := strings.NewReplacer(
		"%A", or(r.Action, "the action"),
		"%P", or(r.Principal, "the one who deploys"),
		"%N", or(r.Name, "the name"),
		"%O", or(r.Owner, "of another deployment"),
		"%T", article(or(r.PolicyType, "policy")),
	).Replace(hintsOf[r.Kind])
	if r.PolicyARN != "" && hint != "" {
		hint += fmt.Sprintf(" (%s)", r.PolicyARN)
	}
	return hint
}
