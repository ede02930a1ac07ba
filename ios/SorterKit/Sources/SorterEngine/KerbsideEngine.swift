import Foundation
import KerbsideFFI
import SorterKit

/// The Rust library behind the screens.
public struct KerbsideEngine: Kerbside {
  private let book: EngineRules
  private let store: EnginePacks

  public var rules: any SorterKit.RuleBook { book }
  public var schedule: any SorterKit.Schedule { EngineSchedule(book: book.ffi) }
  public var packs: any SorterKit.PackStore { store }

  /// Reads which communities and packs there are.
  ///
  /// - Throws: `KerbsideError` if there are no rules, or the folder of packs cannot be written to.
  public init(folders: Folders) throws {
    book = try translating { EngineRules(ffi: try KerbsideFFI.RuleBook.open(folder: folders.rules.path)) }
    store = try translating {
      try FileManager.default.createDirectory(at: folders.packs, withIntermediateDirectories: true)
      let (library, bundled) = (folders.packs.path, folders.bundledPack.path)
      return EnginePacks(ffi: try KerbsideFFI.PackStore.open(library: library, bundled: bundled))
    }
  }

  public func sorter(pack: String) async throws -> any Sorting {
    let (store, rules) = (store.ffi, book.ffi)
    let options = SorterOptions(threads: Processor.bigCores, memory: nil)
    return try await blocking {
      Sorter(try KerbsideFFI.Sorter.open(store: store, pack: pack, options: options), rules: rules)
    }
  }
}

/// What to compute with.
enum Processor {
  /// How many cores are made for speed; 0, all of them, where the system does not say.
  static var bigCores: UInt32 {
    #if canImport(Darwin)
      var count: Int32 = 0
      var size = MemoryLayout<Int32>.size
      let known = sysctlbyname("hw.perflevel0.logicalcpu", &count, &size, nil, 0) == 0
      return known ? UInt32(max(0, count)) : 0
    #else
      return 0
    #endif
  }
}
