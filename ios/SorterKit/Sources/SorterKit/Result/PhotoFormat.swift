import Foundation

/// Kinds of encoded photos the engine reads. Apple's cameras write others as well; the app turns those into JPEG.
public enum PhotoFormat: String, Sendable, CaseIterable {
  case jpeg, png, webp

  /// By the first bytes; `nil` for anything else.
  public init?(_ data: Data) {
    let start = Array(data.prefix(12))
    if start.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if start.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if start.starts(with: Array("RIFF".utf8)), start.dropFirst(8).elementsEqual(Array("WEBP".utf8)) {
      self = .webp
    } else {
      return nil
    }
  }
}
