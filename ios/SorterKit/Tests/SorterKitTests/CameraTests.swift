import Foundation
import Testing

@testable import SorterKit

@MainActor
private final class FakeCamera: CameraDevice {
  var permission = (allowed: false, mayAsk: true)
  var answer = true
  var done: [String] = []

  func askPermission() async {
    done.append("ask")
    permission = (answer, false)
  }

  func openSettings() { done.append("settings") }
  func open() { done.append("open") }
  func close() { done.append("close") }
  func take() { done.append("take") }
  func torch(on: Bool) { done.append("torch \(on)") }
}

@MainActor @Suite struct CameraTests {
  private let camera = FakeCamera()
  private let photo = Data("a photo".utf8)

  @Test func onePressTakesOnePhoto() {
    camera.permission = (true, false)
    var photos: [Data] = []
    let model = CameraModel(device: camera) { photos.append($0) }
    model.show()
    #expect(model.state == .opening)
    model.handle(.opened(hasTorch: true))
    model.handle(.shutter)
    model.handle(.shutter)
    model.handle(.taken(photo))
    model.handle(.taken(photo))
    #expect(camera.done == ["open", "take"])
    #expect(photos == [photo])
    #expect(model.state == .live(torch: false))
  }

  @Test func thePersonIsAskedOnceAndThenLedToTheSettings() async throws {
    camera.answer = false
    let model = CameraModel(device: camera) { _ in }
    model.show()
    #expect(model.state == .denied(mayAsk: true))
    model.handle(.shutter)
    try await until("answered") { model.state == .denied(mayAsk: false) }
    model.handle(.shutter)
    #expect(camera.done == ["ask", "settings"])
  }

  @Test func permissionOpensTheCameraAtOnce() async throws {
    let model = CameraModel(device: camera) { _ in }
    model.show()
    model.handle(.shutter)
    try await until("open") { model.state == .opening }
    #expect(camera.done == ["ask", "open"])
  }

  @Test func lightIsSwitchedWhereThereIsOne() {
    camera.permission = (true, false)
    let model = CameraModel(device: camera) { _ in }
    model.show()
    model.handle(.opened(hasTorch: true))
    model.handle(.torchPressed)
    #expect(model.state == .live(torch: true))
    model.handle(.torchPressed)
    #expect(camera.done == ["open", "torch true", "torch false"])

    model.show()
    model.handle(.opened(hasTorch: false))
    model.handle(.torchPressed)
    #expect(model.state == .live(torch: nil))
    #expect(camera.done.count == 4)
  }

  @Test func aHiddenScreenLetsGoOfTheCameraAndHearsNothingMore() {
    camera.permission = (true, false)
    var photos = 0
    let model = CameraModel(device: camera) { _ in photos += 1 }
    model.show()
    model.handle(.opened(hasTorch: false))
    model.handle(.shutter)
    model.handle(.hidden)
    model.handle(.taken(photo))
    model.handle(.opened(hasTorch: true))
    model.handle(.broken(inUse: true))
    model.handle(.answered(allowed: true, mayAsk: false))
    #expect(model.state == .off)
    #expect(photos == 0)
    #expect(camera.done == ["open", "take", "close"])
  }

  @Test func aBrokenCameraCanBeTriedAgain() {
    camera.permission = (true, false)
    let model = CameraModel(device: camera) { _ in }
    model.show()
    model.handle(.broken(inUse: true))
    #expect(model.state == .failed(inUse: true))
    model.handle(.retry)
    #expect(model.state == .opening)
    #expect(camera.done == ["open", "close", "open"])
  }

  @Test func aPhoneWithoutCameraSaysSo() {
    camera.permission = (true, false)
    let model = CameraModel(device: camera) { _ in }
    model.show()
    model.handle(.noCamera)
    #expect(model.state == .none)
    model.handle(.shutter)
    #expect(camera.done == ["open"])
  }
}
