/// https://developer.apple.com/documentation/swiftui/text
public struct Text: Equatable, Sendable {
  public init<S: StringProtocol>(_ content: S) {}
  public func font(_ font: Font?) -> Text { self }
  public func fontWeight(_ weight: Font.Weight?) -> Text { self }
  public func foregroundStyle<S: ShapeStyle>(_ style: S) -> Text { self }
  public func strikethrough(_ isActive: Bool = true) -> Text { self }
}

extension Text: Primitive {}

public struct Font: Hashable, Sendable {
  public enum Weight: Hashable, Sendable {
    case regular, bold
  }

  public static let headline = Font()
  public static let subheadline = Font()
  public static let caption = Font()
  public static let caption2 = Font()
  public static let title2 = Font()

  public static func system(size: CGFloat, weight: Weight? = nil) -> Font { fatalError() }
}

public struct Image: Equatable, Sendable {
  public init(systemName: String) {}
  public init(uiImage: UIImage) {}
  public func resizable() -> Image { self }
}

extension Image: Primitive {}

public struct Label<Title: View, Icon: View>: Primitive {
  public init(@ViewBuilder title: () -> Title, @ViewBuilder icon: () -> Icon) {}
}

extension Label where Title == Text, Icon == Image {
  public init<S: StringProtocol>(_ title: S, systemImage name: String) { fatalError() }
}

public struct ButtonRole: Equatable, Sendable {
  public static let destructive = ButtonRole()
  public static let cancel = ButtonRole()
}

/// https://developer.apple.com/documentation/swiftui/button
public struct Button<Label: View>: Primitive {
  public init(action: @escaping @MainActor () -> Void, @ViewBuilder label: () -> Label) {}
}

extension Button where Label == Text {
  public init<S: StringProtocol>(_ title: S, action: @escaping @MainActor () -> Void) { fatalError() }
  public init<S: StringProtocol>(_ title: S, role: ButtonRole?, action: @escaping @MainActor () -> Void) {
    fatalError()
  }
}

extension Button where Label == SwiftUI.Label<Text, Image> {
  public init<S: StringProtocol>(_ title: S, systemImage: String, action: @escaping @MainActor () -> Void) {
    fatalError()
  }
  public init<S: StringProtocol>(
    _ title: S, systemImage: String, role: ButtonRole?, action: @escaping @MainActor () -> Void
  ) {
    fatalError()
  }
}

public struct Link<Label: View>: Primitive {
  public init(destination: URL, @ViewBuilder label: () -> Label) {}
}

extension Link where Label == Text {
  public init<S: StringProtocol>(_ title: S, destination: URL) { fatalError() }
}

public struct Toggle<Label: View>: Primitive {
  public init(isOn: Binding<Bool>, @ViewBuilder label: () -> Label) {}
}

extension Toggle where Label == Text {
  public init<S: StringProtocol>(_ title: S, isOn: Binding<Bool>) { fatalError() }
}

public struct TextField<Label: View>: Primitive {}

extension TextField where Label == Text {
  public init<S: StringProtocol>(_ title: S, text: Binding<String>) { fatalError() }
}

public struct Picker<Label: View, SelectionValue: Hashable, Content: View>: Primitive {}

extension Picker where Label == Text {
  public init<S: StringProtocol>(
    _ title: S, selection: Binding<SelectionValue>, @ViewBuilder content: () -> Content
  ) {
    fatalError()
  }
}

public struct DatePickerComponents: OptionSet, Sendable {
  public let rawValue: UInt

  public init(rawValue: UInt) {
    self.rawValue = rawValue
  }

  public static let hourAndMinute = DatePickerComponents(rawValue: 1)
}

public struct DatePicker<Label: View>: Primitive {}

extension DatePicker where Label == Text {
  public init<S: StringProtocol>(_ title: S, selection: Binding<Date>, displayedComponents: DatePickerComponents) {
    fatalError()
  }
}

public struct ProgressView<Label: View, Current: View>: Primitive {}

extension ProgressView where Label == EmptyView, Current == EmptyView {
  public init() { fatalError() }
}

extension ProgressView where Label == Text, Current == EmptyView {
  public init<S: StringProtocol>(_ title: S) { fatalError() }
  public init<S: StringProtocol, V: BinaryFloatingPoint>(_ title: S, value: V?, total: V = 1) { fatalError() }
}

public struct LabeledContent<Label: View, Content: View>: Primitive {}

extension LabeledContent where Label == Text, Content == Text {
  public init<S1: StringProtocol, S2: StringProtocol>(_ title: S1, value: S2) { fatalError() }
}

public struct ContentUnavailableView<Label: View, Description: View, Actions: View>: Primitive {
  public init(
    @ViewBuilder label: () -> Label, @ViewBuilder description: () -> Description = { EmptyView() },
    @ViewBuilder actions: () -> Actions = { EmptyView() }
  ) {}
}
