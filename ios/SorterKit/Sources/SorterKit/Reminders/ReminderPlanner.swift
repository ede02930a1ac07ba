import Foundation

/// A notification to be handed to the system ahead of its time.
public struct PlannedNotice: Hashable, Sendable {
  /// The same for the same household, day and kind: planning again replaces it.
  public var id: String
  public var at: Date
  public var title: String
  public var body: String
  /// What its buttons are about; `nil` where there is nothing to tick off.
  public var subject: NoticeSubject?
}

/// The collection day a notification is about; travels with it as text.
public struct NoticeSubject: Hashable, Sendable {
  public var household: Int
  public var date: Day
  public var streams: [String]

  public init(household: Int, date: Day, streams: [String]) {
    (self.household, self.date, self.streams) = (household, date, streams)
  }

  /// What a notification carries of it.
  public var userInfo: [String: String] {
    ["household": "\(household)", "date": "\(date)", "streams": streams.joined(separator: "\n")]
  }

  public init?(userInfo: [String: String]) {
    guard let household = userInfo["household"].flatMap({ Int($0) }), let date = userInfo["date"].flatMap({ Day($0) }),
      let streams = userInfo["streams"]
    else { return nil }
    self.init(household: household, date: date, streams: streams.split(separator: "\n").map(String.init))
  }
}

/// Which reminders the system is to show in the time ahead. It keeps 64 of an app; they are planned anew whenever the app
/// is opened or something changes.
@MainActor
public final class ReminderPlanner {
  private let here: Here
  private let plan: Plan
  private let wording: Wording

  /// A few are left for the system's limit.
  static let limit = 60
  /// A yearly collection is found in time: the app is opened more often than that.
  private static let horizon = 100

  public init(here: Here, plan: Plan, wording: Wording) {
    (self.here, self.plan, self.wording) = (here, plan, wording)
  }

  /// The next notifications of all households, in order.
  public func notices() async throws -> [PlannedNotice] {
    let now = here.instant
    let today = DayTime(now, in: .gmt).day
    var all: [PlannedNotice] = []
    let households = here.settings.settings.households
    for household in households where household.reminders.isOn {
      let reminders = try await plan.reminders(household, from: today - 2, to: today + ReminderPlanner.horizon)
      let name = households.count > 1 ? try await here.named(household).name : nil
      all += reminders.filter { $0.at > now }.map { notice($0, household, name) }
    }
    return Array(all.sorted { ($0.at, $0.id) < ($1.at, $1.id) }.prefix(ReminderPlanner.limit))
  }

  /// "It is out": its reminders end.
  public func putOut(_ subject: NoticeSubject) {
    here.settings.update { settings in
      settings.change(household: subject.household) { household in
        for stream in subject.streams { household.log.set(subject.date, stream, done: true) }
      }
    }
  }

  /// "In an hour".
  public func later(_ subject: NoticeSubject) {
    let until = here.instant.addingTimeInterval(3600)
    here.settings.update { settings in
      settings.change(household: subject.household) { $0.log.snooze(subject.date, until: until) }
    }
  }

  private func notice(_ reminder: Reminder, _ household: Household, _ name: String?) -> PlannedNotice {
    let streams = reminder.streams.map(\.name).joined(separator: ", ")
    let subject = NoticeSubject(
      household: household.id, date: reminder.date, streams: reminder.streams.map(\.id))
    return PlannedNotice(
      id: "\(household.id) \(reminder.date) \(reminder.kind.rawValue)", at: reminder.at,
      title: wording.title(reminder.kind), body: [streams, name].compactMap { $0 }.joined(separator: " · "),
      subject: reminder.kind == .bringBack ? nil : subject)
  }
}

extension Wording {
  /// What a reminder asks for.
  func title(_ kind: ReminderKind) -> String {
    switch kind {
    case .eveningBefore: words(.remindEvening)
    case .morningOf: words(.remindMorning)
    case .bringBack: words(.remindBringBack)
    }
  }

  /// When a reminder comes.
  public func when(_ kind: ReminderKind) -> String {
    switch kind {
    case .eveningBefore: words(.eveningBefore)
    case .morningOf: words(.morningOf)
    case .bringBack: words(.bringBack)
    }
  }
}
