import Foundation
import Observation

/// The settings of this phone. Every change is on disk before `update` returns.
@MainActor @Observable
public final class SettingsStore {
  public private(set) var settings: Settings
  private let file: SmallFile
  @ObservationIgnored private var listeners: [@MainActor () -> Void] = []

  /// Settings that cannot be read are those of a new start; the file is kept beside them.
  public init(file url: URL) {
    file = SmallFile(url: url)
    settings = Settings()
    guard let json = file.read() else { return }
    do {
      settings = try Settings(json: json)
    } catch {
      try? SmallFile(url: url.appendingPathExtension("unreadable")).write(json)
    }
  }

  public func update(_ change: (inout Settings) -> Void) {
    var changed = settings
    change(&changed)
    if changed == settings { return }
    settings = changed
    // Without space the settings hold until the app ends, and the next change tries again.
    try? file.write(changed.json())
    for listener in listeners { listener() }
  }

  /// Calls `listener` after every change.
  func onChange(_ listener: @escaping @MainActor () -> Void) {
    listeners.append(listener)
  }
}
