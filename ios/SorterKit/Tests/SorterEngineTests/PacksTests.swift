import Foundation
import SorterKit
import Testing

import protocol KerbsideFFI.ByteSource

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
    let archive = HeldArchive(try Data(contentsOf: Archive.of(Real.pack, in: scratch)))
    let packs = try #require(engine.packs as? EnginePacks)
    let importing = Task {
      for try await _ in packs.importing(forPack: PackInfo.bundled, { (archive, archive.size) }) {}
    }
    let folder = scratch.url.appendingPathComponent("packs")
    try await until("the import has begun") { !leftovers(folder).isEmpty }
    importing.cancel()
    _ = await importing.result
    archive.goOn()
    try await until("everything is cleared away") { leftovers(folder).isEmpty }
    #expect(try await packs.list().map(\.id) == [PackInfo.bundled])
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

  /// Waits until something is so: two minutes at most.
  private func until(_ what: Comment, _ condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while !condition(), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(20)) }
    #expect(condition(), what)
  }

  /// What is in the store's folder beside the lock that keeps two imports apart.
  private func leftovers(_ folder: URL) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0 != ".import.lock" }
  }
}

/// An archive whose second half waits until it is told to come: however slowly the test runs, the import is not over.
/// Safe to share because only the thread that imports reads it.
private final class HeldArchive: ByteSource, @unchecked Sendable {
  let size: UInt64
  private var rest: Data
  private let gate = DispatchSemaphore(value: 0)

  init(_ archive: Data) {
    (rest, size) = (archive, UInt64(archive.count))
  }

  func goOn() { gate.signal() }

  func read(most: UInt32) throws -> Data {
    let held = UInt64(rest.count) < size / 2
    if held {
      gate.wait()
      gate.signal()
    }
    let piece = Data(rest.prefix(Int(most)))
    rest = rest.dropFirst(piece.count)
    return piece
  }
}

/// ZIP archives, stored without compression: enough for a file that the engine reads.
enum Archive {
  static func of(_ folder: URL, in scratch: Real.Scratch) throws -> URL {
    var (body, directory) = (Bytes(), Bytes())
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }.sorted() ?? []
    var count: UInt16 = 0
    for name in names {
      let url = folder.appendingPathComponent(name)
      let kind = try FileManager.default.attributesOfItem(atPath: url.path)[.type] as? FileAttributeType
      guard kind == .typeRegular else { continue }
      let bytes = try Data(contentsOf: url)
      let header = common(name, bytes)
      directory.add(UInt32(0x0201_4B50), UInt16(20), UInt16(20))
      directory.data += header.data
      directory.add(UInt16(0), UInt16(0), UInt16(0), UInt32(0), UInt32(body.data.count))
      directory.data += Data(name.utf8)
      body.add(UInt32(0x0403_4B50), UInt16(20))
      body.data += header.data + Data(name.utf8) + bytes
      count += 1
    }
    var end = Bytes()
    end.add(UInt32(0x0605_4B50), UInt16(0), UInt16(0), count, count)
    end.add(UInt32(directory.data.count), UInt32(body.data.count), UInt16(0))
    let file = scratch.url.appendingPathComponent("pack.zip")
    try (body.data + directory.data + end.data).write(to: file)
    return file
  }

  /// What both headers of a file say alike.
  private static func common(_ name: String, _ bytes: Data) -> Bytes {
    var header = Bytes()
    let size = UInt32(bytes.count)
    header.add(UInt16(0), UInt16(0), UInt16(0), UInt16(33), checksum(bytes), size, size)
    header.add(UInt16(name.utf8.count), UInt16(0))
    return header
  }

  /// CRC-32 as ZIP has it (PKWARE APPNOTE 4.4.7).
  private static func checksum(_ data: Data) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in data {
      let index = Int((crc ^ UInt32(byte)) & 0xFF)
      crc = (crc >> 8) ^ table[index]
    }
    return ~crc
  }

  private static let table: [UInt32] = (0..<256).map { index in
    var crc = UInt32(index)
    for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
    return crc
  }
}

/// Numbers written one after the other, least byte first.
private struct Bytes {
  var data = Data()

  mutating func add(_ numbers: any FixedWidthInteger...) {
    for number in numbers { append(number) }
  }

  private mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.littleEndian) { data.append(contentsOf: $0) }
  }
}
