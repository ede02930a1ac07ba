import Foundation

/// Where the share extension leaves a photo for the app.
public struct Inbox: Sendable {
  private let file: SmallFile

  /// `folder` is one that app and extension share.
  public init(folder: URL) {
    file = SmallFile(url: folder.appendingPathComponent("shared-photo"))
  }

  public func put(_ photo: Data) throws {
    try file.write(photo)
  }

  /// The photo that was left, once.
  public func take() -> Data? {
    defer { file.delete() }
    return file.read()
  }
}
