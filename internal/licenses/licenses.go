// Package licenses has the license and NOTICE texts of everything that the
// program contains: Go modules, the Go standard library, and data. NOTICE at
// the root of the repository has the same content as text.
//
// The texts are embedded in compressed form, and only [All] decodes them.
// generate/ writes them, and its test fails if they are not current.
package licenses

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
)

//go:generate go run ./generate

//go:embed licenses.json.gz
var compressed []byte

// Kind is the kind of a component.
type Kind string

// The kinds, in the order of [All].
const (
	Program  Kind = "program"
	Module   Kind = "module"
	Standard Kind = "standard library"
	Data     Kind = "data"
)

// StandardName is the name of the Go standard library, which has no module
// path. Its component has no Version here: the version is that of the toolchain
// that builds the program.
const StandardName = "std"

// Component is a part of the program.
type Component struct {
	Kind    Kind
	Name    string // "capaboot", a module path, "std", or the name of an npm package or repository
	Version string // empty if it has none
	License string // SPDX license expression, such as "Apache-2.0 AND BSD-3-Clause"
	// UsedFor says which folders contain the data, and what the data is.
	// Several uses are separated by "; ".
	UsedFor string `json:",omitempty"`
	// Files are the license and notice files of the component, sorted by path.
	Files []File
}

// File is a license or notice file of a component.
type File struct {
	Path string // in the component, with slashes
	Text string
}

// Text returns the files of a component as one text.
func (c Component) Text() string {
	var texts []string
	for _, file := range c.Files {
		texts = append(texts, file.Text)
	}
	return strings.Join(texts, "\n")
}

// packed is the embedded form, with every text only once.
type packed struct {
	Texts      []string
	Components []packedComponent
}

type packedComponent struct {
	Component
	// Texts has an index in packed.Texts for each of the Files, whose own Text is
	// empty.
	Texts []int
}

// Pack returns components in the embedded form. The bytes depend on the Go
// release that compresses them.
func Pack(components []Component) ([]byte, error) {
	var p packed
	index := map[string]int{}
	for _, c := range components {
		row := packedComponent{Component: c}
		row.Files = nil
		for _, file := range c.Files {
			if _, known := index[file.Text]; !known {
				index[file.Text] = len(p.Texts)
				p.Texts = append(p.Texts, file.Text)
			}
			row.Files, row.Texts = append(row.Files, File{Path: file.Path}), append(row.Texts, index[file.Text])
		}
		p.Components = append(p.Components, row)
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if err := json.NewEncoder(w).Encode(p); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}

// All decodes the embedded components: the program, the modules by path, the
// standard library, and the data.
func All() ([]Component, error) {
	r, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, fmt.Errorf("embedded licenses: %w", err)
	}
	var p packed
	if err := json.NewDecoder(r).Decode(&p); err != nil {
		return nil, fmt.Errorf("embedded licenses: %w", err)
	}
	var all []Component
	for _, row := range p.Components {
		for i, text := range row.Texts {
			row.Files[i].Text = p.Texts[text]
		}
		all = append(all, row.Component)
	}
	return all, nil
}

const separator = "------------------------------------------------------------------------\n"

// Text returns a list of the components, the uses of each, and every license text
// once, under the names of the components that have it.
func Text(components []Component) string {
	var b strings.Builder
	b.WriteString("This program contains the Go modules and the data listed here. Below are their\n" +
		"licenses and notices. Each text appears once, under the names of all modules and\n" +
		"data with this text.\n\n")
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range components {
		fmt.Fprintf(table, "%s\t%s\t%s\n", c.Name, c.Version, c.License)
	}
	table.Flush()
	b.WriteString("\n" + StandardName + "\n- the Go standard library, of the Go release that built the program\n")
	for _, c := range components {
		if c.UsedFor != "" {
			fmt.Fprintf(&b, "\n%s\n", c.Name)
			for use := range strings.SplitSeq(c.UsedFor, "; ") {
				fmt.Fprintf(&b, "- %s\n", use)
			}
		}
	}
	written := map[string]bool{}
	for _, c := range components {
		for _, file := range c.Files {
			if written[file.Text] {
				continue
			}
			written[file.Text] = true
			b.WriteString("\n" + separator)
			for _, name := range componentsWith(components, file.Text) {
				b.WriteString(name + "\n")
			}
			b.WriteString("\n" + file.Text)
		}
	}
	return b.String()
}

// componentsWith returns the names of the components that have a text, with the
// file that contains it.
func componentsWith(components []Component, text string) []string {
	var names []string
	for _, c := range components {
		for _, file := range c.Files {
			if file.Text == text {
				names = append(names, strings.TrimSpace(c.Name+" "+c.Version)+", "+file.Path)
			}
		}
	}
	return names
}
