import Dispatch
import Foundation
import KerbsideFFI
import SorterKit

/// The model packs on this phone.
struct EnginePacks: SorterKit.PackStore {
  typealias Progress = AsyncThrowingStream<ImportProgress, any Error>

  let ffi: KerbsideFFI.PackStore

  func list() async throws -> [SorterKit.PackInfo] {
    try await blocking { [ffi] in try ffi.list().map(SorterKit.PackInfo.init) }
  }

  func importArchive(_ archive: URL, forPack: String) -> Progress {
    importing(forPack: forPack) {
      let file = try ArchiveFile(archive)
      return (file, file.bytes)
    }
  }

  /// Imports what `open` opens: where an archive's bytes come from, and how many there are.
  func importing(forPack: String, _ open: @escaping @Sendable () throws -> (any ByteSource, UInt64)) -> Progress {
    work { [ffi] cancel, listener in
      let (source, total) = try open()
      let pack = try ffi.import(source: source, total: total, forPack: forPack, cancel: cancel, listener: listener)
      return SorterKit.PackInfo(pack)
    }
  }

  func verify(pack: String) -> Progress {
    work { [ffi] cancel, listener in
      try ffi.verify(id: pack, cancel: cancel, listener: listener)
      return try ffi.list().first { $0.id == pack }.map(SorterKit.PackInfo.init)
    }
  }

  func remove(pack: String) async throws {
    try await blocking { [ffi] in try ffi.remove(id: pack) }
  }

  func removeAdapter(_ adapter: String, ofPack pack: String) async throws {
    try await blocking { [ffi] in try ffi.removeAdapter(pack: pack, adapter: adapter) }
  }

  private typealias Work = @Sendable (CancelToken, any ByteListener) throws -> SorterKit.PackInfo?

  /// Long work as a stream of how far it is. Whoever stops listening stops it.
  private func work(_ work: @escaping Work) -> Progress {
    Progress { steps in
      let cancel = CancelToken()
      steps.onTermination = { _ in cancel.cancel() }
      DispatchQueue.global(qos: .userInitiated).async {
        do {
          let counter = ByteCounter(steps)
          let pack = try translating { try work(cancel, counter) }
          steps.yield(ImportProgress(doneBytes: 1, totalBytes: 1, pack: pack))
          steps.finish()
        } catch {
          steps.finish(throwing: error)
        }
      }
    }
  }
}

/// Hands on how far the work is.
private final class ByteCounter: ByteListener {
  private let steps: EnginePacks.Progress.Continuation

  init(_ steps: EnginePacks.Progress.Continuation) {
    self.steps = steps
  }

  func onBytes(done: UInt64, total: UInt64) {
    steps.yield(ImportProgress(doneBytes: Int64(clamping: done), totalBytes: Int64(clamping: total)))
  }
}

/// A file the engine asks for piece by piece. Safe to share because only the thread that imports reads it.
private final class ArchiveFile: ByteSource, @unchecked Sendable {
  let bytes: UInt64
  private let file: FileHandle

  init(_ url: URL) throws {
    file = try FileHandle(forReadingFrom: url)
    bytes = try file.seekToEnd()
    try file.seek(toOffset: 0)
  }

  func read(most: UInt32) throws -> Data {
    do {
      return try file.read(upToCount: Int(most)) ?? Data()
    } catch {
      throw CallbackError.Failed(reason: error.localizedDescription)
    }
  }
}
