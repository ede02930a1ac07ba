import SorterKit
import SwiftUI
import UniformTypeIdentifiers

/// What a calendar file says, to be confirmed.
struct ImportSheet: View {
  let model: ScheduleModel

  /// More days are only counted.
  private static let shown = 40

  var body: some View {
    let calendar = model.state.importing ?? ImportedCalendar(days: [])
    NavigationStack {
      List {
        Section(words(.daysReadOne, .daysReadOther, count: calendar.days.count)) {
          ForEach(calendar.days.prefix(ImportSheet.shown), id: \.self) { day in
            LabeledContent(wording.shortDay(day.date), value: day.title)
          }
          if calendar.days.count > ImportSheet.shown {
            Soft(words(.andMore, "\(calendar.days.count - ImportSheet.shown)"))
          }
        }
        if !(calendar.warnings + calendar.setAside).isEmpty {
          Section(words(.note)) {
            ForEach(calendar.warnings + calendar.setAside, id: \.self) { Soft($0) }
          }
        }
      }
      .navigationTitle(words(.calendarFile))
      .navigationBarTitleDisplayMode(.inline)
      .toolbar {
        ToolbarItem(placement: .cancellationAction) { Button(words(.cancel), action: model.cancelImport) }
        ToolbarItem(placement: .confirmationAction) { Button(words(.takeDays), action: model.confirmImport) }
      }
    }
  }
}

/// A plan as a file to hand on.
struct CalendarDocument: FileDocument {
  static let readableContentTypes = [UTType.calendarEvent]

  let text: String

  init(text: String) {
    self.text = text
  }

  init(configuration: ReadConfiguration) throws {
    text = String(decoding: configuration.file.regularFileContents ?? Data(), as: UTF8.self)
  }

  func fileWrapper(configuration: WriteConfiguration) throws -> FileWrapper {
    FileWrapper(regularFileWithContents: Data(text.utf8))
  }
}
