@_exported import Foundation
import UIKit

/// https://developer.apple.com/documentation/avfoundation/capture-setup
open class AVCaptureSession: NSObject {
  public enum InterruptionReason: Int, Sendable {
    case videoDeviceNotAvailableInBackground = 1
    case audioDeviceInUseByAnotherClient
    case videoDeviceInUseByAnotherClient
  }

  public struct Preset: Hashable, Sendable {
    public static var photo: Preset { fatalError() }
  }

  public class var wasInterruptedNotification: Notification.Name { fatalError() }
  public class var runtimeErrorNotification: Notification.Name { fatalError() }

  open var sessionPreset: Preset {
    get { fatalError() }
    set { fatalError() }
  }
  open var inputs: [AVCaptureInput] { fatalError() }
  open func canAddInput(_ input: AVCaptureInput) -> Bool { fatalError() }
  open func addInput(_ input: AVCaptureInput) { fatalError() }
  open func canAddOutput(_ output: AVCaptureOutput) -> Bool { fatalError() }
  open func addOutput(_ output: AVCaptureOutput) { fatalError() }
  open func beginConfiguration() { fatalError() }
  open func commitConfiguration() { fatalError() }
  open func startRunning() { fatalError() }
  open func stopRunning() { fatalError() }
}

// swift-format-ignore: AlwaysUseLowerCamelCase
public let AVCaptureSessionInterruptionReasonKey = "AVCaptureSessionInterruptionReasonKey"

public struct AVMediaType: Hashable, Sendable {
  public static let video = AVMediaType()
}

public enum AVAuthorizationStatus: Int, Sendable {
  case notDetermined, restricted, denied, authorized
}

open class AVCaptureDevice: NSObject {
  public struct DeviceType: Hashable, Sendable {
    public static let builtInWideAngleCamera = DeviceType()
  }

  public enum Position: Int, Sendable {
    case unspecified, back, front
  }

  public enum TorchMode: Int, Sendable {
    case off, on, auto
  }

  open class RotationCoordinator: NSObject {
    public init(device: AVCaptureDevice, previewLayer: CALayer?) {}
    open var videoRotationAngleForHorizonLevelPreview: CGFloat { fatalError() }
    open var videoRotationAngleForHorizonLevelCapture: CGFloat { fatalError() }
  }

  open class func authorizationStatus(for mediaType: AVMediaType) -> AVAuthorizationStatus { fatalError() }
  open class func requestAccess(for mediaType: AVMediaType) async -> Bool { fatalError() }

  open class func `default`(
    _ deviceType: DeviceType, for mediaType: AVMediaType?, position: Position
  ) -> AVCaptureDevice? {
    fatalError()
  }

  open var hasTorch: Bool { fatalError() }
  open var torchMode: TorchMode {
    get { fatalError() }
    set { fatalError() }
  }
  open func lockForConfiguration() throws { fatalError() }
  open func unlockForConfiguration() { fatalError() }
}

open class AVCaptureInput: NSObject {}

open class AVCaptureDeviceInput: AVCaptureInput {
  public init(device: AVCaptureDevice) throws {}
  open var device: AVCaptureDevice { fatalError() }
}

open class AVCaptureConnection: NSObject {
  open var videoRotationAngle: CGFloat {
    get { fatalError() }
    set { fatalError() }
  }
}

open class AVCaptureOutput: NSObject {
  open func connection(with mediaType: AVMediaType) -> AVCaptureConnection? { fatalError() }
}

open class AVCapturePhotoOutput: AVCaptureOutput {
  public override init() {}
  open func capturePhoto(with settings: AVCapturePhotoSettings, delegate: any AVCapturePhotoCaptureDelegate) {
    fatalError()
  }
}

// swift-format-ignore: AlwaysUseLowerCamelCase
public let AVVideoCodecKey = "AVVideoCodecKey"

public struct AVVideoCodecType: Hashable, Sendable {
  public static let jpeg = AVVideoCodecType()
}

open class AVCapturePhotoSettings: NSObject {
  public convenience init(format: [String: Any]?) { fatalError() }
}

open class AVCapturePhoto: NSObject {
  open func fileDataRepresentation() -> Data? { fatalError() }
}

public protocol AVCapturePhotoCaptureDelegate: NSObjectProtocol {
  func photoOutput(
    _ output: AVCapturePhotoOutput, didFinishProcessingPhoto photo: AVCapturePhoto, error: (any Error)?)
}

public struct AVLayerVideoGravity: Hashable, Sendable {
  public static let resizeAspectFill = AVLayerVideoGravity()
}

open class AVCaptureVideoPreviewLayer: CALayer {
  open var session: AVCaptureSession? {
    get { fatalError() }
    set { fatalError() }
  }
  open var connection: AVCaptureConnection? { fatalError() }
  open var videoGravity: AVLayerVideoGravity {
    get { fatalError() }
    set { fatalError() }
  }
}
