// The stored form of the data, written by [Encode] and read by [decode].
//
// data/services.bin is a row of blocks that are compressed one by one, so that
// a run reads only the services it touches. data/index.tsv says where each
// lies; it is text, so that the difference of an update can be read:
//
//	dictionary FACTS-SIZE DESCRIPTIONS-SIZE
//	service    PREFIX NAME ACTIONS RESOURCE-TYPES CONDITION-KEYS FACTS-SIZE DESCRIPTIONS-SIZE
//	key-prefix PREFIX SERVICE
//
// Fields are between tabs, sizes are in bytes. The blob begins with the two
// dictionaries, uncompressed; then come the blocks of every service in the
// order of the index, first the facts and then the descriptions of its
// actions. key-prefix lines say which services have condition keys with a
// prefix that is not theirs ("saml" is of sts).
//
// A block is a stream of compress/flate with a preset dictionary: small
// services have little text to learn from, and much of it is the same
// everywhere ("aws:ResourceTag/${TagKey}"). The dictionary halves the size.
//
// Decompressed, the facts are a text and numbers. All names come first, one a
// line: compressed together they are smaller, and the decoded names are
// slices of that one text. The numbers are unsigned varints:
//
//	length of the text, in bytes
//	condition keys: count; type of each (type*2 + 1 if it holds several values)
//	key lists: count; of each its length, and the keys as differences of
//	    their numbers. A list that many actions have is stored once
//	resource types: count; of each the number of patterns, and its key list
//	dependent actions: count
//	actions: count, and the count of all their resources and dependencies
//	    of each: level, key list,
//	    count of resources; of each the type's number*2 + 1 if required, and
//	    its key list,
//	    count of dependent actions, and their numbers
//
// and the lines of the text are: condition keys; of each resource type its
// name and its patterns; dependent actions; actions.
//
// The descriptions are one line for each action.

package authz

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Source is a service as [Encode] takes it.
type Source struct {
	Service
	// Descriptions holds for each action a sentence.
	Descriptions []string
}

// Encode returns the index and the blob. It is for the generator; the order of
// services, actions, resource types and keys must be as [Service] says.
func Encode(services []Source) (index, blob []byte, err error) {
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

// keyPrefixes returns "PREFIX\tSERVICE" for every condition key that is neither
// global nor listed by the service of its prefix.
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

// encodeFacts returns the uncompressed facts of a service.
func encodeFacts(s *Service) ([]byte, error) {
	var text strings.Builder
	var problem error
	line := func(name string) {
		if name == "" || strings.Contains(name, "\n") {
			problem = fmt.Errorf("name %q is empty or has a line break", name)
		}
		text.WriteString(name)
		text.WriteByte('\n')
	}
	var numbers []byte
	number := func(n int) { numbers = binary.AppendUvarint(numbers, uint64(n)) }

	keys := map[string]int{}
	number(len(s.ConditionKeys))
	for i, k := range s.ConditionKeys {
		keys[k.Name] = i
		line(k.Name)
		number(int(k.Type)*2 + flag(k.Multivalued))
	}
	listOf := map[string]int{} // from the encoded list to its number
	var lists []byte
	list := func(names []string) int {
		encoded := binary.AppendUvarint(nil, uint64(len(names)))
		last := -1
		for _, name := range names {
			k, ok := keys[name]
			if !ok || k <= last {
				problem = fmt.Errorf("condition key %s is not known, or not in order", name)
				return 0
			}
			encoded = binary.AppendUvarint(encoded, uint64(k-last))
			last = k
		}
		at, ok := listOf[string(encoded)]
		if !ok {
			at = len(listOf)
			listOf[string(encoded)] = at
			lists = append(lists, encoded...)
		}
		return at
	}

	var rest []byte
	then := func(n int) { rest = binary.AppendUvarint(rest, uint64(n)) }
	types := map[*ResourceType]int{}
	then(len(s.ResourceTypes))
	for i := range s.ResourceTypes {
		r := &s.ResourceTypes[i]
		types[r] = i
		line(r.Name)
		for _, p := range r.ARNPatterns {
			line(p)
		}
		then(len(r.ARNPatterns))
		then(list(r.ConditionKeys))
	}
	dependent := map[string]int{}
	resources, dependencies := 0, 0
	for _, a := range s.Actions {
		resources += len(a.Resources)
		dependencies += len(a.DependentActions)
		for _, d := range a.DependentActions {
			if _, ok := dependent[d]; !ok {
				dependent[d] = len(dependent)
				line(d)
			}
		}
	}
	then(len(dependent))
	then(len(s.Actions))
	then(resources)
	then(dependencies)
	for _, a := range s.Actions {
		line(a.Name)
		then(int(a.Level))
		then(list(a.ConditionKeys))
		then(len(a.Resources))
		for _, r := range a.Resources {
			at, ok := types[r.Type]
			if !ok {
				return nil, fmt.Errorf("action %s has a resource type that is not the service's", a.Name)
			}
			then(at*2 + flag(r.Required))
			then(list(r.ConditionKeys))
		}
		then(len(a.DependentActions))
		for _, d := range a.DependentActions {
			then(dependent[d])
		}
	}
	facts := binary.AppendUvarint(nil, uint64(text.Len()))
	facts = append(facts, text.String()...)
	facts = append(facts, numbers...)
	facts = binary.AppendUvarint(facts, uint64(len(listOf)))
	facts = append(facts, lists...)
	return append(facts, rest...), problem
}

func flag(set bool) int {
	if set {
		return 1
	}
	return 0
}

// errDamaged is the error of data that [Encode] cannot have written.
var errDamaged = errors.New("the data is damaged")

// decodeFacts reads what encodeFacts wrote. It takes any bytes, and uses
// memory in proportion to their number.
func decodeFacts(facts []byte, s *Service) error {
	r := reader{rest: facts}
	length := r.count(1)
	if r.bad {
		return errDamaged
	}
	r.text, r.rest = string(r.rest[:length]), r.rest[length:]

	s.ConditionKeys = make([]ConditionKey, r.count(1))
	for i := range s.ConditionKeys {
		t := r.number()
		s.ConditionKeys[i] = ConditionKey{Name: r.line(), Type: KeyType(t / 2), Multivalued: t%2 == 1}
	}
	lists := make([][]string, r.count(1))
	for i := range lists {
		n := r.count(1)
		if n == 0 {
			continue
		}
		lists[i] = make([]string, n)
		at := -1
		for j := range lists[i] {
			if at += r.number(); at < 0 || at >= len(s.ConditionKeys) {
				return errDamaged
			}
			lists[i][j] = s.ConditionKeys[at].Name
		}
	}
	list := func() []string {
		if at := r.number(); at < len(lists) {
			return lists[at]
		}
		r.bad = true
		return nil
	}
	s.ResourceTypes = make([]ResourceType, r.count(2))
	for i := range s.ResourceTypes {
		t := &s.ResourceTypes[i]
		t.Name = r.line()
		t.ARNPatterns = make([]string, r.lines())
		for j := range t.ARNPatterns {
			t.ARNPatterns[j] = r.line()
		}
		t.ConditionKeys = list()
	}
	dependent := make([]string, r.lines())
	for i := range dependent {
		dependent[i] = r.line()
	}
	s.Actions = make([]Action, r.count(4))
	resources := make([]ActionResource, r.count(2))
	dependencies := make([]string, r.count(1))
	for i := range s.Actions {
		a := &s.Actions[i]
		*a = Action{Service: s.Prefix, Name: r.line(), Level: Level(r.number()), ConditionKeys: list()}
		n := r.number()
		if n > len(resources) {
			return errDamaged
		}
		if n > 0 {
			a.Resources, resources = resources[:n:n], resources[n:]
		}
		for j := range a.Resources {
			at := r.number()
			if at/2 >= len(s.ResourceTypes) {
				return errDamaged
			}
			a.Resources[j] = ActionResource{Type: &s.ResourceTypes[at/2], Required: at%2 == 1, ConditionKeys: list()}
		}
		if n = r.number(); n > len(dependencies) {
			return errDamaged
		}
		if n > 0 {
			a.DependentActions, dependencies = dependencies[:n:n], dependencies[n:]
		}
		for j := range a.DependentActions {
			at := r.number()
			if at >= len(dependent) {
				return errDamaged
			}
			a.DependentActions[j] = dependent[at]
		}
	}
	if r.bad || len(r.rest) > 0 || r.text != "" || len(resources) > 0 || len(dependencies) > 0 {
		return errDamaged
	}
	return nil
}

// reader reads numbers and lines; after damage it reads zeros and sets bad.
type reader struct {
	text string
	rest []byte
	bad  bool
}

func (r *reader) number() int {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > 1<<30 {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return int(n)
}

// count reads how many things follow, of at least so many bytes each.
func (r *reader) count(bytesEach int) int {
	n := r.number()
	if n > len(r.rest)/bytesEach {
		r.bad = true
		return 0
	}
	return n
}

// lines reads how many lines follow.
func (r *reader) lines() int {
	n := r.number()
	if n > len(r.text) {
		r.bad = true
		return 0
	}
	return n
}

func (r *reader) line() string {
	line, rest, ok := strings.Cut(r.text, "\n")
	if !ok {
		r.bad = true
	}
	r.text = rest
	return line
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

// decompressors are reused: each has a window of 32 KiB.
var decompressors sync.Pool

// maxBlock is far more than any block holds decompressed (the largest has
// about 150 kB); it bounds the memory that damaged data can take.
const maxBlock = 8 << 20

func decompress(data, dictionary string) ([]byte, error) {
	source := strings.NewReader(data)
	r, ok := decompressors.Get().(io.ReadCloser)
	if !ok {
		r = flate.NewReaderDict(source, []byte(dictionary))
	} else if err := r.(flate.Resetter).Reset(source, []byte(dictionary)); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(6 * len(data))
	n, err := b.ReadFrom(io.LimitReader(r, maxBlock+1))
	if err == nil && n > maxBlock {
		err = errDamaged
	}
	if err == nil {
		decompressors.Put(r)
	}
	return b.Bytes(), err
}

// dictionarySize is what paid off: twice as much makes the blob no smaller.
const dictionarySize = 16 << 10

// dictionary returns the texts that occur in many of the blocks, between the
// separators; the most useful last, where references to them are shortest.
func dictionary(blocks [][]byte, separators string) []byte {
	in := map[string]int{} // in how many blocks a word is
	for _, block := range blocks {
		seen := map[string]bool{}
		for _, word := range strings.FieldsFunc(string(block), func(r rune) bool { return strings.ContainsRune(separators, r) }) {
			// What follows the text in a block of facts is no word.
			if len(word) >= 4 && len(word) < 120 && !seen[word] {
				seen[word] = true
				in[word]++
			}
		}
	}
	words := slices.SortedFunc(maps.Keys(in), func(a, b string) int {
		if d := in[b]*len(b) - in[a]*len(a); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	var chosen []string
	size := 0
	for _, word := range words {
		// What is in two blocks only costs more than it saves.
		if in[word] > 2 && size+len(word) < dictionarySize {
			chosen = append(chosen, word)
			size += len(word) + 1
		}
	}
	slices.Reverse(chosen)
	return []byte(strings.Join(chosen, separators[:1]) + separators[:1])
}
