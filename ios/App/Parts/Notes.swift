import SorterKit
import SwiftUI

/// What is to be said when there is nothing to show, and what can be done about it.
struct Note<Actions: View>: View {
  let title: String
  let symbol: String
  var text: String?
  @ViewBuilder var actions: Actions

  var body: some View {
    ContentUnavailableView {
      Label(title, systemImage: symbol)
    } description: {
      if let text { Text(text) }
    } actions: {
      actions
    }
  }
}

/// What went wrong: what it means first, then the engine's own words.
struct ErrorNote: View {
  let error: KerbsideError
  var retry: (@MainActor () -> Void)?

  var body: some View {
    Note(title: wording.error(error), symbol: "exclamationmark.triangle", text: error.detail) {
      if let retry { Button(words(.tryAgain), action: retry).buttonStyle(.borderedProminent) }
    }
  }
}

extension View {
  /// An error over a screen that goes on.
  func alert(_ error: KerbsideError?, dismiss: @escaping @MainActor () -> Void) -> some View {
    alert(
      error.map(wording.error) ?? "", isPresented: Binding(get: { error != nil }, set: { if !$0 { dismiss() } }),
      actions: { Button(words(.close), role: .cancel, action: dismiss) },
      message: { Text(error?.detail ?? "") })
  }
}
