import Foundation
import Observation

/// When what is collected, for one household at a time.
@MainActor @Observable
public final class ScheduleModel {
  public private(set) var state = ScheduleState()
  private let here: Here
  private let plan: Plan
  /// 1 for Sunday, 2 for Monday.
  public let firstWeekday: Int
  @ObservationIgnored private var loading: Task<Void, Never>?

  /// How far the list looks ahead, in days.
  private static let ahead = 62
  private static let evening = Time(hour: 19)
  private static let morning = Time(hour: 6, minute: 30)
  private static let bringBack = Time(hour: 18)

  public init(here: Here, plan: Plan, firstWeekday: Int) {
    (self.here, self.plan, self.firstWeekday) = (here, plan, firstWeekday)
    here.settings.onChange { [weak self] in
      if let self, self.state.loaded { self.load() }
    }
  }

  /// The screen came up: the day may have changed.
  public func load() {
    loading?.cancel()
    loading = launch(failed) {
      guard let household = self.here.household else {
        self.state = ScheduleState()
        self.state.loaded = true
        return
      }
      try await self.load(household)
      try await self.loadMonth(household)
    }
  }

  private func load(_ household: Household) async throws {
    var fresh = state
    let now = try await here.now(household.community)
    fresh.households = []
    for one in here.settings.settings.households { fresh.households.append(try await here.named(one)) }
    fresh.tonight = try await plan.tonight(household, now: now)
    fresh.coming = try await plan.between(household, from: now.day, to: now.day + ScheduleModel.ahead)
    fresh.validUntil = try await here.engine.schedule.validUntil(place: here.place(of: household))
    let question = try await here.community(household.community)?.zoneQuestion
    fresh.needsZone = household.zones.isEmpty && question != nil
    try Task.checkCancellation()
    // What was done on the screen meanwhile stays.
    (fresh.asMonth, fresh.importing, fresh.exported) = (state.asMonth, state.importing, state.exported)
    (fresh.month, fresh.picked) = (state.month, state.picked)
    if state.today != now.day || state.current != household.id {
      (fresh.month, fresh.picked) = (now.day.startOfMonth, nil)
    }
    fresh.today = now.day
    fresh.current = household.id
    fresh.log = household.log
    fresh.reminders = household.reminders
    fresh.hasImported = !household.imported.isEmpty
    fresh.loaded = true
    state = fresh
  }

  public var grid: MonthGrid { MonthGrid(month: state.month, firstWeekday: firstWeekday) }

  public func choose(household id: Int) {
    here.settings.update { $0.current = id }
  }

  public func show(asMonth: Bool) {
    state.asMonth = asMonth
  }

  public func turn(months: Int) {
    state.month = state.month.adding(months: months)
    state.picked = nil
    guard let household = here.household else { return }
    _ = launch(failed) { try await self.loadMonth(household) }
  }

  public func pick(_ day: Day) {
    state.picked = state.picked == day ? nil : day
  }

  private func loadMonth(_ household: Household) async throws {
    let grid = grid
    let pickups = try await plan.between(household, from: grid.first, to: grid.last)
    if state.month == grid.month { state.inMonth = pickups }
  }

  // MARK: Reminders

  /// Put out, or not after all.
  public func set(_ pickup: Pickup, done: Bool) {
    let yesterday = state.today - 1
    change { household in
      household.log.forget(before: yesterday)
      household.log.set(pickup.date, pickup.stream.id, done: done)
    }
  }

  public func set(_ times: ReminderTimes) {
    change { $0.reminders = times }
  }

  /// Switches one kind of reminder, to the hour most people would choose.
  public func switchReminder(_ kind: ReminderKind, on: Bool) {
    var times = state.reminders
    switch kind {
    case .eveningBefore: times.eveningBefore = on ? ScheduleModel.evening : nil
    case .morningOf: times.morningOf = on ? ScheduleModel.morning : nil
    case .bringBack: times.bringBack = on ? ScheduleModel.bringBack : nil
    }
    set(times)
  }

  public func set(_ kind: ReminderKind, to time: Time) {
    var times = state.reminders
    switch kind {
    case .eveningBefore: times.eveningBefore = time
    case .morningOf: times.morningOf = time
    case .bringBack: times.bringBack = time
    }
    set(times)
  }

  // MARK: Calendar files

  /// Reads a calendar file and shows what it says, to be confirmed.
  public func read(_ ics: Data) {
    guard let household = here.household else { return }
    _ = launch(failed) {
      let zone = try await self.here.timeZone(household.community).identifier
      let today = try await self.here.today()
      let calendar = try await self.here.engine.schedule.importICS(ics, timeZone: zone, from: today)
      if calendar.days.isEmpty { throw KerbsideError.badCalendar(calendar.warnings.first ?? "") }
      self.state.importing = calendar
    }
  }

  /// Takes the days that were read; a day and title that is already there is not doubled.
  public func confirmImport() {
    guard let days = state.importing?.days else { return }
    state.importing = nil
    change { household in
      let known = Set(household.imported.map { "\($0.date) \($0.title)" })
      household.imported += days.filter { !known.contains("\($0.date) \($0.title)") }
      household.imported.sort { $0.date < $1.date }
    }
  }

  public func cancelImport() {
    state.importing = nil
  }

  public func forgetImported() {
    change { $0.imported = [] }
  }

  /// The published plan of a year from today as a calendar file.
  public func export() {
    guard let place = here.place else { return }
    _ = launch(failed) {
      let today = try await self.here.today()
      let hour = (self.state.reminders.eveningBefore ?? ScheduleModel.evening).hour
      let text = try await self.here.engine.schedule.exportICS(
        place: place, from: today, to: today.adding(months: 12), eveningHour: hour)
      self.state.exported = ExportedCalendar(name: "kerbside-\(place.community)", text: text)
    }
  }

  public func exportEnded() {
    state.exported = nil
  }

  /// A file that the system could not hand over.
  public func fileFailed(_ error: any Error) {
    KerbsideError(error).map(failed)
  }

  public func dismissError() {
    state.error = nil
  }

  private func change(_ change: (inout Household) -> Void) {
    let id = here.household?.id
    here.settings.update { $0.change(household: id, change) }
  }

  private func failed(_ error: KerbsideError) {
    state.error = error
    state.loaded = true
  }
}
