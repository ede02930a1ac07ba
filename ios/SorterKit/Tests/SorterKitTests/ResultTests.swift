import Foundation
import Testing

@testable import SorterKit

@MainActor @Suite struct ResultTests {
  private let photo = Data("a photo".utf8)
  private let glass = item("glass")
  private let paper = item("paper", left: 0.6, size: 0.3)

  private func looking(_ world: World) async throws -> ResultModel {
    let model = world.result()
    model.sort(photo)
    try await until("looking") { !world.engine.sorter.looks.now.isEmpty }
    return model
  }

  private func sorted(_ world: World, _ items: Item...) async throws -> ResultModel {
    let model = try await looking(world)
    world.engine.sorter.send(.done(Analysis(width: 1, height: 1, items: items)))
    try await until("done") { model.state.phase == .done }
    return model
  }

  @Test func thingsAppearOneAfterTheOther() async throws {
    let world = World()
    let model = try await looking(world)
    let sorter = world.engine.sorter
    #expect(sorter.looks.now == ["analyze in plain at 2026-03-02T18:00:00"])
    #expect(model.state.phase == .looking())

    sorter.send(.stage(.vision))
    try await until("stage") { model.state.phase == .looking(.vision) }
    sorter.send(.boxFound(item: 0, glass.box))
    try await until("box") { model.state.items == [Outlined(box: glass.box)] }
    let mask = [Polygon(outer: [Point(x: 0, y: 0), Point(x: 0.5, y: 0), Point(x: 0.2, y: 0.5)])]
    sorter.send(.maskFound(item: 0, mask))
    try await until("mask") { model.state.items[0].outline == mask }
    #expect(model.state.found == 0)
    sorter.send(.itemFound(item: 0, glass), .boxFound(item: 1, paper.box))
    try await until("two") { model.state.items.count == 2 }
    #expect(model.state.items[0].item == glass)
    sorter.send(.dropped(item: 1))
    try await until("dropped") { model.state.items.count == 1 }

    sorter.send(.items([glass, paper]))
    try await until("all") { model.state.items == [Outlined(glass), Outlined(paper)] }
    let told = Instruction(language: "en", label: "Jar", verdict: .dropOff, sentence: "Bring it")
    sorter.send(.instructed(item: 1, seen: Seen(json: "jar"), [told]))
    try await until("told") { model.state.items[1].item?.instructions == [told] }
    #expect(model.state.items[1].item?.seen.json == "jar")

    let end = Analysis(width: 1, height: 1, items: [glass], highlights: [Highlight(text: "Tonight: glass", item: 0)])
    sorter.send(.done(end))
    try await until("done") { model.state.phase == .done }
    #expect(model.state.selected == 0)
    #expect(model.state.highlights == ["Tonight: glass"])
  }

  @Test func stoppingKeepsWhatIsKnown() async throws {
    let world = World()
    let model = try await looking(world)
    world.engine.sorter.send(.itemFound(item: 0, glass), .boxFound(item: 1, paper.box))
    try await until("two") { model.state.items.count == 2 }
    model.cancel()
    #expect(model.state.phase == .done)
    #expect(model.state.items == [Outlined(glass)])
    try await until("engine stopped") { world.engine.sorter.cancelled.now == 1 }
    #expect(model.state.phase == .done)
  }

  @Test func anErrorIsShownAndCanBeTriedAgain() async throws {
    let world = World()
    let model = try await looking(world)
    world.engine.sorter.fail(KerbsideError.badPhoto("not a photo"))
    try await until("failed") { model.state.phase == .failed(.badPhoto("not a photo")) }
    model.retry()
    try await until("again") { world.engine.sorter.looks.now.count == 2 }
    world.engine.sorter.send(.done(analysis(glass)))
    try await until("done") { model.state.phase == .done }
  }

  @Test func anEngineThatEndsTooSoonIsAnError() async throws {
    let world = World()
    let model = try await looking(world)
    world.engine.sorter.running.now?.finish()
    try await until("failed") {
      if case .failed(.internal) = model.state.phase { true } else { false }
    }
  }

  @Test func withoutAPlaceTheRulesAreMissing() async throws {
    let world = World(community: nil)
    let model = world.result()
    model.sort(photo)
    try await until("failed") { model.state.phase == .failed(.badRules("no place")) }
  }

  @Test func aTapSelectsOrLooksAgain() async throws {
    let world = World()
    let model = try await sorted(world, glass)
    model.select(nil)
    model.tap(at: Point(x: 0.2, y: 0.2), slack: Point(x: 0.01, y: 0.01))
    #expect(model.state.selected == 0)

    model.tap(at: Point(x: 0.75, y: 0.25), slack: Point(x: 0.01, y: 0.01))
    #expect(model.state.phase == .again(Point(x: 0.75, y: 0.25)))
    try await until("again") { world.engine.sorter.looks.now.last == "again at 0.75,0.25 knowing 1" }
    world.engine.sorter.send(.itemFound(item: 0, paper))
    try await until("shown behind") { model.state.items.map(\.item) == [glass, paper] }
    world.engine.sorter.send(.done(analysis(glass, paper)))
    try await until("done") { model.state.phase == .done }
    #expect(model.state.selected == 1)
    #expect(model.state.nothingAt == nil)
  }

  @Test func aCloserLookThatFindsNothingSaysWhere() async throws {
    let world = World()
    let model = try await sorted(world, glass)
    let point = Point(x: 0.75, y: 0.75)
    model.lookAgain(at: point)
    try await until("again") { world.engine.sorter.looks.now.count == 2 }
    world.engine.sorter.send(.done(analysis(glass)))
    try await until("done") { model.state.phase == .done }
    #expect(model.state.nothingAt == point)
    #expect(model.state.selected == 0)
    model.select(0)
    #expect(model.state.nothingAt == nil)
  }

  @Test func anAnswerChangesOneThing() async throws {
    let world = World()
    let model = try await sorted(world, glass, paper)
    model.answer(1, Answer(text: "Yes", fact: .dirty(true)))
    try await until("answered") { model.state.items[1].item?.seen.json == "dirty paper" }
    #expect(model.state.items[1].item?.instructions.first?.sentence == "dirty paper in plain[] on 2026-03-02")
    #expect(model.state.items[0].item == glass)
  }

  @Test func anAnswerAboutTheHouseholdChangesAllThings() async throws {
    let world = World(community: "zurich", zones: ["paper-1"])
    let model = try await sorted(world, glass, paper)
    model.answer(0, Answer(text: "North", fact: .zone("north")))
    #expect(world.settings.settings.household?.zones == ["paper-1", "north"])
    try await until("fresh") {
      model.state.items.allSatisfy { $0.item?.instructions.first?.sentence.contains("zurich[paper-1+north]") == true }
    }
  }

  @Test func aCorrectionTakesTwoTaps() async throws {
    let world = World()
    let model = try await sorted(world, glass)
    model.startCorrection(0)
    try await until("all items") { model.state.correction?.hits.count == 4 }
    model.search("bott")
    try await until("hits") { model.state.correction?.hits.first?.name == "hit for bott in plain" }
    model.correct(to: ItemName(id: "mirror", name: "Mirror"))
    #expect(model.state.correction == nil)
    try await until("corrected") { model.state.items[0].item?.seen.json == "mirror" }
  }

  @Test func theLastPhotoIsThereAgain() async throws {
    let world = World()
    _ = try await sorted(world, glass)
    let later = world.result()
    later.restore()
    try await until("restored") { later.state.phase == .done && later.state.found == 1 }
    #expect(later.state.photo == photo)
    #expect(later.state.items[0].item?.instructions.first?.sentence == "glass in plain[] on 2026-03-02")
    #expect(world.engine.sorter.looks.now.count == 1)

    later.close()
    let afterwards = world.result()
    afterwards.restore()
    #expect(afterwards.state.photo == nil)
  }

  @Test func aPhotoThatWasNotLookedAtToTheEndIsLookedAtAgain() async throws {
    let world = World()
    let model = try await looking(world)
    world.engine.sorter.send(.itemFound(item: 0, glass))
    try await until("one") { model.state.found == 1 }
    let later = world.result()
    later.restore()
    try await until("again") { world.engine.sorter.looks.now.count == 2 }
    #expect(later.state.phase == .looking())
  }

  @Test func nothingIsComputedInTheBackground() async throws {
    let world = World()
    let model = try await looking(world)
    model.enterBackground()
    try await until("stopped") { world.engine.sorter.cancelled.now == 1 }
    model.enterForeground()
    try await until("again") { world.engine.sorter.looks.now.count == 2 }
    world.engine.sorter.send(.done(analysis(glass)))
    try await until("done") { model.state.phase == .done }
    model.enterBackground()
    model.enterForeground()
    #expect(world.engine.sorter.looks.now.count == 2)
  }

  @Test func everyFindIsFeltUnlessItIsTurnedOff() async throws {
    let world = World()
    let model = try await looking(world)
    world.engine.sorter.send(.itemFound(item: 0, glass), .itemFound(item: 1, paper))
    try await until("two") { model.state.pulses == 2 }
    world.settings.update { $0.haptics = false }
    world.engine.sorter.send(.itemFound(item: 2, glass))
    try await until("three") { model.state.found == 3 }
    #expect(model.state.pulses == 2)
  }

  @Test func aNewPhotoStopsTheOldOne() async throws {
    let world = World()
    let model = try await looking(world)
    world.engine.sorter.send(.itemFound(item: 0, glass))
    try await until("one") { model.state.found == 1 }
    model.sort(Data("another".utf8))
    #expect(model.state.items.isEmpty)
    try await until("old stopped") { world.engine.sorter.cancelled.now == 1 }
    try await until("new") { world.engine.sorter.looks.now.count == 2 }
    #expect(model.state.phase == .looking())
  }
}

@MainActor @Suite struct SortersTests {
  @Test func aPackIsOpenedOnceAndAgainWhenTheSettingsChange() async throws {
    let world = World()
    _ = try await world.sorters.get()
    _ = try await world.sorters.get()
    #expect(world.engine.opened.now == ["bundled"])
    world.settings.update { $0.pack = "big" }
    _ = try await world.sorters.get()
    #expect(world.engine.opened.now == ["bundled", "big"])
    #expect(world.engine.sorter.closed.now == 1)
  }

  @Test func aPackThatDoesNotFitIsNotOpened() async throws {
    let world = World()
    world.memory.with { $0 = 1_000_000_000 }
    _ = try await world.sorters.get()
    world.settings.update { $0.pack = "big" }
    await #expect(throws: KerbsideError.self) { try await world.sorters.get() }
    #expect(world.engine.opened.now == ["bundled"])
    world.memory.with { $0 = 5_000_000_000 }
    _ = try await world.sorters.get()
    #expect(world.engine.opened.now == ["bundled", "big"])
  }

  @Test func afterAFailureTheNextPhotoTriesAgain() async throws {
    let world = World()
    world.engine.openError.with { $0 = .badPack("weights.safetensors") }
    await #expect(throws: KerbsideError.badPack("weights.safetensors")) { try await world.sorters.get() }
    world.engine.openError.with { $0 = nil }
    _ = try await world.sorters.get()
    #expect(world.engine.opened.now.count == 2)
  }

  @Test func aMemoryWarningReachesTheEngine() async throws {
    let world = World()
    world.sorters.memoryWarning()
    _ = try await world.sorters.get()
    world.sorters.memoryWarning()
    try await until("warned") { world.engine.sorter.warnings.now == 1 }
  }
}
