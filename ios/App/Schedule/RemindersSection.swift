import SorterKit
import SwiftUI

/// When a person wants to be reminded.
struct RemindersSection: View {
  let app: AppModel
  let model: ScheduleModel

  var body: some View {
    let times = model.state.reminders
    Section(words(.reminders)) {
      ReminderRow(app: app, kind: .eveningBefore, time: times.eveningBefore)
      ReminderRow(app: app, kind: .morningOf, time: times.morningOf)
      ReminderRow(app: app, kind: .bringBack, time: times.bringBack)
      if app.isSilenced {
        Label(words(.remindersDenied), systemImage: "bell.slash")
        if let settings = URL(string: UIApplication.openNotificationSettingsURLString) {
          Link(words(.openSettings), destination: settings)
        }
      }
    }
  }
}

/// One kind of reminder: on or off, and its hour.
private struct ReminderRow: View {
  let app: AppModel
  let kind: ReminderKind
  let time: SorterKit.Time?

  var body: some View {
    Toggle(wording.when(kind), isOn: isOn)
    if let time {
      DatePicker(wording.when(kind), selection: hour(time), displayedComponents: .hourAndMinute)
        .labelsHidden()
        .frame(maxWidth: .infinity, alignment: .trailing)
        .accessibilityLabel(words(.reminderSays, wording.when(kind), wording.time(time)))
    }
  }

  private var isOn: Binding<Bool> {
    Binding(get: { time != nil }, set: { app.switchReminder(kind, on: $0) })
  }

  /// The picker thinks in instants of this phone's clock.
  private func hour(_ time: SorterKit.Time) -> Binding<Date> {
    let day = DayTime(Date(), in: .current).day
    return Binding(
      get: { day.at(time, in: .current) }, set: { app.schedule.set(kind, to: DayTime($0, in: .current).time) })
  }
}
