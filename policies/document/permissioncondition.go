// The condition of a permission that is not written as a policy document.

package document

// permissionCondition returns the Condition of an AWS::Events::EventBusPolicy, which has
// Type, Key and Value, as the Condition of a statement. The condition, or its Type or
// Key, can depend on template conditions. It returns false if the result is unknown.
//
// Source: CloudFormation Template Reference, "AWS::Events::EventBusPolicy Condition".
func permissionCondition(n *node) (*node, bool) {
	return n.mapChoices(func(c *node) (*node, bool) {
		if c.isNoValue() {
			return c, true
		}
		operator, key, value := c.get("Type"), c.get("Key"), c.get("Value")
		if operator == nil || key == nil || value == nil {
			return nil, false
		}
		return operator.mapChoices(func(operator *node) (*node, bool) {
			return key.mapChoices(func(key *node) (*node, bool) {
				if !operator.isScalar() {
					return nil, false
				}
				keys := mapping(c, key.value, value)
				if !key.isScalar() {
					keys.fields[0].key, keys.fields[0].hasUnknownKey = key.opaque(), true
				}
				return mapping(c, operator.value, keys), true
			})
		})
	})
}

// mapChoices replaces each possible value of a node with the result of f, under the same
// conditions. It returns false if f returns false for one of the values.
func (n *node) mapChoices(f func(*node) (*node, bool)) (*node, bool) {
	choices, ok := n.choice()
	if !ok {
		return f(n)
	}
	replaced := *n
	branches := make([]branch, len(choices))
	for i, c := range choices {
		one, ok := c.n.mapChoices(f)
		if !ok {
			return nil, false
		}
		branches[i] = branch{one, c.conditions}
	}
	replaced.setBranches(branches)
	return &replaced, true
}
