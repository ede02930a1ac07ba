import SorterKit
import WidgetKit
import os

/// The phone, as the app's logic asks for it.
@MainActor
final class Device: Phone {
  private let notifications: Notifications

  init(_ notifications: Notifications) {
    self.notifications = notifications
  }

  /// What this process may still take before the system ends it.
  var freeMemory: Int64? { Int64(os_proc_available_memory()) }

  func mayNotify(asking: Bool) async -> Bool { await notifications.isAllowed(asking: asking) }

  func show(_ notices: [PlannedNotice]) async { await notifications.replace(with: notices) }

  func reloadWidgets() { WidgetCenter.shared.reloadAllTimelines() }
}
