//! Grids of opacity → polygons: marching squares, then Douglas–Peucker.

use std::collections::BTreeMap;

/// A point of a photo, `0..=1` from the left and from the top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// From the left.
    pub x: f32,
    /// From the top.
    pub y: f32,
}

/// A closed outline, first point not repeated, and the holes in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon {
    /// Clockwise on the screen.
    pub outer: Vec<Point>,
    /// Counter-clockwise on the screen.
    pub holes: Vec<Vec<Point>>,
}

impl Polygon {
    /// The polygon with every point moved.
    pub(super) fn map(self, mut to: impl FnMut(Point) -> Point) -> Self {
        let outer = self.outer.into_iter().map(&mut to).collect();
        let holes = self.holes.into_iter().map(|hole| hole.into_iter().map(&mut to).collect());
        Self { outer, holes: holes.collect() }
    }
}

/// Rings that enclose fewer grid cells are noise of the codec.
const SPECK: f32 = 2.0;

/// How far, in grid cells, a simplified outline may stray.
const TOLERANCE: f32 = 0.15;

/// The polygons around everything above `level` in `field` `[height, width]`, in grid units: the
/// value of cell `(x, y)` stands at `(x + 0.5, y + 0.5)`, and outside the grid all is below.
/// Largest first.
pub(super) fn trace(field: &[f32], width: usize, level: f32) -> Vec<Polygon> {
    let grid = Grid { field, width, height: field.len() / width, level };
    let (mut outers, mut holes) = (Vec::new(), Vec::new());
    for ring in grid.rings() {
        let area = signed_area(&ring);
        if area.abs() >= SPECK {
            let rings = if area > 0.0 { &mut outers } else { &mut holes };
            rings.push((area.abs(), simplify(&ring)));
        }
    }
    outers.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let mut polygons: Vec<Polygon> =
        outers.into_iter().map(|(_, outer)| Polygon { outer, holes: Vec::new() }).collect();
    for (_, hole) in holes {
        // Smallest first: an island inside a hole owns its own holes.
        if let Some(owner) =
            polygons.iter_mut().rev().find(|polygon| encloses(&polygon.outer, hole[0]))
        {
            owner.holes.push(hole);
        }
    }
    polygons
}

/// Where the horizontal line at `y` crosses a closed ring, unsorted. Half-open, so that a corner on
/// the line counts once.
pub(super) fn crossings(ring: &[Point], y: f32) -> impl Iterator<Item = f32> {
    edges(ring)
        .filter(move |(a, b)| (a.y <= y) != (b.y <= y))
        .map(move |(a, b)| a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x))
}

fn edges(ring: &[Point]) -> impl Iterator<Item = (Point, Point)> {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

fn encloses(ring: &[Point], point: Point) -> bool {
    crossings(ring, point.y).filter(|&x| x > point.x).count() % 2 == 1
}

/// The shoelace formula; positive when clockwise on a screen, where y points down.
fn signed_area(ring: &[Point]) -> f32 {
    edges(ring).map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f32>() / 2.0
}

/// A point on a line between two neighbouring samples, told by the earlier sample (counted with
/// the border of outside samples) and whether the line goes down.
type Crossing = (usize, usize, bool);

struct Grid<'a> {
    field: &'a [f32],
    width: usize,
    height: usize,
    level: f32,
}

impl Grid<'_> {
    /// The sample at column `x`, row `y` counted from one: zero is the border outside.
    fn sample(&self, x: usize, y: usize) -> f32 {
        let inside = (1..=self.width).contains(&x) && (1..=self.height).contains(&y);
        // As far below the level as full opacity lies above it: a border through full cells is then
        // exactly the grid's own border.
        if inside { self.field[(y - 1) * self.width + x - 1] } else { 2.0 * self.level - 1.0 }
    }

    /// All outlines, the inside on their right.
    fn rings(&self) -> Vec<Vec<Point>> {
        let mut next = BTreeMap::new();
        for y in 0..=self.height {
            for x in 0..=self.width {
                self.link_cell(x, y, &mut next);
            }
        }
        let mut rings = Vec::new();
        while let Some((start, mut at)) = next.pop_first() {
            let mut ring = vec![self.point(start)];
            while at != start {
                ring.push(self.point(at));
                at = next.remove(&at).expect("every crossing is left by one of its two cells");
            }
            rings.push(ring);
        }
        rings
    }

    /// The pieces of outline in the cell between samples `(x, y)` and `(x + 1, y + 1)`.
    ///
    /// Going around the cell clockwise, each way out of the inside is linked to a way in: past the
    /// outside corner if the middle is inside, else back around the inside corner. The two differ
    /// only at saddles.
    fn link_cell(&self, x: usize, y: usize, next: &mut BTreeMap<Crossing, Crossing>) {
        let corners = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)];
        let sides = [(x, y, false), (x + 1, y, true), (x, y + 1, false), (x, y, true)];
        let values = corners.map(|(x, y)| self.sample(x, y));
        let inside = values.map(|value| value > self.level);
        let middle = values.iter().sum::<f32>() / 4.0 > self.level;
        for out in (0..4).filter(|&side| inside[side] && !inside[(side + 1) % 4]) {
            let enters = |side: &usize| !inside[*side] && inside[(side + 1) % 4];
            let onward = if middle { 1 } else { 3 };
            let back = (1..4)
                .map(|step| (out + step * onward) % 4)
                .find(enters)
                .expect("what goes out of the inside comes back in");
            next.insert(sides[out], sides[back]);
        }
    }

    /// Where the level lies between the two samples, in grid units.
    fn point(&self, (x, y, down): Crossing) -> Point {
        let first = self.sample(x, y);
        let second = if down { self.sample(x, y + 1) } else { self.sample(x + 1, y) };
        let along = (self.level - first) / (second - first);
        // Sample `x` stands at `x - 0.5`, since the border outside is counted as zero.
        let (x, y) = (x as f32 - 0.5, y as f32 - 0.5);
        if down { Point { x, y: y + along } } else { Point { x: x + along, y } }
    }
}

/// Douglas–Peucker on a closed ring, cut open at its first point and the one farthest from it.
fn simplify(ring: &[Point]) -> Vec<Point> {
    let distance = |point: &Point| (point.x - ring[0].x).hypot(point.y - ring[0].y);
    let far = (0..ring.len()).max_by(|&a, &b| distance(&ring[a]).total_cmp(&distance(&ring[b])));
    let far = far.expect("a ring has points");
    let mut closed = ring.to_vec();
    closed.push(ring[0]);
    let mut kept = Vec::new();
    keep_corners(&closed[..=far], &mut kept);
    keep_corners(&closed[far..], &mut kept);
    kept
}

/// Appends the points of `line` that matter, without its last.
fn keep_corners(line: &[Point], kept: &mut Vec<Point>) {
    let (Some(&first), Some(&last)) = (line.first(), line.last()) else {
        return;
    };
    let strays = line.iter().map(|&point| distance_to_segment(point, first, last));
    match strays.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b)) {
        Some((corner, stray)) if stray > TOLERANCE => {
            keep_corners(&line[..=corner], kept);
            keep_corners(&line[corner..], kept);
        }
        _ => kept.push(first),
    }
}

fn distance_to_segment(point: Point, a: Point, b: Point) -> f32 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 {
        (((point.x - a.x) * dx + (point.y - a.y) * dy) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (point.x - a.x - along * dx).hypot(point.y - a.y - along * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(rows: &[&str]) -> Vec<f32> {
        let value = |c: char| if c == '#' { 1.0 } else { 0.0 };
        rows.iter().flat_map(|row| row.chars().map(value)).collect()
    }

    #[test]
    fn a_full_grid_is_outlined_at_its_border() {
        let polygons = trace(&[1.0; 20], 5, 0.5);
        assert_eq!(polygons.len(), 1);
        // Corners are cut by half a cell, as marching squares does.
        let area = signed_area(&polygons[0].outer);
        assert!((area - 19.5).abs() < 1e-4, "{area}");
        assert!(
            polygons[0]
                .outer
                .iter()
                .all(|p| (0.0..=5.0).contains(&p.x) && (0.0..=4.0).contains(&p.y))
        );
    }

    #[test]
    fn the_outline_lies_where_opacity_is_one_half() {
        // Opacity falls from 1 to 0 between two columns: one half at three tenths of the way.
        let rows = [1.0, 1.0, 0.8, -0.2 + 0.0, 0.0].repeat(5);
        let polygons = trace(&rows, 5, 0.5);
        let right = polygons[0].outer.iter().map(|point| point.x).fold(0.0, f32::max);
        assert!((right - 2.8).abs() < 1e-5, "{right}");
    }

    #[test]
    fn holes_belong_to_the_ring_around_them_and_islands_to_themselves() {
        let polygons = trace(
            &field(&[
                "###########",
                "###########",
                "##.......##",
                "##.......##",
                "##..###..##",
                "##..###..##",
                "##..###..##",
                "##.......##",
                "##.......##",
                "###########",
                "###########",
            ]),
            11,
            0.5,
        );
        let holes: Vec<usize> = polygons.iter().map(|polygon| polygon.holes.len()).collect();
        assert_eq!(holes, [1, 0]);
        assert!(signed_area(&polygons[0].outer) > 0.0);
        assert!(signed_area(&polygons[0].holes[0]) < 0.0);
    }

    #[test]
    fn specks_are_left_out_and_saddles_stay_apart() {
        let polygons =
            trace(&field(&["....#", ".....", "##...", "##...", "..##.", "..##."]), 5, 0.5);
        assert_eq!(polygons.len(), 2);
    }

    #[test]
    fn simplifying_drops_points_but_keeps_the_shape() {
        let ring: Vec<Point> = (0..400)
            .map(|step| {
                let angle = step as f32 / 400.0 * std::f32::consts::TAU;
                Point { x: 20.0 * angle.cos(), y: 20.0 * angle.sin() }
            })
            .collect();
        let simple = simplify(&ring);
        assert!((10..60).contains(&simple.len()), "{}", simple.len());
        let change = (signed_area(&simple) / signed_area(&ring) - 1.0).abs();
        assert!(change < 0.02, "{change}");
        for &point in &ring {
            let stray = edges(&simple).map(|(a, b)| distance_to_segment(point, a, b));
            assert!(stray.fold(f32::INFINITY, f32::min) <= TOLERANCE);
        }
    }
}
