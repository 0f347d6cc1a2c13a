//! Curves as SVG, by hand: one `<polyline>` per series, and colours that can be read on light and on dark pages.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Curves over one axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// The name of its file.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// What the horizontal axis, logarithmic, is.
    pub x: String,
    /// What the vertical one is.
    pub y: String,
    /// The top of the vertical axis.
    pub top: f64,
    /// The curves.
    pub series: Vec<Series>,
}

/// One curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Points, from left to right.
    pub points: Vec<[f64; 2]>,
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 480.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 312.0;
/// Mid tones, told apart by colour-blind eyes, too (after Okabe and Ito), and by their dashes.
const COLOURS: [&str; 6] = ["#0f8fd6", "#d55e00", "#00a078", "#b57614", "#c0599a", "#7a7f87"];
const DASHES: [&str; 6] = ["none", "7 3", "2 3", "9 3 2 3", "4 4", "1 4"];

impl Chart {
    /// As a file.
    pub fn svg(&self) -> String {
        let mut svg = String::new();
        let _ = writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n\
             <style>text{{font:12px system-ui,sans-serif;fill:#24292f}}.axis{{stroke:#8c959f}}.grid{{stroke:#8c959f;opacity:.25}}\
             @media(prefers-color-scheme:dark){{text{{fill:#d0d7de}}}}</style>",
            escaped(&self.title)
        );
        text(&mut svg, LEFT, 20.0, "start", &self.title);
        text(&mut svg, LEFT, 34.0, "start", &self.y);
        text(&mut svg, f64::midpoint(LEFT, RIGHT), HEIGHT - 8.0, "middle", &self.x);
        for tick in 0..=4 {
            let value = self.top * f64::from(tick) / 4.0;
            let y = self.y_at(value);
            line(&mut svg, if tick == 0 { "axis" } else { "grid" }, [LEFT, y, RIGHT, y]);
            text(&mut svg, LEFT - 6.0, y + 4.0, "end", &label(value));
        }
        for x in self.xs() {
            text(&mut svg, self.x_at(x), BOTTOM + 18.0, "middle", &label(x));
        }
        for (i, series) in self.series.iter().enumerate() {
            self.curve(&mut svg, i, series);
        }
        svg + "</svg>\n"
    }

    fn curve(&self, svg: &mut String, index: usize, series: &Series) {
        let (colour, dash) = (COLOURS[index % COLOURS.len()], DASHES[index % DASHES.len()]);
        let points: Vec<String> =
            series.points.iter().map(|[x, y]| format!("{:.1},{:.1}", self.x_at(*x), self.y_at(*y))).collect();
        let stroke =
            format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"");
        let _ = writeln!(svg, "<polyline {stroke} points=\"{}\"/>", points.join(" "));
        let y = TOP + 18.0 * index as f64 + 8.0;
        let _ = writeln!(svg, "<path {stroke} d=\"M{} {y}h26\"/>", RIGHT + 14.0);
        text(svg, RIGHT + 46.0, y + 4.0, "start", &series.name);
    }

    fn xs(&self) -> Vec<f64> {
        let mut xs: Vec<f64> = self.series.iter().flat_map(|s| s.points.iter().map(|p| p[0])).collect();
        xs.sort_by(f64::total_cmp);
        xs.dedup();
        xs
    }

    fn x_at(&self, x: f64) -> f64 {
        let xs = self.xs();
        let (Some(first), Some(last)) = (xs.first(), xs.last()) else { return LEFT };
        let ln = haldane_core::math::ln;
        let span = ln(last / first);
        LEFT + 10.0 + (RIGHT - LEFT - 20.0) * if span > 0.0 { ln(x / first) / span } else { 0.5 }
    }

    fn y_at(&self, y: f64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * (y / self.top).clamp(0.0, 1.0)
    }
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let _ =
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>", escaped(text));
}

fn line(svg: &mut String, class: &str, [x1, y1, x2, y2]: [f64; 4]) {
    let _ = writeln!(svg, "<path class=\"{class}\" d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\"/>");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn label(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_names_its_axes_and_curves_and_stays_inside_its_frame() {
        let series = Series { name: "a < b".to_owned(), points: vec![[0.5, 0.0], [50.0, 3.0]] };
        let chart = Chart {
            id: "c".into(),
            title: "t".into(),
            x: "size".into(),
            y: "power".into(),
            top: 1.0,
            series: vec![series],
        };
        let svg = chart.svg();
        assert!(svg.contains("a &lt; b") && svg.contains(">size<") && svg.contains(">power<"));
        assert!(svg.contains(&format!("62.0,{BOTTOM:.1} 470.0,{TOP:.1}")), "{svg}");
    }
}
