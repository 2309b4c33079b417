// The stored form of the data, and its decoder. Package internal/encode encodes
// it.
//
// data/services.bin consists of blocks that are compressed separately, so that
// a run decompresses only the services that it uses. data/index.tsv has the
// size of each block, in the order of the blocks. It is a text file, so that an
// update has a readable diff:
//
//	dictionary FACTS-SIZE DESCRIPTIONS-SIZE
//	service    PREFIX NAME ACTIONS RESOURCE-TYPES CONDITION-KEYS FACTS-SIZE DESCRIPTIONS-SIZE
//	key-prefix PREFIX SERVICE
//
// Fields are separated by tabs, and sizes are in bytes. The blob begins with
// the two uncompressed dictionaries. The blocks of the services follow in the
// order of the index: for each service its facts, then the descriptions of its
// actions. A key-prefix line names a service that has condition keys with a
// prefix other than its own ("saml" belongs to sts).
//
// A block is a stream of compress/flate with a preset dictionary. Small
// services contain too little text to compress well, and much of their text
// occurs in all services ("aws:ResourceTag/${TagKey}"). The dictionary halves
// the size.
//
// The decompressed facts consist of a text and numbers. The text has all names,
// one per line: they compress better together, and the decoded names are slices
// of that one text. The numbers are unsigned varints:
//
//	length of the text, in bytes
//	condition keys: count; for each the type (type*2 + 1 if it has several values)
//	key lists: count; for each its length, and the differences between the
//	    numbers of its keys. A list that many actions share is stored once
//	resource types: count; for each the number of patterns, and its key list
//	dependent actions: count
//	actions: count, and the total counts of their resources and dependencies
//	    for each: level, key list,
//	    count of resources; for each the number of its type*2 + 1 if required,
//	    and its key list,
//	    count of dependent actions, and their numbers
//
// The lines of the text are: condition keys; for each resource type its name
// and its patterns; dependent actions; actions.
//
// The descriptions have one line for each action.

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

// errDamaged is the error for data that the generator cannot have written.
var errDamaged = errors.New("invalid data")

// decodeFacts decodes the facts of a service. It accepts arbitrary bytes, and
// uses memory in proportion to their number.
func decodeFacts(facts []byte, s *Service) error {
	r := reader{rest: facts}
	length := r.count(1)
	if r.invalid {
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
	s.unlistedKeys = unlistedKeys(s.ConditionKeys, lists)
	list := func() []string {
		if index := r.number(); index < len(lists) {
			return lists[index]
		}
		r.invalid = true
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
	if !r.actions(s, dependent, list) || r.invalid || len(r.rest) > 0 || r.text != "" {
		return errDamaged
	}
	return nil
}

func unlistedKeys(keys []ConditionKey, lists [][]string) (unlisted []string) {
	used := map[string]bool{}
	for _, list := range lists {
		for _, key := range list {
			used[key] = true
		}
	}
	for _, k := range keys {
		if !used[k.Name] {
			unlisted = append(unlisted, k.Name)
		}
	}
	return unlisted
}

// keyLists reads the lists of condition keys. It returns false if a list has an
// unknown key.
func (r *reader) keyLists(keys []ConditionKey) ([][]string, bool) {
	lists := make([][]string, r.count(1))
	for i := range lists {
		n := r.count(1)
		if n == 0 {
			continue
		}
		lists[i] = make([]string, n)
		index := -1
		for j := range lists[i] {
			if index += r.number(); index < 0 || index >= len(keys) {
				return nil, false
			}
			lists[i][j] = keys[index].Name
		}
	}
	return lists, true
}

// actions reads the actions of a service, whose resource types must be known.
// list reads a reference to a list of condition keys. actions returns false if
// a number refers to something that does not exist, or if a total count is
// wrong.
func (r *reader) actions(s *Service, dependent []string, list func() []string) bool {
	s.Actions = make([]Action, r.count(4))
	resources := make([]ActionResource, r.count(2))
	dependencies := make([]string, r.count(1))
	for i := range s.Actions {
		a := &s.Actions[i]
		*a = Action{Service: s.Prefix, Index: i, Name: r.line(), Level: Level(r.number()), ConditionKeys: list()}
		n := r.number()
		if n > len(resources) {
			return false
		}
		if n > 0 {
			a.Resources, resources = resources[:n:n], resources[n:]
		}
		for j := range a.Resources {
			index := r.number()
			if index/2 >= len(s.ResourceTypes) {
				return false
			}
			a.Resources[j] = ActionResource{Type: &s.ResourceTypes[index/2], Required: index%2 == 1, ConditionKeys: list()}
		}
		if n = r.number(); n > len(dependencies) {
			return false
		}
		if n > 0 {
			a.DependentActions, dependencies = dependencies[:n:n], dependencies[n:]
		}
		for j := range a.DependentActions {
			index := r.number()
			if index >= len(dependent) {
				return false
			}
			a.DependentActions[j] = dependent[index]
		}
	}
	return len(resources) == 0 && len(dependencies) == 0
}

// reader reads numbers and lines. If the data is invalid, it sets invalid, and
// what it reads from then on has no meaning.
type reader struct {
	text    string
	rest    []byte
	invalid bool
}

func (r *reader) number() int {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > 1<<30 {
		r.invalid, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return int(n)
}

// count reads the number of items that follow. Each item has at least bytesEach
// bytes, so a number is invalid if fewer bytes are left.
func (r *reader) count(bytesEach int) int {
	n := r.number()
	if n > len(r.rest)/bytesEach {
		r.invalid = true
		return 0
	}
	return n
}

// lines reads the number of lines that follow.
func (r *reader) lines() int {
	n := r.number()
	if n > len(r.text) {
		r.invalid = true
		return 0
	}
	return n
}

func (r *reader) line() string {
	line, rest, ok := strings.Cut(r.text, "\n")
	if !ok {
		r.invalid = true
	}
	r.text = rest
	return line
}

// decompressor decompresses one block at a time. It has a window of 32 KiB and
// the buffer of the last block.
type decompressor struct {
	reader io.ReadCloser
	block  bytes.Buffer
}

// idleDecompressor is a decompressor that is not in use, or nil. (A sync.Pool
// keeps one for each processor, so a decompression on another processor would not
// reuse it.)
var idleDecompressor atomic.Pointer[decompressor]

// maxBlockSize limits the memory that invalid data can use. It is far larger
// than any decompressed block; the largest has about 70 kB.
const maxBlockSize = 8 << 20

// decompress calls use with the decompressed data. use must not keep the data.
func decompress(data string, dictionary []byte, use func([]byte) error) error {
	source := strings.NewReader(data)
	d := idleDecompressor.Swap(nil)
	if d == nil {
		d = &decompressor{reader: flate.NewReaderDict(source, dictionary)}
	} else if err := d.reader.(flate.Resetter).Reset(source, dictionary); err != nil {
		return err
	}
	d.block.Reset()
	d.block.Grow(7*len(data) + bytes.MinRead) // a long block usually grows at most sevenfold
	n, err := d.block.ReadFrom(io.LimitReader(d.reader, maxBlockSize+1))
	if err == nil && n > maxBlockSize {
		err = errDamaged
	}
	if err == nil {
		err = use(d.block.Bytes())
	}
	if err == nil {
		idleDecompressor.Store(d)
	}
	return err
}
