import Foundation

/// A model pack on this phone.
public struct PackInfo: Hashable, Sendable, Identifiable {
  /// Folder name in the store; `bundled` for the one that came with the app.
  public var id: String
  public var name: String
  public var version: String
  public var licence: String
  public var attribution: String
  /// Size on disk.
  public var bytes: Int64
  /// Most memory one photo needs, mapped weights included.
  public var peakBytes: Int64
  public var masks: Bool
  /// Its weights are random: what it says is noise.
  public var random: Bool
  /// What is wrong with it: it can only be removed. The rest says nothing then.
  public var problem: String?
  public var adapters: [AdapterInfo]

  public static let bundled = "bundled"

  public init(
    id: String, name: String, version: String, licence: String, attribution: String, bytes: Int64,
    peakBytes: Int64, masks: Bool = true, random: Bool = false, problem: String? = nil,
    adapters: [AdapterInfo] = []
  ) {
    self.id = id
    self.name = name
    self.version = version
    self.licence = licence
    self.attribution = attribution
    self.bytes = bytes
    self.peakBytes = peakBytes
    self.masks = masks
    self.random = random
    self.problem = problem
    self.adapters = adapters
  }

  public var isBundled: Bool { id == PackInfo.bundled }
}

/// A LoRA adapter of a pack. `tasks` names what it is used for; imported ones can be removed.
public struct AdapterInfo: Hashable, Sendable, Identifiable {
  public var id: String
  public var bytes: Int64
  public var tasks: [String]
  public var imported: Bool

  public init(id: String, bytes: Int64, tasks: [String], imported: Bool = false) {
    (self.id, self.bytes, self.tasks, self.imported) = (id, bytes, tasks, imported)
  }
}

/// How far an import or a check is. `pack` is there when it is done.
public struct ImportProgress: Hashable, Sendable {
  public var doneBytes: Int64
  public var totalBytes: Int64
  public var pack: PackInfo?

  public init(doneBytes: Int64, totalBytes: Int64, pack: PackInfo? = nil) {
    (self.doneBytes, self.totalBytes, self.pack) = (doneBytes, totalBytes, pack)
  }

  /// `0...1`; `nil` if nobody knows.
  public var share: Double? {
    totalBytes > 0 ? min(1, max(0, Double(doneBytes) / Double(totalBytes))) : nil
  }
}

/// The model packs on this phone.
public protocol PackStore: Sendable {
  /// The bundled pack first.
  func list() async throws -> [PackInfo]

  /// Imports a pack or an adapter from a ZIP archive, told apart by what is in it. Whatever goes wrong, the store is as
  /// it was before; so it is when the task that listens is cancelled. `forPack` is the pack an adapter is for.
  func importArchive(_ archive: URL, forPack: String) -> AsyncThrowingStream<ImportProgress, any Error>

  /// Reads every byte of a pack and compares the hashes.
  func verify(pack: String) -> AsyncThrowingStream<ImportProgress, any Error>

  /// Removes an imported pack. The bundled one stays.
  func remove(pack: String) async throws

  /// Removes an imported adapter.
  func removeAdapter(_ adapter: String, ofPack pack: String) async throws
}
