import Foundation

/// A pattern of marks that fills a shape.
public struct Pattern: Hashable, Sendable {
  public enum Kind: String, Sendable {
    case rising, falling, level, upright, grid, lattice, dots, rings, checks
  }

  /// One mark: a line to draw, or a figure to fill or to draw.
  public enum Mark: Equatable, Sendable {
    case line(from: CGPoint, to: CGPoint)
    case disc(middle: CGPoint, radius: Double)
    case ring(middle: CGPoint, radius: Double)
    case square(CGRect)
  }

  public let kind: Kind
  /// From one mark to the next, in steps of the pattern.
  public let pitch: Double
  /// How broad a line is; of dots and checks, how broad they are.
  public let thickness: Double

  init(_ kind: Kind, pitch: Double, thickness: Double) {
    (self.kind, self.pitch, self.thickness) = (kind, pitch, thickness)
  }

  /// The marks that cover a rectangle. They start from the origin of the plane, not of the rectangle: neighbours of one
  /// class look like one piece of cloth. `step` is how many points a step of the pattern takes.
  public func marks(in rect: CGRect, step: Double) -> [Mark] {
    let pitch = pitch * step
    return switch kind {
    case .level:
      multiples(of: pitch, from: rect.minY, to: rect.maxY).map {
        .line(from: CGPoint(x: rect.minX, y: $0), to: CGPoint(x: rect.maxX, y: $0))
      }
    case .upright:
      multiples(of: pitch, from: rect.minX, to: rect.maxX).map {
        .line(from: CGPoint(x: $0, y: rect.minY), to: CGPoint(x: $0, y: rect.maxY))
      }
    case .grid: with(.level).marks(in: rect, step: step) + with(.upright).marks(in: rect, step: step)
    case .rising: slants(rect, pitch, rising: true)
    case .falling: slants(rect, pitch, rising: false)
    case .lattice: slants(rect, pitch, rising: true) + slants(rect, pitch, rising: false)
    case .dots: cells(rect, across: pitch, down: pitch).map { .disc(middle: $0, radius: thickness * step / 2) }
    case .rings: cells(rect, across: pitch, down: pitch).map { .ring(middle: $0, radius: pitch / 3) }
    case .checks: cells(rect, across: pitch, down: pitch / 2).map { .square(square($0, side: pitch / 2)) }
    }
  }

  private func with(_ kind: Kind) -> Pattern {
    Pattern(kind, pitch: pitch, thickness: thickness)
  }

  private func multiples(of pitch: Double, from: Double, to: Double) -> [Double] {
    Array(stride(from: (from / pitch).rounded(.down) * pitch, through: to, by: pitch))
  }

  private func square(_ middle: CGPoint, side: Double) -> CGRect {
    CGRect(x: middle.x - side / 2, y: middle.y - side / 2, width: side, height: side)
  }

  /// Lines at 45°. A rising one keeps x + y, a falling one y − x.
  private func slants(_ rect: CGRect, _ pitch: Double, rising: Bool) -> [Mark] {
    let sums =
      rising
      ? multiples(of: pitch, from: rect.minX + rect.minY, to: rect.maxX + rect.maxY)
      : multiples(of: pitch, from: rect.minY - rect.maxX, to: rect.maxY - rect.minX)
    return sums.map { sum in
      let y = { (x: Double) in rising ? sum - x : sum + x }
      return .line(from: CGPoint(x: rect.minX, y: y(rect.minX)), to: CGPoint(x: rect.maxX, y: y(rect.maxX)))
    }
  }

  /// Middles of cells, every other row shifted by half.
  private func cells(_ rect: CGRect, across: Double, down: Double) -> [CGPoint] {
    multiples(of: down, from: rect.minY, to: rect.maxY).flatMap { y in
      let shift = Int((y / down).rounded()).isMultiple(of: 2) ? 0 : across / 2
      return multiples(of: across, from: rect.minX - shift, to: rect.maxX).map {
        CGPoint(x: $0 + shift + across / 2, y: y + down / 2)
      }
    }
  }
}
