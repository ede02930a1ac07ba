import SorterKit
import SwiftUI

/// A symbol, what it is about, and what is to be known.
struct FactRow<Content: View>: View {
  let caption: Key
  let symbol: String
  @ViewBuilder var content: Content

  var body: some View {
    HStack(alignment: .top, spacing: 14) {
      Image(systemName: symbol).frame(width: 24).foregroundStyle(.secondary).accessibilityHidden(true)
      VStack(alignment: .leading, spacing: 2) {
        Text(words(caption)).font(.caption).foregroundStyle(.secondary)
        content
      }
      .frame(maxWidth: .infinity, alignment: .leading)
    }
    .accessibilityElement(children: .contain)
  }
}

extension FactRow where Content == Text {
  init(_ caption: Key, _ symbol: String, _ text: String) {
    self.init(caption: caption, symbol: symbol) { Text(text) }
  }
}

/// A line of softer words.
struct Soft: View {
  let text: String

  init(_ text: String) {
    self.text = text
  }

  var body: some View {
    Text(text).font(.subheadline).foregroundStyle(.secondary)
  }
}

/// A stream's pictogram on the colour of its bin.
struct BinIcon: View {
  let icon: String?
  var colour: String?
  @ScaledMetric private var side = 44.0

  var body: some View {
    let ground = colour.flatMap { Colour($0) }
    Image(systemName: icon.map(Icons.symbol) ?? "questionmark")
      .font(.title2)
      .foregroundStyle(ground.map { Color($0.ink) } ?? Color.accentColor)
      .frame(width: side, height: side)
      .background(ground.map { Color($0) } ?? Color.accentColor.opacity(0.15), in: RoundedRectangle(cornerRadius: 11))
      .overlay(RoundedRectangle(cornerRadius: 11).strokeBorder(Color.secondary.opacity(0.4)))
      .accessibilityHidden(true)
  }
}

extension Color {
  init(_ colour: Colour) {
    self.init(red: colour.red, green: colour.green, blue: colour.blue)
  }
}
