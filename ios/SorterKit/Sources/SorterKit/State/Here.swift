import Foundation

/// Where the person is now, and what day it is there: collections happen on the community's days, wherever the phone is.
@MainActor
public final class Here {
  public let settings: SettingsStore
  public let engine: any Kerbside
  /// The tag texts of rule packs are wanted in.
  public let language: String
  private let clock: @MainActor () -> Date

  public init(
    settings: SettingsStore, engine: any Kerbside, language: String,
    clock: @escaping @MainActor () -> Date = { Date() }
  ) {
    self.settings = settings
    self.engine = engine
    self.language = language
    self.clock = clock
  }

  public var instant: Date { clock() }
  public var household: Household? { settings.settings.household }
  public var place: Place? { household.map(place(of:)) }

  public func place(of household: Household) -> Place {
    household.place(language: language)
  }

  func community(_ id: String) async throws -> Community? {
    try await engine.rules.communities(language: language).first { $0.id == id }
  }

  /// This phone's time zone where the community's is not known.
  func timeZone(_ community: String?) async throws -> TimeZone {
    guard let community, let known = try await self.community(community) else { return .current }
    return TimeZone(identifier: known.timeZone) ?? .current
  }

  /// The clock on the wall of the community.
  func now(_ community: String?) async throws -> DayTime {
    DayTime(clock(), in: try await timeZone(community))
  }

  /// The clock on the wall where the person lives.
  func now() async throws -> DayTime {
    try await now(household?.community)
  }

  func today() async throws -> Day {
    try await now().day
  }

  /// A household as a list shows it.
  func named(_ household: Household) async throws -> Named {
    let name = try await community(household.community)?.name ?? household.community
    let zones = try await engine.rules.zones(community: household.community, language: language)
    let names = household.zones.compactMap { id in zones.first { $0.id == id }?.name }
    return Named(id: household.id, name: name, detail: names.isEmpty ? nil : names.joined(separator: ", "))
  }
}

/// A household as a list shows it.
public struct Named: Hashable, Sendable, Identifiable {
  public var id: Int
  public var name: String
  public var detail: String?

  public init(id: Int, name: String, detail: String? = nil) {
    (self.id, self.name, self.detail) = (id, name, detail)
  }
}

/// Runs `work`; what the engine refuses reaches `failed` as a state of the screen. Cancelled work ends quietly.
@MainActor
func launch(
  _ failed: @escaping @MainActor (KerbsideError) -> Void, _ work: @escaping @MainActor () async throws -> Void
) -> Task<Void, Never> {
  Task { @MainActor in
    do {
      try await work()
    } catch {
      guard !Task.isCancelled, let error = KerbsideError(error) else { return }
      failed(error)
    }
  }
}
