import Foundation

/// What the result screen shows.
public struct ResultState: Hashable, Sendable {
  public var photo: Data?
  public var phase = Phase.done
  public var items: [Outlined] = []
  public var selected: Int?
  public var correction: Correction?
  /// Where a closer look found nothing.
  public var nothingAt: Point?
  public var highlights: [String] = []
  /// Grows with every thing that is found, if the person wants to feel it.
  public var pulses = 0

  public init(photo: Data? = nil, phase: Phase = .done) {
    (self.photo, self.phase) = (photo, phase)
  }

  /// How many are known by now.
  public var found: Int { items.count { $0.item != nil } }
}

/// How far the engine is with the photo.
public enum Phase: Hashable, Sendable {
  /// Before the first stage has ended, there is none.
  case looking(SortStage? = nil)
  /// A closer look around a finger.
  case again(Point)
  case done
  case failed(KerbsideError)

  public var isBusy: Bool {
    switch self {
    case .looking, .again: true
    case .done, .failed: false
    }
  }
}

/// Something that was found: first its box, then its shape, then what it is.
public struct Outlined: Hashable, Sendable {
  public var box: Box
  public var outline: [Polygon]
  public var item: Item?

  public init(box: Box, outline: [Polygon]? = nil, item: Item? = nil) {
    (self.box, self.outline, self.item) = (box, outline ?? box.corners, item)
  }

  public init(_ item: Item) {
    self.init(box: item.box, outline: item.outline, item: item)
  }

  /// How it is drawn.
  public var wasteClass: WasteClass { item?.wasteClass ?? .general }
}

/// "This is something else": the item it is about, what was typed, and what that may mean.
public struct Correction: Hashable, Sendable {
  public var item: Int
  public var query = ""
  public var hits: [ItemName] = []
}
