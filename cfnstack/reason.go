package cfnstack

// This file recognizes the reasons that CloudFormation and IAM give for a
// failure: their kinds, and the names in them. Hints are up to the caller.

import (
	"errors"
	"regexp"
	"strings"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"capaboot/internal/awsclient"
	"capaboot/internal/lazy"
)

// Kind classifies a failure.
type Kind string

// The kinds. An explicit deny counts as KindOrganization, KindBoundary or
// KindSessionPolicy if it is in such a policy, and as KindDenied otherwise.
const (
	KindPermission    Kind = "permission"                      // no policy allows the action, or access was denied for an unknown reason
	KindDenied        Kind = "explicit deny"                   // an explicit deny in a policy of any other or an unknown type
	KindOrganization  Kind = "organization policy"             // a service control policy or resource control policy denies the action or does not allow it
	KindBoundary      Kind = "permissions boundary"            // a permissions boundary denies the action or does not allow it
	KindSessionPolicy Kind = "session policy"                  // a session policy denies the action or does not allow it
	KindNameExists    Kind = "name exists"                     // a resource with the same name exists outside the stack
	KindOwned         Kind = "owned by a stack"                // a resource with the same name exists in another stack
	KindPolicySize    Kind = "policy too large"                // a policy, or the inline policies of a role together, are larger than the quota
	KindVersions      Kind = "policy versions"                 // a managed policy has its maximum number of versions
	KindQuota         Kind = "quota"                           // any other quota
	KindPrincipal     Kind = "invalid principal"               // a trust policy names a principal that does not exist
	KindPolicy        Kind = "malformed policy"                // IAM rejected the text of a policy
	KindThrottling    Kind = "throttling"                      // too many requests
	KindCapability    Kind = "capability"                      // the request does not acknowledge a required capability
	KindCredentials   Kind = "credentials"                     // the credentials or the signature were rejected
	KindServiceRole   Kind = "service role"                    // CloudFormation cannot assume the role it was given
	KindInUse         Kind = "in use"                          // a resource cannot be deleted while others use it
	KindReplacement   Kind = "replacement of a named resource" // a resource with a custom name cannot be replaced
	KindValidation    Kind = "early validation"                // the change set was rejected before the execution
	KindStackPolicy   Kind = "stack policy"                    // the stack policy denies the update
	KindProtected     Kind = "termination protection"          // the stack has termination protection
	KindNotFound      Kind = "not found"                       // something that the template refers to does not exist
	KindTemplate      Kind = "template"                        // CloudFormation rejected the template
	KindService       Kind = "service error"                   // an internal error of AWS
	KindUnreachable   Kind = "unreachable"                     // the service did not respond
	KindIntercepted   Kind = "intercepted"                     // the response is not from the service
	KindUnknown       Kind = "unknown"                         // no pattern and no error code matches
)

// Reason is the parsed reason for a failure.
type Reason struct {
	Kind Kind
	// Text is the original reason.
	Text string
	// Action is the denied action, Principal the principal that was denied, and
	// Resource the resource. PolicyType is the type of policy that denied or
	// did not allow the action, such as "service control policy", and PolicyARN
	// is the policy. Each may be empty.
	Action, Principal, Resource, PolicyType, PolicyARN string
	// Name is the name that already exists or cannot be reused, and Owner is
	// the stack that contains it. For [KindVersions], Name is the ARN of the
	// policy; for [KindServiceRole], the ARN of the role. Each may be empty.
	Name, Owner string
	// Quota is the exceeded quota, as IAM names it in its errors, such as
	// "RolesPerAccount"; Limit is its value. Each may be empty.
	Quota, Limit string
}

// patterns recognize reasons; the first that matches counts. Their named groups
// are fields of Reason, except the group why, which parseWhy parses. The texts
// are from events of real deployments and from
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
var patterns = lazy.Value[[]pattern]{Make: func() []pattern {
	table := []struct {
		kind       Kind
		expression string
	}{
		// "X already exists in stack arn:aws:cloudformation:…"
		{KindOwned, `(?P<Name>\S+) already exists in stack (?P<Owner>[^\s"()]+)`},
		// The import of a resource that another stack contains.
		{KindOwned, `(?:[Rr]esource|[Ii]dentifier)s?\W+(?P<Name>\S+?)\W? (?:already )?belongs? to (?:another |an existing )?stack:?\s*(?P<Owner>arn:[^\s"()]+)?`},

		// A principal that lacks a permission, with the reason.
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
	all := make([]pattern, len(table))
	for i, row := range table {
		all[i] = pattern{row.kind, regexp.MustCompile(row.expression)}
	}
	return all
}}

type pattern struct {
	kind       Kind
	expression *regexp.Regexp
}

// causePattern parses the text after the action and resource: "because no
// permissions boundary allows the iam:CreateRole action", or "with an explicit
// deny in a service control policy: arn:…".
var causePattern = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?:because no (?P<no>[\w -]+?) allows|(?P<denied>with an explicit deny)(?: in (?:an?|the) (?P<deny>[\w -]*(?:policy|boundary)))?)(?::? (?P<arn>arn:[^\s)",]+))?`)
}}

var policyARNPattern = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`arn:[\w-]+:iam::\d{12}:policy/[\w+=,.@/-]*\w`)
}}

// policyKinds maps a policy type to the kind of failure when such a policy
// denies an action or does not allow it.
var policyKinds = lazy.Value[map[string]Kind]{Make: func() map[string]Kind {
	return map[string]Kind{
		"service control policy":  KindOrganization,
		"resource control policy": KindOrganization,
		"permissions boundary":    KindBoundary,
		"session policy":          KindSessionPolicy,
	}
}}

// codeKinds maps error codes to kinds, for errors whose message no pattern
// matches.
var codeKinds = lazy.Value[map[string]Kind]{Make: func() map[string]Kind {
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

// maxReason is how many bytes of a reason are parsed. CloudFormation's own
// limit is 1,024 characters, and error messages are not much longer.
const maxReason = 8 << 10

// Explain parses the reason in an event or in an error of the API.
func Explain(text string) Reason {
	r := Reason{Kind: KindUnknown, Text: text}
	text = text[:min(len(text), maxReason)]
	for _, s := range patterns.Get() {
		match := s.expression.FindStringSubmatch(text)
		if match == nil {
			continue
		}
		r.Kind = s.kind
		details := ""
		for i, name := range s.expression.SubexpNames() {
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
				details = match[i]
			}
		}
		if r.Kind == KindVersions {
			r.Name = policyARNPattern.Get().FindString(text)
		}
		r.parseWhy(details)
		return r
	}
	return r
}

// parseWhy parses which policy denied the action, or did not allow it.
func (r *Reason) parseWhy(text string) {
	match := causePattern.Get().FindStringSubmatch(text)
	if match == nil {
		return
	}
	r.PolicyType, r.PolicyARN = match[1], match[4]
	if match[2] != "" {
		r.PolicyType, r.Kind = match[3], KindDenied // the message does not always have the policy type
	}
	if kind, ok := policyKinds.Get()[r.PolicyType]; ok {
		r.Kind = kind
	}
}

// isIntercepted reports whether the response is not from the service.
func isIntercepted(err error) bool {
	if _, ok := errors.AsType[*awsclient.InvalidResponse](err); ok {
		return true
	}
	e, ok := errors.AsType[*smithyhttp.ResponseError](err)
	return ok && e.HTTPStatusCode() < 500 && (errorCode(err) == "" || errorCode(err) == "UnknownError") && !isConnectionError(err)
}

func explainError(err error) Reason {
	r := Explain(errorMessage(err))
	kind, known := codeKinds.Get()[errorCode(err)]
	switch {
	case credentialCodes.Get()[errorCode(err)] != verdictFinal:
		r.Kind = KindCredentials
	case known && r.Kind == KindUnknown:
		r.Kind = kind
	case isIntercepted(err):
		r.Kind = KindIntercepted
	case r.Kind == KindUnknown && classify(err) == verdictTemporary:
		r.Kind = KindUnreachable
	case r.Kind == KindUnknown && errorCode(err) == "ValidationError":
		r.Kind = KindTemplate
	}
	return r
}
