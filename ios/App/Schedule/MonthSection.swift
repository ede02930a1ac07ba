import SorterKit
import SwiftUI

/// A month as a grid of weeks, and what is fetched on the day that is picked.
struct MonthSection: View {
  let model: ScheduleModel

  var body: some View {
    let state = model.state
    Section {
      HStack {
        Button(words(.previousMonth), systemImage: "chevron.left") { model.turn(months: -1) }
        Spacer()
        Text(wording.month(state.month)).font(.headline)
        Spacer()
        Button(words(.nextMonth), systemImage: "chevron.right") { model.turn(months: 1) }
      }
      .labelStyle(.iconOnly)
      .buttonStyle(.borderless)
      weeks
      if let picked = state.picked { day(picked) }
    }
  }

  private var weeks: some View {
    Grid(horizontalSpacing: 2, verticalSpacing: 2) {
      GridRow {
        ForEach(wording.weekdays(first: model.firstWeekday), id: \.self) { name in
          Text(name).font(.caption).foregroundStyle(.secondary).accessibilityHidden(true)
        }
      }
      ForEach(model.grid.weeks, id: \.self) { week in
        GridRow {
          ForEach(week, id: \.self) { DayCell(model: model, day: $0) }
        }
      }
    }
  }

  @ViewBuilder
  private func day(_ day: Day) -> some View {
    let pickups = model.state.pickups(on: day)
    Text(wording.relativeDay(day, today: model.state.today)).font(.headline)
    if pickups.isEmpty { Text(words(.nothingFetched)) }
    ForEach(pickups, id: \.self) { PickupRow(model: model, pickup: $0) }
  }
}

/// One day: its number and a pictogram for what is fetched.
private struct DayCell: View {
  let model: ScheduleModel
  let day: Day

  var body: some View {
    let pickups = model.state.pickups(on: day)
    Button {
      model.pick(day)
    } label: {
      VStack(spacing: 2) {
        Text("\(day.day)").fontWeight(day == model.state.today ? .bold : .regular)
        Image(
          systemName: pickups.count > 1 ? "ellipsis" : pickups.first.map { Icons.symbol($0.stream.icon) } ?? "circle"
        )
        .font(.caption)
        .opacity(pickups.isEmpty ? 0 : 1)
      }
      .frame(maxWidth: .infinity, minHeight: 44)
      .background(
        Color.accentColor.opacity(day == model.state.picked ? 0.25 : 0), in: RoundedRectangle(cornerRadius: 8))
    }
    .buttonStyle(.borderless)
    .opacity(model.grid.contains(day) ? 1 : 0.4)
    .accessibilityLabel(words(.nextIs, wording.day(day), names(pickups)))
    .accessibilityAddTraits(day == model.state.picked ? [.isButton, .isSelected] : .isButton)
  }

  private func names(_ pickups: [Pickup]) -> String {
    pickups.isEmpty ? words(.nothingFetched) : pickups.map(\.stream.name).joined(separator: ", ")
  }
}
