// Scenes about unusual templates: of the existing stack, in responses, and of
// the configuration.

package chaos_test

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/cfndouble"
)

// replaceTemplate returns a fault that replaces the template in the responses to
// GetTemplate. skip is how many requests the fault skips first.
func replaceTemplate(text string, skip int) []cfndouble.Fault {
	return []cfndouble.Fault{{Operation: "GetTemplate", Skip: skip, Kind: cfndouble.Altered, Element: "TemplateBody", Message: text}}
}

// checkNotDeleted checks that the run did not request a deletion of the stack.
func checkNotDeleted(w *world, r *run) {
	if slices.ContainsFunc(r.requests, func(q *request) bool { return q.Operation == "DeleteStack" }) {
		w.fail(r, "it deletes the stack")
	}
}

func tagStack(w *world) { w.double.SetTags(stackName, map[string]string{"env": "dev"}) }

func templateScenes() []scene {
	all := []scene{
		{
			// JSON may be indented with tabs; YAML may not.
			name: "a template that is indented with tabs", command: deleteAndRetain, says: []string{"is deleted"},
			account: func(w *world) {
				w.double.Put(stackName, "UPDATE_COMPLETE", strings.ReplaceAll(w.goalOf("").template, "\n  ", "\n\t"), nil)
			},
		},
		{
			name: "a template without the resource to retain", status: "UPDATE_COMPLETE", command: deleteAndRetain, code: 1,
			faults: replaceTemplate(`{"Resources": {"Other": {"Type": "AWS::IAM::Role"}}}`, 0), says: []string{"the template of the stack has no resource " + nodesRole},
			then: checkUnchangedAndNothingLeft,
		},
		{
			name: "a template that cannot be read after the update that retains a resource", status: "UPDATE_COMPLETE", command: deleteAndRetain, code: 1,
			faults: replaceTemplate("- a", 2), says: []string{"it is unknown whether CloudFormation applied the DeletionPolicy: reading the template: it is not a mapping; the stack was not deleted"}, then: checkNotDeleted,
		},
		{
			name: "a template without the resource after the update that retains it", status: "UPDATE_COMPLETE", command: deleteAndRetain, code: 1,
			faults: replaceTemplate(`{"Resources": {"Other": {"Type": "AWS::IAM::Role"}}}`, 2), says: []string{"did not apply the DeletionPolicy of " + nodesRole}, then: checkNotDeleted,
		},
		{
			name: "a deployment whose permissions cannot be compared", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
			faults: replaceTemplate("- a", 0), says: []string{"it is unknown which permissions are gained or lost", "is updated"},
		},
		{
			name: "a plan whose permissions cannot be compared", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
			faults: replaceTemplate("- a", 0), says: []string{"the permissions cannot be compared"}, prints: []string{nodesRole},
		},
		{
			name: "a tag of the stack gets another value", status: "UPDATE_COMPLETE", deployed: "tags of the stack", account: tagStack,
			command: "plan --exit-code", goal: "tags of the stack", code: 3, prints: []string{"1 tag", "env", "dev", "prod"},
		},
		{
			name: "a tag without a value", status: "UPDATE_COMPLETE", deployed: "tags of the stack", command: "plan --exit-code --tag empty=", goal: "tags of the stack",
			code: 3, prints: []string{"1 tag", "empty"},
		},
		{
			name: "a property that changes for two reasons", status: "UPDATE_COMPLETE", command: "plan",
			account: func(w *world) {
				w.double.DuplicateProperties = true
				w.double.SetProperty(stackName, nodesRole, "Description", "another")
			},
			then: func(w *world, r *run) {
				if n := strings.Count(r.stdout, "Description"); n != 1 {
					w.fail(r, "it shows the property %d times", n)
				}
			},
		},
		{
			name: "the values of a property that changes", status: "UPDATE_COMPLETE", command: "plan -o json", prints: []string{`"before": "another"`},
			account: func(w *world) { w.double.SetProperty(stackName, nodesRole, "Description", "another") },
		},
		{
			name: "a resource that refers to the retained resource changes too", status: "UPDATE_COMPLETE", command: deleteAndRetain, code: 1,
			account: func(w *world) { w.double.DuplicateProperties, w.double.Dependents = true, []string{controllersPolicy} },
			says:    []string{"the change set would also change " + controllersPolicy}, then: checkUnchangedAndNothingLeft,
		},
		{
			name: "a change without a target", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", prints: []string{nodesRole},
			faults: []cfndouble.Fault{{Operation: "DescribeChangeSet", Kind: cfndouble.Lacking, Element: "Target"}},
		},
		{
			name: "a template that is too large for an import", status: "UPDATE_COMPLETE", command: "deploy --yes --import-existing", code: 1,
			account: useConfiguration(manyStatements(68)), says: []string{"with the DeletionPolicy that an import needs"}, then: checkUnchangedAndNothingLeft,
		},
		{
			name: "a placeholder is left in the configuration", command: "deploy --yes", code: 2, says: []string{"has a placeholder"}, then: checkNothingRequested,
			account: useConfiguration("  nodes:\n    extraPolicyAttachments: ['arn:aws:iam::${ACCOUNT}:policy/x']\n"),
		},
	}
	for i, text := range []string{"{", "- a", "Outputs: {}", "Resources: text", "Resources: {}", "Resources: {" + nodesRole + ": text}",
		"[Resources, {" + nodesRole + ": {DeletionPolicy: Retain}}]", "Resources: [" + nodesRole + ", {DeletionPolicy: Retain}]"} {
		all = append(all, scene{
			name: fmt.Sprintf("an invalid template, with a resource to retain, %d", i+1), status: "UPDATE_COMPLETE", command: deleteAndRetain, code: 1,
			faults: replaceTemplate(text, 0), says: []string{"reading the template"}, then: checkUnchangedAndNothingLeft,
		})
	}
	return all
}
