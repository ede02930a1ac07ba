import Foundation

/// Which outlined thing lies under a finger.
public enum HitTest {
  /// Index of the thing at `point`. Of several the smallest: it lies on top. A finger beside all of them hits the nearest
  /// outline that is not further than `slack`, in which `x` and `y` are how much of the photo's width and height a
  /// fingertip covers.
  public static func find(_ shapes: [Outlined], at point: Point, slack: Point) -> Int? {
    let hit = shapes.indices.filter { contains(shapes[$0].outline, point) }
    if let smallest = hit.min(by: { shapes[$0].box.area < shapes[$1].box.area }) { return smallest }
    let far = shapes.map { distance($0.outline, point, unit: slack) }
    return far.indices.filter { far[$0] <= 1 }.min { far[$0] < far[$1] }
  }

  /// Inside an outer ring and in none of its holes.
  public static func contains(_ outline: [Polygon], _ point: Point) -> Bool {
    outline.contains { polygon in
      inside(polygon.outer, point) && !polygon.holes.contains { inside($0, point) }
    }
  }

  /// By the number of edges a ray to the right crosses.
  private static func inside(_ ring: [Point], _ point: Point) -> Bool {
    let crossed = edges(ring).filter { a, b in
      (a.y <= point.y) != (b.y <= point.y) && a.x + (point.y - a.y) / (b.y - a.y) * (b.x - a.x) > point.x
    }
    return !crossed.count.isMultiple(of: 2)
  }

  /// From a point to the nearest outline, in units of `unit`.
  private static func distance(_ outline: [Polygon], _ point: Point, unit: Point) -> Double {
    let scaled = { (point: Point) in Point(x: point.x / unit.x, y: point.y / unit.y) }
    let all = outline.flatMap { edges($0.outer) }
    return all.map { distance(scaled(point), scaled($0), scaled($1)) }.min() ?? .infinity
  }

  private static func distance(_ point: Point, _ a: Point, _ b: Point) -> Double {
    let (dx, dy) = (b.x - a.x, b.y - a.y)
    let length = max(dx * dx + dy * dy, .leastNormalMagnitude)
    let along = min(1, max(0, ((point.x - a.x) * dx + (point.y - a.y) * dy) / length))
    return hypot(point.x - a.x - along * dx, point.y - a.y - along * dy)
  }

  private static func edges(_ ring: [Point]) -> [(Point, Point)] {
    Array(zip(ring, ring.dropFirst() + ring.prefix(1)))
  }
}
