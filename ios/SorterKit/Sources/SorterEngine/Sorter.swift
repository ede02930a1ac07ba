import Dispatch
import KerbsideFFI
import SorterKit

/// One open model. One photo at a time: a second look waits for the first.
public actor Sorter: Sorting {
  public nonisolated let pack: SorterKit.PackInfo
  private nonisolated let ffi: KerbsideFFI.Sorter
  private nonisolated let executor = QueueExecutor("app.kerbside.sorter")
  private let rules: KerbsideFFI.RuleBook
  /// What the engine remembers, and can look at again.
  private var last: (photo: Photo, place: SorterKit.Place)?

  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(_ ffi: KerbsideFFI.Sorter, rules: KerbsideFFI.RuleBook) {
    self.ffi = ffi
    self.rules = rules
    pack = SorterKit.PackInfo(ffi.pack())
  }

  public nonisolated func analyze(
    _ photo: Photo, place: SorterKit.Place, now: DayTime
  ) -> AsyncThrowingStream<SortEvent, any Error> {
    events(Look(photo: photo, place: place, now: now))
  }

  public nonisolated func lookAgain(
    _ photo: Photo, at point: SorterKit.Point, known: [SorterKit.Item], place: SorterKit.Place, now: DayTime
  ) -> AsyncThrowingStream<SortEvent, any Error> {
    events(Look(photo: photo, place: place, now: now, again: (point, known)))
  }

  public nonisolated func memoryWarning() {
    ffi.onMemoryWarning()
  }

  public nonisolated func close() {
    // It waits for what runs to stop: not on the caller's thread.
    DispatchQueue.global(qos: .utility).async { [ffi] in ffi.shutDown() }
  }

  /// What is asked of the engine: the whole photo, or a closer look where nothing is outlined.
  private struct Look: Sendable {
    var photo: Photo
    var place: SorterKit.Place
    var now: DayTime
    var again: (at: SorterKit.Point, known: [SorterKit.Item])?
  }

  /// A look as a stream of what becomes known. Whoever stops listening stops the engine.
  private nonisolated func events(_ look: Look) -> AsyncThrowingStream<SortEvent, any Error> {
    AsyncThrowingStream { continuation in
      let cancel = CancelToken()
      continuation.onTermination = { _ in cancel.cancel() }
      Task { await self.run(look, cancel, continuation) }
    }
  }

  private func run(
    _ look: Look, _ cancel: CancelToken, _ events: AsyncThrowingStream<SortEvent, any Error>.Continuation
  ) {
    do {
      let analysis = try translating { try run(look, cancel, Teller(events)) }
      events.yield(.done(try SorterKit.Analysis(analysis)))
      events.finish()
    } catch {
      events.finish(throwing: error)
    }
  }

  private func run(
    _ look: Look, _ cancel: CancelToken, _ listener: any ProgressListener
  ) throws -> KerbsideFFI.Analysis {
    guard let (point, known) = look.again else { return try analyze(look, cancel, listener) }
    // After a restart the screen shows a photo that the engine does not know.
    if last?.photo != look.photo || last?.place != look.place {
      _ = try analyze(look, cancel, Silence())
    }
    let at = KerbsideFFI.Point(x: Float(point.x), y: Float(point.y))
    return try ffi.lookAgain(at: at, seen: known.map(\.seen.json), cancel: cancel, listener: listener)
  }

  private func analyze(
    _ look: Look, _ cancel: CancelToken, _ listener: any ProgressListener
  ) throws -> KerbsideFFI.Analysis {
    last = nil
    try ffi.setPlace(rules: rules, place: KerbsideFFI.Place(look.place))
    let analysis = try ffi.analyze(
      frame: try Frame.of(look.photo), date: look.now.day.description, now: look.now.description, cancel: cancel,
      listener: listener)
    last = (look.photo, look.place)
    return analysis
  }
}

/// Hands on what becomes known.
private final class Teller: ProgressListener {
  private let events: AsyncThrowingStream<SortEvent, any Error>.Continuation

  init(_ events: AsyncThrowingStream<SortEvent, any Error>.Continuation) {
    self.events = events
  }

  func onEvent(event: AnalysisEvent) throws {
    do {
      if let event = try SortEvent(event) { events.yield(event) }
    } catch {
      throw CallbackError.Failed(reason: "\(error)")
    }
  }
}

/// Hands on nothing: for what the person has seen before.
private final class Silence: ProgressListener {
  func onEvent(event: AnalysisEvent) {}
}
