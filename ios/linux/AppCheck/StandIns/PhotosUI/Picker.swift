import SwiftUI

/// https://developer.apple.com/documentation/photosui/photospickeritem
public struct PhotosPickerItem: Hashable, Sendable {
  public struct EncodingDisambiguationPolicy: Hashable, Sendable {
    public static var automatic: EncodingDisambiguationPolicy { fatalError() }
    public static var compatible: EncodingDisambiguationPolicy { fatalError() }
  }

  public func loadTransferable<T: Transferable>(type: T.Type) async throws -> T? { fatalError() }
}

public struct PHPickerFilter: Hashable, Sendable {
  public static var images: PHPickerFilter { fatalError() }
}

/// https://developer.apple.com/documentation/photosui/photospicker
public struct PhotosPicker<Label: View>: View {
  public init(
    selection: Binding<PhotosPickerItem?>, matching filter: PHPickerFilter? = nil,
    preferredItemEncoding: PhotosPickerItem.EncodingDisambiguationPolicy = .automatic,
    @ViewBuilder label: () -> Label
  ) {
    fatalError()
  }

  public var body: Never { fatalError() }
}
