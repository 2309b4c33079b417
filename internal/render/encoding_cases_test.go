// The values of TestOutputMatchesEncodingJSON: every kind, tag and method, and
// values without a JSON form.

//lint:file-ignore SA5008 Tags that encoding/json ignores are part of the test.

package render_test

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Types with methods that define their JSON or text form.
type (
	valueJSON   struct{ Hidden string }
	pointerJSON struct{ Hidden string }
	valueText   struct{ Hidden string }
	pointerText struct{ Hidden string }
	both        struct{ Hidden string }
	wordByte    uint8
	plainByte   uint8
	textString  string
	jsonString  string
	textInt     int
	broken      struct{}
	noJSON      string
)

func (v valueJSON) MarshalJSON() ([]byte, error)    { return []byte(`{"z": 1, "a": [true, "<v>"]}`), nil }
func (p *pointerJSON) MarshalJSON() ([]byte, error) { return []byte(`"pointer"`), nil }
func (v valueText) MarshalText() ([]byte, error)    { return []byte("text <v>"), nil }
func (p *pointerText) MarshalText() ([]byte, error) { return []byte("pointer text"), nil }
func (b both) MarshalJSON() ([]byte, error)         { return []byte(`1e5`), nil }
func (b both) MarshalText() ([]byte, error)         { return []byte("text"), nil }
func (w wordByte) MarshalText() ([]byte, error)     { return []byte(strings.Repeat("w", int(w))), nil }
func (s textString) MarshalText() ([]byte, error)   { return []byte("text of " + s), nil }
func (s jsonString) MarshalJSON() ([]byte, error)   { return []byte(`{"json": true}`), nil }
func (i textInt) MarshalText() ([]byte, error)      { return []byte("int"), nil }
func (b broken) MarshalJSON() ([]byte, error)       { return nil, errors.New("broken") }
func (s noJSON) MarshalJSON() ([]byte, error)       { return []byte(s), nil }

// nilJSON has a method that works on a nil pointer. encoding/json calls it for a
// nil pointer in a json.Marshaler, and writes null for other nil pointers.
type nilJSON struct{}

func (p *nilJSON) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%v", p == nil), nil }

type (
	zeroByValue   struct{ N int }
	zeroByPointer struct{ N int }
)

func (z zeroByValue) IsZero() bool    { return z.N == 7 }
func (z *zeroByPointer) IsZero() bool { return z.N == 7 }

type (
	Outer  struct{ Name, Both string }
	Other  struct{ Both, Deep string }
	Tagged struct {
		Field string `json:"Both"`
	}
	lower  struct{ Name, Lower string }
	number int
	Base   struct{ Deep, Base string }
	Left   struct{ Base }
	Right  struct{ Base }
	Self   struct {
		*Self
		Name string
	}
	Twice struct{ Inner }
	Again struct{ Inner }
	Inner struct {
		Innermost
		Seen string
	}
	Innermost struct{ Kept string }
	Text      interface{ MarshalText() ([]byte, error) }
)

// Unexported types with methods. A struct that embeds both has neither method,
// because they are ambiguous.
type (
	lowerJSON struct{ valueJSON }
	lowerText struct{ both }
)

type node struct {
	Next *node          `json:"next,omitempty"`
	Any  any            `json:"any,omitempty"`
	Map  map[string]any `json:"map,omitempty"`
}

func pointer[T any](v T) *T { return &v }

func tags() any {
	return struct {
		Plain      string
		Named      string `json:"named"`
		Left       string `json:"-"`
		Dash       string `json:"-,"`
		Space      string `json:"with space"`
		Bad        string `json:"a\"b"`
		Unknown    string `json:",unknown"`
		hidden     string
		EmptyNil   []string       `json:"emptyNil,omitempty"`
		Empty      []string       `json:"empty,omitempty"`
		EmptyMap   map[string]int `json:"emptyMap,omitempty"`
		EmptyText  string         `json:"emptyText,omitempty"`
		EmptyInt   int            `json:"emptyInt,omitempty"`
		EmptyUint  uint8          `json:"emptyUint,omitempty"`
		EmptyFloat float64        `json:"emptyFloat,omitempty"`
		EmptyBool  bool           `json:"emptyBool,omitempty"`
		EmptyPtr   *int           `json:"emptyPtr,omitempty"`
		EmptyAny   any            `json:"emptyAny,omitempty"`
		EmptyArray [0]int         `json:"emptyArray,omitempty"`
		ZeroArray  [2]int         `json:"zeroArray,omitempty"`
		Struct     struct{}       `json:"struct,omitempty"`
		Time       time.Time      `json:"time,omitempty"`
		Full       []int          `json:"full,omitempty"`
		Pointer    *int           `json:"pointer,omitempty"`
	}{Left: "no", hidden: "no", Empty: []string{}, EmptyMap: map[string]int{}, Full: []int{0}, Pointer: pointer(0)}
}

func zeros() any {
	return struct {
		Time         time.Time                  `json:"time,omitzero"`
		When         time.Time                  `json:"when,omitzero"`
		Value        zeroByValue                `json:"value,omitzero"`
		Seven        zeroByValue                `json:"seven,omitzero"`
		ByPointer    zeroByPointer              `json:"byPointer,omitzero"`
		SevenPointer zeroByPointer              `json:"sevenPointer,omitzero"`
		Nil          *zeroByPointer             `json:"nil,omitzero"`
		Seventh      *zeroByPointer             `json:"seventh,omitzero"`
		Any          any                        `json:"any,omitzero"`
		AnyNil       any                        `json:"anyNil,omitzero"`
		AnySeven     any                        `json:"anySeven,omitzero"`
		Interface    interface{ IsZero() bool } `json:"interface,omitzero"`
		InterfaceNil interface{ IsZero() bool } `json:"interfaceNil,omitzero"`
		Slice        []int                      `json:"slice,omitzero"`
		EmptySlice   []int                      `json:"emptySlice,omitzero"`
		Array        [2]int                     `json:"array,omitzero"`
		Both         string                     `json:"both,omitempty,omitzero"`
	}{When: time.Unix(1, 0).UTC(), Seven: zeroByValue{7}, SevenPointer: zeroByPointer{7}, Seventh: &zeroByPointer{7},
		AnyNil: (*zeroByPointer)(nil), AnySeven: zeroByValue{7}, Interface: zeroByValue{7}, InterfaceNil: (*zeroByPointer)(nil), EmptySlice: []int{}}
}

func quoted() any {
	return struct {
		Int     int         `json:",string"`
		Uint    uint64      `json:",string"`
		Float   float64     `json:",string"`
		Bool    bool        `json:",string"`
		Text    string      `json:",string"`
		Number  json.Number `json:",string"`
		NoNum   json.Number `json:",string"`
		Pointer *int        `json:",string"`
		Nil     *int        `json:",string"`
		List    []int       `json:",string"`
		Any     any         `json:",string"`
		JSON    jsonString  `json:",string"`
		Of      *jsonString `json:",string"`
		TextInt textInt     `json:",string"`
		Struct  Outer       `json:",string"`
	}{-1, math.MaxUint64, 1.5, true, "a \"b\" <c> \u202e", "12", "", pointer(3), nil, []int{1}, 1, "x", pointer(jsonString("y")), 4, Outer{"n", "b"}}
}

// cases returns values by name. Package render returns an error where
// encoding/json returns one or panics.
func cases() map[string]any {
	all := map[string]any{
		"nil": nil, "true": true, "false": false, "text": "a", "empty text": "",
		"odd text": "<&> \"\\\x00\x7f\u0085\u2028\u2029\ufeff é 🙂\n\t",
		"int":      1, "int8": int8(-128), "int16": int16(1), "int32": int32(1), "int64": int64(math.MinInt64),
		"uint": uint(1), "uint8": uint8(200), "uint16": uint16(1), "uint32": uint32(1), "uint64": uint64(math.MaxUint64), "uintptr": uintptr(1),
		"floats":   []float64{0, math.Copysign(0, -1), 1, 1.5, 0.1, 1e20, 1e21, 1e-6, 1e-7, math.MaxFloat64, math.SmallestNonzeroFloat64},
		"float32s": []float32{0, 0.1, 1e20, 1e21, 1e-7, math.MaxFloat32}, "NaN": math.NaN(), "infinity": []any{math.Inf(1)}, "NaN32": float32(math.NaN()),
		"complex": 1i, "channel": make(chan int), "function": func() {}, "nil function": (func())(nil),
		"numbers": []json.Number{"1", "", "-1.5e+3", "0", "1E5"}, "a number in a tree": map[string]any{"n": json.Number("")},
		"no number": json.Number("abc"), "a number and a space": json.Number("1 "), "a word as a number": json.Number("true"), "no number in a tree": []any{json.Number("0x1")},
		"bytes": []byte("bytes \xff"), "empty bytes": []byte{}, "nil bytes": []byte(nil), "named bytes": []plainByte{1, 2}, "bytes with words": []wordByte{1, 2},
		"array of bytes": [3]byte{1, 2, 3}, "array": [2]string{"a", "b"}, "empty array": [0]int{}, "arrays": [][2]any{{nil, 1}},
		"list": []string{"a"}, "empty list": []string{}, "nil list": []string(nil), "pointers": []*int{pointer(1), nil}, "pointer to pointer": pointer(pointer("x")),
		"map": map[string]int{"b": 1, "a": 2, "<c>": 3}, "nil map": map[string]int(nil), "empty map": map[string]int{}, "map of maps": map[string]map[string]any{"a": {"b": nil}, "c": nil},
		"map by named text": map[noJSON]int{"a": 1}, "map by text with a method": map[textString]int{"a": 1}, "map by int": map[int]string{-1: "a", 10: "b", 9: "c"},
		"map by byte": map[uint8]int{1: 1}, "map by int with a method": map[textInt]int{1: 1}, "map by struct": map[valueText]int{{"a"}: 1}, "map by address": map[netip.Addr]int{netip.MustParseAddr("::1"): 1},
		"map by pointer": map[*pointerText]int{{}: 1}, "map by nil pointer": map[*pointerText]int{nil: 1}, "map by interface": map[encoding.TextMarshaler]int{valueText{}: 1},
		"map by bool": map[bool]int{}, "map by float": map[float64]int{1: 1}, "nil map by struct": map[Outer]int(nil), "map by anything": map[any]int{"a": 1},
		"map by pointer method of a value": map[pointerText]int{{}: 1},
		"tags":                             tags(), "pointer to tags": pointer(tags()), "zeros": zeros(), "strings": quoted(),
		"struct with a channel": struct{ C chan int }{}, "struct with a channel left out": struct {
			C chan int `json:"-"`
			D int
		}{}, "struct with an empty function": struct {
			F func() `json:",omitempty"`
		}{},
		"embedded": struct {
			Outer
			X int
		}{Outer{"n", "b"}, 1}, "embedded pointer": struct{ *Outer }{&Outer{"n", "b"}}, "embedded nil": struct {
			*Outer
			X int
		}{nil, 1},
		"embedded and hidden": struct{ lower }{lower{"n", "l"}}, "embedded pointer to hidden": struct{ *lower }{&lower{"n", "l"}}, "embedded hidden number": struct {
			number
			X int
		}{1, 2},
		"embedded with a name": struct {
			Outer `json:"outer"`
			X     int
		}{Outer{"n", "b"}, 1}, "embedded hidden with a name": struct {
			lower `json:"x"`
		}{lower{"n", "l"}},
		"embedded left out": struct {
			Outer `json:"-"`
			X     int
		}{Outer{"n", "b"}, 1}, "two of a name": struct {
			Outer
			Other
		}{Outer{"n", "b"}, Other{"c", "d"}},
		"two of a name, one with a tag": struct {
			Outer
			Other
			Tagged
		}{Outer{"n", "b"}, Other{"c", "d"}, Tagged{"t"}},
		"two of a name, two with a tag": struct {
			Tagged
			T string `json:"Both"`
		}{Tagged{"t"}, "outer"}, "deeper and hidden by another": struct {
			Left
			Deep string
		}{Left{Base{"a", "b"}}, "outer"},
		"embedded by two ways": struct {
			Left
			Right
		}{Left{Base{"a", "b"}}, Right{Base{"c", "d"}}}, "by two ways, and something in it": struct {
			Twice
			Again
		}{Twice{Inner{Innermost{"a"}, "b"}}, Again{Inner{Innermost{"c"}, "d"}}},
		"embedded in itself": Self{&Self{nil, "inner"}, "outer"}, "embedded interface": struct{ Text }{valueText{}}, "embedded nil interface": struct{ Text }{},
		"embedded interface and a field": struct {
			Text
			X int
		}{valueText{}, 1}, "embedded error": struct{ error }{errors.New("x")},
		"embedded with a method": struct {
			valueJSON
			X int
		}{valueJSON{"no"}, 1}, "embedded pointer with a method": struct {
			*pointerJSON
			X int
		}{&pointerJSON{}, 1},
		"two embedded with methods": struct {
			valueJSON
			both
			X int
		}{valueJSON{"a"}, both{"b"}, 1}, "embedded time": struct {
			time.Time
			X int
		}{time.Unix(0, 0).UTC(), 1},
		"hidden with methods": struct {
			lowerJSON
			lowerText
		}{}, "hidden with methods and names": struct {
			lowerJSON `json:"a"`
			lowerText `json:"b"`
		}{},
		"method of a value": valueJSON{}, "of a pointer to it": &valueJSON{}, "of nil": (*valueJSON)(nil), "of nil in an interface": struct{ M json.Marshaler }{(*valueJSON)(nil)}, "nil interface": struct{ M json.Marshaler }{},
		"method of a pointer": &pointerJSON{}, "not of a value": pointerJSON{"plain"}, "in a list": []pointerJSON{{"x"}}, "in an array": [1]pointerJSON{{"plain"}}, "in a map": map[string]pointerJSON{"a": {"plain"}},
		"in a struct": struct{ P pointerJSON }{pointerJSON{"plain"}}, "in a pointer to a struct": &struct{ P pointerJSON }{}, "in an interface": []any{pointerJSON{"plain"}, &pointerJSON{}, valueJSON{}, nil},
		"nil pointer with a method for it": []any{(*nilJSON)(nil)}, "nil pointer of that type": []*nilJSON{nil}, "nil in an interface of that type": []json.Marshaler{(*nilJSON)(nil)},
		"text of a value": valueText{}, "text of a pointer": &pointerText{}, "no text of a value": pointerText{"plain"}, "texts": []pointerText{{"x"}}, "nil text": []*valueText{nil},
		"text of nil in an interface": []encoding.TextMarshaler{(*valueText)(nil)}, "both methods": both{}, "pointer to both": &both{}, "words": []any{wordByte(3), textString("x"), textInt(1), jsonString("x")},
		"a method that fails": []any{1, broken{}}, "no JSON": noJSON("{"), "two values": noJSON("1 2"), "nothing": noJSON(""), "white space around it": noJSON(" [1 , 2]\n"), "a number": noJSON("1.50E+2"), "hostile text": noJSON(`"\u2028<\/script>\ud83d\ude42"`),
		"raw": json.RawMessage(`{"b": 1, "a": 123456789012345678901234567890}`), "nil raw": json.RawMessage(nil), "raw in a struct": struct{ R json.RawMessage }{json.RawMessage(`[]`)}, "broken raw": json.RawMessage(`{"a"}`),
		"time": time.Date(2024, 2, 3, 4, 5, 6, 7, time.FixedZone("", 3600)), "pointer to time": pointer(time.Unix(0, 0).UTC()), "time out of range": time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "duration": time.Second, "month": time.May,
		"IP": net.ParseIP("127.0.0.1"), "address": netip.MustParseAddr("::1"), "no address": netip.Addr{}, "URL": url.URL{Scheme: "https", Host: "h", User: url.UserPassword("u", "p")}, "big": big.NewInt(12345678901), "big value": *big.NewInt(5), "big float": big.NewFloat(1.5),
		"error": errors.New("x"), "empty struct": struct{}{},
		"tree": map[string]any{"empty": map[string]any{}, "none": []any{}, "list": []any{"a", map[string]any{"b": true}, []any{json.Number("1")}, 2, 3.5, []string{"x"}}},
	}
	loop := &node{}
	loop.Next = loop
	all["a pointer to itself"] = loop
	list := []any{nil, 1}
	list[0] = list
	all["a list in itself"] = list
	object := map[string]any{"a": 1}
	object["self"], object["too"] = object, object
	all["a map in itself"] = object
	all["a map in itself, in a struct"] = node{Map: object}
	deep := &node{}
	for range 400 {
		deep = &node{Next: deep, Any: []any{1}}
	}
	all["deep"] = deep
	return all
}
