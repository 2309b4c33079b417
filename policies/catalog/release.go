// Releases of CAPA: their names, their order, and choosing one.

package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"capaboot/internal/nearword"
)

// Release is one release of CAPA. The zero value is before all releases.
type Release struct {
	major, minor, patch uint16
}

// parseRelease parses "v2.9.1" or "2.9.1".
func parseRelease(text string) (Release, error) {
	n, count := parseNumbers(text)
	if count != 3 {
		return Release{}, fmt.Errorf("%q is not a CAPA release: want one such as v2.9.1", text)
	}
	return Release{n[0], n[1], n[2]}, nil
}

// parseNumbers parses the numbers of "v2.9" or "2.9.1", and counts them. The
// count is 0 if the text does not consist of one to three numbers, or if a
// number has a leading zero or is above 65535.
func parseNumbers(text string) (numbers [3]uint16, count int) {
	rest, hasMore := strings.TrimPrefix(text, "v"), true
	for hasMore {
		var part string
		part, rest, hasMore = strings.Cut(rest, ".")
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || count == len(numbers) || (len(part) > 1 && part[0] == '0') {
			return numbers, 0
		}
		numbers[count] = uint16(n)
		count++
	}
	return numbers, count
}

// String returns the release as its tag in CAPA's repository ("v2.9.1").
func (r Release) String() string {
	return fmt.Sprintf("v%d.%d.%d", r.major, r.minor, r.patch)
}

// Compare returns a negative number if r is before other in CAPA's numbering,
// zero if they are equal, and otherwise a positive number.
func (r Release) Compare(other Release) int {
	for _, d := range [...][2]uint16{{r.major, other.major}, {r.minor, other.minor}, {r.patch, other.patch}} {
		if d[0] != d[1] {
			if d[0] < d[1] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// MarshalText implements [encoding.TextMarshaler].
func (r Release) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *Release) UnmarshalText(text []byte) (err error) {
	*r, err = parseRelease(string(text))
	return err
}

// DatedRelease is a release with its date (2006-01-02).
type DatedRelease struct {
	Release Release `yaml:"release"`
	Date    string  `yaml:"date"`
}

// Newest returns the release of CAPA with the highest version in the catalogue.
func (c *Catalogue) Newest() Release { return c.Releases[len(c.Releases)-1].Release }

// ErrNotRelease is the cause of the error for a text that does not have the form of a
// release. The error says which form is wanted.
var ErrNotRelease = errors.New("not a CAPA release")

// Resolve returns the release that a text names: "v2.9.1" or "2.9.1" is that
// release, "v2.9" or "2.9" its newest patch release, and "main" or "" the
// newest release, because CAPA's development branch grants the same as that
// release. The error for an unknown release names the neighbouring releases.
func (c *Catalogue) Resolve(text string) (Release, error) {
	text = strings.TrimSpace(text)
	if text == "" || text == "main" {
		return c.Newest(), nil
	}
	numbers, count := parseNumbers(text)
	if count < 2 {
		if suggestion := c.suggestion(text); suggestion != "" {
			return Release{}, fmt.Errorf("%.40q is %w, did you mean %s?", text, ErrNotRelease, suggestion)
		}
		return Release{}, fmt.Errorf("%.40q is %w: want one such as %s, %d.%d or main",
			text, ErrNotRelease, c.Newest(), c.Newest().major, c.Newest().minor)
	}
	wanted := Release{major: numbers[0], minor: numbers[1]}
	if count == 2 {
		for i := len(c.Releases) - 1; i >= 0; i-- {
			if r := c.Releases[i].Release; r.major == wanted.major && r.minor == wanted.minor {
				return r, nil
			}
		}
		return Release{}, c.unknownRelease(fmt.Sprintf("v%d.%d", wanted.major, wanted.minor), wanted)
	}
	wanted.patch = numbers[2]
	for _, known := range c.Releases {
		if known.Release == wanted {
			return wanted, nil
		}
	}
	return Release{}, c.unknownRelease(wanted.String(), wanted)
}

// newestWords are words for the newest release or branch in other tools.
var newestWords = [...]string{"main", "latest", "newest", "master", "head", "stable", "edge", "nightly", "develop", "trunk"}

// suggestion returns, in quotes, the known release that a text contains, or
// "main" for a word that means the newest release. For any other text it returns
// "".
func (c *Catalogue) suggestion(text string) string {
	if _, isNewest := nearword.Closest(text, newestWords[:]); isNewest {
		return `"main" (the newest)`
	}
	text = strings.ToLower(text[:min(len(text), maxReleaseText)])
	text = text[strings.LastIndexAny(text, ":/=@ ")+1:]
	for _, form := range []string{text, strings.TrimPrefix(text, "capa-"), strings.TrimSuffix(text, ".x"), strings.TrimSuffix(text, ".*"), strings.TrimRight(text, ".,;")} {
		form, _, _ = strings.Cut(form, "-rc")
		if numbers, count := parseNumbers(form); count >= 2 && c.hasRelease(numbers, count) {
			return strconv.Quote(form)
		}
	}
	return ""
}

// maxReleaseText is how many bytes at the beginning of a text are searched for a
// release, at most.
const maxReleaseText = 80

// hasRelease reports whether the catalogue has a release with these numbers: major
// and minor if count is 2, and the patch too if count is 3.
func (c *Catalogue) hasRelease(numbers [3]uint16, count int) bool {
	return slices.ContainsFunc(c.Releases, func(d DatedRelease) bool {
		return d.Release.major == numbers[0] && d.Release.minor == numbers[1] && (count < 3 || d.Release.patch == numbers[2])
	})
}

// unknownRelease returns an error for an unknown release. The error names the nearest
// known releases: one lower and one higher, if both exist.
func (c *Catalogue) unknownRelease(name string, wanted Release) error {
	var before, after *DatedRelease
	for i := range c.Releases {
		if c.Releases[i].Release.Compare(wanted) < 0 {
			before = &c.Releases[i]
		} else if after == nil {
			after = &c.Releases[i]
		}
	}
	switch {
	case before == nil:
		return fmt.Errorf("unknown CAPA release %s; the oldest known release is %s (%s)", name, after.Release, after.Date)
	case after == nil:
		return fmt.Errorf("unknown CAPA release %s; the newest known release is %s (%s)",
			name, before.Release, before.Date)
	default:
		return fmt.Errorf("unknown CAPA release %s; the nearest known releases are %s (%s) and %s (%s)",
			name, before.Release, before.Date, after.Release, after.Date)
	}
}
