// Flags: each sets a field of a command's options, and checks its own value.

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

// TextFlag returns a flag whose value must not be empty. An empty value may
// come from a variable that is not set.
func TextFlag(destination *string, name, usage string) *cli.StringFlag {
	return &cli.StringFlag{Name: name, Usage: usage, Destination: destination,
		Action: func(_ *cli.Context, value string) error {
			if value == "" {
				return errorf("missing value for --%s: pass a value, or leave the flag out", name)
			}
			return nil
		}}
}

// SecretFlag returns a [TextFlag] whose value may be a secret: no message shows
// it.
func SecretFlag(destination *string, name, usage string) cli.Flag {
	return secretTextFlag{TextFlag(destination, name, usage)}
}

type secretTextFlag struct{ *cli.StringFlag }

// SwitchFlag returns a flag without a value.
func SwitchFlag(destination *bool, name, usage string, aliases ...string) cli.Flag {
	return &cli.BoolFlag{Name: name, Aliases: aliases, Usage: usage, Destination: destination, DisableDefaultText: true}
}

// OptionalFlag returns a flag that leaves *destination nil unless it is given.
func OptionalFlag(destination **string, name, usage string) cli.Flag {
	return &cli.StringFlag{Name: name, Usage: usage,
		Action: func(_ *cli.Context, value string) error { *destination = &value; return nil }}
}

// ListFlag returns a flag that may be repeated.
func ListFlag(destination *[]string, name, usage string) cli.Flag {
	return &cli.StringSliceFlag{Name: name, Usage: usage,
		Action: func(_ *cli.Context, values []string) error { *destination = values; return nil }}
}

// DurationFlag returns a flag for a duration greater than zero.
func DurationFlag(destination *time.Duration, name, defaultText, usage string) *cli.DurationFlag {
	return &cli.DurationFlag{Name: name, Usage: usage, Destination: destination, DefaultText: defaultText,
		Action: func(_ *cli.Context, value time.Duration) error {
			if value <= 0 {
				return errorf("invalid value for --%s: want a duration of more than zero, such as 45m or 2h", name)
			}
			return nil
		}}
}

// Choice is a flag with a fixed set of allowed values.
type Choice struct {
	*cli.StringFlag
	Allowed []string
}

// ChoiceFlag returns a flag with these allowed values; value is the default.
func ChoiceFlag(destination *string, name, value, usage string, allowed ...string) *Choice {
	return &Choice{&cli.StringFlag{Name: name, Value: value, Usage: usage, Destination: destination,
		Action: func(_ *cli.Context, value string) error { return checkAllowed(name, value, allowed...) }}, allowed}
}

// checkAllowed returns an error unless the value of a flag is allowed.
func checkAllowed(flag, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return errorf("invalid value %q for --%s%s", value, flag, nearword.Allowed(value, allowed))
}

// ParseChoice parses the value of an [OptionalFlag]. It returns the zero value when
// the flag is not given, and an error that lists the allowed values when parse
// fails.
func ParseChoice[T any](flag string, value *string, parse func(string) (T, error), allowed []string) (chosen T, err error) {
	if value == nil {
		return chosen, nil
	}
	if chosen, err = parse(*value); err != nil {
		return chosen, errorf("invalid value %q for --%s%s", *value, flag, nearword.Allowed(*value, allowed))
	}
	return chosen, nil
}

// FormatFlag returns --output with these formats. The first is the default.
func FormatFlag(destination *string, formats ...string) cli.Flag {
	flag := ChoiceFlag(destination, "output", formats[0], "`FORMAT` is "+strings.Join(formats[:len(formats)-1], ", ")+" or "+formats[len(formats)-1], formats...)
	flag.Aliases, flag.DefaultText = []string{"o"}, formats[0]
	return flag
}

// invalidValueError replaces the library's error about a value that a flag does
// not accept. That error repeats the value, which may be a secret meant for
// another flag. For any other error, invalidValueError returns an [Error] with
// the same text.
func invalidValueError(flags []cli.Flag, err error) error {
	_, rest, matched := strings.Cut(err.Error(), " for flag -")
	boolean := false
	if !matched { // invalid boolean value "x" for -verify: parse error
		_, rest, matched = strings.Cut(err.Error(), " for -")
		boolean = matched
	}
	name, _, ok := strings.Cut(rest, ": ")
	if !matched || !ok || !strings.HasPrefix(err.Error(), "invalid ") {
		return &Error{Err: err}
	}
	want := "a number"
	if _, ok := findFlag(flags, "--"+name).(*cli.DurationFlag); ok {
		want = "a duration such as 45m or 2h" + suggestDuration(err.Error())
	}
	if boolean {
		want = "true or false; no value means true"
	}
	return errorf("invalid value for %s: want %s", withDashes(name), want)
}

// suggestDuration returns the end of an error about a duration that Go does not
// parse: a whole number without a unit, or with a unit such as "d" or
// "minutes". It returns "" for any other message.
func suggestDuration(message string) string {
	m := numberAndUnit.Get().FindStringSubmatch(message)
	if m == nil {
		return ""
	}
	number, _ := strconv.Atoi(m[1])
	switch unit := strings.ToLower(m[2]); {
	case unit == "" && number >= 600: // probably seconds, as in the settings of AWS
		return fmt.Sprintf(", did you mean \"%ds\"?", number)
	case unit == "":
		return fmt.Sprintf(", did you mean \"%dm\" or \"%dh\"?", number, number)
	case unit[0] == 'w':
		return fmt.Sprintf(", did you mean \"%dh\"?", 7*24*number)
	case unit[0] == 'd':
		return fmt.Sprintf(", did you mean \"%dh\"?", 24*number)
	default:
		return fmt.Sprintf(", did you mean \"%d%c\"?", number, unit[0])
	}
}

// numberAndUnit matches the library's error about a value that is a whole
// number, alone or with a unit such as "d" or "minutes". The number has at most
// four digits: a longer one may be the code of an MFA device.
var numberAndUnit = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`^(?i:invalid value "([0-9]{1,4}) ?(w|weeks?|d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?|)" )`)
}}
