import Foundation

/// A colour of the screen, channels `0...1`.
public struct Colour: Hashable, Sendable {
  public let red: Double
  public let green: Double
  public let blue: Double

  public static let black = Colour(0x000000)
  public static let white = Colour(0xFFFFFF)

  /// From `0xrrggbb`.
  public init(_ rgb: Int) {
    red = Double(rgb >> 16 & 0xFF) / 255
    green = Double(rgb >> 8 & 0xFF) / 255
    blue = Double(rgb & 0xFF) / 255
  }

  /// From `#rrggbb`, as rule packs write it.
  public init?(_ text: String) {
    guard text.count == 7, text.hasPrefix("#"), let rgb = Int(text.dropFirst(), radix: 16) else { return nil }
    self.init(rgb)
  }

  /// Relative luminance, 0 to 1 (WCAG 2.2).
  public var luminance: Double {
    func linear(_ share: Double) -> Double {
      share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// How well two colours can be told apart, 1 to 21 (WCAG 2.2).
  public func contrast(to other: Colour) -> Double {
    let (dark, light) = (min(luminance, other.luminance), max(luminance, other.luminance))
    return (light + 0.05) / (dark + 0.05)
  }

  /// Black or white, whichever is easier to read on this ground.
  public var ink: Colour {
    contrast(to: .black) >= contrast(to: .white) ? .black : .white
  }
}

/// How a class looks on the photo: a colour that colour-blind people tell apart, and a pattern that says the same without
/// colour. Colours are Okabe and Ito's eight and a grey (https://jfly.uni-koeln.de/color/).
extension WasteClass {
  public var colour: Colour {
    switch self {
    case .plastic: Colour(0x56B4E9)
    case .glass: Colour(0x009E73)
    case .paper: Colour(0x0072B2)
    case .carton: Colour(0xE69F00)
    case .metal: Colour(0xF0E442)
    case .foam: Colour(0xCC79A7)
    case .special: Colour(0xD55E00)
    case .food: Colour(0x999999)
    case .general: .black
    }
  }

  public var pattern: Pattern {
    switch self {
    case .plastic: Pattern(.rising, pitch: 16, thickness: 4)
    case .glass: Pattern(.dots, pitch: 14, thickness: 8)
    case .paper: Pattern(.level, pitch: 12, thickness: 3)
    case .carton: Pattern(.lattice, pitch: 20, thickness: 3)
    case .metal: Pattern(.falling, pitch: 16, thickness: 4)
    case .foam: Pattern(.rings, pitch: 24, thickness: 3)
    case .special: Pattern(.checks, pitch: 16, thickness: 8)
    case .food: Pattern(.upright, pitch: 12, thickness: 3)
    case .general: Pattern(.grid, pitch: 14, thickness: 2)
    }
  }
}
