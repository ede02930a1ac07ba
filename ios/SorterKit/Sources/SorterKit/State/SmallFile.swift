import Foundation

/// A file that is written whole or not at all. It can be read once the phone was unlocked after a start, so that a
/// widget or a reminder finds it.
struct SmallFile: Sendable {
  let url: URL

  func read() -> Data? {
    try? Data(contentsOf: url)
  }

  func write(_ data: Data) throws {
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    #if canImport(Darwin)
      try data.write(to: url, options: [.atomic, .completeFileProtectionUntilFirstUserAuthentication])
    #else
      try data.write(to: url, options: .atomic)
    #endif
  }

  func delete() {
    try? FileManager.default.removeItem(at: url)
  }
}
