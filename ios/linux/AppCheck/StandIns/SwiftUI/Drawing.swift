/// https://developer.apple.com/documentation/swiftui/shapestyle
public protocol ShapeStyle: Sendable {}

// swift-format-ignore: DontRepeatTypeInStaticProperties
public struct Color: Hashable, ShapeStyle, Sendable {
  public init(red: Double, green: Double, blue: Double, opacity: Double = 1) {}
  public init(uiColor: UIColor) {}
  public func opacity(_ opacity: Double) -> Color { self }

  public static var clear: Color { fatalError() }
  public static var black: Color { fatalError() }
  public static var white: Color { fatalError() }
  public static var orange: Color { fatalError() }
  public static var green: Color { fatalError() }
  public static var secondary: Color { fatalError() }
  public static var accentColor: Color { fatalError() }
}

extension Color: Primitive {}

extension ShapeStyle where Self == Color {
  public static var black: Color { fatalError() }
  public static var white: Color { fatalError() }
}

public struct HierarchicalShapeStyle: ShapeStyle {}

extension ShapeStyle where Self == HierarchicalShapeStyle {
  public static var secondary: HierarchicalShapeStyle { fatalError() }
}

public struct BackgroundStyle: ShapeStyle {}

extension ShapeStyle where Self == BackgroundStyle {
  public static var background: BackgroundStyle { fatalError() }
}

/// https://developer.apple.com/documentation/swiftui/shape
public protocol Shape: View, Sendable where Body == Never {}

extension Shape {
  public var body: Never { fatalError() }
  public func fill<S: ShapeStyle>(_ content: S) -> some View { self }
}

public protocol InsettableShape: Shape {}

extension InsettableShape {
  public func strokeBorder<S: ShapeStyle>(_ content: S, lineWidth: CGFloat = 1, antialiased: Bool = true) -> some View {
    self
  }
}

public struct Rectangle: Sendable {
  public init() {}
}

public struct Circle: Sendable {
  public init() {}
}

public struct RoundedRectangle: Sendable {
  public init(cornerRadius: CGFloat) {}
}

extension Rectangle: InsettableShape {}
extension Circle: InsettableShape {}
extension RoundedRectangle: InsettableShape {}

public struct Path: Sendable {
  public init() {}
  public init(_ rect: CGRect) {}
  public init(ellipseIn rect: CGRect) {}

  public var boundingRect: CGRect { fatalError() }
  public mutating func move(to end: CGPoint) { fatalError() }
  public mutating func addLine(to end: CGPoint) { fatalError() }
  public mutating func addLines(_ lines: [CGPoint]) { fatalError() }
  public mutating func addRect(_ rect: CGRect) { fatalError() }
  public mutating func addEllipse(in rect: CGRect) { fatalError() }
  public mutating func closeSubpath() { fatalError() }
}

extension Path: Shape {}

public struct FillStyle: Equatable, Sendable {
  public init(eoFill: Bool = false, antialiased: Bool = true) {}
}

public enum CGLineJoin: Int32, Sendable {
  case miter, round, bevel
}

public struct StrokeStyle: Equatable, Sendable {
  public init(lineWidth: CGFloat = 1, lineJoin: CGLineJoin = .miter) {}
}

/// https://developer.apple.com/documentation/swiftui/graphicscontext
public struct GraphicsContext {
  public struct Shading: Sendable {
    public static func color(_ color: Color) -> Shading { fatalError() }
  }

  public struct ClipOptions: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
      self.rawValue = rawValue
    }
  }

  public var opacity: Double

  public func fill(_ path: Path, with shading: Shading, style: FillStyle = FillStyle()) { fatalError() }
  public func stroke(_ path: Path, with shading: Shading, style: StrokeStyle) { fatalError() }
  public func stroke(_ path: Path, with shading: Shading, lineWidth: CGFloat = 1) { fatalError() }
  public mutating func clip(to path: Path, style: FillStyle = FillStyle(), options: ClipOptions = ClipOptions()) {
    fatalError()
  }
  public func draw(_ text: Text, at point: CGPoint, anchor: UnitPoint = .center) { fatalError() }
}

public struct Canvas: Primitive {
  public init(renderer: @escaping (inout GraphicsContext, CGSize) -> Void) {}
}

public struct UnitPoint: Hashable, Sendable {
  public static let center = UnitPoint()
  public static let top = UnitPoint()
}
