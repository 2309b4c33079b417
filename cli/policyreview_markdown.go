package cli
func (v *reviewed) markdown() string { return "" }
