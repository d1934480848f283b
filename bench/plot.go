package main

import (
	"fmt"
	"image/color"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A panel is one diagram: a figure of each contender over what changes.
type panel struct {
	title, x, y string
	logarithmic bool // in y
	measured    []measurement
	over        func(load) int
	figure      func(measurement) float64
}

func (r *result) panels() []panel {
	batch := func(l load) int { return l.Batch }
	detection := func(l load) int { return l.Detection }
	total := func(l load) int { return l.Total }
	return []panel{
		{"Throughput by size of the batches", "detections a batch", "MB/s", true, r.batches, batch, measurement.mbps},
		{"Peak memory by size of the batches", "detections a batch", "MB", false, r.batches, batch, measurement.peakMB},
		{"Throughput by size of the detections", "bytes a detection", "MB/s", true, r.sizes, detection, measurement.mbps},
		{"Peak memory by size of the backlog", "bytes of backlog", "MB", false, r.totals, total, measurement.peakMB},
	}
}

var colours = map[contender]color.Color{
	drain: color.Gray{Y: 0x90},
	stock: color.RGBA{R: 0xd9, G: 0x6f, B: 0x1e, A: 0xff},
	ours:  color.RGBA{R: 0x1f, G: 0x6f, B: 0xb4, A: 0xff},
}

// draw writes the panels as an SVG, two a row.
func (r *result) draw(path string) error {
	const columns, width, height = 2, 9 * vg.Inch, 7 * vg.Inch
	panels := r.panels()
	rows := make([][]*plot.Plot, len(panels)/columns)
	for i, panel := range panels {
		p, err := panel.plot()
		if err != nil {
			return fmt.Errorf("drawing %q: %w", panel.title, err)
		}
		rows[i/columns] = append(rows[i/columns], p)
	}
	canvas := vgsvg.New(width, height)
	tiles := draw.Tiles{
		Rows: len(rows), Cols: columns, PadX: vg.Inch / 4, PadY: vg.Inch / 4,
		PadTop: vg.Inch / 8, PadBottom: vg.Inch / 8, PadLeft: vg.Inch / 8, PadRight: vg.Inch / 4,
	}
	for i, row := range plot.Align(rows, tiles, draw.New(canvas)) {
		for j, c := range row {
			rows[i][j].Draw(c)
		}
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := canvas.WriteTo(file); err != nil {
		return err
	}
	return file.Close()
}

func (p panel) plot() (*plot.Plot, error) {
	diagram := plot.New()
	diagram.Title.Text, diagram.X.Label.Text, diagram.Y.Label.Text = p.title, p.x, p.y
	diagram.X.Scale, diagram.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{}
	diagram.Add(plotter.NewGrid())
	diagram.Legend.Left = true
	for _, c := range []contender{drain, ours, stock} {
		var points plotter.XYs
		for _, m := range p.measured {
			if y := p.figure(m); m.setup.contender == c && y > 0 {
				points = append(points, plotter.XY{X: float64(p.over(m.load)), Y: y})
			}
		}
		if len(points) == 0 {
			continue // curl's memory is not measured
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err
		}
		line.Color, dots.Color, dots.Shape = colours[c], colours[c], draw.CircleGlyph{}
		line.Width = vg.Points(2)
		diagram.Add(line, dots)
		diagram.Legend.Add(string(c), line, dots)
	}
	if p.logarithmic {
		diagram.Y.Scale, diagram.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{}
		diagram.Y.Min = 10 // leaves room for the legend
	} else {
		diagram.Y.Min = 0
		diagram.Legend.Top = true
	}
	return diagram, nil
}
