import Foundation

/// The settings as JSON, in the words Android's are written in. Unknown keys are passed over, missing ones have their
/// first value: an older app may read what a newer one wrote.
extension Settings: Codable {
  private enum CodingKeys: String, CodingKey {
    case households, current, pack, haptics
  }

  public init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      households: try file.decodeIfPresent([Household].self, forKey: .households) ?? [],
      current: try file.decodeIfPresent(Int.self, forKey: .current) ?? 0,
      pack: try file.decodeIfPresent(String.self, forKey: .pack) ?? PackInfo.bundled,
      haptics: try file.decodeIfPresent(Bool.self, forKey: .haptics) ?? true)
  }

  public func encode(to encoder: any Encoder) throws {
    var file = encoder.container(keyedBy: CodingKeys.self)
    try file.encode(households, forKey: .households)
    try file.encode(current, forKey: .current)
    try file.encode(pack, forKey: .pack)
    try file.encode(haptics, forKey: .haptics)
  }
}

extension Household: Codable {
  private enum CodingKeys: String, CodingKey {
    case id, community, zones, done, snoozed, imported
    case eveningBefore = "evening_before"
    case morningOf = "morning_of"
    case bringBack = "bring_back"
  }

  public init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    let done = try file.decodeIfPresent([String: Set<String>].self, forKey: .done) ?? [:]
    let snoozed = try file.decodeIfPresent([String: Date].self, forKey: .snoozed) ?? [:]
    self.init(
      id: try file.decode(Int.self, forKey: .id),
      community: try file.decode(String.self, forKey: .community),
      zones: try file.decodeIfPresent([String].self, forKey: .zones) ?? [],
      reminders: ReminderTimes(
        eveningBefore: try file.decodeIfPresent(Time.self, forKey: .eveningBefore),
        morningOf: try file.decodeIfPresent(Time.self, forKey: .morningOf),
        bringBack: try file.decodeIfPresent(Time.self, forKey: .bringBack)),
      log: ReminderLog(done: byDay(done), snoozed: byDay(snoozed)),
      imported: try file.decodeIfPresent([ImportedDay].self, forKey: .imported) ?? [])
  }

  public func encode(to encoder: any Encoder) throws {
    var file = encoder.container(keyedBy: CodingKeys.self)
    try file.encode(id, forKey: .id)
    try file.encode(community, forKey: .community)
    try file.encode(zones, forKey: .zones)
    try file.encodeIfPresent(reminders.eveningBefore, forKey: .eveningBefore)
    try file.encodeIfPresent(reminders.morningOf, forKey: .morningOf)
    try file.encodeIfPresent(reminders.bringBack, forKey: .bringBack)
    try file.encode(byText(log.done), forKey: .done)
    try file.encode(byText(log.snoozed), forKey: .snoozed)
    try file.encode(imported, forKey: .imported)
  }
}

private func byText<Value>(_ days: [Day: Value]) -> [String: Value] {
  Dictionary(uniqueKeysWithValues: days.map { ($0.description, $1) })
}

private func byDay<Value>(_ texts: [String: Value]) -> [Day: Value] {
  Dictionary(texts.compactMap { text, value in Day(text).map { ($0, value) } }) { $1 }
}

extension Settings {
  init(json: Data) throws {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    self = try decoder.decode(Settings.self, from: json)
  }

  func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.sortedKeys]
    return try encoder.encode(self)
  }
}
