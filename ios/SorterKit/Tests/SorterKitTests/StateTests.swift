import Foundation
import Testing

@testable import SorterKit

@MainActor @Suite struct StateTests {
  private func file() -> URL {
    FileManager.default.temporaryDirectory.appendingPathComponent("kerbside-\(UUID())/settings.json")
  }

  @Test func everySettingSurvivesARestart() {
    let url = file()
    let store = SettingsStore(file: url)
    store.update { settings in
      settings.add(community: "zurich", zones: ["north"])
      settings.pack = "big"
      settings.haptics = false
      settings.change(household: 1) { household in
        household.reminders = ReminderTimes(eveningBefore: Time("19:30"), bringBack: Time("18:00"))
        household.log.set(day("2026-03-02"), "paper", done: true)
        household.log.snooze(day("2026-03-03"), until: Date(timeIntervalSince1970: 1_772_000_000))
        household.imported = [ImportedDay(date: day("2026-03-04"), title: "Glass", streams: ["glass"])]
      }
    }
    #expect(SettingsStore(file: url).settings == store.settings)
  }

  @Test func anOlderAppReadsWhatANewerOneWrote() throws {
    let json = #"{"households":[{"id":3,"community":"zurich","colour":"red"}],"current":3,"later":{"a":1}}"#
    let settings = try Settings(json: Data(json.utf8))
    #expect(settings.household?.community == "zurich")
    #expect(settings.pack == PackInfo.bundled)
    #expect(settings.haptics)
  }

  @Test func unreadableSettingsAreKeptAside() throws {
    let url = file()
    try SmallFile(url: url).write(Data("{broken".utf8))
    let store = SettingsStore(file: url)
    #expect(store.settings == Settings())
    store.update { $0.add(community: "plain", zones: []) }
    #expect(try Data(contentsOf: url.appendingPathExtension("unreadable")) == Data("{broken".utf8))
  }

  @Test func householdsComeAndGo() {
    var settings = Settings()
    settings.add(community: "a", zones: [])
    settings.add(community: "b", zones: [])
    #expect(settings.household?.community == "b")
    settings.remove(household: 2)
    #expect(settings.household?.community == "a")
    settings.add(community: "c", zones: [])
    #expect(settings.households.map(\.id) == [1, 2])
    settings.change(household: 99) { $0.community = "x" }
    #expect(settings.households.map(\.community) == ["a", "c"])
    settings.addZone("z")
    settings.addZone("y")
    settings.addZone("z")
    #expect(settings.household?.zones == ["y", "z"])
  }

  @Test func whatDidNotChangeTellsNobody() {
    let store = SettingsStore(file: file())
    var told = 0
    store.onChange { told += 1 }
    store.update { $0.haptics = false }
    store.update { $0.haptics = false }
    #expect(told == 1)
  }

  @Test func theLogKnowsWhatIsOutAndForgetsWhatIsOver() {
    var log = ReminderLog()
    log.set(day("2026-03-02"), "paper", done: true)
    log.set(day("2026-03-02"), "glass", done: true)
    log.set(day("2026-03-03"), "paper", done: true)
    #expect(log.isDone(day("2026-03-02"), "paper"))
    #expect(!log.isDone(day("2026-03-03"), "glass"))
    log.set(day("2026-03-03"), "paper", done: false)
    #expect(log.done[day("2026-03-03")] == nil)
    log.snooze(day("2026-03-02"), until: .distantFuture)
    log.forget(before: day("2026-03-03"))
    #expect(log == ReminderLog())
  }

  @Test func aSharedPhotoIsTakenOnce() throws {
    let inbox = Inbox(folder: file().deletingLastPathComponent())
    #expect(inbox.take() == nil)
    try inbox.put(Data("photo".utf8))
    #expect(inbox.take() == Data("photo".utf8))
    #expect(inbox.take() == nil)
  }

  @Test func screensSurviveTheEndOfTheProcess() {
    let navigator = Navigator()
    navigator.go(.search)
    navigator.go(.item("glass-bottle"))
    let later = Navigator()
    later.restore(navigator.saved)
    #expect(later.tab == .search)
    #expect(later[.search] == [.item("glass-bottle")])
    later.back()
    later.back()
    #expect(later[.search].isEmpty)
    later.restore("nonsense/places")
    #expect(later.tab == .search)
    later.restore("")
    #expect(later.tab == .search)
  }

  @Test func aScreenLiesOnTopOnlyOnce() {
    let navigator = Navigator()
    navigator.go(.more)
    navigator.go(.places)
    navigator.go(.addPlace)
    navigator.go(.places)
    #expect(navigator[.more] == [.addPlace, .places])
    navigator.go(.schedule)
    #expect(navigator[.schedule].isEmpty)
    navigator.tab = .more
    #expect(navigator[.more] == [.addPlace, .places])
    navigator.go(.more)
    #expect(navigator[.more].isEmpty)
    navigator.go(.result)
    #expect(navigator.tab == .sort)
    for route in Route.tabs + [.result, .item("x"), .places, .addPlace, .models, .about] {
      #expect(Route(route.text) == route)
    }
  }

  @Test func errorsAreSaidInTheAppsWordsAndCancellationsAreNone() {
    #expect(KerbsideError(CancellationError()) == nil)
    #expect(KerbsideError(KerbsideError.tooBig("x")) == .tooBig("x"))
    if case .storage = KerbsideError(CocoaError(.fileNoSuchFile)) {
    } else {
      Issue.record("a file error is one of storage")
    }
    if case .internal = KerbsideError(TimedOut(what: "x")) {} else { Issue.record("anything else is internal") }
  }
}
