import Foundation
import Observation

/// One photo: looking at it, and everything a person can do with what was found.
@MainActor @Observable
public final class ResultModel {
  public private(set) var state = ResultState()
  private let here: Here
  private let sorters: Sorters
  private let saved: SavedSort
  @ObservationIgnored private var place: Place?
  @ObservationIgnored private var looking: Task<Void, Never>?
  @ObservationIgnored private var searching: Task<Void, Never>?
  /// Whether a look was broken off because the app left the screen.
  @ObservationIgnored private var isInterrupted = false

  public init(here: Here, sorters: Sorters, saved: SavedSort) {
    (self.here, self.sorters, self.saved) = (here, sorters, saved)
    place = here.place
    here.settings.onChange { [weak self] in self?.placeMayHaveChanged() }
  }

  // MARK: Looking

  /// Looks at a new photo.
  public func sort(_ photo: Data) {
    state = ResultState(photo: photo, phase: .looking())
    start {
      try? self.saved.keep(photo: photo)
      try await self.look(photo)
    }
  }

  /// Shows the last photo again after the process has ended; looks at it again if it had not come to an end.
  public func restore() {
    guard state.photo == nil, let photo = saved.photo() else { return }
    state = ResultState(photo: photo, phase: .looking())
    start {
      guard let items = self.saved.items() else { return try await self.look(photo) }
      self.finish(try await self.resolved(items))
    }
  }

  public func retry() {
    guard let photo = state.photo else { return }
    let pulses = state.pulses
    state = ResultState(photo: photo, phase: .looking())
    state.pulses = pulses
    start { try await self.look(photo) }
  }

  /// Stops looking; what was found so far stays.
  public func cancel() {
    looking?.cancel()
    state.phase = .done
    state.items.removeAll { $0.item == nil }
  }

  public func close() {
    looking?.cancel()
    state = ResultState()
    saved.clear()
  }

  /// The app leaves the screen: nothing is computed in the background.
  public func enterBackground() {
    guard state.phase.isBusy else { return }
    isInterrupted = true
    looking?.cancel()
  }

  /// The app is back: a look that was broken off starts again.
  public func enterForeground() {
    guard isInterrupted else { return }
    isInterrupted = false
    switch state.phase {
    case .looking: retry()
    case .again(let point): lookAgain(at: point)
    case .done, .failed: break
    }
  }

  public func lookAgain(at point: Point) {
    guard let photo = state.photo else { return }
    let known = state.items.compactMap(\.item)
    state.phase = .again(point)
    state.nothingAt = nil
    start {
      let (place, now) = (try self.placeOrThrow(), try await self.here.now())
      let sorter = try await self.sorters.get()
      let events = sorter.lookAgain(.encoded(photo), at: point, known: known, place: place, now: now)
      try await self.follow(events, known: known, around: point)
    }
  }

  private func look(_ photo: Data) async throws {
    let (place, now) = (try placeOrThrow(), try await here.now())
    let events = try await sorters.get().analyze(.encoded(photo), place: place, now: now)
    try await follow(events, known: [], around: nil)
  }

  /// Shows what becomes known behind what is `known`; `around` is the finger of a closer look.
  private func follow(_ events: AsyncThrowingStream<SortEvent, any Error>, known: [Item], around: Point?) async throws {
    var before = known.map(Outlined.init)
    var found: [Int: Outlined] = [:]
    for try await event in events {
      try Task.checkCancellation()
      switch event {
      case .stage(let stage):
        if case .looking = state.phase { state.phase = .looking(stage) }
      case .boxFound(let index, let box): found[index] = Outlined(box: box)
      case .maskFound(let index, let outline): found[index]?.outline = outline
      case .itemFound(let index, let item):
        found[index] = Outlined(item)
        if here.settings.settings.haptics { state.pulses += 1 }
      case .dropped(let index): found[index] = nil
      case .items(let items):
        before = []
        found = Dictionary(uniqueKeysWithValues: items.map(Outlined.init).enumerated().map { ($0, $1) })
      case .instructed(let index, let seen, let instructions):
        found[index]?.item?.seen = seen
        found[index]?.item?.instructions = instructions
      case .done(let analysis): return finish(analysis, after: known, around: around)
      }
      state.items = before + found.sorted { $0.key < $1.key }.map(\.value)
    }
    // A stream that was cancelled ends without its last event.
    try Task.checkCancellation()
    throw KerbsideError.internal("the engine stopped before the end")
  }

  private func finish(_ analysis: Analysis, after known: [Item], around: Point?) {
    let grew = analysis.items.count > known.count
    let selected = around == nil ? 0 : grew ? analysis.items.count - 1 : state.selected
    finish(analysis.items, selected: selected, nothingAt: grew ? nil : around)
    if around == nil { state.highlights = analysis.highlights.map(\.text) }
  }

  private func finish(_ items: [Item], selected: Int? = 0, nothingAt: Point? = nil) {
    state.phase = .done
    state.items = items.map(Outlined.init)
    state.selected = selected.flatMap { items.indices.contains($0) ? $0 : nil }
    state.nothingAt = nothingAt
    keep()
  }

  private func start(_ work: @escaping @MainActor () async throws -> Void) {
    looking?.cancel()
    isInterrupted = false
    looking = launch({ self.state.phase = .failed($0) }, work)
  }

  // MARK: What was found

  public func select(_ index: Int?) {
    state.selected = index
    state.nothingAt = nil
  }

  /// A finger on the photo: selects what lies there, or looks again around it.
  public func tap(at point: Point, slack: Point) {
    if let hit = HitTest.find(state.items, at: point, slack: slack) {
      select(hit)
    } else if state.phase == .done {
      lookAgain(at: point)
    }
  }

  /// An answer to the question on an item's card.
  public func answer(_ index: Int, _ answer: Answer) {
    if case .zone(let zone) = answer.fact {
      here.settings.update { $0.addZone(zone) }
    } else {
      add(index, answer.fact)
    }
  }

  public func startCorrection(_ index: Int) {
    state.correction = Correction(item: index)
    state.selected = index
    search("")
  }

  public func search(_ query: String) {
    state.correction?.query = query
    searching?.cancel()
    searching = launch(failed) {
      let place = try self.placeOrThrow()
      let rules = self.here.engine.rules
      let hits =
        query.isBlank
        ? try await rules.directory(place: place).flatMap(\.items)
        : try await rules.search(query: query, place: place)
      try Task.checkCancellation()
      self.state.correction?.hits = hits
    }
  }

  public func correct(to item: ItemName) {
    guard let index = state.correction?.item else { return }
    state.correction = nil
    add(index, .isItem(item.id))
  }

  public func stopCorrection() {
    state.correction = nil
  }

  private func add(_ index: Int, _ fact: Fact) {
    _ = launch(failed) {
      guard self.state.items.indices.contains(index), var item = self.state.items[index].item else { return }
      item.seen = try await self.here.engine.rules.answered(seen: item.seen, fact: fact)
      item = try await self.resolved([item])[0]
      guard self.state.items.indices.contains(index) else { return }
      self.state.items[index] = Outlined(item)
      self.keep()
    }
  }

  /// Another place: the same things, and what is done with them there.
  private func placeMayHaveChanged() {
    guard here.place != place else { return }
    place = here.place
    let items = state.items.compactMap(\.item)
    guard state.phase == .done, place != nil, !items.isEmpty else { return }
    _ = launch(failed) {
      let fresh = try await self.resolved(items)
      guard self.state.items.compactMap(\.item) == items else { return }
      self.state.items = fresh.map(Outlined.init)
    }
  }

  private func resolved(_ items: [Item]) async throws -> [Item] {
    let (place, today) = (try placeOrThrow(), try await here.today())
    var resolved = items
    for index in resolved.indices {
      let seen = resolved[index].seen
      resolved[index].instructions = try await here.engine.rules.instructions(seen: seen, place: place, date: today)
    }
    return resolved
  }

  private func placeOrThrow() throws -> Place {
    guard let place = here.place else { throw KerbsideError.badRules("no place") }
    return place
  }

  private func keep() {
    try? saved.keep(items: state.items.compactMap(\.item))
  }

  private func failed(_ error: KerbsideError) {
    state.phase = .failed(error)
  }
}

extension String {
  var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
