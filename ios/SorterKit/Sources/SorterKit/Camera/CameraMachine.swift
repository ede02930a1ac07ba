import Foundation

/// What the camera screen is doing.
public enum CameraState: Hashable, Sendable {
  /// Not on the screen.
  case off
  /// The person has not allowed the camera; `mayAsk` is whether the system would still ask.
  case denied(mayAsk: Bool)
  /// There is no camera on the back.
  case none
  case opening
  /// The picture is live. `torch` is `nil` where there is no light.
  case live(torch: Bool?)
  /// A still is being taken.
  case taking(torch: Bool?)
  /// Another app has it, or it broke.
  case failed(inUse: Bool)

  public var isLive: Bool {
    if case .live = self { true } else { false }
  }

  /// Whether the light is on; `nil` where there is none to switch.
  public var torch: Bool? {
    if case .live(let torch) = self { torch } else { nil }
  }

  fileprivate var hasCamera: Bool {
    switch self {
    case .opening, .live, .taking: true
    case .off, .denied, .none, .failed: false
    }
  }
}

/// What happens to the camera screen.
public enum CameraEvent: Hashable, Sendable {
  case shown(allowed: Bool, mayAsk: Bool)
  case hidden
  case answered(allowed: Bool, mayAsk: Bool)
  case opened(hasTorch: Bool)
  case shutter
  case torchPressed
  case taken(Data)
  case broken(inUse: Bool)
  case noCamera
  case retry
}

/// What the camera has to do next.
public enum CameraCommand: Hashable, Sendable {
  case askPermission
  case openSettings
  case open
  case close
  case take
  case torch(on: Bool)
  case deliver(Data)
}

/// State and event → next state and what to do. Events that come too late, as those of hardware do, change nothing.
public enum CameraMachine {
  public static func next(_ state: CameraState, _ event: CameraEvent) -> (CameraState, [CameraCommand]) {
    switch (event, state) {
    case (.shown(let allowed, let mayAsk), _): opened(allowed, mayAsk)
    case (.answered, .off): (state, [])
    case (.answered(let allowed, let mayAsk), _): opened(allowed, mayAsk)
    case (.hidden, _): (.off, state.hasCamera ? [.close] : [])
    case (.opened(let hasTorch), .opening): (.live(torch: hasTorch ? false : nil), [])
    case (.shutter, .live(let torch)): (.taking(torch: torch), [.take])
    case (.shutter, .denied(let mayAsk)): (state, [mayAsk ? .askPermission : .openSettings])
    case (.torchPressed, .live(let torch?)): (.live(torch: !torch), [.torch(on: !torch)])
    case (.taken(let photo), .taking(let torch)): (.live(torch: torch), [.deliver(photo)])
    case (.broken(let inUse), _) where state.hasCamera: (.failed(inUse: inUse), [.close])
    case (.noCamera, _) where state.hasCamera: (.none, [])
    case (.retry, .failed): (.opening, [.open])
    default: (state, [])
    }
  }

  private static func opened(_ allowed: Bool, _ mayAsk: Bool) -> (CameraState, [CameraCommand]) {
    allowed ? (.opening, [.open]) : (.denied(mayAsk: mayAsk), [])
  }
}
