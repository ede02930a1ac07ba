import Foundation

@testable import SorterKit

/// A value that several threads share.
final class Locked<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value

  init(_ value: Value) {
    self.value = value
  }

  func with<Result>(_ body: (inout Value) -> Result) -> Result {
    lock.withLock { body(&value) }
  }

  var now: Value { with { $0 } }
}

/// An engine whose answers a test decides.
struct FakeEngine: Kerbside {
  let book = FakeRules()
  let calendar = FakeSchedule()
  let store = FakePacks()
  let sorter = FakeSorter()
  let opened = Locked<[String]>([])
  let openError = Locked<KerbsideError?>(nil)

  var rules: any RuleBook { book }
  var schedule: any Schedule { calendar }
  var packs: any PackStore { store }

  func sorter(pack: String) async throws -> any Sorting {
    opened.with { $0.append(pack) }
    if let error = openError.now { throw error }
    return sorter
  }
}

/// Three communities: one without zones, one with zones, one with zones for different streams.
final class FakeRules: RuleBook {
  let zonesByPostcode = Locked<[String: [String]]>(["8001": ["north"]])
  let asked = Locked<[String]>([])

  static func community(_ id: String, _ name: String, question: String? = nil, zone: String = "Europe/Zurich")
    -> Community
  {
    Community(
      id: id, name: name, country: "ch", languages: ["de"], timeZone: zone, version: "1", from: day("2026-01-01"),
      until: day("2026-12-31"), licence: "MIT", attribution: [name], contact: Contact(name: "Office"),
      zoneQuestion: question)
  }

  func communities(language: String) async throws -> [Community] {
    [
      FakeRules.community("plain", "Plainville"),
      FakeRules.community("zurich", "Zürich", question: "Which district?"),
      FakeRules.community("far", "San Far", zone: "Pacific/Auckland"),
    ]
  }

  func zones(community: String, language: String) async throws -> [Zone] {
    guard community == "zurich" else { return [] }
    return [
      Zone(id: "north", name: "North", postcodes: ["8001"]),
      Zone(id: "south", name: "South", streets: ["Lindenweg", "Lindengasse", "Étoile", "Am Bach"]),
      Zone(id: "paper-1", name: "Paper 1", streams: ["paper"]),
      Zone(id: "paper-2", name: "Paper 2", streams: ["paper"]),
    ]
  }

  func zones(community: String, postcode: String) async throws -> [String] {
    zonesByPostcode.now[postcode] ?? []
  }

  func zones(community: String, street: String, number: Int) async throws -> [String] {
    street == "Lindenweg" && number == 7 ? ["south", "paper-2"] : []
  }

  func streams(place: Place) async throws -> [WasteStream] {
    [stream("paper"), stream("glass-green", icon: "glass"), stream("glass-brown", icon: "glass")]
  }

  /// Says for whom and when it was asked, so that tests see it.
  func instructions(seen: Seen, place: Place, date: Day) async throws -> [Instruction] {
    asked.with { $0.append(seen.json) }
    let zones = place.zones.joined(separator: "+")
    return [
      Instruction(
        language: place.language, label: seen.json, verdict: .kerb,
        sentence: "\(seen.json) in \(place.community)[\(zones)] on \(date)")
    ]
  }

  func answered(seen: Seen, fact: Fact) async throws -> Seen {
    switch fact {
    case .isItem(let id): Seen(json: id)
    case .dirty(let dirty): Seen(json: "\(dirty ? "dirty" : "clean") \(seen.json)")
    default: seen
    }
  }

  func item(id: String) async throws -> Seen { Seen(json: id) }

  func directory(place: Place) async throws -> [ItemSection] {
    let sections = ["#": ["3D glasses"], "A": ["apple", "Ärmel"], "B": ["bottle"]]
    return sections.sorted { $0.key < $1.key }.map { letter, names in
      ItemSection(letter: letter, items: names.map { ItemName(id: $0, name: $0) })
    }
  }

  func search(query: String, place: Place) async throws -> [ItemName] {
    query == "nothing" ? [] : [ItemName(id: "hit", name: "hit for \(query) in \(place.community)")]
  }
}

final class FakeSchedule: Schedule {
  let pickups = Locked<[Pickup]>([])
  let published = Locked<[Reminder]>([])
  let imported = Locked<ImportedCalendar>(ImportedCalendar(days: []))
  let asked = Locked<[String]>([])

  func between(place: Place, from: Day, to: Day) async throws -> [Pickup] {
    asked.with { $0.append("\(from)...\(to)") }
    return pickups.now.filter { (from...to).contains($0.date) }
  }

  func tonight(place: Place, now: DayTime) async throws -> [Pickup] {
    asked.with { $0.append("tonight \(now)") }
    return pickups.now.filter { $0.date == now.day + 1 }
  }

  func validUntil(place: Place) async throws -> Day? { day("2026-12-31") }

  func reminders(place: Place, times: ReminderTimes, log: ReminderLog, from: Day, to: Day) async throws -> [Reminder] {
    published.now
  }

  func exportICS(place: Place, from: Day, to: Day, eveningHour: Int) async throws -> String {
    "\(place.community) \(from) \(to) \(eveningHour)"
  }

  func importICS(_ bytes: Data, timeZone: String, from: Day) async throws -> ImportedCalendar {
    asked.with { $0.append("import \(timeZone) \(from)") }
    return imported.now
  }
}

final class FakePacks: PackStore {
  typealias Progress = AsyncThrowingStream<ImportProgress, any Error>

  let all = Locked<[PackInfo]>([pack(PackInfo.bundled), pack("big", peak: 4_000_000_000)])
  let running = Locked<Progress.Continuation?>(nil)
  let ended = Locked<[String]>([])

  func list() async throws -> [PackInfo] { all.now }

  func importArchive(_ archive: URL, forPack: String) -> Progress { progress("import for \(forPack)") }

  func verify(pack: String) -> Progress { progress("verify \(pack)") }

  func remove(pack: String) async throws {
    if pack == PackInfo.bundled { throw KerbsideError.badPack("stays") }
    all.with { $0.removeAll { $0.id == pack } }
  }

  func removeAdapter(_ adapter: String, ofPack pack: String) async throws {
    all.with { packs in
      for index in packs.indices { packs[index].adapters.removeAll { $0.id == adapter } }
    }
  }

  private func progress(_ what: String) -> Progress {
    Progress { continuation in
      continuation.onTermination = { [ended] reason in
        if case .cancelled = reason { ended.with { $0.append("\(what) cancelled") } }
      }
      running.with { $0 = continuation }
    }
  }
}

/// A sorter that says what a test lets it say.
final class FakeSorter: Sorting {
  typealias Events = AsyncThrowingStream<SortEvent, any Error>

  let pack = SorterKitTests.pack(PackInfo.bundled)
  let looks = Locked<[String]>([])
  let running = Locked<Events.Continuation?>(nil)
  let cancelled = Locked(0)
  let closed = Locked(0)
  let warnings = Locked(0)

  func analyze(_ photo: Photo, place: Place, now: DayTime) -> Events {
    events("analyze in \(place.community) at \(now)")
  }

  func lookAgain(_ photo: Photo, at point: Point, known: [Item], place: Place, now: DayTime) -> Events {
    events("again at \(point.x),\(point.y) knowing \(known.count)")
  }

  func memoryWarning() { warnings.with { $0 += 1 } }

  func close() { closed.with { $0 += 1 } }

  func send(_ events: SortEvent...) {
    for event in events { _ = running.now?.yield(event) }
  }

  func fail(_ error: any Error) { running.now?.finish(throwing: error) }

  private func events(_ what: String) -> Events {
    Events { continuation in
      continuation.onTermination = { [cancelled] reason in
        if case .cancelled = reason { cancelled.with { $0 += 1 } }
      }
      running.with { $0 = continuation }
      looks.with { $0.append(what) }
    }
  }
}

/// The app's parts around a fake engine, in an empty folder of their own.
@MainActor
final class World {
  let engine = FakeEngine()
  let folder: URL
  let settings: SettingsStore
  let here: Here
  let plan: Plan
  let sorters: Sorters
  let saved: SavedSort
  let clock: Locked<Date>
  let memory = Locked<Int64?>(nil)

  /// `now` is a wall clock's time in Zurich.
  init(community: String? = "plain", zones: [String] = [], now: String = "2026-03-02T18:00:00") {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("kerbside-\(UUID())")
    settings = SettingsStore(file: folder.appendingPathComponent("settings.json"))
    let clock = Locked(DayTime(now)!.instant(in: TimeZone(identifier: "Europe/Zurich")!))
    self.clock = clock
    here = Here(settings: settings, engine: engine, language: "en", clock: { clock.now })
    plan = Plan(here: here)
    saved = SavedSort(folder: folder)
    let memory = memory
    let wording = Wording(Words(language: "en", locale: Locale(identifier: "en_GB")))
    sorters = Sorters(here: here, wording: wording) { memory.now }
    if let community { settings.update { $0.add(community: community, zones: zones) } }
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  func result() -> ResultModel { ResultModel(here: here, sorters: sorters, saved: saved) }
  func schedule() -> ScheduleModel { ScheduleModel(here: here, plan: plan, firstWeekday: 2) }
}

struct TimedOut: Error {
  var what: String
}

/// Waits until something is so.
@MainActor
func until(_ what: String, _ condition: @MainActor () -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(120)
  while !condition() {
    if ContinuousClock.now > deadline { throw TimedOut(what: what) }
    try await Task.sleep(for: .milliseconds(2))
  }
}

func day(_ text: String) -> Day { Day(text)! }

func stream(_ id: String, icon: String? = nil) -> WasteStream {
  WasteStream(id: id, name: id.capitalized, icon: icon ?? id)
}

func pack(_ id: String, peak: Int64 = 100) -> PackInfo {
  PackInfo(
    id: id, name: id, version: "1", licence: "MIT", attribution: "Us", bytes: 50, peakBytes: peak,
    adapters: [AdapterInfo(id: "segment", bytes: 5, tasks: ["segment"], imported: id != PackInfo.bundled)])
}

func item(_ label: String, left: Double = 0, top: Double = 0, size: Double = 0.5) -> Item {
  let box = Box(left: left, top: top, right: left + size, bottom: top + size)
  return Item(label: label, box: box, outline: box.corners, confidence: .sure, seen: Seen(json: label))
}

func analysis(_ items: Item...) -> Analysis { Analysis(width: 100, height: 100, items: items) }
