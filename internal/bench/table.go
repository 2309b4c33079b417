// The table in Markdown, as in docs/performance.md.

package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// table returns the rows as text, with medians, and the number of limits that are
// exceeded. A row can exceed several limits.
func table(rows []*row, peer bool) (text string, exceeded int) {
	var b strings.Builder
	header := []string{"", "wall time", "CPU", "peak memory", "budget"}
	if peer {
		header = append(header, "clusterawsadm", "ratio")
	}
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(header)
	line(slices.Repeat([]string{"---"}, len(header)))
	var notes []string
	for _, r := range rows {
		if r.skipped != "" {
			notes = append(notes, "not measured: "+r.title+": "+r.skipped)
			continue
		}
		result := r.result(peer)
		cells := []string{r.title, milliseconds(result.our.wall), milliseconds(result.our.cpu), mebibytes(result.our.memory), strings.Join(result.limits, ", ")}
		if r.size > 0 {
			cells = []string{r.title, "", "", "", strings.Join(result.limits, ", ")}
			cells[1] = fmt.Sprintf("%.1f MB", result.our.size)
		}
		if peer {
			cells = append(cells, result.peer...)
		}
		line(cells)
		for _, what := range result.overBudget {
			exceeded++
			notes = append(notes, "over budget: "+r.title+": "+what)
		}
	}
	if !peer {
		notes = append(notes, "not compared with clusterawsadm, to which the budgets of the first three rows are relative: make bench PEER=PATH")
	}
	if len(notes) > 0 {
		b.WriteString("\n" + strings.Join(notes, "\n") + "\n")
	}
	return b.String(), exceeded
}

// result is what the table says about a row.
type result struct {
	our        sample
	peer       []string // cells of clusterawsadm, if it was measured
	limits     []string
	overBudget []string // a text for each limit that is exceeded
}

func (r *row) result(withPeer bool) result {
	x := result{our: medians(r.ourSamples)}
	limit := func(value, maximum float64, text string, args ...any) {
		if maximum == 0 {
			return
		}
		text = fmt.Sprintf(text, args...)
		x.limits = append(x.limits, text)
		if value > maximum {
			x.overBudget = append(x.overBudget, fmt.Sprintf("%.2f times the limit of %s", value/maximum, text))
		}
	}
	limit(x.our.wall.Seconds(), r.budget.wall.Seconds(), "%s", milliseconds(r.budget.wall))
	limit(x.our.cpu.Seconds(), r.budget.cpu.Seconds(), "%s of CPU", milliseconds(r.budget.cpu))
	limit(x.our.memory, r.budget.memory, "%.0f MiB", r.budget.memory)
	limit(x.our.size, r.budget.size, "%.0f MB", r.budget.size)
	if !withPeer {
		limit(0, r.budget.ratio, "%.2f of clusterawsadm", r.budget.ratio)
		return x
	}
	ratio := ratio(r)
	limit(ratio, r.budget.ratio, "%.2f of clusterawsadm", r.budget.ratio)
	others := medians(r.peerSamples)
	switch {
	case !r.hasPeer:
		x.peer = []string{"", ""}
	case r.size > 0:
		x.peer = []string{fmt.Sprintf("%.1f MB", others.size), fmt.Sprintf("%.3f", ratio)}
	default:
		x.peer = []string{fmt.Sprintf("%s, %s of CPU, %s", milliseconds(others.wall), milliseconds(others.cpu), mebibytes(others.memory)), fmt.Sprintf("%.3f", ratio)}
	}
	return x
}

// ratio returns the median of the ratios, run by run, of our wall time to
// clusterawsadm's, or the ratio of the sizes. It returns 0 without a peer.
func ratio(r *row) float64 {
	ratios := make([]float64, min(len(r.ourSamples), len(r.peerSamples)))
	for i := range ratios {
		ratios[i] = r.ourSamples[i].wall.Seconds() / r.peerSamples[i].wall.Seconds()
		if r.size > 0 {
			ratios[i] = r.ourSamples[i].size / r.peerSamples[i].size
		}
	}
	return median(ratios)
}

func medians(samples []sample) sample {
	of := func(figure func(sample) float64) float64 {
		figures := make([]float64, len(samples))
		for i, s := range samples {
			figures[i] = figure(s)
		}
		return median(figures)
	}
	return sample{
		wall:   time.Duration(of(func(s sample) float64 { return float64(s.wall) })),
		cpu:    time.Duration(of(func(s sample) float64 { return float64(s.cpu) })),
		memory: of(func(s sample) float64 { return s.memory }),
		size:   of(func(s sample) float64 { return s.size }),
	}
}

func median(figures []float64) float64 {
	if len(figures) == 0 {
		return 0
	}
	figures = slices.Sorted(slices.Values(figures))
	middle := len(figures) / 2
	if len(figures)%2 == 1 {
		return figures[middle]
	}
	return (figures[middle-1] + figures[middle]) / 2
}

func milliseconds(d time.Duration) string {
	if d >= time.Second {
		return fmt.Sprintf("%.3g s", d.Seconds())
	}
	return fmt.Sprintf("%.3g ms", float64(d)/1e6)
}

func mebibytes(size float64) string {
	if size == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.0f MiB", size)
}
