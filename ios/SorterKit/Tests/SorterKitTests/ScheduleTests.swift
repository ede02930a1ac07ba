import Foundation
import Testing

@testable import SorterKit

@MainActor @Suite struct ScheduleTests {
  private let tomorrow = Pickup(date: day("2026-03-03"), stream: stream("paper"))
  private let later = Pickup(date: day("2026-03-20"), stream: stream("glass"))

  private func loaded(_ world: World) async throws -> ScheduleModel {
    world.engine.calendar.pickups.with { $0 = [tomorrow, later] }
    let model = world.schedule()
    model.load()
    try await until("loaded") { model.state.loaded && !model.state.inMonth.isEmpty }
    return model
  }

  @Test func theScreenShowsTonightAndWhatIsComing() async throws {
    let world = World()
    let model = try await loaded(world)
    #expect(model.state.tonight == [tomorrow])
    #expect(model.state.days.map(\.date) == [day("2026-03-03"), day("2026-03-20")])
    #expect(model.state.today == day("2026-03-02"))
    #expect(model.state.validUntil == day("2026-12-31"))
    #expect(model.state.households == [Named(id: 1, name: "Plainville")])
    #expect(world.engine.calendar.asked.now.contains("tonight 2026-03-02T18:00:00"))
    #expect(model.state.pickups(on: day("2026-03-20")) == [later])
  }

  @Test func theDayIsThatOfTheCommunityNotOfThePhone() async throws {
    let world = World(community: "far")
    let model = world.schedule()
    model.load()
    try await until("loaded") { model.state.loaded }
    // 18:00 in Zurich is 06:00 of the next day in Auckland.
    #expect(model.state.today == day("2026-03-03"))
  }

  @Test func aHouseholdWithoutItsZoneIsAskedForIt() async throws {
    let world = World(community: "zurich")
    let model = try await loaded(world)
    #expect(model.state.needsZone)
    world.settings.update { $0.addZone("north") }
    try await until("zone") { !model.state.needsZone }
    #expect(model.state.households.first?.detail == "North")
  }

  @Test func withoutAHouseholdThereIsNothing() async throws {
    let world = World(community: nil)
    let model = world.schedule()
    model.load()
    try await until("loaded") { model.state.loaded }
    #expect(model.state.households.isEmpty)
  }

  @Test func monthsAreTurnedAndADayIsPicked() async throws {
    let world = World()
    let model = try await loaded(world)
    model.pick(day("2026-03-20"))
    #expect(model.state.picked == day("2026-03-20"))
    model.pick(day("2026-03-20"))
    #expect(model.state.picked == nil)
    model.turn(months: 1)
    #expect(model.state.month == day("2026-04-01"))
    try await until("april") { world.engine.calendar.asked.now.contains("2026-03-30...2026-05-03") }
    model.turn(months: -2)
    #expect(model.state.month == day("2026-02-01"))
    #expect(model.grid.first == day("2026-01-26"))
  }

  @Test func whatIsOutIsTickedOffAndCanBeTakenBack() async throws {
    let world = World()
    let model = try await loaded(world)
    model.set(tomorrow, done: true)
    try await until("done") { model.state.isDone(self.tomorrow) }
    model.set(tomorrow, done: false)
    try await until("not done") { !model.state.isDone(self.tomorrow) }
  }

  @Test func remindersAreSwitchedAndMoved() async throws {
    let world = World()
    let model = try await loaded(world)
    model.switchReminder(.eveningBefore, on: true)
    try await until("on") { model.state.reminders.eveningBefore == Time("19:00") }
    model.set(.eveningBefore, to: Time("21:15")!)
    try await until("moved") { model.state.reminders.eveningBefore == Time("21:15") }
    model.switchReminder(.morningOf, on: true)
    try await until("morning") { model.state.reminders.morningOf == Time("06:30") }
    model.switchReminder(.eveningBefore, on: false)
    try await until("off") { model.state.reminders == ReminderTimes(morningOf: Time("06:30")) }
  }

  @Test func aCalendarFileIsShownFirstAndThenTakenOnce() async throws {
    let world = World()
    let model = try await loaded(world)
    let days = [ImportedDay(date: day("2026-03-05"), title: "Glas", streams: ["glass"])]
    world.engine.calendar.imported.with { $0 = ImportedCalendar(days: days, warnings: ["mended"]) }
    model.read(Data())
    try await until("shown") { model.state.importing?.warnings == ["mended"] }
    #expect(world.settings.settings.household?.imported.isEmpty == true)
    #expect(world.engine.calendar.asked.now.contains("import Europe/Zurich 2026-03-02"))
    model.confirmImport()
    model.read(Data())
    try await until("again") { model.state.importing != nil }
    model.confirmImport()
    #expect(world.settings.settings.household?.imported == days)
    try await until("in the list") { model.state.days.contains { $0.date == day("2026-03-05") } }
    #expect(model.state.hasImported)
    model.forgetImported()
    try await until("gone") { !model.state.hasImported && model.state.days.count == 2 }
  }

  @Test func aCalendarWithoutDaysIsAnError() async throws {
    let world = World()
    let model = try await loaded(world)
    model.read(Data())
    try await until("refused") { model.state.error == .badCalendar("") }
    model.dismissError()
    #expect(model.state.error == nil)
    #expect(model.state.importing == nil)
  }

  @Test func thePlanIsExportedForAYear() async throws {
    let world = World()
    let model = try await loaded(world)
    model.set(ReminderTimes(eveningBefore: Time("20:00")))
    try await until("set") { model.state.reminders.eveningBefore == Time("20:00") }
    model.export()
    try await until("exported") { model.state.exported != nil }
    #expect(model.state.exported?.text == "plain 2026-03-02 2027-03-02 20")
    #expect(model.state.exported?.name == "kerbside-plain")
    model.exportEnded()
    #expect(model.state.exported == nil)
  }

  @Test(arguments: [("2026-02-01", 2), ("2026-02-01", 1), ("2026-03-15", 2), ("2024-02-01", 7), ("2027-12-31", 2)])
  func aMonthIsAGridOfWholeWeeks(text: String, firstWeekday: Int) {
    let grid = MonthGrid(month: day(text), firstWeekday: firstWeekday)
    #expect(grid.weeks.allSatisfy { $0.count == 7 && $0[0].weekday == firstWeekday })
    let days = grid.weeks.flatMap { $0 }
    #expect(days == Array(days[0]...days[days.count - 1]))
    let inside = days.filter(grid.contains)
    #expect(inside.first?.day == 1)
    #expect((inside.last! + 1).day == 1)
    #expect(grid.weeks.allSatisfy { $0.contains(where: grid.contains) })
  }
}

@MainActor @Suite struct PlanTests {
  @Test func anImportedDayIsTheCommunitysStreamOnlyIfThatIsPlain() {
    let known = [stream("paper"), stream("glass-green", icon: "glass"), stream("glass-brown", icon: "glass")]
    let plain = ImportedDay(date: day("2026-03-05"), title: "Altpapier", streams: ["paper"])
    #expect(Plan.streams(plain, known) == [known[0]])
    let unsure = ImportedDay(date: day("2026-03-05"), title: "Glas", streams: ["glass"])
    #expect(Plan.streams(unsure, known) == [WasteStream(id: "imported:Glas", name: "Glas", icon: "glass")])
    let unknown = ImportedDay(date: day("2026-03-05"), title: "Something")
    #expect(Plan.streams(unknown, known).first?.icon == "calendar")
    let half = ImportedDay(date: day("2026-03-05"), title: "Paper and glass", streams: ["paper", "glass"])
    #expect(Plan.streams(half, known).map(\.name) == ["Paper and glass"])
  }

  @Test func publishedAndImportedDaysAreOnePlan() async throws {
    let world = World()
    world.engine.calendar.pickups.with { $0 = [Pickup(date: day("2026-03-05"), stream: stream("paper"))] }
    world.settings.update { settings in
      settings.change(household: 1) {
        $0.imported = [
          ImportedDay(date: day("2026-03-05"), title: "Papier", streams: ["paper"]),
          ImportedDay(date: day("2026-03-04"), title: "Zirkus"),
        ]
      }
    }
    let household = try #require(world.here.household)
    let plan = try await world.plan.between(household, from: day("2026-03-01"), to: day("2026-03-31"))
    #expect(plan.map(\.stream.name) == ["Zirkus", "Paper"])
    let evening = try await world.plan.tonight(household, now: DayTime("2026-03-03T13:00:00")!)
    #expect(evening.map(\.stream.name) == ["Zirkus"])
    let morning = try await world.plan.tonight(household, now: DayTime("2026-03-03T11:00:00")!)
    #expect(morning.isEmpty)
  }
}

@MainActor @Suite struct ReminderTests {
  private let wording = Wording(Words(language: "en", locale: Locale(identifier: "en_GB")))
  private let zurich = TimeZone(identifier: "Europe/Zurich")!

  private func planner(_ world: World) -> ReminderPlanner {
    ReminderPlanner(here: world.here, plan: world.plan, wording: wording)
  }

  private func importing(_ titles: (String, String)...) -> World {
    let world = World()
    world.settings.update { settings in
      settings.change(household: 1) { household in
        household.reminders = ReminderTimes(eveningBefore: Time("19:00"), bringBack: Time("18:00"))
        household.imported = titles.map { ImportedDay(date: day($0.0), title: $0.1) }
      }
    }
    return world
  }

  @Test func whatFallsTogetherIsSaidTogether() async throws {
    let world = importing(("2026-03-05", "Glass"), ("2026-03-05", "Tin"))
    let at = day("2026-03-04").at(Time("19:00")!, in: zurich)
    world.engine.calendar.published.with {
      $0 = [Reminder(at: at, kind: .eveningBefore, date: day("2026-03-05"), streams: [stream("paper")])]
    }
    let notices = try await planner(world).notices()
    #expect(notices.map(\.body) == ["Paper, Glass, Tin", "Glass, Tin"])
    #expect(notices[0].at == at)
    #expect(notices[0].title == "Put out tonight")
    #expect(notices[1].title == "Bring the bin back in")
    #expect(notices[1].at == day("2026-03-05").at(Time("18:00")!, in: zurich))
    #expect(notices[1].subject == nil)
  }

  @Test func whatIsOverIsNotSaid() async throws {
    let world = importing(("2026-03-02", "Glass"), ("2026-03-03", "Tin"))
    let notices = try await planner(world).notices()
    // It is 18:00 on the 2nd: the evening before the 3rd is ahead, everything of the 2nd is over.
    #expect(notices.map(\.id) == ["1 2026-03-03 eveningBefore", "1 2026-03-03 bringBack"])
  }

  @Test func itIsOutEndsItsReminder() async throws {
    let world = importing(("2026-03-03", "Tin"))
    let planner = planner(world)
    let subject = try #require(try await planner.notices().first?.subject)
    #expect(NoticeSubject(userInfo: subject.userInfo) == subject)
    planner.putOut(subject)
    #expect(try await planner.notices().map(\.id) == ["1 2026-03-03 bringBack"])
  }

  @Test func laterIsInAnHour() async throws {
    let world = importing(("2026-03-03", "Tin"))
    let planner = planner(world)
    let subject = try #require(try await planner.notices().first?.subject)
    world.clock.with { $0 = day("2026-03-02").at(Time("19:05")!, in: zurich) }
    #expect(try await planner.notices().map(\.id) == ["1 2026-03-03 bringBack"])
    planner.later(subject)
    let again = try await planner.notices()
    #expect(again.first?.id == "1 2026-03-03 eveningBefore")
    #expect(again.first?.at == day("2026-03-02").at(Time("20:05")!, in: zurich))
  }

  @Test func theSystemIsGivenNoMoreThanItTakes() async throws {
    let world = World()
    world.settings.update { settings in
      settings.change(household: 1) { household in
        household.reminders = ReminderTimes(eveningBefore: Time("19:00"))
        household.imported = (0..<90).map { ImportedDay(date: day("2026-03-05") + $0, title: "Daily") }
      }
    }
    let notices = try await planner(world).notices()
    #expect(notices.count == 60)
    #expect(notices.map(\.at) == notices.map(\.at).sorted())
    #expect(notices.first?.subject?.date == day("2026-03-05"))
    #expect(Set(notices.map(\.id)).count == 60)
  }

  @Test func ofSeveralHouseholdsTheNameIsSaid() async throws {
    let world = importing(("2026-03-05", "Glass"))
    world.settings.update { $0.add(community: "zurich", zones: ["north"]) }
    let notices = try await planner(world).notices()
    #expect(notices.first?.body == "Glass · Plainville")
  }

  @Test func withoutRemindersThereIsNothingToPlan() async throws {
    let world = importing(("2026-03-05", "Glass"))
    world.settings.update { settings in settings.change(household: 1) { $0.reminders = ReminderTimes() } }
    #expect(try await planner(world).notices().isEmpty)
    #expect(NoticeSubject(userInfo: ["household": "1"]) == nil)
  }
}

@MainActor @Suite struct TonightTests {
  private let zurich = TimeZone(identifier: "Europe/Zurich")!

  private func file(_ pickups: Pickup..., done: [String: Set<String>] = [:]) -> TonightFile {
    TonightFile(place: "Home", timeZone: "Europe/Zurich", pickups: pickups, done: done, until: day("2026-04-30"))
  }

  private func now(_ text: String) -> Date { DayTime(text)!.instant(in: zurich) }

  @Test func theWidgetTurnsWhenSomethingMayStandOutside() throws {
    let paper = Pickup(
      date: day("2026-03-03"), stream: stream("paper"), opens: DayTime("2026-03-02T18:00:00"),
      closes: DayTime("2026-03-03T07:00:00"))
    let entries = file(paper).entries(from: now("2026-03-01T10:00:00"))
    let shows = { (text: String) in
      entries.last { $0.date <= self.now(text) }.map { if case .out = $0.content { true } else { false } }
    }
    #expect(shows("2026-03-01T23:00:00") == false)
    #expect(shows("2026-03-02T20:00:00") == true)
    #expect(shows("2026-03-03T06:59:00") == true)
    #expect(shows("2026-03-03T12:00:00") == false)
    #expect(entries.map(\.date) == entries.map(\.date).sorted())
  }

  @Test func withoutAWindowItIsFromNoonToNoon() {
    let paper = Pickup(date: day("2026-03-03"), stream: stream("paper"))
    let out = TonightEntry.Content.out([paper], done: [])
    let file = file(paper)
    #expect(file.entries(from: now("2026-03-02T11:59:00"))[0].content != out)
    #expect(file.entries(from: now("2026-03-02T12:00:00"))[0].content == out)
    #expect(file.entries(from: now("2026-03-03T11:59:00"))[0].content == out)
    #expect(file.entries(from: now("2026-03-03T12:01:00"))[0].content == .nothing(next: nil))
  }

  @Test func whatIsOutIsTicked() {
    let paper = Pickup(date: day("2026-03-03"), stream: stream("paper"))
    let glass = Pickup(date: day("2026-03-03"), stream: stream("glass"))
    let entry = file(paper, glass, done: ["2026-03-03": ["glass"]]).entries(from: now("2026-03-02T20:00:00"))[0]
    #expect(entry.content == .out([paper, glass], done: ["glass"]))
    #expect(entry.today == day("2026-03-02"))
  }

  @Test func aListThatHasRunOutSaysSo() {
    let glass = Pickup(date: day("2026-03-20"), stream: stream("glass"))
    let next = PickupDay(date: day("2026-03-20"), pickups: [glass])
    #expect(file(glass).entries(from: now("2026-03-02T20:00:00"))[0].content == .nothing(next: next))
    #expect(file(glass).entries(from: now("2026-05-01T08:00:00"))[0].content == .unknown)
  }

  @Test func theAppWritesWhatTheWidgetReads() async throws {
    let world = World(community: "zurich", zones: ["north"])
    let paper = Pickup(date: day("2026-03-03"), stream: stream("paper"))
    world.engine.calendar.pickups.with { $0 = [paper] }
    world.settings.update { settings in
      settings.change(household: 1) { household in
        household.log.set(day("2026-03-03"), "paper", done: true)
        household.log.set(day("2026-02-03"), "paper", done: true)
      }
    }
    let writer = TonightWriter(here: world.here, plan: world.plan, folder: world.folder)
    try await writer.write()
    let read = try #require(TonightFile.read(folder: world.folder))
    #expect(read.place == "Zürich")
    #expect(read.pickups == [paper])
    #expect(read.done == ["2026-03-03": ["paper"]])
    #expect(read.until == day("2026-05-01"))
    world.settings.update { $0.remove(household: 1) }
    try await writer.write()
    #expect(TonightFile.read(folder: world.folder) == nil)
  }
}
