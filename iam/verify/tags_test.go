// Tests of tags that conditions of policies compare.

package verify

import (
	"strings"
	"testing"
)

// TestTagsThatConditionsCompare checks that the comparison of permissions ignores
// the tags that come from the stack, and tags that could not be read, although
// conditions of the policies compare them.
func TestTagsThatConditionsCompare(t *testing.T) {
	const condition = `{StringEquals: {"aws:PrincipalTag/team": capa, "aws:PrincipalTag/cost": "1"}}`
	text := strings.Replace(everything, `extraStatements: [{Effect: Allow, Action: ["s3:GetObject"], Resource: ["*"]}]
    tags:`, `extraStatements: [{Effect: Allow, Action: ["s3:GetObject"], Resource: ["*"], Condition: `+condition+`}]
    tags:`, 1)
	for _, operation := range []string{"", "GetRole", "GetUser"} {
		w := newWorld(t, text)
		w.in.Tags, w.in.Stack.Tags = map[string]string{"cost": "1"}, map[string]string{"cost": "1"}
		w.resource(roleNodes).Tags = map[string]string{"team": "capa", "cost": "1"}
		w.resource(userBootstrap).Tags = map[string]string{"cost": "1"}
		if operation != "" {
			w.faults[operation] = denied(operation)
		}
		if got := w.read(); len(got.Differences) > 0 || !got.Permissions.Empty() {
			t.Errorf("%s: %v, %+v", operation, differences(got), got.Permissions.Principals)
		}
		w.resource(userBootstrap).Tags["team"] = "capa"
		if got := w.read(); got.Permissions.Empty() != (operation == "GetUser") {
			t.Errorf("%s: another tag: %+v", operation, got.Permissions.Principals)
		}
	}
}
