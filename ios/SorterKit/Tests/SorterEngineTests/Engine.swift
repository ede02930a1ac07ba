import Foundation
import SorterEngine
import SorterKit

/// What lies around the package in the repository, and the real engine on it.
enum Real {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  static let pack = root.appendingPathComponent("models/kerbside-nano/pack")
  static let example = root.appendingPathComponent("models/kerbside-nano/example/photo.jpg")
  static let now = DayTime(Day("2026-03-02")!, Time("19:30")!)
  static let zurich = Place(community: "zurich", zones: ["8004"], language: "en")

  /// A household whose community publishes its days.
  static let planned = Place(community: "shibuya", zones: ["uehara-1"], language: "en")

  static func photo() throws -> Photo { .encoded(try Data(contentsOf: example)) }

  /// A folder of its own, gone when it is let go.
  final class Scratch: Sendable {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("kerbside-\(UUID())")

    init() throws {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
      try? FileManager.default.removeItem(at: url)
    }
  }

  static func engine(_ scratch: Scratch, bundled: URL = pack) throws -> KerbsideEngine {
    let packs = scratch.url.appendingPathComponent("packs")
    return try KerbsideEngine(
      folders: Folders(rules: root.appendingPathComponent("rules"), packs: packs, bundledPack: bundled))
  }

  /// A copy of the bundled pack, to be spoilt.
  static func copyOfPack(in scratch: Scratch) throws -> URL {
    let copy = scratch.url.appendingPathComponent("pack")
    try FileManager.default.copyItem(at: pack, to: copy)
    return copy
  }
}

extension AsyncThrowingStream<SortEvent, any Error> {
  /// Everything that became known, and the end.
  func all() async throws -> (events: [SortEvent], analysis: Analysis?) {
    var events: [SortEvent] = []
    for try await event in self { events.append(event) }
    guard case .done(let analysis) = events.last else { return (events, nil) }
    return (events, analysis)
  }
}
