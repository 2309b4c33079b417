package cli

type permissionChanges struct{}

func (permissionChanges) none() bool                            { return true }
func (permissionChanges) text(int) string                       { return "" }
func (permissionChanges) markdown() string                      { return "" }
func permissionsBetween(before, after string) permissionChanges { return permissionChanges{} }
