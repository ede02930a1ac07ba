import SorterKit
import UIKit

/// A photo as the engine reads it: what Apple writes in other formats becomes JPEG, its orientation kept.
func readable(_ photo: Data) -> Data {
  if PhotoFormat(photo) != nil { return photo }
  // What is no photo at all is handed on as it is: the engine says so.
  return UIImage(data: photo)?.jpegData(compressionQuality: 0.92) ?? photo
}
