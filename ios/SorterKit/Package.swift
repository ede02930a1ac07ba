// swift-tools-version: 6.0
import Foundation
import PackageDescription

// On Linux a finished folder with the built library's header and Swift is put beside the sources by `cargo xtask test`;
// on Apple systems `cargo xtask ios` does the same and adds the xcframework.
let strict: [SwiftSetting] = [.unsafeFlags(["-warnings-as-errors"], .when(platforms: [.linux]))]

let package = Package(
  name: "SorterKit",
  defaultLocalization: "en",
  platforms: [.iOS(.v17)],
  products: [
    .library(name: "SorterKit", targets: ["SorterKit"])
  ],
  targets: [
    .target(name: "SorterKit", resources: [.process("Resources")], swiftSettings: strict),
    .testTarget(name: "SorterKitTests", dependencies: ["SorterKit"], swiftSettings: strict),
  ]
)
