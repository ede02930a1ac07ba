import Foundation
import Testing

@testable import SorterKit

@Suite struct DayTests {
  @Test(arguments: ["2026-03-02", "2024-02-29", "1969-12-31", "0001-01-01", "2100-12-31"])
  func aDayIsReadAsItIsWritten(text: String) {
    #expect(Day(text)?.description == text)
  }

  @Test(arguments: ["2026-02-29", "2026-13-01", "2026-00-10", "26-03-02", "2026-3-2", "2026-03-02T00:00", "", "a-b-c"])
  func whatIsNoDayIsRefused(text: String) {
    #expect(Day(text) == nil)
  }

  @Test func daysAreCountedAcrossMonthsAndYears() {
    #expect(day("2026-12-31") + 1 == day("2027-01-01"))
    #expect(day("2024-03-01") - 1 == day("2024-02-29"))
    #expect(day("2026-01-31").adding(months: 1) == day("2026-02-28"))
    #expect(day("2026-01-15").adding(months: -1) == day("2025-12-15"))
    #expect(day("2026-03-02").weekday == 2)
    #expect(day("1970-01-01").number == 0)
    #expect(day("2026-03-17").startOfMonth == day("2026-03-01"))
  }

  @Test func aWallClockTimeIsAnInstantOfItsZone() {
    let zone = TimeZone(identifier: "Europe/Zurich")!
    let summer = day("2026-07-01").at(Time("19:00")!, in: zone)
    #expect(summer == ISO8601DateFormatter().date(from: "2026-07-01T17:00:00Z"))
    let winter = day("2026-12-01").at(Time("19:00")!, in: zone)
    #expect(winter == ISO8601DateFormatter().date(from: "2026-12-01T18:00:00Z"))
    #expect(DayTime(summer, in: zone) == DayTime("2026-07-01T19:00:00"))
    #expect(DayTime(summer, in: TimeZone(identifier: "Pacific/Auckland")!) == DayTime("2026-07-02T05:00:00"))
  }

  @Test func aTimeThatTheClocksSkipIsTheFirstAfterTheGap() {
    let zone = TimeZone(identifier: "Europe/Zurich")!
    let skipped = day("2026-03-29").at(Time("02:30")!, in: zone)
    #expect(DayTime(skipped, in: zone).day == day("2026-03-29"))
    #expect(DayTime(skipped, in: zone).time >= Time("03:00")!)
  }

  @Test(arguments: ["24:00", "12:60", "12", "", "-1:00", "a:b"])
  func whatIsNoTimeIsRefused(text: String) {
    #expect(Time(text) == nil)
  }

  @Test func timesAndDaysTravelAsText() throws {
    struct All: Codable, Equatable {
      var day: Day
      var time: Time
      var both: DayTime
    }
    let all = All(day: day("2026-03-02"), time: Time("06:05:00")!, both: DayTime("2026-03-02T06:05:00")!)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let json = try encoder.encode(all)
    #expect(
      String(decoding: json, as: UTF8.self) == #"{"both":"2026-03-02T06:05:00","day":"2026-03-02","time":"06:05"}"#)
    #expect(try JSONDecoder().decode(All.self, from: json) == all)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([Day].self, from: Data(#"["tomorrow"]"#.utf8)) }
  }
}
