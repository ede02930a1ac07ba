import Foundation

/// The app's words in one language. What a community wants is said in its rule pack's own words, not in these.
public struct Words: Sendable {
  /// `en` or `de`.
  public let language: String
  /// How dates, times and sizes are written.
  public let locale: Locale
  private let texts: [String: String]

  /// The words of the language a person prefers, as far as the app speaks it.
  public static let preferred = Words(
    language: Bundle.preferredLocalizations(from: languages, forPreferences: Locale.preferredLanguages).first
      ?? "en", locale: .current)

  static let languages = ["en", "de"]

  public init(language: String, locale: Locale) {
    self.language = language
    self.locale = locale
    texts = Catalog.texts(language: language)
  }

  /// A wording with its gaps filled; the key itself where there is none, so that it shows.
  public func callAsFunction(_ key: Key, _ gaps: String...) -> String {
    var text = texts[key.rawValue] ?? key.rawValue
    for (index, gap) in gaps.enumerated() {
      text = text.replacingOccurrences(of: "%\(index + 1)$@", with: gap)
    }
    return text
  }

  /// A wording for a count. English and German have one form for 1 and one for the rest.
  public func callAsFunction(_ one: Key, _ other: Key, count: Int) -> String {
    self(count == 1 ? one : other, "\(count)")
  }
}

/// The string catalog beside this file. Xcode compiles it into one table a language; elsewhere it is read as it stands.
enum Catalog {
  static func texts(language: String) -> [String: String] {
    #if canImport(Darwin)
      guard let folder = Bundle.module.path(forResource: language, ofType: "lproj"), let bundle = Bundle(path: folder)
      else { return [:] }
      let pairs = Key.allCases.map {
        ($0.rawValue, bundle.localizedString(forKey: $0.rawValue, value: nil, table: nil))
      }
      return Dictionary(uniqueKeysWithValues: pairs)
    #else
      guard let file = Bundle.module.url(forResource: "Localizable", withExtension: "xcstrings"),
        let catalog = try? JSONDecoder().decode(File.self, from: Data(contentsOf: file))
      else { return [:] }
      return catalog.strings.compactMapValues { $0.localizations[language]?.stringUnit.value }
    #endif
  }

  #if !canImport(Darwin)
    private struct File: Decodable {
      var strings: [String: Entry]
    }

    private struct Entry: Decodable {
      var localizations: [String: Localization]
    }

    private struct Localization: Decodable {
      var stringUnit: Unit
    }

    private struct Unit: Decodable {
      var value: String
    }
  #endif
}
