import Foundation
import KerbsideFFI
import SorterKit

/// What each community wants done with what.
struct EngineRules: SorterKit.RuleBook {
  let ffi: KerbsideFFI.RuleBook

  func communities(language: String) async throws -> [SorterKit.Community] {
    try await ask { try $0.communities(language: language).map(SorterKit.Community.init) }
  }

  func zones(community: String, language: String) async throws -> [SorterKit.Zone] {
    try await ask { try $0.zones(community: community, language: language).map(SorterKit.Zone.init) }
  }

  func zones(community: String, postcode: String) async throws -> [String] {
    try await ask { try $0.zonesOfPostcode(community: community, postcode: postcode) }
  }

  func zones(community: String, street: String, number: Int) async throws -> [String] {
    guard let number = UInt32(exactly: number) else { return [] }
    return try await ask { try $0.zonesOfAddress(community: community, street: street, number: number) }
  }

  func streams(place: SorterKit.Place) async throws -> [WasteStream] {
    try await ask { try $0.streams(place: KerbsideFFI.Place(place)).map(WasteStream.init) }
  }

  func instructions(seen: Seen, place: SorterKit.Place, date: Day) async throws -> [SorterKit.Instruction] {
    try await ask { book in
      let said = try book.instructions(seen: seen.json, place: KerbsideFFI.Place(place), date: date.description)
      return try said.map(SorterKit.Instruction.init)
    }
  }

  func answered(seen: Seen, fact: SorterKit.Fact) async throws -> Seen {
    try await ask { Seen(json: try $0.seenWith(seen: seen.json, fact: KerbsideFFI.Fact(fact))) }
  }

  func item(id: String) async throws -> Seen {
    try await ask { Seen(json: try $0.seenItem(item: id)) }
  }

  func directory(place: SorterKit.Place) async throws -> [SorterKit.ItemSection] {
    try await ask { try $0.directory(place: KerbsideFFI.Place(place)).map(SorterKit.ItemSection.init) }
  }

  func search(query: String, place: SorterKit.Place) async throws -> [SorterKit.ItemName] {
    try await ask { try $0.search(typed: query, place: KerbsideFFI.Place(place)).map(SorterKit.ItemName.init) }
  }

  private func ask<Answer: Sendable>(
    _ question: @escaping @Sendable (KerbsideFFI.RuleBook) throws -> Answer
  ) async throws -> Answer {
    try await blocking { [ffi] in try question(ffi) }
  }
}

/// When it is collected.
struct EngineSchedule: SorterKit.Schedule {
  let book: KerbsideFFI.RuleBook

  func between(place: SorterKit.Place, from: Day, to: Day) async throws -> [Pickup] {
    try await ask(place) { try $0.between(from: from.description, to: to.description).map(Pickup.init) }
  }

  func tonight(place: SorterKit.Place, now: DayTime) async throws -> [Pickup] {
    try await ask(place) { try $0.tonight(now: now.description).map(Pickup.init) }
  }

  func validUntil(place: SorterKit.Place) async throws -> Day? {
    try await ask(place) { try $0.validUntil().map { try day($0) } }
  }

  func reminders(
    place: SorterKit.Place, times: SorterKit.ReminderTimes, log: SorterKit.ReminderLog, from: Day, to: Day
  ) async throws -> [SorterKit.Reminder] {
    try await ask(place) { schedule in
      let reminders = try schedule.reminders(
        times: KerbsideFFI.ReminderTimes(times), log: KerbsideFFI.ReminderLog(log), from: from.description,
        to: to.description)
      return try reminders.map(SorterKit.Reminder.init)
    }
  }

  func exportICS(place: SorterKit.Place, from: Day, to: Day, eveningHour: Int) async throws -> String {
    let hour = UInt8(clamping: eveningHour)
    return try await ask(place) { try $0.exportIcs(from: from.description, to: to.description, eveningHour: hour) }
  }

  func importICS(_ bytes: Data, timeZone: String, from: Day) async throws -> SorterKit.ImportedCalendar {
    try await blocking {
      try SorterKit.ImportedCalendar(readCalendar(bytes: bytes, zone: timeZone, from: from.description))
    }
  }

  private func ask<Answer: Sendable>(
    _ place: SorterKit.Place, _ question: @escaping @Sendable (KerbsideFFI.Schedule) throws -> Answer
  ) async throws -> Answer {
    try await blocking { [book] in try question(try book.schedule(place: KerbsideFFI.Place(place))) }
  }
}
