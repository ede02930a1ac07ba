import Foundation

/// Facts as sentences and dates, in the language of the phone.
public struct Wording: Sendable {
  public let words: Words

  public init(_ words: Words) {
    self.words = words
  }

  public func confidence(_ confidence: Confidence) -> String {
    switch confidence {
    case .sure: words(.confidenceSure)
    case .likely: words(.confidenceLikely)
    case .unsure: words(.confidenceUnsure)
    }
  }

  public func wasteClass(_ wasteClass: WasteClass) -> String {
    switch wasteClass {
    case .plastic: words(.classPlastic)
    case .glass: words(.classGlass)
    case .paper: words(.classPaper)
    case .carton: words(.classCarton)
    case .metal: words(.classMetal)
    case .foam: words(.classFoam)
    case .special: words(.classSpecial)
    case .food: words(.classFood)
    case .general: words(.classGeneral)
    }
  }

  /// What to do, in a few words.
  public func verdict(_ verdict: Verdict) -> String {
    switch verdict {
    case .kerb: words(.verdictKerb)
    case .handOver: words(.verdictHandOver)
    case .dropOff: words(.verdictDropOff)
    case .takeBack: words(.verdictTakeBack)
    case .deposit: words(.verdictDeposit)
    case .appointment: words(.verdictAppointment)
    case .hazardous: words(.verdictHazardous)
    case .notAccepted: words(.verdictNotAccepted)
    case .ask: words(.verdictAsk)
    case .unknown: words(.verdictUnknown)
    }
  }

  public func why(_ why: Why) -> String {
    switch why {
    case .outOfDate: words(.whyOutOfDate)
    case .unknownZone: words(.whyUnknownZone)
    case .notRecognised: words(.whyNotRecognised)
    case .noRule: words(.whyNoRule)
    case .unknownHazard: words(.whyUnknownHazard)
    }
  }

  /// What to call a thing: in the rule pack's words, else its class.
  public func name(_ item: Item) -> String {
    item.instructions.first?.label ?? wasteClass(item.wasteClass)
  }

  /// Where a thing goes, as one line of a list.
  public func destination(_ instruction: Instruction) -> String {
    instruction.question?.text ?? instruction.stream?.name ?? verdict(instruction.verdict)
  }

  /// That texts in `language` are in neither the phone's language nor the app's; `nil` if they are in one of them.
  public func foreign(_ language: String) -> String? {
    let code = { (locale: Locale) in locale.language.languageCode?.identifier }
    let given = code(Locale(identifier: language)) ?? language
    guard ![words.language, code(words.locale)].contains(given) else { return nil }
    return words(.textsIn, Locale(identifier: words.language).localizedString(forLanguageCode: given) ?? given)
  }

  /// What VoiceOver says about something outlined; `number` counts from 1.
  public func spoken(_ item: Item?, number: Int) -> String {
    guard let item else { return words(.something, "\(number)") }
    let destination = item.instructions.first.map(destination) ?? ""
    return words(.maskSays, "\(number)", name(item), destination, confidence(item.confidence))
  }

  /// Packs write steps and places so that they can follow other words; here they stand alone.
  public func standingAlone(_ text: String) -> String {
    text.prefix(1).uppercased(with: words.locale) + text.dropFirst()
  }

  public func bytes(_ bytes: Int64) -> String {
    bytes.formatted(ByteCountFormatStyle(style: .file, locale: words.locale))
  }

  /// A size of a bag, with its price as printed and when that was true.
  public func size(_ size: BagSize) -> String {
    let litres = words(.litres, "\(size.litres)")
    guard let price = size.price else { return litres }
    let said = [price, size.covers, size.asOf.map { "(\($0))" }].compactMap { $0 }
    return "\(litres): \(said.joined(separator: " "))"
  }

  public func source(_ source: Source) -> String {
    let read = words(.sourceRead, date(source.retrieved))
    let checked = source.verified.map { words(.sourceVerified, date($0)) }
    return [source.title, source.publisher, checked ?? read].joined(separator: " · ")
  }

  public func error(_ error: KerbsideError) -> String {
    switch error {
    case .badPhoto: words(.errorPhoto)
    case .badPack: words(.errorPack)
    case .badRules: words(.errorRules)
    case .badCalendar: words(.errorCalendar)
    case .storage: words(.errorStorage)
    case .tooBig: words(.errorTooBig)
    case .internal: words(.errorInternal)
    }
  }
}

extension Wording {
  /// A way that is not the recommended one.
  public func inOneLine(_ way: Way) -> String {
    let said = [verdict(way.verdict), way.container, way.place?.name, way.place?.address, way.refund]
    return said.compactMap { $0 }.joined(separator: " · ")
  }
}
