import SorterKit
import UIKit
import UniformTypeIdentifiers

/// "Sort with Kerbside": leaves the photo for the app. An extension has not the memory to look at it itself, and may not
/// open the app; so it says what to do next.
final class ShareViewController: UIViewController {
  private let message = UILabel()
  private let words = Words.preferred

  override func viewDidLoad() {
    super.viewDidLoad()
    view.backgroundColor = .systemBackground
    message.numberOfLines = 0
    message.textAlignment = .center
    message.font = .preferredFont(forTextStyle: .headline)
    message.adjustsFontForContentSizeCategory = true
    message.translatesAutoresizingMaskIntoConstraints = false
    view.addSubview(message)
    NSLayoutConstraint.activate([
      message.leadingAnchor.constraint(equalTo: view.layoutMarginsGuide.leadingAnchor),
      message.trailingAnchor.constraint(equalTo: view.layoutMarginsGuide.trailingAnchor),
      message.centerYAnchor.constraint(equalTo: view.centerYAnchor),
    ])
    Task { await keep() }
  }

  private func keep() async {
    say(await leavePhoto() ? .shareKept : .shareFailed)
    try? await Task.sleep(for: .seconds(2))
    extensionContext?.completeRequest(returningItems: [])
  }

  /// Whether there was a photo, and it is kept.
  private func leavePhoto() async -> Bool {
    guard let folder = FileManager.default.containerURL(forSecurityApplicationGroupIdentifier: "group.app.kerbside"),
      let photo = await sharedPhoto()
    else { return false }
    return (try? Inbox(folder: folder).put(photo)) != nil
  }

  private func sharedPhoto() async -> Data? {
    let items = extensionContext?.inputItems as? [NSExtensionItem] ?? []
    let type = UTType.image.identifier
    let provider = items.flatMap { $0.attachments ?? [] }.first { $0.hasItemConformingToTypeIdentifier(type) }
    guard let provider else { return nil }
    let photo: Data? = await withCheckedContinuation { continuation in
      _ = provider.loadDataRepresentation(forTypeIdentifier: type) { data, _ in continuation.resume(returning: data) }
    }
    guard let photo, PhotoFormat(photo) == nil else { return photo }
    return UIImage(data: photo)?.jpegData(compressionQuality: 0.92)
  }

  private func say(_ key: Key) {
    message.text = words(key)
    UIAccessibility.post(notification: .announcement, argument: words(key))
  }
}
