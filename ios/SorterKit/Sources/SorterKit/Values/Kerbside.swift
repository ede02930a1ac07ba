import Foundation

/// Everything the screens know of the engine. `SorterEngine` implements it on the Rust library; view models and views
/// never see generated types.
public protocol Kerbside: Sendable {
  /// What each community wants done with what.
  var rules: any RuleBook { get }

  /// When it is collected.
  var schedule: any Schedule { get }

  /// The model packs on this phone.
  var packs: any PackStore { get }

  /// Opens a pack to sort photos with.
  func sorter(pack: String) async throws -> any Sorting
}

/// The folders the engine reads and writes.
public struct Folders: Hashable, Sendable {
  /// The rule packs, as `<country>/<community>/pack.json`; read only.
  public var rules: URL
  /// Where imported model packs are kept.
  public var packs: URL
  /// The pack that came with the app; read only, never removed.
  public var bundledPack: URL

  public init(rules: URL, packs: URL, bundledPack: URL) {
    (self.rules, self.packs, self.bundledPack) = (rules, packs, bundledPack)
  }
}

/// A photo on its way to the engine, which turns it upright.
public enum Photo: Hashable, Sendable {
  /// A JPEG, PNG or WebP file; its EXIF orientation counts.
  case encoded(Data)
  /// Four bytes a pixel, red first; `rotation` is how far to turn it clockwise: 0, 90, 180 or 270.
  case rgba(Data, width: Int, height: Int, stride: Int, rotation: Int)
}

/// One open model pack. Used by one photo at a time: a second look waits for the first.
///
/// Streams are cancelled with the task that reads them; the engine then stops within 200 ms. They end with
/// ``SortEvent/done(_:)`` or throw ``KerbsideError``.
public protocol Sorting: Sendable {
  var pack: PackInfo { get }

  /// Looks at a photo, outlines its items and says what is done with each at `place`. `now` is the community's wall clock.
  func analyze(_ photo: Photo, place: Place, now: DayTime) -> AsyncThrowingStream<SortEvent, any Error>

  /// Looks again at a square around a point of the same photo, where nothing is outlined, and merges what it finds into
  /// `known`. The result's first items are `known`, unless one was replaced by a better look.
  func lookAgain(_ photo: Photo, at point: Point, known: [Item], place: Place, now: DayTime)
    -> AsyncThrowingStream<SortEvent, any Error>

  /// The system is short of memory: drops what can be made again.
  func memoryWarning()

  /// Lets go of the pack. What is running is stopped.
  func close()
}

/// What becomes known while a photo is analysed, in this order. `item` counts from 0 within one look.
public enum SortEvent: Hashable, Sendable {
  /// A stage ended; for a progress line.
  case stage(SortStage)
  /// Where something is.
  case boxFound(item: Int, Box)
  /// What shape it has.
  case maskFound(item: Int, [Polygon])
  /// What it is; what is done with it is not known yet.
  case itemFound(item: Int, Item)
  /// What was reported of this item is void.
  case dropped(item: Int)
  /// Everything there is, also what was known before. From here on `item` is an index into it.
  case items([Item])
  /// What is done with one of them.
  case instructed(item: Int, seen: Seen, [Instruction])
  /// The last one.
  case done(Analysis)
}

public enum SortStage: String, Sendable {
  case preprocessed, vision, prefill
}

/// What can go wrong, few enough to have a sentence each on the screen. The text is the engine's own: which file, which
/// field.
public enum KerbsideError: Error, Hashable, Sendable {
  /// The photo cannot be decoded, or is larger than 64 megapixels.
  case badPhoto(String)
  /// The model pack or adapter is damaged, incomplete or made for another engine.
  case badPack(String)
  /// A community's rules cannot be read, or it is not there.
  case badRules(String)
  /// The calendar file cannot be read.
  case badCalendar(String)
  /// A file could not be read or written.
  case storage(String)
  /// There is not enough memory or space for it.
  case tooBig(String)
  /// A mistake in the engine itself; the app goes on.
  case `internal`(String)

  public var detail: String {
    switch self {
    case .badPhoto(let text), .badPack(let text), .badRules(let text), .badCalendar(let text),
      .storage(let text), .tooBig(let text), .internal(let text):
      text
    }
  }

  /// Any error as one of these; `nil` for a cancellation, which is none.
  public init?(_ error: any Error) {
    switch error {
    case is CancellationError: return nil
    case let error as KerbsideError: self = error
    case let error as CocoaError: self = .storage(error.localizedDescription)
    default: self = .internal(String(describing: error))
    }
  }
}
