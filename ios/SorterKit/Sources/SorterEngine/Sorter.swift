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
    look { try $0.analyze(photo, place, now, $1, $2) }
  }

  public nonisolated func lookAgain(
    _ photo: Photo, at point: SorterKit.Point, known: [SorterKit.Item], place: SorterKit.Place, now: DayTime
  ) -> AsyncThrowingStream<SortEvent, any Error> {
    look { try $0.lookAgain(photo, point, known, place, now, $1, $2) }
  }

  public nonisolated func memoryWarning() {
    ffi.onMemoryWarning()
  }

  public nonisolated func close() {
    // It waits for what runs to stop: not on the caller's thread.
    DispatchQueue.global(qos: .utility).async { [ffi] in ffi.shutDown() }
  }

  private typealias Look =
    @Sendable (isolated Sorter, CancelToken, any ProgressListener) throws -> KerbsideFFI.Analysis

  /// A look as a stream of what becomes known. Whoever stops listening stops the engine.
  private nonisolated func look(_ look: @escaping Look) -> AsyncThrowingStream<SortEvent, any Error> {
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
      let analysis = try translating { try look(self, cancel, Teller(events)) }
      events.yield(.done(try SorterKit.Analysis(analysis)))
      events.finish()
    } catch {
      events.finish(throwing: error)
    }
  }

  private func analyze(
    _ photo: Photo, _ place: SorterKit.Place, _ now: DayTime, _ cancel: CancelToken, _ listener: any ProgressListener
  ) throws -> KerbsideFFI.Analysis {
    last = nil
    try ffi.setPlace(rules: rules, place: KerbsideFFI.Place(place))
    let frame = try Frame.of(photo)
    let analysis = try ffi.analyze(
      frame: frame, date: now.day.description, now: now.description, cancel: cancel, listener: listener)
    last = (photo, place)
    return analysis
  }

  private func lookAgain(
    _ photo: Photo, _ point: SorterKit.Point, _ known: [SorterKit.Item], _ place: SorterKit.Place, _ now: DayTime,
    _ cancel: CancelToken, _ listener: any ProgressListener
  ) throws -> KerbsideFFI.Analysis {
    // After a restart the screen shows a photo that the engine does not know.
    if last?.photo != photo || last?.place != place {
      _ = try analyze(photo, place, now, cancel, Silence())
    }
    let at = KerbsideFFI.Point(x: Float(point.x), y: Float(point.y))
    return try ffi.lookAgain(at: at, seen: known.map(\.seen.json), cancel: cancel, listener: listener)
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
