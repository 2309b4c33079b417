package credentials

// SameKey reports whether both inspections are about the same access key and neither
// has a role. If so, the identity is the same. SameKey compares whole access key IDs,
// because different keys can have equal masked IDs.
func (i Inspection) SameKey(other Inspection) bool {
	return i.keys.AccessKeyID != "" && i.keys.AccessKeyID == other.keys.AccessKeyID && len(i.roles)+len(other.roles) == 0
}
