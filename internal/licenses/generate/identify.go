// Identifies the license of a text.

package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/licenses"
)

// licenseSentences has, for each license, a sentence that occurs in its text,
// and its SPDX identifier. BSD-3-Clause must come right before BSD-2-Clause,
// because its text contains the sentence of BSD-2-Clause too. Source: the texts
// at https://spdx.org/licenses/.
var licenseSentences = []struct{ identifier, sentence string }{
	{"Apache-2.0", "apache license version 2 0 january 2004"},
	{"MPL-2.0", "mozilla public license version 2 0"},
	{"MIT", "permission is hereby granted free of charge to any person obtaining a copy of this software and associated documentation files"},
	{"ISC", "permission to use copy modify and or distribute this software for any purpose with or without fee is hereby granted"},
	{"BSD-3-Clause", "may be used to endorse or promote products derived from this software without specific prior written permission"},
	{"BSD-2-Clause", "redistributions in binary form must reproduce the above copyright notice this list of conditions and the following disclaimer in the documentation and or other materials provided with the distribution"},
	{"Unlicense", "this is free and unencumbered software released into the public domain"},
}

var (
	notLetters = regexp.MustCompile(`[^a-z0-9]+`)
	// licenseFileName matches the names of the files that must contain a
	// license. The other files contain notices.
	licenseFileName = regexp.MustCompile(`(?i)^(un)?(licen[cs]es?|copying)`)
	// mitNoticePattern matches a notice that parts are under the MIT license.
	mitNoticePattern = regexp.MustCompile(`\bmit license\b`)
)

// identify returns the SPDX license expression of a component.
func identify(c licenses.Component) (string, error) {
	var found []string
	add := func(identifier string) {
		if !slices.Contains(found, identifier) {
			found = append(found, identifier)
		}
	}
	for _, file := range c.Files {
		text := notLetters.ReplaceAllString(strings.ToLower(file.Text), " ")
		if !licenseFileName.MatchString(file.Path[strings.LastIndexByte(file.Path, '/')+1:]) {
			if mitNoticePattern.MatchString(text) {
				add("MIT")
			}
			continue
		}
		known := false
		for i, phrase := range licenseSentences {
			bsd3 := i > 0 && licenseSentences[i-1].identifier == "BSD-3-Clause"
			if strings.Contains(text, phrase.sentence) && !(bsd3 && strings.Contains(text, licenseSentences[i-1].sentence)) {
				add(phrase.identifier)
				known = true
			}
		}
		if !known {
			return "", fmt.Errorf("%s: the license in %s is unknown to internal/licenses/generate/identify.go: read it, and add it there if it is acceptable", c.Name, file.Path)
		}
	}
	if len(found) == 0 {
		return "", fmt.Errorf("%s has no license file", c.Name)
	}
	slices.Sort(found)
	return strings.Join(found, " AND "), nil
}
