import Foundation

/// Where the photo lies in its view, whole and as large as fits, and where its things lie on it.
public struct PhotoFrame: Equatable, Sendable {
  /// The photo's rectangle in the view.
  public let rect: CGRect

  /// Half of the least side of anything a finger has to hit.
  static let fingertip = 22.0

  public init(photo: CGSize, view: CGSize) {
    guard photo.width > 0, photo.height > 0 else {
      rect = .zero
      return
    }
    let scale = min(view.width / photo.width, view.height / photo.height)
    let size = CGSize(width: photo.width * scale, height: photo.height * scale)
    rect = CGRect(
      x: (view.width - size.width) / 2, y: (view.height - size.height) / 2, width: size.width, height: size.height)
  }

  /// A point of the photo in the view.
  public func place(_ point: Point) -> CGPoint {
    CGPoint(x: rect.minX + point.x * rect.width, y: rect.minY + point.y * rect.height)
  }

  public func place(_ box: Box) -> CGRect {
    let corner = place(Point(x: box.left, y: box.top))
    return CGRect(x: corner.x, y: corner.y, width: box.width * rect.width, height: box.height * rect.height)
  }

  /// A point of the view in the photo; `nil` beside it.
  public func photoPoint(_ point: CGPoint) -> Point? {
    guard rect.width > 0, rect.contains(point) else { return nil }
    return Point(x: (point.x - rect.minX) / rect.width, y: (point.y - rect.minY) / rect.height)
  }

  /// How much of the photo's width and height a fingertip covers.
  public var slack: Point {
    Point(x: PhotoFrame.fingertip / max(rect.width, 1), y: PhotoFrame.fingertip / max(rect.height, 1))
  }

  /// The rings of an outline in the view, outer ones and holes: a path of them is filled by the even-odd rule.
  public func rings(_ outline: [Polygon]) -> [[CGPoint]] {
    outline.flatMap(\.rings).filter { $0.count > 2 }.map { $0.map(place) }
  }

  /// The number of each thing stands at its upper left corner, beside those that are already there.
  public func badges(_ shapes: [Outlined], side: Double) -> [CGRect] {
    var placed: [CGRect] = []
    for shape in shapes {
      let corner = place(Point(x: shape.box.left, y: shape.box.top))
      let left = clamp(corner.x - side / 3, rect.minX, rect.maxX - side)
      var badge = CGRect(
        x: left, y: clamp(corner.y - side / 3, rect.minY, rect.maxY - side), width: side, height: side)
      while placed.contains(where: { $0.intersects(badge) }) && badge.maxY < rect.maxY {
        badge.origin.y += side / 6
      }
      placed.append(badge)
    }
    return placed
  }

  /// What VoiceOver finds on the photo: one element for each thing.
  public func marks(_ state: ResultState, _ wording: Wording) -> [Mark] {
    state.items.enumerated().map { index, shape in
      Mark(
        id: index, rect: place(shape.box), label: wording.spoken(shape.item, number: index + 1),
        isSelected: state.selected == index)
    }
  }

  private func clamp(_ value: Double, _ low: Double, _ high: Double) -> Double {
    max(low, min(value, high))
  }
}

/// One thing on the photo as VoiceOver meets it.
public struct Mark: Equatable, Sendable, Identifiable {
  public var id: Int
  /// In the view.
  public var rect: CGRect
  public var label: String
  public var isSelected: Bool
}
