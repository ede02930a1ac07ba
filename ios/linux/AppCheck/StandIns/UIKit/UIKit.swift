@_exported import UniformTypeIdentifiers

/// https://developer.apple.com/documentation/uikit
@MainActor
open class UIResponder: NSObject {
  public nonisolated override init() {}
}

open class UIView: UIResponder {
  open class var layerClass: AnyClass { fatalError() }
  public final var layer: CALayer { fatalError() }
  open var backgroundColor: UIColor? {
    get { fatalError() }
    set { fatalError() }
  }
  open var translatesAutoresizingMaskIntoConstraints: Bool {
    get { fatalError() }
    set { fatalError() }
  }
  open var layoutMarginsGuide: UILayoutGuide { fatalError() }
  open var centerYAnchor: NSLayoutYAxisAnchor { fatalError() }
  open var leadingAnchor: NSLayoutXAxisAnchor { fatalError() }
  open var trailingAnchor: NSLayoutXAxisAnchor { fatalError() }
  open func layoutSubviews() { fatalError() }
  open func addSubview(_ view: UIView) { fatalError() }
}

open class CALayer: NSObject {}

open class UILabel: UIView {
  open var text: String? {
    get { fatalError() }
    set { fatalError() }
  }
  open var font: UIFont! {
    get { fatalError() }
    set { fatalError() }
  }
  open var numberOfLines: Int {
    get { fatalError() }
    set { fatalError() }
  }
  open var textAlignment: NSTextAlignment {
    get { fatalError() }
    set { fatalError() }
  }
  open var adjustsFontForContentSizeCategory: Bool {
    get { fatalError() }
    set { fatalError() }
  }
}

public enum NSTextAlignment: Int, Sendable {
  case left, center, right, justified, natural
}

open class UIFont: NSObject, @unchecked Sendable {
  public struct TextStyle: Hashable, Sendable {
    public static var headline: TextStyle { fatalError() }
  }

  open class func preferredFont(forTextStyle style: TextStyle) -> UIFont { fatalError() }
}

open class UIColor: NSObject, @unchecked Sendable {
  open class var systemBackground: UIColor { fatalError() }
  open class var secondarySystemGroupedBackground: UIColor { fatalError() }
}

open class UIImage: NSObject, @unchecked Sendable {
  public init?(data: Data) { fatalError() }
  open var size: CGSize { fatalError() }
  public func jpegData(compressionQuality: CGFloat) -> Data? { fatalError() }
}

@MainActor
open class UILayoutGuide: NSObject {
  open var leadingAnchor: NSLayoutXAxisAnchor { fatalError() }
  open var trailingAnchor: NSLayoutXAxisAnchor { fatalError() }
}

@MainActor
open class NSLayoutAnchor<AnchorType: AnyObject>: NSObject {
  open func constraint(equalTo anchor: NSLayoutAnchor<AnchorType>) -> NSLayoutConstraint { fatalError() }
}

open class NSLayoutXAxisAnchor: NSLayoutAnchor<NSLayoutXAxisAnchor> {}
open class NSLayoutYAxisAnchor: NSLayoutAnchor<NSLayoutYAxisAnchor> {}

@MainActor
open class NSLayoutConstraint: NSObject {
  open class func activate(_ constraints: [NSLayoutConstraint]) { fatalError() }
}

open class UIViewController: UIResponder {
  open var view: UIView! {
    get { fatalError() }
    set { fatalError() }
  }
  open var extensionContext: NSExtensionContext? { fatalError() }
  open func viewDidLoad() { fatalError() }
}

open class UIApplication: UIResponder {
  public struct LaunchOptionsKey: Hashable, Sendable {}

  public struct OpenExternalURLOptionsKey: Hashable, Sendable {}

  open class var shared: UIApplication { fatalError() }
  public class nonisolated var openSettingsURLString: String { fatalError() }
  public class nonisolated var openNotificationSettingsURLString: String { fatalError() }

  open func open(
    _ url: URL, options: [OpenExternalURLOptionsKey: Any] = [:], completionHandler: (@MainActor (Bool) -> Void)? = nil
  ) {
    fatalError()
  }
}

@MainActor
public protocol UIApplicationDelegate: NSObjectProtocol {
  func application(
    _ application: UIApplication,
    didFinishLaunchingWithOptions launchOptions: [UIApplication.LaunchOptionsKey: Any]?
  ) -> Bool
  func applicationDidReceiveMemoryWarning(_ application: UIApplication)
}

public struct UIAccessibility {
  public struct Notification: Hashable, Sendable {
    public static var announcement: Notification { fatalError() }
  }

  @MainActor
  public static func post(notification: Notification, argument: Any?) { fatalError() }
}

public struct UITextContentType: Hashable, Sendable {
  public static var postalCode: UITextContentType { fatalError() }
  public static var streetAddressLine1: UITextContentType { fatalError() }
}

public enum UIKeyboardType: Int, Sendable {
  case `default`, asciiCapable, numbersAndPunctuation
}
