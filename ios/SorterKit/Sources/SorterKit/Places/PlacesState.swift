import Foundation

/// What the places screens show: the households, and how far the choice of a new one is.
public struct PlacesState: Hashable, Sendable {
  public var households: [Named] = []
  public var current = 0
  public var communities: [Community] = []
  public var filter = ""
  public var choice: Choice?
  public var loaded = false
  public var error: KerbsideError?

  public init() {}

  /// Communities whose name has a word that begins as the filter does, accents aside.
  public var shown: [Community] {
    let wanted = plain(filter.trimmingCharacters(in: .whitespaces))
    if wanted.isEmpty { return communities }
    return communities.filter { community in
      community.name.split { " ,-".contains($0) }.contains { plain(String($0)).hasPrefix(wanted) }
    }
  }
}

/// The community that was chosen and the zones to choose from.
public struct Choice: Hashable, Sendable {
  public var community: Community
  public var zones: [Zone]
  /// The household whose zones are changed; `nil` for a new one.
  public var household: Int?
  public var chosen: Set<String> = []
  public var postcode = ""
  public var street = ""
  public var number = ""
  /// Zones that a postcode or address led to.
  public var found: [String] = []
  /// Whether it led nowhere.
  public var missed = false

  static let suggestions = 5

  public var hasPostcodes: Bool { zones.contains { !$0.postcodes.isEmpty } }
  public var hasStreets: Bool { zones.contains { !$0.streets.isEmpty } }

  /// Zones by what they are drawn for: of each group a household lies in one.
  public var groups: [[Zone]] {
    var groups: [[Zone]] = []
    for zone in zones {
      if let same = groups.firstIndex(where: { $0[0].isRival(of: zone) }) {
        groups[same].append(zone)
      } else {
        groups.append([zone])
      }
    }
    return groups
  }

  /// What the zones are called that a postcode or address led to.
  public var foundNames: [String] {
    zones.filter { found.contains($0.id) }.map(\.name)
  }

  public var chosenInOrder: [String] {
    zones.map(\.id).filter(chosen.contains)
  }

  /// The number of a house, without its letter.
  public var houseNumber: Int? {
    Int(number.trimmingCharacters(in: .whitespaces).prefix(while: \.isNumber))
  }

  /// Streets that begin as what was typed does.
  public var streets: [String] {
    let typed = plain(street.trimmingCharacters(in: .whitespaces))
    guard typed.count >= 2 else { return [] }
    let all = Set(zones.flatMap(\.streets)).sorted()
    return Array(all.filter { plain($0).hasPrefix(typed) && plain($0) != typed }.prefix(Choice.suggestions))
  }

  var typed: [String] { [postcode, street, number] }

  mutating func type(_ change: (inout Choice) -> Void) {
    change(&self)
    (found, missed) = ([], false)
  }

  /// Chooses a zone instead of the others that are drawn for the same; or takes it back.
  mutating func toggle(_ zone: Zone) {
    if chosen.remove(zone.id) != nil { return }
    choose([zone])
  }

  mutating func found(_ ids: [String]) {
    found = ids
    missed = ids.isEmpty
    choose(zones.filter { ids.contains($0.id) })
  }

  private mutating func choose(_ meant: [Zone]) {
    let rivals = zones.filter { zone in meant.contains { $0.isRival(of: zone) } }
    chosen.subtract(rivals.map(\.id))
    chosen.formUnion(meant.map(\.id))
  }
}

extension Zone {
  /// Whether both are drawn for the same streams.
  func isRival(of other: Zone) -> Bool { Set(streams) == Set(other.streams) }
}

/// Without case and accents.
private func plain(_ text: String) -> String {
  text.folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
}
