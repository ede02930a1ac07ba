/// https://developer.apple.com/documentation/uniformtypeidentifiers/uttype
public struct UTType: Hashable, Sendable {
  public var identifier: String { fatalError() }

  public static var image: UTType { fatalError() }
  public static var zip: UTType { fatalError() }
  public static var calendarEvent: UTType { fatalError() }
}
