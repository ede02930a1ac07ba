import Foundation
import SorterKit
import UserNotifications

/// Reminders in the hands of the system, and what a person answers to them.
@MainActor
final class Notifications: NSObject {
  private let center = UNUserNotificationCenter.current()
  private var app: AppModel?

  private static let category = "collection"
  private static let putOut = "put-out"
  private static let later = "later"

  /// From now on answers go to `app`.
  func answer(for app: AppModel) {
    self.app = app
    center.delegate = self
    let actions = [
      UNNotificationAction(identifier: Notifications.putOut, title: words(.done)),
      UNNotificationAction(identifier: Notifications.later, title: words(.inAnHour)),
    ]
    center.setNotificationCategories([
      UNNotificationCategory(identifier: Notifications.category, actions: actions, intentIdentifiers: [])
    ])
  }

  func isAllowed(asking: Bool) async -> Bool {
    switch await center.notificationSettings().authorizationStatus {
    case .notDetermined: asking ? (try? await center.requestAuthorization(options: [.alert, .sound])) ?? false : true
    case .denied: false
    default: true
    }
  }

  func replace(with notices: [PlannedNotice]) async {
    center.removeAllPendingNotificationRequests()
    for notice in notices { try? await center.add(request(notice)) }
  }

  private func request(_ notice: PlannedNotice) -> UNNotificationRequest {
    let content = UNMutableNotificationContent()
    content.title = notice.title
    content.body = notice.body
    content.sound = .default
    if let subject = notice.subject {
      content.categoryIdentifier = Notifications.category
      content.userInfo = subject.userInfo
    }
    // An instant, not a wall-clock time: the community's clocks were asked when it was planned.
    let wait = max(1, notice.at.timeIntervalSinceNow)
    let trigger = UNTimeIntervalNotificationTrigger(timeInterval: wait, repeats: false)
    return UNNotificationRequest(identifier: notice.id, content: content, trigger: trigger)
  }

  private func answered(_ action: String, _ subject: NoticeSubject) async {
    switch action {
    case Notifications.putOut: await app?.putOut(subject)
    case Notifications.later: await app?.later(subject)
    default: app?.navigator.go(.schedule)
    }
  }
}

extension Notifications: UNUserNotificationCenterDelegate {
  nonisolated func userNotificationCenter(
    _ center: UNUserNotificationCenter, didReceive response: UNNotificationResponse
  ) async {
    let info = response.notification.request.content.userInfo as? [String: String] ?? [:]
    guard let subject = NoticeSubject(userInfo: info) else { return }
    await answered(response.actionIdentifier, subject)
  }

  nonisolated func userNotificationCenter(
    _ center: UNUserNotificationCenter, willPresent notification: UNNotification
  ) async -> UNNotificationPresentationOptions {
    [.banner, .sound]
  }
}
