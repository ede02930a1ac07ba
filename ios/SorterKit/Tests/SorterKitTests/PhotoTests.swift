import Foundation
import Testing

@testable import SorterKit

@Suite struct PhotoTests {
  private let slack = Point(x: 0.05, y: 0.05)

  @Test func ofThingsOverEachOtherTheSmallestIsHit() {
    let shapes = [Outlined(item("paper", size: 1)), Outlined(item("glass", left: 0.2, top: 0.2, size: 0.2))]
    #expect(HitTest.find(shapes, at: Point(x: 0.3, y: 0.3), slack: slack) == 1)
    #expect(HitTest.find(shapes, at: Point(x: 0.8, y: 0.8), slack: slack) == 0)
  }

  @Test func aFingerJustBesideHitsTheNearest() {
    let shapes = [Outlined(item("paper", size: 0.2)), Outlined(item("glass", left: 0.5, size: 0.2))]
    #expect(HitTest.find(shapes, at: Point(x: 0.24, y: 0.1), slack: slack) == 0)
    #expect(HitTest.find(shapes, at: Point(x: 0.47, y: 0.1), slack: slack) == 1)
    #expect(HitTest.find(shapes, at: Point(x: 0.35, y: 0.1), slack: slack) == nil)
    #expect(HitTest.find([], at: Point(x: 0, y: 0), slack: slack) == nil)
  }

  @Test func slackIsAsWideAsAFingertipInBothDirections() {
    let shapes = [Outlined(item("paper", size: 0.2))]
    let wide = Point(x: 0.1, y: 0.01)
    #expect(HitTest.find(shapes, at: Point(x: 0.28, y: 0.1), slack: wide) == 0)
    #expect(HitTest.find(shapes, at: Point(x: 0.1, y: 0.28), slack: wide) == nil)
  }

  @Test func aHoleIsNotPartOfTheThing() {
    let square = { (low: Double, high: Double) in
      [(low, low), (high, low), (high, high), (low, high)].map { Point(x: $0, y: $1) }
    }
    let ring = [Polygon(outer: square(0, 1), holes: [square(0.4, 0.6)])]
    #expect(HitTest.contains(ring, Point(x: 0.2, y: 0.5)))
    #expect(!HitTest.contains(ring, Point(x: 0.5, y: 0.5)))
    #expect(!HitTest.contains(ring, Point(x: 1.1, y: 0.5)))
  }

  @Test func aPhotoLiesWholeInTheMiddleOfItsView() {
    let wide = PhotoFrame(photo: CGSize(width: 400, height: 200), view: CGSize(width: 200, height: 300))
    #expect(wide.rect == CGRect(x: 0, y: 100, width: 200, height: 100))
    let tall = PhotoFrame(photo: CGSize(width: 100, height: 400), view: CGSize(width: 200, height: 200))
    #expect(tall.rect == CGRect(x: 75, y: 0, width: 50, height: 200))
    #expect(PhotoFrame(photo: .zero, view: CGSize(width: 5, height: 5)).rect == .zero)
  }

  @Test func aTapFindsItsPointOfThePhotoAndBack() throws {
    let frame = PhotoFrame(photo: CGSize(width: 400, height: 200), view: CGSize(width: 200, height: 300))
    let point = try #require(frame.photoPoint(CGPoint(x: 50, y: 125)))
    #expect(point == Point(x: 0.25, y: 0.25))
    #expect(frame.place(point) == CGPoint(x: 50, y: 125))
    #expect(frame.photoPoint(CGPoint(x: 50, y: 50)) == nil)
    #expect(abs(frame.slack.x * 200 - 22) < 1e-9)
    #expect(abs(frame.slack.y * 100 - 22) < 1e-9)
  }

  @Test func outlinesBecomeRingsInTheView() {
    let frame = PhotoFrame(photo: CGSize(width: 100, height: 100), view: CGSize(width: 100, height: 100))
    let outer = [(0.0, 0.0), (1.0, 0.0), (0.5, 1.0)].map { Point(x: $0, y: $1) }
    let hole = [(0.4, 0.2), (0.6, 0.2), (0.5, 0.4)].map { Point(x: $0, y: $1) }
    let stub = [Point(x: 0, y: 0), Point(x: 1, y: 1)]
    let rings = frame.rings([Polygon(outer: outer, holes: [hole]), Polygon(outer: stub)])
    #expect(rings.count == 2)
    #expect(rings[0] == [CGPoint(x: 0, y: 0), CGPoint(x: 100, y: 0), CGPoint(x: 50, y: 100)])
    #expect(rings[1][2] == CGPoint(x: 50, y: 40))
  }

  @Test func numbersStandOnThePhotoAndBesideEachOther() {
    let frame = PhotoFrame(photo: CGSize(width: 300, height: 300), view: CGSize(width: 300, height: 300))
    let things = [
      item("glass"), item("glass"), item("metal", left: 0.01), item("food", left: 0.98, top: 0.98, size: 0.02),
    ]
    let badges = frame.badges(things.map(Outlined.init), side: 30)
    #expect(badges.count == 4)
    for (index, badge) in badges.enumerated() {
      #expect(frame.rect.contains(badge), "\(index)")
      #expect(!badges[..<index].contains { $0.intersects(badge) }, "\(index)")
    }
  }

  @Test func voiceOverFindsEachThingWhereItIs() {
    let frame = PhotoFrame(photo: CGSize(width: 100, height: 100), view: CGSize(width: 200, height: 200))
    var state = ResultState()
    state.items = [Outlined(item("glass", left: 0.5)), Outlined(box: Box(left: 0, top: 0, right: 0.1, bottom: 0.2))]
    state.selected = 1
    let marks = frame.marks(state, Wording(Words(language: "en", locale: Locale(identifier: "en_GB"))))
    #expect(marks.map(\.label) == ["1: Glass. . Quite sure", "2: something"])
    #expect(marks[0].rect == CGRect(x: 100, y: 0, width: 100, height: 100))
    #expect(marks.map(\.isSelected) == [false, true])
  }

  @Test func onlyWhatTheEngineReadsIsHandedOverAsItIs() {
    let bytes = { (text: String) in Data(text.unicodeScalars.map { UInt8($0.value) }) }
    #expect(PhotoFormat(bytes("\u{FF}\u{D8}\u{FF}\u{E1}....")) == .jpeg)
    #expect(PhotoFormat(bytes("\u{89}PNG\r\n\u{1A}\n....")) == .png)
    #expect(PhotoFormat(bytes("RIFF....WEBPVP8 ")) == .webp)
    #expect(PhotoFormat(bytes("RIFF....WAVEfmt ")) == nil)
    #expect(PhotoFormat(bytes("....ftypheic....")) == nil)
    #expect(PhotoFormat(Data()) == nil)
  }

  @Test func aBoxStandsInForAMask() {
    let shape = Outlined(box: Box(left: 0.1, top: 0.2, right: 0.3, bottom: 0.4))
    #expect(HitTest.contains(shape.outline, Point(x: 0.2, y: 0.3)))
    #expect(!HitTest.contains(shape.outline, Point(x: 0.2, y: 0.5)))
    #expect(shape.wasteClass == .general)
  }

  @Test func aLabelLeadsToItsClassAndAnythingElseToGeneral() {
    #expect(WasteClass(label: "Carton") == .carton)
    #expect(WasteClass(label: "ufo") == .general)
  }
}
