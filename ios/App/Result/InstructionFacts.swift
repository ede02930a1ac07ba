import SorterKit
import SwiftUI

/// Everything an instruction says beyond where the thing goes.
struct InstructionFacts: View {
  let instruction: Instruction

  var body: some View {
    VStack(alignment: .leading, spacing: 14) {
      if !instruction.steps.isEmpty {
        FactRow(caption: .steps, symbol: "list.number") {
          ForEach(Array(instruction.steps.enumerated()), id: \.offset) { index, step in
            Text((instruction.steps.count > 1 ? "\(index + 1). " : "") + wording.standingAlone(step))
          }
        }
      }
      if let way = instruction.ways.first { WayFacts(way: way) }
      if let next = instruction.next { FactRow(.nextCollection, "calendar", wording.next(next)) }
      if !instruction.neverIn.isEmpty {
        FactRow(.neverIn, "exclamationmark.triangle", instruction.neverIn.joined(separator: ", "))
      }
      if let note = instruction.note { FactRow(.note, "info.circle", note) }
      if let day = instruction.changesOn { FactRow(.changesOn, "info.circle", wording.date(day)) }
      if instruction.ways.count > 1 { OtherWays(ways: Array(instruction.ways.dropFirst())) }
      if let contact = instruction.contact { ContactRow(contact: contact) }
    }
  }
}

/// How the recommended way goes.
private struct WayFacts: View {
  let way: Way

  var body: some View {
    if let container = way.container { FactRow(.container, "trash", container) }
    if let place = way.place { PlaceRow(place: place) }
    if !way.bags.isEmpty {
      FactRow(caption: .bag, symbol: "bag") {
        ForEach(way.bags, id: \.id) { BagText(bag: $0) }
      }
    }
    if let window = way.setOut.flatMap(wording.window) { FactRow(.setOut, "clock", window) }
    if let refund = way.refund { FactRow(.refund, "eurosign.arrow.circlepath", refund) }
    if let note = way.note { FactRow(.note, "info.circle", note) }
  }
}

/// A bag that has to be bought.
private struct BagText: View {
  let bag: Bag

  var body: some View {
    HStack(spacing: 8) {
      if let colour = bag.colour.flatMap({ Colour($0) }) {
        RoundedRectangle(cornerRadius: 4).fill(Color(colour)).frame(width: 16, height: 16).accessibilityHidden(true)
      }
      Text(bag.name)
    }
    if !bag.sizes.isEmpty { Soft(bag.sizes.map(wording.size).joined(separator: " · ")) }
    if let shops = bag.soldAt { Soft(words(.soldAt, shops)) }
    if let limits = bag.notValid { Soft(limits) }
  }
}

/// Where it is brought, and the way there in the map app.
private struct PlaceRow: View {
  let place: DropOff

  /// More addresses are only counted.
  private static let shown = 3

  var body: some View {
    FactRow(caption: .bringTo, symbol: "mappin.and.ellipse") {
      Text(wording.standingAlone(place.name))
      AddressRow(text: place.address, hours: place.openingHours, position: place.position)
      ForEach(place.sites.prefix(PlaceRow.shown), id: \.self) { site in
        AddressRow(text: site.name, hours: site.openingHours, position: site.position)
      }
      if place.sites.count > PlaceRow.shown {
        Soft(words(.moreSitesOne, .moreSitesOther, count: place.sites.count - PlaceRow.shown))
      }
      if let note = place.note { Soft(note) }
    }
  }
}

private struct AddressRow: View {
  let text: String?
  let hours: String?
  let position: Position?

  var body: some View {
    let said = [text, hours].compactMap { $0 }.joined(separator: " · ")
    if let url = position.flatMap(\.mapURL) {
      Link(destination: url) { Label(said.isEmpty ? words(.showOnMap) : said, systemImage: "map") }.font(.subheadline)
    } else if !said.isEmpty {
      Soft(said)
    }
  }
}

private struct OtherWays: View {
  let ways: [Way]

  var body: some View {
    FactRow(caption: .otherWays, symbol: "arrow.triangle.branch") {
      ForEach(Array(ways.enumerated()), id: \.offset) { _, way in
        Text(wording.inOneLine(way))
        if let note = way.note { Soft(note) }
      }
    }
  }
}

private struct ContactRow: View {
  let contact: Contact

  var body: some View {
    FactRow(caption: .askThem, symbol: "phone") {
      Text(contact.name)
      ForEach(contact.links, id: \.url) { link in
        Link(destination: link.url) { Label(link.text, systemImage: link.symbol) }.font(.subheadline)
      }
    }
  }
}
