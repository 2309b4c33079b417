// Scenes about errors of the service: temporary ones, final ones, and
// misleading ones.

package chaos_test

import (
	"os"
	"path/filepath"
	"time"

	"capaboot/internal/cfndouble"
)

// refusals returns a fault: the service responds with this error to the first
// requests for an operation. times is the number of these requests; 0 means all
// requests.
func refusals(operation string, times int, code, message string) []cfndouble.Fault {
	return []cfndouble.Fault{{Operation: operation, Times: times, Kind: cfndouble.Refused, Code: code, Message: message}}
}

// useWebIdentity makes the commands get their credentials from STS.
func useWebIdentity(w *world) {
	w.identity = filepath.Join(w.t.TempDir(), "token")
	if err := os.WriteFile(w.identity, []byte("FALSE.WEB.IDENTITY"), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

var errorScenes = []scene{
	{
		name: "a temporary error code", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
		faults: refusals("GetTemplate", 1, "RequestTimeout", "the request took too long"), then: checkNothingLeft,
	},
	{
		name: "an error without a code", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
		faults: refusals("GetTemplate", 1, "", ""), says: []string{"unexpected response from CloudFormation, with status 400"}, then: checkNothingLeft,
	},
	{
		name: "the clock is wrong", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 1,
		faults: refusals("GetTemplate", 0, "RequestExpired", "Request has expired"), says: []string{"Request has expired", "get new credentials"}, then: within(30 * time.Second),
	},
	{
		name: "the credentials expire again and again", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 1,
		faults:  []cfndouble.Fault{always("GetTemplate", cfndouble.Expired, 0)},
		trouble: trouble{renewed: true}, says: []string{"get new credentials"}, then: within(20 * time.Second),
	},
	{
		name: "the credentials expire while the warnings are read", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 1,
		faults: []cfndouble.Fault{always("DescribeEvents", cfndouble.Expired, 0)}, says: []string{"get new credentials"},
	},
	{
		name: "something else does not exist", status: "UPDATE_COMPLETE", command: "delete --yes", code: 1,
		faults: refusals("DescribeStacks", 0, "ValidationError", "Role arn:aws:iam::123456789012:role/deployer does not exist"),
		never:  []string{"nothing to delete"}, then: checkUnchanged,
	},
	{
		name: "an error about the name of the stack", status: "UPDATE_COMPLETE", command: "delete --yes", code: 1,
		faults: refusals("DescribeStacks", 0, "ValidationError", "Stack names are not allowed today"), never: []string{"nothing to delete"}, then: checkUnchanged,
	},
	{
		name: "a race at every attempt", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 1,
		faults:  refusals("CreateChangeSet", 0, "ValidationError", "Stack:arn is in UPDATE_IN_PROGRESS state and can not be updated."),
		trouble: trouble{misleading: true}, says: []string{"can not be updated"}, then: within(3 * time.Minute),
	},
	{
		name: "a rollback cannot be continued", account: addFailedStack("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes", code: 1,
		faults: refusals("ContinueUpdateRollback", 0, "ValidationError", "Role arn:aws:iam::123456789012:role/deployer is invalid"),
		says:   []string{"is invalid"}, never: []string{"changed: planning again"}, then: checkUnchanged,
	},
	{
		name: "a temporary HTTP status", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", then: checkNothingLeft,
		faults: []cfndouble.Fault{{Operation: "GetTemplate", Times: 1, Kind: cfndouble.Refused, Status: 429, Code: "SlowDownPlease", Message: "too fast"}},
	},
	{
		name: "the credentials are expired from the beginning", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 1,
		faults: []cfndouble.Fault{always("DescribeStacks", cfndouble.Expired, 0)}, says: []string{"get new credentials"}, never: []string{"cannot be refreshed"}, then: within(20 * time.Second),
	},
	{
		name: "another operation is in progress", account: addFailedStack("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes",
		faults:  refusals("ContinueUpdateRollback", 1, "OperationInProgressException", "Another operation is in progress"),
		trouble: trouble{misleading: true},
	},
	{
		name: "a rollback cannot be continued, and the stack cannot be read", account: addFailedStack("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes", code: 1,
		faults: append(refusals("ContinueUpdateRollback", 0, "ValidationError", "Role arn:aws:iam::123456789012:role/deployer is invalid"), always("DescribeStacks", cfndouble.Denied, 2)),
		then:   errorSays("is invalid"),
	},
	{
		name: "new credentials are unavailable for a while", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: useWebIdentity,
		faults: []cfndouble.Fault{
			{Operation: "DescribeStackEvents", Skip: 2, Times: 3, Kind: cfndouble.Expired},
			{Operation: "AssumeRoleWithWebIdentity", Skip: 1, Times: 6, Kind: cfndouble.Unavailable},
		},
		says: []string{"the credentials expired, and cannot be refreshed for now", "is updated"},
	},
	{
		name: "new credentials are unavailable until the timeout", status: "UPDATE_COMPLETE", command: "deploy --timeout 5m", goal: "tags of roles", account: useWebIdentity, code: 1,
		faults: []cfndouble.Fault{always("DescribeStackEvents", cfndouble.Expired, 2), always("AssumeRoleWithWebIdentity", cfndouble.Unavailable, 1)},
		says:   []string{"timed out", "same command"},
	},
	{
		name: "a signal while new credentials are requested", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: useWebIdentity, code: 130,
		faults: []cfndouble.Fault{always("DescribeStackEvents", cfndouble.Expired, 2), {Operation: "AssumeRoleWithWebIdentity", Skip: 1, Kind: cfndouble.Slow, Delay: 10 * time.Second}},
		signal: moment{operation: "AssumeRoleWithWebIdentity", nth: 2, after: time.Second}, says: []string{"same command"}, never: []string{"get new credentials"},
	},
	{
		name: "a race at every execution", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 1,
		faults:  refusals("ExecuteChangeSet", 0, "InvalidChangeSetStatus", "ChangeSet cannot be executed in its current status"),
		trouble: trouble{misleading: true}, then: within(5 * time.Minute),
	},
}
