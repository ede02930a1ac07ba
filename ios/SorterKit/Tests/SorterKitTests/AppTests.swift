import Foundation
import Testing

@testable import SorterKit

@MainActor
private final class FakePhone: Phone {
  var freeMemory: Int64?
  var allowed = true
  var asked = 0
  var shown: [[PlannedNotice]] = []
  var reloads = 0

  func mayNotify(asking: Bool) async -> Bool {
    if asking { asked += 1 }
    return allowed
  }

  func show(_ notices: [PlannedNotice]) async { shown.append(notices) }

  func reloadWidgets() { reloads += 1 }
}

@MainActor
private final class NoCamera: CameraDevice {
  var permission = (allowed: true, mayAsk: false)

  func askPermission() async {}
  func openSettings() {}
  func open() {}
  func close() {}
  func take() {}
  func torch(on: Bool) {}
}

@MainActor @Suite struct AppTests {
  private let phone = FakePhone()
  private let engine = FakeEngine()
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kerbside-\(UUID())")
  private let photo = Data("a photo".utf8)

  private func app() -> AppModel {
    let now = DayTime("2026-03-02T18:00:00")!.instant(in: TimeZone(identifier: "Europe/Zurich")!)
    let app = AppModel(
      engine: engine, folder: folder, shared: folder.appendingPathComponent("shared"), camera: NoCamera(), phone: phone,
      wording: Wording(Words(language: "en", locale: Locale(identifier: "en_GB"))), language: "en", firstWeekday: 2,
      clock: { now })
    app.settings.update { settings in
      if settings.households.isEmpty { settings.add(community: "plain", zones: []) }
    }
    return app
  }

  private func importing(_ app: AppModel) {
    app.settings.update { settings in
      settings.change(household: 1) { $0.imported = [ImportedDay(date: day("2026-03-05"), title: "Glass")] }
    }
  }

  @Test func aPhotoThatIsTakenIsSorted() async throws {
    let app = app()
    app.camera.show()
    app.camera.handle(.opened(hasTorch: false))
    app.camera.handle(.shutter)
    app.camera.handle(.taken(photo))
    #expect(app.navigator.tab == .sort)
    #expect(app.navigator[.sort] == [.result])
    try await until("looking") { engine.sorter.looks.now.count == 1 }
    app.enterBackground()
    try await until("stopped") { engine.sorter.cancelled.now == 1 }
    app.becomeActive()
    try await until("again") { engine.sorter.looks.now.count == 2 }
  }

  @Test func aSharedPhotoIsSortedOnce() async throws {
    try Inbox(folder: folder.appendingPathComponent("shared")).put(photo)
    let app = app()
    app.becomeActive()
    #expect(app.result.state.photo == photo)
    #expect(app.navigator[.sort] == [.result])
    try await until("looking") { engine.sorter.looks.now.count == 1 }
    engine.sorter.send(.done(analysis(item("glass"))))
    try await until("done") { app.result.state.phase == .done }
    app.becomeActive()
    #expect(engine.sorter.looks.now.count == 1)
  }

  @Test func everyChangePlansTheRemindersAndWritesTheWidgetsFile() async throws {
    let app = app()
    importing(app)
    app.switchReminder(.eveningBefore, on: true)
    try await until("planned") { phone.shown.last?.map(\.id) == ["1 2026-03-05 eveningBefore"] }
    try await until("asked") { phone.asked == 1 }
    let shared = folder.appendingPathComponent("shared")
    try await until("written") { TonightFile.read(folder: shared)?.pickups.map(\.stream.name) == ["Glass"] }
    try await until("told") { phone.reloads > 0 }
    #expect(!app.isSilenced)

    let subject = try #require(phone.shown.last?.first?.subject)
    await app.later(subject)
    await app.putOut(subject)
    #expect(phone.shown.last == [])
    #expect(TonightFile.read(folder: shared)?.done["2026-03-05"] == ["imported:Glass"])
  }

  @Test func whoMayNotBeRemindedIsTold() async throws {
    phone.allowed = false
    let app = app()
    app.switchReminder(.morningOf, on: true)
    try await until("told") { app.isSilenced }
    app.switchReminder(.morningOf, on: false)
    try await until("no matter") { !app.isSilenced }
    #expect(phone.asked == 1)
  }

  @Test func aModelThatDoesNotFitIsRefusedWithItsSize() async throws {
    phone.freeMemory = 1_000_000_000
    let app = app()
    app.settings.update { $0.pack = "big" }
    app.sort(photo)
    let words = "This model needs 4 GB of memory; 1 GB is free."
    try await until("refused") { app.result.state.phase == .failed(.tooBig(words)) }
    #expect(engine.opened.now.isEmpty)
  }
}
