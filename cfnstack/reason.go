package cfnstack

// This file knows the reasons that CloudFormation and IAM give for a failure:
// what they look like, and what they name. What helps against them is for the
// caller to say.

import (
	"errors"
	"regexp"
	"strings"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"capaboot/internal/awsclient"
	"capaboot/internal/lazy"
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
	KindVersions      Kind = "policy versions"       // a managed policy has as many versions as it can have
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
	KindProtected     Kind = "termination protection"
	KindNotFound      Kind = "not found"     // something that the template refers to does not exist
	KindTemplate      Kind = "template"      // CloudFormation does not take the template
	KindService       Kind = "service error" // an error within AWS
	KindUnreachable   Kind = "unreachable"   // the service did not answer
	KindIntercepted   Kind = "intercepted"   // something else than the service answered
	KindUnknown       Kind = "unknown"       //
)

// Reason is a reason for a failure, taken apart.
type Reason struct {
	Kind Kind
	// Text is the reason as it was given.
	Text string
	// Action and Principal are what was not allowed and the denied principal, Resource
	// on what; PolicyType is the kind of policy that denied or did not allow, such
	// as "service control policy", and PolicyARN which one. Each may be empty.
	Action, Principal, Resource, PolicyType, PolicyARN string
	// Name is the name that exists already or cannot be used again, Owner the
	// stack that has it; the ARN of the policy for [KindVersions], of the role for
	// [KindServiceRole]. Each may be empty.
	Name, Owner string
	// Quota is the quota that is reached, as IAM calls it in its errors, such as
	// "RolesPerAccount"; Limit is what it is. Each may be empty.
	Quota, Limit string
}

// signs are what reasons look like, in the order in which they are looked for.
// Named groups are fields of Reason. The wordings are those of events of real
// deployments and of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
var signs = lazy.Value[[]sign]{Make: func() []sign {
	table := []struct {
		kind Kind
		text string
	}{
		// "X already exists in stack arn:aws:cloudformation:…"
		{KindOwned, `(?P<Name>\S+) already exists in stack (?P<Owner>[^\s"()]+)`},
		// Import of a resource that a stack has.
		{KindOwned, `(?:[Rr]esource|[Ii]dentifier)s?\W+(?P<Name>\S+?)\W? (?:already )?belongs? to (?:another |an existing )?stack:?\s*(?P<Owner>arn:[^\s"()]+)?`},

		// Who may not do what, and why.
		{KindPermission, `[Uu]ser: ?(?P<Principal>\S+) is not authorized to perform:? ?(?P<Action>[\w*-]+:[\w*]+)(?: on (?:the )?resource:? (?:role |user |policy |group |instance profile )?(?P<Resource>\S+))?(?P<why>[^"]*)`},
		{KindPermission, `API: (?P<Action>[\w-]+:\w+) (?:Access ?Denied|You are not authorized)`},
		{KindPermission, `[Uu]ser (?:doesn't|does not) have permission to call (?P<Action>[\w-]+:\w+)`},
		{KindPermission, `(?:^|[^\w])(?P<Principal>[\w+=,.@/-]+) is not authorized to perform:? ?(?P<Action>[\w*-]+:[\w*]+)(?: on resource:? (?P<Resource>\S+))?(?P<why>[^"]*)`},

		{KindVersions, `(?:A managed policy can|[Cc]annot) have (?:up to|more than) \d+ versions|[Qq]uota for PolicyVersions(?:PerPolicy)?\b|This policy has more than one version`},
		{KindPolicySize, `Cannot exceed (?:the )?quota for (?P<Quota>\w*PolicySize)(?:: ?(?P<Limit>\d+))?`},
		{KindPolicySize, `Maximum policy size of (?P<Limit>\d+) bytes exceeded`},
		{KindPolicySize, `[Pp]olicy(?: document)? (?:is )?too large|PolicySizeExceeded|PackedPolicyTooLarge`},
		{KindQuota, `Cannot exceed (?:the )?quota for (?P<Quota>\w+)(?:: ?(?P<Limit>\d+))?`},
		{KindQuota, `Cannot exceed (?:the )?quota|LimitExceeded|ServiceLimitExceeded|ConcurrentResourcesLimitExceeded`},

		{KindPrincipal, `Invalid principal in policy|Federated principals must be|MalformedPolicyDocument: Invalid principal`},
		{KindPolicy, `MalformedPolicy|Syntax errors? in policy|The policy failed legacy parsing|must be in valid JSON format|Policy document (?:must|should)|Partition "[^"]*" is not valid for resource|Actions/Conditions must be prefaced by a vendor|Invalid Action|must be in ARN format|vendor \S+ is not valid`},

		{KindReplacement, `cannot update a stack when a custom-named resource requires replacing(?:\. Rename (?P<Name>\S+))?`},
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
		{KindProtected, `cannot be (?:deleted|changed|updated) while TerminationProtection is enabled`},
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
}}

type sign struct {
	kind Kind
	text *regexp.Regexp
}

// why takes apart what follows the action: "because no permissions boundary
// allows the iam:CreateRole action", or "with an explicit deny in a service
// control policy: arn:…".
var why = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?:because no (?P<no>[\w -]+?) allows|(?P<denied>with an explicit deny)(?: in (?:an?|the) (?P<deny>[\w -]*(?:policy|boundary)))?)(?::? (?P<arn>arn:[^\s)",]+))?`)
}}

// policyARN matches the ARN of a managed policy.
var policyARN = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`arn:[\w-]+:iam::\d{12}:policy/[\w+=,.@/-]*\w`)
}}

// policyKinds are the kinds that a policy type stands for, whether it denies
// or does not allow.
var policyKinds = lazy.Value[map[string]Kind]{Make: func() map[string]Kind {
	return map[string]Kind{
		"service control policy":  KindOrganization,
		"resource control policy": KindOrganization,
		"permissions boundary":    KindBoundary,
		"session policy":          KindSessionPolicy,
	}
}}

// codes are the kinds of error codes that say more than their text.
var codes = lazy.Value[map[string]Kind]{Make: func() map[string]Kind {
	return map[string]Kind{
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
}}

// maxReason bounds how much of a reason is looked at: CloudFormation's own
// limit is 1,024, and a message of an error is not much longer.
const maxReason = 8 << 10

// Explain takes apart a reason, of an event or an error of the API.
func Explain(text string) Reason {
	r := Reason{Kind: KindUnknown, Text: text}
	text = text[:min(len(text), maxReason)]
	for _, s := range signs.Get() {
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
			case "Quota":
				r.Quota = match[i]
			case "Limit":
				r.Limit = match[i]
			case "why":
				rest = match[i]
			}
		}
		if r.Kind == KindVersions {
			r.Name = policyARN.Get().FindString(text)
		}
		r.because(rest)
		return r
	}
	return r
}

// because reads which policy denied, or did not allow.
func (r *Reason) because(text string) {
	match := why.Get().FindStringSubmatch(text)
	if match == nil {
		return
	}
	r.PolicyType, r.PolicyARN = match[1], match[4]
	if match[2] != "" {
		r.PolicyType, r.Kind = match[3], KindDenied // of which type is not always said
	}
	if kind, ok := policyKinds.Get()[r.PolicyType]; ok {
		r.Kind = kind
	}
}

// intercepted says whether something else than the service answered.
func intercepted(err error) bool {
	if _, ok := errors.AsType[*awsclient.InvalidResponse](err); ok {
		return true
	}
	e, ok := errors.AsType[*smithyhttp.ResponseError](err)
	return ok && e.HTTPStatusCode() < 500 && (code(err) == "" || code(err) == "UnknownError") && !network(err)
}

// explainError takes apart an error of the API.
func explainError(err error) Reason {
	r := Explain(message(err))
	kind, known := codes.Get()[code(err)]
	switch {
	case credentialCodes.Get()[code(err)] != final:
		r.Kind = KindCredentials
	case known && r.Kind == KindUnknown:
		r.Kind = kind
	case intercepted(err):
		r.Kind = KindIntercepted
	case r.Kind == KindUnknown && judge(err) == passing:
		r.Kind = KindUnreachable
	case r.Kind == KindUnknown && code(err) == "ValidationError":
		r.Kind = KindTemplate
	}
	return r
}
