import Foundation

/// One stream fetched on one day.
public struct Pickup: Hashable, Sendable, Codable {
  public var date: Day
  public var stream: WasteStream
  /// The regular day it stands in for.
  public var insteadOf: Day?
  public var reason: String?
  /// When it may stand outside, on the community's clock.
  public var opens: DayTime?
  public var closes: DayTime?

  public init(
    date: Day, stream: WasteStream, insteadOf: Day? = nil, reason: String? = nil,
    opens: DayTime? = nil, closes: DayTime? = nil
  ) {
    self.date = date
    self.stream = stream
    self.insteadOf = insteadOf
    self.reason = reason
    self.opens = opens
    self.closes = closes
  }
}

/// When a person wants to be reminded; `nil` is off.
public struct ReminderTimes: Hashable, Sendable {
  public var eveningBefore: Time?
  public var morningOf: Time?
  public var bringBack: Time?

  public init(eveningBefore: Time? = nil, morningOf: Time? = nil, bringBack: Time? = nil) {
    (self.eveningBefore, self.morningOf, self.bringBack) = (eveningBefore, morningOf, bringBack)
  }

  public var isOn: Bool { self != ReminderTimes() }
}

public enum ReminderKind: String, Sendable, CaseIterable, Comparable {
  case eveningBefore, morningOf, bringBack

  public static func < (one: ReminderKind, other: ReminderKind) -> Bool {
    allCases.firstIndex(of: one)! < allCases.firstIndex(of: other)!
  }
}

/// One notification, `at` that instant.
public struct Reminder: Hashable, Sendable {
  public var at: Date
  public var kind: ReminderKind
  /// Day of the collection.
  public var date: Day
  public var streams: [WasteStream]

  public init(at: Date, kind: ReminderKind, date: Day, streams: [WasteStream]) {
    (self.at, self.kind, self.date, self.streams) = (at, kind, date, streams)
  }
}

/// What the person has dealt with: streams put out by day of collection, and until when a day's reminders are put off.
public struct ReminderLog: Hashable, Sendable {
  public private(set) var done: [Day: Set<String>]
  public private(set) var snoozed: [Day: Date]

  public init(done: [Day: Set<String>] = [:], snoozed: [Day: Date] = [:]) {
    (self.done, self.snoozed) = (done, snoozed)
  }

  public func isDone(_ date: Day, _ stream: String) -> Bool {
    done[date]?.contains(stream) ?? false
  }

  public mutating func set(_ date: Day, _ stream: String, done isDone: Bool) {
    var streams = done[date] ?? []
    if isDone { streams.insert(stream) } else { streams.remove(stream) }
    done[date] = streams.isEmpty ? nil : streams
  }

  public mutating func snooze(_ date: Day, until: Date) {
    snoozed[date] = until
  }

  /// Forgets the days before `today`.
  public mutating func forget(before today: Day) {
    done = done.filter { $0.key >= today }
    snoozed = snoozed.filter { $0.key >= today }
  }
}

/// A day of an imported calendar. `streams` names what the title probably means; empty when unsure.
public struct ImportedDay: Hashable, Sendable, Codable {
  public var date: Day
  public var title: String
  public var streams: [String]

  public init(date: Day, title: String, streams: [String] = []) {
    (self.date, self.title, self.streams) = (date, title, streams)
  }
}

/// What a calendar file says.
public struct ImportedCalendar: Hashable, Sendable {
  public var days: [ImportedDay]
  /// What was mended, clipped or passed over, a sentence each.
  public var warnings: [String]
  /// Entries that do not count, and why.
  public var setAside: [String]

  public init(days: [ImportedDay], warnings: [String] = [], setAside: [String] = []) {
    (self.days, self.warnings, self.setAside) = (days, warnings, setAside)
  }
}

/// When what is collected at a place.
public protocol Schedule: Sendable {
  /// Everything fetched from `from` to `to`, both included, by day and stream.
  func between(place: Place, from: Day, to: Day) async throws -> [Pickup]

  /// What has to be put out between `now`, the community's clock, and tomorrow's end.
  func tonight(place: Place, now: DayTime) async throws -> [Pickup]

  /// Last day about which the plan says anything; `nil` without a plan.
  func validUntil(place: Place) async throws -> Day?

  /// Reminders for collections from `from` to `to`, in order, without what `log` says is done.
  func reminders(place: Place, times: ReminderTimes, log: ReminderLog, from: Day, to: Day)
    async throws -> [Reminder]

  /// The plan as an iCalendar file; `eveningHour` is when its alarms ring on the day before.
  func exportICS(place: Place, from: Day, to: Day, eveningHour: Int) async throws -> String

  /// Reads a calendar file; days before `from` are left out.
  func importICS(_ bytes: Data, timeZone: String, from: Day) async throws -> ImportedCalendar
}
