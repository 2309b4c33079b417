package cli
func workingFolder() string { return "" }
func (v *reviewed) sarif(string) any { return nil }
