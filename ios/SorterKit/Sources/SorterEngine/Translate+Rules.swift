import KerbsideFFI
import SorterKit

// Records of the rules, field by field.

extension KerbsideFFI.Place {
  init(_ place: SorterKit.Place) {
    self.init(community: place.community, zones: place.zones, language: place.language)
  }
}

extension SorterKit.Community {
  init(_ one: KerbsideFFI.Community) throws {
    self.init(
      id: one.id, name: one.name, country: one.country, languages: one.languages, timeZone: one.timeZone,
      version: one.version, from: try day(one.from), until: try day(one.until), licence: one.licence,
      attribution: one.attribution, contact: SorterKit.Contact(one.contact), zoneQuestion: one.zoneQuestion)
  }
}

extension SorterKit.Zone {
  init(_ one: KerbsideFFI.Zone) {
    self.init(
      id: one.id, name: one.name, parent: one.parent, postcodes: one.postcodes, streets: one.streets,
      building: one.building, streams: one.streams, question: one.question)
  }
}

extension SorterKit.ItemName {
  init(_ one: KerbsideFFI.ItemName) {
    self.init(id: one.id, name: one.name, word: one.word)
  }
}

extension SorterKit.ItemSection {
  init(_ one: KerbsideFFI.ItemSection) {
    self.init(letter: one.letter, items: one.items.map(SorterKit.ItemName.init))
  }
}

extension SorterKit.Contact {
  init(_ one: KerbsideFFI.Contact) {
    self.init(name: one.name, phone: one.phone, email: one.email, url: one.url)
  }
}

extension SorterKit.Source {
  init(_ one: KerbsideFFI.Source) throws {
    self.init(
      title: one.title, publisher: one.publisher, url: one.url, retrieved: try day(one.retrieved),
      verified: try one.verified.map(day))
  }
}

extension WasteStream {
  init(_ one: KerbsideFFI.Stream) {
    self.init(id: one.id, name: one.name, icon: one.icon)
  }
}

extension SorterKit.Fact {
  init(_ one: KerbsideFFI.Fact) {
    switch one {
    case .isItem(let id): self = .isItem(id)
    case .notThatItem: self = .notThatItem
    case .nothingFits: self = .nothingFits
    case .dirty(let dirty): self = .dirty(dirty)
    case .sizeCm(let cm): self = .sizeCm(Int(cm))
    case .depositMark(let there): self = .depositMark(there)
    case .mostly(let wasteClass, let so): self = .mostly(SorterKit.WasteClass(wasteClass), so)
    case .hazard(let id, let present): self = .hazard(id, present)
    case .zone(let id): self = .zone(id)
    }
  }
}

extension KerbsideFFI.Fact {
  init(_ one: SorterKit.Fact) {
    switch one {
    case .isItem(let id): self = .isItem(id: id)
    case .notThatItem: self = .notThatItem
    case .nothingFits: self = .nothingFits
    case .dirty(let dirty): self = .dirty(dirty: dirty)
    case .sizeCm(let cm): self = .sizeCm(cm: UInt32(clamping: cm))
    case .depositMark(let there): self = .depositMark(there: there)
    case .mostly(let wasteClass, let so): self = .mostly(wasteClass: KerbsideFFI.WasteClass(wasteClass), so: so)
    case .hazard(let id, let present): self = .hazard(id: id, present: present)
    case .zone(let id): self = .zone(id: id)
    }
  }
}

extension SorterKit.WasteClass {
  init(_ one: KerbsideFFI.WasteClass) {
    self =
      switch one {
      case .plastic: .plastic
      case .glass: .glass
      case .paper: .paper
      case .carton: .carton
      case .metal: .metal
      case .foam: .foam
      case .special: .special
      case .food: .food
      case .general: .general
      }
  }
}

extension KerbsideFFI.WasteClass {
  init(_ one: SorterKit.WasteClass) {
    self =
      switch one {
      case .plastic: .plastic
      case .glass: .glass
      case .paper: .paper
      case .carton: .carton
      case .metal: .metal
      case .foam: .foam
      case .special: .special
      case .food: .food
      case .general: .general
      }
  }
}
