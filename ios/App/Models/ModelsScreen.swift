import SorterKit
import SwiftUI
import UniformTypeIdentifiers

/// The models on this phone.
struct ModelsScreen: View {
  let model: ModelsModel
  @State private var isImporting = false

  var body: some View {
    let state = model.state
    List {
      ForEach(state.packs) { PackSection(model: model, pack: $0) }
      Section {
        if let work = state.work, work.pack == nil {
          WorkRow(title: words(.importing), share: work.share, stop: model.cancel)
        } else {
          Button(words(.importPack), systemImage: "square.and.arrow.down") { isImporting = true }
            .disabled(state.work != nil)
        }
      } footer: {
        Text(words(.importPackHelp))
      }
    }
    .navigationTitle(words(.models))
    .onAppear { model.load() }
    .alert(state.error, dismiss: model.dismissError)
    .fileImporter(isPresented: $isImporting, allowedContentTypes: [.zip]) { read($0) }
  }

  private func read(_ picked: Result<URL, any Error>) {
    switch picked {
    case .success(let file):
      let isForeign = file.startAccessingSecurityScopedResource()
      model.importArchive(file) { if isForeign { file.stopAccessingSecurityScopedResource() } }
    case .failure(let error): model.fileFailed(error)
    }
  }
}

/// One model, its adapters, and what can be done with it.
private struct PackSection: View {
  let model: ModelsModel
  let pack: PackInfo

  var body: some View {
    let state = model.state
    Section {
      if let problem = pack.problem {
        Label(problem, systemImage: "exclamationmark.triangle")
      } else {
        facts
      }
      if let work = state.work, work.pack == pack.id {
        WorkRow(title: words(.checking), share: work.share, stop: model.cancel)
      } else {
        actions
      }
    } header: {
      Text(pack.isBundled ? "\(pack.name) · \(words(.bundled))" : pack.name)
    }
  }

  @ViewBuilder private var facts: some View {
    LabeledContent(words(.version), value: pack.version)
    LabeledContent(words(.size), value: wording.bytes(pack.bytes))
    LabeledContent(words(.memory), value: wording.bytes(pack.peakBytes))
    LabeledContent(words(.licence), value: pack.licence)
    if !pack.attribution.isEmpty { LabeledContent(words(.attribution), value: pack.attribution) }
    if pack.random { Label(words(.randomPack), systemImage: "dice") }
    if !pack.masks { Label(words(.boxesOnly), systemImage: "rectangle.dashed") }
    adapters
  }

  private var adapters: some View {
    ForEach(pack.adapters) { adapter in
      LabeledContent(words(.adapters), value: "\(adapter.id), \(wording.bytes(adapter.bytes))")
        .swipeActions {
          if adapter.imported {
            Button(words(.remove), role: .destructive) { model.removeAdapter(adapter, of: pack) }
          }
        }
    }
  }

  @ViewBuilder private var actions: some View {
    let state = model.state
    if state.inUse == pack.id {
      Label(words(.inUse), systemImage: "checkmark.circle")
    } else if pack.problem == nil {
      Button(words(.useModel)) { model.use(pack) }
    }
    if pack.problem == nil { Button(words(.verify)) { model.verify(pack) }.disabled(state.work != nil) }
    if state.intact.contains(pack.id) { Label(words(.intact), systemImage: "checkmark.seal") }
    if !pack.isBundled {
      Button(words(.remove), role: .destructive) { model.remove(pack) }.disabled(state.work != nil)
    }
  }
}

/// How far something is, and a way to stop it.
private struct WorkRow: View {
  let title: String
  let share: Double?
  let stop: @MainActor () -> Void

  var body: some View {
    HStack {
      if let share {
        ProgressView(title, value: share)
      } else {
        ProgressView(title)
      }
      Spacer()
      Button(words(.stop), action: stop).buttonStyle(.borderless)
    }
  }
}
