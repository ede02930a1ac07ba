import Foundation
import Observation

/// What the search screen shows: all items from A to Z, or those that fit the query, best first.
public struct SearchState: Hashable, Sendable {
  public var query = ""
  /// All items, or one section of those that fit.
  public var sections: [ItemSection] = []
  public var loaded = false
  public var hasPlace = true
  public var page: ItemPage?
  public var error: KerbsideError?

  public init() {}
}

/// One item as the community wants it.
public struct ItemPage: Hashable, Sendable, Identifiable {
  public var id: String
  public var seen: Seen
  public var instructions: [Instruction]
}

@MainActor @Observable
public final class SearchModel {
  public private(set) var state = SearchState()
  private let here: Here
  @ObservationIgnored private var place: Place?
  @ObservationIgnored private var searching: Task<Void, Never>?
  @ObservationIgnored private var opening: Task<Void, Never>?

  public init(here: Here) {
    self.here = here
    place = here.place
    here.settings.onChange { [weak self] in self?.placeMayHaveChanged() }
  }

  public func load() {
    if !state.loaded { search(state.query) }
  }

  public func search(_ query: String) {
    state.query = query
    state.hasPlace = here.place != nil
    searching?.cancel()
    guard let place = here.place else { return }
    searching = launch(failed) {
      let rules = self.here.engine.rules
      let asked = query.trimmingCharacters(in: .whitespaces)
      let sections =
        asked.isEmpty
        ? try await rules.directory(place: place)
        : [ItemSection(letter: "", items: try await rules.search(query: asked, place: place))]
      try Task.checkCancellation()
      self.state.sections = sections.filter { !$0.items.isEmpty }
      self.state.loaded = true
      self.state.error = nil
    }
  }

  public func open(_ id: String) {
    if state.page?.id != id { state.page = nil }
    turn(to: id) { try await self.here.engine.rules.item(id: id) }
  }

  public func answer(_ answer: Answer) {
    guard let page = state.page else { return }
    if case .zone(let zone) = answer.fact {
      here.settings.update { $0.addZone(zone) }
    } else {
      turn(to: page.id) { try await self.here.engine.rules.answered(seen: page.seen, fact: answer.fact) }
    }
  }

  private func turn(to id: String, _ seen: @escaping @MainActor () async throws -> Seen) {
    guard let place = here.place else { return }
    opening?.cancel()
    opening = launch(failed) {
      let seen = try await seen()
      let today = try await self.here.today()
      let instructions = try await self.here.engine.rules.instructions(seen: seen, place: place, date: today)
      try Task.checkCancellation()
      self.state.page = ItemPage(id: id, seen: seen, instructions: instructions)
    }
  }

  private func placeMayHaveChanged() {
    guard here.place != place else { return }
    place = here.place
    if state.loaded || !state.hasPlace { search(state.query) }
    if let page = state.page { open(page.id) }
  }

  public func dismissError() {
    state.error = nil
  }

  private func failed(_ error: KerbsideError) {
    state.error = error
    state.loaded = true
  }
}
