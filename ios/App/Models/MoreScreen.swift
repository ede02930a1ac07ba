import SorterKit
import SwiftUI

/// What is not needed every day.
struct MoreScreen: View {
  let app: AppModel

  var body: some View {
    List {
      row(.places, "house", .places, .placesHelp)
      row(.models, "brain", .models, .modelsHelp)
      row(.about, "info.circle", .about, .aboutHelp)
      Toggle(words(.haptics), isOn: haptics)
    }
    .navigationTitle(words(.more))
  }

  private func row(_ route: Route, _ symbol: String, _ title: Key, _ help: Key) -> some View {
    NavigationLink(value: route) {
      Label {
        VStack(alignment: .leading, spacing: 2) {
          Text(words(title))
          Soft(words(help))
        }
      } icon: {
        Image(systemName: symbol)
      }
    }
  }

  private var haptics: Binding<Bool> {
    Binding(
      get: { app.settings.settings.haptics }, set: { isOn in app.settings.update { $0.haptics = isOn } })
  }
}
