import Foundation

/// The open model pack: opened when the first photo comes, kept for the next ones, changed with the settings.
@MainActor
public final class Sorters {
  private let here: Here
  private let wording: Wording
  /// Bytes the system would still give this process; `nil` where it does not say.
  private let freeMemory: @MainActor () -> Int64?
  private var open: (pack: String, opening: Task<any Sorting, any Error>)?

  init(here: Here, wording: Wording, freeMemory: @escaping @MainActor () -> Int64?) {
    self.here = here
    self.wording = wording
    self.freeMemory = freeMemory
  }

  func get() async throws -> any Sorting {
    let pack = here.settings.settings.pack
    if let open, open.pack == pack { return try await open.opening.value }
    await close()
    let opening = Task { [here] in
      try await self.checkMemory(pack)
      return try await here.engine.sorter(pack: pack)
    }
    open = (pack, opening)
    do {
      return try await opening.value
    } catch {
      // The next photo tries again.
      if open?.opening == opening { open = nil }
      throw error
    }
  }

  /// Before a pack is changed or removed.
  func close() async {
    guard let closing = open else { return }
    open = nil
    (try? await closing.opening.value)?.close()
  }

  public func memoryWarning() {
    guard let open else { return }
    Task { (try? await open.opening.value)?.memoryWarning() }
  }

  /// A pack that needs more than there is would get the app killed. The bundled one is made to fit.
  private func checkMemory(_ id: String) async throws {
    guard let free = freeMemory(), id != PackInfo.bundled,
      let pack = try await here.engine.packs.list().first(where: { $0.id == id }), pack.peakBytes > free
    else { return }
    let (needed, there) = (wording.bytes(pack.peakBytes), wording.bytes(free))
    throw KerbsideError.tooBig(wording.words(.modelTooBig, needed, there))
  }
}
