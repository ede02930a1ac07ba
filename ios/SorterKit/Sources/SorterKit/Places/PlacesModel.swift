import Foundation
import Observation

/// The households, and the choice of a new one.
@MainActor @Observable
public final class PlacesModel {
  public private(set) var state = PlacesState()
  private let here: Here

  private static let shortestPostcode = 3

  public init(here: Here) {
    self.here = here
    here.settings.onChange { [weak self] in
      if let self, self.state.loaded { self.load() }
    }
  }

  public func load() {
    _ = launch(failed) {
      let settings = self.here.settings.settings
      let communities = try await self.here.engine.rules.communities(language: self.here.language)
      var households: [Named] = []
      for one in settings.households { households.append(try await self.here.named(one)) }
      self.state.households = households
      self.state.current = settings.household?.id ?? 0
      self.state.communities = communities
      self.state.loaded = true
      self.state.error = nil
    }
  }

  public func choose(household id: Int) {
    here.settings.update { $0.current = id }
  }

  public func remove(household id: Int) {
    here.settings.update { $0.remove(household: id) }
  }

  // MARK: A new household, or other zones for one

  public func startAdding() {
    state.choice = nil
    state.filter = ""
  }

  public func filter(_ text: String) {
    state.filter = text
  }

  /// Chooses the community of a new household. Where no zones are, that is all, and `done` hears of it.
  public func choose(_ community: Community, done: @escaping @MainActor () -> Void) {
    _ = launch(failed) {
      let zones = try await self.here.engine.rules.zones(community: community.id, language: self.here.language)
      if zones.isEmpty {
        self.here.settings.update { $0.add(community: community.id, zones: []) }
        done()
      } else {
        self.state.choice = Choice(community: community, zones: zones)
      }
    }
  }

  /// Changes the zones of a household.
  public func edit(household id: Int) {
    guard let household = here.settings.settings.households.first(where: { $0.id == id }) else { return }
    _ = launch(failed) {
      guard let community = try await self.here.community(household.community) else { return }
      let zones = try await self.here.engine.rules.zones(community: community.id, language: self.here.language)
      self.state.choice = Choice(community: community, zones: zones, household: id, chosen: Set(household.zones))
    }
  }

  public func leaveChoice() {
    state.choice = nil
  }

  public func toggle(_ zone: Zone) {
    state.choice?.toggle(zone)
  }

  public func postcode(_ text: String) {
    state.choice?.type { $0.postcode = text }
    let typed = text.trimmingCharacters(in: .whitespaces)
    guard let community = state.choice?.community.id, typed.count >= PlacesModel.shortestPostcode else { return }
    find { try await self.here.engine.rules.zones(community: community, postcode: typed) }
  }

  public func street(_ text: String) {
    state.choice?.type { $0.street = text }
  }

  public func number(_ text: String) {
    state.choice?.type { $0.number = text }
  }

  public func findAddress() {
    guard let choice = state.choice, let number = choice.houseNumber else { return }
    let street = choice.street.trimmingCharacters(in: .whitespaces)
    find { try await self.here.engine.rules.zones(community: choice.community.id, street: street, number: number) }
  }

  private func find(_ zones: @escaping @MainActor () async throws -> [String]) {
    let typed = state.choice?.typed
    _ = launch(failed) {
      let zones = try await zones()
      // Somebody who types on wants the answer to what stands there now.
      if self.state.choice?.typed == typed { self.state.choice?.found(zones) }
    }
  }

  public func finish(_ done: @MainActor () -> Void) {
    guard let choice = state.choice else { return }
    here.settings.update { settings in
      if let household = choice.household {
        settings.change(household: household) { $0.zones = choice.chosenInOrder }
      } else {
        settings.add(community: choice.community.id, zones: choice.chosenInOrder)
      }
    }
    state.choice = nil
    done()
  }

  public func dismissError() {
    state.error = nil
  }

  private func failed(_ error: KerbsideError) {
    state.error = error
    state.loaded = true
  }
}
