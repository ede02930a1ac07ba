import SorterKit
import SwiftUI

/// One thing: what it is, and when opened what is done with it.
struct ItemCard: View {
  let model: ResultModel
  let index: Int
  let item: Item
  let isOpen: Bool

  var body: some View {
    VStack(alignment: .leading, spacing: 16) {
      Button {
        model.select(isOpen ? nil : index)
      } label: {
        header
      }
      .buttonStyle(.plain)
      .accessibilityLabel(wording.spoken(item, number: index + 1))
      if isOpen {
        InstructionView(instructions: item.instructions) { model.answer(index, $0) }
        Button(words(.somethingElse), systemImage: "pencil") { model.startCorrection(index) }
      }
    }
    .padding()
    .background(Color(uiColor: .secondarySystemGroupedBackground), in: RoundedRectangle(cornerRadius: 20))
  }

  private var header: some View {
    HStack(spacing: 12) {
      ClassMark(number: index + 1, wasteClass: item.wasteClass)
      VStack(alignment: .leading, spacing: 2) {
        Text(wording.name(item)).font(.headline)
        Soft(isOpen ? wording.confidence(item.confidence) : item.instructions.first.map(wording.destination) ?? "")
      }
      Spacer()
      if !isOpen, item.confidence == .unsure { Image(systemName: "questionmark.circle") }
      Image(systemName: isOpen ? "chevron.up" : "chevron.down").foregroundStyle(.secondary)
    }
    .contentShape(Rectangle())
  }
}

/// A thing's number on its class's colour and pattern, as on the photo.
struct ClassMark: View {
  let number: Int
  let wasteClass: WasteClass
  @ScaledMetric private var side = 44.0

  var body: some View {
    Canvas { context, size in
      let rect = CGRect(origin: .zero, size: size)
      let box = Box(left: 0, top: 0, right: 1, bottom: 1)
      let item = Item(
        label: wasteClass.rawValue, box: box, outline: box.corners, confidence: .sure, seen: Seen(json: ""))
      context.fill(Path(rect), with: .color(.white))
      var state = ResultState()
      state.items = [Outlined(item)]
      var overlay = Overlay(context: context, frame: PhotoFrame(photo: size, view: size))
      overlay.draw(state, badge: 0)
    }
    .frame(width: side, height: side)
    .clipShape(RoundedRectangle(cornerRadius: 11))
    .overlay(Text("\(number)").font(.headline).padding(6).background(Color.black, in: Circle()).foregroundStyle(.white))
    .accessibilityHidden(true)
  }
}
