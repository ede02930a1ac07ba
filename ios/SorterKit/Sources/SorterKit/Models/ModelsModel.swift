import Foundation
import Observation

/// What the models screen shows.
public struct ModelsState: Hashable, Sendable {
  public var packs: [PackInfo] = []
  public var inUse = PackInfo.bundled
  public var work: Work?
  /// Packs of which every byte was found to be right.
  public var intact: Set<String> = []
  public var error: KerbsideError?
  public var loaded = false

  public init() {}
}

/// What is being done: `pack` is `nil` while something is imported. `share` is `0...1`, `nil` if nobody knows.
public struct Work: Hashable, Sendable {
  public var pack: String?
  public var share: Double?
}

@MainActor @Observable
public final class ModelsModel {
  public private(set) var state = ModelsState()
  private let here: Here
  private let sorters: Sorters
  @ObservationIgnored private var working: Task<Void, Never>?

  public init(here: Here, sorters: Sorters) {
    (self.here, self.sorters) = (here, sorters)
  }

  public func load() {
    _ = launch(failed) { try await self.list() }
  }

  public func use(_ pack: PackInfo) {
    here.settings.update { $0.pack = pack.id }
    state.inUse = pack.id
  }

  /// Imports a pack or adapter. Cancelled or failed, everything is as it was before. `ended` hears when the file is no
  /// longer needed.
  public func importArchive(_ archive: URL, ended: @escaping @MainActor () -> Void) {
    guard state.work == nil else { return ended() }
    work(on: nil) {
      defer { ended() }
      let packs = self.here.engine.packs
      try await self.follow(nil, packs.importArchive(archive, forPack: self.state.inUse))
      // An adapter counts for a pack that may be open.
      await self.sorters.close()
    }
  }

  public func verify(_ pack: PackInfo) {
    work(on: pack.id) {
      self.state.intact.remove(pack.id)
      try await self.follow(pack.id, self.here.engine.packs.verify(pack: pack.id))
      self.state.intact.insert(pack.id)
    }
  }

  public func remove(_ pack: PackInfo) {
    work(on: pack.id) {
      await self.sorters.close()
      try await self.here.engine.packs.remove(pack: pack.id)
      if self.here.settings.settings.pack == pack.id {
        self.here.settings.update { $0.pack = PackInfo.bundled }
      }
    }
  }

  public func removeAdapter(_ adapter: AdapterInfo, of pack: PackInfo) {
    work(on: pack.id) {
      await self.sorters.close()
      try await self.here.engine.packs.removeAdapter(adapter.id, ofPack: pack.id)
    }
  }

  public func cancel() {
    working?.cancel()
  }

  /// A file that the system could not hand over.
  public func fileFailed(_ error: any Error) {
    KerbsideError(error).map(failed)
  }

  public func dismissError() {
    state.error = nil
  }

  private func work(on pack: String?, _ work: @escaping @MainActor () async throws -> Void) {
    guard state.work == nil else { return }
    state.work = Work(pack: pack)
    state.error = nil
    working = launch(failed) {
      // Also when it was cancelled: whatever then stands there is what there is.
      defer { self.state.work = nil }
      try await work()
      try await self.list()
    }
  }

  private func follow(_ pack: String?, _ progress: AsyncThrowingStream<ImportProgress, any Error>) async throws {
    for try await step in progress { state.work = Work(pack: pack, share: step.share) }
    // A stream that was cancelled just ends.
    try Task.checkCancellation()
  }

  private func list() async throws {
    state.packs = try await here.engine.packs.list()
    state.inUse = here.settings.settings.pack
    state.loaded = true
  }

  private func failed(_ error: KerbsideError) {
    state.error = error
    state.work = nil
    state.loaded = true
  }
}
