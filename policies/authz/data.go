// The embedded data, and decoding the data of a service on first use.

package authz

import (
	_ "embed"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"capaboot/internal/lazy"
	"capaboot/internal/table"
)

//go:generate go run ./internal/generate

// packagesTSV lists the npm packages that the data was generated from.
//
//go:embed packages.tsv
var packagesTSV string

//go:embed data/index.tsv
var indexText string

//go:embed data/services.bin
var blob string

// entry is a service in the index.
type entry struct {
	prefix, name        string
	facts, descriptions string // compressed

	decodeService, decodeTexts sync.Once
	service                    *Service
	texts                      []string
}

type index struct {
	factsDictionary, descriptionsDictionary []byte
	entries                                 []entry
	recent                                  atomic.Pointer[entry] // the entry that was found last
	keyPrefixes                             [][2]string           // pairs of a prefix of condition keys, and a service with such keys
}

// loadIndex parses the index on first use. It panics if the embedded data is
// invalid, because no caller could handle that. A test decodes all embedded
// data.
var loadIndex = lazy.Value[*index]{Make: func() *index {
	x, err := parseIndex(indexText, blob)
	if err != nil {
		panic("authz: embedded index: " + err.Error())
	}
	return x
}}

func parseIndex(text, blob string) (*index, error) {
	services := strings.Count(text, "\nservice\t")
	if strings.HasPrefix(text, "service\t") {
		services++
	}
	x := &index{entries: make([]entry, services), keyPrefixes: make([][2]string, 0, strings.Count(text, "\nkey-prefix\t"))}
	services = 0
	number := 0
	for line := range strings.Lines(text) {
		number++
		var fields [9]string
		f := splitLine(line, fields[:0])
		// cut removes the next block from the blob; the field has the size of
		// the block.
		ok := true
		cut := func(field int) string {
			size, err := strconv.Atoi(f[field])
			if err != nil || size < 0 || size > len(blob) {
				ok = false
				return ""
			}
			block := blob[:size]
			blob = blob[size:]
			return block
		}
		switch {
		case f[0] == "dictionary" && len(f) == 3:
			x.factsDictionary, x.descriptionsDictionary = []byte(cut(1)), []byte(cut(2))
		case f[0] == "service" && len(f) == 8:
			e := &x.entries[services]
			e.prefix, e.name, e.facts, e.descriptions = f[1], f[2], cut(6), cut(7)
			services++
		case f[0] == "key-prefix" && len(f) == 3:
			x.keyPrefixes = append(x.keyPrefixes, [2]string{f[1], f[2]})
		default:
			ok = false
		}
		if !ok {
			return nil, fmt.Errorf("line %d: %q: %w", number, line, errDamaged)
		}
	}
	return x, nil
}

// splitLine appends the fields of a line to fields, up to its capacity.
func splitLine(line string, fields []string) []string {
	rest, hasMore := strings.TrimSuffix(line, "\n"), true
	for hasMore && len(fields) < cap(fields) {
		var f string
		f, rest, hasMore = strings.Cut(rest, "\t")
		fields = append(fields, f)
	}
	return fields
}

func (x *index) get(e *entry) *Service {
	e.decodeService.Do(func() { e.service = must(x.decode(e)) })
	return e.service
}

func (x *index) describe(e *entry) []string {
	e.decodeTexts.Do(func() { e.texts = must(x.decodeDescriptions(e)) })
	return e.texts
}

func must[T any](value T, err error) T {
	if err != nil {
		panic("authz: embedded data: " + err.Error())
	}
	return value
}

func (x *index) decode(e *entry) (*Service, error) {
	s := &Service{Prefix: e.prefix, Name: e.name}
	if err := decompress(e.facts, x.factsDictionary, func(facts []byte) error { return decodeFacts(facts, s) }); err != nil {
		return nil, fmt.Errorf("service %s: %w", e.prefix, err)
	}
	return s, nil
}

func (x *index) decodeDescriptions(e *entry) ([]string, error) {
	var texts []string
	err := decompress(e.descriptions, x.descriptionsDictionary, func(text []byte) error {
		texts = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("descriptions of service %s: %w", e.prefix, err)
	}
	return texts, nil
}

func (x *index) find(prefix string) *entry {
	// Most callers look up the same service several times in a row.
	if recent := x.recent.Load(); recent != nil && recent.prefix == prefix {
		return recent
	}
	i := sort.Search(len(x.entries), func(i int) bool { return compareFold(x.entries[i].prefix, prefix) >= 0 })
	if i == len(x.entries) || compareFold(x.entries[i].prefix, prefix) != 0 {
		return nil
	}
	x.recent.Store(&x.entries[i])
	return &x.entries[i]
}

// Prefixes returns the prefixes of all services, sorted. It decodes no service.
func Prefixes() []string {
	x := loadIndex.Get()
	prefixes := make([]string, len(x.entries))
	for i := range x.entries {
		prefixes[i] = x.entries[i].prefix
	}
	return prefixes
}

// Known reports whether a service has the given prefix. It decodes no service.
func Known(prefix string) bool { return loadIndex.Get().find(prefix) != nil }

// ForPrefix returns the service with the given prefix.
func ForPrefix(prefix string) (*Service, bool) {
	x := loadIndex.Get()
	if e := x.find(prefix); e != nil {
		return x.get(e), true
	}
	return nil, false
}

// Description returns AWS's description of the action ("Grants permission to
// launch one or more instances"). It decodes the descriptions of the action's
// service.
func (a *Action) Description() string {
	x := loadIndex.Get()
	e := x.find(a.Service)
	if e == nil {
		return ""
	}
	s := x.get(e)
	i := sort.Search(len(s.Actions), func(i int) bool { return compareFold(s.Actions[i].Name, a.Name) >= 0 })
	if texts := x.describe(e); i < len(texts) {
		return texts[i]
	}
	return ""
}

// Published returns the month of the Service Authorization Reference that the
// data is from ("September 2026"). AWS adds and removes actions and services
// later.
func Published() string { return publishedMonth.Get() }

var publishedMonth = lazy.Value[string]{Make: func() string {
	for _, row := range table.Rows("packages.tsv", packagesTSV, 4) {
		if digits := row[2][strings.LastIndexByte(row[2], '.')+1:]; row[0] == "actions" && len(digits) > len("20060102") {
			if day, err := time.Parse("20060102", digits[:len("20060102")]); err == nil {
				return day.Format("January 2006")
			}
		}
	}
	panic("authz: packages.tsv: the last part of the version of the actions is not a date and a number")
}}

// Packages returns the contents of packages.tsv, the list of npm packages that
// the data was generated from; internal/npm parses it. Benchmarks use it to
// read data that is not embedded.
func Packages() string { return packagesTSV }
