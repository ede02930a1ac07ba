import Foundation
import SorterKit
import Testing

@testable import SorterEngine

@Suite struct PacksTests {
  private let scratch: Real.Scratch
  private let engine: KerbsideEngine

  init() throws {
    scratch = try Real.Scratch()
    engine = try Real.engine(scratch)
  }

  @Test func theBundledPackIsListedWithItsSizes() async throws {
    let packs = try await engine.packs.list()
    let nano = try #require(packs.first)
    #expect(nano.isBundled)
    #expect(nano.problem == nil)
    #expect(nano.bytes > 20_000_000)
    #expect(nano.peakBytes > nano.bytes)
    #expect(nano.masks && !nano.random)
    #expect(nano.adapters.contains { $0.tasks.contains("segment") })
  }

  @Test func everyByteIsChecked() async throws {
    var steps: [ImportProgress] = []
    for try await step in engine.packs.verify(pack: PackInfo.bundled) { steps.append(step) }
    #expect(steps.count > 1)
    #expect(steps.last?.pack?.isBundled == true)
    let shares = steps.compactMap(\.share)
    #expect(shares == shares.sorted())

    let copy = try Real.copyOfPack(in: scratch)
    let weights = copy.appendingPathComponent("weights.safetensors")
    let file = try FileHandle(forUpdating: weights)
    try file.seek(toOffset: 5_000_000)
    try file.write(contentsOf: Data([1, 2, 3, 4]))
    try file.close()
    let spoilt = try Real.engine(scratch, bundled: copy)
    do {
      for try await _ in spoilt.packs.verify(pack: PackInfo.bundled) {}
      Issue.record("four bytes were changed")
    } catch KerbsideError.badPack(let words) {
      #expect(words.contains("weights.safetensors"))
    }
  }

  @Test func anImportedPackSortsAndCanBeRemoved() async throws {
    let archive = try Archive.of(Real.pack, in: scratch)
    var imported: PackInfo?
    for try await step in engine.packs.importArchive(archive, forPack: PackInfo.bundled) {
      imported = step.pack ?? imported
    }
    let pack = try #require(imported)
    #expect(!pack.isBundled)
    #expect(try await engine.packs.list().map(\.id) == [PackInfo.bundled, pack.id])
    let sorter = try await engine.sorter(pack: pack.id)
    let analysis = try await sorter.analyze(Real.photo(), place: Real.zurich, now: Real.now).all().analysis
    #expect(analysis?.items.first?.label == "glass")
    sorter.close()
    try await engine.packs.remove(pack: pack.id)
    #expect(try await engine.packs.list().count == 1)
    await #expect(throws: KerbsideError.self) { try await engine.sorter(pack: pack.id) }
    await #expect(throws: KerbsideError.self) { try await engine.packs.remove(pack: PackInfo.bundled) }
  }

  @Test func anImportThatIsStoppedLeavesNothing() async throws {
    let archive = try Archive.of(Real.pack, in: scratch)
    let packs = engine.packs
    let importing = Task {
      for try await step in packs.importArchive(archive, forPack: PackInfo.bundled) where step.doneBytes > 0 { return }
    }
    _ = await importing.result
    // The stream was left: the engine stops and clears away.
    let folder = scratch.url.appendingPathComponent("packs")
    let deadline = ContinuousClock.now + .seconds(20)
    while try await packs.list().count > 1 || !leftovers(folder).isEmpty, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(try await packs.list().map(\.id) == [PackInfo.bundled])
    #expect(leftovers(folder).isEmpty)
  }

  @Test func whatIsNoPackIsRefused() async throws {
    let file = scratch.url.appendingPathComponent("notes.zip")
    try Data("just some notes".utf8).write(to: file)
    await #expect(throws: KerbsideError.self) {
      for try await _ in engine.packs.importArchive(file, forPack: PackInfo.bundled) {}
    }
    let missing = scratch.url.appendingPathComponent("missing.zip")
    await #expect(throws: (any Error).self) {
      for try await _ in engine.packs.importArchive(missing, forPack: PackInfo.bundled) {}
    }
    #expect(try await engine.packs.list().count == 1)
  }

  private func leftovers(_ folder: URL) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path) }
      .filter { $0.contains("import") || $0.hasPrefix(".") || $0.hasPrefix("tmp") }
  }
}

/// ZIP archives, stored without compression: enough for a file that the engine reads.
enum Archive {
  static func of(_ folder: URL, in scratch: Real.Scratch) throws -> URL {
    var (body, directory) = (Data(), Data())
    let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }.sorted() ?? []
    var count: UInt16 = 0
    for name in files {
      let url = folder.appendingPathComponent(name)
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), !isFolder.boolValue else {
        continue
      }
      let bytes = try Data(contentsOf: url)
      let crc = checksum(bytes)
      let (size, path) = (UInt32(bytes.count), Data(name.utf8))
      let common =
        [UInt16(0), 0, 0, 33].little + crc.little + size.little + size.little
        + [UInt16(path.count), 0].little
      directory +=
        UInt32(0x0201_4B50).little + [UInt16(20), 20].little + common
        + [UInt16(0), 0, 0].little + UInt32(0).little + UInt32(body.count).little + path
      body += UInt32(0x0403_4B50).little + [UInt16(20)].little + common + path + bytes
      count += 1
    }
    let end =
      UInt32(0x0605_4B50).little + [UInt16(0), 0, count, count].little
      + UInt32(directory.count).little + UInt32(body.count).little + [UInt16(0)].little
    let file = scratch.url.appendingPathComponent("pack.zip")
    try (body + directory + end).write(to: file)
    return file
  }

  /// CRC-32 as ZIP has it (PKWARE APPNOTE 4.4.7).
  private static func checksum(_ data: Data) -> UInt32 {
    ~data.reduce(~UInt32(0)) { crc, byte in crc >> 8 ^ table[Int((crc ^ UInt32(byte)) & 0xFF)] }
  }

  private static let table = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
  }
}

extension UInt32 {
  fileprivate var little: Data { withUnsafeBytes(of: littleEndian) { Data($0) } }
}

extension [UInt16] {
  fileprivate var little: Data {
    reduce(into: Data()) { data, one in withUnsafeBytes(of: one.littleEndian) { data += $0 } }
  }
}
