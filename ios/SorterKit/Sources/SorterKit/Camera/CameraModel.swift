import Foundation
import Observation

/// What the camera screen needs of a camera. It answers with events.
@MainActor
public protocol CameraDevice: AnyObject {
  /// Whether the camera may be used, and whether the system would still ask.
  var permission: (allowed: Bool, mayAsk: Bool) { get }

  /// Asks the person, once.
  func askPermission() async

  func openSettings()

  /// Answers with `opened`, `noCamera` or `broken`.
  func open()

  func close()

  /// Answers with `taken` or `broken`.
  func take()

  func torch(on: Bool)
}

/// The camera screen: hands events to the machine and its commands to the camera.
@MainActor @Observable
public final class CameraModel {
  public private(set) var state = CameraState.off
  private let device: any CameraDevice
  private let onPhoto: @MainActor (Data) -> Void

  public init(device: any CameraDevice, onPhoto: @escaping @MainActor (Data) -> Void) {
    self.device = device
    self.onPhoto = onPhoto
  }

  public func show() {
    let permission = device.permission
    handle(.shown(allowed: permission.allowed, mayAsk: permission.mayAsk))
  }

  public func handle(_ event: CameraEvent) {
    let (next, commands) = CameraMachine.next(state, event)
    state = next
    for command in commands { run(command) }
  }

  private func run(_ command: CameraCommand) {
    switch command {
    case .askPermission: Task { await ask() }
    case .openSettings: device.openSettings()
    case .open: device.open()
    case .close: device.close()
    case .take: device.take()
    case .torch(let on): device.torch(on: on)
    case .deliver(let photo): onPhoto(photo)
    }
  }

  private func ask() async {
    await device.askPermission()
    let permission = device.permission
    handle(.answered(allowed: permission.allowed, mayAsk: permission.mayAsk))
  }
}
