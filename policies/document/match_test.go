// Tests of wildcards, with tables and with every short text.

package document

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		fold, want    bool
	}{
		{"s3:Get*", "s3:GetObject", false, true},
		{"s3:get*", "S3:GetObject", false, false},
		{"s3:get*", "S3:GetObject", true, true},
		{"arn:*:s3:::a?c", "arn:aws:s3:::abc", false, true},
		{"arn:*:s3:::a?c", "arn:aws:s3:::ac", false, false},
		{"a?", "aé", false, true},
		{"*?", "", false, false},
		{"*ab?b*", "aabab", false, true},
		{"a*a", "a", false, false},
		{"", "", false, true},
		{"*", "", false, true},
		{"?*b", "b", false, false},
		{"a*b*c", "axxbyyc", true, true},
		{"a*b*c", "axxbyy", true, false},
		{"*aab", "aaaab", true, true},
		{"*ab*ab", "abab", true, true},
		{"*ab*ab", "aba", true, false},
		{"A*", "abc", true, true},
		{"a?*c", "aC", true, false},
		{"a?*c", "aBC", true, true},
	} {
		if got := Match(c.pattern, c.text, c.fold); got != c.want {
			t.Errorf("Match(%q, %q, %v) = %v", c.pattern, c.text, c.fold, got)
		}
	}
}

func TestCoversAndIntersects(t *testing.T) {
	for _, c := range []struct {
		a, b               string
		covers, intersects bool
	}{
		{"ec2:Describe*", "ec2:DescribeVpcs", true, true},
		{"ec2:DescribeVpcs", "ec2:Describe*", false, true},
		{"*?", "?*", true, true},
		{"?*", "*x*", true, true},
		{"?*", "*", false, true},
		{"a*c", "a*b", false, false},
		{"a*b*", "a*b*c", true, true},
		{"*ab*", "*a*b*", false, true},
		// An unknown text can have any length.
		{"a:????????", "a:${Ref:X}", false, true},
		{"a:*", "a:${Ref:X}", true, true},
		{"a:${Ref:X}*", "a:${Ref:X}b", true, true},
		{"a:${Ref:X}*", "a:${Ref:Y}b", false, true},
		{"a:?*", "a:${Ref:X}", false, true},
		{"a:?*", "a:${Ref:X}b", true, true},
		{"a:b", "a:${If:C|${Ref:X}|b}", false, true},
		{"*${Ref:X}", "${If:C|${Ref:X}|b}", false, true},
	} {
		if got := Covers(c.a, c.b, false); got != c.covers {
			t.Errorf("Covers(%q, %q) = %v", c.a, c.b, got)
		}
		if Intersects(c.a, c.b, false) != c.intersects || Intersects(c.b, c.a, false) != c.intersects {
			t.Errorf("Intersects(%q, %q) is not %v both ways", c.a, c.b, c.intersects)
		}
	}
	if !Covers("EC2:*", "ec2:Describe*", true) || Covers("EC2:*", "ec2:Describe*", false) {
		t.Error("Covers does not follow foldCase")
	}
}

// slowMatch implements the definition of a match, in exponential time.
func slowMatch(pattern, text string) bool {
	if pattern == "" {
		return text == ""
	}
	if pattern[0] == '*' {
		return slowMatch(pattern[1:], text) || text != "" && slowMatch(pattern, text[1:])
	}
	return text != "" && (pattern[0] == '?' || pattern[0] == text[0]) && slowMatch(pattern[1:], text[1:])
}

// TestPatternsAgainstEveryText compares Match, Covers and Intersects with
// slowMatch on every text of at most six letters from an alphabet of four.
// Patterns use two of the letters, so there are always letters that only
// wildcards match.
func TestPatternsAgainstEveryText(t *testing.T) {
	texts := []string{""}
	for from := 0; len(texts) < 1+4+16+64+256+1024+4096; {
		end := len(texts)
		for _, text := range texts[from:end] {
			for _, c := range "abcd" {
				texts = append(texts, text+string(c))
			}
		}
		from = end
	}
	random := rand.New(rand.NewPCG(1, 2))
	pattern := func() string {
		b := make([]byte, random.IntN(5))
		for i := range b {
			b[i] = "ab**?"[random.IntN(5)]
		}
		return string(b)
	}
	for range 1500 {
		a, b := pattern(), pattern()
		covers, intersects := true, false
		for _, text := range texts {
			matchesA, matchesB := slowMatch(a, text), slowMatch(b, text)
			if Match(a, text, false) != matchesA {
				t.Fatalf("Match(%q, %q) = %v", a, text, !matchesA)
			}
			covers = covers && (matchesA || !matchesB)
			intersects = intersects || matchesA && matchesB
		}
		if got := Covers(a, b, false); got != covers {
			t.Errorf("Covers(%q, %q) = %v", a, b, got)
		}
		if got := Intersects(a, b, false); got != intersects {
			t.Errorf("Intersects(%q, %q) = %v", a, b, got)
		}
	}
}

// Most actions and resources that are compared differ at their start.
func TestIntersectsComparesStartsFirst(t *testing.T) {
	a, b := "ec2:Describe"+strings.Repeat("x", 200)+"*", "ecr:"+strings.Repeat("y", 200)+"*"
	if n := testing.AllocsPerRun(10, func() { _ = Intersects(a, b, false) }); n > 0 {
		t.Errorf("Intersects(%q, %q) makes %v allocations, although the starts differ", a, b, n)
	}
	for _, c := range [][2]string{{"a${Ref:X}", "ab"}, {"${Ref:X}a", "ba"}, {"?b", "ab"}, {"a", "a*"}} {
		if !Intersects(c[0], c[1], false) || !Intersects(c[1], c[0], false) {
			t.Errorf("Intersects(%q, %q) is not true both ways", c[0], c[1])
		}
	}
}

func TestHostilePatternsAreBounded(t *testing.T) {
	// A pattern of 2 MiB with a million stars. Backtracking would never finish.
	long := strings.Repeat("a*", 1<<20) + "b"
	text := strings.Repeat("a", 1<<21)
	if Match(long, text, false) || !Match(long, text+"b", false) {
		t.Error("wrong match")
	}
	if Covers(long, text, false) || !Intersects(long, long+"c", false) {
		t.Error("wrong result for patterns that are too long to compare")
	}
	if !Covers(strings.Repeat("a*", 1000), strings.Repeat("a*", 1000)+"a", false) {
		t.Error("1,000 wildcards are not compared")
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("a*b?", "aXbY")
	f.Add("*a*a*?", "aaaé")
	f.Add("a${Ref:X}*", "a${Ref:X}")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)+len(b) > 200 || !utf8.ValidString(a) || !utf8.ValidString(b) {
			return
		}
		Match(a, b, true)
		if !Covers(a, a, false) || !Intersects(a, a, false) || !Covers("*"+a, a, false) {
			t.Errorf("%q does not cover or intersect itself", a)
		}
		if Covers(a, b, false) && !Intersects(a, b, false) {
			t.Errorf("%q covers %q but does not intersect it", a, b)
		}
		if !strings.ContainsAny(b, "*?$") && !strings.Contains(a, "${") && Match(a, b, false) != Covers(a, b, false) {
			t.Errorf("%q and the text %q: Match and Covers differ", a, b)
		}
	})
}
