// Package verify compares what an account has with what a configuration generates:
// resource by resource, and policies by effect, as package diff does.
//
// Its promise is one-sided. Where it says that nothing differs, everything was
// looked at; what could not be looked at is named ([Result.Unseen]), and taken to
// be as configured in all else.
package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"capaboot/iam"
	"capaboot/internal/awsclient"
	"capaboot/policies/diff"
	"capaboot/policies/source"
)

// Input is what is compared.
type Input struct {
	// Generated is what the configuration generates, and Template the template of
	// it.
	Generated *source.Generated
	Template  *iam.Template
	// Partition and Account say where.
	Partition, Account string
	// Stack is the stack, nil when it does not exist. StackUnseen says that it is
	// unknown.
	Stack       *Stack
	StackUnseen bool
	StackName   string
	// Tags are those that the stack should have.
	Tags map[string]string
	// Unseen are the looks at the stack that failed.
	Unseen []Unseen
	// Now is for the age of access keys.
	Now time.Time
}

// Stack is the stack as it is.
type Stack struct {
	Name, Status, Reason string
	// Final and Failed say what the status means.
	Final, Failed bool
	Tags          map[string]string
	Resources     []iam.StackResource
	// Template is the text that it was deployed with; "" when it is unknown.
	Template string
}

// Result is what was found. Its JSON is stable: names are not changed or taken
// away, only added.
type Result struct {
	// Differences are sorted: those of the stack first, then by logical ID.
	Differences []Difference `json:"differences"`
	// Unseen are the looks that were denied or failed.
	Unseen []Unseen `json:"unseen"`
	// Permissions are what the account allows and the configuration does not, and
	// the other way.
	Permissions diff.Result `json:"permissions"`
	// Checked is how many resources were compared.
	Checked int `json:"checked"`
	// AccessKeys are those of the users of the configuration.
	AccessKeys []AccessKey `json:"accessKeys"`
	// Outdated: the stack's template is another one than the configuration's, so that
	// differences need not have been made by hand.
	Outdated bool `json:"outdated"`
	// Drift is what CloudFormation says; nil when it was not asked.
	Drift *Drift `json:"drift,omitempty"`
}

// Difference is one thing that is not as configured.
type Difference struct {
	Kind Kind `json:"kind"`
	// LogicalID is "" for the stack; Name is the name, and of a managed policy the
	// ARN.
	LogicalID string `json:"logicalID,omitempty"`
	Type      string `json:"type"`
	Name      string `json:"name"`
	// What is the policy, tag, user or group that it is about; Configured and Found
	// are the values, where there are any.
	What       string  `json:"what,omitempty"`
	Configured *string `json:"configured,omitempty"`
	Found      *string `json:"found,omitempty"`
}

// WholeResource is the Part of an [Unseen] of which nothing was seen.
const WholeResource = string(iam.PartResource)

// Unseen is a look that was denied or failed.
type Unseen struct {
	LogicalID string `json:"logicalID,omitempty"`
	Name      string `json:"name"`
	Part      string `json:"part"`
	// Action is the permission that the look needs; "" when it is not a call.
	Action string `json:"action,omitempty"`
	// Denied: the caller lacks the permission.
	Denied bool   `json:"denied"`
	Reason string `json:"reason"`
}

// AccessKey is one of a user.
type AccessKey struct {
	LogicalID string    `json:"logicalID"`
	User      string    `json:"user"`
	ID        string    `json:"id"`
	Status    string    `json:"status"`
	Created   time.Time `json:"created"`
	// AgeDays and UnusedDays are whole days; UnusedDays is absent for a key that
	// was never used, and for one whose use is unknown.
	AgeDays    int        `json:"ageDays"`
	LastUsed   *time.Time `json:"lastUsed,omitempty"`
	UnusedDays *int       `json:"unusedDays,omitempty"`
	Service    string     `json:"service,omitempty"`
	Region     string     `json:"region,omitempty"`
	// UseUnknown: the last use could not be read.
	UseUnknown bool `json:"useUnknown"`
}

// Same is whether everything was seen, and is as configured.
func (r *Result) Same() bool { return len(r.Differences) == 0 && len(r.Unseen) == 0 }

// Partial is whether something was not seen.
func (r *Result) Partial() bool { return len(r.Unseen) > 0 }

// Read reads the account and compares it. The errors are of contexts, and of what
// is generated.
func Read(ctx context.Context, api iam.API, in Input) (*Result, error) {
	v := &comparison{Input: in, result: &Result{Differences: []Difference{}, Unseen: slices.Clip(in.Unseen), AccessKeys: []AccessKey{}}}
	v.names()
	reader := iam.Reader{API: api, Whole: true, Failed: func(u iam.Unseen) error {
		v.result.Unseen = append(v.result.Unseen, unseenOf(u))
		return ctx.Err()
	}}
	account, err := reader.Read(ctx, v.targets)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	v.refuse(account)
	if err := v.compare(account); err != nil {
		return nil, err
	}
	if v.result.Unseen == nil {
		v.result.Unseen = []Unseen{}
	}
	return v.result, nil
}

// refuse takes note of documents that are none, and were not seen by that: IAM gives
// no such ones.
func (v *comparison) refuse(account *iam.Account) {
	check := func(f *iam.Found, part iam.Part, document *any, trust bool) {
		if *document == nil {
			return
		}
		if _, err := setOf(*document, trust); err != nil {
			*document, f.Unseen[part] = nil, true
			v.result.Unseen = append(v.result.Unseen, Unseen{LogicalID: f.LogicalID, Name: f.Name, Part: string(part), Reason: err.Error()})
		}
	}
	for _, f := range slices.Concat(account.Resources, account.Foreign) {
		check(f, iam.PartResource, &f.Trust, true)
		check(f, iam.PartDocument, &f.Document, false)
		for i := range f.Inline {
			check(f, iam.PartInline, &f.Inline[i].Document, false)
		}
	}
}

// unseenOf says in one line why a look failed.
func unseenOf(u iam.Unseen) Unseen {
	name := u.Name
	return Unseen{LogicalID: u.LogicalID, Name: name, Part: string(u.Part), Action: u.Action, Denied: Denied(u.Err), Reason: Reason(u.Err)}
}

// deniedCodes are those of a caller that lacks a permission. Source: IAM API
// Reference, "Common Errors"; IAM itself says AccessDenied.
var deniedCodes = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"}

// Denied is whether an error of AWS is that the caller lacks a permission.
func Denied(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(deniedCodes, api.ErrorCode())
}

// Reason is what AWS said of a look that failed, or what kept it from answering.
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

// keys takes note of the access keys of a user.
func (v *comparison) keys(f *iam.Found) {
	for _, key := range f.Keys {
		k := AccessKey{LogicalID: f.LogicalID, User: f.Name, ID: key.ID, Status: key.Status, Created: key.Created.UTC(), AgeDays: days(v.Now.Sub(key.Created)),
			Service: key.Service, Region: key.Region, UseUnknown: key.UseUnseen}
		if !key.LastUsed.IsZero() {
			used, unused := key.LastUsed.UTC(), days(v.Now.Sub(key.LastUsed))
			k.LastUsed, k.UnusedDays = &used, &unused
		}
		v.result.AccessKeys = append(v.result.AccessKeys, k)
	}
}
