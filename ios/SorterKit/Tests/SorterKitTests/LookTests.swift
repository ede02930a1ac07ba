import Foundation
import Testing

@testable import SorterKit

@Suite struct LookTests {
  @Test func classesAreToldApartByColourAndByPattern() {
    #expect(Set(WasteClass.allCases.map(\.colour)).count == 9)
    #expect(Set(WasteClass.allCases.map(\.pattern.kind)).count == 9)
  }

  /// Okabe and Ito, "Color Universal Design", https://jfly.uni-koeln.de/color/: their eight, and a grey.
  @Test func coloursAreOkabeAndItos() {
    let published = [
      (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167),
      (0, 0, 0), (153, 153, 153),
    ]
    let used = Set(
      WasteClass.allCases.map { [$0.colour.red, $0.colour.green, $0.colour.blue].map { Int($0 * 255 + 0.5) } })
    #expect(used == Set(published.map { [$0.0, $0.1, $0.2] }))
  }

  @Test func inkCanBeReadOnAnyGround() {
    for wasteClass in WasteClass.allCases {
      #expect(wasteClass.colour.contrast(to: wasteClass.colour.ink) >= 4.5, "\(wasteClass)")
    }
    #expect(abs(Colour.black.contrast(to: .white) - 21) < 1e-9)
  }

  @Test func coloursOfRulePacksAreRead() {
    #expect(Colour("#ff0080") == Colour(0xFF0080))
    for wrong in ["ff0080", "#ff008", "#gg0080", "", "#ff00800"] { #expect(Colour(wrong) == nil, "\(wrong)") }
  }

  @Test(arguments: WasteClass.allCases)
  func aPatternReachesEveryPartOfAShape(wasteClass: WasteClass) {
    let pattern = wasteClass.pattern
    let rect = CGRect(x: 37, y: -11, width: 90, height: 120)
    let marks = pattern.marks(in: rect, step: 1)
    // No point is further from a mark than the pitch.
    for x in stride(from: rect.minX, through: rect.maxX, by: 9) {
      for y in stride(from: rect.minY, through: rect.maxY, by: 9) {
        let nearest = marks.map { distance($0, CGPoint(x: x, y: y)) }.min() ?? .infinity
        #expect(nearest <= pattern.pitch, "\(wasteClass) at \(x), \(y)")
      }
    }
    #expect(marks.count < 2_000)
  }

  @Test func neighboursShareOneCloth() {
    let pattern = WasteClass.plastic.pattern
    let sums = { (x: Double) in
      Set(
        pattern.marks(in: CGRect(x: x, y: 0, width: 50, height: 50), step: 1).map { mark in
          guard case .line(let from, _) = mark else { return Double.nan }
          return (from.x + from.y).truncatingRemainder(dividingBy: 16)
        })
    }
    #expect(sums(0) == sums(7.5))
    #expect(sums(0).count == 1)
  }

  @Test func aFinerStepGivesMoreMarks() {
    let rect = CGRect(x: 0, y: 0, width: 60, height: 60)
    let pattern = WasteClass.glass.pattern
    #expect(pattern.marks(in: rect, step: 0.5).count > 3 * pattern.marks(in: rect, step: 1).count)
  }

  @Test func everyPictogramOfARulePackHasASymbol() throws {
    let rules = try #require(Repository.rules)
    var seen = 0
    for case let file as URL in FileManager.default.enumerator(at: rules, includingPropertiesForKeys: nil)!
    where file.lastPathComponent == "streams.json" {
      let streams = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [[String: Any]]
      for stream in streams ?? [] {
        let icon = try #require(stream["icon"] as? String)
        #expect(Icons.streams[icon] != nil, "\(icon) of \(file.path)")
        seen += 1
      }
    }
    #expect(seen > 50)
    #expect(Icons.symbol("no such icon") == "trash")
  }

  private func distance(_ mark: Pattern.Mark, _ point: CGPoint) -> Double {
    switch mark {
    case .line(let a, let b):
      let (dx, dy) = (b.x - a.x, b.y - a.y)
      let along = min(1, max(0, ((point.x - a.x) * dx + (point.y - a.y) * dy) / (dx * dx + dy * dy)))
      return hypot(point.x - a.x - along * dx, point.y - a.y - along * dy)
    case .disc(let middle, let radius), .ring(let middle, let radius):
      return max(0, hypot(point.x - middle.x, point.y - middle.y) - radius)
    case .square(let square):
      let dx = max(square.minX - point.x, point.x - square.maxX, 0)
      let dy = max(square.minY - point.y, point.y - square.maxY, 0)
      return hypot(dx, dy)
    }
  }
}

/// What lies around the package in the repository.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static var rules: URL? { existing("rules") }

  static func existing(_ path: String) -> URL? {
    let url = root.appendingPathComponent(path)
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }
}
