// The result of "verify", as JSON.

package report

import (
	"capaboot/iam/verify"
	"capaboot/internal/render"
)

// Verification is the result of "verify". Its JSON is documented in
// docs/verifying.md.
type Verification struct {
	// Version is the version of this format.
	Version int    `json:"version"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Stack   string `json:"stack"`
	// Outcome is "same", "different" or "partial". "partial" means that a read
	// failed, so that it is unknown whether everything is as configured.
	Outcome string `json:"outcome"`
	verify.Result

	source VerifiedSource
}

// VerifiedSource has the origin of the configuration and of the report, for
// SARIF.
type VerifiedSource struct {
	// File is the configuration file, "" for the defaults. Folder is the folder
	// that the command runs in, and Version the version of the program.
	File, Folder, Version string
}

// NewVerification returns the result for an account, region and stack.
func NewVerification(found *verify.Result, account, region, stack string, source VerifiedSource) Verification {
	v := Verification{Version: 1, Account: account, Region: region, Stack: stack, Outcome: "same", Result: *found, source: source}
	switch {
	case found.Partial():
		v.Outcome = "partial"
	case !found.Same():
		v.Outcome = "different"
	}
	return v
}

// Format writes the result as "text", "json", "markdown" or "sarif".
func (v Verification) Format(output string) ([]byte, error) {
	switch output {
	case "json":
		return render.JSON(v)
	case "sarif":
		return render.JSON(v.sarif())
	case "markdown":
		return []byte(v.markdown()), nil
	}
	return []byte(v.text()), nil
}
