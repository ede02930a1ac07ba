// What Foundation has on Apple's systems only, or in a module UIKit exports.
@_exported import Foundation

extension FileManager {
  public func containerURL(forSecurityApplicationGroupIdentifier groupIdentifier: String) -> URL? { fatalError() }
}

extension URL {
  public func startAccessingSecurityScopedResource() -> Bool { fatalError() }
  public func stopAccessingSecurityScopedResource() { fatalError() }
}

open class NSItemProvider: NSObject, @unchecked Sendable {
  public func hasItemConformingToTypeIdentifier(_ typeIdentifier: String) -> Bool { fatalError() }

  public func loadDataRepresentation(
    forTypeIdentifier typeIdentifier: String, completionHandler: @escaping @Sendable (Data?, (any Error)?) -> Void
  ) -> Progress {
    fatalError()
  }
}

open class NSExtensionItem: NSObject {
  public var attachments: [NSItemProvider]? { fatalError() }
}

open class NSExtensionContext: NSObject {
  public var inputItems: [Any] { fatalError() }

  public func completeRequest(
    returningItems items: [Any]?, completionHandler: (@Sendable (Bool) -> Void)? = nil
  ) {
    fatalError()
  }
}

open class FileWrapper: NSObject {
  public init(regularFileWithContents contents: Data) {}
  public var regularFileContents: Data? { fatalError() }
}
