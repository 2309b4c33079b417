// Package stackhints writes the hint for an error of a command on the stack, in
// terms of flags and configuration fields.
//
// cfnstack classifies the error, and iam knows which field names a resource.
// This package has one hint per kind. No hint suggests deleting something that
// another stack may own.
package stackhints

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"capaboot/cfnstack"
	"capaboot/iam"
	"capaboot/internal/deployed"
	"capaboot/internal/lazy"
)

// Situation describes the failed command, for the hints.
type Situation struct {
	Template                  *iam.Template // nil when there is none
	Stack, Partition, Account string
	Profile, Region           string // options of the AWS CLI, such as " --region eu-west-1", or ""
	Deploys                   bool   // the command has the flags --role-arn and --import-existing
	Adopts                    bool   // --import-existing is given
	Asks                      bool   // a user at a terminal can answer questions
	Deletes                   bool   // the command has the flags --role-arn and --retain
	Purpose                   string // the name of the command for print-operator-policy --for, such as "deploy"; "" for none
	ServiceRole               string // the ARN of --role-arn
}

// Of returns the hint for an error of cfnstack, or for the error that an
// account cannot be read; "" when there is none.
func Of(err error, s Situation) string {
	for ; err != nil; err = errors.Unwrap(err) {
		switch e := err.(type) {
		case *cfnstack.Interrupted:
			retry := "run the same command again"
			if errors.Is(e.Err, cfnstack.ErrCredentials) {
				retry = "get new credentials and run the same command again"
			}
			return "CloudFormation continues without this command; to follow the stack, " + retry
		case *cfnstack.Unconfirmed:
			return "to see the result, run the same command again: if the operation has started, the command follows the operation"
		case *cfnstack.Deleted:
			return "someone else deleted the stack; find out who (CloudTrail has the call DeleteStack), then run the same command again"
		case *cfnstack.Protected:
			return s.unprotectHint()
		case *cfnstack.NotInStack:
			return "to list the logical IDs: aws cloudformation list-stack-resources" + s.stackOptions()
		case *cfnstack.Stuck:
			return "check the events of the stack in the CloudFormation console, and fix the errors that the events report; see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html"
		case *cfnstack.Unanswered:
			return e.SoFar() + "; to be asked again, run the same command again"
		case *cfnstack.Declined:
			return s.declinedHint(e.Question)
		case *cfnstack.Failure:
			if e.Conflict() {
				return "the status of the stack changed while the command worked: run the same command again; the command first reads the new status" + s.repairClause()
			}
			if hint := reasonHint(e.Reason, e.Cause, s); hint != "" || e.Status == "" {
				return hint
			}
			s.Stack = cmp.Or(e.StackID, s.Stack) // CloudFormation finds a deleted stack only by its ID
			return "fix the cause, then run the same command again; to see all events of the stack: aws cloudformation describe-stack-events" + s.stackOptions()
		case *deployed.Unreadable:
			if e.Silent {
				return "check the network, the proxy (HTTPS_PROXY) and the region"
			}
			return reasonHint(e.Reason, nil, Situation{Purpose: s.Purpose})
		}
	}
	return ""
}

// declinedHints has the beginning of the hint for each kind of question.
var declinedHints = lazy.Value[map[cfnstack.QuestionKind]string]{Make: func() map[cfnstack.QuestionKind]string {
	return map[cfnstack.QuestionKind]string{
		cfnstack.QuestionApply:            "check the plan, then ",
		cfnstack.QuestionApplyChanged:     "check the new plan, then ",
		cfnstack.QuestionContinueRollback: "fix the causes that the list of resources shows, then ",
		cfnstack.QuestionRecreate:         "to delete and recreate the stack, ",
		cfnstack.QuestionDelete:           "to delete the stack, ",
	}
}}

// declinedHint is the hint after a question was declined. --yes does not confirm a
// plan that has changed.
func (s Situation) declinedHint(q cfnstack.Question) string {
	kind, first := q.Kind, declinedHints.Get()[q.Kind]
	if kind == cfnstack.QuestionContinueRollback && len(q.Resources) == 0 {
		first = "find the cause in the events of the stack (aws cloudformation describe-stack-events" + s.stackOptions() + "), fix the cause, then "
	}
	rerun := "run the command again with --yes"
	switch {
	case kind == cfnstack.QuestionApplyChanged:
		rerun = "run the command again"
	case s.Asks:
		rerun = "run the command again and type \"yes\""
	}
	return first + rerun + s.continueCommand(kind)
}

// continueCommand returns the AWS CLI command that continues a rollback, as the
// end of a hint; "" for any other question.
func (s Situation) continueCommand(kind cfnstack.QuestionKind) string {
	if kind != cfnstack.QuestionContinueRollback {
		return ""
	}
	return ", or: aws cloudformation continue-update-rollback" + s.stackOptions()
}

// repairClause says what a deployment does with a stack that must be repaired, as the
// end of a hint; "" for any other command.
func (s Situation) repairClause() string {
	if s.Purpose != "deploy" {
		return ""
	}
	return " and, if needed, repairs the stack after a confirmation"
}

// stackOptions returns the AWS CLI options that name the stack.
func (s Situation) stackOptions() string {
	return " --stack-name " + argument(s.Stack, "STACK") + s.Region + s.Profile
}

// unprotectHint is the hint for a stack that termination protection keeps from
// being deleted.
func (s Situation) unprotectHint() string {
	return "to delete the stack, first disable termination protection: aws cloudformation update-termination-protection --no-enable-termination-protection" +
		s.stackOptions() + "; then run the command again: the command shows what it will delete"
}

// plainArgument matches text that a shell does not change (zsh expands a first
// "="), and that the AWS CLI does not read as an option.
var plainArgument = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9+,.@_:/][A-Za-z0-9+=,.@_:/-]*$`)
}}

// argument returns a value for a command that users copy, or the placeholder if a shell
// or the AWS CLI could misread the value. The AWS CLI replaces a value that begins with
// "file://" or "https://" by the content of that address.
func argument(value, placeholder string) string {
	if !plainArgument.Get().MatchString(value) || strings.Contains(value, "://") {
		return placeholder
	}
	return value
}

// failure combines the reason for a failure with the situation of the command.
type failure struct {
	cfnstack.Reason
	Situation
	logicalID, physicalID string // IDs of the failed resource, if known
}

// reasonHint returns the hint for a reason; "" when there is none. event is the
// failed event; nil when the service rejected the request.
func reasonHint(reason cfnstack.Reason, event *cfnstack.Event, s Situation) string {
	t := failure{Reason: reason, Situation: s}
	if event != nil && !event.Stack {
		t.logicalID, t.physicalID = event.LogicalID, event.PhysicalID
	}
	hint, known := reasonHints.Get()[reason.Kind]
	if !known {
		return ""
	}
	text := hint(t)
	if reason.PolicyARN != "" {
		text += fmt.Sprintf(" (%s)", reason.PolicyARN)
	}
	return text
}

func (t failure) action() string { return cmp.Or(t.Action, "the action") }
func (t failure) caller() string { return cmp.Or(t.Principal, "the caller") }

// policy returns the type of the policy with its article, such as "an
// identity-based policy".
func (t failure) policy() string {
	noun := cmp.Or(t.PolicyType, "policy")
	if strings.ContainsRune("aeio", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}
