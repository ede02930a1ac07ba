import Foundation
import Testing

@testable import SorterKit

@MainActor @Suite struct SearchTests {
  @Test func allItemsStandUnderTheirLetters() async throws {
    let world = World()
    let model = SearchModel(here: world.here)
    model.load()
    try await until("loaded") { model.state.loaded }
    #expect(model.state.sections.map(\.letter) == ["#", "A", "B"])
    model.search(" bottel ")
    try await until("hits") { model.state.sections.first?.items.first?.name == "hit for bottel in plain" }
    model.search("nothing")
    try await until("no hits") { model.state.sections.isEmpty }
    #expect(model.state.query == "nothing")
  }

  @Test func withoutAPlaceThereIsNothingToSearch() async throws {
    let world = World(community: nil)
    let model = SearchModel(here: world.here)
    model.load()
    #expect(!model.state.hasPlace)
    world.settings.update { $0.add(community: "plain", zones: []) }
    try await until("loaded") { model.state.loaded && model.state.hasPlace }
  }

  @Test func aPageFollowsAnswersAndThePlace() async throws {
    let world = World()
    let model = SearchModel(here: world.here)
    model.open("box")
    try await until("page") { model.state.page?.instructions.first?.sentence == "box in plain[] on 2026-03-02" }
    model.answer(Answer(text: "Yes", fact: .dirty(true)))
    try await until("dirty") { model.state.page?.seen.json == "dirty box" }
    model.answer(Answer(text: "North", fact: .zone("north")))
    try await until("zone") { model.state.page?.instructions.first?.sentence == "box in plain[north] on 2026-03-02" }
  }

  @Test func anotherPageDoesNotShowTheOldOne() async throws {
    let world = World()
    let model = SearchModel(here: world.here)
    model.open("box")
    try await until("page") { model.state.page?.id == "box" }
    model.open("can")
    #expect(model.state.page == nil)
    try await until("other") { model.state.page?.id == "can" }
  }
}

@MainActor @Suite struct PlacesTests {
  private func choosing(_ world: World) async throws -> PlacesModel {
    let model = PlacesModel(here: world.here)
    model.load()
    try await until("loaded") { model.state.loaded }
    let zurich = try #require(model.state.communities.first { $0.id == "zurich" })
    model.choose(zurich) {}
    try await until("zones") { model.state.choice != nil }
    return model
  }

  private func zone(_ model: PlacesModel, _ id: String) throws -> Zone {
    try #require(model.state.choice?.zones.first { $0.id == id })
  }

  @Test func communitiesAreFoundByTheBeginningOfAWordWithoutAccents() {
    var state = PlacesState()
    state.communities = ["Zürich", "San Francisco", "Aarau"].map { FakeRules.community($0, $0) }
    let found = { (filter: String) in
      state.filter = filter
      return state.shown.map(\.name)
    }
    #expect(found("zur") == ["Zürich"])
    #expect(found("FRAN ") == ["San Francisco"])
    #expect(found("rancisco") == [])
    #expect(found(" ").count == 3)
  }

  @Test func aCommunityWithoutZonesIsChosenAtOnce() async throws {
    let world = World(community: nil)
    let model = PlacesModel(here: world.here)
    var done = false
    model.choose(FakeRules.community("plain", "Plainville")) { done = true }
    try await until("done") { done }
    #expect(world.settings.settings.household?.community == "plain")
    #expect(model.state.choice == nil)
  }

  @Test func ofZonesForTheSameOnlyOneIsChosen() async throws {
    let world = World(community: nil)
    let model = try await choosing(world)
    #expect(model.state.choice?.groups.map { $0.map(\.id) } == [["north", "south"], ["paper-1", "paper-2"]])
    model.toggle(try zone(model, "north"))
    model.toggle(try zone(model, "paper-2"))
    model.toggle(try zone(model, "south"))
    #expect(model.state.choice?.chosenInOrder == ["south", "paper-2"])
    model.toggle(try zone(model, "paper-2"))
    #expect(model.state.choice?.chosenInOrder == ["south"])
    var done = false
    model.finish { done = true }
    #expect(done)
    #expect(world.settings.settings.household?.zones == ["south"])
  }

  @Test func aPostcodeLeadsToItsZone() async throws {
    let model = try await choosing(World(community: nil))
    #expect(model.state.choice?.hasPostcodes == true)
    model.postcode("80")
    #expect(model.state.choice?.missed == false)
    model.postcode("8001")
    try await until("found") { model.state.choice?.chosen == ["north"] }
    model.postcode("9999")
    try await until("missed") { model.state.choice?.missed == true }
  }

  @Test func anAddressLeadsToItsZones() async throws {
    let model = try await choosing(World(community: nil))
    model.street("linden")
    #expect(model.state.choice?.streets == ["Lindengasse", "Lindenweg"])
    model.street("etoi")
    #expect(model.state.choice?.streets == ["Étoile"])
    model.street("Lindenweg")
    #expect(model.state.choice?.streets == [])
    model.number("none")
    model.findAddress()
    #expect(model.state.choice?.found == [])
    model.number("7b")
    model.findAddress()
    try await until("found") { model.state.choice?.chosenInOrder == ["south", "paper-2"] }
  }

  @Test func zonesOfAHouseholdAreChanged() async throws {
    let world = World(community: "zurich", zones: ["north", "paper-1"])
    let model = PlacesModel(here: world.here)
    model.edit(household: 1)
    try await until("choice") { model.state.choice?.chosen == ["north", "paper-1"] }
    model.toggle(try zone(model, "south"))
    model.finish {}
    #expect(world.settings.settings.households.map(\.zones) == [["south", "paper-1"]])
  }

  @Test func householdsAreChosenAndRemoved() async throws {
    let world = World(community: "zurich", zones: ["north"])
    world.settings.update { $0.add(community: "plain", zones: []) }
    let model = PlacesModel(here: world.here)
    model.load()
    try await until("loaded") { model.state.households.count == 2 }
    #expect(model.state.households.first == Named(id: 1, name: "Zürich", detail: "North"))
    #expect(model.state.current == 2)
    model.choose(household: 1)
    try await until("chosen") { model.state.current == 1 }
    model.remove(household: 1)
    try await until("removed") { model.state.households.map(\.id) == [2] && model.state.current == 2 }
  }
}

@MainActor @Suite struct ModelsTests {
  private func loaded(_ world: World) async throws -> ModelsModel {
    let model = ModelsModel(here: world.here, sorters: world.sorters)
    model.load()
    try await until("loaded") { model.state.loaded }
    return model
  }

  @Test func anImportShowsHowFarItIsAndThenThePack() async throws {
    let world = World()
    let model = try await loaded(world)
    var ended = 0
    model.importArchive(URL(fileURLWithPath: "/pack.zip")) { ended += 1 }
    try await until("started") { world.engine.store.running.now != nil }
    #expect(ended == 0)
    world.engine.store.running.now?.yield(ImportProgress(doneBytes: 25, totalBytes: 100))
    try await until("a quarter") { model.state.work == Work(pack: nil, share: 0.25) }
    world.engine.store.all.with { $0.append(pack("new")) }
    world.engine.store.running.now?.finish()
    try await until("there") { model.state.work == nil }
    #expect(model.state.packs.map(\.id) == ["bundled", "big", "new"])
    #expect(ended == 1)
  }

  @Test func anImportCanBeStopped() async throws {
    let world = World()
    let model = try await loaded(world)
    var ended = 0
    model.importArchive(URL(fileURLWithPath: "/pack.zip")) { ended += 1 }
    try await until("started") { world.engine.store.running.now != nil }
    model.cancel()
    try await until("stopped") { model.state.work == nil }
    try await until("engine stopped") { world.engine.store.ended.now == ["import for bundled cancelled"] }
    #expect(model.state.error == nil)
    #expect(ended == 1)
  }

  @Test func aCheckThatFailsSaysSo() async throws {
    let world = World()
    let model = try await loaded(world)
    let big = model.state.packs[1]
    model.verify(big)
    try await until("started") { world.engine.store.running.now != nil }
    world.engine.store.running.now?.finish()
    try await until("intact") { model.state.intact == ["big"] && model.state.work == nil }
    world.engine.store.running.with { $0 = nil }
    model.verify(big)
    try await until("started again") { world.engine.store.running.now != nil }
    world.engine.store.running.now?.finish(throwing: KerbsideError.badPack("weights.safetensors differs"))
    try await until("failed") { model.state.error == .badPack("weights.safetensors differs") }
    #expect(model.state.intact.isEmpty)
    #expect(model.state.work == nil)
    model.dismissError()
    #expect(model.state.error == nil)
  }

  @Test func oneThingAtATime() async throws {
    let world = World()
    let model = try await loaded(world)
    model.verify(model.state.packs[0])
    model.remove(model.state.packs[1])
    #expect(model.state.work == Work(pack: "bundled"))
    try await until("started") { world.engine.store.running.now != nil }
    world.engine.store.running.now?.finish()
    try await until("ended") { model.state.work == nil }
    #expect(model.state.packs.count == 2)
  }

  @Test func aPackInUseThatIsRemovedGivesWayToTheBundledOne() async throws {
    let world = World()
    let model = try await loaded(world)
    model.use(model.state.packs[1])
    #expect(world.settings.settings.pack == "big")
    _ = try await world.sorters.get()
    model.remove(model.state.packs[1])
    try await until("removed") { model.state.packs.map(\.id) == ["bundled"] }
    #expect(world.settings.settings.pack == PackInfo.bundled)
    #expect(model.state.inUse == PackInfo.bundled)
    #expect(world.engine.sorter.closed.now == 1)
    model.remove(model.state.packs[0])
    try await until("refused") { model.state.error == .badPack("stays") }
  }

  @Test func anAdapterIsRemoved() async throws {
    let world = World()
    let model = try await loaded(world)
    let big = model.state.packs[1]
    model.removeAdapter(big.adapters[0], of: big)
    try await until("removed") { model.state.packs[1].adapters.isEmpty }
  }

  @Test func progressKnowsItsLimits() {
    #expect(ImportProgress(doneBytes: 5, totalBytes: 0).share == nil)
    #expect(ImportProgress(doneBytes: 15, totalBytes: 10).share == 1)
  }

  @Test func thanksGoToModelsAndRules() async throws {
    let model = AboutModel(here: World().here)
    model.load()
    try await until("loaded") { model.state.communities.count == 3 }
    #expect(model.state.packs.count == 2)
  }
}
