import Foundation

/// The published plan of a household together with the days it imported itself.
@MainActor
public final class Plan {
  private let here: Here

  public init(here: Here) {
    self.here = here
  }

  func between(_ household: Household, from: Day, to: Day) async throws -> [Pickup] {
    let published = try await here.engine.schedule.between(place: here.place(of: household), from: from, to: to)
    return merged(published, try await imported(household, from: from, to: to))
  }

  func tonight(_ household: Household, now: DayTime) async throws -> [Pickup] {
    let published = try await here.engine.schedule.tonight(place: here.place(of: household), now: now)
    let own = try await imported(household, from: now.day, to: now.day + 1)
    return merged(published, own.filter { Plan.isDue($0, now) })
  }

  /// Every reminder of the household for collections from `from` to `to`; what falls together is said together.
  func reminders(_ household: Household, from: Day, to: Day) async throws -> [Reminder] {
    let published = try await here.engine.schedule.reminders(
      place: here.place(of: household), times: household.reminders, log: household.log, from: from, to: to)
    let zone = try await here.timeZone(household.community)
    let days = Dictionary(grouping: try await imported(household, from: from, to: to), by: \.date)
    let own = days.flatMap { reminders(household, $0, $1, zone) }
    return together(published + own)
  }

  /// Imported days know no window: what is fetched tomorrow concerns nobody before noon, nor today's after noon.
  static func isDue(_ pickup: Pickup, _ now: DayTime) -> Bool {
    (pickup.date == now.day) == (now.time < .noon)
  }

  private func reminders(_ household: Household, _ date: Day, _ pickups: [Pickup], _ zone: TimeZone) -> [Reminder] {
    let times = household.reminders
    let streams = pickups.map(\.stream)
    let open = streams.filter { !household.log.isDone(date, $0.id) }
    let planned: [(ReminderKind, Date?, [WasteStream])] = [
      (.eveningBefore, times.eveningBefore.map { (date - 1).at($0, in: zone) }, open),
      (.morningOf, times.morningOf.map { date.at($0, in: zone) }, open),
      (.bringBack, times.bringBack.map { date.at($0, in: zone) }, streams),
    ]
    return planned.compactMap { kind, at, streams in
      guard let at, !streams.isEmpty else { return nil }
      let snoozed = kind == .bringBack ? nil : household.log.snoozed[date]
      return Reminder(at: max(at, snoozed ?? at), kind: kind, date: date, streams: streams)
    }
  }

  private func together(_ reminders: [Reminder]) -> [Reminder] {
    var said: [Reminder] = []
    for one in reminders {
      if let same = said.firstIndex(where: { ($0.at, $0.kind, $0.date) == (one.at, one.kind, one.date) }) {
        let known = Set(said[same].streams.map(\.id))
        said[same].streams += one.streams.filter { !known.contains($0.id) }
      } else {
        said.append(one)
      }
    }
    return said.sorted { ($0.at, $0.kind) < ($1.at, $1.kind) }
  }

  private func imported(_ household: Household, from: Day, to: Day) async throws -> [Pickup] {
    let days = household.imported.filter { (from...to).contains($0.date) }
    if days.isEmpty { return [] }
    let known = try await here.engine.rules.streams(place: here.place(of: household))
    return days.flatMap { day in Plan.streams(day, known).map { Pickup(date: day.date, stream: $0) } }
  }

  /// The community's own stream where the title plainly means one; otherwise the title itself.
  static func streams(_ day: ImportedDay, _ known: [WasteStream]) -> [WasteStream] {
    let meant = day.streams.compactMap { name in
      let fitting = known.filter { $0.id == name || $0.icon == name }
      return fitting.count == 1 ? fitting[0] : nil
    }
    if !meant.isEmpty, meant.count == day.streams.count { return meant }
    return [WasteStream(id: "imported:\(day.title)", name: day.title, icon: day.streams.first ?? "calendar")]
  }

  private func merged(_ published: [Pickup], _ own: [Pickup]) -> [Pickup] {
    var seen: Set<[String]> = []
    let once = (published + own).filter { seen.insert([$0.date.description, $0.stream.id]).inserted }
    return once.sorted { ($0.date, $0.stream.name) < ($1.date, $1.stream.name) }
  }
}
