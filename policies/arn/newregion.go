// Regions that may be newer than the list of regions.

package arn

import (
	"slices"
	"strconv"
	"strings"

	"capaboot/internal/nearword"
)

// directions are the direction words in the names of regions. No region in the
// list has southwest.
var directions = [...]string{"north", "south", "east", "west", "northeast", "northwest", "southeast", "southwest", "central"}

// maxNewer is how many regions of the same area and direction the list may lack. AWS
// numbers them without gaps.
const maxNewer = 3

// MayBeNewRegion reports whether a name that is not in the list may be a new region of
// AWS: it begins like the regions of a partition ("eu"), continues with a direction,
// and ends in one of the next numbers. Other unknown names are probably misspelt.
// similar has the regions that the user may mean instead: those that begin alike, and
// those whose names differ in one letter.
func MayBeNewRegion(name string) (similar []string, ok bool) {
	if _, known := PartitionOf(name); !known || len(name) > maxRegionLength {
		return nil, false
	}
	area, direction, number := splitRegion(name)
	highest := 0
	for _, region := range Regions() {
		otherArea, otherDirection, otherNumber := splitRegion(region)
		if area == otherArea || nearword.IsOneLetterOff(name, region) {
			similar = append(similar, region)
		}
		if area == otherArea && direction == otherDirection {
			highest = max(highest, otherNumber)
		}
	}
	if !slices.Contains(directions[:], direction) || number <= highest || number > highest+maxNewer {
		return nil, false
	}
	return similar, true
}

// splitRegion splits the name of a region: us-gov-west-1 into us-gov, west and 1. The
// number is 0 if the name does not end in a number in AWS's notation: "1", not "01".
func splitRegion(name string) (area, direction string, number int) {
	rest, last := cutLast(name)
	if n, err := strconv.Atoi(last); err == nil && strconv.Itoa(n) == last {
		number = n
	}
	area, direction = cutLast(rest)
	return area, direction, number
}

// cutLast returns the text before and after the last hyphen. Without a hyphen,
// before is empty.
func cutLast(text string) (before, after string) {
	i := strings.LastIndexByte(text, '-')
	return text[:max(i, 0)], text[i+1:]
}
