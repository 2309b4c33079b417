// Scenes about deletions with retained resources: an update that changes nothing
// else gives them the DeletionPolicy Retain, and the stack is deleted only when
// the update succeeded.

package chaos_test

import (
	"bytes"
	"encoding/json"
	"strings"

	"capaboot/internal/cfndouble"
)

const deleteAndRetain = "delete --yes --retain " + nodesRole

var retainScenes = []scene{
	{name: "a role is retained", status: "CREATE_COMPLETE", command: deleteAndRetain, says: []string{"capaboot:   kept: " + nodesRole, "capaboot: kept: " + nodesRole}},
	{name: "a role is retained, with a service role", status: "CREATE_COMPLETE", command: deleteAndRetain + " --role-arn " + deployerRole},
	{name: "a role is retained, detached", status: "CREATE_COMPLETE", command: deleteAndRetain + " --detach", says: []string{"started"}},
	{name: "a role is retained without confirmation", status: "CREATE_COMPLETE", command: "delete --retain " + nodesRole, code: 1, then: checkUnchangedAndNothingLeft},
	{name: "a role is retained because of the template", account: addRetainingStack, command: "delete --yes", says: []string{"kept: " + nodesRole}},
	{
		name: "a role is retained because of the template, and is named too", account: addRetainingStack, command: deleteAndRetain, says: []string{"kept: " + nodesRole},
		never: []string{"is updated first"},
	},
	{
		name: "a role of a stack with parameters is retained", status: "CREATE_COMPLETE", command: deleteAndRetain, says: []string{"capaboot: kept: " + nodesRole},
		account: func(w *world) { w.double.Parameters = []string{"Owner", "Stage"} },
	},
	{
		name: "a role of a template that is indented with tabs is retained", command: deleteAndRetain, says: []string{"capaboot: kept: " + nodesRole},
		account: func(w *world) {
			var indented bytes.Buffer
			if err := json.Indent(&indented, []byte(w.goalOf("").template), "", "\t"); err != nil {
				panic(err)
			}
			w.double.Put(stackName, "UPDATE_COMPLETE", indented.String(), nil)
		},
	},
	{
		name: "a role with a reference to it is retained", status: "CREATE_COMPLETE", command: deleteAndRetain, says: []string{"capaboot: kept: " + nodesRole},
		account: func(w *world) { w.double.Dependents = []string{"AWSIAMInstanceProfileNodes"} },
	},
	{name: "a role is retained after a deletion that failed", status: "DELETE_FAILED", command: deleteAndRetain, says: []string{"kept: " + nodesRole}},
	{
		name: "a logical ID that the stack does not have", status: "CREATE_COMPLETE", command: "delete --yes --retain " + unknownResource, code: 1,
		says: []string{unknownResource, nodesRole}, never: []string{"the command deletes"}, then: checkUnchanged,
	},
	{
		name: "a state in which nothing can be retained", status: "ROLLBACK_FAILED", command: deleteAndRetain, code: 1,
		says: []string{"cannot retain"}, never: []string{"the command deletes"}, then: checkUnchanged,
	},
	{
		name: "the update would change something else", status: "CREATE_COMPLETE", command: deleteAndRetain, code: 1, says: []string{"would also change", "nothing was changed"},
		account: func(w *world) { w.double.SetProperty(stackName, "AWSIAMRoleControlPlane", "Description", "another") }, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "the update would change properties of the role", status: "CREATE_COMPLETE", command: deleteAndRetain, code: 1, says: []string{"would also change properties"},
		account: func(w *world) { w.double.SetProperty(stackName, nodesRole, "Description", "another") }, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "the update would replace the role", status: "CREATE_COMPLETE", command: deleteAndRetain, code: 1, says: []string{"would also change"},
		account: func(w *world) { w.double.SetProperty(stackName, nodesRole, "RoleName", "another") }, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "the update would remove the role", status: "CREATE_COMPLETE", command: deleteAndRetain, code: 1, says: []string{"would also change"},
		faults: []cfndouble.Fault{{Operation: "DescribeChangeSet", Kind: cfndouble.Altered, Element: "Action", Message: "Remove"}}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "the update would import the role", status: "CREATE_COMPLETE", command: deleteAndRetain, code: 1, says: []string{"would also change"},
		faults: []cfndouble.Fault{{Operation: "DescribeChangeSet", Kind: cfndouble.Altered, Element: "Action", Message: "Import"}}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "the update would change another role", status: "CREATE_COMPLETE", command: deleteAndRetain, code: 1, says: []string{"would also change AWSIAMRoleControlPlane"},
		faults: []cfndouble.Fault{{Operation: "DescribeChangeSet", Kind: cfndouble.Altered, Element: "LogicalResourceId", Message: "AWSIAMRoleControlPlane"}},
		then:   checkUnchangedAndNothingLeft,
	},
	{
		// The command accepts a dynamic change of another resource, because it
		// may turn out to change nothing. It does not accept a change that may
		// replace the resource.
		name: "the update might replace something else", status: "CREATE_COMPLETE", command: deleteAndRetain, code: 1, says: []string{"would also change AWSIAMRoleControlPlane"},
		account: func(w *world) { w.double.SetProperty(stackName, "AWSIAMRoleControlPlane", "Description", "another") },
		faults: []cfndouble.Fault{{
			Operation: "DescribeChangeSet", Kind: cfndouble.Altered, Element: "Evaluation", Message: "Dynamic", Other: "Replacement", OtherText: "Conditional",
		}}, then: checkUnchangedAndNothingLeft,
	},
	{
		// Another person's update comes right after that of the command.
		name: "someone removes the DeletionPolicy of the role", status: "UPDATE_COMPLETE", command: deleteAndRetain, code: 1,
		others: otherChange{kind: "replace"}, othersBefore: moment{operation: "GetTemplate", nth: 3}, says: []string{"the stack was not deleted"},
	},
	{
		name: "the stack is updated before the update for the role", status: "UPDATE_COMPLETE", command: deleteAndRetain,
		others: otherChange{kind: "update", goal: goal{name: "one more policy"}}, othersBefore: moment{operation: "CreateChangeSet", nth: 1},
	},
	{
		name: "the stack is recreated before the update for the role", status: "UPDATE_COMPLETE", command: deleteAndRetain,
		others: otherChange{kind: "recreate"}, othersBefore: moment{operation: "CreateChangeSet", nth: 1},
	},
	{
		name: "the update for the role fails", status: "UPDATE_COMPLETE", command: deleteAndRetain, code: 1,
		account: func(w *world) { w.double.Fail(cfndouble.PhaseUpdate, nodesRole, "no way") }, says: []string{"no way"}, never: []string{"did not apply"},
		then: func(w *world, r *run) {
			if len(r.carriedOutRequests("DeleteStack")) > 0 {
				w.fail(r, "the stack is deleted without the DeletionPolicy")
			}
		},
	},
	{
		name: "the update for the role has no changes", status: "UPDATE_COMPLETE", command: deleteAndRetain, code: 1, then: checkUnchanged, says: []string{"does not count the new DeletionPolicy"},
		faults: []cfndouble.Fault{{Operation: "CreateChangeSet", Kind: cfndouble.Refused, Code: "ValidationError", Message: "No updates are to be performed."}},
	},
	{
		name: "someone changes the stack before the update for the role", status: "UPDATE_COMPLETE", command: deleteAndRetain, others: otherChange{kind: "replace"}, othersBefore: beforeExecution,
	},
	{
		name: "a signal after someone changed the stack before the update for the role", status: "UPDATE_COMPLETE", command: deleteAndRetain, code: 130,
		others: otherChange{kind: "replace"}, othersBefore: beforeExecution, signal: moment{text: "changed: planning again"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "the update for the role is denied", status: "UPDATE_COMPLETE", command: deleteAndRetain, code: 1,
		faults: []cfndouble.Fault{always("ExecuteChangeSet", cfndouble.Denied, 0)}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "the change set for the role cannot be read", status: "UPDATE_COMPLETE", command: deleteAndRetain, code: 1,
		faults: []cfndouble.Fault{always("DescribeChangeSet", cfndouble.Denied, 0)}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "the template cannot be read", status: "UPDATE_COMPLETE", command: deleteAndRetain, code: 1,
		faults: []cfndouble.Fault{always("GetTemplate", cfndouble.Denied, 0)}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "the template cannot be read before the update for the role", status: "UPDATE_COMPLETE", command: deleteAndRetain, code: 1,
		faults: []cfndouble.Fault{always("GetTemplate", cfndouble.Denied, 1)}, then: checkUnchangedAndNothingLeft, says: []string{"reading the template of stack"},
	},
	{
		name: "the template cannot be read after the update for the role", status: "UPDATE_COMPLETE", command: deleteAndRetain, code: 1,
		faults: []cfndouble.Fault{always("GetTemplate", cfndouble.Denied, 2)}, says: []string{"reading the template of stack"}, never: []string{"did not apply"},
		then: func(w *world, r *run) {
			if len(r.carriedOutRequests("DeleteStack")) > 0 {
				w.fail(r, "the stack is deleted, although its template is unknown")
			}
		},
	},
	{
		// Before the question the command does not know that the template
		// retains the role.
		name: "the template can be read later", account: addRetainingStack, command: deleteAndRetain, says: []string{"capaboot: kept: " + nodesRole},
		faults: []cfndouble.Fault{atFirst("GetTemplate", cfndouble.Denied)},
	},
	{
		name: "the template cannot be read, and no resource is named", account: addRetainingStack, command: "delete --yes",
		faults: []cfndouble.Fault{always("GetTemplate", cfndouble.Denied, 0)},
	},
	{
		name: "a role whose DeletionPolicy is Delete is retained", command: deleteAndRetain, says: []string{"capaboot: kept: " + nodesRole},
		account: func(w *world) {
			w.double.Put(stackName, "UPDATE_COMPLETE", strings.Replace(retainingGoal(w).template, `"DeletionPolicy": "Retain"`, `"DeletionPolicy": "Delete"`, 1), nil)
		},
	},
	{
		name: "a role is retained except for the rollback of a creation", command: "delete --yes", says: []string{"kept: " + nodesRole},
		account: func(w *world) {
			w.double.Put(stackName, "UPDATE_COMPLETE", strings.Replace(retainingGoal(w).template, `"DeletionPolicy": "Retain"`, `"DeletionPolicy": "RetainExceptOnCreate"`, 1), nil)
		},
	},
	{
		// With the DeletionPolicy, the template would exceed the size limit.
		name: "the template is too large to retain a role", command: deleteAndRetain, code: 1, says: []string{"at most 51200"}, then: checkUnchangedAndNothingLeft,
		account: func(w *world) {
			large := strings.Replace(w.goalOf("").template, "{", `{"Description":"`+strings.Repeat("x", 51200)+`",`, 1)
			w.double.Put(stackName, "UPDATE_COMPLETE", large, nil)
		},
	},
	{
		name: "a change set for the role can be neither executed nor removed", status: "UPDATE_COMPLETE", command: deleteAndRetain, code: 1, says: []string{"could not be removed"},
		faults: []cfndouble.Fault{always("ExecuteChangeSet", cfndouble.Denied, 0), always("DeleteChangeSet", cfndouble.Denied, 0)}, then: checkUnchanged,
	},
}
