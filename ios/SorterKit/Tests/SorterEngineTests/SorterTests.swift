import Foundation
import SorterKit
import Testing

@testable import SorterEngine

@Suite struct SorterTests {
  private let scratch: Real.Scratch
  private let engine: KerbsideEngine

  init() throws {
    scratch = try Real.Scratch()
    engine = try Real.engine(scratch)
  }

  @Test func theExamplePhotographIsSorted() async throws {
    let sorter = try await engine.sorter(pack: PackInfo.bundled)
    let (events, end) = try await sorter.analyze(Real.photo(), place: Real.zurich, now: Real.now).all()
    let analysis = try #require(end)
    let glass = try #require(analysis.items.first)
    #expect(glass.label == "glass")
    #expect(abs(glass.box.left - 0.378) < 0.1)
    #expect(abs(glass.box.bottom - 0.793) < 0.1)
    #expect(HitTest.contains(glass.outline, glass.box.middle))
    #expect(glass.alpha?.count == 64 * 64)
    #expect(!glass.seen.json.isEmpty)
    let told = try #require(glass.instructions.first)
    #expect(told.language == "en")
    #expect(!told.sentence.isEmpty)
    #expect(analysis.json.contains(#""label":"glass""#))

    // Each thing became known piece by piece, in this order. A thing whose name a second look has made surer is told once more.
    let pieces = events.compactMap { event -> String? in
      switch event {
      case .stage(let stage): stage.rawValue
      case .boxFound(item: 0, _): "box"
      case .maskFound(item: 0, _): "mask"
      case .itemFound(item: 0, _): "item"
      case .items: "items"
      case .instructed(item: 0, _, _): "instruction"
      case .done: "done"
      default: nil
      }
    }
    let order = zip([""] + pieces, pieces).filter { $0 != $1 || $1 != "item" }.map(\.1)
    let stages = ["preprocessed", "vision", "prefill", "box", "mask", "item", "items", "instruction", "done"]
    #expect(order == stages)
    sorter.close()
  }

  @Test func pixelsAreSortedAsTheFileIs() async throws {
    let sorter = try await engine.sorter(pack: PackInfo.bundled)
    let grey = Data(repeating: 128, count: 64 * 48 * 4)
    let photo = Photo.rgba(grey, width: 64, height: 48, stride: 64 * 4, rotation: 90)
    let analysis = try await sorter.analyze(photo, place: Real.zurich, now: Real.now).all().analysis
    #expect(analysis?.width == 48)
    #expect(analysis?.height == 64)
  }

  @Test func aPhotoThatIsNoneIsRefused() async throws {
    let sorter = try await engine.sorter(pack: PackInfo.bundled)
    await #expect(throws: KerbsideError.self) {
      try await sorter.analyze(.encoded(Data("no photo".utf8)), place: Real.zurich, now: Real.now).all()
    }
    let next = try await sorter.analyze(Real.photo(), place: Real.zurich, now: Real.now).all().analysis
    #expect(next?.items.count == 1)
  }

  @Test func aPlaceThatIsNotThereIsAnErrorOfTheRules() async throws {
    let sorter = try await engine.sorter(pack: PackInfo.bundled)
    do {
      _ = try await sorter.analyze(Real.photo(), place: Place(community: "atlantis"), now: Real.now).all()
      Issue.record("there is no atlantis")
    } catch KerbsideError.badRules(let words) {
      #expect(words.contains("atlantis"))
    }
  }

  @Test(arguments: ["vision", "box"])
  func whoStopsListeningStopsTheEngine(at stop: String) async throws {
    let sorter = try await engine.sorter(pack: PackInfo.bundled)
    let photo = try Real.photo()
    let heard = Heard()
    let listening = Task {
      for try await event in sorter.analyze(photo, place: Real.zurich, now: Real.now) { await heard.add(event) }
    }
    try await heard.wait(for: stop)
    listening.cancel()
    let start = ContinuousClock.now
    _ = await listening.result
    // The next photo is not kept waiting: the actor is free as soon as the engine has stopped.
    await sorter.settled()
    #expect(ContinuousClock.now - start < .seconds(2))
    #expect(await !heard.isDone)
    let next = try await sorter.analyze(photo, place: Real.zurich, now: Real.now).all().analysis
    #expect(next?.items.count == 1)
  }

  @Test func twoPhotosAtOnceAreSortedOneAfterTheOther() async throws {
    let sorter = try await engine.sorter(pack: PackInfo.bundled)
    let photo = try Real.photo()
    let here = Place(community: "shibuya", language: "ja")
    async let one = sorter.analyze(photo, place: Real.zurich, now: Real.now).all().analysis
    async let other = sorter.analyze(photo, place: here, now: Real.now).all().analysis
    let (zurich, shibuya) = try await (one, other)
    #expect(zurich?.items.map(\.box) == shibuya?.items.map(\.box))
    #expect(zurich?.items.first?.instructions.first?.language == "en")
    #expect(shibuya?.items.first?.instructions.first?.language == "ja")
  }

  @Test func aCloserLookKeepsWhatIsKnown() async throws {
    let sorter = try await engine.sorter(pack: PackInfo.bundled)
    let photo = try Real.photo()
    let first = try #require(try await sorter.analyze(photo, place: Real.zurich, now: Real.now).all().analysis)
    let at = Point(x: 0.1, y: 0.1)
    let again = try await sorter.lookAgain(photo, at: at, known: first.items, place: Real.zurich, now: Real.now).all()
    #expect(again.analysis?.items.first?.label == first.items[0].label)

    // A sorter that has never seen the photo, as after a restart.
    let fresh = try await engine.sorter(pack: PackInfo.bundled)
    let later = try await fresh.lookAgain(photo, at: at, known: first.items, place: Real.zurich, now: Real.now).all()
    #expect(later.analysis?.items.map(\.box) == again.analysis?.items.map(\.box))
  }

  @Test func aMemoryWarningDoesNotDisturb() async throws {
    let sorter = try await engine.sorter(pack: PackInfo.bundled)
    let photo = try Real.photo()
    let heard = Heard()
    let looking = Task {
      for try await event in sorter.analyze(photo, place: Real.zurich, now: Real.now) { await heard.add(event) }
    }
    try await heard.wait(for: "vision")
    sorter.memoryWarning()
    try await looking.value
    #expect(await heard.isDone)
    sorter.memoryWarning()
    let next = try await sorter.analyze(photo, place: Real.zurich, now: Real.now).all().analysis
    #expect(next?.items.count == 1)
  }

  @Test func aClosedSorterSaysSo() async throws {
    let sorter = try await engine.sorter(pack: PackInfo.bundled)
    sorter.close()
    await #expect(throws: KerbsideError.self) {
      while true { _ = try await sorter.analyze(Real.photo(), place: Real.zurich, now: Real.now).all() }
    }
  }

  @Test func aCorruptPackIsRefusedAndTheNextOneOpens() async throws {
    let copy = try Real.copyOfPack(in: scratch)
    let weights = copy.appendingPathComponent("weights.safetensors")
    try Data("not weights".utf8).write(to: weights)
    let spoilt = try Real.engine(scratch, bundled: copy)
    do {
      _ = try await spoilt.sorter(pack: PackInfo.bundled)
      Issue.record("eleven bytes are no weights")
    } catch KerbsideError.badPack(let words) {
      #expect(words.contains("weights"))
    }
    try Data("{}".utf8).write(to: copy.appendingPathComponent("pack.json"))
    await #expect(throws: KerbsideError.self) { try await spoilt.sorter(pack: PackInfo.bundled) }
    _ = try await engine.sorter(pack: PackInfo.bundled)
  }

  @Test func aFolderWithoutRulesIsAnError() throws {
    let nowhere = Folders(
      rules: scratch.url.appendingPathComponent("no rules"), packs: scratch.url.appendingPathComponent("p"),
      bundledPack: Real.pack)
    #expect(throws: KerbsideError.self) { try KerbsideEngine(folders: nowhere) }
  }
}

/// What a listener has heard so far.
private actor Heard {
  private var names: Set<String> = []
  private(set) var isDone = false

  func add(_ event: SortEvent) {
    switch event {
    case .stage(let stage): names.insert(stage.rawValue)
    case .boxFound: names.insert("box")
    case .done: isDone = true
    default: break
    }
  }

  func wait(for name: String) async throws {
    while !names.contains(name) {
      try await Task.sleep(for: .milliseconds(1))
      if isDone { throw KerbsideError.internal("never heard \(name)") }
    }
  }
}

extension Sorting {
  /// Returns when nothing runs any more.
  fileprivate func settled() async {
    if let sorter = self as? Sorter { await sorter.idle() }
  }
}

extension Sorter {
  fileprivate func idle() {}
}
