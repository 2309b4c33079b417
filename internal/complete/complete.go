// Package complete returns the possible words at the cursor of a shell:
// commands, flags, formats, profiles, releases, regions, and other known names.
// The shell completes file names itself.
//
// It reads only embedded data, and the names of profiles and contexts in the
// user's files: it sends no request and starts no program. The scripts pass the
// command line on standard input, because process lists show arguments. Only
// kubectl passes it as arguments.
package complete

import (
	"context"
	"slices"
	"strings"

	"capaboot/credentials"
	"capaboot/internal/commandline"
	"capaboot/internal/secrecy"
)

// Candidate is a possible word.
type Candidate struct {
	Word string
	Text string // a short description; "" for none
}

// Completion lists the words that may be at the cursor.
type Completion struct {
	Candidates []Candidate
	// Files means that the name of a file may be at the cursor too, after
	// Prefix.
	Files bool
	// Prefix is the part of the word before the value of a flag: "--config=";
	// "" when there is none. The words of the candidates begin with it.
	Prefix string
	// Incomplete means that no space may follow, because the word continues.
	Incomplete bool
}

// add adds the candidates that begin with current, the text up to the cursor. It
// leaves out those that look like secrets: the name of a profile may be one by
// mistake.
func (a *Completion) add(current string, all ...Candidate) {
	for _, candidate := range all {
		if strings.HasPrefix(candidate.Word, current) && secrecy.Hide(candidate.Word) == candidate.Word {
			a.Candidates = append(a.Candidates, candidate)
		}
	}
}

// Completer completes the commands below Root, with the profiles and contexts
// of Environment.
type Completer struct {
	Environment credentials.Environment
	Root        *commandline.Command
}

// Complete completes the word at the cursor. current is its part up to the cursor,
// and before lists the preceding words, without the name of the program.
func (a *Completer) Complete(ctx context.Context, before []string, current string) (completion Completion) {
	p := a.findPosition(before)
	switch {
	case p.pendingFlag != nil:
		a.completeValue(ctx, &completion, *p.pendingFlag, current)
	case p.onlyArguments:
		a.completeArgument(ctx, &completion, p, current)
	case strings.HasPrefix(current, "-") && current != "-":
		name, value, attached := strings.Cut(current, "=")
		flag, long := p.flag(name), strings.HasPrefix(current, "--")
		switch {
		case attached && flag != nil && flag.Value != "":
			a.completeAttached(ctx, &completion, *flag, name+"=", value)
		case !long && !attached && len(current) > 2: // -ojson
			if flag = p.flag(current[:2]); flag != nil && flag.Value != "" {
				a.completeAttached(ctx, &completion, *flag, current[:2], current[2:])
			}
		case !attached:
			completion.add(current, p.flags()...)
		}
	case current == "-":
		completion.add(current, p.flags()...)
		a.completeArgument(ctx, &completion, p, current)
	case len(p.command.Commands) > 0:
		for _, command := range p.command.Commands {
			for _, name := range command.Names {
				completion.add(current, Candidate{name, command.Usage})
			}
		}
	default:
		a.completeArgument(ctx, &completion, p, current)
	}
	return completion
}

// completeAttached completes a value that is attached to its flag. prefix is the
// flag as typed, with "=" if there is one.
func (a *Completer) completeAttached(ctx context.Context, completion *Completion, flag commandline.Flag, prefix, value string) {
	a.completeValue(ctx, completion, flag, value)
	completion.Prefix = prefix
	for i := range completion.Candidates {
		completion.Candidates[i].Word = prefix + completion.Candidates[i].Word
	}
}

// position describes where the cursor is in the command line.
type position struct {
	command       *commandline.Command
	root          *commandline.Command
	givenFlags    []string // names of flags, without dashes
	arguments     []string
	pendingFlag   *commandline.Flag // the flag whose value is at the cursor
	onlyArguments bool              // after --
}

// findPosition reads words as [commandline.Run] does: flags may be anywhere.
func (a *Completer) findPosition(words []string) position {
	p := position{command: a.Root, root: a.Root}
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
		p.givenFlags = append(p.givenFlags, flag.Name())
		if flag.Value != "" && !attached {
			if i++; i == len(words) {
				p.pendingFlag = flag
			}
		}
	}
	return p
}

// flag returns the flag with this name, which includes the dashes: a flag of the
// command, of the program, or of a subcommand that may still follow; nil when
// there is none.
func (p *position) flag(name string) *commandline.Flag {
	for _, command := range slices.Concat([]*commandline.Command{p.command, p.root}, p.command.Leaves()) {
		for i := range command.Flags {
			if slices.Contains(command.Flags[i].Dashed(), name) {
				return &command.Flags[i]
			}
		}
	}
	return nil
}

// flags returns the names of the flags that may still be given.
func (p *position) flags() (all []Candidate) {
	for _, flag := range p.knownFlags() {
		if !flag.Repeats && slices.Contains(p.givenFlags, flag.Name()) {
			continue
		}
		for _, name := range flag.Dashed() {
			all = append(all, Candidate{name, flag.Usage})
		}
	}
	return all
}

// knownFlags returns the flags of the command and of the program, each once.
func (p *position) knownFlags() []commandline.Flag {
	if p.command == p.root {
		return p.root.Flags
	}
	all := slices.Clone(p.command.Flags)
	for _, flag := range p.root.Flags {
		if flag.Name() != "help" { // every command has its own help flag
			all = append(all, flag)
		}
	}
	return all
}
