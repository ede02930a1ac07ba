import Foundation

/// Days and times in words.
extension Wording {
  /// "Thursday 3 December".
  public func day(_ day: Day) -> String {
    day.noon.formatted(style.weekday(.wide).day().month(.wide))
  }

  /// "Thu, 3 Dec".
  public func shortDay(_ day: Day) -> String {
    day.noon.formatted(style.weekday(.abbreviated).day().month(.abbreviated))
  }

  /// "3 December 2026".
  public func date(_ day: Day) -> String {
    day.noon.formatted(style.day().month(.wide).year())
  }

  /// "December 2026".
  public func month(_ day: Day) -> String {
    day.noon.formatted(style.month(.wide).year())
  }

  /// The weekdays as a calendar's head, from `first` on: 1 is Sunday.
  public func weekdays(first: Int) -> [String] {
    // 1970-01-04 was a Sunday.
    (0..<7).map { Day(number: 3 + first - 1 + $0).noon.formatted(style.weekday(.abbreviated)) }
  }

  /// "Today", "Tomorrow", or the day.
  public func relativeDay(_ day: Day, today: Day) -> String {
    switch day {
    case today: words(.today)
    case today + 1: words(.tomorrow)
    default: self.day(day)
    }
  }

  /// "18:30" or "6:30 PM", as the phone writes it.
  public func time(_ time: Time) -> String {
    Day(number: 0).at(time, in: .gmt).formatted(style.hour().minute())
  }

  /// When a container may stand outside, around a known day of collection.
  public func window(_ collection: Pickup) -> String? {
    let moment = { (at: DayTime) in Moment(day: collection.date.distance(to: at.day), time: at.time) }
    return window(SetOut(from: collection.opens.map(moment), by: collection.closes.map(moment)))
  }

  public func window(_ setOut: SetOut) -> String? {
    switch (setOut.from.map(moment), setOut.by.map(moment)) {
    case (let from?, let by?): words(.setOutBetween, from, by)
    case (let from?, nil): words(.setOutFrom, from)
    case (nil, let by?): words(.setOutBy, by)
    case (nil, nil): nil
    }
  }

  public func next(_ next: NextCollection) -> String {
    switch next {
    case .on(let day, let insteadOf, let reason):
      [self.day(day), moved(insteadOf: insteadOf, reason: reason)].compactMap { $0 }.joined(separator: " – ")
    case .askZone: words(.nextAskZone)
    case .noOfficialDates(let since): words(.nextNoDates, date(since))
    }
  }

  public func moved(insteadOf: Day?, reason: String?) -> String? {
    guard let insteadOf else { return nil }
    guard let reason else { return words(.moved, shortDay(insteadOf)) }
    return words(.movedBecause, shortDay(insteadOf), reason)
  }

  private func moment(_ moment: Moment) -> String {
    let time = time(moment.time)
    return switch moment.day {
    case ..<0: words(.momentDayBefore, time)
    case 0: words(.momentSameDay, time)
    default: words(.momentDayAfter, time)
    }
  }

  private var style: Date.FormatStyle {
    Date.FormatStyle(locale: words.locale, calendar: Day.calendar, timeZone: .gmt)
  }
}
