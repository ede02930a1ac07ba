//! Outlines: how large a ring is, what of it lies in the picture, how near two of them are.

use kerbside_core::detection::BBox;
use kerbside_core::mask::{BinaryMask, Mask, Point};
use xtask::dataset::Ring;

/// Pixels per side on which an outline is drawn before it is shrunk to a mask: four a cell both
/// ways, so that a cell on a slanted edge is covered in part.
const DRAWN_SIDE: usize = 4 * Mask::SIDE;

/// The smallest box around all points; none around no point.
pub fn extent(rings: &[Ring]) -> Option<BBox> {
    let at = |p: &Point| BBox { y1: p.y, x1: p.x, y2: p.y, x2: p.x };
    rings.iter().flatten().map(at).reduce(|a, b| a.around(&b))
}

/// Of all rings together, as a share of the picture; where they overlap, it counts twice.
pub fn area(rings: &[Ring]) -> f32 {
    rings.iter().map(|ring| ring_area(ring)).sum()
}

/// The shoelace formula, whichever way the ring goes around.
fn ring_area(ring: &[Point]) -> f32 {
    edges(ring).map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f32>().abs() / 2.0
}

/// What of each ring lies in the picture (`0..=1` both ways), by Sutherland and Hodgman's
/// *Reentrant polygon clipping* (1974): pieces of one ring stay joined along the picture's edge,
/// which changes neither their area nor their extent.
pub fn clipped(rings: &[Ring]) -> Vec<Ring> {
    /// How far inside one of the four edges a point is.
    type Depth = fn(Point) -> f32;
    let edges: [Depth; 4] = [|p| p.x, |p| 1.0 - p.x, |p| p.y, |p| 1.0 - p.y];
    let clip = |ring: &Ring| {
        let ring = edges.iter().fold(ring.clone(), |ring, depth| clipped_at(&ring, depth));
        // What rounding left outside.
        let inside = |p: Point| Point { x: p.x.clamp(0.0, 1.0), y: p.y.clamp(0.0, 1.0) };
        ring.into_iter().map(inside).collect::<Ring>()
    };
    rings.iter().map(clip).filter(|ring| ring.len() >= 3).collect()
}

fn clipped_at(ring: &[Point], depth: impl Fn(Point) -> f32) -> Ring {
    let mut kept = Ring::new();
    for (a, b) in edges(ring) {
        let (from, to) = (depth(a), depth(b));
        if from >= 0.0 {
            kept.push(a);
        }
        if (from >= 0.0) != (to >= 0.0) {
            let along = from / (from - to);
            kept.push(Point { x: a.x + along * (b.x - a.x), y: a.y + along * (b.y - a.y) });
        }
    }
    kept
}

/// The rings inside `bbox` as the mask codec sees them, stretched to 64×64. Drawn there and not on
/// the picture's pixels, which are too coarse for what is far away.
pub fn mask(rings: &[Ring], bbox: &BBox) -> Mask {
    let mut drawn = BinaryMask::new(DRAWN_SIDE, DRAWN_SIDE);
    for ring in rings {
        let local = |p: &Point| Point {
            x: (p.x - bbox.x1) / bbox.width(),
            y: (p.y - bbox.y1) / bbox.height(),
        };
        drawn.fill_ring(&ring.iter().map(local).collect::<Ring>());
    }
    Mask::from_region(&drawn, &BBox::WHOLE)
}

/// How far apart two outlines are, in sizes of `part`: 0 where a corner of `part` lies inside
/// `whole`, else the least distance of such a corner from an edge of `whole`.
pub fn gap(part: &[Ring], whole: &[Ring]) -> f32 {
    let Some(size) = extent(part) else { return f32::INFINITY };
    let (across, down) = (size.width().max(1e-6), size.height().max(1e-6));
    let scaled = |p: Point| Point { x: p.x / across, y: p.y / down };
    let mut least = f32::INFINITY;
    for &corner in part.iter().flatten() {
        if whole.iter().any(|ring| encloses(ring, corner)) {
            return 0.0;
        }
        for (a, b) in whole.iter().flat_map(|ring| edges(ring)) {
            least = least.min(distance_to_segment(scaled(corner), scaled(a), scaled(b)));
        }
    }
    least
}

/// Share of the rings' length that runs along the picture's edge, within a hundredth of its side.
pub fn along_edges(rings: &[Ring]) -> f32 {
    const NEAR: f32 = 0.01;
    let is_along = |a: Point, b: Point| {
        let near = |edge: fn(Point) -> f32| edge(a) <= NEAR && edge(b) <= NEAR;
        near(|p| p.x) || near(|p| 1.0 - p.x) || near(|p| p.y) || near(|p| 1.0 - p.y)
    };
    let (mut along, mut whole) = (0.0, 0.0);
    for (a, b) in rings.iter().flat_map(|ring| edges(ring)) {
        let length = (b.x - a.x).hypot(b.y - a.y);
        whole += length;
        along += if is_along(a, b) { length } else { 0.0 };
    }
    along / whole.max(f32::MIN_POSITIVE)
}

fn edges(ring: &[Point]) -> impl Iterator<Item = (Point, Point)> {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

/// Even-odd: whether a line from `point` to the right crosses the ring an odd number of times.
fn encloses(ring: &[Point], point: Point) -> bool {
    let crosses = |&(a, b): &(Point, Point)| {
        (a.y <= point.y) != (b.y <= point.y)
            && a.x + (point.y - a.y) / (b.y - a.y) * (b.x - a.x) > point.x
    };
    edges(ring).filter(crosses).count() % 2 == 1
}

fn distance_to_segment(point: Point, a: Point, b: Point) -> f32 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length = (dx * dx + dy * dy).max(f32::MIN_POSITIVE);
    let along = (((point.x - a.x) * dx + (point.y - a.y) * dy) / length).clamp(0.0, 1.0);
    (point.x - a.x - along * dx).hypot(point.y - a.y - along * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(points: &[(f32, f32)]) -> Ring {
        points.iter().map(|&(x, y)| Point { x, y }).collect()
    }

    fn square(x1: f32, y1: f32, x2: f32, y2: f32) -> Ring {
        ring(&[(x1, y1), (x2, y1), (x2, y2), (x1, y2)])
    }

    #[test]
    fn what_lies_outside_is_cut_off_exactly() {
        let inside = clipped(&[square(-1.0, 0.25, 0.5, 2.0)]);
        assert_eq!(extent(&inside), Some(BBox { y1: 0.25, x1: 0.0, y2: 1.0, x2: 0.5 }));
        assert!((area(&inside) - 0.375).abs() < 1e-6);
        assert!(clipped(&[square(1.5, 0.0, 2.0, 1.0)]).is_empty());
        let whole = square(0.1, 0.2, 0.3, 0.4);
        assert_eq!(clipped(std::slice::from_ref(&whole)), [whole]);
    }

    #[test]
    fn a_slanted_outline_is_no_wider_inside_than_what_is_seen_of_it() {
        // A triangle whose widest part lies below the picture.
        let inside = clipped(&[ring(&[(0.5, 0.5), (1.5, 1.5), (-0.5, 1.5)])]);
        assert_eq!(extent(&inside), Some(BBox { y1: 0.5, x1: 0.0, y2: 1.0, x2: 1.0 }));
        assert!((area(&inside) - 0.25).abs() < 1e-6);
    }

    #[test]
    fn two_pieces_of_a_cut_ring_have_the_area_of_both() {
        // A U whose bend lies above the picture.
        let u = ring(&[
            (0.1, -0.5),
            (0.9, -0.5),
            (0.9, 0.5),
            (0.7, 0.5),
            (0.7, -0.2),
            (0.3, -0.2),
            (0.3, 0.5),
            (0.1, 0.5),
        ]);
        let inside = clipped(&[u]);
        assert!((area(&inside) - 0.2).abs() < 1e-6, "{}", area(&inside));
        let mask = mask(&inside, &BBox { y1: 0.0, x1: 0.1, y2: 0.5, x2: 0.9 });
        assert_eq!(mask.alpha()[32 * 64 + 32], 0.0);
        assert_eq!((mask.alpha()[32 * 64 + 2], mask.alpha()[32 * 64 + 61]), (1.0, 1.0));
    }

    #[test]
    fn a_mask_is_drawn_finer_than_the_picture() {
        // A box a thousandth wide: no pixel of a photo, and yet its diagonal is there.
        let (near, far) = (0.5, 0.501);
        let triangle = ring(&[(near, near), (far, near), (near, far)]);
        let bbox = extent(std::slice::from_ref(&triangle)).unwrap();
        let mask = mask(&[triangle], &bbox);
        assert!(mask.alpha()[64 + 1] > 0.99 && mask.alpha()[62 * 64 + 62] < 0.01);
    }

    #[test]
    fn what_runs_along_the_edge_is_a_share_of_the_outline() {
        let share = along_edges(&[square(0.0, 0.2, 0.3, 0.5)]);
        assert!((share - 0.25).abs() < 1e-5, "{share}");
        assert_eq!(along_edges(&[square(0.02, 0.2, 0.3, 0.5)]), 0.0);
        assert_eq!(along_edges(&[]), 0.0);
    }

    #[test]
    fn gaps_are_told_in_sizes_of_the_part() {
        let bottle = square(0.2, 0.3, 0.4, 0.9);
        let cap = |top: f32| square(0.25, top, 0.35, top + 0.1);
        assert_eq!(gap(&[cap(0.25)], std::slice::from_ref(&bottle)), 0.0);
        let near = gap(&[cap(0.19)], std::slice::from_ref(&bottle));
        assert!((near - 0.1).abs() < 1e-3, "{near}");
        assert_eq!(gap(&[], &[bottle]), f32::INFINITY);
    }
}
