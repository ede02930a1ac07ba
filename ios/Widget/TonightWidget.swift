import SorterKit
import SwiftUI
import WidgetKit

/// "Tonight" on the home screen. It reads the file the app wrote and computes nothing with the engine.
@main
struct TonightWidget: Widget {
  var body: some WidgetConfiguration {
    StaticConfiguration(kind: "tonight", provider: Provider()) { entry in
      TonightView(entry: entry).containerBackground(.background, for: .widget)
    }
    .configurationDisplayName(words(.widgetName))
    .description(words(.widgetDescription))
    .supportedFamilies([.systemSmall, .systemMedium, .accessoryRectangular])
  }
}

private let words = Words.preferred
private let wording = Wording(words)

/// One state of the widget, and whose it is.
struct Entry: TimelineEntry {
  let place: String
  let entry: TonightEntry

  var date: Date { entry.date }

  static func unknown(at date: Date) -> Entry {
    Entry(place: "", entry: .unknown(at: date))
  }
}

private struct Provider: TimelineProvider {
  func placeholder(in context: Context) -> Entry { .unknown(at: Date()) }

  func getSnapshot(in context: Context, completion: @escaping (Entry) -> Void) {
    completion(entries()[0])
  }

  func getTimeline(in context: Context, completion: @escaping (Timeline<Entry>) -> Void) {
    completion(Timeline(entries: entries(), policy: .atEnd))
  }

  private func entries() -> [Entry] {
    let now = Date()
    let folder = FileManager.default.containerURL(forSecurityApplicationGroupIdentifier: "group.app.kerbside")
    guard let file = folder.flatMap(TonightFile.read(folder:)) else { return [.unknown(at: now)] }
    return file.entries(from: now).map { Entry(place: file.place, entry: $0) }
  }
}

private struct TonightView: View {
  let entry: Entry

  var body: some View {
    VStack(alignment: .leading, spacing: 4) {
      Text(words(.widgetName)).font(.headline)
      content
      Spacer(minLength: 0)
      Text(entry.place).font(.caption2).foregroundStyle(.secondary)
    }
    .frame(maxWidth: .infinity, alignment: .leading)
  }

  @ViewBuilder private var content: some View {
    switch entry.entry.content {
    case .out(let pickups, let done):
      ForEach(pickups, id: \.self) { pickup in
        Label(pickup.stream.name, systemImage: symbol(pickup, done))
          .font(.subheadline)
          .strikethrough(done.contains(pickup.stream.id))
      }
    case .nothing(let next?):
      Text(words(.nothingTonight)).font(.subheadline)
      let streams = next.pickups.map(\.stream.name).joined(separator: ", ")
      Text(words(.nextIs, wording.relativeDay(next.date, today: entry.entry.today), streams)).font(.caption)
    case .nothing(nil): Text(words(.nothingTonight)).font(.subheadline)
    case .unknown: Text(words(.widgetOpen)).font(.caption)
    }
  }

  private func symbol(_ pickup: Pickup, _ done: Set<String>) -> String {
    done.contains(pickup.stream.id) ? "checkmark" : Icons.symbol(pickup.stream.icon)
  }
}
