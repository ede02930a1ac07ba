import Foundation

/// What is to be done, in one word.
public enum Verdict: String, Sendable, CaseIterable {
  /// Put it out, or into a bin on the premises.
  case kerb
  /// Hand it to the crew of the truck.
  case handOver
  /// Bring it to a public collection point.
  case dropOff
  /// Bring it back to a shop.
  case takeBack
  /// Bring it back for money.
  case deposit
  /// Have it fetched by appointment.
  case appointment
  /// Hand it to people trained for it.
  case hazardous
  /// The community does not take it.
  case notAccepted
  /// A question has to be answered first.
  case ask
  /// Not known here.
  case unknown
}

/// Why it is not known, when it is not.
public enum Why: String, Sendable, CaseIterable {
  case outOfDate, unknownZone, notRecognised, noRule, unknownHazard
}

/// The answer for one thing or part, in one language, ready to show.
public struct Instruction: Hashable, Sendable {
  /// Language of all texts.
  public var language: String
  /// What to call the thing.
  public var label: String
  public var verdict: Verdict
  /// The whole instruction as one short text.
  public var sentence: String
  /// Item of the rule pack, once known.
  public var itemID: String?
  /// For a part: the name of what it has to be taken off.
  public var partOf: String?
  public var why: Why?
  public var stream: WasteStream?
  /// How the stream is collected; the first is the one to recommend.
  public var ways: [Way] = []
  public var next: NextCollection?
  /// Names of the streams it must never get into.
  public var neverIn: [String] = []
  public var steps: [String] = []
  public var note: String?
  public var question: Question?
  public var contact: Contact?
  public var source: Source?
  /// First day on which the answer may be another one.
  public var changesOn: Day?

  public init(language: String, label: String, verdict: Verdict, sentence: String) {
    self.language = language
    self.label = label
    self.verdict = verdict
    self.sentence = sentence
  }
}

/// A kind of waste that is kept apart. `icon` names a pictogram.
public struct WasteStream: Hashable, Sendable, Codable {
  public var id: String
  public var name: String
  public var icon: String

  public init(id: String, name: String, icon: String) {
    (self.id, self.name, self.icon) = (id, name, icon)
  }
}

/// One way a stream is collected. `verdict` is one of the first seven. `colour` is `#rrggbb`.
public struct Way: Hashable, Sendable {
  public var verdict: Verdict
  public var container: String?
  public var colour: String?
  public var place: DropOff?
  public var bags: [Bag] = []
  public var setOut: SetOut?
  public var refund: String?
  public var note: String?
  public var source: Source?

  public init(verdict: Verdict) {
    self.verdict = verdict
  }
}

/// When a container may stand outside, relative to the day of collection.
public struct SetOut: Hashable, Sendable {
  public var from: Moment?
  public var by: Moment?

  public init(from: Moment? = nil, by: Moment? = nil) {
    (self.from, self.by) = (from, by)
  }
}

/// A wall-clock time; `day` is −1 for the day before the collection, 0 for the day itself, 1 for the day after.
public struct Moment: Hashable, Sendable {
  public var day: Int
  public var time: Time

  public init(day: Int, time: Time) {
    (self.day, self.time) = (day, time)
  }
}

/// Where something is brought. `openingHours` in OpenStreetMap's notation.
public struct DropOff: Hashable, Sendable {
  public var id: String
  public var name: String
  public var address: String?
  public var position: Position?
  public var openingHours: String?
  public var note: String?
  public var sites: [Site] = []

  public init(id: String, name: String) {
    (self.id, self.name) = (id, name)
  }
}

/// One address of a kind of place.
public struct Site: Hashable, Sendable {
  public var name: String
  public var position: Position?
  public var openingHours: String?

  public init(name: String, position: Position? = nil, openingHours: String? = nil) {
    (self.name, self.position, self.openingHours) = (name, position, openingHours)
  }
}

/// Degrees north and east (WGS 84).
public struct Position: Hashable, Sendable {
  public var latitude: Double
  public var longitude: Double

  public init(latitude: Double, longitude: Double) {
    (self.latitude, self.longitude) = (latitude, longitude)
  }
}

/// A bag that must be used. `colour` is `#rrggbb`.
public struct Bag: Hashable, Sendable {
  public var id: String
  public var name: String
  public var colour: String?
  public var sizes: [BagSize] = []
  public var soldAt: String?
  public var notValid: String?

  public init(id: String, name: String) {
    (self.id, self.name) = (id, name)
  }
}

/// A size on sale; `price` as printed, true in `asOf`.
public struct BagSize: Hashable, Sendable {
  public var litres: Int
  public var price: String?
  public var asOf: String?
  public var covers: String?

  public init(litres: Int, price: String? = nil, asOf: String? = nil, covers: String? = nil) {
    (self.litres, self.price, self.asOf, self.covers) = (litres, price, asOf, covers)
  }
}

/// Where a fact is written. `verified` is the day somebody checked the live page.
public struct Source: Hashable, Sendable {
  public var title: String
  public var publisher: String
  public var url: String
  public var retrieved: Day
  public var verified: Day?

  public init(title: String, publisher: String, url: String, retrieved: Day, verified: Day? = nil) {
    self.title = title
    self.publisher = publisher
    self.url = url
    self.retrieved = retrieved
    self.verified = verified
  }
}

/// Who to ask.
public struct Contact: Hashable, Sendable {
  public var name: String
  public var phone: String?
  public var email: String?
  public var url: String?

  public init(name: String, phone: String? = nil, email: String? = nil, url: String? = nil) {
    (self.name, self.phone, self.email, self.url) = (name, phone, email, url)
  }
}

/// The one question to answer before an instruction can be given.
public struct Question: Hashable, Sendable {
  public var text: String
  public var answers: [Answer]

  public init(text: String, answers: [Answer]) {
    (self.text, self.answers) = (text, answers)
  }
}

/// What a button says and what it means.
public struct Answer: Hashable, Sendable {
  public var text: String
  public var fact: Fact

  public init(text: String, fact: Fact) {
    (self.text, self.fact) = (text, fact)
  }
}

/// What an answer adds.
public enum Fact: Hashable, Sendable {
  /// It is this item of the rule pack.
  case isItem(String)
  /// It is not the item that was guessed.
  case notThatItem
  /// None of the answers fitted.
  case nothingFits
  case dirty(Bool)
  case sizeCm(Int)
  case depositMark(Bool)
  case mostly(WasteClass, Bool)
  case hazard(String, Bool)
  /// Says something about the household, not the thing: it belongs into the place's zones.
  case zone(String)
}

/// When a stream is fetched next, as far as it is published.
public enum NextCollection: Hashable, Sendable {
  /// `insteadOf` is the regular day it stands in for, `reason` why, where that is published.
  case on(Day, insteadOf: Day? = nil, reason: String? = nil)
  /// It depends on the zone, and nobody has said which.
  case askZone
  /// The published plan ended.
  case noOfficialDates(since: Day)
}
