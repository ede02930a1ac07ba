import SorterKit
import SwiftUI
import UniformTypeIdentifiers

/// When what is collected.
struct ScheduleScreen: View {
  let app: AppModel
  let model: ScheduleModel
  @State private var isImporting = false

  var body: some View {
    let state = model.state
    Group {
      if !state.loaded {
        ProgressView()
      } else if state.households.isEmpty {
        Note(title: words(.whereTitle), symbol: "house", text: words(.whereText)) {
          Button(words(.choosePlace)) { app.navigator.go(.addPlace) }.buttonStyle(.borderedProminent)
        }
      } else {
        list
      }
    }
    .navigationTitle(words(.schedule))
    .onAppear { model.load() }
    .alert(state.error, dismiss: model.dismissError)
    .fileImporter(isPresented: $isImporting, allowedContentTypes: [.calendarEvent]) { read($0) }
    .fileExporter(
      isPresented: isExporting, document: CalendarDocument(text: state.exported?.text ?? ""),
      contentType: .calendarEvent, defaultFilename: state.exported?.name
    ) { result in
      if case .failure(let error) = result { model.fileFailed(error) }
    }
    .sheet(isPresented: isConfirming) { ImportSheet(model: model) }
  }

  private var list: some View {
    List {
      HouseholdPicker(state: model.state, choose: model.choose)
      TonightSection(model: model)
      if model.state.needsZone {
        Section {
          Text(words(.needsZone))
          Button(words(.chooseZone)) { app.navigator.go(.places) }
        }
      }
      plan
      RemindersSection(app: app, model: model)
      files
    }
  }

  @ViewBuilder private var plan: some View {
    let state = model.state
    if state.validUntil == nil, state.coming.isEmpty {
      Note(title: words(.noPlan), symbol: "calendar.badge.exclamationmark", text: words(.noPlanHelp)) {}
    } else {
      Picker(words(.schedule), selection: asMonth) {
        Text(words(.asList)).tag(false)
        Text(words(.asMonth)).tag(true)
      }
      .pickerStyle(.segmented)
      if state.asMonth {
        MonthSection(model: model)
      } else if state.days.isEmpty {
        Text(words(.noDays))
      } else {
        ForEach(state.days) { day in
          Section(wording.relativeDay(day.date, today: state.today)) {
            ForEach(day.pickups, id: \.self) { PickupRow(model: model, pickup: $0) }
          }
        }
      }
      if let end = state.validUntil { Soft(words(.planUntil, wording.date(end))) }
    }
  }

  private var files: some View {
    Section {
      Button(words(.importCalendar), systemImage: "square.and.arrow.down") { isImporting = true }
      Button(words(.exportCalendar), systemImage: "square.and.arrow.up", action: model.export)
      if model.state.hasImported {
        Button(words(.forgetImported), systemImage: "trash", role: .destructive, action: model.forgetImported)
      }
    } header: {
      Text(words(.calendarFile))
    } footer: {
      Text(words(.calendarFileHelp))
    }
  }

  private var asMonth: Binding<Bool> {
    Binding(get: { model.state.asMonth }, set: { model.show(asMonth: $0) })
  }

  private var isExporting: Binding<Bool> {
    Binding(get: { model.state.exported != nil }, set: { if !$0 { model.exportEnded() } })
  }

  private var isConfirming: Binding<Bool> {
    Binding(get: { model.state.importing != nil }, set: { if !$0 { model.cancelImport() } })
  }

  private func read(_ picked: Result<URL, any Error>) {
    do {
      let file = try picked.get()
      let isForeign = file.startAccessingSecurityScopedResource()
      defer { if isForeign { file.stopAccessingSecurityScopedResource() } }
      model.read(try Data(contentsOf: file))
    } catch {
      model.fileFailed(error)
    }
  }
}

/// Which household the screen is about, where there are several.
private struct HouseholdPicker: View {
  let state: ScheduleState
  let choose: @MainActor (Int) -> Void

  var body: some View {
    if state.households.count > 1 {
      Picker(words(.places), selection: Binding(get: { state.current }, set: choose)) {
        ForEach(state.households) { household in
          Text([household.name, household.detail].compactMap { $0 }.joined(separator: ", ")).tag(household.id)
        }
      }
    }
  }
}

/// What has to go out tonight.
private struct TonightSection: View {
  let model: ScheduleModel

  var body: some View {
    let state = model.state
    Section(words(.widgetName)) {
      if state.tonight.isEmpty {
        Text(words(.nothingTonight))
        if let next = state.days.first {
          let streams = next.pickups.map(\.stream.name).joined(separator: ", ")
          Soft(words(.nextIs, wording.relativeDay(next.date, today: state.today), streams))
        }
      } else {
        ForEach(state.tonight, id: \.self) { PickupRow(model: model, pickup: $0, showsDay: true) }
      }
    }
  }
}

/// One stream on one day: when it may stand outside, whether it is moved, whether it is out.
struct PickupRow: View {
  let model: ScheduleModel
  let pickup: Pickup
  var showsDay = false

  var body: some View {
    Toggle(isOn: isDone) {
      HStack(spacing: 12) {
        BinIcon(icon: pickup.stream.icon)
        VStack(alignment: .leading, spacing: 2) {
          Text(pickup.stream.name).font(.headline)
          if showsDay { Soft(words(.fetchedOn, wording.relativeDay(pickup.date, today: model.state.today))) }
          if let window = wording.window(pickup) { Soft(window) }
          if let moved = wording.moved(insteadOf: pickup.insteadOf, reason: pickup.reason) { Soft(moved) }
        }
      }
    }
    .accessibilityHint(words(.doneSays, pickup.stream.name, wording.day(pickup.date)))
  }

  private var isDone: Binding<Bool> {
    Binding(get: { model.state.isDone(pickup) }, set: { model.set(pickup, done: $0) })
  }
}
