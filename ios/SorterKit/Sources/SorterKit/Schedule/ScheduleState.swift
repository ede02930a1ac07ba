/// What the schedule screen shows.
public struct ScheduleState: Hashable, Sendable {
  public var households: [Named] = []
  public var current = 0
  public var today = Day(number: 0)
  public var asMonth = false
  /// The first day of the month that is shown.
  public var month = Day(number: 0)
  public var picked: Day?
  public var tonight: [Pickup] = []
  public var coming: [Pickup] = []
  public var inMonth: [Pickup] = []
  public var log = ReminderLog()
  public var reminders = ReminderTimes()
  public var validUntil: Day?
  public var needsZone = false
  public var hasImported = false
  public var importing: ImportedCalendar?
  public var exported: ExportedCalendar?
  public var loaded = false
  public var error: KerbsideError?

  public init() {}

  /// Days of the list, each with what is fetched.
  public var days: [PickupDay] {
    let days = Dictionary(grouping: coming, by: \.date)
    return days.keys.sorted().map { PickupDay(date: $0, pickups: days[$0] ?? []) }
  }

  public func pickups(on day: Day) -> [Pickup] {
    inMonth.filter { $0.date == day }
  }

  public func isDone(_ pickup: Pickup) -> Bool {
    log.isDone(pickup.date, pickup.stream.id)
  }
}

/// A day and what is fetched on it.
public struct PickupDay: Hashable, Sendable, Identifiable {
  public var date: Day
  public var pickups: [Pickup]

  public var id: Day { date }
}

/// A calendar file to hand on.
public struct ExportedCalendar: Hashable, Sendable {
  /// Without a path or ending.
  public var name: String
  public var text: String
}
