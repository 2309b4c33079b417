// Package verify compares an account with what a configuration generates:
// resource by resource, and policies by effect, like package diff.
//
// What could not be read is in [Result.NotRead], and the comparison treats it as
// configured. So an account without differences is as configured only if NotRead
// is empty; see [Result.Same].
package verify

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"capaboot/iam"
	"capaboot/iam/account"
	"capaboot/internal/awsclient"
	"capaboot/policies/diff"
	"capaboot/policies/source"
)

// Input is the input of the comparison.
type Input struct {
	// Generated and Template are the template that the configuration generates,
	// in the forms of the packages source and iam.
	Generated *source.Generated
	Template  *iam.Template
	// Partition and Account locate the resources.
	Partition, Account string
	// Stack is the stack, or nil if it does not exist. StackNotRead means that
	// it could not be read.
	Stack        *Stack
	StackNotRead bool
	StackName    string
	// Tags are the configured tags of the stack.
	Tags map[string]string
	// NotRead has the lookups of the stack that failed.
	NotRead []NotRead
	// Others yields what the configuration generates at other releases of CAPA,
	// the newest first; nil for none.
	Others iter.Seq[Generation]
	// Now is the current time, from which the ages of access keys are computed.
	Now time.Time
}

// Generation is what the configuration generates at a release of CAPA.
type Generation struct {
	Release   string
	Generated *source.Generated
	Template  *iam.Template
}

// Stack is the actual stack.
type Stack struct {
	Name, Status, Reason string
	// Final means that no operation is in progress. Failed means that the last
	// operation failed. RolledBack means that the last operation failed, and that
	// CloudFormation restored the state before the operation.
	Final, Failed, RolledBack bool
	Tags                      map[string]string
	Resources                 []iam.StackResource
	// Template is the text of the deployed template, or "" if it is unknown.
	Template string
}

// Result is the result of the comparison. Its JSON is stable: fields are added,
// but never changed or removed.
type Result struct {
	// Differences has first the differences of the stack itself, and then the
	// others, sorted by logical ID.
	Differences []Difference `json:"differences"`
	// NotRead are the lookups that were denied or failed.
	NotRead []NotRead `json:"unseen"`
	// Permissions are the permissions that only the account or only the configuration
	// grants.
	Permissions diff.Result `json:"permissions"`
	// Checked is the number of compared resources: those of the configuration,
	// and the other roles, users, groups, managed policies and instance
	// profiles of the stack. Resources that could not be read count too.
	Checked int `json:"checked"`
	// AccessKeys are the access keys of the users in the configuration and in
	// the stack.
	AccessKeys []AccessKey `json:"accessKeys"`
	// Outdated means that the stack's template differs from the configuration's, so
	// that differences may come from the configuration, not from manual changes.
	Outdated bool `json:"outdated"`
	// StackStatus is the status of the stack; absent if the stack does not exist or
	// was not read. RolledBack means that the last operation on the stack failed and
	// was rolled back. This is not a difference: a stack that matches the
	// configuration keeps the status until an update changes something.
	StackStatus string `json:"stackStatus,omitempty"`
	RolledBack  bool   `json:"rolledBack,omitempty"`
	// Drift is the result of CloudFormation's drift detection, or nil if it did
	// not run.
	Drift *Drift `json:"drift,omitempty"`
}

// Difference is one deviation from the configuration.
type Difference struct {
	Kind Kind `json:"kind"`
	// LogicalID is "" for the stack. Name is the name, or the ARN of a managed
	// policy.
	LogicalID string `json:"logicalID,omitempty"`
	Type      string `json:"type"`
	Name      string `json:"name"`
	// What names what was added, removed or changed, such as a policy, a tag, a
	// group, an instance profile, or a principal with its kind. For stack-failed, it
	// is the reason of the failure. Configured and Found are the values, if any.
	What       string  `json:"what,omitempty"`
	Configured *string `json:"configured,omitempty"`
	Found      *string `json:"found,omitempty"`
	// TrustGained, TrustLost and TrustChanged are for trust-changed. TrustGained has
	// the principals, such as "AWS 111122223333", that can assume the role but are not
	// configured. TrustLost has the configured principals that cannot assume the role.
	// TrustChanged has the principals for which something else differs.
	TrustGained  []string      `json:"trustGained,omitempty"`
	TrustLost    []string      `json:"trustLost,omitempty"`
	TrustChanged []TrustChange `json:"trustChanged,omitempty"`
}

// WholeResource is the Part of a [NotRead] when nothing of the resource could
// be read.
const WholeResource = string(iam.PartResource)

// NotRead is a lookup that was denied or failed.
type NotRead struct {
	LogicalID string `json:"logicalID,omitempty"`
	Name      string `json:"name"`
	Part      string `json:"part"`
	// Action is the permission that the failed call needs; "" if no call failed,
	// or if the permission is unknown.
	Action string `json:"action,omitempty"`
	// Denied means that the caller lacks the permission.
	Denied bool   `json:"denied"`
	Reason string `json:"reason"`
	// Intercepted is the error if the response is not from AWS; otherwise nil.
	Intercepted error `json:"-"`
	// Invalid means that the part was read, but cannot be interpreted.
	Invalid bool `json:"-"`
	// Silent means that CloudFormation did not respond to a request about the
	// stack.
	Silent bool `json:"-"`
}

// AccessKey is an access key of a user.
type AccessKey struct {
	LogicalID string    `json:"logicalID"`
	User      string    `json:"user"`
	ID        string    `json:"id"`
	Status    string    `json:"status"`
	Created   time.Time `json:"created"`
	// AgeDays and UnusedDays are whole days. UnusedDays is absent for a key
	// that was never used, or whose last use is unknown.
	AgeDays    int        `json:"ageDays"`
	LastUsed   *time.Time `json:"lastUsed,omitempty"`
	UnusedDays *int       `json:"unusedDays,omitempty"`
	Service    string     `json:"service,omitempty"`
	Region     string     `json:"region,omitempty"`
	// UseUnknown means that the last use could not be read.
	UseUnknown bool `json:"useUnknown"`
}

// Same reports whether everything was read and matches the configuration.
func (r *Result) Same() bool { return len(r.Differences) == 0 && len(r.NotRead) == 0 }

// Partial reports whether something could not be read.
func (r *Result) Partial() bool { return len(r.NotRead) > 0 }

// Read reads the account, and compares it with the configuration. It returns an
// error when ctx ends, when the generated template is invalid, or when there are
// too many policies to compare. A failed lookup is not an error: see
// [Result.NotRead].
func Read(ctx context.Context, api account.API, in Input) (*Result, error) {
	v := &comparison{Input: in, result: &Result{Differences: []Difference{}, NotRead: slices.Clip(in.NotRead), AccessKeys: []AccessKey{}}}
	v.selectTargets()
	reader := account.Reader{API: api, Full: true, OnFailure: func(u account.FailedRead) error {
		v.result.NotRead = append(v.result.NotRead, newNotRead(u))
		return ctx.Err()
	}}
	account, err := reader.Read(ctx, v.targets)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	v.removeInvalid(account)
	if err := v.compare(account); err != nil {
		return nil, err
	}
	if v.result.NotRead == nil {
		v.result.NotRead = []NotRead{}
	}
	return v.result, nil
}

// removeInvalid removes invalid documents and counts them as not read. IAM itself
// never returns any.
func (v *comparison) removeInvalid(account *iam.Account) {
	check := func(f *iam.ResourceState, part iam.Part, document *any, trust bool) {
		if *document == nil {
			return
		}
		if _, err := setOf(*document, trust); err != nil {
			*document, f.Unread[part] = nil, true
			v.result.NotRead = append(v.result.NotRead, NotRead{LogicalID: f.LogicalID, Name: f.Name, Part: string(part), Reason: err.Error(), Invalid: true})
		}
	}
	for _, f := range slices.Concat(account.Resources, account.Unrequested) {
		check(f, iam.PartResource, &f.Trust, true)
		check(f, iam.PartDocument, &f.Document, false)
		for i := range f.Inline {
			check(f, iam.PartInline, &f.Inline[i].Document, false)
		}
	}
}

// newNotRead returns a failed lookup, with the reason in one line.
func newNotRead(u account.FailedRead) NotRead {
	_, invalid := errors.AsType[account.InvalidDocument](u.Err)
	return NotRead{LogicalID: u.LogicalID, Name: u.Name, Part: string(u.Part), Action: u.Action, Denied: Denied(u.Err), Reason: Reason(u.Err), Invalid: invalid}
}

// deniedCodes are the error codes for a missing permission. Source: IAM API Reference,
// "Common Errors"; IAM itself uses AccessDenied.
var deniedCodes = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"}

// Denied reports whether an AWS error means that the caller lacks a permission.
func Denied(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(deniedCodes, api.ErrorCode())
}

// Intercepted returns the error if a response is not from AWS; otherwise nil.
func Intercepted(err error) error {
	if invalid, ok := errors.AsType[*awsclient.InvalidResponse](err); ok {
		return invalid
	}
	return nil
}

// Reason returns AWS's reason for a failed lookup, or why AWS could not answer.
func Reason(err error) string {
	if invalid, ok := errors.AsType[*awsclient.InvalidResponse](err); ok {
		return invalid.Error()
	}
	if connection, ok := errors.AsType[*awsclient.ConnectionError](err); ok {
		return "no response: " + connection.Error()
	}
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorMessage() != "" {
		return fmt.Sprintf("%s (%s)", strings.TrimRight(api.ErrorMessage(), "."), api.ErrorCode())
	}
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		return operation.Err.Error()
	}
	return err.Error()
}

func days(d time.Duration) int { return max(int(d/(24*time.Hour)), 0) }

func (v *comparison) addKeys(f *iam.ResourceState) {
	for _, key := range f.Keys {
		k := AccessKey{LogicalID: f.LogicalID, User: f.Name, ID: key.ID, Status: key.Status, Created: key.Created.UTC(), AgeDays: days(v.Now.Sub(key.Created)),
			Service: key.Service, Region: key.Region, UseUnknown: key.LastUseUnread}
		if !key.LastUsed.IsZero() {
			used, unused := key.LastUsed.UTC(), days(v.Now.Sub(key.LastUsed))
			k.LastUsed, k.UnusedDays = &used, &unused
		}
		v.result.AccessKeys = append(v.result.AccessKeys, k)
	}
}
