// What "verify" found: the JSON, and what each kind of difference means.

package report

import (
	"capaboot/iam/verify"
	"capaboot/internal/render"
)

// Verification is the result of "verify". Its JSON is documented in
// docs/verifying.md.
type Verification struct {
	// Version is that of this format.
	Version int    `json:"version"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Stack   string `json:"stack"`
	// Outcome is "same", "different", or "partial": something was not seen, so that
	// it is unknown whether all is as configured.
	Outcome string `json:"outcome"`
	verify.Result

	of VerifiedSource
}

// VerifiedSource says for SARIF where the configuration stands, and who reports.
type VerifiedSource struct {
	// File is that of the configuration, "" for the defaults; Folder the one that the
	// command runs in; Version that of the program.
	File, Folder, Version string
}

// NewVerification is a result with where it was found.
func NewVerification(found *verify.Result, account, region, stack string, of VerifiedSource) Verification {
	v := Verification{Version: 1, Account: account, Region: region, Stack: stack, Outcome: "same", Result: *found, of: of}
	switch {
	case found.Partial():
		v.Outcome = "partial"
	case !found.Same():
		v.Outcome = "different"
	}
	return v
}

// Format writes it as "text", "json", "markdown" or "sarif".
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
