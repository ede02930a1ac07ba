import Foundation

/// One place a person takes rubbish out at: home, the parents', a holiday flat.
public struct Household: Hashable, Sendable, Identifiable {
  /// Never used twice.
  public var id: Int
  public var community: String
  public var zones: [String]
  public var reminders: ReminderTimes
  public var log: ReminderLog
  /// Days of calendar files the person added.
  public var imported: [ImportedDay]

  public init(
    id: Int, community: String, zones: [String] = [], reminders: ReminderTimes = ReminderTimes(),
    log: ReminderLog = ReminderLog(), imported: [ImportedDay] = []
  ) {
    self.id = id
    self.community = community
    self.zones = zones
    self.reminders = reminders
    self.log = log
    self.imported = imported
  }

  public func place(language: String) -> Place {
    Place(community: community, zones: zones, language: language)
  }
}

/// Everything the app remembers between starts, apart from the last photo.
public struct Settings: Hashable, Sendable {
  public var households: [Household]
  /// Id of the household that counts now.
  public var current: Int
  public var pack: String
  public var haptics: Bool

  public init(
    households: [Household] = [], current: Int = 0, pack: String = PackInfo.bundled, haptics: Bool = true
  ) {
    self.households = households
    self.current = current
    self.pack = pack
    self.haptics = haptics
  }

  public var household: Household? {
    households.first { $0.id == current } ?? households.first
  }

  /// Changes a household; one that is gone stays gone.
  public mutating func change(household id: Int?, _ change: (inout Household) -> Void) {
    guard let index = households.firstIndex(where: { $0.id == id }) else { return }
    change(&households[index])
  }

  /// Adds a household, which becomes the current one.
  public mutating func add(community: String, zones: [String]) {
    let id = (households.map(\.id).max() ?? 0) + 1
    households.append(Household(id: id, community: community, zones: zones))
    current = id
  }

  public mutating func remove(household id: Int) {
    households.removeAll { $0.id == id }
    if current == id { current = households.first?.id ?? 0 }
  }

  /// The household that counts now lies in a zone as well.
  public mutating func addZone(_ zone: String) {
    change(household: household?.id) { household in
      household.zones.removeAll { $0 == zone }
      household.zones.append(zone)
    }
  }
}
