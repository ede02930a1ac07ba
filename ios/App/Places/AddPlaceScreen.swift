import SorterKit
import SwiftUI

/// A new household: its community, then its zones; or other zones for one.
struct AddPlaceScreen: View {
  let model: PlacesModel
  let navigator: Navigator

  var body: some View {
    Group {
      if let choice = model.state.choice {
        ZoneList(model: model, choice: choice, done: navigator.back)
      } else {
        communities
      }
    }
    .onAppear { if !model.state.loaded { model.load() } }
    .onDisappear { model.leaveChoice() }
    .alert(model.state.error, dismiss: model.dismissError)
  }

  private var communities: some View {
    List {
      ForEach(model.state.shown) { community in
        Button {
          model.choose(community, done: navigator.back)
        } label: {
          VStack(alignment: .leading, spacing: 2) {
            Text(community.name)
            Soft(words.locale.localizedString(forRegionCode: community.country) ?? community.country)
          }
        }
      }
      if model.state.loaded, model.state.shown.isEmpty { Text(words(.noCommunity)) }
    }
    .searchable(text: filter, placement: .navigationBarDrawer(displayMode: .always), prompt: words(.filterCommunities))
    .navigationTitle(words(.addPlace))
  }

  private var filter: Binding<String> {
    Binding(get: { model.state.filter }, set: { model.filter($0) })
  }
}

/// The zones of a community, found by postcode, street or in the list.
private struct ZoneList: View {
  let model: PlacesModel
  let choice: Choice
  let done: @MainActor () -> Void

  var body: some View {
    List {
      if choice.hasPostcodes || choice.hasStreets { finding }
      ForEach(choice.groups, id: \.self) { group in
        Section {
          ForEach(group) { ZoneRow(zone: $0, isChosen: choice.chosen.contains($0.id), toggle: model.toggle) }
        } header: {
          Text(choice.community.zoneQuestion ?? words(.whichZone))
        }
      }
    }
    .navigationTitle(choice.community.name)
    .toolbar {
      ToolbarItem(placement: .confirmationAction) {
        Button(words(choice.chosen.isEmpty ? .skipZone : .doneChoosing)) { model.finish(done) }
      }
    }
  }

  private var finding: some View {
    Section {
      if choice.hasPostcodes {
        TextField(words(.postcode), text: Binding(get: { choice.postcode }, set: { model.postcode($0) }))
          .textContentType(.postalCode)
      }
      if choice.hasStreets {
        TextField(words(.street), text: Binding(get: { choice.street }, set: { model.street($0) }))
          .textContentType(.streetAddressLine1)
        ForEach(choice.streets, id: \.self) { street in
          Button(street) { model.street(street) }
        }
        TextField(words(.houseNumber), text: Binding(get: { choice.number }, set: { model.number($0) }))
          .keyboardType(.numbersAndPunctuation)
        Button(words(.find), action: model.findAddress).disabled(choice.houseNumber == nil)
      }
    } footer: {
      if choice.missed {
        Text(words(.zoneMissed))
      } else if !choice.foundNames.isEmpty {
        Text(words(.zoneFound, choice.foundNames.joined(separator: ", ")))
      }
    }
  }
}

private struct ZoneRow: View {
  let zone: Zone
  let isChosen: Bool
  let toggle: @MainActor (Zone) -> Void

  var body: some View {
    Button {
      toggle(zone)
    } label: {
      HStack {
        VStack(alignment: .leading, spacing: 2) {
          Text(zone.name)
          if let question = zone.question { Soft(question) }
        }
        Spacer()
        if isChosen { Image(systemName: "checkmark").accessibilityHidden(true) }
      }
    }
    .accessibilityAddTraits(isChosen ? .isSelected : [])
  }
}
