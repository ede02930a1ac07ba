import Foundation

/// A day of the calendar, as a plan prints it: no hour, no time zone.
public struct Day: Hashable, Sendable {
  /// Days since 1970-01-01.
  public let number: Int

  public init(number: Int) {
    self.number = number
  }

  /// `nil` for a day that the calendar does not have.
  public init?(year: Int, month: Int, day: Int) {
    let parts = DateComponents(year: year, month: month, day: day)
    guard let date = Day.calendar.date(from: parts) else { return nil }
    self.init(number: Int((date.timeIntervalSince1970 / Day.seconds).rounded(.down)))
    guard self.year == year, self.month == month, self.day == day else { return nil }
  }

  /// From `2026-03-02`.
  public init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard text.count == 10, parts.count == 3, let year = Int(parts[0]), let month = Int(parts[1]),
      let day = Int(parts[2])
    else { return nil }
    self.init(year: year, month: month, day: day)
  }

  public var year: Int { parts.year ?? 0 }
  public var month: Int { parts.month ?? 0 }
  public var day: Int { parts.day ?? 0 }

  /// 1 for Sunday to 7 for Saturday, as Foundation counts.
  public var weekday: Int { parts.weekday ?? 0 }

  /// The first day of its month.
  public var startOfMonth: Day { self - (day - 1) }

  public func adding(months: Int) -> Day {
    Day.calendar.date(byAdding: .month, value: months, to: noon).map(Day.init(utc:)) ?? self
  }

  /// Noon of the day in UTC: what a formatter that thinks in UTC is given.
  public var noon: Date {
    Date(timeIntervalSince1970: (Double(number) + 0.5) * Day.seconds)
  }

  /// The instant of a time of this day on a wall clock. A time that a clock change skips is the first after it.
  public func at(_ time: Time, in zone: TimeZone) -> Date {
    var calendar = Day.calendar
    calendar.timeZone = zone
    let parts = DateComponents(
      year: year, month: month, day: day, hour: time.hour, minute: time.minute)
    return calendar.date(from: parts) ?? noon
  }

  static let calendar = {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    return calendar
  }()

  private static let seconds = 86_400.0

  private var parts: DateComponents {
    Day.calendar.dateComponents([.year, .month, .day, .weekday], from: noon)
  }

  private init(utc date: Date) {
    self.init(number: Int((date.timeIntervalSince1970 / Day.seconds).rounded(.down)))
  }
}

extension Day: Comparable, Strideable {
  public static func < (one: Day, other: Day) -> Bool { one.number < other.number }
  public func distance(to other: Day) -> Int { other.number - number }
  public func advanced(by days: Int) -> Day { Day(number: number + days) }
  public static func + (day: Day, days: Int) -> Day { day.advanced(by: days) }
  public static func - (day: Day, days: Int) -> Day { day.advanced(by: -days) }
}

extension Day: CustomStringConvertible, Codable {
  /// `2026-03-02`.
  public var description: String {
    let parts = parts
    return "\(padded(parts.year, 4))-\(padded(parts.month, 2))-\(padded(parts.day, 2))"
  }

  public init(from decoder: any Decoder) throws {
    self = try read(from: decoder, Day.init(_:))
  }

  public func encode(to encoder: any Encoder) throws {
    try write(description, to: encoder)
  }
}

/// A time on a wall clock.
public struct Time: Hashable, Sendable {
  public let hour: Int
  public let minute: Int

  /// `nil` for a time that no clock shows.
  public init?(hour: Int, minute: Int) {
    guard (0..<24).contains(hour), (0..<60).contains(minute) else { return nil }
    (self.hour, self.minute) = (hour, minute)
  }

  /// From `18:30` or `18:30:00`.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2 || parts.count == 3, let hour = parts[0], let minute = parts[1]
    else { return nil }
    self.init(hour: hour, minute: minute)
  }

  init(hour: Int) {
    (self.hour, minute) = (hour, 0)
  }

  static let noon = Time(hour: 12)

  /// Minutes since midnight.
  public var minutes: Int { hour * 60 + minute }
}

extension Time: Comparable, CustomStringConvertible, Codable {
  public static func < (one: Time, other: Time) -> Bool { one.minutes < other.minutes }

  /// `18:30`.
  public var description: String { "\(padded(hour, 2)):\(padded(minute, 2))" }

  public init(from decoder: any Decoder) throws {
    self = try read(from: decoder, Time.init(_:))
  }

  public func encode(to encoder: any Encoder) throws {
    try write(description, to: encoder)
  }
}

/// A day and a time on a wall clock.
public struct DayTime: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  public let day: Day
  public let time: Time

  public init(_ day: Day, _ time: Time) {
    (self.day, self.time) = (day, time)
  }

  /// From `2026-03-02T18:30:00`.
  public init?(_ text: String) {
    let parts = text.split(separator: "T")
    guard parts.count == 2, let day = Day(String(parts[0])), let time = Time(String(parts[1]))
    else { return nil }
    self.init(day, time)
  }

  /// What the clock in a time zone shows at an instant.
  public init(_ instant: Date, in zone: TimeZone) {
    var calendar = Day.calendar
    calendar.timeZone = zone
    let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: instant)
    // The calendar's own parts are a day and a time that it has.
    day =
      Day(year: parts.year ?? 1970, month: parts.month ?? 1, day: parts.day ?? 1) ?? Day(number: 0)
    time = Time(hour: parts.hour ?? 0, minute: parts.minute ?? 0) ?? .noon
  }

  public func instant(in zone: TimeZone) -> Date { day.at(time, in: zone) }

  public static func < (one: DayTime, other: DayTime) -> Bool {
    (one.day, one.time) < (other.day, other.time)
  }

  public var description: String { "\(day)T\(time):00" }

  public init(from decoder: any Decoder) throws {
    self = try read(from: decoder, DayTime.init(_:))
  }

  public func encode(to encoder: any Encoder) throws {
    try write(description, to: encoder)
  }
}

private func padded(_ number: Int?, _ digits: Int) -> String {
  let text = String(number ?? 0)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}

private func read<Value>(from decoder: any Decoder, _ parse: (String) -> Value?) throws -> Value {
  let container = try decoder.singleValueContainer()
  let text = try container.decode(String.self)
  guard let value = parse(text) else {
    throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text)")
  }
  return value
}

private func write(_ text: String, to encoder: any Encoder) throws {
  var container = encoder.singleValueContainer()
  try container.encode(text)
}
