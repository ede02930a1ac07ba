import Foundation
import Testing

@testable import SorterKit

@Suite struct WordsTests {
  private let english = Wording(Words(language: "en", locale: Locale(identifier: "en_GB")))
  private let american = Wording(Words(language: "en", locale: Locale(identifier: "en_US")))
  private let german = Wording(Words(language: "de", locale: Locale(identifier: "de_DE")))

  @Test(arguments: Key.allCases)
  func everyKeyHasWordsInBothLanguages(key: Key) {
    #expect(english.words(key) != key.rawValue)
    #expect(german.words(key) != key.rawValue)
  }

  @Test func gapsAreFilledInTheirOrderAndAnUnknownLanguageShowsTheKey() {
    #expect(english.words(.setOutBetween, "six", "seven") == "From six until seven")
    #expect(german.words(.setOutBetween, "sechs", "sieben") == "Von sechs bis sieben")
    #expect(Words(language: "xx", locale: .current)(.today) == "today")
  }

  @Test func oneThingIsNotCalledThings() {
    #expect(english.words(.foundOne, .foundOther, count: 1) == "1 thing found")
    #expect(english.words(.foundOne, .foundOther, count: 2) == "2 things found")
    #expect(german.words(.foundOne, .foundOther, count: 0) == "0 Dinge gefunden")
  }

  @Test func textsInALanguageNobodyChoseAreAnnounced() {
    #expect(english.foreign("en") == nil)
    #expect(english.foreign("de-CH") == "The rules of this place are not in your language but in German.")
    #expect(german.foreign("fr")?.hasSuffix("nicht in Ihrer Sprache, sondern auf Französisch.") == true)
    // A phone in a language that the app does not speak: its own is not foreign.
    #expect(Wording(Words(language: "en", locale: Locale(identifier: "fr_CH"))).foreign("fr") == nil)
  }

  @Test func daysAreWrittenAsTheLanguageDoes() {
    #expect(english.day(day("2026-12-03")) == "Thursday 3 December")
    #expect(german.day(day("2026-12-03")) == "Donnerstag, 3. Dezember")
    #expect(english.date(day("2026-12-03")) == "3 December 2026")
    #expect(german.month(day("2026-12-03")) == "Dezember 2026")
    #expect(english.weekdays(first: 2) == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
    #expect(american.weekdays(first: 1).first == "Sun")
  }

  @Test func todayAndTomorrowHaveNames() {
    let today = day("2026-12-31")
    #expect(english.relativeDay(today, today: today) == "Today")
    #expect(german.relativeDay(today + 1, today: today) == "Morgen")
    #expect(english.relativeDay(today + 2, today: today) == "Saturday 2 January")
    #expect(english.relativeDay(today - 1, today: today) == "Wednesday 30 December")
  }

  @Test func timesFollowThePhonesClock() {
    #expect(english.time(Time("18:30")!) == "18:30")
    #expect(american.time(Time("18:30")!).replacingOccurrences(of: "\u{202F}", with: " ") == "6:30 PM")
    #expect(german.time(Time("07:00")!).hasPrefix("07:00"))
  }

  @Test func aWindowIsSaidAroundTheDayOfCollection() {
    let pickup = Pickup(
      date: day("2026-03-03"), stream: stream("paper"), opens: DayTime("2026-03-02T18:00:00"),
      closes: DayTime("2026-03-03T07:00:00"))
    #expect(english.window(pickup) == "From 18:00 the day before until 07:00 that day")
    #expect(english.window(Pickup(date: day("2026-03-03"), stream: stream("paper"))) == nil)
    #expect(english.window(SetOut(by: Moment(day: 1, time: Time("09:00")!))) == "Until 09:00 the day after")
    #expect(german.window(SetOut(from: Moment(day: 0, time: Time("05:00")!)))?.hasPrefix("Ab 05:00") == true)
  }

  @Test func theNextCollectionSaysWhyItWasMoved() {
    let moved = NextCollection.on(day("2026-04-07"), insteadOf: day("2026-04-06"), reason: "Easter Monday")
    #expect(english.next(moved) == "Tuesday 7 April – instead of Mon, 6 Apr (Easter Monday)")
    #expect(english.next(.on(day("2026-04-07"))) == "Tuesday 7 April")
    #expect(english.next(.askZone) == "Depends on where you live")
    #expect(english.next(.noOfficialDates(since: day("2026-12-31"))) == "No dates published after 31 December 2026")
    #expect(english.moved(insteadOf: day("2026-04-06"), reason: nil) == "instead of Mon, 6 Apr")
  }

  @Test func aSourceSaysWhenSomebodyCheckedIt() {
    var source = Source(title: "Plan", publisher: "City", url: "https://example.org", retrieved: day("2026-01-02"))
    #expect(english.source(source) == "Plan · City · read on 2 January 2026")
    source.verified = day("2026-02-03")
    #expect(english.source(source) == "Plan · City · checked on 3 February 2026")
  }

  @Test func aThingIsSpokenWithPlaceAndConfidence() {
    var glass = item("glass")
    #expect(english.spoken(nil, number: 2) == "2: something")
    #expect(english.spoken(glass, number: 1) == "1: Glass. . Quite sure")
    var told = Instruction(language: "en", label: "Jar", verdict: .dropOff, sentence: "")
    told.stream = stream("glass")
    glass.instructions = [told]
    #expect(english.spoken(glass, number: 1) == "1: Jar. Glass. Quite sure")
    glass.instructions[0].question = Question(text: "Is it greasy?", answers: [])
    #expect(english.destination(glass.instructions[0]) == "Is it greasy?")
    told.stream = nil
    #expect(english.destination(told) == "Bring it to a collection point")
  }

  @Test func everyVerdictReasonClassAndErrorHasItsOwnWords() {
    for wording in [english, german] {
      #expect(Set(Verdict.allCases.map(wording.verdict)).count == 10)
      #expect(Set(Why.allCases.map(wording.why)).count == 5)
      #expect(Set(WasteClass.allCases.map(wording.wasteClass)).count == 9)
      #expect(Set(Confidence.allCases.map(wording.confidence)).count == 3)
      let errors: [KerbsideError] = [
        .badPhoto(""), .badPack(""), .badRules(""), .badCalendar(""), .storage(""), .tooBig(""), .internal(""),
      ]
      #expect(Set(errors.map(wording.error)).count == 7)
    }
  }

  @Test func bagsSayTheirPriceAsPrinted() {
    let size = BagSize(litres: 35, price: "CHF 2.00", asOf: "2025", covers: "with fee")
    #expect(english.size(size) == "35 l: CHF 2.00 with fee (2025)")
    #expect(english.size(BagSize(litres: 17)) == "17 l")
  }

  @Test func bytesAndSentencesReadWell() {
    #expect(english.bytes(22_000_000) == "22 MB")
    #expect(german.bytes(1_700_000_000) == "1,7\u{A0}GB")
    #expect(german.standingAlone("ölig abspülen") == "Ölig abspülen")
    #expect(english.standingAlone("") == "")
  }
}
