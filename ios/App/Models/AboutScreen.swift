import SorterKit
import SwiftUI

/// What the app promises, and whom to thank.
struct AboutScreen: View {
  let model: AboutModel

  var body: some View {
    List {
      Section {
        Text(words(.promise))
        Soft(words(.versionIs, Bundle.main.infoDictionary?["CFBundleShortVersionString"] as? String ?? ""))
      }
      Section(words(.models)) {
        ForEach(model.state.packs) { pack in
          Thanks(name: pack.name, licence: pack.licence, to: [pack.attribution])
        }
      }
      Section(words(.rulePacks)) {
        ForEach(model.state.communities) { community in
          Thanks(name: community.name, licence: community.licence, to: community.attribution)
        }
      }
      Section(words(.libraries)) {
        ForEach(Library.all) { Thanks(name: $0.name, licence: $0.licence, to: []) }
      }
    }
    .navigationTitle(words(.about))
    .onAppear { model.load() }
  }
}

private struct Thanks: View {
  let name: String
  let licence: String
  let to: [String]

  var body: some View {
    VStack(alignment: .leading, spacing: 2) {
      Text(name).font(.headline)
      Soft(licence)
      ForEach(to.filter { !$0.isEmpty }, id: \.self) { Soft($0) }
    }
    .accessibilityElement(children: .combine)
  }
}
