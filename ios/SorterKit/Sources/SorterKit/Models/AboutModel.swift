import Foundation
import Observation

/// Whom to thank: models, rule packs, libraries.
public struct AboutState: Hashable, Sendable {
  public var packs: [PackInfo] = []
  public var communities: [Community] = []

  public init() {}
}

@MainActor @Observable
public final class AboutModel {
  public private(set) var state = AboutState()
  private let here: Here

  public init(here: Here) {
    self.here = here
  }

  public func load() {
    Task {
      state.packs = try await here.engine.packs.list()
      state.communities = try await here.engine.rules.communities(language: here.language)
    }
  }
}

/// A library the app is made with.
public struct Library: Hashable, Sendable, Identifiable {
  public var name: String
  public var licence: String

  public var id: String { name }

  public static let all = [
    Library(name: "uniffi", licence: "MPL-2.0"),
    Library(name: "Hugging Face tokenizers", licence: "Apache-2.0"),
    Library(name: "image", licence: "MIT or Apache-2.0"),
    Library(name: "jiff", licence: "MIT or Unlicense"),
    Library(name: "Rust standard library", licence: "MIT or Apache-2.0"),
  ]
}
