import KerbsideFFI
import SorterKit

// What is to be done with a thing, field by field.

extension SorterKit.Instruction {
  init(_ one: KerbsideFFI.Instruction) throws {
    self.init(
      language: one.language, label: one.label, verdict: SorterKit.Verdict(one.verdict), sentence: one.sentence)
    itemID = one.item
    partOf = one.partOf
    why = one.why.map(SorterKit.Why.init)
    stream = one.stream.map(WasteStream.init)
    ways = try one.ways.map(SorterKit.Way.init)
    next = try one.next.map(SorterKit.NextCollection.init)
    neverIn = one.neverIn
    steps = one.steps
    note = one.note
    question = one.question.map(SorterKit.Question.init)
    contact = one.contact.map(SorterKit.Contact.init)
    source = try one.source.map(SorterKit.Source.init)
    changesOn = try one.changesOn.map(day)
  }
}

extension SorterKit.Verdict {
  init(_ one: KerbsideFFI.Verdict) {
    self =
      switch one {
      case .kerb: .kerb
      case .handOver: .handOver
      case .dropOff: .dropOff
      case .takeBack: .takeBack
      case .deposit: .deposit
      case .appointment: .appointment
      case .hazardous: .hazardous
      case .notAccepted: .notAccepted
      case .ask: .ask
      case .unknown: .unknown
      }
  }
}

extension SorterKit.Why {
  init(_ one: KerbsideFFI.Why) {
    self =
      switch one {
      case .outOfDate: .outOfDate
      case .unknownZone: .unknownZone
      case .notRecognised: .notRecognised
      case .noRule: .noRule
      case .unknownHazard: .unknownHazard
      }
  }
}

extension SorterKit.Way {
  init(_ one: KerbsideFFI.Way) throws {
    self.init(verdict: SorterKit.Verdict(one.how))
    container = one.container
    colour = one.colour
    place = one.place.map(SorterKit.DropOff.init)
    bags = one.bags.map(SorterKit.Bag.init)
    setOut = try one.setOut.map(SorterKit.SetOut.init)
    refund = one.refund
    note = one.note
    source = try one.source.map(SorterKit.Source.init)
  }
}

extension SorterKit.SetOut {
  init(_ one: KerbsideFFI.SetOut) throws {
    self.init(from: try one.from.map(SorterKit.Moment.init), by: try one.by.map(SorterKit.Moment.init))
  }
}

extension SorterKit.Moment {
  init(_ one: KerbsideFFI.Moment) throws {
    guard let time = Time(one.time) else { throw KerbsideError.internal("not a time: \(one.time)") }
    self.init(day: Int(one.day), time: time)
  }
}

extension SorterKit.DropOff {
  init(_ one: KerbsideFFI.DropOff) {
    self.init(id: one.id, name: one.name)
    address = one.address
    position = one.position.map(SorterKit.Position.init)
    openingHours = one.openingHours
    note = one.note
    sites = one.sites.map(SorterKit.Site.init)
  }
}

extension SorterKit.Site {
  init(_ one: KerbsideFFI.Site) {
    let position = one.position.map(SorterKit.Position.init)
    self.init(name: one.name, position: position, openingHours: one.openingHours)
  }
}

extension SorterKit.Position {
  init(_ one: KerbsideFFI.Position) {
    self.init(latitude: one.latitude, longitude: one.longitude)
  }
}

extension SorterKit.Bag {
  init(_ one: KerbsideFFI.Bag) {
    self.init(id: one.id, name: one.name)
    colour = one.colour
    sizes = one.sizes.map(SorterKit.BagSize.init)
    soldAt = one.soldAt
    notValid = one.notValid
  }
}

extension SorterKit.BagSize {
  init(_ one: KerbsideFFI.BagSize) {
    self.init(litres: Int(one.litres), price: one.price, asOf: one.asOf, covers: one.covers)
  }
}

extension SorterKit.NextCollection {
  init(_ one: KerbsideFFI.NextCollection) throws {
    switch one {
    case .on(let date, let insteadOf, let reason):
      self = .on(try day(date), insteadOf: try insteadOf.map(day), reason: reason)
    case .askZone: self = .askZone
    case .noOfficialDates(let since): self = .noOfficialDates(since: try day(since))
    }
  }
}

extension SorterKit.Question {
  init(_ one: KerbsideFFI.Question) {
    let answers = one.answers.map { SorterKit.Answer(text: $0.text, fact: SorterKit.Fact($0.fact)) }
    self.init(text: one.text, answers: answers)
  }
}
