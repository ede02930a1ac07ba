import AVFoundation
import SorterKit

/// A capture session on a queue of its own: starting one takes up to a second.
///
/// Everything but `preview` is touched on the queue only, which is what makes it safe to share.
final class CameraSession: NSObject, @unchecked Sendable {
  /// For the layer that shows the live picture.
  let preview = AVCaptureSession()
  private let queue = DispatchQueue(label: "app.kerbside.camera")
  private let output = AVCapturePhotoOutput()
  private var device: AVCaptureDevice?
  private var horizon: AVCaptureDevice.RotationCoordinator?
  /// Set once, before the session is opened.
  var onEvent: @Sendable (CameraEvent) -> Void = { _ in }

  override init() {
    super.init()
    hear(AVCaptureSession.wasInterruptedNotification) { session, notification in session.interrupted(notification) }
    hear(AVCaptureSession.runtimeErrorNotification) { session, _ in session.onEvent(.broken(inUse: false)) }
  }

  private func hear(
    _ name: Notification.Name, _ answer: @escaping @Sendable (CameraSession, Notification) -> Void
  ) {
    // Never taken back: there is one session, and it lives as long as the app.
    _ = NotificationCenter.default.addObserver(forName: name, object: preview, queue: nil) { [weak self] notification in
      if let self { answer(self, notification) }
    }
  }

  func open() {
    queue.async { [self] in
      guard device != nil || configure() else { return }
      preview.startRunning()
      onEvent(.opened(hasTorch: device?.hasTorch ?? false))
    }
  }

  func close() {
    queue.async { [self] in preview.stopRunning() }
  }

  func take() {
    queue.async { [self] in
      guard let connection = output.connection(with: .video) else { return onEvent(.broken(inUse: false)) }
      if let angle = horizon?.videoRotationAngleForHorizonLevelCapture { connection.videoRotationAngle = angle }
      let settings = AVCapturePhotoSettings(format: [AVVideoCodecKey: AVVideoCodecType.jpeg])
      output.capturePhoto(with: settings, delegate: self)
    }
  }

  func torch(on: Bool) {
    queue.async { [self] in
      guard let device, (try? device.lockForConfiguration()) != nil else { return }
      device.torchMode = on ? .on : .off
      device.unlockForConfiguration()
    }
  }

  /// `false` if there is nothing to open; the event says why.
  private func configure() -> Bool {
    guard let camera = AVCaptureDevice.default(.builtInWideAngleCamera, for: .video, position: .back) else {
      onEvent(.noCamera)
      return false
    }
    preview.beginConfiguration()
    defer { preview.commitConfiguration() }
    preview.sessionPreset = .photo
    guard let input = try? AVCaptureDeviceInput(device: camera), preview.canAddInput(input),
      preview.canAddOutput(output)
    else {
      onEvent(.broken(inUse: false))
      return false
    }
    preview.addInput(input)
    preview.addOutput(output)
    device = camera
    horizon = AVCaptureDevice.RotationCoordinator(device: camera, previewLayer: nil)
    return true
  }

  private func interrupted(_ notification: Notification) {
    let reason = notification.userInfo?[AVCaptureSessionInterruptionReasonKey] as? Int
    if reason == AVCaptureSession.InterruptionReason.videoDeviceInUseByAnotherClient.rawValue {
      onEvent(.broken(inUse: true))
    }
  }
}

extension CameraSession: AVCapturePhotoCaptureDelegate {
  func photoOutput(_ output: AVCapturePhotoOutput, didFinishProcessingPhoto photo: AVCapturePhoto, error: (any Error)?)
  {
    guard error == nil, let data = photo.fileDataRepresentation() else { return onEvent(.broken(inUse: false)) }
    onEvent(.taken(data))
  }
}
