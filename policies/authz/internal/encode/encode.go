// Package encode encodes the data of package authz in the form that
// policies/authz/decode.go describes. Only the generator uses it.
package encode

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"capaboot/policies/authz"
)

// Source is a service with the descriptions of its actions.
type Source struct {
	authz.Service
	// Descriptions has one sentence for each action.
	Descriptions []string
}

// Services returns the index and the blob. Services, actions, resource types
// and keys must be sorted as in [authz.Service].
func Services(services []Source) (index, blob []byte, err error) {
	facts, descriptions := make([][]byte, len(services)), make([][]byte, len(services))
	for i := range services {
		s := &services[i]
		if facts[i], err = encodeFacts(&s.Service); err != nil {
			return nil, nil, fmt.Errorf("encoding service %s: %w", s.Prefix, err)
		}
		if len(s.Descriptions) != len(s.Actions) {
			return nil, nil, fmt.Errorf("encoding service %s: %d descriptions for %d actions", s.Prefix, len(s.Descriptions), len(s.Actions))
		}
		for _, d := range s.Descriptions {
			if strings.Contains(d, "\n") {
				return nil, nil, fmt.Errorf("encoding service %s: a description has a line break", s.Prefix)
			}
			descriptions[i] = append(append(descriptions[i], d...), '\n')
		}
	}
	factsDictionary, descriptionsDictionary := dictionary(facts, "\n"), dictionary(descriptions, " \n")
	var lines, blocks bytes.Buffer
	fmt.Fprintf(&lines, "dictionary\t%d\t%d\n", len(factsDictionary), len(descriptionsDictionary))
	blocks.Write(factsDictionary)
	blocks.Write(descriptionsDictionary)
	for i, s := range services {
		f, err := compress(facts[i], factsDictionary)
		if err != nil {
			return nil, nil, err
		}
		d, err := compress(descriptions[i], descriptionsDictionary)
		if err != nil {
			return nil, nil, err
		}
		blocks.Write(f)
		blocks.Write(d)
		fmt.Fprintf(&lines, "service\t%s\t%s\t%d\t%d\t%d\t%d\t%d\n",
			s.Prefix, s.Name, len(s.Actions), len(s.ResourceTypes), len(s.ConditionKeys), len(f), len(d))
	}
	for _, line := range keyPrefixes(services) {
		fmt.Fprintf(&lines, "key-prefix\t%s\n", line)
	}
	return lines.Bytes(), blocks.Bytes(), nil
}

// keyPrefixes returns "PREFIX\tSERVICE" for every condition key that SERVICE
// lists, but that the service with the key's own PREFIX does not list. It
// leaves out global keys.
func keyPrefixes(services []Source) []string {
	known := map[string]bool{}
	for i := range services {
		for _, k := range services[i].ConditionKeys {
			if strings.HasPrefix(k.Name, services[i].Prefix+":") {
				known[k.Name] = true
			}
		}
	}
	found := map[string]bool{}
	for i := range services {
		for _, k := range services[i].ConditionKeys {
			if prefix, _, _ := strings.Cut(k.Name, ":"); prefix != "aws" && !known[k.Name] {
				found[prefix+"\t"+services[i].Prefix] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// facts collects the uncompressed facts of a service.
type facts struct {
	text    strings.Builder
	numbers []byte // before the lists of condition keys
	lists   []byte
	rest    []byte         // numbers after the lists
	keys    map[string]int // the number of each condition key
	listOf  map[string]int // the number of each encoded list
	problem error
}

func (f *facts) line(name string) {
	if name == "" || strings.Contains(name, "\n") {
		f.problem = fmt.Errorf("name %q is empty or has a line break", name)
	}
	f.text.WriteString(name)
	f.text.WriteByte('\n')
}

func (f *facts) number(n int) { f.numbers = binary.AppendUvarint(f.numbers, uint64(n)) }

func (f *facts) numberAfterLists(n int) { f.rest = binary.AppendUvarint(f.rest, uint64(n)) }

// listIndex returns the index of a list of condition keys among the distinct lists, each
// of which is encoded once. For an unknown or unsorted key it sets f.problem.
func (f *facts) listIndex(names []string) int {
	encoded := binary.AppendUvarint(nil, uint64(len(names)))
	last := -1
	for _, name := range names {
		k, ok := f.keys[name]
		if !ok || k <= last {
			f.problem = fmt.Errorf("condition key %s is unknown or not sorted", name)
			return 0
		}
		encoded = binary.AppendUvarint(encoded, uint64(k-last))
		last = k
	}
	at, ok := f.listOf[string(encoded)]
	if !ok {
		at = len(f.listOf)
		f.listOf[string(encoded)] = at
		f.lists = append(f.lists, encoded...)
	}
	return at
}

// encodeFacts returns the uncompressed facts of a service.
func encodeFacts(s *authz.Service) ([]byte, error) {
	f := &facts{keys: map[string]int{}, listOf: map[string]int{}}
	f.number(len(s.ConditionKeys))
	for i, k := range s.ConditionKeys {
		f.keys[k.Name] = i
		f.line(k.Name)
		f.number(int(k.Type)*2 + bit(k.Multivalued))
	}
	types := map[*authz.ResourceType]int{}
	f.numberAfterLists(len(s.ResourceTypes))
	for i := range s.ResourceTypes {
		r := &s.ResourceTypes[i]
		types[r] = i
		f.line(r.Name)
		for _, p := range r.ARNPatterns {
			f.line(p)
		}
		f.numberAfterLists(len(r.ARNPatterns))
		f.numberAfterLists(f.listIndex(r.ConditionKeys))
	}
	if err := f.actions(s.Actions, types); err != nil {
		return nil, err
	}
	encoded := binary.AppendUvarint(nil, uint64(f.text.Len()))
	encoded = append(encoded, f.text.String()...)
	encoded = append(encoded, f.numbers...)
	encoded = binary.AppendUvarint(encoded, uint64(len(f.listOf)))
	encoded = append(encoded, f.lists...)
	return append(encoded, f.rest...), f.problem
}

func (f *facts) actions(actions []authz.Action, types map[*authz.ResourceType]int) error {
	dependent := map[string]int{}
	resources, dependencies := 0, 0
	for _, a := range actions {
		resources += len(a.Resources)
		dependencies += len(a.DependentActions)
		for _, d := range a.DependentActions {
			if _, ok := dependent[d]; !ok {
				dependent[d] = len(dependent)
				f.line(d)
			}
		}
	}
	f.numberAfterLists(len(dependent))
	f.numberAfterLists(len(actions))
	f.numberAfterLists(resources)
	f.numberAfterLists(dependencies)
	for _, a := range actions {
		f.line(a.Name)
		f.numberAfterLists(int(a.Level))
		f.numberAfterLists(f.listIndex(a.ConditionKeys))
		f.numberAfterLists(len(a.Resources))
		for _, r := range a.Resources {
			at, ok := types[r.Type]
			if !ok {
				return fmt.Errorf("action %s has a resource type of another service", a.Name)
			}
			f.numberAfterLists(at*2 + bit(r.Required))
			f.numberAfterLists(f.listIndex(r.ConditionKeys))
		}
		f.numberAfterLists(len(a.DependentActions))
		for _, d := range a.DependentActions {
			f.numberAfterLists(dependent[d])
		}
	}
	return nil
}

func bit(set bool) int {
	if set {
		return 1
	}
	return 0
}

func compress(data, dictionary []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := flate.NewWriterDict(&b, flate.BestCompression, dictionary)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// dictionarySize, in bytes, is the best size found: a dictionary of twice the
// size does not make the blob smaller.
const dictionarySize = 16 << 10

// dictionary returns the words that occur in many blocks; separators has the
// characters between words. The most useful words come last, where references
// to them are shortest.
func dictionary(blocks [][]byte, separators string) []byte {
	blocksWith := map[string]int{}
	for _, block := range blocks {
		seen := map[string]bool{}
		for _, word := range strings.FieldsFunc(string(block), func(r rune) bool { return strings.ContainsRune(separators, r) }) {
			// The limits exclude the numbers that follow the text in a block of
			// facts.
			if len(word) >= 4 && len(word) < 120 && !seen[word] {
				seen[word] = true
				blocksWith[word]++
			}
		}
	}
	words := slices.SortedFunc(maps.Keys(blocksWith), func(a, b string) int {
		if d := blocksWith[b]*len(b) - blocksWith[a]*len(a); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	var chosen []string
	size := 0
	for _, word := range words {
		// A word in only two blocks costs more than it saves.
		if blocksWith[word] > 2 && size+len(word) < dictionarySize {
			chosen = append(chosen, word)
			size += len(word) + 1
		}
	}
	slices.Reverse(chosen)
	return []byte(strings.Join(chosen, separators[:1]) + separators[:1])
}
