// The names of regions: which are known, and which one somebody meant who wrote
// a zone, a place or a misspelt name instead.

package arn

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"capaboot/internal/lazy"
	"capaboot/internal/nearword"
)

//go:embed regions.tsv
var regionTable string

// region is a row of the table of regions.
type region struct {
	partition, name string
	place           string // "Europe (Ireland)"
}

var regions = lazy.Value[[]region]{Make: func() []region {
	var all []region
	for line := range strings.Lines(regionTable) {
		if f := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(f) == 3 {
			all = append(all, region{f[0], f[1], f[2]})
		}
	}
	return all
}}

// Regions returns the names of the regions that are known, those of the default
// partition first. AWS opens new ones, so that another may exist too.
func Regions() []string {
	var names []string
	for _, r := range regions.Get() {
		names = append(names, r.name)
	}
	return names
}

// RegionFault is what is wrong with the name of a region.
type RegionFault struct {
	// Unknown: the name has a region's shape and is only not in the list, which
	// ages. It is worth a warning; any other fault is an error.
	Unknown bool
	// Text continues after the name: "is a zone, not a region".
	Text string
	// Meant is the region that was probably meant, "" if none is near.
	Meant string
}

// String is the text with the question for what was meant. It does not repeat
// the name, which may be a secret that is in the wrong place.
func (f *RegionFault) String() string {
	if f.Meant == "" {
		return f.Text
	}
	return fmt.Sprintf("%s, did you mean %q?", f.Text, f.Meant)
}

// longestRegion is more than any region's name has; it bounds the work on
// hostile input.
const longestRegion = 63

// What the names of regions and zones look like. Sources: the regionRegex of the
// SDKs' partitions.json; EC2 User Guide, "Regions and Zones" (eu-west-1a,
// us-west-2-lax-1a, us-east-1-wl1-bos-wlz-1), and "Availability Zone IDs"
// (use1-az1, usw2-lax1-az1).
var (
	regionShape = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}$`) }}
	zoneShape   = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`^([a-z]{2,}(?:-[a-z]+)+-[0-9])(?:[a-z]|-[a-z].*)$`) }}
	zoneIDShape = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
		return regexp.MustCompile(`^([a-z]+[0-9])-(?:[a-z]+[0-9]*-)*az[0-9]+$`)
	}}
)

// CheckRegion returns what is wrong with the name of a region, nil when nothing
// is.
func CheckRegion(name string) *RegionFault {
	known := Regions()
	if slices.Contains(known, name) {
		return nil
	}
	if name == "" || len(name) > longestRegion {
		return &RegionFault{Text: notARegion}
	}
	// Some SDKs had regions of that name for FIPS endpoints ("us-gov-west-1-fips").
	if of := strings.TrimSuffix(strings.TrimPrefix(name, "fips-"), "-fips"); slices.Contains(known, of) {
		return &RegionFault{Text: notARegion, Meant: of}
	}
	if regionShape.Get().MatchString(name) {
		meant, _ := nearword.Closest(name, known)
		return &RegionFault{Unknown: true, Text: "is not a known region", Meant: meant}
	}
	return otherThanARegion(plain(name), known)
}

// plain returns a text in lower case, with a hyphen for all between its letters
// and digits.
func plain(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "-")
}

const notARegion = "is not the name of a region"

// otherThanARegion says what a plain name is that is none of a region.
func otherThanARegion(name string, known []string) *RegionFault {
	if zone := zoneShape.Get().FindStringSubmatch(name); zone != nil {
		meant := zone[1]
		if !slices.Contains(known, meant) {
			meant, _ = nearword.Closest(meant, known)
		}
		return &RegionFault{Text: "is a zone, not a region", Meant: meant}
	}
	if zone := zoneIDShape.Get().FindStringSubmatch(name); zone != nil {
		return &RegionFault{Text: "is the ID of a zone, not a region", Meant: ofAbbreviation(zone[1])}
	}
	if global, ok := strings.CutSuffix(name, "global"); ok || IsPartition(name) {
		partition := DefaultPartition
		if global = strings.TrimSuffix(global, "-"); IsPartition(global) {
			partition = global
		}
		return &RegionFault{Text: "stands for a whole partition and is not a region", Meant: mainRegion(partition)}
	}
	return &RegionFault{Text: notARegion, Meant: meantRegion(name, known)}
}

// mainRegion is the region of a partition's global services, or else its first.
func mainRegion(partition string) string {
	if control := ControlRegion(partition); control != "" {
		return control
	}
	for _, r := range regions.Get() {
		if r.partition == partition {
			return r.name
		}
	}
	return ""
}

// meantRegion returns the region that a name stands for, "" if none is near: the
// name in other letters, short, the beginning of one, the place of one, or a
// misspelt one.
func meantRegion(name string, known []string) string {
	compact := strings.ReplaceAll(name, "-", "")
	for _, r := range regions.Get() {
		if compact == strings.ReplaceAll(r.name, "-", "") {
			return r.name
		}
	}
	if meant := ofAbbreviation(name); meant != "" {
		return meant
	}
	for _, p := range partitions {
		if strings.HasPrefix(p.control, name+"-") {
			return p.control
		}
	}
	for _, r := range regions.Get() {
		if strings.HasPrefix(r.name, name+"-") {
			return r.name
		}
	}
	for _, r := range regions.Get() {
		for _, place := range places(r.place) {
			if name == place {
				return r.name
			}
		}
	}
	meant, _ := nearword.Closest(name, known)
	return meant
}

// places returns the words that a region's place is known by: of "US East (N.
// Virginia)" the whole, what is in brackets, and its last word.
func places(place string) []string {
	_, city, _ := strings.Cut(strings.TrimSuffix(place, ")"), "(")
	if city == "" {
		return []string{plain(place)}
	}
	return []string{plain(place), plain(city), plain(city[strings.LastIndexByte(city, ' ')+1:])}
}

// ofAbbreviation returns the region that zone IDs abbreviate: "use1" is
// us-east-1, "apne1" ap-northeast-1, "usgw1" us-gov-west-1.
func ofAbbreviation(short string) string {
	for _, r := range regions.Get() {
		parts := strings.Split(r.name, "-")
		abbreviation := parts[0]
		for _, word := range parts[1:] {
			abbreviation += word[:1]
			for _, second := range []string{"east", "west"} {
				if len(word) > len(second) && strings.HasSuffix(word, second) {
					abbreviation += second[:1]
				}
			}
		}
		if abbreviation == short {
			return r.name
		}
	}
	return ""
}
