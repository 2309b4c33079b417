// The stored form of the data, and how it is read. Package internal/encode
// writes it.
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
	"io"
	"strings"
	"sync/atomic"
)

// errDamaged is the error of data that the generator cannot have written.
var errDamaged = errors.New("the data is damaged")

// decodeFacts reads the facts of a service. It takes any bytes, and uses
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
	lists, ok := r.keyLists(s.ConditionKeys)
	if !ok {
		return errDamaged
	}
	s.loose = looseKeys(s.ConditionKeys, lists)
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
	if !r.actions(s, dependent, list) || r.bad || len(r.rest) > 0 || r.text != "" {
		return errDamaged
	}
	return nil
}

// looseKeys returns the keys that are in no list.
func looseKeys(keys []ConditionKey, lists [][]string) (loose []string) {
	used := map[string]bool{}
	for _, list := range lists {
		for _, key := range list {
			used[key] = true
		}
	}
	for _, k := range keys {
		if !used[k.Name] {
			loose = append(loose, k.Name)
		}
	}
	return loose
}

// keyLists reads the lists of condition keys. It reports false if one has an unknown
// key.
func (r *reader) keyLists(keys []ConditionKey) ([][]string, bool) {
	lists := make([][]string, r.count(1))
	for i := range lists {
		n := r.count(1)
		if n == 0 {
			continue
		}
		lists[i] = make([]string, n)
		at := -1
		for j := range lists[i] {
			if at += r.number(); at < 0 || at >= len(keys) {
				return nil, false
			}
			lists[i][j] = keys[at].Name
		}
	}
	return lists, true
}

// actions reads the actions of a service, whose resource types are known; list
// reads the number of a list of condition keys. It reports false for numbers of
// what is not there.
func (r *reader) actions(s *Service, dependent []string, list func() []string) bool {
	s.Actions = make([]Action, r.count(4))
	resources := make([]ActionResource, r.count(2))
	dependencies := make([]string, r.count(1))
	for i := range s.Actions {
		a := &s.Actions[i]
		*a = Action{Service: s.Prefix, Name: r.line(), Level: Level(r.number()), ConditionKeys: list()}
		n := r.number()
		if n > len(resources) {
			return false
		}
		if n > 0 {
			a.Resources, resources = resources[:n:n], resources[n:]
		}
		for j := range a.Resources {
			at := r.number()
			if at/2 >= len(s.ResourceTypes) {
				return false
			}
			a.Resources[j] = ActionResource{Type: &s.ResourceTypes[at/2], Required: at%2 == 1, ConditionKeys: list()}
		}
		if n = r.number(); n > len(dependencies) {
			return false
		}
		if n > 0 {
			a.DependentActions, dependencies = dependencies[:n:n], dependencies[n:]
		}
		for j := range a.DependentActions {
			at := r.number()
			if at >= len(dependent) {
				return false
			}
			a.DependentActions[j] = dependent[at]
		}
	}
	return len(resources) == 0 && len(dependencies) == 0
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

// decompressor reads one block after the other. It has a window of 32 KiB, and the
// last block.
type decompressor struct {
	reader io.ReadCloser
	block  bytes.Buffer
}

// spare is the decompressor that is free, or nil. (A sync.Pool has one for each
// processor: the second of two blocks would often not find it.)
var spare atomic.Pointer[decompressor]

// maxBlock is far more than any block holds decompressed (the largest has
// about 70 kB); it bounds the memory that damaged data can take.
const maxBlock = 8 << 20

// decompress gives use the decompressed data, which use must not keep.
func decompress(data string, dictionary []byte, use func([]byte) error) error {
	source := strings.NewReader(data)
	d := spare.Swap(nil)
	if d == nil {
		d = &decompressor{reader: flate.NewReaderDict(source, dictionary)}
	} else if err := d.reader.(flate.Resetter).Reset(source, dictionary); err != nil {
		return err
	}
	d.block.Reset()
	d.block.Grow(7*len(data) + bytes.MinRead) // the most that a long block has
	n, err := d.block.ReadFrom(io.LimitReader(d.reader, maxBlock+1))
	if err == nil && n > maxBlock {
		err = errDamaged
	}
	if err == nil {
		err = use(d.block.Bytes())
	}
	if err == nil {
		spare.Store(d)
	}
	return err
}
