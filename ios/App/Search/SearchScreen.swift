import SorterKit
import SwiftUI

/// All items from A to Z, or those that fit what was typed.
struct SearchScreen: View {
  let model: SearchModel
  let navigator: Navigator

  var body: some View {
    let state = model.state
    Group {
      if !state.hasPlace {
        Note(title: words(.whereTitle), symbol: "house", text: words(.whereText)) {
          Button(words(.choosePlace)) { navigator.go(.addPlace) }.buttonStyle(.borderedProminent)
        }
      } else if state.loaded, state.sections.isEmpty, state.error == nil {
        Note(title: words(.noHits, state.query), symbol: "magnifyingglass", text: words(.noHitsHelp)) {}
      } else {
        List {
          ForEach(state.sections) { section in
            Section(section.letter) {
              ForEach(section.items) { item in
                NavigationLink(value: Route.item(item.id)) { ItemRow(item: item) }
              }
            }
          }
        }
      }
    }
    .navigationTitle(words(.search))
    .searchable(text: query, placement: .navigationBarDrawer(displayMode: .always), prompt: words(.searchHint))
    .onAppear { model.load() }
    .alert(state.error, dismiss: model.dismissError)
  }

  private var query: Binding<String> {
    Binding(get: { model.state.query }, set: { model.search($0) })
  }
}

/// One item as the community wants it.
struct ItemScreen: View {
  let model: SearchModel
  let id: String

  var body: some View {
    ScrollView {
      if let page = model.state.page, page.id == id {
        VStack(alignment: .leading, spacing: 16) {
          InstructionView(instructions: page.instructions, answer: model.answer)
        }
        .padding()
      } else {
        ProgressView()
      }
    }
    .navigationTitle(model.state.page?.instructions.first?.label ?? "")
    .onAppear { model.open(id) }
    .alert(model.state.error, dismiss: model.dismissError)
  }
}
