// Flags that have no effect on a run, such as --region when nothing is read from
// an account. Their values must be valid, and a warning says that they have no
// effect.

package cli

import (
	"slices"

	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/internal/input"
	"capaboot/internal/shortlist"
)

// markUsed records that flags had an effect on the run.
func (r *runner) markUsed(flags ...string) { r.usedFlags = append(r.usedFlags, flags...) }

// withUnusedWarning returns an action that first checks the values of flags that may
// have no effect. After a successful run, the action warns of the named flags that are
// set but had no effect: [runner.markUsed] was not called with their names.
func (r *runner) withUnusedWarning(action cli.ActionFunc, flags ...string) cli.ActionFunc {
	return func(c *cli.Context) error {
		if err := r.checkFlagValues(c); err != nil {
			return err
		}
		err := action(c)
		if err == nil || isUnexpectedResult(err) {
			r.warnUnused(c, flags)
		}
		return err
	}
}

// checkFlagValues returns an error if a flag has an invalid value, even if the
// command may not use the flag.
func (r *runner) checkFlagValues(c *cli.Context) error {
	if release := c.String("capa-version"); release != "" {
		if _, _, err := r.chosenRelease(generatingOptions{release: release}); err != nil {
			return err
		}
	}
	if config := c.String("config"); config != "" {
		if err := input.CheckFile(c.Context, config); err != nil {
			return r.configurationFileError(err, config)
		}
	}
	if err := (credentials.Request{Region: c.String("region"), MFACode: c.String("mfa-code"), Names: settingNames.Get()}).Check(); err != nil {
		return usageError{withHint(err)}
	}
	return nil
}

// warnUnused warns of the flags that are set, but had no effect.
func (r *runner) warnUnused(c *cli.Context, flags []string) {
	var unused []string
	for _, flag := range flags {
		if c.IsSet(flag) && !slices.Contains(r.usedFlags, flag) {
			unused = append(unused, "--"+flag)
		}
	}
	switch len(unused) {
	case 0:
	case 1:
		r.talk.Warn("%s has no effect with these arguments", unused[0])
	default:
		r.talk.Warn("%s have no effect with these arguments", shortlist.And(unused))
	}
}

// generatingFlags and accountFlags are the flags of [generatingOptions] and
// [accountOptions].
func generatingFlags() []string { return []string{"config", "capa-version", "raised-quotas"} }
func accountFlags() []string    { return []string{"profile", "region", "mfa-code"} }
