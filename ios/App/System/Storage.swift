import Foundation
import SorterKit

/// The folders of the app.
enum Storage {
  /// Shared by the app, its widget and its share extension.
  static let group = "group.app.kerbside"

  /// The app's own.
  static var own: URL { folder(.applicationSupportDirectory) }

  static var shared: URL {
    FileManager.default.containerURL(forSecurityApplicationGroupIdentifier: group) ?? own
  }

  /// Rules and the bundled model lie in the app as they lie in the repository.
  static var folders: Folders {
    let app = Bundle.main.bundleURL
    return Folders(
      rules: app.appendingPathComponent("rules"), packs: own.appendingPathComponent("packs"),
      bundledPack: app.appendingPathComponent("pack"))
  }

  private static func folder(_ directory: FileManager.SearchPathDirectory) -> URL {
    FileManager.default.urls(for: directory, in: .userDomainMask)[0]
  }
}
