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
