import Foundation

/// The last photo and what was found in it: it survives the end of the process.
public struct SavedSort: Sendable {
  private let photoFile: SmallFile
  private let itemsFile: SmallFile

  public init(folder: URL) {
    photoFile = SmallFile(url: folder.appendingPathComponent("photo"))
    itemsFile = SmallFile(url: folder.appendingPathComponent("items.json"))
  }

  func photo() -> Data? { photoFile.read() }

  /// Keeps a new photo, of which nothing is known yet.
  func keep(photo: Data) throws {
    itemsFile.delete()
    try photoFile.write(photo)
  }

  func keep(items: [Item]) throws {
    try itemsFile.write(JSONEncoder().encode(items.map(SavedItem.init)))
  }

  /// Items without instructions: those depend on today and on the place. `nil` if the photo was not looked at to the end.
  func items() -> [Item]? {
    itemsFile.read().flatMap { try? JSONDecoder().decode([SavedItem].self, from: $0) }?.map(\.item)
  }

  func clear() {
    itemsFile.delete()
    photoFile.delete()
  }
}

private struct SavedItem: Codable {
  var label: String
  var box: Box
  var outline: [Polygon]
  var confidence: Confidence
  var seen: Seen

  init(_ item: Item) {
    label = item.label
    box = item.box
    outline = item.outline
    confidence = item.confidence
    seen = item.seen
  }

  var item: Item { Item(label: label, box: box, outline: outline, confidence: confidence, seen: seen) }
}
