package credentials

// SameKey reports whether the controllers would call AWS with the same access key
// with both inspected profiles, and without a role. The identity is then the same.
// It compares whole access key IDs; masked ones of different keys can be equal.
func (i Inspection) SameKey(other Inspection) bool {
	return i.keys.AccessKeyID != "" && i.keys.AccessKeyID == other.keys.AccessKeyID && len(i.roles)+len(other.roles) == 0
}
