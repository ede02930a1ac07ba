/// Where a household is, and in which language it wants to be told. `zones` is empty while nobody has said.
public struct Place: Hashable, Sendable {
  public var community: String
  public var zones: [String]
  public var language: String

  public init(community: String, zones: [String] = [], language: String = "en") {
    (self.community, self.zones, self.language) = (community, zones, language)
  }
}

/// A community whose rules are on this phone.
public struct Community: Hashable, Sendable, Identifiable {
  public var id: String
  /// In the asked language, as far as the pack has it.
  public var name: String
  /// ISO 3166-1 alpha-2, lower case.
  public var country: String
  public var languages: [String]
  public var timeZone: String
  public var version: String
  public var from: Day
  /// Last day the rules speak for.
  public var until: Day
  public var licence: String
  public var attribution: [String]
  public var contact: Contact
  /// What to ask when an answer depends on the zone; `nil` where it never does.
  public var zoneQuestion: String?

  public init(
    id: String, name: String, country: String, languages: [String], timeZone: String,
    version: String, from: Day, until: Day, licence: String, attribution: [String],
    contact: Contact, zoneQuestion: String? = nil
  ) {
    self.id = id
    self.name = name
    self.country = country
    self.languages = languages
    self.timeZone = timeZone
    self.version = version
    self.from = from
    self.until = until
    self.licence = licence
    self.attribution = attribution
    self.contact = contact
    self.zoneQuestion = zoneQuestion
  }
}

/// A part of a community.
public struct Zone: Hashable, Sendable, Identifiable {
  public var id: String
  public var name: String
  public var parent: String?
  public var postcodes: [String]
  public var streets: [String]
  /// Kind of building it is limited to, where that decides.
  public var building: String?
  /// Streams it is drawn for; empty for all.
  public var streams: [String]
  /// What to ask a person who cannot say whether they live here.
  public var question: String?

  public init(
    id: String, name: String, parent: String? = nil, postcodes: [String] = [],
    streets: [String] = [], building: String? = nil, streams: [String] = [], question: String? = nil
  ) {
    self.id = id
    self.name = name
    self.parent = parent
    self.postcodes = postcodes
    self.streets = streets
    self.building = building
    self.streams = streams
    self.question = question
  }
}

/// An item of the rule pack, as a list shows it. `word` is the name or alias that matched, where it is not `name`.
public struct ItemName: Hashable, Sendable, Identifiable {
  public var id: String
  public var name: String
  public var word: String?

  public init(id: String, name: String, word: String? = nil) {
    (self.id, self.name, self.word) = (id, name, word)
  }
}

/// Items whose names begin alike. `letter` is `#` for what is no letter.
public struct ItemSection: Hashable, Sendable, Identifiable {
  public var letter: String
  public var items: [ItemName]

  public init(letter: String, items: [ItemName]) {
    (self.letter, self.items) = (letter, items)
  }

  public var id: String { letter }
}

/// What a community wants done with what. All of it is on the phone.
public protocol RuleBook: Sendable {
  /// All communities, by name; names in `language` where a pack has it.
  func communities(language: String) async throws -> [Community]

  /// The zones of a community, in the pack's order.
  func zones(community: String, language: String) async throws -> [Zone]

  /// Ids of the zones a postcode lies in.
  func zones(community: String, postcode: String) async throws -> [String]

  /// Ids of the zones a house lies in.
  func zones(community: String, street: String, number: Int) async throws -> [String]

  /// The kinds of waste that are kept apart at a place.
  func streams(place: Place) async throws -> [WasteStream]

  /// What is done with something that was seen: itself first, then its parts.
  func instructions(seen: Seen, place: Place, date: Day) async throws -> [Instruction]

  /// The same thing with what a person said about it. A zone leaves it as it is.
  func answered(seen: Seen, fact: Fact) async throws -> Seen

  /// Something of which only the item is known, as chosen from a list.
  func item(id: String) async throws -> Seen

  /// All items under the letters they begin with, in the language's order.
  func directory(place: Place) async throws -> [ItemSection]

  /// Items whose name or alias starts with, contains or resembles the query, best first.
  func search(query: String, place: Place) async throws -> [ItemName]
}
