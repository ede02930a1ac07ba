import Foundation

/// Something of a contact that another app can open.
public struct ContactLink: Hashable, Sendable {
  public var text: String
  public var symbol: String
  public var url: URL
}

extension Contact {
  /// Telephone, mail and page, as far as they can be opened.
  public var links: [ContactLink] {
    let dialled = phone.map { $0.filter { !$0.isWhitespace } }
    let all = [
      ContactLink(phone, "phone", dialled.map { "tel:\($0)" }),
      ContactLink(email, "envelope", email.map { "mailto:\($0)" }),
      ContactLink(url.map { $0.replacingOccurrences(of: "https://", with: "") }, "link", url),
    ]
    return all.compactMap { $0 }
  }
}

extension ContactLink {
  fileprivate init?(_ text: String?, _ symbol: String, _ url: String?) {
    guard let text, let url = url.flatMap({ URL(string: $0) }), url.scheme != nil else { return nil }
    self.init(text: text, symbol: symbol, url: url)
  }
}

extension Position {
  /// The place in the map app.
  public var mapURL: URL? {
    let at = [latitude, longitude].map { String(format: "%.6f", $0) }.joined(separator: ",")
    return URL(string: "https://maps.apple.com/?ll=\(at)&q=\(at)")
  }
}
