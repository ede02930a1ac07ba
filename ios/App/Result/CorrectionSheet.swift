import SorterKit
import SwiftUI

/// "This is something else": what is it then? One tap on a name ends it.
struct CorrectionSheet: View {
  let model: ResultModel

  var body: some View {
    NavigationStack {
      List(model.state.correction?.hits ?? []) { item in
        Button {
          model.correct(to: item)
        } label: {
          ItemRow(item: item)
        }
      }
      .searchable(text: query, placement: .navigationBarDrawer(displayMode: .always), prompt: words(.whatIsIt))
      .navigationTitle(words(.whatIsIt))
      .navigationBarTitleDisplayMode(.inline)
      .toolbar {
        ToolbarItem(placement: .cancellationAction) { Button(words(.cancel), action: model.stopCorrection) }
      }
    }
  }

  private var query: Binding<String> {
    Binding(get: { model.state.correction?.query ?? "" }, set: { model.search($0) })
  }
}

/// An item in a list, with the word that was found where it is another one.
struct ItemRow: View {
  let item: ItemName

  var body: some View {
    VStack(alignment: .leading) {
      Text(item.name)
      if let word = item.word { Soft(word) }
    }
  }
}
