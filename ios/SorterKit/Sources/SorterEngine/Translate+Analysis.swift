import Foundation
import KerbsideFFI
import SorterKit

// Photos, what is found in them, and model packs, field by field.

extension Frame {
  static func of(_ photo: Photo) throws -> Frame {
    switch photo {
    case .encoded(let bytes): return try Frame.fromEncoded(bytes: bytes)
    case .rgba(let pixels, let width, let height, let stride, let rotation):
      let geometry = Geometry(
        width: UInt32(clamping: width), height: UInt32(clamping: height), rotation: Int32(clamping: rotation))
      return try Frame.fromRgba(pixels: pixels, rowStride: UInt32(clamping: stride), geometry: geometry)
    }
  }
}

extension SortEvent {
  /// `nil` for what the last event says anyway.
  init?(_ event: AnalysisEvent) throws {
    switch event {
    case .preprocessed: self = .stage(.preprocessed)
    case .vision: self = .stage(.vision)
    case .prefill: self = .stage(.prefill)
    case .box(let look, let item, let bounds): self = .boxFound(item: number(look, item), Box(bounds))
    case .mask(let look, let item, let mask):
      self = .maskFound(item: number(look, item), mask.outline.map(SorterKit.Polygon.init))
    case .item(let look, let item, let found): self = .itemFound(item: number(look, item), SorterKit.Item(found))
    case .dropped(let look, let item): self = .dropped(item: number(look, item))
    case .items(let found): self = .items(found.map { SorterKit.Item($0) })
    case .instruction(let item, let seen, let instructions):
      let said = try instructions.map(SorterKit.Instruction.init)
      self = .instructed(item: Int(item), seen: Seen(json: seen), said)
    case .highlights: return nil
    }
  }
}

/// Items are counted within one look; looks follow one another.
private func number(_ look: UInt32, _ item: UInt32) -> Int {
  Int(look) << 16 | Int(item)
}

extension SorterKit.Item {
  init(_ found: FoundItem, seen: String = "", instructions: [SorterKit.Instruction] = []) {
    let box = Box(found.bounds)
    self.init(
      label: found.label, box: box, outline: found.mask?.outline.map(SorterKit.Polygon.init) ?? box.corners,
      confidence: SorterKit.Confidence(found.confidence), seen: Seen(json: seen), instructions: instructions,
      alpha: found.mask.map { [UInt8]($0.alpha) })
  }
}

extension SorterKit.Confidence {
  init(_ one: KerbsideFFI.Confidence) {
    self =
      switch one {
      case .sure: .sure
      case .likely: .likely
      case .unsure: .unsure
      }
  }
}

extension Box {
  init(_ one: Bounds) {
    self.init(left: Double(one.left), top: Double(one.top), right: Double(one.right), bottom: Double(one.bottom))
  }
}

extension SorterKit.Polygon {
  init(_ one: KerbsideFFI.Polygon) {
    let ring = { (points: [KerbsideFFI.Point]) in
      points.map { SorterKit.Point(x: Double($0.x), y: Double($0.y)) }
    }
    self.init(outer: ring(one.outer), holes: one.holes.map(ring))
  }
}

extension SorterKit.Analysis {
  init(_ one: KerbsideFFI.Analysis) throws {
    let items = try one.items.map { item in
      SorterKit.Item(
        item.found, seen: item.seen, instructions: try item.instructions.map(SorterKit.Instruction.init))
    }
    let highlights = one.highlights.map { SorterKit.Highlight(text: $0.text, item: $0.items.first.map { Int($0) }) }
    self.init(
      width: Int(one.width), height: Int(one.height), items: items, highlights: highlights, json: one.json)
  }
}

extension SorterKit.PackInfo {
  init(_ one: KerbsideFFI.PackInfo) {
    self.init(
      id: one.id, name: one.name, version: one.version, licence: one.licence, attribution: one.attribution,
      bytes: Int64(clamping: one.bytes), peakBytes: Int64(clamping: one.peakBytes), masks: one.masks,
      random: one.random, problem: one.problem, adapters: one.adapters.map(SorterKit.AdapterInfo.init))
  }
}

extension SorterKit.AdapterInfo {
  init(_ one: KerbsideFFI.AdapterInfo) {
    self.init(id: one.id, bytes: Int64(clamping: one.bytes), tasks: one.tasks, imported: one.imported)
  }
}
