// Region names: the known ones, and the region that was probably meant when a
// name is a zone, a place or misspelt.

package arn

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"capaboot/internal/lazy"
	"capaboot/internal/nearword"
	"capaboot/policies/arn/regions"
)

// Regions returns the names of the known regions, those of the default
// partition first. AWS opens new regions, so others may exist.
func Regions() []string {
	var names []string
	for _, r := range regions.All() {
		names = append(names, r.Name)
	}
	return names
}

// RegionFault describes what is wrong with a region name.
type RegionFault struct {
	// Unknown is true if the name has the form of a region name and is only
	// missing from the list, which may be outdated. An unknown region should
	// cause a warning; any other fault is an error.
	Unknown bool
	// Text follows the name in a message: "is a zone, not a region".
	Text string
	// Meant is the region that was probably meant, or "" if no region is
	// similar.
	Meant string
}

// String returns Text, followed by a "did you mean" question if Meant is set.
// It does not contain the name, which may be a secret in the wrong place.
func (f *RegionFault) String() string {
	if f.Meant == "" {
		return f.Text
	}
	return fmt.Sprintf("%s, did you mean %q?", f.Text, f.Meant)
}

// maxRegionLength exceeds the length of every region name. A longer name is
// refused without a suggestion, which limits the work on hostile input.
const maxRegionLength = 63

// The forms of region and zone names. Sources: the regionRegex of the SDKs'
// partitions.json; EC2 User Guide, "Regions and Zones" (eu-west-1a,
// us-west-2-lax-1a, us-east-1-wl1-bos-wlz-1), and "Availability Zone IDs"
// (use1-az1, usw2-lax1-az1).
var (
	regionShape = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}$`) }}
	zoneShape   = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`^([a-z]{2,}(?:-[a-z]+)+-[0-9])(?:[a-z]|-[a-z].*)$`) }}
	zoneIDShape = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
		return regexp.MustCompile(`^([a-z]+[0-9])-(?:[a-z]+[0-9]*-)*az[0-9]+$`)
	}}
)

// CheckRegion returns what is wrong with a region name, or nil.
func CheckRegion(name string) *RegionFault {
	known := Regions()
	if slices.Contains(known, name) {
		return nil
	}
	if name == "" || len(name) > maxRegionLength {
		return &RegionFault{Text: notARegion}
	}
	// Some SDKs used the name of a region with "fips-" before or "-fips" after
	// it for FIPS endpoints ("us-gov-west-1-fips").
	if base := strings.TrimSuffix(strings.TrimPrefix(name, "fips-"), "-fips"); slices.Contains(known, base) {
		return &RegionFault{Text: notARegion, Meant: base}
	}
	if regionShape.Get().MatchString(name) {
		closest, _ := nearword.Closest(name, known)
		return &RegionFault{Unknown: true, Text: "is not a known region", Meant: closest}
	}
	return classify(normalize(name), known)
}

// normalize returns a text in lower case, with one hyphen in place of each
// sequence of characters that are neither letters nor digits, and none at the
// beginning or end.
func normalize(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "-")
}

const notARegion = "is not the name of a region"

// classify returns the fault of a name that, as the user gave it, does not have
// the form of a region name. name is the normalized name, which may have that form.
func classify(name string, known []string) *RegionFault {
	if zone := zoneShape.Get().FindStringSubmatch(name); zone != nil {
		closest := zone[1]
		if !slices.Contains(known, closest) {
			closest, _ = nearword.Closest(closest, known)
		}
		return &RegionFault{Text: "is a zone, not a region", Meant: closest}
	}
	if zone := zoneIDShape.Get().FindStringSubmatch(name); zone != nil {
		return &RegionFault{Text: "is the ID of a zone, not a region", Meant: byAbbreviation(zone[1])}
	}
	if global, ok := strings.CutSuffix(name, "global"); ok || IsPartition(name) {
		partition := DefaultPartition
		if global = strings.TrimSuffix(global, "-"); IsPartition(global) {
			partition = global
		}
		return &RegionFault{Text: "is a whole partition, not a region", Meant: mainRegion(partition)}
	}
	return &RegionFault{Text: notARegion, Meant: meantRegion(name, known)}
}

// mainRegion returns the region in which the global services of a partition are
// configured or, if no source documents it, the first region of the partition
// in the list.
func mainRegion(partition string) string {
	if control := ControlRegion(partition); control != "" {
		return control
	}
	for _, r := range regions.All() {
		if r.Partition == partition {
			return r.Name
		}
	}
	return ""
}

// meantRegion returns the region that a name probably means, or "" if it is
// similar to none. The name may be misspelt or have other separators, or it may
// be an abbreviation, a place, or the beginning of a region name.
func meantRegion(name string, known []string) string {
	compact := strings.ReplaceAll(name, "-", "")
	for _, r := range regions.All() {
		if compact == strings.ReplaceAll(r.Name, "-", "") {
			return r.Name
		}
	}
	if closest := byAbbreviation(name); closest != "" {
		return closest
	}
	for _, p := range partitions {
		if strings.HasPrefix(p.controlRegion, name+"-") {
			return p.controlRegion
		}
	}
	for _, r := range regions.All() {
		if strings.HasPrefix(r.Name, name+"-") {
			return r.Name
		}
	}
	for _, r := range regions.All() {
		for _, place := range places(r.Place) {
			if name == place {
				return r.Name
			}
		}
	}
	closest, _ := nearword.Closest(name, known)
	return closest
}

// places returns the usual names of a region's place, normalized: for "US East
// (N. Virginia)" the whole text, the text in parentheses, and the last word in
// the parentheses.
func places(place string) []string {
	_, city, _ := strings.Cut(strings.TrimSuffix(place, ")"), "(")
	if city == "" {
		return []string{normalize(place)}
	}
	return []string{normalize(place), normalize(city), normalize(city[strings.LastIndexByte(city, ' ')+1:])}
}

// byAbbreviation returns the region for the abbreviation in a zone ID: "use1"
// is us-east-1, "apne1" ap-northeast-1, "usgw1" us-gov-west-1. It returns "" if
// no region has the abbreviation.
func byAbbreviation(short string) string {
	for _, r := range regions.All() {
		parts := strings.Split(r.Name, "-")
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
			return r.Name
		}
	}
	return ""
}
