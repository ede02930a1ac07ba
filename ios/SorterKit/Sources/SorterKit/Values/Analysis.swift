/// A point of the upright photo, `0...1` from the left and from the top.
public struct Point: Hashable, Sendable, Codable {
  public var x: Double
  public var y: Double

  public init(x: Double, y: Double) {
    (self.x, self.y) = (x, y)
  }
}

/// A box in the upright photo, `0...1`.
public struct Box: Hashable, Sendable, Codable {
  public var left: Double
  public var top: Double
  public var right: Double
  public var bottom: Double

  public init(left: Double, top: Double, right: Double, bottom: Double) {
    (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
  }

  public var width: Double { right - left }
  public var height: Double { bottom - top }
  public var area: Double { width * height }
  public var middle: Point { Point(x: (left + right) / 2, y: (top + bottom) / 2) }

  /// Its corners as an outline, where there is no mask.
  public var corners: [Polygon] {
    let outer = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return [Polygon(outer: outer.map(Point.init(x:y:)))]
  }
}

/// A closed outline, first point not repeated, and the holes in it.
public struct Polygon: Hashable, Sendable, Codable {
  public var outer: [Point]
  public var holes: [[Point]]

  public init(outer: [Point], holes: [[Point]] = []) {
    (self.outer, self.holes) = (outer, holes)
  }

  public var rings: [[Point]] { [outer] + holes }
}

/// The nine classes the detector tells apart, in the engine's order.
public enum WasteClass: String, Sendable, CaseIterable, Codable {
  case plastic, glass, paper, carton, metal, foam, special, food, general

  /// The class behind a detector's label; anything else counts as general.
  public init(label: String) {
    self = WasteClass(rawValue: label.lowercased()) ?? .general
  }
}

/// How sure the engine is of what it saw.
public enum Confidence: String, Sendable, CaseIterable, Codable {
  case sure, likely, unsure
}

/// What the model saw of one thing and what a person added. Made, read and understood by the engine alone; kept as text
/// so that it survives the process.
public struct Seen: Hashable, Sendable, Codable {
  public let json: String

  public init(json: String) {
    self.json = json
  }
}

/// One outlined thing of a photo.
public struct Item: Hashable, Sendable {
  /// The detector's own word, one of the nine classes.
  public var label: String
  public var box: Box
  /// Polygons of the mask; the box's corners where the pack has no masks.
  public var outline: [Polygon]
  public var confidence: Confidence
  /// Goes back to the rule book together with answers.
  public var seen: Seen
  /// The thing itself first, then its parts.
  public var instructions: [Instruction]
  /// The mask inside the box, 64 × 64 opacities row by row; `nil` without masks.
  public var alpha: [UInt8]?

  public init(
    label: String, box: Box, outline: [Polygon], confidence: Confidence, seen: Seen,
    instructions: [Instruction] = [], alpha: [UInt8]? = nil
  ) {
    self.label = label
    self.box = box
    self.outline = outline
    self.confidence = confidence
    self.seen = seen
    self.instructions = instructions
    self.alpha = alpha
  }

  public var wasteClass: WasteClass { WasteClass(label: label) }
}

/// A fact worth leading with, such as tonight's collection of something in the photo.
public struct Highlight: Hashable, Sendable {
  public var text: String
  /// Index into the analysis' items, where it is about one of them.
  public var item: Int?

  public init(text: String, item: Int? = nil) {
    (self.text, self.item) = (text, item)
  }
}

/// All that was found out about one photo.
public struct Analysis: Hashable, Sendable {
  /// Pixels of the upright photo.
  public var width: Int
  public var height: Int
  public var items: [Item]
  public var highlights: [Highlight]
  /// The same, as `cargo xtask sort --json` prints it.
  public var json: String

  public init(
    width: Int, height: Int, items: [Item], highlights: [Highlight] = [], json: String = ""
  ) {
    self.width = width
    self.height = height
    self.items = items
    self.highlights = highlights
    self.json = json
  }
}
