import SorterKit
import SwiftUI

/// The households of a person.
struct PlacesScreen: View {
  let model: PlacesModel
  let navigator: Navigator

  var body: some View {
    let state = model.state
    List {
      Section {
        ForEach(state.households) { household in
          Button {
            model.choose(household: household.id)
          } label: {
            HouseholdRow(household: household, isCurrent: household.id == state.current)
          }
          .swipeActions { remove(household) }
          .contextMenu {
            Button(words(.changeZone), systemImage: "map") { edit(household) }
            remove(household)
          }
        }
      } footer: {
        Text(words(.placesHelp))
      }
      Button(words(.addPlace), systemImage: "plus") {
        model.startAdding()
        navigator.go(.addPlace)
      }
    }
    .navigationTitle(words(.places))
    .onAppear { model.load() }
    .alert(state.error, dismiss: model.dismissError)
  }

  private func edit(_ household: Named) {
    model.edit(household: household.id)
    navigator.go(.addPlace)
  }

  private func remove(_ household: Named) -> some View {
    Button(words(.remove), systemImage: "trash", role: .destructive) { model.remove(household: household.id) }
      .accessibilityLabel(words(.removeSays, household.name))
  }
}

private struct HouseholdRow: View {
  let household: Named
  let isCurrent: Bool

  var body: some View {
    HStack {
      VStack(alignment: .leading, spacing: 2) {
        Text(household.name).font(.headline)
        Soft(household.detail ?? words(.wholeCommunity))
      }
      Spacer()
      if isCurrent { Image(systemName: "checkmark").accessibilityHidden(true) }
    }
    .accessibilityElement(children: .combine)
    .accessibilityAddTraits(isCurrent ? .isSelected : [])
  }
}
