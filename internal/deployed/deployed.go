// Package deployed reads the stack of a configuration as it is in the account,
// through CloudFormation and IAM: as a template for the analyses, for the
// comparison with the configuration, and for a plan that reverts drift. It
// changes nothing, and does not depend on command-line flags.
package deployed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"capaboot/cfnstack"
	"capaboot/iam/account"
	"capaboot/internal/awsclient"
	"capaboot/internal/deadline"
	"capaboot/internal/escape"
)

// Reader reads the stacks of an account.
type Reader struct {
	Manager *cfnstack.Manager
	// IAM returns the IAM API. It is called after the stack was read.
	IAM func(context.Context) (account.API, error)
}

// Template returns a template of the stack's resources as they are in the
// account, and the logical IDs of the resources that no longer exist. The error
// is an [*Unreadable] when IAM rejects a request or does not respond.
func (r Reader) Template(ctx context.Context, stack *cfnstack.Stack) (template map[string]any, missing []string, err error) {
	api, err := r.IAM(ctx)
	if err != nil {
		return nil, nil, err
	}
	template, missing, err = account.Deployed(ctx, api, stackResources(stack), stack.Tags)
	if ctx.Err() != nil {
		return nil, nil, deadline.NewEnded(ctx, "reading the account")
	}
	if err != nil {
		return nil, nil, readError(err)
	}
	return template, missing, nil
}

// BeforeRevert returns the generated template as JSON text, but with the
// account's values for everything that the drift-aware change set would change;
// "" when the stack does not exist. generated is the template of the change
// set.
func (r Reader) BeforeRevert(ctx context.Context, stack *cfnstack.Stack, generated map[string]any, set *cfnstack.ChangeSet) (string, error) {
	if stack == nil {
		return "", nil
	}
	account, _, err := r.Template(ctx, stack)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(templateBeforeRevert(generated, account, set))
	return string(text), err
}

// Unreadable is the error when IAM rejects a request or does not respond. Its
// text is one sentence.
type Unreadable struct {
	Err error
	// Silent means that IAM did not respond.
	Silent bool
	// Reason is IAM's error, if it responded.
	Reason cfnstack.Reason
}

func (e *Unreadable) Error() string { return e.Err.Error() }
func (e *Unreadable) Unwrap() error { return e.Err }

// readError describes an error in one sentence. It returns an [*Unreadable]
// when IAM rejected a request or did not respond.
func readError(err error) error {
	if connection, ok := errors.AsType[*awsclient.ConnectionError](err); ok {
		return &Unreadable{Err: fmt.Errorf("reading the account: no response from IAM: %w", connection), Silent: true}
	}
	var api smithy.APIError
	var operation *smithy.OperationError
	if !errors.As(err, &api) || !errors.As(err, &operation) {
		return fmt.Errorf("reading the account: %w", err)
	}
	problem := fmt.Errorf("reading the account: iam:%s: %s (%s)", operation.OperationName, escape.Text(api.ErrorMessage()), api.ErrorCode())
	return &Unreadable{Err: problem, Reason: cfnstack.Explain(api.ErrorMessage())}
}
