import SorterKit
import SwiftUI

/// The photo with its things outlined, numbered and filled with the pattern of their class.
struct PhotoView: View {
  let photo: UIImage
  let state: ResultState
  let tap: @MainActor (Point, Point) -> Void
  let select: @MainActor (Int?) -> Void
  @ScaledMetric private var badge = 28.0

  var body: some View {
    GeometryReader { geometry in
      let frame = PhotoFrame(photo: photo.size, view: geometry.size)
      ZStack(alignment: .topLeading) {
        Image(uiImage: photo)
          .resizable()
          .frame(width: frame.rect.width, height: frame.rect.height)
          .offset(x: frame.rect.minX, y: frame.rect.minY)
          .accessibilityLabel(words(.photo))
        Canvas { context, _ in
          var overlay = Overlay(context: context, frame: frame)
          overlay.draw(state, badge: badge)
        }
        .allowsHitTesting(false)
        .accessibilityHidden(true)
        elements(frame.marks(state, wording))
      }
      .contentShape(Rectangle())
      .onTapGesture { at in
        if let point = frame.photoPoint(at) { tap(point, frame.slack) }
      }
    }
  }

  /// What VoiceOver finds: one button for each thing, where it is, and a rotor over all of them.
  private func elements(_ marks: [Mark]) -> some View {
    ZStack(alignment: .topLeading) {
      ForEach(marks) { mark in
        Color.clear
          .frame(width: mark.rect.width, height: mark.rect.height)
          .offset(x: mark.rect.minX, y: mark.rect.minY)
          .accessibilityElement()
          .accessibilityLabel(mark.label)
          .accessibilityAddTraits(mark.isSelected ? [.isButton, .isSelected] : .isButton)
          .accessibilityAction { select(mark.id) }
          .id(mark.id)
      }
    }
    .allowsHitTesting(false)
    .accessibilityRotor(Text(words(.itemsRotor)), entries: marks, entryID: \.id, entryLabel: \.label)
  }
}
