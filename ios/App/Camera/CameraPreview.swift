import AVFoundation
import SwiftUI

/// The live picture.
struct CameraPreview: UIViewRepresentable {
  let session: AVCaptureSession

  func makeUIView(context: Context) -> PreviewView {
    let view = PreviewView()
    view.picture.session = session
    view.picture.videoGravity = .resizeAspectFill
    return view
  }

  func updateUIView(_ view: PreviewView, context: Context) {}
}

/// A view whose layer is the picture. It stays upright when the phone is turned.
final class PreviewView: UIView {
  override class var layerClass: AnyClass { AVCaptureVideoPreviewLayer.self }

  private var horizon: AVCaptureDevice.RotationCoordinator?

  var picture: AVCaptureVideoPreviewLayer {
    guard let layer = layer as? AVCaptureVideoPreviewLayer else {
      preconditionFailure("the layer's class is set above")
    }
    return layer
  }

  override func layoutSubviews() {
    super.layoutSubviews()
    guard let connection = picture.connection,
      let input = picture.session?.inputs.first as? AVCaptureDeviceInput
    else { return }
    let horizon = horizon ?? AVCaptureDevice.RotationCoordinator(device: input.device, previewLayer: picture)
    self.horizon = horizon
    connection.videoRotationAngle = horizon.videoRotationAngleForHorizonLevelPreview
  }
}
