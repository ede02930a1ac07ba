import Foundation
import Observation

/// What the app needs of the phone it runs on.
@MainActor
public protocol Phone: AnyObject {
  /// Bytes the system would still give this process; `nil` where it does not say.
  var freeMemory: Int64? { get }

  /// Whether notifications may be shown; asks the person first if `asking` and the system still would.
  func mayNotify(asking: Bool) async -> Bool

  /// Hands the system the notifications ahead, instead of those it has.
  func show(_ notices: [PlannedNotice]) async

  /// The widget's file was written anew.
  func reloadWidgets()
}

/// The whole app: its screens, and what happens when it comes and goes.
@MainActor @Observable
public final class AppModel {
  public let navigator = Navigator()
  public let settings: SettingsStore
  public let camera: CameraModel
  public let result: ResultModel
  public let schedule: ScheduleModel
  public let search: SearchModel
  public let places: PlacesModel
  public let models: ModelsModel
  public let about: AboutModel
  /// Somebody wanted to be reminded, and the system does not let us.
  public private(set) var isSilenced = false

  private let phone: any Phone
  private let planner: ReminderPlanner
  private let tonight: TonightWriter
  private let sorters: Sorters
  private let inbox: Inbox
  @ObservationIgnored private var refreshing: Task<Void, Never>?

  /// `folder` is the app's own; `shared` is one that the widget and the share extension know too.
  public init(
    engine: any Kerbside, folder: URL, shared: URL, camera device: any CameraDevice, phone: any Phone, wording: Wording,
    language: String, firstWeekday: Int, clock: @escaping @MainActor () -> Date = { Date() }
  ) {
    self.phone = phone
    settings = SettingsStore(file: folder.appendingPathComponent("settings.json"))
    let here = Here(settings: settings, engine: engine, language: language, clock: clock)
    let plan = Plan(here: here)
    sorters = Sorters(here: here, wording: wording) { phone.freeMemory }
    planner = ReminderPlanner(here: here, plan: plan, wording: wording)
    tonight = TonightWriter(here: here, plan: plan, folder: shared)
    inbox = Inbox(folder: shared)
    let result = ResultModel(here: here, sorters: sorters, saved: SavedSort(folder: folder))
    self.result = result
    schedule = ScheduleModel(here: here, plan: plan, firstWeekday: firstWeekday)
    search = SearchModel(here: here)
    places = PlacesModel(here: here)
    models = ModelsModel(here: here, sorters: sorters)
    about = AboutModel(here: here)
    let navigator = navigator
    camera = CameraModel(device: device) { photo in
      navigator.go(.result)
      result.sort(photo)
    }
    settings.onChange { [weak self] in self?.refresh() }
  }

  /// A photo from elsewhere: chosen, or shared into the app.
  public func sort(_ photo: Data) {
    navigator.go(.result)
    result.sort(photo)
  }

  /// The app came to the front.
  public func becomeActive() {
    if let photo = inbox.take() {
      sort(photo)
    } else {
      result.enterForeground()
      result.restore()
    }
    if schedule.state.loaded { schedule.load() }
    refresh()
  }

  public func enterBackground() {
    result.enterBackground()
  }

  public func memoryWarning() {
    sorters.memoryWarning()
  }

  // MARK: Reminders

  /// Switches a reminder; the first one asks whether the app may remind at all.
  public func switchReminder(_ kind: ReminderKind, on: Bool) {
    schedule.switchReminder(kind, on: on)
    if on { Task { isSilenced = await !phone.mayNotify(asking: true) } }
  }

  /// A button of a notification: "It is out".
  public func putOut(_ subject: NoticeSubject) async {
    planner.putOut(subject)
    await refreshing?.value
  }

  /// A button of a notification: "In an hour".
  public func later(_ subject: NoticeSubject) async {
    planner.later(subject)
    await refreshing?.value
  }

  /// Plans the reminders anew and tells the widget.
  private func refresh() {
    refreshing?.cancel()
    refreshing = Task {
      // A plan that cannot be read has no reminders and no widget; the schedule's screen says why.
      if let notices = try? await planner.notices(), !Task.isCancelled {
        await phone.show(notices)
        let wantsReminders = settings.settings.households.contains { $0.reminders.isOn }
        isSilenced = wantsReminders ? await !phone.mayNotify(asking: false) : false
      }
      if !Task.isCancelled, (try? await tonight.write()) != nil { phone.reloadWidgets() }
    }
  }
}
