import Foundation
import SorterKit
import Testing

@testable import SorterEngine

@Suite struct RulesTests {
  private let scratch: Real.Scratch
  private let engine: KerbsideEngine

  init() throws {
    scratch = try Real.Scratch()
    engine = try Real.engine(scratch)
  }

  @Test func allCommunitiesAreThereByName() async throws {
    let communities = try await engine.rules.communities(language: "en")
    #expect(communities.count >= 13)
    let zurich = try #require(communities.first { $0.id == "zurich" })
    #expect(zurich.timeZone == "Europe/Zurich")
    #expect(zurich.country == "ch")
    #expect(zurich.from < zurich.until)
    #expect(TimeZone(identifier: zurich.timeZone) != nil)
    for community in communities {
      #expect(TimeZone(identifier: community.timeZone) != nil, "\(community.id)")
    }
  }

  @Test func aPostcodeLeadsToItsZone() async throws {
    #expect(try await engine.rules.zones(community: "zurich", postcode: "8004") == ["8004"])
    #expect(try await engine.rules.zones(community: "zurich", postcode: "0000") == [])
    let zones = try await engine.rules.zones(community: "zurich", language: "en")
    #expect(zones.contains { $0.id == "8004" })
    #expect(try await engine.rules.zones(community: "zurich", street: "Langstrasse", number: -1) == [])
  }

  @Test func typingErrorsAreForgiven() async throws {
    let hits = try await engine.rules.search(query: "batery", place: Real.zurich)
    #expect(hits.prefix(3).contains { $0.name.localizedCaseInsensitiveContains("batter") })
    let sections = try await engine.rules.directory(place: Real.zurich)
    #expect(sections.flatMap(\.items).count > 40)
    #expect(sections.allSatisfy { !$0.letter.isEmpty })
  }

  @Test func anAnswerChangesTheInstruction() async throws {
    let hits = try await engine.rules.search(query: "pizza box", place: Real.zurich)
    let seen = try await engine.rules.item(id: try #require(hits.first).id)
    let asked = try await engine.rules.instructions(seen: seen, place: Real.zurich, date: Real.now.day)
    let question = try #require(asked.first?.question)
    var verdicts: [[Instruction]] = []
    for answer in question.answers {
      let known = try await engine.rules.answered(seen: seen, fact: answer.fact)
      verdicts.append(try await engine.rules.instructions(seen: known, place: Real.zurich, date: Real.now.day))
    }
    #expect(Set(verdicts.map { $0.first?.stream?.id }).count > 1)
    #expect(verdicts.allSatisfy { $0.first?.question == nil })
  }

  /// Every fact an answer can carry comes back from the engine as it was.
  @Test func factsSurviveTheBorder() async throws {
    let facts: [Fact] = [
      .isItem("pizza-box"), .dirty(true), .dirty(false), .sizeCm(40), .depositMark(true), .mostly(.metal, false),
      .hazard("battery", true), .notThatItem, .nothingFits,
    ]
    var seen = Seen(json: "{}")
    var texts: Set<String> = []
    for fact in facts {
      seen = try await engine.rules.answered(seen: try await engine.rules.item(id: "can"), fact: fact)
      texts.insert(seen.json)
    }
    #expect(texts.count >= facts.count - 1)
    let zoned = try await engine.rules.answered(seen: seen, fact: .zone("8004"))
    #expect(zoned == seen)
  }

  @Test func thePlanIsReadWithWindowsAndNames() async throws {
    let (from, to) = (Day("2026-03-01")!, Day("2026-03-31")!)
    let pickups = try await engine.schedule.between(place: Real.planned, from: from, to: to)
    #expect(pickups.count > 5)
    #expect(pickups.allSatisfy { (from...to).contains($0.date) && !$0.stream.name.isEmpty })
    #expect(pickups.contains { $0.closes != nil })
    #expect(try await engine.schedule.validUntil(place: Real.planned)?.year == 2026)
    let japanese = Place(community: "shibuya", zones: Real.planned.zones, language: "ja")
    let names = try await engine.schedule.between(place: japanese, from: from, to: to).map(\.stream.name)
    #expect(names != pickups.map(\.stream.name))
  }

  @Test func remindersComeAtTheCommunitysHours() async throws {
    let times = ReminderTimes(eveningBefore: Time("19:00"))
    let (from, to) = (Day("2026-03-20")!, Day("2026-04-10")!)
    let all = try await engine.schedule.reminders(
      place: Real.planned, times: times, log: ReminderLog(), from: from, to: to)
    let zone = TimeZone(identifier: "Asia/Tokyo")!
    #expect(!all.isEmpty)
    #expect(all.allSatisfy { DayTime($0.at, in: zone) == DayTime($0.date - 1, Time("19:00")!) })

    var log = ReminderLog()
    let first = try #require(all.first)
    for stream in first.streams { log.set(first.date, stream.id, done: true) }
    let rest = try await engine.schedule.reminders(place: Real.planned, times: times, log: log, from: from, to: to)
    #expect(rest == Array(all.dropFirst()))
    let second = try #require(rest.first)
    let until = second.at.addingTimeInterval(3600)
    log.snooze(second.date, until: until)
    let later = try await engine.schedule.reminders(place: Real.planned, times: times, log: log, from: from, to: to)
    #expect(later.first { $0.date == second.date }?.at == until)
  }

  @Test func aCalendarGoesOutAndComesBack() async throws {
    let from = Day("2026-03-01")!
    let ics = try await engine.schedule.exportICS(place: Real.planned, from: from, to: from + 60, eveningHour: 19)
    #expect(ics.hasPrefix("BEGIN:VCALENDAR"))
    let read = try await engine.schedule.importICS(Data(ics.utf8), timeZone: "Asia/Tokyo", from: from)
    let days = try await engine.schedule.between(place: Real.planned, from: from, to: from + 60).map(\.date)
    #expect(Set(read.days.map(\.date)) == Set(days))
    let late = try await engine.schedule.importICS(Data(ics.utf8), timeZone: "Asia/Tokyo", from: from + 30)
    #expect(late.days.allSatisfy { $0.date >= from + 30 })
    do {
      _ = try await engine.schedule.importICS(Data([0, 1, 2]), timeZone: "Asia/Tokyo", from: from)
      Issue.record("three bytes are no calendar")
    } catch KerbsideError.badCalendar {}
  }

  /// The widget has no engine; what it says is due must be what the engine says, at every hour of some weeks.
  @Test(arguments: ["taipei", "yokohama", "shibuya", "seoul-gwanak"])
  func theWidgetAgreesWithTheEngine(community: String) async throws {
    let zones = try await engine.rules.zones(community: community, language: "en")
    let known = try #require(try await engine.rules.communities(language: "en").first { $0.id == community })
    let zone = try #require(TimeZone(identifier: known.timeZone))
    var compared = 0
    for zoneID in [nil] + zones.prefix(4).map(Optional.some) {
      let place = Place(community: community, zones: zoneID.map { [$0.id] } ?? [])
      let from = Day("2026-10-12")!
      let pickups = try await engine.schedule.between(place: place, from: from - 2, to: from + 20)
      let file = TonightFile(place: "", timeZone: known.timeZone, pickups: pickups, done: [:], until: from + 20)
      for hour in 0..<(14 * 24) {
        let now = DayTime(from + hour / 24, Time(hour: hour % 24, minute: 30)!)
        let engineSays = try await engine.schedule.tonight(place: place, now: now)
        let widgetSays: [Pickup] =
          switch file.entries(from: now.instant(in: zone), days: 0)[0].content {
          case .out(let pickups, _): pickups
          default: []
          }
        #expect(widgetSays == engineSays, "\(community) \(zoneID?.id ?? "") at \(now)")
        compared += engineSays.count
      }
    }
    #expect(compared > 0)
  }
}
