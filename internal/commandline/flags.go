// Flags: each fills a field of a command's options, and says itself what is
// wrong with its value.

package commandline

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"capaboot/internal/lazy"
	"capaboot/internal/nearword"
)

// TextFlag is a flag whose value must not be empty: one that is may be that of a
// variable which is not set.
func TextFlag(into *string, name, usage string) *cli.StringFlag {
	return &cli.StringFlag{Name: name, Usage: usage, Destination: into,
		Action: func(_ *cli.Context, value string) error {
			if value == "" {
				return errorf("--%s is empty: give it a value, or leave it out", name)
			}
			return nil
		}}
}

// SecretFlag is a [TextFlag] whose value may be a secret; no message has it.
func SecretFlag(into *string, name, usage string) cli.Flag {
	return secretFlag{TextFlag(into, name, usage)}
}

type secretFlag struct{ *cli.StringFlag }

// SwitchFlag is a flag without a value.
func SwitchFlag(into *bool, name, usage string, aliases ...string) cli.Flag {
	return &cli.BoolFlag{Name: name, Aliases: aliases, Usage: usage, Destination: into, DisableDefaultText: true}
}

// OptionalFlag is a flag whose value is nil unless it is given.
func OptionalFlag(into **string, name, usage string) cli.Flag {
	return &cli.StringFlag{Name: name, Usage: usage,
		Action: func(_ *cli.Context, value string) error { *into = &value; return nil }}
}

// ListFlag is a flag that may be repeated.
func ListFlag(into *[]string, name, usage string) cli.Flag {
	return &cli.StringSliceFlag{Name: name, Usage: usage,
		Action: func(_ *cli.Context, values []string) error { *into = values; return nil }}
}

// DurationFlag is a flag for a time that must be more than nothing.
func DurationFlag(into *time.Duration, name, defaultText, usage string) *cli.DurationFlag {
	return &cli.DurationFlag{Name: name, Usage: usage, Destination: into, DefaultText: defaultText,
		Action: func(_ *cli.Context, value time.Duration) error {
			if value <= 0 {
				return errorf("invalid value for --%s: want a duration of more than zero, such as 45m or 2h", name)
			}
			return nil
		}}
}

// Choice is a flag that takes one of a few values.
type Choice struct {
	*cli.StringFlag
	Allowed []string
}

// ChoiceFlag is a flag that takes one of a few values; value is the default.
func ChoiceFlag(into *string, name, value, usage string, allowed ...string) *Choice {
	return &Choice{&cli.StringFlag{Name: name, Value: value, Usage: usage, Destination: into,
		Action: func(_ *cli.Context, value string) error { return oneOf(name, value, allowed...) }}, allowed}
}

// oneOf returns an error unless value is one of the allowed ones for a flag.
func oneOf(flag, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return errorf("invalid value %q for --%s%s", value, flag, nearword.Allowed(value, allowed))
}

// Chosen returns what the value of an [OptionalFlag] names, of the allowed values;
// the zero value for a flag that is not given.
func Chosen[T any](flag string, value *string, parse func(string) (T, error), allowed []string) (chosen T, err error) {
	if value == nil {
		return chosen, nil
	}
	if chosen, err = parse(*value); err != nil {
		return chosen, errorf("invalid value %q for --%s%s", *value, flag, nearword.Allowed(*value, allowed))
	}
	return chosen, nil
}

// FormatFlag is --output with its formats, the first being the default.
func FormatFlag(into *string, formats ...string) cli.Flag {
	flag := ChoiceFlag(into, "output", formats[0], "`FORMAT`: "+strings.Join(formats, ", "), formats...)
	flag.Aliases, flag.DefaultText = []string{"o"}, formats[0]
	return flag
}

// wrongValue is the error for a value that a flag of a command does not take.
// The library's repeats the value, which may be a secret that belongs to another
// flag.
func wrongValue(flags []cli.Flag, err error) error {
	_, rest, is := strings.Cut(err.Error(), " for flag -")
	boolean := false
	if !is { // invalid boolean value "x" for -verify: parse error
		_, rest, is = strings.Cut(err.Error(), " for -")
		boolean = is
	}
	name, _, ok := strings.Cut(rest, ": ")
	if !is || !ok || !strings.HasPrefix(err.Error(), "invalid ") {
		return &Error{Err: err}
	}
	want := "a number"
	if _, ok := findFlag(flags, "--"+name).(*cli.DurationFlag); ok {
		want = "a duration such as 45m or 2h" + meantDuration(err.Error())
	}
	if boolean {
		want = "true or false, or no value, which is true"
	}
	return errorf("invalid value for %s: want %s", dashed(name), want)
}

// meantDuration ends an error about a duration whose unit Go does not have, or
// that has none.
func meantDuration(message string) string {
	m := numberAndUnit.Get().FindStringSubmatch(message)
	if m == nil {
		return ""
	}
	number, _ := strconv.Atoi(m[1])
	switch unit := strings.ToLower(m[2]); {
	case unit == "" && number >= 600: // seconds, as the settings of AWS have them
		return fmt.Sprintf(", did you mean \"%ds\"?", number)
	case unit == "":
		return fmt.Sprintf(": write the unit too, %dm or %dh", number, number)
	case unit[0] == 'w':
		return fmt.Sprintf(", did you mean \"%dh\"?", 7*24*number)
	case unit[0] == 'd':
		return fmt.Sprintf(", did you mean \"%dh\"?", 24*number)
	default:
		return fmt.Sprintf(", did you mean \"%d%c\"?", number, unit[0])
	}
}

// numberAndUnit matches a whole number with a unit in words, or without one. It is
// short: a longer one may be the code of an MFA device.
var numberAndUnit = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`^(?i:invalid value "([0-9]{1,4}) ?(w|weeks?|d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?|)" )`)
}}
