/// The weeks of a month, whole ones: days of the neighbours fill the first and the last.
public struct MonthGrid: Hashable, Sendable {
  /// The first day of the month.
  public let month: Day
  public let weeks: [[Day]]

  /// `firstWeekday` as Foundation counts: 1 is Sunday, 2 Monday.
  public init(month: Day, firstWeekday: Int) {
    self.month = month.startOfMonth
    let before = (self.month.weekday - firstWeekday + 7) % 7
    let first = self.month - before
    let end = self.month.adding(months: 1)
    weeks = stride(from: first, to: end, by: 7).map { week in (0..<7).map { week + $0 } }
  }

  public var first: Day { weeks[0][0] }
  public var last: Day { weeks[weeks.count - 1][6] }

  public func contains(_ day: Day) -> Bool {
    (day.year, day.month) == (month.year, month.month)
  }
}
