import Foundation
import SorterKit
import Testing

@testable import SorterEngine

/// The same photo gives the same JSON here as on the command line and in Kotlin: `bindings/vectors/`.
@Suite struct VectorTests {
  private struct Case: Decodable {
    var name: String
    var photo: String
    var community: String
    var zones: [String]
    var language: String
    var now: String
  }

  private static let said = Real.root.appendingPathComponent("ios/SorterKit/Engine/vectors")

  @Test(.enabled(if: FileManager.default.fileExists(atPath: said.path), "the command line was not asked"))
  func theCommandLineSaysTheSame() async throws {
    let scratch = try Real.Scratch()
    let sorter = try await Real.engine(scratch).sorter(pack: PackInfo.bundled)
    let file = Real.root.appendingPathComponent("bindings/vectors/cases.json")
    let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
    #expect(cases.count >= 3)
    for one in cases {
      let file = VectorTests.said.appendingPathComponent("\(one.name).json")
      let expected = try String(decoding: Data(contentsOf: file), as: UTF8.self)
      let photo = Photo.encoded(try Data(contentsOf: Real.root.appendingPathComponent(one.photo)))
      let place = Place(community: one.community, zones: one.zones, language: one.language)
      let now = try #require(DayTime(one.now))
      let analysis = try await sorter.analyze(photo, place: place, now: now).all().analysis
      #expect(analysis?.json == expected, "\(one.name)")
    }
  }
}
