import Foundation
import KerbsideFFI
import SorterKit

// Days of collection, reminders and calendars, field by field.

extension Pickup {
  init(_ one: KerbsideFFI.Collection) throws {
    self.init(
      date: try day(one.date), stream: WasteStream(one.stream), insteadOf: try one.insteadOf.map(day),
      reason: one.reason, opens: try one.opens.map(dayTime), closes: try one.closes.map(dayTime))
  }
}

private func dayTime(_ text: String) throws -> DayTime {
  guard let at = DayTime(text) else { throw KerbsideError.internal("not a day and a time: \(text)") }
  return at
}

extension KerbsideFFI.ReminderTimes {
  init(_ times: SorterKit.ReminderTimes) {
    self.init(
      eveningBefore: times.eveningBefore?.description, morningOf: times.morningOf?.description,
      bringBack: times.bringBack?.description)
  }
}

extension KerbsideFFI.ReminderLog {
  init(_ log: SorterKit.ReminderLog) {
    self.init(
      done: log.done.map { DoneDay(date: $0.description, streams: $1.sorted()) },
      snoozed: log.snoozed.map { SnoozedDay(date: $0.description, until: $1) })
  }
}

extension SorterKit.Reminder {
  init(_ one: KerbsideFFI.Reminder) throws {
    let kind: SorterKit.ReminderKind =
      switch one.kind {
      case .eveningBefore: .eveningBefore
      case .morningOf: .morningOf
      case .bringBack: .bringBack
      }
    self.init(at: one.at, kind: kind, date: try day(one.date), streams: one.streams.map(WasteStream.init))
  }
}

extension SorterKit.ImportedCalendar {
  init(_ one: KerbsideFFI.ImportedCalendar) throws {
    let days = try one.days.map { SorterKit.ImportedDay(date: try day($0.date), title: $0.title, streams: $0.streams) }
    self.init(days: days, warnings: one.warnings, setAside: one.setAside)
  }
}
