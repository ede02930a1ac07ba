import SorterEngine
import SorterKit
import SwiftUI

/// The app: opens the engine, then shows the screens.
@main
struct KerbsideApp: App {
  @UIApplicationDelegateAdaptor(AppDelegate.self) private var delegate
  @Environment(\.scenePhase) private var phase

  var body: some Scene {
    WindowGroup {
      switch delegate.start {
      case .success(let app): RootView(app: app, camera: delegate.camera, navigator: app.navigator)
      case .failure(let error): ErrorNote(error: error)
      }
    }
    .onChange(of: phase) { _, phase in
      guard case .success(let app) = delegate.start else { return }
      switch phase {
      case .active: app.becomeActive()
      case .background: app.enterBackground()
      default: break
      }
    }
  }
}

/// Puts the parts together once, and hears from the system what scenes do not.
@MainActor
final class AppDelegate: NSObject, UIApplicationDelegate {
  let camera = Camera()
  private let notifications = Notifications()

  /// The app, or why the engine did not open.
  private(set) lazy var start: Result<AppModel, KerbsideError> = {
    do {
      let language = Locale.preferredLanguages.first ?? words.language
      let engine = try KerbsideEngine(folders: Storage.folders)
      let app = AppModel(
        engine: engine, folder: Storage.own, shared: Storage.shared, camera: camera, phone: Device(notifications),
        wording: wording, language: language, firstWeekday: Calendar.current.firstWeekday)
      camera.onEvent = { [weak app] event in app?.camera.handle(event) }
      return .success(app)
    } catch {
      return .failure(KerbsideError(error) ?? .internal(""))
    }
  }()

  func application(
    _ application: UIApplication, didFinishLaunchingWithOptions options: [UIApplication.LaunchOptionsKey: Any]?
  ) -> Bool {
    if case .success(let app) = start { notifications.answer(for: app) }
    return true
  }

  func applicationDidReceiveMemoryWarning(_ application: UIApplication) {
    if case .success(let app) = start { app.memoryWarning() }
  }
}
