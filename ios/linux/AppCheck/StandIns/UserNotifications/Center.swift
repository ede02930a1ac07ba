import Foundation

/// https://developer.apple.com/documentation/usernotifications
open class UNUserNotificationCenter: NSObject, @unchecked Sendable {
  open class func current() -> UNUserNotificationCenter { fatalError() }
  open weak var delegate: (any UNUserNotificationCenterDelegate)?
  open func requestAuthorization(options: UNAuthorizationOptions = []) async throws -> Bool { fatalError() }
  open func notificationSettings() async -> UNNotificationSettings { fatalError() }
  open func add(_ request: UNNotificationRequest) async throws { fatalError() }
  open func removeAllPendingNotificationRequests() { fatalError() }
  open func setNotificationCategories(_ categories: Set<UNNotificationCategory>) { fatalError() }
}

public struct UNAuthorizationOptions: OptionSet, Sendable {
  public let rawValue: UInt

  public init(rawValue: UInt) {
    self.rawValue = rawValue
  }

  public static let sound = UNAuthorizationOptions(rawValue: 2)
  public static let alert = UNAuthorizationOptions(rawValue: 4)
}

public enum UNAuthorizationStatus: Int, Sendable {
  case notDetermined, denied, authorized, provisional, ephemeral
}

open class UNNotificationSettings: NSObject, @unchecked Sendable {
  open var authorizationStatus: UNAuthorizationStatus { fatalError() }
}

open class UNNotificationSound: NSObject, @unchecked Sendable {
  open class var `default`: UNNotificationSound { fatalError() }
}

open class UNNotificationContent: NSObject, @unchecked Sendable {
  open var userInfo: [AnyHashable: Any] { fatalError() }
}

open class UNMutableNotificationContent: UNNotificationContent, @unchecked Sendable {
  public override init() {}
  open var title = ""
  open var body = ""
  open var categoryIdentifier = ""
  open var sound: UNNotificationSound?
  open override var userInfo: [AnyHashable: Any] {
    get { fatalError() }
    set { fatalError() }
  }
}

open class UNNotificationTrigger: NSObject, @unchecked Sendable {}

open class UNTimeIntervalNotificationTrigger: UNNotificationTrigger, @unchecked Sendable {
  public convenience init(timeInterval: TimeInterval, repeats: Bool) { fatalError() }
}

open class UNNotificationRequest: NSObject, @unchecked Sendable {
  public convenience init(identifier: String, content: UNNotificationContent, trigger: UNNotificationTrigger?) {
    fatalError()
  }
  open var content: UNNotificationContent { fatalError() }
}

open class UNNotification: NSObject, @unchecked Sendable {
  open var request: UNNotificationRequest { fatalError() }
}

open class UNNotificationResponse: NSObject, @unchecked Sendable {
  open var notification: UNNotification { fatalError() }
  open var actionIdentifier: String { fatalError() }
}

public struct UNNotificationActionOptions: OptionSet, Sendable {
  public let rawValue: UInt

  public init(rawValue: UInt) {
    self.rawValue = rawValue
  }
}

open class UNNotificationAction: NSObject, @unchecked Sendable {
  public convenience init(identifier: String, title: String, options: UNNotificationActionOptions = []) { fatalError() }
}

public struct UNNotificationCategoryOptions: OptionSet, Sendable {
  public let rawValue: UInt

  public init(rawValue: UInt) {
    self.rawValue = rawValue
  }
}

open class UNNotificationCategory: NSObject, @unchecked Sendable {
  public convenience init(
    identifier: String, actions: [UNNotificationAction], intentIdentifiers: [String],
    options: UNNotificationCategoryOptions = []
  ) {
    fatalError()
  }
}

public struct UNNotificationPresentationOptions: OptionSet, Sendable {
  public let rawValue: UInt

  public init(rawValue: UInt) {
    self.rawValue = rawValue
  }

  public static let sound = UNNotificationPresentationOptions(rawValue: 2)
  public static let banner = UNNotificationPresentationOptions(rawValue: 16)
}

public protocol UNUserNotificationCenterDelegate: NSObjectProtocol {
  func userNotificationCenter(
    _ center: UNUserNotificationCenter, didReceive response: UNNotificationResponse
  ) async
  func userNotificationCenter(
    _ center: UNUserNotificationCenter, willPresent notification: UNNotification
  ) async -> UNNotificationPresentationOptions
}
