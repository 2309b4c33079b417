// Package complete answers a shell that asks what the word under the cursor may
// become: commands, flags, formats, profiles, releases, regions, and the other
// names that the program knows. Files are the shell's own to complete.
//
// It reads what is embedded and the names in the shared files of AWS, and nothing
// else: no request leaves the machine, no program is started. What a person has
// typed comes on standard input, where no list of processes shows it, and none of
// it is repeated.
package complete

import (
	"context"
	"slices"
	"strings"

	"capaboot/credentials"
	"capaboot/internal/commandline"
	"capaboot/internal/secrecy"
)

// Candidate is a word that may be there.
type Candidate struct {
	Word string
	Text string // what it is, "" when the word says it
}

// Answer is what may be at the cursor.
type Answer struct {
	Candidates []Candidate
	// Files: names of files may be there too; they come after Prefix.
	Files  bool
	Prefix string // what of the word is not part of the value: "--config="
	// Open: more of the word follows, so that no blank belongs after it.
	Open bool
}

// add adds the candidates that begin with what there is of the word.
func (a *Answer) add(current string, all ...Candidate) {
	for _, one := range all {
		// A profile may have a secret for its name, by mistake.
		if strings.HasPrefix(one.Word, current) && secrecy.Hide(one.Word) == one.Word {
			a.Candidates = append(a.Candidates, one)
		}
	}
}

// Asker is the caller: where profiles are looked up, and what there is.
type Asker struct {
	Environment credentials.Environment
	Root        *commandline.Command
}

// Answer returns what may be in place of current, the last word up to the
// cursor, after the words before it; the program is not among them.
func (a *Asker) Answer(ctx context.Context, before []string, current string) (answer Answer) {
	p := a.place(before)
	switch {
	case p.waiting != nil:
		a.value(ctx, &answer, *p.waiting, current)
	case p.onlyArguments:
		a.argument(ctx, &answer, p, current)
	case strings.HasPrefix(current, "-") && current != "-":
		name, value, attached := strings.Cut(current, "=")
		flag, long := p.flag(name), strings.HasPrefix(current, "--")
		switch {
		case attached && flag != nil && flag.Value != "":
			a.after(ctx, &answer, *flag, name+"=", value)
		case !long && !attached && len(current) > 2: // -ojson
			if flag = p.flag(current[:2]); flag != nil && flag.Value != "" {
				a.after(ctx, &answer, *flag, current[:2], current[2:])
			}
		case !attached:
			answer.add(current, p.flags()...)
		}
	case current == "-":
		answer.add(current, p.flags()...)
		a.argument(ctx, &answer, p, current)
	case len(p.command.Commands) > 0:
		for _, command := range p.command.Commands {
			for _, name := range command.Names {
				answer.add(current, Candidate{name, command.Usage})
			}
		}
	default:
		a.argument(ctx, &answer, p, current)
	}
	return answer
}

// after answers for a value that is attached to its flag.
func (a *Asker) after(ctx context.Context, answer *Answer, flag commandline.Flag, prefix, value string) {
	a.value(ctx, answer, flag, value)
	answer.Prefix = prefix
	for i := range answer.Candidates {
		answer.Candidates[i].Word = prefix + answer.Candidates[i].Word
	}
}

// place is where the cursor stands.
type place struct {
	command       *commandline.Command
	root          *commandline.Command
	given         []string          // names of flags, without dashes
	arguments     []string          // of the command
	waiting       *commandline.Flag // for its value
	onlyArguments bool              // after --
}

// place reads words as [commandline.Run] does: flags may stand anywhere.
func (a *Asker) place(words []string) place {
	p := place{command: a.Root, root: a.Root}
	for i := 0; i < len(words); i++ {
		word := words[i]
		if word == "--" {
			p.onlyArguments, p.arguments = true, append(p.arguments, words[i+1:]...)
			return p
		}
		if len(word) < 2 || word[0] != '-' {
			if next := p.command.Find(word); next != nil && len(p.arguments) == 0 {
				p.command = next
			} else if word != "help" || len(p.command.Commands) == 0 {
				p.arguments = append(p.arguments, word)
			}
			continue
		}
		name, _, attached := strings.Cut(word, "=")
		flag := p.flag(name)
		if flag == nil && !strings.HasPrefix(word, "--") { // -ojson
			flag, attached = p.flag(word[:2]), true
		}
		if flag == nil {
			continue
		}
		p.given = append(p.given, flag.Name())
		if flag.Value != "" && !attached {
			if i++; i == len(words) {
				p.waiting = flag
			}
		}
	}
	return p
}

// flag returns the flag of that name, with its dashes: of the command, of all, or
// of a command that may still come; nil for none.
func (p *place) flag(name string) *commandline.Flag {
	for _, command := range slices.Concat([]*commandline.Command{p.command, p.root}, p.command.Leaves()) {
		for i := range command.Flags {
			if slices.Contains(command.Flags[i].Dashed(), name) {
				return &command.Flags[i]
			}
		}
	}
	return nil
}

// flags are those that may still be given.
func (p *place) flags() (all []Candidate) {
	for _, flag := range p.shown() {
		if !flag.Repeats && slices.Contains(p.given, flag.Name()) {
			continue
		}
		for _, name := range flag.Dashed() {
			all = append(all, Candidate{name, flag.Usage})
		}
	}
	return all
}

func (p *place) shown() []commandline.Flag {
	if p.command == p.root {
		return p.root.Flags
	}
	all := slices.Clone(p.command.Flags)
	for _, flag := range p.root.Flags {
		if flag.Name() != "help" { // each command has its own
			all = append(all, flag)
		}
	}
	return all
}
