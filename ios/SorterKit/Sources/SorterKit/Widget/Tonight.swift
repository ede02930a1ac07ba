import Foundation

/// What the widget knows: the collections ahead, written by the app. The widget has no engine and needs little memory.
public struct TonightFile: Hashable, Sendable, Codable {
  /// What the household is called.
  public var place: String
  /// IANA name of the community's time zone.
  public var timeZone: String
  public var pickups: [Pickup]
  /// Ids of the streams that are out already, by day.
  public var done: [String: Set<String>]
  /// Last day the list speaks for.
  public var until: Day

  public init(place: String, timeZone: String, pickups: [Pickup], done: [String: Set<String>], until: Day) {
    self.place = place
    self.timeZone = timeZone
    self.pickups = pickups
    self.done = done
    self.until = until
  }

  /// Reads the file in a folder that app and widget share; `nil` before the app has written one.
  public static func read(folder: URL) -> TonightFile? {
    file(folder).read().flatMap { try? JSONDecoder().decode(TonightFile.self, from: $0) }
  }

  public func write(folder: URL) throws {
    try TonightFile.file(folder).write(JSONEncoder().encode(self))
  }

  static func remove(folder: URL) {
    file(folder).delete()
  }

  private static func file(_ folder: URL) -> SmallFile {
    SmallFile(url: folder.appendingPathComponent("tonight.json"))
  }
}

/// What the widget shows from an instant on.
public struct TonightEntry: Hashable, Sendable {
  public enum Content: Hashable, Sendable {
    /// To be put out: what, and what is out already.
    case out([Pickup], done: Set<String>)
    /// Nothing tonight; the next day something is fetched.
    case nothing(next: PickupDay?)
    /// The app has to be opened first.
    case unknown
  }

  public var date: Date
  public var today: Day
  public var content: Content

  /// Before the app has written its file.
  public static func unknown(at instant: Date) -> TonightEntry {
    TonightEntry(date: instant, today: DayTime(instant, in: .current).day, content: .unknown)
  }
}

extension TonightFile {
  /// Entries from `now` on: one now, and one whenever something may first or last stand outside, at noon and at midnight.
  public func entries(from now: Date, days: Int = 3) -> [TonightEntry] {
    let zone = TimeZone(identifier: timeZone) ?? .current
    let today = DayTime(now, in: zone).day
    let turns = (0...days).flatMap { [DayTime(today + $0, Time(hour: 0)), DayTime(today + $0, .noon)] }
    let windows = pickups.flatMap { [$0.opens, $0.closes].compactMap { $0 } }.filter { $0.day <= today + days }
    let instants = Set((turns + windows).map { $0.instant(in: zone) }.filter { $0 > now }).sorted()
    return ([now] + instants).map { entry(at: $0, zone) }
  }

  private func entry(at instant: Date, _ zone: TimeZone) -> TonightEntry {
    let now = DayTime(instant, in: zone)
    let entry = { TonightEntry(date: instant, today: now.day, content: $0) }
    if now.day > until { return entry(.unknown) }
    let due = pickups.filter { isDue($0, now) }
    guard due.isEmpty else {
      let out = due.filter { done[$0.date.description]?.contains($0.stream.id) ?? false }
      return entry(.out(due, done: Set(out.map(\.stream.id))))
    }
    let later = pickups.filter { $0.date > now.day }
    let next = later.map(\.date).min().map { day in PickupDay(date: day, pickups: later.filter { $0.date == day }) }
    return entry(.nothing(next: next))
  }

  /// Whether somebody who looks now should think of a collection before going to bed, as the engine decides it: its
  /// `tonight` is asked in the tests, minute by minute.
  private func isDue(_ pickup: Pickup, _ now: DayTime) -> Bool {
    guard (now.day...now.day + 1).contains(pickup.date) else { return false }
    let over = pickup.closes ?? DayTime(pickup.date, .noon)
    let isTomorrow = pickup.date > now.day
    let early = pickup.opens.map { $0.day > now.day } ?? (isTomorrow && now.time < .noon)
    let opensThatMorning = isTomorrow && pickup.opens?.day == pickup.date
    return now <= over && (!early || (opensThatMorning && now.time >= .noon))
  }
}

/// Writes the widget's file anew.
@MainActor
public final class TonightWriter {
  private let here: Here
  private let plan: Plan
  private let folder: URL

  /// How far ahead the widget can look while the app is not opened, in days.
  private static let ahead = 60

  public init(here: Here, plan: Plan, folder: URL) {
    (self.here, self.plan, self.folder) = (here, plan, folder)
  }

  public func write() async throws {
    guard let household = here.household else { return TonightFile.remove(folder: folder) }
    let today = try await here.now(household.community).day
    let until = today + TonightWriter.ahead
    let done = household.log.done.filter { $0.key >= today }
    let file = TonightFile(
      place: try await here.named(household).name,
      timeZone: try await here.timeZone(household.community).identifier,
      pickups: try await plan.between(household, from: today, to: until),
      done: Dictionary(uniqueKeysWithValues: done.map { ($0.description, $1) }), until: until)
    try file.write(folder: folder)
  }
}
