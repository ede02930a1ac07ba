import SorterKit
import SwiftUI

/// The photo, and a card for each thing in it.
struct ResultScreen: View {
  let model: ResultModel
  let navigator: Navigator
  @Environment(\.verticalSizeClass) private var height
  @Environment(\.accessibilityReduceMotion) private var isStill

  var body: some View {
    let state = model.state
    Group {
      if height == .compact {
        HStack(spacing: 0) {
          photo
          cards
        }
      } else {
        VStack(spacing: 0) {
          photo
          cards
        }
      }
    }
    .navigationTitle(title)
    .navigationBarTitleDisplayMode(.inline)
    .sensoryFeedback(.impact, trigger: state.pulses)
    .animation(isStill ? nil : .easeOut(duration: 0.25), value: state.items)
    .sheet(isPresented: isCorrecting) { CorrectionSheet(model: model) }
  }

  private var title: String {
    let state = model.state
    if case .looking = state.phase, state.found == 0 { return words(.looking) }
    // Below stands why, and what to do.
    if state.found == 0 { return "" }
    return words(.foundOne, .foundOther, count: state.found)
  }

  private var isCorrecting: Binding<Bool> {
    Binding(get: { model.state.correction != nil }, set: { if !$0 { model.stopCorrection() } })
  }

  @ViewBuilder private var photo: some View {
    if let photo = model.state.photo.flatMap({ UIImage(data: $0) }) {
      PhotoView(photo: photo, state: model.state, tap: model.tap, select: model.select)
        .frame(maxWidth: .infinity, maxHeight: .infinity)
    }
  }

  private var cards: some View {
    ScrollViewReader { scroll in
      ScrollView {
        VStack(alignment: .leading, spacing: 12) {
          if model.state.phase.isBusy { progress }
          content
        }
        .padding()
      }
      .onChange(of: model.state.selected) { _, selected in
        if let selected { withAnimation(isStill ? nil : .default) { scroll.scrollTo(selected, anchor: .top) } }
      }
    }
    .frame(maxWidth: .infinity, maxHeight: .infinity)
  }

  private var progress: some View {
    HStack {
      ProgressView()
      Soft(stage)
      Spacer()
      Button(words(.stop), action: model.cancel)
    }
  }

  private var stage: String {
    switch model.state.phase {
    case .again: words(.lookingAgain)
    case .looking(.prefill): words(.outlining)
    default: words(.lookingClosely)
    }
  }

  @ViewBuilder private var content: some View {
    let state = model.state
    if case .failed(let error) = state.phase {
      ErrorNote(error: error, retry: model.retry)
    } else {
      ForEach(state.highlights, id: \.self) { HighlightRow(text: $0) }
      ForEach(Array(state.items.enumerated()), id: \.offset) { index, shape in
        if let item = shape.item {
          ItemCard(model: model, index: index, item: item, isOpen: state.selected == index).id(index)
        }
      }
      if state.phase == .done { ending }
    }
  }

  @ViewBuilder private var ending: some View {
    if model.state.found == 0 {
      Note(title: words(.nothingFound), symbol: "magnifyingglass", text: words(.nothingFoundHelp)) {
        Button(words(.searchInstead)) { navigator.go(.search) }.buttonStyle(.bordered)
      }
    } else {
      Text(words(model.state.nothingAt == nil ? .tapForMore : .nothingFound))
        .font(.caption).foregroundStyle(.secondary)
        .frame(maxWidth: .infinity)
    }
  }
}

/// A fact worth leading with.
private struct HighlightRow: View {
  let text: String

  var body: some View {
    Label(text, systemImage: "info.circle")
      .padding(12)
      .frame(maxWidth: .infinity, alignment: .leading)
      .background(Color.accentColor.opacity(0.15), in: RoundedRectangle(cornerRadius: 16))
  }
}
