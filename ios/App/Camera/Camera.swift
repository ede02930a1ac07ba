import AVFoundation
import SorterKit
import UIKit

/// The phone's camera as the camera screen asks for it.
@MainActor
final class Camera: CameraDevice {
  let session = CameraSession()
  /// Hears what happens; set by the screen.
  var onEvent: ((CameraEvent) -> Void)?

  init() {
    session.onEvent = { [weak self] event in
      Task { @MainActor in self?.onEvent?(event) }
    }
  }

  var permission: (allowed: Bool, mayAsk: Bool) {
    let status = AVCaptureDevice.authorizationStatus(for: .video)
    return (status == .authorized, status == .notDetermined)
  }

  func askPermission() async {
    _ = await AVCaptureDevice.requestAccess(for: .video)
  }

  func openSettings() {
    guard let url = URL(string: UIApplication.openSettingsURLString) else { return }
    UIApplication.shared.open(url)
  }

  func open() { session.open() }
  func close() { session.close() }
  func take() { session.take() }
  func torch(on: Bool) { session.torch(on: on) }
}
