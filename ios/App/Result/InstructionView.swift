import SorterKit
import SwiftUI

/// What is done with one thing and its parts, from "where" down to "says who".
struct InstructionView: View {
  let instructions: [Instruction]
  let answer: @MainActor (Answer) -> Void

  var body: some View {
    VStack(alignment: .leading, spacing: 16) {
      if let whole = instructions.first {
        if let question = whole.question { QuestionView(question: question, answer: answer) }
        if whole.verdict != .ask { Destination(instruction: whole) }
        InstructionFacts(instruction: whole)
        if let foreign = wording.foreign(whole.language) { Text(foreign).font(.caption) }
        if let source = whole.source { SourceLink(source: source) }
      }
      if instructions.count > 1 {
        Text(words(.parts)).font(.headline)
        ForEach(Array(instructions.dropFirst().enumerated()), id: \.offset) { _, part in
          PartView(part: part, answer: answer)
        }
      }
    }
  }
}

/// The one question, and a button for each answer.
private struct QuestionView: View {
  let question: Question
  let answer: @MainActor (Answer) -> Void

  var body: some View {
    VStack(alignment: .leading, spacing: 8) {
      Text(question.text).font(.headline)
      ForEach(question.answers, id: \.self) { one in
        Button(one.text) { answer(one) }.buttonStyle(.bordered)
      }
    }
  }
}

/// The bin in its colour, and what to do with it in a few words.
private struct Destination: View {
  let instruction: Instruction

  var body: some View {
    HStack(spacing: 14) {
      BinIcon(icon: instruction.stream?.icon, colour: instruction.ways.first?.colour)
      VStack(alignment: .leading, spacing: 2) {
        Text(instruction.stream?.name ?? wording.verdict(instruction.verdict)).font(.headline)
        if let below { Soft(below) }
      }
    }
    .accessibilityElement(children: .combine)
  }

  private var below: String? {
    instruction.stream == nil ? instruction.why.map(wording.why) : wording.verdict(instruction.verdict)
  }
}

/// Something to take off, on a card of its own.
private struct PartView: View {
  let part: Instruction
  let answer: @MainActor (Answer) -> Void

  var body: some View {
    VStack(alignment: .leading, spacing: 12) {
      HStack(spacing: 12) {
        BinIcon(icon: part.stream?.icon, colour: part.ways.first?.colour)
        VStack(alignment: .leading, spacing: 2) {
          Text(part.label).font(.headline)
          Soft(wording.destination(part))
        }
      }
      .accessibilityElement(children: .combine)
      if let question = part.question { QuestionView(question: question, answer: answer) }
      InstructionFacts(instruction: part)
    }
    .padding(14)
    .frame(maxWidth: .infinity, alignment: .leading)
    .background(Color.accentColor.opacity(0.08), in: RoundedRectangle(cornerRadius: 16))
  }
}

/// Where it is written; opens the page.
private struct SourceLink: View {
  let source: Source

  var body: some View {
    let text = wording.source(source)
    if let url = URL(string: source.url) {
      Link(destination: url) {
        Label(text, systemImage: source.verified == nil ? "book" : "checkmark.seal").font(.caption)
      }
      .accessibilityLabel(words(.sourceSays, text))
    } else {
      Text(text).font(.caption)
    }
  }
}
