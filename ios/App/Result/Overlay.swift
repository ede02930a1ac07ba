import SorterKit
import SwiftUI

/// Draws outlines, patterns and numbers over a photo.
struct Overlay {
  var context: GraphicsContext
  let frame: PhotoFrame

  /// Points for one step of a pattern.
  private static let step = 0.55
  private static let fingerRing = 28.0

  mutating func draw(_ state: ResultState, badge side: Double) {
    for (index, shape) in state.items.enumerated() {
      draw(shape, isSelected: state.selected == index, isDimmed: state.selected != nil && state.selected != index)
    }
    if case .again(let point) = state.phase { ring(point, .white) }
    if let point = state.nothingAt { ring(point, .orange) }
    for (index, rect) in frame.badges(state.items, side: side).enumerated() {
      draw(number: index + 1, in: rect, isSelected: state.selected == index)
    }
  }

  private mutating func draw(_ shape: Outlined, isSelected: Bool, isDimmed: Bool) {
    let path = path(shape.outline)
    let colour = Color(shape.wasteClass.colour)
    if shape.item != nil {
      let strength = isDimmed ? 0.45 : 1
      context.fill(path, with: .color(colour.opacity(0.2 * strength)), style: FillStyle(eoFill: true))
      var inside = context
      inside.clip(to: path, style: FillStyle(eoFill: true))
      inside.opacity = 0.8 * strength
      draw(shape.wasteClass.pattern, over: path.boundingRect, colour, in: inside)
    }
    // Dark and light, so that the line shows on any ground.
    let wide = isSelected ? 1.4 : 1
    for (ink, width) in [(Color.black, 7.0), (Color.white, 5.0), (colour, 2.5)] {
      context.stroke(path, with: .color(ink), style: StrokeStyle(lineWidth: width * wide, lineJoin: .round))
    }
  }

  private func draw(_ pattern: Pattern, over rect: CGRect, _ colour: Color, in inside: GraphicsContext) {
    var lines = Path()
    var figures = Path()
    for mark in pattern.marks(in: rect, step: Overlay.step) {
      switch mark {
      case .line(let from, let to):
        lines.move(to: from)
        lines.addLine(to: to)
      case .ring(let middle, let radius): lines.addEllipse(in: circle(middle, radius))
      case .disc(let middle, let radius): figures.addEllipse(in: circle(middle, radius))
      case .square(let square): figures.addRect(square)
      }
    }
    inside.stroke(lines, with: .color(colour), lineWidth: pattern.thickness * Overlay.step)
    inside.fill(figures, with: .color(colour))
  }

  private func draw(number: Int, in rect: CGRect, isSelected: Bool) {
    let shape = Path(ellipseIn: rect)
    context.fill(shape, with: .color(isSelected ? .green : .black))
    context.stroke(shape, with: .color(.white), lineWidth: 1.5)
    let text = Text("\(number)").font(.system(size: rect.height * 0.55, weight: .bold))
    context.draw(text.foregroundStyle(isSelected ? .black : .white), at: CGPoint(x: rect.midX, y: rect.midY))
  }

  private func ring(_ point: Point, _ colour: Color) {
    let path = Path(ellipseIn: circle(frame.place(point), Overlay.fingerRing))
    context.stroke(path, with: .color(.black), lineWidth: 5)
    context.stroke(path, with: .color(colour), lineWidth: 3)
  }

  private func path(_ outline: [Polygon]) -> Path {
    var path = Path()
    for ring in frame.rings(outline) {
      path.addLines(ring)
      path.closeSubpath()
    }
    return path
  }

  private func circle(_ middle: CGPoint, _ radius: Double) -> CGRect {
    CGRect(x: middle.x - radius, y: middle.y - radius, width: 2 * radius, height: 2 * radius)
  }
}
